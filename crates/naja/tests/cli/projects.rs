//! `add`, `remove`, `lock`, `sync` and `run` in a project.

use naja_testkit::{Index, IndexBuilder, Sandbox, find_pythons};

use crate::{installed, sandbox, skipped, with_index};

const EMPTY: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = []\n";

/// A project without dependencies, and the index of the scene.
fn project() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", EMPTY);
    (sandbox, index)
}

/// Manifest, lock and what is installed.
fn whole(sandbox: &Sandbox) -> (String, String, String) {
    let lock = sandbox.work().join("pylock.toml");
    let lock = std::fs::read_to_string(lock).unwrap_or_default();
    (sandbox.read("pyproject.toml"), lock, installed(sandbox))
}

#[test]
fn adding_and_removing_is_one_change_each() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "sirius"]).success();
    let (manifest, lock, there) = whole(&sandbox);
    assert!(
        manifest.ends_with("dependencies = [\n    \"sirius>=2.0\",\n]\n"),
        "{manifest}"
    );
    assert!(
        lock.contains("name = \"harry\"\nversion = \"3.0\""),
        "{lock}"
    );
    assert_eq!(there, "harry==3.0 sirius==2.0");
    let before = whole(&sandbox);
    let _added = sandbox.run(["add", "--dev", "hedwig<2"]).success();
    let (manifest, _, there) = whole(&sandbox);
    assert!(
        manifest.ends_with("[dependency-groups]\ndev = [\n    \"hedwig<2\",\n]\n"),
        "{manifest}"
    );
    assert_eq!(there, "harry==3.0 hedwig==1.0 sirius==2.0");
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(whole(&sandbox), before);
    let _removed = sandbox.run(["remove", "sirius"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), EMPTY);
    let _synced = sandbox.run(["sync"]).success();
    assert_eq!(installed(&sandbox), "");
}

#[test]
fn a_change_of_the_files_alone_can_be_undone_too() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "harry<2"]).success();
    let before = whole(&sandbox);
    let _added = sandbox.run(["add", "--no-sync", "hedwig"]).success();
    assert!(sandbox.read("pylock.toml").contains("name = \"hedwig\""));
    assert_eq!(installed(&sandbox), "harry==1.0");
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(whole(&sandbox), before);
    let manifest = before.0.replace("harry<2", "harry");
    sandbox.write("pyproject.toml", &manifest);
    let _locked = sandbox.run(["lock", "-U"]).success();
    assert!(sandbox.read("pylock.toml").contains("version = \"3.0\""));
    let _undone = sandbox.run(["undo"]).success();
    assert_eq!(sandbox.read("pylock.toml"), before.1);
}

#[test]
fn only_what_the_project_names_is_marked_as_asked_for() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "sirius"]).success();
    let site = sandbox.site_packages(".venv");
    assert!(site.join("sirius-2.0.dist-info/REQUESTED").is_file());
    assert!(!site.join("harry-3.0.dist-info/REQUESTED").exists());
}

#[test]
fn a_preview_of_an_edit_shows_the_manifest_and_changes_nothing() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "harry<2"]).success();
    let before = whole(&sandbox);
    let shown = sandbox.run(["add", "--dry-run", "hedwig"]).success();
    assert!(
        shown
            .stdout
            .contains("--- a/pyproject.toml\n+++ b/pyproject.toml\n")
    );
    assert!(
        shown.stdout.contains("\n+    \"hedwig>=2.0\",\n"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stderr.contains("Added hedwig v2.0"),
        "{}",
        shown.stderr
    );
    assert_eq!(whole(&sandbox), before);
    let shown = sandbox.run(["remove", "--dry-run", "harry"]).success();
    assert!(
        shown.stdout.contains("\n-    \"harry<2\",\n"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stderr.contains("Removed harry v1.0"),
        "{}",
        shown.stderr
    );
    assert_eq!(whole(&sandbox), before);
}

#[test]
fn a_failure_leaves_everything_as_it_was() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "harry<2"]).success();
    let before = whole(&sandbox);
    for (arguments, status, words) in [
        (&["add", "nosuch"][..], 1, "nosuch"),
        (&["add", "sirius==2.0"], 1, "harry"),
        (&["add", "harry["], 2, "harry["),
        (&["add", "./gone"], 2, "gone"),
        (
            &["add", "harry", "--tag", "v1"],
            2,
            "does not come from git",
        ),
        (&["add", "ron", "--package", "moat"], 2, "moat"),
        (&["remove", "sirius"], 2, "sirius is not in `dependencies`"),
        (&["remove", "--dev", "harry"], 2, "it is in `dependencies`"),
        (&["add", "--locked", "hedwig"], 1, "may not change"),
        (&["sync", "--extra", "magic"], 2, "no extra `magic`"),
        (
            &["sync", "--group", "docs"],
            2,
            "no dependency group `docs`",
        ),
    ] {
        let output = sandbox.run(arguments).code(status);
        assert!(
            output.stderr.contains(words),
            "{arguments:?}: {}",
            output.stderr
        );
        assert_eq!(whole(&sandbox), before, "{arguments:?}");
    }
}

