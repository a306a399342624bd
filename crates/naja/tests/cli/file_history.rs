//! The history of a project that has no environment: edits of its files are shown, taken back and done again.

use naja_testkit::{Index, IndexBuilder, Sandbox};
use serde_json::Value;

use crate::{installed, sandbox, with_index};

const MANIFEST: &str =
    "[project]\nname = \"castle\"\nversion = \"0.1.0\"  # small\nrequires-python = \">=3.8\"\n";

fn project() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    (sandbox, index)
}

/// The entries of the history, the newest first: number, words behind `naja`, files.
fn history(sandbox: &Sandbox) -> Vec<String> {
    let output = sandbox.run(["history", "--json"]).success();
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let words = |list: &Value| {
        let list = list.as_array().unwrap().iter();
        list.map(|word| word.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let entries = report["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let command = words(&entry["command"])[1..].join(" ");
            let files = words(&entry["files"]).join(" ");
            let undone = match entry["undone"].as_bool() {
                Some(true) => " (undone)",
                _ => "",
            };
            format!("{} {command}: {files}{undone}", entry["id"])
        })
        .collect()
}

fn has(sandbox: &Sandbox, file: &str) -> bool {
    sandbox.work().join(file).exists()
}

#[test]
fn a_version_without_an_environment_can_be_taken_back() {
    let (sandbox, _index) = project();
    let _raised = sandbox
        .run(["version", "--bump", "minor", "--frozen"])
        .success();
    let raised = MANIFEST.replace("0.1.0", "0.2.0");
    assert_eq!(sandbox.read("pyproject.toml"), raised);
    assert_eq!(
        history(&sandbox),
        ["1 version --bump minor --frozen: pyproject.toml"]
    );
    let shown = sandbox.run(["history"]).success();
    assert!(
        shown.stdout.contains("file pyproject.toml"),
        "{}",
        shown.stdout
    );
    let told = sandbox.run(["undo", "--dry-run"]).success();
    assert!(told.stderr.contains("Would undo 1"), "{}", told.stderr);
    assert_eq!(sandbox.read("pyproject.toml"), raised);
    let told = sandbox.run(["undo"]).success();
    assert!(
        told.stderr.contains("File: pyproject.toml"),
        "{}",
        told.stderr
    );
    assert_eq!(sandbox.read("pyproject.toml"), MANIFEST);
    assert_eq!(
        history(&sandbox),
        [
            "2 undo: pyproject.toml",
            "1 version --bump minor --frozen: pyproject.toml (undone)"
        ]
    );
    let nothing = sandbox.run(["undo"]).code(1);
    assert!(
        nothing.stderr.contains("nothing to undo"),
        "{}",
        nothing.stderr
    );
    let _redone = sandbox.run(["redo"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), raised);
    // Nothing lies in the project.
    let left = std::fs::read_dir(sandbox.work()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["pyproject.toml"]);
}

#[test]
fn manifest_and_lock_go_back_together() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "--no-sync", "harry<2"]).success();
    let first = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    let _added = sandbox.run(["add", "--frozen", "hedwig"]).success();
    let _locked = sandbox.run(["lock"]).success();
    let last = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    assert!(!has(&sandbox, ".venv"));
    assert_eq!(
        history(&sandbox),
        [
            "3 lock: pylock.toml",
            "2 add --frozen hedwig: pyproject.toml",
            "1 add --no-sync harry<2: pyproject.toml pylock.toml",
        ]
    );
    let _undone = sandbox.run(["undo", "2"]).success();
    assert_eq!(
        (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml")),
        first
    );
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), MANIFEST);
    assert!(!has(&sandbox, "pylock.toml"));
    let _redone = sandbox.run(["redo", "2"]).success();
    assert_eq!(
        (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml")),
        last
    );
    let _undone = sandbox.run(["undo", "--to", "1"]).success();
    assert_eq!(
        (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml")),
        first
    );
}

#[test]
fn an_import_can_be_taken_back() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("requirements.txt", "harry<2\n");
    let _imported = sandbox.run(["import", "requirements.txt"]).success();
    let made = (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml"));
    let _undone = sandbox.run(["undo"]).success();
    assert!(!has(&sandbox, "pyproject.toml") && !has(&sandbox, "pylock.toml"));
    // Where no project is any more, it can be done again all the same.
    let _redone = sandbox.run(["redo"]).success();
    assert_eq!(
        (sandbox.read("pyproject.toml"), sandbox.read("pylock.toml")),
        made
    );
}

#[test]
fn the_history_goes_on_in_the_environment() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "--frozen", "harry<2"]).success();
    let _synced = sandbox.run(["sync"]).success();
    let _added = sandbox.run(["add", "hedwig<2"]).success();
    assert_eq!(
        history(&sandbox),
        [
            "3 add hedwig<2: pyproject.toml pylock.toml",
            "2 sync: pylock.toml",
            "1 add --frozen harry<2: pyproject.toml",
        ]
    );
    let kept = sandbox.home().join(".local/share/naja/projects");
    let kept = std::fs::read_dir(kept).map_or(0, Iterator::count);
    assert_eq!(kept, 0);
    let _undone = sandbox.run(["undo", "2"]).success();
    assert_eq!(installed(&sandbox), "");
    assert!(sandbox.read("pyproject.toml").contains("harry<2"));
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), MANIFEST);
    let _redone = sandbox.run(["redo", "2"]).success();
    assert_eq!(installed(&sandbox), "harry==1.0 hedwig==1.0");
    // Edits of files alone are noted there, too.
    let _raised = sandbox.run(["version", "2.0", "--frozen"]).success();
    assert!(history(&sandbox)[0].ends_with("version 2.0 --frozen: pyproject.toml"));
    let _undone = sandbox.run(["undo"]).success();
    assert!(sandbox.read("pyproject.toml").contains("0.1.0"));
}

