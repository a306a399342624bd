//! Which paths a move changed.

use std::path::{Path, PathBuf};

/// Knows where things are now that were somewhere before.
///
/// What lay in the environment lies in it still. Around it, the directories that moved are those
/// above the part of the path that stayed the same: for `/a/app/.venv` that is at `/b/app/.venv`
/// now, `/a` became `/b`.
#[derive(Debug, Clone)]
pub(super) struct Move {
    from: PathBuf,
    to: PathBuf,
    around: Option<Around>,
}

#[derive(Debug, Clone)]
struct Around {
    /// Everything below moved along, also if the old path is there still (a copy).
    project: PathBuf,
    from: PathBuf,
    to: PathBuf,
}

impl Move {
    /// Compares the roots of an environment before and after.
    pub(super) fn of_environment(from: &Path, to: &Path) -> Self {
        let (mut above_from, mut above_to) = (from, to);
        while let (Some(a), Some(b)) = (above_from.file_name(), above_to.file_name())
            && a == b
        {
            let (Some(up_a), Some(up_b)) = (above_from.parent(), above_to.parent()) else {
                break;
            };
            (above_from, above_to) = (up_a, up_b);
        }
        let project = from.parent().filter(|_| above_from != from);
        Self {
            from: from.to_path_buf(),
            to: to.to_path_buf(),
            around: project.map(|project| Around {
                project: project.to_path_buf(),
                from: above_from.to_path_buf(),
                to: above_to.to_path_buf(),
            }),
        }
    }

    /// Describes an environment that stayed while its project moved.
    pub(super) fn of_project(root: &Path, from: &Path, to: &Path) -> Self {
        Self {
            from: root.to_path_buf(),
            to: root.to_path_buf(),
            around: Some(Around {
                project: from.to_path_buf(),
                from: from.to_path_buf(),
                to: to.to_path_buf(),
            }),
        }
    }

    /// The root before.
    pub(super) fn from(&self) -> &Path {
        &self.from
    }

    /// The root now.
    pub(super) fn to(&self) -> &Path {
        &self.to
    }

    /// The uppermost directory that moved, as text; every changed path begins with it.
    pub(super) fn beginning(&self) -> Option<&str> {
        match &self.around {
            Some(around) => around.from.to_str(),
            None => self.from.to_str(),
        }
    }

    /// Returns where a path leads now, if that is somewhere else.
    pub(super) fn map(&self, path: &Path) -> Option<PathBuf> {
        if let Ok(rest) = path.strip_prefix(&self.from) {
            return (self.from != self.to).then(|| join(&self.to, rest));
        }
        let around = self.around.as_ref()?;
        let rest = path.strip_prefix(&around.from).ok()?;
        let now = join(&around.to, rest);
        let moved = path.starts_with(&around.project) || !path.exists();
        (moved && now.exists()).then_some(now)
    }
}

/// Joins without a slash at the end.
fn join(base: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() {
        base.to_path_buf()
    } else {
        base.join(rest)
    }
}

