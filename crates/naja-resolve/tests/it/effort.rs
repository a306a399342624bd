//! Searches that go back a lot have to end, and soon.

use naja_lock::Origin;
use naja_resolve::{Problem, RootRequirement, UniversalTarget};
use naja_spec::{Requirement, VersionSpecifiers};

use crate::universe::{Run, World, problem, run};

fn ask(roots: &[&str]) -> Problem {
    let mut problem = problem();
    problem.roots = roots
        .iter()
        .map(|text| RootRequirement::new(Requirement::parse(text).unwrap(), Origin::CommandLine))
        .collect();
    problem
}

/// A hub with many providers, each of which has many versions that want ever newer cores, and a client library
/// that comes in hundreds of versions, each pinned to one version of its twin.
fn airflow_like() -> Vec<String> {
    let mut lines = Vec::new();
    let providers: Vec<String> = (0..40).map(|at| format!("provider-{at}")).collect();
    let extras: Vec<String> = providers
        .iter()
        .map(|name| format!("{name}>=3; extra == 'all'"))
        .collect();
    for minor in 0..12 {
        let own = format!("sql>=1.{minor},<2 & web>=2,<3 & boto");
        lines.push(format!(
            "hub 2.{minor} | extras=all -> {own} & {}",
            extras.join(" & ")
        ));
    }
    for (at, name) in providers.iter().enumerate() {
        for minor in 0..30 {
            let core = format!("hub>=2.{}", minor / 3);
            let client = format!("botocore<1.{}", 90 + (at * 7 + minor) % 60);
            let web = if minor > 20 { "web>=2.5" } else { "web" };
            lines.push(format!(
                "{name} {}.{} -> {core} & {client} & {web}",
                3 + minor / 10,
                minor % 10
            ));
        }
    }
    for minor in 0..150 {
        lines.push(format!("boto 1.{minor} -> botocore==1.{minor}"));
        lines.push(format!("botocore 1.{minor}"));
    }
    lines.extend((0..20).map(|minor| format!("sql 1.{minor}")));
    lines.extend((0..10).map(|minor| format!("web 2.{minor} -> markup>=2.{}", minor / 2)));
    lines.extend((0..6).map(|minor| format!("markup 2.{minor}")));
    lines
}

#[test]
fn a_hub_with_many_providers() {
    let world = World::new(airflow_like());
    let run = run(&world, ask(&["hub[all]", "boto>=1.100", "web<2.8"]));
    // Some providers allow only botocore below 1.100 in every version.
    let text = match &run.result {
        Ok(graph) => crate::universe::pins(graph).join(", "),
        Err(conflict) => naja_resolve::explain(conflict).to_string(),
    };
    assert!(run.effort.rounds < 20_000, "{:?}\n{text}", run.effort);
    assert!(run.waits < 400, "{} waits\n{text}", run.waits);
}

#[test]
fn a_client_in_lockstep_with_its_twin() {
    let mut lines: Vec<String> = (0..400)
        .flat_map(|minor| {
            [
                format!("boto 1.{minor} -> botocore==1.{minor}"),
                format!("botocore 1.{minor} -> urllib>=1.20,<2"),
            ]
        })
        .collect();
    lines.extend(["urllib 1.26".to_owned(), "urllib 2.0".to_owned()]);
    lines.extend((0..400).map(|minor| {
        format!(
            "aio 2.{minor} -> botocore>=1.{},<1.{}",
            minor / 4,
            minor / 4 + 3
        )
    }));
    let world = World::new(lines);
    let run = run(&world, ask(&["boto", "aio", "urllib<2"]));
    let graph = run.result.unwrap();
    assert_eq!(crate::universe::pins(&graph).len(), 4);
    assert!(run.effort.rounds < 3_000, "{:?}", run.effort);
    assert!(run.waits < 150, "{} waits", run.waits);
}

