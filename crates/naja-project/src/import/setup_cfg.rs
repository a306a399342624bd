//! `setup.cfg`: what setuptools is told without code.

use naja_spec::Requirement;
use toml_edit::{Array, Value};

use super::draft::{Draft, Field, Item, extra, inline};
use super::write::broken;
use crate::manifest::DependencyPlace;

/// A value and its line, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    section: String,
    key: String,
    value: String,
    line: u32,
}

/// What `[project]` is made of, whether it stood in `setup.cfg` or `setup.py`.
#[derive(Debug, Clone, Default)]
pub(super) struct Declared {
    pub(super) texts: Vec<(String, String)>,
    pub(super) lists: Vec<(String, Vec<String>)>,
    pub(super) urls: Vec<(String, String)>,
    pub(super) requires: Vec<(String, u32)>,
    pub(super) extras: Vec<(String, Vec<String>, u32)>,
    /// Group, name, object.
    pub(super) entry_points: Vec<(String, String, String)>,
    /// What only a build tells.
    pub(super) dynamic: Vec<String>,
}

/// Reads a `setup.cfg`.
pub(super) fn read(file: &str, text: &str) -> Draft {
    let mut draft = Draft::default();
    let mut declared = Declared::default();
    for told in lines(text) {
        one(&mut declared, &mut draft, file, &told);
    }
    fill(&mut draft, declared, file);
    draft
}

fn one(declared: &mut Declared, draft: &mut Draft, file: &str, told: &Told) {
    match told.section.as_str() {
        "metadata" => about(declared, draft, file, told),
        "options" => options(declared, draft, file, told),
        "options.extras_require" => {
            declared
                .extras
                .push((told.key.clone(), list(&told.value), told.line));
        }
        "options.entry_points" => {
            let points = list(&told.value).into_iter().filter_map(|line| {
                let (name, object) = line.split_once('=')?;
                Some((
                    told.key.clone(),
                    name.trim().to_owned(),
                    object.trim().to_owned(),
                ))
            });
            declared.entry_points.extend(points);
        }
        _ => {}
    }
}

/// `[metadata]`
fn about(declared: &mut Declared, draft: &mut Draft, file: &str, told: &Told) {
    let value = told.value.trim();
    // Some keys have an older spelling.
    let key = told.key.replace('-', "_");
    match key.as_str() {
        "version" | "description" if value.starts_with("attr:") || value.starts_with("file:") => {
            declared.dynamic.push(key);
        }
        "summary" => declared.text("description", value),
        "name" | "version" | "description" | "license" | "author" | "maintainer"
        | "author_email" | "maintainer_email" => declared.text(&key, value),
        "url" | "home_page" => {
            declared
                .urls
                .push(("Homepage".to_owned(), value.to_owned()));
        }
        "project_urls" => {
            let pairs = list(value).into_iter().filter_map(|line| {
                let (label, url) = line.split_once('=')?;
                Some((label.trim().to_owned(), url.trim().to_owned()))
            });
            declared.urls.extend(pairs);
        }
        "long_description" => match value.strip_prefix("file:") {
            Some(path) if !path.contains(',') => declared.text("readme", path.trim()),
            _ => {
                let message = "the long description is not one file: set `readme` yourself";
                draft.remark(file, told.line, message);
            }
        },
        "classifiers" => declared.lists.push((key, list(value))),
        "keywords" => {
            let words = value.split([',', '\n']).map(str::trim);
            let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
            declared.lists.push((key, words.collect()));
        }
        _ => {}
    }
}

/// `[options]`
fn options(declared: &mut Declared, draft: &mut Draft, file: &str, told: &Told) {
    let value = told.value.trim();
    match told.key.as_str() {
        "python_requires" => declared.text("requires-python", value),
        "install_requires" if value.starts_with("file:") => {
            declared.dynamic.push("dependencies".to_owned());
        }
        "install_requires" => {
            let all = list(value).into_iter().map(|text| (text, told.line));
            declared.requires.extend(all);
        }
        "setup_requires" | "tests_require" | "dependency_links" => {
            let message = format!(
                "`{}` has no counterpart: builds have `[build-system]`, tests have groups",
                told.key
            );
            draft.remark(file, told.line, message);
        }
        _ => {}
    }
}

impl Declared {
    fn text(&mut self, key: &str, value: &str) {
        self.texts.push((key.to_owned(), value.to_owned()));
    }
}

