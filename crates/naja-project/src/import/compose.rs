//! From what was understood to the text of the manifest.

use naja_spec::Requirement;
use toml_edit::{DocumentMut, Item as TomlItem, Table};

use super::draft::{Draft, Field};
use super::layout::Layout;
use super::{Import, ImportError, write};
use crate::manifest::{DependencyPlace, Manifest, ManifestEditor};
use crate::text_shape::TextShape;

pub(super) fn text(import: &Import) -> Result<String, ImportError> {
    let before = import.before.clone().unwrap_or_default();
    let (shape, plain) = TextShape::of(&before);
    let plain = plain.replace("\r\n", "\n");
    let known: DocumentMut = plain.parse().map_err(|error| import.wrong(&error))?;
    let mut draft = import.draft.clone();
    let own = known
        .get("tool")
        .and_then(|tool| tool.get("naja"))
        .is_some();
    // A table of naja that is there already is filled up at the end.
    let apart = own.then(|| apart(&mut draft));
    let mut text = match known.get("project") {
        None => import.with_new_project(&plain, draft),
        Some(_) => import.in_project(&plain, draft)?,
    };
    if let Some(apart) = apart {
        text = import.filled_up(&text, &apart)?;
    }
    import.check(&known, &text)?;
    Ok(shape.restore(text))
}

/// Takes what belongs below `[tool.naja]` out of a draft.
fn apart(draft: &mut Draft) -> Draft {
    Draft {
        naja: std::mem::take(&mut draft.naja),
        indexes: std::mem::take(&mut draft.indexes),
        sources: std::mem::take(&mut draft.sources),
        tasks: std::mem::take(&mut draft.tasks),
        ..Draft::default()
    }
}

impl Import {
    fn wrong(&self, error: &dyn std::fmt::Display) -> ImportError {
        ImportError {
            file: self.manifest.display().to_string(),
            line: 0,
            message: error.to_string(),
        }
    }

    /// A manifest that gets its `[project]`.
    fn with_new_project(&self, before: &str, mut draft: Draft) -> String {
        if !draft.has("name") {
            draft
                .project
                .push(Field::new("name", self.dir_name.as_str()));
        }
        let is_dynamic = draft
            .project
            .iter()
            .any(|field| field.key == "dynamic" && field.value.to_string().contains("\"version\""));
        if !draft.has("version") && !is_dynamic {
            draft.project.push(Field::new("version", "0.1.0"));
        }
        let new = write::whole(&draft);
        if before.trim().is_empty() {
            return new;
        }
        match self.gone.is_empty() {
            true => format!("{new}\n{}", before.trim_start()),
            false => Layout::of(before).without(&self.gone, &new, !draft.above.is_empty()),
        }
    }

    /// A manifest that has its `[project]`: lists are filled up, and the rest goes below.
    fn in_project(&self, before: &str, mut draft: Draft) -> Result<String, ImportError> {
        let left = match self.gone.is_empty() {
            true => before.to_owned(),
            false => Layout::of(before).without(&self.gone, "", false),
        };
        let mut editor = ManifestEditor::parse(&left).map_err(|error| self.wrong(&error))?;
        let has_groups = left
            .parse::<DocumentMut>()
            .is_ok_and(|doc| doc.contains_key("dependency-groups"));
        let lists = std::mem::take(&mut draft.lists);
        for list in lists {
            let is_group = matches!(list.place, DependencyPlace::Group(_));
            if is_group && !has_groups {
                draft.lists.push(list);
                continue;
            }
            for item in list.items.iter().filter(|item| !item.is_toml) {
                let requirement =
                    Requirement::parse(&item.text).map_err(|error| self.wrong(&error))?;
                editor
                    .add(&list.place, &requirement)
                    .map_err(|error| self.wrong(&error))?;
            }
        }
        // The tables of `[project]` are there already.
        draft.tables.clear();
        let mut out = editor.to_text();
        if !out.ends_with('\n') {
            out.push('\n');
        }
        write::beside(&mut out, &draft);
        Ok(out)
    }

    /// Puts what is new into a `[tool.naja]` that is there.
    fn filled_up(&self, text: &str, more: &Draft) -> Result<String, ImportError> {
        let mut doc: DocumentMut = text.parse().map_err(|error| self.wrong(&error))?;
        let mut written = String::new();
        write::tool(&mut written, more);
        let new: DocumentMut = written.parse().map_err(|error| self.wrong(&error))?;
        let Some(new) = new
            .get("tool")
            .and_then(|tool| tool.get("naja"))
            .and_then(TomlItem::as_table)
        else {
            return Ok(text.to_owned());
        };
        let own = doc.get_mut("tool").and_then(|tool| tool.get_mut("naja"));
        let Some(own) = own.and_then(TomlItem::as_table_mut) else {
            return Err(self.wrong(&"`[tool.naja]` is written in a way that cannot be filled up"));
        };
        fill(own, new);
        Ok(doc.to_string())
    }

    /// Whether the result can be read, and everything that should have stayed has.
    fn check(&self, before: &DocumentMut, text: &str) -> Result<(), ImportError> {
        let after: toml::Table = text.parse().map_err(|error| self.wrong(&error))?;
        Manifest::parse(text).map_err(|error| self.wrong(&error))?;
        let before: toml::Table = before
            .to_string()
            .parse()
            .map_err(|error| self.wrong(&error))?;
        const CHANGED: &[&str] = &["project", "dependency-groups", "build-system", "tool"];
        const TOOLS: &[&str] = &["naja", "poetry", "pdm"];
        let tools = |table: &toml::Table| {
            table
                .get("tool")
                .and_then(toml::Value::as_table)
                .cloned()
                .unwrap_or_default()
        };
        let same = |a: &toml::Table, b: &toml::Table, changed: &[&str]| {
            a.iter()
                .filter(|(key, _)| !changed.contains(&key.as_str()))
                .all(|(key, value)| b.get(key) == Some(value))
        };
        match same(&before, &after, CHANGED) && same(&tools(&before), &tools(&after), TOOLS) {
            true => Ok(()),
            false => {
                Err(self
                    .wrong(&"its layout is one that cannot be changed without losing something"))
            }
        }
    }
}

/// Adds what is new to a table; what is there stays.
fn fill(own: &mut Table, new: &Table) {
    for (key, item) in new {
        match (own.get_mut(key), item) {
            (None, item) => drop(own.insert(key, item.clone())),
            (Some(TomlItem::Table(own)), TomlItem::Table(new)) => fill(own, new),
            (Some(TomlItem::ArrayOfTables(own)), TomlItem::ArrayOfTables(new)) => {
                for table in new {
                    let name = |table: &Table| table.get("name").map(ToString::to_string);
                    if !own.iter().any(|known| name(known) == name(table)) {
                        own.push(table.clone());
                    }
                }
            }
            (Some(_), _) => {}
        }
    }
}
