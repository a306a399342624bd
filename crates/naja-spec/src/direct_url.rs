//! `direct_url.json`: where a distribution was installed from (PEP 610).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::url::SafeUrl;

/// Why a `direct_url.json` cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DirectUrlError {
    /// The text is not JSON of the right shape.
    #[error("direct_url.json cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Not exactly one of `archive_info`, `vcs_info` and `dir_info` is there.
    #[error("direct_url.json must hold exactly one of archive_info, vcs_info, dir_info")]
    Kind,
}

/// The origin of a distribution that did not come from an index. Holds no secrets: user and
/// password are left out both on reading and on making it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectUrl {
    /// The URL without credentials and fragment; `file:` for directories.
    pub url: String,
    /// What the URL names.
    pub kind: DirectUrlKind,
    /// Directory inside it that holds the project, relative, with `/`.
    pub subdirectory: Option<String>,
}

/// What a [`DirectUrl`] names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectUrlKind {
    /// A file: wheel or source archive.
    Archive {
        /// Its digests by algorithm, hexadecimal; a legacy `hash` is in it too.
        hashes: BTreeMap<String, String>,
    },
    /// A repository.
    Vcs {
        /// The system, such as `git`.
        vcs: String,
        /// Branch, tag or commit that was asked for.
        requested_revision: Option<String>,
        /// The full commit id.
        commit_id: String,
    },
    /// A directory of this machine.
    Dir {
        /// Whether the installation refers to the directory instead of copying it.
        editable: bool,
    },
}

impl DirectUrl {
    /// Describes an archive.
    #[must_use]
    pub fn archive(url: &SafeUrl, digests: &[Digest]) -> Self {
        let hash = |digest: &Digest| (digest.algorithm().to_string(), digest.hex());
        let hashes = digests.iter().map(hash).collect();
        Self::new(url, DirectUrlKind::Archive { hashes })
    }

    /// Describes a directory of this machine.
    #[must_use]
    pub fn directory(url: &SafeUrl, editable: bool) -> Self {
        Self::new(url, DirectUrlKind::Dir { editable })
    }

    /// Describes anything; takes the subdirectory out of the URL's fragment.
    #[must_use]
    pub fn new(url: &SafeUrl, kind: DirectUrlKind) -> Self {
        Self {
            url: url
                .without_credentials()
                .without_fragment()
                .with_secrets()
                .to_owned(),
            kind,
            subdirectory: url.subdirectory().map(Cow::into_owned),
        }
    }

    /// Reads the file. An unknown key is ignored; the legacy key `hash` of archives counts
    /// where `hashes` lacks its algorithm.
    ///
    /// # Errors
    /// When the text is not JSON of the right shape or names not exactly one kind.
    pub fn parse(bytes: &[u8]) -> Result<Self, DirectUrlError> {
        let wire: Wire<'_> = serde_json::from_slice(bytes)?;
        let kind = match (wire.archive_info, wire.vcs_info, wire.dir_info) {
            (Some(archive), None, None) => archive.into_kind(),
            (None, Some(vcs), None) => vcs.into_kind(),
            (None, None, Some(dir)) => DirectUrlKind::Dir {
                editable: dir.editable.unwrap_or(false),
            },
            _ => return Err(DirectUrlError::Kind),
        };
        let url = match SafeUrl::parse(&wire.url) {
            Ok(url) => url.without_credentials().with_secrets().to_owned(),
            Err(_) => crate::url::mask_urls(&wire.url).into_owned(),
        };
        Ok(Self {
            url,
            kind,
            subdirectory: wire.subdirectory.map(Cow::into_owned),
        })
    }

    /// Writes the file, with `hashes` and, for older readers, the legacy `hash` where there is
    /// exactly one.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut wire = Wire {
            url: Cow::Borrowed(&self.url),
            subdirectory: self.subdirectory.as_deref().map(Cow::Borrowed),
            ..Wire::default()
        };
        match &self.kind {
            DirectUrlKind::Archive { hashes } => {
                wire.archive_info = Some(ArchiveInfo::of(hashes));
            }
            DirectUrlKind::Vcs {
                vcs,
                requested_revision,
                commit_id,
            } => {
                wire.vcs_info = Some(VcsInfo {
                    vcs: Cow::Borrowed(vcs),
                    requested_revision: requested_revision.as_deref().map(Cow::Borrowed),
                    commit_id: Cow::Borrowed(commit_id),
                });
            }
            DirectUrlKind::Dir { editable } => {
                wire.dir_info = Some(DirInfo {
                    editable: editable.then_some(true),
                });
            }
        }
        // Strings, options and maps with string keys always serialise.
        serde_json::to_string(&wire).unwrap_or_default()
    }

    /// Reports whether it names an editable directory.
    #[must_use]
    pub fn is_editable(&self) -> bool {
        matches!(self.kind, DirectUrlKind::Dir { editable: true })
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    archive_info: Option<ArchiveInfo<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    vcs_info: Option<VcsInfo<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dir_info: Option<DirInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subdirectory: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct ArchiveInfo<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hashes: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
}

