//! Two commands change one project: the second waits for the first, and works on what that left.
#![cfg(unix)]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Stdio};

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel};

use crate::{installed, with_index};

const MANIFEST: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
    dependencies = []\n";

fn scene() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(packages());
    sandbox.write("pyproject.toml", MANIFEST);
    let _made = sandbox.run(["sync", "-q"]).success();
    (sandbox, index)
}

fn packages() -> IndexBuilder {
    let builder = IndexBuilder::harry();
    builder
        .wheel(&Wheel::new("luna", "1.0"))
        .wheel(&Wheel::new("molly", "1.0"))
}

/// Holds a project as a command does that changes it.
fn hold(sandbox: &Sandbox) -> File {
    let held = File::open(sandbox.work()).unwrap();
    held.lock().unwrap();
    held
}

/// A command that waits, and the line in which it says so.
fn waiting(
    sandbox: &Sandbox,
    words: &[&str],
) -> (Child, BufReader<std::process::ChildStderr>, String) {
    let mut command = sandbox.command();
    command
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Waiting") {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "{words:?} did not wait"
        );
    }
    (child, lines, line)
}

#[test]
fn the_second_works_on_what_the_first_left() {
    let (sandbox, _index) = scene();
    for (words, check) in [
        (&["add", "molly"][..], "harry molly"),
        (&["sync"], "harry"),
        (&["remove", "harry"], ""),
        (&["run", "python", "-c", "0"], "harry"),
    ] {
        sandbox.write("pyproject.toml", MANIFEST);
        let removes = words[0] == "remove";
        if removes {
            let _added = sandbox.run(["add", "-q", "harry"]).success();
        } else {
            let _synced = sandbox.run(["sync", "-q"]).success();
        }
        let held = hold(&sandbox);
        if words[0] == "run" {
            // It looks first, and waits because there is something to do.
            sandbox.write("pyproject.toml", &MANIFEST.replace("[]", "[\"hedwig\"]"));
        }
        let (child, _lines, line) = waiting(&sandbox, words);
        let project = format!("the project `{}`", sandbox.work().display());
        assert!(line.contains(&project), "{line}");
        // What whoever holds it does in the meantime.
        if !removes {
            sandbox.write("pyproject.toml", &MANIFEST.replace("[]", "[\"harry\"]"));
        }
        drop(held);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{words:?}");
        let names = installed(&sandbox);
        let names = names.split(' ').map(|one| one.split("==").next().unwrap());
        assert_eq!(names.collect::<Vec<_>>().join(" "), check, "{words:?}");
        let _fits = sandbox.run(["lock", "--check"]).success();
    }
}

#[test]
fn a_run_sees_what_came_while_it_waited() {
    let (sandbox, _index) = scene();
    sandbox.write("pyproject.toml", &MANIFEST.replace("[]", "[\"harry\"]"));
    let _locked = sandbox.run(["lock", "-q"]).success();
    for (meanwhile, installs, then) in [
        ("harry", false, "harry==3.0"),
        ("molly", true, "harry==3.0 molly==1.0"),
    ] {
        let _emptied = sandbox
            .run(["pip", "uninstall", "-q", "harry", "molly"])
            .success();
        let held = hold(&sandbox);
        let (mut child, mut lines, _line) = waiting(&sandbox, &["run", "python", "-c", "0"]);
        let _changed = sandbox.run(["pip", "install", "-q", meanwhile]).success();
        drop(held);
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        assert!(child.wait().unwrap().success(), "{rest}");
        assert_eq!(rest.contains("Installed"), installs, "{rest}");
        assert_eq!(installed(&sandbox), then);
    }
}

#[test]
fn who_only_looks_does_not_wait() {
    let (sandbox, _index) = scene();
    let _held = hold(&sandbox);
    for words in [
        &["lock", "--check"][..],
        &["lock", "--dry-run"],
        &["sync", "--dry-run"],
        &["sync", "--check"],
        &["add", "--dry-run", "harry"],
        &["tree"],
        &["version"],
        &["run", "python", "-c", "0"],
    ] {
        let output = sandbox.run(words).success();
        assert!(
            !output.stderr.contains("Waiting"),
            "{words:?}: {}",
            output.stderr
        );
    }
}

#[test]
fn upgrades_and_imports_wait_as_well() {
    let (sandbox, _index) = scene();
    sandbox.write("pyproject.toml", &MANIFEST.replace("[]", "[\"harry<2\"]"));
    let _synced = sandbox.run(["sync", "-q"]).success();
    let held = hold(&sandbox);
    let (child, _lines, line) = waiting(&sandbox, &["upgrade"]);
    assert!(line.contains("the project"), "{line}");
    // What comes in the meantime is upgraded, too.
    let dependencies = "[\"harry<2\", \"hedwig==1.0\"]";
    sandbox.write("pyproject.toml", &MANIFEST.replace("[]", dependencies));
    drop(held);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(installed(&sandbox), "harry==3.0 hedwig==2.0");
    let held = hold(&sandbox);
    let poetry =
        "[tool.poetry]\nname = \"castle\"\nversion = \"0.1.0\"\n\n[tool.poetry.dependencies]\n";
    sandbox.write("pyproject.toml", &format!("{poetry}harry = \"*\"\n"));
    for words in [&["upgrade", "--dry-run"][..], &["import", "--dry-run"]] {
        let output = sandbox.run(words);
        assert!(!output.stderr.contains("Waiting"), "{words:?}");
    }
    let (child, _lines, _line) = waiting(&sandbox, &["import"]);
    sandbox.write("pyproject.toml", &format!("{poetry}sirius = \"*\"\n"));
    drop(held);
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(sandbox.read("pyproject.toml").contains("\"sirius\""));
    // Where there is no project yet, the directory that gets one is held.
    std::fs::remove_file(sandbox.work().join("pyproject.toml")).unwrap();
    sandbox.write("requirements.txt", "harry\n");
    let held = hold(&sandbox);
    let (child, _lines, _line) = waiting(&sandbox, &["import", "requirements.txt"]);
    sandbox.write("requirements.txt", "sirius\n");
    drop(held);
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(sandbox.read("pyproject.toml").contains("sirius"));
}

