//! The variables and the environment that commands are started with.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use naja_project::settings::{EnvFile, Layer};
use naja_project::tasks::{EnvEntry, EnvValue, Expansion, TaskBook, replaced};
use naja_project::{Files, Variables, dotenv};

use crate::failure::Failure;
use crate::process::ProcessEnv;
use crate::run::Chosen;
use crate::session::Session;

/// Variables to set, or to remove.
pub(crate) type Changes = Vec<(OsString, Option<OsString>)>;

/// Everything a command sees.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// All variables.
    pub(super) vars: BTreeMap<OsString, OsString>,
    /// The root of the environment.
    pub(super) root: Option<PathBuf>,
    /// Its Python.
    pub(super) python: PathBuf,
    /// Programs of further environments that are visible, too.
    given: BTreeMap<OsString, OsString>,
}

/// The variables that files and the project give to whatever is run.
///
/// # Errors
/// A file is missing or has a mistake.
pub(crate) fn outer_variables(session: &mut Session, book: &TaskBook) -> Result<Changes, Failure> {
    let mut vars = session.process.vars.clone();
    let before = vars.clone();
    let settings = session.settings.clone();
    if !settings.no_env_file.value {
        for file in &settings.env_file.value.0 {
            fill(session, &mut vars, &before, file)?;
        }
    }
    set_all(&mut vars, book.env())?;
    Ok(changes(&before, &vars))
}

/// The difference between two sets of variables.
fn changes(before: &BTreeMap<OsString, OsString>, after: &BTreeMap<OsString, OsString>) -> Changes {
    let set = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), Some(value.clone())));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    set.chain(gone.map(|name| (name.clone(), None))).collect()
}

/// Takes what a file has; what was set from the start stays.
fn fill(
    session: &mut Session,
    vars: &mut BTreeMap<OsString, OsString>,
    before: &BTreeMap<OsString, OsString>,
    file: &EnvFile,
) -> Result<(), Failure> {
    let path = session.process.absolute(&file.path);
    let shown = path.display().to_string();
    let unreadable = |error: &dyn std::error::Error| {
        Failure::usage(format!("could not read the environment file `{shown}`")).because(error)
    };
    let read = session
        .disk()
        .read(&path)
        .map_err(|error| unreadable(&error))?;
    let Some(bytes) = read else {
        // What a project names is often kept out of its repository.
        if file.origin.layer < Layer::Environment {
            session.warn(format!(
                "there is no environment file `{shown}` ({} names it)",
                file.origin
            ));
            return Ok(());
        }
        return Err(Failure::usage(format!(
            "there is no environment file `{shown}`"
        )));
    };
    let text = String::from_utf8_lossy(&bytes);
    let known: Variables = vars.iter().collect();
    let parsed = dotenv::parse_dotenv(&text, &known).map_err(|error| unreadable(&error))?;
    for entry in parsed {
        if !before.contains_key(OsStr::new(&entry.name)) {
            vars.insert(entry.name.into(), entry.value.into());
        }
    }
    Ok(())
}

/// Takes variables of a table, one after the other.
fn set_all(vars: &mut BTreeMap<OsString, OsString>, entries: &[EnvEntry]) -> Result<(), Failure> {
    for entry in entries {
        let name = OsString::from(&entry.name);
        let text = match &entry.value {
            EnvValue::Remove => {
                vars.remove(&name);
                continue;
            }
            EnvValue::Default(_) if vars.get(&name).is_some_and(|value| !value.is_empty()) => {
                continue;
            }
            EnvValue::Set(text) | EnvValue::Default(text) => text,
        };
        let value = replace(vars, text).map_err(|failure| {
            failure.cause(format!("it is the value of the variable `{}`", entry.name))
        })?;
        vars.insert(name, value.into());
    }
    Ok(())
}

/// Replaces variables in a text.
fn replace(vars: &BTreeMap<OsString, OsString>, text: &str) -> Result<String, Failure> {
    let with = Expansion {
        variable: &|name| {
            let value = vars.get(OsStr::new(name))?;
            value.to_str().map(str::to_owned)
        },
        files: &|_| Vec::new(),
        arguments: &[],
    };
    replaced(text, &with)
        .map_err(|error| Failure::usage(format!("`{text}` cannot be read")).because(&error))
}

impl Scene {
    /// What a command of a task sees in an environment.
    pub(super) fn new(process: &ProcessEnv, chosen: &Chosen, changes: &Changes) -> Self {
        let mut vars = process.vars.clone();
        let mut change = |name: &OsStr, value: Option<&OsString>| match value {
            Some(value) => {
                vars.insert(name.to_os_string(), value.clone());
            }
            None => {
                vars.remove(name);
            }
        };
        for (name, value) in changes {
            change(name, value.as_ref());
        }
        for (name, value) in crate::run::environment_variables(process, chosen) {
            change(&name, value.as_ref());
        }
        Self {
            given: process.vars.clone(),
            vars,
            root: chosen.root.clone(),
            python: chosen.python.clone(),
        }
    }

    /// The same with one more variable.
    pub(super) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.vars.insert(name.into(), value.into());
    }

    /// Adds the variables of a task: its files, then its own.
    ///
    /// # Errors
    /// A file is missing, or something has a mistake.
    pub(super) fn enter(
        &mut self,
        session: &mut Session,
        dir: &Path,
        (files, env): (&[String], &[EnvEntry]),
    ) -> Result<(), Failure> {
        if !session.settings.no_env_file.value {
            for file in files {
                let path = dir.join(replace(&self.vars, file)?);
                let file = EnvFile {
                    path,
                    origin: naja_project::settings::Origin {
                        layer: Layer::Project,
                        place: naja_project::settings::Place::Default,
                    },
                };
                let before = self.given.clone();
                fill(session, &mut self.vars, &before, &file)?;
            }
        }
        set_all(&mut self.vars, env)
    }

    /// A path as a task means it: variables are replaced, and it starts in a directory.
    ///
    /// # Errors
    /// A variable in it has no end.
    pub(super) fn path(&self, dir: &Path, text: &str) -> Result<PathBuf, Failure> {
        Ok(dir.join(replace(&self.vars, text)?))
    }

    pub(super) fn var(&self, name: &str) -> Option<String> {
        let value = self.vars.get(OsStr::new(name))?;
        value.to_str().map(str::to_owned)
    }

    /// What the process has to change to see the same.
    pub(super) fn changes(&self, process: &ProcessEnv) -> Changes {
        changes(&process.vars, &self.vars)
    }
}
