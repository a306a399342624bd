//! PubGrub's state with our own loop's needs around it.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use pubgrub::{
    ConflictId, Dependencies, DependencyProvider, DerivationTree, Id, PackageResolutionStatistics,
    State, Term, VersionSet,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::Set;

/// How often a package may be part of a conflict before the order of decisions is changed for it.
const PATIENCE: u32 = 5;

/// A package, or one of its extras as a package of its own with the same version numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The number of the package.
    pub(crate) package: u32,
    /// Zero for the package itself, else one more than the number of the extra.
    extra: u32,
}

impl Key {
    /// What the user wants: a package without a name that depends on the requirements.
    pub(crate) const ROOT: Self = Self {
        package: u32::MAX,
        extra: 0,
    };

    /// Returns the package itself.
    pub(crate) fn base(package: u32) -> Self {
        Self { package, extra: 0 }
    }

    /// Returns an extra of the package.
    pub(crate) fn extra(package: u32, extra: u32) -> Self {
        Self {
            package,
            extra: extra + 1,
        }
    }

    /// Returns the number of the extra, if this is one.
    pub(crate) fn as_extra(self) -> Option<u32> {
        self.extra.checked_sub(1)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.package)?;
        if let Some(extra) = self.as_extra() {
            write!(f, "[{extra}]")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is decided first; later variants go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// One version after the other is out whatever is decided elsewhere, and this many are left: others may
    /// narrow it first. The fewer are left the sooner it is its turn.
    Weary(Reverse<u32>),
    /// Its decisions keep getting in the way of others.
    Late,
    /// Nothing special.
    Normal,
    /// Its versions keep being ruled out by earlier decisions.
    Early,
    /// Only one version is left.
    Exact,
    /// A direct reference.
    Direct,
    /// The root.
    Root,
}

/// The types of the PubGrub state; its methods are never called.
pub(crate) struct Types;

impl DependencyProvider for Types {
    type P = Key;
    type V = u32;
    type VS = Set;
    /// Within a class the state goes by order of discovery.
    type Priority = Class;
    type M = u32;
    type Err = Infallible;

    fn prioritize(&self, _: &Key, _: &Set, _: &PackageResolutionStatistics) -> Class {
        Class::Normal
    }

    fn choose_version(&self, _: &Key, _: &Set) -> Result<Option<u32>, Infallible> {
        Ok(None)
    }

    fn get_dependencies(
        &self,
        _: &Key,
        _: &u32,
    ) -> Result<Dependencies<Key, Set, u32>, Infallible> {
        Ok(Dependencies::Unavailable(0))
    }
}

/// The derivation of a contradiction.
pub(crate) type Tree = DerivationTree<Key, Set, u32>;
/// A leaf of a derivation.
pub(crate) type External = pubgrub::External<Key, Set, u32>;

/// How often a package was ruled out, and how often it ruled out others.
#[derive(Clone, Copy, Default)]
struct Record {
    affected: u32,
    culprit: u32,
    /// How often it was ruled out by nothing that was decided before it.
    dead: u32,
    /// How often it was ruled out by something that was.
    hindered: u32,
}

impl Record {
    /// Returns whether going on with the package is what others should be tried before.
    fn is_weary(self) -> bool {
        self.dead >= PATIENCE && self.hindered < PATIENCE
    }
}

/// The search: decisions so far and everything learnt from failures.
pub(crate) struct Search {
    state: State<Types>,
    next: Id<Key>,
    /// Versions whose dependencies the state knows.
    known: FxHashSet<(Key, u32)>,
    records: FxHashMap<Id<Key>, Record>,
    standing: FxHashMap<u32, Class>,
    /// Packages whose standing has to change, once propagation is through.
    promote: Vec<Id<Key>>,
    demote: Vec<Id<Key>>,
    /// How many conflicts were met.
    conflicts: u64,
}

impl Search {
    /// Starts a search.
    pub(crate) fn new() -> Self {
        let state = State::init(Key::ROOT, 0);
        let next = state.root_package;
        Self {
            state,
            next,
            known: FxHashSet::default(),
            records: FxHashMap::default(),
            standing: FxHashMap::default(),
            promote: Vec::new(),
            demote: Vec::new(),
            conflicts: 0,
        }
    }

    /// Returns how many conflicts were met.
    pub(crate) fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// Draws all conclusions from the latest decision or statement.
    pub(crate) fn propagate(&mut self) -> Result<(), Box<Tree>> {
        let causes: Vec<_> = match self.state.unit_propagation(self.next) {
            Ok(causes) => causes.into_iter().collect(),
            Err(tree) => return Err(Box::new(tree)),
        };
        for (affected, conflict) in causes {
            self.count(affected, &conflict);
        }
        self.reorder();
        Ok(())
    }

