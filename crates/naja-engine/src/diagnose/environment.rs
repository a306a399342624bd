use std::error::Error;
use std::path::PathBuf;

use naja_env::{ApplyError, Environment, LockError, OpenError, ScanError};
use naja_python::{FindError, Source};
use naja_store::txn::TxnError;

use crate::failure::Failure;

/// What to do about an environment that is broken.
const MAKE_NEW: &str = "`naja venv --clear` makes it new, with a Python that is there; its packages have to be installed again";

/// How many Pythons are listed where none fits.
const LISTED: usize = 9;

/// Lists Pythons, one line each.
fn shown(others: &[(PathBuf, String)]) -> Vec<String> {
    let mut lines: Vec<String> = others
        .iter()
        .take(LISTED)
        .map(|(path, version)| format!("{version}  {}", path.display()))
        .collect();
    let more = others.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn told(title: impl Into<String>, error: &dyn Error) -> Failure {
    Failure::environment(title).because(error)
}

/// An environment that cannot be opened.
pub(crate) fn open(error: &OpenError) -> Failure {
    let failure = told("could not open the environment", error);
    match error {
        OpenError::NotAnEnvironment { .. } => {
            failure.hint("make one with `naja venv`, or name a Python with `--python`")
        }
        OpenError::Config(_) | OpenError::Probe(_) => failure.hint(MAKE_NEW),
        _ => failure,
    }
}

/// An environment that cannot be listed.
pub(crate) fn scan(error: &ScanError) -> Failure {
    told("could not look at the environment", error)
}

/// An environment that cannot be locked.
pub(crate) fn env_lock(env: &Environment, error: &LockError) -> Failure {
    told(
        format!("could not lock the environment `{}`", env.root().display()),
        error,
    )
    .hint("is it writable for you? `naja venv` makes one that is")
}

/// A recovery that did not succeed.
pub(crate) fn txn(error: &TxnError) -> Failure {
    told("could not finish what an interrupted command left", error)
        .hint("mend what is named above, and run the command again")
}

/// A plan that was not applied.
pub(crate) fn apply(error: &ApplyError) -> Failure {
    told("could not change the environment", error).hint("nothing was changed")
}

/// A configuration that cannot be read.
pub(crate) fn config(error: &dyn Error) -> Failure {
    Failure::usage("could not read the configuration").because(error)
}

/// A Python that was not found.
pub(crate) fn find(error: &FindError) -> Failure {
    let failure = Failure::environment("could not find what Python to use").because(error);
    match error {
        FindError::NoEnvironment => {
            let mut failure = Failure::environment("there is no virtual environment here")
                .cause("none is active, and neither this directory nor one above it has a `.venv`");
            failure.hints = vec![
                "`naja venv` makes one".to_owned(),
                "`--system` uses the system's Python, `--python PATH` any other".to_owned(),
            ];
            failure
        }
        FindError::Unusable {
            origin: Source::Environment,
            source,
        } => {
            let broken: &dyn Error = source.as_ref();
            Failure::environment("the virtual environment here is broken")
                .because(broken.source().unwrap_or(broken))
                .hint(MAKE_NEW)
        }
        FindError::NotFound { others, .. } if !others.is_empty() => {
            let mut failure = failure.hint("`naja python list` shows every Python that is found");
            failure.story.push("There are:".to_owned());
            failure.story.extend(shown(others));
            failure
        }
        FindError::NotFound { .. } => failure.hint("`naja python list` shows what there is"),
        _ => failure,
    }
}
