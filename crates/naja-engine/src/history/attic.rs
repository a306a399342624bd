//! What is kept of environments that were removed, so that `naja undo` can bring them back.
//!
//! Kept are the environment without its packages, its history, and what the store could not give
//! back: an environment that, once it is in its place again, needs nothing but an undo.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_env::{EnvLock, Stop};
use naja_python::{is_environment, read_redirect, without_dots};
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Kind, State};
use super::list::Line;
use super::remake::{Old, carry_over, write_notes};
use super::shelf::Shelf;
use super::undo::{UndoReport, UndoRequest, undo_here};
use crate::change::ChangeReport;
use crate::env;
use crate::event::{Action, Change, Event};
use crate::failure::Failure;
use crate::places;
use crate::registry;
use crate::session::Session;

/// The version of the format.
const VERSION: u32 = 1;

/// How long a removed environment can be brought back, in milliseconds.
const KEPT_FOR: i64 = 30 * 24 * 60 * 60 * 1000;

/// The most that is kept of one environment, in bytes: more would not be removing.
const MOST_KEPT: u64 = 128 << 20;

/// What the names of directories begin with that are not complete.
const UNFINISHED: &str = ".new-";

/// The environment without its packages, in its directory of the attic.
const BODY: &str = "environment";

/// What is said about it, beside it.
const LABEL: &str = "removed.json";

/// What led to an environment that lay elsewhere, and went with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entrance {
    path: PathBuf,
    /// The target of a symbolic link.
    link: Option<PathBuf>,
    /// The text of a file.
    text: Option<String>,
}

/// A removed environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Label {
    version: u32,
    /// Where it was.
    root: PathBuf,
    entrance: Option<Entrance>,
    /// When it was removed, in milliseconds since 1970 (UTC).
    removed: i64,
}

/// What was put away before an environment is removed.
pub(crate) struct PutAway {
    /// Where it lies until the environment is gone.
    unfinished: PathBuf,
    place: PathBuf,
}

impl PutAway {
    /// Keeps it: the environment is gone.
    pub(crate) fn settle(&self) -> bool {
        fs::rename(&self.unfinished, &self.place).is_ok()
    }

    /// Lets it go: the environment is still there.
    pub(crate) fn discard(&self) {
        let _swept_later = fs::remove_dir_all(&self.unfinished);
    }
}

/// Keeps what is needed to bring the environment at `root` back, and the file or link at
/// `entrance` that leads to it.
///
/// # Errors
/// Why it cannot be brought back once it is gone.
pub(crate) fn put_away(
    session: &mut Session,
    root: &Path,
    entrance: Option<&Path>,
) -> Result<PutAway, String> {
    if session.settings.history_keep.value == 0 {
        return Err("no history is kept (history-keep = 0)".to_owned());
    }
    if root.starts_with(session.store.dir()) {
        return Err("it belongs to the cache".to_owned());
    }
    let dir = directory(session).ok_or("there is no directory for it")?;
    sweep(&dir, session.process.now_ms);
    let Some(old) = Old::at(session, root) else {
        return Err("its Python is gone, so nobody can tell what is in it".to_owned());
    };
    let label = Label {
        version: VERSION,
        root: root.to_path_buf(),
        entrance: entrance.and_then(entrance_at),
        removed: session.process.now_ms,
    };
    let hash = registry::short_hash(&root.to_string_lossy());
    let name = format!("{hash}-{}", label.removed);
    let away = PutAway {
        unfinished: dir.join(format!("{UNFINISHED}{name}")),
        place: dir.join(&name),
    };
    let written = write(session, &old, &label, &away.unfinished);
    match written {
        Ok(bytes) if bytes <= MOST_KEPT => Ok(away),
        Ok(bytes) => {
            away.discard();
            let mebibytes = bytes >> 20;
            Err(format!(
                "{mebibytes} MiB of it are not in the cache, and would stay"
            ))
        }
        Err(error) => {
            away.discard();
            Err(error.to_string())
        }
    }
}

/// Writes it; returns how many bytes only it has.
fn write(session: &Session, old: &Old<'_>, label: &Label, into: &Path) -> io::Result<u64> {
    let env = old.env();
    let body = into.join(BODY);
    let notes = body.join(".naja/history");
    fs::create_dir_all(&notes)?;
    let mut entry = Entry::new(1, Kind::Remove);
    entry.time = session.process.now_ms;
    entry.command = super::book::masked(&session.process.arguments);
    entry.python = env.interpreter().version.to_string();
    let mut state = State::new(1);
    old.write(&mut entry, &mut state, (&notes, &body))?;
    for site in env.site_dirs() {
        if let Ok(below) = site.strip_prefix(env.root()) {
            fs::create_dir_all(body.join(below))?;
        }
    }
    let project = env.root().join(".naja/project");
    if project.exists() {
        fs::copy(project, body.join(".naja/project"))?;
    }
    write_notes(&notes, &entry, &state)?;
    let text = serde_json::to_vec(label).map_err(io::Error::other)?;
    fs::write(into.join(LABEL), text)?;
    Ok(entry.kept.bytes)
}

