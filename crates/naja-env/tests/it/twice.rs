//! One wheel with two files for one place.

use naja_env::{ApplyError, LayoutError};
use naja_testkit::Wheel;

use crate::support::World;

/// Tries to install a wheel, which must be refused for two members; returns them.
#[track_caller]
fn refused(wheel: Wheel) -> [String; 2] {
    let world = World::new();
    world.install(&[Wheel::new("there", "1")]);
    let before = world.snapshot();
    let answer = world.try_install(std::slice::from_ref(&wheel));
    assert_eq!(world.snapshot(), before);
    assert!(!world.has(".naja"));
    let Err(ApplyError::Layout(error @ LayoutError::Twice { .. })) = answer else {
        panic!("{answer:?}");
    };
    assert!(error.to_string().contains(&wheel.file_name()), "{error}");
    let LayoutError::Twice { first, second, .. } = error else {
        unreachable!();
    };
    let mut both = [first, second];
    both.sort();
    both
}

#[test]
fn in_the_root_and_in_data() {
    let wheel = Wheel::new("a", "1")
        .file("b.py", "one")
        .file("a-1.data/purelib/b.py", "two");
    assert_eq!(refused(wheel), ["`a-1.data/purelib/b.py`", "`b.py`"]);
    // The same contents twice is no better: one of the two rows of RECORD would be wrong later.
    let wheel = Wheel::new("a", "1")
        .file("b/c.py", "one")
        .file("a-1.data/platlib/B/c.py", "one");
    assert_eq!(refused(wheel), ["`a-1.data/platlib/B/c.py`", "`b/c.py`"]);
}

#[test]
fn in_two_directories_of_data() {
    let wheel = Wheel::new("a", "1")
        .file("a-1.data/data/bin/tool", "#!/bin/sh\n")
        .file("a-1.data/scripts/Tool", "#!/bin/sh\n");
    let members = ["`a-1.data/data/bin/tool`", "`a-1.data/scripts/Tool`"];
    assert_eq!(refused(wheel), members);
}

#[test]
fn a_file_and_a_directory() {
    let wheel = Wheel::new("a", "1")
        .file("b/c.py", "one")
        .file("a-1.data/purelib/b", "two");
    let both = ["`a-1.data/purelib/b`", "the directory `b`"];
    assert_eq!(refused(wheel), both);
    let wheel = Wheel::new("a", "1")
        .file("b", "one")
        .file("a-1.data/purelib/b/c.py", "two");
    let both = ["`b`", "the directory `a-1.data/purelib/b`"];
    assert_eq!(refused(wheel), both);
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn a_file_and_what_is_written() {
    let wheel = Wheel::new("a", "1")
        .file("a-1.data/data/bin/tool", "#!/bin/sh\n")
        .console_script("tool", "a:main");
    assert_eq!(refused(wheel)[1], "what is written for it");
    for name in ["RECORD", "INSTALLER"] {
        let wheel =
            Wheel::new("a", "1").file(&format!("a-1.data/purelib/a-1.dist-info/{name}"), "x");
        assert_eq!(refused(wheel)[1], "what is written for it");
    }
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn a_shared_directory_and_a_replaced_script_are_fine() {
    let world = World::new();
    let wheel = Wheel::new("a", "1")
        .file("b/c.py", "one")
        .file("a-1.data/purelib/b/d.py", "two")
        .file("a-1.data/scripts/tool", "#!python\n")
        .console_script("tool", "a:main")
        .console_script("Tool", "a:main");
    world.install(&[wheel]);
    assert!(world.has("bin/tool"));
}
