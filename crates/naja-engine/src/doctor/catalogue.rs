//! Every kind of finding: its name, how bad it is, what it says in general.
//!
//! The table in `docs/guide/status-and-doctor.md` is compared with this one by a test.

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something does not work, or installs into the wrong place.
    Error,
    /// Something will surprise.
    Warning,
    /// Good to know; all is well.
    Note,
}

impl Severity {
    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name, which does not change.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it says, in general.
    pub about: &'static str,
    /// Whether `--fix` mends it.
    pub mended: bool,
}

const fn kind(id: &'static str, severity: Severity, mended: bool, about: &'static str) -> Kind {
    Kind {
        id,
        severity,
        about,
        mended,
    }
}

use Severity::{Error, Note, Warning};

/// Every kind, in the order of the documentation.
pub const KINDS: &[Kind] = &[
    // ---- this shell
    kind(
        "program-shadowed",
        Warning,
        false,
        "a directory earlier on `PATH` hides a program of the active environment",
    ),
    kind(
        "environment-not-on-path",
        Warning,
        false,
        "the environment is active, and its programs are not on `PATH`",
    ),
    kind(
        "dead-program",
        Warning,
        false,
        "a `python` or `pip` on `PATH` leads to nothing or cannot be run",
    ),
    kind(
        "active-foreign",
        Warning,
        false,
        "the active environment belongs to another project",
    ),
    kind(
        "active-gone",
        Error,
        false,
        "the active environment does not exist",
    ),
    kind(
        "user-programs-not-on-path",
        Note,
        false,
        "programs installed for the user are not on `PATH`",
    ),
    kind(
        "path-relative",
        Warning,
        false,
        "`PATH` has an entry that depends on the working directory",
    ),
    // ---- the environment
    kind(
        "environment-broken",
        Error,
        false,
        "the environment lacks its Python, or `pyvenv.cfg` says nothing",
    ),
    kind(
        "base-gone",
        Error,
        true,
        "the Python the environment was made from is gone",
    ),
    kind(
        "base-changed",
        Warning,
        true,
        "the Python the environment was made from has another version now",
    ),
    kind(
        "environment-moved",
        Error,
        true,
        "the environment or its project was moved, and its programs look elsewhere",
    ),
    kind(
        "environment-link-dead",
        Error,
        true,
        "a name of Python in the environment leads to nothing",
    ),
    kind(
        "not-writable",
        Error,
        false,
        "the environment cannot be written by this user",
    ),
    kind(
        "other-user",
        Warning,
        false,
        "the environment belongs to another user",
    ),
    kind(
        "unfinished-change",
        Error,
        true,
        "a change of the environment was interrupted",
    ),
    kind(
        "environment-in-git",
        Warning,
        true,
        "git would take in the environment",
    ),
    kind(
        "no-room",
        Error,
        false,
        "the file system of the environment is nearly full",
    ),
    kind(
        "cache-elsewhere",
        Note,
        false,
        "the cache is on another file system: files are copied, not linked",
    ),
    kind(
        "odd-path",
        Warning,
        false,
        "the path of the environment has a character or spelling that tools stumble on",
    ),
    kind(
        "python-end-of-life",
        Note,
        false,
        "this version of Python gets no security fixes any more",
    ),
    // ---- packages
    kind(
        "half-installed",
        Error,
        true,
        "a package has no METADATA or no RECORD",
    ),
    kind(
        "pip-leftover",
        Warning,
        true,
        "pip left a directory that begins with `~`",
    ),
    kind(
        "files-changed",
        Error,
        true,
        "files of a package are not as they were installed",
    ),
    kind("files-missing", Error, true, "files of a package are gone"),
    kind(
        "file-shared",
        Warning,
        false,
        "two packages own the same file with different contents",
    ),
    kind(
        "package-twice",
        Error,
        true,
        "a package is recorded more than once",
    ),
    kind(
        "packages-disagree",
        Warning,
        false,
        "what a package requires is missing or has another version",
    ),
    kind(
        "lock-stale",
        Warning,
        false,
        "the lock does not fit what the project asks for any more",
    ),
    // ---- variables and configuration
    kind(
        "pythonhome",
        Error,
        false,
        "`PYTHONHOME` gives every Python another standard library",
    ),
    kind(
        "pythonpath",
        Warning,
        false,
        "`PYTHONPATH` hides packages of the environment",
    ),
    kind(
        "pythonstartup-gone",
        Warning,
        false,
        "`PYTHONSTARTUP` names a file that is not there",
    ),
    kind(
        "user-site-off",
        Note,
        false,
        "`PYTHONNOUSERSITE` hides packages of the user that would be seen",
    ),
    kind(
        "user-site-visible",
        Warning,
        false,
        "packages of the user are visible in the environment",
    ),
    kind(
        "pip-user",
        Warning,
        false,
        "pip is told to install for the user instead of the environment",
    ),
    kind(
        "pip-elsewhere",
        Warning,
        false,
        "pip is told to install into a directory instead of the environment",
    ),
    kind(
        "pip-index",
        Note,
        false,
        "pip and naja are told to ask different indexes",
    ),
    kind(
        "project-unreadable",
        Error,
        false,
        "a manifest of the project, or its lock, has a mistake",
    ),
    // ---- editors
    kind(
        "vscode-interpreter",
        Warning,
        true,
        "the setting of VS Code names a Python that is not there",
    ),
    kind(
        "pycharm-interpreter",
        Warning,
        false,
        "the project of PyCharm names a Python that is not there",
    ),
    kind(
        "jupyter-kernel",
        Warning,
        true,
        "a kernel of Jupyter starts a Python that is not there",
    ),
];

/// Finds a kind by its name.
#[must_use]
pub fn kind_of(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_plain() {
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(
                kind.id
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{}",
                kind.id
            );
            assert!(KINDS[at + 1..].iter().all(|other| other.id != kind.id));
        }
    }

    #[test]
    fn the_guide_lists_every_kind() {
        let guide = include_str!("../../../../docs/guide/status-and-doctor.md");
        let rows: Vec<&str> = guide
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        let expected: Vec<String> = KINDS
            .iter()
            .map(|kind| {
                let mended = if kind.mended { "yes" } else { "" };
                format!(
                    "| `{}` | {} | {} | {mended} |",
                    kind.id,
                    kind.severity.word(),
                    kind.about
                )
            })
            .collect();
        assert_eq!(rows, expected, "\n{}\n", expected.join("\n"));
    }
}
