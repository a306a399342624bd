//! `naja undo` of what is no change of packages: environments made anew, removed, given another
//! Python, repaired; manifests and locks.

use std::fs;

use naja_testkit::{Index, IndexBuilder, Sandbox, find_pythons};

use crate::history::{Tree, assert_same, tree};
use crate::{frozen, skipped, with_index, with_venv};

/// Runs commands one by one, and then takes each back, and does it again, offline.
fn back_and_forth(sandbox: &Sandbox, index: &Index, commands: &[&[&str]]) {
    let mut trees = vec![tree(sandbox)];
    for words in commands {
        let _done = sandbox.run(*words).success();
        trees.push(tree(sandbox));
    }
    index.forget();
    for (words, before) in commands.iter().zip(&trees).rev() {
        let _undone = sandbox.run(["undo", "--offline"]).success();
        assert_same(&tree(sandbox), before, &format!("back: {words:?}"));
    }
    for (words, after) in commands.iter().zip(&trees[1..]) {
        let _redone = sandbox.run(["redo", "--offline"]).success();
        assert_same(&tree(sandbox), after, &format!("again: {words:?}"));
    }
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn an_environment_made_anew_is_the_old_one_again() {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    let _made = sandbox
        .run(["venv", "-q", "--prompt", "old", "--no-relocatable"])
        .success();
    let activate = sandbox.work().join(".venv/bin/activate");
    let mut text = fs::read_to_string(&activate).unwrap();
    text.push_str("# mine\n");
    fs::write(&activate, text).unwrap();
    fs::write(sandbox.work().join(".venv/notes.txt"), "mine\n").unwrap();
    fs::create_dir(sandbox.work().join(".venv/empty")).unwrap();
    back_and_forth(
        &sandbox,
        &index,
        &[
            &["pip", "install", "-q", "hedwig"],
            &["venv", "-q", "--clear", "--pip-shim"],
            &["pip", "install", "-q", "harry"],
            &["venv", "-q", "--clear", "--copies", "--prompt", "new"],
            &["venv", "-q", "--clear", "--system-site-packages"],
        ],
    );
}

#[test]
fn a_clear_of_an_empty_environment_is_taken_back() {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    let _made = sandbox.run(["venv", "-q", "--prompt", "one"]).success();
    back_and_forth(
        &sandbox,
        &index,
        &[&["venv", "-q", "--clear", "--prompt", "two"]],
    );
    let _undone = sandbox.run(["undo"]).success();
    let refused = sandbox.run(["undo"]).code(1);
    assert!(
        refused.stderr.contains("making of an environment"),
        "{}",
        refused.stderr
    );
}

#[test]
fn another_minor_version_is_taken_back_in_two_commands() {
    let pythons = find_pythons();
    let [first, second, ..] = pythons.as_slice() else {
        skipped("there is one Python only");
        return;
    };
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let made = |python: &std::path::Path, rest: &[&str]| {
        let python = python.to_string_lossy();
        let words = ["venv", "-q", "-p", &python];
        let _made = sandbox.run(words.iter().chain(rest)).success();
    };
    made(first, &["--prompt", "old"]);
    let _installed = sandbox.run(["pip", "install", "-q", "hedwig"]).success();
    let before = tree(&sandbox);
    made(second, &["--clear"]);
    let _installed = sandbox.run(["pip", "install", "-q", "harry"]).success();
    let refused = sandbox.run(["undo", "2"]).code(1);
    assert!(
        refused.stderr.contains("naja venv --clear -p 3."),
        "{}",
        refused.stderr
    );
    made(first, &["--clear"]);
    let _undone = sandbox.run(["undo", "3", "--offline"]).success();
    assert_same(&tree(&sandbox), &before, "another minor version");
}

/// A second installation of the same Python, by links.
fn twin(sandbox: &Sandbox) -> std::path::PathBuf {
    let real = fs::canonicalize(&find_pythons()[0]).unwrap();
    let prefix = real.parent().unwrap().parent().unwrap();
    let twin = sandbox.work().join("twin");
    fs::create_dir_all(twin.join("bin")).unwrap();
    for entry in fs::read_dir(prefix).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "bin" {
            std::os::unix::fs::symlink(entry.path(), twin.join(entry.file_name())).unwrap();
        }
    }
    let name = real.file_name().unwrap();
    fs::copy(&real, twin.join("bin").join(name)).unwrap();
    twin.join("bin").join(name)
}

