//! What differs between two locks, entry by entry, and why each package is there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use naja_spec::{PackageName, Requirement, Version};

use super::diff::words;
use super::{LockedNode, ProjectLock, Stale};
use crate::PartKind;
use crate::pylock::{LockedFile, LockedPackage, LockedSource};

/// What differs between two locks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What the locks were made of, where that differs: one line each.
    pub inputs: Vec<String>,
    /// The packages that differ, by name.
    pub packages: Vec<PackageDifference>,
}

/// How a package differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageDifference {
    /// The package.
    pub name: PackageName,
    /// In one word.
    pub kind: DifferenceKind,
    /// What one lock has, as versions or sources; empty for a new package.
    pub before: Vec<String>,
    /// What the other has; empty for a package that is gone.
    pub after: Vec<String>,
    /// What else differs.
    pub details: Vec<Detail>,
    /// Who asks for it, in the newer lock if that has it.
    pub asked_by: Vec<Asking>,
    /// A shortest way to it, from a project on.
    pub way: Vec<PackageName>,
}

/// A difference in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Only the newer lock has it.
    Added,
    /// Only the older lock has it.
    Removed,
    /// Its version is higher.
    Upgraded,
    /// Its version is lower.
    Downgraded,
    /// It is another one in a way that is neither up nor down.
    Changed,
}

/// Something besides the version that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Files that are new or gone under the same version.
    Files {
        /// The new ones.
        added: Vec<String>,
        /// Those that are gone.
        removed: Vec<String>,
    },
    /// A file of the same name has other content.
    Hash {
        /// The file.
        file: String,
    },
    /// It is for other environments, extras or groups.
    Marker {
        /// The marker before; empty for always.
        before: String,
        /// The marker now; empty for always.
        after: String,
    },
    /// It comes from another place.
    Source {
        /// The place before.
        before: String,
        /// The place now.
        after: String,
    },
    /// It requires something else.
    Requires {
        /// What is new.
        added: Vec<String>,
        /// What is gone.
        removed: Vec<String>,
    },
}

/// Who asks for a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asking {
    /// The package or project.
    pub name: PackageName,
    /// Its version, if that is fixed.
    pub version: Option<String>,
    /// The extra or group of a project that asks.
    pub part: Option<String>,
    /// In which words.
    pub requirement: String,
}

impl Comparison {
    /// Compares two locks.
    #[must_use]
    pub fn between(before: &ProjectLock, after: &ProjectLock) -> Self {
        let why = before.inputs.compare(&after.inputs);
        let inputs = why.iter().map(|why| told(why, before, after)).collect();
        let (old, new) = (Side::of(before), Side::of(after));
        let names: BTreeSet<&PackageName> = old
            .by_name
            .keys()
            .chain(new.by_name.keys())
            .copied()
            .collect();
        let packages = names.into_iter();
        Self {
            inputs,
            packages: packages
                .filter_map(|name| difference(name, &old, &new))
                .collect(),
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.packages.is_empty()
    }
}

/// What differs of the inputs, with the values where they are short.
fn told(why: &Stale, before: &ProjectLock, after: &ProjectLock) -> String {
    let python = |lock: &ProjectLock| {
        let bounds = lock.inputs.requires_python.as_ref();
        bounds.map_or_else(|| "any".to_owned(), ToString::to_string)
    };
    let rule = |lock: &ProjectLock, key: &str| {
        let values = lock.inputs.rules.get(key);
        values.map_or_else(|| "not set".to_owned(), |values| values.join(", "))
    };
    match why {
        Stale::Python => format!("{why}: {} → {}", python(before), python(after)),
        Stale::Rule(key) => format!("{why}: {} → {}", rule(before, key), rule(after, key)),
        _ => why.to_string(),
    }
}

/// One of the locks, by names.
struct Side<'a> {
    lock: &'a ProjectLock,
    by_name: BTreeMap<&'a PackageName, Vec<(&'a LockedPackage, &'a LockedNode)>>,
    /// From whom each name is reached first.
    parents: BTreeMap<&'a PackageName, Option<&'a PackageName>>,
}

