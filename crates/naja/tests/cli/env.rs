//! `naja env`, the registry, `.venv` files, central storage, named environments.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use naja_testkit::{IndexBuilder, Output, Sandbox};
use serde_json::Value;

use crate::{sandbox, with_index};

fn naja(sandbox: &Sandbox, dir: &str, words: &[&str]) -> Output {
    let mut command = sandbox.command();
    sandbox.finish(command.args(words).current_dir(sandbox.work().join(dir)))
}

fn listed(sandbox: &Sandbox, dir: &str, flags: &[&str]) -> Vec<Value> {
    let words = [&["env", "list", "--json"], flags].concat();
    let output = naja(sandbox, dir, &words).success();
    serde_json::from_str(&output.stdout).unwrap()
}

fn registry(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".local/share/naja/environments")
}

fn prefix(sandbox: &Sandbox, dir: &str, flags: &[&str]) -> String {
    let words = [
        &["run", "-q"],
        flags,
        &["python", "-c", "import sys; print(sys.prefix)"],
    ]
    .concat();
    naja(sandbox, dir, &words)
        .success()
        .stdout
        .trim()
        .to_owned()
}

/// Makes a project with an environment.
fn project(sandbox: &Sandbox, name: &str) {
    sandbox.write(&format!("{name}/pyproject.toml"), "");
    let _made = naja(sandbox, name, &["venv", "-q"]).success();
}

#[test]
fn the_environments_of_all_projects_are_listed() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    project(&sandbox, "one");
    project(&sandbox, "two");
    let _installed = naja(&sandbox, "one", &["pip", "install", "-q", "hedwig"]).success();
    let all = listed(&sandbox, "two", &[]);
    assert_eq!(all.len(), 2);
    let (first, second) = (&all[0], &all[1]);
    assert!(first["root"].as_str().unwrap().ends_with("/two/.venv"));
    assert_eq!(
        (&first["here"], &first["active"]),
        (&true.into(), &false.into())
    );
    assert!(second["project"].as_str().unwrap().ends_with("/one"));
    assert_eq!(second["here"], false);
    assert!(first["python"].as_str().unwrap().starts_with("3."));
    assert!(second["size"]["own"].as_u64().unwrap() > 0);
    assert!(second["used_ms"].as_i64().unwrap() > 0);
    assert_eq!(second["missing"], Value::Array(Vec::new()));
    let table = naja(&sandbox, "two", &["env", "list"]).success().stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[1].starts_with("*  [DIR]/castle/two/.venv"), "{table}");
    assert!(lines[2].contains("today"), "{table}");
    let unmeasured = naja(&sandbox, "two", &["env", "list", "--no-size"]).success();
    assert!(!unmeasured.stdout.contains("Size"), "{}", unmeasured.stdout);
}

#[test]
fn files_shared_with_the_cache_are_told_apart() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    project(&sandbox, "one");
    let words = ["pip", "install", "-q", "--link-mode", "hardlink", "hedwig"];
    let _installed = naja(&sandbox, "one", &words).success();
    let info = naja(&sandbox, "one", &["env", "info", "--json"]).success();
    let info: Value = serde_json::from_str(&info.stdout).unwrap();
    assert!(info["size"]["shared"].as_u64().unwrap() > 0, "{info}");
    let page = naja(&sandbox, "one", &["env", "info"]).success().stdout;
    assert!(page.contains("shared with the cache"), "{page}");
    let path = naja(&sandbox, "one", &["env", "path"]).success().stdout;
    assert_eq!(path, "[DIR]/castle/one/.venv\n");
    let _none = naja(&sandbox, ".", &["env", "path"]).code(2);
}

