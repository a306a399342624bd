//! The one loop between the solver, the index client and the store: submit
//! what is ready, take what arrives, tell what happens.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use naja_env::EnvState;
use naja_index::{
    Answer, Expected, FetchError, Fetcher, IndexConfig, IndexId, MetadataRequest, Origin,
    PageRequest, Pages, Reply, Request, Ticket, WheelRequest,
};
use naja_lock::Graph;
use naja_resolve::{DistId, Fact, IndexPage, Problem, Query, Solver, Step, Unavailable};
use naja_spec::{PackageName, SafeUrl, Sha256, WheelName};
use rustc_hash::{FxHashMap, FxHashSet};

use self::building::{Hall, is_wheel};
use crate::build::{BuildTicket, Built, Source};
use crate::diagnose;
use crate::event::{Event, Sink};
use crate::failure::Failure;
use crate::inputs::DirectReference;
use crate::session::{Cancel, Session};

mod building;
mod commits;
mod facts;
mod gathering;
mod telling;

pub(crate) use self::building::{pinned, place_of_url};
pub(crate) use self::commits::KnownCommits;
pub(crate) use self::facts::archive_metadata;
use self::facts::{installed_fact, softened, url_fact, url_request};
use self::telling::subject;

/// How often a waiting command looks whether it was interrupted.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// What arrives in the inbox.
pub(crate) enum Message {
    /// The index client has an answer.
    Reply(Reply),
    /// A task of the workshop has ended.
    Built(BuildTicket, Box<Result<Built, Failure>>),
    /// A builder tells something.
    Event(Box<Event>),
}

/// How an archive comes into the store.
pub(crate) enum Preparation {
    /// It is fetched.
    Fetch(WheelRequest),
    /// It is built.
    Build(Source),
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
    sender: Sender<Message>,
    cancel: Cancel,
    /// Who builds, and for whom.
    hall: Option<Hall>,
    building: FxHashMap<BuildTicket, Query>,
    /// How the user named sources.
    direct: BTreeMap<SafeUrl, DirectReference>,
    /// What builders told while nobody listened.
    events: Vec<Event>,
    /// Packages that may come from one index only.
    pinned: FxHashMap<PackageName, IndexId>,
    indexes: u16,
    tickets: FxHashMap<Ticket, Vec<Query>>,
    asked: FxHashSet<Query>,
    failed: FxHashMap<Query, FetchError>,
    early: FxHashMap<PackageName, Ticket>,
    fetched: usize,
    addresses: Vec<String>,
    no_index: bool,
    offline: bool,
    /// Commits that were locked before.
    commits: KnownCommits,
    /// Whether nothing was resolved in this session before.
    is_first: bool,
}

impl Pipeline {
    /// Prepares a pipeline; nothing is started.
    pub(crate) fn new(session: &Session, config: IndexConfig) -> Self {
        let (sender, inbox) = channel::<Message>();
        let indexes = u16::try_from(config.indexes.len()).unwrap_or(u16::MAX);
        let addresses = config.indexes.iter().map(|index| index.url.masked());
        let addresses = addresses.chain(config.find_links.iter().map(|place| place.url.masked()));
        let addresses = addresses.collect();
        let (no_index, offline) = (config.no_index, config.offline);
        Self {
            fetcher: Fetcher::new(config, session.store.clone(), sender.clone()),
            inbox,
            sender,
            cancel: session.cancel.clone(),
            hall: None,
            building: FxHashMap::default(),
            direct: BTreeMap::new(),
            events: Vec::new(),
            pinned: FxHashMap::default(),
            indexes,
            tickets: FxHashMap::default(),
            asked: FxHashSet::default(),
            failed: FxHashMap::default(),
            early: FxHashMap::default(),
            fetched: 0,
            addresses,
            no_index,
            offline,
            commits: KnownCommits::default(),
            is_first: !session.has_resolved.replace(true),
        }
    }

    /// Asks for the pages of these names before anybody knows whether they
    /// are needed, so that the network works while the interpreter is found.
    pub(crate) fn expect(&mut self, names: impl IntoIterator<Item = PackageName>) {
        for name in names {
            let request = Request::Page(self.page_request(name.clone()));
            if self.early.contains_key(&name) || self.fetcher.cached(&request).is_some() {
                continue;
            }
            let ticket = self.fetcher.submit(request);
            self.early.insert(name, ticket);
        }
    }