fn entrance_at(path: &Path) -> Option<Entrance> {
    let link = fs::read_link(path).ok();
    let text = match link {
        Some(_) => None,
        None => Some(fs::read_to_string(path).ok()?),
    };
    Some(Entrance {
        path: path.to_path_buf(),
        link,
        text,
    })
}

fn directory(session: &Session) -> Option<PathBuf> {
    Some(places::find_data_dir(&session.process)?.join("removed"))
}

/// Removes what was kept long enough, and what killed commands left.
fn sweep(dir: &Path, now: i64) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let time = name
            .to_str()
            .and_then(|name| name.rsplit('-').next()?.parse::<i64>().ok());
        let age = time.map_or(i64::MAX, |time| now.saturating_sub(time));
        let unfinished = name.to_string_lossy().starts_with(UNFINISHED);
        // One that is not finished may be another command's; not for a day.
        if age > KEPT_FOR || (unfinished && age > 86_400_000) {
            let _tried_again = fs::remove_dir_all(entry.path());
        }
    }
}

/// The places where a command would look for the environment of this directory, as far as there is
/// none nearer.
fn candidates(session: &Session) -> Vec<PathBuf> {
    let (settings, process) = (&session.settings, &session.process);
    let elsewhere =
        settings.system.value || settings.target.value.is_some() || settings.prefix.value.is_some();
    if elsewhere {
        return Vec::new();
    }
    if let Some(named) = &settings.python.value {
        return vec![without_dots(&process.absolute(Path::new(named)))];
    }
    let active = process.var("VIRTUAL_ENV").map(PathBuf::from);
    if active.as_deref().is_some_and(is_environment) {
        return Vec::new();
    }
    let mut places: Vec<PathBuf> = active.into_iter().collect();
    places.extend(env::place(session, None, None).ok().map(|place| place.root));
    for dir in process.cwd.ancestors() {
        let usual = dir.join(".venv");
        let elsewhere = read_redirect(&usual);
        if is_environment(&usual) || elsewhere.is_some_and(|root| is_environment(&root)) {
            break;
        }
        places.push(usual);
    }
    places.retain(|place| !is_environment(place));
    places
}

/// Finds the environment that was removed last from where one is looked for.
fn find(session: &Session) -> Option<(PathBuf, Label)> {
    let dir = directory(session)?;
    let mut all: Vec<PathBuf> = fs::read_dir(&dir)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    all.retain(|path| path.join(LABEL).exists());
    if all.is_empty() {
        return None;
    }
    let places = candidates(session);
    let mut best: Option<(PathBuf, Label)> = None;
    for path in all {
        let unfinished = path.file_name()?.to_string_lossy().starts_with(UNFINISHED);
        let bytes = fs::read(path.join(LABEL)).ok();
        let label = bytes.and_then(|bytes| serde_json::from_slice::<Label>(&bytes).ok());
        let Some(label) = label.filter(|label| label.version == VERSION && !unfinished) else {
            continue;
        };
        let wanted = places.contains(&label.root)
            || label
                .entrance
                .as_ref()
                .is_some_and(|at| places.contains(&at.path));
        let newer = best
            .as_ref()
            .is_none_or(|(_, known)| label.removed > known.removed);
        if wanted && newer {
            best = Some((path, label));
        }
    }
    best
}

/// When the environment was removed that would come back here, in milliseconds since 1970 (UTC).
pub(super) fn last_removal(session: &Session) -> Option<i64> {
    find(session).map(|(_, label)| label.removed)
}

