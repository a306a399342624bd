//! Where pre-releases are taken although nobody mentions one: where it is necessary.

use std::sync::Arc;

use crate::Solver;
use crate::backend::{DerivationTree, External, Key, Set, Tree, VersionSet as _};
use crate::derive::topological;
use crate::needs::{Need, Needs};

impl Solver {
    /// Takes pre-releases of a package from now on if what is asked of it, by all that is decided together, leaves
    /// no final version. Returns whether that is so.
    ///
    /// What earlier failures have ruled out does not count: another decision elsewhere may bring it back.
    pub(crate) fn falls_back(&mut self, package: u32) -> bool {
        if !self.model().may_fall_back(package) {
            return false;
        }
        let asked = self.asked_of(package);
        let model = self.model_mut();
        let necessary =
            model.has_any(package, &asked, true) && !model.has_any(package, &asked, false);
        if necessary {
            model.fall_back(package);
        }
        necessary
    }

    /// Returns the versions of a package that all decisions together ask for.
    fn asked_of(&mut self, package: u32) -> Set {
        let mut askers: Vec<Needs> = vec![self.roots()];
        let decisions: Vec<(Key, u32)> = self.search().decisions().collect();
        askers.extend(
            decisions
                .into_iter()
                .filter_map(|(key, number)| self.stated_needs(key, number)),
        );
        let model = self.model_mut();
        let mut asked = Set::full();
        for needs in askers {
            let of_it = |need: &&Need| need.package == package;
            for need in needs.iter().filter(of_it) {
                asked = asked.intersection(&model.set_of(need));
            }
        }
        for at in model.constraints_on(package) {
            let constraint = &model.problem.constraints[at].requirement;
            if let Some(specifiers) = constraint.specifiers().cloned() {
                asked = asked.intersection(&model.matching(package, &specifiers));
            }
        }
        asked
    }

    /// Takes pre-releases of the packages whose final versions are not enough, as a contradiction shows.
    /// Returns whether there are any.
    pub(crate) fn falls_back_after(&mut self, tree: &Arc<Tree>) -> bool {
        let mut lacking = Vec::new();
        for node in topological(tree) {
            if let DerivationTree::External(External::NoVersions(key, set)) = &*node
                && *key != Key::ROOT
            {
                lacking.push((key.package, set.clone()));
            }
        }
        let model = self.model_mut();
        let mut falls_back = false;
        for (package, set) in lacking {
            if model.may_fall_back(package) && model.has_any(package, &set, true) {
                model.fall_back(package);
                falls_back = true;
            }
        }
        falls_back
    }
}
