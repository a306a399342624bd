//! What a distribution, or the user, asks of other packages.

use std::sync::Arc;

use crate::backend::VersionSet as _;
use naja_lock::Note;
use naja_spec::{
    CoreMetadata, ExtraName, MarkerSet, Requirement, RequirementSource, VersionSpecifiers,
};
use smallvec::SmallVec;

use crate::backend::{Key, Set};
use crate::model::Model;
use crate::region::{Holds, both};
use crate::{PartKind, Problem, Query, Reason, RootRequirement, UrlId};

/// Where the words of a requirement are kept.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    /// A requirement of the user.
    Root(usize),
    /// An override that stands in for another requirement.
    Override(usize),
    /// A requirement of a distribution.
    Metadata(Arc<CoreMetadata>, usize),
}

impl Words {
    /// Returns the requirement as written.
    pub(crate) fn requirement<'a>(&'a self, problem: &'a Problem) -> &'a Requirement {
        match self {
            Self::Root(at) => &problem.roots[*at].requirement,
            Self::Override(at) => &problem.overrides[*at].requirement,
            Self::Metadata(metadata, at) => &metadata.requires_dist[*at],
        }
    }

    /// Returns whether the user wrote it.
    pub(crate) fn of_user(&self) -> bool {
        !matches!(self, Self::Metadata(..))
    }
}

/// One requirement that applies.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    /// The package that is asked for.
    pub(crate) package: u32,
    /// The extras of it that are asked for.
    pub(crate) extras: SmallVec<[u32; 2]>,
    /// The words.
    pub(crate) words: Words,
    /// Where it applies; `None` for all of the region.
    pub(crate) when: Option<MarkerSet>,
}

impl Need {
    /// Returns the versions it asks for; `None` if it asks for a direct reference.
    pub(crate) fn specifiers<'a>(&'a self, problem: &'a Problem) -> Option<&'a VersionSpecifiers> {
        self.words.requirement(problem).specifiers()
    }

    /// Iterates over what has to be decided for it: the package and its extras.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        let extras = self
            .extras
            .iter()
            .map(|&extra| Key::extra(self.package, extra));
        std::iter::once(Key::base(self.package)).chain(extras)
    }
}

/// The requirements that apply for a version, shared.
pub(crate) type Needs = Arc<[Need]>;

impl Model {
    /// Notes the direct references the user gave and returns what the user asks for.
    pub(crate) fn root_needs(&mut self, notes: &mut Vec<Note>) -> Needs {
        self.adopt_direct_references();
        let mut needs = Vec::new();
        for at in 0..self.problem.roots.len() {
            let root = self.problem.roots[at].clone();
            if root
                .part
                .is_some_and(|part| self.region.without.contains(&part))
            {
                continue;
            }
            match self.holds_here(&root.requirement, None) {
                Holds::Never => notes.push(Note::Skipped {
                    requirement: root.requirement,
                    origin: root.origin,
                }),
                held => self.add_need(Words::Root(at), held, &mut needs),
            }
        }
        needs.into()
    }

    /// Lets direct references of the user stand in for all versions of a package; the first one counts.
    fn adopt_direct_references(&mut self) {
        for (requirement, id) in self.references_of_user() {
            if self.may_hold(requirement.marker.as_ref()) {
                let package = self.package(&id.name);
                self.at_mut(package).direct.get_or_insert(id);
            }
        }
    }

    /// Returns a condition that decides about a direct reference of the user in the region.
    pub(crate) fn open_reference(&mut self) -> Option<MarkerSet> {
        self.references_of_user()
            .into_iter()
            .find_map(
                |(requirement, _)| match self.holds(requirement.marker.as_ref(), None) {
                    Holds::Partly(set) => Some(set),
                    Holds::Never | Holds::Always => None,
                },
            )
    }

