//! Permissions and file systems of Windows. What is in the profile of a user is closed to others by itself.

use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::path::{Component, Path, PathBuf};

/// What the names of programs end with, in the order in which they are looked for.
const ENDINGS: [&str; 4] = ["exe", "com", "bat", "cmd"];

/// Makes directories.
pub(crate) fn private_dirs() -> DirBuilder {
    DirBuilder::new()
}

/// Opens files for writing.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

/// Whether nothing forbids to change what is at a path. On a directory the mark forbids nothing.
pub(crate) fn is_writable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_dir() || !meta.permissions().readonly())
}

/// How much may still be written there: nobody is asked.
pub(crate) fn free_room(_path: &Path) -> Option<u64> {
    None
}

/// What tells the file system at a path from others: the drive.
pub(crate) fn file_system(path: &Path) -> Option<OsString> {
    match path.components().next() {
        Some(Component::Prefix(drive)) => Some(drive.as_os_str().to_ascii_uppercase()),
        _ => None,
    }
}

/// Whether what is at a path can be started.
pub(crate) fn is_program(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_known = |ending: &str| {
        ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    };
    ending.is_some_and(is_known) && path.is_file()
}

/// The program that a path means, with its ending or without.
pub(crate) fn program_at(path: &Path) -> Option<PathBuf> {
    if is_program(path) {
        return Some(path.to_path_buf());
    }
    ENDINGS.iter().find_map(|ending| {
        let mut whole = path.as_os_str().to_owned();
        whole.push(".");
        whole.push(ending);
        Some(PathBuf::from(whole)).filter(|whole| whole.is_file())
    })
}
