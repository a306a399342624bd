//! The I/O thread: one runtime on one thread, one task per request.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::rc::Rc;
use std::sync::Arc;

use naja_spec::SafeUrl;
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::LocalSet;

use crate::auth::Logins;
use crate::client::{Clients, OriginKey, Protocol, origin_key};
use crate::context::Context;
use crate::error::{FetchError, SetupError};
use crate::hosts::Hosts;
use crate::http::FULL_WEIGHT;
use crate::keys::RequestKey;
use crate::listing::Listing;
use crate::login::Asked;
use crate::request::{Answer, Reply, Request, Ticket};
use crate::retry::RetryPolicy;
use crate::{files, metadata, pages, unpacked};

/// A message to the I/O thread. It ends when the sender is dropped.
pub(crate) enum Command {
    /// Answer this.
    Ask(Ticket, RequestKey, Box<Request>),
    /// Connect to the server of this address.
    WarmUp(SafeUrl),
}

/// A page of links read once for all packages.
type SharedListing = Rc<OnceCell<Result<Arc<Listing>, Arc<FetchError>>>>;

/// The state of the I/O thread.
pub(crate) struct Net {
    pub(crate) context: Arc<Context>,
    pub(crate) clients: Clients,
    pub(crate) logins: Logins,
    /// What others were asked about logins.
    pub(crate) asked: Asked,
    /// Mirrors that could not be reached or failed in this run.
    pub(crate) down: RefCell<FxHashSet<OriginKey>>,
    /// Permits for requests in flight: [`FULL_WEIGHT`] for each.
    pub(crate) slots: Semaphore,
    pub(crate) retry: RetryPolicy,
    pub(crate) hosts: Hosts,
    listings: RefCell<FxHashMap<String, SharedListing>>,
    random: RandomState,
    drawn: Cell<u64>,
}

impl Net {
    fn build(context: Arc<Context>) -> Result<Self, SetupError> {
        let config = &context.config;
        Ok(Self {
            clients: Clients::build(config)?,
            logins: Logins::gather(config)?,
            asked: Asked::default(),
            down: RefCell::default(),
            slots: Semaphore::new(config.concurrency.clamp(1, 1000) * FULL_WEIGHT as usize),
            retry: RetryPolicy {
                retries: config.retries,
                first_pause: config.first_pause,
            },
            hosts: Hosts::new(context.records.clone()),
            listings: RefCell::default(),
            random: RandomState::new(),
            drawn: Cell::new(0),
            context,
        })
    }

    /// Draws a number nobody can foresee.
    pub(crate) fn noise(&self) -> u64 {
        let count = self.drawn.get();
        self.drawn.set(count.wrapping_add(1));
        let mut hasher = self.random.build_hasher();
        hasher.write_u64(count);
        hasher.finish()
    }

    /// Takes up what an earlier run found out about an origin.
    pub(crate) fn recall(&self, origin: &OriginKey) {
        if self.clients.knows(origin) {
            return;
        }
        let http2 = self.hosts.facts(origin, self.context.now_ms()).http2;
        let protocol = if http2 == Some(false) {
            Protocol::Any
        } else {
            Protocol::TryHttp2
        };
        self.clients.learn(origin, protocol);
    }

    /// Returns the cell that holds the page of links at an address.
    pub(crate) fn shared_listing(&self, address: &str) -> SharedListing {
        Rc::clone(
            self.listings
                .borrow_mut()
                .entry(address.to_owned())
                .or_default(),
        )
    }

    async fn answer(&self, ticket: Ticket, request: &Request) -> Result<Answer, FetchError> {
        match request {
            Request::Page(page) => pages::fetch(self, page)
                .await
                .map(|pages| Answer::Page(Arc::new(pages))),
            Request::Metadata(wanted) => metadata::fetch(self, ticket, wanted)
                .await
                .map(Answer::Metadata),
            Request::Wheel(wanted) => unpacked::fetch(self, ticket, wanted)
                .await
                .map(Answer::Wheel),
            Request::File(wanted) => files::fetch_file(self, ticket, wanted)
                .await
                .map(Answer::File),
            Request::Sdist(wanted) => unpacked::fetch(self, ticket, wanted)
                .await
                .map(Answer::Source),
            // Never sent here: see `Fetcher::submit`.
            Request::Git(_) => Err(FetchError::Stopped),
        }
    }

    /// Opens a connection by asking for something small whose answer does not matter.
    async fn warm_up(&self, url: SafeUrl) {
        let origin = origin_key(&url);
        self.recall(&origin);
        let (client, protocol) = self.clients.choose(&url, &origin);
        let Ok(root) = url.without_credentials().join("/robots.txt") else {
            return;
        };
        self.context.counters.request();
        if let Ok(answer) = client.head(root.as_url().clone()).send().await {
            self.answered(&url, &origin, protocol, answer.version());
        }
    }
}

/// Runs the I/O thread until the sender of commands is dropped.
pub(crate) fn run(context: &Arc<Context>, mut commands: UnboundedReceiver<Command>) {
    let ready = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| SetupError::System(error.to_string()))
        .and_then(|runtime| {
            // The clients need to know the runtime when they are made.
            let entered = runtime.enter();
            let net = Net::build(Arc::clone(context))?;
            drop(entered);
            Ok((runtime, net))
        });
    let (runtime, net) = match ready {
        Ok(ready) => ready,
        Err(error) => return refuse_all(context, commands, &error),
    };
    let net = Rc::new(net);
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, async {
        while let Some(command) = commands.recv().await {
            let net = Rc::clone(&net);
            tokio::task::spawn_local(async move {
                match command {
                    Command::Ask(ticket, key, request) => {
                        let result = Box::pin(net.answer(ticket, &request)).await;
                        net.context.done(&key, Reply::Done { ticket, result });
                    }
                    Command::WarmUp(url) => Box::pin(net.warm_up(url)).await,
                }
            });
        }
    });
    drop(tasks);
    drop(net);
    // A name look-up that hangs must not hold up the end.
    runtime.shutdown_background();
}

fn refuse_all(
    context: &Arc<Context>,
    mut commands: UnboundedReceiver<Command>,
    error: &SetupError,
) {
    while let Some(command) = commands.blocking_recv() {
        if let Command::Ask(ticket, key, _) = command {
            let result = Err(FetchError::Setup(error.clone()));
            context.done(&key, Reply::Done { ticket, result });
        }
    }
}
