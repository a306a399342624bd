//! Remembers what interpreters said, in the store.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

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

/// The same, for those who want to know which programs were tried.
pub(crate) struct NotedProbes<'a> {
    stored: StoredProbes<'a>,
    tried: RefCell<Vec<(PathBuf, bool)>>,
}

impl<'a> NotedProbes<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self {
            stored: StoredProbes(store),
            tried: RefCell::default(),
        }
    }

    /// The programs that were tried, in order, and whether each could be used.
    pub(crate) fn tried(self) -> Vec<(PathBuf, bool)> {
        self.tried.into_inner()
    }
}

impl ProbeCache for NotedProbes<'_> {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.stored.get(key)
    }

    fn put(&self, key: &str, value: &[u8]) {
        self.stored.put(key, value);
    }

    fn tried(&self, program: &Path, is_usable: bool) {
        self.tried
            .borrow_mut()
            .push((program.to_path_buf(), is_usable));
    }
}
