//! Unfinished files and directories, in the cache's own file system.

use std::io::{self, Write};
use std::path::Path;

use naja_spec::Sha256;
use sha2::{Digest as _, Sha256 as Hasher};

/// A file being received, hashed while it is written; removed when dropped.
#[derive(Debug)]
pub struct TempFile {
    file: tempfile::NamedTempFile,
    hasher: Hasher,
    length: u64,
}

impl TempFile {
    pub(crate) fn new(file: tempfile::NamedTempFile) -> Self {
        Self {
            file,
            hasher: Hasher::new(),
            length: 0,
        }
    }

    /// Where the bytes written so far lie.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// How many bytes were written.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The digest of the bytes written so far.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        Sha256(self.hasher.clone().finalize().into())
    }

    /// Throws away everything written, to begin again.
    ///
    /// # Errors
    ///
    /// When the file system fails.
    pub fn restart(&mut self) -> io::Result<()> {
        use io::Seek as _;
        self.file.as_file().set_len(0)?;
        self.file.as_file_mut().rewind()?;
        self.hasher = Hasher::new();
        self.length = 0;
        Ok(())
    }

    pub(crate) fn as_file(&self) -> &std::fs::File {
        self.file.as_file()
    }
}

impl Write for TempFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A directory being filled; removed with its contents when dropped.
#[derive(Debug)]
pub struct TempDir {
    dir: tempfile::TempDir,
}

impl TempDir {
    pub(crate) fn new(dir: tempfile::TempDir) -> Self {
        Self { dir }
    }

    /// The directory's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Gives up ownership: the directory was moved away, or somebody else removes it.
    pub(crate) fn forget(mut self) {
        self.dir.disable_cleanup(true);
    }
}
