//! The history of scripts: what was done to a script and to the lock beside it.
//!
//! A script may lie anywhere, so its history is reached by naming it; a directory has none for its scripts.

use std::fs;
use std::path::{Path, PathBuf};

use naja_env::FileEdit;

use super::entry::Entry;
use super::files::{self, Files, Kept, labelled};
use super::undo::{Direction, UndoReport, UndoRequest};
use crate::failure::Failure;
use crate::project::hold::{self, Hold};
use crate::script::Script;
use crate::session::Session;

/// Changes a script and the lock beside it, both or none, with an entry in the history of the script.
///
/// # Errors
/// A file is not what the edit was made for, or cannot be written; all are then as they were.
pub(crate) fn write_script(
    session: &mut Session,
    script: &Path,
    edits: &[FileEdit],
) -> Result<(), Failure> {
    match edits {
        [] => Ok(()),
        edits => files::write(session, Kept::Script, script, edits),
    }
}

/// Finds the history of a script, also of one that is not there any more.
///
/// # Errors
/// It cannot be read.
pub(super) fn find(session: &Session, given: &Path) -> Result<Option<Files>, Failure> {
    history_of(session, &Script::real_path(&session.process, given))
}

fn history_of(session: &Session, script: &Path) -> Result<Option<Files>, Failure> {
    Files::of(session, Kept::Script, script)
}

/// The script, and everything that was done to it.
///
/// # Errors
/// It cannot be read.
pub(super) fn entries(session: &Session, given: &Path) -> Result<(PathBuf, Vec<Entry>), Failure> {
    Ok(match find(session, given)? {
        Some(files) => files.into_entries(),
        None => (Script::real_path(&session.process, given), Vec::new()),
    })
}

/// Takes the last changes of a script and its lock back, or does them again.
///
/// # Errors
/// There is nothing to take back, or a file was changed since; both are then as they were.
pub(super) fn undo(
    session: &mut Session,
    given: &Path,
    request: &UndoRequest,
) -> Result<UndoReport, Failure> {
    let _hold = hold::when(request.preview.applies(), || held(session, given))?;
    match find(session, given)? {
        Some(files) => files::undo(session, &files, request),
        None => Err(nothing_known(given)),
    }
}

fn nothing_known(given: &Path) -> Failure {
    Failure::unsatisfied(format!("no change of `{}` is known", given.display()))
        .cause("what naja did not change has no history, nor has a script that was moved")
}

/// Keeps others from changing the scripts of a directory.
///
/// # Errors
/// Waiting was interrupted.
pub(crate) fn held(session: &mut Session, given: &Path) -> Result<Hold, Failure> {
    let path = session.process.absolute(given);
    match path.parent() {
        Some(dir) => hold::of(session, dir, "the scripts in"),
        None => Ok(Hold::default()),
    }
}

/// A script in or below the working directory, and its last change.
pub(super) struct ChangedScript {
    /// When it was, in milliseconds since 1970.
    pub(super) time: i64,
    /// The script, as seen from the working directory.
    path: PathBuf,
}

impl ChangedScript {
    /// Names the script, for who may have meant that.
    pub(super) fn mention(&self) -> String {
        let script = self.path.display();
        format!("`naja undo --script {script}` takes back what was done to that script last")
    }
}

/// The script in or below the working directory that was changed last.
pub(super) fn changed_last(session: &Session) -> Option<ChangedScript> {
    let all = Kept::Script.all(&session.process)?;
    let here = naja_python::real_path(&session.process.cwd).ok()?;
    let dirs = fs::read_dir(all).ok()?.filter_map(Result::ok);
    let scripts = dirs.filter_map(|dir| {
        let path = labelled(&dir.path())?;
        let below = path.strip_prefix(&here).ok()?.to_path_buf();
        // One that cannot be read is told by who asks for it.
        let files = history_of(session, &path).ok()??;
        let time = files.last(Direction::Undo)?;
        Some(ChangedScript { time, path: below })
    });
    // The first one counts where two have the same time.
    scripts.reduce(|best, next| match next.time > best.time {
        true => next,
        false => best,
    })
}

/// Tells who finds no history that a script has one.
pub(super) fn with_hint(session: &Session, failure: Failure) -> Failure {
    match changed_last(session) {
        Some(script) => failure.hint(format!(
            "`naja history --script {}` shows what was done to that script",
            script.path.display()
        )),
        None => failure,
    }
}
