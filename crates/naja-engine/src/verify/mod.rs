//! `naja verify`: what lies in an environment, compared with what was installed.

mod against;
mod check;

pub use against::Deviation;
pub use check::{VerifyReport, VerifyRequest, check_environment, verify};
pub use naja_env::{Depth, Fault, Finding};
