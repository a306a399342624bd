//! What a wheel says about itself, with as few bytes as possible.
//!
//! In order: kept from before; the unpacked wheel in the store; the file the index serves apart
//! (PEP 658), also tried unannounced where the server is known or not yet known to have it; the
//! end of the wheel by byte ranges; the whole wheel. What was served apart is compared with the
//! wheel when that is unpacked.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use naja_spec::{CoreMeta, CoreMetadata, Digest, SafeUrl, Sha256, WheelName};
use naja_store::zip::{RemoteDirectory, Tail, ZipError};
use naja_store::{Archive, ArchiveId, Bucket};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap};

use crate::body::decoded;
use crate::client::origin_key;
use crate::context::Context;
use crate::download::{Download, ReceivedFile, cached_wheel, local_path, unpack};
use crate::error::{FetchError, MetadataFault};
use crate::http::{Call, Failure, Incoming, Reader, put};
use crate::keys::{metadata_key, sha256_of};
use crate::net::Net;
use crate::origin;
use crate::ranges::{Ask, Piece, RangeReader};
use crate::request::{MetadataRequest, Ticket, WheelRequest};

/// No metadata is longer than this (bytes).
const MAX_METADATA: u64 = 32 << 20;
/// First guess of how many bytes at the end of a wheel hold its directory and METADATA.
const TAIL: u64 = 32 << 10;
/// Bounds of the guess when the size of the wheel is known.
const TAIL_BOUNDS: (u64, u64) = (16 << 10, 256 << 10);
/// A directory longer than this is not fetched by ranges.
const MAX_DIRECTORY: u64 = 64 << 20;
/// Version of the stored form.
const FORM: u8 = 1;
/// Bytes before the text in the stored form: version, source, zeros, time.
const PREFIX: usize = 16;
/// Milliseconds for which metadata of an address without a digest is used unasked.
const UNPROVEN_LIFE_MS: i64 = 600_000;

/// Where metadata came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Served apart by the index: still to be compared.
    Apart = 1,
    /// The wheel itself.
    Wheel = 2,
}

/// Answers from what is kept.
pub(crate) fn cached(context: &Context, wanted: &MetadataRequest) -> Option<Arc<CoreMetadata>> {
    origin::check(&context.config, wanted.origin, &wanted.url).ok()?;
    if wanted.url.is_file() {
        return local(context, wanted).ok();
    }
    if let Some(text) = kept(context, wanted)
        && let Ok(metadata) = checked(&text, wanted)
    {
        return Some(metadata);
    }
    let archive = stored_wheel(context, wanted)?;
    checked(&metadata_of(&archive)?, wanted).ok()
}

fn kept(context: &Context, wanted: &MetadataRequest) -> Option<Vec<u8>> {
    let key = metadata_key(&wanted.wheel.name, &wanted.url, wanted.sha256);
    let record = context.records.read(Bucket::Metadata, &key)?;
    let (head, text) = record.as_ref().split_first_chunk::<PREFIX>()?;
    if head[0] != FORM {
        return None;
    }
    if wanted.sha256.is_none() && !context.config.offline {
        let at = i64::from_le_bytes(head[8..].try_into().ok()?);
        let age = context.now_ms().saturating_sub(at);
        let fresh = (0..UNPROVEN_LIFE_MS).contains(&age);
        if !fresh || context.must_refresh(&wanted.wheel.name, at) {
            return None;
        }
    }
    Some(text.to_vec())
}

fn keep(context: &Context, wanted: &MetadataRequest, source: Source, text: &[u8]) {
    let key = metadata_key(&wanted.wheel.name, &wanted.url, wanted.sha256);
    let mut record = Vec::with_capacity(PREFIX + text.len());
    record.extend_from_slice(&[FORM, source as u8, 0, 0, 0, 0, 0, 0]);
    record.extend_from_slice(&context.now_ms().to_le_bytes());
    record.extend_from_slice(text);
    context.records.write(Bucket::Metadata, &key, record);
}

fn stored_wheel(context: &Context, wanted: &MetadataRequest) -> Option<Archive> {
    match wanted.sha256 {
        Some(sha256) => context.store.get(&ArchiveId(sha256)),
        None => cached_wheel(context, &as_wheel(wanted)),
    }
}

fn as_wheel(wanted: &MetadataRequest) -> WheelRequest {
    WheelRequest {
        wheel: wanted.wheel.clone(),
        url: wanted.url.clone(),
        origin: wanted.origin,
        digests: wanted.sha256.map(Digest::from).into_iter().collect(),
        size: wanted.size,
    }
}

fn metadata_of(archive: &Archive) -> Option<Vec<u8>> {
    let path = format!("{}/METADATA", archive.manifest().dist_info());
    archive.read(&path).ok().flatten()
}

