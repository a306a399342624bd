//! What the process was given: the only source of environment variables,
//! directories, clock and terminal facts below the program.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A snapshot of the process's surroundings, taken once by the program.
#[derive(Clone, Debug)]
pub struct ProcessEnv {
    /// The command line, the program's name first.
    pub arguments: Vec<String>,
    /// The environment variables.
    pub vars: BTreeMap<OsString, OsString>,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The home directory, if there is one.
    pub home: Option<PathBuf>,
    /// The time of the start, in milliseconds since 1970 (UTC).
    pub now_ms: i64,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// Counts the processors that this process may use; asked only when there is work for them.
    pub processors: fn() -> usize,
    /// The version of the program.
    pub program_version: &'static str,
}

impl ProcessEnv {
    /// Surroundings with these variables and nothing else, in `/cwd`.
    #[cfg(test)]
    pub(crate) fn with_vars(vars: &[(&str, &str)]) -> Self {
        let vars = vars.iter();
        Self {
            arguments: Vec::new(),
            vars: vars
                .map(|(name, value)| (OsString::from(name), OsString::from(value)))
                .collect(),
            cwd: PathBuf::from("/cwd"),
            home: None,
            now_ms: 0,
            stderr_is_terminal: false,
            processors: || 1,
            program_version: "0",
        }
    }

    /// The value of a variable, if it is set, valid Unicode and not empty.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.var_os(name)
            .and_then(OsStr::to_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a variable, empty or not.
    #[must_use]
    pub fn var_os(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// A path as the user meant it: relative to the working directory.
    #[must_use]
    pub fn absolute(&self, path: &Path) -> PathBuf {
        if path.is_absolute() {
            path.to_path_buf()
        } else {
            self.cwd.join(path)
        }
    }
}
