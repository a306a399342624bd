//! From packed bytes to a tar stream, within bounds.

use std::io::{self, BufReader, Read};

use naja_spec::SdistExtension;

use super::SourceProblem;
use crate::zip::Limits;

/// Memory a decoder of `.xz` may use for its window, in KiB; the largest preset needs 64 MiB.
const XZ_MEMORY: u32 = 160 << 10;

/// Opens the tar stream inside `bytes`; what it yields is bounded.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    packing: SdistExtension,
    limits: &Limits,
) -> Result<Box<dyn Read + 'a>, SourceProblem> {
    let packed = bytes.len() as u64;
    let limit = limits.total_for(packed);
    let stream: Box<dyn Read + 'a> = match packing {
        SdistExtension::TarGz | SdistExtension::Tgz => {
            Box::new(flate2::bufread::MultiGzDecoder::new(bytes))
        }
        SdistExtension::TarBz2 => Box::new(bzip2::bufread::MultiBzDecoder::new(bytes)),
        SdistExtension::TarXz => {
            Box::new(lzma_rust2::XzReader::new_mem_limit(bytes, true, XZ_MEMORY))
        }
        SdistExtension::TarZst => Box::new(
            ruzstd::decoding::StreamingDecoder::new(bytes)
                .map_err(|error| SourceProblem::Compression(error.to_string()))?,
        ),
        SdistExtension::Tar => Box::new(bytes),
        SdistExtension::Zip => return Err(SourceProblem::Packing),
    };
    let bounded = Bounded {
        stream,
        left: limit,
        limit,
    };
    Ok(Box::new(BufReader::with_capacity(64 << 10, bounded)))
}

/// A stream that fails once it yielded more than it may.
struct Bounded<R> {
    stream: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::other(SourceProblem::TooLarge {
                    limit: self.limit,
                }));
            }
        }
        Ok(count)
    }
}
