//! The loop: propagate, pick a package, choose a version, state what it needs.

use std::sync::Arc;

use naja_lock::{Graph, Note};
use naja_spec::{Marker, MarkerSet};
use rustc_hash::FxHashSet;

use crate::backend::{Class, Key, Search, Set, discard};
use crate::choose::Choice;
use crate::model::{Lookup, Model, Taken};
use crate::needs::Needs;
use crate::prefetch::Prefetch;
use crate::region::{Region, first_regions};
use crate::unite::{Part, unite};
use crate::universe::Universe;
use crate::{Conflict, Fact, Problem, Query, Reason, Step, Unavailable};

/// How many rounds a step may take.
const QUANTUM: u32 = 512;

/// How many regions may be looked at.
const REGIONS: u32 = 400;

/// What comes next.
#[derive(Clone, Debug)]
enum Todo {
    /// Draw conclusions.
    Propagate,
    /// Choose a version of this package out of this set.
    Choose(Key, Set),
    /// State what this version needs; the set is what it was chosen from.
    Decide(Key, u32, Set),
}

/// What came of a round.
enum Round {
    /// It goes on.
    On(Todo),
    /// Facts are missing.
    Missing(Vec<Query>),
    /// Something came up that the search should have known from the start.
    Restart,
    /// The region has to be cut in two.
    Cut(MarkerSet),
    /// Everything is decided.
    Done,
    /// There is no answer.
    Failed(Box<Conflict>),
}

/// What a version needs, ready to be stated.
enum Demand {
    Ready(Vec<(Key, Set)>),
    Missing(Vec<Query>),
    Refused(Reason),
    Cut(MarkerSet),
    Restart,
}

/// Versions of packages, each with the page its files are on.
type Listed = FxHashSet<(u32, u32, Option<usize>)>;

/// The regions of a resolution for many environments.
struct Regions {
    /// All environments.
    whole: MarkerSet,
    /// What is to be resolved yet; the last one comes first.
    open: Vec<Region>,
    /// What was resolved.
    parts: Vec<Part>,
    /// The versions whose files are in one of the parts: package, number, page.
    listed: Listed,
    /// How many searches were begun.
    begun: u32,
    /// Rounds that conflicts took in regions left since.
    conflicts: u64,
}

/// A resolution under way.
///
/// It keeps its state between steps, so that a step costs only what is new.
pub struct Solver {
    model: Model,
    search: Search,
    prefetch: Prefetch,
    todo: Todo,
    roots: Option<Needs>,
    notes: Vec<Note>,
    failure: Option<Box<Conflict>>,
    regions: Option<Regions>,
    united: Option<Graph>,
    rounds: u64,
    restarts: u32,
}

impl std::fmt::Debug for Solver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Solver")
            .field("packages", &self.model.packages.len())
            .field("todo", &self.todo)
            .field("rounds", &self.rounds)
            .finish_non_exhaustive()
    }
}

impl Solver {
    /// Starts a resolution. Nothing is computed yet.
    #[must_use]
    pub fn new(problem: Problem) -> Self {
        let mut open = first_regions(&problem);
        let whole = open
            .iter()
            .fold(MarkerSet::none(), |all, region| all.or(&region.set));
        let mut model = Model::new(problem);
        model.python.over_all(whole.python_versions());
        model.whole = whole.clone();
        open.reverse();
        let regions = model.problem.exact().is_none().then(|| Regions {
            whole,
            open,
            parts: Vec::new(),
            listed: Listed::default(),
            begun: 0,
            conflicts: 0,
        });
        let mut solver = Self {
            model,
            search: Search::new(),
            prefetch: Prefetch::default(),
            todo: Todo::Propagate,
            roots: None,
            notes: Vec::new(),
            failure: None,
            regions,
            united: None,
            rounds: 0,
            restarts: 0,
        };
        if !solver.enter_next() {
            solver.united = Some(Graph::default());
        }
        solver
    }

