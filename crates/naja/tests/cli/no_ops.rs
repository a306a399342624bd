//! Commands of projects that have nothing to do: the short way says so only where the long way would, whatever changes.
//!
//! With `-v` a command tells what the short way found, and then goes the long way all the same.

mod chance;
mod cost;
#[cfg(unix)]
mod holes;
#[cfg(unix)]
mod scripts;
#[cfg(unix)]
mod tools;

use std::fs;
use std::path::PathBuf;

use naja_testkit::{Index, IndexBuilder, Output, Sandbox};

use crate::formatting::tool;
use crate::with_index;

const MANIFEST: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
                        dependencies = [\"sirius\"]\n\n[dependency-groups]\ndev = [\"hedwig<2\"]\n";

const HOLDS: &str = "the short way: nothing changed";

/// What the short way found, and whether the long way had anything to do.
#[derive(Debug)]
struct Both {
    holds: bool,
    did: bool,
    #[expect(dead_code, reason = "tests that fail show it")]
    output: Output,
}

fn both(sandbox: &Sandbox, words: &[&str]) -> Both {
    let mut words = words.to_vec();
    words.insert(1, "-v");
    let output = sandbox.run(&words);
    // A lock that fits is told like one that was resolved.
    let told = output.stderr.replace(" fits the project\nResolved ", "");
    let says = |word: &str| told.contains(word);
    let acts = [
        "Resolved",
        "Installed",
        "Uninstalled",
        "Creating",
        "Making",
        "Prepared",
        "warning",
        "locking anew",
        "moved",
    ];
    Both {
        holds: says(HOLDS),
        did: output.status != 0 || acts.iter().any(|word| says(word)),
        output,
    }
}

/// Runs commands until the short way knows them: once to do what there is to do, once to find nothing.
fn settle(sandbox: &Sandbox, commands: &[&[&str]]) {
    for words in commands {
        for _ in 0..2 {
            let _done = sandbox.run(*words).success();
        }
    }
}

const COMMANDS: &[&[&str]] = &[
    &["lock"],
    &["lock", "--check"],
    &["sync"],
    &["sync", "--locked"],
    &["sync", "--frozen"],
    &["run", "python", "-c", "pass"],
    &["run", "--frozen", "true"],
    &["run", "tool.py"],
    &["run", "-m", "this"],
];

/// The usual packages, and the programs that naja is a front end of.
fn with_tools() -> IndexBuilder {
    let tools = [
        ("ruff", "1.0"),
        ("ruff", "2.0"),
        ("ty", "1.0"),
        ("ty", "2.0"),
    ];
    let builder = IndexBuilder::harry();
    tools.iter().fold(builder, |builder, (name, version)| {
        builder.wheel(&tool(name, version))
    })
}

/// A project that is synced, with a trace for each of the commands.
fn synced() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    sandbox.write("tool.py", "print('alohomora')\n");
    settle(&sandbox, COMMANDS);
    (sandbox, index)
}

#[test]
fn nothing_to_do_is_known_at_once() {
    let (sandbox, _index) = synced();
    for words in COMMANDS {
        let found = both(&sandbox, words);
        assert!(found.holds && !found.did, "{words:?}: {found:?}");
        // The short way says what the long way said.
        let short = sandbox.run(*words).success();
        let audited = ["sync"].contains(&words[0]);
        assert_eq!(
            short.stderr.starts_with("Audited 3 packages in"),
            audited,
            "{words:?}: {}",
            short.stderr
        );
        let quiet = sandbox.run([words, &["-q"][..]].concat());
        assert!(!quiet.stderr.contains("Audited"), "{}", quiet.stderr);
    }
    assert_eq!(
        sandbox.run(["run", "tool.py"]).success().stdout,
        "alohomora\n"
    );
}

/// One thing that happens between two commands.
struct Change {
    name: &'static str,
    /// Whether the short way may go on saying that nothing has to be done.
    harmless: bool,
    make: fn(&mut Sandbox),
}

