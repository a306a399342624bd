//! One distribution that was chosen.

use std::path::PathBuf;
use std::sync::Arc;

use naja_spec::{
    CoreMeta, Digest, ExtraName, GitUrl, Marker, PackageName, SafeUrl, Tags, Version, WheelName,
};

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
    /// A source archive that was named by its address or path; it has to be built.
    SourceArchive {
        /// The address (`http`, `https` or `file`), with the fragment the user gave.
        url: SafeUrl,
        /// The path or address as the user wrote it, where that was a path.
        given: Option<String>,
        /// The digests that are known for it.
        digests: Vec<Digest>,
    },
    /// A project directory on this machine; it has to be built.
    Directory {
        /// The absolute path.
        path: PathBuf,
        /// The same place as a `file:` address, with the fragment the user gave.
        url: SafeUrl,
        /// The path or address as the user wrote it.
        given: Option<String>,
        /// Whether it is to be installed as an editable project (PEP 660).
        editable: bool,
        /// What its build depends on, in short: changes when the project has to be installed
        /// again. `None` where nobody looked.
        fingerprint: Option<String>,
    },
    /// A commit of a git repository; it has to be built.
    Git {
        /// The address as given: `git+https://host/path@revision#subdirectory=…`.
        url: SafeUrl,
        /// The same, taken apart.
        git: GitUrl,
        /// The full commit id.
        commit: String,
        /// Whether it is to be installed as an editable project (PEP 660).
        editable: bool,
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
            | Self::SourceArchive { url, .. }
            | Self::Directory { url, .. }
            | Self::Git { url, .. } => Some(url),
            Self::Wheel(_) | Self::Sdist(_) | Self::Installed => None,
        }
    }

    /// Whether a wheel has to be built first.
    #[must_use]
    pub fn needs_build(&self) -> bool {
        match self {
            Self::Sdist(_)
            | Self::SourceArchive { .. }
            | Self::Directory { .. }
            | Self::Git { .. } => true,
            Self::Wheel(_) | Self::LocalWheel { .. } | Self::UrlWheel { .. } | Self::Installed => {
                false
            }
        }
    }

    /// Whether it is to be installed as an editable project (PEP 660).
    #[must_use]
    pub fn is_editable(&self) -> bool {
        matches!(
            self,
            Self::Directory { editable: true, .. } | Self::Git { editable: true, .. }
        )
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
    /// Every wheel, and after them the source distribution, that a target may choose from. Filled in a
    /// resolution for all targets; empty in one for a single target.
    pub files: Arc<Vec<RemoteFile>>,
    /// Whether the user named it, as opposed to a dependency (PEP 376 `REQUESTED`).
    pub requested: bool,
    /// The extras that were asked for, sorted.
    pub extras: Vec<ExtraName>,
    /// The targets the pin is for; `None` for all. Always `None` in a resolution for one target.
    pub marker: Option<Marker>,
}

/// A distribution has no file that a target takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {version} has no source distribution and no wheel for this Python and this system")]
pub struct NoFile {
    /// The normalised name.
    pub name: PackageName,
    /// The version.
    pub version: Version,
}

impl Pin {
    /// The digests that one of its files must have: those that are known of it, and those that the user asked for.
    #[must_use]
    pub fn digests_with(&self, known: &[Digest]) -> Vec<Digest> {
        known
            .iter()
            .chain(&self.requested_hashes)
            .cloned()
            .collect()
    }

    /// Makes a pin that nobody asked for by name, without hashes, extras or a marker.
    #[must_use]
    pub fn new(name: PackageName, version: Version, source: DistSource) -> Self {
        Self {
            name,
            version,
            source,
            requested_hashes: Vec::new(),
            file_hashes: Vec::new(),
            files: Arc::default(),
            requested: false,
            extras: Vec::new(),
            marker: None,
        }
    }

    /// Returns the pin with the best of [`Self::files`] for a target as its source: the wheel with the best
    /// tags, else the source distribution. A pin without a list of files stays as it is.
    ///
    /// # Errors
    /// There are files, and none of them will do.
    pub fn for_target(&self, tags: &Tags) -> Result<Self, NoFile> {
        let mut pin = self.clone();
        pin.marker = None;
        if self.files.is_empty() || self.source.remote().is_none() {
            return Ok(pin);
        }
        let wheel = |file: &RemoteFile| {
            let name = WheelName::parse(&file.file_name).ok()?;
            Some((tags.rank(&name)?, name.build))
        };
        let best = self
            .files
            .iter()
            .filter_map(|file| Some((wheel(file)?, file)))
            .max_by(|(a, _), (b, _)| a.cmp(b));
        if let Some((_, file)) = best {
            pin.source = DistSource::Wheel(file.clone());
            return Ok(pin);
        }
        let sdist = self
            .files
            .iter()
            .find(|file| WheelName::parse(&file.file_name).is_err());
        match sdist {
            Some(file) => {
                pin.source = DistSource::Sdist(file.clone());
                Ok(pin)
            }
            None => Err(NoFile {
                name: self.name.clone(),
                version: self.version.clone(),
            }),
        }
    }
}