#[test]
fn the_last_thing_is_taken_back_first() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "harry<2"]).success();
    let added = sandbox.read("pyproject.toml");
    let _removed = sandbox.run(["env", "remove", "-y", ".venv"]).success();
    let _raised = sandbox.run(["version", "3.0", "--frozen"]).success();
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), added);
    assert!(!has(&sandbox, ".venv"));
    let _undone = sandbox.run(["undo"]).success();
    assert!(has(&sandbox, ".venv"));
    assert_eq!(installed(&sandbox), "harry==1.0");
}

#[test]
fn an_environment_of_another_project_is_left_alone() {
    let (mut sandbox, _index) = project();
    let _made = sandbox.run(["venv", "-q", "../other"]).success();
    let other = sandbox.work().join("../other").canonicalize().unwrap();
    sandbox.set("VIRTUAL_ENV", other.to_string_lossy());
    let _raised = sandbox.run(["version", "2.0", "--frozen"]).success();
    assert!(history(&sandbox)[0].starts_with("1 version 2.0"));
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), MANIFEST);
}

#[test]
fn what_somebody_else_wrote_is_not_overwritten() {
    let (sandbox, _index) = project();
    let _raised = sandbox.run(["version", "2.0", "--frozen"]).success();
    let edited = MANIFEST.replace("small", "large");
    sandbox.write("pyproject.toml", &edited);
    let refused = sandbox.run(["undo"]).code(1);
    assert!(
        refused.stderr.contains("changed since"),
        "{}",
        refused.stderr
    );
    assert_eq!(sandbox.read("pyproject.toml"), edited);
    let _forced = sandbox.run(["undo", "--force"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), MANIFEST);
    let _back = sandbox.run(["redo"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), edited);
    // A manifest that cannot be read is taken back as well.
    let _raised = sandbox.run(["version", "3.0", "--frozen"]).success();
    sandbox.write("pyproject.toml", "[project\n");
    let _forced = sandbox.run(["undo", "--force"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), edited);
}

#[test]
fn a_history_can_be_done_without() {
    let (mut sandbox, _index) = project();
    sandbox.set("NAJA_HISTORY_KEEP", "0");
    let _raised = sandbox.run(["version", "2.0", "--frozen"]).success();
    assert!(sandbox.read("pyproject.toml").contains("2.0"));
    let _nothing = sandbox.run(["undo"]).code(2);
    sandbox.set("NAJA_HISTORY_KEEP", "2");
    for version in ["3.0", "4.0", "5.0", "6.0"] {
        let _raised = sandbox.run(["version", version, "--frozen"]).success();
    }
    assert_eq!(
        history(&sandbox),
        [
            "4 version 6.0 --frozen: pyproject.toml",
            "3 version 5.0 --frozen: pyproject.toml"
        ]
    );
    // A directory for data that is a file is no reason to fail.
    sandbox.write("data", "");
    sandbox.set(
        "NAJA_DATA_DIR",
        sandbox.work().join("data").to_string_lossy(),
    );
    let _raised = sandbox.run(["version", "7.0", "--frozen"]).success();
    assert!(sandbox.read("pyproject.toml").contains("7.0"));
}

#[test]
fn projects_have_histories_of_their_own() {
    let sandbox = sandbox();
    for name in ["castle", "castle/tower"] {
        let manifest = MANIFEST.replace("castle", &name.replace('/', "-"));
        sandbox.write(&format!("{name}/pyproject.toml"), &manifest);
    }
    let inside = |dir: &str, words: &[&str]| {
        let mut command = sandbox.command();
        command.current_dir(sandbox.work().join(dir)).args(words);
        sandbox.finish(&mut command)
    };
    let _raised = inside("castle", &["version", "2.0", "--frozen"]).success();
    let _raised = inside("castle/tower", &["version", "3.0", "--frozen"]).success();
    let _undone = inside("castle", &["undo"]).success();
    assert!(sandbox.read("castle/pyproject.toml").contains("0.1.0"));
    assert!(sandbox.read("castle/tower/pyproject.toml").contains("3.0"));
    let _undone = inside("castle/tower", &["undo"]).success();
    assert!(
        sandbox
            .read("castle/tower/pyproject.toml")
            .contains("0.1.0")
    );
}