#[test]
fn removal_asks_and_removes_nothing_else() {
    let sandbox = sandbox();
    project(&sandbox, "one");
    project(&sandbox, "two");
    sandbox.write("data/precious", "mine");
    // Nobody can be asked here.
    let refused = naja(&sandbox, "one", &["env", "remove", ".venv"]).code(2);
    assert!(refused.stderr.contains("`-y`"), "{}", refused.stderr);
    let preview = naja(&sandbox, "one", &["env", "remove", "--dry-run", ".venv"]).success();
    assert!(
        preview.stderr.contains("Would remove"),
        "{}",
        preview.stderr
    );
    for (words, told) in [
        (&["../data"][..], "is no environment"),
        (&["../data/precious"], "is no environment"),
        (&["../absent"], "there is no environment"),
        (&["two"], "named by their paths"),
        (&["nothing"], "has no environment"),
        (&[".venv", "../data"], "is no environment"),
    ] {
        let words = [&["env", "remove", "-y"], words].concat();
        let refused = naja(&sandbox, "one", &words).code(2);
        assert!(refused.stderr.contains(told), "{told}: {}", refused.stderr);
    }
    let inside = naja(
        &sandbox,
        "one/.venv/lib",
        &["env", "remove", "-y", "../../.venv"],
    );
    assert!(inside.code(2).stderr.contains("working directory"));
    assert!(sandbox.work().join("data/precious").exists());
    assert_eq!(listed(&sandbox, "one", &[]).len(), 2);
    let removed = naja(&sandbox, "one", &["env", "remove", "-y", ".venv"]).success();
    assert!(
        removed.stderr.contains("Removed [DIR]/castle/one/.venv"),
        "{}",
        removed.stderr
    );
    let _other = naja(&sandbox, "one", &["env", "remove", "-y", "../two/.venv"]).success();
    for name in ["one", "two"] {
        let names: Vec<_> = fs::read_dir(sandbox.work().join(name)).unwrap().collect();
        assert_eq!(names.len(), 1, "only the project file is left");
    }
    assert_eq!(listed(&sandbox, "one", &[]).len(), 0);
    assert_eq!(fs::read_dir(registry(&sandbox)).unwrap().count(), 0);
}

#[test]
fn a_killed_removal_leaves_nothing_for_long() {
    let sandbox = sandbox();
    project(&sandbox, "one");
    let root = sandbox.work().join("one/.venv");
    // As if the process had died after the environment got its hidden name.
    fs::rename(&root, sandbox.work().join("one/..venv.naja-new-12345678")).unwrap();
    let _made = naja(&sandbox, "one", &["venv", "-q"]).success();
    assert_eq!(fs::read_dir(sandbox.work().join("one")).unwrap().count(), 2);
}

