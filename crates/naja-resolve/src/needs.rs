//! What a distribution, or the user, asks of other packages.

use std::sync::Arc;

use crate::backend::VersionSet as _;
use naja_lock::Note;
use naja_spec::{CoreMetadata, ExtraName, Requirement, RequirementSource, VersionSpecifiers};
use smallvec::SmallVec;

use crate::backend::{Key, Set};
use crate::model::Model;
use crate::{Problem, Query, Reason, RootRequirement, UrlId};

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
            let root = &self.problem.roots[at];
            if root.requirement.applies(&self.problem.environment, &[]) {
                self.add_need(Words::Root(at), &mut needs);
            } else {
                notes.push(Note::Skipped {
                    requirement: root.requirement.clone(),
                    origin: root.origin.clone(),
                });
            }
        }
        needs.into()
    }

    /// Lets direct references of the user stand in for all versions of a package; the first one counts.
    fn adopt_direct_references(&mut self) {
        let problem = &self.problem;
        let all = problem
            .roots
            .iter()
            .chain(&problem.constraints)
            .chain(&problem.overrides);
        let ids: Vec<UrlId> = all
            .filter(|root| root.requirement.applies(&problem.environment, &[]))
            .filter_map(|root| direct_reference(&root.requirement))
            .collect();
        for id in ids {
            let package = self.package(&id.name);
            self.at_mut(package).direct.get_or_insert(id);
        }
    }

    /// Returns what a version asks for, on its own or because of an extra.
    pub(super) fn needs_of(&mut self, key: Key, metadata: &Arc<CoreMetadata>) -> Needs {
        let asked: SmallVec<[ExtraName; 1]> = key
            .as_extra()
            .map(|extra| self.extras.name(extra).clone())
            .into_iter()
            .collect();
        let mut needs = Vec::new();
        for (at, requirement) in metadata.requires_dist.iter().enumerate() {
            let environment = &self.problem.environment;
            let of_extra = requirement
                .marker
                .as_ref()
                .is_some_and(naja_spec::Marker::mentions_extra);
            let applies = if asked.is_empty() {
                requirement.applies(environment, &[])
            } else {
                of_extra
                    && requirement.applies(environment, &asked)
                    && !requirement.applies(environment, &[])
            };
            if applies {
                self.add_need(Words::Metadata(Arc::clone(metadata), at), &mut needs);
            }
        }
        needs.into()
    }

    /// Adds a requirement, or what the user wants instead of it.
    fn add_need(&mut self, words: Words, needs: &mut Vec<Need>) {
        let name = words.requirement(&self.problem).name.clone();
        if self.problem.excludes.contains(&name) {
            return;
        }
        let stand_ins: SmallVec<[usize; 1]> = indices_for(&self.problem.overrides, &name).collect();
        if stand_ins.is_empty() {
            needs.push(self.need(words));
            return;
        }
        for at in stand_ins {
            let stand_in = &self.problem.overrides[at].requirement;
            if stand_in.applies(&self.problem.environment, &[]) {
                needs.push(self.need(Words::Override(at)));
            }
        }
    }

    fn need(&mut self, words: Words) -> Need {
        let requirement = words.requirement(&self.problem);
        let name = requirement.name.clone();
        let names: SmallVec<[ExtraName; 2]> = requirement.extras.iter().cloned().collect();
        let extras = names
            .iter()
            .map(|extra| self.extras.number(extra))
            .collect();
        Need {
            package: self.package(&name),
            extras,
            words,
        }
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
    pub(crate) fn constraints_on(&self, package: u32) -> SmallVec<[usize; 1]> {
        let name = &self.at(package).name;
        indices_for(&self.problem.constraints, name)
            .filter(|&at| {
                let constraint = &self.problem.constraints[at].requirement;
                constraint.applies(&self.problem.environment, &[])
            })
            .collect()
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