    /// Hands in an answer, asked for or not. A second answer to the same question is ignored.
    pub fn learn(&mut self, query: &Query, fact: Fact) {
        if !self.model.learn(query, fact) {
            return;
        }
        self.prefetch.asking(query);
        let name = match query {
            Query::Versions(name) | Query::Installed(name) => name,
            Query::Metadata(id) => &id.name,
            Query::Url(id) => &id.name,
        };
        if let Some(package) = self.model.names.find(name) {
            self.prefetch.touch(package);
        }
    }

    /// Works on until a fact is missing, the quantum of work is used up, or the end is reached.
    ///
    /// After [`Step::Done`] or [`Step::Unsatisfiable`] the same answer comes again.
    pub fn step(&mut self) -> Step {
        if let Some(conflict) = &self.failure {
            return Step::Unsatisfiable(conflict.clone());
        }
        if let Some(graph) = &self.united {
            return Step::Done(graph.clone());
        }
        for _ in 0..QUANTUM {
            self.rounds += 1;
            if let Some(step) = self.one_round() {
                return step;
            }
        }
        Step::Working
    }

    /// Does a round of work; a step if it led to one.
    fn one_round(&mut self) -> Option<Step> {
        if self.roots.is_none() {
            if let Some(condition) = self.open_condition() {
                self.cut(&condition);
                return None;
            }
            let needs = self.model.root_needs(&mut self.notes);
            self.prefetch.start(&mut self.model);
            self.prefetch.follow(&self.model, &needs);
            self.roots = Some(needs);
        }
        match self.round(self.todo.clone()) {
            Round::On(todo) => self.todo = todo,
            Round::Missing(must) => {
                for query in &must {
                    self.prefetch.asking(query);
                }
                let soon = self.prefetch.take(&mut self.model);
                return Some(Step::Need { must, soon });
            }
            Round::Restart => self.restart(),
            Round::Cut(condition) => self.cut(&condition),
            Round::Done => return self.done(),
            Round::Failed(conflict) => {
                self.failure = Some(conflict.clone());
                return Some(Step::Unsatisfiable(conflict));
            }
        }
        None
    }

    /// Returns a condition that decides about a direct reference of the user.
    fn open_condition(&mut self) -> Option<MarkerSet> {
        if self.regions.is_none() || !self.model.may_cut {
            return None;
        }
        self.model.open_reference()
    }

    /// Resolves the two sides of a condition one after the other. Where an earlier answer was cut, too, all of its
    /// cuts are made at once: each of them would come up, after much of the way was gone again.
    fn cut(&mut self, condition: &MarkerSet) {
        let parts = match self.model.region.parted {
            true => None,
            false => self.model.parts_of_earlier_answer(condition),
        };
        if let (Some(regions), Some(parts)) = (&mut self.regions, parts) {
            regions.open.extend(parts.into_iter().rev());
        } else if let Some(regions) = &mut self.regions {
            let strategy = self.model.strategy();
            let [first, second] = self.model.region.cut(condition, strategy);
            regions.open.push(second);
            regions.open.push(first);
        }
        self.enter_next();
    }

    /// Begins with the next region, if there is one. A single environment has none, and needs none.
    fn enter_next(&mut self) -> bool {
        let Some(regions) = &mut self.regions else {
            return true;
        };
        let Some(region) = regions.open.pop() else {
            return false;
        };
        regions.begun += 1;
        regions.conflicts += self.search.conflicts();
        self.model.may_cut = regions.begun < REGIONS;
        self.model.enter(region);
        self.search = Search::new();
        self.prefetch.start_over();
        self.todo = Todo::Propagate;
        self.roots = None;
        self.notes.clear();
        true
    }

