//! Another environment is active than that of the project: it is named, and left alone unless it is meant.

use std::path::Path;

use naja_testkit::{Index, IndexBuilder, Output, Sandbox, Wheel};

use crate::with_index;

const MANIFEST: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
    dependencies = [\"hedwig\"]\n";

fn packages() -> IndexBuilder {
    let builder = IndexBuilder::harry();
    builder
        .wheel(&Wheel::new("luna", "1.0"))
        .wheel(&Wheel::new("molly", "1.0"))
}

/// What is said of an active environment that is not used.
const IGNORED: &str = "is ignored; `--active` uses it";

fn project() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(packages());
    sandbox.write("pyproject.toml", MANIFEST);
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let _made = sandbox.run(["sync", "-q"]).success();
    (sandbox, index)
}

/// Runs a command while an environment is active.
fn while_active(sandbox: &Sandbox, root: &Path, words: &[&str]) -> Output {
    let mut command = sandbox.command();
    command.env("VIRTUAL_ENV", root).args(words);
    sandbox.finish(&mut command)
}

#[test]
fn commands_that_use_an_environment_name_the_active_one() {
    let (sandbox, _index) = project();
    let other = sandbox.work().join("other");
    // Each of them twice: what has nothing to do says so as well, however fast it is.
    for words in [
        &["sync"][..],
        &["sync"],
        &["sync", "--frozen"],
        &["sync", "--dry-run"],
        &["sync", "--check"],
        &["run", "python", "-c", "0"],
        &["run", "python", "-c", "0"],
        &["run", "--no-sync", "python", "-c", "0"],
        &["run", "--with", "remus", "python", "-c", "0"],
        &["add", "molly"],
        &["remove", "molly"],
        &["version", "--bump", "patch"],
    ] {
        let output = while_active(&sandbox, &other, words).success();
        let said = output.stderr.matches(IGNORED).count();
        assert_eq!(said, 1, "{words:?}: {}", output.stderr);
        assert!(
            output
                .stderr
                .contains("other` is not the environment of the project, `.venv`"),
            "{words:?}: {}",
            output.stderr
        );
    }
    for words in [
        &["lock"][..],
        &["tree"],
        &["export", "-q"],
        &["version"],
        &["add", "--frozen", "molly"],
        &["remove", "--no-sync", "molly"],
        &["sync", "--no-active"],
        &["run", "--no-active", "python", "-c", "0"],
        &["run", "--isolated", "python", "-c", "0"],
        &["run", "--no-project", "python", "-c", "0"],
        &["sync", "-q"],
    ] {
        let output = while_active(&sandbox, &other, words).success();
        assert!(
            !output.stderr.contains("VIRTUAL_ENV"),
            "{words:?}: {}",
            output.stderr
        );
    }
    let gone = while_active(&sandbox, Path::new("/nowhere/env"), &["sync"]).success();
    assert!(gone.stderr.contains(IGNORED), "{}", gone.stderr);
}

#[test]
fn the_environment_of_the_project_may_be_active() {
    let (sandbox, _index) = project();
    let link = sandbox.work().join("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(".venv", &link).unwrap();
    for root in [
        sandbox.work().join(".venv"),
        ".venv".into(),
        "./other/../.venv".into(),
        "".into(),
        link,
    ] {
        let output = while_active(&sandbox, &root, &["sync"]).success();
        assert!(
            !output.stderr.contains("VIRTUAL_ENV"),
            "{root:?}: {}",
            output.stderr
        );
    }
}

#[test]
fn active_means_the_active_one_and_makes_it() {
    let (sandbox, _index) = project();
    let prefix = [
        "run",
        "--active",
        "python",
        "-c",
        "import sys; print(sys.prefix)",
    ];
    for name in ["other", "new"] {
        let root = sandbox.work().join(name);
        let _synced = while_active(&sandbox, &root, &["sync", "--active"]).success();
        assert!(root.join("bin/hedwig").exists(), "{name}");
        let output = while_active(&sandbox, &root, &prefix).success();
        assert!(
            output.stdout.trim().ends_with(&format!("/{name}")),
            "{}",
            output.stdout
        );
        assert!(!output.stderr.contains("VIRTUAL_ENV"), "{}", output.stderr);
    }
    // Nothing is active: the project's own is meant.
    let output = sandbox.run(prefix).success();
    assert!(output.stdout.trim().ends_with(".venv"), "{}", output.stdout);
    let full = sandbox.work().join("full");
    sandbox.write("full/notes.txt", "mine");
    let refused = while_active(&sandbox, &full, &["sync", "--active"]).code(2);
    assert!(refused.stderr.contains("--active"), "{}", refused.stderr);
    assert_eq!(sandbox.read("full/notes.txt"), "mine");
}

#[test]
fn without_a_project_the_active_one_counts() {
    let (sandbox, _index) = project();
    let other = sandbox.work().join("other");
    let look = [
        "run",
        "--no-project",
        "python",
        "-c",
        "import sys; print(sys.prefix)",
    ];
    for _ in 0..2 {
        let output = while_active(&sandbox, &other, &look).success();
        assert!(
            output.stdout.trim().ends_with("/other"),
            "{}",
            output.stdout
        );
        let output = sandbox.run(look).success();
        assert!(output.stdout.trim().ends_with(".venv"), "{}", output.stdout);
    }
    let output = while_active(&sandbox, &sandbox.work().join("gone"), &look).success();
    assert!(output.stdout.trim().ends_with(".venv"), "{}", output.stdout);
}

#[test]
fn an_environment_that_is_not_synced_is_made_all_the_same() {
    let (sandbox, _index) = with_index(packages());
    sandbox.write("pyproject.toml", MANIFEST);
    // One of a directory above is not that of the project.
    sandbox.write(
        "inside/pyproject.toml",
        &MANIFEST.replace("castle", "inside"),
    );
    let _made = sandbox.run(["venv", "-q"]).success();
    let mut command = sandbox.command();
    let look = "import importlib.util as u, sys; print(sys.prefix, u.find_spec('hedwig'))";
    command.current_dir(sandbox.work().join("inside"));
    command.args(["run", "--no-sync", "python", "-c", look]);
    let output = sandbox.finish(&mut command).success();
    assert!(
        output.stdout.ends_with("/inside/.venv None\n"),
        "{}",
        output.stdout
    );
    assert!(!sandbox.work().join("inside/pylock.toml").exists());
}
