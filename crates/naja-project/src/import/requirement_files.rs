//! `requirements.txt` and its siblings.

use std::path::{Path, PathBuf};

use naja_spec::{GitUrl, Requirement, RequirementSource, SafeUrl};
use toml_edit::{InlineTable, Value};

use super::draft::{Draft, Field, Item, group, inline};
use super::write::{broken, default_groups};
use super::{ImportError, Surroundings};
use crate::manifest::DependencyPlace;
use crate::requirements::{
    RequirementEntry, RequirementItem, RequirementsFile, RequirementsReader,
};
use crate::settings::Location;
use crate::{Files, SourceName};

/// The names that mean the project's own dependencies.
const MAIN: &[&str] = &[
    "",
    "base",
    "main",
    "common",
    "prod",
    "production",
    "requirements",
    "install",
    "default",
];

/// A requirements file and the list it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) path: PathBuf,
    /// The group; absent for the project's own dependencies.
    pub(super) group: Option<String>,
}

/// Finds the requirements files of a directory; of `x.in` and `x.txt` the first, which people write.
pub(super) fn find(files: &dyn Files, dir: &Path) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let inside = dir.join("requirements");
    for place in [dir, inside.as_path()] {
        let mut paths = files.list(place).unwrap_or_default();
        paths.sort();
        for path in paths {
            let Some(part) = part_of(&path, place != dir) else {
                continue;
            };
            let group = (!MAIN.contains(&part.as_str())).then_some(part);
            let compiled = path.extension().is_some_and(|ending| ending == "txt");
            let written = path.with_extension("in");
            if compiled && files.exists(&written) {
                continue;
            }
            found.push(Named { path, group });
        }
    }
    // The project's own come first: others include them.
    found.sort_by_key(|named| named.group.is_some());
    found
}

/// The part of a file's name that says what it is for.
fn part_of(path: &Path, inside: bool) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let stem = name
        .strip_suffix(".txt")
        .or_else(|| name.strip_suffix(".in"))?;
    let part = match (stem.split_once("requirements"), inside) {
        (Some(("", rest)), _) => rest.trim_start_matches(['-', '_', '.']),
        (Some((front, "")), _) => front.trim_end_matches(['-', '_', '.']),
        (Some(_), _) | (None, false) => return None,
        (None, true) => stem,
    };
    (!part.contains("constraint") && !part.contains("lock")).then(|| part.to_ascii_lowercase())
}

/// Reads the files.
pub(super) fn read(surroundings: &Surroundings<'_>, named: &[Named]) -> Result<Draft, ImportError> {
    let mut draft = Draft::default();
    let mut seen: Vec<SourceName> = Vec::new();
    let mut groups = Vec::new();
    for one in named {
        let place = match &one.group {
            None => DependencyPlace::Main,
            Some(name) => match group(name) {
                Some(place) => place,
                None => continue,
            },
        };
        let mut reader =
            RequirementsReader::new(surroundings.files, surroundings.variables, surroundings.dir);
        let argument = one.path.to_string_lossy();
        reader
            .read_requirements(&argument)
            .map_err(|error| ImportError {
                file: surroundings.shown(&one.path),
                line: 0,
                message: error.to_string(),
            })?;
        let found = reader.finish();
        let mut sources = Vec::new();
        for entry in &found.requirements {
            // What another file has already, and this one includes.
            if !seen.contains(&entry.origin.source) {
                put(&mut draft, surroundings, entry, &place);
            }
            sources.push(entry.origin.source.clone());
        }
        seen.extend(sources);
        seen.push(SourceName::path(&one.path));
        options(&mut draft, surroundings, &found);
        if let DependencyPlace::Group(name) = &place {
            draft.list(place.clone());
            groups.push((name.clone(), name.as_str() == "dev"));
        }
    }
    draft.naja.extend(default_groups(&groups));
    Ok(draft)
}