    /// Keeps the answer for a region; the last one completes the answer for all.
    fn done(&mut self) -> Option<Step> {
        if self.regions.is_none() {
            return Some(Step::Done(self.answer()));
        }
        let part = self.part();
        let (_, end) = self.model.region.set.python_bounds();
        let without: Arc<[_]> = self.model.region.without.as_slice().into();
        let decided: Vec<_> = self.search.decisions().collect();
        for (key, number) in decided {
            if key.as_extra().is_none() && self.model.at(key.package).direct.is_none() {
                let version = self.model.version(key.package, number);
                let earlier = &mut self.model.at_mut(key.package).earlier;
                let same = |taken: &Taken| {
                    taken.version == version && taken.end == end && taken.without == without
                };
                match earlier.iter_mut().find(|taken| same(taken)) {
                    Some(taken) => taken.number = Some(number),
                    None => earlier.push(Taken {
                        version,
                        number: Some(number),
                        end: end.clone(),
                        without: Arc::clone(&without),
                    }),
                }
            }
        }
        let regions = self.regions.as_mut()?;
        regions.parts.push(part);
        if self.enter_next() {
            return None;
        }
        let regions = self.regions.as_mut()?;
        let graph = unite(
            &std::mem::take(&mut regions.parts),
            &self.model.problem.preferences,
        );
        self.united = Some(graph.clone());
        Some(Step::Done(graph))
    }

    /// Returns the environments a conflict is about, unless it is about all.
    pub(crate) fn fork_told(&self) -> Option<Marker> {
        let regions = self.regions.as_ref()?;
        self.model.region.set.simplify(&regions.whole).to_marker()
    }

    /// Returns how much work was done: rounds of the search, conflicts met, searches started anew.
    #[must_use]
    pub fn effort(&self) -> Effort {
        Effort {
            rounds: self.rounds,
            conflicts: self.search.conflicts()
                + self.regions.as_ref().map_or(0, |regions| regions.conflicts),
            regions: self.regions.as_ref().map_or(1, |regions| regions.begun),
            restarts: self.restarts,
        }
    }

    fn round(&mut self, todo: Todo) -> Round {
        match todo {
            Todo::Propagate => self.propagate(),
            Todo::Choose(key, set) => self.choose(key, set),
            Todo::Decide(key, number, set) => self.decide(key, number, set),
        }
    }

    fn propagate(&mut self) -> Round {
        if let Err(tree) = self.search.propagate() {
            let tree = Arc::new(*tree);
            let goes_on = match self.condition_in(&tree) {
                Some(condition) => Some(Round::Cut(condition)),
                None => self.falls_back_after(&tree).then_some(Round::Restart),
            };
            return match goes_on {
                Some(round) => {
                    discard(tree);
                    round
                }
                None => Round::Failed(Box::new(self.conflict(tree))),
            };
        }
        let (model, prefetch) = (&self.model, &mut self.prefetch);
        let picked = self.search.pick(
            |key, set| {
                if key == Key::ROOT {
                    return Class::Root;
                }
                if key.as_extra().is_none() {
                    prefetch.narrow(key.package, set);
                }
                let package = model.at(key.package);
                match &package.universe {
                    Some(Universe::Single(_)) => Class::Direct,
                    Some(Universe::Page(_) | Universe::Merged { .. })
                        if set.count_below(package.len()) == 1 =>
                    {
                        Class::Exact
                    }
                    _ => Class::Normal,
                }
            },
            |key, set| set.count_below(model.at(key.package).len()),
        );
        match picked {
            None => Round::Done,
            Some((Key::ROOT, set)) => Round::On(Todo::Decide(Key::ROOT, 0, set)),
            Some((key, set)) => Round::On(Todo::Choose(key, set)),
        }
    }

    fn choose(&mut self, key: Key, set: Set) -> Round {
        let Ok(wanted) = self.within_base(key, &set) else {
            return Round::On(Todo::Propagate);
        };
        match self.model.choose(key.package, &wanted) {
            Choice::Version(number) => {
                self.model
                    .at_mut(key.package)
                    .first_choice
                    .get_or_insert(number);
                self.prefetch
                    .ask_next(&mut self.model, (key.package, number), &wanted);
                Round::On(Todo::Decide(key, number, set))
            }
            Choice::Fork(condition) => Round::Cut(condition),
            Choice::LookFurther => {
                let package = self.model.at_mut(key.package);
                package.provisional = false;
                package.renumber();
                Round::Restart
            }
            Choice::Nothing if self.falls_back(key.package) => Round::Restart,
            Choice::Nothing if wanted != set => {
                // The package itself leaves nothing usable; any other version fails against it at once.
                match self.model.choose(key.package, &set) {
                    Choice::Version(number) => Round::On(Todo::Decide(key, number, set)),
                    _ => {
                        self.search.rule_out(key, set);
                        Round::On(Todo::Propagate)
                    }
                }
            }
            Choice::Nothing => {
                self.search.rule_out(key, set);
                Round::On(Todo::Propagate)
            }
        }
    }

