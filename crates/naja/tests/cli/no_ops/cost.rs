//! What the short way costs, and that it looks at everything the long way looks at.

use std::fs;
use std::path::{Path, PathBuf};

use naja_testkit::{IndexBuilder, Sandbox, Wheel};

use super::{MANIFEST, settle, with_tools};
use crate::{straced, with_index};

const SPELL: &str = "# /// script\n# dependencies = [\"hedwig<2\"]\n# ///\nprint(7)\n";

/// The paths a command looked at, in order, without repetition; nothing where there is no `strace`.
fn looked_at(sandbox: &Sandbox, words: &[&str]) -> Option<Vec<PathBuf>> {
    let text = straced(sandbox, &["-f", "-s", "4096", "-e", "trace=%file"], words)?;
    let mut paths = Vec::new();
    // What is run is not naja's affair.
    for line in text
        .lines()
        .skip(1)
        .take_while(|line| !line.contains("execve("))
    {
        let Some(path) = line.split('"').nth(1) else {
            continue;
        };
        let path = PathBuf::from(path);
        if path.is_absolute() && !paths.contains(&path) {
            paths.push(path);
        }
    }
    Some(paths)
}

/// Whether a look at a path cannot change what is to be done, or is covered by a look at another.
fn is_beside_the_point(sandbox: &Sandbox, path: &Path, traced: &[PathBuf]) -> bool {
    let system = [
        "/proc",
        "/sys",
        "/dev",
        "/lib",
        "/lib64",
        "/usr/lib",
        "/etc/ld.so.cache",
        "/etc/ld.so.preload",
    ];
    let data = sandbox.home().join(".local/share/naja");
    system.iter().any(|place| path.starts_with(place))
        || path.starts_with(sandbox.cache())
        || path.starts_with(&data)
        // Directories on the way to what is compared.
        || traced.iter().any(|known| known.starts_with(path))
        // Whether a Python is itself an environment, or its distributor's, is told by the Python.
        || ["pyvenv.cfg", "EXTERNALLY-MANAGED"].iter().any(|name| path.ends_with(name)) && !path.starts_with(sandbox.work())
        || path.starts_with("/etc/ssl")
        // Packages are compared by their directory.
        || path.parent().is_some_and(|site| site.ends_with("site-packages"))
        || path.parent().and_then(Path::parent).is_some_and(|site| site.ends_with("site-packages"))
        // Programs are looked for each time.
        || path.parent().is_some_and(|dir| dir.ends_with("bin")) && !path.starts_with(sandbox.work().join(".venv"))
}

#[test]
fn every_file_that_is_looked_at_is_in_the_trace() {
    for words in [
        &["lock"][..],
        &["lock", "--check"],
        &["sync"],
        &["sync", "--frozen"],
        &["run", "python", "-c", "0"],
        &["run", "tool.py"],
        &["run", "spell.py"],
        &["run", "--with", "remus", "python", "-c", "0"],
        &["sync", "--script", "spell.py"],
        &["format"],
        &["check"],
        &["check", "--script", "spell.py"],
    ] {
        let (sandbox, _index) = with_index(with_tools());
        sandbox.write("pyproject.toml", MANIFEST);
        sandbox.write("tool.py", "pass\n");
        sandbox.write("spell.py", SPELL);
        let _synced = sandbox.run(["sync"]).success();
        if words.len() > 1 || ["format", "check"].contains(&words[0]) {
            // What is in the cache is made first.
            let _made = sandbox.run(words).success();
        }
        let Some(paths) = looked_at(&sandbox, words) else {
            println!("skipped: there is no strace");
            return;
        };
        let traces = sandbox.home().join(".local/share/naja/traces");
        let trace = fs::read_dir(traces)
            .unwrap()
            .next()
            .expect("a trace")
            .unwrap()
            .path();
        let text = fs::read_to_string(trace).unwrap();
        let (_, json) = text.split_once('\n').unwrap();
        let kept: serde_json::Value = serde_json::from_str(json).unwrap();
        let rows = kept["seen"].as_array().unwrap();
        let traced: Vec<PathBuf> = rows
            .iter()
            .map(|row| PathBuf::from(row[0].as_str().unwrap()))
            .collect();
        // A listing of the Pythons in a directory has all of them.
        let listed: Vec<&PathBuf> = rows
            .iter()
            .zip(&traced)
            .filter(|(row, _)| row[1] == "Pythons")
            .map(|(_, path)| path)
            .collect();
        let is_listed = |path: &Path| {
            let mut dirs = listed.iter();
            dirs.any(|dir| path.starts_with(dir))
        };
        let forgotten: Vec<&PathBuf> = paths
            .iter()
            .filter(|path| !traced.contains(path) && !is_beside_the_point(&sandbox, path, &traced))
            .filter(|path| !is_listed(path))
            // What is run is looked at each time.
            .filter(|path| !(path.ends_with("tool.py") || path.ends_with("castle/python")))
            // So are the files of a project, for the scripts that `check` leaves out.
            .filter(|path| !(words == ["check"] && path.ends_with("spell.py")))
            .collect();
        assert!(forgotten.is_empty(), "{words:?}: {forgotten:?}");
    }
}

