use naja_testkit::{IndexBuilder, find_pythons};

use crate::{sandbox, with_index};

#[test]
fn the_default_is_a_whole_environment() {
    let sandbox = sandbox();
    let output = sandbox.run(["venv"]).success();
    assert!(
        output
            .stderr
            .contains("Creating virtual environment at: .venv"),
        "{}",
        output.stderr
    );
    assert_eq!(sandbox.read(".venv/.gitignore").trim(), "*");
    assert!(sandbox.read(".venv/pyvenv.cfg").contains("home = "));
    let script = "import sys; print(sys.prefix != sys.base_prefix)";
    let mut python = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
    python.args(["-c", script]);
    assert_eq!(sandbox.finish(&mut python).success().stdout, "True\n");
    let site = "import importlib.util; print(importlib.util.find_spec('pip'))";
    let mut python = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
    let found = sandbox.finish(python.args(["-I", "-c", site])).success();
    assert_eq!(found.stdout, "None\n");
}

#[test]
fn what_is_there_is_not_replaced_without_a_word() {
    let sandbox = sandbox();
    let _made = sandbox.run(["venv"]).success();
    sandbox.write(".venv/mine.txt", "mine");
    let output = sandbox.run(["venv"]).code(2);
    assert!(output.stderr.contains("--clear"), "{}", output.stderr);
    assert_eq!(sandbox.read(".venv/mine.txt"), "mine");
    let _kept = sandbox.run(["venv", "--allow-existing"]).success();
    assert_eq!(sandbox.read(".venv/mine.txt"), "mine");
    let _cleared = sandbox.run(["venv", "--clear"]).success();
    assert!(!sandbox.work().join(".venv/mine.txt").exists());
    sandbox.write("data/precious.txt", "mine");
    let _refused = sandbox.run(["venv", "--clear", "data"]).code(2);
    assert_eq!(sandbox.read("data/precious.txt"), "mine");
    let _forced = sandbox
        .run(["venv", "--clear", "--force", "data"])
        .success();
}

#[test]
fn every_interpreter_makes_one() {
    for python in find_pythons() {
        let sandbox = sandbox();
        let program = python.to_string_lossy().into_owned();
        let _made = sandbox.run(["venv", "-q", "-p", &program]).success();
        let version = "import sys; print('%d.%d' % sys.version_info[:2])";
        let mut base = sandbox.command_of(&python);
        base.args(["-I", "-c", version]);
        let mut inside = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
        inside.args(["-I", "-c", version]);
        let expected = sandbox.finish(&mut base).success().stdout;
        assert_eq!(
            sandbox.finish(&mut inside).success().stdout,
            expected,
            "{program}"
        );
    }
}

#[test]
fn a_prompt_and_a_seed_can_be_wanted() {
    let pip = naja_testkit::Wheel::new("pip", "99.0").printing_script();
    let setuptools = naja_testkit::Wheel::new("setuptools", "99.0");
    let wheel = naja_testkit::Wheel::new("wheel", "99.0");
    let builder = IndexBuilder::default()
        .wheel(&pip)
        .wheel(&setuptools)
        .wheel(&wheel);
    let (sandbox, _index) = with_index(builder);
    let _made = sandbox
        .run(["venv", "--seed", "--prompt", "magic"])
        .success();
    assert!(
        sandbox
            .read(".venv/pyvenv.cfg")
            .contains("prompt = magic\n")
    );
    let mut command = sandbox.command_of(sandbox.work().join(".venv/bin/pip"));
    assert_eq!(sandbox.finish(&mut command).success().stdout, "99.0\n");
}

#[test]
fn paths_that_cannot_work_are_refused() {
    let sandbox = sandbox();
    for path in ["a:b", "a\nb"] {
        let output = sandbox.run(["venv", path]).code(2);
        assert!(
            output.stderr.contains("could not create"),
            "{}",
            output.stderr
        );
    }
    assert_eq!(std::fs::read_dir(sandbox.work()).unwrap().count(), 0);
    let _made = sandbox.run(["venv", "it's $HOME `here` \"ü\""]).success();
}

#[test]
fn a_python_that_is_not_there_is_an_error() {
    let sandbox = sandbox();
    let output = sandbox.run(["venv", "-p", "3.99"]).code(2);
    assert!(output.stderr.contains("3.99"), "{}", output.stderr);
    let output = sandbox.run(["pip", "list"]).code(2);
    assert!(output.stderr.contains("naja venv"), "{}", output.stderr);
}

#[test]
fn broken_pythons_on_the_path_are_passed_over() {
    let mut sandbox = sandbox();
    let broken = sandbox.write("bin/python3", "#!/bin/sh\nexit 127\n");
    std::fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let bin = broken.parent().unwrap().to_string_lossy().into_owned();
    let path = std::env::var("PATH").unwrap();
    sandbox.set("PATH", format!("{bin}:{path}"));
    let _made = sandbox.run(["venv", "-q"]).success();
    let found = sandbox.run(["python", "find", "--system"]).success();
    assert!(!found.stdout.contains("[DIR]"), "{}", found.stdout);
    let listed = sandbox.run(["python", "list"]).success();
    assert!(listed.stdout.contains("cpython-3."), "{}", listed.stdout);
    assert!(listed.stderr.is_empty(), "{}", listed.stderr);
}

#[test]
fn find_passes_a_broken_environment_over_unless_it_is_active() {
    let mut sandbox = crate::sandbox();
    let config = sandbox.write(".venv/pyvenv.cfg", "home = /nowhere/bin\n");
    let found = sandbox.run(["python", "find", "3"]).success();
    assert!(
        found.stderr.contains("is broken and passed over"),
        "{}",
        found.stderr
    );
    assert!(!found.stdout.contains(".venv"), "{}", found.stdout);
    let root = config.parent().unwrap().to_string_lossy().into_owned();
    sandbox.set("VIRTUAL_ENV", root);
    let _refused = sandbox.run(["python", "find", "3"]).code(2);
}
