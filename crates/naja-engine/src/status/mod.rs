//! `naja status`: which project, which environment, which Python, and what this shell really runs.
//!
//! Everything is read from files and variables; no Python is started.

mod environment;
mod lock;
mod search;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use naja_project::settings::Layer;
use naja_python::{EnvironmentOrigin, EnvironmentPlace, locate_environment};
use serde::Serialize;

use crate::belongs::{self, Foreign, Project};
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

pub(crate) use environment::site_dirs;
pub use environment::{Base, BaseState, EnvironmentStatus, Maker, Packages};
pub use lock::{Lock, LockKind, LockState};
pub use search::{Mark, NAMES, Role, Running, Search, SearchDir};
pub(crate) use search::{can_run, walk};

/// Everything `naja status` tells.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The working directory.
    pub directory: PathBuf,
    /// The project it belongs to.
    pub project: Option<Project>,
    /// The environment of the directory; without one, the active one.
    pub environment: Option<EnvironmentStatus>,
    /// Environments of this directory under other names than `.venv`, which nothing finds by
    /// itself.
    pub beside: Vec<PathBuf>,
    /// What is active in this shell.
    pub active: Option<Active>,
    /// What is wrong with that, if it is another project's.
    pub foreign: Option<Foreign>,
    /// The environment that `naja pip` changes here.
    pub pip_changes: Option<PathBuf>,
    /// The environment that `naja run` uses here.
    pub run_uses: Option<PathBuf>,
    /// What pins the versions of the project.
    pub lock: Option<Lock>,
    /// The walk along `PATH`.
    pub search: Search,
    /// The variables that decide about Python, with their values.
    pub variables: Vec<Variable>,
    /// What to type to see what `PATH` does not tell: aliases, functions, remembered programs.
    pub ask_the_shell: String,
}

/// What the variables say is active.
#[derive(Clone, Debug, Serialize)]
pub struct Active {
    /// `VIRTUAL_ENV` or `CONDA_PREFIX`.
    pub variable: &'static str,
    /// The environment, as written there.
    pub root: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// The project it belongs to; none if it is shared.
    pub project: Option<Project>,
}

/// A variable that Python or a tool obeys.
#[derive(Clone, Debug, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it does, in a few words.
    pub does: &'static str,
}

/// The variables that are shown, and what they do.
const VARIABLES: [(&str, &str); 13] = [
    ("VIRTUAL_ENV", "the active environment"),
    ("CONDA_PREFIX", "the active conda environment"),
    ("PYTHONHOME", "another standard library, for every Python"),
    ("PYTHONPATH", "modules from there come before all packages"),
    ("PYTHONSTARTUP", "run by every interactive Python"),
    ("PYTHONNOUSERSITE", "packages of the user are not seen"),
    ("PYTHONUSERBASE", "where packages of the user are"),
    ("PYTHONSAFEPATH", "the script's directory is not searched"),
    ("PYTHONPLATLIBDIR", "the name of the library directory"),
    ("PYTHONEXECUTABLE", "what Python takes itself for"),
    ("PIP_USER", "pip installs for the user"),
    ("PIP_TARGET", "pip installs into a directory"),
    ("PIP_PREFIX", "pip installs below a prefix"),
];

/// Tells where the user stands.
///
/// # Errors
/// An environment was named with `--python`, and there is none.
pub fn status(session: &mut Session) -> Result<Status, Failure> {
    let inputs = target::discovery_inputs(session);
    let home = session.process.home.clone();
    let home = home.as_deref();
    let near = locate_environment(&belongs::without_active(&inputs));
    let located = locate_environment(&inputs);
    let active = active(session);
    let named = named(session)?;
    let shown = named
        .clone()
        .or_else(|| near.clone())
        .or_else(|| located.clone().filter(|place| place.root.is_dir()));
    let is_active = |root: &std::path::Path| {
        active
            .as_ref()
            .is_some_and(|active| target::same_place(&active.root, root))
    };
    let environment = shown.as_ref().map(|place| {
        let origin = named.is_none().then_some(place.origin);
        environment::look(&place.root, origin, is_active(&place.root), home)
    });
    let project = belongs::project_at(&inputs.cwd, home);
    let lock = project
        .as_ref()
        .and_then(|project| lock::find(session, &project.root));
    let bin = environment.as_ref().map(|env| env.scripts.clone());
    Ok(Status {
        directory: inputs.cwd.clone(),
        project,
        search: search::walk(session, bin.as_deref()),
        beside: match &environment {
            None => environment::beside(&inputs.cwd),
            Some(_) => Vec::new(),
        },
        environment,
        foreign: belongs::foreign(&inputs),
        active,
        pip_changes: located.map(|place| place.root),
        run_uses: near
            .or_else(|| locate_environment(&inputs))
            .map(|place| place.root),
        lock,
        variables: variables(session),
        ask_the_shell: ask_the_shell(session),
    })
}

/// The environment that `--python` names.
fn named(session: &Session) -> Result<Option<EnvironmentPlace>, Failure> {
    let Some(text) = &session.settings.python.value else {
        return Ok(None);
    };
    let given = target::discovery_inputs(session).absolute(std::path::Path::new(text));
    let root = if given.is_dir() {
        Some(given.clone())
    } else {
        naja_python::environment_of(&given)
    };
    let on_command_line = session.settings.python.origin.layer == Layer::Arguments;
    match root.filter(|root| naja_python::is_environment(root)) {
        Some(root) => Ok(Some(EnvironmentPlace {
            root,
            origin: EnvironmentOrigin::DotVenv,
        })),
        // A setting may name a version for what is made.
        None if !on_command_line => Ok(None),
        None => Err(
            Failure::usage(format!("`{text}` is not a virtual environment"))
                .hint("name its directory, or the Python in it"),
        ),
    }
}

/// What the variables say is active, whether it is there or not.
pub(crate) fn active(session: &Session) -> Option<Active> {
    let inputs = target::discovery_inputs(session);
    let place = locate_environment(&inputs)?;
    let variable = match place.origin {
        EnvironmentOrigin::VirtualEnv => "VIRTUAL_ENV",
        EnvironmentOrigin::Conda => "CONDA_PREFIX",
        EnvironmentOrigin::DotVenv | EnvironmentOrigin::Inside => return None,
    };
    Some(Active {
        variable,
        exists: place.root.is_dir(),
        project: belongs::project_of(&place.root, inputs.home.as_deref()),
        root: place.root,
    })
}

fn variables(session: &Session) -> Vec<Variable> {
    VARIABLES
        .iter()
        .filter_map(|(name, does)| {
            let value = session.process.var_os(name)?.to_string_lossy().into_owned();
            (!value.is_empty()).then_some(Variable { name, value, does })
        })
        .collect()
}

/// What shows aliases, functions and remembered places in the user's shell.
pub(crate) fn ask_the_shell(session: &Session) -> String {
    let shell = session.process.var("SHELL").unwrap_or_default();
    let name = shell.rsplit('/').next().unwrap_or_default();
    match name {
        "fish" => "type -a python pip",
        "tcsh" | "csh" => "where python pip",
        "nu" => "which -a python pip",
        "pwsh" => "Get-Command -All python, pip",
        "xonsh" => "which -a python",
        "" if cfg!(windows) => "Get-Command -All python, pip",
        _ => "type -a python pip",
    }
    .to_owned()
}