    fn references_of_user(&self) -> Vec<(Requirement, UrlId)> {
        let problem = &self.problem;
        problem
            .roots
            .iter()
            .filter(|root| {
                let part = root.part.as_ref();
                !part.is_some_and(|part| self.region.without.contains(part))
            })
            .chain(&problem.constraints)
            .chain(&problem.overrides)
            .filter_map(|root| {
                let id = direct_reference(&root.requirement)?;
                Some((root.requirement.clone(), id))
            })
            .collect()
    }

    /// Returns what a version asks for, on its own or because of an extra.
    pub(super) fn needs_of(&mut self, key: Key, metadata: &Arc<CoreMetadata>) -> Needs {
        let mut needs = Vec::new();
        if self.is_left_out(key) {
            return needs.into();
        }
        for (at, requirement) in metadata.requires_dist.iter().enumerate() {
            let held = self.holds_for(key, requirement);
            if !matches!(held, Holds::Never) {
                self.add_need(Words::Metadata(Arc::clone(metadata), at), held, &mut needs);
            }
        }
        needs.into()
    }

    /// Returns whether an extra is one that nobody asks for in the region.
    fn is_left_out(&self, key: Key) -> bool {
        let Some(extra) = key.as_extra() else {
            return false;
        };
        let (name, extra) = (&self.at(key.package).name, self.extras.name(extra));
        let without = &self.region.without;
        without.iter().any(|part| {
            part.package == *name && matches!(&part.kind, PartKind::Extra(known) if known == extra)
        })
    }

    /// Returns where a requirement applies, on its own or with an extra.
    ///
    /// An override stands in for the whole requirement: of its conditions only the extra is left.
    fn holds_here(&mut self, requirement: &Requirement, extra: Option<u32>) -> Holds {
        if !self.is_overridden(requirement) {
            return self.holds(requirement.marker.as_ref(), extra);
        }
        let extra = extra.map(|extra| self.extras.name(extra));
        match requirement.applies_somewhere(extra.map_or(&[], std::slice::from_ref)) {
            true => Holds::Always,
            false => Holds::Never,
        }
    }

    fn is_overridden(&self, requirement: &Requirement) -> bool {
        let mut overrides = self.problem.overrides.iter();
        overrides.any(|root| root.requirement.name == requirement.name)
    }

    /// Returns where a requirement applies: for an extra, where it does not apply without the extra.
    fn holds_for(&mut self, key: Key, requirement: &Requirement) -> Holds {
        let marker = requirement.marker.as_ref();
        let Some(extra) = key.as_extra() else {
            return self.holds_here(requirement, None);
        };
        if !marker.is_some_and(naja_spec::Marker::mentions_extra) {
            return Holds::Never;
        }
        let with = self.holds_here(requirement, Some(extra));
        match self.holds_here(requirement, None) {
            Holds::Always => Holds::Never,
            Holds::Never => with,
            Holds::Partly(already) => both(with, Holds::Partly(already.not()), &self.region.set),
        }
    }

    /// Adds a requirement, or what the user wants instead of it.
    fn add_need(&mut self, words: Words, held: Holds, needs: &mut Vec<Need>) {
        let name = words.requirement(&self.problem).name.clone();
        if self.problem.excludes.contains(&name) {
            return;
        }
        let stand_ins: SmallVec<[usize; 1]> = indices_for(&self.problem.overrides, &name).collect();
        if stand_ins.is_empty() {
            let need = self.need(words, held);
            needs.extend(need);
            return;
        }
        for at in stand_ins {
            let marker = self.problem.overrides[at].requirement.marker.clone();
            let own = self.holds(marker.as_ref(), None);
            let held = both(held.clone(), own, &self.region.set);
            let need = self.need(Words::Override(at), held);
            needs.extend(need);
        }
    }

    fn need(&mut self, words: Words, held: Holds) -> Option<Need> {
        let when = match held {
            Holds::Never => return None,
            Holds::Partly(set) => Some(set),
            Holds::Always => None,
        };
        let requirement = words.requirement(&self.problem);
        let name = requirement.name.clone();
        let names: SmallVec<[ExtraName; 2]> = requirement.extras.iter().cloned().collect();
        let extras = names
            .iter()
            .map(|extra| self.extras.number(extra))
            .collect();
        Some(Need {
            package: self.package(&name),
            extras,
            words,
            when,
        })
    }

