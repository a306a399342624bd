//! Random entries of pages, and both forms of them.

use std::fmt::Write as _;

use naja_spec::{CoreMeta, Digest, FileRef, HashAlgorithm, PageEntry, Sha256};
use proptest::prelude::*;

use crate::pages::base;

/// An entry that owns its texts, for the generators.
#[derive(Debug, Clone)]
pub(crate) struct Owned {
    pub(crate) file: String,
    pub(crate) url: String,
    pub(crate) version: String,
    sha256: Option<[u8; 32]>,
    md5: Option<[u8; 16]>,
    requires_python: Option<String>,
    size: Option<u64>,
    millis: Option<i64>,
    pub(crate) yanked: Option<String>,
    metadata: CoreMeta,
    provenance: Option<String>,
}

impl Owned {
    fn digests(&self) -> Vec<Digest> {
        let hex = |bytes: &[u8; 16]| {
            bytes.iter().fold(String::new(), |mut out, byte| {
                write!(out, "{byte:02x}").unwrap();
                out
            })
        };
        let md5 = |bytes| Digest::from_hex(HashAlgorithm::Md5, &hex(bytes)).unwrap();
        self.md5.iter().map(md5).collect()
    }

    pub(crate) fn entry(&self) -> PageEntry<'_> {
        PageEntry {
            file_name: &self.file,
            url: &self.url,
            sha256: self.sha256.map(Sha256),
            digests: self.digests(),
            requires_python: self.requires_python.as_deref(),
            size: self.size,
            upload_time: self.millis,
            yanked: self.yanked.as_deref(),
            core_metadata: self.metadata,
            provenance: self.provenance.as_deref(),
        }
    }

    /// Compares all that a file of a page tells.
    pub(crate) fn matches(&self, file: &FileRef<'_>) {
        assert_eq!(file.file_name(), self.file);
        assert_eq!(file.url(), base().join(&self.url).unwrap().with_secrets());
        assert_eq!(file.sha256(), self.sha256.map(Sha256));
        let all: Vec<_> = self
            .sha256
            .map(|b| Sha256(b).into())
            .into_iter()
            .chain(self.digests())
            .collect();
        assert_eq!(file.digests(), all);
        assert_eq!(file.requires_python(), self.requires_python.as_deref());
        assert_eq!(file.size(), self.size);
        assert_eq!(file.upload_time(), self.millis);
        assert_eq!(file.yanked(), self.yanked.as_deref());
        assert_eq!(file.core_metadata(), self.metadata);
        assert_eq!(file.provenance().as_deref(), self.provenance.as_deref());
        assert_eq!(file.is_wheel(), self.file.ends_with(".whl"));
    }

    pub(crate) fn json(&self) -> String {
        let mut hashes = serde_json::Map::new();
        hashes.extend(
            self.sha256
                .map(|b| ("sha256".to_owned(), Sha256(b).to_hex().into())),
        );
        hashes.extend(
            self.digests()
                .first()
                .map(|d| ("md5".to_owned(), d.hex().into())),
        );
        let metadata = match self.metadata {
            CoreMeta::No => false.into(),
            CoreMeta::Yes => true.into(),
            CoreMeta::Hash(hash) => serde_json::json!({ "sha256": hash.to_hex() }),
        };
        let yanked = match self.yanked.as_deref() {
            None => false.into(),
            Some("") => true.into(),
            Some(reason) => serde_json::Value::from(reason),
        };
        serde_json::json!({
            "filename": self.file, "url": self.url, "hashes": hashes, "size": self.size,
            "requires-python": self.requires_python, "yanked": yanked, "core-metadata": metadata,
            "provenance": self.provenance,
        })
        .to_string()
    }

    pub(crate) fn html(&self) -> String {
        let digest = match (self.sha256, self.digests().first()) {
            (Some(bytes), _) => format!("#sha256={}", Sha256(bytes)),
            (None, Some(md5)) => format!("#md5={}", md5.hex()),
            (None, None) => String::new(),
        };
        let mut out = format!("<a href=\"{}{digest}\"", escape(&self.url));
        let mut attribute = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                write!(out, " {name}=\"{}\"", escape(&value)).unwrap();
            }
        };
        attribute("data-requires-python", self.requires_python.clone());
        attribute("data-yanked", self.yanked.clone());
        attribute("data-provenance", self.provenance.clone());
        attribute(
            "data-core-metadata",
            match self.metadata {
                CoreMeta::No => None,
                CoreMeta::Yes => Some("true".to_owned()),
                CoreMeta::Hash(hash) => Some(format!("sha256={hash}")),
            },
        );
        out + &format!(">{}</a><br>\n", escape(&self.file))
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&#34;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn file_and_version() -> impl Strategy<Value = (String, String)> {
    let version = prop::sample::select(vec![
        "1.0",
        "1.0.0",
        "1",
        "1.1",
        "1.10",
        "2.0rc1",
        "2.0.dev3",
        "1!0.1",
        "1.0.post2",
        "0.9",
    ]);
    let project = prop::sample::select(vec!["foo_bar", "Foo.Bar", "foo-bar", "FOO__BAR"]);
    let tail = prop::sample::select(vec![
        ".tar.gz",
        ".zip",
        "-py3-none-any.whl",
        "-7b-cp312-cp312-win_amd64.whl",
        "-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    ]);
    (version, project, tail).prop_map(|(version, project, tail)| {
        let project = if tail.ends_with(".whl") {
            project.replace('-', "_")
        } else {
            project.into()
        };
        (format!("{project}-{version}{tail}"), version.to_owned())
    })
}

pub(crate) fn entry() -> impl Strategy<Value = Owned> {
    let metadata = prop_oneof![
        Just(CoreMeta::No),
        Just(CoreMeta::Yes),
        any::<[u8; 32]>().prop_map(|bytes| CoreMeta::Hash(Sha256(bytes))),
    ];
    let place = prop_oneof![
        Just(String::new()),
        Just("../../packages/".to_owned()),
        Just("https://files.example/".to_owned()),
        "https://files\\.example/packages/[a-f0-9]{2}/[a-f0-9]{2}/[a-f0-9]{60}/",
        "https://files\\.example/packages/[A-F0-9]{2}/[a-f0-9]{2}/[a-f0-9]{60}/",
    ];
    let option = prop::option::of::<BoxedStrategy<String>>;
    let texts = (
        option("[<>=!~]{1,2}[0-9.*,\"&]{1,9}".boxed()),
        option("[a-z\"&<>é\\\\]{0,9}".boxed()),
        option(prop_oneof!["https://i\\.example/[a-z]{1,3}", Just("@".to_owned())].boxed()),
    );
    let numbers = (
        prop::option::of(any::<[u8; 32]>()),
        prop::option::of(any::<[u8; 16]>()),
        prop::option::of(0..u64::MAX),
        prop::option::of(-5_000_000_000_000..5_000_000_000_000_i64),
    );
    (file_and_version(), place, metadata, texts, numbers).prop_map(
        |((file, version), place, metadata, texts, (sha256, md5, size, millis))| {
            let (requires_python, yanked, provenance) = texts;
            let provenance = provenance.map(|url| match url.as_str() {
                "@" => format!("https://i.example/integrity/{version}/{file}/provenance"),
                _ => url,
            });
            let url = format!("{place}{file}");
            Owned {
                file,
                url,
                version,
                sha256,
                md5,
                requires_python,
                size,
                millis,
                yanked,
                metadata,
                provenance,
            }
        },
    )
}
