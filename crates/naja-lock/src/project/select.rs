//! What of a project's lock is wanted.

use std::collections::VecDeque;

use naja_spec::{
    ExtraName, GroupName, Marker, MarkerEnvironment, MarkerScope, PackageName, Requirement, Tags,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::names::{PartNames, PublicName};
use super::{MemberInputs, Place, ProjectLock};
use crate::PartKind;
use crate::pylock::{Choice, SelectError, choice};

/// What is wanted of one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChoice {
    /// The project.
    pub name: PackageName,
    /// Whether its own dependencies are wanted, and it itself if it is a package.
    pub project: bool,
    /// The extras.
    pub extras: Vec<ExtraName>,
    /// The groups.
    pub groups: Vec<GroupName>,
}

impl MemberChoice {
    /// The parts that are asked for.
    pub(super) fn kinds(&self) -> impl Iterator<Item = PartKind> {
        let project = self.project.then_some(PartKind::Project);
        let extras = self.extras.iter().cloned().map(PartKind::Extra);
        let groups = self.groups.iter().cloned().map(PartKind::Group);
        project.into_iter().chain(extras).chain(groups)
    }
}

/// What is installed for.
#[derive(Clone, Copy, Debug)]
pub struct ProjectTarget<'a> {
    /// The values of markers.
    pub environment: &'a MarkerEnvironment,
    /// The tags of wheels that fit, best first.
    pub tags: &'a Tags,
}

impl ProjectLock {
    /// Returns what is wanted of these projects for one environment, in the order of the file.
    ///
    /// # Errors
    /// The lock is for another Python, has no such part, or contradicts itself.
    pub fn select(
        &self,
        choices: &[MemberChoice],
        target: &ProjectTarget<'_>,
    ) -> Result<Vec<Choice<'_>>, SelectError> {
        let python = &target.environment.python_full_version;
        if let Some(requires) = &self.inputs.requires_python
            && !requires.contains(python)
        {
            return Err(SelectError::Python {
                requires: requires.clone(),
                python: python.clone(),
            });
        }
        let asked = self.asked(choices)?;
        let scope = MarkerScope {
            environment: target.environment,
            extras: &asked.extras,
            groups: &asked.groups,
        };
        let mut walk = Walk {
            lock: self,
            by_name: self.by_name(),
            scope,
            queue: VecDeque::new(),
            seen: FxHashSet::default(),
        };
        for (member, kind) in &asked.parts {
            walk.part(member, kind)?;
            // Its own entry, if it is a package.
            if *kind == PartKind::Project && member.is_package {
                walk.enter(&member.name, &[])?;
            }
        }
        let wanted = walk.finish()?;
        let wanted = wanted.into_iter().map(|at| &self.file.packages[at]);
        wanted.map(|package| choice(package, target.tags)).collect()
    }

    /// Returns the entries that these parts want anywhere, with the environments each is wanted in.
    ///
    /// # Errors
    /// There is no such part.
    pub fn wanted(
        &self,
        choices: &[MemberChoice],
    ) -> Result<Vec<(usize, Option<Marker>)>, SelectError> {
        let assumed = self.environments();
        let wanted = self.ways(choices, &[])?.wanted.into_iter();
        let entries = wanted.filter_map(|(place, set)| match place {
            Place::Entry(at) => Some((at, set.simplify(&assumed).to_marker())),
            Place::Member(_) => None,
        });
        Ok(entries.collect())
    }

    /// Returns the names that these parts of projects ask for by themselves, the projects with them.
    #[must_use]
    pub fn asked_for(&self, choices: &[MemberChoice]) -> FxHashSet<&PackageName> {
        let mut names = FxHashSet::default();
        for choice in choices {
            let Some(member) = self.inputs.member(&choice.name) else {
                continue;
            };
            for kind in choice.kinds() {
                if kind == PartKind::Project {
                    names.insert(&member.name);
                }
                names.extend(member.part(&kind).iter().map(|one| &one.name));
            }
        }
        names
    }

    fn asked<'a>(&'a self, choices: &[MemberChoice]) -> Result<Asked<'a>, SelectError> {
        let names = PartNames::of(&self.inputs).ok();
        let mut asked = Asked::default();
        for (member, kind) in self.parts(choices)? {
            let public = names
                .as_ref()
                .and_then(|names| names.public(&member.name, &kind));
            match public {
                Some(PublicName::Extra(name)) => asked.extras.push(name.clone()),
                Some(PublicName::Group(name)) => asked.groups.push(name.clone()),
                Some(PublicName::Always) | None => {}
            }
            asked.parts.push((member, kind));
        }
        Ok(asked)
    }
}

