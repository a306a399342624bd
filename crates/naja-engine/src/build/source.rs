use std::path::PathBuf;
use std::sync::Arc;

use naja_index::Origin;
use naja_spec::{CoreMeta, CoreMetadata, Digest, GitUrl, PackageName, SafeUrl, Sha256, Version};
use naja_store::Archive;

/// What is to be built.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The name it has to have, where that is known.
    pub(crate) name: Option<PackageName>,
    /// The version it has to have, where that is known.
    pub(crate) version: Option<Version>,
    /// Where it is.
    pub(crate) place: Place,
}

/// Where a source is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A source archive.
    Archive {
        file_name: String,
        url: SafeUrl,
        origin: Origin,
        digests: Vec<Digest>,
        size: Option<u64>,
        subdirectory: Option<String>,
        /// What the index says about metadata that it serves beside the archive (PEP 658).
        core_metadata: CoreMeta,
    },
    /// A directory of this machine; it is built where it lies.
    Directory { path: PathBuf, editable: bool },
    /// A commit of a repository.
    Git { git: GitUrl, editable: bool },
}

impl Source {
    /// The source in words: name and version, as far as they are known.
    pub(crate) fn label(&self) -> String {
        match (&self.name, &self.version, &self.place) {
            (Some(name), Some(version), _) => format!("{name}=={version}"),
            (_, _, Place::Directory { path, .. }) => match &self.name {
                Some(name) => format!("{name} ({})", path.display()),
                None => path.display().to_string(),
            },
            (_, _, Place::Archive { file_name, .. }) => file_name.clone(),
            (_, _, Place::Git { git, .. }) => git.repository().masked(),
        }
    }

    /// What tells one source from another within a run.
    pub(crate) fn identity(&self) -> String {
        match &self.place {
            Place::Archive {
                url, subdirectory, ..
            } => format!("{} {:?}", url.with_secrets(), subdirectory),
            Place::Directory { path, editable } => format!("{} {editable}", path.display()),
            Place::Git { git, editable } => format!(
                "{} {:?} {:?} {:?} {editable}",
                git.repository().with_secrets(),
                git.revision(),
                git.subdirectory(),
                git.lfs()
            ),
        }
    }

    /// Whether it becomes an editable installation.
    pub(crate) fn is_editable(&self) -> bool {
        matches!(
            self.place,
            Place::Directory { editable: true, .. } | Place::Git { editable: true, .. }
        )
    }

    /// The SHA-256 that the index or the user gave for an archive.
    pub(crate) fn known_digest(&self) -> Option<Sha256> {
        match &self.place {
            Place::Archive { digests, .. } => digests.iter().find_map(Digest::as_sha256),
            _ => None,
        }
    }
}

/// What a task gave.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    /// The metadata.
    pub(crate) metadata: Arc<CoreMetadata>,
    /// The wheel, if one was asked for or had to be built.
    pub(crate) archive: Option<Archive>,
    /// The digest of a source archive.
    pub(crate) sha256: Option<Sha256>,
    /// The commit of a repository.
    pub(crate) commit: Option<String>,
    /// What a directory's build depends on, in short.
    pub(crate) fingerprint: Option<String>,
}
