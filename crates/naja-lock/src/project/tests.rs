use std::collections::BTreeMap;

use naja_spec::{ExtraName, GroupName, MarkerEnvironment, Requirement, Tag, Tags, Version};
use proptest::prelude::*;

use super::*;
use crate::pylock::{
    Choice, FilePlace, LockTarget, LockedFile, LockedPackage, LockedSource, Pylock, is_plain,
};

const HASH: &str = "9bbfada76703fd1d784b83eea012e3e8c6a001a876543ef104fa56aaaeb072b4";

pub(super) fn requirements(texts: &[&str]) -> Vec<Requirement> {
    let parse = |text: &&str| Requirement::parse(text).unwrap();
    texts.iter().map(parse).collect()
}

pub(super) fn member(name: &str, path: &str, dependencies: &[&str]) -> MemberInputs {
    MemberInputs {
        name: name.parse().unwrap(),
        path: path.to_owned(),
        version: Some("1.0".parse().unwrap()),
        is_package: false,
        dependencies: requirements(dependencies),
        extras: BTreeMap::new(),
        groups: BTreeMap::new(),
        default_groups: Vec::new(),
        sources: BTreeMap::new(),
        fingerprint: None,
    }
}

fn package(name: &str, version: &str) -> LockedPackage {
    let file = format!("{name}-{version}-py3-none-any.whl");
    LockedPackage {
        name: name.parse().unwrap(),
        version: Some(version.parse::<Version>().unwrap()),
        marker: None,
        requires_python: None,
        dependencies: Vec::new(),
        index: None,
        source: LockedSource::Files {
            sdist: None,
            wheels: vec![LockedFile {
                place: FilePlace::Url(format!("https://files.example/{file}").parse().unwrap()),
                name: file,
                upload_time: None,
                size: None,
                hashes: vec![format!("sha256:{HASH}").parse().unwrap()],
            }],
        },
        attestation_identities: Vec::new(),
        tool: None,
    }
}

/// A lock of packages, each with what it requires and the environments it is for.
pub(super) fn lock(inputs: Inputs, packages: &[(&str, &str, &[&str], &str)]) -> ProjectLock {
    let mut lock = ProjectLock {
        file: Pylock {
            lock_version: "1.0".to_owned(),
            requires_python: inputs.requires_python.clone(),
            created_by: "naja".to_owned(),
            packages: packages
                .iter()
                .map(|(name, version, _, _)| package(name, version))
                .collect(),
            ..Pylock::default()
        },
        inputs,
        nodes: packages
            .iter()
            .map(|(_, _, requires, fork)| LockedNode {
                requires: requirements(requires),
                fork: (!fork.is_empty()).then(|| fork.parse().unwrap()),
                index: None,
            })
            .collect(),
    };
    lock.publish();
    lock
}

pub(super) fn environment(python: &str, platform: &str) -> MarkerEnvironment {
    MarkerEnvironment {
        os_name: if platform == "win32" { "nt" } else { "posix" }.into(),
        sys_platform: platform.into(),
        platform_machine: "x86_64".into(),
        platform_python_implementation: "CPython".into(),
        platform_release: String::new(),
        platform_system: if platform == "win32" {
            "Windows"
        } else {
            "Linux"
        }
        .into(),
        platform_version: String::new(),
        implementation_name: "cpython".into(),
        python_version: python.parse().unwrap(),
        python_full_version: format!("{python}.1").parse().unwrap(),
        implementation_version: format!("{python}.1").parse().unwrap(),
    }
}

pub(super) fn tags() -> Tags {
    Tags::new(vec![Tag::new("py3", "none", "any")])
}

pub(super) fn names(choices: Vec<Choice<'_>>) -> Vec<String> {
    let shown = choices.into_iter().map(|choice| match choice {
        Choice::Wheel(package, _) | Choice::Sdist(package, _) | Choice::Direct(package) => {
            let version = package.version.as_ref().map(ToString::to_string);
            format!("{}={}", package.name, version.unwrap_or_default())
        }
    });
    shown.collect()
}

