//! An unpacked source archive of the store.

use std::path::{Path, PathBuf};

use naja_spec::Sha256;

/// The unpacked contents of a source archive. Nobody may write into it: whoever builds from it
/// works on a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTree {
    root: PathBuf,
    id: Sha256,
}

impl SourceTree {
    pub(crate) fn new(root: PathBuf, id: Sha256) -> Self {
        Self { root, id }
    }

    /// The directory of the project: the one directory at the top of the archive, or all of it
    /// where there is none.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The SHA-256 of the archive file.
    #[must_use]
    pub fn id(&self) -> Sha256 {
        self.id
    }
}
