//! Which version of a package is tried next.

use naja_spec::{Version, VersionSpecifiers};
use smallvec::SmallVec;

use crate::backend::Set;
use crate::model::{Allowance, Model};
use crate::universe::Universe;
use crate::{IndexOrder, Prerelease, Resolution};

/// The versions to be tried, best first.
pub(crate) type Ranking = SmallVec<[u32; 4]>;

/// What was found for a package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This version is to be tried.
    Version(u32),
    /// What is installed will not do; the versions of the index have to be looked at.
    LookFurther,
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
}

impl Model {
    /// Chooses a version out of a set.
    pub(crate) fn choose(&mut self, package: u32, set: &Set) -> Choice {
        self.at_mut(package).looked = true;
        let first = self.ranking(package, set, 1).first().copied();
        match (first, &self.at(package).universe) {
            (Some(number), _) => Choice::Version(number),
            (None, Some(Universe::Provisional(_))) => Choice::LookFurther,
            (None, _) => Choice::Nothing,
        }
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
        for pass in passes(
            entry_allowance(self, package),
            !self.at(package).yanked_pins.is_empty(),
        ) {
            self.walk(package, Wish { set, limit }, pass, &mut found);
        }
        found
    }

    /// Returns the versions that an earlier answer had and that can be taken.
    fn favourites(&mut self, package: u32) -> Ranking {
        let entry = self.at(package);
        let mut favourites = Ranking::new();
        let Some(universe) = entry.universe.as_ref().filter(|_| entry.stable) else {
            return favourites;
        };
        let usable = |number: &u32| entry.refusal(*number).is_none();
        favourites.extend(entry.installed.filter(usable));
        let preferred: Ranking = self
            .problem
            .preferences
            .get(&entry.name)
            .into_iter()
            .flatten()
            .filter_map(|preference| universe.find(&preference.version))
            .filter(usable)
            .collect();
        for number in preferred {
            let verdict = self.verdict(package, number);
            let prerelease = self.is_prerelease(package, number);
            let wanted = !prerelease || self.policy(package) != Prerelease::Disallow;
            if wanted && (verdict.clean.is_some() || verdict.yanked.is_some()) {
                favourites.push(number);
            }
        }
        favourites
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
        if pass.yanked {
            verdict.clean.is_none() && verdict.yanked.is_some() && self.is_pinned(package, number)
        } else {
            verdict.clean.is_some() || self.at(package).installed == Some(number)
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
        let news = allowance > entry.prereleases || pin.is_some();
        entry.prereleases = entry.prereleases.max(allowance);
        entry.yanked_pins.extend(pin);
        news && entry.looked
    }

    /// Returns how far a requirement permits pre-releases.
    fn allowance(
        &mut self,
        package: u32,
        specifiers: &VersionSpecifiers,
        of_user: bool,
    ) -> Allowance {
        let (explicit, necessary) = match self.policy(package) {
            Prerelease::Allow => return Allowance::Always,
            Prerelease::Disallow => return Allowance::Never,
            Prerelease::IfNecessary => (false, true),
            Prerelease::Explicit => (true, false),
            Prerelease::IfNecessaryOrExplicit => (true, true),
        };
        if explicit && specifiers.mentions_prerelease() {
            return if of_user {
                Allowance::Always
            } else {
                Allowance::LastResort
            };
        }
        if self.at(package).prereleases >= Allowance::LastResort || !necessary {
            return Allowance::Never;
        }
        let set = self.matching(package, specifiers);
        let mut finals = Ranking::new();
        let pass = Pass {
            prereleases: Some(false),
            yanked: false,
        };
        self.walk(
            package,
            Wish {
                set: &set,
                limit: 1,
            },
            pass,
            &mut finals,
        );
        if finals.is_empty() {
            Allowance::LastResort
        } else {
            Allowance::Never
        }
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
        }));
    }
    passes
}