pub(super) fn choice(name: &str, extras: &[&str], groups: &[&str]) -> MemberChoice {
    MemberChoice {
        name: name.parse().unwrap(),
        project: true,
        extras: extras.iter().map(|name| name.parse().unwrap()).collect(),
        groups: groups.iter().map(|name| name.parse().unwrap()).collect(),
    }
}

pub(super) fn selected(
    lock: &ProjectLock,
    choice: &MemberChoice,
    python: &str,
    platform: &str,
) -> String {
    let (environment, tags) = (environment(python, platform), tags());
    let target = ProjectTarget {
        environment: &environment,
        tags: &tags,
    };
    match lock.select(std::slice::from_ref(choice), &target) {
        Ok(chosen) => names(chosen).join(" "),
        Err(error) => error.to_string(),
    }
}

/// What any installer selects by the markers.
fn by_standard(lock: &ProjectLock, choice: &MemberChoice, python: &str, platform: &str) -> String {
    let text = lock.to_text();
    let file = Pylock::parse(&text).unwrap();
    let (environment, tags) = (environment(python, platform), tags());
    let target = LockTarget {
        environment: &environment,
        tags: &tags,
        extras: &choice.extras,
        groups: Some(&choice.groups),
    };
    match file.select(&target) {
        Ok(chosen) => names(chosen).join(" "),
        Err(error) => error.to_string(),
    }
}

pub(super) fn castle() -> ProjectLock {
    let mut root = member("castle", ".", &["harry>=1", "owl; sys_platform == 'win32'"]);
    root.extras.insert(
        "magic".parse().unwrap(),
        requirements(&["wand[core]; python_version >= '3.10'"]),
    );
    root.groups
        .insert("dev".parse().unwrap(), requirements(&["broom", "harry"]));
    root.default_groups.push("dev".parse().unwrap());
    let inputs = Inputs {
        requires_python: Some(">=3.9".parse().unwrap()),
        members: vec![root],
        ..Inputs::default()
    };
    lock(
        inputs,
        &[
            ("broom", "1.0", &["twig"], ""),
            ("harry", "1.0", &[], "python_full_version < '3.11'"),
            ("harry", "3.0", &["ron"], "python_full_version >= '3.11'"),
            ("owl", "1.0", &["twig"], ""),
            ("phoenix", "1.0", &[], ""),
            ("ron", "1.0", &["harry"], ""),
            ("twig", "1.0", &[], ""),
            ("wand", "1.0", &["phoenix; extra == 'core'"], ""),
        ],
    )
}

