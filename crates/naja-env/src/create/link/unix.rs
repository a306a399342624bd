//! Links and copies on Unix.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use naja_python::Interpreter;

use crate::create::{CreateError, PythonLink, VenvSpec, failed};

/// Programs smaller than this may be mere starters of a shared library, in bytes.
const STARTER_LIMIT: u64 = 1 << 20;

/// Makes `lib64` a link to `lib`, as PEP 405 environments on 64-bit Linux have it.
pub(in crate::create) fn lib64(directory: &Path) -> Result<(), CreateError> {
    let path = directory.join("lib64");
    symlink("lib", &path).map_err(failed("make the link", &path))
}

/// Gives a file a second name that differs in case; a file system that does not care about case
/// has it already.
pub(in crate::create) fn second_name(
    bin: &Path,
    name: &str,
    second: &str,
) -> Result<(), CreateError> {
    let path = bin.join(second);
    match symlink(name, &path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(failed("make the link", &path)),
    }
}

/// Puts the Python into `bin` under all its names.
pub(in crate::create) fn python(
    spec: &VenvSpec<'_>,
    directory: &Path,
    bin: &Path,
) -> Result<(), CreateError> {
    let names = &spec.interpreter.venv_layout.executables;
    let Some((first, others)) = names.split_first() else {
        return Ok(());
    };
    let path = bin.join(first);
    match spec.link {
        PythonLink::Symlinks => {
            let base = &spec.interpreter.base_executable;
            symlink(base, &path).map_err(failed("make the link", &path))?;
            for name in others {
                let other = bin.join(name);
                symlink(first, &other).map_err(failed("make the link", &other))?;
            }
        }
        PythonLink::Copies => {
            let base = &spec.interpreter.real_executable;
            fs::copy(base, &path).map_err(failed("copy", base))?;
            for name in others {
                let other = bin.join(name);
                fs::hard_link(&path, &other)
                    .or_else(|_| fs::copy(&path, &other).map(|_| ()))
                    .map_err(failed("write", &other))?;
            }
            copy_library(spec, directory)?;
        }
    }
    Ok(())
}

/// Copies the shared library of a Python that is only a starter of it.
fn copy_library(spec: &VenvSpec<'_>, directory: &Path) -> Result<(), CreateError> {
    for library in shared_libraries(spec.interpreter) {
        let to = directory
            .join("lib")
            .join(library.file_name().unwrap_or_default());
        fs::copy(&library, &to).map_err(failed("copy", &library))?;
    }
    Ok(())
}

/// Finds the shared library, under all its names, of a Python that is only a starter of it and
/// looks for it beside itself (`$ORIGIN/../lib`).
pub(crate) fn shared_libraries(interpreter: &Interpreter) -> Vec<PathBuf> {
    let base = &interpreter.real_executable;
    let small = fs::metadata(base).is_ok_and(|meta| meta.len() < STARTER_LIMIT);
    let entries = fs::read_dir(interpreter.base_prefix.join("lib"));
    let (true, Ok(entries), Ok(program)) = (small, entries, fs::read(base)) else {
        return Vec::new();
    };
    let named = |name: &str| name.starts_with("libpython") && mentions(&program, name);
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(named))
        .map(|entry| entry.path())
        .collect()
}

/// Says whether a program names a library.
fn mentions(program: &[u8], name: &str) -> bool {
    program
        .windows(name.len())
        .any(|window| window == name.as_bytes())
}
