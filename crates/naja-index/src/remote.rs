//! METADATA out of a wheel that is not unpacked: from its end, here or elsewhere.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use naja_spec::CoreMetadata;
use naja_store::Archive;
use naja_store::zip::{Member, RemoteDirectory, RemoteMember, Tail, ZipError};

use crate::client::origin_key;
use crate::context::Context;
use crate::download::{Download, ReceivedFile};
use crate::error::{FetchError, MetadataFault};
use crate::http::Call;
use crate::metadata::{MAX_METADATA, as_wheel, checked, fault};
use crate::net::Net;
use crate::origin;
use crate::ranges::{Ask, Piece, RangeReader};
use crate::request::{MetadataRequest, Ticket};
use crate::{local, unpacked};

/// First guess of how many bytes at the end of a wheel hold its directory and METADATA.
const TAIL: u64 = 32 << 10;
/// Bounds of the guess when the size of the wheel is known.
const TAIL_BOUNDS: (u64, u64) = (24 << 10, 512 << 10);
/// A directory longer than this is not fetched by ranges.
const MAX_DIRECTORY: u64 = 64 << 20;

/// Reads the metadata of a wheel on this machine.
pub(crate) fn local(
    context: &Context,
    wanted: &MetadataRequest,
) -> Result<Arc<CoreMetadata>, FetchError> {
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    let path = local::path_of(&wanted.url)?;
    let fail = |source| FetchError::Local {
        path: path.clone(),
        source,
    };
    let mut file = File::open(&path).map_err(fail)?;
    let size = file.metadata().map_err(fail)?.len();
    let mut read = |start: u64, end: u64| {
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = vec![0; usize::try_from(end - start).map_err(std::io::Error::other)?];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let mut start = size.saturating_sub(tail_guess(Some(size)));
    let mut tail = read(start, size).map_err(fail)?;
    let directory = loop {
        match RemoteDirectory::from_tail(&tail, size).map_err(|e| archive_fault(wanted, &e))? {
            Tail::Complete(directory) => break directory,
            Tail::Needs { from } if from < start && size - from <= MAX_DIRECTORY => {
                start = from;
                tail = read(start, size).map_err(fail)?;
            }
            Tail::Needs { .. } => return Err(too_long(wanted)),
        }
    };
    let member = metadata_member(&directory, wanted)?;
    let range = member.range();
    if range.end.saturating_sub(range.start) > MAX_METADATA {
        return Err(too_long(wanted));
    }
    let bytes = read(range.start, range.end).map_err(fail)?;
    let text = member
        .extract(&bytes)
        .map_err(|error| archive_fault(wanted, &error))?;
    checked(&text, wanted)
}

fn archive_fault(wanted: &MetadataRequest, error: &ZipError) -> FetchError {
    fault(
        &wanted.url,
        MetadataFault::Archive(crate::transport::chain(error)),
    )
}

fn too_long(wanted: &MetadataRequest) -> FetchError {
    fault(
        &wanted.url,
        MetadataFault::TooLong {
            limit: MAX_METADATA,
        },
    )
}

/// Finds the one `*.dist-info/METADATA` at the top of a wheel.
fn metadata_member(
    directory: &RemoteDirectory,
    wanted: &MetadataRequest,
) -> Result<RemoteMember, FetchError> {
    let mut names = directory.members().iter().map(Member::name).filter(|name| {
        name.strip_suffix("/METADATA")
            .is_some_and(|folder| folder.ends_with(".dist-info") && !folder.contains('/'))
    });
    match (names.next(), names.next()) {
        (Some(name), None) => directory
            .member(name)
            .map_err(|error| archive_fault(wanted, &error)),
        (None, _) => Err(fault(
            &wanted.url,
            MetadataFault::Archive("there is none".to_owned()),
        )),
        _ => Err(fault(
            &wanted.url,
            MetadataFault::Archive("there are several".to_owned()),
        )),
    }
}

fn tail_guess(size: Option<u64>) -> u64 {
    size.map_or(TAIL, |size| (size / 96).clamp(TAIL_BOUNDS.0, TAIL_BOUNDS.1))
}

pub(crate) enum Ranged {
    Text(Vec<u8>),
    Wheel(Archive),
}

/// Reads METADATA out of the remote wheel.
pub(crate) async fn by_ranges(
    net: &Net,
    ticket: Ticket,
    wanted: &MetadataRequest,
) -> Result<Ranged, FetchError> {
    let origin = origin_key(&wanted.url);
    let now_ms = net.context.now_ms();
    if net.hosts.facts(&origin, now_ms).ranges == Some(false) {
        return whole(net, ticket, wanted).await;
    }
    let mut remote = Remote {
        net,
        ticket,
        wanted,
        validator: None,
    };
    let guess = tail_guess(wanted.size);
    let ask = match wanted.size {
        Some(size) if size > 0 => Ask::Between(size.saturating_sub(guess), size),
        _ => Ask::Last(guess),
    };
    let (part, tail, validators) = match remote.piece(ask).await? {
        Piece::Part {
            part,
            bytes,
            validators,
        } => (part, bytes, validators),
        Piece::Whole(received) => {
            // A file that is shorter than what was asked for may be sent whole.
            if received.len() > guess {
                net.hosts
                    .learn(&origin, now_ms, |facts| facts.ranges = Some(false));
            }
            return remote.unpacked(received).await;
        }
        Piece::Refused => return whole(net, ticket, wanted).await,
    };
    net.hosts
        .learn(&origin, now_ms, |facts| facts.ranges = Some(true));
    remote.validator = validators.for_ranges().map(str::to_owned);
    match remote.member(part.start, tail, part.total).await? {
        Some(ranged) => Ok(ranged),
        None => whole(net, ticket, wanted).await,
    }
}

/// A remote wheel that is read piecewise.
struct Remote<'a> {
    net: &'a Net,
    ticket: Ticket,
    wanted: &'a MetadataRequest,
    validator: Option<String>,
}

