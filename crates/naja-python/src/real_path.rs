//! [`real_path`]: where a path leads, in words that other programs understand.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The longest path that every program of Windows opens, in bytes.
const LONGEST: usize = 247;

/// What Windows says of a program of the Microsoft Store, which can be started but not opened.
const CANNOT_BE_OPENED: i32 = 1920;

/// Returns the absolute path of a file without links and dots.
///
/// The answer of Windows (`\\?\C:\x`) is written as usual (`C:\x`) where that means the same: many programs, Python
/// among them, do not understand the other.
///
/// # Errors
/// There is nothing at the path, or it cannot be looked at.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    if !cfg!(windows) {
        return fs::canonicalize(path);
    }
    let real = match fs::canonicalize(path) {
        Err(error) if error.raw_os_error() == Some(CANNOT_BE_OPENED) => beside(path, error)?,
        real => real?,
    };
    let usual = real.to_str().and_then(usual);
    Ok(usual.map_or(real, PathBuf::from))
}

/// The path of a file that cannot be opened: its directory can.
fn beside(path: &Path, error: io::Error) -> io::Result<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(dir), Some(name)) => Ok(fs::canonicalize(dir)?.join(name)),
        _ => Err(error),
    }
}

/// The usual spelling of a path that Windows gave; `None` when there is none.
fn usual(real: &str) -> Option<String> {
    let rest = real.strip_prefix(r"\\?\")?;
    let (start, below) = match rest.strip_prefix(r"UNC\") {
        Some(share) => (r"\\", share),
        None if rest.as_bytes().get(1) == Some(&b':') => ("", rest),
        None => return None,
    };
    let plain = below.len() < LONGEST && below.split('\\').all(is_plain);
    plain.then(|| format!("{start}{below}"))
}

/// Whether a name means itself without the long spelling.
fn is_plain(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let numbered = stem.get(..3).filter(|_| stem.len() == 4).unwrap_or("");
    let is_device = ["con", "prn", "aux", "nul"]
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device))
        || ["com", "lpt"]
            .iter()
            .any(|device| numbered.eq_ignore_ascii_case(device));
    !is_device && !name.ends_with(['.', ' ']) && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_spelling_goes_where_it_is_not_needed() {
        let plain = |text: &str| usual(text).unwrap_or_default();
        assert_eq!(plain(r"\\?\C:\a b\é.py"), r"C:\a b\é.py");
        assert_eq!(plain(r"\\?\C:\"), r"C:\");
        assert_eq!(plain(r"\\?\UNC\server\share\x"), r"\\server\share\x");
        assert_eq!(plain(r"\\?\C:\comet\console.py"), r"C:\comet\console.py");
        let long = format!(r"\\?\C:\{}", "x".repeat(300));
        for kept in [
            r"\\?\Volume{0}\x",
            r"\\?\C:\nul",
            r"\\?\C:\Com1.txt\x",
            r"\\?\C:\a.",
            r"\\?\C:\a \b",
            r"C:\x",
            "/x",
            long.as_str(),
        ] {
            assert_eq!(usual(kept), None, "{kept}");
        }
    }

    #[test]
    fn what_is_there_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let real = real_path(&dir.path().join(".")).unwrap();
        assert!(real.is_absolute() && real.is_dir());
        assert!(!real.to_string_lossy().contains('?'));
        assert!(real_path(&dir.path().join("absent")).is_err());
    }
}
