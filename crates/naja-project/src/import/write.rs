//! A draft as TOML.

use naja_spec::GroupName;
use toml_edit::{Array, Key, Value};

use super::draft::{Draft, Field, Item, ItemList};
use crate::manifest::DependencyPlace;

/// The keys of `[project]` in the order in which people write them.
const ORDER: &[&str] = &[
    "name",
    "version",
    "description",
    "readme",
    "license",
    "license-files",
    "authors",
    "maintainers",
    "requires-python",
    "keywords",
    "classifiers",
    "dynamic",
];

/// The whole draft, with `[project]`.
pub(super) fn whole(draft: &Draft) -> String {
    let mut out = String::new();
    lines(&mut out, &draft.above);
    out.push_str("[project]\n");
    let rank = |field: &&Field| {
        let at = ORDER.iter().position(|key| *key == field.key);
        at.unwrap_or(ORDER.len())
    };
    let mut fields: Vec<&Field> = draft.project.iter().collect();
    fields.sort_by_key(rank);
    for field in fields {
        entry(&mut out, field);
    }
    let is_main = |list: &&ItemList| list.place == DependencyPlace::Main;
    match draft.lists.iter().find(is_main) {
        Some(list) => item_list(&mut out, "dependencies", list),
        None => out.push_str("dependencies = []\n"),
    }
    beside(&mut out, draft);
    out
}

/// Everything but `[project]` itself.
pub(super) fn beside(out: &mut String, draft: &Draft) {
    let of_extras = |list: &&ItemList| matches!(list.place, DependencyPlace::Extra(_));
    lists(out, "project.optional-dependencies", draft, of_extras);
    for (path, fields) in &draft.tables {
        if !fields.is_empty() {
            let header: Vec<String> = path.iter().map(|part| key(part)).collect();
            section(out, &format!("project.{}", header.join(".")), fields);
        }
    }
    let of_groups = |list: &&ItemList| matches!(list.place, DependencyPlace::Group(_));
    lists(out, "dependency-groups", draft, of_groups);
    if let Some((requires, backend)) = &draft.build {
        heading(out, "[build-system]");
        entry(
            out,
            &Field::new("requires", requires.iter().collect::<Array>()),
        );
        entry(out, &Field::new("build-backend", backend.as_str()));
    }
    tool(out, draft);
}

/// `[tool.naja]` and what is below.
pub(super) fn tool(out: &mut String, draft: &Draft) {
    if !draft.naja.is_empty() {
        section(out, "tool.naja", &draft.naja);
    }
    for index in &draft.indexes {
        heading(out, "[[tool.naja.index]]");
        for (name, value) in index {
            entry(out, &Field::new(name, value.clone()));
        }
    }
    if !draft.sources.is_empty() {
        heading(out, "[tool.naja.sources]");
        for (name, sources) in &draft.sources {
            let value = match sources.as_slice() {
                [one] => Value::InlineTable(one.clone()),
                many => Value::Array(broken(many.iter().cloned().map(Value::InlineTable))),
            };
            entry(out, &Field::new(name.as_str(), value));
        }
    }
    if !draft.tasks.is_empty() {
        section(out, "tool.naja.tasks", &draft.tasks);
    }
}

fn lists(out: &mut String, header: &str, draft: &Draft, wanted: impl Fn(&&ItemList) -> bool) {
    let mut found = draft.lists.iter().filter(wanted).peekable();
    if found.peek().is_none() {
        return;
    }
    heading(out, &format!("[{header}]"));
    for list in found {
        let name = match &list.place {
            DependencyPlace::Main => continue,
            DependencyPlace::Extra(name) => name.as_str(),
            DependencyPlace::Group(name) => name.as_str(),
        };
        item_list(out, name, list);
    }
}

fn section(out: &mut String, header: &str, fields: &[Field]) {
    heading(out, &format!("[{header}]"));
    for field in fields {
        entry(out, field);
    }
}

fn heading(out: &mut String, text: &str) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    out.push_str(text);
    out.push('\n');
}

fn entry(out: &mut String, field: &Field) {
    lines(out, &field.above);
    let mut value = field.value.clone();
    tidy(&mut value);
    out.push_str(&format!(
        "{} = {}",
        key(&field.key),
        value.to_string().trim()
    ));
    if let Some(comment) = &field.behind {
        out.push_str("  ");
        out.push_str(comment);
    }
    out.push('\n');
}

/// A list of requirements: in a line if it is empty, else each in its own.
fn item_list(out: &mut String, name: &str, list: &ItemList) {
    lines(out, &list.above);
    if list.items.is_empty() && list.tail.is_empty() {
        out.push_str(&format!("{} = []\n", key(name)));
        return;
    }
    out.push_str(&format!("{} = [\n", key(name)));
    for item in &list.items {
        item_line(out, item);
    }
    for comment in &list.tail {
        out.push_str(&format!("    {}\n", comment.trim()));
    }
    out.push_str("]\n");
}

fn item_line(out: &mut String, item: &Item) {
    for comment in &item.above {
        out.push_str(&format!("    {}\n", comment.trim()));
    }
    let text = match item.is_toml {
        true => item.text.clone(),
        false => quoted(&item.text),
    };
    out.push_str(&format!("    {text},"));
    if let Some(comment) = &item.behind {
        out.push_str("  ");
        out.push_str(comment);
    }
    out.push('\n');
}

fn lines(out: &mut String, comments: &[String]) {
    for comment in comments {
        out.push_str(comment.trim());
        out.push('\n');
    }
}

/// A text in quotes: double ones, single ones where that spares escapes.
pub(super) fn quoted(text: &str) -> String {
    match text.contains('"') && !text.contains(['\'', '\n']) && !text.chars().any(char::is_control)
    {
        true => format!("'{text}'"),
        false => Value::from(text).to_string().trim().to_owned(),
    }
}

/// A key, in quotes where it needs them.
pub(super) fn key(text: &str) -> String {
    Key::new(text).to_string().trim().to_owned()
}

/// A list with each value on a line of its own.
pub(super) fn broken(values: impl IntoIterator<Item = Value>) -> Array {
    let mut list = Array::new();
    for mut value in values {
        value.decor_mut().set_prefix("\n    ");
        value.decor_mut().set_suffix("");
        list.push_formatted(value);
    }
    if !list.is_empty() {
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    }
    list
}

/// Long lists are broken up, and comments of another place stay there.
fn tidy(value: &mut Value) {
    value.decor_mut().clear();
    if let Value::Array(list) = value {
        let is_broken = list.to_string().contains('\n');
        let is_long = list.to_string().len() > 88 && list.len() > 1;
        if is_long && !is_broken {
            *list = broken(list.iter().cloned());
        }
    }
}

/// The groups that count without being asked for, where they are not just `dev`.
pub(super) fn default_groups(all: &[(GroupName, bool)]) -> Option<Field> {
    let default: Vec<&str> = all
        .iter()
        .filter(|(_, counts)| *counts)
        .map(|(name, _)| name.as_str())
        .collect();
    let has_dev = all.iter().any(|(name, _)| name.as_str() == "dev");
    let as_usual: Vec<&str> = has_dev.then_some("dev").into_iter().collect();
    (default != as_usual).then(|| {
        let names: Array = default.into_iter().collect();
        Field::new("default-groups", names)
    })
}
