use naja_testkit::IndexBuilder;

use crate::{sandbox, with_index, with_venv};

#[test]
fn programs_of_the_environment_win() {
    let (mut sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "hedwig==1.0"]).success();
    let other = sandbox.write("global/hedwig", "#!/bin/sh\necho global\n");
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    sandbox.set(
        "PATH",
        format!("{}:{path}", other.parent().unwrap().display()),
    );
    assert_eq!(sandbox.run(["run", "hedwig"]).success().stdout, "1.0\n");
    assert_eq!(
        sandbox
            .run(["run", "--isolated", "hedwig"])
            .success()
            .stdout,
        "global\n"
    );
    let module = sandbox.run(["run", "-m", "hedwig.cli"]).success();
    assert_eq!(module.stdout, "");
}

#[test]
fn the_status_is_the_programs() {
    let (sandbox, _index) = with_venv();
    let _status = sandbox
        .run(["run", "python", "-c", "raise SystemExit(7)"])
        .code(7);
    let output = sandbox.run(["run", "no-such-program"]).code(2);
    assert!(
        output.stderr.contains("no-such-program"),
        "{}",
        output.stderr
    );
    let _nothing = sandbox.run(["run", "missing.py"]).code(2);
}

#[test]
fn signals_reach_the_program() {
    let (sandbox, _index) = with_venv();
    sandbox.write(
        "wait.py",
        "import signal, sys, time\n\
         def end(number, frame):\n    print('got', number, flush=True)\n    sys.exit(9)\n\
         signal.signal(signal.SIGTERM, end)\n\
         open('ready', 'w').close()\n\
         while True:\n    time.sleep(0.01)\n",
    );
    let mut command = sandbox.command();
    command
        .args(["run", "wait.py"])
        .stdout(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let ready = sandbox.work().join("ready");
    while !ready.exists() {
        std::thread::yield_now();
    }
    let mut kill = sandbox.command_of("kill");
    let _sent = sandbox
        .finish(kill.args(["-TERM", &child.id().to_string()]))
        .success();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(9));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "got 15\n");
}

#[test]
fn a_script_has_an_environment_of_its_own() {
    let (sandbox, index) = with_venv();
    sandbox.write(
        "spell.py",
        "#!/usr/bin/env -S naja run --script\n# /// script\n# dependencies = [\"sirius\"]\n# ///\n\
         import sys, harry, sirius\nprint(harry.__version__, sys.argv[1:])\n",
    );
    let output = sandbox.run(["run", "spell.py", "--with", "x"]).success();
    assert_eq!(output.stdout, "3.0 ['--with', 'x']\n");
    index.forget();
    let output = sandbox.run(["run", "spell.py"]).success();
    assert_eq!(output.stdout, "3.0 []\n");
    assert_eq!(output.stderr, "");
    assert_eq!(index.requests(), Vec::<String>::new());
    assert_eq!(crate::frozen(&sandbox), "");
}

#[test]
fn a_script_for_another_python_is_refused() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write(
        "new.py",
        "# /// script\n# requires-python = \">=3.99\"\n# ///\nprint(1)\n",
    );
    let output = sandbox.run(["run", "new.py"]).code(2);
    assert!(output.stderr.contains("3.99"), "{}", output.stderr);
}

#[test]
fn with_brings_something_for_one_run() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "remus"]).success();
    let script = "import harry, remus; print(harry.__version__)";
    let output = sandbox
        .run(["run", "--with", "harry==1.0", "python", "-c", script])
        .success();
    assert_eq!(output.stdout, "1.0\n");
    let _absent = sandbox.run(["run", "python", "-c", "import harry"]).code(1);
}

#[test]
fn variables_come_from_files() {
    let sandbox = sandbox();
    sandbox.write("a.env", "OWL=white\nSPELL=\"lumos ${OWL}\"\n");
    sandbox.write("b.env", "OWL=snow\n");
    let script = "import os; print(os.environ['OWL'], os.environ['SPELL'])";
    let arguments = [
        "run",
        "--env-file",
        "a.env",
        "--env-file",
        "b.env",
        "python",
        "-c",
        script,
    ];
    assert_eq!(
        sandbox.run(arguments).success().stdout,
        "snow lumos white\n"
    );
    let _none = sandbox
        .run(["run", "--env-file", "c.env", "python", "-V"])
        .code(2);
}

#[test]
fn the_environment_of_the_directory_is_the_one() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    for (project, version) in [("stone", "1.0"), ("azk", "3.0")] {
        let venv = format!("{project}/.venv");
        let _made = sandbox.run(["venv", "-q", &venv]).success();
        let wanted = format!("harry=={version}");
        let _installed = sandbox
            .run(["pip", "install", "-p", &venv, &wanted])
            .success();
    }
    let stone = sandbox.work().join("stone/.venv");
    sandbox.set("VIRTUAL_ENV", stone.to_string_lossy());
    let script = "import harry; print(harry.__version__)";
    for (project, version, active) in [
        ("stone", "1.0\n", None),
        ("azk", "3.0\n", None),
        ("azk", "1.0\n", Some("--active")),
    ] {
        let mut words = vec!["--directory", project, "run"];
        words.extend(active);
        words.extend(["python", "-c", script]);
        assert_eq!(
            sandbox.run(words).success().stdout,
            version,
            "{project} {active:?}"
        );
    }
}

#[test]
fn the_program_starts_in_the_directory_that_was_named() {
    let (sandbox, _index) = with_venv();
    sandbox.write("deep/where.py", "import os; print(os.getcwd())\n");
    let output = sandbox
        .run(["--directory", "deep", "run", "where.py"])
        .success();
    assert_eq!(output.stdout, "[DIR]/castle/deep\n");
}

#[test]
fn without_a_cache_the_environment_goes_with_the_program() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let script = "import harry; print(harry.__version__); raise SystemExit(3)";
    let arguments = [
        "run",
        "--no-cache",
        "--with",
        "harry",
        "python",
        "-c",
        script,
    ];
    assert_eq!(sandbox.run(arguments).code(3).stdout, "3.0\n");
    let left = std::fs::read_dir(sandbox.work().parent().unwrap().join("tmp")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn a_script_may_come_from_standard_input() {
    use std::io::Write;
    let (sandbox, _index) = with_venv();
    for (text, expected) in [
        ("import sys; print(sys.argv[1:])\n", "['a']\n"),
        (
            "# /// script\n# dependencies = [\"harry\"]\n# ///\nimport harry; print(harry.__version__)\n",
            "3.0\n",
        ),
    ] {
        let mut command = sandbox.command();
        command.args(["run", "-", "a"]);
        command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
}
