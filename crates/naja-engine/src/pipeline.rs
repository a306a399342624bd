//! The one loop between the solver, the index client and the store: submit
//! what is ready, take what arrives, tell what happens.

use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use naja_env::EnvState;
use naja_index::{
    Answer, FetchError, Fetcher, IndexConfig, IndexId, MetadataRequest, Origin, PageRequest, Pages,
    Reply, Request, Ticket, WheelRequest,
};
use naja_lock::{DistSource, Graph};
use naja_resolve::{
    DistId, Fact, IndexPage, Problem, Query, Solver, Step, Unavailable, UrlDist, UrlId,
};
use naja_spec::{CoreMetadata, PackageName, WheelName};
use naja_store::Archive;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnose;
use crate::event::{Event, Sink};
use crate::failure::Failure;
use crate::session::{Cancel, Session};

/// How often a waiting command looks whether it was interrupted.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// What arrives in the inbox.
pub(crate) enum Message {
    /// The index client has an answer.
    Reply(Reply),
}

impl From<Reply> for Message {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// The fetcher with its inbox, and what it was asked.
pub(crate) struct Pipeline {
    fetcher: Fetcher,
    inbox: Receiver<Message>,
    cancel: Cancel,
    /// Packages that may come from one index only.
    pinned: FxHashMap<PackageName, IndexId>,
    indexes: u16,
    tickets: FxHashMap<Ticket, Vec<Query>>,
    asked: FxHashSet<Query>,
    failed: FxHashMap<Query, FetchError>,
    early: FxHashMap<PackageName, Ticket>,
    fetched: usize,
    addresses: Vec<String>,
}

impl Pipeline {
    /// Prepares a pipeline; nothing is started.
    pub(crate) fn new(session: &Session, config: IndexConfig) -> Self {
        let (sender, inbox) = channel::<Message>();
        let indexes = u16::try_from(config.indexes.len()).unwrap_or(u16::MAX);
        let addresses = config.indexes.iter().map(|index| index.url.masked());
        let addresses = addresses.chain(config.find_links.iter().map(|place| place.url.masked()));
        let addresses = addresses.collect();
        Self {
            fetcher: Fetcher::new(config, session.store.clone(), sender),
            inbox,
            cancel: session.cancel.clone(),
            pinned: FxHashMap::default(),
            indexes,
            tickets: FxHashMap::default(),
            asked: FxHashSet::default(),
            failed: FxHashMap::default(),
            early: FxHashMap::default(),
            fetched: 0,
            addresses,
        }
    }

    /// Asks for the pages of these names before anybody knows whether they
    /// are needed, so that the network works while the interpreter is found.
    pub(crate) fn expect(&mut self, names: impl IntoIterator<Item = PackageName>) {
        for name in names {
            let request = self.page_request(&name);
            if self.early.contains_key(&name) || self.fetcher.cached(&request).is_some() {
                continue;
            }
            let ticket = self.fetcher.submit(request);
            self.early.insert(name, ticket);
        }
    }

    /// Runs a solver to its end.
    ///
    /// # Errors
    /// An unsatisfiable problem, an index that fails, an interruption.
    pub(crate) fn resolve(
        &mut self,
        problem: Problem,
        installed: Option<&EnvState>,
        sink: &mut dyn Sink,
    ) -> Result<Graph, Failure> {
        let mut solver = Solver::new(problem);
        let mut known = 0;
        loop {
            match solver.step() {
                Step::Working => self.cancel.check()?,
                Step::Done(graph) => return Ok(graph),
                Step::Unsatisfiable(conflict) => return Err(diagnose::conflict(&conflict)),
                Step::Need { must, soon } => {
                    let mut answered = 0;
                    for query in must.iter().chain(&soon) {
                        answered += usize::from(self.ask(query, &mut solver, installed));
                    }
                    for query in &must {
                        if let Some(error) = self.failed.remove(query) {
                            return Err(diagnose::fetch(&error));
                        }
                    }
                    if answered == 0 {
                        known += self.take(&mut solver)?;
                        sink.event(&Event::Resolving { packages: known });
                    }
                }
            }
        }
    }

