//! Crashes at every step, and at every step of recovery.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::*;

/// Every path below a directory with its contents; directories end with a slash.
fn snapshot(root: &Path) -> BTreeMap<String, String> {
    fn walk(dir: &Path, prefix: &str, out: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                walk(&entry.path(), &format!("{name}/"), out);
                out.insert(format!("{name}/"), String::new());
            } else if kind.is_symlink() {
                let target = fs::read_link(entry.path()).unwrap();
                out.insert(name, format!("-> {}", target.display()));
            } else {
                let bytes = fs::read(entry.path()).unwrap();
                out.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(root, "", &mut out);
    out.retain(|path, _| !path.starts_with(".naja/"));
    out.remove(".naja/");
    out
}

struct World {
    _dir: tempfile::TempDir,
    root: PathBuf,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("env");
        for path in ["site/old/sub", "site/name", "bin", "site/ns/only"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        for (path, text) in [
            ("site/old/__init__.py", "old"),
            ("site/old/sub/a.py", "old a"),
            ("site/name/x.py", "old x"),
            ("site/ns/only/f.py", "f"),
            ("bin/tool", "old tool"),
            ("pyproject.toml", "old project"),
        ] {
            fs::write(root.join(path), text).unwrap();
        }
        fs::create_dir(root.join(".naja")).unwrap();
        Self { _dir: dir, root }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn work(&self) -> PathBuf {
        self.at(".naja")
    }

    /// A transaction with every kind of step.
    fn transaction(&self) -> Transaction {
        let mut txn = Transaction::begin(&self.work()).unwrap();
        let stage = txn.stage_dir().to_path_buf();
        fs::create_dir(stage.join("name")).unwrap();
        fs::write(stage.join("name/x.py"), "new x").unwrap();
        fs::write(stage.join("fresh.py"), "fresh").unwrap();
        fs::write(stage.join("pyproject"), "new project").unwrap();
        fs::write(stage.join("tool"), "new tool").unwrap();
        fs::write(stage.join("lock"), "new lock").unwrap();
        fs::write(stage.join("deep.h"), "header").unwrap();
        txn.remove(&self.at("site/old")).unwrap();
        txn.remove(&self.at("site/name")).unwrap();
        txn.place(&stage.join("name"), &self.at("site/name"))
            .unwrap();
        txn.place(&stage.join("fresh.py"), &self.at("site/fresh.py"))
            .unwrap();
        txn.remove(&self.at("site/ns/only/f.py")).unwrap();
        txn.prune_dir(&self.at("site/ns/only")).unwrap();
        txn.prune_dir(&self.at("site/ns")).unwrap();
        txn.prune_dir(&self.at("bin")).unwrap();
        txn.replace_file(&stage.join("tool"), &self.at("bin/tool"))
            .unwrap();
        txn.replace_file(&stage.join("pyproject"), &self.at("pyproject.toml"))
            .unwrap();
        txn.replace_file(&stage.join("lock"), &self.at("pylock.toml"))
            .unwrap();
        txn.make_dir(&self.at("include")).unwrap();
        txn.make_dir(&self.at("include/pkg")).unwrap();
        txn.place(&stage.join("deep.h"), &self.at("include/pkg/deep.h"))
            .unwrap();
        txn
    }

    fn leftovers(&self) -> usize {
        fs::read_dir(self.work()).unwrap().count()
    }
}

fn crash_at(n: usize) -> impl FnMut(Point) -> Fault {
    let mut count = 0;
    move |_| {
        count += 1;
        if count == n + 1 {
            Fault::Crash
        } else {
            Fault::None
        }
    }
}

fn points_of_commit() -> usize {
    let world = World::new();
    let mut count = 0;
    let receipt = world.transaction().commit_with(&mut |_| {
        count += 1;
        Fault::None
    });
    assert_eq!(
        receipt.unwrap(),
        Receipt {
            steps: 14,
            swept: true
        }
    );
    count
}

fn after() -> BTreeMap<String, String> {
    let world = World::new();
    world.transaction().commit().unwrap();
    snapshot(&world.root)
}

#[test]
fn commit_does_everything() {
    let world = World::new();
    world.transaction().commit().unwrap();
    let found = snapshot(&world.root);
    let expected: BTreeMap<String, String> = [
        ("bin/", ""),
        ("bin/tool", "new tool"),
        ("include/", ""),
        ("include/pkg/", ""),
        ("include/pkg/deep.h", "header"),
        ("pylock.toml", "new lock"),
        ("pyproject.toml", "new project"),
        ("site/", ""),
        ("site/fresh.py", "fresh"),
        ("site/name/", ""),
        ("site/name/x.py", "new x"),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .collect();
    assert_eq!(found, expected);
    assert_eq!(world.leftovers(), 0);
    assert_eq!(recover(&world.work()).unwrap(), Recovered::Nothing);
}

#[test]
fn a_crash_anywhere_is_recovered_to_before_or_after() {
    let after = after();
    let points = points_of_commit();
    assert_eq!(points, 3 + 14 + 2);
    let mut rolled_back = 0;
    for n in 0..points {
        let world = World::new();
        let before = snapshot(&world.root);
        let crashed = world.transaction().commit_with(&mut crash_at(n));
        assert!(matches!(crashed, Err(TxnError::Interrupted)), "point {n}");
        let found = recover(&world.work()).unwrap();
        let state = snapshot(&world.root);
        if n == points - 1 {
            assert_eq!((state, found), (after.clone(), Recovered::Swept));
        } else {
            assert_eq!(state, before, "crash at point {n}");
            rolled_back += usize::from(found == Recovered::RolledBack);
        }
        assert_eq!(world.leftovers(), 0, "point {n}");
        assert_eq!(recover(&world.work()).unwrap(), Recovered::Nothing);
    }
    assert_eq!(rolled_back, 14 + 1);
}

#[test]
fn a_crash_in_recovery_is_recovered_too() {
    let after = after();
    for n in 0..points_of_commit() {
        // Each number of steps that a first, a second and a third recovery get to do.
        for m in 0..18 {
            let world = World::new();
            let before = snapshot(&world.root);
            let _ = world.transaction().commit_with(&mut crash_at(n));
            for crashes in [m, 17 - m, m / 2] {
                let _ = recover_with(&world.work(), &[], &mut crash_at(crashes));
            }
            recover(&world.work()).unwrap();
            let state = snapshot(&world.root);
            assert!(
                state == before || state == after,
                "crash at {n}, then at {m}: {state:?}"
            );
            assert_eq!(world.leftovers(), 0);
        }
    }
}

#[test]
fn a_half_swept_directory_is_harmless() {
    for (crash, gone) in [
        (18, "done"),
        (18, "stage"),
        (18, "trash"),
        (2, "stage"),
        (2, "trash"),
    ] {
        let world = World::new();
        let _ = world.transaction().commit_with(&mut crash_at(crash));
        let state = snapshot(&world.root);
        let own = fs::read_dir(world.work())
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let gone = own.join(gone);
        if gone.is_dir() {
            fs::remove_dir_all(gone)
        } else {
            fs::remove_file(gone)
        }
        .unwrap();
        assert_eq!(recover(&world.work()).unwrap(), Recovered::Swept);
        assert_eq!(snapshot(&world.root), state);
    }
}

#[test]
fn a_failing_step_is_taken_back() {
    for n in 0..points_of_commit() - 1 {
        let world = World::new();
        let before = snapshot(&world.root);
        let mut count = 0;
        let failed = world.transaction().commit_with(&mut |_| {
            count += 1;
            if count == n + 1 {
                Fault::Fail(io::Error::from(io::ErrorKind::StorageFull))
            } else {
                Fault::None
            }
        });
        match failed {
            Err(TxnError::Io { source, .. }) if n < 3 => {
                assert_eq!(source.kind(), io::ErrorKind::StorageFull);
            }
            Err(TxnError::RolledBack { source, .. }) if n >= 3 => {
                assert_eq!(source.kind(), io::ErrorKind::StorageFull);
            }
            other => panic!("point {n}: {other:?}"),
        }
        assert_eq!(snapshot(&world.root), before, "point {n}");
        assert_eq!(world.leftovers(), 0, "point {n}");
    }
}

#[test]
fn what_cannot_be_put_back_now_is_put_back_later() {
    let world = World::new();
    let before = snapshot(&world.root);
    let failed = world.transaction().commit_with(&mut |point| match point {
        Point::Step(9) | Point::Undo(4) => {
            Fault::Fail(io::Error::from(io::ErrorKind::PermissionDenied))
        }
        _ => Fault::None,
    });
    assert!(matches!(failed, Err(TxnError::Stuck { .. })));
    assert_ne!(snapshot(&world.root), before);
    assert_eq!(recover(&world.work()).unwrap(), Recovered::RolledBack);
    assert_eq!(snapshot(&world.root), before);
}

#[test]
fn a_step_the_system_refuses_is_taken_back() {
    let world = World::new();
    let before = snapshot(&world.root);
    let parent = world.at("include");
    // Somebody removes the directory between its creation and its use.
    let failed = world.transaction().commit_with(&mut |point| {
        if point == Point::Step(12) {
            fs::remove_dir(&parent).unwrap();
        }
        Fault::None
    });
    match failed {
        Err(TxnError::RolledBack { path, source }) => {
            assert_eq!(source.kind(), io::ErrorKind::NotFound);
            assert!(path.ends_with("include/pkg"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(snapshot(&world.root), before);
}

#[test]
fn nothing_is_overwritten_by_a_place() {
    let world = World::new();
    let mut txn = Transaction::begin(&world.work()).unwrap();
    let staged = txn.stage_dir().join("f");
    fs::write(&staged, "new").unwrap();
    txn.place(&staged, &world.at("pyproject.toml")).unwrap();
    assert!(matches!(txn.commit(), Err(TxnError::Occupied { .. })));

    // It appears only after everything was checked.
    let mut txn = Transaction::begin(&world.work()).unwrap();
    let staged = txn.stage_dir().join("f");
    fs::write(&staged, "new").unwrap();
    txn.place(&staged, &world.at("late")).unwrap();
    let failed = txn.commit_with(&mut |point| {
        if point == Point::Step(0) {
            fs::write(world.at("late"), "foreign").unwrap();
        }
        Fault::None
    });
    assert!(matches!(failed, Err(TxnError::RolledBack { .. })));
    assert_eq!(fs::read_to_string(world.at("late")).unwrap(), "foreign");
    assert_eq!(world.leftovers(), 0);
}

#[test]
fn impossible_plans_change_nothing() {
    let world = World::new();
    let before = snapshot(&world.root);
    let missing = |plan: &dyn Fn(&mut Transaction)| {
        let mut txn = Transaction::begin(&world.work()).unwrap();
        txn.remove(&world.at("site/old")).unwrap();
        plan(&mut txn);
        assert!(matches!(txn.commit(), Err(TxnError::Missing { .. })));
        assert_eq!(snapshot(&world.root), before);
        assert_eq!(world.leftovers(), 0);
    };
    missing(&|txn| txn.remove(&world.at("site/absent")).unwrap());
    missing(&|txn| txn.remove(&world.at("site/old")).unwrap());
    missing(&|txn| {
        let staged = txn.stage_dir().join("never written");
        txn.place(&staged, &world.at("site/new")).unwrap();
    });
    missing(&|txn| {
        let staged = txn.stage_dir().join("f");
        fs::write(&staged, "").unwrap();
        txn.place(&staged, &world.at("absent/new")).unwrap();
    });
}

#[test]
fn dropping_sweeps_and_an_empty_commit_leaves_nothing() {
    let world = World::new();
    let before = snapshot(&world.root);
    drop(world.transaction());
    assert_eq!(snapshot(&world.root), before);
    assert_eq!(world.leftovers(), 0);
    let txn = Transaction::begin(&world.work()).unwrap();
    assert!(txn.is_empty());
    assert_eq!(txn.commit().unwrap().steps, 0);
    assert_eq!(world.leftovers(), 0);
}

#[test]
fn begin_recovers_first() {
    let world = World::new();
    let before = snapshot(&world.root);
    let _ = world.transaction().commit_with(&mut crash_at(8));
    assert_ne!(snapshot(&world.root), before);
    drop(Transaction::begin(&world.work()).unwrap());
    assert_eq!(snapshot(&world.root), before);
}

#[test]
fn a_damaged_journal_is_set_aside() {
    let world = World::new();
    let _ = world.transaction().commit_with(&mut crash_at(8));
    let state = snapshot(&world.root);
    let own = fs::read_dir(world.work())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::write(own.join("journal"), "").unwrap();
    let Recovered::Damaged { kept } = recover(&world.work()).unwrap() else {
        panic!()
    };
    assert!(kept.join("trash").is_dir());
    assert_eq!(snapshot(&world.root), state);
    assert_eq!(recover(&world.work()).unwrap(), Recovered::Nothing);
}

#[test]
fn paths_outside_are_refused() {
    let world = World::new();
    let other = tempfile::tempdir().unwrap();
    let outside = other.path().join("x");
    fs::write(&outside, "x").unwrap();
    let mut txn = Transaction::begin(&world.work()).unwrap();
    let staged = txn.stage_dir().join("f");
    fs::write(&staged, "f").unwrap();
    let refused = |answer: Result<(), TxnError>| {
        assert!(
            matches!(answer, Err(TxnError::Outside { .. })),
            "{answer:?}"
        );
    };
    refused(txn.place(&staged, &outside));
    refused(txn.remove(&outside));
    refused(txn.replace_file(&staged, &outside));
    refused(txn.make_dir(&outside));
    refused(txn.prune_dir(&outside));
    refused(txn.remove(&world.at("site/../../x")));
    refused(txn.remove(&world.root));
    refused(txn.remove(&world.work()));
    let stage = txn.stage_dir().to_path_buf();
    refused(txn.remove(&stage));
    refused(txn.place(&outside, &world.at("site/x")));
    refused(txn.place(
        &txn.stage_dir().join("../../../pyproject.toml"),
        &world.at("y"),
    ));
    drop(txn);

    let roots: &[&Path] = &[other.path()];
    let mut txn = Transaction::begin_within(&world.work(), roots).unwrap();
    txn.remove(&outside).unwrap();
    let _ = txn.commit_with(&mut crash_at(4));
    assert!(!outside.exists());
    assert!(matches!(
        recover(&world.work()),
        Err(TxnError::Outside { .. })
    ));
    assert_eq!(
        recover_within(&world.work(), roots).unwrap(),
        Recovered::RolledBack
    );
    assert!(outside.exists());
}

#[cfg(unix)]
#[test]
fn links_that_lead_outside_are_refused_and_links_themselves_are_moved() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("x"), "x").unwrap();
    symlink(other.path(), world.at("escape")).unwrap();
    symlink("site", world.at("lib64")).unwrap();
    symlink("nowhere", world.at("dangling")).unwrap();
    let mut txn = Transaction::begin(&world.work()).unwrap();
    assert!(matches!(
        txn.remove(&world.at("escape/x")),
        Err(TxnError::Outside { .. })
    ));
    assert!(matches!(
        txn.remove(&world.at("dangling/x")),
        Err(TxnError::Outside { .. })
    ));
    txn.remove(&world.at("escape")).unwrap();
    txn.remove(&world.at("dangling")).unwrap();
    txn.remove(&world.at("lib64/old")).unwrap();
    txn.commit().unwrap();
    assert!(other.path().join("x").exists());
    let state = snapshot(&world.root);
    assert!(!state.contains_key("escape") && !state.contains_key("dangling"));
    assert!(state.contains_key("lib64") && !state.contains_key("site/old/"));
}

#[cfg(unix)]
#[test]
fn a_working_directory_that_is_a_link_is_refused() {
    let world = World::new();
    let other = tempfile::tempdir().unwrap();
    fs::remove_dir(world.work()).unwrap();
    std::os::unix::fs::symlink(other.path(), world.work()).unwrap();
    assert!(matches!(
        Transaction::begin(&world.work()),
        Err(TxnError::Io { .. })
    ));
}

#[cfg(unix)]
#[test]
fn another_file_system_is_noticed_before_anything_moves() {
    use std::os::unix::fs::MetadataExt as _;
    let world = World::new();
    // A directory that is on another file system on most machines, else there is nothing to test.
    let there = Path::new("/dev/shm");
    let Ok(metadata) = fs::metadata(there) else {
        return;
    };
    if metadata.dev() == fs::metadata(&world.root).unwrap().dev() {
        return;
    }
    let roots: &[&Path] = &[there];
    let mut txn = Transaction::begin_within(&world.work(), roots).unwrap();
    let staged = txn.stage_dir().join("f");
    fs::write(&staged, "f").unwrap();
    let answer = txn.place(&staged, &there.join("naja-test-never-made"));
    assert!(matches!(answer, Err(TxnError::OtherFileSystem { .. })));
}

#[cfg(unix)]
#[test]
fn pruned_directories_come_back_with_their_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let dir = world.at("site/ns/only");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o750)).unwrap();
    let _ = world.transaction().commit_with(&mut crash_at(10));
    assert!(!dir.exists());
    recover(&world.work()).unwrap();
    assert_eq!(
        fs::metadata(&dir).unwrap().permissions().mode() & 0o777,
        0o750
    );
}

#[test]
fn a_layered_file_system_gets_single_files() {
    let world = World::new();
    let mut first = true;
    let receipt = world.transaction().commit_with(&mut |point| match point {
        Point::Step(0) if std::mem::take(&mut first) => {
            Fault::Fail(io::Error::from(io::ErrorKind::CrossesDevices))
        }
        _ => Fault::None,
    });
    assert_eq!(receipt.unwrap().steps, 14 + 3 + 1);
    assert_eq!(snapshot(&world.root), after());
}

#[test]
fn an_empty_directory_of_a_lower_layer_makes_way_too() {
    let world = World::new();
    fs::create_dir(world.at("site/empty")).unwrap();
    let mut txn = Transaction::begin(&world.work()).unwrap();
    let staged = txn.stage_dir().join("filled");
    fs::create_dir(&staged).unwrap();
    fs::write(staged.join("new.py"), "new").unwrap();
    txn.remove(&world.at("site/empty")).unwrap();
    txn.place(&staged, &world.at("site/empty")).unwrap();
    let mut first = true;
    let receipt = txn.commit_with(&mut |point| match point {
        Point::Step(0) if std::mem::take(&mut first) => {
            Fault::Fail(io::Error::from(io::ErrorKind::CrossesDevices))
        }
        _ => Fault::None,
    });
    assert_eq!(receipt.unwrap().steps, 2);
    let filled = fs::read_to_string(world.at("site/empty/new.py"));
    assert_eq!(filled.unwrap(), "new");
}
