//! Which questions will probably come up next.
//!
//! The guess runs ahead of the search: as soon as a page is known, the version that would be taken with all
//! that was seen so far is guessed; as soon as its metadata is known, its requirements are followed. A wrong
//! guess costs a request and nothing else: guesses never enter the search.

use std::sync::Arc;

use crate::backend::VersionSet as _;
use naja_spec::{CoreMetadata, VersionSpecifiers};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::backend::{Key, Set};
use crate::model::{Lookup, Model};
use crate::needs::Needs;
use crate::universe::Universe;
use crate::{Problem, Query};

/// How many versions are asked for ahead of the one that is being looked at.
const FARTHEST: u32 = 128;

/// How many versions are tried one by one before any is asked for ahead.
const PATIENCE: u32 = 6;

/// Of so many versions looked at follows one that is asked for ahead.
const AHEAD: u32 = 2;

/// The way back through the versions of a package that fail because of one other package.
#[derive(Clone, Copy, Debug)]
struct Trail {
    /// The other package.
    other: u32,
    /// The first version that failed, and how far what it asks for was from what is left.
    first: (u32, u32),
    /// The last one.
    last: (u32, u32),
}

impl Trail {
    /// Returns how many more versions have to be passed if it goes on as it went so far.
    fn rest(&self) -> Option<u32> {
        let passed = u64::from(self.first.0.abs_diff(self.last.0));
        let nearer = u64::from(self.first.1.checked_sub(self.last.1)?);
        let rest = (u64::from(self.last.1) * passed).div_ceil(nearer.max(1));
        (nearer > 0).then(|| u32::try_from(rest).unwrap_or(u32::MAX))
    }
}

/// What was guessed for a package.
#[derive(Debug, Default)]
struct Guess {
    /// What the requirements seen so far ask for.
    wanted: Vec<VersionSpecifiers>,
    /// The extras they ask for.
    extras: SmallVec<[u32; 2]>,
    /// The version and the number of extras whose requirements were followed.
    followed: Option<(u32, usize)>,
    /// What the search leaves for it.
    left: Option<Set>,
    /// Whether it has to be looked at again.
    queued: bool,
    /// Whether anything asks for it.
    alive: bool,
    /// How far the way back is, if it is one.
    trail: Option<Trail>,
}

/// Guesses and the questions that were asked.
#[derive(Debug, Default)]
pub(crate) struct Prefetch {
    guesses: Vec<Guess>,
    queue: Vec<u32>,
    asked: FxHashSet<Query>,
    soon: Vec<Query>,
}

impl Prefetch {
    /// Expects the names that are known beforehand.
    pub(crate) fn start(&mut self, model: &mut Model) {
        let problem = &model.problem;
        let preferred = problem
            .preferences
            .keys()
            .filter(|name| !stays(problem, name));
        let names: Vec<_> = preferred.chain(&problem.hints).cloned().collect();
        for name in names {
            let package = model.package(&name);
            self.guess(package).alive = true;
            self.touch(package);
        }
    }

    /// Forgets the guesses, for a search in another region.
    pub(crate) fn start_over(&mut self) {
        self.guesses.clear();
        self.queue.clear();
    }

    /// Notes that a question is being asked anyway.
    pub(crate) fn asking(&mut self, query: &Query) {
        self.asked.insert(query.clone());
    }

    /// Looks at a package again.
    pub(crate) fn touch(&mut self, package: u32) {
        let guess = self.guess(package);
        if !guess.queued {
            guess.queued = true;
            self.queue.push(package);
        }
    }

    /// Takes in what the search leaves for a package.
    pub(crate) fn narrow(&mut self, package: u32, left: &Set) {
        let guess = self.guess(package);
        guess.alive = true;
        if guess.left.as_ref() != Some(left) {
            guess.left = Some(left.clone());
            self.touch(package);
        }
    }

    /// Follows requirements.
    pub(crate) fn follow(&mut self, model: &Model, needs: &Needs) {
        for need in needs.iter() {
            let guess = self.guess(need.package);
            let mut news = !guess.alive;
            guess.alive = true;
            if let Some(specifiers) = need.specifiers(&model.problem)
                && !specifiers.is_empty()
                && !guess.wanted.contains(specifiers)
            {
                guess.wanted.push(specifiers.clone());
                news = true;
            }
            for &extra in &need.extras {
                if !guess.extras.contains(&extra) {
                    guess.extras.push(extra);
                    news = true;
                }
            }
            if news {
                self.touch(need.package);
            }
        }
    }

