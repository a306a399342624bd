//! From PubGrub's derivation to a [`Conflict`]: numbers become names, versions and words again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::{DerivationTree, VersionSet as _};
use naja_spec::{PackageName, Requirement, Version};
use rustc_hash::FxHashMap;

use crate::backend::{External, Key, Set, Tree, discard};
use crate::conflict::{Asker, Cause, Conflict, ConflictFact, ConflictKind, PackageFacts};
use crate::needs::{Need, Words};
use crate::{Solver, Unavailable};

/// How many versions with reasons a fact keeps.
const EXAMPLES: usize = 64;

/// Dependencies of a derivation, grouped by who asks whom: which versions ask, and for which sets.
type Groups = BTreeMap<(Key, Key), Asked>;

/// Which versions ask, and for what.
type Asked = (Set, Vec<Set>);

/// How a requirement is told.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manner {
    /// Versions of the asker ask in different words.
    varies: bool,
    /// No known version matches at all.
    hopeless: bool,
}

/// Collects the facts of a derivation.
struct Collector<'a> {
    solver: &'a mut Solver,
    facts: Vec<ConflictFact>,
    /// Where the fact of a group stands.
    positions: FxHashMap<(Key, Key), Vec<usize>>,
}

impl Solver {
    /// Turns a derivation into a conflict.
    pub(crate) fn conflict(&mut self, tree: Arc<Tree>) -> Conflict {
        let order = topological(&tree);
        let mut groups = Groups::new();
        for node in &order {
            if let DerivationTree::External(external) = &**node
                && let External::FromDependencyOf(from, versions, to, wanted) = external
            {
                let (askers, sets) = groups.entry((*from, *to)).or_default();
                *askers = askers.union(versions);
                if !sets.contains(wanted) {
                    sets.push(wanted.clone());
                }
            }
        }
        let python = self.python_told();
        let fork = self.fork_told();
        let universal = self.model().is_universal();
        let groups = self.by_name(groups);
        let mut collector = Collector {
            solver: self,
            facts: Vec::new(),
            positions: FxHashMap::default(),
        };
        for ((from, to), (versions, sets)) in &groups {
            if *from == Key::ROOT {
                collector.add_root_group(*to, sets);
            } else {
                collector.add_group((*from, *to), versions, sets);
            }
        }
        collector.add_unknown();
        collector.add_direct();
        let causes = collector.causes(&order);
        let facts = std::mem::take(&mut collector.facts);
        drop(order);
        discard(tree);
        let packages = self.package_facts(&facts);
        Conflict {
            kind: ConflictKind::Contradiction,
            facts,
            causes,
            packages,
            python,
            fork,
            universal,
        }
    }

    /// Sorts by the names of who asks for what: the numbers of packages depend on which facts came
    /// first. What the user asked for stays last and in the user's order.
    fn by_name(&self, groups: Groups) -> Vec<((Key, Key), Asked)> {
        let name = |key: Key| (key != Key::ROOT).then(|| self.model().at(key.package).name.clone());
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_cached_key(|((from, to), _)| match name(*from) {
            Some(asker) => (0, Some(asker), name(*to)),
            None => (1, None, None),
        });
        groups
    }

    /// Returns the version of Python a story is about: the oldest, if it is about several.
    pub(crate) fn python_told(&self) -> Version {
        let model = self.model();
        match model.problem.exact() {
            Some(target) => target.python_version.clone(),
            None => {
                let lowest = model.region.set.python_bounds().0;
                lowest.unwrap_or_else(|| Version::from_release(&[3]))
            }
        }
    }

    /// Tells that a version would have to be built, and who asked for it.
    pub(crate) fn needs_build(&mut self, package: u32, number: u32) -> Conflict {
        let python = self.python_told();
        let fork = self.fork_told();
        let universal = self.model().is_universal();
        let mut facts = self.path_to(package);
        let version = self.model().version(package, number);
        let name = self.model().at(package).name.clone();
        let file = match &self.model().at(package).direct {
            Some(id) => id.url.to_string(),
            None => self
                .model_mut()
                .dist(package, number)
                .map_or_else(String::new, |id| id.file_name.clone()),
        };
        facts.push(ConflictFact::Build {
            name,
            version,
            file,
        });
        let packages = self.package_facts(&facts);
        let causes = (0..facts.len()).map(Cause::Fact).collect();
        Conflict {
            kind: ConflictKind::NeedsBuild,
            facts,
            causes,
            packages,
            python,
            fork,
            universal,
        }
    }