    /// Brings archives into the store, several at a time, in the given order.
    ///
    /// # Errors
    /// The first download or archive that fails, an interruption.
    pub(crate) fn wheels(
        &mut self,
        requests: Vec<WheelRequest>,
        sink: &mut dyn Sink,
    ) -> Result<Vec<Archive>, Failure> {
        let mut progress = Progress::new(&requests);
        let mut archives: Vec<Option<Archive>> = Vec::with_capacity(requests.len());
        let mut waiting: FxHashMap<Ticket, Vec<usize>> = FxHashMap::default();
        for (place, request) in requests.into_iter().enumerate() {
            let request = Request::Wheel(request);
            match self.fetcher.cached(&request) {
                Some(Answer::Wheel(archive)) => archives.push(Some(archive)),
                _ => {
                    archives.push(None);
                    self.fetched += 1;
                    waiting
                        .entry(self.fetcher.submit(request))
                        .or_default()
                        .push(place);
                }
            }
        }
        progress.files_done = archives.iter().flatten().count();
        while !waiting.is_empty() {
            match self.receive()? {
                Reply::Progress {
                    ticket,
                    bytes_done,
                    bytes_total,
                } => {
                    progress.advance(ticket, bytes_done, bytes_total);
                }
                Reply::Done { ticket, result } => {
                    let Some(places) = waiting.remove(&ticket) else {
                        continue;
                    };
                    match result {
                        Ok(Answer::Wheel(archive)) => {
                            for place in places {
                                archives[place] = Some(archive.clone());
                            }
                        }
                        Ok(_) => return Err(diagnose::unexpected("a wheel")),
                        Err(error) => return Err(diagnose::fetch(&error)),
                    }
                    progress.files_done += 1;
                }
            }
            sink.event(&progress.event());
        }
        Ok(archives.into_iter().flatten().collect())
    }

    /// Asks one question and waits for the answer.
    ///
    /// # Errors
    /// It cannot be answered, or the command is interrupted.
    pub(crate) fn one(&mut self, request: Request) -> Result<Answer, Failure> {
        if let Some(answer) = self.fetcher.cached(&request) {
            return Ok(answer);
        }
        let wanted = self.fetcher.submit(request);
        loop {
            if let Reply::Done { ticket, result } = self.receive()?
                && ticket == wanted
            {
                return result.map_err(|error| diagnose::fetch(&error));
            }
        }
    }

    /// How many archives were not in the store.
    pub(crate) fn fetched(&self) -> usize {
        self.fetched
    }

    /// The addresses of the indexes by their positions, without secrets.
    pub(crate) fn index_addresses(&self) -> impl Iterator<Item = (u16, String)> + '_ {
        (0..).zip(self.addresses.iter().cloned())
    }

    /// The position of an index or of a place with links, in one numbering.
    fn tag(&self, origin: Origin) -> u16 {
        match origin {
            Origin::Index(id) => id.0,
            Origin::FindLinks(place) => self.indexes.saturating_add(place),
            Origin::Direct => u16::MAX,
        }
    }

    /// The reverse of [`Self::tag`].
    pub(crate) fn origin(&self, tag: u16) -> Origin {
        if tag == u16::MAX {
            Origin::Direct
        } else if tag < self.indexes {
            Origin::Index(IndexId(tag))
        } else {
            Origin::FindLinks(tag - self.indexes)
        }
    }

    fn page_request(&self, name: &PackageName) -> Request {
        let index = self.pinned.get(name).copied();
        Request::Page(PageRequest {
            name: name.clone(),
            index,
        })
    }

