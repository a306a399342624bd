//! [`Remake`]: the history of an environment that is made, or made anew.

use std::fs;
use std::io;
use std::path::Path;

use naja_env::{EnvState, Environment, STATE_FILE, keep_all};

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
}

/// An environment that is replaced.
struct Old<'a> {
    env: Environment,
    state: EnvState,
    book: Book<'a>,
}

impl<'a> Remake<'a> {
    /// Looks at what is about to be replaced at `root`, if anything is.
    ///
    /// An environment that cannot be opened any more leaves no history: nobody can tell what was
    /// in it.
    pub(crate) fn of(session: &mut Session, root: &Path, python: &str) -> Self {
        let is_wanted = session.settings.history_keep.value > 0;
        let old = if is_wanted {
            Old::at(session, root)
        } else {
            None
        };
        let mut entry = Entry::new(1, Kind::Create);
        entry.time = session.process.now_ms;
        entry.command = masked(&session.process.arguments);
        entry.python = python.to_owned();
        Self {
            entry,
            old,
            is_wanted,
        }
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
            let (id, dir) = old.book.next();
            entry.id = id;
            state.id = id;
            carry_over(dir, &notes)?;
            let _ = fs::remove_file(notes.join(STATE_FILE));
            let kept = keep_all(&old.env, &old.state, &old.book, &notes.join(name(id)));
            let kept = kept.map_err(io::Error::other)?;
            let dists = old.state.dists().iter().filter(|dist| dist.is_owned());
            let dists: Vec<_> = dists.collect();
            let gone = dists.iter().map(|dist| old.book.outgoing(dist, &kept));
            entry.removed = gone.collect();
            entry.foreign = old.book.foreign(&dists);
            entry.was = Some(old.env.interpreter().version.to_string());
            entry.kept = KeptSize {
                files: kept.files,
                bytes: kept.bytes,
            };
            state.kept.clone_from(old.book.kept_sizes());
            state.kept.insert(id, kept.bytes);
        }
        let text = entry.to_json().map_err(io::Error::other)?;
        fs::write(notes.join(format!("{}.json", name(entry.id))), text)?;
        fs::write(
            notes.join(STATE_FILE),
            state.to_json().map_err(io::Error::other)?,
        )
    }
}

impl Old<'_> {
    fn at(session: &mut Session, root: &Path) -> Option<Self> {
        if !naja_python::is_environment(root) {
            return None;
        }
        let env = target::open_root(session, root).ok()?;
        let state = EnvState::scan(&env).ok()?;
        let book = Book::open(session, &env, None, Doing::default()).ok()??;
        Some(Self { env, state, book })
    }
}

/// Gives every file of a directory a second name in another one.
fn carry_over(from: &Path, to: &Path) -> io::Result<()> {
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
            fs::copy(&here, &there)?;
        }
    }
    Ok(())
}
