//! What a search is for: one environment, or a set of them.

use std::cmp::Ordering;

use naja_spec::{ExtraName, Marker, MarkerSet, PackageName};
use rustc_hash::FxHashMap;

use crate::model::Model;
use crate::{ForkStrategy, Problem, ProjectPart, Target};

/// Whether a marker holds in what is resolved for.
#[derive(Clone, Debug)]
pub(crate) enum Holds {
    /// Nowhere.
    Never,
    /// In a part, which the set marks off.
    Partly(MarkerSet),
    /// Everywhere.
    Always,
}

/// A part of the target that is resolved on its own.
#[derive(Debug)]
pub(crate) struct Region {
    /// The environments.
    pub(crate) set: MarkerSet,
    /// The parts of projects that nobody asks for here.
    pub(crate) without: Vec<ProjectPart>,
    /// Whether it is a part that an earlier answer told apart.
    pub(crate) parted: bool,
    /// What markers that do not hold everywhere or nowhere in the target were found to be here.
    seen: FxHashMap<(Marker, Option<u32>), Holds>,
}

impl Region {
    pub(crate) fn new(set: MarkerSet, without: Vec<ProjectPart>) -> Self {
        Self {
            set,
            without,
            parted: false,
            seen: FxHashMap::default(),
        }
    }

    /// Returns whether a condition holds in a part of the region only.
    pub(crate) fn is_split_by(&self, condition: &MarkerSet) -> bool {
        !self.set.is_disjoint(condition) && !self.set.implies(condition)
    }

    /// Returns a part of the region with these environments.
    pub(crate) fn part(&self, set: MarkerSet) -> Self {
        Self {
            parted: true,
            ..Self::new(set, self.without.clone())
        }
    }

    /// Cuts the region in two, best first.
    pub(crate) fn cut(&self, condition: &MarkerSet, strategy: ForkStrategy) -> [Self; 2] {
        let inside = self.part(self.set.and(condition));
        let outside = self.part(self.set.and(&condition.not()));
        if inside.before(&outside, strategy).is_gt() {
            [outside, inside]
        } else {
            [inside, outside]
        }
    }

    /// Says which of two parts comes first: newer Pythons first, so that every range gets the newest it can
    /// have and older ones follow where they can; then what ends before what is open. For as few versions as
    /// can be older Pythons come first, because what they take will do for newer ones.
    pub(crate) fn before(&self, other: &Self, strategy: ForkStrategy) -> Ordering {
        let rank = |region: &Self| {
            let (low, high) = region.set.python_bounds();
            (low, high.is_some())
        };
        let (a, b) = (rank(self), rank(other));
        let order = match strategy {
            ForkStrategy::RequiresPython => b.0.cmp(&a.0),
            ForkStrategy::Fewest => a.0.cmp(&b.0),
        };
        order.then(b.1.cmp(&a.1))
    }

    /// Returns the condition that nobody asks for the parts that are left out here.
    pub(crate) fn without_parts(&self) -> MarkerSet {
        self.without.iter().fold(MarkerSet::all(), |all, part| {
            all.and(&asked_for(part).not())
        })
    }
}

/// Returns the regions a problem starts with, best first.
pub(crate) fn first_regions(problem: &Problem) -> Vec<Region> {
    let Target::Universal(target) = &problem.target else {
        return Vec::new();
    };
    let all = MarkerSet::from_requires_python(&target.requires_python);
    let mut sets = Vec::new();
    let mut left = all.clone();
    for marker in &target.environments {
        let wanted = MarkerSet::from_marker(marker);
        let set = left.and(&wanted);
        if !set.is_none() {
            sets.push(set);
        }
        left = left.and(&wanted.not());
    }
    if target.environments.is_empty() {
        sets.push(all);
    }
    for place in index_places(problem) {
        let cut = |set: &MarkerSet| [set.and(place), set.and(&place.not())];
        sets = sets.iter().flat_map(cut).collect();
        sets.retain(|set| !set.is_none());
    }
    let mut regions = Vec::new();
    for set in sets {
        for without in apart(&target.conflicts) {
            regions.push(Region::new(set.clone(), without));
        }
    }
    regions
}

/// Returns where packages that the user names come from different indexes.
fn index_places(problem: &Problem) -> impl Iterator<Item = &MarkerSet> {
    let is_named = |name: &PackageName| {
        let mut roots = problem.roots.iter();
        roots.any(|root| root.requirement.name == *name)
    };
    let places = problem.index_places.iter();
    places
        .filter(move |(name, _)| is_named(name))
        .flat_map(|(_, places)| places.iter().map(|(_, place)| place))
}

