//! Random small universes for many environments, against a search through all combinations in each.

use std::collections::BTreeMap;

use naja_lock::Graph;
use naja_resolve::{ForkStrategy, Preference, Problem, UniversalTarget, explain};
use naja_spec::{Marker, MarkerEnvironment, PackageName, Version, VersionSpecifiers};
use proptest::prelude::*;

use crate::brute::list;
use crate::grid::{Assignment, complaints, holds, places};
use crate::universe::{Dist, World, run, run_with};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const VERSIONS: [&str; 3] = ["1", "2", "3"];
const MARKERS: [&str; 10] = [
    "sys_platform == 'win32'",
    "sys_platform != 'win32'",
    "sys_platform == 'darwin' or platform_machine == 'aarch64'",
    "sys_platform == 'linux' and python_version < '3.11'",
    "python_version < '3.9'",
    "python_version >= '3.9'",
    "python_full_version >= '3.10.1' and python_version < '3.13'",
    "os_name == 'nt' or python_version == '3.12'",
    "platform_machine == 'aarch64'",
    "platform_system != 'Darwin'",
];

#[derive(Clone, Debug)]
struct Case {
    lines: Vec<String>,
    roots: Vec<String>,
    constraints: Vec<String>,
    fewest: bool,
    seed: u64,
}

impl Case {
    fn problem(&self) -> Problem {
        let mut problem = Problem::universal(UniversalTarget {
            requires_python: VersionSpecifiers::parse(">=3.8").unwrap(),
            fork_strategy: match self.fewest {
                true => ForkStrategy::Fewest,
                false => ForkStrategy::RequiresPython,
            },
            ..UniversalTarget::default()
        });
        problem.roots = list(&self.roots);
        problem.constraints = list(&self.constraints);
        problem
    }
}

/// A requirement on one of the packages, often under a condition.
fn requirement() -> impl Strategy<Value = String> {
    let specifier = (0..6usize, 0..VERSIONS.len()).prop_map(|(kind, version)| {
        let version = VERSIONS[version];
        match kind {
            0 => format!("=={version}"),
            1 => format!(">={version}"),
            2 => format!("<={version}"),
            _ => String::new(),
        }
    });
    let marker = prop::option::weighted(0.5, 0..MARKERS.len());
    (
        0..NAMES.len(),
        prop::bool::weighted(0.15),
        specifier,
        marker,
    )
        .prop_map(|(name, extra, specifier, marker)| {
            let marker = marker.map_or_else(String::new, |at| format!("; {}", MARKERS[at]));
            let extra = if extra { "[x]" } else { "" };
            format!("{}{extra}{specifier}{marker}", NAMES[name])
        })
}

fn dist(name: &'static str, version: &'static str) -> impl Strategy<Value = Option<String>> {
    let python = prop::option::weighted(
        0.4,
        prop::sample::select(vec!["3.8", "3.9", "3.11", "3.12"]),
    );
    (
        prop::bool::weighted(0.85),
        python,
        prop::collection::vec(requirement(), 0..=2),
        prop::collection::vec(requirement(), 0..=1),
    )
        .prop_map(move |(exists, python, plain, extra)| {
            let extra = extra.into_iter().map(|text| match text.split_once("; ") {
                Some((head, marker)) => format!("{head}; ({marker}) and extra == 'x'"),
                None => format!("{text}; extra == 'x'"),
            });
            let requires: Vec<String> = plain.into_iter().chain(extra).collect();
            let python = python.map_or_else(String::new, |text| format!("| python=>={text} "));
            exists.then(|| {
                format!(
                    "{name} {version} | extras=x {python}-> {}",
                    requires.join(" & ")
                )
            })
        })
}

fn case() -> impl Strategy<Value = Case> {
    let dists: Vec<_> = NAMES
        .iter()
        .flat_map(|name| VERSIONS.iter().map(move |version| dist(name, version)))
        .collect();
    (
        dists,
        prop::collection::vec(requirement(), 1..=3),
        prop::collection::vec(requirement(), 0..=1),
        any::<bool>(),
        any::<u64>(),
    )
        .prop_map(|(lines, roots, constraints, fewest, seed)| Case {
            lines: lines.into_iter().flatten().collect(),
            roots,
            constraints: constraints
                .into_iter()
                .map(|text| text.replace("[x]", ""))
                .collect(),
            fewest,
            seed,
        })
}

