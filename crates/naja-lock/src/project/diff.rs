//! What changed from one lock to another.

use std::collections::{BTreeMap, BTreeSet};

use naja_spec::PackageName;

use super::ProjectLock;
use crate::pylock::{LockedPackage, LockedSource};

/// What changed from one lock to another, by package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockDiff {
    /// The packages whose entries differ, sorted by name.
    pub changes: Vec<PackageChange>,
}

/// How the entries of a package changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageChange {
    /// The package.
    pub name: PackageName,
    /// What was locked before, as versions or sources; empty for a new package.
    pub before: Vec<String>,
    /// What is locked now; empty for a package that is gone.
    pub after: Vec<String>,
}

impl LockDiff {
    /// Compares two locks; without one before, everything is new.
    #[must_use]
    pub fn between(before: Option<&ProjectLock>, after: &ProjectLock) -> Self {
        let before = before.map(by_name).unwrap_or_default();
        let after = by_name(after);
        let names: BTreeSet<&PackageName> = before.keys().chain(after.keys()).copied().collect();
        let none = Vec::new();
        let changes = names.into_iter().filter_map(|name| {
            let before = before.get(name).unwrap_or(&none);
            let after = after.get(name).unwrap_or(&none);
            (before != after).then(|| PackageChange {
                name: name.clone(),
                before: before.clone(),
                after: after.clone(),
            })
        });
        Self {
            changes: changes.collect(),
        }
    }

    /// Whether no package changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

fn by_name(lock: &ProjectLock) -> BTreeMap<&PackageName, Vec<String>> {
    let mut found: BTreeMap<&PackageName, Vec<String>> = BTreeMap::new();
    for package in &lock.file.packages {
        found.entry(&package.name).or_default().push(words(package));
    }
    for words in found.values_mut() {
        words.sort();
    }
    found
}

/// What an entry is, in a word or two.
pub(super) fn words(package: &LockedPackage) -> String {
    let version = package.version.as_ref().map(ToString::to_string);
    let version = version.unwrap_or_default();
    match &package.source {
        LockedSource::Files { .. } => version,
        LockedSource::Archive { file, .. } => format!("{version} ({})", file.name),
        LockedSource::Directory { path, editable, .. } => {
            let how = if *editable { ", editable" } else { "" };
            format!("({path}{how})")
        }
        LockedSource::Vcs {
            kind, commit_id, ..
        } => {
            let short: String = commit_id.chars().take(8).collect();
            format!("{version} ({kind} {short})")
        }
    }
}
