//! The solver: requirements in, questions and a graph out.
//!
//! The crate is pure and sans-io. A [`Solver`] is made from a [`Problem`]; [`Solver::step`] runs until it
//! lacks a fact and then returns the questions ([`Query`]); the caller finds the answers in any order and
//! hands them in with [`Solver::learn`]. The result does not depend on the order of the answers.
//!
//! | module | what |
//! |---|---|
//! | `problem` | what is asked: requirements, target, rules |
//! | `query` | questions, answers, steps |
//! | `conflict`, `explain` | why there is no answer, as data and as sentences |

mod answer;
mod backend;
mod choose;
mod conflict;
mod derive;
mod explain;
mod files;
mod model;
mod needs;
mod prefetch;
mod problem;
mod query;
mod reason;
mod solver;
mod universe;

pub use conflict::{Asker, Cause, Conflict, ConflictFact, ConflictKind, PackageFacts};
pub use explain::{Explanation, explain};
pub use problem::{
    BuildPolicy, HashPolicy, IndexOrder, InstalledCandidate, Options, PackageSet, Preference,
    Prerelease, Problem, Resolution, RootRequirement, Upgrade,
};
pub use query::{DistFile, DistId, Fact, IndexPage, Query, Step, Unavailable, UrlDist, UrlId};
pub use reason::Reason;
pub use solver::{Effort, Solver};
