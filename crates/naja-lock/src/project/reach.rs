//! For which environments, and for which parts of projects, each entry of a lock is wanted.

use naja_spec::{ExtraName, MarkerSet, PackageName, Requirement};
use rustc_hash::FxHashMap;

use super::{MemberInputs, ProjectLock};
use crate::PartKind;

/// How often the requirements are walked; longer chains against the order of the file stay narrower.
const MAX_ROUNDS: usize = 64;

/// What asks for a package from outside: a requirement, and the environments it counts in.
pub(super) struct Ask<'a> {
    pub(super) requirement: &'a Requirement,
    pub(super) counts: MarkerSet,
}

/// The environments in which an entry is wanted, by itself and with each of its extras.
#[derive(Default)]
struct Reached {
    bare: Option<MarkerSet>,
    extras: FxHashMap<ExtraName, MarkerSet>,
}

/// Walks from what is asked for to everything it needs.
///
/// The sets of all entries, in the order of the file; an entry that nothing needs has the empty set.
pub(super) fn reach(lock: &ProjectLock, asks: &[Ask<'_>]) -> Vec<MarkerSet> {
    let by_name = lock.by_name();
    let forks: Vec<MarkerSet> = lock
        .nodes
        .iter()
        .map(|node| MarkerSet::from(node.fork.as_ref()))
        .collect();
    let members = &lock.inputs.members;
    let mut walk = Walk {
        by_name: &by_name,
        forks: &forks,
        reached: lock.nodes.iter().map(|_| Reached::default()).collect(),
        members,
        of_members: members.iter().map(|_| Reached::default()).collect(),
        changed: false,
    };
    for ask in asks {
        let marker = MarkerSet::from(ask.requirement.marker.as_ref()).without_extras();
        walk.enter(ask.requirement, &ask.counts.and(&marker));
    }
    for _ in 0..MAX_ROUNDS {
        walk.changed = false;
        for (at, node) in lock.nodes.iter().enumerate() {
            for requirement in &node.requires {
                walk.follow(at, requirement);
            }
        }
        for (at, member) in members.iter().enumerate() {
            walk.follow_member(at, member);
        }
        if !walk.changed {
            break;
        }
    }
    let sets = walk.reached.into_iter();
    sets.map(|reached| reached.bare.unwrap_or_else(MarkerSet::none))
        .collect()
}

struct Walk<'a> {
    by_name: &'a FxHashMap<&'a PackageName, Vec<usize>>,
    forks: &'a [MarkerSet],
    reached: Vec<Reached>,
    members: &'a [MemberInputs],
    /// The same for the projects, packages or not, of which one may ask for another or for parts of itself.
    of_members: Vec<Reached>,
    changed: bool,
}

impl Walk<'_> {
    /// One requirement of an entry.
    fn follow(&mut self, from: usize, requirement: &Requirement) {
        let Some(reached) = self.reached.get(from) else {
            return;
        };
        let condition = MarkerSet::from(requirement.marker.as_ref());
        let mut counts = MarkerSet::none();
        if let Some(bare) = &reached.bare {
            counts = counts.or(&bare.and(&condition.with_extras(&[])));
        }
        if condition.mentions_extra() {
            for (extra, set) in &reached.extras {
                let with = condition.with_extras(std::slice::from_ref(extra));
                counts = counts.or(&set.and(&with));
            }
        }
        self.enter(requirement, &counts);
    }

    /// What one of the projects declares.
    fn follow_member(&mut self, at: usize, member: &MemberInputs) {
        let Some(reached) = self.of_members.get(at) else {
            return;
        };
        let bare = reached.bare.iter().map(|set| (PartKind::Project, set));
        let extras = reached.extras.iter();
        let extras = extras.map(|(extra, set)| (PartKind::Extra(extra.clone()), set));
        let parts: Vec<(PartKind, MarkerSet)> = bare
            .chain(extras)
            .map(|(kind, set)| (kind, set.clone()))
            .collect();
        for (kind, set) in parts {
            for requirement in member.part(&kind) {
                let marker = MarkerSet::from(requirement.marker.as_ref()).without_extras();
                self.enter(requirement, &set.and(&marker));
            }
        }
    }

    /// A requirement that counts in some environments.
    fn enter(&mut self, requirement: &Requirement, counts: &MarkerSet) {
        if counts.is_none() {
            return;
        }
        let mut members = self.members.iter();
        if let Some(at) = members.position(|member| member.name == requirement.name) {
            self.changed |= self.of_members[at].widen(requirement, counts);
        }
        for at in self.by_name.get(&requirement.name).into_iter().flatten() {
            let wanted = counts.and(&self.forks[*at]);
            if wanted.is_none() {
                continue;
            }
            self.changed |= self.reached[*at].widen(requirement, &wanted);
        }
    }
}

impl Reached {
    /// Adds where a requirement wants it, and says whether that is more than before.
    fn widen(&mut self, requirement: &Requirement, wanted: &MarkerSet) -> bool {
        let bare = self.bare.get_or_insert_with(MarkerSet::none);
        let mut grew = widen(bare, wanted);
        for extra in &requirement.extras {
            let set = self.extras.entry(extra.clone());
            grew |= widen(set.or_insert_with(MarkerSet::none), wanted);
        }
        grew
    }
}

/// Adds to a set and says whether it grew.
fn widen(set: &mut MarkerSet, more: &MarkerSet) -> bool {
    let wider = set.or(more);
    let grew = wider != *set;
    *set = wider;
    grew
}
