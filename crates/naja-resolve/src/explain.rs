//! Conflicts in words.

use crate::Conflict;

/// A conflict in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// One line that sums it up, lower case, fits after "error:".
    pub title: String,
    /// The story, one sentence per entry.
    pub sentences: Vec<String>,
    /// What could be done about it, one sentence per entry.
    pub hints: Vec<String>,
}

/// Tells the story of a conflict.
#[must_use]
pub fn explain(conflict: &Conflict) -> Explanation {
    let _ = conflict;
    Explanation::default()
}
