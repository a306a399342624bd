//! `naja env remove` and `naja env prune`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use naja_env::{EnvLock, Stop};
use naja_python::{is_environment, read_redirect, without_dots};
use serde::Serialize;

use super::list::{self, Kind, Listed};
use super::measure::{Size, measure};
use super::storage;
use crate::event::waiting_for;
use crate::failure::Failure;
use crate::history;
use crate::registry;
use crate::session::Session;
use crate::target;

/// An environment that shall go.
#[derive(Clone, Debug, Serialize)]
pub struct Removal {
    /// Its root.
    pub root: PathBuf,
    /// The file or link that leads to it and goes with it.
    pub entry: Option<PathBuf>,
    /// What becomes free.
    pub size: Size,
    /// Why it may go; empty if it was named.
    pub why: String,
}

/// What was removed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Removed {
    /// The roots.
    pub removed: Vec<PathBuf>,
    /// How many bytes became free.
    pub bytes: u64,
    /// The environments that were gone already and are no longer listed.
    pub forgotten: Vec<PathBuf>,
    /// Those of the removed ones that `naja undo` brings back.
    pub undoable: Vec<PathBuf>,
    /// Those that nothing brings back.
    pub lost: Vec<Lost>,
}

/// A removed environment that nothing brings back.
#[derive(Clone, Debug, Serialize)]
pub struct Lost {
    /// Its root.
    pub root: PathBuf,
    /// Why.
    pub why: String,
}

/// Finds the environments that were named by path or, in this project, by name.
///
/// # Errors
/// There is none, it is none, it is one of another project named other than by its path, or the
/// user stands in it.
pub fn removals(session: &mut Session, named: &[String]) -> Result<Vec<Removal>, Failure> {
    let mut all: Vec<Removal> = Vec::new();
    for name in named {
        let found = find(session, name)?;
        refuse_protected(session, &found.root)?;
        if !all.iter().any(|known| known.root == found.root) {
            all.push(found);
        }
    }
    Ok(all)
}

fn find(session: &Session, name: &str) -> Result<Removal, Failure> {
    let path = without_dots(&session.process.absolute(Path::new(name)));
    let by_path = name.contains(std::path::MAIN_SEPARATOR) || path.symlink_metadata().is_ok();
    if by_path {
        return at(session, &path);
    }
    // A name: of this project's environments only.
    if let Some(root) = storage::by_name(session, name) {
        return Ok(removal(root, None));
    }
    let matching: Vec<Listed> = registry::entries(&session.process)
        .iter()
        .filter(|entry| is_called(&entry.root, entry.project.as_deref(), name))
        .map(|entry| list::described(session, entry.root.clone(), Some(entry)))
        .collect();
    let mut failure = Failure::usage(format!("this project has no environment `{name}`"));
    if !matching.is_empty() {
        failure = failure.cause("environments of other projects are named by their paths");
        for listed in matching.iter().take(5) {
            failure = failure.hint(format!("`naja env remove {}`", listed.root.display()));
        }
    }
    Err(failure.hint("`naja env list` shows which there are"))
}

/// Whether a name is that of the environment's directory, or of its project's.
fn is_called(root: &Path, project: Option<&Path>, name: &str) -> bool {
    let called = |path: &Path| path.file_name().is_some_and(|own| own == name);
    called(root) || project.is_some_and(called)
}

fn removal(root: PathBuf, entry: Option<PathBuf>) -> Removal {
    Removal {
        size: measure(&root),
        root,
        entry,
        why: String::new(),
    }
}

/// The environment at a path: there, or where a link or a `.venv` file there leads.
fn at(session: &Session, path: &Path) -> Result<Removal, Failure> {
    let root = environment_at(session, path)?;
    if root == path {
        return Ok(removal(root, None));
    }
    let entry = path
        .symlink_metadata()
        .is_ok_and(|meta| !meta.is_dir())
        .then(|| path.to_path_buf());
    let here = path.parent().unwrap_or(path);
    if let Some(project) = registry::project_of(&root, &session.process)
        && project.is_dir()
        && !target::same_place(&project, here)
    {
        return Err(Failure::usage(format!(
            "`{}` leads to an environment of another project, `{}`",
            path.display(),
            project.display()
        ))
        .hint(format!(
            "`naja env remove {}` removes it all the same",
            root.display()
        )));
    }
    Ok(removal(root, entry))
}

/// The root of the environment at a path.
///
/// # Errors
/// There is none.
pub(super) fn environment_at(session: &Session, path: &Path) -> Result<PathBuf, Failure> {
    let path = without_dots(&session.process.absolute(path));
    let root = match read_redirect(&path) {
        Some(root) => root,
        None if path.is_symlink() => {
            naja_python::real_path(&path).unwrap_or_else(|_gone| path.clone())
        }
        None => path.clone(),
    };
    if is_environment(&root) {
        return Ok(root);
    }
    let failure = if root.symlink_metadata().is_ok() {
        Failure::usage(format!("`{}` is no environment", root.display()))
            .cause("it has no `pyvenv.cfg`")
    } else {
        Failure::usage(format!("there is no environment at `{}`", root.display()))
    };
    Err(failure.hint("`naja env list` shows which there are"))
}

/// Refuses to remove what the user stands in or lives in.
fn refuse_protected(session: &Session, root: &Path) -> Result<(), Failure> {
    let process = &session.process;
    let real = root
        .canonicalize()
        .unwrap_or_else(|_gone| root.to_path_buf());
    let inside = |dir: &Path| {
        dir.canonicalize()
            .unwrap_or_else(|_gone| dir.to_path_buf())
            .starts_with(&real)
    };
    if inside(&process.cwd) || process.home.as_deref().is_some_and(inside) {
        return Err(Failure::usage(format!(
            "`{}` is not removed: the working directory or the home directory is in it",
            root.display()
        )));
    }
    Ok(())
}

