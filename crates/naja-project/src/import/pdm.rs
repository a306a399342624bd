//! `[tool.pdm]`

use naja_spec::{GroupName, Requirement};
use toml_edit::{Item as TomlItem, Value};

use super::draft::{Draft, Field, Item, group, inline};
use super::poetry::Taken;
use super::sheet::{Sheet, text_of, texts};
use super::sources::sources;
use super::tasks::{TaskDialect, tasks};
use super::write::{broken, default_groups};

/// Keys of `[tool.pdm]` that its builder reads.
const OF_BUILDER: &[&str] = &[
    "build",
    "version",
    "includes",
    "excludes",
    "source-includes",
    "source-excludes",
    "package-dir",
    "is-purelib",
    "editable-backend",
];

/// Whether PDM manages a project.
pub(super) fn is_there(sheet: &Sheet) -> bool {
    let table = sheet.table(&["tool", "pdm"]);
    table.is_some_and(|table| table.iter().any(|(key, _)| !OF_BUILDER.contains(&key)))
}

/// Reads `[tool.pdm]`.
pub(super) fn read(sheet: &Sheet) -> Taken {
    let mut taken = Taken {
        draft: Draft::default(),
        gone: Vec::new(),
    };
    groups(sheet, &mut taken);
    indexes(sheet, &mut taken);
    rules(sheet, &mut taken);
    tasks(
        &mut taken.draft,
        sheet,
        &["tool", "pdm", "scripts"],
        TaskDialect::Pdm,
    );
    goes(&mut taken, &["scripts"]);
    if sheet
        .at(&["tool", "pdm", "distribution"])
        .and_then(TomlItem::as_bool)
        == Some(false)
    {
        if sheet.table(&["build-system"]).is_some() {
            taken.draft.naja.push(Field::new("package", false));
        }
        goes(&mut taken, &["distribution"]);
    }
    let keys = sheet
        .table(&["tool", "pdm"])
        .into_iter()
        .flat_map(|table| table.iter());
    for (key, _) in keys {
        let is_gone = taken
            .gone
            .iter()
            .any(|path| path.len() > 2 && path[2] == key);
        if !is_gone && !OF_BUILDER.contains(&key) {
            let line = sheet.line(&["tool", "pdm", key]);
            let message = format!("`{key}` of PDM stays as it is: it has no counterpart");
            taken.draft.remark(&sheet.file, line, message);
        }
    }
    taken
}

fn goes(taken: &mut Taken, path: &[&str]) {
    let whole = ["tool", "pdm"].iter().chain(path);
    taken
        .gone
        .push(whole.map(|part| (*part).to_owned()).collect());
}

fn groups(sheet: &Sheet, taken: &mut Taken) {
    let path = ["tool", "pdm", "dev-dependencies"];
    let mut all: Vec<(GroupName, bool)> = Vec::new();
    // PDM installs all groups for development where none is named.
    let known = sheet
        .table(&["dependency-groups"])
        .into_iter()
        .flat_map(|table| table.iter());
    all.extend(known.filter_map(|(name, _)| Some((GroupName::parse(name).ok()?, true))));
    let Some(table) = sheet.table(&path) else {
        taken.draft.naja.extend(default_groups(&all));
        return;
    };
    for (name, item) in table.iter() {
        let whole = [path[0], path[1], path[2], name];
        let line = sheet.line(&whole);
        let (Some(place), Ok(parsed)) = (group(name), GroupName::parse(name)) else {
            let message = format!("`{name}` cannot be the name of a group");
            taken.draft.remark(&sheet.file, line, message);
            continue;
        };
        if !all.iter().any(|(known, _)| *known == parsed) {
            all.push((parsed, true));
        }
        taken.draft.list(place.clone()).above = sheet.comments(&whole).0;
        for text in texts(item) {
            match requirement(&mut taken.draft, &text) {
                Ok(item) => taken.draft.list(place.clone()).items.push(item),
                Err(why) => taken
                    .draft
                    .remark(&sheet.file, line, format!("`{text}`: {why}")),
            }
        }
    }
    taken.draft.naja.extend(default_groups(&all));
    goes(taken, &["dev-dependencies"]);
}

/// One requirement; paths of editable projects and repositories become sources.
pub(super) fn requirement(draft: &mut Draft, text: &str) -> Result<Item, String> {
    let (editable, plain) = match text.trim().strip_prefix("-e ") {
        Some(rest) => (true, rest.trim()),
        None => (false, text.trim()),
    };
    if !editable {
        let parsed = Requirement::parse(plain);
        return parsed
            .map(|_| Item::new(plain))
            .map_err(|error| error.to_string());
    }
    let (address, name) = plain
        .split_once("#egg=")
        .ok_or("it does not say its name")?;
    let bare = name.split(['[', '&']).next().unwrap_or(name);
    let package = naja_spec::PackageName::parse(bare).map_err(|error| error.to_string())?;
    let root = "file:///${PROJECT_ROOT}";
    let path = address
        .strip_prefix(root)
        .map(|path| path.trim_start_matches('/'));
    let path = path.or((!address.contains("://")).then_some(address));
    let Some(path) = path else {
        return Err("an address cannot be an editable project: use a path".to_owned());
    };
    let mut source = inline([("path", if path.is_empty() { "." } else { path })]);
    source.insert("editable", Value::from(true));
    draft.source(&package, source);
    Ok(Item::new(name.split('&').next().unwrap_or(name)))
}

fn indexes(sheet: &Sheet, taken: &mut Taken) {
    let path = ["tool", "pdm", "source"];
    if !matches!(sheet.at(&path), Some(TomlItem::ArrayOfTables(_))) {
        return;
    }
    for mut source in sources(sheet, &path, &mut taken.draft) {
        if source.name == "pypi" {
            source.index.insert("default", Value::from(true));
        }
        if text_of(source.table, "type") == Some("find_links") {
            source.index.insert("format", Value::from("flat"));
        }
        taken.draft.indexes.push(source.index);
    }
    goes(taken, &["source"]);
}

/// `[tool.pdm.resolution]`
fn rules(sheet: &Sheet, taken: &mut Taken) {
    let Some(table) = sheet.table(&["tool", "pdm", "resolution"]) else {
        return;
    };
    for (key, item) in table.iter() {
        let line = sheet.line(&["tool", "pdm", "resolution", key]);
        match key {
            "overrides" => {
                let all = item
                    .as_table_like()
                    .into_iter()
                    .flat_map(|table| table.iter());
                let texts = all.filter_map(|(name, bounds)| {
                    let bounds = bounds.as_str()?;
                    let pinned = bounds.starts_with(|c: char| c.is_ascii_digit());
                    Some(Value::from(format!(
                        "{name}{}{bounds}",
                        if pinned { "==" } else { "" }
                    )))
                });
                let list = broken(texts);
                taken
                    .draft
                    .naja
                    .push(Field::new("override-dependencies", Value::Array(list)));
            }
            "excludes" => {
                let list = broken(texts(item).into_iter().map(Value::from));
                taken
                    .draft
                    .naja
                    .push(Field::new("exclude-dependencies", Value::Array(list)));
            }
            "allow-prereleases" if item.as_bool() == Some(true) => {
                taken.draft.naja.push(Field::new("prerelease", "allow"));
            }
            "allow-prereleases" | "respect-source-order" => {}
            other => {
                let message = format!("`{other}` of PDM's resolution has no counterpart");
                taken.draft.remark(&sheet.file, line, message);
            }
        }
    }
    goes(taken, &["resolution"]);
}
