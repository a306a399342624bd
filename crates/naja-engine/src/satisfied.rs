//! The cheap answer: is everything asked for installed already?

use naja_env::{EnvState, Environment, InstalledDist};
use naja_resolve::{PackageSet, RootRequirement};
use naja_spec::{CoreMetadata, ExtraName, PackageName, Requirement, RequirementSource};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::consistency::allows_python;
use crate::inputs::RequirementSet;

/// Tells whether the environment meets every requirement, and everything that
/// those require; the number of distributions that were looked at if it does.
///
/// Decided from names, versions and METADATA alone. Whatever is not clear
/// (addresses, hashes, several distributions of one name) counts as no.
pub(crate) fn satisfied(
    env: &Environment,
    state: &EnvState,
    set: &RequirementSet,
    upgrade: &PackageSet,
    no_deps: bool,
) -> Option<usize> {
    if *upgrade != PackageSet::None || set.hashes.required || !set.hashes.digests.is_empty() {
        return None;
    }
    let mut walk = Walk {
        env,
        state,
        set,
        no_deps,
        seen: FxHashSet::default(),
        metadata: FxHashMap::default(),
        open: Vec::new(),
    };
    for root in &set.roots {
        walk.ask(&root.requirement, &[])?;
    }
    while let Some((name, extra)) = walk.open.pop() {
        walk.follow(&name, extra.as_ref())?;
    }
    let meets = |constraint: &RootRequirement| {
        let requirement = &constraint.requirement;
        !requirement.applies(&env.interpreter().markers, &[])
            || walk
                .state
                .get(&requirement.name)
                .first()
                .is_none_or(|dist| fits(dist, requirement))
    };
    let names: FxHashSet<&PackageName> = walk.seen.iter().map(|(name, _)| name).collect();
    let mut constraints = set.constraints.iter();
    constraints
        .all(|constraint| !names.contains(&constraint.requirement.name) || meets(constraint))
        .then_some(names.len())
}

struct Walk<'a> {
    env: &'a Environment,
    state: &'a EnvState,
    set: &'a RequirementSet,
    no_deps: bool,
    seen: FxHashSet<(PackageName, Option<ExtraName>)>,
    metadata: FxHashMap<PackageName, CoreMetadata>,
    open: Vec<(PackageName, Option<ExtraName>)>,
}

impl<'a> Walk<'a> {
    /// Notes what a requirement leads to; `None` if it is not met.
    fn require(&mut self, requirement: &Requirement, extras: &[ExtraName]) -> Option<()> {
        if !requirement.applies(&self.env.interpreter().markers, extras)
            || self.set.excludes.contains(&requirement.name)
        {
            return Some(());
        }
        let dist = self.only(&requirement.name)?;
        let name = &requirement.name;
        let base = (name.clone(), None);
        let known = self.seen.contains(&base);
        if !fits(dist, requirement) || !(known || dist.is_recorded()) {
            return None;
        }
        if self.seen.insert(base.clone()) {
            self.open.push(base);
        }
        for extra in &requirement.extras {
            if self.seen.insert((name.clone(), Some(extra.clone()))) {
                self.open.push((name.clone(), Some(extra.clone())));
            }
        }
        Some(())
    }

    fn follow(&mut self, name: &PackageName, extra: Option<&ExtraName>) -> Option<()> {
        if self.no_deps {
            return Some(());
        }
        if !self.metadata.contains_key(name) {
            let metadata = self.only(name)?.read_metadata().ok()?;
            self.metadata.insert(name.clone(), metadata);
        }
        let metadata = self.metadata.get(name)?;
        if let Some(python) = &metadata.requires_python
            && !allows_python(python, self.env.interpreter())
        {
            return None;
        }
        let extras = extra.map(std::slice::from_ref).unwrap_or_default();
        let markers = &self.env.interpreter().markers;
        let asked: Vec<Requirement> = metadata
            .requires_dist
            .iter()
            .filter(|one| self.stand_ins(one).next().is_some() || one.applies(markers, extras))
            .cloned()
            .collect();
        for requirement in &asked {
            self.ask(requirement, extras)?;
        }
        Some(())
    }

    /// Notes what a requirement leads to, or what stands in for it: overrides replace all of it but for the
    /// extra that asks for it. `None` if that is not met.
    fn ask(&mut self, requirement: &Requirement, extras: &[ExtraName]) -> Option<()> {
        let mut instead = self.stand_ins(requirement).peekable();
        if instead.peek().is_none() {
            return self.require(requirement, extras);
        }
        match requirement.applies_somewhere(extras) {
            true => instead.try_for_each(|other| self.require(other, &[])),
            false => Some(()),
        }
    }

    /// The overrides of what a requirement is on.
    fn stand_ins<'b>(
        &self,
        requirement: &'b Requirement,
    ) -> impl Iterator<Item = &'a Requirement> + use<'a, 'b> {
        let overrides = self.set.overrides.iter().map(|root| &root.requirement);
        overrides.filter(|other| other.name == requirement.name)
    }

    fn only(&self, name: &PackageName) -> Option<&InstalledDist> {
        let same = self.state.get(name);
        let owned = same.iter().filter(|dist| dist.is_owned()).count();
        let dist = same.first()?;
        (owned <= 1).then_some(dist)
    }
}

fn fits(dist: &InstalledDist, requirement: &Requirement) -> bool {
    match &requirement.source {
        RequirementSource::Specifiers(specifiers) => specifiers.contains(dist.version()),
        // Whether the contents at an address are the same is not cheap to know.
        RequirementSource::Url(_) => false,
    }
}
