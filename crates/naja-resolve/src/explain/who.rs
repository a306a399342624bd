//! Who asked for a package, when something about it fails that is not the solver's concern.

use naja_spec::PackageName;

use super::story;
use crate::backend::{Key, Set, VersionSet as _};
use crate::derive::Manner;
use crate::{Conflict, ConflictFact, ConflictKind, Solver};

impl Solver {
    /// Tells who asks for a package in the decisions so far, from the user towards it, one sentence per
    /// entry; nothing if nobody does.
    #[must_use]
    pub fn who_asks(&mut self, name: &PackageName) -> Vec<String> {
        let package = self.model_mut().package(name);
        let facts = match self.path_to(package) {
            facts if facts.is_empty() => self.path_through_candidate(package),
            facts => facts,
        };
        let conflict = Conflict {
            kind: ConflictKind::Contradiction,
            facts,
            causes: Vec::new(),
            packages: std::collections::BTreeMap::new(),
            python: self.python_told(),
            fork: None,
            universal: false,
        };
        story::requirements(&conflict)
    }

    /// As [`Solver::path_to`], for what only a version asks for that is looked at and not yet decided on.
    fn path_through_candidate(&mut self, package: u32) -> Vec<ConflictFact> {
        let count = u32::try_from(self.model().packages.len()).unwrap_or_default();
        for asking in 0..count {
            for number in (0..self.model().at(asking).len()).rev() {
                let key = Key::base(asking);
                let needs = self.model().known_needs(key, number);
                let mut needs = needs.iter().flat_map(|needs| needs.iter());
                let Some(need) = needs.find(|need| need.package == package).cloned() else {
                    continue;
                };
                let mut facts = self.path_to(asking);
                if facts.is_empty() {
                    continue;
                }
                let asker = self.asker(key, &Set::singleton(number), &need);
                facts.push(self.requires(asker, &need, Manner::default()));
                return facts;
            }
        }
        Vec::new()
    }
}