/// The parts that are asked for, and how the file calls them.
#[derive(Default)]
struct Asked<'a> {
    parts: Vec<(&'a MemberInputs, PartKind)>,
    extras: Vec<ExtraName>,
    groups: Vec<GroupName>,
}

struct Walk<'a> {
    lock: &'a ProjectLock,
    by_name: FxHashMap<&'a PackageName, Vec<usize>>,
    scope: MarkerScope<'a>,
    /// Entries to look at, each with an extra or without one.
    queue: VecDeque<(usize, Option<ExtraName>)>,
    seen: FxHashSet<(usize, Option<ExtraName>)>,
}

impl<'a> Walk<'a> {
    fn part(&mut self, member: &'a MemberInputs, kind: &PartKind) -> Result<(), SelectError> {
        for requirement in member.part(kind) {
            self.requirement(requirement, &[])?;
        }
        Ok(())
    }

    fn requirement(
        &mut self,
        requirement: &'a Requirement,
        extras: &[ExtraName],
    ) -> Result<(), SelectError> {
        let scope = MarkerScope {
            environment: self.scope.environment,
            extras,
            groups: &[],
        };
        let counts = |marker: &Marker| marker.evaluate_in(&scope);
        if !requirement.marker.as_ref().is_none_or(counts) {
            return Ok(());
        }
        self.enter(&requirement.name, &requirement.extras)
    }

    /// A package that is needed, with extras.
    fn enter(&mut self, name: &PackageName, extras: &[ExtraName]) -> Result<(), SelectError> {
        let entries = self
            .by_name
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let holds = |at: &usize| {
            let node = &self.lock.nodes[*at];
            let marker = match &node.fork {
                // The parts it is for stand in the public marker only.
                Some(_) => self.lock.file.packages[*at].marker.as_ref(),
                None => None,
            };
            marker.is_none_or(|marker| marker.evaluate_in(&self.scope))
        };
        let mut fitting = entries.iter().copied().filter(holds);
        let found = fitting.next();
        if fitting.next().is_some() {
            return Err(SelectError::Ambiguous(name.clone()));
        }
        let Some(at) = found else {
            return self.virtual_member(name, extras);
        };
        self.push((at, None));
        for extra in extras {
            self.push((at, Some(extra.clone())));
        }
        Ok(())
    }

    /// A project of the workspace that is no package: only its dependencies are wanted.
    fn virtual_member(
        &mut self,
        name: &PackageName,
        extras: &[ExtraName],
    ) -> Result<(), SelectError> {
        let Some(member) = self.lock.inputs.member(name) else {
            return Err(SelectError::Missing(name.clone()));
        };
        // A position behind all entries stands for the member.
        let position = self
            .lock
            .inputs
            .members
            .iter()
            .position(|known| known.name == *name);
        let at = self.lock.nodes.len() + position.unwrap_or_default();
        if self.seen.insert((at, None)) {
            self.part(member, &PartKind::Project)?;
        }
        for extra in extras {
            if self.seen.insert((at, Some(extra.clone()))) {
                self.part(member, &PartKind::Extra(extra.clone()))?;
            }
        }
        Ok(())
    }

    fn push(&mut self, state: (usize, Option<ExtraName>)) {
        if !self.seen.contains(&state) {
            self.seen.insert(state.clone());
            self.queue.push_back(state);
        }
    }

    /// Follows every requirement and returns the entries, in the order of the file.
    fn finish(mut self) -> Result<Vec<usize>, SelectError> {
        let lock = self.lock;
        while let Some((at, extra)) = self.queue.pop_front() {
            let extras: Vec<ExtraName> = extra.into_iter().collect();
            for requirement in &lock.nodes[at].requires {
                self.requirement(requirement, &extras)?;
            }
            if let Some(member) = lock.inputs.member(&lock.file.packages[at].name) {
                let kind = match extras.first() {
                    None => PartKind::Project,
                    Some(extra) => PartKind::Extra(extra.clone()),
                };
                self.part(member, &kind)?;
            }
        }
        let entries = self.seen.into_iter().filter_map(|(at, extra)| match extra {
            None if at < lock.nodes.len() => Some(at),
            _ => None,
        });
        let mut entries: Vec<usize> = entries.collect();
        entries.sort_unstable();
        Ok(entries)
    }
}
