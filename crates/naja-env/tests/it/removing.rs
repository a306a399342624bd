//! Removing distributions of every kind.

use std::fs;
use std::path::PathBuf;

use naja_env::{ApplyError, ApplyOptions, ApplyWarning, PlanRules, Reinstall, RemovalError};
use naja_testkit::Wheel;

use crate::support::World;

const SITE: &str = "lib/python3.12/site-packages";

fn put(world: &World, path: &str, text: &str) {
    let path = world.root().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn nothing_is_left() {
    let world = World::new();
    let before = world.snapshot();
    world.install(&[Wheel::new("a", "1").printing_script(), Wheel::new("b", "1")]);
    world.remove(&["a", "b"]);
    assert_eq!(world.snapshot(), before);
    assert!(!world.has(&format!("{SITE}/a")));
}

#[test]
fn without_record_it_is_refused() {
    let world = World::new();
    put(
        &world,
        &format!("{SITE}/a-1.dist-info/METADATA"),
        "Metadata-Version: 2.1\nName: a\nVersion: 1\n",
    );
    put(&world, &format!("{SITE}/a-1.dist-info/INSTALLER"), "debian");
    let before = world.snapshot();
    match world.try_remove(&["a"]) {
        Err(ApplyError::Removal(RemovalError::NoRecord { installer, .. })) => {
            assert_eq!(installer.as_deref(), Some("debian"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.snapshot(), before);
}

#[test]
fn a_half_installed_distribution_is_mended_by_installing() {
    let world = World::new();
    put(
        &world,
        &format!("{SITE}/a-1.dist-info/METADATA"),
        "Metadata-Version: 2.1\nName: a\nVersion: 1\n",
    );
    put(&world, &format!("{SITE}/a/__init__.py"), "half");
    let applied = world.install(&[Wheel::new("a", "1")]);
    assert!(applied.warnings.is_empty(), "{:?}", applied.warnings);
    assert_eq!(world.listed(), ["a==1"]);
}

#[test]
fn the_older_forms() {
    let world = World::new();
    let metadata = "Metadata-Version: 1.0\nName: x\nVersion: 1\n";
    put(&world, &format!("{SITE}/d-1.egg-info"), metadata);
    put(&world, &format!("{SITE}/e-1.egg-info/PKG-INFO"), metadata);
    put(&world, &format!("{SITE}/f-1.egg-info/PKG-INFO"), metadata);
    put(
        &world,
        &format!("{SITE}/f-1.egg-info/installed-files.txt"),
        "../f/x.py\nPKG-INFO\n../../../../../../outside\n",
    );
    put(&world, &format!("{SITE}/f/x.py"), "x");
    let refused = |name: &str| matches!(world.try_remove(&[name]), Err(ApplyError::Removal(_)));
    assert!(refused("d") && refused("e"));
    let applied = world.try_remove(&["f"]).unwrap();
    assert!(matches!(
        &applied.warnings[..],
        [ApplyWarning::PathLeftAlone { .. }]
    ));
    assert!(!world.has(&format!("{SITE}/f")) && !world.has(&format!("{SITE}/f-1.egg-info")));
}

#[test]
fn a_develop_link_goes_and_its_tree_stays() {
    let world = World::new();
    let tree = world.dir.path().join("tree");
    fs::create_dir_all(tree.join("g.egg-info")).unwrap();
    fs::write(
        tree.join("g.egg-info/PKG-INFO"),
        "Metadata-Version: 1.0\nName: g\nVersion: 1\n",
    )
    .unwrap();
    put(
        &world,
        &format!("{SITE}/g.egg-link"),
        &format!("{}\n.", tree.display()),
    );
    put(
        &world,
        &format!("{SITE}/easy-install.pth"),
        &format!("/other\n{}\n", tree.display()),
    );
    assert_eq!(world.listed(), ["g==1"]);
    world.try_remove(&["g"]).unwrap();
    assert_eq!(world.read(&format!("{SITE}/easy-install.pth")), "/other\n");
    assert!(!world.has(&format!("{SITE}/g.egg-link")) && tree.join("g.egg-info").exists());
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn files_that_are_gone_already_do_not_matter() {
    let world = World::new();
    world.install(&[Wheel::new("a", "1").printing_script()]);
    fs::remove_dir_all(world.site().join("a")).unwrap();
    fs::remove_file(world.root().join("bin/a")).unwrap();
    world.remove(&["a"]);
    assert!(world.listed().is_empty());
}

#[test]
fn a_text_that_is_no_record_is_refused() {
    let texts: [&[u8]; 5] = [
        b"\0\xff\"\0\xff\"",
        b"\xff\xfe,,\n",
        b"{\"files\": []}\n",
        b"a/__init__.py,,\n",
        b"\n\n",
    ];
    for text in texts {
        let world = World::new();
        world.install(&[Wheel::new("a", "1"), Wheel::new("b", "1")]);
        let record = world.site().join("a-1.dist-info/RECORD");
        fs::write(&record, text).unwrap();
        let before = world.snapshot();
        match world.try_remove(&["a"]) {
            Err(ApplyError::Removal(RemovalError::BadRecord { path, .. })) => {
                assert_eq!(path, record);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.snapshot(), before);
        // Installing again replaces it.
        let rules = PlanRules {
            reinstall: Reinstall::All,
            ..PlanRules::default()
        };
        let (plan, archives) = world.plan(&[Wheel::new("a", "1")], &rules);
        let options = ApplyOptions::default();
        world.apply(&plan, &archives, &options).unwrap();
        world.check();
    }
}

#[test]
fn directories_that_came_with_it_go_with_it() {
    let world = World::new();
    let before = directories(&world);
    let wheel = Wheel::new("a", "1")
        .file("a-1.data/headers/a.h", "int a;")
        .file("a-1.data/data/share/a/deep/file", "x")
        .file("a-1.data/data/include/own/b.h", "int b;")
        .console_script("a", "a:main");
    world.install(&[wheel]);
    assert!(world.has("include/site/python3.12/a/a.h"));
    world.remove(&["a"]);
    assert_eq!(directories(&world), before);
}

#[test]
fn a_directory_with_something_of_others_stays() {
    let world = World::new();
    world.install(&[Wheel::new("a", "1").file("a-1.data/headers/a.h", "int a;")]);
    let mine = world.root().join("include/site/mine.h");
    fs::write(&mine, "int mine;").unwrap();
    world.try_remove(&["a"]).unwrap();
    assert!(mine.exists() && !world.has("include/site/python3.12"));
}

/// All directories of an environment.
fn directories(world: &World) -> Vec<PathBuf> {
    let mut found = vec![world.root().to_path_buf()];
    let mut at = 0;
    while let Some(dir) = found.get(at).cloned() {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                found.push(entry.path());
            }
        }
        at += 1;
    }
    found.sort();
    found
}
