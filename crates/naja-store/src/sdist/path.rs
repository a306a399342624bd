//! Which paths of members are accepted.

use super::SourceProblem;

/// Longest path in bytes.
const MAX_PATH: usize = 1024;
/// Longest component in bytes, as on all common file systems.
const MAX_COMPONENT: usize = 255;
/// Most components of a path.
const MAX_DEPTH: usize = 64;

/// Checks a member's path and returns it with plain components only; empty for the top itself.
///
/// Absolute paths and `..` are refused even where they would lead back inside; `.` and doubled
/// slashes, which some packers write, are taken out. Bytes that are not UTF-8 are replaced.
pub(super) fn clean(raw: &[u8]) -> Result<String, SourceProblem> {
    let name = String::from_utf8_lossy(raw);
    let refuse = |reason| SourceProblem::Path {
        name: name.chars().take(200).collect(),
        reason,
    };
    if name.len() > MAX_PATH {
        return Err(refuse("is too long"));
    }
    if name.contains('\0') {
        return Err(refuse("holds a zero byte"));
    }
    if name.starts_with('/') {
        return Err(refuse("is absolute"));
    }
    if let [letter, b':', ..] = name.as_bytes()
        && letter.is_ascii_alphabetic()
        && matches!(name.as_bytes().get(2), None | Some(b'/' | b'\\'))
    {
        return Err(refuse("is absolute"));
    }
    let mut path = String::with_capacity(name.len());
    let mut depth = 0;
    for component in name.split('/') {
        if component.is_empty() || component == "." {
            continue;
        }
        depth += 1;
        if depth > MAX_DEPTH {
            return Err(refuse("is too deep"));
        }
        if let Some(reason) = fault_of(component) {
            return Err(refuse(reason));
        }
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(component);
    }
    Ok(path)
}

fn fault_of(component: &str) -> Option<&'static str> {
    if component == ".." {
        return Some("leads out of its directory");
    }
    if component.len() > MAX_COMPONENT {
        return Some("is too long");
    }
    // A backslash separates components on Windows, where such a name could lead anywhere.
    if component.split('\\').any(|part| part == "..") {
        return Some("leads out of its directory");
    }
    if cfg!(windows)
        && (component.contains(['\\', '<', '>', ':', '"', '|', '?', '*'])
            || component.ends_with(['.', ' ']))
    {
        return Some("is not possible on Windows");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_are_kept() {
        for (raw, path) in [
            ("a-1/setup.py", "a-1/setup.py"),
            ("./a-1//b/./c/", "a-1/b/c"),
            ("./", ""),
            ("a b/..c/..d", "a b/..c/..d"),
            ("a/Icon\r", "a/Icon\r"),
        ] {
            assert_eq!(clean(raw.as_bytes()).as_deref(), Ok(path), "{raw:?}");
        }
        assert_eq!(clean(b"a/\xff").as_deref(), Ok("a/\u{fffd}"));
        for odd in ["a/d..", "a ", "a/b:c"] {
            assert_eq!(clean(odd.as_bytes()).is_ok(), cfg!(unix), "{odd}");
        }
    }

    #[test]
    fn unsafe_paths_are_refused() {
        let long = "x".repeat(256);
        let deep = "d/".repeat(65);
        for raw in [
            "/etc/passwd",
            "//h/s",
            "..",
            "../x",
            "a/../b",
            "a/..",
            "C:/x",
            "c:\\x",
            "C:",
            "a\\..\\..\\x",
            "a\0b",
            &long,
            &deep,
        ] {
            assert!(clean(raw.as_bytes()).is_err(), "{raw:?}");
        }
    }
}