/// Compares what was served apart with what is in the wheel, once that is unpacked.
///
/// # Errors
/// When they differ; what was served apart is then forgotten.
pub(crate) fn compare(
    context: &Context,
    wanted: &WheelRequest,
    archive: &Archive,
) -> Result<(), FetchError> {
    let key = metadata_key(&wanted.wheel.name, &wanted.url, sha256_of(&wanted.digests));
    let Some(record) = context.records.read(Bucket::Metadata, &key) else {
        return Ok(());
    };
    let Some((head, text)) = record.as_ref().split_first_chunk::<PREFIX>() else {
        return Ok(());
    };
    if head[0] != FORM || head[1] != Source::Apart as u8 {
        return Ok(());
    }
    let path = format!("{}/METADATA", archive.manifest().dist_info());
    let inside = archive.manifest().find(&path).map(|file| file.sha256);
    if inside == Some(Sha256::of(text)) {
        return Ok(());
    }
    context.records.remove(Bucket::Metadata, &key);
    let url = wanted.url.without_credentials();
    Err(FetchError::Metadata {
        url,
        source: MetadataFault::Contradiction,
    })
}

/// Parses metadata and compares it with the file name.
fn checked(text: &[u8], wanted: &MetadataRequest) -> Result<Arc<CoreMetadata>, FetchError> {
    parse(text, &wanted.wheel)
        .map(Arc::new)
        .map_err(|source| fault(&wanted.url, source))
}

fn parse(text: &[u8], wheel: &WheelName) -> Result<CoreMetadata, MetadataFault> {
    let metadata = CoreMetadata::parse(text)?;
    if metadata.name == wheel.name && metadata.version == wheel.version {
        return Ok(metadata);
    }
    Err(MetadataFault::OtherProject {
        name: wheel.name.clone(),
        version: wheel.version.clone(),
        found_name: metadata.name.to_string(),
        found_version: metadata.version.to_string(),
    })
}

fn fault(url: &SafeUrl, source: MetadataFault) -> FetchError {
    FetchError::Metadata {
        url: url.without_credentials(),
        source,
    }
}