/// How many versions of a package metadata was asked for, needed or not.
fn asked_of(run: &Run, name: &str) -> usize {
    let start = format!("metadata {name} ");
    run.asked
        .iter()
        .filter(|label| label.starts_with(&start))
        .count()
}

/// Two clients of a twin that comes in hundreds of versions, of which the user wants an old one: the client with
/// few versions says which versions of the other come into question, so that these are not gone through from the
/// newest on.
#[test]
fn a_client_with_few_versions_saves_the_way_through_one_with_many() {
    let mut lines: Vec<String> = (0..900)
        .flat_map(|minor| {
            [
                format!(
                    "boto 1.{minor} -> botocore>=1.{minor},<1.{} & path",
                    minor + 9
                ),
                format!("botocore 1.{minor} -> urllib"),
            ]
        })
        .collect();
    lines.extend((0..90).map(|minor| {
        let (from, to) = (minor * 10, minor * 10 + 14);
        format!(
            "aio 2.{minor} | extras=boto -> botocore>=1.{from},<1.{to} & boto>=1.{from},<1.{to}; extra == 'boto'"
        )
    }));
    lines.extend((0..30).map(|minor| format!("fs 3.{minor} -> aio>=2.{}", minor * 2)));
    lines.extend(["urllib 2.0", "path 1.0"].map(str::to_owned));
    let world = World::new(lines);
    for roots in [
        ["boto", "fs", "aio[boto]", "botocore<1.400"],
        ["aio[boto]", "boto", "botocore<1.400", "fs"],
    ] {
        let run = run(&world, ask(&roots));
        let found = crate::universe::pins(run.result.as_ref().unwrap());
        assert!(found.contains(&"aio 2.39".to_owned()), "{found:?}");
        assert!(found.contains(&"boto 1.399".to_owned()), "{found:?}");
        let asked = ["boto", "botocore", "aio", "fs"].map(|name| asked_of(&run, name));
        assert!(
            asked.iter().sum::<usize>() <= 120,
            "{asked:?} {:?}",
            run.effort
        );
        assert!(run.waits <= 45, "{} waits", run.waits);
        assert!(run.effort.rounds < 2_000, "{:?}", run.effort);
    }
}

/// Where a way back cannot be avoided its length is foreseen: few waits, and hardly anything asked for in vain.
#[test]
fn a_long_way_back_is_foreseen() {
    let world = World::new((0..600).flat_map(|minor| {
        [
            format!("boto 1.{minor} -> botocore==1.{minor}"),
            format!("botocore 1.{minor}"),
        ]
    }));
    let run = run(&world, ask(&["boto", "botocore<1.200"]));
    let asked = asked_of(&run, "boto");
    assert!((401..=410).contains(&asked), "{asked}");
    assert!(run.waits <= 20, "{} waits", run.waits);
}

#[test]
fn a_deep_contradiction_ends() {
    // Every layer has many versions, all of which lead to the same impossible core.
    let mut lines = Vec::new();
    for layer in 0..12 {
        for version in 0..15 {
            lines.push(format!(
                "layer-{layer} {version} -> layer-{}>={}",
                layer + 1,
                version / 2
            ));
        }
    }
    lines.extend((0..15).map(|version| format!("layer-12 {version} -> core>={}", 1 + version % 4)));
    lines.extend((0..5).map(|version| format!("core {version}")));
    let world = World::new(lines);
    let run = run(&world, ask(&["layer-0", "core<1"]));
    let text = naja_resolve::explain(&run.result.unwrap_err()).to_string();
    assert!(run.effort.rounds < 5_000, "{:?}", run.effort);
    assert!(text.lines().count() < 20, "{text}");
    assert!(
        text.contains("layer-0") && text.contains("core<1"),
        "{text}"
    );
}

