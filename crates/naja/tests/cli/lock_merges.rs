//! `naja lock diff`, `naja lock merge`, and locks with conflicts, with the real git.

use naja_testkit::{Index, IndexBuilder, Output, Repository, Sandbox};

use crate::{skipped, with_index};

fn manifest(dependencies: &[&str]) -> String {
    let lines: String = dependencies
        .iter()
        .map(|one| format!("    \"{one}\",\n\n"))
        .collect();
    format!(
        "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = [\n{lines}]\n"
    )
}

/// A project in a repository, locked and committed.
fn castle(dependencies: &[&str]) -> Option<(Sandbox, Index, Repository)> {
    if !Repository::possible() {
        skipped("there is no git");
        return None;
    }
    let (sandbox, index) = with_index(IndexBuilder::harry());
    let repository = Repository::init(sandbox.work());
    for (key, value) in [("user.name", "H"), ("user.email", "h@example")] {
        repository.git(&["config", key, value]);
    }
    sandbox.write(".gitignore", ".venv\n");
    put(&sandbox, dependencies, &[]);
    repository.commit("base");
    Some((sandbox, index, repository))
}

/// Writes the manifest and locks it.
fn put(sandbox: &Sandbox, dependencies: &[&str], flags: &[&str]) {
    sandbox.write("pyproject.toml", &manifest(dependencies));
    let mut arguments = vec!["lock", "-q"];
    arguments.extend(flags);
    let _locked = sandbox.run(arguments).success();
}

/// git as the user of the sandbox has it.
fn git(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    let mut command = sandbox.command_of("git");
    command.args(arguments);
    sandbox.finish(&mut command)
}

/// Two branches: on `theirs` and on `main` other dependencies; merged into `main`.
fn merged(
    (sandbox, repository): (&Sandbox, &Repository),
    ours: &[&str],
    theirs: &[&str],
) -> Output {
    repository.git(&["checkout", "-q", "-b", "theirs"]);
    put(sandbox, theirs, &[]);
    repository.commit("theirs");
    repository.git(&["checkout", "-q", "main"]);
    put(sandbox, ours, &[]);
    repository.commit("ours");
    git(sandbox, &["merge", "-q", "theirs", "-m", "merge"])
}

fn locked(sandbox: &Sandbox) -> String {
    let text = sandbox.read("pylock.toml");
    let blocks = text.split("[[packages]]").skip(1);
    let value = |block: &str, key: &str| {
        let line = block.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split('"').nth(1))
            .unwrap_or("")
            .to_owned()
    };
    let pins = blocks.map(|block| format!("{}={}", value(block, "name"), value(block, "version")));
    pins.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_repository_without_a_commit_has_nothing_to_compare_with() {
    if !Repository::possible() {
        return skipped("there is no git");
    }
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let _repository = Repository::init(sandbox.work());
    put(&sandbox, &["sirius"], &[]);
    let refused = sandbox.run(["lock", "diff"]).code(2);
    assert!(
        refused.stderr.contains("nothing is committed yet"),
        "{}",
        refused.stderr
    );
}

#[test]
fn differences_by_meaning() {
    let Some((sandbox, _index, repository)) = castle(&["sirius<2", "hedwig<2"]) else {
        return;
    };
    let same = sandbox.run(["lock", "diff", "--exit-code"]).success();
    assert_eq!(same.stdout, "");
    put(&sandbox, &["sirius", "remus[moon]"], &["-P", "sirius"]);
    let output = sandbox.run(["lock", "diff"]).success();
    assert_eq!(
        output.stdout,
        "`dependencies` of castle changed\n\
         \n\
         ~ harry 1.0 → 3.0\n    remus 1.0 asks for harry ; extra == 'moon'\n    sirius 2.0 asks for harry>=3\n\
         - hedwig 1.0\n    castle 0.1.0 asks for hedwig<2\n\
         + remus 1.0\n    castle 0.1.0 asks for remus[moon]\n\
         ~ sirius 1.0 → 2.0\n    castle 0.1.0 asks for sirius\n"
    );
    let _differs = sandbox.run(["lock", "diff", "--exit-code"]).code(1);
    let json = sandbox
        .run(["lock", "diff", "HEAD", "--json"])
        .success()
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["packages"][0]["kind"], "upgraded");
    assert_eq!(
        json["packages"][0]["way"],
        serde_json::json!(["castle", "sirius", "harry"])
    );
    assert_eq!(json["packages"][1]["kind"], "removed");
    repository.commit("second");
    // Revisions, ranges and files.
    let range = sandbox
        .run(["lock", "diff", "HEAD~1..HEAD"])
        .success()
        .stdout;
    assert_eq!(range, output.stdout);
    let two = sandbox
        .run(["lock", "diff", "HEAD~1", "HEAD"])
        .success()
        .stdout;
    assert_eq!(two, output.stdout);
    let old = repository.git(&["show", "HEAD~1:pylock.toml"]);
    sandbox.write("old.toml", &format!("{old}\n"));
    let files = sandbox
        .run(["lock", "diff", "old.toml", "pylock.toml"])
        .success()
        .stdout;
    assert_eq!(files, output.stdout);
    for (arguments, words) in [
        (&["lock", "diff", "nosuch"][..], "no revision `nosuch`"),
        (&["lock", "diff", "--", "-x"], "no revision"),
        (&["lock", "diff", "pyproject.toml"], "is no lock"),
    ] {
        let output = sandbox.run(arguments).code(2);
        assert!(
            output.stderr.contains(words),
            "{arguments:?}: {}",
            output.stderr
        );
    }
}

