use std::collections::BTreeSet;

use naja_spec::Requirement;
use proptest::prelude::*;

use super::tests::{castle, choice, environment, member, random_lock, requirements, selected};
use super::*;
use crate::pylock::{FilePlace, LockTarget, LockedSource, Pylock};

fn form() -> RequirementsForm {
    RequirementsForm {
        annotate: true,
        hashes: true,
        ..RequirementsForm::default()
    }
}

/// What a requirements file asks for in one environment, as pip reads it.
fn asked_for(text: &str, python: &str, platform: &str) -> String {
    let environment = environment(python, platform);
    let joined = text.replace(" \\\n", " ");
    let lines = joined
        .lines()
        .filter(|line| !line.trim_start().starts_with('#') && !line.is_empty());
    let found = lines.filter_map(|line| {
        let line = line.split(" --hash=").next().unwrap();
        let requirement = Requirement::parse(line).unwrap();
        let applies = requirement.applies(&environment, &[]);
        let version = requirement.specifiers().unwrap().to_string();
        applies.then(|| format!("{}{}", requirement.name, version.trim_start_matches('=')))
    });
    found.collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// An export is for each environment what is chosen for it from the lock.
    #[test]
    fn exports_select_what_the_lock_selects(lock in random_lock()) {
        for (extras, groups) in [(&[][..], &[][..]), (&["magic"], &[]), (&[], &["dev"]), (&["magic"], &["dev"])] {
            let choice = choice("castle", extras, groups);
            let export = lock.export(std::slice::from_ref(&choice), &[], &|_| true).unwrap();
            let text = export.requirements(&form(), &|_| true);
            let file = export.pylock("", &|_| true);
            prop_assert_eq!(&Pylock::parse(&file.to_text(None)).unwrap(), &file);
            for python in ["3.9", "3.10", "3.11"] {
                for platform in ["linux", "win32"] {
                    let own = selected(&lock, &choice, python, platform).replace('=', "");
                    prop_assert_eq!(asked_for(&text, python, platform), own.clone(), "{}", &text);
                    let (environment, tags) = (environment(python, platform), super::tests::tags());
                    let target = LockTarget { environment: &environment, tags: &tags, extras: &[], groups: None };
                    let chosen = super::tests::names(file.select(&target).unwrap()).join(" ");
                    prop_assert_eq!(chosen.replace('=', ""), own);
                }
            }
        }
    }
}

fn lines(lock: &ProjectLock, choice: &MemberChoice, pruned: &[&str]) -> Vec<String> {
    let pruned: Vec<_> = pruned.iter().map(|name| name.parse().unwrap()).collect();
    let export = lock
        .export(std::slice::from_ref(choice), &pruned, &|_| true)
        .unwrap();
    let plain = RequirementsForm {
        annotate: true,
        ..RequirementsForm::default()
    };
    let text = export.requirements(&plain, &|_| true);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn who_asks_and_where() {
    let lock = castle();
    assert_eq!(
        lines(&lock, &choice("castle", &["magic"], &["dev"]), &[]),
        [
            "broom==1.0",
            "    # via castle (group: dev)",
            "harry==1.0 ; python_full_version < '3.11'",
            "    # via",
            "    #   castle",
            "    #   castle (group: dev)",
            "harry==3.0 ; python_full_version >= '3.11'",
            "    # via",
            "    #   castle",
            "    #   castle (group: dev)",
            "    #   ron",
            "owl==1.0 ; sys_platform == 'win32'",
            "    # via castle",
            "phoenix==1.0 ; python_full_version >= '3.10'",
            "    # via wand",
            "ron==1.0 ; python_full_version >= '3.11'",
            "    # via harry",
            "twig==1.0",
            "    # via",
            "    #   broom",
            "    #   owl",
            "wand==1.0 ; python_full_version >= '3.10'",
            "    # via castle (extra: magic)",
        ]
    );
    let pruned = lines(
        &lock,
        &choice("castle", &["magic"], &["dev"]),
        &["broom", "wand"],
    );
    let names: BTreeSet<&str> = pruned
        .iter()
        .filter_map(|line| Some(line.split_once("==")?.0))
        .collect();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["harry", "owl", "ron", "twig"]
    );
}

