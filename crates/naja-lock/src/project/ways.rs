//! Who asks for each entry of a lock, and in which environments.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use naja_spec::{ExtraName, MarkerSet, PackageName, Requirement, Version};
use rustc_hash::FxHashMap;

use super::names::{PartNames, PublicName};
use super::{MemberChoice, MemberInputs, ProjectLock};
use crate::PartKind;
use crate::pylock::SelectError;

/// How often one entry is looked at; what still grows then stays narrower.
const MAX_VISITS: usize = 64;

/// Something that is wanted or that wants something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// An entry of [`Pylock::packages`](crate::Pylock::packages).
    Entry(usize),
    /// A project of [`Inputs::members`](super::Inputs::members) that is no package, and so has no entry.
    Member(usize),
}

/// One requirement that counts somewhere.
#[derive(Clone, Debug)]
pub struct Way<'a> {
    /// Who asks.
    pub from: Place,
    /// Which part of it asks: a distribution by itself or with an extra, a project also with a group.
    pub part: PartKind,
    /// For what.
    pub to: Place,
    /// In which words.
    pub requirement: &'a Requirement,
    /// The environments it counts in.
    pub counts: MarkerSet,
}

/// Everything some parts of projects want, and why.
#[derive(Clone, Debug, Default)]
pub struct Ways<'a> {
    /// The projects that were chosen, in the order of the choices.
    pub roots: Vec<Place>,
    /// What is wanted, with the environments it is wanted in. Of the roots only those that are wanted themselves.
    pub wanted: BTreeMap<Place, MarkerSet>,
    /// Who asks for whom: by who asks, then by the order of the requirements.
    pub ways: Vec<Way<'a>>,
    /// The extras that are asked for.
    pub extras: BTreeMap<Place, BTreeSet<ExtraName>>,
}

impl ProjectLock {
    /// Returns what these parts want anywhere, and who asks for it; nothing for what is below `pruned` alone.
    ///
    /// # Errors
    /// There is no such part.
    pub fn ways<'a>(
        &'a self,
        choices: &[MemberChoice],
        pruned: &'a [PackageName],
    ) -> Result<Ways<'a>, SelectError> {
        let asked = self.parts(choices)?;
        let mut walk = Walk::new(self, &asked, pruned);
        let mut roots = Vec::new();
        for (member, kind) in &asked {
            let Some(at) = walk.place_of(&member.name) else {
                continue;
            };
            if !roots.contains(&at) {
                roots.push(at);
            }
            walk.ask(at, kind);
        }
        walk.finish();
        Ok(walk.answer(roots))
    }

    /// The parts that are asked for, checked.
    pub(super) fn parts(
        &self,
        choices: &[MemberChoice],
    ) -> Result<Vec<(&MemberInputs, PartKind)>, SelectError> {
        let mut parts = Vec::new();
        for choice in choices {
            let Some(member) = self.inputs.member(&choice.name) else {
                return Err(SelectError::Project(choice.name.clone()));
            };
            for kind in choice.kinds() {
                match &kind {
                    PartKind::Extra(name) if !member.extras.contains_key(name) => {
                        return Err(SelectError::Extra(name.clone()));
                    }
                    PartKind::Group(name) if !member.groups.contains_key(name) => {
                        return Err(SelectError::Group(name.clone()));
                    }
                    _ => {}
                }
                parts.push((member, kind));
            }
        }
        Ok(parts)
    }

    /// Returns the name of what is at a place.
    #[must_use]
    pub fn name_at(&self, place: Place) -> &PackageName {
        match place {
            Place::Entry(at) => &self.file.packages[at].name,
            Place::Member(at) => &self.inputs.members[at].name,
        }
    }

    /// Returns the version of what is at a place; what is only a directory has that of its project, if that
    /// is known.
    #[must_use]
    pub fn version_at(&self, place: Place) -> Option<&Version> {
        let own = match place {
            Place::Entry(at) => self.file.packages[at].version.as_ref(),
            Place::Member(_) => None,
        };
        own.or_else(|| self.inputs.member(self.name_at(place))?.version.as_ref())
    }
}