#[test]
fn what_an_upgrade_tries_does_not_wait_for_the_upgrade() {
    let (sandbox, _index) = scene();
    sandbox.write("pyproject.toml", &MANIFEST.replace("[]", "[\"harry<2\"]"));
    let _synced = sandbox.run(["sync", "-q"]).success();
    // It holds the project while it tries, and a command that it tries comes to an end all the same.
    let probe = "import fcntl, os, subprocess, sys\n\
        here = os.open('.', os.O_RDONLY)\n\
        try:\n    fcntl.flock(here, fcntl.LOCK_EX | fcntl.LOCK_NB)\n\
        except OSError:\n    open('held', 'w').close()\n\
        os.close(here)\n\
        sys.exit(subprocess.call([sys.argv[1], 'sync', '-q'], timeout=60))\n";
    sandbox.write("probe.py", probe);
    let test = format!("python probe.py {}", env!("CARGO_BIN_EXE_naja"));
    let _upgraded = sandbox.run(["upgrade", "--test", &test]).success();
    assert!(sandbox.work().join("held").exists());
    assert_eq!(installed(&sandbox), "harry==3.0");
}

#[test]
fn commands_about_scripts_wait_for_each_other() {
    let (sandbox, _index) = scene();
    sandbox.write("s.py", "# /// script\n# dependencies = []\n# ///\n");
    let mut told = Vec::new();
    for words in [
        &["add", "--script", "s.py", "harry"][..],
        &["lock", "--script", "s.py"],
        &["undo", "--script", "s.py"],
    ] {
        let held = hold(&sandbox);
        let (child, _lines, line) = waiting(&sandbox, words);
        drop(held);
        assert!(child.wait_with_output().unwrap().status.success());
        told.push(line.contains("the scripts in"));
    }
    assert_eq!(told, [true; 3]);
    assert!(!sandbox.work().join("s.py.lock").exists());
    assert!(sandbox.read("s.py").contains("harry"));
}

#[test]
fn nobody_waits_for_who_was_killed() {
    let (sandbox, _index) = scene();
    let held = hold(&sandbox);
    let (mut first, _lines, _line) = waiting(&sandbox, &["add", "harry"]);
    let (second, _lines, _line) = waiting(&sandbox, &["add", "molly"]);
    first.kill().unwrap();
    first.wait().unwrap();
    drop(held);
    assert!(second.wait_with_output().unwrap().status.success());
    assert_eq!(installed(&sandbox), "molly==1.0");
    assert_eq!(std::fs::read_dir(sandbox.work()).unwrap().count(), 3);
}

#[test]
fn waiting_ends_with_a_signal() {
    let (sandbox, _index) = scene();
    let _held = hold(&sandbox);
    let (child, _lines, _line) = waiting(&sandbox, &["add", "harry"]);
    let id = child.id().to_string();
    let sent = sandbox.command_of("kill").args(["-INT", &id]).status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(sandbox.read("pyproject.toml"), MANIFEST);
}

#[test]
fn many_at_once_all_count() {
    let (sandbox, _index) = scene();
    let names = ["harry", "molly", "hedwig", "luna", "remus"];
    let start = |name: &&str| {
        let mut command = sandbox.command();
        command
            .args(["add", name])
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<Child> = names.iter().map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    let text = sandbox.read("pyproject.toml");
    for name in names {
        assert!(text.contains(&format!("\"{name}")), "{text}");
        assert!(installed(&sandbox).contains(name));
    }
    let _fits = sandbox.run(["lock", "--check"]).success();
    let _there = sandbox.run(["sync", "--check"]).success();
}

#[test]
fn an_environment_is_removed_as_it_was_left() {
    let (sandbox, _index) = scene();
    let root = sandbox.work().join(".venv");
    let lock = |root: &Path| {
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(false);
        let held = options.open(root.join(".lock")).unwrap();
        held.lock().unwrap();
        held
    };
    let held = lock(&root);
    let (child, _lines, line) = waiting(&sandbox, &["env", "remove", ".venv", "--yes"]);
    assert!(line.contains(".venv"), "{line}");
    // What the holder installs in the meantime is what undo brings back.
    let package = sandbox.site_packages(".venv").join("late.py");
    std::fs::write(&package, "x = 1\n").unwrap();
    std::fs::write(root.join("late.txt"), "x").unwrap();
    drop(held);
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(!root.exists());
    let _back = sandbox.run(["undo"]).success();
    assert!(root.join("late.txt").exists());
    // Two at once: one of them does it, the other one says that it is gone.
    let held = lock(&root);
    let (first, _lines, _line) = waiting(&sandbox, &["env", "remove", ".venv", "--yes"]);
    let (second, _lines, _line) = waiting(&sandbox, &["env", "remove", ".venv", "--yes"]);
    drop(held);
    let mut statuses = [first, second].map(|child| child.wait_with_output().unwrap().status.code());
    statuses.sort_unstable();
    assert_eq!(statuses, [Some(0), Some(2)]);
    assert!(!root.exists());
}
