#![doc = include_str!("../README.md")]

mod answer;
mod backend;
mod choose;
mod conflict;
mod derive;
mod exists;
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