#[test]
fn the_text_is_a_fixed_point() {
    let lock = castle();
    let text = lock.to_text();
    let read = ProjectLock::parse(&text).unwrap();
    assert_eq!(read.to_text(), text);
    assert_eq!(read, lock);
    assert_eq!(read.file.extras, ["magic".parse::<ExtraName>().unwrap()]);
    assert_eq!(
        read.file.default_groups,
        ["dev".parse::<GroupName>().unwrap()]
    );
    for part in [
        "[packages.tool.naja]\nrequires = [\"phoenix ; extra == 'core'\"]",
        "marker = \"'dev' in dependency_groups\"",
        "[tool.naja]\nversion = 1\n",
        "[[tool.naja.members]]\nname = \"castle\"",
        "[tool.naja.members.extras]\n",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn parts_and_environments() {
    let lock = castle();
    for (python, platform, extras, groups, wanted) in [
        ("3.12", "linux", &[][..], &[][..], "harry=3.0 ron=1.0"),
        ("3.9", "linux", &[], &[], "harry=1.0"),
        ("3.9", "win32", &[], &[], "harry=1.0 owl=1.0 twig=1.0"),
        (
            "3.9",
            "linux",
            &[],
            &["dev"],
            "broom=1.0 harry=1.0 twig=1.0",
        ),
        ("3.9", "linux", &["magic"], &[], "harry=1.0"),
        (
            "3.10",
            "linux",
            &["magic"],
            &[],
            "harry=1.0 phoenix=1.0 wand=1.0",
        ),
        (
            "3.8",
            "linux",
            &[],
            &[],
            "the lock file requires Python >=3.9, and this is 3.8.1",
        ),
        (
            "3.9",
            "linux",
            &["charm"],
            &[],
            "the lock file has no extra `charm`",
        ),
        (
            "3.9",
            "linux",
            &[],
            &["prod"],
            "the lock file has no dependency group `prod`",
        ),
    ] {
        let choice = choice("castle", extras, groups);
        assert_eq!(selected(&lock, &choice, python, platform), wanted);
        assert_eq!(by_standard(&lock, &choice, python, platform), wanted);
    }
    let only = MemberChoice {
        project: false,
        ..choice("castle", &[], &["dev"])
    };
    assert_eq!(
        selected(&lock, &only, "3.9", "win32"),
        "broom=1.0 harry=1.0 twig=1.0"
    );
}

#[test]
fn what_parts_want_anywhere() {
    let lock = castle();
    let shown = |choice: MemberChoice| {
        let wanted = lock.wanted(&[choice]).unwrap().into_iter();
        let lines = wanted.map(|(at, marker)| {
            let name = &lock.file.packages[at].name;
            marker.map_or(name.to_string(), |marker| {
                format!("{name} ; {}", marker.lockstyle())
            })
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(
        shown(choice("castle", &[], &[])),
        [
            "harry ; python_full_version < '3.11'",
            "harry ; python_full_version >= '3.11'",
            "owl ; sys_platform == 'win32'",
            "ron ; python_full_version >= '3.11'",
            "twig ; sys_platform == 'win32'",
        ]
    );
    let dev = shown(MemberChoice {
        project: false,
        ..choice("castle", &[], &["dev"])
    });
    assert!(dev.contains(&"twig".to_owned()) && !dev.iter().any(|line| line.starts_with("owl")));
}

#[test]
fn members_of_a_workspace() {
    let mut lake = member("lake", "towers/lake", &["harry", "core[fast]"]);
    lake.groups
        .insert("dev".parse().unwrap(), requirements(&["broom"]));
    let mut core = member("core", "core", &["owl"]);
    core.extras
        .insert("fast".parse().unwrap(), requirements(&["broom"]));
    let inputs = Inputs {
        members: vec![member("castle", ".", &["ron"]), core, lake],
        ..Inputs::default()
    };
    let lock = lock(
        inputs,
        &[
            ("broom", "1.0", &[], ""),
            ("harry", "1.0", &[], ""),
            ("owl", "1.0", &[], ""),
            ("ron", "1.0", &[], ""),
        ],
    );
    let of = |name: &str| selected(&lock, &choice(name, &[], &[]), "3.12", "linux");
    assert_eq!(of("castle"), "ron=1.0");
    assert_eq!(of("core"), "owl=1.0");
    assert_eq!(of("lake"), "broom=1.0 harry=1.0 owl=1.0");
    assert_eq!(of("moat"), "the lock file has no project `moat`");
    let text = lock.to_text();
    let file = Pylock::parse(&text).unwrap();
    let environment = environment("3.12", "linux");
    let tags = tags();
    let chosen = |groups: Option<&[GroupName]>| {
        let target = LockTarget {
            environment: &environment,
            tags: &tags,
            extras: &[],
            groups,
        };
        names(file.select(&target).unwrap()).join(" ")
    };
    assert_eq!(chosen(None), "ron=1.0");
    let groups = [GroupName::parse("workspace-core").unwrap()];
    assert_eq!(chosen(Some(&groups)), "owl=1.0 ron=1.0");
}

#[test]
fn an_extra_that_names_others() {
    let mut root = member("castle", ".", &[]);
    for (extra, list) in [
        ("one", &["harry"][..]),
        ("all", &["castle[one] ; sys_platform == 'win32'"]),
        ("more", &["castle[all]"]),
    ] {
        root.extras
            .insert(extra.parse().unwrap(), requirements(list));
    }
    let inputs = Inputs {
        members: vec![root],
        ..Inputs::default()
    };
    let lock = lock(
        inputs,
        &[
            ("harry", "1.0", &[], "python_version < '3.10'"),
            ("harry", "2.0", &[], "python_version >= '3.10'"),
        ],
    );
    for extra in ["one", "all", "more"] {
        let choice = choice("castle", &[extra], &[]);
        assert_eq!(selected(&lock, &choice, "3.12", "win32"), "harry=2.0");
        assert_eq!(
            by_standard(&lock, &choice, "3.12", "win32"),
            selected(&lock, &choice, "3.12", "win32")
        );
        let elsewhere = if extra == "one" { "harry=2.0" } else { "" };
        assert_eq!(selected(&lock, &choice, "3.12", "linux"), elsewhere);
        assert_eq!(by_standard(&lock, &choice, "3.12", "linux"), elsewhere);
    }
}

#[test]
fn changes_are_named() {
    let before = castle().inputs;
    let mut now = before.clone();
    assert!(before.compare(&now).is_empty());
    now.requires_python = None;
    now.members[0].dependencies.pop();
    now.members[0].groups.clear();
    now.members.push(member("moat", "moat", &[]));
    now.rules
        .insert("resolution".to_owned(), vec!["lowest".to_owned()]);
    let why: Vec<String> = before
        .compare(&now)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        why,
        [
            "`requires-python` changed",
            "`dependencies` of castle changed",
            "the group `dev` of castle changed",
            "moat is new in the workspace",
            "the setting `resolution` changed",
        ]
    );
    let back: Vec<String> = now
        .compare(&before)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(back.contains(&"moat is no longer in the workspace".to_owned()));
}

#[test]
fn differences_by_package() {
    let before = castle();
    let mut after = before.clone();
    after.file.packages[0].version = Some("2.0".parse().unwrap());
    after.file.packages.remove(3);
    after.nodes.remove(3);
    let diff = LockDiff::between(Some(&before), &after);
    let shown: Vec<String> = diff
        .changes
        .iter()
        .map(|change| format!("{} {:?} {:?}", change.name, change.before, change.after))
        .collect();
    assert_eq!(shown, ["broom [\"1.0\"] [\"2.0\"]", "owl [\"1.0\"] []"]);
    assert!(LockDiff::between(Some(&after), &after).is_empty());
    assert_eq!(LockDiff::between(None, &after).changes.len(), 6);
}

#[test]
fn other_files_are_told_from_locks_of_projects() {
    let text = castle().to_text();
    let foreign = "lock-version = \"1.0\"\ncreated-by = \"x\"\npackages = []\n";
    assert_eq!(ProjectLock::parse(foreign), Err(LockReadError::Foreign));
    let later = text.replace("\nversion = 1\n", "\nversion = 2\n");
    assert_eq!(ProjectLock::parse(&later), Err(LockReadError::Version(2)));
    for (from, to) in [
        ("path = \".\"", "path = 1"),
        ("requires = [\"twig\"]", "requires = [\"-r x\"]"),
        ("requires = [\"twig\"]", "requires = \"twig\""),
        ("path = \".\"\n", ""),
        ("magic = ", "\"!\" = "),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(ProjectLock::parse(&text.replace(from, to)).is_err(), "{to}");
    }
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const MARKERS: [&str; 4] = [
    "",
    "; sys_platform == 'win32'",
    "; python_version < '3.11'",
    "; python_version >= '3.10' and sys_platform != 'win32'",
];

fn requirement() -> impl Strategy<Value = String> {
    let extras = prop_oneof![3 => Just(""), 1 => Just("[x]")];
    let (name, marker) = (0..NAMES.len(), 0..MARKERS.len());
    (name, extras, marker)
        .prop_map(|(name, extras, marker)| format!("{}{extras}{}", NAMES[name], MARKERS[marker]))
}

fn list(most: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(requirement(), 0..=most)
}

pub(super) fn random_lock() -> impl Strategy<Value = ProjectLock> {
    let node = (list(2), list(1), any::<bool>());
    let nodes = proptest::collection::vec(node, NAMES.len());
    (list(2), list(2), list(2), nodes).prop_map(|(main, extra, group, nodes)| {
        let texts = |list: &[String]| -> Vec<Requirement> {
            list.iter().map(|text| text.parse().unwrap()).collect()
        };
        let mut root = member("castle", ".", &[]);
        root.dependencies = texts(&main);
        root.extras.insert("magic".parse().unwrap(), texts(&extra));
        root.groups.insert("dev".parse().unwrap(), texts(&group));
        let mut packages: Vec<(String, &str, Vec<String>, &str)> = Vec::new();
        for (name, (requires, of_extra, forked)) in NAMES.iter().zip(nodes) {
            let mut all = requires;
            for text in of_extra {
                let text = match text.split_once(';') {
                    Some((front, marker)) => format!("{front}; ({marker}) and extra == 'x'"),
                    None => format!("{text}; extra == 'x'"),
                };
                all.push(text);
            }
            let forks: &[(&str, &str)] = if forked {
                &[
                    ("1", "python_full_version < '3.11'"),
                    ("2", "python_full_version >= '3.11'"),
                ]
            } else {
                &[("1", "")]
            };
            for (version, fork) in forks {
                packages.push(((*name).to_owned(), version, all.clone(), fork));
            }
        }
        let inputs = Inputs {
            members: vec![root],
            ..Inputs::default()
        };
        let requires: Vec<Vec<&str>> = packages
            .iter()
            .map(|(_, _, requires, _)| requires.iter().map(String::as_str).collect())
            .collect();
        let rows: Vec<(&str, &str, &[&str], &str)> = packages
            .iter()
            .zip(&requires)
            .map(|((name, version, _, fork), requires)| {
                (name.as_str(), *version, requires.as_slice(), *fork)
            })
            .collect();
        lock(inputs, &rows)
    })
}

proptest! {
    #[test]
    fn other_words_change_the_end_only(lock in random_lock(), other in random_lock()) {
        let mut reworded = lock.clone();
        let text = reworded.reworded(other.inputs.clone(), &lock.to_text());
        prop_assert_eq!(&text, &reworded.to_text());
        prop_assert_eq!(reworded.inputs, other.inputs);
    }

    /// Locks are written so that the fast reader takes them, and damaged ones are read as the general reader reads them.
    #[test]
    fn both_readers_read_the_same(
        lock in random_lock(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..4,
        with in "([\\[\\]{}=,. \n#a1'\"-]|\\\\|\"\"\"){0,2}",
    ) {
        let mut text = lock.to_text();
        prop_assert!(is_plain(&text), "{}", text);
        prop_assert_eq!(Pylock::parse(&text), Pylock::parse_generally(&text));
        let at = at.index(text.len());
        let end = text.len().min(at + length);
        text.replace_range(at..end, &with);
        prop_assert_eq!(Pylock::parse(&text), Pylock::parse_generally(&text), "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever reads the standard's markers installs what naja installs.
    #[test]
    fn markers_say_what_the_requirements_say(lock in random_lock()) {
        prop_assert_eq!(&ProjectLock::parse(&lock.to_text()).unwrap(), &lock);
        let nobody = lock.reached_by_nobody();
        for python in ["3.9", "3.10", "3.11"] {
            for platform in ["linux", "win32"] {
                for (extras, groups) in [(&[][..], &[][..]), (&["magic"], &[]), (&[], &["dev"]), (&["magic"], &["dev"])] {
                    let choice = choice("castle", extras, groups);
                    let own = selected(&lock, &choice, python, platform);
                    let standard = by_standard(&lock, &choice, python, platform);
                    let standard: Vec<&str> = standard
                        .split_whitespace()
                        .filter(|shown| !nobody.iter().any(|name| name == shown))
                        .collect();
                    prop_assert_eq!(own, standard.join(" "), "{:?} {} {}", choice, python, platform);
                }
            }
        }
    }
}

impl ProjectLock {
    /// Packages that no part needs anywhere: a resolution has none, and the marker lets them be.
    fn reached_by_nobody(&self) -> Vec<String> {
        let all = choice("castle", &["magic"], &["dev"]);
        let wanted = self.wanted(&[all]).unwrap();
        let packages = self.file.packages.iter().enumerate();
        let nobodys = packages.filter(|(at, _)| !wanted.iter().any(|(found, _)| found == at));
        let shown = nobodys.map(|(_, package)| {
            let version = package.version.as_ref().map(ToString::to_string);
            format!("{}={}", package.name, version.unwrap_or_default())
        });
        shown.collect()
    }
}
