//! Names under which requests are recognised and answers kept.

use naja_spec::{Digest, PackageName, SafeUrl, Sha256};

use crate::config::IndexId;
use crate::request::{GitRequest, Request};

/// Two requests with equal keys get one answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RequestKey {
    Page(PackageName, Option<IndexId>),
    Metadata(String),
    Wheel(String),
    File(String),
    Sdist(String),
    Git(GitRequest),
}

impl RequestKey {
    pub(crate) fn of(request: &Request) -> Self {
        match request {
            Request::Page(page) => Self::Page(page.name.clone(), page.index),
            Request::Metadata(metadata) => {
                let digest = metadata.sha256.map(|digest| digest.to_string());
                Self::Metadata(format!(
                    "{} {}",
                    metadata.url.without_fragment().with_secrets(),
                    digest.unwrap_or_default()
                ))
            }
            Request::Wheel(wheel) => Self::Wheel(file_key(&wheel.url, &wheel.digests)),
            Request::File(file) => Self::File(file_key(&file.url, &file.digests)),
            Request::Sdist(sdist) => Self::Sdist(file_key(&sdist.url, &sdist.digests)),
            Request::Git(git) => Self::Git(git.clone()),
        }
    }
}

fn file_key(url: &SafeUrl, digests: &[Digest]) -> String {
    let mut key = url.without_fragment().with_secrets().to_owned();
    for digest in digests {
        key.push(' ');
        key.push_str(&digest.to_string());
    }
    key
}

/// The text of an address that may be written to disk: no credentials, no fragment.
pub(crate) fn address(url: &SafeUrl) -> String {
    url.without_credentials()
        .without_fragment()
        .with_secrets()
        .to_owned()
}

/// The first SHA-256 among digests.
pub(crate) fn sha256_of(digests: &[Digest]) -> Option<Sha256> {
    digests.iter().find_map(Digest::as_sha256)
}

/// Under which key the metadata of a wheel is kept: by content if that is known, else by address
/// (hashed, because addresses may carry signatures). The name lets it be found for cleaning.
pub(crate) fn metadata_key(name: &PackageName, url: &SafeUrl, sha256: Option<Sha256>) -> String {
    match sha256 {
        Some(digest) => content_key(name, digest),
        None => format!("url:{}/{name}/", Sha256::of(address(url).as_bytes())),
    }
}

/// Under which key the metadata of a wheel is kept whose content is known.
pub(crate) fn content_key(name: &PackageName, digest: Sha256) -> String {
    format!("sha256:{digest}/{name}/")
}

/// Under which key it is kept which archive an address led to.
pub(crate) fn pointer_key(url: &SafeUrl) -> String {
    format!("file:{}", Sha256::of(address(url).as_bytes()))
}