    /// Takes the undecided package that goes first, with the versions that are left for it.
    ///
    /// The first function tells the class of a package, the second one how many of its versions are left.
    pub(crate) fn pick(
        &mut self,
        mut class: impl FnMut(Key, &Set) -> Class,
        left: impl Fn(Key, &Set) -> u32,
    ) -> Option<(Key, Set)> {
        let (names, standing) = (&self.state.package_store, &self.standing);
        let records = &self.records;
        let (id, set) = self
            .state
            .partial_solution
            .pick_highest_priority_pkg(|id, set| {
                let key = names[id];
                let class = class(key, set);
                if class == Class::Normal
                    && records.get(&id).is_some_and(|record| record.is_weary())
                {
                    return Class::Weary(Reverse(left(key, set)));
                }
                match standing.get(&key.package) {
                    Some(&standing) if class == Class::Normal => standing,
                    _ => class,
                }
            })?;
        self.next = id;
        Some((names[id], set.clone()))
    }

    /// States that none of these versions can be had.
    pub(crate) fn rule_out(&mut self, key: Key, set: Set) {
        let id = self.state.package_store.alloc(key);
        self.state.add_no_versions(id, set);
    }

    /// States that none of these versions may be taken, for a numbered reason.
    pub(crate) fn forbid(&mut self, key: Key, set: Set, reason: u32) {
        if !set.is_empty() {
            let id = self.state.package_store.alloc(key);
            self.state.add_unavailable(id, set, reason);
        }
    }

    /// States that whoever is in `set` needs `other` in `other_set`.
    pub(crate) fn link(&mut self, key: Key, set: Set, other: Key, other_set: Set) {
        let id = self.state.package_store.alloc(key);
        let other = self.state.package_store.alloc(other);
        self.state.add_dependency(id, set, (other, other_set));
    }

    /// Returns whether [`Self::decide`] was called for this version before.
    pub(crate) fn knows(&self, key: Key, number: u32) -> bool {
        self.known.contains(&(key, number))
    }

    /// Decides for a version whose dependencies are known already.
    pub(crate) fn decide_again(&mut self, key: Key, number: u32) {
        let id = self.state.package_store.alloc(key);
        self.state.partial_solution.add_decision(id, number);
    }

    /// States the dependencies of a version and decides for it, unless they contradict what is decided;
    /// returns whether it was decided for.
    pub(crate) fn decide(&mut self, key: Key, number: u32, needs: Vec<(Key, Set)>) -> bool {
        let id = self.state.package_store.alloc(key);
        self.known.insert((key, number));
        let versions = Set::singleton(number);
        let conflict = self
            .state
            .add_package_version_dependencies(id, number, versions, needs);
        if let Some(conflict) = &conflict {
            self.count(id, conflict);
        }
        conflict.is_none()
    }

    /// Returns the versions that are left for a package (one, if it is decided) and whether the package is
    /// required at all.
    pub(crate) fn left(&mut self, key: Key) -> Option<(Set, bool)> {
        let id = self.state.package_store.alloc(key);
        match self
            .state
            .partial_solution
            .term_intersection_for_package(id)?
        {
            Term::Positive(set) => Some((set.clone(), true)),
            Term::Negative(set) => Some((set.complement(), false)),
        }
    }

    /// Iterates over the decisions.
    pub(crate) fn decisions(&self) -> impl Iterator<Item = (Key, u32)> + '_ {
        self.state
            .partial_solution
            .extract_solution()
            .map(|(id, number)| (self.state.package_store[id], number))
            .filter(|(key, _)| *key != Key::ROOT)
    }

    /// Remembers who was in a conflict.
    fn count(&mut self, affected: Id<Key>, conflict: &ConflictId<Types>) {
        self.conflicts += 1;
        let record = self.records.entry(affected).or_default();
        record.affected += 1;
        if record.affected == PATIENCE {
            self.promote.push(affected);
        }
        let others: SmallVec<[_; 4]> = self
            .state
            .conflict_packages(conflict)
            .filter(|id| *id != affected)
            .collect();
        let hindered = self
            .state
            .partial_solution
            .extract_solution()
            .any(|(id, _)| id != self.state.root_package && others.contains(&id));
        let record = self.records.entry(affected).or_default();
        match hindered {
            true => record.hindered += 1,
            false => record.dead += 1,
        }
        for id in others {
            let record = self.records.entry(id).or_default();
            record.culprit += 1;
            if record.culprit == PATIENCE {
                self.demote.push(id);
            }
        }
    }

    /// Moves packages that keep being ruled out to the front and those that rule them out to the back.
    fn reorder(&mut self) {
        for id in std::mem::take(&mut self.promote) {
            let package = self.state.package_store[id].package;
            if id != self.state.root_package && self.standing.get(&package) != Some(&Class::Late) {
                self.standing.insert(package, Class::Early);
            }
        }
        for id in std::mem::take(&mut self.demote) {
            let package = self.state.package_store[id].package;
            let moves = id != self.state.root_package
                && self.standing.get(&package) != Some(&Class::Early)
                && self.standing.insert(package, Class::Late) != Some(Class::Late);
            if moves {
                self.state.backtrack_package(id);
            }
        }
    }
}

/// Takes a derivation apart without recursion, so that a deep one cannot exhaust the stack.
pub(crate) fn discard(tree: Arc<Tree>) {
    let mut open = vec![tree];
    while let Some(tree) = open.pop() {
        if let Some(DerivationTree::Derived(derived)) = Arc::into_inner(tree) {
            open.push(derived.cause1);
            open.push(derived.cause2);
        }
    }
}