#[test]
fn a_large_plain_graph_is_one_pass() {
    let mut lines = Vec::new();
    for at in 0..300 {
        let needs: Vec<String> = (1..6)
            .map(|step| at * 2 + step)
            .filter(|to| *to < 300)
            .map(|to| format!("p{to}>=1"))
            .collect();
        lines.push(format!("p{at} 1.0 -> {}", needs.join(" & ")));
    }
    let world = World::new(lines);
    let run = run(&world, ask(&["p0"]));
    let graph = run.result.unwrap();
    assert!(graph.nodes.len() > 200);
    assert_eq!(run.effort.conflicts, 0);
    assert!(run.effort.rounds < 3 * 300 + 20, "{:?}", run.effort);
    assert!(run.waits < 25, "{} waits", run.waits);
}

#[test]
fn a_hub_that_cannot_be_told_in_short() {
    let world = World::new(airflow_like());
    let run = run(&world, ask(&["hub[all]>=2.3", "boto>=1.140", "web<2.8"]));
    let text = naja_resolve::explain(&run.result.unwrap_err()).to_string();
    assert!(run.effort.rounds < 20_000, "{:?}", run.effort);
    assert!(text.lines().count() < 20, "{text}");
}

/// The work of a resolution for all systems grows with the number of packages, not faster.
#[test]
fn universal_work_is_linear() {
    let work = |count: usize| {
        let mut lines = Vec::new();
        for at in 0..count {
            let needs: Vec<String> = (1..6)
                .map(|step| at * 2 + step)
                .filter(|to| *to < count)
                .map(|to| match to % 7 {
                    0 => format!("p{to}>=1; sys_platform == 'win32'"),
                    3 => format!("p{to}>=1; python_version < '3.11'"),
                    _ => format!("p{to}>=1"),
                })
                .collect();
            lines.push(format!("p{at} 1.0 -> {}", needs.join(" & ")));
        }
        let world = World::new(lines);
        let mut problem = Problem::universal(naja_resolve::UniversalTarget {
            requires_python: naja_spec::VersionSpecifiers::parse(">=3.8").unwrap(),
            ..naja_resolve::UniversalTarget::default()
        });
        problem.roots = ask(&["p0"]).roots;
        let run = run(&world, problem);
        assert_eq!(run.effort.regions, 1);
        assert!(run.result.unwrap().nodes.len() > count / 2);
        run.effort.rounds
    };
    let (small, middle, large) = (work(100), work(200), work(400));
    assert!(
        middle <= small * 2 + 20 && large <= middle * 2 + 20,
        "{small} {middle} {large}"
    );
}

/// Packages for one system each, in two versions for two ranges of Pythons: their markers say nothing about the other
/// systems, and there are two regions for all of them, not two for each.
#[test]
fn an_earlier_answer_is_cut_as_often_as_it_was_made_of() {
    let systems = [
        "linux", "darwin", "win32", "cygwin", "aix", "ios", "android",
    ];
    let world = World::new(systems.iter().enumerate().flat_map(|(at, _)| {
        [
            format!("p{at} 1 | python=>=3.8"),
            format!("p{at} 2 | python=>=3.11"),
        ]
    }));
    let asked = |at: usize, system: &str| format!("p{at}; sys_platform == '{system}'");
    let roots = systems.iter().enumerate();
    let roots: Vec<String> = roots.map(|(at, system)| asked(at, system)).collect();
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    let universal = || Problem {
        roots: ask(&roots).roots,
        ..Problem::universal(UniversalTarget {
            requires_python: VersionSpecifiers::parse(">=3.8").unwrap(),
            ..UniversalTarget::default()
        })
    };
    let first = run(&world, universal());
    let graph = first.result.unwrap();
    assert_eq!(first.effort.regions, 3);
    let mut again = universal();
    crate::universal::prefer(&mut again, &graph);
    let second = run(&world, again);
    assert_eq!(
        crate::universal::lines(&second.result.unwrap()),
        crate::universal::lines(&graph)
    );
    assert_eq!(second.effort.regions, 3);
}
