//! How the Python gets into an environment.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::{lib64, python, second_name};
#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::{lib64, python, second_name};
