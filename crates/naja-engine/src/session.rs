//! What every operation gets: settings, store, process facts, a listener.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use naja_project::settings::Settings;
use naja_store::Store;

use crate::disk::WatchedDisk;
use crate::event::{Event, Sink};
use crate::explain::Step;
use crate::failure::{Failure, Kind};
use crate::process::ProcessEnv;
use crate::project::{Holds, LastLock};
use crate::script::Script;
use crate::start::Start;
use crate::trace::Recorder;

/// Whether the user wants to stop; set from a signal handler.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicUsize>);

impl Cancel {
    /// The number a signal handler writes: 0 to go on, else the signal's.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.0)
    }

    /// Whether the user wants to stop.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst) != 0
    }

    /// Tells whether to go on.
    ///
    /// # Errors
    /// The interruption, as a failure.
    pub fn check(&self) -> Result<(), Failure> {
        match self.0.load(Ordering::SeqCst) {
            0 => Ok(()),
            signal => {
                let signal = u8::try_from(signal).unwrap_or(u8::MAX);
                Err(Failure::new(Kind::Interrupted(signal), "interrupted"))
            }
        }
    }
}

/// One run of the program, for any operation.
pub struct Session {
    /// What the user configured.
    pub settings: Arc<Settings>,
    /// What the process was given.
    pub process: ProcessEnv,
    /// The directory in which, or above which, the project is looked for.
    pub project: PathBuf,
    /// The bytes that are kept.
    pub store: Store,
    /// Who hears what happens.
    pub sink: Box<dyn Sink>,
    /// Whether the user wants to stop.
    pub cancel: Cancel,
    /// What was looked at, for the next run.
    pub(crate) trace: Recorder,
    /// The lock that was read last. It ends with the process: to free it piece by piece takes as long as to write it.
    pub(crate) last_lock: ManuallyDrop<LastLock>,
    /// Whether anything was resolved.
    pub(crate) has_resolved: Cell<bool>,
    /// The projects that this process keeps others from changing.
    pub(crate) holds: Holds,
    /// Whether something was said of the active environment.
    pub(crate) told_active: bool,
    /// What the session was begun with.
    pub(crate) begin: Arc<Start>,
    /// The script whose settings count, if one's do.
    pub(crate) script: Option<Arc<Script>>,
}

impl Session {
    /// Tells what happened.
    pub fn emit(&mut self, event: &Event) {
        self.trace.hear(event);
        self.sink.event(event);
    }

    /// The files of this machine; what is read through it is part of the trace.
    pub(crate) fn disk(&self) -> WatchedDisk<'_> {
        WatchedDisk(&self.trace)
    }

    /// Says something that a command says whenever it finds nothing to do.
    pub(crate) fn says(&mut self, message: String) {
        self.trace.says(&message);
        self.sink.event(&Event::Note { message });
    }

    /// Warns, and goes on.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.emit(&Event::Warning {
            message: message.into(),
            hint: None,
        });
    }

    /// Tells a step, which is put into words only where somebody listens.
    pub(crate) fn step(&mut self, step: impl FnOnce(&Self) -> Step) {
        if self.sink.wants_steps() {
            let step = step(self);
            self.sink.event(&Event::Step(step));
        }
    }

    /// Does something with settings that are changed for just so long.
    pub(crate) fn with_settings<T>(
        &mut self,
        change: impl FnOnce(&mut Settings),
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = Arc::clone(&self.settings);
        let mut settings = (*before).clone();
        change(&mut settings);
        self.settings = settings.into();
        let done = work(self);
        self.settings = before;
        done
    }

    /// Tells a detail to those who asked for details.
    pub fn detail(&mut self, message: impl Into<String>) {
        self.sink.event(&Event::Detail {
            message: message.into(),
        });
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.settings.no_cache.value {
            // Left behind at worst: a directory for temporary files is cleaned by others.
            let _left = std::fs::remove_dir_all(self.store.dir());
        }
    }
}

/// Milliseconds since an instant.
pub(crate) fn ms_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
