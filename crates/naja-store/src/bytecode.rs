//! Compiled files, kept per archive and interpreter.
//!
//! A compiled file is valid only with the source it was made from, down to the modification
//! time, so each tree remembers which unpacking of the archive it belongs to.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::archive::{Archive, FileState, Stamp, check};
use crate::error::{IoContext as _, StoreError};
use crate::manifest::{FileEntry, FileFact, Manifest, TreeFacts, build};
use crate::store::{MANIFEST, Store, TREE};
use crate::temp::TempDir;

/// Deepest directory a compiled tree may have.
const MAX_DEPTH: usize = 64;

/// What compiled files are valid for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BytecodeTag {
    name: String,
}

impl BytecodeTag {
    /// Makes the tag of an interpreter from `sys.implementation.cache_tag`, such as
    /// `cpython-312`, and the magic number its compiled files begin with.
    #[must_use]
    pub fn new(cache_tag: &str, magic: [u8; 4]) -> Self {
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let mut name: String = cache_tag.chars().take(64).map(safe).collect();
        name.push('.');
        name.push_str(&format!("{:08x}", u32::from_be_bytes(magic)));
        Self { name }
    }

    /// The same with a note of how the files are compiled, such as `opt-1`.
    #[must_use]
    pub fn with_mode(mut self, mode: &str) -> Self {
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        self.name.push('.');
        self.name.extend(mode.chars().take(32).map(safe));
        self
    }
}

/// The compiled files of one archive for one interpreter.
#[derive(Debug, Clone)]
pub struct Bytecode {
    root: Arc<Path>,
    manifest: Manifest,
}

impl Bytecode {
    /// The directory with the compiled files, laid out as in the archive.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The list of the compiled files.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where a file of the manifest lies in the store.
    #[must_use]
    pub fn path_of(&self, file: &FileEntry<'_>) -> PathBuf {
        self.root.join(self.manifest.file_path(file))
    }

    /// Checks one file by its position in the manifest, as [`Archive::check_file`] does.
    ///
    /// # Errors
    ///
    /// When the file exists but cannot be looked at.
    pub fn check_file(&self, index: u32) -> std::io::Result<FileState> {
        let Some(file) = self.manifest.file(index) else {
            return Ok(FileState::Changed);
        };
        check(&self.path_of(&file), &file)
    }
}

impl Store {
    /// The compiled files of an archive; `None` when there are none for this very unpacking.
    #[must_use]
    pub fn bytecode(&self, archive: &Archive, tag: &BytecodeTag) -> Option<Bytecode> {
        let place = self.bytecode_dir(&archive.id()).join(&tag.name);
        let manifest = Manifest::open(&place.join(MANIFEST))?;
        let fits = manifest.archive() == archive.id().0
            && manifest.depends_on() == archive.manifest().checksum();
        fits.then(|| Bytecode {
            root: place.join(TREE).into(),
            manifest,
        })
    }

    /// Keeps the compiled files that were written below `compiled`, a directory from
    /// [`Store::temp_dir`], at the paths they have in the archive
    /// (`package/__pycache__/module.cpython-312.pyc`).
    ///
    /// # Errors
    ///
    /// When the tree holds something else than files and directories with plain UTF-8 names,
    /// or the cache cannot be written.
    pub fn put_bytecode(
        &self,
        archive: &Archive,
        tag: &BytecodeTag,
        compiled: &TempDir,
    ) -> Result<Bytecode, StoreError> {
        let holder = self.temp_dir()?;
        let mut files = Vec::new();
        collect(compiled.path(), "", 0, &mut files)?;
        let manifest = archive.manifest();
        let facts = TreeFacts {
            name: manifest.name().to_owned(),
            version: manifest.version().to_owned(),
            depends_on: manifest.checksum(),
            ..TreeFacts::default()
        };
        let bytes = build(&archive.id().0, &facts, &files).ok_or_else(|| StoreError::TooLarge {
            file: manifest.file_name().to_owned(),
        })?;
        let list = holder.path().join(MANIFEST);
        fs::write(&list, bytes).at("write", &list)?;
        let tree = holder.path().join(TREE);
        fs::create_dir(&tree).at("create", &tree)?;
        // The contents move, so that `compiled` stays its owner's to drop.
        let entries = fs::read_dir(compiled.path()).at("list", compiled.path())?;
        for entry in entries {
            let entry = entry.at("list", compiled.path())?;
            let target = tree.join(entry.file_name());
            fs::rename(entry.path(), &target).at("rename into", &target)?;
        }
        let place = self.bytecode_dir(&archive.id()).join(&tag.name);
        self.publish_dir(holder, &place, &|| self.bytecode(archive, tag).is_some())?;
        self.bytecode(archive, tag).ok_or(StoreError::BadTree {
            path: place,
            reason: "it was removed while it was written",
        })
    }
}

/// Lists a tree depth first; `path` is the way from its root with a final slash.
fn collect(
    dir: &Path,
    path: &str,
    depth: usize,
    files: &mut Vec<FileFact>,
) -> Result<(), StoreError> {
    let bad = |path: PathBuf, reason| StoreError::BadTree { path, reason };
    if depth > MAX_DEPTH {
        return Err(bad(dir.to_path_buf(), "it is nested too deeply"));
    }
    for entry in fs::read_dir(dir).at("list", dir)? {
        let entry = entry.at("list", dir)?;
        let here = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Err(bad(here, "its name is not UTF-8"));
        };
        let metadata = fs::symlink_metadata(&here).at("look at", &here)?;
        let path = format!("{path}{name}");
        if metadata.is_dir() {
            collect(&here, &format!("{path}/"), depth + 1, files)?;
        } else if metadata.is_file() {
            let bytes = fs::read(&here).at("read", &here)?;
            let stamp = Stamp::of(&metadata);
            files.push(FileFact {
                path,
                size: metadata.len(),
                mtime: stamp.mtime_ns,
                inode: stamp.inode,
                executable: stamp.executable.unwrap_or(false),
                sha256: naja_spec::Sha256::of(&bytes),
            });
        } else {
            return Err(bad(here, "it is neither a file nor a directory"));
        }
    }
    Ok(())
}
