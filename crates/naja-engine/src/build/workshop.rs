//! Tasks on threads, each once; who waits for whom; how many backends run at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use naja_project::settings::Settings;
use naja_python::Interpreter;
use naja_spec::{PackageName, Version};
use naja_store::Store;
use rustc_hash::FxHashMap;

use super::place::BuildPlace;
use super::source::{Built, Source};
use super::steps;
use crate::event::{Event, Sink};
use crate::failure::{Failure, Kind};
use crate::options;
use crate::pipeline::{Message, Pipeline};
use crate::process::ProcessEnv;
use crate::project::Holds;
use crate::session::{Cancel, Session};
use crate::trace::Recorder;

/// How often a waiting thread looks whether it was interrupted.
pub(super) const HEARTBEAT: Duration = Duration::from_millis(50);

/// The versions that were chosen for the environment.
pub(crate) type Runtime = BTreeMap<PackageName, Version>;

/// What is wanted of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Aim {
    /// Its metadata, by the cheapest way.
    Metadata,
    /// Its wheel.
    Wheel,
}

/// A task for the workshop.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) aim: Aim,
    pub(crate) source: Source,
}

impl Wish {
    fn key(&self) -> TaskKey {
        TaskKey {
            aim: self.aim,
            identity: self.source.identity(),
            label: self.source.label(),
        }
    }
}

/// What tells one task from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TaskKey {
    aim: Aim,
    identity: String,
    label: String,
}

/// Names a task that somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BuildTicket(u64);

/// The answer to a wish.
pub(crate) enum Asked {
    /// It is there.
    Ready(Built),
    /// It will come as a message with this ticket.
    Started(BuildTicket),
}

/// Shared by the pipelines of one command and of its builds.
#[derive(Clone)]
pub(crate) struct Workshop(pub(super) Arc<Shop>);

/// What every builder needs.
pub(super) struct Shop {
    /// The user's settings.
    pub(super) user: Arc<Settings>,
    /// Settings for the environments that builds run in.
    settings: Arc<Settings>,
    pub(super) process: ProcessEnv,
    pub(super) store: Store,
    cancel: Cancel,
    /// The Python that is built for.
    pub(super) python: Interpreter,
    stop: AtomicBool,
    slots: Slots,
    state: Mutex<State>,
    places: Mutex<FxHashMap<String, Arc<BuildPlace>>>,
    runtime: Mutex<Option<Arc<Runtime>>>,
    idle: Mutex<Vec<Pipeline>>,
}

#[derive(Default)]
struct State {
    running: FxHashMap<TaskKey, Vec<Waiter>>,
    done: FxHashMap<TaskKey, Built>,
    /// Who waits for whom.
    waits: Vec<(TaskKey, TaskKey)>,
    threads: Vec<JoinHandle<()>>,
    next: u64,
}

struct Waiter {
    to: Sender<Message>,
    ticket: BuildTicket,
}

impl Workshop {
    /// Opens a workshop for one Python; nothing is started.
    pub(crate) fn open(session: &Session, python: &Interpreter) -> Self {
        let asked = session.settings.concurrent_builds.value.as_ref();
        let asked = asked.and_then(|count| usize::try_from(count.0).ok());
        Self(Arc::new(Shop {
            user: Arc::clone(&session.settings),
            settings: Arc::new(for_builds(&session.settings)),
            process: session.process.clone(),
            store: session.store.clone(),
            cancel: session.cancel.clone(),
            python: python.clone(),
            stop: AtomicBool::new(false),
            slots: Slots::new(asked.unwrap_or_else(session.process.processors).max(1)),
            state: Mutex::default(),
            places: Mutex::default(),
            runtime: Mutex::default(),
            idle: Mutex::default(),
        }))
    }

    /// The Python that is built for.
    pub(crate) fn python(&self) -> &Interpreter {
        &self.0.python
    }

