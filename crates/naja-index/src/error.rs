//! How fetching fails. Every URL in here hides its credentials.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use naja_spec::{MetadataError, PackageName, PageError, SafeUrl, Sha256, Version};
use naja_store::StoreError;
use thiserror::Error;

use crate::git::GitFault;

/// Why a request failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The network is switched off and nothing is kept.
    #[error("fetch {url}: the network is disabled and no earlier answer is kept")]
    Offline {
        /// What would have been asked.
        url: SafeUrl,
    },
    /// The server has no such file. (For pages this is no error but an empty answer.)
    #[error("fetch {url}: the server answers {status}")]
    NotFound {
        /// The file.
        url: SafeUrl,
        /// 404 or 410.
        status: u16,
    },
    /// The server wants other credentials, or none were there to be sent.
    #[error("fetch {url}: {}", unauthorized(*status, *sent, trouble.as_deref()))]
    Unauthorized {
        /// What was asked.
        url: SafeUrl,
        /// 401, 403 or 407; `None` if the request was refused before it was sent.
        status: Option<u16>,
        /// Whether credentials were sent.
        sent: bool,
        /// Why the keyring, or what is kept, could not help, if it was asked in vain.
        trouble: Option<String>,
    },
    /// The server failed, or gave an answer that means nothing here.
    #[error("fetch {url}: the server answers {status}{}", attempts_text(*attempts))]
    Status {
        /// What was asked.
        url: SafeUrl,
        /// The status.
        status: u16,
        /// How often it was asked.
        attempts: u32,
        /// Seconds the server asked to wait (more than naja waits).
        retry_after: Option<u64>,
    },
    /// The server could not be reached, or the answer broke off.
    #[error("fetch {url}{}", attempts_text(*attempts))]
    Transport {
        /// What was asked.
        url: SafeUrl,
        /// How often it was asked.
        attempts: u32,
        /// The last failure.
        #[source]
        source: TransportError,
    },
    /// An address or redirect was not followed.
    #[error("fetch {url}: {why}")]
    Refused {
        /// The refused address.
        url: SafeUrl,
        /// The reason.
        why: Refusal,
    },
    /// The page of a package is not usable.
    #[error("read the page {url}")]
    Page {
        /// The page.
        url: SafeUrl,
        /// The reason.
        #[source]
        source: PageFault,
    },
    /// A page of links that several packages share is not usable.
    #[error("read the links of {url}")]
    FlatPage {
        /// The page.
        url: SafeUrl,
        /// The reason; shared by all requests that needed it.
        #[source]
        source: Arc<FetchError>,
    },
    /// The metadata of a wheel is not usable.
    #[error("use the metadata of {url}")]
    Metadata {
        /// The wheel.
        url: SafeUrl,
        /// The reason.
        #[source]
        source: MetadataFault,
    },
    /// A downloaded file is not what it has to be.
    #[error("use {url}: {fault}")]
    File {
        /// The file.
        url: SafeUrl,
        /// The reason.
        fault: FileFault,
    },
    /// The store refused a wheel or could not be written.
    #[error("store {url}")]
    Store {
        /// What was to be stored.
        url: SafeUrl,
        /// The reason.
        #[source]
        source: StoreError,
    },
    /// A commit of a repository cannot be had.
    #[error("fetch {url} with git")]
    Git {
        /// The repository.
        url: SafeUrl,
        /// The reason.
        #[source]
        source: GitFault,
    },
    /// A local file or directory cannot be read.
    #[error("read {}", path.display())]
    Local {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// The network cannot be set up (certificates, proxies, threads).
    #[error("set up the network: {0}")]
    Setup(#[from] SetupError),
    /// The fetcher was stopped before this was answered.
    #[error("fetch: stopped")]
    Stopped,
}

fn attempts_text(attempts: u32) -> String {
    if attempts > 1 {
        format!(" ({attempts} attempts)")
    } else {
        String::new()
    }
}

fn unauthorized(status: Option<u16>, sent: bool, trouble: Option<&str>) -> String {
    let said = match (status, sent) {
        (None, _) => "credentials are required and none are known".to_owned(),
        (Some(status), true) => format!("the server answers {status} to the credentials sent"),
        (Some(status), false) => format!("the server answers {status}; no credentials were sent"),
    };
    match trouble {
        Some(trouble) => format!("{said} ({trouble})"),
        None => said,
    }
}

/// How a connection fails.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection.
    #[error("connect: {0}")]
    Connect(String),
    /// The host has no address.
    #[error("find the host's address: {0}")]
    Name(String),
    /// The server's certificate is not trusted, or TLS failed otherwise.
    #[error("agree on TLS: {0}")]
    Tls(String),
    /// The server was silent for too long.
    #[error("get an answer in time: {0}")]
    Timeout(String),
    /// The answer broke off or was garbled.
    #[error("read the whole answer: {0}")]
    Body(String),
    /// Anything else.
    #[error("exchange messages: {0}")]
    Other(String),
}