/// Brings the environment back that was removed from here, if there is one; `None` if there is
/// none.
///
/// # Errors
/// Something is in its place, or it cannot be made whole again; nothing is there then.
pub(super) fn bring_back(
    session: &mut Session,
    request: &UndoRequest,
) -> Result<Option<UndoReport>, Failure> {
    let Some((kept, label)) = find(session) else {
        return Ok(None);
    };
    let root = label.root.clone();
    session.emit(&Event::Note {
        message: format!("The environment at {} was removed", root.display()),
    });
    check_place(&label)?;
    if !request.preview.applies() {
        return preview(session, &kept.join(BODY), request).map(Some);
    }
    if request.steps.is_some_and(|steps| steps > 1) || request.to.is_some() {
        return Err(
            Failure::usage("a removed environment comes back in a step of its own")
                .hint("`naja undo` brings it back, the next one goes further"),
        );
    }
    put_back(&kept.join(BODY), &root).map_err(|error| {
        Failure::environment(format!("could not bring back `{}`", root.display())).because(&error)
    })?;
    let here = root.display().to_string();
    let undone = session.with_settings(
        |settings| settings.python.value = Some(here),
        |session| undo_here(session, request),
    );
    let report = undone.inspect_err(|_told| {
        // What was put there is only what the attic has as well.
        if let Ok(lock) = EnvLock::of_root(&root, &mut || (), Stop::default()) {
            let _half = naja_env::remove(&root, lock);
        }
    })?;
    if let Some(entrance) = &label.entrance {
        let done = open_entrance(entrance);
        if let Err(error) = done {
            session.warn(format!(
                "could not write `{}`: {error}",
                entrance.path.display()
            ));
        }
    }
    registry::saw_root(session, &root);
    session.emit(&Event::Note {
        message: format!("It is back at {}", root.display()),
    });
    let _swept_later = fs::remove_dir_all(&kept);
    Ok(Some(report))
}

/// Refuses where something else is now, or nothing that could hold it.
fn check_place(label: &Label) -> Result<(), Failure> {
    let entrance = label.entrance.as_ref().map(|entrance| &entrance.path);
    for path in [Some(&label.root), entrance].into_iter().flatten() {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::environment("something else is in its place now")
                .cause(format!("`{}`", path.display()))
                .hint("move that away, then `naja undo` again"));
        }
    }
    let parent = label.root.parent().unwrap_or(&label.root);
    if parent.is_dir() {
        return Ok(());
    }
    Err(Failure::environment("the directory it was in is gone")
        .cause(format!("`{}`", parent.display()))
        .hint("make that directory, then `naja undo` again"))
}

fn preview(
    session: &mut Session,
    body: &Path,
    request: &UndoRequest,
) -> Result<UndoReport, Failure> {
    let shelf = Shelf::at(body.join(".naja/history"))?;
    let last = shelf.ids().last().copied().unwrap_or(0);
    let entry = shelf.entry(last)?;
    let changes = entry.removed.iter().map(|dist| Change {
        action: Action::Added,
        name: dist.name.clone(),
        version: dist.version.clone(),
        source: None,
    });
    let report = UndoReport {
        entries: vec![Line::of(&entry)],
        change: ChangeReport {
            changes: changes.collect(),
            ..ChangeReport::default()
        },
        ..UndoReport::default()
    };
    report.change.preview(session, request.preview)?;
    Ok(report)
}

/// Puts the environment without its packages into its place, by one rename.
fn put_back(body: &Path, root: &Path) -> io::Result<()> {
    let parent = root.parent().unwrap_or(root);
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let stage = parent.join(format!(".{name}.naja-new-{}", std::process::id()));
    let moved = carry_over(body, &stage).and_then(|()| fs::rename(&stage, root));
    if moved.is_err() {
        let _swept_later = fs::remove_dir_all(&stage);
    }
    moved
}

#[cfg(unix)]
fn open_entrance(entrance: &Entrance) -> io::Result<()> {
    match (&entrance.link, &entrance.text) {
        (Some(target), _) => std::os::unix::fs::symlink(target, &entrance.path),
        (None, Some(text)) => naja_store::write::atomic_write(&entrance.path, text.as_bytes()),
        (None, None) => Ok(()),
    }
}

#[cfg(not(unix))]
fn open_entrance(entrance: &Entrance) -> io::Result<()> {
    match &entrance.text {
        Some(text) => naja_store::write::atomic_write(&entrance.path, text.as_bytes()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_goes() {
        let dir = tempfile::tempdir().unwrap();
        let now = 100 * 86_400_000_i64;
        let names = [
            (format!("aa-{}", now - 1), true),
            (format!("aa-{}", now - KEPT_FOR - 1), false),
            (format!("{UNFINISHED}bb-{}", now - 1), true),
            (format!("{UNFINISHED}bb-{}", now - 2 * 86_400_000), false),
            ("nonsense".to_owned(), false),
        ];
        for (name, _) in &names {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        sweep(dir.path(), now);
        for (name, stays) in &names {
            assert_eq!(dir.path().join(name).exists(), *stays, "{name}");
        }
    }
}
