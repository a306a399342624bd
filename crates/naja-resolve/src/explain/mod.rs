//! Conflicts in words.

mod hints;
mod pages;
mod places;
mod reasons;
mod story;
mod who;
mod words;

use crate::Conflict;

/// How many sentences a story may have.
const LINES: usize = 10;
/// How many hints are given.
const HINTS: usize = 2;

/// A conflict in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// One line that sums it up; lower case, fits after "error:".
    pub title: String,
    /// The story, one sentence per entry, at most ten.
    pub sentences: Vec<String>,
    /// What could be done about it, one sentence per entry, at most two.
    pub hints: Vec<String>,
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title)?;
        for sentence in &self.sentences {
            write!(f, "\n  {sentence}")?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// Tells the story of a conflict: who asks for what, where that fails, and what could be relaxed.
#[must_use]
pub fn explain(conflict: &Conflict) -> Explanation {
    Explanation {
        title: story::title(conflict),
        sentences: {
            let place = conflict.fork.as_ref().map(places::heading);
            let story = shorten(story::sentences(conflict), usize::from(place.is_some()));
            place.into_iter().chain(story).collect()
        },
        hints: hints::hints(conflict),
    }
}

/// Keeps the beginning and the end of a long story; so many lines are taken already.
fn shorten(mut sentences: Vec<String>, taken: usize) -> Vec<String> {
    let lines = LINES - taken;
    if sentences.len() > lines {
        let left_out = sentences.len() + 1 - lines;
        let from = lines * 2 / 3;
        let note = format!("({left_out} more requirements like these)");
        sentences.splice(from..from + left_out, [note]);
    }
    sentences
}