fn site(sandbox: &Sandbox) -> PathBuf {
    sandbox.site_packages(".venv")
}

fn edit(sandbox: &Sandbox, path: &str, from: &str, to: &str) {
    let text = sandbox.read(path);
    assert!(text.contains(from), "{path} has no {from}: {text}");
    sandbox.write(path, &text.replacen(from, to, 1));
}

const USER_SETTINGS: Change = Change {
    name: "settings of the user",
    harmless: false,
    make: |sandbox| {
        let dir = sandbox.home().join(".config/uv");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("uv.toml"), "prerelease = \"allow\"\n").unwrap();
    },
};

const ANOTHER_INDEX: Change = Change {
    name: "another index",
    harmless: false,
    make: |sandbox| {
        sandbox.set("NAJA_INDEX", "http://127.0.0.1:9/simple/");
    },
};

const CHANGES: &[Change] = &[
    Change {
        name: "nothing",
        harmless: true,
        make: |_| {},
    },
    Change {
        name: "a manifest that is written again as it was",
        harmless: true,
        make: |sandbox| drop(sandbox.write("pyproject.toml", &sandbox.read("pyproject.toml"))),
    },
    Change {
        name: "a lock that is written again as it was",
        harmless: true,
        make: |sandbox| drop(sandbox.write("pylock.toml", &sandbox.read("pylock.toml"))),
    },
    Change {
        name: "compiled files among the packages",
        harmless: true,
        make: |sandbox| fs::create_dir_all(site(sandbox).join("__pycache__")).unwrap(),
    },
    Change {
        name: "a new dependency",
        harmless: false,
        make: |sandbox| {
            edit(
                sandbox,
                "pyproject.toml",
                "\"sirius\"",
                "\"sirius\", \"remus\"",
            );
        },
    },
    Change {
        name: "a comment in the manifest",
        harmless: false,
        make: |sandbox| {
            edit(
                sandbox,
                "pyproject.toml",
                "[project]",
                "# a comment\n[project]",
            );
        },
    },
    Change {
        name: "another bound of the same length",
        harmless: false,
        make: |sandbox| edit(sandbox, "pyproject.toml", "hedwig<2", "hedwig<9"),
    },
    Change {
        name: "another lock",
        harmless: false,
        make: |sandbox| {
            edit(
                sandbox,
                "pylock.toml",
                "name = \"hedwig\"",
                "name = \"ron\"",
            );
        },
    },
    Change {
        name: "no lock",
        harmless: false,
        make: |sandbox| fs::remove_file(sandbox.work().join("pylock.toml")).unwrap(),
    },
    Change {
        name: "a conflict in the lock",
        harmless: false,
        make: |sandbox| {
            edit(
                sandbox,
                "pylock.toml",
                "lock-version",
                "<<<<<<< ours\nlock-version",
            );
        },
    },
    Change {
        name: "no environment",
        harmless: false,
        make: |sandbox| fs::remove_dir_all(sandbox.work().join(".venv")).unwrap(),
    },
    Change {
        name: "a package that is gone",
        harmless: false,
        make: |sandbox| fs::remove_dir_all(site(sandbox).join("hedwig-1.0.dist-info")).unwrap(),
    },
    Change {
        name: "a package that somebody else brought",
        harmless: false,
        make: |sandbox| {
            let info = site(sandbox).join("dobby-1.0.dist-info");
            fs::create_dir(&info).unwrap();
            fs::write(
                info.join("METADATA"),
                "Metadata-Version: 2.1\nName: dobby\nVersion: 1.0\n",
            )
            .unwrap();
            fs::write(info.join("RECORD"), "dobby-1.0.dist-info/METADATA,,\n").unwrap();
        },
    },
    Change {
        name: "another version by other means",
        harmless: false,
        make: |sandbox| drop(sandbox.run(["pip", "install", "hedwig==2.0"]).success()),
    },
    Change {
        name: "a killed command",
        harmless: false,
        make: |sandbox| fs::create_dir_all(sandbox.work().join(".venv/.naja/txn-1")).unwrap(),
    },
    Change {
        name: "no Python",
        harmless: false,
        make: |sandbox| fs::remove_file(sandbox.work().join(".venv/bin/python")).unwrap(),
    },
    Change {
        name: "other settings of the environment",
        harmless: false,
        make: |sandbox| edit(sandbox, ".venv/pyvenv.cfg", "home = ", "home = /nowhere"),
    },
    Change {
        name: "naja.toml beside the manifest",
        harmless: false,
        make: |sandbox| drop(sandbox.write("naja.toml", "prerelease = \"allow\"\n")),
    },
    Change {
        name: "uv.toml beside the manifest",
        harmless: false,
        make: |sandbox| drop(sandbox.write("uv.toml", "prerelease = \"allow\"\n")),
    },
    Change {
        name: "naja.toml above",
        harmless: false,
        make: |sandbox| drop(sandbox.write("../naja.toml", "resolution = \"lowest\"\n")),
    },
    Change {
        name: "a manifest above",
        harmless: false,
        make: |sandbox| {
            drop(sandbox.write(
                "../pyproject.toml",
                "[tool.naja.workspace]\nmembers = [\"castle\"]\n",
            ));
        },
    },
    Change {
        name: "naja.toml of the user",
        harmless: false,
        make: |sandbox| {
            let dir = sandbox.home().join(".config/naja");
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("naja.toml"), "resolution = \"lowest\"\n").unwrap();
        },
    },
    Change {
        name: "pip.conf of the user",
        harmless: false,
        make: |sandbox| {
            let dir = sandbox.home().join(".config/pip");
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("pip.conf"), "[global]\npre = true\n").unwrap();
        },
    },
    Change {
        name: "pip.conf of the old place",
        harmless: false,
        make: |sandbox| {
            let dir = sandbox.home().join(".pip");
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("pip.conf"), "[global]\nquiet = 1\n").unwrap();
        },
    },
    Change {
        name: "a setting as a variable",
        harmless: false,
        make: |sandbox| {
            sandbox.set("NAJA_RESOLUTION", "lowest");
        },
    },
    Change {
        name: "a setting of uv as a variable",
        harmless: false,
        make: |sandbox| {
            sandbox.set("UV_PRERELEASE", "allow");
        },
    },
    Change {
        name: "another place for the environment",
        harmless: false,
        make: |sandbox| {
            sandbox.set("UV_PROJECT_ENVIRONMENT", "elsewhere");
        },
    },
    Change {
        name: "an active environment",
        harmless: false,
        make: |sandbox| {
            sandbox.set("VIRTUAL_ENV", "/nowhere/venv");
        },
    },
    Change {
        name: "another home",
        harmless: false,
        make: |sandbox| {
            let home = sandbox.work().display().to_string();
            sandbox.set("HOME", home);
        },
    },
    Change {
        name: "a pin of Python",
        harmless: false,
        make: |sandbox| drop(sandbox.write(".python-version", "2.7\n")),
    },
    Change {
        name: "other variables",
        harmless: true,
        make: |sandbox| {
            sandbox.set("WINDOWID", "12").set("LS_COLORS", "x");
        },
    },
];

