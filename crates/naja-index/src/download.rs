//! Whole files: received into a temporary file, resumed when broken off, checked, unpacked.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use naja_spec::{Digest, HashAlgorithm, PackageName, SafeUrl, Sha256, Version, WheelName};
use naja_store::{Archive, ArchiveId, StoreError, TempFile, WheelExpectation};
use reqwest::header::{
    ACCEPT_ENCODING, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE,
};

use crate::context::Context;
use crate::error::{FetchError, FileFault};
use crate::freshness::{Stamp, Validators};
use crate::http::{Call, Failure, Incoming, Reader};
use crate::keys::sha256_of;
use crate::net::Net;
use crate::pointers::{self, Pointer};
use crate::ranges::content_range;
use crate::request::{FetchedFile, FileRequest, Reply, Ticket, WheelRequest};
use crate::{metadata, origin};

/// Bytes are written in pieces of at least this size.
const PIECE: usize = 256 << 10;
/// A file of unknown size may not be longer than this (bytes).
const MAX_FILE: u64 = 16 << 30;
/// Word of progress is sent at most this often.
const PROGRESS: Duration = Duration::from_millis(100);

/// Answers from the store: by digest, or by an address that is known to lead there.
pub(crate) fn cached_wheel(context: &Context, wanted: &WheelRequest) -> Option<Archive> {
    origin::check(&context.config, wanted.origin, &wanted.url).ok()?;
    if sha256_of(&wanted.digests).is_some() {
        let mut stored = wanted
            .digests
            .iter()
            .filter_map(Digest::as_sha256)
            .filter_map(|sha256| context.store.get(&ArchiveId(sha256)));
        return stored.find(|archive| fits(archive, wanted));
    }
    if wanted.url.is_file() {
        return None;
    }
    let pointer = pointers::read(context, &wanted.url)?;
    let usable = pointer.is_fresh(context, &wanted.wheel.name) || context.config.offline;
    usable
        .then(|| pointer.archive(context, &wanted.digests))
        .flatten()
}

/// Whether an archive was unpacked from a wheel of this name: the same bytes under another name
/// have to be refused as they would be the first time.
fn fits(archive: &Archive, wanted: &WheelRequest) -> bool {
    let manifest = archive.manifest();
    PackageName::parse(manifest.name()).is_ok_and(|name| name == wanted.wheel.name)
        && Version::parse(manifest.version()).is_ok_and(|version| version == wanted.wheel.version)
}

/// Brings a local wheel into the store.
pub(crate) fn local_wheel(context: &Context, wanted: &WheelRequest) -> Result<Archive, FetchError> {
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    if let Some(archive) = cached_wheel(context, wanted) {
        return Ok(archive);
    }
    let path = local_path(&wanted.url)?;
    // A file that was not touched since leads where it led.
    let identity = file_identity(&path).map(|etag| Validators {
        etag: Some(etag),
        modified: None,
        max_age: u64::MAX / 2000,
    });
    let earlier = pointers::read(context, &wanted.url);
    if let (Some(identity), Some(pointer)) = (&identity, earlier)
        && pointer.stamp.etag == identity.etag
        && let Some(archive) = pointer.archive(context, &wanted.digests)
    {
        return Ok(archive);
    }
    let expect = expectation(&wanted.wheel, &wanted.digests, wanted.size);
    let workers = context.workers.limit();
    let archive = context
        .store
        .put_wheel_at(&path, &expect, workers)
        .map_err(|source| FetchError::Store {
            url: wanted.url.clone(),
            source,
        })?;
    if let Some(identity) = identity {
        let pointer = Pointer::new(&archive, &wanted.digests, identity, context.now_ms());
        pointers::write(context, &wanted.url, &pointer);
    }
    Ok(archive)
}

/// Size, time of change and, where there is one, inode of a file.
fn file_identity(path: &Path) -> Option<String> {
    let metadata = std::fs::metadata(path).ok()?;
    let changed = metadata
        .modified()
        .ok()?
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Some(format!("{}-{}-{inode}", metadata.len(), changed.as_nanos()))
}

pub(crate) fn local_path(url: &SafeUrl) -> Result<PathBuf, FetchError> {
    url.to_file_path().ok_or_else(|| FetchError::Refused {
        url: url.without_credentials(),
        why: crate::error::Refusal::Scheme,
    })
}