/// Removes environments: each is renamed first, so that nobody ever sees half of one.
///
/// # Errors
/// One cannot be locked or removed; those before it are gone.
pub fn remove(session: &mut Session, removals: &[Removal]) -> Result<Removed, Failure> {
    let mut done = Removed::default();
    for removal in removals {
        session.cancel.check()?;
        // From here on nobody else changes it: what is kept of it is what goes.
        let lock = locked(session, &removal.root)?;
        let kept = history::put_away(session, &removal.root, removal.entry.as_deref());
        let removed = remove_one(session, &removal.root, lock);
        match (kept, &removed) {
            (Ok(kept), Ok(())) if kept.settle() => done.undoable.push(removal.root.clone()),
            (Ok(_), Ok(())) => done.lost.push(Lost {
                root: removal.root.clone(),
                why: "what is needed could not be kept".to_owned(),
            }),
            (Ok(kept), Err(_)) => kept.discard(),
            (Err(why), _) => done.lost.push(Lost {
                root: removal.root.clone(),
                why,
            }),
        }
        removed?;
        if let Some(entry) = &removal.entry {
            let _absent = std::fs::remove_file(entry);
        }
        done.removed.push(removal.root.clone());
        done.bytes += removal.size.own;
    }
    Ok(done)
}

/// Locks an environment that shall go, and takes back what a killed command left in it.
fn locked(session: &mut Session, root: &Path) -> Result<EnvLock, Failure> {
    let cancel = &session.cancel;
    let stop = || cancel.is_set();
    let lock = EnvLock::of_root(
        root,
        &mut waiting_for(&mut session.sink, root.display()),
        Stop::when(&stop),
    );
    let lock = lock.map_err(|error| match session.cancel.check() {
        Err(interrupted) => interrupted,
        Ok(()) if !is_environment(root) => Failure::environment(format!(
            "the environment `{}` is gone: another command removed it",
            root.display()
        )),
        Ok(()) => not_removed(root, &error),
    })?;
    if let Ok(env) = target::open_root(session, root) {
        // An environment that cannot be put in order may go all the same.
        let _out_of_order = env.recover(&lock);
    }
    Ok(lock)
}

fn remove_one(session: &mut Session, root: &Path, lock: EnvLock) -> Result<(), Failure> {
    naja_env::remove(root, lock).map_err(|error| not_removed(root, &error))?;
    registry::forget(&session.process, root);
    Ok(())
}

fn not_removed(root: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::environment(format!(
        "could not remove the environment `{}`",
        root.display()
    ))
    .because(error)
    .hint("is it yours, and is nothing running in it?")
}

/// What `naja env prune` shall look for.
#[derive(Clone, Copy, Debug, Default)]
pub struct PruneRequest {
    /// Environments that were not used for this long, and those of the cache.
    pub older: Option<Duration>,
    /// Environments whose project or Python is gone.
    pub orphans: bool,
}

/// What can go.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PrunePlan {
    /// The environments.
    pub removals: Vec<Removal>,
    /// Entries of the registry whose environment is gone.
    pub forget: Vec<PathBuf>,
}

impl PrunePlan {
    /// How many bytes become free.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.removals.iter().map(|removal| removal.size.own).sum()
    }
}

/// Looks for environments that can go. Without a wish, orphans are looked for.
pub fn prune_plan(session: &mut Session, request: PruneRequest) -> PrunePlan {
    let orphans = request.orphans || request.older.is_none();
    let all = list::list(
        session,
        list::ListRequest {
            cached: true,
            ..list::ListRequest::default()
        },
    );
    let mut plan = PrunePlan::default();
    for listed in all {
        if listed.missing.contains(&"environment") {
            plan.forget.push(listed.root);
            continue;
        }
        if listed.active || refuse_protected(session, &listed.root).is_err() {
            continue;
        }
        let Some(why) = reason(session, &listed, request.older, orphans) else {
            continue;
        };
        plan.removals.push(Removal {
            why,
            ..removal(listed.root, None)
        });
    }
    plan
}

fn reason(
    session: &Session,
    listed: &Listed,
    older: Option<Duration>,
    orphans: bool,
) -> Option<String> {
    if orphans && listed.missing.contains(&"project") {
        return Some("its project is gone".to_owned());
    }
    if orphans && listed.missing.contains(&"python") {
        return Some("its Python is gone".to_owned());
    }
    let limit = i64::try_from(older?.as_millis()).ok()?;
    // What naja does not know when it was used stays, unless it can be made again at any time.
    let used = match (listed.used_ms, listed.kind) {
        (Some(used), _) => used,
        (None, Kind::Cached) => 0,
        (None, _) => return None,
    };
    let unused = session.process.now_ms.saturating_sub(used);
    (unused >= limit).then(|| format!("not used for {} days", unused / 86_400_000))
}

/// Removes what a plan says, and forgets what is gone.
///
/// # Errors
/// As [`remove`].
pub fn prune(session: &mut Session, plan: &PrunePlan) -> Result<Removed, Failure> {
    for root in &plan.forget {
        if !is_environment(root) {
            registry::forget(&session.process, root);
        }
    }
    let mut done = remove(session, &plan.removals)?;
    done.forgotten.clone_from(&plan.forget);
    Ok(done)
}