    /// Narrows the versions of an extra to those that are left for its package.
    ///
    /// Where none is left the contradiction is stated, and the error tells to draw conclusions.
    fn within_base(&mut self, key: Key, set: &Set) -> Result<Set, ()> {
        use crate::backend::VersionSet as _;
        if key.as_extra().is_none() {
            return Ok(set.clone());
        }
        let base = Key::base(key.package);
        let Some((left, required)) = self.search.left(base) else {
            return Ok(set.clone());
        };
        let both = set.intersection(&left);
        match (both.is_empty(), required) {
            (false, _) => Ok(both),
            (true, false) => Ok(set.clone()),
            (true, true) => {
                // One statement instead of one failure for each version.
                self.search.link(key, set.clone(), base, set.clone());
                Err(())
            }
        }
    }

    fn decide(&mut self, key: Key, number: u32, set: Set) -> Round {
        if self.search.knows(key, number) {
            self.search.decide_again(key, number);
            return Round::On(Todo::Propagate);
        }
        match self.demand(key, number) {
            Demand::Ready(needs) => {
                let wanted = needs.clone();
                if !self.search.decide(key, number, needs) {
                    self.note_failure(key, number, &wanted);
                }
                Round::On(Todo::Propagate)
            }
            Demand::Missing(queries) => Round::Missing(queries),
            Demand::Refused(reason) => {
                let package = self.model.at_mut(key.package);
                // The first choice is what the user would get. Only versions met on the way back are passed over.
                if reason == Reason::NeedsBuild && package.first_choice == Some(number) {
                    return Round::Failed(Box::new(self.needs_build(key.package, number)));
                }
                package.refuse(number, reason);
                Round::On(Todo::Choose(key, set))
            }
            Demand::Cut(condition) => Round::Cut(condition),
            Demand::Restart => Round::Restart,
        }
    }

    /// Remembers by how far a version missed what is left of a package it asks for.
    fn note_failure(&mut self, key: Key, number: u32, needs: &[(Key, Set)]) {
        use crate::backend::VersionSet as _;
        let missed = needs.iter().find_map(|(other, wanted)| {
            let (left, _) = self.search.left(*other)?;
            (*other != Key::base(key.package) && wanted.is_disjoint(&left))
                .then(|| (other.package, wanted.distance(&left)))
        });
        if let Some(missed) = missed {
            self.prefetch.missed((key.package, number), missed);
        }
    }

    /// Finds out what a version needs.
    fn demand(&mut self, key: Key, number: u32) -> Demand {
        let needs = if key == Key::ROOT {
            self.roots.clone().unwrap_or_else(|| Needs::from([]))
        } else {
            match self.needs(key, number) {
                Ok(needs) => needs,
                Err(demand) => return demand,
            }
        };
        if let Some(condition) = self.model.fork_of(&needs) {
            return Demand::Cut(condition);
        }
        let late = match self.model.accept_direct_references(key, &needs) {
            Ok(late) => late,
            Err(reason) => return Demand::Refused(reason),
        };
        if self.model.look_past_installed(&needs) | late {
            return Demand::Restart;
        }
        let missing = self.model.prepare_all(&needs);
        if !missing.is_empty() {
            return Demand::Missing(missing);
        }
        self.prefetch.follow(&self.model, &needs);
        if self.permit_all(&needs) {
            return Demand::Restart;
        }
        self.introduce_all(&needs);
        Demand::Ready(self.stated(key, number, &needs))
    }

