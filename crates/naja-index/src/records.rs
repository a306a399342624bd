//! Records written behind: readable at once, on disk when there is time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use naja_store::{Bucket, Record, Store};
use rustc_hash::FxHashMap;

use crate::workers::Workers;

type Pending = FxHashMap<(Bucket, String), Arc<Vec<u8>>>;

/// The small records of the store, with those that are still to be written.
#[derive(Clone)]
pub(crate) struct Records {
    store: Store,
    workers: Workers,
    pending: Arc<Mutex<Pending>>,
}

/// The body of a record.
pub(crate) enum Body {
    /// Not yet on disk.
    Pending(Arc<Vec<u8>>),
    /// From disk.
    Stored(Record),
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Pending(bytes) => bytes,
            Self::Stored(record) => record.as_ref(),
        }
    }
}

impl Records {
    pub(crate) fn new(store: Store, workers: Workers) -> Self {
        Self {
            store,
            workers,
            pending: Arc::default(),
        }
    }

    /// Reads a record.
    pub(crate) fn read(&self, bucket: Bucket, key: &str) -> Option<Body> {
        let pending = self.lock().get(&(bucket, key.to_owned())).cloned();
        match pending {
            Some(bytes) => Some(Body::Pending(bytes)),
            None => self.store.read_record(bucket, key).map(Body::Stored),
        }
    }

    /// Writes a record when there is time; returns its shared bytes. A cache that cannot be written is a cache that does
    /// not help, and no error.
    pub(crate) fn write(&self, bucket: Bucket, key: &str, body: Vec<u8>) -> Arc<Vec<u8>> {
        let (body, place) = (Arc::new(body), (bucket, key.to_owned()));
        self.lock().insert(place.clone(), Arc::clone(&body));
        let (records, bytes) = (self.clone(), Arc::clone(&body));
        self.workers.later(move || {
            let _ = records.store.write_record(place.0, &place.1, &body);
            let mut pending = records.lock();
            if pending
                .get(&place)
                .is_some_and(|newest| Arc::ptr_eq(newest, &body))
            {
                pending.remove(&place);
            }
        });
        bytes
    }

    /// Forgets a record; one that cannot be removed is found wrong again.
    pub(crate) fn remove(&self, bucket: Bucket, key: &str) {
        self.lock().remove(&(bucket, key.to_owned()));
        let _ = self.store.remove_record(bucket, key);
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