    /// Lets a worker look up the pages of packages that were chosen before, and the metadata of these wheels, while the
    /// solver begins.
    pub(crate) fn looks_ahead(
        &self,
        chosen: impl IntoIterator<Item = (PackageName, Option<(WheelName, Sha256)>)>,
    ) {
        let expected = chosen.into_iter().map(|(name, wheel)| Expected {
            page: self.page_request(name),
            wheel,
        });
        self.fetcher.look_ahead(expected.collect());
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
        let mut guesses = Vec::new();
        loop {
            match solver.step() {
                Step::Working => self.cancel.check()?,
                Step::Done(graph) => {
                    if self.is_first {
                        // What it holds ends with the process: to take it apart takes longer than to write the lock.
                        std::mem::forget(solver);
                    }
                    return Ok(graph);
                }
                Step::Unsatisfiable(conflict) => return Err(self.unsatisfied(&conflict, installed)),
                Step::Need { must, soon } => {
                    let mut answered = 0;
                    for query in &must {
                        answered += usize::from(self.ask_must(query, &mut solver, installed)?);
                    }
                    // Nothing is built on a guess.
                    guesses.extend(soon.into_iter().filter(|query| !needs_source(query)));
                    if answered == 0 {
                        // Something has to be waited for: only now are guesses worth their cost.
                        for query in std::mem::take(&mut guesses) {
                            answered += usize::from(self.ask(&query, &mut solver, installed));
                        }
                    }
                    for query in &must {
                        if let Some(error) = self.failed.remove(query) {
                            let mut failure = diagnose::fetch(&error);
                            failure.story = solver.who_asks(subject(query));
                            return Err(failure);
                        }
                    }
                    if answered == 0 {
                        known += self.take(&mut solver)?;
                        self.tell(sink);
                        sink.event(&Event::Resolving { packages: known });
                    }
                }
            }
        }
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
            if let Arrived::Reply(Reply::Done { ticket, result }) = self.receive()?
                && ticket == wanted
            {
                return result.map_err(|error| diagnose::fetch(&error));
            }
        }
    }

    /// Asks several questions at once and waits for all answers, which are in the order of the
    /// questions.
    ///
    /// # Errors
    /// The command is interrupted. A question that cannot be answered is no error of the others.
    pub(crate) fn many(
        &mut self,
        requests: impl IntoIterator<Item = Request>,
    ) -> Result<Vec<Result<Answer, FetchError>>, Failure> {
        let mut answers: Vec<Option<Result<Answer, FetchError>>> = Vec::new();
        let mut waiting: FxHashMap<Ticket, usize> = FxHashMap::default();
        for request in requests {
            let cached = self.fetcher.cached(&request);
            if cached.is_none() {
                waiting.insert(self.fetcher.submit(request), answers.len());
            }
            answers.push(cached.map(Ok));
        }
        while !waiting.is_empty() {
            if let Arrived::Reply(Reply::Done { ticket, result }) = self.receive()?
                && let Some(place) = waiting.remove(&ticket)
            {
                answers[place] = Some(result);
            }
        }
        Ok(answers.into_iter().flatten().collect())
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

    /// The question for the pages of a package, to its own index if it has one.
    fn page_request(&self, name: PackageName) -> PageRequest {
        let index = self.pinned.get(&name).copied();
        PageRequest { name, index }
    }

    /// Asks what the solver cannot do without; what only a source can tell is built.
    fn ask_must(
        &mut self,
        query: &Query,
        solver: &mut Solver,
        state: Option<&EnvState>,
    ) -> Result<bool, Failure> {
        if !needs_source(query) {
            return Ok(self.ask(query, solver, state));
        }
        if !self.asked.insert(query.clone()) {
            return Ok(false);
        }
        self.ask_source(query, solver)
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
                Request::Page(self.page_request(name.clone()))
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
            Query::Url(id) => match url_request(id, self.hashes_of(&id.url)) {
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
        while let Some(arrived) = next {
            match arrived {
                Arrived::Reply(Reply::Done { ticket, result }) => {
                    taken += 1;
                    self.done(ticket, result, solver);
                }
                Arrived::Reply(Reply::Progress { .. }) | Arrived::Event => {}
                Arrived::Built(ticket, result) => {
                    taken += usize::from(self.take_built((ticket, result), solver)?);
                }
            }
            next = self.inbox.try_recv().ok().map(|message| self.sort(message));
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

    fn receive(&mut self) -> Result<Arrived, Failure> {
        loop {
            self.cancel.check()?;
            if self.is_closed() {
                return Err(Failure::environment("the build was given up"));
            }
            match self.inbox.recv_timeout(HEARTBEAT) {
                Ok(message) => return Ok(self.sort(message)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::environment("the network part of naja ended early"));
                }
            }
        }
    }

    fn sort(&mut self, message: Message) -> Arrived {
        match message {
            Message::Reply(reply) => Arrived::Reply(reply),
            Message::Built(ticket, result) => Arrived::Built(ticket, *result),
            Message::Event(event) => {
                self.events.push(*event);
                Arrived::Event
            }
        }
    }

    /// Tells what builders told.
    fn tell(&mut self, sink: &mut dyn Sink) {
        for event in self.events.drain(..) {
            sink.event(&event);
        }
    }

    /// How many requests were sent, and how many bytes came.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        let stats = self.fetcher.stats();
        (stats.requests, stats.bytes)
    }

    /// Whether an archive is in the store already.
    pub(crate) fn has(&self, preparation: &Preparation) -> bool {
        match preparation {
            Preparation::Fetch(request) => self
                .fetcher
                .cached(&Request::Wheel(request.clone()))
                .is_some(),
            Preparation::Build(_) => false,
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

/// What the loops see of a message.
enum Arrived {
    Reply(Reply),
    Built(BuildTicket, Result<Built, Failure>),
    Event,
}

/// Whether only a source can answer.
fn needs_source(query: &Query) -> bool {
    match query {
        Query::Metadata(id) => !id.is_wheel,
        Query::Url(id) => !is_wheel(&id.url),
        Query::Versions(_) | Query::Installed(_) => false,
    }
}