#[test]
fn other_content_under_the_same_name_is_told() {
    let Some((sandbox, _index, _repository)) = castle(&["harry"]) else {
        return;
    };
    let lock = sandbox.read("pylock.toml");
    let at = lock.find("sha256 = \"").unwrap() + "sha256 = \"".len();
    let letter = if lock.as_bytes()[at] == b'0' {
        "1"
    } else {
        "0"
    };
    let other = format!("{}{letter}{}", &lock[..at], &lock[at + 1..]);
    sandbox.write("pylock.toml", &other);
    let output = sandbox.run(["lock", "diff"]).success();
    assert!(
        output
            .stdout
            .contains("other content under the same name harry-3.0-py3-none-any.whl"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_driver_that_merges() {
    let Some((sandbox, _index, repository)) = castle(&["harry", "remus"]) else {
        return;
    };
    let before = std::fs::read_to_string(sandbox.work().join(".git/config")).unwrap();
    let shown = sandbox
        .run(["lock", "merge", "--install", "--dry-run"])
        .success();
    assert!(
        shown.stderr.contains("+ pylock.toml merge=naja-lock"),
        "{}",
        shown.stderr
    );
    assert!(!sandbox.work().join(".gitattributes").exists());
    let _installed = sandbox.run(["lock", "merge", "--install"]).success();
    let again = sandbox.run(["lock", "merge", "--install"]).success();
    assert!(
        again.stderr.contains("Nothing to change"),
        "{}",
        again.stderr
    );
    repository.commit("attributes");
    let output = merged(
        (&sandbox, &repository),
        &["sirius", "harry", "remus"],
        &["harry", "remus", "hedwig"],
    );
    let _merged = output.success();
    assert_eq!(
        locked(&sandbox),
        "harry=3.0 hedwig=2.0 remus=1.0 sirius=2.0"
    );
    let _fits = sandbox.run(["lock", "--check"]).success();
    let _removed = sandbox.run(["lock", "merge", "--uninstall"]).success();
    assert!(!sandbox.work().join(".gitattributes").exists());
    assert_eq!(
        std::fs::read_to_string(sandbox.work().join(".git/config")).unwrap(),
        before
    );
}

#[test]
fn a_driver_that_cannot_know_says_so() {
    let Some((sandbox, _index, repository)) = castle(&["harry<2", "remus"]) else {
        return;
    };
    let _installed = sandbox.run(["lock", "merge", "--install"]).success();
    repository.commit("attributes");
    // Ours takes a new harry, theirs something that wants the old one.
    let output = merged(
        (&sandbox, &repository),
        &["harry", "remus", "ginny"],
        &["harry<2", "remus", "hedwig", "draco"],
    );
    let output = output.code(1);
    assert!(
        output.stderr.contains("`naja lock` resolves it"),
        "{}",
        output.stderr
    );
    let lock = sandbox.read("pylock.toml");
    assert!(!lock.contains("<<<<<<<"), "{lock}");
    sandbox.write(
        "pyproject.toml",
        &manifest(&["harry", "remus", "hedwig", "draco"]),
    );
    let stale = sandbox.run(["lock", "--check"]).code(1);
    assert!(
        stale.stderr.contains("two locks were merged"),
        "{}",
        stale.stderr
    );
    let frozen = sandbox.run(["sync", "--frozen"]).code(1);
    assert!(
        frozen.stderr.contains("`naja lock` resolves it"),
        "{}",
        frozen.stderr
    );
    let resolved = sandbox.run(["lock"]).success();
    assert!(
        resolved.stderr.contains("Resolved the merge"),
        "{}",
        resolved.stderr
    );
    assert_eq!(locked(&sandbox), "draco=1.0 harry=1.0 hedwig=2.0 remus=1.0");
    let _fits = sandbox.run(["lock", "--check"]).success();
}

#[test]
fn marks_of_a_conflict_are_resolved() {
    let Some((sandbox, _index, repository)) = castle(&["harry<2", "hedwig<2"]) else {
        return;
    };
    // Both add something at one place, and each keeps its old versions of the rest.
    let output = merged(
        (&sandbox, &repository),
        &[
            "harry<2",
            "hedwig<2",
            "ginny; python_version < '3'",
            "remus",
        ],
        &["harry<2", "hedwig<2", "sirius"],
    );
    let _conflict = output.code(1);
    let lock = sandbox.read("pylock.toml");
    assert!(lock.contains("<<<<<<<"), "{lock}");
    let output = sandbox.run(["lock"]).code(2);
    assert!(
        output.stderr.contains("marks of a merge conflict"),
        "{}",
        output.stderr
    );
    assert_eq!(sandbox.read("pylock.toml"), lock);
    // What is new in the manifest is written by hand; the bounds are wider than what is locked.
    sandbox.write(
        "pyproject.toml",
        &manifest(&["harry", "hedwig", "sirius", "remus"]),
    );
    let stale = sandbox.run(["lock", "--check"]).code(1);
    assert!(
        stale.stderr.contains("two locks were merged"),
        "{}",
        stale.stderr
    );
    assert_eq!(sandbox.read("pylock.toml"), lock);
    let _resolved = sandbox.run(["lock"]).success();
    assert_eq!(
        locked(&sandbox),
        "harry=1.0 hedwig=1.0 remus=1.0 sirius=1.0",
        "what both sides had stays"
    );
    let once = sandbox.read("pylock.toml");
    assert!(
        !once.contains("<<<<<<<") && !once.contains("merge"),
        "{once}"
    );
    sandbox.write("pylock.toml", &lock);
    let _resolved = sandbox.run(["lock", "--resolve"]).success();
    assert_eq!(sandbox.read("pylock.toml"), once, "always in the same way");
}

#[test]
fn a_merge_that_left_one_side_is_resolved_when_asked() {
    let Some((sandbox, _index, repository)) = castle(&["harry<2"]) else {
        return;
    };
    sandbox.write(".gitattributes", "pylock.toml -merge\n");
    repository.commit("as a whole");
    let output = merged(
        (&sandbox, &repository),
        &["harry<2", "hedwig<2"],
        &["harry<2", "remus"],
    );
    let _conflict = output.code(1);
    assert!(!sandbox.read("pylock.toml").contains("<<<<<<<"));
    sandbox.write("pyproject.toml", &manifest(&["harry", "hedwig", "remus"]));
    let _resolved = sandbox.run(["lock", "--resolve"]).success();
    assert_eq!(locked(&sandbox), "harry=1.0 hedwig=1.0 remus=1.0");
    // Where nothing is unmerged, there is nothing to resolve.
    repository.commit("merged");
    let before = sandbox.read("pylock.toml");
    let _calm = sandbox.run(["lock", "--resolve"]).success();
    assert_eq!(sandbox.read("pylock.toml"), before);
}

#[test]
fn installing_the_driver_can_be_undone() {
    let Some((sandbox, _index, _repository)) = castle(&["harry"]) else {
        return;
    };
    let _synced = sandbox.run(["sync", "-q"]).success();
    let before = std::fs::read_to_string(sandbox.work().join(".git/config")).unwrap();
    let _installed = sandbox.run(["lock", "merge", "--install"]).success();
    assert!(sandbox.work().join(".gitattributes").exists());
    let _undone = sandbox.run(["undo"]).success();
    assert!(!sandbox.work().join(".gitattributes").exists());
    assert_eq!(
        std::fs::read_to_string(sandbox.work().join(".git/config")).unwrap(),
        before
    );
}