/// The system calls of one command that is known to have nothing to do: all, threads, sockets.
fn cost(sandbox: &Sandbox, words: &[&str]) -> Option<(usize, usize, usize)> {
    let text = straced(sandbox, &["-f"], words)?;
    // What follows a second start is the program's own cost.
    let mut starts = 0;
    let own = text.lines().take_while(|line| {
        starts += usize::from(line.contains("execve("));
        starts < 2
    });
    let own: Vec<&str> = own
        .filter(|line| line.contains('(') && !line.contains("resumed>"))
        .collect();
    let count = |words: &[&str]| {
        own.iter()
            .filter(|line| words.iter().any(|word| line.contains(word)))
            .count()
    };
    Some((
        own.len(),
        count(&[" clone(", " clone3("]),
        count(&[" socket("]),
    ))
}

#[test]
fn what_is_known_is_cheap_for_any_number_of_packages() {
    let mut costs = Vec::new();
    for size in [2, 25] {
        let names: Vec<String> = (0..size).map(|number| format!("owl{number}")).collect();
        let index = names.iter().fold(IndexBuilder::default(), |index, name| {
            index.wheel(&Wheel::new(name, "1.0"))
        });
        let (sandbox, _index) = with_index(index);
        let listed: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let manifest = MANIFEST.replace("\"sirius\"", &listed.join(", "));
        sandbox.write("pyproject.toml", &manifest.replace("\"hedwig<2\"", ""));
        let commands: [&[&str]; 3] = [&["sync"], &["lock"], &["run", "true"]];
        for words in commands {
            settle(&sandbox, &[words]);
            // Stamps that were too fresh to be believed are so no more.
            settle(&sandbox, &[words]);
            let Some((calls, threads, sockets)) = cost(&sandbox, words) else {
                println!("skipped: there is no strace");
                return;
            };
            // The program is looked for along the search path as well.
            let most = if words[0] == "run" { 170 } else { 150 };
            assert!(calls <= most, "{words:?}: {calls} system calls");
            assert_eq!((threads, sockets), (0, 0), "{words:?}");
            costs.push((words[0], calls));
        }
    }
    let (few, many) = costs.split_at(3);
    assert_eq!(few, many, "the cost depends on the number of packages");
}

#[test]
fn what_is_known_of_scripts_and_overlays_is_cheap() {
    let (sandbox, _index) = with_index(with_tools());
    sandbox.write("spell.py", SPELL);
    let commands: [&[&str]; 6] = [
        &["run", "spell.py"],
        &["sync", "--script", "spell.py"],
        &["check", "--script", "spell.py"],
        &["check", "--no-project"],
        &["format"],
        &[
            "run",
            "--no-project",
            "--with",
            "remus",
            "python",
            "-c",
            "0",
        ],
    ];
    for words in commands {
        settle(&sandbox, &[words]);
        settle(&sandbox, &[words]);
        let Some((calls, threads, sockets)) = cost(&sandbox, words) else {
            println!("skipped: there is no strace");
            return;
        };
        // Along the search path each directory is looked at, for a Python and for the program.
        let most =
            200 + 6 * std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).count();
        assert!(calls <= most, "{words:?}: {calls} system calls");
        assert_eq!((threads, sockets), (0, 0), "{words:?}");
    }
}
