//! The environment's variables, as the binary captured them.

use std::ffi::{OsStr, OsString};
use std::fmt;

use rustc_hash::FxHashMap;

/// A copy of environment variables, given by the caller: nothing here reads the process.
///
/// Its `Debug` form shows names only, since values often are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(FxHashMap<OsString, OsString>);

impl Variables {
    /// Returns a variable's value where it is set, not empty and Unicode.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_os(name)?.to_str()
    }

    /// Returns a variable's value where it is set and not empty.
    pub fn get_os(&self, name: &str) -> Option<&OsStr> {
        self.0
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&OsString> = self.0.keys().collect();
        names.sort();
        f.debug_set().entries(names).finish()
    }
}