    /// Says which versions were chosen for the environment.
    pub(crate) fn runs_with(&self, runtime: Runtime) {
        let slot = &self.0.runtime;
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(runtime));
    }

    /// Begins a task, or joins it if it is under way. `parent` is the task that will wait.
    ///
    /// # Errors
    /// The parent is needed by what it would wait for.
    pub(crate) fn ask(
        &self,
        wish: &Wish,
        parent: Option<&TaskKey>,
        to: &Sender<Message>,
    ) -> Result<Asked, Failure> {
        let key = wish.key();
        let mut state = self.0.state();
        let done = state.done.get(&key);
        if let Some(built) = done {
            return Ok(Asked::Ready(built.clone()));
        }
        if let Some(parent) = parent {
            if let Some(path) = state.path(&key, parent) {
                return Err(circle(parent, &path));
            }
            state.waits.push((parent.clone(), key.clone()));
        }
        let ticket = BuildTicket(state.next);
        state.next += 1;
        let waiter = Waiter {
            to: to.clone(),
            ticket,
        };
        if let Some(waiters) = state.running.get_mut(&key) {
            waiters.push(waiter);
            return Ok(Asked::Started(ticket));
        }
        state.running.insert(key.clone(), vec![waiter]);
        let (shop, wish, to) = (self.clone(), wish.clone(), to.clone());
        let work = move || {
            let mut ending = Ending {
                shop: Arc::clone(&shop.0),
                key: key.clone(),
                result: None,
            };
            ending.result = Some(shop.work(&wish, key, to));
        };
        let started = std::thread::Builder::new()
            .name("builder".to_owned())
            .spawn(work);
        match started {
            Ok(thread) => state.threads.push(thread),
            Err(error) => {
                return Err(Failure::environment("could not start a build").because(&error));
            }
        }
        Ok(Asked::Started(ticket))
    }

    fn work(&self, wish: &Wish, key: TaskKey, to: Sender<Message>) -> Result<Built, Failure> {
        let mut session = self.0.session(to);
        let mut pipeline = self.pipeline(&session, key)?;
        let result = steps::run(&self.0, &mut session, &mut pipeline, wish);
        pipeline.leave();
        self.0
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(pipeline);
        result
    }

    /// A pipeline that is not in use, or a new one.
    fn pipeline(&self, session: &Session, key: TaskKey) -> Result<Pipeline, Failure> {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.pop();
        drop(idle);
        let mut pipeline = match kept {
            Some(pipeline) => pipeline,
            None => Pipeline::new(session, options::index_config(session)?),
        };
        pipeline.work_for(self.clone(), key);
        Ok(pipeline)
    }

    /// Whether the command is ending.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Stops whatever is still under way and waits until nothing of it is left.
    pub(crate) fn close(&self) {
        self.0.stop.store(true, Ordering::SeqCst);
        let threads = std::mem::take(&mut self.0.state().threads);
        for thread in threads {
            // A builder that panicked has told so already.
            let _ = thread.join();
        }
        self.0.state().done.clear();
        let mut places = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.clear();
        drop(places);
        let idle = std::mem::take(&mut *self.0.idle.lock().unwrap_or_else(PoisonError::into_inner));
        drop(idle);
    }
}

impl Shop {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.stop.load(Ordering::SeqCst) || self.cancel.check().is_err()
    }

    /// The end of a build that was stopped: by a signal, or because the command ends.
    pub(super) fn interrupted(&self) -> Failure {
        let ending = || Failure::new(Kind::Interrupted(2), "interrupted");
        self.cancel.check().err().unwrap_or_else(ending)
    }

    /// A session for a builder; what it tells goes to whoever waits.
    fn session(&self, to: Sender<Message>) -> Session {
        Session {
            settings: Arc::clone(&self.settings),
            project: self.process.cwd.clone(),
            process: self.process.clone(),
            store: self.store.clone(),
            sink: Box::new(Forward(to)),
            cancel: self.cancel.clone(),
            trace: Recorder::default(),
            last_lock: std::mem::ManuallyDrop::default(),
            has_resolved: std::cell::Cell::default(),
            holds: Holds::default(),
            told_active: false,
            begin: Arc::default(),
            script: None,
        }
    }

    /// The versions that were chosen for the environment, once they are known.
    pub(super) fn runtime(&self) -> Option<Arc<Runtime>> {
        let runtime = self.runtime.lock();
        runtime.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until one more backend may run.
    pub(super) fn slot(&self) -> Result<Slot<'_>, Failure> {
        let slots = &self.slots;
        let mut free = slots.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if self.is_closed() {
                return Err(self.interrupted());
            }
            if *free > 0 {
                *free -= 1;
                return Ok(Slot(slots));
            }
            let waited = slots.freed.wait_timeout(free, HEARTBEAT);
            free = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The environment that was made for these requirements.
    pub(super) fn place(&self, key: &str) -> Option<Arc<BuildPlace>> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(key).cloned()
    }

    /// Keeps an environment for the next build with the same requirements.
    pub(super) fn keep_place(&self, key: String, place: &Arc<BuildPlace>) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert(key, Arc::clone(place));
    }
}