    /// Returns the versions a requirement leaves; the package must be prepared.
    pub(crate) fn set_of(&mut self, need: &Need) -> Set {
        match &need.words.requirement(&self.problem).source {
            RequirementSource::Specifiers(specifiers) => {
                self.packages[need.package as usize].matching(specifiers)
            }
            RequirementSource::Url(url) => match &self.at(need.package).direct {
                Some(id) if id.url == *url && self.at(need.package).len() > 0 => Set::full(),
                _ => Set::empty(),
            },
        }
    }

    /// Accepts the direct references among requirements of `asker`.
    ///
    /// Only the user and what comes from direct references may bring them in. Returns whether the package
    /// of one of them was in the search already.
    pub(crate) fn accept_direct_references(
        &mut self,
        asker: Key,
        needs: &Needs,
    ) -> Result<bool, Reason> {
        let mut late = false;
        for need in needs.iter() {
            let Words::Metadata(..) = &need.words else {
                continue;
            };
            let Some(id) = direct_reference(need.words.requirement(&self.problem)) else {
                continue;
            };
            if self.at(need.package).direct.is_some() {
                continue;
            }
            if self.at(asker.package).direct.is_none() {
                return Err(Reason::DirectReference(format!("{} @ {}", id.name, id.url)));
            }
            let package = self.at_mut(need.package);
            late |= package.introduced;
            package.direct = Some(id);
            package.provisional = false;
            package.renumber();
        }
        Ok(late)
    }

    /// Looks past what is installed where a requirement does not want it. Returns whether that comes too late.
    pub(crate) fn look_past_installed(&mut self, needs: &Needs) -> bool {
        let mut late = false;
        for need in needs.iter() {
            let package = &self.packages[need.package as usize];
            if !package.provisional || package.direct.is_some() {
                continue;
            }
            let Some(dist) = self.problem.installed.get(&package.name) else {
                continue;
            };
            let fits = need
                .specifiers(&self.problem)
                .is_none_or(|wanted| wanted.contains(&dist.version));
            if !fits {
                let package = self.at_mut(need.package);
                late |= package.introduced;
                package.provisional = false;
                package.renumber();
            }
        }
        late
    }

    /// Numbers the versions of all packages that are asked for, or returns the questions that come first.
    pub(crate) fn prepare_all(&mut self, needs: &Needs) -> Vec<Query> {
        let mut missing = Vec::new();
        for need in needs.iter() {
            if let Err(query) = self.prepare(need.package)
                && !missing.contains(&query)
            {
                missing.push(query);
            }
        }
        missing
    }

    /// Returns the constraints on a package that apply here.
    pub(crate) fn constraints_on(&mut self, package: u32) -> SmallVec<[usize; 1]> {
        let name = &self.at(package).name;
        let mut found: SmallVec<[usize; 1]> =
            indices_for(&self.problem.constraints, name).collect();
        found.retain(|&mut at| {
            let marker = self.problem.constraints[at].requirement.marker.clone();
            self.may_hold(marker.as_ref())
        });
        found
    }
}

/// Returns where a name stands in a list.
fn indices_for<'a>(
    list: &'a [RootRequirement],
    name: &'a naja_spec::PackageName,
) -> impl Iterator<Item = usize> + 'a {
    list.iter()
        .enumerate()
        .filter(move |(_, root)| root.requirement.name == *name)
        .map(|(at, _)| at)
}

fn direct_reference(requirement: &Requirement) -> Option<UrlId> {
    match &requirement.source {
        RequirementSource::Url(url) => Some(UrlId {
            name: requirement.name.clone(),
            url: url.clone(),
        }),
        RequirementSource::Specifiers(_) => None,
    }
}
