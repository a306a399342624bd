//! The lock of a project or workspace: a `pylock.toml` that any installer can use, with what the standard has
//! no place for below `[tool.naja]`: what was locked ([`Inputs`]), who asks for whom, and how each part of
//! each project is asked for.
//!
//! The standard's own markers say the same for others: an extra of the root project is an extra of the file,
//! its groups are groups of the file, and each other member `NAME` is the group `workspace-NAME` (its parts:
//! `workspace-NAME-PART`).

mod compare;
mod diff;
mod export;
#[cfg(test)]
mod export_tests;
mod inputs;
mod make;
mod marks;
mod merge;
mod merge_inputs;
#[cfg(test)]
mod merge_tests;
mod names;
mod node;
mod places;
mod reach;
mod read;
mod select;
mod table;
#[cfg(test)]
mod tests;
mod ways;

use naja_spec::PackageName;
use rustc_hash::FxHashMap;

use crate::Pylock;

pub use compare::{Asking, Comparison, Detail, DifferenceKind, PackageDifference};
pub use diff::{LockDiff, PackageChange};
pub use export::{Export, RequirementsForm};
pub use inputs::{Inputs, MemberInputs, Stale};
pub use make::ProjectContext;
pub use marks::Sides;
pub use merge::{MERGED, Merged};
pub use node::LockedNode;
pub use read::LockReadError;
pub use select::{MemberChoice, ProjectTarget};
pub use ways::{Place, Way, Ways};

/// The version of what stands below `[tool.naja]`.
pub const FORMAT: i64 = 1;

/// The lock of a project or workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectLock {
    /// The file as the standard has it.
    pub file: Pylock,
    /// What was locked.
    pub inputs: Inputs,
    /// What naja knows about each of [`Pylock::packages`], in the same order.
    pub nodes: Vec<LockedNode>,
}

impl ProjectLock {
    /// Returns the positions of the entries of each package.
    pub(crate) fn by_name(&self) -> FxHashMap<&PackageName, Vec<usize>> {
        let mut found: FxHashMap<&PackageName, Vec<usize>> = FxHashMap::default();
        for (at, package) in self.file.packages.iter().enumerate() {
            found.entry(&package.name).or_default().push(at);
        }
        found
    }
}
