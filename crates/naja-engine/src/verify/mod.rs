//! `naja verify` and `naja repair`: what lies in an environment, compared with what was
//! installed, and put back.

mod against;
mod check;
mod repair;

pub use against::Deviation;
pub use check::{VerifyReport, VerifyRequest, check_environment, verify};
pub use naja_env::{Depth, Fault, Finding};
pub use repair::{RepairReport, RepairRequest, repair};
