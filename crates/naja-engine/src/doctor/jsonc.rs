//! JSON with comments, as editors write their settings: reading one top-level string, and setting
//! it without touching anything else.

use std::ops::Range;

/// Where the value of a top-level key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    key: String,
    value: Range<usize>,
}

/// What a text holds at its top level.
#[derive(Debug)]
struct Outline {
    /// Just behind the opening brace.
    inside: usize,
    entries: Vec<Entry>,
}

/// Reads the string of a top-level key.
pub(super) fn get(text: &str, key: &str) -> Option<String> {
    let outline = outline(text)?;
    // The last one of a key counts, as in JavaScript.
    let entry = outline
        .entries
        .iter()
        .rev()
        .find(|entry| entry.key == key)?;
    serde_json::from_str(&text[entry.value.clone()]).ok()
}

/// Sets a top-level key to a string; comments, order and layout of the rest stay. `None`: the text
/// is no object.
pub(super) fn set(text: &str, key: &str, value: &str) -> Option<String> {
    let value = serde_json::to_string(value).ok()?;
    if text.trim().is_empty() {
        let key = serde_json::to_string(key).ok()?;
        return Some(format!("{{\n    {key}: {value}\n}}\n"));
    }
    let outline = outline(text)?;
    if let Some(entry) = outline.entries.iter().rev().find(|entry| entry.key == key) {
        let (before, behind) = (&text[..entry.value.start], &text[entry.value.end..]);
        return Some(format!("{before}{value}{behind}"));
    }
    let key = serde_json::to_string(key).ok()?;
    let (before, behind) = text.split_at(outline.inside);
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let indent = indent_of(behind).unwrap_or("    ");
    let comma = if outline.entries.is_empty() { "" } else { "," };
    let end = match behind.trim_start().starts_with('}') && !behind.starts_with(['\n', '\r']) {
        true => newline,
        false => "",
    };
    Some(format!(
        "{before}{newline}{indent}{key}: {value}{comma}{end}{behind}"
    ))
}

/// The blanks before the first entry.
fn indent_of(behind: &str) -> Option<&str> {
    let line = behind
        .lines()
        .skip(1)
        .find(|line| !line.trim().is_empty())?;
    let indent = &line[..line.len() - line.trim_start().len()];
    (!indent.is_empty()).then_some(indent)
}

/// Finds the entries of the top level.
fn outline(text: &str) -> Option<Outline> {
    let bytes = text.as_bytes();
    let mut at = skip(bytes, usize::from(text.starts_with('\u{feff}')) * 3);
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    at += 1;
    let mut outline = Outline {
        inside: at,
        entries: Vec::new(),
    };
    loop {
        at = skip(bytes, at);
        match bytes.get(at)? {
            b'}' => return Some(outline),
            b',' => at += 1,
            b'"' => {
                let end = string_end(bytes, at)?;
                let key = serde_json::from_str(&text[at..end]).ok()?;
                at = skip(bytes, end);
                if bytes.get(at) != Some(&b':') {
                    return None;
                }
                let start = skip(bytes, at + 1);
                at = value_end(bytes, start)?;
                outline.entries.push(Entry {
                    key,
                    value: start..at,
                });
            }
            _ => return None,
        }
    }
}

/// Skips blanks and comments.
fn skip(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(byte), _) if byte.is_ascii_whitespace() => at += 1,
            (Some(b'/'), Some(b'/')) => {
                let rest = bytes[at..].iter().position(|byte| *byte == b'\n');
                at = rest.map_or(bytes.len(), |line| at + line + 1);
            }
            (Some(b'/'), Some(b'*')) => {
                let rest = bytes[at + 2..].windows(2).position(|two| two == b"*/");
                at = rest.map_or(bytes.len(), |end| at + 2 + end + 2);
            }
            _ => return at,
        }
    }
}

/// The end of a string that begins with a quote.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            b'\n' => return None,
            _ => at += 1,
        }
    }
}

/// The end of any value.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            // The end of a number, `true`, `null`.
            b',' | b'}' | b']' if depth == 0 => return (at > start).then_some(at),
            b'/' if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                if depth == 0 {
                    return (at > start).then_some(at);
                }
                at = skip(bytes, at);
            }
            byte if byte.is_ascii_whitespace() && depth == 0 => return (at > start).then_some(at),
            _ => at += 1,
        }
        let ends = depth == 0 && matches!(bytes[at - 1], b'"' | b'}' | b']');
        if ends {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "python.defaultInterpreterPath";

    #[test]
    fn comments_and_order_stay() {
        let text = "{\n  // mine\n  \"a\": [1, {\"b\": \"}\"}], /* x */\n  \
                    \"python.defaultInterpreterPath\": \"/old\", // why\n  \"z\": true,\n}\n";
        assert_eq!(get(text, KEY).as_deref(), Some("/old"));
        let changed = set(text, KEY, "/new \"x\"").unwrap();
        assert_eq!(changed, text.replace("\"/old\"", "\"/new \\\"x\\\"\""));
        assert_eq!(get(&changed, KEY).as_deref(), Some("/new \"x\""));
    }

    #[test]
    fn a_key_is_added_at_the_top() {
        let text = "{\n  // first\n  \"a\": 1\n}\n";
        let changed = set(text, KEY, "/p").unwrap();
        assert_eq!(
            changed,
            "{\n  \"python.defaultInterpreterPath\": \"/p\",\n  // first\n  \"a\": 1\n}\n"
        );
        for empty in ["{}", "{\n}\n", "", "  \n", "{ }", "// only\n{}"] {
            let changed = set(empty, KEY, "/p").unwrap();
            assert_eq!(
                get(&changed, KEY).as_deref(),
                Some("/p"),
                "{empty:?} {changed:?}"
            );
        }
        let windows = set("{\r\n\t\"a\": 1\r\n}\r\n", KEY, "/p").unwrap();
        assert!(windows.starts_with("{\r\n\t\"python"), "{windows:?}");
    }

    #[test]
    fn what_is_no_object_is_left_alone() {
        for text in [
            "[]",
            "{\"a\" 1}",
            "{\"a\": \"",
            "{",
            "null",
            "{x}",
            "{\"a\": /* ",
        ] {
            assert_eq!(set(text, KEY, "/p"), None, "{text}");
            assert_eq!(get(text, KEY), None, "{text}");
        }
        assert_eq!(get("{\"python.defaultInterpreterPath\": 3}", KEY), None);
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        let parts = [
            "{", "}", "\"a\"", ":", ",", "/", "*", "//", "\n", "[", "]", "\\", "1", "\"",
        ];
        // A walk through all short combinations: no panic, no endless loop.
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            texts = texts
                .iter()
                .flat_map(|text| parts.iter().map(move |part| format!("{text}{part}")))
                .collect();
            for text in &texts {
                let _ = (get(text, "a"), set(text, "a", "b"));
                let _ = get(&format!("{{\"a\":{text}"), "a");
            }
        }
    }
}
