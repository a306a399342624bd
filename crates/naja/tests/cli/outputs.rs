//! What commands of projects say and write: nothing twice, and directories that are missing.

use naja_testkit::{Index, IndexBuilder, Sandbox};

use crate::with_index;
use crate::workspaces::package;

/// A project that is built and installed itself.
fn packaged() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    package(&sandbox, "castle", "\"harry<3\"", "");
    (sandbox, index)
}

fn at_castle(sandbox: &Sandbox, words: &[&str]) -> naja_testkit::Output {
    let mut command = sandbox.command();
    let dir = sandbox.work().join("castle");
    sandbox.finish(command.current_dir(dir).args(words))
}

#[test]
fn an_edit_is_resolved_once() {
    let (sandbox, _index) = packaged();
    for words in [&["sync"][..], &["add", "hedwig"], &["remove", "hedwig"]] {
        let output = at_castle(&sandbox, words).success();
        let said = output.stderr.matches("Resolved ").count();
        assert_eq!(said, 1, "{words:?}: {}", output.stderr);
    }
    for words in [&["sync"][..], &["run", "python", "-c", "0"]] {
        let output = at_castle(&sandbox, words).success();
        assert!(!output.stderr.contains("Resolved"), "{}", output.stderr);
    }
}

#[test]
fn a_project_is_not_held_back_by_itself() {
    let (sandbox, _index) = packaged();
    let _synced = at_castle(&sandbox, &["sync", "-q"]).success();
    let output = at_castle(&sandbox, &["outdated"]).success();
    let line = output.stdout.lines().find(|line| line.starts_with("harry"));
    assert!(
        line.unwrap().ends_with(" your bound `harry<3`"),
        "{}",
        output.stdout
    );
}

#[test]
fn directories_of_an_output_are_made() {
    let (sandbox, _index) = packaged();
    let _locked = at_castle(&sandbox, &["lock", "-q"]).success();
    for (words, file) in [
        (
            &["export", "-q", "-o", "new/deep/req.txt"][..],
            "new/deep/req.txt",
        ),
        (
            &[
                "pip",
                "compile",
                "-q",
                "pyproject.toml",
                "-o",
                "other/deep/req.txt",
            ],
            "other/deep/req.txt",
        ),
    ] {
        let _written = at_castle(&sandbox, words).success();
        assert!(
            sandbox
                .read(&format!("castle/{file}"))
                .contains("harry==1.0"),
            "{words:?}"
        );
    }
    // What is a file cannot hold one, and nothing is left of the try.
    let _refused = at_castle(
        &sandbox,
        &["export", "-q", "-o", "pyproject.toml/x/req.txt"],
    )
    .code(2);
    let _refused = at_castle(
        &sandbox,
        &["export", "-q", "--extra", "no", "-o", "no/req.txt"],
    )
    .code(2);
    assert!(!sandbox.work().join("castle/no").exists());
}
