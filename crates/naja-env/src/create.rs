//! [`create`]: making a virtual environment (PEP 405) without running Python.
//!
//! The environment is built in a hidden directory beside its place and moved there in one step, so
//! that nobody ever sees half of one. What was there before is exchanged with it and removed only
//! after that.

mod build;
mod check;
mod link;
mod place;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use naja_python::{Interpreter, VenvConfigError};

use crate::environment::Environment;

pub(crate) use link::shared_libraries;

/// Says how the environment gets its Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PythonLink {
    /// By symbolic links to the base installation.
    #[default]
    Symlinks,
    /// By copies of the program, and of its shared library if it needs one.
    Copies,
}

/// Says what to do when something is in the place already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Refuse, unless it is an empty directory.
    #[default]
    Refuse,
    /// Replace an environment; refuse another directory that is not empty.
    Clear,
    /// Replace any directory.
    ForceClear,
    /// Write over what is there and leave everything else, packages above all.
    Allow,
}

/// Describes the environment to make.
#[derive(Debug, Clone)]
pub struct VenvSpec<'a> {
    /// Where it goes; absolute.
    pub path: &'a Path,
    /// The Python it is made from. For the Python of an environment its base is used.
    pub interpreter: &'a Interpreter,
    /// What activation shows before the prompt. `None`: the name of the directory, or for `.venv`
    /// that of the directory around it.
    pub prompt: Option<String>,
    /// The packages of the base are visible inside.
    pub system_site_packages: bool,
    /// How it gets its Python.
    pub link: PythonLink,
    /// Its scripts do not contain its path, so that it can be moved.
    pub relocatable: bool,
    /// It will get pip; recorded in `pyvenv.cfg`.
    pub seeded: bool,
    /// What to do when something is there.
    pub existing: Existing,
    /// Directories that are never replaced, whatever `existing` says: the working directory, the
    /// home directory. Directories around them are protected as well.
    pub protected: &'a [PathBuf],
}

/// Says why no environment was made. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The path cannot be that of an environment.
    #[error("create an environment at `{}`: {reason}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        reason: PathReason,
    },
    /// The prompt cannot be shown by every shell.
    #[error("use this prompt: it contains a line break or another control character")]
    Prompt,
    /// An environment is there.
    #[error("create an environment at `{}`: there is one already", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// A directory is there that is not empty and no environment.
    #[error("create an environment at `{}`: the directory is not empty and no environment", path.display())]
    NotEmpty {
        /// The path.
        path: PathBuf,
    },
    /// Something other than a directory is there.
    #[error("create an environment at `{}`: {what} is in the way", path.display())]
    InTheWay {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// The directory may not be replaced.
    #[error("replace `{}`: it is or contains `{}`", path.display(), protected.display())]
    Protected {
        /// The path.
        path: PathBuf,
        /// The directory that must stay.
        protected: PathBuf,
    },
    /// The base Python cannot be used for environments.
    #[error("make an environment from `{}`: {reason}", executable.display())]
    Base {
        /// The base Python.
        executable: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `pyvenv.cfg` cannot be written or read back.
    #[error("write the configuration of the environment")]
    Config(#[from] VenvConfigError),
    /// The operating system refused something.
    #[error("{action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
}

/// Says why a path cannot be that of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathReason {
    /// It is relative.
    #[error("the path is not absolute")]
    Relative,
    /// It has no last component, as `/`.
    #[error("it is a root directory")]
    Root,
    /// It contains the character that separates the entries of PATH.
    #[error("the path contains `{0}`, which separates the entries of PATH")]
    Separator(char),
    /// It contains a line break or another control character.
    #[error("the path contains a line break or another control character")]
    Control,
    /// It is not Unicode.
    #[error("the path is not valid Unicode")]
    NotUnicode,
    /// It contains a character that no script can hold there.
    #[error("the path contains `{0}`, which does not work in scripts")]
    Character(char),
}

/// Makes a virtual environment and returns it.
///
/// No Python is run. When this returns an error nothing is left behind; what a killed process left
/// behind is removed by the next call for the same place.
///
/// # Errors
/// See [`CreateError`]: the path or prompt is refused, something is in the way, the base is gone,
/// or the operating system says no.
pub fn create(spec: &VenvSpec<'_>) -> Result<Environment, CreateError> {
    create_with(spec, &|_| Ok(()))
}

/// Does the same, and lets `finish` add to the new environment before it goes into its place; what
/// was there before is still there then. Not asked where an environment is written over.
///
/// # Errors
/// As [`create`], and what `finish` answers.
pub fn create_with(
    spec: &VenvSpec<'_>,
    finish: &dyn Fn(&Path) -> io::Result<()>,
) -> Result<Environment, CreateError> {
    check::path(spec.path)?;
    let root = naja_python::without_dots(spec.path);
    let plan = build::Plan::new(spec, &root)?;
    place::sweep(&check::physical(&root));
    let situation = check::situation(spec, &root)?;
    let over = situation.action == check::Action::Overlay;
    place::put(&situation, &|directory| {
        plan.build(directory)?;
        if over {
            return Ok(());
        }
        finish(directory).map_err(failed("take note in", directory))
    })?;
    let interpreter = spec.interpreter.in_venv(&root, plan.config());
    Ok(Environment::of(interpreter)?)
}

/// Wraps an error of the operating system.
fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> CreateError + 'a {
    move |source| CreateError::Io {
        action,
        path: path.to_path_buf(),
        source,
    }
}
