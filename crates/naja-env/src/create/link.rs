//! How the Python gets into an environment.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

pub(crate) use system::shared_libraries;
pub(super) use system::{lib64, python, second_name};
