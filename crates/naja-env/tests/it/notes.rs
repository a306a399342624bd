//! A change with everything beside it — a note, kept files, files that come back, files of the
//! project — happens as one: killed at any step, all of it or none of it is there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_env::{
    ApplyError, ApplyOptions, Beside, DistOrigin, FileEdit, InstalledDist, Ledger, Note, Noted,
    PlanRules, Returning, apply_with,
};
use naja_store::txn::{Fault, Point, TxnError};
use naja_testkit::Wheel;

use crate::support::World;

/// Knows nothing, so that everything is kept.
struct Forgetful;

impl Ledger for Forgetful {
    fn origin(&self, _dist: &InstalledDist) -> Option<DistOrigin> {
        None
    }

    fn note(&self, noted: &Noted<'_>) -> io::Result<Note> {
        Ok(Note {
            name: "000001".to_owned(),
            text: format!("{} kept", noted.kept.files).into_bytes(),
            state: b"state".to_vec(),
        })
    }
}

/// Every file of the project and the environment, notes included, but for the transaction's own.
fn everything(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let project = world.root().parent().unwrap();
    let mut files = BTreeMap::new();
    collect(world.root(), &mut files);
    for name in ["manifest.toml", "new.lock", "old.lock"] {
        let path = project.join(name);
        if path.exists() {
            files.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    files
}

fn collect(dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if name == ".lock" || name.to_string_lossy().starts_with("txn-") {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.clone(), fs::read(path).unwrap_or_default());
        }
    }
}

fn edit(path: PathBuf, before: Option<&str>, after: Option<&str>) -> FileEdit {
    let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
    FileEdit {
        path,
        before: bytes(before),
        after: bytes(after),
    }
}

/// Interrupts such a change; returns false when it came to its end.
fn interrupted_at(number: usize) -> bool {
    let world = World::new();
    let project = world.root().parent().unwrap().to_path_buf();
    world.install(&[
        Wheel::new("a", "1").file("ns/a.py", "a"),
        Wheel::new("b", "1"),
    ]);
    fs::write(world.site().join("stray.py"), "stray").unwrap();
    fs::write(project.join("manifest.toml"), "old").unwrap();
    fs::write(project.join("old.lock"), "gone").unwrap();
    let kept = project.join("kept.py");
    fs::write(&kept, "edited").unwrap();
    let before = everything(&world);
    let new = Wheel::new("a", "2").file("ns/a.py", "a2");
    let (plan, archives) = world.plan(&[new], &PlanRules::default());
    let returning = [Returning {
        from: kept,
        to: world.site().join("ns/a.py"),
        ownerless: true,
    }];
    let removing = [world.site().join("stray.py")];
    let edits = [
        edit(project.join("manifest.toml"), Some("old"), Some("new")),
        edit(project.join("new.lock"), None, Some("lock")),
        edit(project.join("old.lock"), Some("gone"), None),
    ];
    let options = ApplyOptions {
        beside: Beside {
            ledger: Some(&Forgetful),
            returning: &returning,
            removing: &removing,
            edits: &edits,
            ..Beside::default()
        },
        ..ApplyOptions::default()
    };
    let mut seen = 0;
    let mut hook = |_: Point| {
        seen += 1;
        if seen == number {
            Fault::Crash
        } else {
            Fault::None
        }
    };
    let lock = world.env.lock(&mut || ()).unwrap();
    let answer = apply_with(&world.env, (&lock, &mut hook), &plan, &archives, &options);
    let finished = match answer {
        Ok(_) => true,
        Err(ApplyError::Transaction(TxnError::Interrupted)) => false,
        Err(other) => panic!("{other}"),
    };
    world.env.recover(&lock).unwrap();
    drop(lock);
    let after = everything(&world);
    if after == before {
        assert!(!finished);
        return true;
    }
    assert_eq!(world.listed(), ["a==2", "b==1"], "point {number}");
    assert_eq!(world.read("lib/python3.12/site-packages/ns/a.py"), "edited");
    assert!(!world.has("lib/python3.12/site-packages/stray.py"));
    let read = |name: &str| fs::read_to_string(project.join(name)).ok();
    assert_eq!(read("manifest.toml").as_deref(), Some("new"));
    assert_eq!(read("new.lock").as_deref(), Some("lock"));
    assert_eq!(read("old.lock"), None);
    let kept = ".naja/history/000001/a-1.dist-info/lib/python3.12/site-packages/ns/a.py";
    assert_eq!(world.read(kept), "a");
    assert_eq!(
        world.read(".naja/history/000001/_/lib/python3.12/site-packages/stray.py"),
        "stray"
    );
    assert_eq!(world.read(".naja/history/state.json"), "state");
    assert!(world.read(".naja/history/000001.json").ends_with(" kept"));
    !finished
}

#[test]
fn killed_at_every_step() {
    let mut number = 1;
    while interrupted_at(number) {
        number += 1;
    }
    assert!(number > 12, "only {number} points");
}

#[test]
fn a_file_that_somebody_changed_is_not_overwritten() {
    let world = World::new();
    let project = world.root().parent().unwrap().to_path_buf();
    fs::write(project.join("manifest.toml"), "somebody's").unwrap();
    let before = everything(&world);
    let (plan, archives) = world.plan(&[Wheel::new("a", "1")], &PlanRules::default());
    let edits = [edit(
        project.join("manifest.toml"),
        Some("old"),
        Some("new"),
    )];
    let options = ApplyOptions {
        beside: Beside {
            edits: &edits,
            ..Beside::default()
        },
        ..ApplyOptions::default()
    };
    let refused = world.apply(&plan, &archives, &options).unwrap_err();
    assert!(
        matches!(refused, ApplyError::FileChanged { .. }),
        "{refused}"
    );
    assert_eq!(everything(&world), before);
}

#[test]
fn what_comes_back_stays_inside() {
    for to in ["bin/python", "pyvenv.cfg", "../outside.py", ".naja/x"] {
        let world = World::new();
        let (plan, archives) = world.plan(&[Wheel::new("a", "1")], &PlanRules::default());
        let before = everything(&world);
        let from = world.root().parent().unwrap().join("kept");
        fs::write(&from, "hostile").unwrap();
        let returning = [Returning {
            from,
            to: world.root().join(to),
            ownerless: true,
        }];
        let options = ApplyOptions {
            beside: Beside {
                returning: &returning,
                ..Beside::default()
            },
            ..ApplyOptions::default()
        };
        let refused = world.apply(&plan, &archives, &options).unwrap_err();
        assert!(
            matches!(refused, ApplyError::Blocked { .. }),
            "{to}: {refused}"
        );
        assert_eq!(everything(&world), before, "{to}");
    }
}
