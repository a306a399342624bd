//! From a wheel file to an archive of the store.

use std::path::Path;

use naja_spec::{Digest, WheelName};

use crate::archive::Archive;
use crate::error::StoreError;
use crate::store::Store;
use crate::temp::TempFile;

/// What a wheel file must turn out to be.
#[derive(Debug, Clone, Copy)]
pub struct WheelExpectation<'a> {
    /// Its file name.
    pub name: &'a WheelName,
    /// Its digests. For each algorithm that occurs, one of the values given must be right.
    /// Weak algorithms are ignored, unless there are no others.
    pub digests: &'a [Digest],
    /// Its size in bytes.
    pub size: Option<u64>,
}

impl Store {
    /// Checks a downloaded wheel, unpacks it and publishes it.
    ///
    /// # Errors
    ///
    /// When the wheel is refused, or the cache cannot be written.
    pub fn put_wheel(
        &self,
        file: TempFile,
        expect: &WheelExpectation<'_>,
        workers: usize,
    ) -> Result<Archive, StoreError> {
        let _ = (&file, expect, workers);
        Err(StoreError::NoUsableDigest { file: String::new() })
    }

    /// Does the same with a file that stays where it is.
    ///
    /// # Errors
    ///
    /// As [`Store::put_wheel`].
    pub fn put_wheel_at(
        &self,
        path: &Path,
        expect: &WheelExpectation<'_>,
        workers: usize,
    ) -> Result<Archive, StoreError> {
        let _ = (path, expect, workers);
        Err(StoreError::NoUsableDigest { file: String::new() })
    }
}
