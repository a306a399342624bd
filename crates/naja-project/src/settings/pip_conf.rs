//! pip's configuration files: INI as Python's `RawConfigParser` reads it.

use std::borrow::Cow;

use crate::settings::Interface;

/// One `key = value` of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IniEntry {
    /// The section without its brackets.
    pub(crate) section: String,
    /// The key: lower case, with `-` for `_`, without leading `--`.
    pub(crate) key: String,
    /// The value; continuation lines are joined by line ends.
    pub(crate) value: String,
    /// The line of the key, from 1.
    pub(crate) line: u32,
}

/// Says where a file is not INI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IniError {
    pub(crate) line: u32,
    pub(crate) expected: &'static str,
}

/// The keys that count for every command: where packages come from, and how they are reached. All
/// others are about pip's own commands.
const EVERYWHERE: &[&str] = &[
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "keyring-provider",
    "cert",
    "client-cert",
    "trusted-host",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
];

/// Says whether a key of pip's configuration counts for a command.
pub(crate) fn counts(key: &str, interface: Interface) -> bool {
    interface != Interface::Project || EVERYWHERE.contains(&key)
}

/// Says what the value of a key of pip's means for the setting it belongs to; `None` for nothing.
///
/// pip has switches where settings of ours take words or numbers.
pub(crate) fn meaning<'t>(key: &str, text: &'t str) -> Option<Cow<'t, str>> {
    let switch = match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    };
    let word = match (key, switch) {
        ("pre", Some(true)) => "allow",
        ("no-color", Some(true)) => "never",
        ("pre" | "no-color", Some(false)) => return None,
        ("progress-bar", Some(false)) => "true",
        ("progress-bar", _) => "false",
        ("quiet" | "verbose", Some(true)) if text.trim() != "1" => "1",
        ("quiet" | "verbose", Some(false)) => "0",
        _ => return Some(Cow::Borrowed(text)),
    };
    Some(Cow::Borrowed(word))
}

/// Reads a file of pip's configuration.
///
/// # Errors
/// A key before any section, a section without `]`, a line that is neither.
pub(crate) fn parse_ini(text: &str) -> Result<Vec<IniEntry>, IniError> {
    let mut entries: Vec<IniEntry> = Vec::new();
    let mut section: Option<String> = None;
    // Whether the last key of this section may still be continued by an indented line.
    let mut open = false;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if open
            && line.starts_with([' ', '\t'])
            && let Some(last) = entries.last_mut()
        {
            last.value.push('\n');
            last.value.push_str(trimmed);
            continue;
        }
        if let Some(rest) = trimmed.strip_prefix('[') {
            let Some((name, _)) = rest.split_once(']') else {
                return Err(IniError {
                    line: number,
                    expected: "`]` after the name of a section",
                });
            };
            section = Some(name.trim().to_owned());
            open = false;
            continue;
        }
        let Some(section) = &section else {
            return Err(IniError {
                line: number,
                expected: "a section such as `[global]`",
            });
        };
        let Some(at) = trimmed.find(['=', ':']) else {
            return Err(IniError {
                line: number,
                expected: "`KEY = VALUE`",
            });
        };
        entries.push(IniEntry {
            section: section.clone(),
            key: normalised_key(&trimmed[..at]),
            value: trimmed[at + 1..].trim().to_owned(),
            line: number,
        });
        open = true;
    }
    Ok(entries)
}

fn normalised_key(key: &str) -> String {
    let key = key.trim().to_ascii_lowercase().replace('_', "-");
    key.strip_prefix("--").map(str::to_owned).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_pip_reads() {
        let text = "# a comment\n[global]\nindex_url = https://index.example/simple/\nfind-links =\n    a\n    b\n; no\ntimeout: 60\n[install]\n--no-index = yes\n";
        let found: Vec<(String, String, String, u32)> = parse_ini(text)
            .unwrap()
            .into_iter()
            .map(|e| (e.section, e.key, e.value, e.line))
            .collect();
        let row = |s: &str, k: &str, v: &str, l| (s.to_owned(), k.to_owned(), v.to_owned(), l);
        assert_eq!(
            found,
            [
                row("global", "index-url", "https://index.example/simple/", 3),
                row("global", "find-links", "\na\nb", 4),
                row("global", "timeout", "60", 8),
                row("install", "no-index", "yes", 10),
            ]
        );
    }

    #[test]
    fn refuses_what_is_not_ini() {
        assert_eq!(parse_ini("a = b").unwrap_err().line, 1);
        assert_eq!(
            parse_ini("[a").unwrap_err().expected,
            "`]` after the name of a section"
        );
        assert_eq!(parse_ini("\n[a]\nnonsense").unwrap_err().line, 3);
    }
}
