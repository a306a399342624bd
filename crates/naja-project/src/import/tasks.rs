//! The tasks of other tools as `[tool.naja.tasks]`.

use toml_edit::{Array, InlineTable, Item, TableLike, Value};

use super::dependency::Spot;
use super::draft::{Draft, Field, inline};
use super::sheet::{Sheet, text_of, texts};
use crate::tasks::{CommandLine, TaskPlatform, TaskTable};

/// Whose words are translated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskDialect {
    Poe,
    Pdm,
    Pipenv,
    Hatch,
    Taskipy,
}

/// Translates a table of tasks.
pub(super) fn tasks(draft: &mut Draft, sheet: &Sheet, path: &[&str], dialect: TaskDialect) {
    let Some(table) = sheet.table(path) else {
        return;
    };
    for (name, item) in table.iter() {
        let whole: Vec<&str> = path.iter().copied().chain([name]).collect();
        let spot = Spot {
            file: &sheet.file,
            line: sheet.line(&whole),
        };
        if dialect == TaskDialect::Pdm && name == "_" {
            draft.remark(
                spot.file,
                spot.line,
                "what all scripts share (`_`) is not taken over: say it for each task",
            );
            continue;
        }
        let mut reader = Reader {
            draft,
            spot,
            name,
            dialect,
        };
        if let Some(value) = reader.task(item) {
            reader.keep(value, sheet.comments(&whole));
        }
    }
}

struct Reader<'a> {
    draft: &'a mut Draft,
    spot: Spot<'a>,
    name: &'a str,
    dialect: TaskDialect,
}

impl Reader<'_> {
    fn remark(&mut self, message: &str) {
        let text = format!("the task `{}`: {message}", self.name);
        self.draft.remark(self.spot.file, self.spot.line, text);
    }

    /// Keeps a task that can be run.
    fn keep(&mut self, value: Value, (above, behind): (Vec<String>, Option<String>)) {
        let field = Field {
            above,
            behind,
            ..Field::new(self.name, value)
        };
        let text = format!(
            "[tool.naja.tasks]\n{} = {}\n",
            super::write::key(self.name),
            field.value
        );
        match TaskTable::of_manifest(&text, TaskPlatform::Linux) {
            Ok(_) if self.draft.tasks.iter().any(|known| known.key == field.key) => {
                self.remark("another one of this name comes first");
            }
            Ok(_) => self.draft.tasks.push(field),
            Err(error) => self.remark(&format!("it cannot be translated: {}", error.message)),
        }
    }

    fn task(&mut self, item: &Item) -> Option<Value> {
        if let Some(text) = item.as_str() {
            return Some(command(text));
        }
        if let Some(list) = item.as_array() {
            return self.steps(list);
        }
        match item.as_table_like() {
            Some(table) => self.table(table).map(Value::InlineTable),
            None => {
                self.remark("it is neither a text, nor a list, nor a table");
                None
            }
        }
    }

    fn table(&mut self, table: &dyn TableLike) -> Option<InlineTable> {
        let mut out = InlineTable::new();
        let text = |key: &str| text_of(table, key).map(str::to_owned);
        if let Some(help) = text("help") {
            out.insert("help", Value::from(help));
        }
        let words = table.get("cmd").and_then(Item::as_array);
        if let Some(words) = words {
            let words: Array = words.iter().filter_map(Value::as_str).collect();
            out.insert("cmd", Value::Array(words));
        } else if let Some(line) = text("cmd") {
            match command(&line) {
                Value::InlineTable(shell) => out.extend(pairs(shell)),
                value => drop(out.insert("cmd", value)),
            }
        } else if let Some(code) = text("shell") {
            out.insert("cmd", Value::from(code));
            out.insert("shell", Value::from(true));
        } else if let Some(script) = text("script").or(text("call")) {
            out.insert("script", Value::from(script.trim_end_matches("()")));
        } else if let Some(list) = ["sequence", "composite"]
            .iter()
            .find_map(|key| table.get(key)?.as_array())
        {
            match self.steps(list)? {
                Value::Array(steps) => drop(out.insert("steps", Value::Array(steps))),
                _ => return None,
            }
        } else if let Some(name) = text("ref") {
            let depends: Array = [name].into_iter().collect();
            out.insert("depends", Value::Array(depends));
        } else if !table.contains_key("deps") {
            self.remark("what it does has no counterpart");
            return None;
        }
        self.surroundings(table, &mut out);
        Some(out)
    }

    /// Variables, directory, and what is done before.
    fn surroundings(&mut self, table: &dyn TableLike, out: &mut InlineTable) {
        if let Some(env) = table.get("env").and_then(Item::as_table_like) {
            let mut vars = InlineTable::new();
            for (name, value) in env.iter() {
                match value.as_str() {
                    Some(text) => drop(vars.insert(name, Value::from(text))),
                    None => self.remark(&format!("the variable `{name}` is not taken over")),
                }
            }
            out.insert("env", Value::InlineTable(vars));
        }
        for (key, to) in [
            ("env_file", "env-file"),
            ("envfile", "env-file"),
            ("cwd", "cwd"),
            ("working_dir", "cwd"),
        ] {
            if let Some(text) = text_of(table, key) {
                out.insert(to, Value::from(text));
            }
        }
        if let Some(deps) = table.get("deps") {
            let deps: Array = texts(deps).into_iter().collect();
            out.insert("depends", Value::Array(deps));
        }
        const KNOWN: &[&str] = &[
            "help",
            "cmd",
            "shell",
            "script",
            "call",
            "sequence",
            "composite",
            "ref",
            "env",
            "env_file",
            "envfile",
            "cwd",
            "working_dir",
            "deps",
        ];
        let odd: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
        for key in odd.iter().filter(|key| !KNOWN.contains(&key.as_str())) {
            self.remark(&format!("`{key}` is not taken over"));
        }
    }

    /// A list of commands, or of tasks.
    fn steps(&mut self, list: &Array) -> Option<Value> {
        let mut steps = Array::new();
        for value in list {
            let step = match value {
                Value::String(text) => match self.dialect {
                    // Poe's lists name tasks.
                    TaskDialect::Poe => {
                        Value::InlineTable(inline([("task", text.value().as_str())]))
                    }
                    _ => command(text.value()),
                },
                Value::InlineTable(table) => match text_of(table, "ref") {
                    Some(name) => Value::InlineTable(inline([("task", name)])),
                    None => Value::InlineTable(self.table(table)?),
                },
                _ => {
                    self.remark("a step is neither a text nor a table");
                    return None;
                }
            };
            steps.push(step);
        }
        Some(Value::Array(steps))
    }
}

fn pairs(table: InlineTable) -> Vec<(toml_edit::Key, Value)> {
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let of = |key: String| Some((toml_edit::Key::new(&key), table.get(&key)?.clone()));
    keys.into_iter().filter_map(of).collect()
}

/// A command as it is, or for a shell where it needs one.
fn command(text: &str) -> Value {
    match CommandLine::parse(text) {
        Ok(_) => Value::from(text),
        Err(_needs_a_shell) => {
            let mut table = inline([("cmd", text)]);
            table.insert("shell", Value::from(true));
            Value::InlineTable(table)
        }
    }
}
