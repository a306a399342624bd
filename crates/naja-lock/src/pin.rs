//! One distribution that was chosen.

use std::path::PathBuf;

use naja_spec::{CoreMeta, Digest, ExtraName, Marker, PackageName, SafeUrl, Version};

/// The number of an index in the order of the configuration, counted from zero.
///
/// Flat lists of links (`--find-links`) have numbers as well; only the caller knows which is which.
pub type IndexTag = u16;

/// A file that an index offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// The name of the file, as the index spells it.
    pub file_name: String,
    /// The absolute address.
    pub url: SafeUrl,
    /// The digests the index gives for this file.
    pub digests: Vec<Digest>,
    /// The length in bytes, where the index tells it.
    pub size: Option<u64>,
    /// The index that offers the file.
    pub index: IndexTag,
    /// The reason the file was yanked for (PEP 592), possibly empty; `None` if it is not yanked.
    pub yanked: Option<String>,
    /// Whether the index serves the core metadata beside the file (PEP 658, PEP 714).
    pub core_metadata: CoreMeta,
    /// The time of upload in milliseconds since the Unix epoch (PEP 700).
    pub upload_time: Option<i64>,
}

/// A wheel that an index offers.
pub type WheelRef = RemoteFile;

/// A source distribution that an index offers.
pub type SdistRef = RemoteFile;

/// Where the files of a pin come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistSource {
    /// A wheel of an index.
    Wheel(WheelRef),
    /// A source distribution of an index; it has to be built.
    Sdist(SdistRef),
    /// A wheel file on this machine that was named directly.
    LocalWheel {
        /// The absolute path.
        path: PathBuf,
        /// The same place as a `file:` address, with the fragment the user gave.
        url: SafeUrl,
        /// The path or address as the user wrote it.
        given: Option<String>,
        /// The digests that are known for it.
        digests: Vec<Digest>,
    },
    /// A wheel that was named by its address.
    UrlWheel {
        /// The address, with the fragment the user gave.
        url: SafeUrl,
        /// The digests that are known for it.
        digests: Vec<Digest>,
    },
    /// A source distribution, directory or repository that was named by its address or path.
    UrlSource {
        /// The address, with the fragment the user gave.
        url: SafeUrl,
        /// Whether it is to be installed as an editable project (PEP 660).
        editable: bool,
        /// The digests that are known for it.
        digests: Vec<Digest>,
    },
    /// It is installed already and nothing has to be fetched.
    Installed,
}

impl DistSource {
    /// Returns the index file behind the pin, if it comes from an index.
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteFile> {
        match self {
            Self::Wheel(file) | Self::Sdist(file) => Some(file),
            _ => None,
        }
    }

    /// Returns the direct reference (PEP 610) behind the pin, if it has one.
    #[must_use]
    pub fn direct_url(&self) -> Option<&SafeUrl> {
        match self {
            Self::LocalWheel { url, .. }
            | Self::UrlWheel { url, .. }
            | Self::UrlSource { url, .. } => Some(url),
            Self::Wheel(_) | Self::Sdist(_) | Self::Installed => None,
        }
    }
}

/// One distribution that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The normalised name.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// Where its files come from.
    pub source: DistSource,
    /// The digests the user asked for (`--hash`); empty if any file is acceptable.
    pub requested_hashes: Vec<Digest>,
    /// The digests of every file of this version, for a compiled file with hashes; filled on request only.
    pub file_hashes: Vec<Digest>,
    /// Whether the user named it, as opposed to a dependency (PEP 376 `REQUESTED`).
    pub requested: bool,
    /// The extras that were asked for, sorted.
    pub extras: Vec<ExtraName>,
    /// The targets the pin is for; `None` for all. Always `None` in a resolution for one target.
    pub marker: Option<Marker>,
}