/// Why an address is not followed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Neither `http` nor `https` (nor `file`, where that is allowed).
    #[error("the scheme is not supported")]
    Scheme,
    /// A remote page or redirect points to a local file.
    #[error("a remote page may not point to a local file")]
    LocalFromRemote,
    /// An https page or redirect points to plain http.
    #[error("an https address may not lead to plain http")]
    Downgrade,
    /// More than ten redirects.
    #[error("too many redirects")]
    TooManyRedirects,
    /// A redirect without a usable target.
    #[error("the redirect has no usable target")]
    BadRedirect,
}

/// Why a page is not usable.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PageFault {
    /// Neither JSON nor HTML of the simple API.
    #[error("the content type {0:?} is not one of the simple API")]
    ContentType(String),
    /// The compression is unknown, broken, or a bomb.
    #[error("decompress it: {0}")]
    Encoding(String),
    /// Longer than any real page.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: u64,
    },
    /// It cannot be understood.
    #[error(transparent)]
    Content(#[from] PageError),
}

/// Why metadata is not usable.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MetadataFault {
    /// The metadata file is not the one the page announced.
    #[error("its SHA-256 is {found}, the index announced {expected}")]
    Digest {
        /// As announced.
        expected: Sha256,
        /// As received.
        found: Sha256,
    },
    /// It is about something else than the file name says.
    #[error("it is about {found_name} {found_version}, the file name says {name} {version}")]
    OtherProject {
        /// Name in the file name.
        name: PackageName,
        /// Version in the file name.
        version: Version,
        /// Name in the metadata.
        found_name: String,
        /// Version in the metadata.
        found_version: String,
    },
    /// The metadata the index served apart is not the wheel's.
    #[error("the index served other metadata than the wheel contains")]
    Contradiction,
    /// Longer than any real metadata.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: u64,
    },
    /// The end of the wheel is not that of a wheel, or it has no METADATA.
    #[error("find METADATA in the wheel: {0}")]
    Archive(String),
    /// It cannot be understood.
    #[error(transparent)]
    Content(#[from] MetadataError),
}

/// Why a file is not what it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FileFault {
    /// A digest differs.
    #[error("the digest is {found}, expected {expected}")]
    Digest {
        /// As required, `algorithm:hex`.
        expected: String,
        /// As computed, `algorithm:hex`.
        found: String,
    },
    /// A digest of an algorithm that proves nothing.
    #[error("digests of the kind {0} prove nothing")]
    WeakDigest(String),
    /// The length differs.
    #[error("it has {found} bytes, expected {expected}")]
    Size {
        /// As required.
        expected: u64,
        /// As received (so far).
        found: u64,
    },
}

/// Why the network cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A certificate or key file cannot be used.
    #[error("certificates of {}: {reason}", path.display())]
    Certificates {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The system has no usable certificates.
    #[error("the system's certificates: {0}")]
    SystemCertificates(String),
    /// A proxy's address cannot be used.
    #[error("the proxy {url}: {reason}")]
    Proxy {
        /// The proxy.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The netrc file exists and cannot be read.
    #[error("the netrc file {}: {reason}", path.display())]
    Netrc {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// What is kept for the user cannot be read.
    #[error("the kept credentials: {0}")]
    Kept(String),
    /// Threads, sockets or the client could not be made.
    #[error("{0}")]
    System(String),
}