/// In which environments something is wanted, by itself and with what of it.
#[derive(Clone, Default)]
struct Reached {
    bare: Option<MarkerSet>,
    parts: BTreeMap<PartKind, MarkerSet>,
    visits: usize,
}

/// A requirement of a place: the part that has it, and the environments it counts in.
type Clause<'a> = (PartKind, &'a Requirement, MarkerSet);

struct Walk<'a> {
    lock: &'a ProjectLock,
    pruned: &'a [PackageName],
    /// Where each package is: its entries, or the project that is no package.
    places: FxHashMap<&'a PackageName, Vec<Place>>,
    /// The environments of each place, as the chosen parts leave them.
    forks: BTreeMap<Place, MarkerSet>,
    reached: BTreeMap<Place, Reached>,
    queue: VecDeque<Place>,
}

impl<'a> Walk<'a> {
    fn new(
        lock: &'a ProjectLock,
        asked: &[(&MemberInputs, PartKind)],
        pruned: &'a [PackageName],
    ) -> Self {
        let assumed = lock.environments();
        let names = PartNames::of(&lock.inputs).ok();
        let decided = |set: MarkerSet| {
            let parts = names.iter().flat_map(PartNames::iter);
            parts.fold(set, |set, (part, variable, public)| {
                let is_asked = *public == PublicName::Always
                    || asked
                        .iter()
                        .any(|(member, kind)| member.name == part.package && *kind == part.kind);
                set.with_extra(variable, is_asked)
            })
        };
        let mut places: FxHashMap<&PackageName, Vec<Place>> = FxHashMap::default();
        let mut forks = BTreeMap::new();
        for (at, (package, node)) in lock.file.packages.iter().zip(&lock.nodes).enumerate() {
            let place = Place::Entry(at);
            places.entry(&package.name).or_default().push(place);
            let fork = match &node.fork {
                Some(fork) => decided(MarkerSet::from_marker(fork)).and(&assumed),
                None => assumed.clone(),
            };
            forks.insert(place, fork);
        }
        for (at, member) in lock.inputs.members.iter().enumerate() {
            if !places.contains_key(&member.name) {
                places.insert(&member.name, vec![Place::Member(at)]);
                forks.insert(Place::Member(at), assumed.clone());
            }
        }
        Self {
            lock,
            pruned,
            places,
            forks,
            reached: BTreeMap::new(),
            queue: VecDeque::new(),
        }
    }

    /// The place of a project.
    fn place_of(&self, name: &PackageName) -> Option<Place> {
        self.places.get(name)?.first().copied()
    }

    /// Something that is asked for from outside.
    fn ask(&mut self, place: Place, kind: &PartKind) {
        let all = self.forks[&place].clone();
        self.widen(place, Some(kind), &all);
    }

    fn widen(&mut self, place: Place, part: Option<&PartKind>, more: &MarkerSet) {
        let reached = self.reached.entry(place).or_default();
        let set = match part {
            None | Some(PartKind::Project) => reached.bare.get_or_insert_with(MarkerSet::none),
            Some(part) => reached
                .parts
                .entry(part.clone())
                .or_insert_with(MarkerSet::none),
        };
        let wider = set.or(more);
        if wider != *set {
            *set = wider;
            if !self.queue.contains(&place) {
                self.queue.push_back(place);
            }
        }
    }

    /// Follows every requirement until nothing grows any more.
    fn finish(&mut self) {
        while let Some(place) = self.queue.pop_front() {
            if let Some(reached) = self.reached.get_mut(&place) {
                reached.visits += 1;
                if reached.visits > MAX_VISITS {
                    continue;
                }
            }
            for (_, requirement, counts) in self.declared(place).into_iter().chain(self.said(place))
            {
                for (to, set) in self.targets(requirement, &counts) {
                    self.widen(to, None, &set);
                    for extra in &requirement.extras {
                        self.widen(to, Some(&PartKind::Extra(extra.clone())), &set);
                    }
                }
            }
        }
    }

