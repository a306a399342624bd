//! What the handle, the I/O thread and the workers share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use naja_spec::PackageName;
use naja_store::Store;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::ahead::Ahead;
use crate::config::{IndexConfig, IndexId};
use crate::error::FetchError;
use crate::git::Threads;
use crate::keys::RequestKey;
use crate::listing::Listings;
use crate::records::Records;
use crate::request::{Reply, Stats, Ticket};
use crate::workers::Workers;

/// Shared by all threads of one fetcher.
pub(crate) struct Context {
    pub(crate) config: IndexConfig,
    pub(crate) store: Store,
    pub(crate) workers: Workers,
    pub(crate) records: Records,
    pub(crate) counters: Counters,
    /// What was looked up before it is asked for.
    pub(crate) ahead: Ahead,
    /// Local places with files, read once.
    pub(crate) listings: Listings,
    /// When this fetcher was made, milliseconds since 1970: answers younger than this need no
    /// refreshing.
    pub(crate) born_ms: i64,
    /// Set when everything has to end.
    pub(crate) stop: AtomicBool,
    /// Threads that wait for git.
    pub(crate) gits: Threads,
    deliver: Box<dyn Fn(Reply) + Send + Sync>,
    under_way: Mutex<FxHashMap<RequestKey, Ticket>>,
    /// Names that indexes did not know in this process.
    unknown: Mutex<FxHashSet<(IndexId, PackageName)>>,
    /// Memory of texts that were read, for the next ones: fresh memory costs more than they do.
    spare: Mutex<Vec<Vec<u8>>>,
}

/// Memory for longer texts is not kept (bytes).
const SPARE: usize = 2 << 20;

impl Context {
    pub(crate) fn new(
        config: IndexConfig,
        store: Store,
        deliver: Box<dyn Fn(Reply) + Send + Sync>,
    ) -> Arc<Self> {
        let workers = Workers::new(config.workers);
        Arc::new(Self {
            records: Records::new(store.clone(), workers.clone()),
            workers,
            config,
            store,
            counters: Counters::default(),
            ahead: Ahead::default(),
            listings: Listings::default(),
            born_ms: clock_ms(),
            stop: AtomicBool::new(false),
            gits: Threads::default(),
            deliver,
            under_way: Mutex::default(),
            unknown: Mutex::default(),
            spare: Mutex::default(),
        })
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        clock_ms()
    }

    /// Enters a request; `Err` with the ticket of the same request if it is under way.
    pub(crate) fn enter(&self, key: &RequestKey, ticket: Ticket) -> Result<(), Ticket> {
        let mut under_way = lock(&self.under_way);
        if let Some(earlier) = under_way.get(key) {
            return Err(*earlier);
        }
        under_way.insert(key.clone(), ticket);
        Ok(())
    }

    /// Ends a request: first forgets it, then delivers, so that who finds it under way gets a
    /// reply for certain.
    pub(crate) fn done(&self, key: &RequestKey, reply: Reply) {
        let was_under_way = lock(&self.under_way).remove(key).is_some();
        if was_under_way {
            (self.deliver)(reply);
        }
    }

    /// Ends all requests that did not end by themselves.
    pub(crate) fn stop_all(&self) {
        let left: Vec<Ticket> = lock(&self.under_way)
            .drain()
            .map(|(_, ticket)| ticket)
            .collect();
        for ticket in left {
            (self.deliver)(Reply::Done {
                ticket,
                result: Err(FetchError::Stopped),
            });
        }
    }

    /// Delivers word of progress.
    pub(crate) fn progress(&self, reply: Reply) {
        (self.deliver)(reply);
    }

    /// Takes memory of a text that nobody reads any more; empty if there is none.
    pub(crate) fn take_spare(&self) -> Vec<u8> {
        lock(&self.spare).pop().unwrap_or_default()
    }

    /// Leaves the memory of a text to the next one.
    pub(crate) fn give_back(&self, text: Vec<u8>) {
        let mut spare = lock(&self.spare);
        if text.capacity() <= SPARE && spare.len() < self.workers.limit() {
            spare.push(text);
        }
    }

    /// Remembers that an index does not know a name.
    pub(crate) fn note_unknown(&self, index: IndexId, name: &PackageName) {
        lock(&self.unknown).insert((index, name.clone()));
    }

    /// Tells whether an index was asked for this name before, in vain.
    pub(crate) fn is_unknown(&self, index: IndexId, name: &PackageName) -> bool {
        lock(&self.unknown).contains(&(index, name.clone()))
    }

    /// Tells whether something confirmed at this time must be confirmed again.
    pub(crate) fn must_refresh(&self, package: &PackageName, confirmed_ms: i64) -> bool {
        confirmed_ms < self.born_ms && self.config.refresh.covers(package)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn clock_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Counts for [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: AtomicU64,
    bytes: AtomicU64,
    confirmed: AtomicU64,
    retries: AtomicU64,
}

impl Counters {
    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn confirmed(&self) {
        self.confirmed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            requests: self.requests.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            confirmed: self.confirmed.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
        }
    }
}
