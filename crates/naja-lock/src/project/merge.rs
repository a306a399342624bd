//! Two locks with one ancestor, put together.

use std::collections::{BTreeMap, BTreeSet};

use naja_spec::{ExtraName, MarkerSet, PackageName, Requirement, Version};

use super::compare::is_other_content;
use super::make::asks;
use super::marks::Sides;
use super::merge_inputs::{Three, merged};
use super::names::PartNames;
use super::reach::{Ask, reach};
use super::{LockedNode, ProjectLock};
use crate::Pylock;
use crate::pylock::{LockedFile, LockedPackage, LockedSource};

/// The key among the rules of a lock under which a merge that is not resolved keeps the versions it did not
/// take. No setting has this name, so that such a lock never fits its project.
pub const MERGED: &str = "merge";

/// Two locks put together.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The lock.
    pub lock: ProjectLock,
    /// Why it has to be resolved before it can be used; nothing if it is good as it is.
    pub open: Vec<String>,
}

impl ProjectLock {
    /// Puts two locks together: of what only one side changed, that change; of what both changed, the higher
    /// version. It does not matter which side is which, but for the order of dependencies.
    ///
    /// Everything that can be seen without an index is checked. Where that is not enough, the lock is marked, so
    /// that it does not fit its project until it is resolved; what was not taken is then tried as well.
    #[must_use]
    pub fn merge(base: Option<&Self>, ours: &Self, theirs: &Self) -> Merged {
        let three = Three { base, ours, theirs };
        if let Some(settled) = three.settled() {
            return Merged {
                lock: settled.clone(),
                open: earlier(settled),
            };
        }
        let mut open = Vec::new();
        let inputs = merged(
            &Three {
                base: base.map(|base| &base.inputs),
                ours: &ours.inputs,
                theirs: &theirs.inputs,
            },
            &mut open,
        );
        let mut picked = Picked::default();
        picked.pick(&three, &mut open);
        let mut lock = Self {
            file: Pylock {
                requires_python: inputs.requires_python.clone(),
                environments: inputs.environments.clone(),
                packages: picked
                    .entries
                    .iter()
                    .map(|one| one.package.clone())
                    .collect(),
                ..ours.file.clone()
            },
            nodes: picked.entries.iter().map(|one| one.node.clone()).collect(),
            inputs,
        };
        let sides: Vec<BTreeSet<Side>> =
            picked.entries.iter().map(|one| one.sides.clone()).collect();
        let sides = lock.keep_reached(sides);
        lock.check(&sides, (ours, theirs), &mut open);
        open.sort();
        open.dedup();
        if !open.is_empty() {
            let mut others = picked.others;
            for side in [ours, theirs] {
                others.extend(side.inputs.rules.get(MERGED).into_iter().flatten().cloned());
            }
            let others: Vec<String> = others.into_iter().collect();
            lock.inputs.rules.insert(MERGED.to_owned(), others);
        }
        lock.publish_again();
        Merged { lock, open }
    }

    /// Puts the sides of a text with the marks of a conflict together; `None` if it has none, or if a side is no
    /// lock of a project. The lock is marked as one that has to be resolved.
    #[must_use]
    pub fn of_conflict(text: &str) -> Option<Merged> {
        let sides = Sides::of(text)?;
        let ours = Self::parse(&sides.ours).ok()?;
        let theirs = Self::parse(&sides.theirs).ok()?;
        let base = sides.base.and_then(|base| Self::parse(&base).ok());
        Some(Self::merge(base.as_ref(), &ours, &theirs).to_be_resolved())
    }

    /// The versions that a merge did not take.
    pub fn passed_over(&self) -> impl Iterator<Item = (PackageName, Version)> {
        let pins = self.inputs.rules.get(MERGED).into_iter().flatten();
        pins.filter_map(|pin| {
            let (name, version) = pin.split_once("==")?;
            Some((name.parse().ok()?, version.parse().ok()?))
        })
    }

    /// Whether it is what a merge left to be resolved.
    #[must_use]
    pub fn is_to_be_resolved(&self) -> bool {
        self.inputs.rules.contains_key(MERGED)
    }

    /// Drops what nothing asks for any more; returns what is left of the companion list.
    pub(super) fn keep_reached<T>(&mut self, companions: Vec<T>) -> Vec<T> {
        let reached = self.reached();
        let packages = std::mem::take(&mut self.file.packages);
        let nodes = std::mem::take(&mut self.nodes);
        let entries = packages.into_iter().zip(nodes).zip(reached).zip(companions);
        let mut kept = Vec::new();
        for (((package, node), set), companion) in entries {
            if !set.is_none() || self.inputs.member(&package.name).is_some() {
                self.file.packages.push(package);
                self.nodes.push(node);
                kept.push(companion);
            }
        }
        kept
    }

    /// Where each entry is wanted, by whatever part.
    fn reached(&self) -> Vec<MarkerSet> {
        match PartNames::of(&self.inputs) {
            Ok(names) => reach(self, &asks(&self.inputs, &names)),
            // Names that were parsed give names.
            Err(_) => vec![MarkerSet::all(); self.nodes.len()],
        }
    }

