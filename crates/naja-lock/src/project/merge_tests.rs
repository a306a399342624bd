use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tests::{choice, environment, lock, member, requirements, tags};
use super::*;
use crate::pylock::Choice;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const MARKERS: [&str; 3] = ["", "; sys_platform == 'win32'", "; python_version < '3.11'"];
const BOUNDS: [&str; 4] = ["", "", ">=2", "<2"];

/// What each version of each package requires.
type World = BTreeMap<(usize, usize), Vec<String>>;

/// What a branch has: the requirements of the project and of its group, and the versions that are chosen.
#[derive(Clone, Debug)]
struct Branch {
    main: Vec<String>,
    dev: Vec<String>,
    picks: [usize; NAMES.len()],
}

fn requirement() -> impl Strategy<Value = String> {
    let extra = prop_oneof![4 => Just(""), 1 => Just("[x]")];
    (0..NAMES.len(), extra, 0..BOUNDS.len(), 0..MARKERS.len()).prop_map(
        |(name, extra, bound, marker)| {
            format!("{}{extra}{}{}", NAMES[name], BOUNDS[bound], MARKERS[marker])
        },
    )
}

fn world() -> impl Strategy<Value = World> {
    let list = proptest::collection::vec((requirement(), any::<bool>()), 0..=2);
    proptest::collection::vec(list, NAMES.len() * 3).prop_map(|lists| {
        let places = (0..NAMES.len()).flat_map(|name| (1..=3).map(move |version| (name, version)));
        let lists = lists.into_iter().map(|list| {
            let texts =
                list.into_iter()
                    .map(|(text, of_extra)| match (of_extra, text.split_once(';')) {
                        (false, _) => text,
                        (true, Some((front, marker))) => {
                            format!("{front}; ({marker}) and extra == 'x'")
                        }
                        (true, None) => format!("{text}; extra == 'x'"),
                    });
            texts.collect()
        });
        places.zip(lists).collect()
    })
}

fn branch() -> impl Strategy<Value = Branch> {
    let list = || proptest::collection::vec(requirement(), 0..=3);
    (list(), list(), [1_usize..=3, 1..=3, 1..=3, 1..=3]).prop_map(|(main, dev, picks)| Branch {
        main,
        dev,
        picks,
    })
}

/// A branch that differs from another one in some places.
fn changed(from: Branch) -> impl Strategy<Value = Branch> {
    let edits = proptest::collection::vec(
        (0..4_usize, requirement(), 0..NAMES.len(), 1..=3_usize),
        0..=3,
    );
    edits.prop_map(move |edits| {
        let mut branch = from.clone();
        for (kind, text, name, version) in edits {
            match kind {
                0 => branch.main.push(text),
                1 => branch.dev.push(text),
                2 => drop(branch.main.pop()),
                _ => branch.picks[name] = version,
            }
        }
        branch
    })
}

/// What a resolution would lock, if it chose these versions: everything that is asked for.
fn locked(world: &World, branch: &Branch) -> ProjectLock {
    let texts = |list: &[String]| list.iter().map(|text| text.parse().unwrap()).collect();
    let mut root = member("castle", ".", &[]);
    root.dependencies = texts(&branch.main);
    root.groups
        .insert("dev".parse().unwrap(), texts(&branch.dev));
    let inputs = Inputs {
        requires_python: Some(">=3.9".parse().unwrap()),
        members: vec![root],
        ..Inputs::default()
    };
    let versions: Vec<String> = branch.picks.iter().map(ToString::to_string).collect();
    let requires: Vec<Vec<&str>> = (0..NAMES.len())
        .map(|at| {
            let list = &world[&(at, branch.picks[at])];
            list.iter().map(String::as_str).collect()
        })
        .collect();
    let packages: Vec<(&str, &str, &[&str], &str)> = (0..NAMES.len())
        .map(|at| {
            (
                NAMES[at],
                versions[at].as_str(),
                requires[at].as_slice(),
                "",
            )
        })
        .collect();
    let mut lock = lock(inputs, &packages);
    let all = vec![(); lock.nodes.len()];
    let _kept = lock.keep_reached(all);
    lock.publish_again();
    lock
}

