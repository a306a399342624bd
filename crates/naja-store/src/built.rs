//! What was built before: wheels and metadata, by everything that went into the build.

use std::path::Path;

use naja_spec::{Sha256, WheelName};

use crate::archive::{Archive, ArchiveId};
use crate::error::{IoContext as _, StoreError};
use crate::lock::{self, FileLock};
use crate::records::Bucket;
use crate::store::Store;
use crate::unpack::WheelExpectation;

impl Store {
    /// The wheel that was kept under a key; `None` when there is none or its archive is gone.
    #[must_use]
    pub fn built_wheel(&self, key: &str) -> Option<Archive> {
        let record = self.read_record(Bucket::Builds, &wheel_key(key))?;
        let text = std::str::from_utf8(record.as_ref()).ok()?;
        let digest: Sha256 = text.trim().parse().ok()?;
        self.get(&ArchiveId(digest))
    }

    /// Checks a wheel that was built, unpacks it, and keeps it under a key.
    ///
    /// `key` is everything that decides what the wheel holds; without one the wheel is only
    /// unpacked.
    ///
    /// # Errors
    ///
    /// As [`Store::put_wheel`]. Nothing is left behind.
    pub fn keep_built(
        &self,
        key: Option<&str>,
        wheel: &Path,
        name: &WheelName,
        workers: usize,
    ) -> Result<Archive, StoreError> {
        let expect = WheelExpectation {
            name,
            digests: &[],
            size: None,
        };
        let archive = self.put_wheel_at(wheel, &expect, workers)?;
        if let Some(key) = key {
            let text = archive.id().to_string();
            self.write_record(Bucket::Builds, &wheel_key(key), text.as_bytes())?;
        }
        Ok(archive)
    }

    /// Takes the right to build what belongs to a key, unless somebody has it: another thread or
    /// another process.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn try_lock_build(&self, key: &str) -> Result<Option<BuildLock>, StoreError> {
        self.prepare()?;
        let name = format!("build-{}.lock", Sha256::of(key.as_bytes()).to_hex());
        let path = self.temp_root().join(name);
        let lock = lock::try_exclusive(&path).at("lock", &path)?;
        Ok(lock.map(|lock| BuildLock { lock }))
    }

    /// The metadata that was kept under a key.
    #[must_use]
    pub fn built_metadata(&self, key: &str) -> Option<Vec<u8>> {
        let record = self.read_record(Bucket::Builds, &metadata_key(key))?;
        Some(record.as_ref().to_vec())
    }

    /// Keeps the metadata of a source under a key.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn keep_built_metadata(&self, key: &str, metadata: &[u8]) -> Result<(), StoreError> {
        self.write_record(Bucket::Builds, &metadata_key(key), metadata)
    }
}

/// The right to build something, given back on drop.
#[derive(Debug)]
pub struct BuildLock {
    lock: FileLock,
}

impl Drop for BuildLock {
    fn drop(&mut self) {
        // While it is held: whoever waits finds that its file is gone and makes a new one.
        let _stays = std::fs::remove_file(self.lock.path());
    }
}

fn wheel_key(key: &str) -> String {
    format!("wheel/{key}")
}

fn metadata_key(key: &str) -> String {
    format!("metadata/{key}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_builds_at_a_time_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let [one, other] = [0, 1].map(|_| Store::open(dir.path()).unwrap());
        let lock = one.try_lock_build("harry/1").unwrap().unwrap();
        assert!(other.try_lock_build("harry/1").unwrap().is_none());
        let second = other.try_lock_build("harry/2").unwrap().unwrap();
        drop(lock);
        let lock = other.try_lock_build("harry/1").unwrap().unwrap();
        assert!(one.try_lock_build("harry/1").unwrap().is_none());
        drop((lock, second));
        assert_eq!(std::fs::read_dir(one.temp_root()).unwrap().count(), 0);
    }

    #[test]
    fn records_of_wheels_and_metadata_are_apart_and_a_lost_archive_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert!(store.built_metadata("harry/1").is_none());
        store
            .keep_built_metadata("harry/1", b"Name: harry\n")
            .unwrap();
        assert_eq!(store.built_metadata("harry/1").unwrap(), b"Name: harry\n");
        assert!(store.built_wheel("harry/1").is_none());
        let digest = Sha256::of(b"gone").to_string();
        store
            .write_record(Bucket::Builds, &wheel_key("harry/1"), digest.as_bytes())
            .unwrap();
        assert!(store.built_wheel("harry/1").is_none());
    }
}
