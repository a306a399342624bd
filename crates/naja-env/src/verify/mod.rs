//! Comparing what lies in an environment with what was recorded when it was installed.
//!
//! No Python is started and nothing is changed.

mod check;
mod compiled;
mod finding;
mod listed;
mod strays;

pub use check::{Verified, VerifyError, VerifyOptions, verify};
pub use finding::{Depth, Fault, Finding};
pub(crate) use strays::is_seeded;
