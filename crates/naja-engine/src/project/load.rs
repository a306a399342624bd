//! Reading a project: its manifests and its lock.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_lock::foreign::ForeignKind;
use naja_lock::project::{LockReadError, Sides};
use naja_lock::{Pair, ProjectLock};
use naja_project::manifest::{Workspace, WorkspaceError, discover};
use naja_project::{FileError, FileOwner, Files};
use naja_spec::PackageName;

use super::{import, members};
use crate::disk::WatchedDisk;
use crate::env;
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// The name of a project's lock.
pub(super) const LOCK: &str = "pylock.toml";

/// A project as it is on the disk, or would be after an edit.
pub(crate) struct Project {
    pub(crate) workspace: Workspace,
    /// The path of the lock.
    pub(crate) lock_path: PathBuf,
    /// What the lock says, if there is one.
    pub(crate) lock: Option<Arc<ReadLock>>,
    /// The script, as it is called in words, if the project is one (PEP 723).
    pub(crate) script: Option<String>,
}

/// A lock and its text.
pub(crate) struct ReadLock {
    pub(crate) lock: Arc<ProjectLock>,
    pub(crate) text: String,
}

impl Project {
    /// Finds the project of the working directory.
    ///
    /// # Errors
    /// There is none, or a manifest or the lock has a mistake.
    pub(super) fn load(session: &Session) -> Result<Self, Failure> {
        Self::load_over(session, &[])
    }

    /// Finds the project of the working directory, for commands that need none: a `pyproject.toml` that
    /// declares neither a project nor dependency groups, or one that is not managed, is as good as none.
    ///
    /// # Errors
    /// A manifest or the lock has a mistake.
    pub(crate) fn find(session: &Session) -> Result<Option<Self>, Failure> {
        let files = Overlay {
            disk: session.disk(),
            changed: &[],
        };
        let found = discover(&files, &session.project);
        let workspace = match found {
            Ok(Some(workspace)) => workspace,
            Ok(None) | Err(WorkspaceError::NoProject(_)) => return Ok(None),
            Err(error) => {
                let failure = failure(&error);
                return Err(super::merging::with_conflict(failure, &session.project));
            }
        };
        let is_nothing = workspace.is_bare() && workspace.members.is_empty();
        if is_nothing || !is_managed(&workspace) {
            return Ok(None);
        }
        Self::of(session, workspace).map(Some)
    }

    fn of(session: &Session, workspace: Workspace) -> Result<Self, Failure> {
        let lock_path = workspace.root.join(LOCK);
        Ok(Self {
            lock: read_lock(session, &lock_path)?,
            lock_path,
            workspace,
            script: None,
        })
    }

    /// A script as a project of one, with the path of its lock.
    ///
    /// # Errors
    /// The lock has a mistake.
    pub(crate) fn of_script(
        session: &Session,
        workspace: Workspace,
        (lock_path, shown): (PathBuf, String),
    ) -> Result<Self, Failure> {
        Ok(Self {
            lock: read_lock(session, &lock_path)?,
            lock_path,
            workspace,
            script: Some(shown),
        })
    }

    /// Whether what was read at another time is the same.
    pub(super) fn is_as(&self, before: &Self) -> bool {
        let same_lock = match (&self.lock, &before.lock) {
            (Some(now), Some(before)) => now.text == before.text,
            (now, before) => now.is_none() && before.is_none(),
        };
        same_lock && self.workspace == before.workspace
    }

    /// Whether another tool's lock is where naja's would be.
    pub(crate) fn has_foreign_lock(&self) -> bool {
        self.lock.is_none() && self.lock_path.exists()
    }

    /// What it is called in words, and the command that locks it.
    pub(super) fn words(&self) -> (&'static str, String) {
        let what = if self.script.is_some() {
            "script"
        } else {
            "project"
        };
        (what, self.lock_command())
    }

    /// The command that locks it.
    pub(crate) fn lock_command(&self) -> String {
        match &self.script {
            Some(script) => format!("naja lock --script {script}"),
            None => "naja lock".to_owned(),
        }
    }

    /// Finds it as it would be with other texts in some of its files.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(super) fn load_over(
        session: &Session,
        changed: &[(PathBuf, String)],
    ) -> Result<Self, Failure> {
        Self::of(session, workspace_over(session, changed)?)
    }

    /// Finds it as it would be with other texts in some of its manifests; the lock is the one that was read.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(super) fn edited(
        &self,
        session: &Session,
        changed: &[(PathBuf, String)],
    ) -> Result<Self, Failure> {
        let workspace = workspace_over(session, changed)?;
        if workspace.root.join(LOCK) != self.lock_path || self.script.is_some() {
            return Self::of(session, workspace);
        }
        Ok(Self {
            workspace,
            lock_path: self.lock_path.clone(),
            lock: self.lock.clone(),
            script: None,
        })
    }

    /// The manifest of a project of the workspace; without a name, that edits go into.
    ///
    /// # Errors
    /// There is no such project.
    pub(super) fn manifest_of(&self, name: Option<&PackageName>) -> Result<PathBuf, Failure> {
        let Some(name) = name else {
            return Ok(self.manifest_path());
        };
        let member = members::named(&self.workspace, name)?;
        Ok(member.dir.join("pyproject.toml"))
    }

    /// The manifest that edits go into: that of the current project, else the root's.
    pub(super) fn manifest_path(&self) -> PathBuf {
        let member = self.workspace.current();
        let dir = member.map_or(&self.workspace.root, |member| &member.dir);
        dir.join("pyproject.toml")
    }
}

