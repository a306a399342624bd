//! One command at a time changes a project: the next one waits, and then works on what it finds.

use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::time::Duration;

use naja_env::{EnvLock, Stop};
use naja_project::manifest::root_of;

use crate::event::waiting_for;
use crate::failure::Failure;
use crate::registry;
use crate::session::Session;
use crate::start::temporary_dir;

/// Waiting is told when it takes longer than this: most commands are done by then.
const PATIENCE: Duration = Duration::from_millis(300);

/// The variable by which a command tells those it starts what it holds, and waits for: they would wait for each other.
pub(crate) const HELD: &str = "NAJA_PROJECT_HELD";

/// Keeps other commands from changing a project until it is dropped, or the process ends in whatever way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hold {
    _lock: Option<Rc<EnvLock>>,
}

/// What this process holds: whoever holds a project need not wait for itself.
#[derive(Debug, Default)]
pub(crate) struct Holds(Vec<(PathBuf, Weak<EnvLock>)>);

impl Holds {
    fn of(&self, dir: &Path) -> Option<Rc<EnvLock>> {
        let mut known = self.0.iter();
        known.find_map(|(held, lock)| lock.upgrade().filter(|_| held == dir))
    }

    /// The first project that is held.
    pub(crate) fn first(&self) -> Option<&Path> {
        let held = self.0.iter().find(|(_, lock)| lock.strong_count() > 0);
        held.map(|(dir, _)| dir.as_path())
    }

    fn add(&mut self, dir: &Path, lock: &Rc<EnvLock>) {
        self.0.retain(|(_, lock)| lock.strong_count() > 0);
        self.0.push((dir.to_path_buf(), Rc::downgrade(lock)));
    }
}

/// Holds what a command changes; nothing where it only looks.
///
/// # Errors
/// As `hold`.
pub(crate) fn when(
    changes: bool,
    hold: impl FnOnce() -> Result<Hold, Failure>,
) -> Result<Hold, Failure> {
    match changes {
        true => hold(),
        false => Ok(Hold::default()),
    }
}

/// Holds the project of the working directory. It comes before anything of it is read.
///
/// # Errors
/// Waiting was interrupted. Whatever is wrong with the project is told by who reads it.
pub(crate) fn here(session: &mut Session) -> Result<Hold, Failure> {
    match root_of(&session.disk(), &session.project) {
        Ok(Some(root)) => of(session, &root, "the project"),
        _ => Ok(Hold::default()),
    }
}

/// Holds the project that is in a directory, or comes to be there. It comes before anything of it is read.
///
/// # Errors
/// As [`here`].
pub(super) fn at(session: &mut Session, dir: &Path) -> Result<Hold, Failure> {
    let root = root_of(&session.disk(), dir).ok().flatten();
    of(session, root.as_deref().unwrap_or(dir), "the project")
}

/// Holds the directory of a project, or of a script that is changed; `what` it is, in words.
///
/// # Errors
/// Waiting was interrupted.
pub(crate) fn of(session: &mut Session, dir: &Path, what: &str) -> Result<Hold, Failure> {
    if let Some(held) = session.holds.of(dir) {
        return Ok(Hold { _lock: Some(held) });
    }
    if session
        .process
        .var_os(HELD)
        .is_some_and(|held| Path::new(held) == dir)
    {
        return Ok(Hold::default());
    }
    let name = format!(
        "naja-project-{}.lock",
        registry::short_hash(&dir.to_string_lossy())
    );
    let file = temporary_dir(&session.process).join(name);
    let cancel = &session.cancel;
    let stop = || cancel.is_set();
    let what = format!("{what} `{}`", dir.display());
    let lock = EnvLock::of_project(
        (dir, &file),
        (&mut waiting_for(&mut session.sink, what), PATIENCE),
        Stop::when(&stop),
    );
    session.cancel.check()?;
    Ok(match lock {
        Ok(lock) => {
            let lock = Rc::new(lock);
            session.holds.add(dir, &lock);
            Hold { _lock: Some(lock) }
        }
        // Some file systems have no locks, and some directories cannot be opened: what was changed in the meantime
        // is seen when it is written.
        Err(error) => {
            session.detail(format!("goes on without a lock: {error}"));
            Hold::default()
        }
    })
}
