//! The scenario files: a universe, a request, and what has to come out.

use std::collections::BTreeMap;
use std::path::Path;

use naja_lock::{DistSource, Note, Origin};
use naja_resolve::{
    ForkStrategy, IndexOrder, InstalledCandidate, MetadataOverride, PackageSet, PartKind,
    Preference, Prerelease, Problem, ProjectPart, Resolution, RootRequirement, Unavailable,
    UniversalTarget, explain,
};
use naja_spec::{Digest, Marker, PackageName, Requirement, Version, VersionSpecifiers};
use serde::Deserialize;

use crate::universe::{Dist, Run, World, environment, pins, problem, run};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scenario: Vec<Scenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scenario {
    name: String,
    #[serde(default)]
    universe: Vec<String>,
    #[serde(default)]
    urls: BTreeMap<String, String>,
    #[serde(default)]
    unknown: BTreeMap<String, String>,
    ask: Vec<String>,
    #[serde(default)]
    constraints: Vec<String>,
    #[serde(default)]
    overrides: Vec<String>,
    #[serde(default)]
    excludes: Vec<String>,
    /// Projects that are there already, such as `harry 2.0`.
    #[serde(default)]
    projects: Vec<String>,
    /// Lines like those of the universe; `url=…` gives the direct reference.
    #[serde(default)]
    installed: Vec<String>,
    /// The metadata of what is installed is asked for instead of given.
    #[serde(default)]
    installed_lazily: bool,
    #[serde(default)]
    prefer: Vec<String>,
    #[serde(default)]
    upgrade: Vec<String>,
    #[serde(default)]
    hashes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    require_hashes: bool,
    #[serde(default)]
    options: Settings,
    python: Option<String>,
    /// All environments with these Pythons instead of one.
    universal: Option<String>,
    #[serde(default)]
    environments: Vec<String>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    fewest: bool,
    /// Extras `package[extra]` of which one is active at most.
    #[serde(default)]
    conflicts: Vec<Vec<String>>,
    /// Metadata by hand: lines like those of the universe; the version `*` stands for all.
    #[serde(default)]
    metadata: Vec<String>,
    // What has to come out.
    pins: Option<Vec<String>>,
    /// The environments that were resolved apart.
    forks: Option<Vec<String>>,
    /// What is chosen in an environment of the grid, such as "windows 3.9.4".
    #[serde(default)]
    at: BTreeMap<String, Vec<String>>,
    /// Words that the explanation must hold.
    fails: Option<Vec<String>>,
    /// Words that the explanation must not hold.
    #[serde(default)]
    without: Vec<String>,
    /// The whole explanation.
    story: Option<String>,
    /// Where pins come from: "installed", "sdist", "url", or the tags of the wheel.
    #[serde(default)]
    sources: BTreeMap<String, String>,
    #[serde(default)]
    extras: BTreeMap<String, Vec<String>>,
    /// Notes, as text.
    notes: Option<Vec<String>>,
    /// Questions that must not come up.
    #[serde(default)]
    never_asks: Vec<String>,
    /// Questions that must come up.
    #[serde(default)]
    asks: Vec<String>,
    /// The most rounds of waiting.
    waits: Option<usize>,
}

