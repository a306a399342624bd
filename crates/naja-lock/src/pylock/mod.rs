//! The lock file format of PEP 751, `pylock.toml`.

mod from_graph;
mod halves;
mod instant;
mod keys;
mod plain;
mod read;
mod select;
#[cfg(test)]
mod tests;
mod tree;
mod write;

use naja_spec::{
    Digest, ExtraName, GroupName, Marker, PackageName, SafeUrl, Version, VersionSpecifiers,
};

pub use from_graph::{LockContext, LockGraphError};
#[cfg(test)]
pub(crate) use plain::is_plain;
pub use read::PylockError;
pub(crate) use select::choice;
pub use select::{Choice, LockTarget, SelectError};
pub(crate) use write::Own;

/// A lock file.
///
/// Keys that PEP 751 does not know are passed over, as it asks for in files of a later minor
/// version; [`Self::unknown`] names them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pylock {
    /// `lock-version`, e.g. `1.0`.
    pub lock_version: String,
    /// `environments`: the file is for these; empty for all.
    pub environments: Vec<Marker>,
    /// `requires-python`
    pub requires_python: Option<VersionSpecifiers>,
    /// `extras`: those that can be asked for.
    pub extras: Vec<ExtraName>,
    /// `dependency-groups`: those that can be asked for.
    pub dependency_groups: Vec<GroupName>,
    /// `default-groups`: those that count where none is asked for.
    pub default_groups: Vec<GroupName>,
    /// `created-by`
    pub created_by: String,
    /// `packages`
    pub packages: Vec<LockedPackage>,
    /// `tool`
    pub tool: Option<toml::Table>,
    /// Where keys stand that the format does not have, e.g. `packages[3].colour`.
    pub unknown: Vec<String>,
}

/// One entry of `packages`.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedPackage {
    /// `name`
    pub name: PackageName,
    /// `version`; sources whose version changes with their content have none.
    pub version: Option<Version>,
    /// `marker`
    pub marker: Option<Marker>,
    /// `requires-python`
    pub requires_python: Option<VersionSpecifiers>,
    /// `dependencies`: for people and tools to read, not for installation.
    pub dependencies: Vec<toml::Table>,
    /// `index`: the base address of the index.
    pub index: Option<SafeUrl>,
    /// What there is to install.
    pub source: LockedSource,
    /// `attestation-identities`
    pub attestation_identities: Vec<toml::Table>,
    /// `tool`
    pub tool: Option<toml::Table>,
}

/// What there is to install.
#[derive(Clone, Debug, PartialEq)]
pub enum LockedSource {
    /// `sdist` and `wheels`; one file at least.
    Files {
        /// `sdist`
        sdist: Option<LockedFile>,
        /// `wheels`
        wheels: Vec<LockedFile>,
    },
    /// `archive`
    Archive {
        /// The file: a wheel or a source archive.
        file: LockedFile,
        /// `subdirectory`
        subdirectory: Option<String>,
    },
    /// `directory`
    Directory {
        /// `path`, relative to the lock file unless absolute.
        path: String,
        /// `editable`
        editable: bool,
        /// `subdirectory`
        subdirectory: Option<String>,
    },
    /// `vcs`
    Vcs {
        /// `type`, e.g. `git`.
        kind: String,
        /// `url` or `path`
        place: FilePlace,
        /// `requested-revision`
        requested_revision: Option<String>,
        /// `commit-id`
        commit_id: String,
        /// `subdirectory`
        subdirectory: Option<String>,
    },
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePlace {
    /// `url`
    Url(SafeUrl),
    /// `path`, relative to the lock file unless absolute.
    Path(String),
}

/// A wheel, source distribution or archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedFile {
    /// `name`, else the last part of the place.
    pub name: String,
    /// `url` and `path`: the address, where there is one.
    pub place: FilePlace,
    /// `upload-time`
    pub upload_time: Option<toml::value::Datetime>,
    /// `size` in bytes.
    pub size: Option<u64>,
    /// `hashes`; one at least.
    pub hashes: Vec<Digest>,
}

impl LockedPackage {
    /// Tells whether it comes from this machine: from a directory, or from a file named by its path.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match &self.source {
            LockedSource::Directory { .. } => true,
            LockedSource::Archive { file, .. } => matches!(file.place, FilePlace::Path(_)),
            LockedSource::Files { .. } | LockedSource::Vcs { .. } => false,
        }
    }
}

impl LockedPackage {
    /// Returns the file that a target takes, of a package that an index offers: the best wheel, else the
    /// source distribution.
    #[must_use]
    pub fn file_for(&self, tags: &naja_spec::Tags) -> Option<&LockedFile> {
        match choice(self, tags) {
            Ok(Choice::Wheel(_, file) | Choice::Sdist(_, file)) => Some(file),
            Ok(Choice::Direct(_)) | Err(_) => None,
        }
    }
}

impl Pylock {
    /// Tells whether a file name is one that PEP 751 gives to lock files: `pylock.toml`, or
    /// `pylock.NAME.toml` without dots in the name.
    #[must_use]
    pub fn is_file_name(name: &str) -> bool {
        name == "pylock.toml"
            || name
                .strip_prefix("pylock.")
                .and_then(|rest| rest.strip_suffix(".toml"))
                .is_some_and(|part| !part.is_empty() && !part.contains('.'))
    }
}
