//! Comparing what lies in an environment with what was recorded when it was installed.
//!
//! No Python is started and nothing is changed.

mod finding;

pub use finding::{Depth, Fault, Finding};
