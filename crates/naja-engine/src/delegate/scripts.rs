//! The scripts with metadata of their own (PEP 723) of a directory: what they ask for is not in the environment of the
//! project around them, so that a check of the project passes them over.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

/// Directories are looked into this far down.
const MOST_DEPTH: usize = 24;

/// Larger files are data, in bytes.
const LARGEST: u64 = 4 << 20;

/// The line that opens the metadata of a script.
const OPENING: &[u8] = b"# /// script";

/// Directories that ty passes over by itself, or that hold nothing of people.
const PASSED_OVER: &[&str] = &[".git", ".hg", ".svn", "__pycache__", "node_modules"];

/// Patterns for ty that stand for the scripts below a directory and for what is `apart` there, in order. What cannot be
/// read is left to ty.
pub(super) fn patterns(dir: &Path, apart: &[PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    walk((dir, dir), 0, apart, &mut found);
    found.sort();
    found
}

fn walk((root, dir): (&Path, &Path), depth: usize, apart: &[PathBuf], found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && depth < MOST_DEPTH {
            if apart.contains(&path) {
                found.push(pattern(root, &path));
            } else if !is_passed_over(&entry) {
                walk((root, &path), depth + 1, apart, found);
            }
        } else if kind.is_file() && is_script(&entry) {
            found.push(pattern(root, &path));
        }
    }
}

/// Whether a directory is made by a program: an environment, a cache that git ignores as a whole.
fn is_passed_over(entry: &DirEntry) -> bool {
    let path = entry.path();
    let is_ignored = || {
        let rules = fs::read_to_string(path.join(".gitignore"));
        rules.is_ok_and(|rules| rules.lines().any(|line| line.trim_end() == "*"))
    };
    entry
        .file_name()
        .to_str()
        .is_some_and(|name| PASSED_OVER.contains(&name))
        || path.join("pyvenv.cfg").exists()
        || is_ignored()
}

/// Whether a file is one of Python, by its name or its first bytes, and has a line that opens metadata.
fn is_script(entry: &DirEntry) -> bool {
    let path = entry.path();
    let end = path.extension().and_then(|end| end.to_str());
    let is_python =
        end.map(|end| end.eq_ignore_ascii_case("py") || end.eq_ignore_ascii_case("pyw"));
    if is_python == Some(false) || !entry.metadata().is_ok_and(|known| known.len() <= LARGEST) {
        return false;
    }
    let Ok(bytes) = fs::read(&path) else {
        return false;
    };
    (is_python == Some(true) || bytes.starts_with(b"#!")) && opens_metadata(&bytes)
}

fn opens_metadata(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    lines.any(|line| line.strip_suffix(b"\r").unwrap_or(line) == OPENING)
}

/// A path as ty's patterns want it: what they cannot hold is any character.
fn pattern(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts = inside
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    let plain = |one: char| one.is_alphanumeric() || matches!(one, '_' | '-' | '.');
    let parts: Vec<String> = parts
        .map(|part| {
            part.chars()
                .map(|one| if plain(one) { one } else { '?' })
                .collect()
        })
        .collect();
    let path = parts.join("/");
    // No flag.
    if path.starts_with('-') {
        format!("./{path}")
    } else {
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "# /// script\n# dependencies = []\n# ///\n";

    fn found(files: &[(&str, &str)], apart: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let apart: Vec<PathBuf> = apart.iter().map(|one| dir.path().join(one)).collect();
        patterns(dir.path(), &apart)
    }

    #[test]
    fn scripts_are_known_by_the_line_that_opens_their_metadata() {
        let plain = "import harry\n";
        let run = format!("#!/usr/bin/env -S naja run --script\n{BLOCK}");
        let later = format!("import harry\n{}", BLOCK.replace('\n', "\r\n"));
        let files = [
            ("a.py", BLOCK),
            ("b/c.PY", &later),
            ("b/d.pyw", "# /// script"),
            (".hidden/e.py", BLOCK),
            ("tool", &run),
            ("plain.py", plain),
            ("notes", BLOCK),
            ("f.txt", BLOCK),
            ("g.py", "  # /// script\n"),
            ("h.py", "# /// scripts\n"),
            ("i.py", "# /// script \n"),
        ];
        assert_eq!(
            found(&files, &[]),
            [".hidden/e.py", "a.py", "b/c.PY", "b/d.pyw", "tool"]
        );
    }

    #[test]
    fn what_programs_made_is_passed_over() {
        let files = [
            ("venv/pyvenv.cfg", ""),
            ("venv/a.py", BLOCK),
            (".cache/.gitignore", "# made\n*\n"),
            (".cache/b.py", BLOCK),
            (".git/hooks/c.py", BLOCK),
            ("d/.gitignore", "*.log\n"),
            ("d/e.py", BLOCK),
        ];
        assert_eq!(found(&files, &[]), ["d/e.py"]);
    }

    #[test]
    fn names_become_patterns() {
        let files = [
            ("a b/[c]*.py", BLOCK),
            ("-d.py", BLOCK),
            ("größe_1.py", BLOCK),
            ("packages/one/x.py", BLOCK),
        ];
        assert_eq!(
            found(&files, &["packages/one"]),
            ["./-d.py", "a?b/?c??.py", "größe_1.py", "packages/one"]
        );
    }
}