#[test]
fn a_lock_that_fits_needs_no_network_and_stays() {
    let (sandbox, index) = project();
    let _added = sandbox.run(["add", "sirius"]).success();
    let before = sandbox.read("pylock.toml");
    index.forget();
    for arguments in [
        &["lock"][..],
        &["lock", "--check"],
        &["sync"],
        &["sync", "--locked"],
        &["sync", "--check"],
    ] {
        let _calm = sandbox.run(arguments).success();
        assert_eq!(sandbox.read("pylock.toml"), before, "{arguments:?}");
    }
    // What a file means counts, not its bytes.
    let manifest = sandbox
        .read("pyproject.toml")
        .replace("[project]", "# mine\n[project]");
    sandbox.write("pyproject.toml", &manifest);
    let _calm = sandbox.run(["lock", "--check"]).success();
    assert_eq!(index.requests(), Vec::<String>::new());
    sandbox.write(
        "pyproject.toml",
        &manifest.replace("sirius>=2.0", "sirius>=1.0"),
    );
    let output = sandbox.run(["lock", "--check"]).code(1);
    assert!(
        output.stderr.contains("`dependencies` of castle changed"),
        "{}",
        output.stderr
    );
    let _frozen = sandbox.run(["sync", "--frozen", "--check"]).success();
    let output = sandbox.run(["sync", "--locked"]).code(1);
    assert!(output.stderr.contains("naja lock"), "{}", output.stderr);
    let _locked = sandbox.run(["lock"]).success();
    let _fits = sandbox.run(["lock", "--check"]).success();
    // The versions stay though others are allowed now.
    assert!(
        sandbox
            .read("pylock.toml")
            .contains("name = \"sirius\"\nversion = \"2.0\"")
    );
}

#[test]
fn upgrades_only_where_they_are_asked_for() {
    let (sandbox, _index) = project();
    let _added = sandbox.run(["add", "harry==1.0", "hedwig==1.0"]).success();
    let manifest = sandbox.read("pyproject.toml").replace("==1.0", ">=1.0");
    sandbox.write("pyproject.toml", &manifest);
    let _kept = sandbox.run(["lock"]).success();
    let _synced = sandbox.run(["sync"]).success();
    assert_eq!(installed(&sandbox), "harry==1.0 hedwig==1.0");
    let output = sandbox.run(["lock", "--dry-run"]).success();
    assert!(
        output.stderr.contains("No version would change"),
        "{}",
        output.stderr
    );
    let output = sandbox.run(["lock", "--dry-run", "-P", "harry"]).success();
    assert!(
        output.stderr.contains("Updated harry v1.0 -> v3.0"),
        "{}",
        output.stderr
    );
    let _one = sandbox.run(["sync", "-P", "harry"]).success();
    assert_eq!(installed(&sandbox), "harry==3.0 hedwig==1.0");
    let _all = sandbox.run(["sync", "-U"]).success();
    assert_eq!(installed(&sandbox), "harry==3.0 hedwig==2.0");
}

