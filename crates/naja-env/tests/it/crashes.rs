//! Killed at every step, and the next command finds the old or the new state.

use naja_env::{ApplyError, ApplyOptions, PlanRules, apply_with};
use naja_store::txn::{Fault, Point, TxnError};
use naja_testkit::Wheel;

use crate::support::World;

fn old() -> Vec<Wheel> {
    vec![
        Wheel::new("a", "1").file("ns/a.py", "a").printing_script(),
        Wheel::new("b", "1").file("ns/b.py", "b"),
        Wheel::new("c", "1").file("cv/x.py", "c"),
    ]
}

fn new() -> Vec<Wheel> {
    vec![
        Wheel::new("a", "2")
            .file("ns/a2.py", "a2")
            .printing_script(),
        Wheel::new("d", "1")
            .file("ns/d.py", "d")
            .file("cv/x.py", "d"),
    ]
}

/// Interrupts the upgrade when `stop` says so; returns false when it never did.
fn interrupted_at(number: usize) -> bool {
    let world = World::new();
    world.install(&old());
    let before = world.snapshot();
    let (plan, archives) = world.plan(&new(), &PlanRules::default());
    let mut seen = 0;
    let mut hook = |_: Point| {
        seen += 1;
        if seen == number {
            Fault::Crash
        } else {
            Fault::None
        }
    };
    let options = ApplyOptions::default();
    let lock = world.env.lock(&mut || ()).unwrap();
    let answer = apply_with(&world.env, (&lock, &mut hook), &plan, &archives, &options);
    let finished = match answer {
        Ok(_) => true,
        Err(ApplyError::Transaction(TxnError::Interrupted)) => false,
        Err(other) => panic!("{other}"),
    };
    world.env.recover(&lock).unwrap();
    drop(lock);
    let after = world.snapshot();
    let cv = "lib/python3.12/site-packages/cv/x.py";
    world.check_but(&[cv]);
    if after == before {
        assert_eq!(world.listed(), ["a==1", "b==1", "c==1"]);
        // And the next attempt succeeds.
        let (plan, archives) = world.plan(&new(), &PlanRules::default());
        world.apply(&plan, &archives, &options).unwrap();
        world.check_but(&[cv]);
    }
    assert_eq!(world.listed(), ["a==2", "b==1", "c==1", "d==1"]);
    world.remove(&["d"]);
    assert_eq!(world.read(cv), "c");
    !finished
}

#[test]
fn killed_at_every_step() {
    let mut number = 1;
    while interrupted_at(number) {
        number += 1;
    }
    assert!(number > 8, "only {number} points");
}

#[test]
fn a_failing_step_changes_nothing() {
    for number in 1..40 {
        let world = World::new();
        world.install(&old());
        let before = world.snapshot();
        let (plan, archives) = world.plan(&new(), &PlanRules::default());
        let mut steps = 0;
        let mut hook = |point: Point| {
            if !matches!(point, Point::Step(_) | Point::Journal | Point::Backup) {
                return Fault::None;
            }
            steps += 1;
            let full = std::io::ErrorKind::StorageFull;
            if steps == number {
                Fault::Fail(full.into())
            } else {
                Fault::None
            }
        };
        let lock = world.env.lock(&mut || ()).unwrap();
        let options = ApplyOptions::default();
        let answer = apply_with(&world.env, (&lock, &mut hook), &plan, &archives, &options);
        drop(lock);
        if answer.is_ok() {
            return assert!(number > 4);
        }
        assert_eq!(world.snapshot(), before, "step {number}");
        world.check();
    }
}