#[test]
fn hashes_and_forms_of_sources() {
    let mut lock = castle();
    let choice = choice("castle", &[], &["dev"]);
    let at = |name: &str| {
        let name = name.parse().unwrap();
        castle()
            .file
            .packages
            .iter()
            .position(|one| one.name == name)
            .unwrap()
    };
    lock.file.packages[at("broom")].source = LockedSource::Directory {
        path: "parts/broom".to_owned(),
        editable: true,
        subdirectory: None,
    };
    lock.file.packages[at("broom")].version = None;
    lock.file.packages[at("twig")].source = LockedSource::Vcs {
        kind: "git".to_owned(),
        place: FilePlace::Url("https://git.example/twig".parse().unwrap()),
        requested_revision: Some("main".to_owned()),
        commit_id: "0123456789012345678901234567890123456789".to_owned(),
        subdirectory: Some("wood".to_owned()),
    };
    let export = lock
        .export(std::slice::from_ref(&choice), &[], &|_| true)
        .unwrap();
    let text = export.requirements(&form(), &|_| true);
    assert!(text.starts_with("-e ./parts/broom\n"), "{text}");
    assert!(
        text.contains("twig @ git+https://git.example/twig@0123456789012345678901234567890123456789#subdirectory=wood\n"),
        "{text}"
    );
    assert!(text.contains("harry==1.0 ; python_full_version < '3.11' \\\n    --hash=sha256:"));
    let bare: Vec<String> = export.without_hashes().map(ToString::to_string).collect();
    assert_eq!(bare, ["broom", "twig"]);
    let text = export.requirements(&form(), &|_| false);
    assert!(text.starts_with("./parts/broom\n"), "{text}");
    let file = export.pylock("../..", &|_| false);
    let text = file.to_text(None);
    assert!(
        text.contains("directory = { path = \"../../parts/broom\" }"),
        "{text}"
    );
    assert!(
        !text.contains("tool") && !text.contains("dependency-groups"),
        "{text}"
    );
}

#[test]
fn nothing_is_a_file_too() {
    let inputs = Inputs {
        members: vec![member("castle", ".", &[])],
        ..Inputs::default()
    };
    let lock = super::tests::lock(inputs, &[]);
    let export = lock
        .export(&[choice("castle", &[], &[])], &[], &|_| true)
        .unwrap();
    assert_eq!(export.requirements(&form(), &|_| true), "");
    assert!(
        export
            .pylock("", &|_| true)
            .to_text(None)
            .ends_with("packages = []\n")
    );
}

#[test]
fn parts_in_conflict_are_no_export() {
    let mut root = member("castle", ".", &["shared"]);
    root.extras
        .insert("old".parse().unwrap(), requirements(&["harry<2"]));
    root.extras
        .insert("new".parse().unwrap(), requirements(&["harry>=2"]));
    let inputs = Inputs {
        members: vec![root],
        ..Inputs::default()
    };
    let old = "extra == 'extra-6-castle-old' and extra != 'extra-6-castle-new'";
    let new = "extra != 'extra-6-castle-old'";
    let lock = super::tests::lock(
        inputs,
        &[
            ("harry", "1.0", &[], old),
            ("harry", "2.0", &[], new),
            ("shared", "1.0", &["harry"], ""),
        ],
    );
    let names = |extras: &[&str]| {
        let export = lock.export(&[choice("castle", extras, &[])], &[], &|_| true);
        let entries = export.unwrap().entries.into_iter();
        let shown = entries.map(|(at, _)| {
            let package = &lock.file.packages[at];
            format!("{}={}", package.name, package.version.as_ref().unwrap())
        });
        shown.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&["old"]), "harry=1.0 shared=1.0");
    assert_eq!(names(&["new"]), "harry=2.0 shared=1.0");
}
