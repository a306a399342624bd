//! Wheels and records that want more than is theirs.

use std::fs;

use naja_env::{ApplyError, ApplyWarning, LayoutError};
use naja_testkit::Wheel;

use crate::support::World;

#[cfg(unix)]
const SITE: &str = "lib/python3.12/site-packages";

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn wheels_may_not_touch_the_environment_itself() {
    let data = |path: &str| Wheel::new("a", "1").file(&format!("a-1.data/{path}"), "evil");
    let cases = [
        data("scripts/activate"),
        data("scripts/python3"),
        data("data/pyvenv.cfg"),
        data("data/bin/python"),
        data("data/.naja/txn-x/journal"),
        data("data/lib64/python3.12/site-packages/x.py"),
        data("data/lib/python3.12/site-packages/b-1.dist-info/RECORD"),
        data("purelib/b-1.dist-info/RECORD"),
        Wheel::new("a", "1").console_script("python", "a:f"),
        Wheel::new("a", "1").console_script("activate", "a:f"),
        Wheel::new("a", "1").console_script("../evil", "a:f"),
        Wheel::new("a", "1").console_script("x/y", "a:f"),
        Wheel::new("a", "1").console_script("tool", "a"),
        Wheel::new("a", "1").console_script("tool", "a:f()"),
    ];
    for (at, wheel) in cases.iter().enumerate() {
        let world = World::new();
        world.install(&[Wheel::new("b", "1")]);
        let before = world.snapshot();
        // The store may refuse it already.
        let answer = std::panic::catch_unwind(|| world.try_install(std::slice::from_ref(wheel)));
        match answer {
            Err(_) | Ok(Err(ApplyError::Layout(_))) => {}
            Ok(other) => panic!("case {at}: {other:?}"),
        }
        assert_eq!(world.snapshot(), before, "case {at}");
    }
}

#[test]
fn a_refusal_says_where() {
    let world = World::new();
    let wheel = Wheel::new("a", "1").file("a-1.data/data/pyvenv.cfg", "home = /evil\n");
    match world.try_install(&[wheel]) {
        Err(ApplyError::Layout(LayoutError::Forbidden { path, .. })) => {
            assert_eq!(path, world.root().join("pyvenv.cfg"));
        }
        other => panic!("{other:?}"),
    }
}

/// Replaces the RECORD of `a` by other lines.
fn with_record(world: &World, lines: &str) {
    let path = world.site().join("a-1.dist-info/RECORD");
    fs::remove_file(&path).unwrap();
    fs::write(path, lines).unwrap();
}

#[test]
fn records_may_not_remove_what_is_not_theirs() {
    let world = World::new();
    world.install(&[Wheel::new("a", "1"), Wheel::new("b", "1")]);
    let outside = world.dir.path().join("outside");
    fs::write(&outside, "precious").unwrap();
    let lines = format!(
        "a/__init__.py,,\n../../../../outside,,\n{},,\n../../../bin/python,,\n../../../pyvenv.cfg,,\n\
         a-1.dist-info/RECORD,,\nb-1.dist-info/RECORD,,\nb/__init__.py,,\n../../..,,\n.,,\n..,,\n/,,\n../../../lib64,,\n",
        outside.display()
    );
    with_record(&world, &lines);
    let applied = world.try_remove(&["a"]).unwrap();
    let left: Vec<_> = applied
        .warnings
        .iter()
        .filter(|warning| matches!(warning, ApplyWarning::PathLeftAlone { .. }))
        .collect();
    assert_eq!(left.len(), 10, "{:?}", applied.warnings);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
    world.check();
    assert_eq!(world.listed(), ["b==1"]);
    assert!(world.has("bin/python") && world.has("pyvenv.cfg"));
}

#[cfg(unix)]
#[test]
fn no_link_is_followed() {
    let world = World::new();
    world.install(&[Wheel::new("a", "1")]);
    let outside = world.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x.py"), "precious").unwrap();
    std::os::unix::fs::symlink(&outside, world.site().join("linked")).unwrap();
    with_record(
        &world,
        "a/__init__.py,,\nlinked/x.py,,\na-1.dist-info/RECORD,,\n",
    );
    let applied = world.try_remove(&["a"]).unwrap();
    assert!(matches!(
        &applied.warnings[..],
        [ApplyWarning::LinkLeftAlone { .. }]
    ));
    assert_eq!(
        fs::read_to_string(outside.join("x.py")).unwrap(),
        "precious"
    );
    assert!(world.has(&format!("{SITE}/linked")));

    let wheel = Wheel::new("c", "1").file("linked/new.py", "new");
    let answer = world.try_install(&[wheel]);
    assert!(
        matches!(answer, Err(ApplyError::Blocked { .. })),
        "{answer:?}"
    );
    assert!(!outside.join("new.py").exists() && !world.has(&format!("{SITE}/c")));
}
