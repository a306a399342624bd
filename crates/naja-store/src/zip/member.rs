//! One member of an archive.

/// How a member is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Not at all.
    Stored,
    /// As one deflate stream.
    Deflate,
}

impl Method {
    pub(super) fn number(self) -> u16 {
        match self {
            Self::Stored => 0,
            Self::Deflate => 8,
        }
    }
}

/// A member as the central directory describes it; its path was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub(super) name: Box<str>,
    pub(super) method: Method,
    pub(super) crc32: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Where the local header begins.
    pub(super) offset: u64,
    /// Where the next member, or the directory, begins.
    pub(super) end: u64,
    /// Where the data begins; equal to `offset` until the local header was checked.
    pub(super) data: u64,
    pub(super) flags: u16,
    pub(super) mode: u32,
}

impl Member {
    /// The path, with `/` between components and after a directory's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is an entry for a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Size of the contents in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Size of the compressed data in bytes.
    #[must_use]
    pub fn packed_size(&self) -> u64 {
        self.packed
    }

    /// Whether any of the Unix execution bits is set.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0 && !self.is_dir()
    }
}