#[test]
fn another_python_is_taken_back_while_the_old_one_is_there() {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    let old = find_pythons()[0].clone();
    let new = twin(&sandbox);
    let _made = sandbox
        .run(["venv", "-q", "-p", &old.to_string_lossy()])
        .success();
    let new = new.to_string_lossy().into_owned();
    back_and_forth(
        &sandbox,
        &index,
        &[
            &["pip", "install", "-q", "hedwig"],
            &["venv", "-q", "--upgrade", "-p", &new],
        ],
    );
    let before = tree(&sandbox);
    let _same = sandbox
        .run(["venv", "-q", "--upgrade", "-p", &new])
        .success();
    let history = sandbox.run(["history"]).success().stdout;
    assert_eq!(history.matches("venv -q --upgrade").count(), 1, "{history}");
    // Once the Python of then is gone, there is no way back, and that is said.
    let _undone = sandbox.run(["undo", "--offline"]).success();
    fs::remove_dir_all(sandbox.work().join("twin")).unwrap();
    let refused = sandbox.run(["redo", "--offline"]).code(1);
    assert!(
        refused
            .stderr
            .contains("the Python that the environment had then is gone")
            && refused.stderr.contains("twin/bin"),
        "{}",
        refused.stderr
    );
    assert!(before.len() > 5);
}

#[test]
fn repairs_are_taken_back() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "-q", "hedwig", "sirius"])
        .success();
    let site = sandbox.site_packages(".venv");
    let edited = site.join("hedwig/__init__.py");
    fs::remove_file(&edited).unwrap();
    fs::write(&edited, "edited = True\n").unwrap();
    fs::create_dir(site.join("mine")).unwrap();
    fs::write(site.join("mine/deep.py"), "mine\n").unwrap();
    fs::create_dir(site.join("~edwig")).unwrap();
    fs::write(site.join("~edwig/x.py"), "left\n").unwrap();
    back_and_forth(
        &sandbox,
        &index,
        &[&["repair", "-q"], &["repair", "-q", "--remove-unowned"]],
    );
}

#[test]
fn what_doctor_mends_is_taken_back() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "-q", "hedwig"]).success();
    let site = sandbox.site_packages(".venv");
    fs::create_dir(site.join("~edwig")).unwrap();
    fs::write(site.join("~edwig/x.py"), "left\n").unwrap();
    let before = tree(&sandbox);
    let fixed = sandbox.run(["doctor", "--fix"]);
    assert!(
        fixed.stdout.contains("mended pip-leftover"),
        "{}",
        fixed.stdout
    );
    assert!(!site.join("~edwig").exists());
    index.forget();
    let _undone = sandbox.run(["undo", "--offline"]).success();
    assert_same(&tree(&sandbox), &before, "doctor --fix");
    let settings = "{\n  \"python.defaultInterpreterPath\": \"/gone/bin/python\"\n}\n";
    let file = sandbox.write(".vscode/settings.json", settings);
    let fixed = sandbox.run(["doctor", "--fix"]);
    assert_ne!(
        fs::read_to_string(&file).unwrap(),
        settings,
        "{}",
        fixed.stdout
    );
    let _undone = sandbox.run(["undo", "2", "--offline"]).success();
    assert_eq!(fs::read_to_string(&file).unwrap(), settings);
    assert_eq!(index.requests(), Vec::<String>::new());
}

/// The environment with its own notes, but for the lock, and what the project has beside it.
fn everything(sandbox: &Sandbox) -> (Tree, Vec<Option<Vec<u8>>>) {
    let read = |name: &str| fs::read(sandbox.work().join(name)).ok();
    (
        tree(sandbox),
        vec![read("pyproject.toml"), read("pylock.toml")],
    )
}