    pub(super) fn publish_again(&mut self) {
        self.file.extras.clear();
        self.file.dependency_groups.clear();
        self.file.default_groups.clear();
        self.publish();
    }

    /// Says what of a merged lock neither side has seen together.
    fn check(&self, sides: &[BTreeSet<Side>], both: (&Self, &Self), open: &mut Vec<String>) {
        let known = [Known::of(both.0), Known::of(both.1)];
        let asked = Known::of(self);
        for unmet in &asked.unmet {
            if !known.iter().any(|side| side.unmet.contains(unmet)) {
                open.push(format!("nothing that is locked meets `{}`", unmet.1));
            }
        }
        for (at, sides) in sides.iter().enumerate() {
            let package = &self.file.packages[at];
            let name = &package.name;
            let of_sides = || sides.iter().map(|side| &known[*side as usize]);
            let mut before = MarkerSet::none();
            for side in of_sides() {
                before = before.or(&side.reach_of(package));
            }
            if !asked.reach_of(package).implies(&before) {
                open.push(format!(
                    "{name} is wanted in environments it was not locked for"
                ));
            }
            for (_, extra) in asked.extras.iter().filter(|(asked, _)| asked == name) {
                let pair = (name.clone(), extra.clone());
                if !of_sides().any(|side| side.extras.contains(&pair)) {
                    open.push(format!("{name}[{extra}] was not locked for this version"));
                }
            }
        }
    }
}

/// What an earlier merge of this lock left open.
fn earlier(lock: &ProjectLock) -> Vec<String> {
    match lock.is_to_be_resolved() {
        true => vec!["an earlier merge was not resolved".to_owned()],
        false => Vec::new(),
    }
}

impl Merged {
    /// Marks the lock as one that has to be resolved, if it is not already.
    #[must_use]
    pub fn to_be_resolved(mut self) -> Self {
        let rules = &mut self.lock.inputs.rules;
        rules.entry(MERGED.to_owned()).or_default();
        self
    }
}

/// Where an entry is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Ours = 0,
    Theirs = 1,
}

#[derive(Clone, PartialEq)]
struct Entry {
    package: LockedPackage,
    node: LockedNode,
    sides: BTreeSet<Side>,
}

impl Entry {
    /// Whether both are the same version of the same source, for the same environments.
    fn is_like(&self, other: &Self) -> bool {
        let place = |entry: &Self| match &entry.package.source {
            LockedSource::Files { .. } => None,
            source => Some(source.clone()),
        };
        self.package.version == other.package.version
            && self.package.index == other.package.index
            && self.node.fork == other.node.fork
            && place(self) == place(other)
    }
}

type ByName<'a> = BTreeMap<&'a PackageName, Vec<Entry>>;

fn by_name(lock: &ProjectLock, side: Option<Side>) -> ByName<'_> {
    let mut found = ByName::new();
    for (package, node) in lock.file.packages.iter().zip(&lock.nodes) {
        let entry = Entry {
            package: LockedPackage {
                marker: None,
                ..package.clone()
            },
            node: node.clone(),
            sides: side.into_iter().collect(),
        };
        found.entry(&package.name).or_default().push(entry);
    }
    found
}

/// The entries that are taken, and the versions that are not.
#[derive(Default)]
struct Picked {
    entries: Vec<Entry>,
    others: BTreeSet<String>,
}

impl Picked {
    fn pick(&mut self, three: &Three<'_, ProjectLock>, open: &mut Vec<String>) {
        let ours = by_name(three.ours, Some(Side::Ours));
        let theirs = by_name(three.theirs, Some(Side::Theirs));
        let base = three.base.map(|base| by_name(base, None));
        let names: BTreeSet<&PackageName> = ours.keys().chain(theirs.keys()).copied().collect();
        for name in names {
            match (ours.get(name), theirs.get(name)) {
                (Some(ours), Some(theirs)) => {
                    let base = base.as_ref().and_then(|base| base.get(name));
                    self.both(base, (ours, theirs), open);
                }
                (Some(only), None) | (None, Some(only)) => {
                    self.entries.extend(only.iter().cloned());
                }
                (None, None) => {}
            }
        }
    }

    fn both(
        &mut self,
        base: Option<&Vec<Entry>>,
        (ours, theirs): (&Vec<Entry>, &Vec<Entry>),
        open: &mut Vec<String>,
    ) {
        let is_like = |a: &[Entry], b: &[Entry]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_like(b))
        };
        let ours_is_new = base.is_some_and(|base| is_like(base, theirs));
        let theirs_is_new = base.is_some_and(|base| is_like(base, ours));
        let takes_ours = match (ours_is_new, theirs_is_new) {
            (true, false) => true,
            (false, true) => false,
            _ => rank(ours) >= rank(theirs),
        };
        let (taken, other) = match takes_ours {
            true => (ours, theirs),
            false => (theirs, ours),
        };
        for entry in other {
            if !taken
                .iter()
                .any(|one| one.package.version == entry.package.version)
                && let Some(version) = &entry.package.version
            {
                self.others
                    .insert(format!("{}=={version}", entry.package.name));
            }
        }
        for entry in taken {
            let mut entry = entry.clone();
            if let Some(twin) = other.iter().find(|twin| twin.is_like(&entry)) {
                unite(&mut entry, twin, open);
            }
            self.entries.push(entry);
        }
    }
}

