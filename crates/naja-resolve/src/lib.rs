#![doc = include_str!("../README.md")]

mod answer;
mod backend;
mod choose;
mod conflict;
mod derive;
mod earlier;
mod exists;
mod explain;
mod fallback;
mod files;
mod local;
mod model;
mod needs;
mod prefetch;
mod problem;
mod python;
mod query;
mod reason;
mod region;
mod solver;
mod split;
mod unite;
mod universe;
mod wheels;

pub use conflict::{Asker, Cause, Conflict, ConflictFact, ConflictKind, PackageFacts};
pub use explain::{Explanation, explain};
pub use naja_lock::{PartKind, ProjectPart};
pub use problem::{
    BuildPolicy, ConflictSet, ExactTarget, ForkStrategy, HashPolicy, IndexOrder,
    InstalledCandidate, MetadataOverride, Options, PackageSet, Preference, Prerelease, Problem,
    Resolution, RootRequirement, Target, UniversalTarget, Upgrade,
};
pub use query::{DistFile, DistId, Fact, IndexPage, Query, Step, Unavailable, UrlDist, UrlId};
pub use reason::Reason;
pub use solver::{Effort, Solver};
pub use wheels::plainest;
