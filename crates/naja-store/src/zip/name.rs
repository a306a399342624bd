//! Which member paths are accepted.

use super::error::NameProblem;

/// Longest path in bytes.
const MAX_PATH: usize = 1024;
/// Longest component in bytes, as on all common file systems.
const MAX_COMPONENT: usize = 255;
/// Most components of a path.
const MAX_DEPTH: usize = 48;

/// Checks a member's path and returns it as text; a directory keeps its final slash.
///
/// `marked_utf8` is the member's flag that says its name is UTF-8.
pub(super) fn check(raw: &[u8], marked_utf8: bool) -> Result<&str, NameProblem> {
    let name = std::str::from_utf8(raw).map_err(|_| NameProblem::NotUtf8)?;
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    if !marked_utf8 && !name.is_ascii() {
        return Err(NameProblem::Unmarked);
    }
    if name.len() > MAX_PATH {
        return Err(NameProblem::TooLong);
    }
    if name.contains('\\') {
        return Err(NameProblem::Backslash);
    }
    if name.chars().any(char::is_control) {
        return Err(NameProblem::Control);
    }
    if name.starts_with('/') {
        return Err(NameProblem::Absolute);
    }
    if let [letter, b':', ..] = name.as_bytes()
        && letter.is_ascii_alphabetic()
    {
        return Err(NameProblem::Drive);
    }
    let path = name.strip_suffix('/').unwrap_or(name);
    for (depth, component) in path.split('/').enumerate() {
        if depth >= MAX_DEPTH {
            return Err(NameProblem::TooDeep);
        }
        check_component(component)?;
    }
    Ok(name)
}

fn check_component(component: &str) -> Result<(), NameProblem> {
    match component {
        "" => Err(NameProblem::EmptyComponent),
        "." | ".." => Err(NameProblem::Dots),
        _ if component.len() > MAX_COMPONENT => Err(NameProblem::TooLong),
        _ if cfg!(windows) && is_reserved_on_windows(component) => Err(NameProblem::Reserved),
        _ => Ok(()),
    }
}

/// Whether Windows would read the component as something else than a plain file name.
fn is_reserved_on_windows(component: &str) -> bool {
    if component.ends_with(['.', ' ']) || component.contains(['<', '>', ':', '"', '|', '?', '*']) {
        return true;
    }
    let stem = component
        .split('.')
        .next()
        .unwrap_or(component)
        .trim_end()
        .to_ascii_lowercase();
    match stem.as_str() {
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" => true,
        _ => {
            let digit = stem
                .strip_prefix("com")
                .or_else(|| stem.strip_prefix("lpt"));
            digit.is_some_and(|d| {
                let mut chars = d.chars();
                matches!(
                    chars.next(),
                    Some('0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}')
                ) && chars.next().is_none()
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_pass() {
        for name in ["a", "a/b.py", "a/", "a b/c-d.txt", "..a/..b", "-x"] {
            assert_eq!(check(name.as_bytes(), false), Ok(name), "{name}");
        }
        for odd in ["...", "a/b..", "ab:b/c"] {
            assert_eq!(check(odd.as_bytes(), false).is_ok(), cfg!(unix), "{odd}");
        }
        assert_eq!(check("é/ü.py".as_bytes(), true), Ok("é/ü.py"));
    }

    #[test]
    fn unsafe_paths_are_refused() {
        use NameProblem as P;
        let long = "x".repeat(256);
        let deep = "d/".repeat(49) + "f";
        for (name, problem) in [
            ("", P::Empty),
            ("/etc/passwd", P::Absolute),
            ("//host/share", P::Absolute),
            ("../x", P::Dots),
            ("a/../x", P::Dots),
            ("a/..", P::Dots),
            ("a/../", P::Dots),
            ("./a", P::Dots),
            ("a//b", P::EmptyComponent),
            ("a//", P::EmptyComponent),
            ("a\\b", P::Backslash),
            ("..\\x", P::Backslash),
            ("C:/x", P::Drive),
            ("c:x", P::Drive),
            ("a\0b", P::Control),
            ("a\nb", P::Control),
            ("a\u{1b}[31m", P::Control),
            ("a\u{7f}", P::Control),
            (long.as_str(), P::TooLong),
            (deep.as_str(), P::TooDeep),
        ] {
            assert_eq!(check(name.as_bytes(), true), Err(problem), "{name:?}");
        }
        assert_eq!(check("é".as_bytes(), false), Err(P::Unmarked));
        assert_eq!(check(b"a\xff", true), Err(P::NotUtf8));
    }

    #[test]
    fn windows_device_names_are_known() {
        for name in [
            "con",
            "NUL.txt",
            "com1",
            "LPT9.x",
            "a.",
            "a ",
            "a:b",
            "com\u{b9}",
        ] {
            assert!(is_reserved_on_windows(name), "{name}");
        }
        for name in ["console", "com", "com10", "a.b", ".x"] {
            assert!(!is_reserved_on_windows(name), "{name}");
        }
    }
}
