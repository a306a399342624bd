//! The same for scripts with metadata of their own, `--with`, variables from files, tasks, and answers in JSON.

use std::fs;
use std::path::PathBuf;

use naja_testkit::{Index, IndexBuilder, Sandbox};

use super::{ANOTHER_INDEX, Change, MANIFEST, USER_SETTINGS, both, edit, settle};
use crate::with_index;

const SCRIPT: &str =
    "# /// script\n# dependencies = [\"hedwig<2\"]\n# ///\nimport sys\nprint(sys.prefix)\n";

const COMMANDS: &[&[&str]] = &[
    &["run", "spell.py", "a"],
    &["run", "--script", "spell"],
    &["run", "--with", "remus", "spell.py"],
    &[
        "run",
        "--with-requirements",
        "more.txt",
        "python",
        "-c",
        "0",
    ],
    &["sync", "--script", "spell.py"],
    &["sync", "--script", "spell", "--output-format", "json"],
    &["run", "--no-project", "python", "-c", "0"],
];

/// Scripts outside of any project, each run twice; and a directory of programs before all others.
fn scripts() -> (Sandbox, Index) {
    let (mut sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("spell.py", SCRIPT);
    sandbox.write("spell", &SCRIPT.replace("<2\"", "<2\", \"sirius\""));
    sandbox.write("more.txt", "sirius\n");
    let programs = sandbox.home().join("programs");
    fs::create_dir(&programs).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    sandbox.set("PATH", format!("{}:{path}", programs.display()));
    (sandbox, index)
}

/// The environments that naja made for itself.
fn made(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.cache().join("v1/environments")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_dir()).collect()
}

const CHANGES: &[Change] = &[
    Change {
        name: "nothing",
        harmless: true,
        make: |_| {},
    },
    Change {
        name: "another text around the metadata",
        harmless: true,
        make: |sandbox| {
            for name in ["spell.py", "spell"] {
                edit(sandbox, name, "import sys", "# a comment\nimport sys");
            }
        },
    },
    Change {
        name: "other metadata of the same length",
        harmless: false,
        make: |sandbox| {
            for name in ["spell.py", "spell"] {
                edit(sandbox, name, "hedwig<2", "hedwig<9");
            }
            edit(sandbox, "more.txt", "sirius", "draco ");
            sandbox.set("NAJA_RESOLUTION", "lowest");
        },
    },
    Change {
        name: "a second block",
        harmless: false,
        make: |sandbox| {
            for name in ["spell.py", "spell"] {
                sandbox.write(name, &format!("{SCRIPT}\n{SCRIPT}"));
            }
            sandbox.write("more.txt", "sirius==1\n");
            sandbox.write(".python-version", "2.7\n");
        },
    },
    Change {
        name: "a pin of Python above",
        harmless: false,
        make: |sandbox| drop(sandbox.write("../naja.toml", "python = \"2.7\"\n")),
    },
    Change {
        name: "settings beside the script",
        harmless: false,
        make: |sandbox| drop(sandbox.write("uv.toml", "prerelease = \"allow\"\n")),
    },
    USER_SETTINGS,
    ANOTHER_INDEX,
    Change {
        name: "another search path",
        harmless: false,
        make: |sandbox| {
            let path = std::env::var("PATH").unwrap_or_default();
            sandbox.set("PATH", path);
        },
    },
    Change {
        name: "a Python that comes first",
        harmless: false,
        make: |sandbox| {
            let program = sandbox.home().join("programs/python3");
            fs::write(&program, "#!/bin/sh\nexit 3\n").unwrap();
        },
    },
    Change {
        name: "another program that comes first",
        harmless: true,
        make: |sandbox| fs::write(sandbox.home().join("programs/owl"), "").unwrap(),
    },
];

#[test]
fn scripts_and_overlays_are_known_too() {
    for change in CHANGES {
        let (mut sandbox, _index) = scripts();
        settle(&sandbox, COMMANDS);
        (change.make)(&mut sandbox);
        for words in COMMANDS {
            let found = both(&sandbox, words);
            assert!(
                !(found.holds && found.did),
                "{}, {words:?}: {found:?}",
                change.name
            );
            // A plain run without a project depends on less.
            let expected = match words.contains(&"--no-project")
                && change.name.starts_with("other metadata")
            {
                true => found.holds,
                false => change.harmless,
            };
            assert_eq!(
                found.holds, expected,
                "{}, {words:?}: {found:?}",
                change.name
            );
        }
    }
}

