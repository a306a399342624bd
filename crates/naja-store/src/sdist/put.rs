//! The way of a source archive into the store.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use naja_spec::{Digest, SdistExtension, Sha256};

use super::seal::{Seal, tree_look};
use super::unpack::{LIMITS, unpack};
use super::write::Fault;
use super::{SourceProblem, SourceTree};
use crate::backing::Backing;
use crate::error::{IoContext as _, StoreError};
use crate::store::{MANIFEST, Store, TREE, sharded};
use crate::temp::TempFile;
use crate::unpack::check_digests;

impl Store {
    /// Checks a source archive against its digests, unpacks and publishes it. One that is there
    /// already is returned as it is. The file is copied first, so that nobody can change it
    /// between check and unpacking.
    ///
    /// Of the digests, one of each algorithm that occurs must be right; none at all means that
    /// any contents will do. `file_name` tells the packing by its ending. Unpacked is with the
    /// rules of PEP 706's "data" filter: see [`SourceProblem`].
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
        let mut copy = self.temp_file()?;
        let mut file = File::open(path).at("open", path)?;
        let mut buffer = vec![0; 256 << 10];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => copy.write_all(&buffer[..count]).at("copy", path)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error).at("read", path),
            }
        }
        self.put_sdist_file(&copy, file_name, digests)
    }

    /// Does the same with a file that was downloaded.
    ///
    /// # Errors
    ///
    /// As [`Store::put_sdist`].
    pub fn put_sdist_file(
        &self,
        file: &TempFile,
        file_name: &str,
        digests: &[Digest],
    ) -> Result<SourceTree, StoreError> {
        let refuse = |source| StoreError::Source {
            file: file_name.to_owned(),
            source,
        };
        let (_, packing) =
            SdistExtension::split(file_name).ok_or_else(|| refuse(SourceProblem::Packing))?;
        let bytes = Backing::map(file.as_file()).at("map", file.path())?;
        let bytes = bytes.as_ref();
        let id = file.sha256();
        check_digests(bytes, &id, digests, &file_name)?;
        self.prepare()?;
        if let Some(tree) = self.source(&id) {
            return Ok(tree);
        }
        let holder = self.temp_dir()?;
        let root = holder.path().join(TREE);
        fs::create_dir(&root).at("create", &root)?;
        let project = unpack(bytes, packing, &root, &LIMITS).map_err(|fault| match fault {
            Fault::Archive(problem) => refuse(problem),
            Fault::Disk(error) => error,
        })?;
        let seal = Seal {
            file_name: file_name.to_owned(),
            project,
            look: tree_look(&root).at("look at", &root)?,
        };
        let note = holder.path().join(MANIFEST);
        fs::write(&note, seal.to_text()).at("write", &note)?;
        let place = self.source_dir(&id);
        self.publish_dir(holder, &place, &|| self.source(&id).is_some())?;
        self.source(&id).ok_or(StoreError::BadTree {
            path: place,
            reason: "it was removed while it was written",
        })
    }

    /// The unpacked source archive with this digest; `None` when it is absent, or when anything
    /// in it was changed since.
    #[must_use]
    pub fn source(&self, id: &Sha256) -> Option<SourceTree> {
        let place = self.source_dir(id);
        let seal = Seal::read(&place.join(MANIFEST))?;
        let tree = place.join(TREE);
        if tree_look(&tree).ok()? != seal.look {
            return None;
        }
        Some(SourceTree::new(tree.join(&seal.project), *id))
    }

    pub(crate) fn source_dir(&self, id: &Sha256) -> PathBuf {
        sharded(&self.root().join("sources"), id)
    }
}
