//! Where a distribution came from, as it is written down and as the pipeline wants it.

use std::sync::Arc;

use naja_lock::{DistSource, Pin, RemoteFile};
use naja_spec::{CoreMeta, Digest, GitUrl, PackageName, SafeUrl, Version};
use serde::{Deserialize, Serialize};

use super::entry::{Recorded, digest};

/// The position of files that no index of the configuration offers.
const NO_INDEX: u16 = u16::MAX;

/// Where a distribution came from. Addresses have no credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Source {
    /// A file of an index, wheel or source distribution.
    Index {
        /// Its name.
        file: String,
        /// Its address.
        url: String,
        /// The index that offered it, for the credentials.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<String>,
        /// Its digests, `sha256:…`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hashes: Vec<String>,
        /// Its size in bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
    },
    /// A wheel or source archive that was named by its address or path.
    Address {
        /// The address, with the fragment that was given.
        url: String,
        /// Its digests.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hashes: Vec<String>,
    },
    /// A directory on this machine.
    Directory {
        /// Its address.
        url: String,
        /// Whether it is an editable project.
        #[serde(default)]
        editable: bool,
        /// What it looked like, in short.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<String>,
    },
    /// A commit of a repository.
    Git {
        /// The address, as it was given.
        url: String,
        /// The full commit id.
        commit: String,
        /// Whether it is an editable project.
        #[serde(default)]
        editable: bool,
    },
}

fn clean(url: &SafeUrl) -> String {
    url.without_credentials().with_secrets().to_owned()
}

/// The address of an index file: what stands behind a question mark is a permission that ends.
fn without_query(url: &SafeUrl) -> String {
    let url = clean(&url.without_fragment());
    url.split('?').next().unwrap_or_default().to_owned()
}

fn written(digests: &[Digest]) -> Vec<String> {
    digests.iter().map(ToString::to_string).collect()
}

fn read(hashes: &[String]) -> Vec<Digest> {
    let digests = hashes.iter().map(|text| Digest::parse(text));
    digests.filter_map(Result::ok).collect()
}

impl Source {
    /// Writes a pin's source down; `index_of` names the index of a file.
    pub(super) fn of(
        source: &DistSource,
        index_of: &dyn Fn(u16) -> Option<String>,
    ) -> Option<Self> {
        Some(match source {
            DistSource::Wheel(file) | DistSource::Sdist(file) => Self::Index {
                file: file.file_name.clone(),
                url: without_query(&file.url),
                index: index_of(file.index),
                hashes: written(&file.digests),
                size: file.size,
            },
            DistSource::LocalWheel { url, digests, .. }
            | DistSource::UrlWheel { url, digests }
            | DistSource::SourceArchive { url, digests, .. } => Self::Address {
                url: clean(url),
                hashes: written(digests),
            },
            DistSource::Directory {
                url,
                editable,
                fingerprint,
                ..
            } => Self::Directory {
                url: clean(url),
                editable: *editable,
                fingerprint: fingerprint.clone(),
            },
            DistSource::Git {
                url,
                commit,
                editable,
                ..
            } => Self::Git {
                url: clean(url),
                commit: commit.clone(),
                editable: *editable,
            },
            DistSource::Installed => return None,
        })
    }

    /// The source as the pipeline wants it; `tag_of` finds an index again.
    fn to_dist_source(&self, tag_of: &dyn Fn(&str) -> Option<u16>) -> Option<DistSource> {
        let parse = |url: &str| SafeUrl::parse(url).ok();
        Some(match self {
            Self::Index {
                file,
                url,
                index,
                hashes,
                size,
            } => {
                let remote = RemoteFile {
                    file_name: file.clone(),
                    url: parse(url)?,
                    digests: read(hashes),
                    size: *size,
                    index: index.as_deref().and_then(tag_of).unwrap_or(NO_INDEX),
                    yanked: None,
                    core_metadata: CoreMeta::No,
                    upload_time: None,
                };
                match file.ends_with(".whl") {
                    true => DistSource::Wheel(remote),
                    false => DistSource::Sdist(remote),
                }
            }
            Self::Address { url, hashes } => {
                let (url, digests) = (parse(url)?, read(hashes));
                let is_wheel = url.file_name().is_some_and(|name| name.ends_with(".whl"));
                match (is_wheel, url.to_file_path()) {
                    (true, Some(path)) => DistSource::LocalWheel {
                        path,
                        url,
                        given: None,
                        digests,
                    },
                    (true, None) => DistSource::UrlWheel { url, digests },
                    (false, _) => DistSource::SourceArchive {
                        url,
                        given: None,
                        digests,
                    },
                }
            }
            Self::Directory {
                url,
                editable,
                fingerprint,
            } => {
                let url = parse(url)?;
                DistSource::Directory {
                    path: url.to_file_path()?,
                    url,
                    given: None,
                    editable: *editable,
                    fingerprint: fingerprint.clone(),
                }
            }
            Self::Git {
                url,
                commit,
                editable,
            } => {
                let url = parse(url)?;
                DistSource::Git {
                    git: GitUrl::parse(&url).ok()?,
                    url,
                    commit: commit.clone(),
                    editable: *editable,
                }
            }
        })
    }

    /// Whether a wheel has to be built from it.
    pub(super) fn is_built(&self) -> bool {
        match self {
            Self::Index { file, .. } => !file.ends_with(".whl"),
            Self::Address { url, .. } => {
                let path = url.split(['#', '?']).next().unwrap_or(url);
                !path.ends_with(".whl")
            }
            Self::Directory { .. } | Self::Git { .. } => true,
        }
    }

    /// Whether everything is on this machine.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Self::Index { url, .. } | Self::Address { url, .. } => url.starts_with("file:"),
            Self::Directory { .. } => true,
            Self::Git { .. } => false,
        }
    }

    /// Its address, for people.
    pub(super) fn shown(&self) -> String {
        let (Self::Index { url, .. }
        | Self::Address { url, .. }
        | Self::Directory { url, .. }
        | Self::Git { url, .. }) = self;
        SafeUrl::parse(url).map_or_else(|_| url.clone(), |url| url.masked())
    }
}

/// The pin that brings a recorded distribution back; `None` when nothing is known about it.
///
/// A wheel that is fetched again must have the digest it had.
pub(crate) fn pin_of(recorded: &Recorded, tag_of: &dyn Fn(&str) -> Option<u16>) -> Option<Pin> {
    let source = recorded.source.as_ref()?;
    let own = recorded.archive.as_deref().and_then(digest);
    let requested_hashes = match (source.is_built(), own) {
        (false, Some(sha256)) => vec![Digest::from(sha256)],
        _ => Vec::new(),
    };
    Some(Pin {
        name: PackageName::parse(&recorded.name).ok()?,
        version: Version::parse(&recorded.version).ok()?,
        source: source.to_dist_source(tag_of)?,
        requested_hashes,
        file_hashes: Vec::new(),
        files: Arc::default(),
        requested: recorded.requested,
        extras: Vec::new(),
        marker: None,
    })
}