/// A damage, with its name.
type Damage = (&'static str, fn(&Sandbox));

/// What happens to the environments that naja made for itself.
const DAMAGE: &[Damage] = &[
    ("the cache is cleared", |sandbox| {
        let _cleared = sandbox.run(["cache", "clean"]).success();
    }),
    ("one is gone", |sandbox| {
        made(sandbox)
            .iter()
            .for_each(|root| fs::remove_dir_all(root).unwrap());
    }),
    ("one is not finished", |sandbox| {
        made(sandbox)
            .iter()
            .for_each(|root| fs::remove_file(root.join(".naja-ready")).unwrap());
    }),
    ("one has no Python", |sandbox| {
        made(sandbox)
            .iter()
            .for_each(|root| fs::remove_file(root.join("bin/python")).unwrap());
    }),
    ("one leads to nowhere", |sandbox| {
        for root in made(sandbox) {
            let python = root.join("bin/python");
            fs::remove_file(&python).unwrap();
            std::os::unix::fs::symlink("/nowhere/python3", &python).unwrap();
        }
    }),
    ("one has other settings", |sandbox| {
        for root in made(sandbox) {
            fs::write(root.join("pyvenv.cfg"), "home = /nowhere\n").unwrap();
        }
    }),
];

#[test]
fn damage_of_what_lies_in_the_cache_is_seen() {
    // Each of these has an environment of its own: what one makes again is not there for the next.
    let several = [&COMMANDS[..4], &COMMANDS[2..6]];
    let several = DAMAGE
        .iter()
        .flat_map(|damage| several.map(|commands| (damage, commands)));
    for ((name, damage), commands) in several {
        let (sandbox, _index) = scripts();
        settle(&sandbox, commands);
        for words in commands {
            assert!(both(&sandbox, words).holds, "{words:?}");
        }
        damage(&sandbox);
        for words in commands {
            let found = both(&sandbox, words);
            assert!(!found.holds, "{name}, {words:?}: {found:?}");
        }
    }
}

#[test]
fn locks_of_scripts_count() {
    let (sandbox, _index) = scripts();
    let words: &[&str] = &["run", "spell.py"];
    settle(&sandbox, &[words]);
    assert!(both(&sandbox, words).holds);
    let _locked = sandbox.run(["lock", "--script", "spell.py"]).success();
    assert!(!both(&sandbox, words).holds, "a lock came");
    let locking: &[&str] = &["lock", "--script", "spell.py"];
    settle(&sandbox, &[words, locking]);
    for words in [words, locking] {
        let found = both(&sandbox, words);
        assert!(found.holds && !found.did, "{words:?}: {found:?}");
    }
    edit(&sandbox, "spell.py.lock", "hedwig", "hedwix");
    for words in [words, locking] {
        assert!(!both(&sandbox, words).holds, "{words:?}: the lock changed");
    }
    edit(&sandbox, "spell.py.lock", "hedwix", "hedwig");
    settle(&sandbox, &[words]);
    assert!(both(&sandbox, words).holds);
    edit(&sandbox, "spell.py", "hedwig<2", "hedwig>1");
    for words in [words, locking] {
        assert!(
            !both(&sandbox, words).holds,
            "{words:?}: the script changed"
        );
    }
    settle(&sandbox, &[words]);
    fs::remove_file(sandbox.work().join("spell.py.lock")).unwrap();
    assert!(!both(&sandbox, words).holds, "the lock went");
}

#[test]
fn what_is_below_an_overlay_counts() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    let words: &[&str] = &[
        "run",
        "--with",
        "remus",
        "python",
        "-c",
        "import remus, sirius; print(remus.__file__)",
    ];
    settle(&sandbox, &[words]);
    let found = both(&sandbox, words);
    assert!(found.holds && !found.did, "{found:?}");
    let (short, mut long) = (sandbox.run(words).success(), words.to_vec());
    long.insert(1, "-v");
    assert_eq!(short.stdout, sandbox.run(&long).success().stdout);
    let other: &[&str] = &["run", "--with", "draco", "python", "-c", "0"];
    assert!(!both(&sandbox, other).holds);
    edit(
        &sandbox,
        "pyproject.toml",
        "\"sirius\"",
        "\"sirius\", \"harry\"",
    );
    assert!(!both(&sandbox, words).holds);
    settle(&sandbox, &[words]);
    // Programs of the environment below are found behind those of the overlay.
    let program: &[&str] = &["run", "--with", "remus", "hedwig"];
    settle(&sandbox, &[program]);
    assert!(both(&sandbox, program).holds);
    assert_eq!(sandbox.run(program).success().stdout, "1.0\n");
    fs::remove_dir_all(sandbox.work().join(".venv")).unwrap();
    assert!(!both(&sandbox, program).holds);
}

#[test]
fn local_packages_on_top_count() {
    let (sandbox, _index) = scripts();
    naja_testkit::Sdist::new("pollux", "1.0").write_to(&sandbox.work().join("pollux"));
    let words: &[&str] = &[
        "run",
        "--no-project",
        "--with",
        "./pollux",
        "python",
        "-c",
        "import pollux",
    ];
    settle(&sandbox, &[words]);
    let found = both(&sandbox, words);
    assert!(found.holds && !found.did, "{found:?}");
    sandbox.write("pollux/more.py", "x = 1\n");
    assert!(!both(&sandbox, words).holds);
}