/// Reads the metadata of a wheel on this machine.
pub(crate) fn local(
    context: &Context,
    wanted: &MetadataRequest,
) -> Result<Arc<CoreMetadata>, FetchError> {
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    let path = local_path(&wanted.url)?;
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
) -> Result<naja_store::zip::RemoteMember, FetchError> {
    let mut names = directory
        .members()
        .iter()
        .map(naja_store::zip::Member::name)
        .filter(|name| {
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
    size.map_or(TAIL, |size| {
        (size / 256).clamp(TAIL_BOUNDS.0, TAIL_BOUNDS.1)
    })
}

/// Fetches metadata.
pub(crate) async fn fetch(
    net: &Net,
    ticket: Ticket,
    wanted: &MetadataRequest,
) -> Result<Arc<CoreMetadata>, FetchError> {
    let context = &net.context;
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    if let Some(metadata) = cached(context, wanted) {
        return Ok(metadata);
    }
    if context.config.offline {
        return Err(FetchError::Offline {
            url: wanted.url.without_credentials(),
        });
    }
    if let Some(metadata) = apart(net, wanted).await? {
        return Ok(metadata);
    }
    let text = match by_ranges(net, ticket, wanted).await? {
        Ranged::Text(text) => text,
        Ranged::Wheel(archive) => metadata_of(&archive).ok_or_else(|| {
            fault(
                &wanted.url,
                MetadataFault::Archive("the unpacked file is damaged".to_owned()),
            )
        })?,
    };
    let metadata = checked(&text, wanted)?;
    keep(context, wanted, Source::Wheel, &text);
    Ok(metadata)
}

/// Fetches the metadata file that the index serves apart; `None` if it does not.
async fn apart(
    net: &Net,
    wanted: &MetadataRequest,
) -> Result<Option<Arc<CoreMetadata>>, FetchError> {
    let context = &net.context;
    let origin = origin_key(&wanted.url);
    let now_ms = context.now_ms();
    let facts = net.hosts.facts(&origin, now_ms);
    let announced = wanted.core_metadata != CoreMeta::No;
    if announced {
        net.hosts
            .learn(&origin, now_ms, |facts| facts.announces = true);
    } else if facts.announces || facts.sidecars == Some(false) {
        return Ok(None);
    }
    let Some(url) = apart_url(&wanted.url) else {
        return Ok(None);
    };
    // A guess must not fail the request, whatever the server makes of it.
    let passes: &[u16] = if announced {
        &[]
    } else {
        &[400, 401, 403, 405, 500, 501, 502, 503]
    };
    let call = Call {
        passes,
        ..Call::for_file(&url, wanted.origin)
    };
    let answer = net.exchange(&call, &mut ApartReader { passes }).await?;
    let learn = |works: bool| {
        if !announced {
            net.hosts.learn(&origin, now_ms, |facts| {
                // One success proves it; one failure proves nothing after a success.
                facts.sidecars = Some(works || facts.sidecars == Some(true));
            });
        }
    };
    let text = match answer {
        Apart::Text(text) => text,
        Apart::Absent { lasting } => {
            if lasting {
                learn(false);
            }
            return Ok(None);
        }
    };
    if let CoreMeta::Hash(expected) = &wanted.core_metadata {
        let found = Sha256::of(&text);
        if *expected != found {
            let expected = *expected;
            return Err(fault(
                &wanted.url,
                MetadataFault::Digest { expected, found },
            ));
        }
    }
    match checked(&text, wanted) {
        Ok(metadata) => {
            learn(true);
            keep(context, wanted, Source::Apart, &text);
            Ok(Some(metadata))
        }
        Err(error) if announced => Err(error),
        // Some servers answer 200 to everything.
        Err(_) => {
            learn(false);
            Ok(None)
        }
    }
}

/// The address of the metadata file: `.metadata` after the path (PEP 658).
fn apart_url(url: &SafeUrl) -> Option<SafeUrl> {
    let mut apart = url.as_url().clone();
    apart.set_fragment(None);
    let path = format!("{}.metadata", apart.path());
    apart.set_path(&path);
    (apart.path() == path).then(|| SafeUrl::from(apart))
}

enum Apart {
    Text(Vec<u8>),
    Absent { lasting: bool },
}

struct ApartReader<'a> {
    passes: &'a [u16],
}

impl Reader for ApartReader<'_> {
    const LIGHT: bool = true;
    type Out = Apart;

    fn headers(&mut self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        put(&mut headers, ACCEPT_ENCODING, "gzip");
        headers
    }

    async fn read(&mut self, incoming: Incoming<'_>) -> Result<Apart, Failure> {
        match incoming.status() {
            200 | 203 => {}
            404 | 410 => return Ok(Apart::Absent { lasting: true }),
            status if self.passes.contains(&status) => {
                return Ok(Apart::Absent {
                    lasting: status < 500,
                });
            }
            _ => return Err(incoming.unexpected()),
        }
        let encoding = incoming.header("content-encoding").map(str::to_owned);
        let url = incoming.url.clone();
        let body = match incoming.collect(MAX_METADATA).await? {
            Ok(body) => body,
            Err(over) => {
                return Err(fault(&url, MetadataFault::TooLong { limit: over.limit }).into());
            }
        };
        match decoded(body, encoding.as_deref()) {
            Ok(text) => Ok(Apart::Text(text)),
            Err(_) => Err(Failure::body("the compression of the answer is broken")),
        }
    }
}

enum Ranged {
    Text(Vec<u8>),
    Wheel(Archive),
}

/// Reads METADATA out of the remote wheel.
async fn by_ranges(
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
        unpack(self.net, &as_wheel(self.wanted), received)
            .await
            .map(Ranged::Wheel)
    }
}

/// Fetches the whole wheel into the store, where it will be wanted next.
async fn whole(net: &Net, ticket: Ticket, wanted: &MetadataRequest) -> Result<Ranged, FetchError> {
    let wheel = as_wheel(wanted);
    crate::download::fetch_wheel(net, ticket, &wheel)
        .await
        .map(Ranged::Wheel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_apart_is_beside_the_wheel() {
        let url = SafeUrl::parse("https://f.example/a%2Bb/x.whl?sig=1#sha256=00").unwrap();
        assert_eq!(
            apart_url(&url).unwrap().with_secrets(),
            "https://f.example/a%2Bb/x.whl.metadata?sig=1"
        );
    }

    #[test]
    fn metadata_must_be_about_the_file() {
        let wheel = WheelName::parse("Foo_Bar-1.0-py3-none-any.whl").unwrap();
        let text = |name: &str, version: &str| {
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n")
        };
        assert!(parse(text("foo.bar", "1.0.0").as_bytes(), &wheel).is_ok());
        for (name, version) in [("foo", "1.0"), ("foo-bar", "1.1"), ("foo-bar", "1.0+x")] {
            let result = parse(text(name, version).as_bytes(), &wheel);
            assert!(
                matches!(result, Err(MetadataFault::OtherProject { .. })),
                "{name} {version}"
            );
        }
    }

    #[test]
    fn guesses_are_bounded() {
        assert_eq!(tail_guess(None), TAIL);
        assert_eq!(tail_guess(Some(1)), TAIL_BOUNDS.0);
        assert_eq!(tail_guess(Some(u64::MAX)), TAIL_BOUNDS.1);
    }
}
