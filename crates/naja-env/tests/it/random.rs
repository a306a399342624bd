//! Whatever is installed, upgraded and removed in whatever order, every RECORD stays true.

use std::collections::BTreeMap;

use naja_testkit::Wheel;
use proptest::prelude::*;

use crate::support::World;

/// Distribution `p<number>` in one of a few shapes; some share directories, none share files.
fn wheel(number: u8, release: u8) -> Wheel {
    let project = format!("p{number}");
    let mut wheel = Wheel::new(&project, &release.to_string());
    for file in 0..=(release % 3) {
        wheel = wheel
            .file(
                &format!("{project}/sub{}/m{file}.py", release % 2),
                format!("{release}"),
            )
            .file(
                &format!("ns/deep/{project}_{file}.py"),
                format!("{release}"),
            );
    }
    if number.is_multiple_of(2) {
        wheel = wheel.printing_script();
    }
    if number.is_multiple_of(3) {
        wheel = wheel
            .file(
                &format!("{project}-{release}.data/data/share/{project}.txt"),
                "doc",
            )
            .file(
                &format!("{project}-{release}.data/scripts/{project}-tool"),
                "#!python\n",
            );
    }
    wheel
}

#[derive(Debug, Clone)]
enum Step {
    Install(Vec<(u8, u8)>),
    Remove(Vec<u8>),
    Sync(Vec<(u8, u8)>),
}

fn step() -> impl Strategy<Value = Step> {
    let pins = || prop::collection::vec((0_u8..7, 1_u8..4), 1..4);
    prop_oneof![
        3 => pins().prop_map(Step::Install),
        2 => prop::collection::vec(0_u8..7, 1..4).prop_map(Step::Remove),
        1 => pins().prop_map(Step::Sync),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_record_stays_true(steps in prop::collection::vec(step(), 8..12)) {
        let world = World::new();
        let before = world.snapshot();
        let mut model: BTreeMap<u8, u8> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Install(pins) => {
                    let pins: BTreeMap<u8, u8> = pins.into_iter().collect();
                    let wheels: Vec<_> = pins.iter().map(|(n, r)| wheel(*n, *r)).collect();
                    world.install(&wheels);
                    model.extend(pins);
                }
                Step::Remove(numbers) => {
                    let names: Vec<_> = numbers.iter().map(|n| format!("p{n}")).collect();
                    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
                    names.sort_unstable();
                    names.dedup();
                    world.remove(&names);
                    numbers.iter().for_each(|n| { model.remove(n); });
                }
                Step::Sync(pins) => {
                    model = pins.into_iter().collect();
                    let wheels: Vec<_> = model.iter().map(|(n, r)| wheel(*n, *r)).collect();
                    world.sync(&wheels);
                    world.check();
                }
            }
            let expected: Vec<_> = model.iter().map(|(n, r)| format!("p{n}=={r}")).collect();
            prop_assert_eq!(world.listed(), expected);
        }
        world.sync(&[]);
        prop_assert_eq!(world.snapshot(), before);
    }
}