fn put(
    draft: &mut Draft,
    surroundings: &Surroundings<'_>,
    entry: &RequirementEntry,
    place: &DependencyPlace,
) {
    let (file, line) = spot(surroundings, entry);
    match &entry.item {
        RequirementItem::Named(requirement) => {
            let Some(url) = requirement.url() else {
                draft
                    .list(place.clone())
                    .items
                    .push(Item::new(requirement.lockstyle()));
                return;
            };
            match source(surroundings.dir, url, entry.editable) {
                Ok(source) => {
                    draft.source(&requirement.name, source);
                    let bare = Requirement {
                        source: RequirementSource::Specifiers(
                            naja_spec::VersionSpecifiers::default(),
                        ),
                        ..requirement.clone()
                    };
                    draft
                        .list(place.clone())
                        .items
                        .push(Item::new(bare.lockstyle()));
                }
                Err(why) => draft.remark(&file, line, format!("`{}`: {why}", entry.origin.text)),
            }
        }
        RequirementItem::Unnamed(unnamed) => {
            let is_itself = unnamed.url.to_file_path().as_deref() == Some(surroundings.dir);
            match (unnamed.egg_name(), is_itself) {
                (_, true) => {}
                (Some(name), _) => match source(surroundings.dir, &unnamed.url, entry.editable) {
                    Ok(source) => {
                        draft.source(&name, source);
                        draft
                            .list(place.clone())
                            .items
                            .push(Item::new(name.to_string()));
                    }
                    Err(why) => {
                        draft.remark(&file, line, format!("`{}`: {why}", entry.origin.text));
                    }
                },
                (None, _) => draft.remark(
                    &file,
                    line,
                    format!(
                        "`{}` does not say its name: `naja add` finds it out",
                        entry.origin.text
                    ),
                ),
            }
        }
        RequirementItem::Dependencies(_) | RequirementItem::Lock(_) => {
            draft.remark(
                &file,
                line,
                format!("`{}` is no requirement of its own", entry.origin.text),
            );
        }
    }
}

fn spot(surroundings: &Surroundings<'_>, entry: &RequirementEntry) -> (String, u32) {
    let file = match &entry.origin.source {
        SourceName::Path(path) => surroundings.shown(path),
        other => other.to_string(),
    };
    (file, entry.origin.line)
}

/// An address as a source.
pub(super) fn source(dir: &Path, url: &SafeUrl, editable: bool) -> Result<InlineTable, String> {
    if GitUrl::is_vcs(url) {
        let git = GitUrl::parse(url).map_err(|error| error.to_string())?;
        let repository = git.repository().without_credentials();
        let mut fields = vec![("git", repository.with_secrets())];
        fields.extend(git.revision().map(|revision| ("rev", revision)));
        fields.extend(git.subdirectory().map(|part| ("subdirectory", part)));
        return Ok(inline(fields));
    }
    if let Some(path) = url.to_file_path() {
        let relative = path.strip_prefix(dir).unwrap_or(&path);
        let text = relative.to_string_lossy().replace('\\', "/");
        let mut source = inline([("path", text.as_str())]);
        if editable {
            source.insert("editable", Value::from(true));
        }
        return Ok(source);
    }
    let bare = url.without_credentials();
    Ok(inline([("url", bare.with_secrets())]))
}

fn options(draft: &mut Draft, surroundings: &Surroundings<'_>, found: &RequirementsFile) {
    let options = &found.options;
    if let Some(url) = &options.index_url {
        let line = url.origin.line;
        index(draft, surroundings, (&url.value, line), true);
    }
    for url in &options.extra_index_urls {
        index(draft, surroundings, (&url.value, url.origin.line), false);
    }
    if !options.find_links.is_empty() {
        let links = options
            .find_links
            .iter()
            .map(|link| Value::from(location(surroundings.dir, &link.value)));
        naja(draft, "find-links", Value::Array(broken(links)));
    }
    if options.pre.is_some() {
        naja(draft, "prerelease", Value::from("allow"));
    }
    if options.no_index.is_some() {
        naja(draft, "no-index", Value::from(true));
    }
    let constraints = found
        .constraints
        .iter()
        .filter_map(|entry| entry.item.named());
    let constraints: Vec<Value> = constraints
        .map(|one| Value::from(one.lockstyle()))
        .collect();
    if !constraints.is_empty() {
        naja(
            draft,
            "constraint-dependencies",
            Value::Array(broken(constraints)),
        );
    }
}

/// A key of `[tool.naja]`; the first file that says it counts.
fn naja(draft: &mut Draft, key: &str, value: Value) {
    if !draft.naja.iter().any(|field| field.key == key) {
        draft.naja.push(Field::new(key, value));
    }
}

fn index(
    draft: &mut Draft,
    surroundings: &Surroundings<'_>,
    (place, line): (&Location, u32),
    is_default: bool,
) {
    let text = location(surroundings.dir, place);
    let known =
        |known: &InlineTable| known.get("url").and_then(Value::as_str) == Some(text.as_str());
    if draft.indexes.iter().any(known) {
        return;
    }
    let mut index = inline([("url", text.as_str())]);
    if is_default {
        index.insert("default", Value::from(true));
    }
    draft.indexes.push(index);
    if let Location::Url(url) = place
        && url.credentials().is_some()
    {
        let message =
            format!("the credentials of {url} are left out: `naja auth login` keeps them");
        draft.remark("requirements", line, message);
    }
}

fn location(dir: &Path, place: &Location) -> String {
    match place {
        Location::Url(url) => url.without_credentials().with_secrets().to_owned(),
        Location::Path(path) => {
            let relative = path.strip_prefix(dir).unwrap_or(path);
            relative.to_string_lossy().replace('\\', "/")
        }
    }
}
