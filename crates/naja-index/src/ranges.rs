//! Byte ranges of remote wheels: only what METADATA needs.

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, IF_RANGE, RANGE};

use crate::download::{Download, ReceivedFile};
use crate::freshness::Validators;
use crate::http::{Failure, Incoming, Reader, put};

/// The part of a file that an answer holds (RFC 9110, section 14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) start: u64,
    /// One after the last byte.
    pub(crate) end: u64,
    pub(crate) total: u64,
}

/// Reads a `Content-Range` with a known total.
pub(crate) fn content_range(value: Option<&str>) -> Option<Part> {
    let rest = value?.trim().strip_prefix("bytes")?.trim_start();
    let (range, total) = rest.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let start = first.trim().parse().ok()?;
    let end = last.trim().parse::<u64>().ok()?.checked_add(1)?;
    let total = total.trim().parse().ok()?;
    (start < end && end <= total).then_some(Part { start, end, total })
}

/// Which bytes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// The last so many.
    Last(u64),
    /// From the first to before the second.
    Between(u64, u64),
}

/// What came.
pub(crate) enum Piece {
    /// What was asked for, or (of the end) what there is of it.
    Part {
        part: Part,
        bytes: Vec<u8>,
        validators: Validators,
    },
    /// The whole file: the server does not do ranges, or the file has changed.
    Whole(ReceivedFile),
    /// The server refuses ranges.
    Refused,
}

/// Reads one range, or the whole file if that is what the server sends.
pub(crate) struct RangeReader<'a> {
    pub(crate) ask: Ask,
    /// The file must still be the one that this belongs to.
    pub(crate) if_range: Option<&'a str>,
    pub(crate) whole: Download<'a>,
}

impl Reader for RangeReader<'_> {
    const LIGHT: bool = true;
    type Out = Piece;

    fn headers(&mut self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        put(&mut headers, ACCEPT_ENCODING, "identity");
        let range = match self.ask {
            Ask::Last(count) => format!("bytes=-{count}"),
            Ask::Between(start, end) => format!("bytes={start}-{}", end.saturating_sub(1)),
        };
        put(&mut headers, RANGE, &range);
        if let Some(validator) = self.if_range {
            put(&mut headers, IF_RANGE, validator);
        }
        headers
    }

    async fn read(&mut self, incoming: Incoming<'_>) -> Result<Piece, Failure> {
        match incoming.status() {
            206 => {}
            200 | 203 => return self.whole.take_in_anew(incoming).await.map(Piece::Whole),
            // Not satisfiable, not allowed, not implemented.
            400 | 405 | 416 | 501 => return Ok(Piece::Refused),
            _ => return Err(incoming.unexpected()),
        }
        let Some(part) = content_range(incoming.header("content-range")) else {
            // Several parts at once, or no total: not what was asked for.
            return Ok(Piece::Refused);
        };
        let fits = match self.ask {
            Ask::Last(count) => part.end == part.total && part.end - part.start <= count,
            Ask::Between(start, end) => part.start == start && part.end == end.min(part.total),
        };
        if !fits {
            return Ok(Piece::Refused);
        }
        let validators = incoming.validators();
        let length = part.end - part.start;
        match incoming.collect(length).await? {
            Ok(bytes) if bytes.len() as u64 == length => Ok(Piece::Part {
                part,
                bytes,
                validators,
            }),
            _ => Err(Failure::body(
                "the server sent another number of bytes than announced",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        let read = |text| content_range(Some(text));
        assert_eq!(
            read("bytes 5-9/20"),
            Some(Part {
                start: 5,
                end: 10,
                total: 20
            })
        );
        assert_eq!(
            read("bytes 0-0/1"),
            Some(Part {
                start: 0,
                end: 1,
                total: 1
            })
        );
        for bad in [
            "bytes 5-9/*",
            "bytes 9-5/20",
            "bytes 5-20/20",
            "bytes */20",
            "items 1-2/3",
            "bytes 1-18446744073709551615/18446744073709551615",
            "",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(content_range(None), None);
    }
}