#[test]
fn orphans_are_pruned() {
    let mut sandbox = sandbox();
    sandbox.set("NAJA_ENVIRONMENT_STORAGE", "central");
    project(&sandbox, "one");
    project(&sandbox, "two");
    sandbox.set("NAJA_ENVIRONMENT_STORAGE", "project");
    project(&sandbox, "three");
    fs::remove_dir_all(sandbox.work().join("one")).unwrap();
    fs::remove_dir_all(sandbox.work().join("three")).unwrap();
    let orphans = listed(&sandbox, "two", &["--orphans", "--no-size"]);
    let missing: Vec<&Value> = orphans.iter().map(|env| &env["missing"][0]).collect();
    assert_eq!(missing.len(), 2, "{orphans:?}");
    assert!(missing.contains(&&"project".into()) && missing.contains(&&"environment".into()));
    let dry = naja(&sandbox, "two", &["env", "prune", "--dry-run"]).success();
    assert!(dry.stderr.contains("its project is gone"), "{}", dry.stderr);
    assert!(
        dry.stderr
            .contains("Gone already: [DIR]/castle/three/.venv"),
        "{}",
        dry.stderr
    );
    let _nobody = naja(&sandbox, "two", &["env", "prune"]).code(2);
    assert_eq!(
        listed(&sandbox, "two", &["--orphans", "--no-size"]).len(),
        2
    );
    let _pruned = naja(&sandbox, "two", &["env", "prune", "-y"]).success();
    let left = listed(&sandbox, "two", &["--no-size"]);
    assert_eq!(left.len(), 1);
    assert!(left[0]["project"].as_str().unwrap().ends_with("/two"));
    let nothing = naja(&sandbox, "two", &["env", "prune"]).success();
    assert!(
        nothing.stderr.contains("nothing to remove"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn what_was_not_used_for_long_is_pruned() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    project(&sandbox, "one");
    project(&sandbox, "two");
    sandbox.write(
        "s.py",
        "# /// script\n# dependencies = [\"harry\"]\n# ///\nprint('ran')\n",
    );
    let _ran = naja(&sandbox, ".", &["run", "s.py"]).success();
    assert_eq!(listed(&sandbox, ".", &["--no-size"]).len(), 2);
    assert_eq!(listed(&sandbox, ".", &["--no-size", "--cached"]).len(), 3);
    let unused = naja(&sandbox, ".", &["env", "prune", "--older", "90d"]).success();
    assert!(
        unused.stderr.contains("nothing to remove"),
        "{}",
        unused.stderr
    );
    // As if it had been used long ago.
    for file in fs::read_dir(registry(&sandbox)).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if !text.contains("/one/") {
            continue;
        }
        let mut entry: Value = serde_json::from_str(&text).unwrap();
        entry["seen"] = 1_000.into();
        fs::write(&path, entry.to_string()).unwrap();
    }
    let pruned = naja(&sandbox, ".", &["env", "prune", "--older", "90d", "-y"]).success();
    assert!(
        pruned.stderr.contains("Removed [DIR]/castle/one/.venv"),
        "{}",
        pruned.stderr
    );
    assert!(sandbox.work().join("two/.venv").exists());
    let all = naja(&sandbox, "two", &["env", "prune", "--older", "0d", "-y"]).success();
    assert!(!sandbox.work().join("two/.venv").exists(), "{}", all.stderr);
    assert_eq!(listed(&sandbox, ".", &["--no-size", "--cached"]).len(), 0);
    let _wrong = naja(&sandbox, ".", &["env", "prune", "--older", "soon"]).code(2);
}

#[test]
fn hostile_entries_are_passed_over() {
    let sandbox = sandbox();
    project(&sandbox, "one");
    sandbox.write("data/precious", "mine");
    let dir = registry(&sandbox);
    let genuine = fs::read_dir(&dir).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&genuine).unwrap();
    let data = sandbox.work().join("data").to_string_lossy().into_owned();
    let elsewhere = text.replace("/one/.venv", "/data");
    for (name, content) in [
        ("a.json", "{"),
        ("b.json", ""),
        ("c.json", &*"[".repeat(60_000)),
        ("d.json", &*"x".repeat(1 << 20)),
        (
            "e.json",
            r#"{"version":1,"root":"relative","project":null,"python":null,"made":0,"seen":0}"#,
        ),
        (
            "f.json",
            r#"{"version":2,"root":"/x","project":null,"python":null,"made":0,"seen":0}"#,
        ),
        // A true entry in a file that is not its own.
        ("0123.json", &*elsewhere),
    ] {
        fs::write(dir.join(name), content).unwrap();
    }
    fs::create_dir(dir.join("g.json")).unwrap();
    symlink("/dev/zero", dir.join("h.json")).unwrap();
    assert_eq!(listed(&sandbox, "one", &["--no-size"]).len(), 1);
    let _pruned = naja(&sandbox, "one", &["env", "prune", "--older", "0d", "-y"]).success();
    assert!(Path::new(&data).join("precious").exists());
    // A registry that cannot be written is no reason to fail.
    fs::remove_dir_all(&dir).unwrap();
    fs::write(&dir, "").unwrap();
    let _made = naja(&sandbox, "data", &["venv", "-q"]).success();
    assert_eq!(listed(&sandbox, "data", &["--no-size"]).len(), 1);
}

