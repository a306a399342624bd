//! `naja status`: everything it tells, without starting a Python.

use std::os::unix::fs::PermissionsExt as _;

use naja_testkit::{IndexBuilder, Sandbox};
use serde_json::Value;

use crate::{sandbox, with_index};

fn status(sandbox: &Sandbox, words: &[&str]) -> Value {
    let all = words.iter().chain(["status", "--json"].iter());
    let output = sandbox.run(all).success();
    serde_json::from_str(&output.stdout).unwrap()
}

/// A sandbox with an environment and a `PATH` of which every entry is known.
fn known() -> (Sandbox, naja_testkit::Index) {
    let (mut sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"gryffindor\"\nversion = \"1\"\n",
    );
    let _made = sandbox.run(["venv", "-q", "--prompt", "gold"]).success();
    let _installed = sandbox.run(["pip", "install", "-q", "hedwig"]).success();
    for name in ["python3", "pip"] {
        let path = sandbox.write(&format!("system/{name}"), "#!/bin/sh\n");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let system = sandbox.work().join("system");
    sandbox.set("PATH", format!("/nowhere:{}", system.display()));
    sandbox.set("SHELL", "/usr/bin/fish");
    (sandbox, index)
}

fn activate(sandbox: &mut Sandbox, before: &str) {
    let root = sandbox.work().join(".venv");
    let system = sandbox.work().join("system");
    let path = format!("{before}{}/bin:{}", root.display(), system.display());
    sandbox.set("PATH", path);
    sandbox.set("VIRTUAL_ENV", root.to_string_lossy());
}

#[test]
fn an_environment_that_is_not_active() {
    let (sandbox, _index) = known();
    let told = status(&sandbox, &[]);
    assert_eq!(told["project"]["name"], "gryffindor");
    let env = &told["environment"];
    assert_eq!(env["active"], false);
    assert_eq!(env["found_by"], "directory");
    assert_eq!(env["prompt"], "gold");
    assert_eq!(env["maker"]["tool"], "naja");
    assert_eq!(env["packages"]["count"], 1);
    assert_eq!(env["base"]["state"], "found");
    assert_eq!(env["works"], true);
    assert!(
        env["python"]
            .as_str()
            .unwrap()
            .ends_with("/castle/.venv/bin/python")
    );
    assert_eq!(told["active"], Value::Null);
    assert_eq!(told["search"]["environment_at"], Value::Null);
    assert_eq!(told["search"]["programs"][0]["path"], Value::Null);
    assert_eq!(told["search"]["programs"][1]["role"]["of"], "other");
    assert_eq!(told["ask_the_shell"], "type -a python pip");
    let text = sandbox.run(["status"]).success().stdout;
    for line in [
        "project       gryffindor",
        "environment   .venv, not active",
        "packages      1",
        "lock          none yet",
        "  python      nothing of that name",
        "  python3     system/python3",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(
        text.contains("-  .venv/bin the environment, not on PATH"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn an_active_environment_and_what_comes_before_it() {
    let (mut sandbox, _index) = known();
    activate(&mut sandbox, "");
    let told = status(&sandbox, &[]);
    assert_eq!(told["environment"]["active"], true);
    assert_eq!(told["search"]["environment_at"], 1);
    assert_eq!(told["search"]["programs"][0]["role"]["of"], "environment");
    let hidden = told["search"]["programs"][1]["hides"].as_array().unwrap();
    assert_eq!(hidden.len(), 1);
    let text = sandbox.run(["status"]).success().stdout;
    // In a long directory there is room for the short word only.
    assert!(
        text.contains("this environment") || text.contains("this one"),
        "{text}"
    );
    let system = sandbox.work().join("system");
    activate(&mut sandbox, &format!("{}:", system.display()));
    let told = status(&sandbox, &[]);
    assert_eq!(told["search"]["environment_at"], 2);
    let directories = told["search"]["directories"].as_array().unwrap();
    assert_eq!(
        directories[0]["marks"],
        serde_json::json!(["none", "runs", "runs"])
    );
    assert_eq!(directories[1]["marks"][1], "hidden");
    // The same directory again finds nothing new.
    assert_eq!(directories[2]["role"]["of"], "repeated");
}

#[test]
fn another_projects_environment_is_active() {
    let (mut sandbox, _index) = known();
    let _made = sandbox.run(["venv", "-q", "azk/.venv"]).success();
    activate(&mut sandbox, "");
    sandbox.write("stone/pyproject.toml", "[project]\nname = \"stone\"\n");
    let told = status(&sandbox, &["--directory", "azk"]);
    assert_eq!(told["foreign"]["owner"]["name"], "gryffindor");
    assert_eq!(told["foreign"]["here"]["name"], "azk");
    assert_ne!(told["pip_changes"], told["run_uses"]);
    let text = sandbox
        .run(["--directory", "azk", "status"])
        .success()
        .stdout;
    assert!(text.contains("another one is"), "{text}");
    assert!(
        text.contains("belongs to another project, gryffindor"),
        "{text}"
    );
    assert!(
        text.contains("another environment") || text.contains("another one"),
        "{text}"
    );
    // A project below, which has none of its own, may use it.
    let told = status(&sandbox, &["--directory", "stone"]);
    assert_eq!(told["foreign"], Value::Null);
}

#[test]
fn nothing_is_there() {
    let mut sandbox = sandbox();
    sandbox.set("VIRTUAL_ENV", "/nowhere/.venv");
    let text = sandbox.run(["status"]).success().stdout;
    assert!(text.contains("/nowhere/.venv, which is gone"), "{text}");
    assert!(text.contains("environment   none"), "{text}");
    sandbox.set("VIRTUAL_ENV", "");
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let text = sandbox.run(["status"]).success().stdout;
    assert!(text.contains("There is one in other"), "{text}");
    let text = sandbox.run(["status", "-p", "other"]).success().stdout;
    assert!(text.contains("environment   other"), "{text}");
    std::fs::remove_dir_all(sandbox.work().join("other")).unwrap();
    sandbox.set("PYTHONPATH", "/somewhere");
    let text = sandbox.run(["status"]).success().stdout;
    assert!(text.contains("`naja venv` makes one"), "{text}");
    assert!(text.contains("PYTHONPATH=/somewhere"), "{text}");
    let _none = sandbox.run(["status", "-p", "nowhere"]).code(2);
    assert!(status(&sandbox, &[])["environment"].is_null());
}

#[test]
fn locks_fit_or_not() {
    let (sandbox, _index) = known();
    let lock = || status(&sandbox, &[])["lock"].clone();
    sandbox.write("requirements.txt", "hedwig>=1\n");
    assert_eq!(lock()["kind"], "loose");
    sandbox.write("requirements.in", "hedwig\n");
    sandbox.write("requirements.txt", "hedwig==2.0\n");
    assert_eq!(lock()["state"]["is"], "fresh");
    sandbox.write("requirements.in", "hedwig<2\n");
    let stale = lock();
    assert_eq!(
        stale["state"]["why"][0],
        "hedwig<2 is asked for, and it has 2.0"
    );
    let text = sandbox.run(["status"]).success().stdout;
    assert!(
        text.contains("does not fit requirements.in any more"),
        "{text}"
    );
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"gryffindor\"\nversion = \"1\"\ndependencies = [\"hedwig\"]\n",
    );
    let _locked = sandbox
        .run([
            "pip",
            "compile",
            "-q",
            "pyproject.toml",
            "-o",
            "pylock.toml",
        ])
        .success();
    let fresh = lock();
    assert_eq!(
        (&fresh["kind"], &fresh["state"]["is"]),
        (&"pylock".into(), &"fresh".into())
    );
}

#[test]
fn eighty_columns_with_and_without_colours() {
    let (mut sandbox, _index) = known();
    activate(&mut sandbox, "");
    let plain = sandbox.run(["status"]).success().stdout;
    for line in plain.lines() {
        let is_path = line.contains("[DIR]");
        assert!(is_path || line.chars().count() <= 80, "{line}");
    }
    let coloured = sandbox
        .run(["status", "--color", "always"])
        .success()
        .stdout;
    assert!(coloured.contains('\u{1b}'), "{coloured}");
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped, plain);
}

#[test]
fn no_python_is_started() {
    let (sandbox, _index) = known();
    // A cache that knows nothing, and a Python that would tell.
    let program = sandbox.write("base/bin/python3", "#!/bin/sh\ntouch \"$0.ran\"\nexit 1\n");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let home = program.parent().unwrap().display().to_string();
    sandbox.write(
        ".venv/pyvenv.cfg",
        &format!("home = {home}\nversion = 3.12.1\n"),
    );
    for name in ["python", "python3"] {
        let link = sandbox.work().join(".venv/bin").join(name);
        let _there = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(&program, &link).unwrap();
    }
    std::fs::remove_dir_all(sandbox.cache()).unwrap();
    let told = status(&sandbox, &[]);
    assert_eq!(told["environment"]["version"], "3.12.1");
    assert!(
        !program.with_extension("ran").exists()
            && !sandbox.work().join("base/bin/python3.ran").exists()
    );
    assert!(!sandbox.cache().exists());
}
