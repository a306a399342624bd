//! What can be asked for, and what comes back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_spec::{
    CoreMeta, CoreMetadata, Digest, GitUrl, PackageName, Page, SafeUrl, Sha256, WheelName,
};
use naja_store::{Archive, SourceTree, TempFile};

use crate::config::IndexId;
use crate::error::FetchError;

/// Names one submitted request; every ticket gets exactly one [`Reply::Done`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A question to the fetcher.
#[derive(Clone, Debug)]
pub enum Request {
    /// Which files of this package exist?
    Page(PageRequest),
    /// What does this wheel say about itself?
    Metadata(MetadataRequest),
    /// Bring this wheel into the store.
    Wheel(WheelRequest),
    /// Fetch this other file (a source archive), as it is.
    File(FileRequest),
    /// Bring this source archive into the store.
    Sdist(SdistRequest),
    /// Bring this commit of a git repository into the cache.
    Git(GitRequest),
}

/// Asks for the files of a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The package.
    pub name: PackageName,
    /// The only index to ask; `None` asks those that are not explicit, by the strategy, and the
    /// `find-links` places.
    pub index: Option<IndexId>,
}

impl PageRequest {
    /// Asks for a package wherever it may come from.
    #[must_use]
    pub fn new(name: PackageName) -> Self {
        Self { name, index: None }
    }
}

/// Where a file's address was found: it decides which schemes are acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// The user's own words (argument, manifest, lock).
    #[default]
    Direct,
    /// A page of this index.
    Index(IndexId),
    /// The `find-links` place with this position.
    FindLinks(u16),
}

/// Asks for the core metadata of a wheel.
#[derive(Clone, Debug)]
pub struct MetadataRequest {
    /// The wheel's file name: package and version must agree with what the metadata says.
    pub wheel: WheelName,
    /// Where the wheel is (`http`, `https` or `file`).
    pub url: SafeUrl,
    /// Where the address was found.
    pub origin: Origin,
    /// What the page said about a separate metadata file (PEP 658, PEP 714).
    pub core_metadata: CoreMeta,
    /// The wheel's digest, if known; metadata of wheels with a known digest is kept for ever.
    pub sha256: Option<Sha256>,
    /// The wheel's size in bytes, if known.
    pub size: Option<u64>,
}

/// Asks for a wheel to be fetched, checked and unpacked into the store.
#[derive(Clone, Debug)]
pub struct WheelRequest {
    /// The wheel's file name.
    pub wheel: WheelName,
    /// Where it is (`http`, `https` or `file`).
    pub url: SafeUrl,
    /// Where the address was found.
    pub origin: Origin,
    /// Every digest the file must have.
    pub digests: Vec<Digest>,
    /// The size in bytes it must have.
    pub size: Option<u64>,
}

/// Asks for any other file.
#[derive(Clone, Debug)]
pub struct FileRequest {
    /// The package it belongs to (decides about `--refresh`).
    pub package: PackageName,
    /// Where it is (`http`, `https` or `file`).
    pub url: SafeUrl,
    /// Where the address was found.
    pub origin: Origin,
    /// Every digest the file must have.
    pub digests: Vec<Digest>,
    /// The size in bytes it must have.
    pub size: Option<u64>,
}

/// Asks for a source archive to be fetched, checked and unpacked into the store.
#[derive(Clone, Debug)]
pub struct SdistRequest {
    /// The package it belongs to, if that is known already (decides about `--refresh`).
    pub name: Option<PackageName>,
    /// The name of the file: its ending tells the packing.
    pub file_name: String,
    /// Where it is (`http`, `https` or `file`).
    pub url: SafeUrl,
    /// Where the address was found.
    pub origin: Origin,
    /// Every digest the file must have.
    pub digests: Vec<Digest>,
    /// The size in bytes it must have.
    pub size: Option<u64>,
}

