//! What can go wrong in the store.

use std::io;
use std::path::{Path, PathBuf};

use naja_spec::WheelName;

use crate::sdist::SourceProblem;
use crate::zip::ZipError;

/// A failure of the store: of the file system, or of a wheel that is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file system refused an operation.
    #[error("{action} `{}`", path.display())]
    Io {
        /// What was tried, such as "create".
        action: &'static str,
        /// The path it was tried on.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// The file does not have the digest that was promised.
    #[error("`{file}` has the digest {found}, expected {expected}")]
    DigestMismatch {
        /// The file's name.
        file: String,
        /// The promised digest, with its algorithm.
        expected: String,
        /// The digest of the bytes at hand, with its algorithm.
        found: String,
    },
    /// None of the promised digests can be checked or trusted.
    #[error("`{file}` comes without a digest of at least the strength of sha256")]
    NoUsableDigest {
        /// The file's name.
        file: String,
    },
    /// The file does not have the size that was promised.
    #[error("`{file}` is {found} bytes long, expected {expected}")]
    SizeMismatch {
        /// The file's name.
        file: String,
        /// The promised size in bytes.
        expected: u64,
        /// The size in bytes of the file at hand.
        found: u64,
    },
    /// The archive is not a zip file this store accepts.
    #[error("`{file}` is not a valid wheel")]
    Zip {
        /// The file's name.
        file: String,
        /// Why it is refused.
        #[source]
        source: ZipError,
    },
    /// The archive is a zip file but breaks the wheel format.
    #[error("`{file}` is not a valid wheel")]
    Wheel {
        /// The file's name.
        file: String,
        /// Which rule it breaks.
        #[source]
        source: WheelProblem,
    },
    /// The file is not a source archive this store accepts.
    #[error("`{file}` is not unpacked")]
    Source {
        /// The file's name.
        file: String,
        /// Which rule it breaks.
        #[source]
        source: SourceProblem,
    },
    /// An unpacked archive was changed after it was written.
    #[error("the cached copy of {name} {version} was changed: `{}`", path.display())]
    Damaged {
        /// The distribution's name.
        name: String,
        /// The distribution's version.
        version: String,
        /// The first file that differs.
        path: PathBuf,
    },
    /// A path in a tree handed to the store cannot be kept.
    #[error("`{}` cannot be stored: {reason}", path.display())]
    BadTree {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// [`Crew::is_over`](crate::Crew::is_over) said that nobody waits any more.
    #[error("unpacking `{file}` was interrupted")]
    Interrupted {
        /// The file's name.
        file: String,
    },
    /// This process holds the cache in use and wants to clean it.
    #[error("clean the cache while it is in use")]
    Held,
    /// The contents are larger than the format of the manifest allows.
    #[error("`{file}` holds more than a manifest can describe")]
    TooLarge {
        /// The file's name.
        file: String,
    },
}

impl StoreError {
    /// Makes errors of problems in a wheel of this name.
    pub(crate) fn in_wheel(name: &WheelName) -> impl Fn(WheelProblem) -> Self + Copy {
        |source| Self::Wheel {
            file: name.to_string(),
            source,
        }
    }

    /// Makes errors of what is wrong with a wheel of this name as an archive.
    pub(crate) fn in_zip(name: &WheelName) -> impl Fn(ZipError) -> Self + Copy {
        |source| Self::Zip {
            file: name.to_string(),
            source,
        }
    }
}

/// A rule of the wheel format (PEP 427, PEP 491, "Binary distribution format") that is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WheelProblem {
    /// There is no `*.dist-info` directory at the top.
    #[error("it has no `.dist-info` directory")]
    NoDistInfo,
    /// There are several `*.dist-info` directories at the top.
    #[error("it has several `.dist-info` directories: `{first}` and `{second}`")]
    SeveralDistInfo {
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
    /// The `.dist-info` directory is named for something else.
    #[error("its `{directory}` does not fit its file name, which says {expected}")]
    OtherDistribution {
        /// Name of the directory.
        directory: String,
        /// Name and version in the file name.
        expected: String,
    },
    /// A file every wheel must have is absent.
    #[error("it has no `{path}`")]
    MissingFile {
        /// Path in the archive.
        path: String,
    },
    /// WHEEL cannot be read.
    #[error("its WHEEL file is invalid: {reason}")]
    BadWheelFile {
        /// Why.
        reason: String,
    },
    /// The major version of the format is unknown.
    #[error("it uses version {major}.{minor} of the wheel format, only 1.x is known")]
    UnknownFormat {
        /// Major version.
        major: u32,
        /// Minor version.
        minor: u32,
    },
    /// METADATA cannot be read or speaks of another distribution.
    #[error("its METADATA is for {found}, its file name says {expected}")]
    OtherMetadata {
        /// Name and version in METADATA.
        found: String,
        /// Name and version in the file name.
        expected: String,
    },
    /// A text file of the `.dist-info` directory is not UTF-8 or otherwise unreadable.
    #[error("its `{path}` is invalid: {reason}")]
    BadText {
        /// Path in the archive.
        path: String,
        /// Why.
        reason: String,
    },
    /// A directory in `.data` is not one of the five install schemes.
    #[error("`{path}` is in no known install scheme")]
    UnknownScheme {
        /// Path in the archive.
        path: String,
    },
    /// There are several `.data` directories for this distribution.
    #[error("it has several `.data` directories: `{first}` and `{second}`")]
    SeveralData {
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
    /// RECORD does not describe the archive.
    #[error("its RECORD is wrong: {0}")]
    Record(RecordProblem),
}

/// How a RECORD fails to describe its archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordProblem {
    /// The text is not a RECORD at all.
    #[error("{0}")]
    Syntax(String),
    /// A file of the archive is not listed.
    #[error("`{0}` is not listed")]
    NotListed(String),
    /// A listed file is not in the archive.
    #[error("`{0}` is listed but absent")]
    Absent(String),
    /// A path is listed twice, with different values.
    #[error("`{0}` is listed twice")]
    Twice(String),
    /// A listed file has no digest.
    #[error("`{0}` is listed without a digest")]
    NoDigest(String),
    /// A digest uses an algorithm that is too weak or unknown.
    #[error("`{path}` is listed with the algorithm {algorithm}")]
    WeakDigest {
        /// Path in the archive.
        path: String,
        /// The algorithm's name.
        algorithm: String,
    },
    /// A file does not have the listed digest.
    #[error("the digest of `{0}` differs")]
    OtherDigest(String),
    /// A file does not have the listed size.
    #[error("`{path}` is listed with {listed} bytes and has {found}")]
    OtherSize {
        /// Path in the archive.
        path: String,
        /// Size in bytes according to RECORD.
        listed: u64,
        /// Size in bytes in the archive.
        found: u64,
    },
}

/// Adds what was tried, and where, to an error of the operating system.
pub(crate) trait IoContext<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io {
            action,
            path: path.to_path_buf(),
            source,
        })
    }
}
