//! Ctrl-C while a command works: it ends soon, says so in one line, and has changed nothing.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use naja_testkit::{IndexBuilder, Sandbox, Wheel};

use super::{frozen, untrue_record, with_index};

/// So often a command that was too quick is tried again.
const TRIES: usize = 10;

/// A wheel with many files, all different.
fn large(files: usize) -> Wheel {
    (0..files).fold(Wheel::new("large", "1.0"), |wheel, number| {
        let path = format!("large/m{}/f{number}.py", number % 50);
        wheel.file(&path, format!("number = {number}\n"))
    })
}

/// The names below a directory that begin in this way.
fn beginning(dir: &Path, start: &str) -> Vec<String> {
    let names = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(start)).collect()
}

/// Starts the program, and sends a signal as soon as `reached` says so; its exit status and what it
/// said. `None` if it ended before.
fn signalled(
    sandbox: &Sandbox,
    words: &[&str],
    signal: &str,
    reached: &dyn Fn() -> bool,
) -> Option<(i32, String)> {
    let mut command = sandbox.command();
    command
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child: Child = command.spawn().expect("the program starts");
    while !reached() {
        if child.try_wait().expect("it can be waited for").is_some() {
            return None;
        }
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    let sent = sandbox.command_of("kill").args([signal, &id]).status();
    assert!(sent.expect("kill starts").success());
    let start = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    // Far more than it may take, so that a busy machine is no failure.
    assert!(start.elapsed() < Duration::from_secs(20), "{words}");
    Some((output.status.code().unwrap_or(-1), words))
}

/// Tries until a command is met while it works; it must then end with this status.
#[track_caller]
fn ends_with(
    sandbox: &Sandbox,
    words: &[&str],
    (signal, status): (&str, i32),
    reached: &dyn Fn() -> bool,
) {
    for _ in 0..TRIES {
        match signalled(sandbox, words, signal, reached) {
            Some((found, said)) if found != 0 => {
                assert_eq!(found, status, "{said}");
                let said: Vec<&str> = said
                    .lines()
                    .filter(|line| line.contains("interrupted"))
                    .collect();
                assert_eq!(said.len(), 1, "{said:?}");
                return;
            }
            // The commit had begun.
            _ => {
                let _gone = sandbox.run(["pip", "uninstall", "-y", "large"]).success();
            }
        }
    }
    panic!("the command was too quick {TRIES} times");
}

#[test]
fn while_files_are_linked() {
    let index = IndexBuilder::harry().wheel(&large(4000));
    let (sandbox, _index) = with_index(index);
    let _made = sandbox.run(["venv", "-q"]).success();
    let _there = sandbox
        .run(["pip", "install", "-q", "harry", "large"])
        .success();
    let _gone = sandbox.run(["pip", "uninstall", "-y", "large"]).success();
    let before = frozen(&sandbox);
    let work = sandbox.work().join(".venv/.naja");
    let reached = || !beginning(&work, "txn-").is_empty();
    for signal in [("-INT", 130), ("-TERM", 143)] {
        for mode in ["hardlink", "copy"] {
            let words = ["pip", "install", "-q", "--link-mode", mode, "large"];
            ends_with(&sandbox, &words, signal, &reached);
            assert!(beginning(&work, "txn-").is_empty(), "something is left");
            assert_eq!(frozen(&sandbox), before);
            assert_eq!(untrue_record(&sandbox), None);
        }
    }
    let _done = sandbox.run(["pip", "install", "-q", "large"]).success();
    assert_eq!(untrue_record(&sandbox), None);
}

#[test]
fn while_a_wheel_is_unpacked() {
    let index = IndexBuilder::harry().wheel(&large(4000));
    let (sandbox, _index) = with_index(index);
    let _made = sandbox.run(["venv", "-q"]).success();
    let unpacked = || unpacking(&sandbox.cache()) > 0;
    let words = ["pip", "install", "-q", "large"];
    ends_with(&sandbox, &words, ("-INT", 130), &unpacked);
    assert_eq!(frozen(&sandbox), "");
    assert_eq!(
        unpacking(&sandbox.cache()),
        0,
        "something is left in the cache"
    );
}

/// How many trees that are not complete lie in the cache.
fn unpacking(cache: &Path) -> usize {
    let versions = std::fs::read_dir(cache).into_iter().flatten().flatten();
    let temporary = versions.map(|version| version.path().join("tmp"));
    temporary.map(|dir| beginning(&dir, "dir-").len()).sum()
}

#[test]
fn while_modules_are_compiled() {
    // Compiling one of these takes Python some tenths of a second.
    let body: String = (0..6000)
        .map(|n| format!("def f{n}(a, b):\n    return [a + {n}, b]\n"))
        .collect();
    let wheel = (0..60).fold(Wheel::new("large", "1.0"), |wheel, number| {
        wheel.file(
            &format!("large/m{number}.py"),
            format!("n = {number}\n{body}"),
        )
    });
    let (sandbox, _index) = with_index(IndexBuilder::harry().wheel(&wheel));
    let _made = sandbox.run(["venv", "-q"]).success();
    let _kept = sandbox.run(["pip", "install", "-q", "large"]).success();
    let _gone = sandbox.run(["pip", "uninstall", "-y", "large"]).success();
    let compiling = || unpacking(&sandbox.cache()) > 0;
    let words = ["pip", "install", "-q", "--compile-bytecode", "large"];
    ends_with(&sandbox, &words, ("-INT", 130), &compiling);
    assert_eq!(frozen(&sandbox), "");
    assert_eq!(
        unpacking(&sandbox.cache()),
        0,
        "something is left in the cache"
    );
}
