//! The history of scripts: edits of their metadata and locks are shown, taken back and done again.

use naja_testkit::{Index, IndexBuilder, Sandbox};
use serde_json::Value;

use crate::{installed, sandbox, with_index};

const SCRIPT: &str = "#!/usr/bin/env python3\n# /// script\n# dependencies = [\n#   \"hedwig\", # the owl\n# ]\n# ///\n\
    print('as it was')\n";

fn scene() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("s.py", SCRIPT);
    (sandbox, index)
}

/// The entries of the history of a script, the newest first: number, words behind `naja`, files.
fn history(sandbox: &Sandbox, script: &str) -> Vec<String> {
    let output = sandbox
        .run(["history", "--script", script, "--json"])
        .success();
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let words = |list: &Value| {
        let list = list.as_array().unwrap().iter();
        let list = list.map(|word| word.as_str().unwrap().to_owned());
        list.collect::<Vec<_>>().join(" ")
    };
    let entries = report["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let command = words(&entry["command"]);
            let command = command.split_once(' ').unwrap().1;
            let undone = match entry["undone"].as_bool() {
                Some(true) => " (undone)",
                _ => "",
            };
            let files = words(&entry["files"]);
            format!("{} {command}: {files}{undone}", entry["id"])
        })
        .collect()
}

/// Script and lock.
fn state(sandbox: &Sandbox) -> (Option<String>, Option<String>) {
    let read = |name| std::fs::read_to_string(sandbox.work().join(name)).ok();
    (read("s.py"), read("s.py.lock"))
}

#[test]
fn script_and_lock_go_back_together_and_forth_again() {
    let (sandbox, _index) = scene();
    let mut states = vec![state(&sandbox)];
    for words in [
        &["add", "harry<2"][..],
        &["lock"],
        &["add", "sirius"],
        &["remove", "hedwig"],
        &["add", "--frozen", "hedwig"],
    ] {
        let mut all = words.to_vec();
        all.extend(["--script", "s.py"]);
        let _done = sandbox.run(&all).success();
        states.push(state(&sandbox));
    }
    assert_eq!(
        history(&sandbox, "s.py"),
        [
            "5 add --frozen hedwig --script s.py: s.py",
            "4 remove hedwig --script s.py: s.py s.py.lock",
            "3 add sirius --script s.py: s.py s.py.lock",
            "2 lock --script s.py: s.py.lock",
            "1 add harry<2 --script s.py: s.py",
        ]
    );
    let told = sandbox
        .run(["undo", "--script", "s.py", "--dry-run"])
        .success();
    assert!(told.stderr.contains("Would undo 5"), "{}", told.stderr);
    assert!(told.stderr.contains("File: s.py"), "{}", told.stderr);
    assert_eq!(state(&sandbox), states[5]);
    for at in (0..5).rev() {
        let told = sandbox.run(["undo", "--script", "s.py"]).success();
        let undone = format!("Undoing {}:", at + 1);
        assert!(told.stderr.contains(&undone), "{}", told.stderr);
        assert_eq!(state(&sandbox), states[at], "{at}");
    }
    let nothing = sandbox.run(["undo", "--script", "s.py"]).code(1);
    assert!(
        nothing.stderr.contains("nothing to undo"),
        "{}",
        nothing.stderr
    );
    let _redone = sandbox.run(["redo", "4", "--script", "s.py"]).success();
    assert_eq!(state(&sandbox), states[4]);
    let _undone = sandbox
        .run(["undo", "--to", "2", "--script", "s.py"])
        .success();
    assert_eq!(state(&sandbox), states[2]);
    // Nothing of this lies beside the script.
    let mut left: Vec<_> = std::fs::read_dir(sandbox.work())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["s.py", "s.py.lock"]);
}

#[test]
fn a_new_script_goes_and_comes_again() {
    let sandbox = sandbox();
    let _made = sandbox.run(["init", "--script", "s.py"]).success();
    let made = state(&sandbox);
    assert!(made.0.is_some());
    let _undone = sandbox.run(["undo", "--script", "s.py"]).success();
    assert_eq!(state(&sandbox), (None, None));
    let _redone = sandbox.run(["redo", "--script", "s.py"]).success();
    assert_eq!(state(&sandbox), made);
    // One that got a block loses nothing else of it.
    sandbox.write("old.py", "print('é')\n");
    let _made = sandbox.run(["init", "--script", "old.py"]).success();
    let _undone = sandbox.run(["undo", "--script", "old.py"]).success();
    assert_eq!(sandbox.read("old.py"), "print('é')\n");
}

#[test]
fn what_somebody_else_wrote_is_not_overwritten() {
    let (sandbox, _index) = scene();
    let _added = sandbox.run(["add", "--script", "s.py", "harry"]).success();
    let edited = sandbox.read("s.py").replace("as it was", "as I want it");
    sandbox.write("s.py", &edited);
    let refused = sandbox.run(["undo", "--script", "s.py"]).code(1);
    assert!(
        refused.stderr.contains("changed since"),
        "{}",
        refused.stderr
    );
    assert_eq!(sandbox.read("s.py"), edited);
    let _forced = sandbox
        .run(["undo", "--script", "s.py", "--force"])
        .success();
    assert_eq!(sandbox.read("s.py"), SCRIPT);
    let _back = sandbox.run(["redo", "--script", "s.py"]).success();
    assert_eq!(sandbox.read("s.py"), edited);
}

