//! Small checked records: index pages, metadata, interpreter facts and the like.
//!
//! One file per record, named for a hash of its key. Layout, version 1, little-endian:
//!
//! ```text
//!  0  magic "NajaRecd"     8  format version u32    12  crc32 of all bytes from 16 on, u32
//! 16  length of the key u32    20  bucket u32       24  length of the body u64
//! 32  key, UTF-8, then zero to 7 zero bytes; body
//! ```

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_spec::Sha256;

use crate::backing::Backing;
use crate::error::{IoContext as _, StoreError};
use crate::store::Store;
use crate::write;

const MAGIC: &[u8; 8] = b"NajaRecd";
const VERSION: u32 = 1;
const CHECKED_FROM: usize = 16;
const HEADER: usize = 32;

/// What a record is about. Keys of different buckets do not collide.
///
/// Keys of [`Bucket::Pages`] and [`Bucket::Metadata`] should contain the normalised name of
/// the distribution as a whole component between slashes, so that cleaning by name finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bucket {
    /// Index pages, in naja's own flat form.
    Pages,
    /// Core metadata of one distribution file.
    Metadata,
    /// What HTTP said about a cached answer: validators, freshness.
    Http,
    /// Facts about one interpreter.
    Interpreters,
    /// From a URL to the digest of what it holds.
    Aliases,
    /// Environments made for tools and scripts.
    Environments,
    /// Guesses that save time and may be wrong.
    Hints,
    /// From a source and its build inputs to the digest of the wheel built.
    Builds,
    /// Parsed decisions by the digest of their text.
    Locks,
    /// Commits of version-controlled sources.
    Commits,
}

impl Bucket {
    /// All buckets.
    pub const ALL: [Self; 10] = [
        Self::Pages,
        Self::Metadata,
        Self::Http,
        Self::Interpreters,
        Self::Aliases,
        Self::Environments,
        Self::Hints,
        Self::Builds,
        Self::Locks,
        Self::Commits,
    ];

    /// The name of the bucket's directory.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Metadata => "metadata",
            Self::Http => "http",
            Self::Interpreters => "interpreters",
            Self::Aliases => "aliases",
            Self::Environments => "environments",
            Self::Hints => "hints",
            Self::Builds => "builds",
            Self::Locks => "locks",
            Self::Commits => "commits",
        }
    }

    fn number(self) -> u32 {
        match self {
            Self::Pages => 1,
            Self::Metadata => 2,
            Self::Http => 3,
            Self::Interpreters => 4,
            Self::Aliases => 5,
            Self::Environments => 6,
            Self::Hints => 7,
            Self::Builds => 8,
            Self::Locks => 9,
            Self::Commits => 10,
        }
    }
}

/// The body of a record, whose checksum and key were checked.
pub struct Record {
    backing: Backing,
    body_at: usize,
}

impl AsRef<[u8]> for Record {
    fn as_ref(&self) -> &[u8] {
        self.backing
            .as_ref()
            .get(self.body_at..)
            .unwrap_or_default()
    }
}

impl Record {
    /// Shares the body without copying it.
    #[must_use]
    pub fn into_arc(self) -> Arc<dyn AsRef<[u8]> + Send + Sync> {
        Arc::new(self)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("length", &self.as_ref().len())
            .finish()
    }
}

impl Store {
    /// Reads a record; `None` when it is absent, damaged, of another version or another key.
    #[must_use]
    pub fn read_record(&self, bucket: Bucket, key: &str) -> Option<Record> {
        let backing = Backing::load(&self.record_path(bucket, key)).ok()?;
        let head = parse(backing.as_ref())?;
        if head.key != key || head.bucket != bucket.number() {
            return None;
        }
        let body_at = head.body_at;
        Some(Record { backing, body_at })
    }

    /// Writes or replaces a record; a reader sees the old one or the new one.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn write_record(&self, bucket: Bucket, key: &str, body: &[u8]) -> Result<(), StoreError> {
        self.prepare()?;
        let path = self.record_path(bucket, key);
        let Some(head) = header(bucket, key, body) else {
            return Err(StoreError::TooLarge {
                file: key.to_owned(),
            });
        };
        match write::publish(&path, &[&head, body]) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent).at("create", parent)?;
                }
                write::publish(&path, &[&head, body]).at("write", &path)
            }
            answer => answer.at("write", &path),
        }
    }

    /// Removes a record; an absent one is not an error.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn remove_record(&self, bucket: Bucket, key: &str) -> Result<(), StoreError> {
        let path = self.record_path(bucket, key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at("remove", &path),
            _ => Ok(()),
        }
    }

    pub(crate) fn records_dir(&self, bucket: Bucket) -> PathBuf {
        self.root().join("records").join(bucket.as_str())
    }

    fn record_path(&self, bucket: Bucket, key: &str) -> PathBuf {
        let hex = Sha256::of(key.as_bytes()).to_hex();
        let (shard, rest) = hex.split_at(2);
        let mut path = self.records_dir(bucket);
        path.push(shard);
        path.push(rest.get(..30).unwrap_or(rest));
        path
    }
}

