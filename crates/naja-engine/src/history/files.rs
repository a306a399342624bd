//! The history of files without an environment: those of a project that has none yet, and those of a script.
//!
//! It lies in the user's directory for data, since nothing of naja's own belongs into a project. Once a project
//! has an environment, its history moves in there ([`move_in`]); that of a script stays.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_env::{Environment, FileEdit};
use naja_store::lock::{self, FileLock};

use super::book::masked;
use super::entry::{Entry, FileChange, Kind};
use super::goal::Goal;
use super::past::Stacks;
use super::shelf::{Shelf, name};
use super::undo::{Direction, UndoReport, UndoRequest, tell_what};
use super::way::Way;
use crate::change::ChangeReport;
use crate::env;
use crate::event::waiting_for;
use crate::failure::Failure;
use crate::places;
use crate::process::ProcessEnv;
use crate::project;
use crate::registry;
use crate::session::Session;
use crate::system;
use crate::target;

/// The file with the path of the project or script, for people and for cleaning.
const LABEL: &str = "project";

/// The most that the entries of one project or script take, in bytes; the oldest go first.
const MOST_KEPT: u64 = 64 << 20;

/// How long the history of something is kept that is not there any more, in milliseconds.
const KEPT_FOR: i64 = 30 * 24 * 60 * 60 * 1000;

/// What has a history of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Project,
    Script,
}

impl Kept {
    /// Where the histories are, below the directory for data: one directory for each.
    fn below(self) -> &'static str {
        match self {
            Self::Project => "projects",
            Self::Script => "scripts",
        }
    }

    /// The path by which the history is found: a script is the same by whatever way one comes to it.
    fn known_as(self, path: &Path) -> PathBuf {
        let (Self::Script, Some(dir), Some(name)) = (self, path.parent(), path.file_name()) else {
            return path.to_path_buf();
        };
        naja_python::real_path(dir).map_or_else(|_gone| path.to_path_buf(), |dir| dir.join(name))
    }

    fn word(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Script => "script",
        }
    }

    /// The histories of all of them; `None` where there is no place for them.
    pub(super) fn all(self, process: &ProcessEnv) -> Option<PathBuf> {
        Some(places::find_data_dir(process)?.join(self.below()))
    }
}

/// A project or a script, and the place of the history of its files.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    kept: Kept,
    /// The directory of the project; the script.
    path: PathBuf,
    /// Where its entries are.
    dir: PathBuf,
}

impl Owner {
    /// Names the place; `None` where there is none.
    pub(super) fn new(process: &ProcessEnv, kept: Kept, path: &Path) -> Option<Self> {
        let hash = registry::short_hash(kept.known_as(path).to_str()?);
        let dir = kept.all(process)?.join(hash);
        let path = path.to_path_buf();
        Some(Self { kept, path, dir })
    }

    /// The directory in which the files lie that are written down.
    fn root(&self) -> &Path {
        match self.kept {
            Kept::Project => &self.path,
            Kept::Script => self.path.parent().unwrap_or(&self.path),
        }
    }
}

/// Changes files of a project, all or none, with an entry in its history.
///
/// What lies outside of the project is changed as well, and is no part of the history.
///
/// # Errors
/// A file is not what the edit was made for, or cannot be written; all are then as they were.
pub(crate) fn write_files(
    session: &mut Session,
    root: &Path,
    edits: &[FileEdit],
) -> Result<(), Failure> {
    write(session, Kept::Project, root, edits)
}

/// As [`write_files`], for what is of a project or of a script.
///
/// # Errors
/// As [`write_files`].
pub(super) fn write(
    session: &mut Session,
    kept: Kept,
    path: &Path,
    edits: &[FileEdit],
) -> Result<(), Failure> {
    let keeps = session.settings.history_keep.value > 0;
    match Owner::new(&session.process, kept, path).filter(|_| keeps) {
        Some(owner) => {
            let _lock = locked(session, &owner);
            write_noted(session, &owner, edits, Entry::new(1, Kind::Change))
        }
        None => project::put_all(edits),
    }
}

/// Notes an entry and writes the files. The entry comes first: should somebody end this between two files, it knows
/// the way back for both.
fn write_noted(
    session: &mut Session,
    owner: &Owner,
    edits: &[FileEdit],
    entry: Entry,
) -> Result<(), Failure> {
    let noted = note(session, owner, edits, entry);
    let noted = noted.unwrap_or_else(|why| {
        session.detail(format!("no history is kept of this change: {why}"));
        None
    });
    project::put_all(edits).inspect_err(|_failure| {
        if let Some(path) = &noted {
            let _tidied_later = fs::remove_file(path);
        }
    })
}

