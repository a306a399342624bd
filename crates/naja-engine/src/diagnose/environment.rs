use std::error::Error;

use naja_env::{ApplyError, Environment, LockError, OpenError, ScanError};
use naja_python::FindError;
use naja_store::txn::TxnError;

use crate::failure::Failure;

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
        OpenError::Config(_) | OpenError::Probe(_) => {
            failure.hint("make it again with `naja venv --clear`")
        }
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
        FindError::NotFound { others, .. } if !others.is_empty() => {
            let shown: Vec<String> = others
                .iter()
                .take(5)
                .map(|(path, version)| format!("{version} ({})", path.display()))
                .collect();
            failure.hint(format!("there are: {}", shown.join(", ")))
        }
        FindError::NotFound { .. } => failure.hint("`naja python list` shows what there is"),
        _ => failure,
    }
}