    /// Where the metadata of the version that is being looked at has to be waited for, asks for that of the
    /// versions after it as well: the more the longer the way back is, so that it costs few waits and little
    /// that is not needed.
    pub(crate) fn ask_next(&mut self, model: &mut Model, (package, number): (u32, u32), set: &Set) {
        match model.metadata(package, number) {
            Lookup::Missing(query) if !self.asked.contains(&query) => {}
            _ => return,
        }
        let rest = self.guess(package).trail.and_then(|trail| trail.rest());
        let asked = &mut model.at_mut(package).asked;
        let ahead = match rest {
            _ if *asked < PATIENCE => 0,
            Some(rest) => rest.min(*asked).min(FARTHEST),
            None => (*asked / AHEAD).min(FARTHEST),
        };
        *asked += 1 + ahead;
        if ahead == 0 {
            return;
        }
        for number in model.ranking(package, set, 1 + ahead as usize) {
            if let Lookup::Missing(query) = model.metadata(package, number) {
                self.ask(query);
            }
        }
    }

    /// Takes in that a version failed, because of which package, and by how far.
    pub(crate) fn missed(&mut self, (package, number): (u32, u32), (other, far): (u32, u32)) {
        let trail = &mut self.guess(package).trail;
        match trail {
            Some(trail) if trail.other == other && far <= trail.last.1 => {
                trail.last = (number, far);
            }
            _ => {
                *trail = Some(Trail {
                    other,
                    first: (number, far),
                    last: (number, far),
                });
            }
        }
    }

    /// Returns the questions that were not returned before.
    pub(crate) fn take(&mut self, model: &mut Model) -> Vec<Query> {
        while let Some(package) = self.queue.pop() {
            self.guess(package).queued = false;
            self.look(model, package);
        }
        std::mem::take(&mut self.soon)
    }

    fn look(&mut self, model: &mut Model, package: u32) {
        if !self.guess(package).alive {
            return;
        }
        if let Err(query) = model.prepare(package) {
            self.ask(query);
            return;
        }
        let set = self.likely_set(model, package);
        let Some(&number) = model.ranking(package, &set, 1).first() else {
            // What is installed will not do, so the page is next.
            if matches!(model.at(package).universe, Some(Universe::Provisional(_))) {
                self.ask(Query::Versions(model.at(package).name.clone()));
            }
            return;
        };
        if model.problem.options.no_deps {
            return;
        }
        match model.metadata(package, number) {
            Lookup::Missing(query) => self.ask(query),
            Lookup::Known(metadata) => self.follow_version(model, package, number, &metadata),
            Lookup::Refused(_) => {}
        }
    }

    fn follow_version(
        &mut self,
        model: &mut Model,
        package: u32,
        number: u32,
        metadata: &Arc<CoreMetadata>,
    ) {
        let guess = self.guess(package);
        let extras = guess.extras.clone();
        if guess.followed == Some((number, extras.len())) {
            return;
        }
        guess.followed = Some((number, extras.len()));
        let keys = extras.iter().map(|&extra| Key::extra(package, extra));
        for key in std::iter::once(Key::base(package)).chain(keys) {
            let needs = model.needs(key, number, metadata);
            self.follow(model, &needs);
        }
    }

    /// Returns the versions that agree with everything seen so far, or with as much as is certain.
    fn likely_set(&mut self, model: &mut Model, package: u32) -> Set {
        let guess = self.guess(package);
        let left = guess.left.clone().unwrap_or_else(Set::full);
        let wanted = std::mem::take(&mut guess.wanted);
        let mut set = left.clone();
        for specifiers in &wanted {
            let narrower = set.intersection(&model.matching(package, specifiers));
            if narrower.is_empty() {
                break;
            }
            set = narrower;
        }
        self.guess(package).wanted = wanted;
        set
    }

    fn guess(&mut self, package: u32) -> &mut Guess {
        let at = package as usize;
        if self.guesses.len() <= at {
            self.guesses.resize_with(at + 1, Guess::default);
        }
        &mut self.guesses[at]
    }

    fn ask(&mut self, query: Query) {
        if !self.asked.contains(&query) {
            self.asked.insert(query.clone());
            self.soon.push(query);
        }
    }
}

/// Returns whether what is installed will do, as far as can be told beforehand.
fn stays(problem: &Problem, name: &naja_spec::PackageName) -> bool {
    problem.installed.contains_key(name) && !problem.upgrade.contains(name)
}
