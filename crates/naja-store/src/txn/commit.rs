//! Carrying out the moves, and taking them back when one fails.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::error::TxnError;
use super::journal::{Bases, encode};
use super::step::{Step, exists, mode_of};
use super::transaction::{Plan, Transaction};
use super::{DONE, Hook, JOURNAL, JOURNAL_NEW, Point, Stop, TRASH, UNDONE};
use crate::write;

/// What a committed transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Number of steps carried out.
    pub steps: usize,
    /// Whether nothing is left over; the next recovery removes what is.
    pub swept: bool,
}

/// Commits, and once more in single files where a file system cannot rename directories.
pub(super) fn commit(mut txn: Transaction, hook: &mut Hook<'_>) -> Result<Receipt, TxnError> {
    let steps = Planner::new(&txn.own).steps(&txn.plans)?;
    if steps.is_empty() {
        return Ok(Receipt {
            steps: 0,
            swept: fs::remove_dir_all(&txn.own).is_ok(),
        });
    }
    let answer = attempt(&mut txn, &steps, hook);
    let crosses = matches!(
        &answer,
        Err(TxnError::RolledBack { source, .. })
            if source.kind() == io::ErrorKind::CrossesDevices
    );
    if !crosses {
        return answer;
    }
    // Layered file systems refuse to rename directories of their lower layer.
    let Some(steps) = split_directories(&steps, &txn.own)? else {
        return answer;
    };
    attempt(&mut txn, &steps, hook)
}

/// How a run over the steps ended.
enum Ran {
    All,
    Crashed,
    Failed { at: usize, source: io::Error },
}

fn attempt(
    txn: &mut Transaction,
    steps: &[Step],
    hook: &mut Hook<'_>,
) -> Result<Receipt, TxnError> {
    match write_journal(txn, steps, hook) {
        Ok(()) => {}
        Err(Prepare::Crash) => {
            txn.sweeps = false;
            return Err(TxnError::Interrupted);
        }
        Err(Prepare::Fail(error)) => return Err(error),
    }
    // From here on only a recovery may remove the directory.
    txn.sweeps = false;
    match run(txn, steps, hook) {
        Ran::Crashed => Err(TxnError::Interrupted),
        Ran::Failed { at, source } => {
            let path = steps
                .get(at)
                .map_or(&*txn.own, |step| step.subject(&txn.own))
                .to_path_buf();
            roll_back(&txn.own, steps, hook)?;
            txn.sweeps = true;
            Err(TxnError::RolledBack { path, source })
        }
        Ran::All => {
            if let Err(Stop::Crash) = Stop::ask(hook, Point::Sweep) {
                return Err(TxnError::Interrupted);
            }
            let swept = fs::remove_dir_all(&txn.own).is_ok();
            Ok(Receipt {
                steps: steps.len(),
                swept,
            })
        }
    }
}

fn run(txn: &Transaction, steps: &[Step], hook: &mut Hook<'_>) -> Ran {
    let mut go = || -> Result<(), (usize, Stop)> {
        for (at, step) in steps.iter().enumerate() {
            Stop::ask(hook, Point::Step(at)).map_err(|stop| (at, stop))?;
            step.apply().map_err(|error| (at, Stop::Fail(error)))?;
        }
        let at = steps.len();
        Stop::ask(hook, Point::Done).map_err(|stop| (at, stop))?;
        write::rename(&txn.own.join(JOURNAL), &txn.own.join(DONE))
            .map_err(|error| (at, Stop::Fail(error)))
    };
    match go() {
        Ok(()) => Ran::All,
        Err((_, Stop::Crash)) => Ran::Crashed,
        Err((at, Stop::Fail(source))) => Ran::Failed { at, source },
    }
}

/// Takes back all steps that were carried out, last first, and says so in the journal's name.
pub(super) fn roll_back(own: &Path, steps: &[Step], hook: &mut Hook<'_>) -> Result<(), TxnError> {
    for (at, step) in steps.iter().enumerate().rev() {
        let answer = match Stop::ask(hook, Point::Undo(at)) {
            Ok(()) => step.undo(),
            Err(Stop::Fail(error)) => Err(error),
            Err(Stop::Crash) => return Err(TxnError::Interrupted),
        };
        let path = step.subject(own);
        answer.map_err(|source| TxnError::Stuck {
            path: path.to_path_buf(),
            source,
        })?;
    }
    if let Err(Stop::Crash) = Stop::ask(hook, Point::Undone) {
        return Err(TxnError::Interrupted);
    }
    let journal = own.join(JOURNAL);
    write::rename(&journal, &own.join(UNDONE)).map_err(|source| TxnError::Stuck {
        path: journal,
        source,
    })
}

/// How preparing ended early.
enum Prepare {
    Crash,
    Fail(TxnError),
}

impl From<TxnError> for Prepare {
    fn from(error: TxnError) -> Self {
        Self::Fail(error)
    }
}

/// Links files that will be replaced, then writes the journal.
fn write_journal(txn: &Transaction, steps: &[Step], hook: &mut Hook<'_>) -> Result<(), Prepare> {
    let stop = |stop: Stop, path: &Path| match stop {
        Stop::Crash => Prepare::Crash,
        Stop::Fail(error) => Prepare::Fail(TxnError::io("write", path)(error)),
    };
    Stop::ask(hook, Point::Backup).map_err(|s| stop(s, &txn.own))?;
    for step in steps {
        if let Step::Swap { dest, backup, .. } = step
            && !exists(backup).map_err(TxnError::io("look for", backup))?
        {
            back_up(dest, backup).map_err(TxnError::io("back up", dest))?;
        }
    }
    let bases = Bases {
        own: &txn.own,
        home: txn.bounds.home(),
    };
    let bytes = encode(steps, bases)?;
    let (new, journal) = (txn.own.join(JOURNAL_NEW), txn.own.join(JOURNAL));
    Stop::ask(hook, Point::Write).map_err(|s| stop(s, &new))?;
    fs::write(&new, bytes).map_err(TxnError::io("write", &new))?;
    Stop::ask(hook, Point::Journal).map_err(|s| stop(s, &journal))?;
    write::rename(&new, &journal).map_err(TxnError::io("write", &journal))?;
    Ok(())
}