#[test]
fn two_at_once_note_one_entry() {
    let sandbox = sandbox();
    project(&sandbox, "one");
    fs::remove_dir_all(registry(&sandbox)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| naja(&sandbox, "one", &["run", "python", "-c", ""]).success());
        }
    });
    let names: Vec<String> = fs::read_dir(registry(&sandbox))
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.len() == 1 && names[0].ends_with(".json"), "{names:?}");
    assert_eq!(listed(&sandbox, "one", &["--no-size"]).len(), 1);
}

#[test]
fn a_file_leads_to_the_environment() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("app/pyproject.toml", "");
    let made = naja(&sandbox, "app", &["venv", "--redirect", "../envs/a b"]).success();
    assert!(made.stderr.contains("../envs/a b"), "{}", made.stderr);
    let text = sandbox.read("app/.venv");
    let root = sandbox.work().join("envs/a b");
    assert_eq!(text, format!("{}\n", root.display()));
    let expected = "[DIR]/castle/envs/a b";
    assert_eq!(prefix(&sandbox, "app", &[]), expected);
    sandbox.write("app/deep/er/file", "");
    assert_eq!(prefix(&sandbox, "app/deep/er", &[]), expected);
    let _installed = naja(&sandbox, "app", &["pip", "install", "-q", "harry==1"]).success();
    assert_eq!(
        naja(&sandbox, "app", &["pip", "freeze"]).success().stdout,
        "harry==1.0\n"
    );
    let found = naja(&sandbox, "app", &["python", "find"]).success().stdout;
    assert_eq!(found, format!("{expected}/bin/python\n"));
    let all = listed(&sandbox, "app", &["--no-size"]);
    assert!(
        all[0]["project"].as_str().unwrap().ends_with("/app"),
        "{all:?}"
    );
    // `naja venv` without a path is about the same place.
    let _refused = naja(&sandbox, "app", &["venv"]).code(2);
    let _cleared = naja(&sandbox, "app", &["venv", "-q", "--clear"]).success();
    assert!(sandbox.work().join("app/.venv").is_file());
    assert_eq!(
        naja(&sandbox, "app", &["pip", "freeze"]).success().stdout,
        ""
    );
    // Removing it by the file removes both.
    let _removed = naja(&sandbox, "app", &["env", "remove", "-y", ".venv"]).success();
    assert!(!root.exists() && !sandbox.work().join("app/.venv").exists());
}