fn expectation<'a>(
    name: &'a WheelName,
    digests: &'a [Digest],
    size: Option<u64>,
) -> WheelExpectation<'a> {
    WheelExpectation {
        name,
        digests,
        size,
    }
}

/// Brings a wheel into the store.
pub(crate) async fn fetch_wheel(
    net: &Net,
    ticket: Ticket,
    wanted: &WheelRequest,
) -> Result<Archive, FetchError> {
    let context = &net.context;
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    if let Some(archive) = cached_wheel(context, wanted) {
        return Ok(archive);
    }
    if context.config.offline {
        return Err(FetchError::Offline {
            url: wanted.url.without_credentials(),
        });
    }
    let earlier = match sha256_of(&wanted.digests) {
        Some(_) => None,
        None => pointers::read(context, &wanted.url)
            .and_then(|pointer| Some((pointer.archive(context, &wanted.digests)?, pointer))),
    };
    let stamp = earlier.as_ref().map(|(_, pointer)| &pointer.stamp);
    let mut download = Download::new(net, ticket, wanted.size, stamp);
    let call = Call::for_file(&wanted.url, wanted.origin);
    // A resumed file that turns out wrong may have been put together from two: once more.
    for last in [false, true] {
        let received = match net.exchange(&call, &mut download).await? {
            Received::Unchanged(newer) => {
                if let Some((archive, pointer)) = earlier {
                    let pointer = pointer.confirmed(newer, context.now_ms());
                    pointers::write(context, &wanted.url, &pointer);
                    return Ok(archive);
                }
                return Err(FetchError::Stopped);
            }
            Received::File(received) => received,
        };
        let resumed = received.resumed;
        match unpack(net, wanted, received).await {
            Err(FetchError::Store {
                source: StoreError::DigestMismatch { .. },
                ..
            }) if resumed && !last => {
                download = Download::new(net, ticket, wanted.size, None);
            }
            result => return result,
        }
    }
    Err(FetchError::Stopped)
}

/// Unpacks a received wheel on a worker and compares its metadata with what was served apart.
pub(crate) async fn unpack(
    net: &Net,
    wanted: &WheelRequest,
    received: ReceivedFile,
) -> Result<Archive, FetchError> {
    let context = Arc::clone(&net.context);
    let wanted = wanted.clone();
    let unpacking = net.unpacking.get() + 1;
    net.unpacking.set(unpacking);
    let threads = (context.workers.limit() / unpacking).max(1);
    let job = move || {
        let expect = expectation(&wanted.wheel, &wanted.digests, wanted.size);
        let stored = context.store.put_wheel(received.file, &expect, threads);
        let archive = stored.map_err(|source| FetchError::Store {
            url: wanted.url.without_credentials(),
            source,
        })?;
        metadata::compare(&context, &wanted, &archive)?;
        if sha256_of(&wanted.digests).is_none() {
            let (digests, now_ms) = (&wanted.digests, context.now_ms());
            let pointer = Pointer::new(&archive, digests, received.validators, now_ms);
            pointers::write(&context, &wanted.url, &pointer);
        }
        Ok(archive)
    };
    let result = net.context.workers.run(job).await;
    net.unpacking.set(net.unpacking.get().saturating_sub(1));
    result.unwrap_or(Err(FetchError::Stopped))
}

/// Brings any other file; it lives as long as the answer.
pub(crate) async fn fetch_file(
    net: &Net,
    ticket: Ticket,
    wanted: &FileRequest,
) -> Result<Arc<FetchedFile>, FetchError> {
    let context = &net.context;
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    if context.config.offline {
        return Err(FetchError::Offline {
            url: wanted.url.without_credentials(),
        });
    }
    let call = Call::for_file(&wanted.url, wanted.origin);
    let mut download = Download::new(net, ticket, wanted.size, None);
    let Received::File(received) = net.exchange(&call, &mut download).await? else {
        return Err(FetchError::Stopped);
    };
    let wanted = wanted.clone();
    let job = move || {
        let file = received.file;
        check_file(&wanted, file.path(), file.sha256(), file.len())?;
        Ok(Arc::new(FetchedFile::received(file)))
    };
    context
        .workers
        .run(job)
        .await
        .unwrap_or(Err(FetchError::Stopped))
}

