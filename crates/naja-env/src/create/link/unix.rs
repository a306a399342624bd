//! Links and copies on Unix.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

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

/// Copies the shared library of a Python that is only a starter of it and looks for it beside
/// itself (`$ORIGIN/../lib`).
fn copy_library(spec: &VenvSpec<'_>, directory: &Path) -> Result<(), CreateError> {
    let base = &spec.interpreter.real_executable;
    let size = fs::metadata(base).map_err(failed("look at", base))?.len();
    if size >= STARTER_LIMIT {
        return Ok(());
    }
    let program = fs::read(base).map_err(failed("read", base))?;
    let lib = spec.interpreter.base_prefix.join("lib");
    let Ok(entries) = fs::read_dir(&lib) else {
        return Ok(());
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("libpython") && mentions(&program, text) {
            let to = directory.join("lib").join(text);
            fs::copy(entry.path(), &to).map_err(failed("copy", &entry.path()))?;
        }
    }
    Ok(())
}

/// Says whether a program names a library.
fn mentions(program: &[u8], name: &str) -> bool {
    program
        .windows(name.len())
        .any(|window| window == name.as_bytes())
}
