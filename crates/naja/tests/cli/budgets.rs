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
