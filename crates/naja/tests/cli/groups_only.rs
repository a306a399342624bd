//! A `pyproject.toml` without a `[project]`: its dependency groups are locked and installed.

use naja_testkit::{Index, IndexBuilder, Output, Sandbox, Wheel};

use crate::{installed, with_index};

const GROUPS: &str =
    "[dependency-groups]\ndev = [\"harry\"]\nlint = [\"molly\", { include-group = \"dev\" }]\n";

fn packages() -> IndexBuilder {
    let builder = IndexBuilder::harry();
    builder
        .wheel(&Wheel::new("luna", "1.0"))
        .wheel(&Wheel::new("molly", "1.0"))
}

fn scene(root: &str) -> (Sandbox, Index) {
    let (sandbox, index) = with_index(packages());
    sandbox.write("pyproject.toml", root);
    (sandbox, index)
}

fn names(sandbox: &Sandbox) -> String {
    let all = installed(sandbox);
    let names = all.split(' ').map(|one| one.split("==").next().unwrap());
    names.collect::<Vec<_>>().join(" ")
}

fn said(output: &Output, words: &str) {
    assert!(output.stderr.contains(words), "{}", output.stderr);
}

#[test]
fn groups_are_a_project() {
    let (sandbox, index) = scene(GROUPS);
    let locked = sandbox.run(["lock"]).success();
    said(&locked, "requires-python");
    let lock = sandbox.read("pylock.toml");
    assert!(lock.contains("default-groups = [\"dev\"]"), "{lock}");
    for (words, wanted) in [
        (&["sync"][..], "harry"),
        (&["sync", "--group", "lint"], "harry molly"),
        (&["sync", "--no-dev"], ""),
        (&["sync", "--only-group", "lint"], "harry molly"),
        (&["sync", "--all-groups"], "harry molly"),
        (&["sync"], "harry"),
    ] {
        let _synced = sandbox.run(words).success();
        assert_eq!(names(&sandbox), wanted, "{words:?}");
    }
    index.forget();
    let _fits = sandbox.run(["lock", "--check"]).success();
    let _there = sandbox.run(["sync", "--check"]).success();
    assert_eq!(index.requests(), Vec::<String>::new());
    let output = sandbox
        .run(["run", "python", "-c", "import harry"])
        .success();
    assert_eq!(output.stdout, "");
    let tree = sandbox.run(["tree"]).success().stdout;
    assert!(tree.contains("harry v3.0 (group: dev)"), "{tree}");
    let export = sandbox
        .run(["export", "--no-hashes", "-q"])
        .success()
        .stdout;
    assert!(export.contains("harry==3.0\n"), "{export}");
    let changed = GROUPS.replace("\"harry\"", "\"harry<3\"");
    sandbox.write("pyproject.toml", &changed);
    let stale = sandbox.run(["lock", "--check"]).code(1);
    said(&stale, "the group `dev` of workspace root changed");
    let unknown = sandbox.run(["sync", "--group", "lin"]).code(2);
    said(&unknown, "did you mean `lint`?");
}

#[test]
fn groups_are_edited() {
    let (sandbox, _index) = scene(GROUPS);
    let _added = sandbox.run(["add", "--group", "docs", "remus"]).success();
    assert_eq!(names(&sandbox), "harry remus");
    let _added = sandbox.run(["add", "--dev", "hedwig"]).success();
    let text = sandbox.read("pyproject.toml");
    assert!(text.contains("docs = [\n    \"remus"), "{text}");
    assert!(text.contains("\"hedwig"), "{text}");
    let _removed = sandbox
        .run(["remove", "--group", "docs", "remus"])
        .success();
    assert!(!names(&sandbox).contains("remus"));
    for words in [&["add", "luna"][..], &["add", "--optional", "x", "luna"]] {
        let before = sandbox.read("pyproject.toml");
        let refused = sandbox.run(words).code(2);
        said(&refused, "there is no `[project]`");
        said(&refused, "`naja add --dev`");
        assert_eq!(sandbox.read("pyproject.toml"), before);
    }
    let none = sandbox.run(["version", "--bump", "patch"]).code(2);
    said(&none, "is no project, and has no version");
}

#[test]
fn a_manifest_for_tools_is_a_project_once_it_is_locked_or_edited() {
    let (sandbox, _index) = scene("[tool.other]\nx = 1\n");
    let _ran = sandbox
        .run(["run", "--no-sync", "python", "-c", "0"])
        .success();
    assert!(!sandbox.work().join(".venv").exists());
    let _locked = sandbox.run(["lock"]).success();
    let _synced = sandbox.run(["sync"]).success();
    assert_eq!(installed(&sandbox), "");
    let _added = sandbox.run(["add", "--group", "a", "harry"]).success();
    assert_eq!(names(&sandbox), "harry");
    assert!(
        sandbox
            .read("pyproject.toml")
            .starts_with("[tool.other]\nx = 1\n")
    );
}

#[test]
fn the_root_of_a_workspace_has_groups_of_its_own() {
    let root = "[tool.uv]\ndev-dependencies = [\"molly\"]\n[tool.uv.workspace]\nmembers = [\"one\"]\n\
        [dependency-groups]\nlint = [\"hedwig\"]\n";
    let (sandbox, _index) = scene(root);
    let member = "[project]\nname = \"one\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
        dependencies = [\"remus\"]\n[dependency-groups]\nlint = [\"luna\"]\n";
    sandbox.write("one/pyproject.toml", member);
    for (words, wanted) in [
        (&["sync"][..], "molly remus"),
        (&["sync", "--all-packages"], "molly remus"),
        (&["sync", "--no-dev"], "remus"),
        (&["sync", "--package", "one"], "remus"),
        (&["sync", "--only-group", "lint"], "hedwig luna"),
        (&["sync", "--group", "lint"], "hedwig luna molly remus"),
    ] {
        let _synced = sandbox.run(words).success();
        assert_eq!(names(&sandbox), wanted, "{words:?}");
    }
    let lock = sandbox.read("pylock.toml");
    assert!(
        lock.contains("default-groups = [\"dev\", \"workspace-one\"]"),
        "{lock}"
    );
    let listed = sandbox.run(["workspace", "list"]).success().stdout;
    assert_eq!(listed, "one\n");
    let metadata = sandbox.run(["workspace", "metadata"]).success().stdout;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["members"].as_array().unwrap().len(), 1);
    assert_eq!(metadata["members"][0]["name"], "one");
    let _added = sandbox.run(["add", "--group", "docs", "sirius"]).success();
    assert!(sandbox.read("pyproject.toml").contains("sirius"));
    assert!(!sandbox.read("one/pyproject.toml").contains("sirius"));
    let each = ["run", "--each-package", "python", "-c", "0"];
    let output = sandbox.run(each).success();
    assert!(
        !output.stderr.contains("workspace root"),
        "{}",
        output.stderr
    );
}
