//! What two locks with one ancestor were made of, together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use naja_spec::Requirement;

use super::merge::MERGED;
use super::{Inputs, MemberInputs};

/// Three states of one thing.
pub(super) struct Three<'a, T: ?Sized> {
    pub(super) base: Option<&'a T>,
    pub(super) ours: &'a T,
    pub(super) theirs: &'a T,
}

impl<'a, T: PartialEq + ?Sized> Three<'a, T> {
    /// What is left where one side did not change it, or both did the same.
    pub(super) fn settled(&self) -> Option<&'a T> {
        if self.ours == self.theirs || self.base == Some(self.theirs) {
            Some(self.ours)
        } else if self.base == Some(self.ours) {
            Some(self.theirs)
        } else {
            None
        }
    }
}

/// Puts inputs together; what cannot be decided is told.
pub(super) fn merged(three: &Three<'_, Inputs>, open: &mut Vec<String>) -> Inputs {
    let Three { base, ours, theirs } = three;
    let mut merging = Merging { open };
    if ours.requires_python != theirs.requires_python {
        merging.open.push("`requires-python` differs".to_owned());
    }
    if ours.environments != theirs.environments {
        merging.open.push("`environments` differs".to_owned());
    }
    let rules = |inputs: &Inputs| -> BTreeMap<String, Vec<String>> {
        let mut rules = inputs.rules.clone();
        rules.remove(MERGED);
        rules
    };
    if rules(ours) != rules(theirs) {
        merging.open.push("the settings differ".to_owned());
    }
    let known = |inputs: &Inputs| inputs.rules.contains_key(MERGED);
    if known(ours) || known(theirs) {
        merging
            .open
            .push("an earlier merge was not resolved".to_owned());
    }
    let base_rules = base.map(rules);
    let rules = Three {
        base: base_rules.as_ref(),
        ours: &rules(ours),
        theirs: &rules(theirs),
    };
    let python = Three {
        base: base.map(|base| &base.requires_python),
        ours: &ours.requires_python,
        theirs: &theirs.requires_python,
    };
    let environments = Three {
        base: base.map(|base| &base.environments),
        ours: &ours.environments,
        theirs: &theirs.environments,
    };
    Inputs {
        requires_python: python.settled().unwrap_or(&ours.requires_python).clone(),
        environments: environments.settled().unwrap_or(&ours.environments).clone(),
        members: merging.members(three),
        rules: rules.settled().unwrap_or(rules.ours).clone(),
    }
}

struct Merging<'a> {
    open: &'a mut Vec<String>,
}

