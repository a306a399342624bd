//! `naja verify`: what lies in an environment, compared with what was installed.

mod check;

pub use check::check_environment;
pub use naja_env::{Depth, Fault, Finding};