/// What is chosen anywhere although something there is not met.
fn unmet(lock: &ProjectLock) -> Vec<String> {
    let mut unmet = Vec::new();
    for python in ["3.9", "3.11"] {
        for platform in ["linux", "win32"] {
            let (environment, tags) = (environment(python, platform), tags());
            let target = ProjectTarget {
                environment: &environment,
                tags: &tags,
            };
            let chosen = match lock.select(&[choice("castle", &[], &["dev"])], &target) {
                Ok(chosen) => chosen,
                Err(error) => {
                    unmet.push(error.to_string());
                    continue;
                }
            };
            let holds = |one: &naja_spec::Requirement| {
                let marker = one.marker.as_ref();
                marker.is_none_or(|marker| marker.evaluate(&environment, &[]))
            };
            let member = &lock.inputs.members[0];
            let declared = member.all_parts().into_iter().flat_map(|(_, list)| list);
            let names: Vec<_> = chosen.iter().map(Choice::package).collect();
            let nodes = lock.file.packages.iter().zip(&lock.nodes);
            let said = nodes
                .filter(|(package, _)| names.contains(package))
                .flat_map(|(_, node)| &node.requires);
            for one in declared.chain(said).filter(|one| holds(one)) {
                let package = names.iter().find(|package| package.name == one.name);
                let version = package.and_then(|package| package.version.as_ref());
                let wanted = one.specifiers().unwrap();
                if !version.is_some_and(|version| wanted.contains(version)) {
                    unmet.push(format!("{one} on {platform} {python}"));
                }
            }
        }
    }
    unmet
}

fn pins(lock: &ProjectLock) -> Vec<String> {
    let packages = lock.file.packages.iter().zip(&lock.nodes);
    packages
        .map(|(package, node)| {
            format!("{} {:?} {:?}", package.name, package.version, node.requires)
        })
        .collect()
}

