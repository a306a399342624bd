//! Directories that hold one installation each.

use std::path::{Path, PathBuf};

use crate::shim::sorted_versions;

/// Returns the program of the installation in a directory, whether it exists or not.
pub(super) fn python_in(dir: &Path) -> PathBuf {
    const NAMES: [&str; 6] = [
        "bin/python3",
        "bin/python",
        "bin/pypy3",
        "bin/graalpy",
        "python.exe",
        "install/bin/python3",
    ];
    let exists = NAMES
        .iter()
        .map(|name| dir.join(name))
        .find(|path| path.is_file());
    exists.unwrap_or_else(|| {
        dir.join(if cfg!(windows) {
            "python.exe"
        } else {
            "bin/python3"
        })
    })
}

/// Returns the programs of all installations in a directory of installations, newest first.
pub(super) fn pythons_below(dir: &Path) -> Vec<PathBuf> {
    sorted_versions(dir)
        .iter()
        .map(|version| python_in(version))
        .filter(|path| path.is_file())
        .collect()
}
