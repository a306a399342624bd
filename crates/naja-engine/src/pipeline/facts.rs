//! From answers to what the solver is told.

use std::sync::Arc;

use naja_env::EnvState;
use naja_index::{FetchError, Origin, Request, WheelRequest};
use naja_lock::DistSource;
use naja_resolve::{Fact, Query, Unavailable, UrlDist, UrlId};
use naja_spec::{CoreMetadata, Digest, PackageName, WheelName};
use naja_store::Archive;

/// Errors that only rule a version out, instead of ending the command.
pub(super) fn softened(query: &Query, error: &FetchError) -> Option<Unavailable> {
    match (query, error) {
        (_, FetchError::Offline { .. }) => Some(Unavailable::Offline),
        (Query::Metadata(_), FetchError::Metadata { source, .. }) => {
            Some(Unavailable::Invalid(source.to_string()))
        }
        (Query::Metadata(_), FetchError::NotFound { .. }) => Some(Unavailable::NotFound),
        _ => None,
    }
}

pub(super) fn installed_fact(name: &PackageName, state: Option<&EnvState>) -> Fact {
    let found = state
        .and_then(|state| state.get(name).first())
        .map(naja_env::InstalledDist::read_metadata);
    match found {
        Some(Ok(metadata)) => Fact::Metadata(Arc::new(metadata)),
        Some(Err(error)) => Fact::Unavailable(Unavailable::Invalid(error.to_string())),
        None => Fact::Unavailable(Unavailable::NotFound),
    }
}

pub(super) fn url_request(id: &UrlId, hashes: Vec<Digest>) -> Result<Request, Unavailable> {
    let file_name = id.url.file_name().unwrap_or_default();
    let wheel = WheelName::parse(&file_name).map_err(|_not_a_wheel| Unavailable::NeedsBuild)?;
    if wheel.name != id.name {
        return Err(Unavailable::Invalid(format!(
            "the file is a wheel of {}",
            wheel.name
        )));
    }
    let mut digests = id.url.fragment_digests();
    digests.extend(hashes);
    Ok(Request::Wheel(WheelRequest {
        wheel,
        url: id.url.clone(),
        origin: Origin::Direct,
        digests,
        size: None,
    }))
}

pub(super) fn url_fact(id: &UrlId, archive: &Archive) -> Fact {
    let metadata = match archive_metadata(archive) {
        Ok(metadata) => metadata,
        Err(reason) => return Fact::Unavailable(Unavailable::Invalid(reason)),
    };
    let digests = vec![archive.id().0.into()];
    let source = match id.url.to_file_path() {
        Some(path) => DistSource::LocalWheel {
            path,
            url: id.url.clone(),
            given: None,
            digests,
        },
        None => DistSource::UrlWheel {
            url: id.url.clone(),
            digests,
        },
    };
    Fact::Url(Box::new(UrlDist {
        metadata: Arc::new(metadata),
        source,
    }))
}

/// Reads the METADATA of an unpacked wheel.
pub(crate) fn archive_metadata(archive: &Archive) -> Result<CoreMetadata, String> {
    let path = archive
        .root()
        .join(archive.manifest().dist_info())
        .join("METADATA");
    let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
    CoreMetadata::parse(&bytes).map_err(|error| error.to_string())
}
