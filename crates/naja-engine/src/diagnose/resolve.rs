use naja_resolve::{Conflict, explain};

use crate::failure::Failure;

/// The story of a problem without an answer.
pub(crate) fn conflict(conflict: &Conflict) -> Failure {
    let told = explain(conflict);
    let mut failure = Failure::unsatisfied(told.title);
    failure.story = told.sentences;
    failure.hints = told.hints;
    failure
}
