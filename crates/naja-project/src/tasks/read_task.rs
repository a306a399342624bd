//! Reading one task.

use naja_spec::{ExtraName, GroupName};
use toml::de::DeTable;

use super::command::CommandLine;
use super::parameters::{Parameter, ParameterKind, Parameters};
use super::read::{check_keys, env};
use super::task::{Action, Call, Freshness, Needs, Shell, Step, Task, TaskPlatform};
use crate::manifest::{Placed, Read, TomlReader};

/// The keys of a task that may be in a table for a platform, too.
const VARIED: &[&str] = &[
    "cmd", "script", "shell", "steps", "depends", "env", "env-file", "cwd", "python",
];

const KEYS: &[&str] = &[
    "cmd",
    "script",
    "shell",
    "steps",
    "depends",
    "args",
    "env",
    "env-file",
    "cwd",
    "extras",
    "groups",
    "with",
    "python",
    "environment",
    "inputs",
    "outputs",
    "parallel",
    "quiet",
    "continue-on-error",
    "matrix",
    "help",
    "description",
    "hidden",
    "windows",
    "linux",
    "macos",
    "unix",
];

/// Steps in steps go down this far.
const MOST_DEPTH: usize = 8;

/// Reads a task: a text, a list or a table.
pub(super) fn task<'t>(
    reader: TomlReader<'t>,
    name: &str,
    value: &Placed<'t>,
    platform: TaskPlatform,
) -> Read<Task> {
    TaskReader {
        reader,
        platform,
        depth: 0,
    }
    .task(name, value)
}

#[derive(Clone, Copy)]
struct TaskReader<'t> {
    reader: TomlReader<'t>,
    platform: TaskPlatform,
    depth: usize,
}

impl<'t> TaskReader<'t> {
    fn task(self, name: &str, value: &Placed<'t>) -> Read<Task> {
        let mut task = Task {
            name: name.to_owned(),
            line: self.reader.line(value),
            hidden: name.starts_with('_'),
            ..Task::default()
        };
        let inner = value.get_ref();
        if inner.as_str().is_some() {
            task.action = Action::Command(self.line(value)?);
        } else if inner.as_array().is_some() {
            task.action = Action::Steps(self.steps(name, value)?);
        } else if let Some(table) = inner.as_table() {
            self.fill(&mut task, value, table)?;
        } else {
            let what = "a command, a list of steps, or a table";
            return Err(self.reader.expected(value, what));
        }
        Ok(task)
    }

    fn fill(self, task: &mut Task, place: &Placed<'t>, table: &DeTable<'t>) -> Read<()> {
        let reader = self.reader;
        check_keys(reader, table, KEYS, &format!("the task `{}`", task.name))?;
        for key in ["help", "description"] {
            if let Some(value) = table.get(key) {
                let text = reader.text(value)?.trim();
                task.help = Some(text.lines().next().unwrap_or_default().to_owned());
            }
        }
        let switch = |key: &str, default: bool| -> Read<bool> {
            let value = table.get(key).map(|value| reader.switch(value));
            Ok(value.transpose()?.unwrap_or(default))
        };
        task.hidden = switch("hidden", task.hidden)?;
        task.parallel = switch("parallel", false)?;
        task.quiet = switch("quiet", false)?;
        task.continue_on_error = switch("continue-on-error", false)?;
        if let Some(value) = table.get("args") {
            task.parameters = self.parameters(value)?;
        }
        let texts = |key: &str| -> Read<Vec<String>> {
            table
                .get(key)
                .map_or(Ok(Vec::new()), |value| self.texts(value))
        };
        task.freshness = Freshness {
            inputs: texts("inputs")?,
            outputs: texts("outputs")?,
        };
        if task.freshness.inputs.is_empty() && !task.freshness.outputs.is_empty() {
            let message = "`outputs` need `inputs`: what they are made from";
            return Err(reader.error(place.span().start, message));
        }
        task.needs = self.needs(table)?;
        if let Some(value) = table.get("matrix") {
            task.matrix = self.matrix(value)?;
        }
        self.varied(task, place, table)?;
        let mut elsewhere = Vec::new();
        for name in TaskPlatform::TABLES {
            let Some(value) = table.get(name) else {
                continue;
            };
            let own = reader.table(value)?;
            check_keys(reader, own, VARIED, &format!("`{name}` of a task"))?;
            let counts = self.platform.tables().contains(&name);
            // What belongs to other systems is checked as well.
            let mut copy = task.clone();
            self.varied(if counts { &mut *task } else { &mut copy }, value, own)?;
            if !counts && copy.action != task.action {
                elsewhere.push(name);
            }
        }
        if task.action == Action::Nothing && task.depends.is_empty() {
            if elsewhere.is_empty() {
                let message = "expected one of `cmd`, `script`, `steps` and `depends`";
                return Err(reader.error(place.span().start, message));
            }
            task.action = Action::Elsewhere(elsewhere);
        }
        Ok(())
    }

