//! Bytes of a file of the store: read when small, mapped when large.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::{Deref, DerefMut};
use std::path::Path;

use memmap2::{Mmap, MmapMut};

use crate::raw;

/// From this size on a file is mapped; below, one read is cheaper than the page faults.
const MAP_FROM: u64 = 64 << 10;

/// From this size on large pages are asked for.
#[cfg(target_os = "linux")]
const LARGE_FROM: usize = 2 << 20;

/// Memory that is overwritten again and again.
#[derive(Debug)]
pub(crate) struct Room(MmapMut);

impl Room {
    /// Zeros, in large pages where the system has them: there are fewer faults then.
    pub(crate) fn new(size: usize) -> io::Result<Self> {
        let room = MmapMut::map_anon(size)?;
        #[cfg(target_os = "linux")]
        if size >= LARGE_FROM {
            // Without them it only takes longer.
            let _ = room.advise(memmap2::Advice::HugePage);
        }
        Ok(Self(room))
    }
}

impl Deref for Room {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Room {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// The contents of one file.
#[derive(Debug)]
pub(crate) enum Backing {
    Memory(Vec<u8>),
    Mapped(Mmap),
}

impl AsRef<[u8]> for Backing {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Memory(bytes) => bytes,
            Self::Mapped(bytes) => bytes,
        }
    }
}

impl Backing {
    /// Opens a file of the store whose every byte will be looked at, for its checksum.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        // A mapped file cannot be replaced on Windows.
        if length >= MAP_FROM && cfg!(unix) {
            return Ok(Self::Mapped(raw::map(&file, true)?));
        }
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(Self::Memory(bytes))
    }

    /// Opens a large file that is read here and there.
    pub(crate) fn map(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self::Memory(Vec::new()));
        }
        Ok(Self::Mapped(raw::map(file, false)?))
    }
}
