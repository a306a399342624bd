//! Facts about an interpreter that its tags follow from.

use serde::{Deserialize, Serialize};

use super::platform_tags::tag_text;

/// What decides an interpreter's Python and ABI tags.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImplementationTags {
    /// `sys.implementation.name`, such as `cpython` or `pypy`.
    pub name: String,
    /// Major and minor version of the language.
    pub python: (u8, u8),
    /// Whether it was built without the global lock (PEP 703): no `abi3` then.
    pub free_threaded: bool,
    /// Whether it is a debug build.
    pub debug: bool,
    /// Whether it was built with `pymalloc`; counts before CPython 3.8 only.
    pub pymalloc: bool,
    /// The configuration variable `EXT_SUFFIX`; counts for others than CPython only.
    pub ext_suffix: Option<String>,
    /// The configuration variable `py_version_nodot`, where set.
    pub version_nodot: Option<String>,
}

impl ImplementationTags {
    /// Describes an ordinary build of CPython.
    #[must_use]
    pub fn cpython(major: u8, minor: u8) -> Self {
        Self {
            name: "cpython".to_owned(),
            python: (major, minor),
            free_threaded: false,
            debug: false,
            pymalloc: true,
            ext_suffix: None,
            version_nodot: None,
        }
    }

    /// Returns the prefix of Python tags: `cp`, `pp`, `ip`, `jy`, `py`, or the whole name.
    #[must_use]
    pub fn short_name(&self) -> &str {
        match self.name.as_str() {
            "python" => "py",
            "cpython" => "cp",
            "pypy" => "pp",
            "ironpython" => "ip",
            "jython" => "jy",
            name => name,
        }
    }

    /// Returns the version as it follows the prefix in Python tags, such as `312`.
    #[must_use]
    pub fn interpreter_version(&self) -> String {
        match &self.version_nodot {
            Some(version) if !version.is_empty() => version.clone(),
            _ => format!("{}{}", self.python.0, self.python.1),
        }
    }

    /// ABI tags of CPython, best first, without `abi3` and `none`.
    pub(super) fn cpython_abis(&self) -> Vec<String> {
        let (major, minor) = self.python;
        let threading = if self.free_threaded && self.python >= (3, 13) {
            "t"
        } else {
            ""
        };
        let debug = if self.debug { "d" } else { "" };
        let old = self.python < (3, 8);
        let pymalloc = if old && self.pymalloc { "m" } else { "" };
        let mut abis = vec![format!("cp{major}{minor}{threading}{debug}{pymalloc}")];
        if self.debug && !old {
            abis.push(format!("cp{major}{minor}{threading}"));
        }
        abis
    }

    /// ABI tags of any other implementation, read off the suffix of its extension modules.
    pub(super) fn generic_abis(&self) -> Vec<String> {
        let suffix = self.ext_suffix.as_deref().unwrap_or_default();
        let parts: Vec<&str> = suffix.split('.').collect();
        let [_, soabi, _, ..] = parts.as_slice() else {
            return self.cpython_abis();
        };
        let first = |count: usize| {
            let end = soabi
                .match_indices('-')
                .nth(count - 1)
                .map_or(soabi.len(), |(at, _)| at);
            &soabi[..end]
        };
        let abi = if soabi.starts_with("cpython") {
            format!("cp{}", soabi.split('-').nth(1).unwrap_or_default())
        } else if soabi.starts_with("cp") {
            first(1).to_owned()
        } else if soabi.starts_with("pypy") {
            first(2).to_owned()
        } else if soabi.starts_with("graalpy") {
            first(3).to_owned()
        } else {
            (*soabi).to_owned()
        };
        if abi.is_empty() {
            Vec::new()
        } else {
            vec![tag_text(&abi)]
        }
    }
}
