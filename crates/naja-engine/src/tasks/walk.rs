//! The files that patterns stand for.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

/// Directories that are nobody's sources, and large; only a pattern that names one goes into it.
const PASSED_OVER: [&str; 4] = [
    "__pycache__",
    "node_modules",
    "site-packages",
    "dist-packages",
];

/// Patterns are not followed deeper than this.
const MOST_DEPTH: usize = 24;

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Lists the files that one pattern stands for, as paths relative to a directory, sorted. A directory that is named
/// stands for itself, one that ends with `/` for everything in it.
pub(super) fn files(dir: &Path, pattern: &str) -> Vec<String> {
    let pattern = pattern.trim_start_matches("./");
    let whole = match pattern.strip_suffix('/') {
        Some(inside) => format!("{inside}/**"),
        None => pattern.to_owned(),
    };
    let mut parts: Vec<&str> = whole.split('/').collect();
    let mut start = dir.to_path_buf();
    let mut shown = String::new();
    if whole.starts_with('/') {
        start = PathBuf::from("/");
        shown.push('/');
        parts.remove(0);
    }
    let mut found = Vec::new();
    descend(&start, &shown, (&parts, 0), &mut found);
    found.sort();
    found.dedup();
    found
}

fn descend(dir: &Path, shown: &str, (parts, depth): (&[&str], usize), found: &mut Vec<String>) {
    let Some((first, rest)) = parts.split_first() else {
        return;
    };
    let joined = |name: &str| match shown {
        "" => name.to_owned(),
        _ if shown.ends_with('/') => format!("{shown}{name}"),
        _ => format!("{shown}/{name}"),
    };
    if !first.contains(['*', '?', '[']) {
        let path = dir.join(first);
        if rest.is_empty() {
            if path.exists() {
                found.push(joined(first));
            }
        } else {
            descend(&path, &joined(first), (rest, depth), found);
        }
        return;
    }
    let is_deep = *first == "**";
    if is_deep && !rest.is_empty() {
        descend(dir, shown, (rest, depth), found);
    }
    let Ok(pattern) = Pattern::new(first) else {
        return;
    };
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_dir = entry.file_type().is_ok_and(|kind| {
            kind.is_dir() || (kind.is_symlink() && !is_deep && entry.path().is_dir())
        });
        if is_deep {
            let passed_over = name.starts_with('.') || PASSED_OVER.contains(&name.as_str());
            if passed_over {
                continue;
            }
            if is_dir {
                if depth < MOST_DEPTH && !entry.path().join("pyvenv.cfg").exists() {
                    descend(&entry.path(), &joined(&name), (parts, depth + 1), found);
                }
            } else if rest.is_empty() {
                found.push(joined(&name));
            }
        } else if pattern.matches_with(&name, OPTIONS) {
            if rest.is_empty() {
                found.push(joined(&name));
            } else if is_dir {
                descend(&entry.path(), &joined(&name), (rest, depth + 1), found);
            }
        }
    }
}

/// Lists the files that several patterns stand for, a directory for everything in it; a pattern that begins with `!`
/// takes away what came before.
pub(super) fn all_files(dir: &Path, patterns: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for pattern in patterns {
        let Some(away) = pattern.strip_prefix('!') else {
            for path in files(dir, pattern) {
                match dir.join(&path).is_dir() {
                    true => all.extend(files(dir, &format!("{path}/**"))),
                    false => all.push(path),
                }
            }
            continue;
        };
        let tidy = away.trim_start_matches("./").trim_end_matches('/');
        let inside = format!("{tidy}/**");
        for pattern in [tidy, &inside] {
            if let Ok(pattern) = Pattern::new(pattern) {
                all.retain(|path| !pattern.matches_with(path, OPTIONS));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "a.py",
            "b.txt",
            ".hidden.py",
            "src/a.py",
            "src/deep/b.py",
            "src/deep/__pycache__/c.pyc",
            ".venv/x.py",
            "env/pyvenv.cfg",
            "env/lib/y.py",
        ] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        let found = |pattern: &str| files(dir.path(), pattern).join(" ");
        assert_eq!(found("*.py"), "a.py");
        assert_eq!(found("./*.txt"), "b.txt");
        assert_eq!(found("**/*.py"), "a.py src/a.py src/deep/b.py");
        assert_eq!(found("src/*/b.py"), "src/deep/b.py");
        assert_eq!(found("src/"), "src/a.py src/deep/b.py");
        assert_eq!(found("s?c/[ab].py"), "src/a.py");
        assert_eq!(found("nothing/*.py"), "");
        assert_eq!(found(".venv/*.py"), ".venv/x.py");
        let all = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|&text| text.to_owned()).collect();
            all_files(dir.path(), &patterns).join(" ")
        };
        assert_eq!(all(&["src", "!src/deep/"]), "src/a.py");
        assert_eq!(all(&["src", "!**/b.py"]), "src/a.py");
        assert_eq!(all(&["**/*.py", "!src/deep/**"]), "a.py src/a.py");
        assert_eq!(all(&["a.py", "gone.py"]), "a.py");
    }
}
