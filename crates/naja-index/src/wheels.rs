//! Wheels into the store: from the network, from this machine, or there already.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_spec::{Digest, PackageName, SafeUrl, Version, WheelName};
use naja_store::{Archive, ArchiveId, StoreError, WheelExpectation};

use crate::context::Context;
use crate::download::{Download, Received, ReceivedFile};
use crate::error::FetchError;
use crate::freshness::Validators;
use crate::http::Call;
use crate::keys::sha256_of;
use crate::net::Net;
use crate::pointers::{self, Pointer};
use crate::request::{Ticket, WheelRequest};
use crate::{metadata, origin};

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
    let archive = context
        .store
        .put_wheel_at_with(&path, &expect, &context.workers)
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
pub(crate) fn file_identity(path: &Path) -> Option<String> {
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
    let job = move || {
        let expect = expectation(&wanted.wheel, &wanted.digests, wanted.size);
        let crew = &context.workers;
        let stored = context.store.put_wheel_with(received.file, &expect, crew);
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
    result.unwrap_or(Err(FetchError::Stopped))
}
