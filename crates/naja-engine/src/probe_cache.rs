//! Remembers what interpreters said, in the store.

use naja_python::ProbeCache;
use naja_store::{Bucket, Store};

/// The store, as the part about interpreters sees it.
pub(crate) struct StoredProbes<'a>(pub(crate) &'a Store);

impl ProbeCache for StoredProbes<'_> {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0
            .read_record(Bucket::Interpreters, key)
            .map(|record| record.as_ref().to_vec())
    }

    fn put(&self, key: &str, value: &[u8]) {
        // A cache that cannot be written makes things slower, not wrong.
        let _slower = self.0.write_record(Bucket::Interpreters, key, value);
    }
}