    /// What may be different from platform to platform.
    fn varied(self, task: &mut Task, place: &Placed<'t>, table: &DeTable<'t>) -> Read<()> {
        let reader = self.reader;
        let kinds = ["cmd", "script", "steps"];
        let given: Vec<&str> = kinds
            .into_iter()
            .filter(|key| table.contains_key(*key))
            .collect();
        if let [first, second, ..] = given.as_slice() {
            let message = format!("a task has either `{first}` or `{second}`");
            return Err(reader.error(place.span().start, message));
        }
        if let Some(value) = table.get("cmd") {
            task.action = self.command(task, table, value)?;
        } else if let Some(value) = table.get("script") {
            task.action = self.script(value)?;
        } else if let Some(value) = table.get("steps") {
            task.action = Action::Steps(self.steps(&task.name, value)?);
        } else if let Some(value) = table.get("shell") {
            let message = "`shell` goes with `cmd`";
            return Err(reader.error(value.span().start, message));
        }
        if let Some(value) = table.get("depends") {
            task.depends = self.depends(value)?;
        }
        if let Some(value) = table.get("env") {
            for entry in env(reader, value)? {
                task.env.retain(|known| known.name != entry.name);
                task.env.push(entry);
            }
        }
        if let Some(value) = table.get("env-file") {
            task.env_file = self.texts(value)?;
        }
        if let Some(value) = table.get("cwd") {
            task.cwd = Some(reader.text(value)?.to_owned());
        }
        if let Some(value) = table.get("python") {
            task.needs.python = Some(reader.text(value)?.to_owned());
        }
        Ok(())
    }