impl<'a> Side<'a> {
    fn of(lock: &'a ProjectLock) -> Self {
        let mut by_name: BTreeMap<&PackageName, Vec<_>> = BTreeMap::new();
        for (package, node) in lock.file.packages.iter().zip(&lock.nodes) {
            by_name
                .entry(&package.name)
                .or_default()
                .push((package, node));
        }
        let mut side = Self {
            lock,
            by_name,
            parents: BTreeMap::new(),
        };
        side.walk();
        side
    }

    /// Finds a shortest way to everything, from the projects on.
    fn walk(&mut self) {
        let members = self.lock.inputs.members.iter();
        let mut open: VecDeque<&'a PackageName> = members.map(|member| &member.name).collect();
        for name in &open {
            self.parents.insert(name, None);
        }
        while let Some(name) = open.pop_front() {
            for requirement in self.requirements(name) {
                if !self.parents.contains_key(&requirement.name) {
                    self.parents.insert(&requirement.name, Some(name));
                    open.push_back(&requirement.name);
                }
            }
        }
    }

    fn requirements(&self, name: &PackageName) -> Vec<&'a Requirement> {
        let entries = self.by_name.get(name).into_iter().flatten();
        let said = entries.flat_map(|(_, node)| &node.requires);
        let member = self.lock.inputs.member(name).into_iter();
        member
            .flat_map(super::MemberInputs::all_parts)
            .flat_map(|(_, list)| list)
            .chain(said)
            .collect()
    }

    fn way(&self, name: &PackageName) -> Vec<PackageName> {
        let mut way = Vec::new();
        let mut at = self.parents.get_key_value(name);
        while let Some((name, parent)) = at {
            way.push((*name).clone());
            at = parent.and_then(|parent| self.parents.get_key_value(parent));
        }
        way.reverse();
        way
    }

    fn asked_by(&self, name: &PackageName) -> Vec<Asking> {
        let mut found = BTreeSet::new();
        let mut members: BTreeSet<&PackageName> = BTreeSet::new();
        for member in &self.lock.inputs.members {
            for (kind, list) in member.all_parts() {
                for requirement in list.iter().filter(|one| one.name == *name) {
                    members.insert(&member.name);
                    found.insert(Asking {
                        name: member.name.clone(),
                        version: member.version.as_ref().map(ToString::to_string),
                        part: match &kind {
                            PartKind::Project => None,
                            PartKind::Extra(extra) => Some(format!("extra: {extra}")),
                            PartKind::Group(group) => Some(format!("group: {group}")),
                        },
                        requirement: requirement.lockstyle(),
                    });
                }
            }
        }
        for (package, node) in self.lock.file.packages.iter().zip(&self.lock.nodes) {
            if members.contains(&package.name) || package.name == *name {
                continue;
            }
            for requirement in node.requires.iter().filter(|one| one.name == *name) {
                found.insert(Asking {
                    name: package.name.clone(),
                    version: package.version.as_ref().map(ToString::to_string),
                    part: None,
                    requirement: requirement.lockstyle(),
                });
            }
        }
        found.into_iter().collect()
    }
}

fn difference(name: &PackageName, old: &Side<'_>, new: &Side<'_>) -> Option<PackageDifference> {
    let entries = |side: &Side<'_>| {
        let entries = side.by_name.get(name).cloned().unwrap_or_default();
        let mut entries: Vec<_> = entries
            .into_iter()
            .map(|(package, node)| (words(package), package.clone(), node.clone()))
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries
    };
    let (mut before, mut after) = (entries(old), entries(new));
    let mut details = Vec::new();
    let shown = |entries: &[(String, LockedPackage, LockedNode)]| -> Vec<String> {
        entries.iter().map(|(words, ..)| words.clone()).collect()
    };
    let (all_before, all_after) = (shown(&before), shown(&after));
    // What both have under one version is compared in detail.
    before.retain(|(words, package, node)| {
        let same = after.iter().position(|(other, ..)| other == words);
        let Some(at) = same else { return true };
        let (_, other, other_node) = after.remove(at);
        compare((package, node), (&other, &other_node), &mut details);
        false
    });
    // What a project declares is told of whoever it asks for.
    if new.lock.inputs.member(name).is_some() {
        details.retain(|detail| !matches!(detail, Detail::Requires { .. }));
    }
    if before.is_empty() && after.is_empty() && details.is_empty() {
        return None;
    }
    if let ([(_, old, _)], [(_, new, _)]) = (before.as_slice(), after.as_slice()) {
        compare_places(old, new, &mut details);
    }
    let is_gone = all_after.is_empty();
    let side = if is_gone { old } else { new };
    Some(PackageDifference {
        name: name.clone(),
        kind: match (all_before.is_empty(), is_gone) {
            (true, _) => DifferenceKind::Added,
            (_, true) => DifferenceKind::Removed,
            _ => direction(&before, &after),
        },
        before: all_before,
        after: all_after,
        details,
        asked_by: side.asked_by(name),
        way: side.way(name),
    })
}

