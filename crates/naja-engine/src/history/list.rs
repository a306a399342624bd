//! `naja history`: what was done to an environment, to the files of a project, to a script.

use std::path::PathBuf;

use serde::Serialize;

use super::entry::{Entry, Kind, Recorded};
use super::files::Files;
use super::past::Stacks;
use super::scripts;
use super::shelf::{Shelf, history_of};
use super::undo::shelf;
use crate::event::{Action, Change};
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// What `naja history` shall show.
#[derive(Clone, Debug, Default)]
pub struct HistoryRequest {
    /// The script that it is about; none for the environment or project.
    pub script: Option<PathBuf>,
    /// At most so many entries, the newest ones.
    pub most: Option<usize>,
    /// Only this one.
    pub only: Option<u64>,
}

/// The history of an environment, of a project that has none, or of a script.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryReport {
    /// The root of the environment, or of the project; the script.
    pub root: String,
    /// The time of the question, in milliseconds since 1970 (UTC).
    pub now: i64,
    /// How many entries there are.
    pub total: usize,
    /// The entries, the newest first.
    pub entries: Vec<Line>,
}

/// One entry.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Its number.
    pub id: u64,
    /// When, in milliseconds since 1970 (UTC).
    pub time: i64,
    /// What sort of change.
    pub kind: Kind,
    /// The command line, without secrets.
    pub command: Vec<String>,
    /// What came, went or changed.
    pub changes: Vec<Change>,
    /// Files of the project that changed.
    pub files: Vec<String>,
    /// How many files are kept for the way back, and their size in bytes.
    pub kept_files: u64,
    /// The size of those in bytes.
    pub kept_bytes: u64,
    /// Whether it was taken back.
    pub undone: bool,
}

impl Line {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            id: entry.id,
            time: entry.time,
            kind: entry.kind,
            command: entry.command.clone(),
            changes: changes(entry),
            files: entry.files.iter().map(|file| file.path.clone()).collect(),
            kept_files: entry.kept.files,
            kept_bytes: entry.kept.bytes,
            undone: false,
        }
    }
}

fn changes(entry: &Entry) -> Vec<Change> {
    let line = |action: Action, dist: &Recorded| Change {
        action,
        name: dist.name.clone(),
        version: dist.version.clone(),
        source: None,
    };
    let same = |a: &Recorded, b: &Recorded| a.name == b.name && a.version == b.version;
    let mut changes = Vec::new();
    for dist in &entry.removed {
        if !entry.installed.iter().any(|new| same(new, dist)) {
            changes.push(line(Action::Removed, dist));
        }
    }
    for dist in &entry.installed {
        let again = entry.removed.iter().any(|old| same(old, dist));
        let action = if again {
            Action::Reinstalled
        } else {
            Action::Added
        };
        changes.push(line(action, dist));
    }
    changes.sort_by(|a, b| (&a.name, a.action).cmp(&(&b.name, b.action)));
    changes
}

/// Whether the last thing that was done was done to the files of a project, without its environment.
fn is_of_files(session: &Session, files: &Files) -> Result<bool, Failure> {
    let Some(root) = target::environment_root(session) else {
        return Ok(true);
    };
    let shelf = Shelf::at(history_of(&root))?;
    let of_env = shelf.entries()?.last().map(|entry| entry.time);
    Ok(files.newest() > of_env)
}

/// What is known, and about what.
fn entries(session: &mut Session) -> Result<(PathBuf, Vec<Entry>), Failure> {
    match Files::find(session)? {
        Some(files) if is_of_files(session, &files)? => Ok(files.into_entries()),
        _ => {
            let (env, _state) = target::open_and_scan(session)?;
            Ok((env.root().to_path_buf(), shelf(&env)?.entries()?))
        }
    }
}

/// Reads the history of the environment of a command, or of a script.
///
/// # Errors
/// There is no environment, it has no history, or the entry asked for is not there or damaged.
pub fn history(session: &mut Session, request: &HistoryRequest) -> Result<HistoryReport, Failure> {
    let (root, entries) = match &request.script {
        Some(script) => scripts::entries(session, script)?,
        None => entries(session).map_err(|failure| scripts::with_hint(session, failure))?,
    };
    let undone: Vec<u64> = Stacks::of(&entries)
        .redo
        .into_iter()
        .flat_map(|(_, ids)| ids)
        .collect();
    if let Some(id) = request.only
        && !entries.iter().any(|entry| entry.id == id)
    {
        return Err(
            Failure::usage(format!("there is no entry {id} in the history"))
                .hint("`naja history` shows those that there are"),
        );
    }
    let total = entries.len();
    let lines = entries
        .iter()
        .rev()
        .filter(|entry| request.only.is_none_or(|id| entry.id == id))
        .take(request.most.unwrap_or(usize::MAX))
        .map(|entry| Line {
            undone: undone.contains(&entry.id),
            ..Line::of(entry)
        });
    Ok(HistoryReport {
        root: root.display().to_string(),
        now: session.process.now_ms,
        total,
        entries: lines.collect(),
    })
}
