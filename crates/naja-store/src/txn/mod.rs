//! All-or-nothing change of several paths.
//!
//! A [`Transaction`] collects moves: staged entries into place, old entries away. Nothing
//! visible changes until [`Transaction::commit`], which writes the complete list of moves to a
//! journal and then renames. When the process dies in between, [`recover`] walks the journal
//! backwards. Both are safe to be killed at any point, any number of times.
//!
//! The caller holds a lock on what is changed, during the transaction and during recovery.
//!
//! Below the working directory, a transaction owns one directory:
//!
//! ```text
//! txn-<random>/stage/    new entries, prepared by the caller
//! txn-<random>/trash/    old entries, and links to replaced files
//! txn-<random>/journal   the steps, written in one rename before the first of them;
//!                        renamed to `done` after the last, or to `undone`
//! ```
//!
//! Nothing is flushed to the disk here: after a power failure a journal may be unreadable, and
//! is then set aside ([`Recovered::Damaged`]). Files that cannot be made again should be
//! flushed when they are staged, as [`crate::write::write_flushed`] does.

mod bounds;
mod commit;
mod error;
mod journal;
mod recovery;
mod step;
mod transaction;

#[cfg(test)]
mod tests;

pub use commit::Receipt;
pub use error::TxnError;
#[doc(hidden)]
pub use recovery::recover_with;
pub use recovery::{Recovered, is_unfinished, recover, recover_within};
pub use transaction::Transaction;

use std::io;
use std::path::Path;

const STAGE: &str = "stage";
const TRASH: &str = "trash";
const JOURNAL: &str = "journal";
const JOURNAL_NEW: &str = "journal.new";
const DONE: &str = "done";
const UNDONE: &str = "undone";
const PREFIX: &str = "txn-";
const DAMAGED_PREFIX: &str = "damaged-";

/// A moment at which a test may interfere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub enum Point {
    /// Before the links to replaced files are made.
    Backup,
    /// Before the journal is written under its temporary name.
    Write,
    /// Before the journal gets its name.
    Journal,
    /// Before this step is carried out.
    Step(usize),
    /// Before the journal is renamed to say that all is done.
    Done,
    /// Before this step is taken back.
    Undo(usize),
    /// Before the journal is renamed to say that all was taken back.
    Undone,
    /// Before leftovers are removed.
    Sweep,
}

/// What happens at a [`Point`].
#[derive(Debug)]
#[doc(hidden)]
pub enum Fault {
    /// Nothing special.
    None,
    /// The process dies here.
    Crash,
    /// The operating system answers the next operation with this error.
    Fail(io::Error),
}

/// Decides what happens at each [`Point`].
#[doc(hidden)]
pub type Hook<'a> = dyn FnMut(Point) -> Fault + 'a;

/// How an operation under a hook ends early.
enum Stop {
    Crash,
    Fail(io::Error),
}

impl Stop {
    fn ask(hook: &mut Hook<'_>, point: Point) -> Result<(), Self> {
        match hook(point) {
            Fault::None => Ok(()),
            Fault::Crash => Err(Self::Crash),
            Fault::Fail(error) => Err(Self::Fail(error)),
        }
    }
}

/// Reads a journal and writes its steps again, for fuzzing.
pub(crate) fn reread(bytes: &[u8], own: &Path, home: &Path) -> Option<(usize, Vec<u8>)> {
    let bases = journal::Bases { own, home };
    let steps = journal::decode(bytes, bases)?;
    let again = journal::encode(&steps, bases).ok()?;
    Some((steps.len(), again))
}
