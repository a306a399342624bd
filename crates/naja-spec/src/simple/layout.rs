//! The flat record of a page, byte by byte. All numbers are little endian.
//!
//! | part | contents |
//! |---|---|
//! | header | [`HEADER_LEN`] bytes, see [`Header`] |
//! | pool | texts and digests that the tables point into |
//! | versions | one [`VersionRow`] each, ascending (PEP 440), and a last one that ends the files |
//! | files | one [`FileRow`] each, grouped by version |
//! | strings | offset and length of shared texts; number 0 means none |
//!
//! Offsets count from the start of the pool. The pool comes first so that it can be written
//! while entries are read; the tables follow when everything is known.

use super::page::PageError;

pub(super) const MAGIC: [u8; 8] = *b"najapage";
/// Version of the layout; a reader refuses any other.
pub(super) const FORMAT: u32 = 1;
pub(super) const HEADER_LEN: usize = 64;
pub(super) const VERSION_LEN: usize = 12;
pub(super) const FILE_LEN: usize = 46;
pub(super) const STRING_LEN: usize = 8;
/// Length of `aa/bb/…/`, 64 hexadecimal digits in three directories.
pub(super) const HEX_PATH_LEN: usize = 67;

/// Marks an absent size.
pub(super) const NO_SIZE: u64 = u64::MAX;
/// Marks an absent upload time.
pub(super) const NO_TIME: i64 = i64::MIN;

/// Flags of a [`FileRow`].
pub(super) mod file_flag {
    pub(in crate::simple) const WHEEL: u16 = 1;
    /// The blob begins with the SHA-256 of the file.
    pub(in crate::simple) const SHA256: u16 = 1 << 1;
    /// The blob holds the SHA-256 of the METADATA.
    pub(in crate::simple) const META_SHA256: u16 = 1 << 2;
    /// METADATA is served, without a digest.
    pub(in crate::simple) const META_YES: u16 = 1 << 3;
    /// The blob holds 32 bytes that stand for `aa/bb/…/` in the URL.
    pub(in crate::simple) const HEX_PATH: u16 = 1 << 4;
    /// The URL ends with the file's name, which is stored once.
    pub(in crate::simple) const NAME_IN_URL: u16 = 1 << 5;
    /// The provenance is the shared text followed by `/`, the file's name and `/provenance`.
    pub(in crate::simple) const PROVENANCE_SHORT: u16 = 1 << 6;
}

/// Flags of a [`VersionRow`].
pub(super) mod version_flag {
    pub(in crate::simple) const PRERELEASE: u16 = 1;
    pub(in crate::simple) const ALL_YANKED: u16 = 1 << 1;
    pub(in crate::simple) const WHEEL: u16 = 1 << 2;
    pub(in crate::simple) const SDIST: u16 = 1 << 3;
}

/// Numbers at the start of the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) pool_len: u32,
    pub(super) versions: u32,
    pub(super) files: u32,
    pub(super) strings: u32,
    pub(super) dropped: u32,
    pub(super) api_minor: u32,
    pub(super) status: u32,
    pub(super) status_reason: u32,
    pub(super) tracks: u32,
    pub(super) alternates: u32,
    pub(super) name: u32,
    pub(super) refused: u32,
}

impl Header {
    fn numbers(&self) -> [u32; 12] {
        [
            self.pool_len,
            self.versions,
            self.files,
            self.strings,
            self.dropped,
            self.api_minor,
            self.status,
            self.status_reason,
            self.tracks,
            self.alternates,
            self.name,
            self.refused,
        ]
    }

    pub(super) fn write(&self, out: &mut [u8]) {
        let start = MAGIC.into_iter().chain(FORMAT.to_le_bytes());
        let numbers = self.numbers().into_iter().flat_map(u32::to_le_bytes);
        for (slot, byte) in out.iter_mut().zip(start.chain(numbers)) {
            *slot = byte;
        }
    }