#[test]
fn files_that_lead_nowhere_are_told() {
    let sandbox = sandbox();
    project(&sandbox, "one");
    sandbox.write("app/pyproject.toml", "");
    for (text, leads) in [
        ("../one/.venv", true),
        ("../one/.venv\r\n", true),
        ("other\n", true),
        ("../absent\n", false),
        ("../one\n", false),
        ("../one/.venv\n\n", false),
        ("loop\n", false),
        ("", false),
    ] {
        sandbox.write("app/other", "../one/.venv\n");
        sandbox.write("app/loop", ".venv\n");
        sandbox.write("app/.venv", text);
        let found = naja(&sandbox, "app", &["env", "path"]);
        if leads {
            assert_eq!(
                found.success().stdout,
                "[DIR]/castle/one/.venv\n",
                "{text:?}"
            );
        } else {
            assert!(
                found.code(2).stderr.contains("no virtual environment"),
                "{text:?}"
            );
        }
    }
    for (text, told) in [
        (
            "../absent\n",
            "leads to `[DIR]/castle/absent`, which is no environment",
        ),
        ("a\nb\n", "not one line"),
    ] {
        sandbox.write("app/.venv", text);
        let refused = naja(&sandbox, "app", &["pip", "list"]).code(2);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
    // It would be the environment of another project.
    sandbox.write("app/.venv", "../one/.venv\n");
    let refused = naja(&sandbox, "app", &["env", "remove", "-y", ".venv"]).code(2);
    assert!(
        refused.stderr.contains("another project"),
        "{}",
        refused.stderr
    );
    assert!(sandbox.work().join("one/.venv").exists());
}

#[test]
fn central_storage_is_a_setting() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("app/naja.toml", "environment-storage = \"central\"\n");
    sandbox.write("app/pyproject.toml", "");
    let made = naja(&sandbox, "app", &["venv"]).success();
    let data = "[DIR]/home/.local/share/naja/envs/app-";
    assert!(made.stderr.contains(data), "{}", made.stderr);
    assert!(sandbox.work().join("app/.venv").is_file());
    let root = prefix(&sandbox, "app", &[]);
    assert!(root.starts_with(data), "{root}");
    let _installed = naja(&sandbox, "app", &["pip", "install", "-q", "hedwig==1.0"]).success();
    assert_eq!(
        naja(&sandbox, "app", &["run", "hedwig"]).success().stdout,
        "1.0\n"
    );
    // The file is a signpost for other tools; naja finds the environment without it.
    fs::remove_file(sandbox.work().join("app/.venv")).unwrap();
    sandbox.write("app/src/x.py", "");
    assert_eq!(prefix(&sandbox, "app/src", &[]), root);
    let all = listed(&sandbox, "app", &["--no-size"]);
    assert_eq!(all[0]["kind"], "central");
    assert!(all[0]["project"].as_str().unwrap().ends_with("/app"));
    // With the file, the environment follows a project that moves.
    let _again = naja(&sandbox, "app", &["venv", "-q", "--clear"]).success();
    fs::rename(sandbox.work().join("app"), sandbox.work().join("app2")).unwrap();
    let run = naja(&sandbox, "app2", &["run", "python", "-c", ""]).success();
    assert!(
        run.stderr
            .contains("The project moved from [DIR]/castle/app to"),
        "{}",
        run.stderr
    );
    assert_eq!(prefix(&sandbox, "app2", &[]), root);
    let all = listed(&sandbox, "app2", &["--no-size"]);
    assert!(
        all[0]["project"].as_str().unwrap().ends_with("/app2"),
        "{all:?}"
    );
}

#[test]
fn a_link_can_lead_to_the_environment() {
    let mut sandbox = sandbox();
    sandbox.set("NAJA_ENVIRONMENT_STORAGE", "central");
    sandbox.set("NAJA_ENVIRONMENT_LINK", "symlink");
    sandbox.write("app/pyproject.toml", "");
    let _made = naja(&sandbox, "app", &["venv", "-q"]).success();
    let link = sandbox.work().join("app/.venv");
    assert!(link.is_symlink());
    sandbox.set("NAJA_ENVIRONMENT_STORAGE", "project");
    assert!(prefix(&sandbox, "app", &[]).ends_with("/app/.venv"));
    let _removed = naja(&sandbox, "app", &["env", "remove", "-y", ".venv"]).success();
    assert!(!link.is_symlink());
    sandbox.set("NAJA_ENVIRONMENT_LINK", "none");
    sandbox.set("NAJA_ENVIRONMENT_STORAGE", "central");
    let _made = naja(&sandbox, "app", &["venv", "-q"]).success();
    assert!(link.symlink_metadata().is_err());
}

#[test]
fn the_place_of_the_environment_is_a_setting() {
    let mut sandbox = sandbox();
    sandbox.write(
        "app/pyproject.toml",
        "[tool.naja]\nenvironment-dir = \"build/env\"\n",
    );
    sandbox.write("app/src/x.py", "");
    let _made = naja(&sandbox, "app/src", &["venv", "-q"]).success();
    assert_eq!(sandbox.read("app/.venv"), "build/env\n");
    assert_eq!(prefix(&sandbox, "app", &[]), "[DIR]/castle/app/build/env");
    sandbox.set("UV_PROJECT_ENVIRONMENT", "other");
    let _made = naja(&sandbox, "app", &["venv", "-q"]).success();
    assert_eq!(prefix(&sandbox, "app/src", &[]), "[DIR]/castle/app/other");
    // An environment in the way of the file is not thrown away.
    project(&sandbox, "two");
    let sandbox = crate::sandbox();
    project(&sandbox, "two");
    sandbox.write("two/naja.toml", "environment-dir = \"elsewhere\"\n");
    let refused = naja(&sandbox, "two", &["venv"]).code(2);
    assert!(
        refused.stderr.contains("naja env remove"),
        "{}",
        refused.stderr
    );
    assert!(!sandbox.work().join("two/elsewhere").exists());
}

