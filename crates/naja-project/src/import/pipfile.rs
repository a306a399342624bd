//! `Pipfile`

use naja_spec::GroupName;
use toml_edit::{TableLike, Value};

use super::dependency::{Dialect, Spot, package, understand};
use super::draft::{Draft, Field, Item, group};
use super::sheet::{Sheet, switch_of, text_of};
use super::sources::sources;
use super::tasks::{TaskDialect, tasks};
use super::write::default_groups;
use crate::manifest::DependencyPlace;

/// Tables that are no category of packages.
const OTHERS: &[&str] = &[
    "source",
    "packages",
    "dev-packages",
    "requires",
    "scripts",
    "pipenv",
];

/// Reads a Pipfile.
pub(super) fn read(sheet: &Sheet) -> Draft {
    let mut draft = Draft::default();
    indexes(sheet, &mut draft);
    let requires = sheet.table(&["requires"]);
    let python = requires.and_then(|table| {
        let full = text_of(table, "python_full_version").map(|version| format!("=={version}"));
        full.or(text_of(table, "python_version").map(|version| format!("=={version}.*")))
    });
    if let Some(python) = python {
        draft.project("requires-python", python);
    }
    packages(sheet, &mut draft, "packages", &DependencyPlace::Main);
    let mut all: Vec<(GroupName, bool)> = Vec::new();
    let categories = sheet.doc.as_table().iter().map(|(name, _)| name.to_owned());
    let categories: Vec<String> = categories
        .filter(|name| !OTHERS.contains(&name.as_str()))
        .collect();
    for table in std::iter::once("dev-packages".to_owned()).chain(categories) {
        let name = if table == "dev-packages" {
            "dev"
        } else {
            table.as_str()
        };
        let is_empty = sheet.table(&[&table]).is_none_or(TableLike::is_empty);
        let (Some(place), Ok(parsed), false) = (group(name), GroupName::parse(name), is_empty)
        else {
            continue;
        };
        packages(sheet, &mut draft, &table, &place);
        all.push((parsed, name == "dev"));
    }
    draft.naja.extend(default_groups(&all));
    if let Some(table) = sheet.table(&["pipenv"])
        && switch_of(table, "allow_prereleases") == Some(true)
    {
        draft.naja.push(Field::new("prerelease", "allow"));
    }
    tasks(&mut draft, sheet, &["scripts"], TaskDialect::Pipenv);
    draft
}

fn indexes(sheet: &Sheet, draft: &mut Draft) {
    for mut source in sources(sheet, &["source"], draft) {
        // PyPI is there without being named.
        if source.name.eq_ignore_ascii_case("pypi") {
            continue;
        }
        match source.at {
            0 => source.index.insert("default", Value::from(true)),
            // Pipenv takes from others only what names them.
            _ => source.index.insert("explicit", Value::from(true)),
        };
        draft.indexes.push(source.index);
    }
}

fn packages(sheet: &Sheet, draft: &mut Draft, table: &str, place: &DependencyPlace) {
    let Some(packages) = sheet.table(&[table]) else {
        return;
    };
    if let Some(block) = sheet.layout.block(&[table]) {
        let list = draft.list(place.clone());
        list.above.extend(block.above.iter().cloned());
        list.tail.extend(block.tail.iter().cloned());
    }
    for (name, item) in packages.iter() {
        let spot = Spot {
            file: &sheet.file,
            line: sheet.line(&[table, name]),
        };
        let (mut above, mut behind) = sheet.comments(&[table, name]);
        for one in understand(draft, (name, item), spot, Dialect::Pipenv) {
            if let (Some(package), Some(source)) = (package(name), one.source) {
                draft.source(&package, source);
            }
            draft.list(place.clone()).items.push(Item {
                text: one.text,
                is_toml: false,
                above: std::mem::take(&mut above),
                behind: behind.take(),
            });
        }
    }
}
