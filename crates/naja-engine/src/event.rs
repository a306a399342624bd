//! What happens while a command works, as data. Renderers turn it into words.

use serde::Serialize;

use crate::explain::Step;

/// Receives what happens, in order, on the thread that runs the command.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: &Event);

    /// Whether it wants to hear of every [`Step`] a command takes.
    fn wants_steps(&self) -> bool {
        false
    }
}

/// One thing that happened. Times are milliseconds, sizes bytes.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The resolver works; `packages` have been chosen so far.
    Resolving { packages: usize },
    /// The resolver is done.
    Resolved { packages: usize, ms: u64 },
    /// Everything asked for is there already.
    Audited { packages: usize, ms: u64 },
    /// Downloads go on: files done of all, bytes done of all that is known.
    Fetching {
        files: usize,
        files_total: usize,
        bytes: u64,
        bytes_total: u64,
    },
    /// A wheel is being built; `what` is name and version, as far as they are known.
    Building { what: String },
    /// A wheel was built.
    Built { what: String, ms: u64 },
    /// Everything that was missing is in the store.
    Prepared { packages: usize, ms: u64 },
    /// The environment has been changed.
    Uninstalled { packages: usize, ms: u64 },
    /// The environment has been changed.
    Installed { packages: usize, ms: u64 },
    /// Sources have been compiled to bytecode.
    Compiled { files: usize, ms: u64 },
    /// A package came, went or changed.
    Changed(Change),
    /// A preview says what would be done.
    WouldChange { install: usize, uninstall: usize },
    /// Something the user should know; the command goes on.
    Warning {
        message: String,
        hint: Option<String>,
    },
    /// Something the user may like to know.
    Note { message: String },
    /// Another process holds what this one needs.
    Waiting { what: String },
    /// A step of a command, for those who want to know how it works.
    Step(Step),
    /// Detail for `--verbose`.
    Detail { message: String },
}

/// A change of one distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happens to it.
    pub action: Action,
    /// Its normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it came from, when that is not an index.
    pub source: Option<String>,
}

/// What happens to a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It goes.
    Removed,
    /// It comes.
    Added,
    /// It is put there again.
    Reinstalled,
}

impl Action {
    /// The sign in front of a line: ` - `, ` + ` or ` ~ `.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Removed => '-',
            Self::Added => '+',
            Self::Reinstalled => '~',
        }
    }
}

/// A sink that hears nothing.
#[derive(Debug, Default)]
pub struct Silence;

impl Sink for Silence {
    fn event(&mut self, _event: &Event) {}
}
