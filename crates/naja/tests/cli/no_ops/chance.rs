//! The same for `naja pip`, and for whatever happens.

use std::fs;

use naja_testkit::IndexBuilder;

use super::{Change, MANIFEST, both, settle, site};
use crate::{with_index, with_venv};

const COMMANDS: &[&[&str]] = &[
    &["pip", "install", "sirius", "remus[moon]"],
    &["pip", "install", "-r", "wanted.txt", "-c", "bounds.txt"],
    &["pip", "sync", "pins.txt"],
];

#[test]
fn pip_commands_with_nothing_to_do_are_known_too() {
    let changes: &[Change] = &[
        Change {
            name: "nothing",
            harmless: true,
            make: |_| {},
        },
        Change {
            name: "a requirement more",
            harmless: false,
            make: |sandbox| {
                for file in ["wanted.txt", "pins.txt"] {
                    sandbox.write(file, "harry==3.0\nsirius==2.0\nremus==1.0\nhedwig==2.0\n");
                }
                drop(sandbox.run(["pip", "uninstall", "sirius"]).success());
            },
        },
        Change {
            name: "other bounds",
            harmless: false,
            make: |sandbox| {
                sandbox.write("bounds.txt", "harry<3\n");
                drop(sandbox.run(["pip", "install", "remus", "hedwig", "harry<3"]));
            },
        },
        Change {
            name: "a package that is gone",
            harmless: false,
            make: |sandbox| fs::remove_dir_all(site(sandbox).join("sirius-2.0.dist-info")).unwrap(),
        },
        Change {
            name: "constraints as a variable",
            harmless: false,
            make: |sandbox| {
                let file = sandbox.write("none.txt", "sirius<2\n");
                sandbox.set("PIP_CONSTRAINT", file.display().to_string());
            },
        },
        Change {
            name: "settings of the project",
            harmless: false,
            make: |sandbox| {
                drop(sandbox.write("naja.toml", "constraint-dependencies = [\"sirius<2\"]\n"));
            },
        },
        Change {
            name: "a nearer environment",
            harmless: false,
            make: |sandbox| fs::remove_file(sandbox.work().join(".venv/pyvenv.cfg")).unwrap(),
        },
        Change {
            name: "an active environment",
            harmless: false,
            make: |sandbox| {
                sandbox.set("VIRTUAL_ENV", "/nowhere/venv");
            },
        },
    ];
    for change in changes {
        for words in COMMANDS {
            let (mut sandbox, _index) = with_venv();
            sandbox.write("wanted.txt", "sirius\nremus[moon]\n");
            sandbox.write("bounds.txt", "harry>=3\n");
            sandbox.write("pins.txt", "harry==3.0\nsirius==2.0\nremus==1.0\n");
            settle(&sandbox, &[words]);
            assert!(both(&sandbox, words).holds, "{words:?}");
            (change.make)(&mut sandbox);
            let found = both(&sandbox, words);
            assert!(
                !(found.holds && found.did),
                "{}, {words:?}: {found:?}",
                change.name
            );
            assert_eq!(
                found.holds, change.harmless,
                "{}, {words:?}: {found:?}",
                change.name
            );
        }
    }
}

/// Numbers that look like chance, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

#[test]
fn whatever_happens_the_short_way_is_never_wrong() {
    let manifests = [
        MANIFEST.to_owned(),
        MANIFEST.replace("hedwig<2", "hedwig"),
        MANIFEST.replace("\"sirius\"", "\"sirius\", \"remus\""),
        format!("{MANIFEST}\n[tool.naja]\nprerelease = \"allow\"\n"),
    ];
    for seed in [1, 2] {
        let mut dice = Dice(seed);
        let (sandbox, _index) = with_index(IndexBuilder::harry());
        sandbox.write("pyproject.toml", MANIFEST);
        settle(&sandbox, &[&["sync"]]);
        let (mut known, mut unknown) = (0, 0);
        for step in 0..40 {
            match dice.below(9) {
                0 => drop(sandbox.write("pyproject.toml", &manifests[dice.below(manifests.len())])),
                1 => drop(sandbox.write(
                    "naja.toml",
                    ["", "resolution = \"highest\"\n"][dice.below(2)],
                )),
                2 => drop(fs::remove_file(sandbox.work().join("naja.toml"))),
                3 => drop(sandbox.write(".python-version", ["3\n", ">=3.8\n"][dice.below(2)])),
                4 => drop(fs::remove_file(sandbox.work().join("pylock.toml"))),
                5 => drop(sandbox.run([
                    "pip",
                    "install",
                    ["hedwig==2.0", "draco", "harry"][dice.below(3)],
                ])),
                6 => drop(sandbox.run([
                    "pip",
                    "uninstall",
                    ["hedwig", "sirius", "draco"][dice.below(3)],
                ])),
                7 => drop(sandbox.write(
                    "pylock.toml",
                    &fs::read_to_string(sandbox.work().join("pylock.toml")).unwrap_or_default(),
                )),
                _ => {}
            }
            let words: &[&str] = [&["sync"][..], &["lock"], &["run", "true"]][dice.below(3)];
            let found = both(&sandbox, words);
            assert!(
                !(found.holds && found.did),
                "{seed}, {step}, {words:?}: {found:?}"
            );
            *if found.holds {
                &mut known
            } else {
                &mut unknown
            } += 1;
            // Details leave no trace.
            let _again = sandbox.run(words);
        }
        assert!(known > 3 && unknown > 3, "{known} {unknown}");
    }
}
