//! From compressed data to contents, with size and checksum checked.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use super::error::{MemberProblem, ZipError};
use super::{Member, Method};
use crate::raw::{InflateFault, Inflated, Inflater};

/// Members up to this size are inflated in one call, larger ones piece by piece.
const WHOLE: u64 = 4 << 20;
/// How much is handed on at a time: larger writes cost more, page by page.
const PIECE: usize = 128 << 10;

/// Buffers to reuse from member to member; one per thread.
#[derive(Default)]
pub struct Scratch {
    inflater: Option<Inflater>,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch")
            .field("buffer", &self.buffer.len())
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
    let refuse = |problem| SinkError::Zip(ZipError::member(member.name.as_bytes(), problem));
    let mut hasher = crc32fast::Hasher::new();
    let mut emit = |piece: &[u8]| {
        hasher.update(piece);
        sink(piece)
    };
    match member.method {
        Method::Stored => {
            for piece in data.chunks(PIECE) {
                emit(piece)?;
            }
        }
        Method::Deflate if member.size <= WHOLE => {
            let contents = whole(member, data, scratch)?;
            for piece in contents.chunks(PIECE) {
                emit(piece)?;
            }
        }
        Method::Deflate => stream(member, data, scratch, &mut emit)?,
    }
    if hasher.finalize() != member.crc32 {
        return Err(refuse(MemberProblem::Checksum));
    }
    Ok(())
}

fn whole<'a>(member: &Member, data: &[u8], scratch: &'a mut Scratch) -> Result<&'a [u8], ZipError> {
    let refuse = |problem| ZipError::member(member.name.as_bytes(), problem);
    let size = usize::try_from(member.size).map_err(|_| ZipError::OutOfMemory)?;
    let inflater = match &mut scratch.inflater {
        Some(inflater) => inflater,
        none => none.insert(Inflater::new().ok_or(ZipError::OutOfMemory)?),
    };
    if scratch.buffer.len() < size {
        scratch.buffer.resize(size, 0);
    }
    let output = &mut scratch.buffer[..size];
    match inflater.inflate(data, output) {
        Ok(Inflated { written, .. }) if written != size => {
            Err(refuse(MemberProblem::WrongSize(member.size)))
        }
        Ok(Inflated { read, .. }) if read != data.len() => {
            Err(refuse(MemberProblem::Trailing((data.len() - read) as u64)))
        }
        Ok(_) => Ok(output),
        Err(InflateFault::TooLong) => Err(refuse(MemberProblem::WrongSize(member.size))),
        Err(InflateFault::Corrupt) => Err(refuse(MemberProblem::Corrupt)),
    }
}

fn stream(
    member: &Member,
    data: &[u8],
    scratch: &mut Scratch,
    emit: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), SinkError> {
    let refuse = |problem| SinkError::Zip(ZipError::member(member.name.as_bytes(), problem));
    if scratch.buffer.len() < PIECE {
        scratch.buffer.resize(PIECE, 0);
    }
    let buffer = &mut scratch.buffer[..PIECE];
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
