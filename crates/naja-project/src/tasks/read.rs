//! Reading the tables of tasks and variables.

use toml::de::DeTable;

use super::read_task;
use super::task::{Task, TaskPlatform};
use crate::manifest::{ManifestError, Placed, Read, TomlReader};
use crate::nearest::nearest;

/// What a file says about running things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskTable {
    /// `tasks`, in the order of their names.
    pub tasks: Vec<Task>,
    /// `env`: variables of everything that runs.
    pub env: Vec<EnvEntry>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvEntry {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub value: EnvValue,
}

/// What becomes of a variable. `$NAME` and `${NAME}` in a value are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvValue {
    /// It gets this value: `NAME = "value"`.
    Set(String),
    /// It gets this value if it has none: `NAME = { default = "value" }`.
    Default(String),
    /// It goes: `NAME = false`.
    Remove,
}

/// Whether a manifest can have tasks or variables; cheap, and sometimes true without need.
#[must_use]
pub fn mentions_tasks(text: &str) -> bool {
    text.contains("naja") && (text.contains("tasks") || text.contains("env"))
}

impl TaskTable {
    /// Reads the text of a `pyproject.toml`.
    ///
    /// # Errors
    /// It is not TOML, or a task has a mistake.
    pub fn of_manifest(text: &str, platform: TaskPlatform) -> Result<Self, ManifestError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (reader, table) = TomlReader::parse(text)?;
        let Some(tool) = table.get("tool") else {
            return Ok(Self::default());
        };
        match reader.table(tool)?.get("naja") {
            Some(own) => tables(reader, reader.table(own)?, platform),
            None => Ok(Self::default()),
        }
    }

    /// Reads the text of a `naja.toml`.
    ///
    /// # Errors
    /// As [`Self::of_manifest`].
    pub fn of_config(text: &str, platform: TaskPlatform) -> Result<Self, ManifestError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (reader, table) = TomlReader::parse(text)?;
        tables(reader, &table, platform)
    }

    /// Returns the task with a name.
    #[must_use]
    pub fn task(&self, name: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.name == name)
    }
}

fn tables<'t>(
    reader: TomlReader<'t>,
    table: &DeTable<'t>,
    platform: TaskPlatform,
) -> Read<TaskTable> {
    let mut found = TaskTable::default();
    if let Some(value) = table.get("env") {
        found.env = env(reader, value)?;
    }
    if let Some(value) = table.get("tasks") {
        for (key, value) in reader.table(value)? {
            let name = key.get_ref();
            if !is_name(name) {
                let message = format!(
                    "`{name}` cannot be the name of a task: letters, digits, `_`, `-`, `.` and `:` can be in it"
                );
                return Err(reader.error(key.span().start, message));
            }
            let mut task = read_task::task(reader, name, value, platform)?;
            task.line = reader.line_at(key.span().start);
            found.tasks.push(task);
        }
    }
    Ok(found)
}

fn is_name(name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    name.len() <= 128
        && name.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && name.chars().all(inside)
        // That would be a file.
        && !name.ends_with(".py")
}

/// A table of variables.
pub(super) fn env<'t>(reader: TomlReader<'t>, value: &Placed<'t>) -> Read<Vec<EnvEntry>> {
    let mut entries = Vec::new();
    for (key, value) in reader.table(value)? {
        let name = key.get_ref().to_string();
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = format!("`{name}` cannot be the name of a variable");
            return Err(reader.error(key.span().start, message));
        }
        entries.push(EnvEntry {
            name,
            value: env_value(reader, value)?,
        });
    }
    Ok(entries)
}

fn env_value<'t>(reader: TomlReader<'t>, value: &Placed<'t>) -> Read<EnvValue> {
    let what = "a text, `{ default = \"...\" }` or false";
    let text = |value: &Placed<'t>| -> Read<String> {
        let inner = value.get_ref();
        let text = match (inner.as_str(), inner.as_integer(), inner.as_bool()) {
            (Some(text), ..) => text.to_owned(),
            (_, Some(number), _) => number.to_string(),
            (_, _, Some(true)) => "true".to_owned(),
            _ => return Err(reader.expected(value, what)),
        };
        match text.contains('\0') {
            true => Err(reader.error(value.span().start, "a variable cannot have a zero byte")),
            false => Ok(text),
        }
    };
    if value.get_ref().as_bool() == Some(false) {
        return Ok(EnvValue::Remove);
    }
    match value.get_ref().as_table() {
        None => text(value).map(EnvValue::Set),
        Some(table) => {
            check_keys(reader, table, &["default", "value"], "a variable")?;
            match (table.get("default"), table.get("value")) {
                (Some(default), None) => text(default).map(EnvValue::Default),
                (None, Some(value)) => text(value).map(EnvValue::Set),
                _ => Err(reader.error(value.span().start, format!("expected {what}"))),
            }
        }
    }
}

/// Refuses keys that mean nothing.
pub(super) fn check_keys<'t>(
    reader: TomlReader<'t>,
    table: &DeTable<'t>,
    known: &[&str],
    what: &str,
) -> Read<()> {
    for key in table.keys() {
        let name = key.get_ref();
        if !known.contains(&name.as_ref()) {
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has: {}", known.join(", ")),
            };
            let message = format!("{what} has no `{name}`; {hint}");
            return Err(reader.error(key.span().start, message));
        }
    }
    Ok(())
}