impl Merging<'_> {
    fn members(&mut self, three: &Three<'_, Inputs>) -> Vec<MemberInputs> {
        let names: BTreeSet<_> = three
            .ours
            .members
            .iter()
            .chain(&three.theirs.members)
            .map(|member| &member.name)
            .collect();
        let mut members = Vec::new();
        for name in names {
            let base = three.base.and_then(|base| base.member(name));
            match (three.ours.member(name), three.theirs.member(name)) {
                (Some(ours), Some(theirs)) => {
                    members.push(self.member(&Three { base, ours, theirs }));
                }
                (Some(only), None) | (None, Some(only)) if base.is_none() => {
                    members.push(only.clone());
                }
                // The other side took it away.
                _ => {}
            }
        }
        members
    }

    fn member(&mut self, three: &Three<'_, MemberInputs>) -> MemberInputs {
        let name = &three.ours.name;
        MemberInputs {
            name: name.clone(),
            path: self.value(three, |one| &one.path, "directory"),
            version: {
                // The higher one is what a release leaves.
                let part = part(three, |one| &one.version);
                let settled = part.settled();
                settled
                    .unwrap_or_else(|| part.ours.max(part.theirs))
                    .clone()
            },
            is_package: self.value(three, |one| &one.is_package, "`package`"),
            dependencies: self.requirements(&part(three, |one| &one.dependencies)),
            extras: self.lists(&part(three, |one| &one.extras)),
            groups: self.lists(&part(three, |one| &one.groups)),
            default_groups: list(&part(three, |one| &one.default_groups)),
            sources: {
                let part = part(three, |one| &one.sources);
                let keys: BTreeSet<_> = part.ours.keys().chain(part.theirs.keys()).collect();
                let mut sources = BTreeMap::new();
                for key in keys {
                    let one = Three {
                        base: Some(&part.base.and_then(|base| base.get(key))),
                        ours: &part.ours.get(key),
                        theirs: &part.theirs.get(key),
                    };
                    let settled = one.settled().copied().unwrap_or_else(|| {
                        self.open.push(format!("the source of {key} differs"));
                        one.ours.or(*one.theirs)
                    });
                    if let Some(words) = settled {
                        sources.insert(key.clone(), words.clone());
                    }
                }
                sources
            },
            fingerprint: self.value(three, |one| &one.fingerprint, "metadata"),
        }
    }

    fn value<T: PartialEq + Clone>(
        &mut self,
        three: &Three<'_, MemberInputs>,
        of: impl Fn(&MemberInputs) -> &T,
        what: &str,
    ) -> T {
        let part = part(three, of);
        let settled = part.settled().unwrap_or_else(|| {
            self.open
                .push(format!("the {what} of {} differs", three.ours.name));
            part.ours
        });
        settled.clone()
    }

    fn lists<K: Ord + Clone>(
        &mut self,
        three: &Three<'_, BTreeMap<K, Vec<Requirement>>>,
    ) -> BTreeMap<K, Vec<Requirement>> {
        let keys: BTreeSet<&K> = three.ours.keys().chain(three.theirs.keys()).collect();
        let mut lists = BTreeMap::new();
        for key in keys {
            let base = three.base.and_then(|base| base.get(key));
            match (three.ours.get(key), three.theirs.get(key)) {
                (Some(ours), Some(theirs)) => {
                    let list = self.requirements(&Three { base, ours, theirs });
                    lists.insert(key.clone(), list);
                }
                (Some(only), None) | (None, Some(only)) if base != Some(only) => {
                    lists.insert(key.clone(), only.clone());
                }
                _ => {}
            }
        }
        lists
    }

    /// Lists of requirements; of one that both sides changed, one stays, whichever side is ours.
    fn requirements(&mut self, three: &Three<'_, Vec<Requirement>>) -> Vec<Requirement> {
        let mut merged = list(three);
        let changed: Vec<Requirement> = merged
            .iter()
            .filter(|one| !(three.ours.contains(one) && three.theirs.contains(one)))
            .cloned()
            .collect();
        for one in &changed {
            let is_rival = |other: &&Requirement| {
                other.name == one.name && other.marker == one.marker && *other != one
            };
            if let Some(other) = changed.iter().find(is_rival)
                && text(other) > text(one)
            {
                self.open
                    .push(format!("the requirement on {} differs", one.name));
                merged.retain(|kept| kept != one);
            }
        }
        merged
    }
}

fn text(value: &impl Display) -> String {
    value.to_string()
}

fn part<'a, T, U>(three: &Three<'a, T>, of: impl Fn(&'a T) -> &'a U) -> Three<'a, U> {
    Three {
        base: three.base.map(&of),
        ours: of(three.ours),
        theirs: of(three.theirs),
    }
}

/// A list with what either side added, without what either side took away; in the order of ours, what is new
/// in theirs behind what it stands behind there.
pub(super) fn list<T: PartialEq + Clone>(three: &Three<'_, Vec<T>>) -> Vec<T> {
    if let Some(settled) = three.settled() {
        return settled.clone();
    }
    let none = Vec::new();
    let base = three.base.unwrap_or(&none);
    let is_gone = |one: &T| base.contains(one) && !three.theirs.contains(one);
    let mut merged: Vec<T> = three
        .ours
        .iter()
        .filter(|one| !is_gone(one))
        .cloned()
        .collect();
    for (at, one) in three.theirs.iter().enumerate() {
        if merged.contains(one) || base.contains(one) {
            continue;
        }
        let before = three.theirs[..at].iter().rev();
        let mut places = before.filter_map(|before| merged.iter().position(|kept| kept == before));
        let place = places.next().map_or(0, |place| place + 1);
        merged.insert(place, one.clone());
    }
    merged
}
