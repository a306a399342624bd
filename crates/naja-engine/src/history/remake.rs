//! [`Remake`]: the history of an environment that is made, or made anew.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_env::{EnvState, Environment, OWNERLESS, STATE_FILE, copy_entry, keep_all, own_files};

use naja_python::Interpreter;

use super::book::{Book, Doing, masked};
use super::entry::{Entry, KeptSize, Kind, State};
use super::shelf::name;
use crate::session::Session;
use crate::target;

/// The first directory of the notes below the root of an environment.
const NOTES: &str = ".naja/history";

/// Writes the history of a new environment before it goes into its place.
pub(crate) struct Remake<'a> {
    entry: Entry,
    /// What is replaced, where its packages can be told.
    old: Option<Old<'a>>,
    is_wanted: bool,
    /// Where packages go, below the root.
    sites: Vec<PathBuf>,
    /// The scripts that are put into it once it is in its place, below the root.
    later: Vec<String>,
}

/// An environment that goes.
pub(super) struct Old<'a> {
    env: Environment,
    state: EnvState,
    book: Book<'a>,
}

impl<'a> Remake<'a> {
    /// Looks at what is about to be replaced at `root`, if anything is.
    ///
    /// An environment that cannot be opened any more leaves no history: nobody can tell what was
    /// in it.
    pub(crate) fn of(session: &mut Session, root: &Path, base: &Interpreter) -> Self {
        let is_wanted = session.settings.history_keep.value > 0;
        let old = if is_wanted {
            Old::at(session, root)
        } else {
            None
        };
        let mut entry = Entry::new(1, Kind::Create);
        entry.time = session.process.now_ms;
        entry.command = masked(&session.process.arguments);
        entry.python = base.version.to_string();
        let layout = &base.venv_layout;
        Self {
            entry,
            old,
            is_wanted,
            sites: vec![layout.purelib.clone(), layout.platlib.clone()],
            later: Vec::new(),
        }
    }

    /// Says which scripts are put beside Python once the environment is in its place.
    pub(crate) fn expect(&mut self, base: &Interpreter, names: &[String]) {
        let below = |name| base.venv_layout.scripts.join(name);
        let text = |path: PathBuf| path.to_string_lossy().replace('\\', "/");
        self.later = names.iter().map(below).map(text).collect();
    }

    /// The environment's own files that are made: those that are there, and the scripts called
    /// `pip` that are put there later.
    fn came(&self, staged: &Path) -> io::Result<BTreeSet<String>> {
        let sites: Vec<PathBuf> = self.sites.iter().map(|site| staged.join(site)).collect();
        let sites: Vec<&Path> = sites.iter().map(PathBuf::as_path).collect();
        let own = own_files(staged, &sites)?;
        let below = own.iter().filter_map(|path| path.strip_prefix(staged).ok());
        let text = |path: &Path| path.to_string_lossy().replace('\\', "/");
        Ok(below.map(text).chain(self.later.iter().cloned()).collect())
    }

    /// Writes the history into a new environment that is not in its place yet.
    ///
    /// # Errors
    /// Something cannot be read, linked or written.
    pub(crate) fn write(&self, staged: &Path) -> io::Result<()> {
        if !self.is_wanted {
            return Ok(());
        }
        let notes = staged.join(NOTES);
        fs::create_dir_all(&notes)?;
        let mut entry = self.entry.clone();
        let mut state = State::new(1);
        if let Some(old) = &self.old {
            let own = notes.join(name(old.book.next().0)).join(OWNERLESS);
            old.write(&mut entry, &mut state, (&notes, &own))?;
            entry.came = self.came(staged)?;
        }
        write_notes(&notes, &entry, &state)
    }
}

/// Writes an entry and the list of what is installed.
pub(super) fn write_notes(notes: &Path, entry: &Entry, state: &State) -> io::Result<()> {
    let text = entry.to_json().map_err(io::Error::other)?;
    fs::write(notes.join(format!("{}.json", name(entry.id))), text)?;
    fs::write(
        notes.join(STATE_FILE),
        state.to_json().map_err(io::Error::other)?,
    )
}

impl Old<'_> {
    /// Opens an environment that is about to go; `None` if nobody can tell what is in it.
    pub(super) fn at(session: &mut Session, root: &Path) -> Option<Self> {
        if !naja_python::is_environment(root) {
            return None;
        }
        let env = target::open_root(session, root).ok()?;
        let state = EnvState::scan(&env).ok()?;
        let book = Book::open(session, &env, None, Doing::default()).ok()??;
        Some(Self { env, state, book })
    }

    pub(super) fn env(&self) -> &Environment {
        &self.env
    }

    /// Takes the history over into `notes`, and keeps beside it what the store could not give
    /// back; the environment's own files go below `own`. The entry learns what goes.
    ///
    /// # Errors
    /// Something cannot be read, linked or written.
    pub(super) fn write(
        &self,
        entry: &mut Entry,
        state: &mut State,
        (notes, own): (&Path, &Path),
    ) -> io::Result<()> {
        let (id, dir) = self.book.next();
        entry.id = id;
        state.id = id;
        carry_over(dir, notes)?;
        let _ = fs::remove_file(notes.join(STATE_FILE));
        let into = notes.join(name(id));
        let kept = keep_all(&self.env, &self.state, &self.book, (&into, own));
        let kept = kept.map_err(io::Error::other)?;
        let dists = self.state.dists().iter().filter(|dist| dist.is_owned());
        let dists: Vec<_> = dists.collect();
        let gone = dists.iter().map(|dist| self.book.outgoing(dist, &kept));
        entry.removed = gone.collect();
        entry.foreign = self.book.foreign(&dists);
        entry.was = Some(self.env.interpreter().version.to_string());
        entry.kept = KeptSize {
            files: kept.files,
            bytes: kept.bytes,
        };
        state.kept.clone_from(self.book.kept_sizes());
        state.kept.insert(id, kept.bytes);
        Ok(())
    }
}

/// Gives every file of a directory a second name in another one.
///
/// # Errors
/// Something cannot be read, linked or written.
pub(super) fn carry_over(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let (here, there) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            carry_over(&here, &there)?;
        } else if fs::hard_link(&here, &there).is_err() {
            copy_entry(&here, &there)?;
        }
    }
    Ok(())
}
