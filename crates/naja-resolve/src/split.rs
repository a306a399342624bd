//! Where a region has to be cut.

use std::sync::Arc;

use naja_spec::{MarkerSet, Operator, RequirementSource, VersionSpecifiers};

use crate::backend::{DerivationTree, External, Key, Set, Tree};
use crate::derive::topological;
use crate::model::Model;
use crate::needs::Needs;
use crate::python::Bound;
use crate::region::Holds;
use crate::{ForkStrategy, Reason, Solver, Target};

impl Model {
    /// Returns a condition that has to be decided before these requirements can be met together.
    ///
    /// One package may be asked for in several ways under conditions that exclude each other, by one asker
    /// or by an asker and a constraint; and a direct reference replaces all versions of a package.
    pub(crate) fn fork_of(&mut self, needs: &Needs) -> Option<MarkerSet> {
        if !self.is_universal() || !self.may_cut {
            return None;
        }
        for need in needs.iter() {
            let Some(when) = &need.when else { continue };
            let source = &need.words.requirement(&self.problem).source;
            if matches!(source, RequirementSource::Url(_)) {
                return Some(when.clone());
            }
            let here = when.and(&self.region.set);
            let differs = needs.iter().find_map(|other| {
                let against = &other.words.requirement(&self.problem).source;
                let when = other.when.as_ref()?;
                let is_other =
                    other.package == need.package && against != source && when.is_disjoint(&here);
                is_other.then_some((when, against))
            });
            if let Some((other, against)) = differs {
                // What is held below something goes first: the rest may do with the same.
                let first = match (has_upper_bound(source), has_upper_bound(against)) {
                    (false, true) => other,
                    _ => when,
                };
                return Some(first.clone());
            }
        }
        needs
            .iter()
            .find_map(|need| self.fork_of_constraints(need.package))
            .or_else(|| self.fork_for_newer(needs))
    }

    /// Returns the condition of something that is for newer Pythons only.
    ///
    /// What it asks of others should not hold back the older ones. Where it is for older Pythons
    /// only, what it asks for does for the newer ones, too, or the contradiction cuts.
    fn fork_for_newer(&self, needs: &Needs) -> Option<MarkerSet> {
        let (lowest, _) = self.region.set.python_bounds();
        let conditions = needs.iter().filter_map(|need| need.when.as_ref());
        let mut later = conditions.filter(|when| when.python_bounds().0 > lowest);
        later.next().map(MarkerSet::without_extras)
    }

    fn fork_of_constraints(&mut self, package: u32) -> Option<MarkerSet> {
        if self.at(package).introduced {
            return None;
        }
        self.constraints_on(package).into_iter().find_map(|at| {
            let marker = self.problem.constraints[at].requirement.marker.clone();
            match self.holds(marker.as_ref(), None) {
                Holds::Partly(part) => Some(part),
                Holds::Never | Holds::Always => None,
            }
        })
    }

    /// Returns where the region is cut so that a distribution can be taken where its Pythons are.
    pub(crate) fn cut_for_python(&self, python: &VersionSpecifiers) -> Option<MarkerSet> {
        let Target::Universal(target) = &self.problem.target else {
            return None;
        };
        if !self.may_cut || target.fork_strategy == ForkStrategy::Fewest {
            return None;
        }
        let part = Bound::of(python)?.set();
        self.region.is_split_by(&part).then_some(part)
    }

    /// Returns the part of the region in which a refused version could be taken.
    fn part_for(&mut self, package: u32, number: u32) -> Option<MarkerSet> {
        let part = match self.at(package).refusal(number) {
            Some(Reason::RequiresPython(text)) => crate::python::pythons(text)?,
            Some(_) => return None,
            None => {
                let verdict = self.verdict(package, number);
                verdict.elsewhere.filter(|_| verdict.clean.is_none())?
            }
        };
        self.region.is_split_by(&part).then_some(part)
    }
}

/// Returns whether versions above something are out.
fn has_upper_bound(source: &RequirementSource) -> bool {
    let RequirementSource::Specifiers(bounds) = source else {
        return true;
    };
    bounds.iter().any(|bound| {
        matches!(
            bound.op(),
            Operator::Less
                | Operator::LessEqual
                | Operator::Equal
                | Operator::EqualStar
                | Operator::Compatible
        )
    })
}

impl Solver {
    /// Returns a condition of the contradiction that decides about a part of the region.
    ///
    /// A contradiction without one holds in the whole region.
    pub(crate) fn condition_in(&mut self, tree: &Arc<Tree>) -> Option<MarkerSet> {
        if !self.model().is_universal() || !self.model().may_cut {
            return None;
        }
        let order = topological(tree);
        let leaves = || {
            order.iter().filter_map(|node| match &**node {
                DerivationTree::External(external) => Some(external),
                DerivationTree::Derived(_) => None,
            })
        };
        for leaf in leaves() {
            if let External::FromDependencyOf(from, versions, to, wanted) = leaf
                && let Some(condition) = self.condition_of((*from, versions), (*to, wanted))
            {
                return Some(condition);
            }
        }
        for leaf in leaves() {
            if let External::NoVersions(key, set) = leaf
                && let Some(condition) = self.condition_without((*key, set))
            {
                return Some(condition);
            }
        }
        None
    }

    /// Returns the condition under which versions ask for something, if there is one.
    fn condition_of(
        &mut self,
        (from, versions): (Key, &Set),
        (to, wanted): (Key, &Set),
    ) -> Option<MarkerSet> {
        let askers: Vec<Needs> = if from == Key::ROOT {
            vec![self.roots()]
        } else {
            let len = self.model().at(from.package).len();
            versions
                .iter_below(len)
                .filter_map(|number| self.stated_needs(from, number))
                .collect()
        };
        askers.iter().find_map(|needs| {
            let mut condition = None;
            for need in needs.iter().filter(|need| need.keys().any(|key| key == to)) {
                if self.model_mut().set_of(need) == *wanted {
                    // One that always applies makes the others irrelevant.
                    condition = Some(need.when.clone()?);
                }
            }
            condition
        })
    }

    /// Returns the widest part of the region that has one of the versions.
    fn condition_without(&mut self, (key, set): (Key, &Set)) -> Option<MarkerSet> {
        let len = self.model().at(key.package).len();
        let numbers: Vec<u32> = set.iter_below(len).collect();
        let mut widest: Option<MarkerSet> = None;
        for number in numbers {
            let part = self.model_mut().part_for(key.package, number);
            if let Some(part) = part
                && widest
                    .as_ref()
                    .is_none_or(|old| *old != part && old.implies(&part))
            {
                widest = Some(part);
            }
        }
        widest
    }
}