/// The key a record file was written for, if the file is sound.
pub(crate) fn key_of(path: &Path) -> Option<String> {
    let backing = Backing::load(path).ok()?;
    parse(backing.as_ref()).map(|head| head.key.to_owned())
}

pub(crate) struct Head<'a> {
    bucket: u32,
    pub(crate) key: &'a str,
    pub(crate) body_at: usize,
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(8)
}

pub(crate) fn header(bucket: Bucket, key: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut head = Vec::with_capacity(HEADER + padded(key.len()));
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&[0; 4]);
    head.extend_from_slice(&u32::try_from(key.len()).ok()?.to_le_bytes());
    head.extend_from_slice(&bucket.number().to_le_bytes());
    head.extend_from_slice(&(body.len() as u64).to_le_bytes());
    head.extend_from_slice(key.as_bytes());
    head.resize(HEADER + padded(key.len()), 0);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head[CHECKED_FROM..]);
    hasher.update(body);
    head[12..16].copy_from_slice(&hasher.finalize().to_le_bytes());
    Some(head)
}

pub(crate) fn parse(bytes: &[u8]) -> Option<Head<'_>> {
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if bytes.get(..8)? != MAGIC || word(8)? != VERSION {
        return None;
    }
    let key_length = word(16)? as usize;
    let body_length = u64::from_le_bytes(bytes.get(24..HEADER)?.try_into().ok()?);
    let body_at = HEADER.checked_add(padded(key_length))?;
    if (body_at as u64).checked_add(body_length)? != bytes.len() as u64 {
        return None;
    }
    if word(12)? != crc32fast::hash(bytes.get(CHECKED_FROM..)?) {
        return None;
    }
    let key = std::str::from_utf8(bytes.get(HEADER..HEADER + key_length)?).ok()?;
    Some(Head {
        bucket: word(20)?,
        key,
        body_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("cache")).unwrap();
        (dir, store)
    }

    #[test]
    fn round_trip_small_and_mapped() {
        let (_dir, store) = store();
        assert!(store.read_record(Bucket::Pages, "k").is_none());
        assert!(!store.dir().exists());
        for size in [0, 1, 7, 8, 1000, 65_536, 300_000] {
            let body: Vec<u8> = (0..size).map(|n: u32| n.to_le_bytes()[0]).collect();
            store.write_record(Bucket::Pages, "a/key", &body).unwrap();
            let read = store.read_record(Bucket::Pages, "a/key").unwrap();
            assert_eq!(read.as_ref(), body);
            assert_eq!((*read.into_arc()).as_ref(), body);
        }
        assert!(store.read_record(Bucket::Metadata, "a/key").is_none());
        assert!(store.dir().join("CACHEDIR.TAG").exists());
        store.remove_record(Bucket::Pages, "a/key").unwrap();
        store.remove_record(Bucket::Pages, "a/key").unwrap();
        assert!(store.read_record(Bucket::Pages, "a/key").is_none());
    }

    #[test]
    fn any_flipped_or_missing_byte_is_a_miss() {
        let (_dir, store) = store();
        store
            .write_record(Bucket::Interpreters, "python", b"facts about it")
            .unwrap();
        let path = store.record_path(Bucket::Interpreters, "python");
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(
                store.read_record(Bucket::Interpreters, "python").is_none(),
                "byte {at}"
            );
            fs::write(&path, &good[..at]).unwrap();
            assert!(
                store.read_record(Bucket::Interpreters, "python").is_none(),
                "cut at {at}"
            );
        }
        fs::write(&path, [&good[..], b"x"].concat()).unwrap();
        assert!(store.read_record(Bucket::Interpreters, "python").is_none());
        fs::write(&path, &good).unwrap();
        assert!(store.read_record(Bucket::Interpreters, "python").is_some());
    }

    #[test]
    fn a_record_moved_to_another_key_or_bucket_is_a_miss() {
        let (_dir, store) = store();
        store.write_record(Bucket::Pages, "one", b"1").unwrap();
        store.write_record(Bucket::Pages, "two", b"2").unwrap();
        store.write_record(Bucket::Hints, "one", b"3").unwrap();
        let one = store.record_path(Bucket::Pages, "one");
        fs::copy(store.record_path(Bucket::Pages, "two"), &one).unwrap();
        assert!(store.read_record(Bucket::Pages, "one").is_none());
        fs::copy(store.record_path(Bucket::Hints, "one"), &one).unwrap();
        assert!(store.read_record(Bucket::Pages, "one").is_none());
    }
}