/// Tries all combinations of versions for one environment.
fn any_solution(world: &World, problem: &Problem, environment: &MarkerEnvironment) -> bool {
    fn go(
        (world, problem, environment): (&World, &Problem, &MarkerEnvironment),
        usable: &[(&PackageName, &Vec<Version>)],
        chosen: &mut Assignment,
    ) -> bool {
        let Some(((name, versions), rest)) = usable.split_first() else {
            return holds(world, problem, (environment, chosen)).is_ok();
        };
        if go((world, problem, environment), rest, chosen) {
            return true;
        }
        for version in *versions {
            chosen.insert((*name).clone(), version.clone());
            if go((world, problem, environment), rest, chosen) {
                return true;
            }
            chosen.remove(*name);
        }
        false
    }
    let mut usable: BTreeMap<PackageName, Vec<Version>> = BTreeMap::new();
    for Dist { name, version, .. } in &world.dists {
        let version = Version::parse(version).unwrap();
        usable.entry(name.clone()).or_default().push(version);
    }
    let list: Vec<_> = usable.iter().collect();
    go((world, problem, environment), &list, &mut Assignment::new())
}

/// The pins with their markers, one per line.
pub(crate) fn lines(graph: &Graph) -> Vec<String> {
    let line = |node: &naja_lock::Node| match &node.pin.marker {
        Some(marker) => format!("{} {} ; {marker}", node.pin.name, node.pin.version),
        None => format!("{} {}", node.pin.name, node.pin.version),
    };
    graph.nodes.iter().map(line).collect()
}

/// Asks for what an answer had, as a compiled file does.
pub(crate) fn prefer(problem: &mut Problem, graph: &Graph) {
    for node in &graph.nodes {
        let preference = Preference {
            version: node.pin.version.clone(),
            hashes: Vec::new(),
            marker: node
                .pin
                .marker
                .as_ref()
                .map(|marker| Marker::parse(&marker.to_string()).unwrap()),
        };
        let name = node.pin.name.clone();
        problem
            .preferences
            .entry(name)
            .or_default()
            .push(preference);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(300), ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_brute_force_everywhere(case in case()) {
        let world = World::new(&case.lines);
        let problem = case.problem();
        match &run(&world, case.problem()).result {
            Ok(graph) => {
                let found = complaints(&world, &problem, graph);
                prop_assert!(found.is_empty(), "{found:#?}\n{:#?}", lines(graph));
            }
            Err(conflict) => {
                let impossible = places(&problem)
                    .iter()
                    .any(|(_, environment)| !any_solution(&world, &problem, environment));
                prop_assert!(impossible, "there is a solution everywhere, but\n{}", explain(conflict));
            }
        }
    }

    #[test]
    fn keeps_its_own_answer(case in case()) {
        let world = World::new(&case.lines);
        if let Ok(graph) = &run(&world, case.problem()).result {
            let mut again = case.problem();
            prefer(&mut again, graph);
            let second = run(&world, again).result.unwrap();
            prop_assert_eq!(lines(&second), lines(graph));
            prop_assert_eq!(&second.forks, &graph.forks);
        }
    }

    #[test]
    fn the_order_of_facts_does_not_matter(case in case()) {
        let world = World::new(&case.lines);
        let plain = run(&world, case.problem());
        let mut state = case.seed | 1;
        let shuffled = run_with(&world, case.problem(), |must, soon| {
            let mut all: Vec<_> = must.into_iter().chain(soon).collect();
            for at in (1..all.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                all.swap(at, (state >> 33) as usize % (at + 1));
            }
            let keep = 1 + (state >> 40) as usize % all.len();
            all.truncate(keep);
            all
        });
        match (&plain.result, &shuffled.result) {
            (Ok(a), Ok(b)) => prop_assert_eq!(a, b),
            (Err(_), Err(_)) => {}
            _ => prop_assert!(false, "one fails, the other does not"),
        }
    }
}
