//! An independent check of an answer for many environments: in each of a grid, every requirement of
//! everything chosen holds, extras included, and nothing is superfluous.

use std::collections::{BTreeMap, BTreeSet};

use naja_lock::Graph;
use naja_resolve::{Problem, RootRequirement, Target};
use naja_spec::{
    ExtraName, MarkerEnvironment, Operator, PackageName, Requirement, Version, VersionSpecifiers,
};

use crate::universe::{World, environment};

/// What is chosen for one environment.
pub(crate) type Assignment = BTreeMap<PackageName, Version>;

/// The systems of the grid.
pub(crate) const SYSTEMS: [&str; 7] = [
    "linux",
    "windows",
    "macos",
    "linux-arm",
    "windows-aarch64",
    "macos-aarch64",
    "freebsd",
];
/// The Pythons of the grid.
pub(crate) const PYTHONS: [&str; 7] = [
    "3.7.9", "3.8.0", "3.9.4", "3.10.1", "3.11.0", "3.12.2", "3.13.1",
];

/// The markers of a system with a Python; `system` may name an implementation (`linux-pypy`).
pub(crate) fn place(system: &str, python: &str) -> MarkerEnvironment {
    let mut environment = environment(python);
    let (os, platform, name, machine) = match system {
        "windows" => ("nt", "win32", "Windows", "AMD64"),
        "macos" => ("posix", "darwin", "Darwin", "arm64"),
        // Markers can tell these apart, so the answer has to.
        "windows-aarch64" => ("nt", "win32", "Windows", "aarch64"),
        "macos-aarch64" => ("posix", "darwin", "Darwin", "aarch64"),
        "freebsd" => ("posix", "freebsd14", "FreeBSD", "amd64"),
        "linux-arm" => ("posix", "linux", "Linux", "aarch64"),
        _ => ("posix", "linux", "Linux", "x86_64"),
    };
    environment.os_name = os.to_owned();
    environment.sys_platform = platform.to_owned();
    environment.platform_system = name.to_owned();
    environment.platform_machine = machine.to_owned();
    environment
}

/// The environments of the grid that a problem is for.
pub(crate) fn places(problem: &Problem) -> Vec<(String, MarkerEnvironment)> {
    let Target::Universal(target) = &problem.target else {
        return Vec::new();
    };
    let mut places = Vec::new();
    for system in SYSTEMS {
        for python in PYTHONS {
            let environment = place(system, python);
            let wanted = target.environments.is_empty()
                || target
                    .environments
                    .iter()
                    .any(|marker| marker.evaluate(&environment, &[]));
            if wanted && above(&target.requires_python, &environment.python_full_version) {
                places.push((format!("{system} {python}"), environment));
            }
        }
    }
    places
}

/// Whether a Python is above all lower bounds.
fn above(specifiers: &VersionSpecifiers, python: &Version) -> bool {
    specifiers
        .iter()
        .filter(|specifier| !matches!(specifier.op(), Operator::Less | Operator::LessEqual))
        .all(|specifier| specifier.contains(python))
}

/// Whether a distribution may be taken with a Python: among many only lower bounds count.
fn admits(problem: &Problem, wanted: &VersionSpecifiers, python: &Version) -> bool {
    problem.options.ignore_requires_python
        || match problem.exact() {
            Some(_) => wanted.contains(&python.base()),
            None => above(wanted, python),
        }
}

/// What the markers of the pins choose in an environment.
pub(crate) fn chosen(graph: &Graph, environment: &MarkerEnvironment) -> Result<Assignment, String> {
    let mut chosen = Assignment::new();
    for node in &graph.nodes {
        let marker = node.pin.marker.as_ref();
        if marker.is_none_or(|marker| marker.evaluate(environment, &[])) {
            let (name, version) = (node.pin.name.clone(), node.pin.version.clone());
            if let Some(other) = chosen.insert(name.clone(), version.clone()) {
                return Err(format!("{name} is there as {other} and {version}"));
            }
        }
    }
    Ok(chosen)
}

