//! An unpacked wheel of the store.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_spec::Sha256;
use sha2::{Digest as _, Sha256 as Hasher};

use crate::manifest::{FileEntry, Manifest};

/// Names an archive: the SHA-256 of the wheel file it was unpacked from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArchiveId(pub Sha256);

impl fmt::Display for ArchiveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An unpacked wheel; its files are linked or copied into environments.
#[derive(Debug, Clone)]
pub struct Archive {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: ArchiveId,
    root: PathBuf,
    manifest: Manifest,
}

/// Whether a file of the store is still what was unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Size, modification time and inode are as recorded, or the contents have the right digest.
    Intact,
    /// It is absent, or something else.
    Changed,
}

impl Archive {
    pub(crate) fn new(id: ArchiveId, root: PathBuf, manifest: Manifest) -> Self {
        Self {
            inner: Arc::new(Inner { id, root, manifest }),
        }
    }

    /// The digest of the wheel.
    #[must_use]
    pub fn id(&self) -> ArchiveId {
        self.inner.id
    }

    /// The directory with the unpacked files, laid out as in the wheel.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// The list of the files.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// Where a file of the manifest lies in the store.
    #[must_use]
    pub fn path_of(&self, file: &FileEntry<'_>) -> PathBuf {
        self.root().join(self.manifest().file_path(file))
    }

    /// Checks one file by its position in the manifest; an unknown position is changed.
    ///
    /// One `lstat` decides in the common case. When time or inode differ, as in a cache that
    /// was copied or restored, the contents are hashed.
    ///
    /// # Errors
    ///
    /// When the file exists but cannot be looked at.
    pub fn check_file(&self, index: u32) -> io::Result<FileState> {
        let Some(file) = self.manifest().file(index) else {
            return Ok(FileState::Changed);
        };
        check(&self.path_of(&file), &file)
    }

    /// Reads a file of the archive, such as METADATA; `None` when the manifest lists none.
    ///
    /// The contents are hashed, so a changed file is an error of kind `InvalidData`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or was changed.
    pub fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.manifest().find(path) else {
            return Ok(None);
        };
        let bytes = fs::read(self.path_of(&file))?;
        if Sha256::of(&bytes) != file.sha256 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the file was changed",
            ));
        }
        Ok(Some(bytes))
    }

    /// Checks all files; returns the path of the first that was changed.
    ///
    /// # Errors
    ///
    /// When a file exists but cannot be looked at.
    pub fn first_changed(&self) -> io::Result<Option<PathBuf>> {
        for file in self.manifest().files() {
            let path = self.path_of(&file);
            if check(&path, &file)? == FileState::Changed {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }
}

/// Compares a file with its entry.
pub(crate) fn check(path: &Path, file: &FileEntry<'_>) -> io::Result<FileState> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return absent(error),
    };
    if !metadata.is_file() || metadata.len() != file.size {
        return Ok(FileState::Changed);
    }
    let stamp = Stamp::of(&metadata);
    if stamp
        .executable
        .is_some_and(|executable| executable != file.executable)
    {
        return Ok(FileState::Changed);
    }
    if stamp.mtime_ns == file.mtime_ns && stamp.inode == file.inode {
        return Ok(FileState::Intact);
    }
    match hash(path) {
        Ok(digest) if digest == file.sha256 => Ok(FileState::Intact),
        Ok(_) => Ok(FileState::Changed),
        Err(error) => absent(error),
    }
}

fn absent(error: io::Error) -> io::Result<FileState> {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(FileState::Changed),
        _ => Err(error),
    }
}

fn hash(path: &Path) -> io::Result<Sha256> {
    let mut file = File::open(path)?;
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// What the file system says about a file, in the manifest's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Nanoseconds since 1970.
    pub(crate) mtime_ns: i64,
    /// 0 where the platform has none.
    pub(crate) inode: u64,
    /// `None` where the platform has no such permission.
    pub(crate) executable: Option<bool>,
}

impl Stamp {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let mtime_ns = metadata
            .mtime()
            .saturating_mul(1_000_000_000)
            .saturating_add(metadata.mtime_nsec());
        let executable = Some(metadata.mode() & 0o100 != 0);
        Self {
            mtime_ns,
            inode: metadata.ino(),
            executable,
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &fs::Metadata) -> Self {
        let since = metadata.modified().ok().and_then(|time| {
            time.duration_since(std::time::UNIX_EPOCH)
                .ok()
                .map(|since| since.as_nanos())
        });
        let mtime_ns = since
            .and_then(|since| i64::try_from(since).ok())
            .unwrap_or(0);
        Self {
            mtime_ns,
            inode: 0,
            executable: None,
        }
    }
}
