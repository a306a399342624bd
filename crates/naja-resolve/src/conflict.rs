//! Why there is no answer, as data.

use std::collections::BTreeMap;

use naja_lock::Origin;
use naja_spec::{ExtraName, Marker, PackageName, RefusedEntries, Requirement, Version};

use crate::{Reason, Unavailable};

/// Why there is no answer.
///
/// The proof is a graph of [`Cause`]s, so that a cause with many effects is kept once; a proof may be long,
/// the list of facts it rests on is short.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// What kind of failure this is.
    pub kind: ConflictKind,
    /// The facts that cannot all be true, from what the user asked towards where it fails.
    pub facts: Vec<ConflictFact>,
    /// The steps of the proof; the last one is the contradiction. Each refers to earlier ones only.
    pub causes: Vec<Cause>,
    /// What exists of the packages in the story.
    pub packages: BTreeMap<PackageName, PackageFacts>,
    /// The version of the target's Python; the oldest, if there are several.
    pub python: Version,
    /// The environments it fails for, in a resolution for many; `None` for all of them.
    pub fork: Option<Marker>,
    /// Whether many environments were resolved for.
    pub universal: bool,
}

/// What kind of failure a [`Conflict`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictKind {
    /// The requirements contradict each other, or what exists.
    Contradiction,
    /// A distribution would have to be built.
    NeedsBuild,
}

/// A step of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A fact, by its position.
    Fact(usize),
    /// Something too plain to be told, for example that an extra has the version of its package.
    Plain,
    /// What follows from two earlier steps.
    Derived(usize, usize),
}

/// Who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The user.
    User(Origin),
    /// Versions of a package.
    Package {
        /// The package.
        name: PackageName,
        /// The versions, ascending.
        versions: Vec<Version>,
        /// The extra that brings the requirement in.
        extra: Option<ExtraName>,
    },
}

/// A fact of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictFact {
    /// Somebody asks for something.
    Requires {
        /// Who asks.
        asker: Asker,
        /// For what, in the words of the asker (of its newest version, if there are several).
        requirement: Requirement,
        /// Whether versions of one asker ask in different words.
        varies: bool,
        /// The override this requirement comes from.
        overridden: Option<Origin>,
        /// Whether no known version matches at all.
        hopeless: bool,
    },
    /// A constraint narrows a package.
    Constraint {
        /// The constraint.
        requirement: Requirement,
        /// Where it was written.
        origin: Origin,
    },
    /// None of some versions can be taken.
    Unusable {
        /// The package.
        name: PackageName,
        /// The versions with the reasons, ascending.
        versions: Vec<(Version, Vec<Reason>)>,
    },
    /// Nothing at all is known of a package.
    Unknown {
        /// The package.
        name: PackageName,
        /// The direct reference that was asked for, without secrets.
        url: Option<String>,
        /// Why.
        why: Unavailable,
    },
    /// A version would have to be built.
    Build {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// The name of the source distribution, or the direct reference.
        file: String,
    },
}

/// What exists of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageFacts {
    /// How many versions are known.
    pub total: usize,
    /// The newest version of all.
    pub newest: Option<Version>,
    /// The best version that could be taken if nobody asked for anything.
    pub best: Option<Version>,
    /// Existing versions that are nearest to what was asked, ascending, at most five, each with the reasons
    /// against it, if there are any.
    pub nearest: Vec<(Version, Vec<Reason>)>,
    /// The best version that needs no build.
    pub best_wheel: Option<Version>,
    /// How many indexes have a page for it.
    pub pages: usize,
    /// Entries of these pages that were not taken, by reason.
    pub refused: Vec<RefusedEntries>,
    /// Whether the rules forbid its wheels (`--no-binary`).
    pub wheels_forbidden: bool,
    /// Whether it is a project that is there already, and no package of an index.
    pub is_project: bool,
}

impl Conflict {
    /// Returns the names of the packages the user asked for in this story.
    #[must_use]
    pub fn asked_by_user(&self) -> Vec<&Requirement> {
        self.facts
            .iter()
            .filter_map(|fact| match fact {
                ConflictFact::Requires {
                    asker: Asker::User(_),
                    requirement,
                    ..
                } => Some(requirement),
                _ => None,
            })
            .collect()
    }
}
