//! Collecting the moves.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::bounds::Bounds;
use super::commit::{self, Receipt};
use super::error::TxnError;
use super::recovery::recover_within;
use super::{Fault, Hook, PREFIX, Point, STAGE, TRASH};

/// A change being prepared; dropping it removes what was staged.
#[derive(Debug)]
pub struct Transaction {
    pub(super) bounds: Bounds,
    /// The transaction's own directory.
    pub(super) own: PathBuf,
    stage: PathBuf,
    pub(super) plans: Vec<Plan>,
    /// Whether dropping removes the directory.
    pub(super) sweeps: bool,
}

/// A step as the caller asked for it; what it takes is decided at commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plan {
    Place { staged: PathBuf, dest: PathBuf },
    Replace { staged: PathBuf, dest: PathBuf },
    Remove { path: PathBuf },
    MakeDir { dir: PathBuf },
    Prune { dir: PathBuf },
}

impl Transaction {
    /// Begins a change of paths below the directory that holds `work_dir`, such as
    /// `<environment>/.naja`, which is created when needed. Takes back an unfinished
    /// transaction first.
    ///
    /// # Errors
    ///
    /// When the working directory cannot be created or recovery fails.
    pub fn begin(work_dir: &Path) -> Result<Self, TxnError> {
        Self::begin_within(work_dir, &[])
    }

    /// Begins a change that may also touch paths below `roots`, which must be on the same file
    /// system.
    ///
    /// # Errors
    ///
    /// As [`Transaction::begin`].
    pub fn begin_within(work_dir: &Path, roots: &[&Path]) -> Result<Self, TxnError> {
        match fs::create_dir(work_dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(TxnError::io("create", work_dir)(error));
            }
            _ => {}
        }
        recover_within(work_dir, roots)?;
        let bounds = Bounds::new(work_dir, roots)?;
        let dir = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(bounds.work_dir());
        let own = dir.map_err(TxnError::io("create", work_dir))?.keep();
        let stage = own.join(STAGE);
        let this = Self {
            bounds,
            own,
            stage,
            plans: Vec::new(),
            sweeps: true,
        };
        for part in [&this.stage, &this.own.join(TRASH)] {
            fs::create_dir(part).map_err(TxnError::io("create", part))?;
        }
        Ok(this)
    }

    /// The directory to prepare new entries in; on the file system of the working directory.
    #[must_use]
    pub fn stage_dir(&self) -> &Path {
        &self.stage
    }

    /// Plans to move a staged file or directory to `dest`, which must then be free.
    ///
    /// Symbolic links above the last component of `dest` are resolved now, and must stay
    /// inside.
    ///
    /// # Errors
    ///
    /// When `dest` is outside or on another file system, or `staged` is not staged.
    pub fn place(&mut self, staged: &Path, dest: &Path) -> Result<(), TxnError> {
        let staged = self.staged(staged)?;
        let dest = self.bounds.admit(dest)?;
        self.plans.push(Plan::Place { staged, dest });
        Ok(())
    }

    /// Plans to remove a file, a link or a directory with everything in it.
    ///
    /// # Errors
    ///
    /// When `path` is outside or on another file system.
    pub fn remove(&mut self, path: &Path) -> Result<(), TxnError> {
        let path = self.bounds.admit(path)?;
        self.plans.push(Plan::Remove { path });
        Ok(())
    }

    /// Plans to replace a file, existing or not, by a staged one in a single rename, so that
    /// a reader always finds one of the two.
    ///
    /// # Errors
    ///
    /// As [`Transaction::place`].
    pub fn replace_file(&mut self, staged: &Path, dest: &Path) -> Result<(), TxnError> {
        let staged = self.staged(staged)?;
        let dest = self.bounds.admit(dest)?;
        self.plans.push(Plan::Replace { staged, dest });
        Ok(())
    }

    /// Plans to create a directory, in which later steps can place entries; one that exists is
    /// left as it is.
    ///
    /// # Errors
    ///
    /// When `dir` is outside or on another file system.
    pub fn make_dir(&mut self, dir: &Path) -> Result<(), TxnError> {
        let dir = self.bounds.admit(dir)?;
        self.plans.push(Plan::MakeDir { dir });
        Ok(())
    }

    /// Plans to remove a directory if the steps before leave it empty; an absent one is fine.
    ///
    /// # Errors
    ///
    /// When `dir` is outside or on another file system.
    pub fn prune_dir(&mut self, dir: &Path) -> Result<(), TxnError> {
        let dir = self.bounds.admit(dir)?;
        self.plans.push(Plan::Prune { dir });
        Ok(())
    }

    /// Whether nothing is planned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }

    /// Carries out all planned steps in the order they were planned, or none.
    ///
    /// # Errors
    ///
    /// When a step is impossible; everything is then as before, except after
    /// [`TxnError::Stuck`].
    pub fn commit(self) -> Result<Receipt, TxnError> {
        self.commit_with(&mut |_| Fault::None)
    }

    /// Carries out all planned steps and leaves the journal open, so that the next recovery takes them back:
    /// for files that hold something else for a while.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub fn lend(self) -> Result<(), TxnError> {
        let mut until_done = |point| match point {
            Point::Done => Fault::Crash,
            _ => Fault::None,
        };
        match self.commit_with(&mut until_done) {
            Ok(_) | Err(TxnError::Interrupted) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Commits under the eyes of a test.
    #[doc(hidden)]
    pub fn commit_with(self, hook: &mut Hook<'_>) -> Result<Receipt, TxnError> {
        commit::commit(self, hook)
    }

    /// Checks that a path lies in the stage.
    fn staged(&self, path: &Path) -> Result<PathBuf, TxnError> {
        let outside = || TxnError::Outside {
            path: path.to_path_buf(),
        };
        let rest = path.strip_prefix(&self.stage).map_err(|_| outside())?;
        let plain = rest
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !plain || rest.as_os_str().is_empty() {
            return Err(outside());
        }
        Ok(path.to_path_buf())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.sweeps {
            // What cannot be removed now is removed by the next recovery.
            let _ = fs::remove_dir_all(&self.own);
        }
    }
}
