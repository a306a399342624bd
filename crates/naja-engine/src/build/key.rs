//! Everything that decides what a build gives, as the name of its record.

use std::collections::BTreeMap;

use naja_python::{ConfigValue, Interpreter};
use naja_spec::PackageName;
use sha2::{Digest, Sha256};

/// Raised when builds with the same inputs would give something else.
const FORMAT: &str = "1";

/// Variables that compilers and well-known backends obey.
const VARIABLES: [&str; 12] = [
    "CC",
    "CXX",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "ARCHFLAGS",
    "MACOSX_DEPLOYMENT_TARGET",
    "SOURCE_DATE_EPOCH",
    "SETUPTOOLS_SCM_PRETEND_VERSION",
];

/// What goes into a key.
pub(super) struct KeyParts<'a> {
    /// The package, if it is known before.
    pub(super) name: Option<&'a PackageName>,
    /// The digest of an archive, a commit, or path and fingerprint of a directory.
    pub(super) source: &'a str,
    pub(super) subdirectory: Option<&'a str>,
    pub(super) settings: &'a [(String, ConfigValue)],
    pub(super) python: &'a Interpreter,
    /// The environment, where there is no isolation.
    pub(super) shared_environment: bool,
    /// The build constraints as texts.
    pub(super) constraints: &'a [String],
    pub(super) variables: &'a dyn Fn(&str) -> Option<String>,
    /// What the user adds for this package.
    pub(super) extra: &'a BTreeMap<String, String>,
}

impl KeyParts<'_> {
    /// The key.
    pub(super) fn key(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        add(FORMAT);
        add(self.source);
        add(self.subdirectory.unwrap_or_default());
        for (key, value) in self.settings {
            add(key);
            add(&format!("{value:?}"));
        }
        let python = self.python;
        add(&format!(
            "{} {} {:?} {:?} {} {} {}",
            python.implementation,
            python.cache_tag,
            python.platform,
            python.tag_parts,
            python.free_threaded,
            python.debug,
            python.pointer_size
        ));
        if self.shared_environment {
            add(&python.prefix.display().to_string());
        }
        add("constraints");
        self.constraints.iter().for_each(|text| add(text));
        add("variables");
        for name in VARIABLES {
            if let Some(value) = (self.variables)(name) {
                add(name);
                add(&value);
            }
        }
        for (name, value) in self.extra {
            add(name);
            add(value);
        }
        let digest = hash.finalize();
        let digest: String = digest.iter().take(20).map(|b| format!("{b:02x}")).collect();
        let name = self.name.map_or("unknown", PackageName::as_str);
        format!("{name}/{digest}")
    }
}
