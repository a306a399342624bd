//! What an environment says about its past.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use naja_python::VenvConfig;

/// The key of `pyvenv.cfg` for the place the environment was made at.
pub(crate) const LOCATION: &str = "naja-location";

/// No activation script is longer, in bytes.
const SCRIPT_LIMIT: u64 = 1 << 16;

/// Returns the root the environment was made at, if it says so. Nothing moves into itself, so a
/// place around `root` or in it is not believed.
pub(super) fn root(root: &Path, config: &VenvConfig) -> Option<PathBuf> {
    let said = said_root(root, config)?;
    (said == root || !(said.starts_with(root) || root.starts_with(&said))).then_some(said)
}

fn said_root(root: &Path, config: &VenvConfig) -> Option<PathBuf> {
    if let Some(text) = config.get(LOCATION) {
        return Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    }
    if config.relocatable() {
        return None;
    }
    let script = ["bin/activate", "Scripts/activate"]
        .iter()
        .find_map(|name| text_of(&root.join(name)))?;
    in_script(&script)
}

/// Returns the Python version the environment was made with, as far as it says: `3.12.1` or `3.12`.
pub(super) fn version(config: &VenvConfig) -> Option<String> {
    let text = config.version()?;
    let numbers: Vec<&str> = text
        .split('.')
        .take(3)
        .map(|part| {
            let end = part.find(|c: char| !c.is_ascii_digit());
            &part[..end.unwrap_or(part.len())]
        })
        .take_while(|part| !part.is_empty())
        .collect();
    (numbers.len() >= 2).then(|| numbers.join("."))
}

/// Returns what is missing when the Python of the environment cannot start any more.
pub(super) fn missing_base(root: &Path, config: &VenvConfig) -> Option<PathBuf> {
    let names = ["bin/python", "bin/python3", "Scripts/python.exe"];
    let home = || config.home().map(|home| root.join(home));
    for name in names {
        let path = root.join(name);
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.file_type().is_symlink() => {
                if fs::metadata(&path).is_ok() {
                    return None;
                }
                let end = end_of_links(&path);
                return match home() {
                    Some(home) if end.starts_with(root) => Some(home),
                    _ => Some(end),
                };
            }
            // A copy needs the library of the base.
            Ok(_) => return home().filter(|home| !home.is_dir()),
            Err(_) => {}
        }
    }
    Some(home().unwrap_or_else(|| root.join(names[0])))
}

/// Follows links to the path that does not exist.
fn end_of_links(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    for _ in 0..16 {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = match path.parent() {
            Some(dir) => dir.join(target),
            None => target,
        };
    }
    path
}

fn text_of(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(SCRIPT_LIMIT).read_to_end(&mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

/// Finds the absolute path that a POSIX activation script assigns to `VIRTUAL_ENV`.
fn in_script(script: &str) -> Option<PathBuf> {
    script.lines().find_map(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let word = line.strip_prefix("VIRTUAL_ENV=")?.trim_end();
        let path = PathBuf::from(unquoted(word)?);
        path.is_absolute().then_some(path)
    })
}

/// Reads a text that is one word of a POSIX shell; `None` if it is none, or has expansions.
fn unquoted(text: &str) -> Option<String> {
    let (word, rest) = first_word(text)?;
    rest.is_empty().then_some(word)
}

/// Reads the first word of a line of a POSIX shell, and returns what follows it; `None` if the
/// word has expansions.
pub(super) fn first_word(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => loop {
                match chars.next()?.1 {
                    '\'' => break,
                    c => out.push(c),
                }
            },
            '"' => loop {
                match chars.next()?.1 {
                    '"' => break,
                    '\\' => out.push(chars.next()?.1),
                    '$' | '`' => return None,
                    c => out.push(c),
                }
            },
            '\\' => out.push(chars.next()?.1),
            '$' | '`' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => return None,
            ' ' | '\t' => return Some((out, &text[at..])),
            c => out.push(c),
        }
    }
    Some((out, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn activation_scripts_say_where_they_were_made() {
        let found = |text: &str| in_script(text).map(|path| path.display().to_string());
        let cases = [
            ("VIRTUAL_ENV='/a b/it'\\''s/.venv'", Some("/a b/it's/.venv")),
            ("    export VIRTUAL_ENV=\"/a b/.venv\"", Some("/a b/.venv")),
            (
                "VIRTUAL_ENV=/a/.venv\nexport VIRTUAL_ENV\n",
                Some("/a/.venv"),
            ),
            (
                "export VIRTUAL_ENV=$(cygpath \"/x\")\nexport VIRTUAL_ENV=/y",
                Some("/y"),
            ),
            ("VIRTUAL_ENV=''\"$(dirname x)\"''", None),
            ("VIRTUAL_ENV=relative", None),
            ("VIRTUAL_ENV='/open", None),
            ("VIRTUAL_ENV=", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn versions_of_every_tool_are_read() {
        let found = |text: &str| version(&VenvConfig::parse(text));
        assert_eq!(found("version = 3.12.1"), Some("3.12.1".into()));
        assert_eq!(
            found("version_info = 3.12.1.final.0"),
            Some("3.12.1".into())
        );
        assert_eq!(found("version_info = 3.13.0rc1"), Some("3.13.0".into()));
        assert_eq!(found("version_info = 3.9"), Some("3.9".into()));
        assert_eq!(found("version = three"), None);
        assert_eq!(found(""), None);
    }
}