#[test]
fn parts_of_a_project() {
    let (sandbox, _index) = project();
    sandbox.write(
        "pyproject.toml",
        &format!(
            "{EMPTY}[project.optional-dependencies]\nmagic = [\"remus[moon]\"]\n\
             [dependency-groups]\ndev = [\"hedwig\"]\ndocs = [\"sirius<2\", {{include-group = \"dev\"}}]\n"
        ),
    );
    for (arguments, wanted) in [
        (&[][..], "hedwig==2.0"),
        (&["--no-dev"], ""),
        (&["--extra", "magic", "--no-dev"], "harry==1.0 remus==1.0"),
        (&["--all-extras"], "harry==1.0 hedwig==2.0 remus==1.0"),
        (
            &["--only-group", "docs"],
            "harry==1.0 hedwig==2.0 sirius==1.0",
        ),
        (
            &["--group", "docs", "--no-default-groups"],
            "harry==1.0 hedwig==2.0 sirius==1.0",
        ),
        (&["--all-groups", "--no-group", "docs"], "hedwig==2.0"),
        (&["--only-dev"], "hedwig==2.0"),
    ] {
        let _synced = sandbox.run([&["sync"], arguments].concat()).success();
        assert_eq!(installed(&sandbox), wanted, "{arguments:?}");
    }
    let _kept = sandbox
        .run(["sync", "--inexact", "--extra", "magic"])
        .success();
    assert_eq!(installed(&sandbox), "harry==1.0 hedwig==2.0 remus==1.0");
}

#[test]
fn running_brings_the_environment_along() {
    let (sandbox, index) = project();
    let _added = sandbox.run(["add", "hedwig<2", "--no-sync"]).success();
    assert!(!sandbox.work().join(".venv").exists());
    let output = sandbox.run(["run", "hedwig"]).success();
    assert_eq!(output.stdout, "1.0\n");
    index.forget();
    let output = sandbox.run(["run", "hedwig"]).success();
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str()),
        ("1.0\n", "")
    );
    assert_eq!(index.requests(), Vec::<String>::new());
    std::fs::remove_dir_all(sandbox.work().join(".venv")).unwrap();
    let output = sandbox.run(["run", "--offline", "hedwig"]).success();
    assert_eq!(output.stdout, "1.0\n");
    sandbox.write(
        "pyproject.toml",
        &sandbox
            .read("pyproject.toml")
            .replace("hedwig<2", "hedwig>=2"),
    );
    let _locked = sandbox.run(["run", "--locked", "hedwig"]).code(1);
    let output = sandbox.run(["run", "--frozen", "hedwig"]).success();
    assert_eq!(output.stdout, "1.0\n");
    let output = sandbox
        .run(["run", "--no-project", "-q", "python", "-c", "print(7)"])
        .success();
    assert_eq!(output.stdout, "7\n");
    let output = sandbox.run(["run", "hedwig"]).success();
    assert_eq!(output.stdout, "2.0\n");
}

#[test]
fn sources_are_written_and_used() {
    let (sandbox, _index) = project();
    sandbox.write(
        "lib/pyproject.toml",
        "[project]\nname = \"dobbin\"\nversion = \"1.0\"\ndependencies = [\"harry<2\"]\n",
    );
    sandbox.write("lib/setup.py", "");
    let _added = sandbox
        .run(["add", "--no-sync", "--no-workspace", "--editable", "./lib"])
        .success();
    let manifest = sandbox.read("pyproject.toml");
    assert!(manifest.contains("\"dobbin\",\n"), "{manifest}");
    assert!(
        manifest.contains("[tool.naja.sources]\ndobbin = { path = \"lib\", editable = true }\n"),
        "{manifest}"
    );
    let lock = sandbox.read("pylock.toml");
    assert!(
        lock.contains("directory = { path = \"lib\", editable = true }"),
        "{lock}"
    );
    assert!(
        lock.contains("name = \"harry\"\nversion = \"1.0\""),
        "{lock}"
    );
    let _removed = sandbox.run(["remove", "--no-sync", "dobbin"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), EMPTY);
}

