//! From compressed data to contents, with size and checksum checked.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use super::error::{MemberProblem, ZipError};
use super::{Member, Method};
use crate::backing::Room;
use crate::raw::{InflateFault, Inflated, Inflater};

/// Members up to this size are inflated in one call, larger ones piece by piece.
const WHOLE: u64 = 16 << 20;
/// How much is handed on at a time: larger writes cost more, page by page.
pub(crate) const PIECE: usize = 128 << 10;
/// The least a buffer has room for, in bytes.
const LEAST: usize = 256 << 10;

/// Buffers to reuse from member to member; one per thread.
#[derive(Default)]
pub struct Scratch {
    inflater: Option<Inflater>,
    buffer: Option<Room>,
}

impl Scratch {
    /// Gives back the memory if it is more than `limit` bytes.
    pub(crate) fn shrink(&mut self, limit: usize) {
        self.buffer = self.buffer.take().filter(|room| room.len() <= limit);
    }

    /// A decompressor and a buffer of `size` bytes with anything in it.
    fn room(&mut self, size: usize) -> Result<(&mut Inflater, &mut [u8]), ZipError> {
        let inflater = match &mut self.inflater {
            Some(inflater) => inflater,
            none => none.insert(Inflater::new().ok_or(ZipError::OutOfMemory)?),
        };
        let fits = self.buffer.take().filter(|room| room.len() >= size);
        let room = match fits {
            Some(room) => room,
            // Growing would copy what nobody reads.
            None => Room::new(roomy(size)).map_err(|_| ZipError::OutOfMemory)?,
        };
        Ok((inflater, &mut self.buffer.insert(room)[..size]))
    }
}

/// So much that the next members are likely to find room too.
fn roomy(size: usize) -> usize {
    size.max(LEAST).checked_next_power_of_two().unwrap_or(size)
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch")
            .field("buffer", &self.buffer.as_ref().map(|room| room.len()))
            .finish_non_exhaustive()
    }
}

/// A failure of the archive, or of whoever receives the contents.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The archive is refused.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The receiver failed.
    #[error(transparent)]
    Sink(#[from] io::Error),
}

/// Hands the contents of `member` to `sink`.
pub(super) fn copy(
    member: &Member,
    data: &[u8],
    scratch: &mut Scratch,
    sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), SinkError> {
    if let Some(contents) = whole(member, data, scratch)? {
        for piece in contents.chunks(PIECE) {
            sink(piece)?;
        }
        return Ok(());
    }
    let mut hasher = crc32fast::Hasher::new();
    stream(member, data, scratch, &mut |piece| {
        hasher.update(piece);
        sink(piece)
    })?;
    Ok(check_sum(member, hasher)?)
}

fn check_sum(member: &Member, hasher: crc32fast::Hasher) -> Result<(), ZipError> {
    if hasher.finalize() == member.crc32 {
        return Ok(());
    }
    Err(refuse(member, MemberProblem::Checksum))
}

fn refuse(member: &Member, problem: MemberProblem) -> ZipError {
    ZipError::member(member.name.as_bytes(), problem)
}

/// The contents of `member` in one piece, checked; `None` when they are too large for that.
pub(super) fn whole<'a>(
    member: &Member,
    data: &'a [u8],
    scratch: &'a mut Scratch,
) -> Result<Option<&'a [u8]>, ZipError> {
    let contents = match member.method {
        Method::Stored => data,
        Method::Deflate if member.size <= WHOLE => inflated(member, data, scratch)?,
        Method::Deflate => return Ok(None),
    };
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(contents);
    check_sum(member, hasher)?;
    Ok(Some(contents))
}

fn inflated<'a>(
    member: &Member,
    data: &[u8],
    scratch: &'a mut Scratch,
) -> Result<&'a [u8], ZipError> {
    let size = usize::try_from(member.size).map_err(|_| ZipError::OutOfMemory)?;
    let (inflater, output) = scratch.room(size)?;
    let problem = match inflater.inflate(data, output) {
        Ok(Inflated { written, .. }) if written != size => MemberProblem::WrongSize(member.size),
        Ok(Inflated { read, .. }) if read != data.len() => {
            MemberProblem::Trailing((data.len() - read) as u64)
        }
        Ok(_) => return Ok(output),
        Err(InflateFault::TooLong) => MemberProblem::WrongSize(member.size),
        Err(InflateFault::Corrupt) => MemberProblem::Corrupt,
    };
    Err(refuse(member, problem))
}

fn stream(
    member: &Member,
    data: &[u8],
    scratch: &mut Scratch,
    emit: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), SinkError> {
    let refuse = |problem| SinkError::Zip(refuse(member, problem));
    let (_, buffer) = scratch.room(PIECE)?;
    let mut inflate = Decompress::new(false);
    let mut rest = data;
    let mut total = 0_u64;
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let status = inflate
            .decompress(rest, buffer, FlushDecompress::None)
            .map_err(|_| refuse(MemberProblem::Corrupt))?;
        let read = usize::try_from(inflate.total_in() - read).unwrap_or(rest.len());
        let written = usize::try_from(inflate.total_out() - written).unwrap_or(0);
        rest = rest.get(read..).unwrap_or_default();
        total += written as u64;
        if total > member.size {
            return Err(refuse(MemberProblem::WrongSize(member.size)));
        }
        emit(buffer.get(..written).unwrap_or_default())?;
        match status {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError if read == 0 && written == 0 => {
                return Err(refuse(MemberProblem::Corrupt));
            }
            Status::Ok | Status::BufError => {}
        }
    }
    if !rest.is_empty() {
        return Err(refuse(MemberProblem::Trailing(rest.len() as u64)));
    }
    if total != member.size {
        return Err(refuse(MemberProblem::WrongSize(member.size)));
    }
    Ok(())
}