    /// Asks one question; true if the solver was told the answer at once.
    fn ask(&mut self, query: &Query, solver: &mut Solver, state: Option<&EnvState>) -> bool {
        if !self.asked.insert(query.clone()) {
            return false;
        }
        let request = match query {
            Query::Versions(name) => {
                if let Some(ticket) = self.early.get(name) {
                    // It was asked for before the solver began.
                    self.tickets.entry(*ticket).or_default().push(query.clone());
                    return false;
                }
                self.page_request(name)
            }
            Query::Installed(name) => {
                solver.learn(query, installed_fact(name, state));
                return true;
            }
            Query::Metadata(id) => match self.metadata_request(id) {
                Ok(request) => request,
                Err(reason) => {
                    solver.learn(query, Fact::Unavailable(reason));
                    return true;
                }
            },
            Query::Url(id) => match url_request(id) {
                Ok(request) => request,
                Err(reason) => {
                    solver.learn(query, Fact::Unavailable(reason));
                    return true;
                }
            },
        };
        if let Some(answer) = self.fetcher.cached(&request) {
            solver.learn(query, self.fact(query, answer));
            return true;
        }
        let ticket = self.fetcher.submit(request);
        self.tickets.entry(ticket).or_default().push(query.clone());
        false
    }

    fn metadata_request(&self, id: &DistId) -> Result<Request, Unavailable> {
        if !id.is_wheel {
            return Err(Unavailable::NeedsBuild);
        }
        let wheel = WheelName::parse(&id.file_name)
            .map_err(|error| Unavailable::Invalid(error.to_string()))?;
        Ok(Request::Metadata(MetadataRequest {
            wheel,
            url: id.url.clone(),
            origin: self.origin(id.index),
            core_metadata: id.core_metadata,
            sha256: id.sha256,
            size: id.size,
        }))
    }

    /// Takes at least one reply, and all that have arrived meanwhile.
    fn take(&mut self, solver: &mut Solver) -> Result<usize, Failure> {
        let mut taken = 0;
        let mut next = Some(self.receive()?);
        while let Some(reply) = next {
            if let Reply::Done { ticket, result } = reply {
                taken += 1;
                self.done(ticket, result, solver);
            }
            next = match self.inbox.try_recv() {
                Ok(Message::Reply(reply)) => Some(reply),
                Err(_) => None,
            };
        }
        Ok(taken)
    }

    fn done(&mut self, ticket: Ticket, result: Result<Answer, FetchError>, solver: &mut Solver) {
        let queries = self.tickets.remove(&ticket).unwrap_or_default();
        if queries.is_empty() {
            // Asked early: whoever needs it will find it kept, or ask again.
            self.early.retain(|_, early| *early != ticket);
            return;
        }
        match result {
            Ok(answer) => {
                for query in queries {
                    solver.learn(&query, self.fact(&query, answer.clone()));
                }
            }
            Err(error) => {
                let mut error = Some(error);
                for query in queries {
                    match error.as_ref().and_then(|error| softened(&query, error)) {
                        Some(reason) => solver.learn(&query, Fact::Unavailable(reason)),
                        None => {
                            if let (Entry::Vacant(free), Some(error)) =
                                (self.failed.entry(query), error.take())
                            {
                                free.insert(error);
                            }
                        }
                    }
                }
            }
        }
    }

    fn fact(&self, query: &Query, answer: Answer) -> Fact {
        match (query, answer) {
            (Query::Versions(_), Answer::Page(pages)) => self.versions(&pages),
            (Query::Metadata(_), Answer::Metadata(metadata)) => Fact::Metadata(metadata),
            (Query::Url(id), Answer::Wheel(archive)) => url_fact(id, &archive),
            _ => Fact::Unavailable(Unavailable::Invalid("the answer is of another kind".into())),
        }
    }

    fn versions(&self, pages: &Pages) -> Fact {
        let pages: Vec<_> = pages
            .hits
            .iter()
            .map(|(origin, page)| IndexPage {
                index: self.tag(*origin),
                page: Arc::new(page.clone()),
            })
            .collect();
        if pages.is_empty() {
            return Fact::Unavailable(Unavailable::NotFound);
        }
        Fact::Versions(pages)
    }