    /// Returns the requirements that lead from the user to a package, by the shortest way.
    pub(crate) fn path_to(&mut self, package: u32) -> Vec<ConflictFact> {
        let decided: FxHashMap<Key, u32> = self.search().decisions().collect();
        let mut came_from: FxHashMap<u32, (Key, Need)> = FxHashMap::default();
        let mut queue = std::collections::VecDeque::from([Key::ROOT]);
        while let Some(key) = queue.pop_front() {
            let needs = match decided.get(&key) {
                Some(&number) => self.model().known_needs(key, number),
                None => (key == Key::ROOT).then(|| self.roots()),
            };
            for need in needs.iter().flat_map(|needs| needs.iter()) {
                if need.package != key.package && !came_from.contains_key(&need.package) {
                    came_from.insert(need.package, (key, need.clone()));
                    queue.extend(
                        decided
                            .keys()
                            .filter(|other| other.package == need.package)
                            .copied(),
                    );
                }
            }
        }
        let mut facts = Vec::new();
        let mut at = package;
        while let Some((key, need)) = came_from.remove(&at) {
            let numbers = decided
                .get(&key)
                .map_or(Set::default(), |&number| Set::singleton(number));
            let asker = self.asker(key, &numbers, &need);
            facts.push(self.requires(asker, &need, Manner::default()));
            at = key.package;
        }
        facts.reverse();
        facts
    }

    pub(crate) fn asker(&self, key: Key, versions: &Set, need: &Need) -> Asker {
        if let (Key::ROOT, words) = (key, &need.words) {
            let problem = &self.model().problem;
            return Asker::User(match words {
                Words::Root(at) => problem.roots[*at].origin.clone(),
                Words::Override(at) => problem.overrides[*at].origin.clone(),
                Words::Metadata(..) => naja_lock::Origin::Other(String::new()),
            });
        }
        let model = self.model();
        let package = model.at(key.package);
        Asker::Package {
            name: package.name.clone(),
            versions: versions
                .iter_below(package.len())
                .map(|number| model.version(key.package, number))
                .collect(),
            extra: key.as_extra().map(|extra| model.extras.name(extra).clone()),
        }
    }

    pub(crate) fn requires(&self, asker: Asker, need: &Need, manner: Manner) -> ConflictFact {
        let problem = &self.model().problem;
        let overridden = match (&need.words, &asker) {
            (Words::Override(at), Asker::Package { .. }) => {
                Some(problem.overrides[*at].origin.clone())
            }
            _ => None,
        };
        let requirement = Requirement {
            marker: None,
            ..need.words.requirement(problem).clone()
        };
        let Manner { varies, hopeless } = manner;
        ConflictFact::Requires {
            asker,
            requirement,
            varies,
            overridden,
            hopeless,
        }
    }

    /// Gathers what exists of the packages in the story.
    fn package_facts(&mut self, facts: &[ConflictFact]) -> BTreeMap<PackageName, PackageFacts> {
        let mut targets: BTreeMap<PackageName, Option<Version>> = BTreeMap::new();
        for fact in facts {
            let (name, target) = match fact {
                ConflictFact::Requires { requirement, .. } => {
                    (&requirement.name, bound(requirement))
                }
                ConflictFact::Constraint { requirement, .. } => {
                    (&requirement.name, bound(requirement))
                }
                ConflictFact::Unusable { name, versions } => {
                    (name, versions.last().map(|(version, _)| version.clone()))
                }
                ConflictFact::Unknown { name, .. } => (name, None),
                ConflictFact::Build { name, version, .. } => (name, Some(version.clone())),
            };
            let entry = targets.entry(name.clone()).or_default();
            *entry = target.or(entry.take());
        }
        targets
            .into_iter()
            .map(|(name, target)| {
                let package = self.model_mut().package(&name);
                let facts = self.model_mut().package_facts(package, target.as_ref());
                (name, facts)
            })
            .collect()
    }
}

