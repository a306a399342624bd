//! The solver alone on the recorded pages and metadata of `bench/`: `cargo bench -p naja-resolve`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement: it prints, and stops where something is not as it was recorded"
)]

#[path = "../tests/it/universe.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod universe;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use naja_lock::{Graph, Origin};
use naja_resolve::{
    Effort, Fact, IndexPage, Problem, Query, RootRequirement, Solver, Step, Unavailable,
    UniversalTarget,
};
use naja_spec::{CoreMetadata, PackageName, Page, Requirement, SafeUrl, VersionSpecifiers};

use universe::{environment, pins, tags};

/// What was recorded, opened beforehand: only the solver is timed.
struct Record {
    pages: BTreeMap<PackageName, Arc<Page>>,
    metadata: BTreeMap<String, Arc<CoreMetadata>>,
}

impl Record {
    fn open(folder: &Path) -> Option<Self> {
        let mut record = Self {
            pages: BTreeMap::new(),
            metadata: BTreeMap::new(),
        };
        for entry in std::fs::read_dir(folder.join("pages")).ok()? {
            let path = entry.ok()?.path();
            let name = PackageName::parse(path.file_stem()?.to_str()?).ok()?;
            let base = SafeUrl::parse(&format!("https://index.example/simple/{name}/")).ok()?;
            let flat = Page::from_json(&std::fs::read(&path).ok()?, &base, &name).unwrap();
            record
                .pages
                .insert(name, Arc::new(Page::open(Arc::new(flat)).unwrap()));
        }
        for entry in std::fs::read_dir(folder.join("files")).ok()? {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?;
            if let Some(wheel) = name.strip_suffix(".metadata") {
                let metadata = CoreMetadata::parse(&std::fs::read(&path).ok()?).unwrap();
                record.metadata.insert(wheel.to_owned(), Arc::new(metadata));
            }
        }
        Some(record)
    }

    fn answer(&self, query: &Query, lacking: &mut BTreeSet<String>) -> Fact {
        let found = match query {
            Query::Versions(name) => self.pages.get(name).map(|page| {
                Fact::Versions(vec![IndexPage {
                    index: 0,
                    page: Arc::clone(page),
                }])
            }),
            Query::Metadata(id) => self
                .metadata
                .get(&id.file_name)
                .cloned()
                .map(Fact::Metadata),
            Query::Installed(_) | Query::Url(_) => None,
        };
        found.unwrap_or_else(|| {
            lacking.insert(universe::label(query));
            Fact::Unavailable(Unavailable::NotFound)
        })
    }
}

/// What solving took.
struct Solved {
    graph: Graph,
    effort: Effort,
    waits: usize,
    /// For how many versions of each package metadata was asked for.
    asked: BTreeMap<PackageName, usize>,
}

/// Solves as with a warm cache, where guesses are not asked because nothing has to be waited for, or as with an
/// empty one, where all questions of a step are asked at once.
fn solve(
    record: &Record,
    problem: Problem,
    (empty, lacking): (bool, &mut BTreeSet<String>),
) -> Solved {
    let mut solver = Solver::new(problem);
    let (mut waits, mut asked) = (0, BTreeMap::new());
    loop {
        match solver.step() {
            Step::Working => {}
            Step::Need { must, soon } => {
                waits += 1;
                let soon = if empty { soon } else { Vec::new() };
                for query in must.iter().chain(&soon) {
                    if let Query::Metadata(id) = query {
                        *asked.entry(id.name.clone()).or_default() += 1;
                    }
                    solver.learn(query, record.answer(query, lacking));
                }
            }
            Step::Done(graph) => {
                return Solved {
                    graph,
                    effort: solver.effort(),
                    waits,
                    asked,
                };
            }
            Step::Unsatisfiable(conflict) => panic!("{}", naja_resolve::explain(&conflict)),
        }
    }
}

fn problem_of(set: &Path, universal: bool) -> Problem {
    let text = std::fs::read_to_string(set).unwrap();
    let mut problem = Problem::new(environment("3.12.1"), tags());
    if universal {
        problem = Problem::universal(UniversalTarget {
            requires_python: VersionSpecifiers::parse(">=3.12.1").unwrap(),
            ..UniversalTarget::default()
        });
    }
    problem.roots = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| RootRequirement::new(Requirement::parse(line).unwrap(), Origin::CommandLine))
        .collect();
    problem
}

fn main() {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench");
    let Some(record) = Record::open(&bench.join("data")) else {
        println!("skipped: there is no recording; bench/README.md says how to make one");
        return;
    };
    let cases = ["seed", "hundred", "threehundred", "backtracking"]
        .into_iter()
        .flat_map(|set| [(set, false), (set, true)])
        .filter(|case| *case != ("seed", true));
    for (set, universal) in cases {
        let problem = problem_of(&bench.join(format!("sets/{set}.txt")), universal);
        let mut lacking = BTreeSet::new();
        let mut times = Vec::new();
        for _ in 0..5 {
            let start = std::time::Instant::now();
            solve(&record, problem.clone(), (false, &mut lacking));
            times.push(start.elapsed());
        }
        times.sort();
        let solved = solve(&record, problem.clone(), (false, &mut lacking));
        let cold = solve(&record, problem, (true, &mut lacking));
        let expected = std::fs::read_to_string(bench.join(format!("data/{set}.pins.txt"))).unwrap();
        let expected: BTreeSet<String> = expected
            .lines()
            .filter_map(|line| Requirement::parse(line.split(" #").next()?.trim()).ok())
            .map(|pin| {
                format!(
                    "{} {}",
                    pin.name,
                    pin.specifiers().unwrap().exact_pin().unwrap()
                )
            })
            .collect();
        let found: BTreeSet<String> = pins(&solved.graph).into_iter().collect();
        let mut most: Vec<_> = cold
            .asked
            .iter()
            .map(|(name, count)| (count, name))
            .collect();
        most.sort_by(|a, b| b.cmp(a));
        most.truncate(8);
        println!(
            "{set}{}: {} pins, {} waits, {} metadata of {} packages, with an empty cache {} waits, {} metadata; least {:?}, {:?}\n  most {most:?}",
            if universal { ", universal" } else { "" },
            found.len(),
            solved.waits,
            solved.asked.values().sum::<usize>(),
            solved.asked.len(),
            cold.waits,
            cold.asked.values().sum::<usize>(),
            times[0],
            solved.effort,
        );
        if !universal {
            println!(
                "  lacking {lacking:?}\n  only here {:?}\n  only there {:?}",
                found.difference(&expected).collect::<Vec<_>>(),
                expected.difference(&found).collect::<Vec<_>>(),
            );
        }
    }
}
