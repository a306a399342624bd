//! A byte string for each version whose byte order is the order of versions.

use std::ops::Deref;

use smallvec::SmallVec;

use super::order::{dev_key, pre_key, trimmed};
use super::parts::{LocalSegment, LocalVersion};
use super::repr::Version;

/// Bytes that compare (as by `memcmp`) as the versions do; equal for equal versions only.
///
/// The form is fixed, because cache files hold it: epoch; each release number without trailing
/// zeros; 0; rank and number of the pre-release; post; dev; each local segment; 0. A number is one
/// byte for its length in bytes plus one, then its bytes, the most significant first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortKey(SmallVec<[u8; 24]>);

impl Deref for SortKey {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for SortKey {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl SortKey {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn number(&mut self, number: u64) {
        let bytes = number.to_be_bytes();
        let skipped = number.leading_zeros() as usize / 8;
        self.byte((8 - skipped) as u8 + 1);
        self.0.extend_from_slice(&bytes[skipped..]);
    }
}

impl Version {
    /// Returns the bytes to sort and search by in files.
    #[must_use]
    pub fn sort_key(&self) -> SortKey {
        let parts = self.to_parts();
        let mut key = SortKey(SmallVec::new());
        key.number(parts.epoch);
        for &number in trimmed(&parts.release) {
            key.number(number);
        }
        key.byte(0);
        let (rank, number) = pre_key(&parts);
        key.byte(rank);
        key.number(number);
        match parts.post {
            None => key.byte(0),
            Some(number) => key.number(number),
        }
        let (rank, number) = dev_key(parts.dev);
        key.byte(rank);
        key.number(number);
        for segment in parts.local.iter().flat_map(LocalVersion::segments) {
            match segment {
                LocalSegment::Text(text) => {
                    key.byte(1);
                    key.0.extend_from_slice(text.as_bytes());
                    key.byte(0);
                }
                LocalSegment::Number(number) => {
                    key.byte(2);
                    key.number(*number);
                }
            }
        }
        key.byte(0);
        key
    }
}