impl Collector<'_> {
    /// Adds what versions of one package ask of another.
    fn add_group(&mut self, (from, to): (Key, Key), versions: &Set, sets: &[Set]) {
        let len = self.solver.model().at(from.package).len();
        let mut best: Option<Need> = None;
        let mut words: Vec<String> = Vec::new();
        let mut told = Set::default();
        let mut hopeless = true;
        let numbers: Vec<u32> = versions.iter_below(len).collect();
        for number in numbers {
            let Some(needs) = self.solver.stated_needs(from, number) else {
                continue;
            };
            for need in needs.iter().filter(|need| need.keys().any(|key| key == to)) {
                let set = self.solver.model_mut().set_of(need);
                if !sets.contains(&set) {
                    continue;
                }
                told.push(number);
                let problem = &self.solver.model().problem;
                let text = need.words.requirement(problem).to_string();
                if !words.contains(&text) {
                    words.push(text);
                }
                hopeless &= set.is_empty();
                best = Some(need.clone());
                break;
            }
        }
        let Some(need) = best else { return };
        let asker = self.solver.asker(from, &told, &need);
        let fact = self.solver.requires(
            asker,
            &need,
            Manner {
                varies: words.len() > 1,
                hopeless,
            },
        );
        self.push((from, to), fact);
    }

    /// Adds what the user asks of a package, as far as the derivation uses it.
    fn add_root_group(&mut self, to: Key, sets: &[Set]) {
        let needs = self.solver.roots();
        let mut told: Vec<Set> = Vec::new();
        for need in needs.iter().filter(|need| need.keys().any(|key| key == to)) {
            let set = self.solver.model_mut().set_of(need);
            if !sets.contains(&set) || told.contains(&set) {
                continue;
            }
            let asker = self.solver.asker(Key::ROOT, &Set::default(), need);
            let manner = Manner {
                varies: false,
                hopeless: set.is_empty(),
            };
            let fact = self.solver.requires(asker, need, manner);
            told.push(set);
            self.push((Key::ROOT, to), fact);
        }
    }

    /// Adds why nothing is known of packages without versions.
    fn add_unknown(&mut self) {
        let names: Vec<PackageName> = self
            .facts
            .iter()
            .filter_map(|fact| match fact {
                ConflictFact::Requires {
                    requirement,
                    hopeless: true,
                    ..
                } => Some(requirement.name.clone()),
                _ => None,
            })
            .collect();
        for name in names {
            let package = self.solver.model_mut().package(&name);
            if self.solver.model().at(package).len() == 0
                && let Some(fact) = self.unusable(package, &Set::full())
                && !self.facts.contains(&fact)
            {
                self.facts.push(fact);
            }
        }
    }

    /// Adds the direct references that leave only one version of a package.
    fn add_direct(&mut self) {
        let mut names: Vec<PackageName> = self
            .facts
            .iter()
            .filter_map(|fact| match fact {
                ConflictFact::Requires { requirement, .. } => Some(requirement.name.clone()),
                _ => None,
            })
            .collect();
        names.dedup();
        for name in names {
            let package = self.solver.model_mut().package(&name);
            if self.solver.model().at(package).direct.is_none() {
                continue;
            }
            for need in self
                .solver
                .roots()
                .iter()
                .filter(|need| need.package == package)
            {
                if need.specifiers(&self.solver.model().problem).is_none() {
                    let asker = self.solver.asker(Key::ROOT, &Set::default(), need);
                    let hopeless = self.solver.model_mut().set_of(need).is_empty();
                    let fact = self.solver.requires(
                        asker,
                        need,
                        Manner {
                            varies: false,
                            hopeless,
                        },
                    );
                    self.push((Key::ROOT, Key::base(package)), fact);
                }
            }
        }
    }

    fn push(&mut self, group: (Key, Key), fact: ConflictFact) {
        let at = self
            .facts
            .iter()
            .position(|known| *known == fact)
            .unwrap_or_else(|| {
                self.facts.push(fact);
                self.facts.len() - 1
            });
        self.positions.entry(group).or_default().push(at);
    }

    /// Turns the derivation into steps and adds the facts that are not requirements.
    fn causes(&mut self, order: &[Arc<Tree>]) -> Vec<Cause> {
        let mut steps: FxHashMap<*const Tree, usize> = FxHashMap::default();
        let mut causes = Vec::with_capacity(order.len());
        for node in order {
            let cause = match &**node {
                DerivationTree::Derived(derived) => {
                    let step = |cause: &Arc<Tree>| {
                        steps.get(&Arc::as_ptr(cause)).copied().unwrap_or_default()
                    };
                    Cause::Derived(step(&derived.cause1), step(&derived.cause2))
                }
                DerivationTree::External(external) => self.fact_of(external),
            };
            steps.insert(Arc::as_ptr(node), causes.len());
            causes.push(cause);
        }
        causes
    }

    fn fact_of(&mut self, external: &External) -> Cause {
        let fact = match external {
            External::NotRoot(..) => return Cause::Plain,
            External::FromDependencyOf(from, _, to, _) => {
                return self
                    .positions
                    .get(&(*from, *to))
                    .and_then(|facts| facts.first())
                    .map_or(Cause::Plain, |at| Cause::Fact(*at));
            }
            External::Custom(_, _, at) => {
                let constraint = &self.solver.model().problem.constraints[*at as usize];
                ConflictFact::Constraint {
                    requirement: constraint.requirement.clone(),
                    origin: constraint.origin.clone(),
                }
            }
            External::NoVersions(key, set) => match self.unusable(key.package, set) {
                Some(fact) => fact,
                None => return Cause::Plain,
            },
        };
        let at = self
            .facts
            .iter()
            .position(|known| *known == fact)
            .unwrap_or_else(|| {
                self.facts.push(fact);
                self.facts.len() - 1
            });
        Cause::Fact(at)
    }

    /// Tells why none of these versions can be taken.
    fn unusable(&mut self, package: u32, set: &Set) -> Option<ConflictFact> {
        let model = self.solver.model_mut();
        let name = model.at(package).name.clone();
        if model.at(package).len() == 0 {
            let direct = model.at(package).direct.clone();
            let why = match &direct {
                Some(id) => model.missing_url(id),
                None => model.missing_pages(package),
            };
            let why = why.cloned().unwrap_or(Unavailable::NotFound);
            let url = direct.map(|id| id.url.to_string());
            return Some(ConflictFact::Unknown { name, url, why });
        }
        let numbers: Vec<u32> = set
            .iter_below(model.at(package).len())
            .rev()
            .take(EXAMPLES)
            .collect();
        if numbers.is_empty() {
            return None;
        }
        let mut versions: Vec<_> = numbers
            .into_iter()
            .map(|number| {
                (
                    model.version(package, number),
                    model.reasons(package, number),
                )
            })
            .collect();
        versions.reverse();
        Some(ConflictFact::Unusable { name, versions })
    }
}

/// Returns the version a requirement is about.
fn bound(requirement: &Requirement) -> Option<Version> {
    requirement
        .specifiers()?
        .iter()
        .find_map(|specifier| specifier.version().cloned())
}

/// Lists the nodes of a derivation, causes before effects, each once.
pub(crate) fn topological(root: &Arc<Tree>) -> Vec<Arc<Tree>> {
    let mut order = Vec::new();
    let mut seen: FxHashMap<*const Tree, bool> = FxHashMap::default();
    let mut open = vec![Arc::clone(root)];
    while let Some(node) = open.last().cloned() {
        let pointer = Arc::as_ptr(&node);
        match seen.get(&pointer) {
            Some(true) => {
                open.pop();
            }
            Some(false) => {
                seen.insert(pointer, true);
                open.pop();
                order.push(node);
            }
            None => {
                seen.insert(pointer, false);
                if let DerivationTree::Derived(derived) = &*node {
                    open.push(Arc::clone(&derived.cause1));
                    open.push(Arc::clone(&derived.cause2));
                }
            }
        }
    }
    order
}
