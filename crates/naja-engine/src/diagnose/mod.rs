//! From the errors of the crates below to failures with words.

mod environment;
mod fetch;
mod integrity;
mod near;
mod resolve;

pub(crate) use environment::{apply, config, env_lock, find, open, scan, txn};
pub(crate) use fetch::fetch;
pub(crate) use near::near_names;
pub(crate) use resolve::{Places, conflict, unknown_name};

use crate::failure::Failure;

/// An answer of another kind than the question: a mistake of naja's own.
pub(crate) fn unexpected(wanted: &str) -> Failure {
    Failure::environment(format!("naja got another answer than {wanted}"))
        .hint("this is a mistake in naja; please report it with the command line")
}
