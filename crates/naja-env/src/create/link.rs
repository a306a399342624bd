//! How the Python gets into an environment.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::shared_libraries;
#[cfg(unix)]
pub(super) use unix::{lib64, python, second_name};
#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::{lib64, python, second_name};

/// The programs of Windows bring their libraries themselves.
#[cfg(windows)]
pub(crate) fn shared_library(
    _interpreter: &naja_python::Interpreter,
) -> Option<std::path::PathBuf> {
    None
}
