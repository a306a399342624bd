//! Doors for fuzzing: the readers of the store's own files, without the files.
//!
//! No part of the interface; nothing but the fuzz targets may use it.

use std::path::Path;

use naja_spec::Sha256;

use crate::backing::Backing;
use crate::manifest::{FileFact, Manifest, TreeFacts, build};
use crate::records::{self, Bucket};
use crate::txn;

/// Opens the bytes of a manifest.
#[must_use]
pub fn manifest(bytes: Vec<u8>) -> Option<Manifest> {
    Manifest::from_backing(Backing::Memory(bytes))
}

/// Makes a manifest of some paths, which need not be sound.
#[must_use]
pub fn build_manifest(paths: &[&str]) -> Option<Vec<u8>> {
    let files: Vec<FileFact> = paths
        .iter()
        .map(|path| FileFact {
            path: (*path).to_owned(),
            size: 1,
            mtime: 2,
            inode: 3,
            executable: false,
            sha256: Sha256([4; 32]),
        })
        .collect();
    let facts = TreeFacts {
        name: "a".to_owned(),
        dist_info: "a-1.dist-info".to_owned(),
        data_dir: "a-1.data".to_owned(),
        ..TreeFacts::default()
    };
    build(&Sha256([5; 32]), &facts, &files)
}

/// Reads the bytes of a record: its key and body.
#[must_use]
pub fn record(bytes: &[u8]) -> Option<(&str, &[u8])> {
    records::parse(bytes).map(|head| (head.key, bytes.get(head.body_at..).unwrap_or_default()))
}

/// Makes the bytes of a record.
#[must_use]
pub fn build_record(key: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = records::header(Bucket::Hints, key, body)?;
    bytes.extend_from_slice(body);
    Some(bytes)
}

/// Reads a journal and writes its steps again: their number and the bytes.
#[must_use]
pub fn journal(bytes: &[u8], own: &Path, home: &Path) -> Option<(usize, Vec<u8>)> {
    txn::reread(bytes, own, home)
}

/// Unpacks a source archive below an empty directory, within small bounds.
///
/// # Errors
/// Why it is refused.
pub fn unpack_source(
    bytes: &[u8],
    packing: naja_spec::SdistExtension,
    root: &Path,
) -> Result<String, String> {
    crate::sdist::unpack_for_fuzzing(bytes, packing, root)
}
