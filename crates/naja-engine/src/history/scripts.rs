//! The history of scripts: what was done to a script and to the lock beside it.
//!
//! A script may lie anywhere, so its history is reached by naming it; a directory has none for its scripts.

use std::fs;
use std::path::{Path, PathBuf};

use naja_env::FileEdit;

use super::entry::Entry;
use super::files::{self, Files, Kept, Owner, labelled};
use super::undo::{Direction, UndoReport, UndoRequest};
use crate::change::Preview;
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
    let path = Script::real_path(&session.process, given);
    let owner = Owner::new(&session.process, Kept::Script, &path);
    Ok(owner.map(Owner::files).transpose()?.flatten())
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
    let _hold = match request.preview {
        Preview::Apply => held(session, given)?,
        _ => Hold::default(),
    };
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

/// The script in or below the working directory that was changed last, and when (in milliseconds since 1970).
fn changed_last(session: &Session) -> Option<(i64, PathBuf)> {
    let all = Kept::Script.all(&session.process)?;
    let here = naja_python::real_path(&session.process.cwd).ok()?;
    let mut best: Option<(i64, PathBuf)> = None;
    for dir in fs::read_dir(all).ok()?.filter_map(Result::ok) {
        let Some(path) = labelled(&dir.path()).filter(|path| path.starts_with(&here)) else {
            continue;
        };
        let owner = Owner::new(&session.process, Kept::Script, &path)?;
        // One that cannot be read is told by who asks for it.
        let last = owner.files().ok().flatten();
        let Some(last) = last.and_then(|files| files.last(Direction::Undo)) else {
            continue;
        };
        if best.as_ref().is_none_or(|(known, _)| last > *known) {
            best = Some((last, path));
        }
    }
    let (time, path) = best?;
    Some((time, path.strip_prefix(&here).ok()?.to_path_buf()))
}

/// Names the script that was changed after `time`, for who may have meant that.
pub(super) fn mention(session: &Session, time: Option<i64>) -> Option<String> {
    let (last, script) = changed_last(session)?;
    let shown = script.display();
    time.is_none_or(|time| last > time).then(|| {
        format!("`naja undo --script {shown}` takes back what was done to that script last")
    })
}

/// Tells who finds no history that a script has one.
pub(super) fn with_hint(session: &Session, failure: Failure) -> Failure {
    match changed_last(session) {
        Some((_, script)) => failure.hint(format!(
            "`naja history --script {}` shows what was done to that script",
            script.display()
        )),
        None => failure,
    }
}
