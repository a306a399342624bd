//! Starters on Windows. Compiled, never run by us.

use std::fs;
use std::path::{Path, PathBuf};

use naja_python::Interpreter;

use crate::create::{CreateError, VenvSpec, failed};

/// Windows has no `lib64`.
pub(in crate::create) fn lib64(_directory: &Path) -> Result<(), CreateError> {
    Ok(())
}

/// Windows does not care about case.
pub(in crate::create) fn second_name(
    _bin: &Path,
    _name: &str,
    _second: &str,
) -> Result<(), CreateError> {
    Ok(())
}

/// Copies the starters that come with Python: they read `pyvenv.cfg` and start the base. A copy of
/// `python.exe` itself would not find its libraries.
pub(in crate::create) fn python(
    spec: &VenvSpec<'_>,
    _directory: &Path,
    bin: &Path,
) -> Result<(), CreateError> {
    let starters = spec
        .interpreter
        .scheme
        .stdlib
        .join("venv")
        .join("scripts")
        .join("nt");
    let threaded = if spec.interpreter.free_threaded {
        "t"
    } else {
        ""
    };
    for (name, new_name) in [("python", "venvlauncher"), ("pythonw", "venvwlauncher")] {
        let debug = if spec.interpreter.debug { "_d" } else { "" };
        let candidates = [
            format!("{new_name}{threaded}{debug}.exe"),
            format!("{new_name}{debug}.exe"),
            format!("{name}{debug}.exe"),
        ];
        let Some(starter) = candidates
            .iter()
            .map(|c| starters.join(c))
            .find(|c| c.is_file())
        else {
            return Err(CreateError::Base {
                executable: spec.interpreter.base_executable.clone(),
                reason: "it has no starter for environments",
            });
        };
        let path = bin.join(format!("{name}.exe"));
        fs::copy(&starter, &path).map_err(failed("copy", &starter))?;
    }
    Ok(())
}

/// The starters find the libraries of their Python themselves.
pub(crate) fn shared_libraries(_interpreter: &Interpreter) -> Vec<PathBuf> {
    Vec::new()
}
