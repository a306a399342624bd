//! Collecting the moves and carrying them out.

use std::path::{Path, PathBuf};

use super::error::TxnError;

/// A change being prepared; dropping it removes what was staged.
#[derive(Debug)]
pub struct Transaction {
    stage: PathBuf,
}

/// What a committed transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Number of steps carried out.
    pub steps: usize,
}

/// What a recovery found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// No unfinished transaction.
    Nothing,
    /// Leftovers that had not changed anything, or had changed everything, were removed.
    Swept,
    /// A half-done transaction was taken back.
    RolledBack,
    /// A journal could not be read, as after a power failure; its files were set aside.
    Damaged {
        /// Where they lie now.
        kept: PathBuf,
    },
}

impl Transaction {
    /// Begins a change of paths below the directory that holds `work_dir`, such as
    /// `<environment>/.naja`, which is created when needed.
    ///
    /// # Errors
    ///
    /// When the working directory cannot be created.
    pub fn begin(work_dir: &Path) -> Result<Self, TxnError> {
        Self::begin_within(work_dir, &[])
    }

    /// Begins a change that may also touch paths below `roots`.
    ///
    /// # Errors
    ///
    /// When the working directory cannot be created.
    pub fn begin_within(work_dir: &Path, roots: &[&Path]) -> Result<Self, TxnError> {
        let _ = roots;
        Ok(Self { stage: work_dir.join("stage") })
    }

    /// The directory to prepare new entries in.
    #[must_use]
    pub fn stage_dir(&self) -> &Path {
        &self.stage
    }

    /// Plans to move a staged file or directory to `dest`, which must then be free.
    ///
    /// # Errors
    ///
    /// When `dest` is outside, on another file system, or its directory does not exist.
    pub fn place(&mut self, staged: &Path, dest: &Path) -> Result<(), TxnError> {
        let _ = (staged, dest);
        Ok(())
    }

    /// Plans to remove a file or directory.
    ///
    /// # Errors
    ///
    /// When `path` is outside or on another file system.
    pub fn remove(&mut self, path: &Path) -> Result<(), TxnError> {
        let _ = path;
        Ok(())
    }

    /// Plans to replace a file, existing or not, by a staged one in a single rename.
    ///
    /// # Errors
    ///
    /// When `dest` is outside, on another file system, or its directory does not exist.
    pub fn replace_file(&mut self, staged: &Path, dest: &Path) -> Result<(), TxnError> {
        let _ = (staged, dest);
        Ok(())
    }

    /// Plans to create a directory, in which later steps can place entries.
    ///
    /// # Errors
    ///
    /// When `path` is outside or on another file system.
    pub fn make_dir(&mut self, path: &Path) -> Result<(), TxnError> {
        let _ = path;
        Ok(())
    }

    /// Plans to remove a directory if the steps before leave it empty.
    ///
    /// # Errors
    ///
    /// When `path` is outside or on another file system.
    pub fn prune_dir(&mut self, path: &Path) -> Result<(), TxnError> {
        let _ = path;
        Ok(())
    }

    /// Carries out all planned steps, or none.
    ///
    /// # Errors
    ///
    /// When a step is impossible; everything is then as before, except after
    /// [`TxnError::Stuck`].
    pub fn commit(self) -> Result<Receipt, TxnError> {
        Ok(Receipt { steps: 0 })
    }
}

/// Takes back a half-done transaction below `work_dir` and removes leftovers.
///
/// # Errors
///
/// When something cannot be put back; trying again later is safe.
pub fn recover(work_dir: &Path) -> Result<Recovered, TxnError> {
    recover_within(work_dir, &[])
}

/// Does the same for a transaction begun with [`Transaction::begin_within`] and the same roots.
///
/// # Errors
///
/// As [`recover`].
pub fn recover_within(work_dir: &Path, roots: &[&Path]) -> Result<Recovered, TxnError> {
    let _ = (work_dir, roots);
    Ok(Recovered::Nothing)
}