impl State {
    /// The way from one task over those it waits for to another.
    fn path(&self, from: &TaskKey, to: &TaskKey) -> Option<Vec<TaskKey>> {
        let mut paths = vec![vec![from.clone()]];
        let mut seen = vec![from.clone()];
        while let Some(path) = paths.pop() {
            let last = path.last()?;
            if last == to {
                return Some(path);
            }
            for (waiting, on) in &self.waits {
                if waiting == last && !seen.contains(on) {
                    seen.push(on.clone());
                    let mut longer = path.clone();
                    longer.push(on.clone());
                    paths.push(longer);
                }
            }
        }
        None
    }
}

/// What everybody who waits has to be told at the end, come what may.
struct Ending {
    shop: Arc<Shop>,
    key: TaskKey,
    result: Option<Result<Built, Failure>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let result = self
            .result
            .take()
            .unwrap_or_else(|| Err(Failure::environment("a build ended without a result")));
        let mut state = self.shop.state();
        let waiters = state.running.remove(&self.key).unwrap_or_default();
        state.waits.retain(|(_, on)| *on != self.key);
        if let Ok(built) = &result {
            state.done.insert(self.key.clone(), built.clone());
            if self.key.aim == Aim::Metadata && built.archive.is_some() {
                let mut key = self.key.clone();
                key.aim = Aim::Wheel;
                state.done.insert(key, built.clone());
            }
        }
        drop(state);
        for waiter in waiters {
            // Whoever does not listen any more does not want to know.
            let _ = waiter
                .to
                .send(Message::Built(waiter.ticket, Box::new(result.clone())));
        }
    }
}

/// How many backends may run.
struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Slots {
    fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            freed: Condvar::new(),
        }
    }
}

/// The right to run a backend.
pub(super) struct Slot<'a>(&'a Slots);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

/// Hands on what concerns the user: making a build environment is no news.
struct Forward(Sender<Message>);

impl Sink for Forward {
    fn event(&mut self, event: &Event) {
        let news = matches!(
            event,
            Event::Building { .. } | Event::Built { .. } | Event::Detail { .. }
        );
        if news {
            let _ = self.0.send(Message::Event(Box::new(event.clone())));
        }
    }
}

/// The settings for environments that builds run in: where packages come from stays, what the
/// user wants of the own environment does not concern them.
fn for_builds(user: &Settings) -> Settings {
    let mut settings = user.clone();
    let plain = naja_project::settings::Partial::default().settings();
    settings.constraint.value = user.build_constraint.value.clone();
    settings.constraint_dependencies = user.build_constraint_dependencies.clone();
    settings.overrides = plain.overrides;
    settings.override_dependencies = plain.override_dependencies;
    settings.excludes = plain.excludes;
    settings.exclude_dependencies = plain.exclude_dependencies;
    settings.require_hashes.value = user.require_build_hashes.value;
    settings.generate_hashes = plain.generate_hashes;
    settings.reinstall = plain.reinstall;
    settings.reinstall_package = plain.reinstall_package;
    settings.upgrade = plain.upgrade;
    settings.upgrade_package = plain.upgrade_package;
    settings.strict = plain.strict;
    settings.no_deps = plain.no_deps;
    settings.target = plain.target;
    settings.prefix = plain.prefix;
    settings.resolution = plain.resolution;
    settings.prerelease = plain.prerelease;
    settings.prerelease_package = plain.prerelease_package;
    settings.compile_bytecode = plain.compile_bytecode;
    settings.no_cache = plain.no_cache;
    settings
}

/// Tells that something needs itself to be built.
fn circle(parent: &TaskKey, path: &[TaskKey]) -> Failure {
    let mut failure = Failure::unsatisfied(format!("building {} needs itself", parent.label));
    let mut names: Vec<&str> = vec![&parent.label];
    names.extend(path.iter().map(|key| key.label.as_str()));
    names.dedup();
    if let [only] = names.as_slice() {
        let only = *only;
        names.push(only);
    }
    for pair in names.windows(2) {
        failure
            .story
            .push(format!("{} needs {} to be built.", pair[0], pair[1]));
    }
    failure.hint("allow a wheel of one of them (look at `--no-binary`), or name other versions with `--build-constraint`")
}
