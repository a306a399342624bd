//! What belongs to a change beside its packages: the note about it, files that come back, files
//! of a project.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use naja_spec::{PackageName, Sha256};
use naja_store::Archive;
use rustc_hash::FxHashMap;

use crate::apply::Archives;
use crate::installed::InstalledDist;
use crate::plan::EnvPlan;

/// The directory of notes in the work directory of an environment.
pub const HISTORY_DIR: &str = "history";

/// The file among the notes that says what is installed and where it came from.
pub const STATE_FILE: &str = "state.json";

/// The label of kept files that belonged to no distribution.
pub const OWNERLESS: &str = "_";

/// Where an installed distribution came from, for whoever can bring it back.
#[derive(Debug, Clone)]
pub struct DistOrigin {
    /// The unpacked wheel it was linked from.
    pub archive: Archive,
    /// The digest of RECORD as it was written.
    pub record: Sha256,
}

/// Takes note of a change, in the same transaction.
pub trait Ledger {
    /// Says what a distribution was installed from; `None` when that is not known, or when it is
    /// not in the store any more. Its files are then kept.
    fn origin(&self, dist: &InstalledDist) -> Option<DistOrigin>;

    /// Writes the note about a change that is about to be made.
    ///
    /// # Errors
    /// It cannot be written; the change is then not made.
    fn note(&self, change: &Noted<'_>) -> io::Result<Note>;
}

/// A change that is about to be made.
#[derive(Debug)]
pub struct Noted<'a> {
    /// What changes.
    pub plan: &'a EnvPlan,
    /// The environment's distributions that stay.
    pub staying: &'a [&'a InstalledDist],
    /// The archives of what comes.
    pub archives: &'a Archives,
    /// The digest of RECORD of what comes.
    pub records: &'a FxHashMap<PackageName, Sha256>,
    /// What is kept of what goes.
    pub kept: &'a Kept,
}

/// What is kept of what a change removes, because the store could not give it back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The records (`name-version.dist-info`) of distributions that are kept whole.
    pub whole: BTreeSet<String>,
    /// Listed files that were not there, by the record that lists them; relative to the root of
    /// the environment.
    pub absent: BTreeMap<String, Vec<String>>,
    /// Files of nobody's that came where nothing was, relative to the root of the environment.
    pub came: BTreeSet<String>,
    /// How many files are kept.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// A note to be put into place.
#[derive(Debug, Clone)]
pub struct Note {
    /// The name of the note without its ending; kept files lie in a directory of this name.
    pub name: String,
    /// Its text.
    pub text: Vec<u8>,
    /// What is installed afterwards.
    pub state: Vec<u8>,
}

/// A file that was kept and comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returning {
    /// Where it is kept.
    pub from: PathBuf,
    /// Where it goes; absolute.
    pub to: PathBuf,
    /// Whether it belongs to no distribution.
    pub ownerless: bool,
}

/// Takes note of a change of the environment's own files, within the same transaction; `None` if
/// none is to be taken.
pub type OwnNote<'a> = &'a dyn Fn(&Kept) -> io::Result<Option<Note>>;

/// A change of one file that is not a package's, such as a manifest or a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// The file; absolute, below the directory that holds the environment.
    pub path: PathBuf,
    /// What it contained before; `None` if there was none.
    pub before: Option<Vec<u8>>,
    /// What it contains afterwards; `None` if it goes.
    pub after: Option<Vec<u8>>,
}

/// How a distribution is installed, where that is not what the options of the change say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// Whether its modules are compiled.
    pub compiled: bool,
    /// Whether INSTALLER and its like are left out.
    pub bare: bool,
}

/// The manner of each distribution that has one of its own.
pub type Manners = BTreeMap<PackageName, Manner>;

/// What belongs to a change beside its packages.
#[derive(Clone, Copy, Default)]
pub struct Beside<'a> {
    /// Who takes note of it.
    pub ledger: Option<&'a dyn Ledger>,
    /// Files that come back, whatever the packages have in their places.
    pub returning: &'a [Returning],
    /// Files of the packages that shall not be there; absolute.
    pub without: &'a [PathBuf],
    /// Files and directories that belong to nobody and go; absolute.
    pub removing: &'a [PathBuf],
    /// Files of nobody's that came with what is taken back, and go; absolute.
    pub leaving: &'a [PathBuf],
    /// Whether files of the environment itself may come and go: it is what it was before it was
    /// made anew.
    pub own: bool,
    /// Files of the project that change in the same moment.
    pub edits: &'a [FileEdit],
    /// Distributions that are installed in a manner of their own.
    pub manners: Option<&'a Manners>,
}

impl Beside<'_> {
    /// Returns the manner of a distribution, if it has one of its own.
    pub(crate) fn manner(&self, name: &PackageName) -> Option<Manner> {
        self.manners?.get(name).copied()
    }
}

impl std::fmt::Debug for Beside<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Beside")
            .field("ledger", &self.ledger.is_some())
            .field("returning", &self.returning.len())
            .field("without", &self.without.len())
            .field("removing", &self.removing.len())
            .field("leaving", &self.leaving.len())
            .field("edits", &self.edits.len())
            .finish()
    }
}