/// Asks for a commit of a git repository. The `git` of the user is run, with the user's own
/// credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GitRequest {
    /// The package it belongs to, if that is known already (decides about `--refresh`).
    pub name: Option<PackageName>,
    /// The repository: `https`, `http`, `ssh`, `git` or `file`; without `git+`.
    pub url: SafeUrl,
    /// What of it.
    pub reference: GitReference,
    /// Whether large files (Git LFS) are fetched as well.
    pub lfs: bool,
    /// Whether submodules are fetched as well.
    pub submodules: bool,
}

impl GitRequest {
    /// Asks for what a requirement's address names, with submodules as pip does.
    #[must_use]
    pub fn of(url: &GitUrl, name: Option<PackageName>, lfs: bool) -> Self {
        Self {
            name,
            url: url.repository().clone(),
            reference: match url.revision() {
                Some(revision) => GitReference::Rev(revision.to_owned()),
                None => GitReference::Default,
            },
            lfs: url.lfs().unwrap_or(lfs),
            submodules: true,
        }
    }
}

/// What of a repository is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum GitReference {
    /// The commit `HEAD` names.
    #[default]
    Default,
    /// A branch, a tag, a full or short commit id, or a full reference (`refs/…`).
    Rev(String),
}

/// A commit of a repository, checked out below the cache. Nobody may write into it: whoever
/// builds from it works on a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The top of the working tree.
    pub path: PathBuf,
    /// The full commit id.
    pub commit: String,
    /// What was asked for.
    pub reference: GitReference,
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Request::Page`].
    Page(Arc<Pages>),
    /// To [`Request::Metadata`].
    Metadata(Arc<CoreMetadata>),
    /// To [`Request::Wheel`].
    Wheel(Archive),
    /// To [`Request::File`].
    File(Arc<FetchedFile>),
    /// To [`Request::Sdist`].
    Source(SourceTree),
    /// To [`Request::Git`].
    Checkout(Checkout),
}

/// The pages that were found for a package.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The package.
    pub name: PackageName,
    /// `find-links` places first, then indexes in priority order; under
    /// [`IndexStrategy::FirstIndex`](crate::IndexStrategy::FirstIndex) at most one index.
    pub hits: Vec<(Origin, Page)>,
    /// The indexes that were asked, whether or not they knew the name.
    pub asked: Vec<IndexId>,
}

impl Pages {
    /// Tells whether nobody knows the package.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.hits.is_empty()
    }
}

/// A file that is not unpacked. A downloaded one is removed when the last owner drops this.
#[derive(Debug)]
pub struct FetchedFile {
    path: PathBuf,
    sha256: Sha256,
    size: u64,
    /// Keeps a downloaded file in being.
    _kept: Option<TempFile>,
}

impl FetchedFile {
    pub(crate) fn received(file: TempFile) -> Self {
        Self {
            path: file.path().to_owned(),
            sha256: file.sha256(),
            size: file.len(),
            _kept: Some(file),
        }
    }

    pub(crate) fn local(path: PathBuf, sha256: Sha256, size: u64) -> Self {
        Self {
            path,
            sha256,
            size,
            _kept: None,
        }
    }

    /// Returns where the bytes are: inside the cache, or the user's own file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the digest of the bytes.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// Returns the length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// What arrives in the caller's inbox.
#[derive(Debug)]
pub enum Reply {
    /// The end of a request.
    Done {
        /// Which one.
        ticket: Ticket,
        /// How it ended.
        result: Result<Answer, FetchError>,
    },
    /// A download went on. Sent a few times a second at most.
    Progress {
        /// Which one.
        ticket: Ticket,
        /// Bytes received so far.
        bytes_done: u64,
        /// Bytes in all, if the server said so.
        bytes_total: Option<u64>,
    },
}

/// What the fetcher did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// HTTP requests sent, repetitions and redirects included.
    pub requests: u64,
    /// Bytes of response bodies received, as transferred.
    pub bytes: u64,
    /// Kept answers that a server confirmed (status 304).
    pub confirmed: u64,
    /// Repetitions after failures.
    pub retries: u64,
}