/// Checks size and digests of a file. For SHA-256, or else for a longer kind of its family, one of
/// the values must be right; weak and other kinds prove nothing.
fn check_file(
    wanted: &FileRequest,
    path: &Path,
    sha256: Sha256,
    size: u64,
) -> Result<(), FetchError> {
    let fault = |fault| FetchError::File {
        url: wanted.url.without_credentials(),
        fault,
    };
    if let Some(expected) = wanted.size.filter(|expected| *expected != size) {
        return Err(fault(FileFault::Size {
            expected,
            found: size,
        }));
    }
    let Some(first) = wanted.digests.first() else {
        return Ok(());
    };
    for algorithm in [
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha512,
        HashAlgorithm::Sha384,
    ] {
        let mut expected = wanted
            .digests
            .iter()
            .filter(|d| d.algorithm() == algorithm)
            .peekable();
        let Some(one) = expected.peek().map(ToString::to_string) else {
            continue;
        };
        let found = match algorithm {
            HashAlgorithm::Sha512 => hashed::<sha2::Sha512>(path)?.0,
            HashAlgorithm::Sha384 => hashed::<sha2::Sha384>(path)?.0,
            _ => sha256.as_bytes().to_vec(),
        };
        if expected.any(|digest| digest.as_bytes() == found) {
            return Ok(());
        }
        let hex: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        return Err(fault(FileFault::Digest {
            expected: one,
            found: format!("{algorithm}:{hex}"),
        }));
    }
    Err(fault(FileFault::WeakDigest(first.algorithm().to_string())))
}

/// Hashes a file; also returns its length.
fn hashed<H: sha2::Digest>(path: &Path) -> Result<(Vec<u8>, u64), FetchError> {
    let fail = |source| FetchError::Local {
        path: path.to_owned(),
        source,
    };
    let mut file = std::fs::File::open(path).map_err(fail)?;
    let (mut hasher, mut size, mut piece) = (H::new(), 0, vec![0; PIECE]);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok((hasher.finalize().to_vec(), size)),
            Ok(count) => {
                hasher.update(&piece[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(fail(error)),
        }
    }
}

/// What a download brought.
pub(crate) enum Received {
    /// The whole file.
    File(ReceivedFile),
    /// The server confirmed the earlier one.
    Unchanged(Validators),
}

/// A file that was received whole.
pub(crate) struct ReceivedFile {
    pub(crate) file: TempFile,
    pub(crate) validators: Validators,
    /// Put together from several answers.
    resumed: bool,
}

impl ReceivedFile {
    /// The length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.file.len()
    }
}

/// Receives one file over any number of attempts.
pub(crate) struct Download<'a> {
    net: &'a Net,
    ticket: Ticket,
    size: Option<u64>,
    conditions: Option<&'a Stamp>,
    partial: Option<Partial>,
    last_word: Instant,
}

struct Partial {
    file: TempFile,
    validators: Validators,
    resumed: bool,
}

impl<'a> Download<'a> {
    pub(crate) fn new(
        net: &'a Net,
        ticket: Ticket,
        size: Option<u64>,
        conditions: Option<&'a Stamp>,
    ) -> Self {
        Self {
            net,
            ticket,
            size,
            conditions,
            partial: None,
            last_word: Instant::now(),
        }
    }

    /// Takes in the body of a 200 (whole) or 206 (rest) answer.
    pub(crate) async fn take_in(
        &mut self,
        mut incoming: Incoming<'_>,
    ) -> Result<ReceivedFile, Failure> {
        let url = incoming.url.clone();
        let mut partial = self.begin(&incoming)?;
        let start = partial.file.len();
        let total = incoming.length().map(|length| start + length).or(self.size);
        let mut piece = Vec::new();
        let outcome = loop {
            match incoming.chunk().await {
                Err(failure) => break Err(failure),
                Ok(None) => break Ok(()),
                Ok(Some(chunk)) => piece.extend_from_slice(&chunk),
            }
            let done = partial.file.len() + piece.len() as u64;
            self.check_length(&url, done)?;
            if piece.len() >= PIECE {
                write(&mut partial.file, &mut piece, &url)?;
                self.progress(done, total);
            }
        };
        write(&mut partial.file, &mut piece, &url)?;
        if let Err(failure) = outcome {
            self.partial = Some(partial);
            return Err(failure);
        }
        let found = partial.file.len();
        if let Some(expected) = self.size.filter(|size| *size != found) {
            return Err(FetchError::File {
                url,
                fault: FileFault::Size { expected, found },
            }
            .into());
        }
        let Partial {
            file,
            validators,
            resumed,
        } = partial;
        Ok(ReceivedFile {
            file,
            validators,
            resumed,
        })
    }