#[test]
fn a_project_can_have_several_environments() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    project(&sandbox, "app");
    let code = "import importlib.metadata as m; print(m.version('harry'))";
    for (name, version) in [("a", "1.0"), ("b", "3.0")] {
        let _made = naja(&sandbox, "app", &["venv", "-q", "-e", name]).success();
        let wanted = format!("harry=={version}");
        let words = ["pip", "install", "-q", "--environment", name, &wanted];
        let _installed = naja(&sandbox, "app", &words).success();
        let run = naja(&sandbox, "app", &["run", "-e", name, "python", "-c", code]).success();
        assert_eq!(run.stdout, format!("{version}\n"));
    }
    assert!(sandbox.work().join("app/.venv-a/pyvenv.cfg").is_file());
    assert_eq!(
        naja(&sandbox, "app", &["pip", "freeze"]).success().stdout,
        ""
    );
    let all = listed(&sandbox, "app", &["--no-size"]);
    assert_eq!(all.len(), 3);
    for words in [
        &["run", "-e", "c", "python"][..],
        &["pip", "list", "--environment", "c"],
    ] {
        let refused = naja(&sandbox, "app", words).code(2);
        assert!(
            refused.stderr.contains("`naja venv -e c` makes it"),
            "{}",
            refused.stderr
        );
    }
    let _escape = naja(&sandbox, "app", &["venv", "-e", "../x"]).code(2);
    let _removed = naja(&sandbox, "app", &["env", "remove", "-y", "b"]).success();
    assert!(!sandbox.work().join("app/.venv-b").exists());
}

#[test]
fn each_sign_selects_its_environment() {
    let mut sandbox = sandbox();
    for name in ["active", "conda", "near", "named"] {
        let _made = naja(&sandbox, ".", &["venv", "-q", name]).success();
    }
    sandbox.write("app/deep/file", "");
    let near = sandbox.work().join("app/.venv");
    fs::rename(sandbox.work().join("near"), &near).unwrap();
    fs::rename(
        sandbox.work().join("named"),
        sandbox.work().join("app/.venv-named"),
    )
    .unwrap();
    let here = |sandbox: &Sandbox| {
        let found = naja(sandbox, "app/deep", &["python", "find"]).success();
        found
            .stdout
            .trim()
            .trim_end_matches("/bin/python")
            .to_owned()
    };
    assert_eq!(here(&sandbox), "[DIR]/castle/app/.venv");
    let path =
        |sandbox: &Sandbox, name: &str| sandbox.work().join(name).to_string_lossy().into_owned();
    let conda = path(&sandbox, "conda");
    sandbox.set("CONDA_PREFIX", conda);
    assert_eq!(here(&sandbox), "[DIR]/castle/conda");
    let active = path(&sandbox, "active");
    sandbox.set("VIRTUAL_ENV", active);
    assert_eq!(here(&sandbox), "[DIR]/castle/active");
    sandbox.set("NAJA_ENVIRONMENT", "named");
    assert_eq!(here(&sandbox), "[DIR]/castle/app/.venv-named");
    sandbox.set("NAJA_ENVIRONMENT", "");
    // Commands of projects take that of the project, and say so.
    let code = "import sys; print(sys.prefix)";
    let run = naja(&sandbox, "app/deep", &["run", "python", "-c", code]).success();
    assert_eq!(run.stdout, "[DIR]/castle/app/.venv\n");
    assert!(run.stderr.contains("active"), "{}", run.stderr);
    let run = naja(
        &sandbox,
        "app/deep",
        &["run", "--active", "python", "-c", code],
    )
    .success();
    assert_eq!(run.stdout, "[DIR]/castle/active\n");
}