/// The lines of a value, or what semicolons divide on a single one.
fn list(value: &str) -> Vec<String> {
    let sign = if value.contains('\n') { '\n' } else { ';' };
    let lines = value.split(sign).map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// Puts what was declared into a draft.
pub(super) fn fill(draft: &mut Draft, declared: Declared, file: &str) {
    people(draft, &declared);
    for (key, text) in &declared.texts {
        match key.as_str() {
            "license" => {
                let table = inline([("text", text.as_str())]);
                draft.project("license", Value::InlineTable(table));
            }
            "author" | "author_email" | "maintainer" | "maintainer_email" => {}
            key if !text.is_empty() && !draft.has(key) => draft.project(key, text.as_str()),
            _ => {}
        }
    }
    for (key, list) in &declared.lists {
        draft.project(key, broken(list.iter().map(Value::from)));
    }
    let mut dynamic = declared.dynamic.clone();
    dynamic.sort();
    dynamic.dedup();
    if !dynamic.is_empty() {
        draft.project("dynamic", dynamic.into_iter().collect::<Array>());
    }
    for (label, url) in &declared.urls {
        draft.table(&["urls"]).push(Field::new(label, url.as_str()));
    }
    draft.list(DependencyPlace::Main);
    for (text, line) in &declared.requires {
        put(draft, file, &DependencyPlace::Main, (text, *line));
    }
    for (name, texts, line) in &declared.extras {
        // `test:python_version<'3.8'` and `:sys_platform=='win32'` are older ways to say markers.
        let (name, marker) = match name.split_once(':') {
            Some((name, marker)) => (name, Some(marker)),
            None => (name.as_str(), None),
        };
        let place = match name.is_empty() {
            true => Some(DependencyPlace::Main),
            false => extra(name),
        };
        let Some(place) = place else {
            draft.remark(
                file,
                *line,
                format!("`{name}` cannot be the name of an extra"),
            );
            continue;
        };
        draft.list(place.clone());
        for text in texts {
            let whole = match marker {
                Some(marker) => format!("{text} ; {marker}"),
                None => text.clone(),
            };
            put(draft, file, &place, (&whole, *line));
        }
    }
    for (kind, name, object) in &declared.entry_points {
        let field = Field::new(name, object.as_str());
        match kind.as_str() {
            "console_scripts" => draft.table(&["scripts"]).push(field),
            "gui_scripts" => draft.table(&["gui-scripts"]).push(field),
            kind => draft.table(&["entry-points", kind]).push(field),
        }
    }
}

fn put(draft: &mut Draft, file: &str, place: &DependencyPlace, (text, line): (&str, u32)) {
    match Requirement::parse_lenient(text) {
        Ok(_) => draft.list(place.clone()).items.push(Item::new(text.trim())),
        Err(error) => draft.remark(file, line, format!("`{text}` is no requirement: {error}")),
    }
}

fn people(draft: &mut Draft, declared: &Declared) {
    for (key, list) in [("author", "authors"), ("maintainer", "maintainers")] {
        let found = |key: &str| {
            let mut texts = declared.texts.iter();
            texts
                .find(|(known, _)| known == key)
                .map(|(_, text)| text.as_str())
        };
        let email = format!("{key}_email");
        let fields = [("name", found(key)), ("email", found(&email))];
        let fields = fields
            .into_iter()
            .filter_map(|(key, text)| Some((key, text.filter(|text| !text.is_empty())?)));
        let table = inline(fields);
        if !table.is_empty() {
            draft.project(list, broken([Value::InlineTable(table)]));
        }
    }
}

/// The keys of an INI file, with values over several lines.
fn lines(text: &str) -> Vec<Told> {
    let mut found: Vec<Told> = Vec::new();
    let mut section = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let plain = line.trim();
        if plain.is_empty() || plain.starts_with(['#', ';']) {
            continue;
        }
        let is_indented = line.starts_with([' ', '\t']);
        if let (true, Some(last)) = (
            is_indented,
            found.last_mut().filter(|last| last.section == section),
        ) {
            last.value.push('\n');
            last.value.push_str(plain);
        } else if let Some(name) = plain
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name.trim().to_ascii_lowercase();
        } else if let Some(at) = plain.find(['=', ':']) {
            found.push(Told {
                section: section.clone(),
                key: plain[..at].trim().to_owned(),
                value: plain[at + 1..].trim().to_owned(),
                line: number,
            });
        }
    }
    found
}