/// The workspace of the working directory, with other texts in some of its manifests.
fn workspace_over(session: &Session, changed: &[(PathBuf, String)]) -> Result<Workspace, Failure> {
    let start = session.project.clone();
    let files = Overlay {
        disk: session.disk(),
        changed,
    };
    let workspace = discover(&files, &start)
        .map_err(|error| super::merging::with_conflict(failure(&error), &start))?;
    let Some(workspace) = workspace else {
        let failure = Failure::usage("there is no project here")
            .cause(format!(
                "neither `{}` nor a directory above it has a pyproject.toml",
                start.display()
            ))
            .hint("`naja init` makes one; `naja pip install` needs none");
        return Err(failure.hint_if(import::hint(session, &start)));
    };
    if !is_managed(&workspace) {
        return Err(Failure::usage("this project is not managed")
            .cause("its pyproject.toml says `managed = false`")
            .hint("`naja pip` works here all the same"));
    }
    Ok(workspace)
}

/// Whether the current project, else the root, leaves locking and syncing to naja.
fn is_managed(workspace: &Workspace) -> bool {
    let current = workspace.current().map(|member| &member.manifest);
    current.unwrap_or(&workspace.manifest).tool.managed != Some(false)
}

/// The root of the project of the working directory, if there is one whose manifests can be read.
pub(crate) fn root_of(session: &Session) -> Option<PathBuf> {
    let found = discover(&session.disk(), &session.project);
    found.ok().flatten().map(|workspace| workspace.root)
}

/// Whether an environment is that of the project of the working directory.
pub(crate) fn has_environment(session: &Session, root: &Path) -> bool {
    let place = root_of(session).and_then(|project| env::place_for(session, &project).ok());
    place.is_some_and(|place| target::same_place(&place.root, root))
}

/// The lock that was read last: commands that edit a project read it more than once.
#[derive(Default)]
pub(crate) struct LastLock(RefCell<Option<Arc<ReadLock>>>);

impl LastLock {
    fn get(&self, text: &str) -> Option<Arc<ReadLock>> {
        let last = self.0.borrow();
        last.as_ref().filter(|read| read.text == text).cloned()
    }

    fn set(&self, read: &Arc<ReadLock>) {
        *self.0.borrow_mut() = Some(Arc::clone(read));
    }
}

/// Two things at once, the second with a thread of its own.
struct SideBySide;

impl Pair for SideBySide {
    fn both<A: Send, B: Send>(
        &self,
        one: impl FnOnce() -> A + Send,
        other: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        naja_store::parts::both(one, other)
    }
}

/// Reads the lock of a project; one that another tool made is none.
fn read_lock(session: &Session, path: &Path) -> Result<Option<Arc<ReadLock>>, Failure> {
    let unreadable = |error: &dyn std::error::Error| {
        Failure::usage(format!("could not read {}", path.display())).because(error)
    };
    let read = session.disk().read(path);
    let Some(bytes) = read.map_err(|error| unreadable(&error))? else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| unreadable(&error))?;
    if let Some(known) = session.last_lock.get(text) {
        return Ok(Some(known));
    }
    match ProjectLock::parse_by(text, &SideBySide) {
        Ok(lock) => {
            let read = Arc::new(ReadLock {
                lock: Arc::new(lock),
                text: text.to_owned(),
            });
            session.last_lock.set(&read);
            Ok(Some(read))
        }
        Err(LockReadError::Foreign) => Ok(None),
        // uv's locks of scripts have the same name.
        Err(_) if ForeignKind::of_text(text) == Some(ForeignKind::Uv) => Ok(None),
        Err(error) => {
            if let Some(lock) = super::merging::conflicted(session, path, text) {
                return Ok(Some(Arc::new(ReadLock {
                    lock: Arc::new(lock),
                    text: text.to_owned(),
                })));
            }
            let failure = unreadable(&error);
            Err(if Sides::are_in(text) {
                failure
                    .cause("it has the marks of a merge conflict")
                    .hint("take either side, and run `naja lock`: it keeps what fits")
            } else {
                failure.hint("move it away, and make a new one with `naja lock`")
            })
        }
    }
}

pub(crate) fn failure(error: &WorkspaceError) -> Failure {
    let failure = Failure::usage("could not read the project").because(error);
    match error {
        WorkspaceError::NoProject(_) => {
            failure.hint("give it a `[project]` with `name` and `version`; `naja init` writes one")
        }
        WorkspaceError::NoMember { .. } => {
            failure.hint("mend `members` of the workspace, or make the project")
        }
        _ => failure,
    }
}

/// The disk with other texts in the place of some files.
pub(super) struct Overlay<'a> {
    pub(super) disk: WatchedDisk<'a>,
    pub(super) changed: &'a [(PathBuf, String)],
}

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError> {
        match self.changed.iter().find(|(changed, _)| changed == path) {
            Some((_, text)) => Ok(Some(text.as_bytes().into())),
            None => self.disk.read(path),
        }
    }

    fn list(&self, dir: &Path) -> Result<Vec<PathBuf>, FileError> {
        self.disk.list(dir)
    }

    fn exists(&self, path: &Path) -> bool {
        self.changed.iter().any(|(changed, _)| changed == path) || self.disk.exists(path)
    }

    fn owner(&self, path: &Path) -> FileOwner {
        self.disk.owner(path)
    }
}