/// Replaces every moved path in a text in which paths stand between quotes or alone on a line;
/// `None` if there is none.
pub(super) fn replace_paths(text: &str, moved: &Move) -> Option<String> {
    let beginning = moved.beginning().filter(|text| !text.is_empty())?;
    let mut out = String::with_capacity(text.len() + 64);
    let (mut rest, mut changed) = (text, false);
    while let Some(start) = rest.find(beginning) {
        let before_fits = rest[..start]
            .chars()
            .next_back()
            .or_else(|| out.chars().next_back())
            .is_none_or(|c| !(c.is_alphanumeric() || "._-/".contains(c)));
        let from = &rest[start..];
        let end = from
            .find(['\'', '"', '\n', '\r', '\\'])
            .unwrap_or(from.len());
        let path = &from[..end];
        let mapped = before_fits
            .then(|| moved.map(Path::new(path)))
            .flatten()
            .and_then(|now| now.into_os_string().into_string().ok())
            // Nothing that would have to be quoted in some way of some language.
            .filter(|now| !now.contains(['\'', '"', '\\']) && !now.contains(char::is_control));
        match mapped {
            Some(now) => {
                out.push_str(&rest[..start]);
                out.push_str(&now);
                changed = true;
                rest = &from[end..];
            }
            None => {
                out.push_str(&rest[..start + beginning.len()]);
                rest = &from[beginning.len()..];
            }
        }
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// Replaces one path by another wherever it stands whole or with something below it; `None` if it
/// does not occur.
pub(super) fn replace_prefix(text: &str, from: &str, to: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    let (mut rest, mut changed) = (text, false);
    while let Some(start) = rest.find(from) {
        let after = &rest[start + from.len()..];
        let whole = after
            .chars()
            .next()
            .is_none_or(|c| !(c.is_alphanumeric() || "._-+@".contains(c)));
        let before = rest[..start].chars().next_back();
        let begins = before.is_none_or(|c| !(c.is_alphanumeric() || "._-+@/".contains(c)));
        out.push_str(&rest[..start]);
        out.push_str(if whole && begins { to } else { from });
        changed |= whole && begins;
        rest = after;
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// Whether a path is the same text in every language of shells.
pub(super) fn is_plain(path: &Path) -> bool {
    path.to_str().is_some_and(|text| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-+@".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_around_an_environment_moves_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("b/app");
        std::fs::create_dir_all(new.join("src")).unwrap();
        std::fs::create_dir_all(dir.path().join("b/lib")).unwrap();
        let old = dir.path().join("a/app");
        let moved = Move::of_environment(&old.join(".venv"), &new.join(".venv"));
        let map = |path: &Path| moved.map(path);
        assert_eq!(map(&old.join(".venv/bin")), Some(new.join(".venv/bin")));
        assert_eq!(map(&old.join(".venv")), Some(new.join(".venv")));
        assert_eq!(map(&old.join("src")), Some(new.join("src")));
        assert_eq!(map(&old.join("gone")), None);
        // A neighbour moved along if it is no longer where it was.
        assert_eq!(
            map(&dir.path().join("a/lib")),
            Some(dir.path().join("b/lib"))
        );
        std::fs::create_dir_all(dir.path().join("a/lib")).unwrap();
        assert_eq!(map(&dir.path().join("a/lib")), None);
        assert_eq!(map(&dir.path().join("a/application")), None);
        // Only the environment got another name: nothing around it moved.
        let renamed = Move::of_environment(&new.join(".venv"), &new.join("env"));
        assert_eq!(renamed.map(&new.join("src")), None);
        assert_eq!(renamed.map(&new.join(".venv/x")), Some(new.join("env/x")));
    }

    // Paths of Windows have to be quoted, and stay as they are.
    #[cfg(unix)]
    #[test]
    fn paths_are_found_in_texts() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        std::fs::create_dir_all(new.join("src/x")).unwrap();
        let moved = Move::of_environment(&old.join(".venv"), &new.join(".venv"));
        let o = old.display().to_string();
        let n = new.display().to_string();
        let text =
            format!("M = {{'x': '{o}/src/x', 'y': \"{o}/gone\", 'z': '{o}er/src'}}\n{o}/src\n");
        let expected =
            format!("M = {{'x': '{n}/src/x', 'y': \"{o}/gone\", 'z': '{o}er/src'}}\n{n}/src\n");
        assert_eq!(replace_paths(&text, &moved), Some(expected));
        assert_eq!(replace_paths("nothing", &moved), None);
    }

    #[test]
    fn a_prefix_is_replaced_where_it_is_a_path() {
        let replaced = |text| replace_prefix(text, "/a/b", "/c");
        assert_eq!(
            replaced("x=/a/b\ny='/a/b/c'"),
            Some("x=/c\ny='/c/c'".into())
        );
        assert_eq!(replaced("/a/bc /x/a/b /a/b-1"), None);
        assert_eq!(replaced("(/a/b) /a/b:/a/b"), Some("(/c) /c:/c".into()));
    }
}
