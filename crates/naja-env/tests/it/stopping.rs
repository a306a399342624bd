//! A change that is interrupted before its commit has not happened.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use naja_env::{ApplyError, ApplyOptions, Archives, EnvPlan, LinkMode, PlanRules, Stop};
use naja_testkit::Wheel;

use crate::support::{World, name};

/// A wheel with many files in its package.
fn large(version: &str, files: usize) -> Wheel {
    (0..files).fold(Wheel::new("large", version), |wheel, number| {
        let path = format!("large/m{}/f{number}.py", number % 7);
        wheel.file(&path, format!("number = {number}  # {version}\n"))
    })
}

fn small(project: &str) -> Wheel {
    Wheel::new(project, "1").console_script(project, &format!("{project}:main"))
}

/// Applies a plan that is told to stop after more and more questions, until it succeeds; returns
/// how many questions that takes.
#[track_caller]
fn stop_at_each_question(
    world: &World,
    plan: &EnvPlan,
    archives: &Archives,
    mode: LinkMode,
) -> usize {
    let before = world.snapshot();
    for allowed in 0..10_000 {
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::SeqCst) >= allowed;
        let options = ApplyOptions {
            link_mode: mode,
            threads: NonZeroUsize::new(2).unwrap(),
            stop: Stop::when(&stop),
            ..ApplyOptions::default()
        };
        match world.apply(plan, archives, &options) {
            Ok(_) => return allowed,
            Err(ApplyError::Interrupted) => {}
            Err(error) => panic!("after {allowed} questions: {error:?}"),
        }
        assert_eq!(world.snapshot(), before, "after {allowed} questions");
        assert!(
            !world.has(".naja"),
            "something is left after {allowed} questions"
        );
    }
    panic!("it never succeeds");
}

#[test]
fn an_installation_stops_at_any_question_and_leaves_nothing() {
    for (mode, files) in [(LinkMode::Hardlink, 420), (LinkMode::Copy, 140)] {
        let world = World::new();
        world.install(&[small("there")]);
        let wheels = [large("1", files), small("a"), small("b")];
        let (plan, archives) = world.plan(&wheels, &PlanRules::default());
        let questions = stop_at_each_question(&world, &plan, &archives, mode);
        // Each distribution twice, every hundred files of the large one, and the commit.
        assert!(questions > 3 + 3 + files / 100 + 3, "{questions}");
        world.check();
    }
}

#[test]
fn an_upgrade_stops_at_any_question_and_leaves_the_old() {
    let world = World::new();
    world.install(&[large("1", 300), small("a")]);
    let (plan, archives) = world.plan(&[large("2", 200)], &PlanRules::default());
    stop_at_each_question(&world, &plan, &archives, LinkMode::Hardlink);
    world.check();
    assert_eq!(world.listed(), ["a==1", "large==2"]);
}

#[test]
fn a_removal_stops_at_any_question_and_removes_nothing() {
    let world = World::new();
    world.install(&[large("1", 300), small("a"), small("b")]);
    let state = world.state();
    let dists = ["large", "a"]
        .iter()
        .flat_map(|text| state.get(&name(text)).to_vec());
    let plan = EnvPlan::removal(state.fingerprint(), dists.collect());
    let questions = stop_at_each_question(&world, &plan, &Archives::default(), LinkMode::Hardlink);
    assert!(questions >= 5, "{questions}");
    world.check();
    assert_eq!(world.listed(), ["b==1"]);
}

#[test]
fn a_commit_that_has_begun_is_finished() {
    let world = World::new();
    let (plan, archives) = world.plan(&[small("a")], &PlanRules::default());
    let begun = std::sync::atomic::AtomicBool::new(false);
    let stop = || begun.load(Ordering::SeqCst);
    let options = ApplyOptions {
        stop: Stop::when(&stop),
        ..ApplyOptions::default()
    };
    let lock = world.env.lock(&mut || ()).unwrap();
    let mut hook = |point: naja_store::txn::Point| {
        if matches!(point, naja_store::txn::Point::Step(_)) {
            begun.store(true, Ordering::SeqCst);
        }
        naja_store::txn::Fault::None
    };
    naja_env::apply_with(&world.env, (&lock, &mut hook), &plan, &archives, &options).unwrap();
    drop(lock);
    assert!(begun.load(Ordering::SeqCst));
    world.check();
    assert_eq!(world.listed(), ["a==1"]);
}
