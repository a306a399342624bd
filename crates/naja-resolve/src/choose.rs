//! Which version of a package is tried next.

use naja_spec::{MarkerSet, Version, VersionSpecifiers};
use smallvec::SmallVec;

use crate::backend::Set;
use crate::model::{Allowance, Model, Taken};
use crate::region::Holds;
use crate::universe::Universe;
use crate::{ForkStrategy, IndexOrder, Prerelease, Resolution, Target};

/// The versions to be tried, best first.
pub(crate) type Ranking = SmallVec<[u32; 4]>;

/// What was found for a package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This version is to be tried.
    Version(u32),
    /// What is installed will not do; the versions of the index have to be looked at.
    LookFurther,
    /// The region has to be cut here: the best version is for a part of it only.
    Fork(MarkerSet),
    /// No version can be taken.
    Nothing,
}

/// What is looked for.
#[derive(Clone, Copy)]
struct Wish<'a> {
    /// Among which versions.
    set: &'a Set,
    /// How many.
    limit: usize,
}

/// One way through the versions that are left; earlier ones are better.
#[derive(Clone, Copy)]
struct Pass {
    /// Pre-releases only, final versions only, or both.
    prereleases: Option<bool>,
    /// Versions that were yanked instead of the others.
    yanked: bool,
    /// Versions with a wheel only.
    wheels: bool,
    /// Versions that can be taken in a part of the region as well.
    elsewhere: bool,
}

impl Model {
    /// Chooses a version out of a set.
    pub(crate) fn choose(&mut self, package: u32, set: &Set) -> Choice {
        self.at_mut(package).looked = true;
        if let Some(condition) = self.fork_for(package, set) {
            return Choice::Fork(condition);
        }
        let first = self.ranking(package, set, 1).first().copied();
        self.at_mut(package).lacked |= first.is_none();
        if let Some(number) = first
            && let Some(choice) = self.instead_of_local(package, number, set)
        {
            return choice;
        }
        match (first, &self.at(package).universe) {
            (Some(number), _) => Choice::Version(number),
            (None, Some(Universe::Provisional(_))) => Choice::LookFurther,
            (None, _) => Choice::Nothing,
        }
    }

    /// Returns where the region has to be cut so that each part gets the best of these versions.
    fn fork_for(&mut self, package: u32, set: &Set) -> Option<MarkerSet> {
        let Target::Universal(target) = &self.problem.target else {
            return None;
        };
        let by_python = target.fork_strategy == ForkStrategy::RequiresPython;
        if !self.may_cut || matches!(self.at(package).universe, Some(Universe::Single(_)) | None) {
            return None;
        }
        if let Some(condition) = self.fork_of_preferences(package, set) {
            return Some(condition);
        }
        if !by_python
            || self
                .favourites(package)
                .iter()
                .any(|&number| set.has(number))
        {
            return None;
        }
        let mut found = Ranking::new();
        for pass in passes(entry_allowance(self, package), false) {
            let pass = Pass {
                elsewhere: true,
                ..pass
            };
            self.walk(package, Wish { set, limit: 1 }, pass, &mut found);
        }
        let verdict = self.verdict(package, *found.first()?);
        verdict.elsewhere.filter(|_| verdict.clean.is_none())
    }

    /// Returns where the region has to be cut so that an earlier answer with several versions is kept.
    fn fork_of_preferences(&mut self, package: u32, set: &Set) -> Option<MarkerSet> {
        let entry = self.at(package);
        let universe = entry.universe.as_ref().filter(|_| entry.stable)?;
        let preferences = self.problem.preferences.get(&entry.name)?;
        // Versions that are ruled out count as well: what rules them out may hold in a part only.
        let known: SmallVec<[_; 2]> = preferences
            .iter()
            .filter_map(|preference| {
                Some((
                    universe.find(&preference.version)?,
                    preference.marker.clone(),
                ))
            })
            .collect();
        let left = known.iter().any(|(number, _)| set.has(*number));
        // Several are told apart as long as one is left; one that is not left may be in its own part.
        if left != (known.len() > 1) {
            return None;
        }
        let several = known.len() > 1;
        let mut parts = SmallVec::<[(u32, MarkerSet); 2]>::new();
        for (number, marker) in known {
            match self.holds(marker.as_ref(), None) {
                Holds::Always => return None,
                Holds::Partly(part) => parts.push((number, part)),
                Holds::Never => {}
            }
        }
        // The only one that was anywhere in the region does for what was without.
        if let ([(number, _)], true) = (parts.as_slice(), several)
            && set.has(*number)
        {
            return None;
        }
        let mut parts = parts.into_iter().map(|(_, part)| part);
        parts.next()
    }

