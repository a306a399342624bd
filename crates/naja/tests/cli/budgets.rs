//! What the cheap answers may cost, in counts: system calls, threads, requests.

use naja_testkit::Sandbox;

use crate::{straced, with_venv};

/// System calls and threads of one command, or nothing where `strace` is not
/// installed.
fn traced(sandbox: &Sandbox, words: &[&str]) -> Option<(usize, usize)> {
    let text = straced(sandbox, &["-f"], words)?;
    let calls = text
        .lines()
        .filter(|line| line.contains('(') && !line.contains("resumed>"))
        .count();
    let threads = text
        .lines()
        .filter(|line| line.contains(" clone(") || line.contains(" clone3("))
        .count();
    Some((calls, threads))
}

#[test]
fn cheap_answers_are_cheap() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "sirius", "remus[moon]", "hedwig"])
        .success();
    sandbox.write(
        "pins.txt",
        "sirius==2.0\nharry==3.0\nremus==1.0\nhedwig==2.0\n",
    );
    for (words, calls) in [
        (&["--version"][..], 120),
        (&["pip", "list"], 260),
        (&["pip", "freeze"], 300),
        (&["pip", "install", "sirius", "remus"], 320),
        (&["pip", "sync", "pins.txt"], 320),
        (&["run", "true"], 320),
    ] {
        let Some((found, threads)) = traced(&sandbox, words) else {
            // The sentence shows up where a test run shows its output.
            println!("skipped: there is no strace");
            return;
        };
        assert!(
            found <= calls,
            "{words:?}: {found} system calls, {calls} are allowed"
        );
        assert_eq!(threads, 0, "{words:?}");
    }
}

#[test]
fn a_warm_resolution_needs_no_thread() {
    let (sandbox, _index) = with_venv();
    sandbox.write("requirements.in", "sirius\nremus[moon]\nhedwig\n");
    let _first = sandbox.run(["pip", "compile", "requirements.in"]).success();
    if let Some((calls, threads)) = traced(&sandbox, &["pip", "compile", "requirements.in"]) {
        assert!(calls <= 400, "{calls} system calls");
        assert_eq!(threads, 0);
    }
}

#[test]
fn the_answer_to_a_prompt_is_cheap() {
    let (sandbox, _index) = with_venv();
    for allow in [false, true] {
        if allow {
            let _allowed = sandbox.run(["allow", "-q"]).success();
        }
        for shell in ["bash", "fish", "nu"] {
            let words = ["hook-env", shell, "", ""];
            let Some((calls, threads)) = traced(&sandbox, &words) else {
                println!("skipped: there is no strace");
                return;
            };
            // Some eighty of them start any program.
            assert!(calls <= 160, "{shell}: {calls} system calls");
            assert_eq!(threads, 0, "{shell}");
        }
    }
}

const MANIFEST: &str = "[project]\nname = \"castle\"\nversion = \"1.0\"\nrequires-python = \">=3.9\"\n\
                        dependencies = [\n    \"hedwig\",\n    \"remus\",\n]\n";

/// How often a command opened files of a name.
fn opened(text: &str, name: &str) -> usize {
    let quoted = format!("{name}\"");
    let opens = text.lines().filter(|line| line.contains("open"));
    opens.filter(|line| line.contains(&quoted)).count()
}

#[test]
fn changes_of_a_project_open_what_they_need() {
    let (sandbox, _index) = crate::with_index(naja_testkit::IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    let _synced = sandbox.run(["sync"]).success();
    let _again = sandbox.run(["add", "sirius"]).success();
    let _gone = sandbox.run(["remove", "sirius"]).success();
    // For what is there, whether that is still so after waiting, what an edit is made for, and whether that is still there.
    for (words, locks, records) in [
        (&["add", "sirius", "--no-sync"][..], 4, 0),
        (&["remove", "sirius", "--no-sync"], 3, 0),
    ] {
        let Some(text) = straced(&sandbox, &["-f", "-e", "trace=openat,open"], words) else {
            println!("skipped: there is no strace");
            return;
        };
        let found = (opened(&text, "pylock.toml"), opened(&text, "RECORD"));
        assert!(
            found.0 <= locks,
            "{words:?}: the lock was opened {} times",
            found.0
        );
        assert!(
            found.1 <= records,
            "{words:?}: {} RECORDs were opened",
            found.1
        );
    }
}

#[test]
fn an_entry_of_the_history_holds_a_file_once() {
    let (sandbox, _index) = crate::with_index(naja_testkit::IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    let _synced = sandbox.run(["sync"]).success();
    let _added = sandbox.run(["add", "sirius"]).success();
    let (manifest, lock) = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    let entry = sandbox.read(".venv/.naja/history/000002.json");
    let mark = "lock-version";
    assert_eq!(entry.matches(mark).count(), 1, "{entry}");
    assert!(lock.contains(mark));
    // The way back and forth is the same as with both.
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), MANIFEST);
    let _done = sandbox.run(["redo"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), manifest);
    assert_eq!(sandbox.read("pylock.toml"), lock);
    // What others wrote since is not overwritten.
    sandbox.write("pylock.toml", &format!("{lock}\n"));
    let refused = sandbox.run(["undo"]).code(1);
    assert!(
        refused.stderr.contains("were changed since"),
        "{}",
        refused.stderr
    );
    let _forced = sandbox.run(["undo", "--force"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), MANIFEST);
}
