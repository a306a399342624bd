//! The solver's face.

use naja_lock::Graph;

use crate::{Fact, Problem, Query, Step};

/// A resolution under way.
#[derive(Debug)]
pub struct Solver {
    problem: Problem,
}

impl Solver {
    /// Starts a resolution. Nothing is computed yet.
    #[must_use]
    pub fn new(problem: Problem) -> Self {
        Self { problem }
    }

    /// Hands in an answer, asked for or not. A second answer to the same question is ignored.
    pub fn learn(&mut self, query: &Query, fact: Fact) {
        let _ = (query, fact);
    }

    /// Works on until a fact is missing, the quantum of work is used up, or the end is reached.
    pub fn step(&mut self) -> Step {
        let _ = &self.problem;
        Step::Done(Graph::default())
    }
}