#[test]
fn each_change_of_a_project_is_taken_back() {
    let (sandbox, index) = with_venv();
    let manifest = "[project]\nname = \"castle\"\nversion = \"1.0\"\n# kept\nrequires-python = \">=3.8\"\ndependencies = []\n";
    sandbox.write("pyproject.toml", manifest);
    let changes: [&[&str]; 7] = [
        &["sync", "-q", "--no-install-project"],
        &["add", "-q", "--no-install-project", "sirius<2", "hedwig"],
        &["version", "-q", "--bump", "minor", "--no-sync"],
        &["add", "-q", "--no-install-project", "--dev", "remus"],
        &["remove", "-q", "--no-install-project", "hedwig"],
        &["lock", "-q", "-U"],
        &["sync", "-q", "--no-install-project", "--no-dev"],
    ];
    let mut states = vec![everything(&sandbox)];
    let mut done: Vec<&[&str]> = Vec::new();
    for words in changes {
        let _done = sandbox.run(words).success();
        let now = everything(&sandbox);
        // What changes nothing is no entry.
        if now != *states.last().unwrap() {
            states.push(now);
            done.push(words);
        }
    }
    assert!(done.len() >= 6, "{done:?}");
    index.forget();
    for (words, before) in done.iter().zip(&states).rev() {
        let _undone = sandbox.run(["undo", "--offline"]).success();
        let now = everything(&sandbox);
        assert_same(&now.0, &before.0, &words.join(" "));
        assert!(now.1 == before.1, "{words:?}");
    }
    for (words, after) in done.iter().zip(&states[1..]) {
        let _redone = sandbox.run(["redo", "--offline"]).success();
        assert!(everything(&sandbox) == *after, "again: {words:?}");
    }
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn a_removed_environment_comes_back() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "-q", "sirius", "hedwig"])
        .success();
    let site = sandbox.site_packages(".venv");
    fs::remove_file(site.join("hedwig/cli.py")).unwrap();
    fs::write(site.join("hedwig/cli.py"), "edited = True\n").unwrap();
    fs::write(site.join("mine.py"), "mine\n").unwrap();
    let before = tree(&sandbox);
    let removed = sandbox.run(["env", "remove", "-y", ".venv"]).success();
    assert!(
        removed.stderr.contains("`naja undo` brings it back"),
        "{}",
        removed.stderr
    );
    assert!(!sandbox.work().join(".venv").exists());
    index.forget();
    let preview = sandbox.run(["undo", "--dry-run"]).success();
    assert!(
        preview.stderr.contains("+ sirius==2.0"),
        "{}",
        preview.stderr
    );
    assert!(!sandbox.work().join(".venv").exists());
    let _back = sandbox.run(["undo", "--offline"]).success();
    assert_same(&tree(&sandbox), &before, "env remove");
    // The history goes on where it was.
    let refused = sandbox.run(["redo"]).code(1);
    assert!(
        refused.stderr.contains("naja env remove"),
        "{}",
        refused.stderr
    );
    let _further = sandbox.run(["undo", "--offline"]).success();
    assert_eq!(frozen(&sandbox), "");
    assert_eq!(index.requests(), Vec::<String>::new());
    // It came back once.
    let attic = sandbox.home().join(".local/share/naja/removed");
    assert_eq!(fs::read_dir(attic).unwrap().count(), 0);
}

#[test]
fn a_removed_environment_that_cannot_come_back_leaves_nothing() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "-q", "sirius"]).success();
    let before = tree(&sandbox);
    let _removed = sandbox.run(["env", "remove", "-y", ".venv"]).success();
    let _cleaned = sandbox.run(["cache", "clean", "-q"]).success();
    let refused = sandbox.run(["undo", "--offline"]).code(2);
    assert!(
        refused.stderr.contains("sirius 2.0, fetched from"),
        "{}",
        refused.stderr
    );
    assert!(!sandbox.work().join(".venv").exists());
    fs::write(sandbox.work().join(".venv"), "in the way").unwrap();
    let refused = sandbox.run(["undo"]).code(2);
    assert!(
        refused.stderr.contains("something else is in its place"),
        "{}",
        refused.stderr
    );
    fs::remove_file(sandbox.work().join(".venv")).unwrap();
    let _back = sandbox.run(["undo"]).success();
    assert_same(&tree(&sandbox), &before, "fetched again");
}

#[test]
fn a_removed_environment_of_central_storage_comes_back_with_its_file() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.set("NAJA_ENVIRONMENT_STORAGE", "central");
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"1\"\n",
    );
    let _made = sandbox.run(["venv", "-q"]).success();
    let _installed = sandbox.run(["pip", "install", "-q", "hedwig"]).success();
    let entrance = sandbox.read(".venv");
    let root = sandbox.run(["env", "path"]).success().stdout;
    let _removed = sandbox.run(["env", "remove", "-y", ".venv"]).success();
    assert!(!sandbox.work().join(".venv").exists());
    let _back = sandbox.run(["undo", "--offline"]).success();
    assert_eq!(sandbox.read(".venv"), entrance);
    assert_eq!(sandbox.run(["env", "path"]).success().stdout, root);
    assert_eq!(frozen(&sandbox), "hedwig==2.0\n");
}

#[test]
fn without_a_history_nothing_is_kept_of_a_removed_environment() {
    let (mut sandbox, _index) = with_venv();
    sandbox.set("NAJA_HISTORY_KEEP", "0");
    let removed = sandbox.run(["env", "remove", "-y", ".venv"]).success();
    assert!(
        removed.stderr.contains("cannot be brought back"),
        "{}",
        removed.stderr
    );
    assert!(!sandbox.home().join(".local/share/naja/removed").exists());
}
