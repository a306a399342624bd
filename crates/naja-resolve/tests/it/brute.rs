//! Small random universes against a search through all combinations.

use std::collections::{BTreeMap, BTreeSet};

use naja_lock::{Graph, Origin};
use naja_resolve::{InstalledCandidate, Problem, RootRequirement};
use naja_spec::{ExtraName, PackageName, Requirement, Version};
use proptest::prelude::*;

use crate::universe::{Dist, World, problem, run};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const VERSIONS: [&str; 4] = ["1", "2", "3", "4"];

/// A universe and what is asked of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    lines: Vec<String>,
    roots: Vec<String>,
    constraints: Vec<String>,
    installed: Vec<String>,
}

impl Case {
    pub(crate) fn world(&self) -> World {
        let mut world = World::new(&self.lines);
        for line in &self.installed {
            let dist = Dist::parse(line);
            world.add_installed(&dist.name, dist.metadata());
        }
        world
    }

    pub(crate) fn problem(&self) -> Problem {
        let mut problem = problem();
        problem.roots = list(&self.roots);
        problem.constraints = list(&self.constraints);
        for line in &self.installed {
            let dist = Dist::parse(line);
            let metadata = dist.metadata();
            let version = metadata.version.clone();
            problem.installed.insert(
                dist.name,
                InstalledCandidate {
                    version,
                    metadata: Some(metadata),
                    direct_url: None,
                },
            );
        }
        problem
    }
}

/// Requirements of the command line.
pub(crate) fn list(texts: &[String]) -> Vec<RootRequirement> {
    texts
        .iter()
        .map(|text| RootRequirement::new(Requirement::parse(text).unwrap(), Origin::CommandLine))
        .collect()
}

/// A requirement on one of the packages.
fn requirement() -> impl Strategy<Value = String> {
    let specifier = (0..7usize, 0..VERSIONS.len()).prop_map(|(kind, version)| {
        let version = VERSIONS[version];
        match kind {
            0 => format!("=={version}"),
            1 => format!(">={version}"),
            2 => format!("<{version}"),
            3 => format!("!={version}"),
            _ => String::new(),
        }
    });
    (0..NAMES.len(), prop::bool::weighted(0.15), specifier).prop_map(|(name, extra, specifier)| {
        format!(
            "{}{}{specifier}",
            NAMES[name],
            if extra { "[x]" } else { "" }
        )
    })
}

fn requirements(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(requirement(), 0..=most)
}

/// One version: what it needs, what its extra needs, whether its wheel fits.
fn dist(name: &'static str, version: &'static str) -> impl Strategy<Value = Option<String>> {
    (
        prop::bool::weighted(0.75),
        prop::bool::weighted(0.9),
        requirements(2),
        requirements(1),
    )
        .prop_map(move |(exists, fits, plain, extra)| {
            let wheel = if fits { "py3-none-any" } else { "py2-none-any" };
            let extra = extra
                .into_iter()
                .map(|text| format!("{text}; extra == 'x'"));
            let requires: Vec<String> = plain.into_iter().chain(extra).collect();
            exists.then(|| {
                format!(
                    "{name} {version} | extras=x | wheel={wheel} -> {}",
                    requires.join(" & ")
                )
            })
        })
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let dists: Vec<_> = NAMES
        .iter()
        .flat_map(|name| VERSIONS.iter().map(move |version| dist(name, version)))
        .collect();
    let roots = prop::collection::vec(requirement(), 1..=3);
    let constraints = prop::collection::vec(requirement(), 0..=1);
    let installed = prop::collection::btree_map(0..NAMES.len(), 0..VERSIONS.len(), 0..=2);
    (dists, roots, constraints, installed).prop_map(|(lines, roots, constraints, installed)| {
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        // What is installed came from the index, so that its metadata is the same.
        let installed = installed
            .into_iter()
            .filter_map(|(name, version)| {
                let head = format!("{} {} |", NAMES[name], VERSIONS[version]);
                lines.iter().find(|line| line.starts_with(&head)).cloned()
            })
            .collect();
        Case {
            lines,
            roots,
            constraints,
            installed,
        }
    })
}

type Assignment = BTreeMap<PackageName, Version>;