    /// Reads the header and checks that the parts it announces fill the record exactly.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PageError> {
        let head = bytes
            .get(..HEADER_LEN)
            .ok_or(PageError::Record("too short"))?;
        if head[..8] != MAGIC {
            return Err(PageError::Record("not a page"));
        }
        let number = |i: usize| u32_at(head, 8 + 4 * i);
        if number(0) != FORMAT {
            return Err(PageError::Record("unknown format version"));
        }
        let header = Self {
            pool_len: number(1),
            versions: number(2),
            files: number(3),
            strings: number(4),
            dropped: number(5),
            api_minor: number(6),
            status: number(7),
            status_reason: number(8),
            tracks: number(9),
            alternates: number(10),
            name: number(11),
            refused: number(12),
        };
        if header.total_len() != bytes.len() as u64 {
            return Err(PageError::Record("wrong length"));
        }
        Ok(header)
    }

    fn total_len(&self) -> u64 {
        HEADER_LEN as u64
            + u64::from(self.pool_len)
            + (u64::from(self.versions) + 1) * VERSION_LEN as u64
            + u64::from(self.files) * FILE_LEN as u64
            + u64::from(self.strings) * STRING_LEN as u64
    }

    pub(super) fn versions_at(&self) -> usize {
        HEADER_LEN + self.pool_len as usize
    }

    pub(super) fn files_at(&self) -> usize {
        self.versions_at() + (self.versions as usize + 1) * VERSION_LEN
    }

    pub(super) fn strings_at(&self) -> usize {
        self.files_at() + self.files as usize * FILE_LEN
    }
}

/// One version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct VersionRow {
    /// Where the normalised text is in the pool.
    pub(super) text: u32,
    pub(super) text_len: u16,
    pub(super) flags: u16,
    /// Number of its first file; the next row's is the end.
    pub(super) first_file: u32,
}

impl VersionRow {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text.to_le_bytes());
        out.extend_from_slice(&self.text_len.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&self.first_file.to_le_bytes());
    }

    pub(super) fn read(row: &[u8; VERSION_LEN]) -> Self {
        Self {
            text: u32_at(row, 0),
            text_len: u16_at(row, 4),
            flags: u16_at(row, 6),
            first_file: u32_at(row, 8),
        }
    }
}

/// One file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileRow {
    /// Where its blob is in the pool: digests, hex path, URL tail and name as flags tell.
    pub(super) blob: u32,
    pub(super) tail_len: u16,
    pub(super) name_len: u16,
    pub(super) flags: u16,
    /// Numbers of shared strings, 0 for none.
    pub(super) prefix: u32,
    pub(super) requires_python: u32,
    pub(super) yanked: u32,
    pub(super) digests: u32,
    pub(super) provenance: u32,
    pub(super) size: u64,
    pub(super) upload_time: i64,
}

impl FileRow {
    pub(super) fn write(&self, out: &mut [u8; FILE_LEN]) {
        out[0..4].copy_from_slice(&self.blob.to_le_bytes());
        out[4..6].copy_from_slice(&self.tail_len.to_le_bytes());
        out[6..8].copy_from_slice(&self.name_len.to_le_bytes());
        out[8..10].copy_from_slice(&self.flags.to_le_bytes());
        out[10..14].copy_from_slice(&self.prefix.to_le_bytes());
        out[14..18].copy_from_slice(&self.requires_python.to_le_bytes());
        out[18..22].copy_from_slice(&self.yanked.to_le_bytes());
        out[22..26].copy_from_slice(&self.digests.to_le_bytes());
        out[26..30].copy_from_slice(&self.provenance.to_le_bytes());
        out[30..38].copy_from_slice(&self.size.to_le_bytes());
        out[38..46].copy_from_slice(&self.upload_time.to_le_bytes());
    }

    pub(super) fn read(row: &[u8; FILE_LEN]) -> Self {
        Self {
            blob: u32_at(row, 0),
            tail_len: u16_at(row, 4),
            name_len: u16_at(row, 6),
            flags: u16_at(row, 8),
            prefix: u32_at(row, 10),
            requires_python: u32_at(row, 14),
            yanked: u32_at(row, 18),
            digests: u32_at(row, 22),
            provenance: u32_at(row, 26),
            size: u64_at(row, 30),
            upload_time: u64_at(row, 38).cast_signed(),
        }
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..at + 8)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u64::from_le_bytes)
}