    /// Where a requirement leads, and where it counts there.
    fn targets(&self, requirement: &Requirement, counts: &MarkerSet) -> Vec<(Place, MarkerSet)> {
        if self.pruned.contains(&requirement.name) {
            return Vec::new();
        }
        let places = self.places.get(&requirement.name).into_iter().flatten();
        places
            .map(|to| (*to, counts.and(&self.forks[to])))
            .filter(|(_, set)| !set.is_none())
            .collect()
    }

    /// What the manifest of a project asks for.
    fn declared(&self, place: Place) -> Vec<Clause<'a>> {
        let member = self.lock.inputs.member(self.lock.name_at(place));
        let (Some(reached), Some(member)) = (self.reached.get(&place), member) else {
            return Vec::new();
        };
        let bare = reached.bare.iter().map(|set| (PartKind::Project, set));
        let parts = reached.parts.iter().map(|(part, set)| (part.clone(), set));
        let mut clauses = Vec::new();
        for (part, set) in bare.chain(parts) {
            for requirement in member.part(&part) {
                let condition = MarkerSet::from(requirement.marker.as_ref());
                clauses.push((
                    part.clone(),
                    requirement,
                    set.and(&condition.without_extras()),
                ));
            }
        }
        clauses
    }

    /// What the metadata of a distribution asks for.
    fn said(&self, place: Place) -> Vec<Clause<'a>> {
        let (Some(reached), Place::Entry(at)) = (self.reached.get(&place), place) else {
            return Vec::new();
        };
        let lock = self.lock;
        let mut clauses = Vec::new();
        for requirement in &lock.nodes[at].requires {
            let condition = MarkerSet::from(requirement.marker.as_ref());
            let alone = condition.with_extras(&[]);
            if let Some(bare) = &reached.bare {
                clauses.push((PartKind::Project, requirement, bare.and(&alone)));
            }
            for (part, set) in &reached.parts {
                let PartKind::Extra(extra) = part else {
                    continue;
                };
                let with = condition.with_extras(std::slice::from_ref(extra));
                if with != alone {
                    clauses.push((part.clone(), requirement, set.and(&with)));
                }
            }
        }
        clauses
    }

    fn answer(self, roots: Vec<Place>) -> Ways<'a> {
        let mut answer = Ways {
            roots,
            ..Ways::default()
        };
        for (place, reached) in &self.reached {
            if let Some(set) = reached.bare.as_ref().filter(|set| !set.is_none()) {
                answer.wanted.insert(*place, set.clone());
            }
            let extras = reached.parts.keys().filter_map(|part| match part {
                PartKind::Extra(name) => Some(name.clone()),
                _ => None,
            });
            let extras: BTreeSet<ExtraName> = extras.collect();
            if !extras.is_empty() {
                answer.extras.insert(*place, extras);
            }
            let mut told: BTreeSet<(PartKind, Place)> = BTreeSet::new();
            for clause in self.declared(*place) {
                let ways = self.ways_of(*place, &clause);
                told.extend(ways.iter().map(|way| (way.part.clone(), way.to)));
                answer.ways.extend(ways);
            }
            // What a project declares need not be told again in the words of its metadata.
            for clause in self.said(*place) {
                let ways = self.ways_of(*place, &clause).into_iter();
                let new = ways.filter(|way| !told.contains(&(way.part.clone(), way.to)));
                answer.ways.extend(new);
            }
        }
        answer
    }

    fn ways_of(&self, from: Place, (part, requirement, counts): &Clause<'a>) -> Vec<Way<'a>> {
        let targets = self.targets(requirement, counts).into_iter();
        let ways = targets.map(|(to, counts)| Way {
            from,
            part: part.clone(),
            to,
            requirement,
            counts,
        });
        ways.collect()
    }
}