#[test]
fn the_short_way_is_never_wrong() {
    for change in CHANGES {
        for words in [
            &["lock"][..],
            &["sync"],
            &["run", "python", "-c", "pass"],
            &["run", "tool.py"],
        ] {
            let (mut sandbox, _index) = with_index(IndexBuilder::harry());
            sandbox.write("pyproject.toml", MANIFEST);
            sandbox.write("tool.py", "pass\n");
            settle(&sandbox, &[&["sync"], words]);
            (change.make)(&mut sandbox);
            let found = both(&sandbox, words);
            assert!(
                !(found.holds && found.did),
                "{}, {words:?}: {found:?}",
                change.name
            );
            if change.harmless {
                assert!(found.holds, "{}, {words:?}: {found:?}", change.name);
            }
            // What the environment is like is nothing to `lock`; all the rest is something to everybody.
            let is_about_files = words[0] == "lock" || !found.did;
            assert!(
                change.harmless || !found.holds || is_about_files,
                "{}, {words:?}: {found:?}",
                change.name
            );
        }
    }
}

#[test]
fn an_edited_path_dependency_is_seen() {
    for editable in [true, false] {
        let (sandbox, _index) = with_index(IndexBuilder::harry());
        let backend =
            "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
        let manifest = format!("[project]\nname = \"owl\"\nversion = \"1.0\"\n{backend}");
        sandbox.write("owl/pyproject.toml", &manifest);
        sandbox.write("owl/backend.py", BACKEND);
        sandbox.write("owl/owl.py", "x = 1\n");
        let source =
            format!("[tool.naja.sources]\nowl = {{ path = \"owl\", editable = {editable} }}\n");
        let castle = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
                      dependencies = [\"owl\"]\n";
        sandbox.write("pyproject.toml", &format!("{castle}{source}"));
        settle(&sandbox, &[&["sync"], &["run", "true"]]);
        for words in [&["sync"][..], &["run", "true"]] {
            let found = both(&sandbox, words);
            assert!(found.holds && !found.did, "{editable}: {found:?}");
        }
        // What an editable project consists of is used as it lies there.
        sandbox.write("owl/owl.py", "x = 22\n");
        let found = both(&sandbox, &["sync"]);
        assert_eq!((found.holds, found.did), (editable, !editable), "{found:?}");
        settle(&sandbox, &[&["sync"], &["run", "true"]]);
        let scripts = format!("{manifest}[project.scripts]\nowl = \"owl:x\"\n");
        sandbox.write("owl/pyproject.toml", &scripts);
        for words in [&["run", "true"][..], &["sync"]] {
            let found = both(&sandbox, words);
            assert!(!found.holds, "{editable}: {found:?}");
        }
        settle(&sandbox, &[&["sync"]]);
        fs::remove_dir_all(sandbox.work().join("owl")).unwrap();
        assert!(!both(&sandbox, &["sync"]).holds);
    }
}

/// A backend without dependencies that makes a wheel of the modules beside it.
const BACKEND: &str = r#"
import base64, hashlib, os, zipfile

def _row(path, text):
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(text)}\n"