    /// Finds the file to go on with, or a new one.
    fn begin(&mut self, incoming: &Incoming<'_>) -> Result<Partial, Failure> {
        let earlier = self.partial.take();
        if incoming.status() == 206 {
            let start = content_range(incoming.header("content-range")).map(|range| range.start);
            return match earlier {
                Some(mut partial) if start == Some(partial.file.len()) => {
                    partial.resumed = true;
                    Ok(partial)
                }
                // Not what was asked for: the next attempt begins anew.
                _ => Err(Failure::body(
                    "the server sent another range than asked for",
                )),
            };
        }
        let validators = incoming.validators();
        let store = |source| FetchError::Store {
            url: incoming.url.clone(),
            source,
        };
        let file = self.net.context.store.temp_file().map_err(store)?;
        Ok(Partial {
            file,
            validators,
            resumed: false,
        })
    }

    fn check_length(&self, url: &SafeUrl, found: u64) -> Result<(), FetchError> {
        let expected = self.size.unwrap_or(MAX_FILE);
        if found > expected {
            let (url, fault) = (url.clone(), FileFault::Size { expected, found });
            return Err(FetchError::File { url, fault });
        }
        Ok(())
    }

    fn progress(&mut self, bytes_done: u64, bytes_total: Option<u64>) {
        if self.last_word.elapsed() >= PROGRESS {
            self.last_word = Instant::now();
            let ticket = self.ticket;
            self.net.context.progress(Reply::Progress {
                ticket,
                bytes_done,
                bytes_total,
            });
        }
    }
}

fn write(file: &mut TempFile, piece: &mut Vec<u8>, url: &SafeUrl) -> Result<(), FetchError> {
    let written = file.write_all(piece);
    piece.clear();
    written.map_err(|source| {
        let path = file.path().to_owned();
        let source = StoreError::Io {
            action: "write",
            path,
            source,
        };
        FetchError::Store {
            url: url.clone(),
            source,
        }
    })
}

impl Reader for Download<'_> {
    const LIGHT: bool = false;
    type Out = Received;

    fn headers(&mut self) -> HeaderMap {
        use crate::http::put;
        let mut headers = HeaderMap::new();
        put(&mut headers, ACCEPT_ENCODING, "identity");
        match &self.partial {
            Some(partial) if !partial.file.is_empty() => {
                put(
                    &mut headers,
                    RANGE,
                    &format!("bytes={}-", partial.file.len()),
                );
                if let Some(validator) = partial.validators.for_ranges() {
                    put(&mut headers, IF_RANGE, validator);
                }
            }
            _ => {
                self.partial = None;
                if let Some(stamp) = self.conditions {
                    if let Some(etag) = &stamp.etag {
                        put(&mut headers, IF_NONE_MATCH, etag);
                    }
                    if let Some(modified) = &stamp.modified {
                        put(&mut headers, IF_MODIFIED_SINCE, modified);
                    }
                }
            }
        }
        headers
    }

    async fn read(&mut self, incoming: Incoming<'_>) -> Result<Received, Failure> {
        match incoming.status() {
            200 | 203 | 206 => self.take_in(incoming).await.map(Received::File),
            304 if self.conditions.is_some() => Ok(Received::Unchanged(incoming.validators())),
            416 if self.partial.take().is_some() => Err(Failure::body(
                "the server cannot continue where the answer broke off",
            )),
            _ => Err(incoming.unexpected()),
        }
    }
}

impl Download<'_> {
    /// Takes in a whole file, whatever was received before.
    pub(crate) async fn take_in_anew(
        &mut self,
        incoming: Incoming<'_>,
    ) -> Result<ReceivedFile, Failure> {
        self.partial = None;
        let received = self.take_in(incoming).await;
        self.partial = None;
        received
    }
}

/// Hashes and checks a file of this machine.
pub(crate) fn local_file(
    context: &Context,
    wanted: &FileRequest,
) -> Result<Arc<FetchedFile>, FetchError> {
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    let path = local_path(&wanted.url)?;
    let (bytes, size) = hashed::<sha2::Sha256>(&path)?;
    let sha256 = Sha256(bytes.try_into().unwrap_or_default());
    check_file(wanted, &path, sha256, size)?;
    Ok(Arc::new(FetchedFile::local(path, sha256, size)))
}