    /// Returns the versions of a set that can be taken, best first, at most `limit`.
    pub(crate) fn ranking(&mut self, package: u32, set: &Set, limit: usize) -> Ranking {
        let mut found = Ranking::new();
        let entry = self.at(package);
        match &entry.universe {
            Some(Universe::Provisional(_) | Universe::Single(_)) => {
                if set.has(0) && entry.refusal(0).is_none() {
                    found.push(0);
                }
                return found;
            }
            None => return found,
            Some(_) => {}
        }
        for number in self.favourites(package) {
            if found.len() < limit && set.has(number) && !found.contains(&number) {
                found.push(number);
            }
        }
        let allowance = entry_allowance(self, package);
        let pinned = !self.at(package).yanked_pins.is_empty();
        for pass in passes(allowance, pinned) {
            if pass.prereleases == Some(true) {
                for number in self.prereleases_taken_earlier(package) {
                    if found.len() < limit && set.has(number) && !found.contains(&number) {
                        found.push(number);
                    }
                }
            }
            if self.problem.options.prefer_binary && !pass.yanked {
                let pass = Pass {
                    wheels: true,
                    ..pass
                };
                self.walk(package, Wish { set, limit }, pass, &mut found);
            }
            self.walk(package, Wish { set, limit }, pass, &mut found);
        }
        found
    }

    /// Returns the versions that an earlier answer or another region had and that can be taken.
    fn favourites(&mut self, package: u32) -> Ranking {
        let entry = self.at(package);
        let mut favourites = Ranking::new();
        let Some(universe) = entry.universe.as_ref() else {
            return favourites;
        };
        let usable = |number: &u32| entry.refusal(*number).is_none();
        // What is replaced follows other regions all the same.
        let stays = entry.stable;
        favourites.extend(entry.installed.filter(usable).filter(|_| stays));
        let preferences = self.problem.preferences.get(&entry.name);
        let preferences = preferences.filter(|_| stays);
        let found = preferences.into_iter().flatten().filter_map(|preference| {
            let number = universe.find(&preference.version).filter(usable)?;
            Some((number, preference.marker.clone()))
        });
        let mut preferred: SmallVec<[_; 2]> = found.collect();
        preferred.retain(|(_, marker)| self.may_hold(marker.as_ref()));
        let mut numbers: Ranking = preferred.into_iter().map(|(number, _)| number).collect();
        let all_alike = entry_allowance(self, package) == Allowance::Always;
        for number in self.taken_earlier(package) {
            // A yanked version is for those who asked for it, and so is a pre-release.
            let wanted = all_alike || !self.is_prerelease(package, number);
            if wanted && self.verdict(package, number).clean.is_some() {
                numbers.push(number);
            }
        }
        for number in numbers {
            if favourites.contains(&number) {
                continue;
            }
            let verdict = self.verdict(package, number);
            let prerelease = self.is_prerelease(package, number);
            let wanted = !prerelease || self.policy(package) != Prerelease::Disallow;
            let entry = self.at(package);
            if entry.refusal(number).is_some() {
                continue;
            }
            if wanted && (verdict.clean.is_some() || verdict.yanked.is_some()) {
                favourites.push(number);
            }
        }
        favourites
    }

    /// Returns the pre-releases that other regions took and that can be taken here, best first.
    fn prereleases_taken_earlier(&mut self, package: u32) -> Ranking {
        let mut numbers = self.taken_earlier(package);
        numbers.retain(|number| {
            self.is_prerelease(package, *number)
                && self.at(package).refusal(*number).is_none()
                && self.verdict(package, *number).clean.is_some()
        });
        numbers
    }

    /// Returns the versions that other regions took, best first: of those that end with the same Python
    /// or a later one, so that an old Python does not keep newer ones from what is new.
    fn taken_earlier(&self, package: u32) -> Ranking {
        let entry = self.at(package);
        let Some(universe) = entry
            .universe
            .as_ref()
            .filter(|_| !entry.earlier.is_empty())
        else {
            return Ranking::new();
        };
        let (_, end) = self.region.set.python_bounds();
        let fewest = self.strategy() == ForkStrategy::Fewest;
        let reaches = |other: &Option<Version>| match (other, &end) {
            _ if fewest => true,
            (None, _) => true,
            (Some(_), None) => false,
            (Some(other), Some(end)) => other >= end,
        };
        let mut numbers: Ranking = entry
            .earlier
            .iter()
            .filter(|taken| reaches(&taken.end) && self.asks_no_less_than(taken))
            .filter_map(|taken| taken.number.or_else(|| universe.find(&taken.version)))
            .collect();
        numbers.sort_unstable();
        if !self.upward(package) {
            numbers.reverse();
        }
        numbers
    }

