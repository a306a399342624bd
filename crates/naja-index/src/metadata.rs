//! What a wheel says about itself, with as few bytes as possible.
//!
//! In order: kept from before; the unpacked wheel in the store; the file the index serves apart
//! (PEP 658), also tried unannounced where the server is known or not yet known to have it; the
//! end of the wheel by byte ranges; the whole wheel. What was served apart is compared with the
//! wheel when that is unpacked.

use std::sync::Arc;

use naja_spec::{CoreMetadata, Digest, Headers, PackageName, SafeUrl, Sha256, WheelName};
use naja_store::{Archive, ArchiveId, Bucket, Store};

use crate::context::Context;
use crate::error::{FetchError, MetadataFault};
use crate::keys::{content_key, metadata_key, sha256_of};
use crate::net::Net;
use crate::remote::{self, Ranged};
use crate::request::{MetadataRequest, Ticket, WheelRequest};
use crate::{apart, origin, unpacked};

/// No metadata is longer than this (bytes).
pub(crate) const MAX_METADATA: u64 = 32 << 20;
/// Version of the stored form.
const FORM: u8 = 2;
/// Bytes before the headers in the stored form: version, source, zeros, time, digest of the whole text.
const PREFIX: usize = 16 + 32;
/// Milliseconds for which metadata of an address without a digest is used unasked.
const UNPROVEN_LIFE_MS: i64 = 600_000;

/// Where metadata came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Served apart by the index: still to be compared.
    Apart = 1,
    /// The wheel itself.
    Wheel = 2,
}

/// Answers from what is kept.
pub(crate) fn cached(context: &Context, wanted: &MetadataRequest) -> Option<Arc<CoreMetadata>> {
    origin::check(&context.config, wanted.origin, &wanted.url).ok()?;
    if wanted.url.is_file() {
        return remote::local(context, wanted).ok();
    }
    let ahead = context.ahead.metadata(&wanted.wheel, wanted.sha256);
    if let Some(metadata) = ahead.or_else(|| kept(context, wanted)) {
        return Some(metadata);
    }
    let archive = stored_wheel(context, wanted)?;
    checked(&metadata_of(&archive)?, wanted).ok()
}

fn kept(context: &Context, wanted: &MetadataRequest) -> Option<Arc<CoreMetadata>> {
    let key = metadata_key(&wanted.wheel.name, &wanted.url, wanted.sha256);
    let record = context.records.read(Bucket::Metadata, &key)?;
    let (head, headers) = parted(record.as_ref())?;
    if wanted.sha256.is_none() && !context.config.offline {
        let at = i64::from_le_bytes(head[8..16].try_into().ok()?);
        let age = context.now_ms().saturating_sub(at);
        let fresh = (0..UNPROVEN_LIFE_MS).contains(&age);
        if !fresh || context.must_refresh(&wanted.wheel.name, at) {
            return None;
        }
    }
    checked(headers, wanted).ok()
}

/// The metadata of a wheel whose content is known, if they are kept.
pub(crate) fn kept_for(
    context: &Context,
    wheel: &WheelName,
    sha256: Sha256,
) -> Option<Arc<CoreMetadata>> {
    let key = content_key(&wheel.name, sha256);
    let record = context.records.read(Bucket::Metadata, &key)?;
    let (_, headers) = parted(record.as_ref())?;
    parse(headers, wheel).ok().map(Arc::new)
}

/// What stands before the headers in a record, and these; `None` for a record of another version.
fn parted(record: &[u8]) -> Option<(&[u8; PREFIX], &[u8])> {
    let parts = record.split_first_chunk::<PREFIX>();
    parts.filter(|(head, _)| head[0] == FORM)
}

pub(crate) fn keep(context: &Context, wanted: &MetadataRequest, source: Source, text: &[u8]) {
    let key = metadata_key(&wanted.wheel.name, &wanted.url, wanted.sha256);
    // The description is not asked for here, and mostly longer than everything else.
    let headers = Headers::block(text);
    let mut record = Vec::with_capacity(PREFIX + headers.len());
    record.extend_from_slice(&[FORM, source as u8, 0, 0, 0, 0, 0, 0]);
    record.extend_from_slice(&context.now_ms().to_le_bytes());
    record.extend_from_slice(Sha256::of(text).as_bytes());
    record.extend_from_slice(headers);
    context.records.write(Bucket::Metadata, &key, record);
}

/// Returns the metadata of a wheel that are kept, whatever their age; nobody is asked.
#[must_use]
pub fn kept_metadata(store: &Store, name: &PackageName, sha256: Sha256) -> Option<Vec<u8>> {
    let record = store.read_record(Bucket::Metadata, &content_key(name, sha256));
    let text = record.and_then(|record| Some(parted(record.as_ref())?.1.to_vec()));
    text.or_else(|| metadata_of(&store.get(&ArchiveId(sha256))?))
}

fn stored_wheel(context: &Context, wanted: &MetadataRequest) -> Option<Archive> {
    match wanted.sha256 {
        Some(sha256) => context.store.get(&ArchiveId(sha256)),
        None => unpacked::cached(context, &as_wheel(wanted)),
    }
}

pub(crate) fn as_wheel(wanted: &MetadataRequest) -> WheelRequest {
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
    let Some((head, _)) = parted(record.as_ref()) else {
        return Ok(());
    };
    if head[1] != Source::Apart as u8 {
        return Ok(());
    }
    let path = format!("{}/METADATA", archive.manifest().dist_info());
    let inside = archive.manifest().find(&path).map(|file| file.sha256);
    if inside.is_some_and(|inside| head[16..] == *inside.as_bytes()) {
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
pub(crate) fn checked(
    text: &[u8],
    wanted: &MetadataRequest,
) -> Result<Arc<CoreMetadata>, FetchError> {
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

pub(crate) fn fault(url: &SafeUrl, source: MetadataFault) -> FetchError {
    FetchError::Metadata {
        url: url.without_credentials(),
        source,
    }
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
    if let Some(metadata) = apart::fetch(net, wanted).await? {
        return Ok(metadata);
    }
    let text = match remote::by_ranges(net, ticket, wanted).await? {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