    /// Finds out what the metadata of a version asks for.
    fn needs(&mut self, key: Key, number: u32) -> Result<Needs, Demand> {
        if self.model.problem.options.no_deps {
            // Nothing is asked of the metadata, but there has to be something to install.
            return match self.model.is_available(key.package, number) {
                true => Ok(Needs::from([])),
                false => Err(Demand::Refused(Reason::NoFiles)),
            };
        }
        let metadata = match self.model.metadata(key.package, number) {
            Lookup::Known(metadata) => metadata,
            Lookup::Missing(query) => return Err(Demand::Missing(vec![query])),
            Lookup::Refused(Unavailable::NeedsBuild) => {
                return Err(Demand::Refused(Reason::NeedsBuild));
            }
            Lookup::Refused(why) => return Err(Demand::Refused(Reason::of_unavailable(&why))),
        };
        let installed = self.model.at(key.package).installed == Some(number);
        if let Some(python) = &metadata.requires_python
            && !installed
            && !self.model.python.admits(python)
        {
            if let Some(condition) = self.model.cut_for_python(python) {
                return Err(Demand::Cut(condition));
            }
            return Err(Demand::Refused(Reason::RequiresPython(python.to_string())));
        }
        Ok(self.model.needs(key, number, &metadata))
    }

    fn permit_all(&mut self, needs: &Needs) -> bool {
        let mut late = false;
        for need in needs.iter() {
            if let Some(specifiers) = need.specifiers(&self.model.problem).cloned() {
                late |= self
                    .model
                    .permit(need.package, &specifiers, need.words.of_user());
            }
        }
        late
    }

    /// States the constraints on packages that are new in this search.
    fn introduce_all(&mut self, needs: &Needs) {
        use crate::backend::VersionSet as _;
        for need in needs.iter() {
            let package = need.package;
            if self.model.at(package).introduced {
                continue;
            }
            self.model.at_mut(package).introduced = true;
            for at in self.model.constraints_on(package) {
                let constraint = &self.model.problem.constraints[at].requirement;
                let Some(specifiers) = constraint.specifiers().cloned() else {
                    continue;
                };
                self.model.permit(package, &specifiers, true);
                let allowed = self.model.matching(package, &specifiers);
                self.search
                    .forbid(Key::base(package), allowed.complement(), at as u32);
            }
        }
    }

    /// Turns requirements into statements about versions.
    fn stated(&mut self, key: Key, number: u32, needs: &Needs) -> Vec<(Key, Set)> {
        let mut stated = Vec::with_capacity(needs.len() + 1);
        if key.as_extra().is_some() {
            stated.push((Key::base(key.package), Set::range(number, number + 1)));
        }
        for need in needs.iter() {
            let set = self.model.set_of(need);
            for wanted in need.keys() {
                // What a version asks of itself is either granted or impossible.
                let of_itself =
                    wanted.package == key.package && (wanted == key || wanted.as_extra().is_none());
                if of_itself && set.has(number) {
                    continue;
                }
                if !stated.contains(&(wanted, set.clone())) {
                    stated.push((wanted, set.clone()));
                }
            }
        }
        stated
    }

    fn restart(&mut self) {
        self.restarts += 1;
        self.search = Search::new();
        self.todo = Todo::Propagate;
        for package in &mut self.model.packages {
            package.restart();
        }
    }

    /// Returns what a version asks for, if the search came to it: guesses that ran ahead of it do not count.
    pub(crate) fn stated_needs(&self, key: Key, number: u32) -> Option<Needs> {
        let known = self.search.knows(key, number);
        self.model.known_needs(key, number).filter(|_| known)
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    pub(crate) fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Returns the versions whose files are listed already; `None` where there is one region.
    pub(crate) fn listed_mut(&mut self) -> Option<&mut Listed> {
        Some(&mut self.regions.as_mut()?.listed)
    }

    pub(crate) fn search(&self) -> &Search {
        &self.search
    }

    pub(crate) fn notes(&self) -> &[Note] {
        &self.notes
    }

    pub(crate) fn roots(&self) -> Needs {
        self.roots.clone().unwrap_or_else(|| Needs::from([]))
    }
}

/// How much work a resolution took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Rounds of the search.
    pub rounds: u64,
    /// Conflicts met since the search last started.
    pub conflicts: u64,
    /// Regions of environments that were looked at.
    pub regions: u32,
    /// Searches that were started anew because something came up that has to be known from the start.
    pub restarts: u32,
}