def _wheel(directory, files):
    name = "owl-1.0-py3-none-any.whl"
    info = "owl-1.0.dist-info/"
    files = dict(files)
    files[info + "METADATA"] = "Metadata-Version: 2.1\nName: owl\nVersion: 1.0\n"
    files[info + "WHEEL"] = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[info + "RECORD"] = "".join(_row(*file) for file in files.items()) + info + "RECORD,,\n"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name

def build_wheel(directory, settings=None, metadata=None):
    return _wheel(directory, {"owl.py": open("owl.py").read()})

def build_editable(directory, settings=None, metadata=None):
    return _wheel(directory, {"owl.pth": os.getcwd() + "\n"})
"#;

#[test]
fn a_new_member_of_the_workspace_is_seen() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let member = |name: &str| {
        format!(
            "[project]\nname = \"{name}\"\nversion = \"1\"\nrequires-python = \">=3.8\"\ndependencies = [\"harry\"]\n"
        )
    };
    sandbox.write(
        "pyproject.toml",
        &format!(
            "{}\n[tool.naja.workspace]\nmembers = [\"towers/*\"]\n",
            member("castle")
        ),
    );
    sandbox.write("towers/owlery/pyproject.toml", &member("owlery"));
    settle(&sandbox, &[&["sync"], &["lock"]]);
    assert!(both(&sandbox, &["lock"]).holds);
    // A directory without a manifest changes the listing, and nothing else.
    fs::create_dir(sandbox.work().join("towers/empty")).unwrap();
    let found = both(&sandbox, &["lock"]);
    assert!(!found.did, "{found:?}");
    settle(&sandbox, &[&["lock"]]);
    sandbox.write("towers/empty/pyproject.toml", &member("north"));
    let found = both(&sandbox, &["lock"]);
    assert!(!found.holds && found.did, "{found:?}");
    settle(&sandbox, &[&["lock"], &["sync"]]);
    edit(&sandbox, "towers/owlery/pyproject.toml", "harry", "sirius");
    for words in [&["sync"][..], &["lock"]] {
        assert!(!both(&sandbox, words).holds);
    }
}

