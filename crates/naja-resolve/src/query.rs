//! Questions, answers and steps.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use naja_lock::{DistSource, Graph, IndexTag};

use naja_spec::{CoreMeta, CoreMetadata, PackageName, Page, SafeUrl, Sha256, Version};

use crate::Conflict;

/// A file of an index whose metadata is asked for, with all that is needed to fetch it.
#[derive(Debug)]
pub struct DistFile {
    /// The package.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The index that offers the file.
    pub index: IndexTag,
    /// The name of the file, as the index spells it.
    pub file_name: String,
    /// The absolute address.
    pub url: SafeUrl,
    /// Whether it is a wheel; a source distribution otherwise.
    pub is_wheel: bool,
    /// The digest of the file, where the index gives it.
    pub sha256: Option<Sha256>,
    /// The length in bytes, where the index gives it.
    pub size: Option<u64>,
    /// Whether the index serves the metadata beside the file.
    pub core_metadata: CoreMeta,
}

/// A shared [`DistFile`]; two are equal if index and file name are.
#[derive(Clone)]
pub struct DistId(Arc<DistFile>);

impl DistId {
    /// Makes one.
    #[must_use]
    pub fn new(file: DistFile) -> Self {
        Self(Arc::new(file))
    }
}

impl std::ops::Deref for DistId {
    type Target = DistFile;

    fn deref(&self) -> &DistFile {
        &self.0
    }
}

impl PartialEq for DistId {
    fn eq(&self, other: &Self) -> bool {
        self.0.file_name == other.0.file_name && self.0.index == other.0.index
    }
}

impl Eq for DistId {}

impl Hash for DistId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.file_name.hash(state);
        self.0.index.hash(state);
    }
}

impl fmt::Debug for DistId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistId({} of index {})", self.0.file_name, self.0.index)
    }
}

/// A direct reference (PEP 508 `name @ url`) that has to be looked into; two are equal if name and address
/// (secrets included) are.
#[derive(Clone, Debug)]
pub struct UrlId {
    /// The package the requirement names.
    pub name: PackageName,
    /// The address; may be `file:`.
    pub url: SafeUrl,
}

impl PartialEq for UrlId {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.url == other.url
    }
}

impl Eq for UrlId {}

impl Hash for UrlId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// A question of the solver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// Which versions and files are there? Answered by [`Fact::Versions`].
    Versions(PackageName),
    /// What does the metadata of this file say? Answered by [`Fact::Metadata`].
    Metadata(DistId),
    /// What does the metadata of the installed distribution say? Answered by [`Fact::Metadata`].
    Installed(PackageName),
    /// What is behind this direct reference? Answered by [`Fact::Url`].
    Url(UrlId),
}

/// One page of one index.
#[derive(Clone)]
pub struct IndexPage {
    /// The index.
    pub index: IndexTag,
    /// Its page.
    pub page: Arc<Page>,
}

impl fmt::Debug for IndexPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "IndexPage({} versions of index {})",
            self.page.versions(),
            self.index
        )
    }
}

/// What is behind a direct reference.
#[derive(Clone, Debug)]
pub struct UrlDist {
    /// Its metadata; the name must be the one that was asked for.
    pub metadata: Arc<CoreMetadata>,
    /// How it is to be recorded in the graph.
    pub source: DistSource,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// No index knows the package, or the file is gone.
    NotFound,
    /// It is not in the cache, and the network must not be used.
    Offline,
    /// The metadata is only known after a build, and builds are not done.
    NeedsBuild,
    /// What was found is unusable, in words that fit after "because".
    Invalid(String),
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The pages of all indexes that count, in order of precedence. Empty means the same as
    /// [`Unavailable::NotFound`].
    Versions(Vec<IndexPage>),
    /// The metadata.
    Metadata(Arc<CoreMetadata>),
    /// What is behind a direct reference.
    Url(Box<UrlDist>),
    /// There is no answer. For a version this means that the solver looks for another one.
    Unavailable(Unavailable),
}

/// How far the solver got.
#[derive(Debug)]
pub enum Step {
    /// Facts are missing.
    Need {
        /// What has to be answered before anything else happens; the same question comes again with each
        /// step until it is answered.
        must: Vec<Query>,
        /// What will probably be asked later; each question comes at most once.
        soon: Vec<Query>,
    },
    /// The quantum of work is used up; call again.
    Working,
    /// Everything is decided.
    Done(Graph),
    /// There is no answer.
    Unsatisfiable(Box<Conflict>),
}