    fn receive(&self) -> Result<Reply, Failure> {
        loop {
            self.cancel.check()?;
            match self.inbox.recv_timeout(HEARTBEAT) {
                Ok(Message::Reply(reply)) => return Ok(reply),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::environment("the network part of naja ended early"));
                }
            }
        }
    }

    /// What was fetched, for `--verbose`.
    pub(crate) fn summary(&self) -> String {
        let stats = self.fetcher.stats();
        format!(
            "{} requests, {} bytes received",
            stats.requests, stats.bytes
        )
    }

    /// Waits until what was received is kept.
    pub(crate) fn finish(self) {
        self.fetcher.finish();
    }
}

/// Errors that only rule a version out, instead of ending the command.
fn softened(query: &Query, error: &FetchError) -> Option<Unavailable> {
    match (query, error) {
        (_, FetchError::Offline { .. }) => Some(Unavailable::Offline),
        (Query::Metadata(_), FetchError::Metadata { source, .. }) => {
            Some(Unavailable::Invalid(source.to_string()))
        }
        (Query::Metadata(_), FetchError::NotFound { .. }) => Some(Unavailable::NotFound),
        _ => None,
    }
}

fn installed_fact(name: &PackageName, state: Option<&EnvState>) -> Fact {
    let found = state
        .and_then(|state| state.get(name).first())
        .map(naja_env::InstalledDist::read_metadata);
    match found {
        Some(Ok(metadata)) => Fact::Metadata(Arc::new(metadata)),
        Some(Err(error)) => Fact::Unavailable(Unavailable::Invalid(error.to_string())),
        None => Fact::Unavailable(Unavailable::NotFound),
    }
}

fn url_request(id: &UrlId) -> Result<Request, Unavailable> {
    let file_name = id.url.file_name().unwrap_or_default();
    let wheel = WheelName::parse(&file_name).map_err(|_not_a_wheel| Unavailable::NeedsBuild)?;
    if wheel.name != id.name {
        return Err(Unavailable::Invalid(format!(
            "the file is a wheel of {}",
            wheel.name
        )));
    }
    let digests = id.url.fragment_digests();
    Ok(Request::Wheel(WheelRequest {
        wheel,
        url: id.url.clone(),
        origin: Origin::Direct,
        digests,
        size: None,
    }))
}

fn url_fact(id: &UrlId, archive: &Archive) -> Fact {
    let metadata = match archive_metadata(archive) {
        Ok(metadata) => metadata,
        Err(reason) => return Fact::Unavailable(Unavailable::Invalid(reason)),
    };
    let digests = vec![archive.id().0.into()];
    let source = match id.url.to_file_path() {
        Some(path) => DistSource::LocalWheel {
            path,
            url: id.url.clone(),
            given: None,
            digests,
        },
        None => DistSource::UrlWheel {
            url: id.url.clone(),
            digests,
        },
    };
    Fact::Url(Box::new(UrlDist {
        metadata: Arc::new(metadata),
        source,
    }))
}

/// Reads the METADATA of an unpacked wheel.
pub(crate) fn archive_metadata(archive: &Archive) -> Result<CoreMetadata, String> {
    let path = archive
        .root()
        .join(archive.manifest().dist_info())
        .join("METADATA");
    let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
    CoreMetadata::parse(&bytes).map_err(|error| error.to_string())
}

/// How far the downloads are.
struct Progress {
    files_done: usize,
    files_total: usize,
    bytes_announced: u64,
    by_ticket: FxHashMap<Ticket, (u64, Option<u64>)>,
}

impl Progress {
    fn new(requests: &[WheelRequest]) -> Self {
        Self {
            files_done: 0,
            files_total: requests.len(),
            bytes_announced: requests.iter().filter_map(|request| request.size).sum(),
            by_ticket: FxHashMap::default(),
        }
    }

    fn advance(&mut self, ticket: Ticket, done: u64, total: Option<u64>) {
        self.by_ticket.insert(ticket, (done, total));
    }

    fn event(&self) -> Event {
        let bytes = self.by_ticket.values().map(|(done, _)| done).sum();
        let seen: u64 = self
            .by_ticket
            .values()
            .filter_map(|(_, total)| *total)
            .sum();
        Event::Fetching {
            files: self.files_done,
            files_total: self.files_total,
            bytes,
            bytes_total: self.bytes_announced.max(seen),
        }
    }
}