#[test]
fn a_link_to_a_script_is_followed() {
    let (sandbox, _index) = scripts();
    sandbox.write("a/one.py", SCRIPT);
    sandbox.write("b/one.py", &SCRIPT.replace("hedwig", "sirius"));
    std::os::unix::fs::symlink("a/one.py", sandbox.work().join("link.py")).unwrap();
    let words: &[&str] = &["run", "link.py"];
    settle(&sandbox, &[words]);
    assert!(both(&sandbox, words).holds);
    fs::remove_file(sandbox.work().join("link.py")).unwrap();
    std::os::unix::fs::symlink("b/one.py", sandbox.work().join("link.py")).unwrap();
    assert!(!both(&sandbox, words).holds);
}

/// Commands of which only the part about the environment is known.
#[test]
fn tasks_and_variables_from_files_know_their_environment() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    let tasks = "\n[tool.naja.tasks]\nbefore = \"echo before\"\n\
        after = { cmd = \"python -c 'import os, sirius; print(os.environ[\\\"OWL\\\"])'\", depends = [\"before\"], env-file = \".env\" }\n\
        made = { cmd = \"python -c 'print(7)'\", inputs = [\"in.txt\"], outputs = [\"pyproject.toml\"] }\n";
    sandbox.write("pyproject.toml", &format!("{MANIFEST}{tasks}"));
    sandbox.write(".env", "OWL=hedwig\n");
    sandbox.write("in.txt", "1");
    let commands: &[&[&str]] = &[
        &["run", "after"],
        &["run", "made"],
        &[
            "run",
            "--env-file",
            ".env",
            "python",
            "-c",
            "import os; print(os.environ['OWL'])",
        ],
    ];
    settle(&sandbox, commands);
    for words in commands {
        let found = both(&sandbox, words);
        assert!(found.holds && !found.did, "{words:?}: {found:?}");
    }
    let said = |sandbox: &Sandbox, words: &[&str]| sandbox.run(words).success().stdout;
    assert_eq!(said(&sandbox, commands[0]), "before\nhedwig\n");
    assert_eq!(said(&sandbox, commands[1]), "", "it is fresh");
    assert_eq!(said(&sandbox, commands[2]), "hedwig\n");
    // Files and inputs are read each time.
    sandbox.write(".env", "OWL=pigwidgeon\n");
    sandbox.write("in.txt", "2");
    assert_eq!(said(&sandbox, commands[0]), "before\npigwidgeon\n");
    assert_eq!(said(&sandbox, commands[1]), "7\n");
    assert_eq!(said(&sandbox, commands[2]), "pigwidgeon\n");
    sandbox.set("OWL", "errol");
    assert_eq!(said(&sandbox, commands[2]), "errol\n");
    let site = super::site(&sandbox);
    fs::remove_dir_all(site.join("sirius-2.0.dist-info")).unwrap();
    for words in &commands[..1] {
        let found = both(&sandbox, words);
        assert!(!found.holds && found.did, "{words:?}: {found:?}");
    }
    edit(&sandbox, "pyproject.toml", "hedwig<2", "hedwig<9");
    for words in commands {
        assert!(!both(&sandbox, words).holds, "{words:?}");
    }
}

#[test]
fn a_task_sees_what_changed_for_its_environment() {
    for (name, change) in [
        (
            "the lock",
            (|sandbox: &mut Sandbox| {
                edit(
                    sandbox,
                    "pylock.toml",
                    "name = \"hedwig\"",
                    "name = \"ron\"",
                );
            }) as fn(&mut Sandbox),
        ),
        ("no environment", |sandbox| {
            fs::remove_dir_all(sandbox.work().join(".venv")).unwrap();
        }),
        ("settings", |sandbox| {
            sandbox.write("naja.toml", "resolution = \"lowest\"\n");
        }),
        ("a variable", |sandbox| {
            sandbox.set("UV_RESOLUTION", "lowest");
        }),
        ("a pin", |sandbox| {
            sandbox.write(".python-version", "2.7\n");
        }),
        ("a killed command", |sandbox| {
            fs::create_dir_all(sandbox.work().join(".venv/.naja/txn-1")).unwrap();
        }),
    ] {
        let (mut sandbox, _index) = with_index(IndexBuilder::harry());
        sandbox.write(
            "pyproject.toml",
            &format!("{MANIFEST}\n[tool.naja.tasks]\nsay = \"python -c 0\"\n"),
        );
        settle(&sandbox, &[&["run", "say"]]);
        assert!(both(&sandbox, &["run", "say"]).holds);
        change(&mut sandbox);
        let found = both(&sandbox, &["run", "say"]);
        assert!(!found.holds, "{name}: {found:?}");
    }
}

#[test]
fn answers_in_json_are_the_same() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    let _synced = sandbox.run(["sync"]).success();
    for words in [
        &["lock", "--output-format", "json"][..],
        &["sync", "--output-format", "json"],
    ] {
        let first = sandbox.run(words).success();
        let second = sandbox.run(words).success();
        assert_eq!(first.stdout, second.stdout);
        assert!(first.stdout.starts_with('{'), "{}", first.stdout);
        let found = both(&sandbox, words);
        assert!(found.holds && !found.did, "{words:?}: {found:?}");
    }
}