/// Checks an answer in the whole grid.
pub(crate) fn complaints(world: &World, problem: &Problem, graph: &Graph) -> Vec<String> {
    let mut complaints = Vec::new();
    for (label, environment) in places(problem) {
        let verdict = chosen(graph, &environment)
            .and_then(|chosen| holds(world, problem, (&environment, &chosen)));
        if let Err(complaint) = verdict {
            complaints.push(format!("{label}: {complaint}"));
        }
    }
    complaints
}

/// What was asked for so far.
#[derive(Default)]
struct Walk {
    seen: BTreeMap<PackageName, BTreeSet<ExtraName>>,
    open: Vec<PackageName>,
}

impl Walk {
    fn visit(&mut self, requirement: &Requirement, chosen: &Assignment) -> Result<(), String> {
        let version = chosen
            .get(&requirement.name)
            .ok_or_else(|| format!("{requirement} is not met: nothing chosen"))?;
        if let Some(specifiers) = requirement.specifiers()
            && !specifiers.contains(version)
        {
            return Err(format!("{requirement} is not met by {version}"));
        }
        let news = !self.seen.contains_key(&requirement.name);
        let extras = self.seen.entry(requirement.name.clone()).or_default();
        let before = extras.len();
        extras.extend(requirement.extras.iter().cloned());
        if news || extras.len() > before {
            self.open.push(requirement.name.clone());
        }
        Ok(())
    }
}

/// Tells whether every requirement holds in one environment and nothing is superfluous.
pub(crate) fn holds(
    world: &World,
    problem: &Problem,
    (environment, chosen): (&MarkerEnvironment, &Assignment),
) -> Result<(), String> {
    let mut walk = Walk::default();
    // What is there already counts as chosen.
    let projects = problem.projects.iter();
    let mut all: Assignment = projects
        .map(|(name, version)| (name.clone(), version.clone()))
        .collect();
    all.extend(chosen.clone());
    let applies = |root: &&RootRequirement| root.requirement.applies(environment, &[]);
    let stand_ins = |requirement: &Requirement, extras: &[ExtraName]| -> Vec<Requirement> {
        let name = &requirement.name;
        if problem.excludes.contains(name) {
            return Vec::new();
        }
        let overrides = problem.overrides.iter();
        let own: Vec<_> = overrides
            .filter(|root| root.requirement.name == *name)
            .collect();
        // Of the conditions of what is replaced only the extra counts.
        match own.is_empty() {
            true if requirement.applies(environment, extras) => vec![requirement.clone()],
            false if requirement.applies_somewhere(extras) => own
                .into_iter()
                .filter(applies)
                .map(|root| root.requirement.clone())
                .collect(),
            _ => Vec::new(),
        }
    };
    for root in &problem.roots {
        for requirement in stand_ins(&root.requirement, &[]) {
            walk.visit(&requirement, &all)?;
        }
    }
    while let Some(name) = walk.open.pop() {
        if problem.projects.contains_key(&name) {
            continue;
        }
        let version = &chosen[&name];
        let metadata = match problem.metadata_overrides.get(&name) {
            Some(given) => given[0].metadata.clone(),
            None => world
                .metadata(&name, version)
                .ok_or_else(|| format!("{name} {version} does not exist"))?,
        };
        let python = &environment.python_full_version;
        if let Some(wanted) = &metadata.requires_python
            && !admits(problem, wanted, python)
        {
            return Err(format!("{name} {version} needs Python {wanted}"));
        }
        let extras: Vec<ExtraName> = walk.seen[&name].iter().cloned().collect();
        for requirement in &metadata.requires_dist {
            for requirement in stand_ins(requirement, &extras) {
                walk.visit(&requirement, &all)?;
            }
        }
    }
    for root in problem.constraints.iter().filter(applies) {
        let requirement = &root.requirement;
        if let (Some(version), Some(wanted)) =
            (chosen.get(&requirement.name), requirement.specifiers())
            && !wanted.contains(version)
        {
            return Err(format!(
                "the constraint {requirement} is not met by {version}"
            ));
        }
    }
    match chosen.keys().find(|name| !walk.seen.contains_key(*name)) {
        Some(name) => Err(format!("nobody asks for {name}")),
        None => Ok(()),
    }
}