    /// Returns whether all parts of projects that a version was chosen for count here, too: those that exclude
    /// each other do so because they want different versions.
    fn asks_no_less_than(&self, taken: &Taken) -> bool {
        let without = &self.region.without;
        without.iter().all(|part| taken.without.contains(part))
    }

    /// Goes through the versions of a set in the order of the rules.
    fn walk(&mut self, package: u32, wish: Wish<'_>, pass: Pass, found: &mut Ranking) {
        let entry = self.at(package);
        let pages = entry
            .universe
            .as_ref()
            .map_or(0, |universe| universe.pages().len());
        let upward = self.upward(package);
        let by_page = self.problem.options.index_order == IndexOrder::EarlierPageFirst && pages > 1;
        let rounds = if by_page { pages } else { 1 };
        for round in 0..rounds {
            let len = self.at(package).len();
            // Sets are lists of few intervals: walking them by position keeps the borrow short.
            let ranges: SmallVec<[(u32, u32); 4]> = wish.set.ranges().collect();
            let count = ranges.len();
            for step in 0..count {
                let (start, end) = ranges[if upward { step } else { count - 1 - step }];
                let (start, end) = (start.min(len), end.min(len));
                for offset in 0..end.saturating_sub(start) {
                    if found.len() >= wish.limit {
                        return;
                    }
                    let number = if upward {
                        start + offset
                    } else {
                        end - 1 - offset
                    };
                    let here = !by_page || self.first_page(package, number) == Some(round);
                    if here && self.fits(package, number, pass) && !found.contains(&number) {
                        found.push(number);
                    }
                }
            }
        }
    }

    fn first_page(&self, package: u32, number: u32) -> Option<usize> {
        let universe = self.at(package).universe.as_ref()?;
        universe.places(number).iter().map(|(page, _)| *page).min()
    }

    /// Returns whether a version can be taken in this pass.
    fn fits(&mut self, package: u32, number: u32, pass: Pass) -> bool {
        if self.at(package).refusal(number).is_some() {
            return false;
        }
        if let Some(wanted) = pass.prereleases
            && self.is_prerelease(package, number) != wanted
        {
            return false;
        }
        let verdict = self.verdict(package, number);
        if pass.wheels && !verdict.is_wheel {
            return false;
        }
        if pass.yanked {
            verdict.clean.is_none() && verdict.yanked.is_some() && self.is_pinned(package, number)
        } else {
            verdict.clean.is_some()
                || self.at(package).installed == Some(number)
                || (pass.elsewhere
                    && verdict
                        .elsewhere
                        .is_some_and(|part| self.region.is_split_by(&part)))
        }
    }

    fn is_prerelease(&self, package: u32, number: u32) -> bool {
        let universe = self.at(package).universe.as_ref();
        universe.is_some_and(|universe| number < universe.len() && universe.is_prerelease(number))
    }

    /// Returns whether a version is a pre-release and those are not acceptable.
    pub(crate) fn unwanted_prerelease(&self, package: u32, number: u32) -> bool {
        entry_allowance(self, package) == Allowance::Never && self.is_prerelease(package, number)
    }

    fn is_pinned(&self, package: u32, number: u32) -> bool {
        let version = self.version(package, number);
        let same = |pin: &Version| *pin == version || *pin == version.without_local();
        self.at(package).yanked_pins.iter().any(same)
    }

    fn upward(&self, package: u32) -> bool {
        match self.problem.options.resolution {
            Resolution::Highest => false,
            Resolution::Lowest => true,
            Resolution::LowestDirect => {
                let name = &self.at(package).name;
                self.problem
                    .roots
                    .iter()
                    .any(|root| root.requirement.name == *name)
            }
        }
    }

    /// Returns the rule for pre-releases of a package.
    pub(crate) fn policy(&self, package: u32) -> Prerelease {
        let options = &self.problem.options;
        let name = &self.at(package).name;
        options
            .prerelease_packages
            .get(name)
            .copied()
            .unwrap_or(options.prerelease)
    }