#[test]
fn a_workspace_has_one_lock() {
    let (sandbox, _index) = project();
    sandbox.write(
        "pyproject.toml",
        &format!("{EMPTY}[tool.naja.workspace]\nmembers = [\"towers/*\"]\n"),
    );
    let member = |name: &str, needs: &str| {
        format!("[project]\nname = \"{name}\"\nversion = \"1\"\ndependencies = [{needs}]\n")
    };
    sandbox.write(
        "towers/north/pyproject.toml",
        &format!(
            "{}[tool.naja]\npackage = false\n",
            member("north", "\"harry<2\"")
        ),
    );
    sandbox.write(
        "towers/south/pyproject.toml",
        &format!(
            "{}[tool.naja.sources]\nnorth = {{ workspace = true }}\n",
            member("south", "\"north\", \"hedwig\"")
        ),
    );
    let _locked = sandbox
        .run(["lock", "--directory", "towers/south"])
        .success();
    assert!(!sandbox.work().join("towers/south/pylock.toml").exists());
    for (arguments, wanted) in [
        (&["sync"][..], ""),
        (&["sync", "--package", "south"], "harry==1.0 hedwig==2.0"),
        (&["sync", "--package", "north"], "harry==1.0"),
        (&["sync", "--all-packages"], "harry==1.0 hedwig==2.0"),
        (&["sync", "--directory", "towers/north"], "harry==1.0"),
    ] {
        let _synced = sandbox.run(arguments).success();
        assert_eq!(installed(&sandbox), wanted, "{arguments:?}");
    }
    let output = sandbox.run(["sync", "--package", "nort"]).code(2);
    assert!(
        output.stderr.contains("did you mean `north`"),
        "{}",
        output.stderr
    );
    let _added = sandbox
        .run(["add", "--package", "north", "remus"])
        .success();
    assert!(
        sandbox
            .read("towers/north/pyproject.toml")
            .contains("remus>=1.0")
    );
}

