//! Writing sources into a manifest.

use naja_spec::{Marker, PackageName};
use toml_edit::{DocumentMut, InlineTable, Item, TableLike, Value};

use super::edit::key_of;
use super::source::{GitReference, SourceKind};

/// Where a dependency comes from, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// Where it comes from.
    pub kind: SourceKind,
    /// Where that counts.
    pub marker: Option<Marker>,
}

/// Writes down in a table of sources where a package comes from.
pub(super) fn set(table: &mut dyn TableLike, name: &PackageName, source: &NewSource) {
    let known = key_of(table, |key| {
        PackageName::parse(key).is_ok_and(|key| key == *name)
    });
    let mut value = Value::InlineTable(inline(source));
    match known.and_then(|key| table.get_mut(&key)) {
        Some(item) => {
            if let Item::Value(old) = item {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => {
            table.insert(name.as_str(), Item::Value(value));
        }
    }
}

/// Takes away where a package comes from, in the tables of both tools. Says whether there was something.
pub(super) fn remove(doc: &mut DocumentMut, name: &PackageName) -> bool {
    let mut removed = false;
    for tool in ["naja", "uv"] {
        let Some(tables) = doc.get_mut("tool").and_then(Item::as_table_like_mut) else {
            continue;
        };
        let Some(own) = tables.get_mut(tool).and_then(Item::as_table_like_mut) else {
            continue;
        };
        let Some(sources) = own.get_mut("sources").and_then(Item::as_table_like_mut) else {
            continue;
        };
        let is_it = |key: &str| PackageName::parse(key).is_ok_and(|key| key == *name);
        if let Some(key) = key_of(sources, is_it) {
            sources.remove(&key);
            removed = true;
        }
        if !removed || !sources.is_empty() {
            continue;
        }
        own.remove("sources");
        // A table that only led to the sources goes as well.
        if own.is_empty() {
            tables.remove(tool);
        }
        if tables.is_empty() {
            doc.remove("tool");
        }
    }
    removed
}

/// A source as an inline table.
fn inline(source: &NewSource) -> InlineTable {
    let mut table = InlineTable::new();
    let mut text = |key: &str, text: &str| {
        table.insert(key, Value::from(text));
    };
    let mut switches: Vec<(&str, bool)> = Vec::new();
    match &source.kind {
        SourceKind::Git(git) => {
            text("git", git.url.without_credentials().with_secrets());
            if let Some(subdirectory) = &git.subdirectory {
                text("subdirectory", subdirectory);
            }
            match &git.reference {
                GitReference::Default => {}
                GitReference::Rev(name) => text("rev", name),
                GitReference::Tag(name) => text("tag", name),
                GitReference::Branch(name) => text("branch", name),
            }
            switches.extend(git.lfs.map(|lfs| ("lfs", lfs)));
        }
        SourceKind::Url { url, subdirectory } => {
            text("url", url.without_credentials().with_secrets());
            if let Some(subdirectory) = subdirectory {
                text("subdirectory", subdirectory);
            }
        }
        SourceKind::Path {
            path,
            editable,
            package,
        } => {
            text("path", path);
            switches.extend(editable.map(|editable| ("editable", editable)));
            switches.extend(package.map(|package| ("package", package)));
        }
        SourceKind::Index(name) => text("index", name),
        SourceKind::Workspace { editable } => {
            switches.push(("workspace", true));
            switches.extend(editable.map(|editable| ("editable", editable)));
        }
    }
    if let Some(marker) = &source.marker {
        text("marker", &marker.to_string());
    }
    for (key, value) in switches {
        table.insert(key, Value::from(value));
    }
    table
}