/// Waits until no other command writes the history. Where that cannot be had, the files themselves
/// still tell whether somebody else changed them.
fn locked(session: &mut Session, owner: &Owner) -> Option<FileLock> {
    make_dir(owner).ok()?;
    let what = format_args!("the history of the {}", owner.kept.word());
    let mut on_wait = waiting_for(&mut session.sink, what);
    lock::exclusive(&owner.dir.join("lock"), &mut on_wait).ok()
}

/// Makes the place of a history. Scripts have secrets in them now and then: nobody else looks into what is kept.
fn make_dir(owner: &Owner) -> io::Result<()> {
    match owner.kept {
        Kept::Project => fs::create_dir_all(&owner.dir),
        Kept::Script => system::private_dirs().recursive(true).create(&owner.dir),
    }
}

/// Writes an entry about edits; `None` if nothing of them can be written down.
fn note(
    session: &Session,
    owner: &Owner,
    edits: &[FileEdit],
    mut entry: Entry,
) -> io::Result<Option<PathBuf>> {
    entry.files = edits
        .iter()
        .filter(|edit| edit.before != edit.after)
        .filter_map(|edit| FileChange::below(owner.root(), edit))
        .collect();
    if entry.files.is_empty() {
        return Ok(None);
    }
    make_dir(owner)?;
    let dir = &owner.dir;
    let label = dir.join(LABEL);
    if !label.exists() {
        let path = owner.kept.known_as(&owner.path);
        fs::write(&label, path.to_string_lossy().as_bytes())?;
        sweep(dir.parent().unwrap_or(dir), session.process.now_ms);
    }
    put(session, dir, entry).map(Some)
}

/// Writes the next entry; returns its path.
fn put(session: &Session, dir: &Path, mut entry: Entry) -> io::Result<PathBuf> {
    let failed = |failure: Failure| io::Error::other(failure.title);
    let shelf = Shelf::at(dir.to_path_buf()).map_err(failed)?;
    entry.id = shelf.next();
    entry.time = session.process.now_ms;
    entry.command = masked(&session.process.arguments);
    let text = entry.to_json().map_err(io::Error::other)?;
    let path = dir.join(format!("{}.json", name(entry.id)));
    // Not flushed: the history is lost with the last seconds before a power cut, the files are not.
    let beside = dir.join(".new");
    fs::write(&beside, text)?;
    fs::rename(&beside, &path)?;
    tidy(session, &shelf);
    Ok(path)
}

/// Removes the oldest entries: those beyond the number to keep, and those that are too large together.
fn tidy(session: &Session, shelf: &Shelf) {
    let most = usize::try_from(session.settings.history_keep.value).unwrap_or(usize::MAX);
    let size = |id: u64| {
        let path = shelf.dir().join(format!("{}.json", name(id)));
        fs::metadata(path).map_or(0, |meta| meta.len())
    };
    let mut kept = 0;
    let newest_first = shelf.ids().iter().rev().enumerate();
    for (at, id) in newest_first {
        kept += size(*id);
        // The one that was just written is not among them.
        if at + 1 >= most || kept > MOST_KEPT {
            shelf.drop_entry(*id);
        }
    }
}

/// Removes the histories of what has not been there for long.
fn sweep(all: &Path, now: i64) {
    let Ok(dirs) = fs::read_dir(all) else { return };
    for dir in dirs.filter_map(Result::ok).map(|entry| entry.path()) {
        let is_gone = labelled(&dir).is_some_and(|path| !path.exists());
        let last = fs::metadata(&dir).and_then(|meta| meta.modified()).ok();
        let last = last.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let last = last.and_then(|since| i64::try_from(since.as_millis()).ok());
        if is_gone && last.is_some_and(|last| now.saturating_sub(last) > KEPT_FOR) {
            let _tried_again = fs::remove_dir_all(dir);
        }
    }
}

/// What a directory has the history of.
pub(super) fn labelled(dir: &Path) -> Option<PathBuf> {
    fs::read_to_string(dir.join(LABEL)).ok().map(PathBuf::from)
}

/// The history of the files of a project, or of a script.
pub(super) struct Files {
    owner: Owner,
    shelf: Shelf,
    entries: Vec<Entry>,
}