#[test]
fn a_project_that_moved_is_another_one() {
    let (sandbox, _index) = synced();
    let (from, to) = (sandbox.work(), sandbox.home().join("burrow"));
    fs::rename(&from, &to).unwrap();
    fs::create_dir(&from).unwrap();
    let mut command = sandbox.command();
    command.args(["sync", "-v"]).current_dir(&to);
    let output = sandbox.finish(&mut command).success();
    assert!(!output.stderr.contains(HOLDS), "{}", output.stderr);
}

#[test]
fn a_damaged_trace_is_none() {
    let (sandbox, _index) = synced();
    let traces = sandbox.home().join(".local/share/naja/traces");
    let files: Vec<PathBuf> = fs::read_dir(&traces)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.len() >= COMMANDS.len(), "{files:?}");
    for (at, path) in files.iter().enumerate() {
        let mut bytes = fs::read(path).unwrap();
        match at % 3 {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes.clear(),
            _ => *bytes.last_mut().unwrap() ^= 1,
        }
        fs::write(path, bytes).unwrap();
    }
    for words in COMMANDS {
        let found = both(&sandbox, words);
        assert!(!found.holds && !found.did, "{words:?}: {found:?}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_no_trouble() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    let file = sandbox.write("a-file", "");
    sandbox.set("NAJA_DATA_DIR", file.display().to_string());
    settle(&sandbox, &[&["sync"]]);
    assert_eq!(
        sandbox
            .run(["run", "python", "-c", "print(7)"])
            .success()
            .stdout,
        "7\n"
    );
}

#[test]
fn programs_get_what_the_long_way_gives_them() {
    let (sandbox, _index) = synced();
    sandbox.write("show.py", "import os, sys\nkeys = ['VIRTUAL_ENV', 'PATH', 'PYTHONHOME', 'PWD']\nprint([os.environ.get(key) for key in keys], sys.argv, os.getcwd(), sys.executable)\n");
    for words in [
        &["run", "show.py", "a"][..],
        &["run", "python", "show.py", "-v"],
        &["run", "hedwig"],
        &["run", "-m", "show", "x"],
    ] {
        settle(&sandbox, &[words]);
        let mut long = words.to_vec();
        long.insert(1, "-v");
        let (short, long) = (sandbox.run(words).success(), sandbox.run(&long).success());
        assert!(long.stderr.contains(HOLDS), "{words:?}: {}", long.stderr);
        assert_eq!(short.stdout, long.stdout, "{words:?}");
        assert!(!short.stdout.is_empty());
    }
    // A script that came to have requirements of its own gets an environment of its own.
    sandbox.write(
        "show.py",
        "# /// script\n# dependencies = [\"remus\"]\n# ///\nimport sys\nprint(sys.prefix)\n",
    );
    let output = sandbox.run(["run", "show.py", "a"]).success();
    assert!(!output.stdout.contains(".venv"), "{}", output.stdout);
    // A program that is gone, or found elsewhere, is looked for each time.
    fs::remove_file(sandbox.work().join(".venv/bin/hedwig")).unwrap();
    assert_ne!(sandbox.run(["run", "hedwig"]).status, 0);
}