/// What is taken where both sides changed: the higher version, else whatever comes later as text.
fn rank(entries: &[Entry]) -> (Option<Version>, String) {
    let versions = entries.iter().filter_map(|one| one.package.version.clone());
    let text: Vec<String> = entries
        .iter()
        .map(|one| format!("{:?} {:?}", one.package.source, one.node.fork))
        .collect();
    (versions.max(), text.join("\n"))
}

/// Adds to an entry what the other side knows about the same version.
fn unite(entry: &mut Entry, twin: &Entry, open: &mut Vec<String>) {
    entry.sides.extend(twin.sides.iter().copied());
    entry
        .node
        .requires
        .extend(twin.node.requires.iter().cloned());
    entry.node.requires.sort_by_cached_key(ToString::to_string);
    entry.node.requires.dedup();
    let name = &entry.package.name;
    let (
        LockedSource::Files { sdist, wheels },
        LockedSource::Files {
            sdist: more_sdist,
            wheels: more,
        },
    ) = (&mut entry.package.source, &twin.package.source)
    else {
        return;
    };
    let mut add = |files: &mut Vec<LockedFile>, file: &LockedFile| match files
        .iter_mut()
        .find(|known| known.name == file.name)
    {
        None => files.push(file.clone()),
        Some(known) if is_other_content(known, file) => {
            open.push(format!(
                "the sides have other content for {} of {name}",
                file.name
            ));
        }
        Some(_) => {}
    };
    for wheel in more {
        add(wheels, wheel);
    }
    wheels.sort_by(|a, b| a.name.cmp(&b.name));
    let mut sdists: Vec<LockedFile> = sdist.take().into_iter().collect();
    if let Some(file) = more_sdist {
        add(&mut sdists, file);
    }
    *sdist = sdists.into_iter().next();
}

/// What a lock asks for and has, to be compared.
struct Known<'a> {
    lock: &'a ProjectLock,
    reached: Vec<MarkerSet>,
    /// Requirements that no entry meets everywhere they count.
    unmet: BTreeSet<(PackageName, String)>,
    /// The extras that are asked for.
    extras: BTreeSet<(PackageName, ExtraName)>,
}

impl<'a> Known<'a> {
    fn of(lock: &'a ProjectLock) -> Self {
        let names = PartNames::of(&lock.inputs).ok();
        let roots: Vec<Ask<'_>> = names
            .iter()
            .flat_map(|names| asks(&lock.inputs, names))
            .collect();
        let mut known = Self {
            reached: reach(lock, &roots)
                .iter()
                .map(MarkerSet::without_extras)
                .collect(),
            lock,
            unmet: BTreeSet::new(),
            extras: BTreeSet::new(),
        };
        for ask in &roots {
            known.note(ask.requirement, &MarkerSet::all());
        }
        for (at, node) in lock.nodes.iter().enumerate() {
            let here = known.reached[at].clone();
            for requirement in &node.requires {
                known.note(requirement, &here);
            }
        }
        known
    }

    fn note(&mut self, requirement: &Requirement, here: &MarkerSet) {
        let name = &requirement.name;
        let extras = requirement.extras.iter();
        self.extras
            .extend(extras.map(|extra| (name.clone(), extra.clone())));
        let marker = MarkerSet::from(requirement.marker.as_ref()).without_extras();
        let counts = here.and(&marker).and(&self.lock.environments());
        if counts.is_none() {
            return;
        }
        let entries = self.lock.file.packages.iter().zip(&self.lock.nodes);
        let mut met = MarkerSet::none();
        for (package, node) in entries.filter(|(package, _)| package.name == *name) {
            let fits = match (&package.source, requirement.specifiers(), &package.version) {
                (LockedSource::Files { .. }, Some(wanted), Some(version)) => {
                    wanted.contains(version)
                }
                _ => true,
            };
            if fits {
                met = met.or(&MarkerSet::from(node.fork.as_ref()).without_extras());
            }
        }
        // A project that is no package has no entry.
        let is_entry = self.lock.file.packages.iter().any(|one| one.name == *name);
        let is_member = self.lock.inputs.member(name).is_some();
        if !counts.implies(&met) && (is_entry || !is_member) {
            self.unmet.insert((name.clone(), requirement.to_string()));
        }
    }

    /// The environments in which the entry like this one is wanted.
    fn reach_of(&self, package: &LockedPackage) -> MarkerSet {
        let entries = self.lock.file.packages.iter().zip(&self.reached);
        let same =
            entries.filter(|(one, _)| one.name == package.name && one.version == package.version);
        same.fold(MarkerSet::none(), |all, (_, set)| all.or(set))
    }
}
