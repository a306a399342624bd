//! Kept answers that a worker looks up before they are asked for.
//!
//! What a lock named before is mostly asked for again. Looking a page up takes as long as the solver takes to use it, so
//! the two are done side by side. An answer is the one that asking would have found, only sooner.

use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use naja_spec::{CoreMetadata, PackageName, Sha256, WheelName};
use rustc_hash::FxHashMap;

use crate::config::IndexId;
use crate::context::Context;
use crate::request::{PageRequest, Pages};
use crate::{metadata, pages};

/// For fewer it does not pay to start a worker.
const WORTH_A_WORKER: usize = 12;

/// What will probably be asked for.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The page of a package.
    pub page: PageRequest,
    /// The wheel whose metadata is asked for after it, and its digest.
    pub wheel: Option<(WheelName, Sha256)>,
}

/// What was looked up and not yet asked for.
#[derive(Default)]
pub(crate) struct Ahead {
    is_used: AtomicBool,
    pages: Table<(PackageName, Option<IndexId>), Pages>,
    metadata: Table<Sha256, (WheelName, Arc<CoreMetadata>)>,
}

impl Ahead {
    /// Takes a page, if it was looked up.
    pub(crate) fn page(&self, wanted: &PageRequest) -> Option<Pages> {
        self.is_used.load(Ordering::Relaxed).then_some(())?;
        self.pages.take((wanted.name.clone(), wanted.index))
    }

    /// Takes the metadata of a wheel, if they were looked up.
    pub(crate) fn metadata(
        &self,
        wheel: &WheelName,
        sha256: Option<Sha256>,
    ) -> Option<Arc<CoreMetadata>> {
        self.is_used.load(Ordering::Relaxed).then_some(())?;
        let (looked_up, metadata) = self.metadata.take(sha256?)?;
        (looked_up == *wheel).then_some(metadata)
    }
}

/// Lets a worker look up what is expected, one after the other.
pub(crate) fn start(context: &Arc<Context>, expected: Vec<Expected>) {
    // A single processor has nobody to look up for it.
    if expected.len() < WORTH_A_WORKER || context.workers.limit() < 2 {
        return;
    }
    context.ahead.is_used.store(true, Ordering::Relaxed);
    let shared = Arc::clone(context);
    context.workers.urgent(move || {
        for Expected { page, wheel } in expected {
            if shared.stop.load(Ordering::Relaxed) {
                break;
            }
            let ahead = &shared.ahead;
            let key = (page.name.clone(), page.index);
            ahead.pages.fill(key, || pages::cached(&shared, &page));
            if let Some((wheel, sha256)) = wheel {
                let find = || metadata::kept_for(&shared, &wheel, sha256);
                ahead
                    .metadata
                    .fill(sha256, || find().map(|found| (wheel.clone(), found)));
            }
        }
    });
}

/// Answers by their questions; none where the question was asked already.
struct Table<K, V>(Mutex<FxHashMap<K, Option<V>>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// Takes an answer; from then on it need not be looked up.
    fn take(&self, key: K) -> Option<V> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.insert(key, None).flatten()
    }

    /// Looks an answer up, unless it was asked for already.
    fn fill(&self, key: K, find: impl FnOnce() -> Option<V>) {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lock().contains_key(&key) {
            return;
        }
        if let Some(found) = find() {
            // Who asked meanwhile has an answer of its own.
            lock().entry(key).or_insert(Some(found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_once() {
        let table = Table::default();
        table.fill("a", || Some(1));
        assert_eq!((table.take("a"), table.take("a")), (Some(1), None));
    }

    #[test]
    fn what_was_asked_for_is_not_looked_up_any_more() {
        let table: Table<_, u8> = Table::default();
        assert_eq!(table.take("a"), None);
        table.fill("a", || unreachable!("it was asked for"));
    }

    #[test]
    fn an_answer_that_comes_too_late_is_not_given() {
        let table = Table::default();
        table.fill("a", || {
            assert_eq!(table.take("a"), None);
            Some(1)
        });
        assert_eq!(table.take("a"), None);
    }
}
