//! The `EXTERNALLY-MANAGED` marker: a Python that the operating system's tools look after (PEP 668).

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The name of the marker in the standard library's directory.
pub(crate) const MARKER_NAME: &str = "EXTERNALLY-MANAGED";

/// The largest part of a marker that is read, in bytes.
const SIZE_LIMIT: u64 = 64 << 10;

/// Holds a marker that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternallyManaged {
    /// The file.
    pub path: PathBuf,
    /// What the distributor wants the user to read, in the user's language if it is there. The
    /// text is foreign: it must be cleaned before it goes to a terminal.
    pub message: Option<String>,
}

/// Returns the marker of a standard library directory if it is there.
#[must_use]
pub fn find_marker(stdlib: &Path) -> Option<PathBuf> {
    let path = stdlib.join(MARKER_NAME);
    path.is_file().then_some(path)
}

/// Reads the message of a marker. A file that cannot be read or has no message still counts.
///
/// `locale` is the value of `LC_MESSAGES` or `LANG`, for example `de_CH.UTF-8`: `Error-de_CH` is
/// preferred to `Error-de`, and that to `Error` (PEP 668).
#[must_use]
pub fn read_marker(path: &Path, locale: Option<&str>) -> ExternallyManaged {
    let mut bytes = Vec::new();
    if let Ok(file) = fs::File::open(path) {
        // What could be read before an error is still shown.
        let _ = file.take(SIZE_LIMIT).read_to_end(&mut bytes);
    }
    let message = message(&String::from_utf8_lossy(&bytes), locale);
    ExternallyManaged {
        path: path.to_path_buf(),
        message,
    }
}

/// Picks the message out of the text of a marker.
fn message(text: &str, locale: Option<&str>) -> Option<String> {
    let entries = section(text, "externally-managed");
    let value = |key: &str| {
        entries
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.clone())
    };
    let language = locale
        .map(|locale| locale.split(['.', '@']).next().unwrap_or_default())
        .filter(|language| !matches!(*language, "" | "C" | "POSIX"));
    language
        .and_then(|full| {
            let short = full.split(['_', '-']).next().unwrap_or(full);
            let wanted = |tag: &str| value(&format!("error-{}", tag.to_lowercase()));
            wanted(full)
                .or_else(|| wanted(&full.replace('_', "-")))
                .or_else(|| wanted(short))
        })
        .or_else(|| value("error"))
        .filter(|message| !message.is_empty())
}

/// Reads one section of an INI file as Python's `configparser` does without interpolation: keys in
/// lower case, indented lines continue a value.
fn section(text: &str, wanted: &str) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            && !line.starts_with([' ', '\t'])
        {
            inside = name == wanted;
        } else if !inside || trimmed.starts_with(['#', ';']) {
            // Another section or a comment.
        } else if line.starts_with([' ', '\t']) || trimmed.is_empty() {
            if let Some((_, value)) = entries.last_mut() {
                value.push('\n');
                value.push_str(trimmed);
            }
        } else if let Some((key, value)) = line.split_once(['=', ':']) {
            entries.push((key.trim().to_lowercase(), value.trim().to_owned()));
        }
    }
    for (_, value) in &mut entries {
        *value = value.trim().to_owned();
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[other]\nError=no\n[externally-managed]\n# a comment\nError=To install,\n \
                        use apt.\n\n    More.\nError-de=Nimm apt.\nError-pt_BR: apt!\n";

    #[test]
    fn the_message_is_chosen_by_language() {
        assert_eq!(
            message(TEXT, None).as_deref(),
            Some("To install,\nuse apt.\n\nMore.")
        );
        assert_eq!(
            message(TEXT, Some("de_CH.UTF-8")).as_deref(),
            Some("Nimm apt.")
        );
        assert_eq!(message(TEXT, Some("pt_BR")).as_deref(), Some("apt!"));
        assert_eq!(message(TEXT, Some("C.UTF-8")), message(TEXT, None));
        assert_eq!(message(TEXT, Some("fr")), message(TEXT, None));
    }

    #[test]
    fn a_marker_without_message_still_counts() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(find_marker(dir.path()), None);
        let path = dir.path().join(MARKER_NAME);
        for text in [
            &b""[..],
            b"[externally-managed]\n",
            b"Error=x",
            b"\xff\xfe[",
            b"  x\n[a]\n b",
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(find_marker(dir.path()), Some(path.clone()));
            assert_eq!(read_marker(&path, Some("de")).message, None);
        }
    }
}