#[derive(Serialize, Deserialize)]
struct VcsInfo<'a> {
    vcs: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_revision: Option<Cow<'a, str>>,
    commit_id: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct DirInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    editable: Option<bool>,
}

impl<'a> ArchiveInfo<'a> {
    fn of(hashes: &'a BTreeMap<String, String>) -> Self {
        let mut list = hashes.iter();
        let hash = match (list.next(), list.next()) {
            (Some((name, hex)), None) => Some(Cow::Owned(format!("{name}={hex}"))),
            _ => None,
        };
        let borrowed = |(name, hex): (&'a String, &'a String)| {
            (Cow::Borrowed(name.as_str()), Cow::Borrowed(hex.as_str()))
        };
        let hashes = (!hashes.is_empty()).then(|| hashes.iter().map(borrowed).collect());
        Self { hash, hashes }
    }

    fn into_kind(self) -> DirectUrlKind {
        let owned =
            |(name, hex): (Cow<'_, str>, Cow<'_, str>)| (name.into_owned(), hex.into_owned());
        let mut hashes: BTreeMap<_, _> = self
            .hashes
            .unwrap_or_default()
            .into_iter()
            .map(owned)
            .collect();
        if let Some((name, hex)) = self.hash.as_deref().and_then(|hash| hash.split_once('=')) {
            hashes
                .entry(name.to_owned())
                .or_insert_with(|| hex.to_owned());
        }
        DirectUrlKind::Archive { hashes }
    }
}

impl VcsInfo<'_> {
    fn into_kind(self) -> DirectUrlKind {
        DirectUrlKind::Vcs {
            vcs: self.vcs.into_owned(),
            requested_revision: self.requested_revision.map(Cow::into_owned),
            commit_id: self.commit_id.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256;

    #[test]
    fn all_kinds_come_back() {
        let url = SafeUrl::parse("https://u:s3cret@h.example/a.zip#subdirectory=x/y").unwrap();
        let digest = Digest::from(Sha256::of(b""));
        let git = DirectUrlKind::Vcs {
            vcs: "git".into(),
            requested_revision: Some("main".into()),
            commit_id: "0".repeat(40),
        };
        for direct in [
            DirectUrl::archive(&url, &[digest]),
            DirectUrl::archive(&url, &[]),
            DirectUrl::new(&url, git),
            DirectUrl::directory(&SafeUrl::parse("file:///a%20b").unwrap(), true),
            DirectUrl::directory(&SafeUrl::parse("file:///a%20b").unwrap(), false),
        ] {
            let text = direct.to_json();
            assert!(!text.contains("s3cret"), "{text}");
            assert_eq!(DirectUrl::parse(text.as_bytes()).unwrap(), direct, "{text}");
        }
    }

    #[test]
    fn what_others_write() {
        let text = br#"{"archive_info":{"hash":"sha256=00"},"url":"https://u:p@h.example/a.zip"}"#;
        let direct = DirectUrl::parse(text).unwrap();
        assert_eq!(direct.url, "https://h.example/a.zip");
        let hashes = BTreeMap::from([("sha256".to_owned(), "00".to_owned())]);
        assert_eq!(direct.kind, DirectUrlKind::Archive { hashes });
        let direct =
            DirectUrl::parse(br#"{"dir_info": {}, "url": "file:///x", "y": [1]}"#).unwrap();
        assert!(!direct.is_editable());
        let direct = DirectUrl::parse(
            br#"{"url":"ssh://git@h.example/r","vcs_info":{"vcs":"git","commit_id":"a","x":null}}"#,
        );
        assert_eq!(direct.unwrap().url, "ssh://git@h.example/r");
    }

    #[test]
    fn broken_files_are_refused() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"url":"https://h.example/"}"#,
            r#"{"url":"file:///x","dir_info":{},"archive_info":{}}"#,
            r#"{"url":"file:///x","dir_info":{"editable":"yes"}}"#,
            r#"{"url":"file:///x","vcs_info":{"vcs":"git"}}"#,
        ] {
            assert!(DirectUrl::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
