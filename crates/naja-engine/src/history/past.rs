//! Which entries an undo or redo is about: two stacks, as editors have them.

use super::entry::{Entry, Kind};

/// One step of the way back: the entry before which the environment is brought.
pub(super) type Step = u64;

/// What can be taken back, and what can be done again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stacks {
    /// Changes that can be taken back, the newest last.
    pub(super) undo: Vec<Step>,
    /// Undos that can be taken back, the newest last, each with the changes it took back.
    pub(super) redo: Vec<(Step, Vec<Step>)>,
}

impl Stacks {
    /// Plays all entries, the oldest first.
    pub(super) fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut stacks = Self::default();
        for entry in entries {
            let steps = usize::try_from(entry.steps.max(1)).unwrap_or(usize::MAX);
            match entry.kind {
                Kind::Change | Kind::Create | Kind::Repair | Kind::Python | Kind::Remove => {
                    stacks.undo.push(entry.id);
                    stacks.redo.clear();
                }
                Kind::Undo => {
                    let left = stacks.undo.len().saturating_sub(steps);
                    stacks.redo.push((entry.id, stacks.undo.split_off(left)));
                }
                Kind::Redo => {
                    for _ in 0..steps {
                        if let Some((_, again)) = stacks.redo.pop() {
                            stacks.undo.extend(again);
                        }
                    }
                }
            }
        }
        stacks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(kinds: &[(Kind, u64)]) -> Vec<Entry> {
        let numbered = kinds.iter().zip(1..);
        numbered
            .map(|((kind, steps), id)| {
                let mut entry = Entry::new(id, *kind);
                entry.steps = *steps;
                entry
            })
            .collect()
    }

    #[test]
    fn a_second_undo_goes_further_back() {
        let change = (Kind::Change, 0);
        let stacks = Stacks::of(&entries(&[change, change, (Kind::Undo, 1)]));
        assert_eq!(stacks.undo, [1]);
        assert_eq!(stacks.redo, [(3, vec![2])]);
        let stacks = Stacks::of(&entries(&[
            change,
            change,
            (Kind::Undo, 1),
            (Kind::Undo, 1),
        ]));
        assert_eq!(stacks.redo, [(3, vec![2]), (4, vec![1])]);
        let stacks = Stacks::of(&entries(&[
            change,
            change,
            (Kind::Undo, 2),
            (Kind::Redo, 1),
        ]));
        assert_eq!((stacks.undo, stacks.redo), (vec![1, 2], vec![]));
        let stacks = Stacks::of(&entries(&[change, change, (Kind::Undo, 1), change]));
        assert_eq!((stacks.undo, stacks.redo), (vec![1, 4], vec![]));
    }

    proptest! {
        /// An editor with a list of states is the model.
        #[test]
        fn stacks_are_those_of_an_editor(moves in proptest::collection::vec(0_u8..4, 0..30)) {
            let mut played = Vec::new();
            let (mut done, mut undone): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
            let mut id = 0;
            for one in moves {
                match one {
                    0 | 1 => {
                        id += 1;
                        played.push((Kind::Change, 0));
                        done.push(id);
                        undone.clear();
                    }
                    2 if !done.is_empty() => {
                        id += 1;
                        played.push((Kind::Undo, 1));
                        undone.extend(done.pop());
                    }
                    3 if !undone.is_empty() => {
                        id += 1;
                        played.push((Kind::Redo, 1));
                        done.extend(undone.pop());
                    }
                    _ => {}
                }
            }
            let stacks = Stacks::of(&entries(&played));
            prop_assert_eq!(stacks.undo, done);
            let again: Vec<u64> = stacks.redo.into_iter().flat_map(|(_, ids)| ids).collect();
            prop_assert_eq!(again, undone);
        }
    }
}
