//! The handle that callers hold.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use naja_store::Store;
use naja_store::parts::{Sharing, each_part};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::ahead::{self, Expected};
use crate::config::IndexConfig;
use crate::context::Context;
use crate::error::{FetchError, SetupError};
use crate::keys::RequestKey;
use crate::net::{self, Command};
use crate::request::{Answer, Reply, Request, Stats, Ticket};
use crate::{files, git, metadata, pages, remote, unpacked};

/// How long the end waits for what is still being written into the store.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many requests a thread answers at least.
const REQUESTS_FOR_A_THREAD: usize = 24;

/// Answers questions from the cache at once, and others through one I/O thread and a few workers
/// that start when first needed.
///
/// Dropping it ends the threads: requests under way get [`FetchError::Stopped`], and what was
/// received already is written into the store (for at most two seconds).
pub struct Fetcher {
    context: Arc<Context>,
    next: u64,
    thread: Option<IoThread>,
}

struct IoThread {
    commands: UnboundedSender<Command>,
    handle: JoinHandle<()>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher")
            .field("config", &self.context.config)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    /// Makes a handle. Starts no thread and opens nothing.
    #[must_use]
    pub fn new<M>(config: IndexConfig, store: Store, inbox: Sender<M>) -> Self
    where
        M: From<Reply> + Send + 'static,
    {
        // If nobody listens any more, the reply is of no interest.
        let deliver = Box::new(move |reply| drop(inbox.send(M::from(reply))));
        Self {
            context: Context::new(config, store, deliver),
            next: 0,
            thread: None,
        }
    }

    /// Returns what the fetcher was told to do.
    #[must_use]
    pub fn config(&self) -> &IndexConfig {
        &self.context.config
    }

    /// Answers from what is kept and fresh, without any thread and without the network; `None`
    /// means that [`submit`](Self::submit) has to be used. Local directories and wheels are read
    /// for pages and metadata; local wheels are not unpacked.
    #[must_use]
    pub fn cached(&self, request: &Request) -> Option<Answer> {
        let context = &self.context;
        match request {
            Request::Page(page) => {
                let pages = context.ahead.page(page);
                let pages = pages.or_else(|| pages::cached(context, page));
                pages.map(|pages| Answer::Page(Arc::new(pages)))
            }
            Request::Metadata(wanted) => metadata::cached(context, wanted).map(Answer::Metadata),
            Request::Wheel(wanted) => unpacked::cached(context, wanted).map(Answer::Wheel),
            Request::File(_) => None,
            Request::Sdist(wanted) => unpacked::cached(context, wanted).map(Answer::Source),
            Request::Git(wanted) => git::cached(context, wanted).map(Answer::Checkout),
        }
    }

    /// Answers as [`cached`](Self::cached) each of many requests, with several threads where there are many.
    #[must_use]
    pub fn cached_all(&self, requests: &[Request]) -> Vec<Option<Answer>> {
        let sharing = Sharing {
            threads: self.context.workers.limit(),
            least: REQUESTS_FOR_A_THREAD,
        };
        let answers = |part: &[Request]| -> Vec<_> {
            part.iter().map(|request| self.cached(request)).collect()
        };
        let parts = each_part(requests, sharing, answers);
        parts.into_iter().flatten().collect()
    }

    /// Lets a worker look up what will probably be asked for, in this order; [`cached`](Self::cached) then has it at
    /// hand. What is not kept is not fetched.
    pub fn look_ahead(&self, expected: Vec<Expected>) {
        ahead::start(&self.context, expected);
    }

    /// Sends a request; its [`Reply::Done`] arrives in the inbox with the returned ticket. A
    /// request that is already under way is not sent twice: the ticket under which it runs is
    /// returned, and there is one reply for all of its askers.
    pub fn submit(&mut self, request: Request) -> Ticket {
        let key = RequestKey::of(&request);
        let ticket = Ticket(self.next);
        if let Err(earlier) = self.context.enter(&key, ticket) {
            return earlier;
        }
        self.next += 1;
        if let Request::Git(wanted) = request {
            git::start(&self.context, ticket, key, wanted);
            return ticket;
        }
        if is_local(&self.context, &request) {
            let context = Arc::clone(&self.context);
            self.context.workers.urgent(move || {
                let result = answer_locally(&context, &request);
                context.done(&key, Reply::Done { ticket, result });
            });
            return ticket;
        }
        let sent = match self.io_thread() {
            Ok(thread) => {
                thread
                    .commands
                    .send(Command::Ask(ticket, key.clone(), Box::new(request)))
            }
            Err(error) => {
                let result = Err(FetchError::Setup(error));
                self.context.done(&key, Reply::Done { ticket, result });
                return ticket;
            }
        };
        if sent.is_err() {
            self.context.done(
                &key,
                Reply::Done {
                    ticket,
                    result: Err(FetchError::Stopped),
                },
            );
        }
        ticket
    }

    /// Opens the connection to the default index, if a fetch is likely to follow. Failures are
    /// ignored: the fetch will report them.
    pub fn warm_up(&mut self) {
        let config = &self.context.config;
        if config.offline {
            return;
        }
        let last = config
            .general_indexes()
            .last()
            .and_then(|id| config.index(*id));
        let Some(url) = last.and_then(|index| index.roots().first().cloned()) else {
            return;
        };
        if !matches!(url.scheme(), "http" | "https") {
            return;
        }
        if let Ok(thread) = self.io_thread() {
            // A thread that ended will be reported by the first request.
            let _ = thread.commands.send(Command::WarmUp(url));
        }
    }

    /// Counts what was done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.context.counters.stats()
    }

    /// Ends the threads as dropping does, in words.
    pub fn finish(self) {}

    fn io_thread(&mut self) -> Result<&IoThread, SetupError> {
        if self.thread.is_none() {
            let (commands, receiver) = unbounded_channel();
            let context = Arc::clone(&self.context);
            let handle = thread::Builder::new()
                .name("naja-net".to_owned())
                .spawn(move || net::run(&context, receiver))
                .map_err(|error| SetupError::System(error.to_string()))?;
            self.thread = Some(IoThread { commands, handle });
        }
        self.thread
            .as_ref()
            .ok_or_else(|| SetupError::System(String::new()))
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        self.context.stop.store(true, Ordering::SeqCst);
        self.context.gits.join();
        if let Some(IoThread { commands, handle }) = self.thread.take() {
            drop(commands);
            // A panic over there was reported over there.
            let _ = handle.join();
        }
        self.context.workers.close(PATIENCE);
        self.context.stop_all();
    }
}

fn is_local(context: &Context, request: &Request) -> bool {
    match request {
        Request::Page(page) => pages::is_local(context, page),
        Request::Metadata(wanted) => wanted.url.is_file(),
        Request::Wheel(wanted) => wanted.url.is_file(),
        Request::File(wanted) => wanted.url.is_file(),
        Request::Sdist(wanted) => wanted.url.is_file(),
        // Has threads of its own.
        Request::Git(_) => false,
    }
}

fn answer_locally(context: &Context, request: &Request) -> Result<Answer, FetchError> {
    match request {
        Request::Page(page) => {
            pages::read_local(context, page).map(|pages| Answer::Page(Arc::new(pages)))
        }
        Request::Metadata(wanted) => remote::local(context, wanted).map(Answer::Metadata),
        Request::Wheel(wanted) => unpacked::local(context, wanted).map(Answer::Wheel),
        Request::File(wanted) => files::local_file(context, wanted).map(Answer::File),
        Request::Sdist(wanted) => unpacked::local(context, wanted).map(Answer::Source),
        Request::Git(_) => Err(FetchError::Stopped),
    }
}