    /// Notes what a requirement permits beyond the usual: pre-releases and yanked versions.
    ///
    /// Returns whether that comes too late, because versions of the package were chosen already.
    pub(crate) fn permit(
        &mut self,
        package: u32,
        specifiers: &VersionSpecifiers,
        of_user: bool,
    ) -> bool {
        let entry = self.at(package);
        if matches!(
            entry.universe,
            None | Some(Universe::Provisional(_) | Universe::Single(_))
        ) {
            return false;
        }
        let allowance = self.allowance(package, specifiers, of_user);
        let pin = specifiers
            .exact_pin()
            .filter(|pin| !entry_has_pin(self, package, pin))
            .cloned();
        let pin = pin.filter(|_| self.pins_yanked(package, specifiers));
        let entry = self.at_mut(package);
        // What is a last resort would have changed nothing as long as something else was found.
        let late = match allowance {
            _ if pin.is_some() => entry.looked,
            Allowance::LastResort => entry.lacked,
            Allowance::Never | Allowance::Always => false,
        };
        let news = allowance > entry.prereleases || pin.is_some();
        entry.prereleases = entry.prereleases.max(allowance);
        entry.yanked_pins.extend(pin);
        news && late
    }

    /// Returns how far a requirement permits pre-releases.
    fn allowance(
        &mut self,
        package: u32,
        specifiers: &VersionSpecifiers,
        of_user: bool,
    ) -> Allowance {
        match self.policy(package) {
            Prerelease::Allow => return Allowance::Always,
            Prerelease::Disallow => return Allowance::Never,
            Prerelease::Explicit if !of_user => return Allowance::Never,
            Prerelease::Explicit | Prerelease::IfNecessary => {}
        }
        if specifiers.mentions_prerelease() {
            return Allowance::LastResort;
        }
        if !self.may_fall_back(package) {
            return Allowance::Never;
        }
        let set = self.matching(package, specifiers);
        match self.has_any(package, &set, false) {
            true => Allowance::Never,
            false => Allowance::LastResort,
        }
    }

    /// Returns whether pre-releases of a package are not taken so far, and may be where it is necessary.
    pub(crate) fn may_fall_back(&self, package: u32) -> bool {
        let entry = self.at(package);
        let listed = matches!(
            entry.universe,
            Some(Universe::Page(_) | Universe::Merged { .. })
        );
        listed
            && entry.prereleases == Allowance::Never
            && self.policy(package) == Prerelease::IfNecessary
    }

    /// Takes pre-releases of a package from now on where no final version is left.
    pub(crate) fn fall_back(&mut self, package: u32) {
        self.at_mut(package).prereleases = Allowance::LastResort;
    }

    /// Returns whether one of these versions can be taken: pre-releases only, or final versions only.
    pub(crate) fn has_any(&mut self, package: u32, set: &Set, prereleases: bool) -> bool {
        let mut found = Ranking::new();
        let pass = Pass {
            prereleases: Some(prereleases),
            yanked: false,
            wheels: false,
            elsewhere: false,
        };
        self.walk(package, Wish { set, limit: 1 }, pass, &mut found);
        !found.is_empty()
    }

    /// Returns whether all that an exact requirement matches was yanked.
    fn pins_yanked(&mut self, package: u32, specifiers: &VersionSpecifiers) -> bool {
        let set = self.matching(package, specifiers);
        let len = self.at(package).len();
        let numbers: Ranking = set.iter_below(len).collect();
        let mut yanked = false;
        for number in numbers {
            let verdict = self.verdict(package, number);
            if verdict.clean.is_some() {
                return false;
            }
            yanked |= verdict.yanked.is_some();
        }
        yanked
    }
}

fn entry_has_pin(model: &Model, package: u32, pin: &Version) -> bool {
    model.at(package).yanked_pins.contains(pin)
}

fn entry_allowance(model: &Model, package: u32) -> Allowance {
    match model.policy(package) {
        Prerelease::Allow => Allowance::Always,
        Prerelease::Disallow => Allowance::Never,
        _ => model.at(package).prereleases,
    }
}

fn passes(prereleases: Allowance, yanked: bool) -> SmallVec<[Pass; 4]> {
    let groups: &[Option<bool>] = match prereleases {
        Allowance::Never => &[Some(false)],
        Allowance::LastResort => &[Some(false), Some(true)],
        Allowance::Always => &[None],
    };
    let mut passes = SmallVec::new();
    for yanked in [false, true].into_iter().take(1 + usize::from(yanked)) {
        passes.extend(groups.iter().map(|&prereleases| Pass {
            prereleases,
            yanked,
            wheels: false,
            elsewhere: false,
        }));
    }
    passes
}