impl Remote<'_> {
    async fn piece(&self, ask: Ask) -> Result<Piece, FetchError> {
        let wanted = self.wanted;
        let call = Call::for_file(&wanted.url, wanted.origin);
        let whole = Download::new(self.net, self.ticket, wanted.size, None);
        let mut reader = RangeReader {
            ask,
            if_range: self.validator.as_deref(),
            whole,
        };
        self.net.exchange(&call, &mut reader).await
    }

    /// Goes from the end of the file to METADATA; `None` if ranges do not lead there.
    async fn member(
        &self,
        mut start: u64,
        mut tail: Vec<u8>,
        total: u64,
    ) -> Result<Option<Ranged>, FetchError> {
        let refuse = |error: ZipError| archive_fault(self.wanted, &error);
        let directory = loop {
            match RemoteDirectory::from_tail(&tail, total).map_err(refuse)? {
                Tail::Complete(directory) => break directory,
                Tail::Needs { from } if from < start && total - from <= MAX_DIRECTORY => {
                    let mut bytes = match self.piece(Ask::Between(from, start)).await? {
                        Piece::Part { bytes, .. } => bytes,
                        Piece::Whole(received) => return self.unpacked(received).await.map(Some),
                        Piece::Refused => return Ok(None),
                    };
                    bytes.append(&mut tail);
                    (tail, start) = (bytes, from);
                }
                Tail::Needs { .. } => return Ok(None),
            }
        };
        let member = metadata_member(&directory, self.wanted)?;
        let range = member.range();
        if range.end.saturating_sub(range.start) > MAX_METADATA {
            return Err(too_long(self.wanted));
        }
        let at_hand = range.start.checked_sub(start).and_then(|from| {
            let to = usize::try_from(range.end - start).ok()?;
            tail.get(usize::try_from(from).ok()?..to)
        });
        let text = match at_hand {
            Some(bytes) => member.extract(bytes).map_err(refuse)?,
            None => match self.piece(Ask::Between(range.start, range.end)).await? {
                Piece::Part { bytes, .. } => member.extract(&bytes).map_err(refuse)?,
                Piece::Whole(received) => return self.unpacked(received).await.map(Some),
                Piece::Refused => return Ok(None),
            },
        };
        Ok(Some(Ranged::Text(text)))
    }

    async fn unpacked(&self, received: ReceivedFile) -> Result<Ranged, FetchError> {
        unpacked::unpack(self.net, &as_wheel(self.wanted), received)
            .await
            .map(Ranged::Wheel)
    }
}

/// Fetches the whole wheel into the store, where it will be wanted next.
async fn whole(net: &Net, ticket: Ticket, wanted: &MetadataRequest) -> Result<Ranged, FetchError> {
    let wheel = as_wheel(wanted);
    unpacked::fetch(net, ticket, &wheel)
        .await
        .map(Ranged::Wheel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_bounded() {
        assert_eq!(tail_guess(None), TAIL);
        assert_eq!(tail_guess(Some(1)), TAIL_BOUNDS.0);
        assert_eq!(tail_guess(Some(u64::MAX)), TAIL_BOUNDS.1);
    }
}
