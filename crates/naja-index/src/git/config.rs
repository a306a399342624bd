//! How git is run.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::time::Duration;

/// What of the caller's `GIT_…` variables reaches git: how it connects and where its settings are.
/// All others would say which repository it works on, or make it write to other places.
const PASSED: [&str; 16] = [
    "GIT_ASKPASS",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_HTTP_LOW_SPEED_LIMIT",
    "GIT_HTTP_LOW_SPEED_TIME",
    "GIT_HTTP_PROXY_AUTHMETHOD",
    "GIT_PROXY_COMMAND",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_NO_VERIFY",
];

/// How the user's git is run.
#[derive(Clone)]
pub struct GitConfig {
    /// The environment of the child, all of it; variables that would lead git elsewhere are left
    /// out when it is used.
    pub variables: Vec<(OsString, OsString)>,
    /// Longest time for one command.
    pub time_limit: Duration,
    /// Commands at a time.
    pub concurrency: usize,
    /// Whether large files (Git LFS) are fetched even where a request does not ask for them.
    pub lfs: bool,
}

impl Default for GitConfig {
    fn default() -> Self {
        Self {
            variables: Vec::new(),
            time_limit: Duration::from_secs(30 * 60),
            concurrency: 4,
            lfs: false,
        }
    }
}

impl fmt::Debug for GitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitConfig")
            .field("variables", &self.variables.len())
            .field("time_limit", &self.time_limit)
            .finish_non_exhaustive()
    }
}

impl GitConfig {
    /// The variables git may see.
    pub(super) fn passed(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
            .filter(|(name, _)| is_passed(name))
    }

    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        let mut found = self.variables.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_os_str())
    }
}

fn is_passed(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return true;
    };
    let numbered = |start: &str| {
        name.strip_prefix(start)
            .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    !name.starts_with("GIT_")
        || PASSED.contains(&name)
        || numbered("GIT_CONFIG_KEY_")
        || numbered("GIT_CONFIG_VALUE_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_lead_elsewhere_are_left_out() {
        for name in [
            "PATH",
            "HOME",
            "SSH_AUTH_SOCK",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_KEY_3",
        ] {
            assert!(is_passed(OsStr::new(name)), "{name}");
        }
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_CONFIG_PARAMETERS",
            "GIT_TRACE",
            "GIT_TEMPLATE_DIR",
            "GIT_NAMESPACE",
            "GIT_CONFIG_KEY_x",
        ] {
            assert!(!is_passed(OsStr::new(name)), "{name}");
        }
    }
}