fn three() -> impl Strategy<Value = (World, Branch, Branch, Branch)> {
    (world(), branch()).prop_flat_map(|(world, base)| {
        let sides = (changed(base.clone()), changed(base.clone()));
        (Just(world), Just(base), sides)
            .prop_map(|(world, base, (ours, theirs))| (world, base, ours, theirs))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn merges_of_branches((world, base, ours, theirs) in three()) {
        let (base, ours, theirs) = (locked(&world, &base), locked(&world, &ours), locked(&world, &theirs));
        // What one side alone changed stays as it is.
        for known in [Some(&base), None] {
            prop_assert_eq!(&ProjectLock::merge(known, &ours, &ours).lock, &ours);
        }
        prop_assert_eq!(&ProjectLock::merge(Some(&base), &base, &theirs).lock, &theirs);
        prop_assert_eq!(&ProjectLock::merge(Some(&base), &ours, &base).lock, &ours);
        prop_assert!(Comparison::between(&ours, &ours).is_empty());
        let here = ProjectLock::merge(Some(&base), &ours, &theirs);
        let there = ProjectLock::merge(Some(&base), &theirs, &ours);
        // It does not matter who merges whom.
        prop_assert_eq!(pins(&here.lock), pins(&there.lock));
        prop_assert_eq!(here.open.is_empty(), there.open.is_empty());
        // The result is a lock, and says whether it is good.
        prop_assert_eq!(&ProjectLock::parse(&here.lock.to_text()).unwrap(), &here.lock);
        prop_assert_eq!(here.lock.is_to_be_resolved(), !here.open.is_empty());
        if here.open.is_empty() && unmet(&ours).is_empty() && unmet(&theirs).is_empty() {
            prop_assert_eq!(unmet(&here.lock), Vec::<String>::new());
        }
        // What it was made of is what the manifests say after the same merge.
        let member = &here.lock.inputs.members[0];
        for one in &member.dependencies {
            let of = |lock: &ProjectLock| lock.inputs.members[0].dependencies.contains(one);
            prop_assert!(of(&ours) || of(&theirs));
        }
    }
}

fn castle(dependencies: &[&str], packages: &[(&str, &str, &[&str], &str)]) -> ProjectLock {
    let inputs = Inputs {
        requires_python: Some(">=3.9".parse().unwrap()),
        members: vec![member("castle", ".", dependencies)],
        ..Inputs::default()
    };
    lock(inputs, packages)
}

fn shown(merged: &Merged) -> String {
    let packages = merged.lock.file.packages.iter();
    let shown: Vec<String> = packages
        .map(|one| format!("{}={}", one.name, one.version.as_ref().unwrap()))
        .collect();
    shown.join(" ")
}

#[test]
fn both_sides_add_something() {
    let base = castle(&["harry"], &[("harry", "1.0", &[], "")]);
    let ours = castle(
        &["harry", "owl"],
        &[
            ("harry", "1.0", &[], ""),
            ("owl", "1.0", &["twig"], ""),
            ("twig", "1.0", &[], ""),
        ],
    );
    let theirs = castle(
        &["harry", "ron"],
        &[("harry", "1.0", &[], ""), ("ron", "2.0", &["harry"], "")],
    );
    let merged = ProjectLock::merge(Some(&base), &ours, &theirs);
    assert_eq!(merged.open, Vec::<String>::new());
    assert_eq!(shown(&merged), "harry=1.0 owl=1.0 ron=2.0 twig=1.0");
    let dependencies = &merged.lock.inputs.members[0].dependencies;
    assert_eq!(*dependencies, requirements(&["harry", "ron", "owl"]));
}

#[test]
fn the_change_of_one_side_stays_and_of_two_the_higher() {
    let at = |harry: &str, ron: &str| {
        castle(
            &["harry", "ron"],
            &[("harry", harry, &[], ""), ("ron", ron, &[], "")],
        )
    };
    let base = at("2.0", "2.0");
    let merged = ProjectLock::merge(Some(&base), &at("1.0", "3.0"), &at("2.0", "4.0"));
    assert_eq!(shown(&merged), "harry=1.0 ron=4.0");
    assert!(merged.open.is_empty());
    let merged = ProjectLock::merge(None, &at("1.0", "3.0"), &at("2.0", "2.0"));
    assert_eq!(shown(&merged), "harry=2.0 ron=3.0");
}

#[test]
fn what_does_not_fit_together_is_to_be_resolved() {
    let base = castle(
        &["harry", "ron"],
        &[("harry", "1.0", &[], ""), ("ron", "1.0", &[], "")],
    );
    // One side takes a new version of harry, the other a new ron that does not want it.
    let ours = castle(
        &["harry", "ron"],
        &[("harry", "2.0", &[], ""), ("ron", "1.0", &[], "")],
    );
    let theirs = castle(
        &["harry", "ron"],
        &[("harry", "1.0", &[], ""), ("ron", "2.0", &["harry<2"], "")],
    );
    let merged = ProjectLock::merge(Some(&base), &ours, &theirs);
    assert_eq!(merged.open, ["nothing that is locked meets `harry<2`"]);
    assert_eq!(shown(&merged), "harry=2.0 ron=2.0");
    let passed: Vec<String> = merged
        .lock
        .passed_over()
        .map(|(name, version)| format!("{name}={version}"))
        .collect();
    assert_eq!(passed, ["harry=1.0", "ron=1.0"]);
    let now = ours.inputs.clone();
    let why: Vec<String> = merged
        .lock
        .inputs
        .compare(&now)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        why,
        ["two locks were merged into it, and not all of it is sure to fit together"]
    );
    // A merge that is not resolved stays that in the next one.
    let again = ProjectLock::merge(Some(&base), &base, &merged.lock);
    assert!(!again.open.is_empty() && again.lock.is_to_be_resolved());
}

#[test]
fn extras_and_environments_that_a_side_did_not_look_at() {
    let base = castle(&["ron"], &[("ron", "1.0", &[], "")]);
    let ours = castle(
        &["ron", "harry; sys_platform == 'win32'"],
        &[
            ("harry", "2.0", &["owl; sys_platform == 'win32'"], ""),
            ("owl", "1.0", &[], ""),
            ("ron", "1.0", &[], ""),
        ],
    );
    let theirs = castle(
        &["ron", "harry[wand]"],
        &[
            ("harry", "1.0", &["twig; extra == 'wand'"], ""),
            ("ron", "1.0", &[], ""),
            ("twig", "1.0", &[], ""),
        ],
    );
    let merged = ProjectLock::merge(Some(&base), &ours, &theirs);
    assert!(
        merged
            .open
            .contains(&"harry[wand] was not locked for this version".to_owned()),
        "{:?}",
        merged.open
    );
    assert!(
        merged
            .open
            .contains(&"harry is wanted in environments it was not locked for".to_owned()),
        "{:?}",
        merged.open
    );
}

#[test]
fn a_file_with_marks() {
    let ours = castle(&["harry"], &[("harry", "2.0", &[], "")]).to_text();
    let theirs = castle(&["harry"], &[("harry", "3.0", &[], "")]).to_text();
    let mut text = String::new();
    let (mut left, mut right) = (ours.lines(), theirs.lines());
    while let (Some(a), Some(b)) = (left.next(), right.next()) {
        if a == b {
            text.push_str(&format!("{a}\n"));
        } else {
            text.push_str(&format!("<<<<<<< HEAD\n{a}\n=======\n{b}\n>>>>>>> other\n"));
        }
    }
    assert!(Sides::are_in(&text));
    let merged = ProjectLock::of_conflict(&text).unwrap();
    assert_eq!(shown(&merged), "harry=3.0");
    assert!(merged.lock.is_to_be_resolved());
    assert!(!Sides::are_in(&merged.lock.to_text()));
    assert!(ProjectLock::of_conflict(&ours).is_none());
}
