//! `naja run --list`: what can be run by a name.

use std::path::PathBuf;

use naja_project::manifest::discover;
use naja_project::tasks::{Parameters, Task};
use serde::Serialize;

use super::book::book_for;
use super::perform::package;
use crate::failure::Failure;
use crate::run::RunRequest;
use crate::session::Session;
use crate::system::is_program;

/// What can be run by a name.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Listing {
    /// The tasks, by name.
    pub tasks: Vec<ListedTask>,
    /// The programs of the project and its workspace: `[project.scripts]`.
    pub scripts: Vec<ListedScript>,
    /// The programs of the environment, if it has been made.
    pub programs: Vec<String>,
}

/// A task.
#[derive(Clone, Debug, Serialize)]
pub struct ListedTask {
    /// Its name.
    pub name: String,
    /// What it is good for.
    pub help: Option<String>,
    /// What it does, in a line.
    pub summary: String,
    /// What it takes.
    pub arguments: Vec<ListedArgument>,
    /// The tasks that are done before.
    pub depends: Vec<String>,
    /// Whether it is left out of lists for people.
    pub hidden: bool,
    /// The file that declares it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
}

/// An argument of a task.
#[derive(Clone, Debug, Serialize)]
pub struct ListedArgument {
    /// Its name, which is that of a variable of the commands.
    pub name: String,
    /// How it is given.
    pub usage: String,
    /// Whether it must be given.
    pub required: bool,
    /// Its value if it is not given.
    pub default: Option<String>,
    /// The values it can have.
    pub choices: Vec<String>,
    /// What it is good for.
    pub help: Option<String>,
}

/// A program of a project.
#[derive(Clone, Debug, Serialize)]
pub struct ListedScript {
    /// Its name.
    pub name: String,
    /// The project.
    pub project: String,
}

/// Lists what can be run by a name.
///
/// # Errors
/// A table of tasks has a mistake.
pub fn list(session: &mut Session, request: &RunRequest) -> Result<Listing, Failure> {
    let book = book_for(session, package(request))?;
    let tasks = book.tasks().iter().map(|known| ListedTask {
        name: known.task.name.clone(),
        help: known.task.help.clone(),
        summary: known.task.summary(),
        arguments: arguments(&known.task),
        depends: known
            .task
            .depends
            .iter()
            .map(|call| call.task.clone())
            .collect(),
        hidden: known.task.hidden,
        file: known.file.to_path_buf(),
        line: known.task.line,
    });
    let mut tasks: Vec<ListedTask> = tasks.collect();
    tasks.sort_by(|a, b| a.name.cmp(&b.name));
    let mut listing = Listing {
        tasks,
        ..Listing::default()
    };
    // A mistake in what is no task is told by what needs it.
    if let Ok(Some(workspace)) = discover(&session.disk(), &session.project) {
        for member in &workspace.members {
            let scripts = member
                .manifest
                .project
                .iter()
                .flat_map(|table| &table.scripts);
            listing.scripts.extend(scripts.map(|name| ListedScript {
                name: name.clone(),
                project: member.name.to_string(),
            }));
        }
        listing.scripts.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let root = match request.active {
        true => crate::target::environment_root(session),
        false => crate::env::here(session),
    };
    if let Some(root) = root {
        listing.programs = programs(&root.join(if cfg!(windows) { "Scripts" } else { "bin" }));
    }
    Ok(listing)
}

fn programs(dir: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| is_program(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn arguments(task: &Task) -> Vec<ListedArgument> {
    let declared = task.parameters.declared().iter();
    let listed = declared.map(|parameter| ListedArgument {
        name: parameter.name.clone(),
        usage: parameter.usage(),
        required: parameter.required,
        default: parameter.default.clone(),
        choices: parameter.choices.clone(),
        help: parameter.help.clone(),
    });
    listed.collect()
}

/// How a task is called, in a line.
pub(super) fn usage_line(task: &Task) -> String {
    let mut line = format!("naja run {}", task.name);
    match &task.parameters {
        Parameters::Any => line.push_str(" [ARGUMENTS]…"),
        Parameters::None => {}
        Parameters::Declared(all) => {
            for parameter in all {
                let usage = parameter.usage();
                line.push_str(&match parameter.required {
                    true => format!(" {usage}"),
                    false => format!(" [{usage}]"),
                });
            }
        }
    }
    line
}

/// The help of a task that declares its arguments; `None` if it does not, so that `--help` is for its command.
///
/// # Errors
/// A table of tasks has a mistake.
pub fn usage(session: &mut Session, request: &RunRequest) -> Result<Option<String>, Failure> {
    let mut words = request.command.iter().filter_map(|word| word.to_str());
    let (Some(name), Some("--help" | "-h"), None) = (words.next(), words.next(), words.next())
    else {
        return Ok(None);
    };
    let book = book_for(session, package(request))?;
    let Some(known) = book.find(name) else {
        return Ok(None);
    };
    let task = &known.task;
    if matches!(task.parameters, Parameters::Any) {
        return Ok(None);
    }
    let mut text = format!("{}\n\nUsage: {}\n", task.summary(), usage_line(task));
    let arguments = arguments(task);
    if !arguments.is_empty() {
        let widest = arguments
            .iter()
            .map(|argument| argument.usage.chars().count())
            .max();
        text.push_str("\nArguments:\n");
        for argument in arguments {
            let mut notes: Vec<String> = argument.help.into_iter().collect();
            if !argument.choices.is_empty() {
                notes.push(format!("[one of: {}]", argument.choices.join(", ")));
            }
            if let Some(default) = argument.default {
                notes.push(format!("[default: {default}]"));
            }
            let width = widest.unwrap_or_default();
            let line = format!("  {:width$}  {}", argument.usage, notes.join(" "));
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    Ok(Some(text))
}
