//! Taking back what a killed process left half-done.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::bounds::Bounds;
use super::commit::roll_back;
use super::error::TxnError;
use super::journal::{Bases, decode};
use super::step::Step;
use super::{DAMAGED_PREFIX, Fault, Hook, JOURNAL, PREFIX, Point, Stop};

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

/// Takes back a half-done transaction below `work_dir` and removes leftovers.
///
/// The caller holds the lock under which transactions in `work_dir` are made. A working
/// directory that does not exist is fine.
///
/// # Errors
///
/// When something cannot be put back; trying again later is safe.
pub fn recover(work_dir: &Path) -> Result<Recovered, TxnError> {
    recover_within(work_dir, &[])
}

/// Does the same for a transaction begun with `Transaction::begin_within` and the same roots.
///
/// # Errors
///
/// As [`recover`]; also when the journal names paths outside of `roots`.
pub fn recover_within(work_dir: &Path, roots: &[&Path]) -> Result<Recovered, TxnError> {
    recover_with(work_dir, roots, &mut |_| Fault::None)
}

/// Recovers under the eyes of a test.
#[doc(hidden)]
pub fn recover_with(
    work_dir: &Path,
    roots: &[&Path],
    hook: &mut Hook<'_>,
) -> Result<Recovered, TxnError> {
    let leftovers = leftovers(work_dir)?;
    if leftovers.is_empty() {
        return Ok(Recovered::Nothing);
    }
    let mut bounds = Bounds::new(work_dir, roots)?;
    let mut found = Recovered::Swept;
    for own in leftovers {
        let own = bounds.work_dir().join(own);
        let steps = match read_journal(&own, &bounds)? {
            Journal::Absent => None,
            Journal::Damaged => {
                let kept = set_aside(&own)?;
                found = Recovered::Damaged { kept };
                continue;
            }
            Journal::Steps(steps) => Some(steps),
        };
        if let Some(steps) = steps {
            check_bounds(&steps, &own, &mut bounds)?;
            roll_back(&own, &steps, hook)?;
            if found == Recovered::Swept {
                found = Recovered::RolledBack;
            }
        }
        if let Err(Stop::Crash) = Stop::ask(hook, Point::Sweep) {
            return Err(TxnError::Interrupted);
        }
        // What cannot be removed, such as a running program on Windows, does no harm.
        let _ = fs::remove_dir_all(&own);
    }
    Ok(found)
}

/// Tells whether a transaction may have been left unfinished below `work_dir`: one listing.
#[must_use]
pub fn is_unfinished(work_dir: &Path) -> bool {
    leftovers(work_dir).map_or(true, |names| !names.is_empty())
}

/// Names of the directories that transactions left.
fn leftovers(work_dir: &Path) -> Result<Vec<std::ffi::OsString>, TxnError> {
    let entries = match fs::read_dir(work_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(TxnError::io("list", work_dir)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(TxnError::io("list", work_dir))?;
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir
            && entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(PREFIX.as_bytes())
        {
            names.push(entry.file_name());
        }
    }
    names.sort();
    Ok(names)
}

enum Journal {
    Absent,
    Damaged,
    Steps(Vec<Step>),
}

fn read_journal(own: &Path, bounds: &Bounds) -> Result<Journal, TxnError> {
    let path = own.join(JOURNAL);
    match fs::read(&path) {
        Ok(bytes) => {
            let bases = Bases {
                own,
                home: bounds.home(),
            };
            Ok(decode(&bytes, bases).map_or(Journal::Damaged, Journal::Steps))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Journal::Absent),
        Err(error) => Err(TxnError::io("read", &path)(error)),
    }
}

/// Refuses a journal that would change paths the caller did not allow.
fn check_bounds(steps: &[Step], own: &Path, bounds: &mut Bounds) -> Result<(), TxnError> {
    let mut check = |path: &Path| {
        if path.starts_with(own) {
            return Ok(());
        }
        match bounds.admit(path)? {
            admitted if admitted == path => Ok(()),
            _ => Err(TxnError::Outside {
                path: path.to_path_buf(),
            }),
        }
    };
    for step in steps {
        match step {
            Step::Move { from, to } => {
                check(from)?;
                check(to)?;
            }
            Step::Swap {
                staged,
                dest,
                backup,
            } => {
                check(staged)?;
                check(dest)?;
                check(backup)?;
            }
            Step::MakeDir { dir } | Step::Prune { dir, .. } => check(dir)?,
        }
    }
    Ok(())
}

/// Moves a transaction's directory out of the way without removing anything.
fn set_aside(own: &Path) -> Result<PathBuf, TxnError> {
    let name = own.file_name().unwrap_or_default().to_string_lossy();
    let random = name.strip_prefix(PREFIX).unwrap_or(&name);
    let kept = own.with_file_name(format!("{DAMAGED_PREFIX}{random}"));
    fs::rename(own, &kept).map_err(TxnError::io("set aside", own))?;
    Ok(kept)
}
