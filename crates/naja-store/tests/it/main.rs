//! The store as its users see it, on real directories.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::fn_params_excessive_bools,
    reason = "these are tests"
)]

mod hostile;
mod keep;
mod published;
mod ranges;
mod raw;
mod sdist;
mod stopping;
mod wheel;
