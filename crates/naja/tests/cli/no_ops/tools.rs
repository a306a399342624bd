//! The same for programs of others, which naja prepares and becomes: `naja format` and `naja check`.

use std::fs;

use naja_testkit::{Index, Sandbox};

use super::{ANOTHER_INDEX, Change, MANIFEST, USER_SETTINGS, both, edit, settle, site, with_tools};
use crate::with_index;

const SCRIPT: &str = "# /// script\n# dependencies = [\"hedwig<2\"]\n# ///\nimport hedwig\n";

const COMMANDS: &[&[&str]] = &[
    &["format"],
    &["format", "--check", "--", "-v", "x y"],
    &["format", "--no-project", "--version", "<2"],
    &["check"],
    &["check", "--only-group", "dev", "--", "--color", "never"],
    &["check", "--script", "tools/spell.py", "--fix"],
];

/// A project whose lock has ruff 1.0, synced, with a directory of programs before all others.
fn project() -> (Sandbox, Index) {
    let (mut sandbox, index) = with_index(with_tools());
    let manifest = MANIFEST.replace("hedwig<2", "hedwig<2\", \"ruff<2");
    sandbox.write("pyproject.toml", &manifest);
    sandbox.write("tools/spell.py", SCRIPT);
    sandbox.write("x.py", "import sirius\n");
    let programs = sandbox.home().join("programs");
    fs::create_dir(&programs).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    sandbox.set("PATH", format!("{}:{path}", programs.display()));
    let _synced = sandbox.run(["sync", "-q"]).success();
    (sandbox, index)
}

#[test]
fn the_short_way_starts_what_the_long_way_starts() {
    let (sandbox, index) = project();
    for words in COMMANDS {
        settle(&sandbox, &[words]);
        index.forget();
        let found = both(&sandbox, words);
        assert!(found.holds && !found.did, "{words:?}: {found:?}");
        let mut long = words.to_vec();
        long.insert(1, "-v");
        let long = sandbox.run(&long).success();
        let short = sandbox.run(*words).success();
        // Where it is, what it is told, and what it looks at: it says so itself.
        assert_eq!(long.stdout, short.stdout, "{words:?}");
        assert_eq!(short.stderr, "", "{words:?}");
        assert_eq!(index.requests(), Vec::<String>::new());
    }
    // What is handed on is not taken for naja's own.
    let plain = sandbox.run(["format", "--"]).success();
    let loud = sandbox.run(["format", "--", "-v"]).success();
    assert_ne!(plain.stdout, loud.stdout);
    for _ in 0..2 {
        let again = sandbox.run(["format", "--", "-v"]).success();
        assert_eq!(again.stdout, loud.stdout);
        assert_eq!(sandbox.run(["format", "--"]).success().stdout, plain.stdout);
    }
    // The exit status is the program's own, by the short way, too.
    let words = ["format", "--check"];
    settle(&sandbox, &[&words]);
    sandbox.write("bad.py", "");
    let _different = sandbox.run(words).code(1);
    let _different = sandbox.run(words).code(1);
    fs::remove_file(sandbox.work().join("bad.py")).unwrap();
    assert!(both(&sandbox, &words).holds);
    // What lies there under the name of the program is not taken for it.
    sandbox.write("ruff/__main__.py", "print('croak')\n");
    assert!(!sandbox.run(words).success().stdout.contains("croak"));
    assert!(both(&sandbox, &words).holds);
    // Each directory is one of its own.
    let inside = |dir: &str| {
        let mut command = sandbox.command();
        command.args(["format", "--no-project"]);
        command.current_dir(sandbox.work().join(dir));
        sandbox.finish(&mut command).success().stdout
    };
    for _ in 0..3 {
        assert!(inside(".").contains("in castle") && inside("tools").contains("in tools"));
    }
}

const CHANGES: &[Change] = &[
    Change {
        name: "nothing",
        harmless: true,
        make: |_| {},
    },
    Change {
        name: "another source",
        harmless: true,
        make: |sandbox| {
            sandbox.write("x.py", "import hedwig\n");
            sandbox.write("y.py", "import hedwig\n");
            edit(
                sandbox,
                "tools/spell.py",
                "import hedwig",
                "import hedwig as owl",
            );
        },
    },
    Change {
        name: "another manifest, and other metadata",
        harmless: false,
        make: |sandbox| {
            edit(sandbox, "pyproject.toml", "\"sirius\"", "\"remus\"");
            edit(sandbox, "tools/spell.py", "hedwig<2", "hedwig<9");
        },
    },
    Change {
        name: "another version in the lock",
        harmless: false,
        make: |sandbox| {
            edit(sandbox, "pyproject.toml", "ruff<2", "ruff>1");
            let _locked = sandbox.run(["lock", "-q"]).success();
            let _locked = sandbox
                .run(["lock", "-q", "--script", "tools/spell.py"])
                .success();
        },
    },
    USER_SETTINGS,
    ANOTHER_INDEX,
    Change {
        name: "a Python that comes first",
        harmless: false,
        make: |sandbox| {
            let program = sandbox.home().join("programs/python3");
            fs::write(&program, "#!/bin/sh\nexit 3\n").unwrap();
        },
    },
    Change {
        name: "the cache is cleared",
        harmless: false,
        make: |sandbox| drop(sandbox.run(["cache", "clean"]).success()),
    },
];

#[test]
fn the_short_way_is_never_wrong_about_programs_of_others() {
    for change in CHANGES {
        let (mut sandbox, _index) = project();
        settle(&sandbox, COMMANDS);
        (change.make)(&mut sandbox);
        for words in COMMANDS {
            // What one command makes again is there for the next.
            if change.name.contains("cache") {
                (change.make)(&mut sandbox);
            }
            let found = both(&sandbox, words);
            let context = format!("{}, {words:?}: {found:?}", change.name);
            assert!(!(found.holds && found.did), "{context}");
            assert_eq!(found.holds, change.harmless, "{context}");
        }
    }
}

#[test]
fn what_they_look_at_is_looked_at() {
    let (sandbox, _index) = project();
    settle(&sandbox, COMMANDS);
    // A package that is gone concerns who looks at the environment of the project.
    fs::remove_dir_all(site(&sandbox).join("hedwig-1.0.dist-info")).unwrap();
    for words in COMMANDS {
        let holds = words[0] == "format" || words.contains(&"--script");
        assert_eq!(both(&sandbox, words).holds, holds, "{words:?}");
    }
    // A program of that name further down the search path is not the one that is started.
    settle(&sandbox, &[&["format", "--check"]]);
    let output = sandbox.run(["format", "--check"]).success();
    let program = sandbox.home().join("programs/ruff");
    fs::write(&program, "#!/bin/sh\nexit 9\n").unwrap();
    let again = sandbox.run(["format", "--check"]).success();
    assert_eq!(again.stdout, output.stdout);
    // `latest` asks the index each time, and so does what is fetched again; what is made for one run is made again.
    for words in [
        &["format", "--version", "latest"][..],
        &["format", "--refresh"],
        &["check", "--isolated"],
    ] {
        settle(&sandbox, &[words]);
        assert!(!both(&sandbox, words).holds, "{words:?}");
    }
}