#[test]
fn each_script_has_its_own_and_is_the_same_by_every_way() {
    let (sandbox, _index) = scene();
    sandbox.write("tools/t.py", SCRIPT);
    let _added = sandbox.run(["add", "--script", "s.py", "harry"]).success();
    let _added = sandbox
        .run(["add", "--script", "tools/t.py", "sirius"])
        .success();
    let _undone = sandbox.run(["undo", "--script", "s.py"]).success();
    assert_eq!(sandbox.read("s.py"), SCRIPT);
    assert!(sandbox.read("tools/t.py").contains("sirius"));
    assert_eq!(history(&sandbox, "tools/../tools/t.py").len(), 1);
    #[cfg(unix)]
    {
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, sandbox.work().join(at));
        link("tools", "way").unwrap();
        link("tools/t.py", "program").unwrap();
        assert_eq!(history(&sandbox, "way/t.py").len(), 1);
        assert_eq!(history(&sandbox, "program").len(), 1);
        let _undone = sandbox.run(["undo", "--script", "program"]).success();
        assert!(sandbox.work().join("program").is_symlink());
        assert_eq!(sandbox.read("tools/t.py"), SCRIPT);
        let _redone = sandbox.run(["redo", "--script", "way/t.py"]).success();
        assert!(sandbox.read("tools/t.py").contains("sirius"));
    }
}

#[test]
fn who_forgets_to_name_the_script_is_told() {
    let (sandbox, _index) = scene();
    let none = sandbox.run(["undo", "--script", "s.py"]).code(1);
    assert!(
        none.stderr.contains("no change of `s.py`"),
        "{}",
        none.stderr
    );
    let none = sandbox.run(["history", "--script", "s.py"]).success();
    assert!(none.stdout.contains("nothing is known"), "{}", none.stdout);
    let _made = sandbox.run(["venv", "-q"]).success();
    let _there = sandbox.run(["pip", "install", "-q", "harry<2"]).success();
    let _added = sandbox.run(["add", "--script", "s.py", "sirius"]).success();
    let added = sandbox.read("s.py");
    let told = sandbox.run(["undo"]).success();
    assert!(
        told.stderr.contains("`naja undo --script s.py`"),
        "{}",
        told.stderr
    );
    assert_eq!(
        (installed(&sandbox), sandbox.read("s.py")),
        (String::new(), added)
    );
    // What was done last is not the script's any more.
    let _there = sandbox.run(["pip", "install", "-q", "harry<2"]).success();
    let told = sandbox.run(["undo"]).success();
    assert!(!told.stderr.contains("--script"), "{}", told.stderr);
    // Where there is nothing but scripts.
    std::fs::remove_dir_all(sandbox.work().join(".venv")).unwrap();
    let told = sandbox.run(["undo"]).code(2);
    assert!(
        told.stderr.contains("`naja undo --script s.py`"),
        "{}",
        told.stderr
    );
    let told = sandbox.run(["history"]).code(2);
    assert!(
        told.stderr.contains("`naja history --script s.py`"),
        "{}",
        told.stderr
    );
}

#[test]
fn a_lock_that_a_run_makes_anew_is_an_entry() {
    let (sandbox, _index) = scene();
    let _locked = sandbox.run(["lock", "--script", "s.py"]).success();
    let locked = sandbox.read("s.py.lock");
    sandbox.write("s.py", &SCRIPT.replace("\"hedwig\"", "\"harry\""));
    let _ran = sandbox.run(["run", "s.py"]).success();
    assert_ne!(sandbox.read("s.py.lock"), locked);
    assert_eq!(history(&sandbox, "s.py")[0], "2 run s.py: s.py.lock");
    let _undone = sandbox.run(["undo", "--script", "s.py"]).success();
    assert_eq!(sandbox.read("s.py.lock"), locked);
}

/// Scripts may have secrets in them: what is kept of them is nobody else's.
#[cfg(unix)]
#[test]
fn nobody_else_reads_what_is_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let (sandbox, _index) = scene();
    let _added = sandbox.run(["add", "--script", "s.py", "harry"]).success();
    let kept = sandbox.home().join(".local/share/naja/scripts");
    let mut kept: Vec<_> = std::fs::read_dir(kept).unwrap().collect();
    let kept = kept.pop().unwrap().unwrap().path();
    let mode = std::fs::metadata(kept).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

/// Killed at every rename: what was written can be taken back, and nothing is in between.
#[cfg(target_os = "linux")]
#[test]
fn killed_at_any_moment_it_can_be_taken_back() {
    use std::process::Command;
    if Command::new("strace").arg("-V").output().is_err() {
        crate::skipped("no strace");
        return;
    }
    let (sandbox, _index) = scene();
    let _locked = sandbox.run(["lock", "--script", "s.py"]).success();
    let before = state(&sandbox);
    let words = ["add", "-q", "--script", "s.py", "harry"];
    let _warm = sandbox.run(words).success();
    let after = state(&sandbox);
    let _undone = sandbox.run(["undo", "--script", "s.py"]).success();
    let mut seen = Vec::new();
    for at in 1.. {
        let mut command = sandbox.command_of("strace");
        let kill = format!("inject=rename,renameat,renameat2:signal=SIGKILL:when={at}");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &kill]);
        command.arg(env!("CARGO_BIN_EXE_naja")).args(words);
        let status = command.output().unwrap().status;
        let left = state(&sandbox);
        let is_known = history(&sandbox, "s.py")[0].contains(" add ");
        assert!(is_known || left == before, "{at}");
        if is_known {
            let _undone = sandbox.run(["undo", "--script", "s.py"]).success();
        }
        assert_eq!(state(&sandbox), before, "{at}");
        seen.push(left);
        if status.success() {
            break;
        }
        assert!(at < 50, "it never ends");
    }
    assert_eq!(seen.last(), Some(&after));
    // It was killed between the two files, too.
    let between = (after.0.clone(), before.1.clone());
    assert!(seen.contains(&between), "{}", seen.len());
}
