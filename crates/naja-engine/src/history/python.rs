//! Taking note that an environment got another Python.

use std::io;
use std::path::Path;

use naja_env::{HISTORY_DIR, Kept, Note};
use naja_python::Interpreter;

use super::book::masked;
use super::entry::{Entry, KeptSize, Kind};
use super::shelf::{Shelf, name};
use crate::session::Session;

/// What is known before the environment is locked.
pub(crate) struct Rebased<'a> {
    root: &'a Path,
    entry: Entry,
    is_wanted: bool,
}

impl<'a> Rebased<'a> {
    /// Prepares an entry for the environment at `root`, which had Python `was`.
    pub(crate) fn new(
        session: &Session,
        root: &'a Path,
        base: &Interpreter,
        was: Option<&str>,
    ) -> Self {
        let mut entry = Entry::new(1, Kind::Python);
        entry.time = session.process.now_ms;
        entry.command = masked(&session.process.arguments);
        entry.python = base.version.to_string();
        entry.was = was.map(str::to_owned);
        Self {
            root,
            entry,
            is_wanted: session.settings.history_keep.value > 0,
        }
    }

    /// Writes the entry. An environment without a history gets none by this: what is installed in
    /// it was not looked at.
    ///
    /// # Errors
    /// The history cannot be listed.
    pub(crate) fn note(&self, kept: &Kept) -> io::Result<Option<Note>> {
        if !self.is_wanted {
            return Ok(None);
        }
        let failed = |failure: crate::Failure| io::Error::other(failure.title);
        let dir = self.root.join(".naja").join(HISTORY_DIR);
        let shelf = Shelf::at(dir).map_err(failed)?;
        let Some(last) = shelf.ids().last().copied() else {
            return Ok(None);
        };
        let Some(mut state) = shelf
            .state()
            .ok()
            .flatten()
            .filter(|known| known.id == last)
        else {
            return Ok(None);
        };
        let mut entry = self.entry.clone();
        entry.id = shelf.next();
        entry.came.clone_from(&kept.came);
        entry.kept = KeptSize {
            files: kept.files,
            bytes: kept.bytes,
        };
        state.id = entry.id;
        state.kept.insert(entry.id, kept.bytes);
        Ok(Some(Note {
            name: name(entry.id),
            text: entry.to_json().map_err(io::Error::other)?,
            state: state.to_json().map_err(io::Error::other)?,
        }))
    }
}
