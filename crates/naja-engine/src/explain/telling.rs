//! What commands tell those who want to know what they do: data, made only where somebody listens.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::event::{Event, Sink};

/// A thing that a command did, or in a preview would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// A Python was chosen to make an environment from.
    ChosePython {
        /// The program.
        python: PathBuf,
        /// Its version.
        version: String,
    },
    /// An environment was made.
    MadeEnvironment {
        /// Its root.
        root: PathBuf,
        /// The Python it was made from.
        base: PathBuf,
        /// Where its packages go.
        packages: PathBuf,
        /// Where its programs are.
        programs: PathBuf,
        /// How many activation scripts it has.
        scripts: usize,
        /// Whether Python is a copy instead of a link.
        copied: bool,
    },
    /// An environment was found.
    FoundEnvironment {
        /// Its root.
        root: PathBuf,
        /// Its program.
        python: PathBuf,
        /// Where its packages are.
        packages: PathBuf,
        /// How many there are.
        installed: usize,
        /// `VIRTUAL_ENV`, if it is set.
        active: Option<PathBuf>,
        /// The working directory.
        cwd: PathBuf,
    },
    /// Requirements were read.
    Read {
        /// The requirements, as they are written.
        requirements: Vec<String>,
        /// The files they are from.
        files: Vec<String>,
    },
    /// Indexes are asked.
    Asking {
        /// Their addresses, without secrets.
        indexes: Vec<String>,
        /// Whether only what is kept is looked at.
        offline: bool,
    },
    /// Versions were chosen.
    Chose {
        /// What was chosen.
        packages: Vec<StepDist>,
        /// Requests that were sent.
        requests: u64,
        /// Bytes that came.
        bytes: u64,
    },
    /// Files were brought into the cache.
    Fetched {
        /// The wheels, and those that were there already.
        files: Vec<StepFile>,
        /// Where they are.
        cache: PathBuf,
    },
    /// Packages were put into an environment.
    Placed {
        /// Where their modules went.
        packages: PathBuf,
        /// How many files.
        files: usize,
        /// How files come from the cache: `link`, `clone`, `copy`, `symlink`, or how it was asked for.
        mode: String,
        /// The programs that were written.
        programs: Vec<PathBuf>,
        /// Whether modules were compiled.
        compiled: bool,
    },
    /// Packages were taken out.
    Removed {
        /// Which.
        packages: Vec<StepDist>,
        /// Where they were.
        from: PathBuf,
    },
    /// A program is started.
    Starts {
        /// The program and its arguments.
        command: Vec<String>,
        /// The environment it is in.
        root: Option<PathBuf>,
        /// Variables with their values; `None` for those that are taken away.
        variables: Vec<(String, Option<String>)>,
    },
}

/// A package of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepDist {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A file of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepFile {
    /// Its name.
    pub name: String,
    /// How large it is, if that is known.
    pub bytes: Option<u64>,
    /// Whether it had to be brought or built.
    pub fetched: bool,
    /// Whether a hash was given that it was compared with.
    pub hashed: bool,
}

/// What was heard, shared with whoever tells it.
#[derive(Clone, Debug, Default)]
pub struct Listener(Arc<Mutex<Vec<Event>>>);

impl Listener {
    /// Returns a sink that hears everything, and passes it on.
    pub fn beside(&self, other: Box<dyn Sink>) -> Box<dyn Sink> {
        Box::new(Beside {
            heard: self.clone(),
            other,
        })
    }

    /// Takes what was heard.
    #[must_use]
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Beside {
    heard: Listener,
    other: Box<dyn Sink>,
}

impl Sink for Beside {
    fn event(&mut self, event: &Event) {
        // Progress is not part of the story.
        if !matches!(event, Event::Fetching { .. } | Event::Resolving { .. }) {
            let mut heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(event.clone());
        }
        self.other.event(event);
    }

    fn wants_steps(&self) -> bool {
        true
    }
}