impl Scenario {
    fn projects(&self) -> BTreeMap<PackageName, Version> {
        let lines = self.projects.iter();
        lines
            .map(|text| text.split_once(' ').unwrap())
            .map(|(name, version)| (name.parse().unwrap(), version.parse().unwrap()))
            .collect()
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Settings {
    resolution: String,
    prerelease: String,
    prerelease_packages: BTreeMap<String, String>,
    exclude_newer: Option<i64>,
    exclude_newer_packages: BTreeMap<String, i64>,
    no_deps: bool,
    no_build: Vec<String>,
    no_binary: Vec<String>,
    ignore_requires_python: bool,
    earlier_page_first: bool,
    exclude_newer_indexes: BTreeMap<String, i64>,
}

#[test]
fn scenarios() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut count, mut failures) = (0, Vec::new());
    for path in files {
        let file: File = toml::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for scenario in file.scenario {
            count += 1;
            for complaint in check(&scenario) {
                let file = path.file_name().unwrap().to_string_lossy();
                failures.push(format!("{file}: {}: {complaint}", scenario.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= 300, "only {count} scenarios were found");
}

fn check(scenario: &Scenario) -> Vec<String> {
    let world = world(scenario);
    let run = run(&world, request(scenario));
    let mut out = Vec::new();
    match &run.result {
        Ok(graph) => {
            let found = match scenario.universal {
                Some(_) => crate::universal::lines(graph),
                None => pins(graph),
            };
            if scenario.universal.is_some() {
                out.extend(check_universal(scenario, &world, graph));
            } else {
                out.extend(check_exact(scenario, &world, graph));
            }
            if scenario.pins.as_ref() != Some(&found)
                && (scenario.pins.is_some() || scenario.at.is_empty())
            {
                out.push(format!("pins are {found:?}, expected {:?}", scenario.pins));
            }
            out.extend(check_sources(scenario, graph));
            let notes: Vec<String> = graph.notes.iter().map(note).collect();
            if let Some(expected) = scenario.notes.as_ref().filter(|list| **list != notes) {
                out.push(format!("notes are {notes:?}, expected {expected:?}"));
            }
        }
        Err(conflict) => {
            let text = explain(conflict).to_string();
            match &scenario.fails {
                None => out.push(format!("failed:\n{text}\n{:#?}", conflict.facts)),
                Some(wanted) => {
                    let missing: Vec<_> = wanted.iter().filter(|w| !text.contains(*w)).collect();
                    let extra: Vec<_> = scenario
                        .without
                        .iter()
                        .filter(|w| text.contains(*w))
                        .collect();
                    if !missing.is_empty() || !extra.is_empty() {
                        out.push(format!("lacks {missing:?}, has {extra:?}:\n{text}"));
                    }
                }
            }
            if let Some(story) = scenario.story.as_ref().filter(|story| story.trim() != text) {
                out.push(format!("tells\n{text}\ninstead of\n{story}"));
            }
        }
    }
    out.extend(check_questions(scenario, &run));
    out
}

/// Checks an answer for one environment: every requirement of everything chosen holds.
fn check_exact(scenario: &Scenario, world: &World, graph: &naja_lock::Graph) -> Vec<String> {
    let problem = request(scenario);
    // What is installed may be a version that no index has.
    let told_otherwise = !scenario.urls.is_empty() || !scenario.installed.is_empty();
    if problem.options.no_deps || told_otherwise {
        return Vec::new();
    }
    let pins = graph.nodes.iter().map(|node| &node.pin);
    let chosen = pins
        .map(|pin| (pin.name.clone(), pin.version.clone()))
        .collect();
    let environment = &problem.exact().unwrap().environment;
    let verdict = crate::grid::holds(world, &problem, (environment, &chosen));
    verdict.err().into_iter().collect()
}

fn check_universal(scenario: &Scenario, world: &World, graph: &naja_lock::Graph) -> Vec<String> {
    let problem = request(scenario);
    let mut out = Vec::new();
    if scenario.conflicts.is_empty() && scenario.urls.is_empty() {
        out.extend(crate::grid::complaints(world, &problem, graph));
    }
    let forks: Vec<String> = graph.forks.iter().map(ToString::to_string).collect();
    if scenario
        .forks
        .as_ref()
        .is_some_and(|expected| *expected != forks)
    {
        out.push(format!("forks are {forks:?}"));
    }
    for (place, expected) in &scenario.at {
        let (system, python) = place.split_once(' ').unwrap();
        let environment = crate::grid::place(system, python);
        let found: Vec<String> = match crate::grid::chosen(graph, &environment) {
            Ok(chosen) => chosen
                .iter()
                .map(|(name, version)| format!("{name} {version}"))
                .collect(),
            Err(complaint) => vec![complaint],
        };
        if found != *expected {
            out.push(format!("{place}: {found:?}"));
        }
    }
    let mut again = request(scenario);
    crate::universal::prefer(&mut again, graph);
    match run(world, again).result {
        Ok(second) => {
            let (first, second) = (
                crate::universal::lines(graph),
                crate::universal::lines(&second),
            );
            if first != second && scenario.prefer.is_empty() {
                out.push(format!("again: {second:?}"));
            }
        }
        Err(_) => out.push("again: nothing".to_owned()),
    }
    out
}

fn check_sources(scenario: &Scenario, graph: &naja_lock::Graph) -> Vec<String> {
    let mut out = Vec::new();
    for node in &graph.nodes {
        let name = node.pin.name.as_str();
        let source = match &node.pin.source {
            DistSource::Wheel(file) => file.file_name.splitn(3, '-').nth(2).unwrap().to_owned(),
            DistSource::Sdist(_) => "sdist".to_owned(),
            DistSource::Installed => "installed".to_owned(),
            _ => "url".to_owned(),
        };
        let source = source.trim_end_matches(".whl");
        if scenario
            .sources
            .get(name)
            .is_some_and(|expected| expected != source)
        {
            out.push(format!("{name} comes from {source}"));
        }
        let extras: Vec<&str> = node
            .pin
            .extras
            .iter()
            .map(naja_spec::ExtraName::as_str)
            .collect();
        if scenario
            .extras
            .get(name)
            .is_some_and(|expected| *expected != extras)
        {
            out.push(format!("{name} has the extras {extras:?}"));
        }
    }
    out
}

fn check_questions(scenario: &Scenario, run: &Run) -> Vec<String> {
    let mut out = Vec::new();
    for label in &scenario.never_asks {
        if run.asked.contains(label) {
            out.push(format!("asks for {label}"));
        }
    }
    for label in &scenario.asks {
        if !run.asked.contains(label) {
            out.push(format!("does not ask for {label}"));
        }
    }
    if scenario.waits.is_some_and(|most| run.waits > most) {
        out.push(format!("waits {} times", run.waits));
    }
    out
}

fn note(note: &Note) -> String {
    match note {
        Note::MissingExtra {
            name,
            version,
            extra,
            ..
        } => format!("{name} {version} lacks {extra}"),
        Note::Yanked {
            name,
            version,
            reason,
        } => format!("{name} {version} was yanked: {reason}"),
        Note::Skipped { requirement, .. } => format!("skipped {requirement}"),
    }
}

fn world(scenario: &Scenario) -> World {
    let mut world = World::new(&scenario.universe);
    for (url, line) in &scenario.urls {
        world.add_url(url, line);
    }
    for (name, why) in &scenario.unknown {
        let why = match why.as_str() {
            "offline" => Unavailable::Offline,
            "not-found" => Unavailable::NotFound,
            text => Unavailable::Invalid(text.to_owned()),
        };
        world.add_unknown(name, why);
    }
    for line in &scenario.installed {
        let dist = Dist::parse(line);
        world.add_installed(&dist.name, dist.metadata());
    }
    world
}

fn universal(scenario: &Scenario) -> Problem {
    let markers = |texts: &[String]| {
        texts
            .iter()
            .map(|text| Marker::parse(text).unwrap())
            .collect()
    };
    let python = scenario.universal.as_deref().unwrap_or_default();
    let part = |text: &String| {
        let requirement = Requirement::parse(text).unwrap();
        ProjectPart {
            kind: PartKind::Extra(requirement.extras[0].clone()),
            package: requirement.name,
        }
    };
    let conflicts = scenario.conflicts.iter();
    Problem::universal(UniversalTarget {
        requires_python: VersionSpecifiers::parse(python).unwrap(),
        environments: markers(&scenario.environments),
        required: markers(&scenario.required),
        conflicts: conflicts
            .map(|set| set.iter().map(part).collect())
            .collect(),
        fork_strategy: match scenario.fewest {
            true => ForkStrategy::Fewest,
            false => ForkStrategy::RequiresPython,
        },
    })
}

fn request(scenario: &Scenario) -> Problem {
    let mut problem = match &scenario.python {
        _ if scenario.universal.is_some() => universal(scenario),
        Some(python) => Problem::new(environment(python), crate::universe::tags()),
        None => problem(),
    };
    problem.roots = requirements(&scenario.ask, |_| Origin::CommandLine);
    problem.constraints = requirements(&scenario.constraints, |line| Origin::ConstraintsFile {
        path: "constraints.txt".to_owned(),
        line: Some(line),
    });
    problem.overrides = requirements(&scenario.overrides, |line| Origin::OverridesFile {
        path: "overrides.txt".to_owned(),
        line: Some(line),
    });
    problem.excludes = scenario
        .excludes
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    problem.projects = scenario.projects();
    problem.upgrade = set(&scenario.upgrade);
    problem.hashes.required = scenario.require_hashes;
    for (name, hashes) in &scenario.hashes {
        let digests = hashes
            .iter()
            .map(|text| Digest::parse(text).unwrap())
            .collect();
        problem
            .hashes
            .digests
            .insert(name.parse().unwrap(), digests);
    }
    for line in &scenario.installed {
        let dist = Dist::parse(line);
        let metadata = dist.metadata();
        let candidate = InstalledCandidate {
            version: metadata.version.clone(),
            direct_url: dist.direct_url(),
            metadata: (!scenario.installed_lazily).then_some(metadata),
        };
        problem.installed.insert(dist.name, candidate);
    }
    for line in &scenario.metadata {
        let all = line.replacen(" *", " 0", 1);
        let dist = Dist::parse(&all);
        let given = MetadataOverride {
            version: (all == *line).then(|| dist.version.parse().unwrap()),
            metadata: dist.metadata(),
        };
        let name = dist.name.clone();
        problem
            .metadata_overrides
            .entry(name)
            .or_default()
            .push(given);
    }
    for text in &scenario.prefer {
        let requirement = Requirement::parse(text).unwrap();
        let version = requirement
            .specifiers()
            .unwrap()
            .exact_pin()
            .unwrap()
            .clone();
        let preference = Preference {
            version,
            hashes: Vec::new(),
            marker: requirement.marker,
        };
        problem
            .preferences
            .entry(requirement.name)
            .or_default()
            .push(preference);
    }
    set_options(&mut problem, &scenario.options);
    problem
}

fn set_options(problem: &mut Problem, settings: &Settings) {
    let options = &mut problem.options;
    options.resolution = match settings.resolution.as_str() {
        "lowest" => Resolution::Lowest,
        "lowest-direct" => Resolution::LowestDirect,
        _ => Resolution::Highest,
    };
    options.prerelease = prerelease(&settings.prerelease);
    for (name, mode) in &settings.prerelease_packages {
        options
            .prerelease_packages
            .insert(name.parse().unwrap(), prerelease(mode));
    }
    options.exclude_newer = settings.exclude_newer;
    for (name, &time) in &settings.exclude_newer_packages {
        let time = (time >= 0).then_some(time);
        options
            .exclude_newer_packages
            .insert(name.parse().unwrap(), time);
    }
    for (index, &time) in &settings.exclude_newer_indexes {
        let index = index.parse::<naja_lock::IndexTag>().unwrap();
        let time = (time >= 0).then_some(time);
        options.exclude_newer_indexes.insert(index, time);
    }
    options.no_deps = settings.no_deps;
    options.build.no_build = set(&settings.no_build);
    options.build.no_binary = set(&settings.no_binary);
    options.ignore_requires_python = settings.ignore_requires_python;
    if settings.earlier_page_first {
        options.index_order = IndexOrder::EarlierPageFirst;
    }
}

fn prerelease(text: &str) -> Prerelease {
    match text {
        "disallow" => Prerelease::Disallow,
        "allow" => Prerelease::Allow,
        "explicit" => Prerelease::Explicit,
        _ => Prerelease::IfNecessary,
    }
}

fn set(names: &[String]) -> PackageSet {
    match names {
        [] => PackageSet::None,
        [all] if all == "*" => PackageSet::All,
        names => PackageSet::Only(
            names
                .iter()
                .map(|name| PackageName::parse(name).unwrap())
                .collect(),
        ),
    }
}

fn requirements(texts: &[String], origin: impl Fn(u32) -> Origin) -> Vec<RootRequirement> {
    texts
        .iter()
        .zip(1..)
        .map(|(text, line)| RootRequirement::new(Requirement::parse(text).unwrap(), origin(line)))
        .collect()
}
