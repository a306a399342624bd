//! What exists of a package, for those whom the search has disappointed.

use naja_spec::{RefusedEntries, Version};

use crate::backend::{Set, VersionSet as _};
use crate::model::Model;
use crate::universe::Universe;
use crate::{PackageFacts, Reason};

/// How many existing versions are offered where none matches.
const NEAREST: usize = 5;

impl Model {
    /// Returns why a version cannot be taken; nothing if it can.
    pub(crate) fn reasons(&mut self, package: u32, number: u32) -> Vec<Reason> {
        if let Some(reason) = self.at(package).refusal(number) {
            return vec![reason.clone()];
        }
        if self.at(package).installed == Some(number) {
            return Vec::new();
        }
        let verdict = self.verdict(package, number);
        if verdict.clean.is_some() {
            return if self.unwanted_prerelease(package, number) {
                vec![Reason::Prerelease]
            } else {
                Vec::new()
            };
        }
        let entry = &self.packages[package as usize];
        match &entry.universe {
            Some(universe @ (Universe::Page(_) | Universe::Merged { .. })) => {
                entry.rules.reasons(universe, number, &mut self.python)
            }
            _ => Vec::new(),
        }
    }

    /// Gathers what exists of a package, around a version somebody asked for.
    pub(crate) fn package_facts(&mut self, package: u32, target: Option<&Version>) -> PackageFacts {
        let len = self.at(package).len();
        if len == 0 {
            return self.facts_of_pages(package);
        }
        let best = self.ranking(package, &Set::full(), 1).first().copied();
        let around = self.around(package, target);
        let nearest = around
            .into_iter()
            .map(|number| (self.version(package, number), self.reasons(package, number)))
            .collect();
        PackageFacts {
            total: len as usize,
            newest: Some(self.version(package, len - 1)),
            best: best.map(|number| self.version(package, number)),
            nearest,
            best_wheel: self
                .best_wheel(package)
                .map(|number| self.version(package, number)),
            ..self.facts_of_pages(package)
        }
    }

    /// Gathers what the pages say about themselves.
    fn facts_of_pages(&self, package: u32) -> PackageFacts {
        let package = self.at(package);
        let pages = package.universe.as_ref().map_or(&[][..], Universe::pages);
        let mut refused: Vec<RefusedEntries> = Vec::new();
        for entry in pages.iter().flat_map(|page| page.page.refused()) {
            match refused.iter_mut().find(|known| known.why == entry.why) {
                Some(known) => known.count += entry.count,
                None => refused.push(entry),
            }
        }
        PackageFacts {
            pages: pages.len(),
            refused,
            wheels_forbidden: package.rules.forbids_wheels(),
            is_project: self.problem.projects.contains_key(&package.name),
            ..PackageFacts::default()
        }
    }

    /// Returns the versions nearest to one, ascending; final versions where there are enough of them.
    fn around(&mut self, package: u32, target: Option<&Version>) -> Vec<u32> {
        let len = self.at(package).len();
        let pivot = match target {
            Some(target) => (0..len)
                .find(|&number| self.version(package, number) >= *target)
                .unwrap_or(len),
            None => len,
        };
        let mut finals: Vec<u32> = (0..len)
            .filter(|&number| !self.version(package, number).is_prerelease())
            .collect();
        if finals.is_empty() {
            finals = (0..len).collect();
        }
        let split = finals.partition_point(|&number| number < pivot);
        let (below, above) = (split, finals.len() - split);
        let take_above = above.min(NEAREST - below.min(NEAREST / 2));
        let take_below = below.min(NEAREST - take_above);
        finals[split - take_below..split + take_above].to_vec()
    }

    fn best_wheel(&mut self, package: u32) -> Option<u32> {
        (0..self.at(package).len()).rev().find(|&number| {
            let usable = self.verdict(package, number).clean.is_some()
                && !self.unwanted_prerelease(package, number);
            usable && self.dist(package, number).is_some_and(|id| id.is_wheel)
        })
    }
}