/// Keeps a file's present contents under another name.
fn back_up(file: &Path, backup: &Path) -> io::Result<()> {
    if fs::hard_link(file, backup).is_ok() {
        return Ok(());
    }
    // No hard links here, or too many of this file.
    fs::copy(file, backup).map(drop)
}

/// Turns plans into steps, and checks that each is possible after those before it.
struct Planner<'a> {
    own: &'a Path,
    /// What earlier steps have changed about which paths exist.
    changed: FxHashMap<PathBuf, bool>,
    trashed: usize,
}

impl<'a> Planner<'a> {
    fn new(own: &'a Path) -> Self {
        Self {
            own,
            changed: FxHashMap::default(),
            trashed: 0,
        }
    }

    fn steps(mut self, plans: &[Plan]) -> Result<Vec<Step>, TxnError> {
        let mut steps = Vec::with_capacity(plans.len());
        for plan in plans {
            steps.extend(self.step(plan)?);
        }
        Ok(steps)
    }

    fn step(&mut self, plan: &Plan) -> Result<Option<Step>, TxnError> {
        Ok(match plan {
            Plan::Replace { staged, dest } if self.exists(dest)? => {
                self.leaves(staged)?;
                let (staged, dest, backup) = (staged.clone(), dest.clone(), self.trash());
                Some(Step::Swap {
                    staged,
                    dest,
                    backup,
                })
            }
            Plan::Place { staged, dest } | Plan::Replace { staged, dest } => {
                self.leaves(staged)?;
                self.fills(dest)?;
                Some(Step::Move {
                    from: staged.clone(),
                    to: dest.clone(),
                })
            }
            Plan::Remove { path } => {
                self.leaves(path)?;
                Some(Step::Move {
                    from: path.clone(),
                    to: self.trash(),
                })
            }
            Plan::MakeDir { dir } if self.exists(dir)? => None,
            Plan::MakeDir { dir } => {
                self.fills(dir)?;
                Some(Step::MakeDir { dir: dir.clone() })
            }
            Plan::Prune { dir } => match fs::symlink_metadata(dir) {
                Ok(metadata) if metadata.is_dir() && self.exists(dir)? => Some(Step::Prune {
                    dir: dir.clone(),
                    mode: mode_of(&metadata),
                }),
                _ => None,
            },
        })
    }

    fn trash(&mut self) -> PathBuf {
        self.trashed += 1;
        self.own.join(TRASH).join(self.trashed.to_string())
    }

    fn exists(&self, path: &Path) -> Result<bool, TxnError> {
        if let Some(&known) = self.changed.get(path) {
            return Ok(known);
        }
        exists(path).map_err(TxnError::io("look at", path))
    }

    /// Notes that a path that must exist goes away.
    fn leaves(&mut self, path: &Path) -> Result<(), TxnError> {
        if !self.exists(path)? {
            return Err(TxnError::Missing {
                path: path.to_path_buf(),
            });
        }
        self.changed.insert(path.to_path_buf(), false);
        Ok(())
    }

    /// Notes that a path that must be free, in a directory that exists, gets filled.
    fn fills(&mut self, path: &Path) -> Result<(), TxnError> {
        if self.exists(path)? {
            return Err(TxnError::Occupied {
                path: path.to_path_buf(),
            });
        }
        if let Some(parent) = path.parent()
            && !self.exists(parent)?
        {
            return Err(TxnError::Missing {
                path: parent.to_path_buf(),
            });
        }
        self.changed.insert(path.to_path_buf(), true);
        Ok(())
    }
}

/// Replaces removals of directories by removals of all their files and, from the inside out,
/// of the empty directories; `None` when there is nothing to replace.
fn split_directories(steps: &[Step], own: &Path) -> Result<Option<Vec<Step>>, TxnError> {
    let mut split = Vec::with_capacity(steps.len());
    // An empty directory is one step either way.
    let mut any = false;
    for step in steps {
        match step {
            Step::Move { from, to } if to.starts_with(own) && is_real_dir(from) => {
                split_dir(from, to, &mut split)?;
                any = true;
            }
            other => split.push(other.clone()),
        }
    }
    Ok(any.then_some(split))
}

fn is_real_dir(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

fn split_dir(from: &Path, to: &Path, steps: &mut Vec<Step>) -> Result<(), TxnError> {
    fs::create_dir(to).map_err(TxnError::io("create", to))?;
    let metadata = fs::symlink_metadata(from).map_err(TxnError::io("look at", from))?;
    for entry in fs::read_dir(from).map_err(TxnError::io("list", from))? {
        let entry = entry.map_err(TxnError::io("list", from))?;
        let (here, there) = (entry.path(), to.join(entry.file_name()));
        if is_real_dir(&here) {
            split_dir(&here, &there, steps)?;
        } else {
            steps.push(Step::Move {
                from: here,
                to: there,
            });
        }
    }
    steps.push(Step::Prune {
        dir: from.to_path_buf(),
        mode: mode_of(&metadata),
    });
    Ok(())
}