/// As long as there are no more choices than this, leaving out all parts of a conflict is one.
const MOST_FREE: usize = 9;

/// Returns which parts are left out so that no two of a conflict come together; one list for each choice.
fn apart(conflicts: &[crate::ConflictSet]) -> Vec<Vec<ProjectPart>> {
    let mut choices: Vec<Vec<ProjectPart>> = vec![Vec::new()];
    for conflict in conflicts.iter().filter(|conflict| conflict.len() > 1) {
        let mut next = Vec::new();
        for choice in &choices {
            let open: Vec<_> = conflict
                .iter()
                .filter(|part| !choice.contains(part))
                .collect();
            if open.len() < 2 {
                next.push(choice.clone());
                continue;
            }
            // Who asks for none of them is bound by none of them, and comes first.
            if choices.len() <= MOST_FREE {
                let mut none = choice.clone();
                none.extend(open.iter().map(|part| (*part).clone()));
                next.push(none);
            }
            for stays in &open {
                let mut more = choice.clone();
                more.extend(
                    open.iter()
                        .filter(|part| part != &stays)
                        .map(|part| (*part).clone()),
                );
                next.push(more);
            }
        }
        choices = next;
    }
    choices
}

/// Returns the condition that a part of a project is asked for.
pub(crate) fn asked_for(part: &ProjectPart) -> MarkerSet {
    let name = part.marker_name().ok();
    let marker = name.and_then(|name| Marker::parse(&format!("extra == '{name}'")).ok());
    MarkerSet::from(marker.as_ref())
}

impl Model {
    /// Returns whether a marker holds, with an extra or without any.
    pub(crate) fn holds(&mut self, marker: Option<&Marker>, extra: Option<u32>) -> Holds {
        let Some(marker) = marker else {
            return Holds::Always;
        };
        let names: &[ExtraName] = match extra {
            Some(extra) => std::slice::from_ref(self.extras.name(extra)),
            None => &[],
        };
        if let Target::Exact(target) = &self.problem.target {
            return match marker.evaluate(&target.environment, names) {
                true => Holds::Always,
                false => Holds::Never,
            };
        }
        let key = (marker.clone(), extra);
        if let Some(known) = self.region.seen.get(&key) {
            self.local = true;
            return known.clone();
        }
        let whole = &self.whole;
        let (set, held) = self.sets.entry(key.clone()).or_insert_with(|| {
            let set = MarkerSet::from_marker(marker).with_extras(names);
            let held = held_in(whole, &set);
            (set, held)
        });
        let held = match held {
            Holds::Partly(_) => held_in(&self.region.set, set),
            everywhere => return everywhere.clone(),
        };
        self.local = true;
        self.region.seen.insert(key, held.clone());
        held
    }

    /// Returns whether a marker holds somewhere.
    pub(crate) fn may_hold(&mut self, marker: Option<&Marker>) -> bool {
        !matches!(self.holds(marker, None), Holds::Never)
    }

    /// Returns how many versions are wanted.
    pub(crate) fn strategy(&self) -> ForkStrategy {
        match &self.problem.target {
            Target::Universal(target) => target.fork_strategy,
            Target::Exact(_) => ForkStrategy::default(),
        }
    }

    /// Returns whether this is a resolution for more than one environment.
    pub(crate) fn is_universal(&self) -> bool {
        matches!(self.problem.target, Target::Universal(_))
    }

    /// Turns to another region: what was concluded for the last one is forgotten, what was learnt stays.
    pub(crate) fn enter(&mut self, region: Region) {
        self.python.aim_at(region.set.python_versions());
        self.region = region;
        for package in &mut self.packages {
            package.enter();
        }
    }
}

fn held_in(region: &MarkerSet, set: &MarkerSet) -> Holds {
    if region.is_disjoint(set) {
        Holds::Never
    } else if region.implies(set) {
        Holds::Always
    } else {
        Holds::Partly(set.clone())
    }
}

/// Returns the part of the first condition that the second leaves.
pub(crate) fn both(a: Holds, b: Holds, within: &MarkerSet) -> Holds {
    match (a, b) {
        (Holds::Never, _) | (_, Holds::Never) => Holds::Never,
        (Holds::Always, other) | (other, Holds::Always) => other,
        (Holds::Partly(a), Holds::Partly(b)) => {
            let set = a.and(&b);
            if set.is_disjoint(within) {
                Holds::Never
            } else {
                Holds::Partly(set)
            }
        }
    }
}
