//! The way to an earlier state: which entries of a history are gone back over.

use std::collections::BTreeSet;

use naja_env::Environment;

use super::entry::{Entry, Kind};
use super::past::Stacks;
use super::shelf::Shelf;
use super::undo::{Direction, UndoRequest};
use crate::failure::Failure;

/// Which entries are gone back over.
pub(super) struct Way {
    /// All entries down to the one before which the environment shall be, the newest first.
    pub(super) entries: Vec<Entry>,
    /// Those that the user means.
    pub(super) taken: Vec<Entry>,
    pub(super) steps: usize,
}

impl Way {
    /// Finds the way that a request means.
    ///
    /// # Errors
    /// There is none that leads there, or one that cannot be gone.
    pub(super) fn find(shelf: &Shelf, request: &UndoRequest) -> Result<Self, Failure> {
        let entries = shelf.entries()?;
        let stacks = Stacks::of(&entries);
        let ids: Vec<u64> = match request.direction {
            Direction::Undo => stacks.undo.clone(),
            Direction::Redo => stacks.redo.iter().map(|(id, _)| *id).collect(),
        };
        let steps = steps(&ids, shelf, request)?;
        let first = ids.len() - steps;
        let meant: BTreeSet<u64> = match request.direction {
            Direction::Undo => ids[first..].iter().copied().collect(),
            Direction::Redo => {
                let redone = stacks.redo[first..].iter().flat_map(|(_, ids)| ids);
                redone.copied().collect()
            }
        };
        let taken = entries.iter().rev();
        let taken = taken.filter(|entry| meant.contains(&entry.id)).cloned();
        let taken: Vec<Entry> = taken.collect();
        refuse_ends(&taken, request.direction)?;
        let entries = entries.into_iter().rev();
        let entries: Vec<Entry> = entries.filter(|entry| entry.id >= ids[first]).collect();
        refuse_gaps(&entries)?;
        Ok(Self {
            entries,
            taken,
            steps,
        })
    }

    /// Whether the environment itself was another one on the way.
    pub(super) fn is_of_environment(&self) -> bool {
        let mut all = self.entries.iter().chain(&self.taken);
        all.any(Entry::is_of_environment)
    }

    /// Packages of one Python are of no use to another.
    pub(super) fn refuse_other_python(&self, env: &Environment) -> Result<(), Failure> {
        let was = self
            .entries
            .iter()
            .rev()
            .find_map(|entry| entry.was.as_deref());
        let Some(was) = was else { return Ok(()) };
        let minor = |version: &str| version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        let now = env.interpreter().version.to_string();
        if minor(was) == minor(&now) {
            return Ok(());
        }
        Err(Failure::unsatisfied(format!(
            "the environment had Python {was} then, and has {now} now"
        ))
        .hint(format!(
            "make it with that one first: `naja venv --clear -p {}`, then undo both",
            minor(was)
        )))
    }
}

/// How many of the steps that can be taken are meant: one at least, all at most.
fn steps(ids: &[u64], shelf: &Shelf, request: &UndoRequest) -> Result<usize, Failure> {
    let word = match request.direction {
        Direction::Undo => "undo",
        Direction::Redo => "redo",
    };
    if ids.is_empty() {
        return Err(Failure::unsatisfied(format!("there is nothing to {word}"))
            .hint("`naja history` shows what was done"));
    }
    let steps = match request.to {
        Some(to) => steps_to(ids, to, shelf)?,
        None => request.steps.unwrap_or(1),
    };
    if (1..=ids.len()).contains(&steps) {
        return Ok(steps);
    }
    let there = match ids.len() {
        1 => "there is 1 change".to_owned(),
        many => format!("there are {many} changes"),
    };
    Err(
        Failure::unsatisfied(format!("{there} to {word}, not {steps}"))
            .hint("`naja history` shows them"),
    )
}

/// How many steps lead to where an entry was the last one.
fn steps_to(ids: &[u64], to: u64, shelf: &Shelf) -> Result<usize, Failure> {
    if !shelf.ids().contains(&to) {
        return Err(
            Failure::usage(format!("there is no entry {to} in the history"))
                .hint("`naja history` shows those that there are"),
        );
    }
    match ids.iter().filter(|id| **id > to).count() {
        0 => Err(Failure::unsatisfied(format!(
            "nothing was done after entry {to}"
        ))),
        steps => Ok(steps),
    }
}

/// Where an environment begins and ends, this is not the way.
fn refuse_ends(taken: &[Entry], direction: Direction) -> Result<(), Failure> {
    if taken.iter().any(Entry::is_beginning) {
        return Err(
            Failure::unsatisfied("the making of an environment cannot be undone")
                .hint("remove its directory, if nobody needs it"),
        );
    }
    let removed = taken.iter().any(|entry| entry.kind == Kind::Remove);
    if removed && direction == Direction::Redo {
        return Err(Failure::unsatisfied(
            "the removal of an environment is not done again by `redo`",
        )
        .hint("`naja env remove` removes it"));
    }
    Ok(())
}

fn refuse_gaps(newest_first: &[Entry]) -> Result<(), Failure> {
    let mut pairs = newest_first.windows(2);
    if pairs.all(|two| two[0].id == two[1].id + 1) {
        return Ok(());
    }
    Err(
        Failure::environment("the history of the environment has a gap")
            .cause("a file of it was removed")
            .hint("only changes after the gap can be taken back"),
    )
}