#[test]
fn what_is_no_project_says_so() {
    let sandbox = sandbox();
    let output = sandbox.run(["sync"]).code(2);
    assert!(output.stderr.contains("naja init"), "{}", output.stderr);
    sandbox.write("pyproject.toml", "[tool.black]\nline-length = 90\n");
    let output = sandbox.run(["add", "harry"]).code(2);
    assert!(
        output.stderr.contains("there is no `[project]`"),
        "{}",
        output.stderr
    );
    sandbox.write("pyproject.toml", "[project]\nname = 'castle'\n");
    let output = sandbox.run(["lock"]).code(2);
    assert!(
        output.stderr.contains("line 1, column 1"),
        "{}",
        output.stderr
    );
    sandbox.write(
        "pyproject.toml",
        &format!("{EMPTY}[tool.uv]\nmanaged = false\n"),
    );
    let output = sandbox.run(["lock"]).code(2);
    assert!(
        output.stderr.contains("managed = false"),
        "{}",
        output.stderr
    );
    sandbox.write("pyproject.toml", EMPTY);
    sandbox.write("pylock.toml", "<<<<<<< ours\n");
    let output = sandbox.run(["lock"]).code(2);
    assert!(
        output.stderr.contains("merge conflict"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_new_project_works_straight_away() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.set("GIT_CONFIG_GLOBAL", "/dev/null");
    let _made = sandbox
        .run(["init", "awesome-project", "--no-package"])
        .success();
    let manifest = sandbox.read("awesome-project/pyproject.toml");
    assert!(manifest.starts_with("[project]\nname = \"awesome-project\"\nversion = \"0.1.0\"\n"));
    assert!(sandbox.work().join("awesome-project/.git").is_dir());
    let run = ["run", "--directory", "awesome-project", "main.py"];
    let output = sandbox.run(run).success();
    assert_eq!(output.stdout, "Hello from awesome-project!\n");
    let output = sandbox.run(["init", "awesome-project"]).code(2);
    assert!(
        output.stderr.contains("has a project already"),
        "{}",
        output.stderr
    );
    let _member = sandbox
        .run(["init", "awesome-project/lake", "--lib"])
        .success();
    let manifest = sandbox.read("awesome-project/pyproject.toml");
    assert!(
        manifest.ends_with("[tool.naja.workspace]\nmembers = [\n    \"lake\",\n]\n"),
        "{manifest}"
    );
    assert!(!sandbox.work().join("awesome-project/lake/.git").exists());
    let _bare = sandbox
        .run(["init", "bare", "--bare", "--name", "Other.Name"])
        .success();
    let entries = std::fs::read_dir(sandbox.work().join("bare"))
        .unwrap()
        .count();
    assert_eq!(entries, 1);
    let output = sandbox.run(["init", "caf\u{e9}"]).code(2);
    assert!(
        output
            .stderr
            .contains("`caf\u{e9}` gives no name for a project")
            && output.stderr.contains("naja init --name NAME"),
        "{}",
        output.stderr
    );
    assert!(!sandbox.work().join("caf\u{e9}").exists());
    let output = sandbox.run(["init", "x", "--name", "!"]).code(2);
    assert!(
        output.stderr.contains("not the name of a project"),
        "{}",
        output.stderr
    );
    assert!(!sandbox.work().join("x").exists());
    let _script = sandbox.run(["init", "--script", "hi.py"]).success();
    let output = sandbox.run(["run", "-q", "hi.py"]).success();
    assert_eq!(output.stdout, "Hello from hi.py!\n");
    let output = sandbox.run(["init", "--script", "hi.py"]).code(2);
    assert!(
        output.stderr.contains("script metadata already"),
        "{}",
        output.stderr
    );
}

#[test]
fn versions_are_raised() {
    let (sandbox, _index) = project();
    let shown = |arguments: &[&str]| sandbox.run(arguments).success().stdout;
    assert_eq!(shown(&["version"]), "castle 0.1.0\n");
    assert_eq!(shown(&["version", "--short"]), "0.1.0\n");
    let dry = shown(&["version", "--bump", "minor", "--dry-run"]);
    assert_eq!(dry, "castle 0.1.0 => 0.2.0\n");
    assert_eq!(sandbox.read("pyproject.toml"), EMPTY);
    let raised = shown(&["version", "--bump", "patch", "--bump", "rc", "--no-sync"]);
    assert_eq!(raised, "castle 0.1.0 => 0.1.1rc1\n");
    assert_eq!(
        sandbox.read("pyproject.toml"),
        EMPTY.replace("0.1.0", "0.1.1rc1")
    );
    assert!(
        sandbox
            .read("pylock.toml")
            .contains("version = \"0.1.1rc1\"")
    );
    assert_eq!(
        shown(&["version", "2.0", "--frozen"]),
        "castle 0.1.1rc1 => 2.0\n"
    );
    for (arguments, words) in [
        (["version", "--bump", "huge"], "none of major"),
        (["version", "--bump", "beta"], "is not newer than"),
        (["version", "new", "--no-sync"], "is not a version"),
        (["version", "--package", "moat"], "its projects: castle"),
    ] {
        let output = sandbox.run(arguments).code(2);
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}

#[test]
fn what_cannot_be_synced_leaves_the_environment_alone() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"1\"\nrequires-python = \">=3.8\"\ndependencies = [\"hedwig\"]\n",
    );
    for words in [["--extra", "moon"], ["--group", "moon"]] {
        let refused = sandbox.run(["sync"].into_iter().chain(words)).code(2);
        assert!(refused.stderr.contains("moon"), "{}", refused.stderr);
        assert!(!sandbox.work().join(".venv").exists());
    }
    let mut pythons: Vec<_> = find_pythons()
        .iter()
        .filter_map(|python| python.canonicalize().ok())
        .collect();
    pythons.dedup();
    let [one, other, ..] = &pythons[..] else {
        return skipped("it takes two Pythons");
    };
    let with = |python: &std::path::Path, words: &[&str]| {
        let python = python.to_string_lossy().into_owned();
        let words = words.iter().map(|&word| word.to_owned());
        sandbox.run(
            ["sync".to_owned(), "-p".to_owned(), python]
                .into_iter()
                .chain(words),
        )
    };
    let made = with(one, &[]).success();
    assert!(made.stderr.contains(" + hedwig"), "{}", made.stderr);
    let config = sandbox.read(".venv/pyvenv.cfg");
    let _refused = with(other, &["--extra", "moon"]).code(2);
    assert_eq!(sandbox.read(".venv/pyvenv.cfg"), config);
    // Nor does it go when what another one needs cannot be had.
    let _offline = with(other, &["--offline", "--cache-dir", "cold"]).code(2);
    assert_eq!(sandbox.read(".venv/pyvenv.cfg"), config);
    assert!(installed(&sandbox).contains("hedwig"));
    for nothing in ["/nowhere/python", "snakelet"] {
        let refused = with(nothing.as_ref(), &[]).code(2);
        assert!(refused.stderr.contains(nothing), "{}", refused.stderr);
        assert_eq!(sandbox.read(".venv/pyvenv.cfg"), config);
    }
    // The same Python is no reason for another environment, another one is, although both are named by a place.
    let same = with(one, &[]).success();
    assert!(!same.stderr.contains("hedwig"), "{}", same.stderr);
    let again = with(other, &[]).success();
    assert!(again.stderr.contains(" + hedwig"), "{}", again.stderr);
    assert_ne!(sandbox.read(".venv/pyvenv.cfg"), config);
}