    /// `cmd`: a text, a list of words, or a table of platforms with either.
    fn command(self, task: &Task, table: &DeTable<'t>, value: &Placed<'t>) -> Read<Action> {
        let reader = self.reader;
        let shell = match table.get("shell") {
            None => None,
            Some(shell) => self.shell(shell)?,
        };
        let one = |value: &Placed<'t>| -> Read<Action> {
            match shell {
                Some(shell) => Ok(Action::Shell {
                    shell,
                    code: reader.text(value)?.to_owned(),
                }),
                None => self.words_or_line(value).map(Action::Command),
            }
        };
        let Some(platforms) = value.get_ref().as_table() else {
            return one(value);
        };
        let mut known = TaskPlatform::TABLES.to_vec();
        known.push("default");
        check_keys(reader, platforms, &known, "`cmd`")?;
        let mut action = match platforms.get("default") {
            Some(value) => one(value)?,
            None => task.action.clone(),
        };
        let mut elsewhere = Vec::new();
        for name in TaskPlatform::TABLES {
            let Some(value) = platforms.get(name) else {
                continue;
            };
            let own = one(value)?;
            if self.platform.tables().contains(&name) {
                action = own;
            } else {
                elsewhere.push(name);
            }
        }
        if action == Action::Nothing && !elsewhere.is_empty() {
            action = Action::Elsewhere(elsewhere);
        }
        Ok(action)
    }

    fn shell(self, value: &Placed<'t>) -> Read<Option<Shell>> {
        match (value.get_ref().as_bool(), value.get_ref().as_str()) {
            (Some(false), _) => Ok(None),
            (Some(true), _) => Ok(Some(Shell::usual(self.platform))),
            (_, Some(name)) => match Shell::named(name) {
                Some(shell) => Ok(Some(shell)),
                None => {
                    let names: Vec<&str> = Shell::names().collect();
                    let message = format!("no shell is `{name}`; there are {}", names.join(", "));
                    Err(self.reader.error(value.span().start, message))
                }
            },
            _ => Err(self.reader.expected(value, "true, or the name of a shell")),
        }
    }

    fn words_or_line(self, value: &Placed<'t>) -> Read<CommandLine> {
        if value.get_ref().as_array().is_none() {
            return self.line(value);
        }
        let words = self.reader.texts(value)?;
        CommandLine::from_words(&words)
            .map_err(|error| self.reader.error(value.span().start, error.to_string()))
    }

    fn line(self, value: &Placed<'t>) -> Read<CommandLine> {
        self.reader.parsed(value, CommandLine::parse)
    }

    /// `module:function`
    fn script(self, value: &Placed<'t>) -> Read<Action> {
        let text = self.reader.text(value)?;
        let dotted = |text: &str| {
            let is_part = |part: &str| {
                part.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && part.chars().all(|c| c.is_alphanumeric() || c == '_')
            };
            text.split('.').all(is_part)
        };
        let parts = text.split_once(':');
        match parts {
            Some((module, function)) if dotted(module) && dotted(function) => Ok(Action::Script {
                module: module.to_owned(),
                function: function.to_owned(),
            }),
            _ => {
                let message = format!("expected `module:function`, found `{text}`");
                Err(self.reader.error(value.span().start, message))
            }
        }
    }

    fn steps(self, name: &str, value: &Placed<'t>) -> Read<Vec<Step>> {
        let items = self.reader.list(value)?;
        if items.is_empty() {
            let message = format!("the task `{name}` has no step");
            return Err(self.reader.error(value.span().start, message));
        }
        let inner = Self {
            depth: self.depth + 1,
            ..self
        };
        if inner.depth > MOST_DEPTH {
            return Err(self
                .reader
                .error(value.span().start, "these steps are too deep"));
        }
        let steps = items.iter().enumerate().map(|(at, item)| {
            let what = "a command, the name of a task, or a table";
            if item.get_ref().as_str().is_some() {
                return inner.line(item).map(Step::Line);
            }
            let Some(table) = item.get_ref().as_table() else {
                return Err(self.reader.expected(item, what));
            };
            if table.contains_key("task") {
                return inner.call_table(item, table).map(Step::Call);
            }
            let name = format!("{name}[{}]", at + 1);
            inner.task(&name, item).map(Box::new).map(Step::Inline)
        });
        steps.collect()
    }

    fn depends(self, value: &Placed<'t>) -> Read<Vec<Call>> {
        if value.get_ref().as_str().is_some() {
            return Ok(vec![self.call(value)?]);
        }
        let items = self.reader.list(value)?.iter();
        items.map(|item| self.call(item)).collect()
    }

    /// `"name"`, `"name --with arguments"`, `{ task = "name", args = […] }`
    fn call(self, value: &Placed<'t>) -> Read<Call> {
        if let Some(table) = value.get_ref().as_table() {
            return self.call_table(value, table);
        }
        let Some(mut words) = self.line(value)?.plain_words() else {
            let message = "expected the name of a task and plain arguments";
            return Err(self.reader.error(value.span().start, message));
        };
        Ok(Call {
            task: words.remove(0),
            arguments: words,
            line: self.reader.line(value),
        })
    }

    fn call_table(self, place: &Placed<'t>, table: &DeTable<'t>) -> Read<Call> {
        let reader = self.reader;
        check_keys(reader, table, &["task", "args"], "the call of a task")?;
        let Some(task) = table.get("task") else {
            return Err(reader.error(place.span().start, "expected `task`"));
        };
        Ok(Call {
            task: reader.text(task)?.to_owned(),
            arguments: table
                .get("args")
                .map_or(Ok(Vec::new()), |value| reader.texts(value))?,
            line: reader.line(place),
        })
    }

    fn needs(self, table: &DeTable<'t>) -> Read<Needs> {
        let reader = self.reader;
        let list = |key: &str| -> Read<&[Placed<'t>]> {
            table.get(key).map_or(Ok(&[]), |value| reader.list(value))
        };
        let name = |key: &str| -> Read<Option<String>> {
            let value = table.get(key).map(|value| reader.text(value));
            Ok(value.transpose()?.map(str::to_owned))
        };
        Ok(Needs {
            extras: list("extras")?
                .iter()
                .map(|item| reader.parsed(item, ExtraName::parse))
                .collect::<Read<_>>()?,
            groups: list("groups")?
                .iter()
                .map(|item| reader.parsed(item, GroupName::parse))
                .collect::<Read<_>>()?,
            with: table
                .get("with")
                .map_or(Ok(Vec::new()), |value| self.texts(value))?,
            python: name("python")?,
            environment: name("environment")?,
        })
    }

    /// A list of texts, or one.
    fn texts(self, value: &Placed<'t>) -> Read<Vec<String>> {
        if value.get_ref().as_str().is_some() {
            return Ok(vec![self.reader.text(value)?.to_owned()]);
        }
        self.reader.texts(value)
    }

    fn matrix(self, value: &Placed<'t>) -> Read<Vec<(String, Vec<String>)>> {
        let mut axes = Vec::new();
        for (key, value) in self.reader.table(value)? {
            let values = self.texts(value)?;
            if values.is_empty() {
                let message = format!("`{}` has no value", key.get_ref());
                return Err(self.reader.error(value.span().start, message));
            }
            axes.push((key.get_ref().to_string(), values));
        }
        Ok(axes)
    }

    fn parameters(self, value: &Placed<'t>) -> Read<Parameters> {
        match value.get_ref().as_bool() {
            Some(false) => return Ok(Parameters::None),
            Some(true) => return Ok(Parameters::Any),
            None => {}
        }
        let mut all: Vec<Parameter> = Vec::new();
        for item in self.reader.list(value)? {
            let parameter = self.parameter(item)?;
            if all.iter().any(|known| known.name == parameter.name) {
                let message = format!("two arguments are called `{}`", parameter.name);
                return Err(self.reader.error(item.span().start, message));
            }
            all.push(parameter);
        }
        Ok(Parameters::Declared(all))
    }

    fn parameter(self, value: &Placed<'t>) -> Read<Parameter> {
        let reader = self.reader;
        if value.get_ref().as_str().is_some() {
            return Ok(Parameter {
                name: self.variable(value)?,
                kind: ParameterKind::Positional,
                default: None,
                required: true,
                choices: Vec::new(),
                help: None,
            });
        }
        let table = reader.table(value)?;
        let known = [
            "name", "option", "flag", "default", "required", "choices", "help",
        ];
        check_keys(reader, table, &known, "an argument")?;
        let Some(name) = table.get("name") else {
            return Err(reader.error(value.span().start, "an argument needs a `name`"));
        };
        let words = |key: &str| -> Read<Option<Vec<String>>> {
            let Some(value) = table.get(key) else {
                return Ok(None);
            };
            let words = self.texts(value)?;
            let is_word = |word: &String| word.len() > 1 && word.starts_with('-');
            if words.is_empty() || !words.iter().all(is_word) {
                let message = format!("`{key}` is what begins with `-`, such as `--name`");
                return Err(reader.error(value.span().start, message));
            }
            Ok(Some(words))
        };
        let kind = match (words("option")?, words("flag")?) {
            (None, None) => ParameterKind::Positional,
            (Some(words), None) => ParameterKind::Option(words),
            (None, Some(words)) => ParameterKind::Flag(words),
            _ => {
                let message = "an argument is either an `option` or a `flag`";
                return Err(reader.error(value.span().start, message));
            }
        };
        let text = |key: &str| -> Read<Option<String>> {
            let value = table.get(key).map(|value| reader.text(value));
            Ok(value.transpose()?.map(str::to_owned))
        };
        let default = text("default")?;
        let needed = kind == ParameterKind::Positional && default.is_none();
        let required = table.get("required").map(|value| reader.switch(value));
        Ok(Parameter {
            name: self.variable(name)?,
            kind,
            required: required.transpose()?.unwrap_or(needed),
            default,
            choices: table
                .get("choices")
                .map_or(Ok(Vec::new()), |value| reader.texts(value))?,
            help: text("help")?,
        })
    }

    /// A name that can be one of a variable.
    fn variable(self, value: &Placed<'t>) -> Read<String> {
        let name = self.reader.text(value)?.replace('-', "_");
        let fits = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !matches!(name.as_str(), "args" | "PATH");
        if fits {
            return Ok(name);
        }
        let message = format!("`{name}` cannot be the name of an argument");
        Err(self.reader.error(value.span().start, message))
    }
}
