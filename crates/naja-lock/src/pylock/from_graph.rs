//! From a resolution to a lock file.

use std::path::Path;

use naja_spec::{Digest, Marker, PackageName, SafeUrl, VersionSpecifiers, WheelName};

use super::instant;
use super::{FilePlace, LockedFile, LockedPackage, LockedSource, Pylock};
use crate::text::markers;
use crate::{DistSource, Graph, Pin, RemoteFile, way};

/// What a lock file says besides the resolution.
#[derive(Clone, Debug, Default)]
pub struct LockContext<'a> {
    /// `requires-python`
    pub requires_python: Option<VersionSpecifiers>,
    /// `environments`
    pub environments: Vec<Marker>,
    /// The directory of the lock file; paths below and beside it are written relative to it.
    pub directory: Option<&'a Path>,
    /// `created-by`
    pub created_by: String,
    /// Names that are left out.
    pub omit: Vec<PackageName>,
}

/// Why a resolution cannot be written as a lock file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockGraphError {
    /// PEP 751 wants a hash for every file.
    #[error("no secure hash is known for {0}")]
    NoHash(String),
    /// An installed distribution has no source.
    #[error("{0} is installed, and where it came from is not known")]
    NoSource(PackageName),
}

impl Pylock {
    /// Makes a lock file of a resolution.
    ///
    /// # Errors
    /// A file has no hash, or a distribution has no source.
    pub fn from_graph(graph: &Graph, context: &LockContext<'_>) -> Result<Self, LockGraphError> {
        let mut packages = Vec::with_capacity(graph.nodes.len());
        let markers = markers(graph, context.requires_python.as_ref());
        for (node, marker) in graph.nodes.iter().zip(markers) {
            if context.omit.contains(&node.pin.name) {
                continue;
            }
            packages.push(LockedPackage {
                marker,
                ..package(&node.pin, context)?
            });
        }
        Ok(Self {
            lock_version: "1.0".to_owned(),
            environments: context.environments.clone(),
            requires_python: context.requires_python.clone(),
            created_by: context.created_by.clone(),
            packages,
            ..Self::default()
        })
    }
}

fn package(pin: &Pin, context: &LockContext<'_>) -> Result<LockedPackage, LockGraphError> {
    let source = source(pin, context)?;
    // The version of a directory changes with its content.
    let is_fixed = !matches!(source, LockedSource::Directory { .. });
    Ok(LockedPackage {
        name: pin.name.clone(),
        version: is_fixed.then(|| pin.version.clone()),
        marker: None,
        requires_python: None,
        dependencies: Vec::new(),
        index: None,
        source,
        attestation_identities: Vec::new(),
        tool: None,
    })
}

fn source(pin: &Pin, context: &LockContext<'_>) -> Result<LockedSource, LockGraphError> {
    let subdirectory = |url: &SafeUrl| url.subdirectory().map(std::borrow::Cow::into_owned);
    Ok(match &pin.source {
        DistSource::Wheel(_) | DistSource::Sdist(_) => files(pin, context)?,
        DistSource::LocalWheel { url, digests, .. } | DistSource::UrlWheel { url, digests } => {
            LockedSource::Archive {
                file: direct(url, digests, context)?,
                subdirectory: None,
            }
        }
        DistSource::SourceArchive { url, digests, .. } => LockedSource::Archive {
            file: direct(url, digests, context)?,
            subdirectory: subdirectory(url),
        },
        DistSource::Directory {
            path,
            url,
            editable,
            ..
        } => LockedSource::Directory {
            path: relative(path, context.directory),
            editable: *editable,
            subdirectory: subdirectory(url),
        },
        DistSource::Git { git, commit, .. } => LockedSource::Vcs {
            kind: "git".to_owned(),
            place: FilePlace::Url(git.repository().without_credentials()),
            requested_revision: git.revision().map(str::to_owned),
            commit_id: commit.clone(),
            subdirectory: git.subdirectory().map(str::to_owned),
        },
        DistSource::Installed => return Err(LockGraphError::NoSource(pin.name.clone())),
    })
}

fn files(pin: &Pin, context: &LockContext<'_>) -> Result<LockedSource, LockGraphError> {
    let own = pin.source.remote();
    let all: Vec<&RemoteFile> = if pin.files.is_empty() {
        own.into_iter().collect()
    } else {
        pin.files.iter().collect()
    };
    let mut sdist = None;
    let mut wheels = Vec::new();
    for file in all {
        let locked = LockedFile {
            name: file.file_name.clone(),
            place: place(&file.url, context),
            upload_time: file.upload_time.and_then(instant::of),
            size: file.size,
            hashes: secure(&file.digests, &file.file_name)?,
        };
        if WheelName::parse(&file.file_name).is_ok() {
            wheels.push(locked);
        } else {
            sdist = Some(locked);
        }
    }
    wheels.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(LockedSource::Files { sdist, wheels })
}

fn direct(
    url: &SafeUrl,
    digests: &[Digest],
    context: &LockContext<'_>,
) -> Result<LockedFile, LockGraphError> {
    let name = url.file_name().unwrap_or_default().into_owned();
    let mut known = digests.to_vec();
    known.extend(url.fragment_digests());
    Ok(LockedFile {
        hashes: secure(&known, &name)?,
        name,
        place: place(url, context),
        upload_time: None,
        size: None,
    })
}

fn place(url: &SafeUrl, context: &LockContext<'_>) -> FilePlace {
    match url.to_file_path() {
        Some(path) => FilePlace::Path(relative(&path, context.directory)),
        None => FilePlace::Url(url.without_credentials().without_fragment()),
    }
}

/// The secure hashes, each algorithm once, in the order of their names.
fn secure(digests: &[Digest], file: &str) -> Result<Vec<Digest>, LockGraphError> {
    let mut kept: Vec<Digest> = digests
        .iter()
        .filter(|digest| digest.is_secure())
        .cloned()
        .collect();
    kept.sort_by_key(|digest| digest.algorithm().as_str());
    kept.dedup_by_key(|digest| digest.algorithm());
    if kept.is_empty() {
        return Err(LockGraphError::NoHash(file.to_owned()));
    }
    Ok(kept)
}

/// A path with `/`, relative to the directory where both have a common root.
fn relative(path: &Path, directory: Option<&Path>) -> String {
    match directory.and_then(|directory| way(directory, path)) {
        Some(way) if way.is_empty() => ".".to_owned(),
        Some(way) => way,
        None => path.to_string_lossy().replace('\\', "/"),
    }
}
