//! What happens while a command works, as data. Renderers turn it into words.

use serde::Serialize;

use crate::explain::Step;
use crate::failure::Failure;

/// Receives what happens, in order, on the thread that runs the command.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: &Event);

    /// Whether it wants to hear of every [`Step`] a command takes.
    fn wants_steps(&self) -> bool {
        false
    }
}

/// Gives what tells a sink that the command waits for something; it may be called again and again.
pub(crate) fn waiting_for(
    sink: &mut Box<dyn Sink>,
    what: impl std::fmt::Display,
) -> impl FnMut() + '_ {
    let event = Event::Waiting {
        what: what.to_string(),
    };
    move || sink.event(&event)
}

/// One thing that happened. Times are milliseconds, sizes bytes.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The resolver works.
    Resolving {
        /// Packages that have a version.
        packages: usize,
    },
    /// The resolver is done.
    Resolved {
        /// Packages in the answer.
        packages: usize,
        /// How long it took.
        ms: u64,
    },
    /// The lock fits: nothing had to be resolved.
    Fitted {
        /// Packages in the lock.
        packages: usize,
        /// How long it took to find that out.
        ms: u64,
    },
    /// Everything asked for is there already.
    Audited {
        /// Packages that were looked at.
        packages: usize,
        /// How long it took.
        ms: u64,
    },
    /// Downloads go on: files done of all, bytes done of all that is known.
    Fetching {
        /// Files that are there.
        files: usize,
        /// Files in all.
        files_total: usize,
        /// Bytes that are there.
        bytes: u64,
        /// Bytes in all, as far as they are known.
        bytes_total: u64,
    },
    /// A wheel is being built; name and version are told as far as they are known.
    Building {
        /// Name and version.
        what: String,
    },
    /// A wheel was built.
    Built {
        /// Name and version.
        what: String,
        /// How long it took.
        ms: u64,
    },
    /// Everything that was missing is in the store.
    Prepared {
        /// Packages that were fetched or built.
        packages: usize,
        /// How long it took.
        ms: u64,
    },
    /// The environment has been changed.
    Uninstalled {
        /// Packages that went.
        packages: usize,
        /// How long it took.
        ms: u64,
    },
    /// The environment has been changed.
    Installed {
        /// Packages that came.
        packages: usize,
        /// How long it took.
        ms: u64,
    },
    /// Sources have been compiled to bytecode.
    Compiled {
        /// Modules that were compiled.
        files: usize,
        /// How long it took.
        ms: u64,
    },
    /// A package came, went or changed.
    Changed(Change),
    /// A preview says what would be done.
    WouldChange {
        /// Packages that would come.
        install: usize,
        /// Packages that would go.
        uninstall: usize,
    },
    /// Something the user should know; the command goes on.
    Warning {
        /// What it is.
        message: String,
        /// What can be done about it.
        hint: Option<String>,
    },
    /// Something the user may like to know.
    Note {
        /// What it is.
        message: String,
    },
    /// A command of a task begins.
    Running {
        /// The task, where others run at the same time.
        label: Option<String>,
        /// The command, as a person would type it.
        command: String,
    },
    /// A line that a program wrote while others run.
    Output {
        /// Whose it is.
        label: String,
        /// The line, without its end.
        line: String,
        /// Whether it comes from standard error.
        is_error: bool,
    },
    /// A task of several failed.
    Failed {
        /// Its name.
        label: String,
        /// The status of its command.
        status: u8,
    },
    /// Something begins that has a name of its own, such as a variant of a matrix.
    Heading {
        /// The name.
        text: String,
    },
    /// Something failed, and the command goes on with the rest.
    Trouble(Failure),
    /// A summary of several lines, ready for a person.
    Table {
        /// The lines.
        text: String,
    },
    /// Another process holds what this one needs.
    Waiting {
        /// What is held.
        what: String,
    },
    /// A step of a command, for those who want to know how it works.
    Step(Step),
    /// Detail for `--verbose`.
    Detail {
        /// What happened.
        message: String,
    },
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
