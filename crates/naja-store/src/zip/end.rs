//! The records at the end of an archive that say where its directory is.

use super::bytes::{u16_at, u32_at, u64_at};
use super::error::ZipError;

const END: u32 = 0x0605_4b50;
const END_LEN: usize = 22;
const LOCATOR: u32 = 0x0706_4b50;
const LOCATOR_LEN: usize = 20;
const END64: u32 = 0x0606_4b50;
const END64_LEN: usize = 56;
/// The longest end of an archive: comment, end record, locator and zip64 end record.
pub(crate) const MAX_END: usize = 0xffff + END_LEN + LOCATOR_LEN + END64_LEN;

/// Where the central directory lies and how many members it lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) count: u64,
}

/// What the end of an archive says about its directory.
pub(super) enum Found {
    At(Location),
    /// The bytes at hand do not reach back far enough.
    More,
}

/// Finds the directory from `tail`, the last bytes of a file that is `total` bytes long.
///
/// The end record must reach exactly to the end of the file, the directory exactly to the
/// end record, and the zip64 records, if any, must agree with the plain one.
pub(super) fn locate(tail: &[u8], total: u64) -> Result<Found, ZipError> {
    let tail_start = total
        .checked_sub(tail.len() as u64)
        .ok_or(ZipError::Directory(
            "more bytes were given than the file has",
        ))?;
    let Some(at) = find_end(tail) else {
        let searched_all = tail_start == 0 || tail.len() >= MAX_END;
        return if searched_all {
            Err(ZipError::NoDirectory)
        } else {
            Ok(Found::More)
        };
    };
    let record = EndRecord::read(&tail[at..]).ok_or(ZipError::NoDirectory)?;
    if at + END_LEN + usize::from(record.comment) != tail.len() {
        return Err(ZipError::Directory(
            "the end record does not reach the end of the file",
        ));
    }
    let position = tail_start + at as u64;
    if at < LOCATOR_LEN && tail_start > 0 {
        return Ok(Found::More);
    }
    let located = at
        .checked_sub(LOCATOR_LEN)
        .filter(|&l| u32_at(tail, l) == Some(LOCATOR));
    let (location, end) = match located {
        None => (record.plain()?, position),
        Some(_) if at < LOCATOR_LEN + END64_LEN && tail_start > 0 => return Ok(Found::More),
        Some(locator) => {
            let location = zip64(tail, locator, tail_start, &record)?;
            (location, position - (LOCATOR_LEN + END64_LEN) as u64)
        }
    };
    if location.offset.checked_add(location.length) != Some(end) {
        return Err(ZipError::Directory(
            "the directory does not end where the end record begins",
        ));
    }
    Ok(Found::At(location))
}

/// Position of the last end record's signature.
fn find_end(tail: &[u8]) -> Option<usize> {
    let last = tail.len().checked_sub(END_LEN)?;
    let first = tail.len().saturating_sub(END_LEN + 0xffff);
    (first..=last)
        .rev()
        .find(|&at| u32_at(tail, at) == Some(END))
}

struct EndRecord {
    disk: u16,
    directory_disk: u16,
    count_here: u16,
    count: u16,
    length: u32,
    offset: u32,
    comment: u16,
}

impl EndRecord {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            disk: u16_at(bytes, 4)?,
            directory_disk: u16_at(bytes, 6)?,
            count_here: u16_at(bytes, 8)?,
            count: u16_at(bytes, 10)?,
            length: u32_at(bytes, 12)?,
            offset: u32_at(bytes, 16)?,
            comment: u16_at(bytes, 20)?,
        })
    }

    fn plain(&self) -> Result<Location, ZipError> {
        if self.disk != 0 || self.directory_disk != 0 || self.count_here != self.count {
            return Err(ZipError::Split);
        }
        if self.count == u16::MAX || self.length == u32::MAX || self.offset == u32::MAX {
            return Err(ZipError::Directory("the zip64 records are absent"));
        }
        Ok(Location {
            offset: u64::from(self.offset),
            length: u64::from(self.length),
            count: u64::from(self.count),
        })
    }
}

/// Reads the zip64 end record before `locator` and compares it with the plain one.
fn zip64(
    tail: &[u8],
    locator: usize,
    tail_start: u64,
    plain: &EndRecord,
) -> Result<Location, ZipError> {
    const SHORT: ZipError = ZipError::Directory("the zip64 records are cut short");
    let at = locator.checked_sub(END64_LEN).ok_or(SHORT)?;
    let locator_bytes = &tail[locator..];
    if u32_at(locator_bytes, 4) != Some(0) || u32_at(locator_bytes, 16) != Some(1) {
        return Err(ZipError::Split);
    }
    if u64_at(locator_bytes, 8) != Some(tail_start + at as u64) {
        return Err(ZipError::Directory(
            "the zip64 end record is not where its locator says",
        ));
    }
    let record = &tail[at..locator];
    if u32_at(record, 0) != Some(END64) || u64_at(record, 4) != Some(END64_LEN as u64 - 12) {
        return Err(ZipError::Directory("the zip64 end record is malformed"));
    }
    if u32_at(record, 16) != Some(0) || u32_at(record, 20) != Some(0) {
        return Err(ZipError::Split);
    }
    let count_here = u64_at(record, 24).ok_or(SHORT)?;
    let count = u64_at(record, 32).ok_or(SHORT)?;
    let length = u64_at(record, 40).ok_or(SHORT)?;
    let offset = u64_at(record, 48).ok_or(SHORT)?;
    if count_here != count {
        return Err(ZipError::Split);
    }
    let agrees16 = |small: u16, big: u64| small == u16::MAX || u64::from(small) == big;
    let agrees32 = |small: u32, big: u64| small == u32::MAX || u64::from(small) == big;
    if !(agrees16(plain.count, count)
        && agrees16(plain.count_here, count)
        && agrees32(plain.length, length)
        && agrees32(plain.offset, offset)
        && agrees16(plain.disk, 0)
        && agrees16(plain.directory_disk, 0))
    {
        return Err(ZipError::Directory("the two end records disagree"));
    }
    Ok(Location {
        offset,
        length,
        count,
    })
}