type Entry = (String, LockedPackage, LockedNode);

fn direction(before: &[Entry], after: &[Entry]) -> DifferenceKind {
    let highest = |entries: &[Entry]| -> Option<Version> {
        entries
            .iter()
            .filter_map(|(_, one, _)| one.version.clone())
            .max()
    };
    match (highest(before), highest(after)) {
        (Some(before), Some(after)) if after > before => DifferenceKind::Upgraded,
        (Some(before), Some(after)) if after < before => DifferenceKind::Downgraded,
        _ => DifferenceKind::Changed,
    }
}

/// Two entries of one version.
fn compare(
    (old, old_node): (&LockedPackage, &LockedNode),
    (new, new_node): (&LockedPackage, &LockedNode),
    details: &mut Vec<Detail>,
) {
    compare_files(old, new, details);
    compare_places(old, new, details);
    let marker = |package: &LockedPackage| {
        let marker = package.marker.as_ref();
        marker.map_or_else(String::new, |marker| marker.lockstyle().to_string())
    };
    let (before, after) = (marker(old), marker(new));
    if before != after {
        details.push(Detail::Marker { before, after });
    }
    let requires = |node: &LockedNode| -> BTreeSet<String> {
        node.requires.iter().map(Requirement::lockstyle).collect()
    };
    let (before, after) = (requires(old_node), requires(new_node));
    if before != after {
        details.push(Detail::Requires {
            added: after.difference(&before).cloned().collect(),
            removed: before.difference(&after).cloned().collect(),
        });
    }
}

fn compare_files(old: &LockedPackage, new: &LockedPackage, details: &mut Vec<Detail>) {
    let (before, after) = (files(old), files(new));
    let gone = |a: &BTreeMap<&str, &LockedFile>, b: &BTreeMap<&str, &LockedFile>| -> Vec<String> {
        let names = a.keys().filter(|name| !b.contains_key(*name));
        names.map(|name| (*name).to_owned()).collect()
    };
    let (added, removed) = (gone(&after, &before), gone(&before, &after));
    if !added.is_empty() || !removed.is_empty() {
        details.push(Detail::Files { added, removed });
    }
    for (name, file) in &before {
        let other = after.get(name);
        if other.is_some_and(|other| is_other_content(file, other)) {
            details.push(Detail::Hash {
                file: (*name).to_owned(),
            });
        }
    }
}

/// Whether two files cannot have the same content.
pub(super) fn is_other_content(file: &LockedFile, other: &LockedFile) -> bool {
    file.hashes.iter().any(|hash| {
        let mut others = other.hashes.iter();
        others.any(|other| other.algorithm() == hash.algorithm() && other != hash)
    })
}

fn files(package: &LockedPackage) -> BTreeMap<&str, &LockedFile> {
    let files: Vec<&LockedFile> = match &package.source {
        LockedSource::Files { sdist, wheels } => sdist.iter().chain(wheels).collect(),
        LockedSource::Archive { file, .. } => vec![file],
        _ => Vec::new(),
    };
    files
        .into_iter()
        .map(|file| (file.name.as_str(), file))
        .collect()
}

fn compare_places(old: &LockedPackage, new: &LockedPackage, details: &mut Vec<Detail>) {
    let place = |package: &LockedPackage| match &package.source {
        LockedSource::Files { .. } => match &package.index {
            Some(index) => format!("the index {}", index.masked()),
            None => "the default index".to_owned(),
        },
        LockedSource::Archive { .. } => "an archive".to_owned(),
        LockedSource::Directory { path, .. } => format!("the directory {path}"),
        LockedSource::Vcs { kind, .. } => format!("a {kind} repository"),
    };
    let (before, after) = (place(old), place(new));
    if before != after {
        details.push(Detail::Source { before, after });
    }
}
