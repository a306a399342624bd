//! Environments on real directories, with wheels that went through a real store.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests fail by panicking and name what they skip"
)]

mod clashes;
mod crashes;
mod hostile;
mod installing;
mod interplay;
mod notes;
mod planning;
mod random;
mod removing;
mod stopping;
mod support;
mod twice;