/// Tells whether every requirement of everything chosen holds, extras included, and nothing is superfluous.
fn is_solution(world: &World, problem: &Problem, chosen: &Assignment) -> Result<(), String> {
    let mut open: Vec<(PackageName, Vec<ExtraName>)> = Vec::new();
    let mut seen: BTreeMap<PackageName, BTreeSet<ExtraName>> = BTreeMap::new();
    let mut visit = |requirement: &Requirement, open: &mut Vec<_>| -> Result<(), String> {
        let version = chosen
            .get(&requirement.name)
            .ok_or_else(|| format!("{requirement} is not met: nothing chosen"))?;
        if !requirement.specifiers().unwrap().contains(version) {
            return Err(format!("{requirement} is not met by {version}"));
        }
        let known = seen.contains_key(&requirement.name);
        let extras = seen.entry(requirement.name.clone()).or_default();
        let before = extras.len();
        extras.extend(requirement.extras.iter().cloned());
        if !known || extras.len() > before {
            open.push((requirement.name.clone(), extras.iter().cloned().collect()));
        }
        Ok(())
    };
    for root in &problem.roots {
        visit(&root.requirement, &mut open)?;
    }
    while let Some((name, extras)) = open.pop() {
        let metadata = world
            .metadata(&name, &chosen[&name])
            .ok_or("a version that does not exist")?;
        for requirement in &metadata.requires_dist {
            if requirement.applies(&problem.exact().unwrap().environment, &extras) {
                visit(requirement, &mut open)?;
            }
        }
    }
    for constraint in &problem.constraints {
        let requirement = &constraint.requirement;
        if let Some(version) = chosen.get(&requirement.name)
            && !requirement.specifiers().unwrap().contains(version)
        {
            return Err(format!(
                "the constraint {requirement} is not met by {version}"
            ));
        }
    }
    match chosen.keys().find(|name| !seen.contains_key(*name)) {
        Some(name) => Err(format!("nobody asks for {name}")),
        None => Ok(()),
    }
}

/// Tries all combinations of versions.
fn any_solution(
    world: &World,
    problem: &Problem,
    usable: &BTreeMap<PackageName, Vec<Version>>,
) -> bool {
    fn go(
        world: &World,
        problem: &Problem,
        usable: &[(&PackageName, &Vec<Version>)],
        chosen: &mut Assignment,
    ) -> bool {
        let Some(((name, versions), rest)) = usable.split_first() else {
            return is_solution(world, problem, chosen).is_ok();
        };
        if go(world, problem, rest, chosen) {
            return true;
        }
        for version in *versions {
            chosen.insert((*name).clone(), version.clone());
            if go(world, problem, rest, chosen) {
                return true;
            }
            chosen.remove(*name);
        }
        false
    }
    let list: Vec<_> = usable.iter().collect();
    go(world, problem, &list, &mut Assignment::new())
}

/// The versions with a wheel that fits, and what is installed.
fn usable(case: &Case) -> BTreeMap<PackageName, Vec<Version>> {
    let mut usable: BTreeMap<PackageName, Vec<Version>> = BTreeMap::new();
    for line in case
        .lines
        .iter()
        .filter(|line| line.contains("py3-none"))
        .chain(&case.installed)
    {
        let dist = Dist::parse(line);
        let version = Version::parse(&dist.version).unwrap();
        let versions = usable.entry(dist.name).or_default();
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    usable
}

fn chosen(graph: &Graph) -> Assignment {
    graph
        .nodes
        .iter()
        .map(|node| (node.pin.name.clone(), node.pin.version.clone()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(400), ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_brute_force(case in case()) {
        let world = case.world();
        let problem = case.problem();
        let run = run(&world, case.problem());
        match &run.result {
            Ok(graph) => {
                let verdict = is_solution(&world, &problem, &chosen(graph));
                prop_assert!(verdict.is_ok(), "{verdict:?}\n{:?}", crate::universe::pins(graph));
            }
            Err(conflict) => {
                let possible = any_solution(&world, &problem, &usable(&case));
                let text = naja_resolve::explain(conflict).to_string();
                prop_assert!(!possible, "there is a solution, but\n{text}");
                prop_assert!(text.lines().count() <= 20, "too long:\n{text}");
                prop_assert!(!text.contains("cannot be met\n"), "says nothing:\n{text}");
            }
        }
    }

    #[test]
    fn every_edge_of_the_graph_holds(case in case()) {
        let world = case.world();
        if let Ok(graph) = run(&world, case.problem()).result {
            for edge in &graph.edges {
                let pin = graph.pin(edge.to);
                prop_assert_eq!(&edge.requirement.name, &pin.name);
                prop_assert!(edge.requirement.specifiers().unwrap().contains(&pin.version));
            }
            for node in &graph.nodes {
                let id = graph.find(&node.pin.name).unwrap();
                prop_assert!(graph.incoming(id).next().is_some());
            }
        }
    }
}
