//! Local versions (`2.1+cpu`) that have wheels for some systems only, beside their base (`2.1`) that has
//! them for others.

use naja_spec::{Marker, MarkerSet};

use crate::backend::Set;
use crate::choose::Choice;
use crate::model::Model;
use crate::wheels;

/// Systems that are given to the base as a whole where the local version has nothing for them.
const SYSTEMS: [&str; 3] = ["darwin", "linux", "win32"];

impl Model {
    /// Returns what is to be done instead of taking a local version: its base is taken where only that has
    /// files, and the region is cut where that is a part of it.
    pub(crate) fn instead_of_local(
        &mut self,
        package: u32,
        number: u32,
        set: &Set,
    ) -> Option<Choice> {
        if !self.is_universal() || self.version(package, number).local().is_none() {
            return None;
        }
        let base = self.version(package, number).without_local();
        let base = self.at(package).universe.as_ref()?.find(&base)?;
        if !set.has(base) || !self.can_be_taken(package, base) {
            return None;
        }
        let own = self.covered(package, number);
        let mut rest = self.covered(package, base).and(&own.not());
        for system in SYSTEMS {
            let marker = Marker::parse(&format!("sys_platform == '{system}'")).ok();
            let system = MarkerSet::from(marker.as_ref());
            if own.is_disjoint(&system) && !rest.is_disjoint(&system) {
                rest = rest.or(&system);
            }
        }
        if self.region.set.implies(&rest) {
            return Some(Choice::Version(base));
        }
        // The local version comes first, or its base would be preferred everywhere.
        let cut = self.may_cut && self.region.is_split_by(&rest);
        cut.then(|| Choice::Fork(rest.not()))
    }

    fn can_be_taken(&mut self, package: u32, number: u32) -> bool {
        self.at(package).refusal(number).is_none() && self.verdict(package, number).clean.is_some()
    }

    /// Returns the environments that the files of a version are for.
    fn covered(&self, package: u32, number: u32) -> MarkerSet {
        let entry = self.at(package);
        let Some(universe) = &entry.universe else {
            return MarkerSet::none();
        };
        let mut all = MarkerSet::none();
        for (page, version) in universe.places(number) {
            let page = &universe.pages()[page];
            if !entry.rules.counts(page.index, &self.region.set) {
                continue;
            }
            for file in page.page.files(version) {
                if file.yanked().is_none() && entry.rules.offers(&file, page.index) {
                    let tags = file.wheel_tags();
                    all = all.or(&tags.map_or_else(MarkerSet::all, wheels::environments));
                }
            }
        }
        all
    }
}