impl Files {
    /// Finds the history of the project of the working directory; `None` where there is none, or where a command is
    /// about another environment than the usual one.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn find(session: &Session) -> Result<Option<Self>, Failure> {
        let settings = &session.settings;
        let named = settings.python.value.is_some()
            || settings.system.value
            || settings.target.value.is_some()
            || settings.prefix.value.is_some();
        let all = Kept::Project
            .all(&session.process)
            .filter(|all| !named && all.is_dir());
        if all.is_none() {
            return Ok(None);
        }
        // A manifest may be what is wrong: then the nearest directory with a history is the project.
        let known = project::root_of(session);
        let dirs: Vec<&Path> = match &known {
            Some(root) => vec![root],
            None => session.project.ancestors().collect(),
        };
        for root in dirs {
            if let Some(files) = Self::of(session, Kept::Project, root)? {
                return Ok(Some(files));
            }
        }
        Ok(None)
    }

    /// Finds the history of a project or script; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn of(session: &Session, kept: Kept, path: &Path) -> Result<Option<Self>, Failure> {
        let Some(owner) = Owner::new(&session.process, kept, path) else {
            return Ok(None);
        };
        let shelf = Shelf::at(owner.dir.clone())?;
        let entries = shelf.entries()?;
        Ok((!entries.is_empty()).then_some(Self {
            owner,
            shelf,
            entries,
        }))
    }

    /// The project or script, and everything that was done to its files.
    pub(super) fn into_entries(self) -> (PathBuf, Vec<Entry>) {
        (self.owner.path, self.entries)
    }

    /// When the last thing was done.
    pub(super) fn newest(&self) -> Option<i64> {
        self.entries.last().map(|entry| entry.time)
    }

    /// When the last thing was done that can be taken back, or done again.
    pub(super) fn last(&self, direction: Direction) -> Option<i64> {
        last(&self.entries, direction)
    }
}

/// When the last thing was done that can be taken back, or done again.
pub(super) fn last(entries: &[Entry], direction: Direction) -> Option<i64> {
    let stacks = Stacks::of(entries);
    let id = match direction {
        Direction::Undo => stacks.undo.last().copied(),
        Direction::Redo => stacks.redo.last().map(|(id, _)| *id),
    }?;
    let entry = entries.iter().find(|entry| entry.id == id)?;
    (!entry.is_beginning()).then_some(entry.time)
}

/// Takes the last changes of the files of a project or script back, or does them again.
///
/// # Errors
/// There is nothing to take back, or a file was changed since; everything is then as it was.
pub(super) fn undo(
    session: &mut Session,
    files: &Files,
    request: &UndoRequest,
) -> Result<UndoReport, Failure> {
    session.trace.spoil("files were written");
    let owner = &files.owner;
    let way = Way::find(&files.shelf, request)?;
    let goal = Goal::before(&files.shelf, &way.entries)?;
    let edits = goal.edits(owner.root(), request.force)?;
    let report = UndoReport {
        change: ChangeReport {
            applied: request.preview.applies(),
            ..ChangeReport::default()
        },
        of_project: owner.kept == Kept::Project,
        ..UndoReport::of(&way, &edits)
    };
    tell_what(session, &report, request);
    if !request.preview.applies() {
        return Ok(report);
    }
    let mut entry = Entry::new(1, request.direction.kind());
    entry.steps = way.steps as u64;
    let _lock = locked(session, owner);
    write_undone(session, owner, &edits, entry)?;
    Ok(report)
}

/// As [`write_noted`], also where nothing is left to be written: the step counts all the same.
fn write_undone(
    session: &mut Session,
    owner: &Owner,
    edits: &[FileEdit],
    entry: Entry,
) -> Result<(), Failure> {
    if edits.is_empty() {
        let put = put(session, &owner.dir, entry);
        return put.map(drop).map_err(|error| {
            let whose = owner.kept.word();
            Failure::environment(format!("could not write the history of the {whose}"))
                .because(&error)
        });
    }
    write_noted(session, owner, edits, entry)
}

/// Moves the history of a project into its environment, which has none yet; what cannot be moved stays where it is.
pub(super) fn move_in(session: &Session, env: &Environment, notes: &Path) {
    let Some(project) = env.project_dir() else {
        return;
    };
    let owner = Owner::new(&session.process, Kept::Project, &project);
    let Some(dir) = owner.map(|owner| owner.dir).filter(|dir| dir.is_dir()) else {
        return;
    };
    // Only the project's own environment, not another one that lies in its directory.
    let own = env::place_for(session, &project);
    if own.is_ok_and(|own| target::same_place(&own.root, env.root())) && copied(&dir, notes) {
        let _swept_later = fs::remove_dir_all(&dir);
    }
}

/// Copies the entries of a history; all or none.
fn copied(from: &Path, to: &Path) -> bool {
    let Ok(shelf) = Shelf::at(from.to_path_buf()) else {
        return false;
    };
    let files: Vec<String> = shelf
        .ids()
        .iter()
        .map(|id| format!("{}.json", name(*id)))
        .collect();
    let copy = |file: &String| fs::copy(from.join(file), to.join(file));
    let done = fs::create_dir_all(to).is_ok() && files.iter().all(|file| copy(file).is_ok());
    if !done {
        for file in &files {
            let _not_there = fs::remove_file(to.join(file));
        }
    }
    done
}
