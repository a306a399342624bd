//! Programs of the Microsoft Store: empty files that stand for programs elsewhere (app execution aliases).
//!
//! `python.exe` in the directory of these files may be a Python from the Store, the Python install manager, which
//! fetches a Python when it is started, or what Windows comes with, which opens the Store. Only the system knows which,
//! so none of them is ever run. A Python from the Store has a directory of its own beside them, with a `python.exe`
//! that can be nothing else; that is the one to use.

use std::fs;
use std::path::{Path, PathBuf};

/// The directory of the user's programs of the Store, below `%LOCALAPPDATA%`.
const DIRECTORY: [&str; 2] = ["Microsoft", "WindowsApps"];

/// What the directories of Pythons begin with; the minor version follows.
const PYTHON: &str = "PythonSoftwareFoundation.Python.3.";

/// Returns where the user's programs of the Store are.
pub(super) fn directory(local_app_data: &Path) -> PathBuf {
    local_app_data.join(DIRECTORY[0]).join(DIRECTORY[1])
}

/// Returns the Pythons from the Store, newest first.
pub(super) fn pythons(apps: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(apps).into_iter().flatten().flatten();
    let mut found: Vec<(u64, PathBuf)> = entries
        .filter_map(|entry| {
            let minor = minor_of_package(entry.file_name().to_str()?)?;
            let program = entry.path().join("python.exe");
            program.symlink_metadata().ok()?;
            Some((minor, program))
        })
        .collect();
    found.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    found.into_iter().map(|(_, program)| program).collect()
}

/// Reads the minor version from `PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0`.
fn minor_of_package(name: &str) -> Option<u64> {
    let (minor, publisher) = name.strip_prefix(PYTHON)?.split_once('_')?;
    let is_name = !publisher.is_empty() && publisher.bytes().all(|b| b.is_ascii_alphanumeric());
    minor.parse().ok().filter(|_| is_name)
}

/// Says whether a program lies where nobody can tell what it starts.
pub(crate) fn is_ambiguous(program: &Path) -> bool {
    let mut above = program.ancestors().skip(1);
    let is_there = DIRECTORY.iter().rev().all(|name| {
        let dir = above.next().and_then(Path::file_name);
        dir.is_some_and(|dir| dir.eq_ignore_ascii_case(name))
    });
    // A file with something in it is what it is.
    is_there && program.symlink_metadata().is_ok_and(|meta| meta.len() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_of_the_store_are_told_from_others() {
        assert_eq!(
            minor_of_package("PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0"),
            Some(12)
        );
        for other in [
            "PythonSoftwareFoundation.PythonManager_qbz5n2kfra8p0",
            "PythonSoftwareFoundation.Python.3.12",
            "PythonSoftwareFoundation.Python.3.12_",
            "PythonSoftwareFoundation.Python.3.x_a",
            "PythonSoftwareFoundation.Python.3.1_../a",
            "python.exe",
        ] {
            assert_eq!(minor_of_package(other), None, "{other}");
        }
    }

    #[test]
    fn pythons_are_found_in_their_own_directories() {
        let home = tempfile::tempdir().unwrap();
        let apps = directory(home.path());
        for name in ["9_a", "12_a", "10_b"] {
            let dir = apps.join(format!("{PYTHON}{name}"));
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("python.exe"), "").unwrap();
            assert!(!is_ambiguous(&dir.join("python.exe")));
        }
        fs::create_dir_all(apps.join(format!("{PYTHON}11_a"))).unwrap();
        fs::write(apps.join("python.exe"), "").unwrap();
        fs::write(apps.join("python3.12.exe"), "a program").unwrap();
        let found: Vec<String> = pythons(&apps)
            .iter()
            .filter_map(|path| Some(path.parent()?.file_name()?.to_str()?.to_owned()))
            .collect();
        let expected = ["12_a", "10_b", "9_a"].map(|name| format!("{PYTHON}{name}"));
        assert_eq!(found, expected);
        assert!(is_ambiguous(&apps.join("python.exe")));
        assert!(!is_ambiguous(&apps.join("python3.12.exe")));
        assert!(!is_ambiguous(&apps.join("absent.exe")));
        assert!(pythons(&home.path().join("absent")).is_empty());
    }
}
