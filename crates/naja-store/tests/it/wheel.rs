//! Small wheels, right in every respect unless a test says otherwise.

use std::fmt::Write as _;
use std::path::Path;

use naja_spec::{Digest, Sha256, WheelName};
use naja_store::{Archive, Store, StoreError, WheelExpectation};

use super::raw;

pub(crate) const FILE: &str = "foo-1.0-py3-none-any.whl";
pub(crate) const METADATA: &str = "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n";
pub(crate) const WHEEL: &str = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

/// The files of a wheel, without RECORD.
#[derive(Clone)]
pub(crate) struct Wheel {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// Instead of the true RECORD.
    pub(crate) record: Option<String>,
}

impl Wheel {
    pub(crate) fn new() -> Self {
        let mut wheel = Self {
            files: Vec::new(),
            record: None,
        };
        wheel.set("foo/__init__.py", b"print('foo')\n");
        wheel.set("foo-1.0.dist-info/METADATA", METADATA.as_bytes());
        wheel.set("foo-1.0.dist-info/WHEEL", WHEEL.as_bytes());
        wheel
    }

    pub(crate) fn set(&mut self, path: &str, bytes: &[u8]) -> &mut Self {
        self.files.retain(|(other, _)| other != path);
        self.files.push((path.to_owned(), bytes.to_vec()));
        self
    }

    pub(crate) fn with(mut self, path: &str, bytes: &[u8]) -> Self {
        self.set(path, bytes);
        self
    }

    pub(crate) fn without(mut self, path: &str) -> Self {
        self.files.retain(|(other, _)| other != path);
        self
    }

    pub(crate) fn with_record(mut self, change: impl Fn(String) -> String) -> Self {
        self.record = Some(change(self.record_text()));
        self
    }

    pub(crate) fn record_text(&self) -> String {
        let mut text = String::new();
        for (path, bytes) in &self.files {
            text.push_str(&row(path, bytes));
        }
        text.push_str("foo-1.0.dist-info/RECORD,,\n");
        text
    }

    /// The members, RECORD last.
    pub(crate) fn entries(&self) -> Vec<raw::Entry> {
        let mut entries: Vec<raw::Entry> = self
            .files
            .iter()
            .map(|(path, bytes)| raw::Entry::deflated(path, bytes))
            .collect();
        let record = self.record.clone().unwrap_or_else(|| self.record_text());
        entries.push(raw::Entry::deflated(
            "foo-1.0.dist-info/RECORD",
            record.as_bytes(),
        ));
        entries
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        raw::Archive::of(self.entries()).bytes()
    }
}

/// A row of RECORD.
pub(crate) fn row(path: &str, bytes: &[u8]) -> String {
    let digest = Digest::from(Sha256::of(bytes)).to_record_text();
    let mut text = String::new();
    writeln!(text, "{path},{digest},{}", bytes.len()).unwrap();
    text
}

/// A store in a directory of its own.
pub(crate) struct Cache {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Cache {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("cache")).unwrap();
        Self { dir, store }
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> Result<Archive, StoreError> {
        self.put_as(FILE, bytes)
    }

    /// Puts a wheel by both routes, which must give the same answer.
    pub(crate) fn put_as(&self, file: &str, bytes: &[u8]) -> Result<Archive, StoreError> {
        use std::io::Write as _;
        let name = WheelName::parse(file).unwrap();
        let path = self.dir.path().join("given.whl");
        std::fs::write(&path, bytes).unwrap();
        let expect = WheelExpectation {
            name: &name,
            digests: &[],
            size: None,
        };
        let local = self.store.put_wheel_at(&path, &expect, 2);
        if let Ok(archive) = &local {
            self.store.discard(&archive.id()).unwrap();
        }
        let mut temp = self.store.temp_file().unwrap();
        temp.write_all(bytes).unwrap();
        let downloaded = self.store.put_wheel(temp, &expect, 1);
        match (&local, &downloaded) {
            (Ok(_), Ok(_)) => {}
            (Err(one), Err(two)) => assert_eq!(format!("{one:?}"), format!("{two:?}")),
            _ => panic!("the routes disagree: {local:?} and {downloaded:?}"),
        }
        downloaded
    }

    /// Every file below the cache but its marks and its lock.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(self.store.dir(), "", &mut found);
        found.retain(|path| !matches!(&path[..], "CACHEDIR.TAG" | ".gitignore" | "v1/.lock"));
        found.sort();
        found
    }
}

pub(crate) fn walk(dir: &Path, prefix: &str, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{path}/"), found);
        } else {
            found.push(path);
        }
    }
}
