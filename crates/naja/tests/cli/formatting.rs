//! `naja format` and `naja check`.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel, find_pythons};

use crate::{skipped, with_index};

/// Prints its version and how it was called; `--check` finds fault with files named `bad.py`.
const PROGRAM: &str = "import os, sys\nfrom . import __version__\n\n\
    def main():\n    \
    print(__version__, *sys.argv[1:])\n    \
    print('in', os.path.basename(os.getcwd()))\n    \
    print('at', os.path.basename(os.environ.get('VIRTUAL_ENV', '')))\n    \
    return 1 if '--check' in sys.argv and os.path.exists('bad.py') else 0\n";

pub(crate) fn tool(name: &str, version: &str) -> Wheel {
    Wheel::new(name, version)
        .file(&format!("{name}/cli.py"), PROGRAM)
        .console_script(name, &format!("{name}.cli:main"))
}

/// A project in `castle` that has ruff 1.0 in a group, with a directory `castle/inside`.
fn project() -> Option<(Sandbox, Index)> {
    if find_pythons().is_empty() {
        skipped("there is no Python");
        return None;
    }
    let tools = [
        ("ruff", "1.0"),
        ("ruff", "2.0"),
        ("ty", "0.0.1"),
        ("ty", "0.0.2"),
    ];
    let builder = tools
        .iter()
        .fold(IndexBuilder::harry(), |builder, (name, version)| {
            builder.wheel(&tool(name, version))
        });
    let (sandbox, index) = with_index(builder);
    sandbox.write(
        "castle/pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
         dependencies = [\"harry\"]\n[dependency-groups]\nlint = [\"ruff<2\"]\n",
    );
    sandbox.write("castle/inside/x.py", "");
    Some((sandbox, index))
}

/// What ruff says of a call, without the line about its environment.
fn format(sandbox: &Sandbox, dir: &str, words: &[&str]) -> (String, i32) {
    let mut command = sandbox.command();
    command.arg("format").args(words);
    command.current_dir(sandbox.work().join(dir));
    let output = sandbox.finish(&mut command);
    let said: Vec<&str> = output
        .stdout
        .lines()
        .filter(|line| !line.starts_with("at "))
        .collect();
    assert!(!said.is_empty(), "{}", output.stderr);
    (said.join("; "), output.status)
}

#[test]
fn format_hands_its_arguments_on() {
    let Some((sandbox, index)) = project() else {
        return;
    };
    let _locked = sandbox.run(["lock", "-q", "--project", "castle"]).success();
    // In the directory of the project, with the version of the lock.
    let said = |text: &str, status: i32| (text.to_owned(), status);
    assert_eq!(
        format(&sandbox, "castle/inside", &[]),
        said("1.0 format; in castle", 0)
    );
    assert_eq!(
        format(&sandbox, "castle", &["--diff", "--", "--line-length", "90"]),
        said("1.0 format --diff --line-length 90; in castle", 0)
    );
    assert_eq!(format(&sandbox, "castle", &["--check"]).1, 0);
    sandbox.write("castle/bad.py", "");
    assert_eq!(
        format(&sandbox, "castle", &["--check"]),
        said("1.0 format --check; in castle", 1)
    );
    // Nothing of the project was made for that.
    assert!(!sandbox.work().join("castle/.venv").exists());
    // Once it is there, no index is asked.
    index.forget();
    assert_eq!(format(&sandbox, "castle", &["--offline"]).1, 0);
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn the_version_of_the_formatter() {
    let Some((sandbox, _index)) = project() else {
        return;
    };
    let version = |dir: &str, words: &[&str]| {
        let (said, status) = format(&sandbox, dir, words);
        assert_eq!(status, 0, "{said}");
        said
    };
    // Nothing is locked yet.
    assert_eq!(version("castle", &[]), "2.0 format; in castle");
    let _locked = sandbox.run(["lock", "-q", "--project", "castle"]).success();
    assert_eq!(version("castle", &[]), "1.0 format; in castle");
    assert_eq!(
        version("castle", &["--version", "2.0"]),
        "2.0 format; in castle"
    );
    assert_eq!(
        version("castle", &["--version", "<2"]),
        "1.0 format; in castle"
    );
    assert_eq!(
        version("castle", &["--version=latest"]),
        "2.0 format; in castle"
    );
    assert_eq!(
        version("castle/inside", &["--no-project"]),
        "2.0 format; in inside"
    );
    // Outside of a project: the directory.
    sandbox.write("plain/x.py", "");
    assert_eq!(version("plain", &[]), "2.0 format; in plain");

    let output = sandbox.run(["format", "--version", "tomorrow"]).code(2);
    assert!(
        output.stderr.contains("`tomorrow` is no version of ruff"),
        "{}",
        output.stderr
    );
    let output = sandbox.run(["format", "--version", "9.9"]).code(1);
    assert!(output.stderr.contains("ruff==9.9"), "{}", output.stderr);
}

#[test]
fn check_looks_at_the_environment_of_the_project() {
    let Some((sandbox, _index)) = project() else {
        return;
    };
    let check = |words: &[&str]| {
        let mut command = sandbox.command();
        command.arg("check").args(words);
        command.current_dir(sandbox.work().join("castle/inside"));
        sandbox.finish(&mut command)
    };
    let output = check(&["--fix", "--", "x.py"]).success();
    assert_eq!(
        output.stdout,
        "0.0.2 check --fix x.py\nin castle\nat .venv\n"
    );
    let site = sandbox.site_packages("castle/.venv");
    assert!(site.join("harry").is_dir() && !site.join("ty").exists());
    let output = check(&["--ty-version", "0.0.1", "--only-group", "lint"]).success();
    assert_eq!(output.stdout, "0.0.1 check\nin castle\nat .venv\n");
    // Its own environment goes with it.
    let output = check(&["--isolated"]).success();
    let at = output.stdout.lines().last().unwrap();
    assert!(at.starts_with("at naja-isolated-"), "{at}");
    let root = std::env::temp_dir().join(at.trim_start_matches("at "));
    assert!(!root.exists(), "{}", root.display());
    let output = check(&["--locked", "--frozen"]).code(2);
    assert!(output.stderr.contains("--frozen"), "{}", output.stderr);
}

#[test]
fn check_of_a_project_passes_over_scripts_with_metadata_of_their_own() {
    let Some((sandbox, _index)) = project() else {
        return;
    };
    let workspace = "[tool.naja.workspace]\nmembers = [\"tower\"]\n";
    let manifest = sandbox.read("castle/pyproject.toml") + workspace;
    sandbox.write("castle/pyproject.toml", &manifest);
    let tower = "[project]\nname = \"tower\"\nversion = \"1\"\nrequires-python = \">=3.8\"\n";
    sandbox.write("castle/tower/pyproject.toml", tower);
    let script = "# /// script\n# dependencies = []\n# ///\n";
    sandbox.write("castle/tower/bell.py", script);
    sandbox.write("castle/inside/spell.py", script);
    let check = |words: &[&str]| {
        let mut command = sandbox.command();
        command.arg("check").args(words);
        command.current_dir(sandbox.work().join("castle"));
        let output = sandbox.finish(&mut command).success();
        let said: Vec<&str> = output.stdout.lines().take(2).collect();
        said.join("; ")
    };
    let apart = "--exclude inside/spell.py";
    assert_eq!(
        check(&["--fix"]),
        format!("0.0.2 check {apart} --exclude tower --fix; in castle")
    );
    assert_eq!(
        check(&["--all-packages"]),
        format!("0.0.2 check {apart} --exclude tower/bell.py; in castle")
    );
    assert_eq!(
        check(&["--package", "tower"]),
        "0.0.2 check --exclude bell.py; in tower"
    );
    // One that came since the last run counts, although nothing else has to be done.
    sandbox.write("castle/inside/late.py", script);
    assert_eq!(
        check(&["--fix"]),
        format!("0.0.2 check --exclude inside/late.py {apart} --exclude tower --fix; in castle")
    );
    assert_eq!(check(&["--no-project"]), "0.0.2 check; in castle");
}

#[test]
fn check_of_a_script_looks_at_what_the_script_asks_for() {
    let Some((sandbox, index)) = project() else {
        return;
    };
    let script = "# /// script\n# dependencies = [\"hedwig<2\"]\n# ///\nimport hedwig\n";
    sandbox.write("castle/tools/spell.py", script);
    sandbox.write("castle/tools/plain.py", "import hedwig\n");
    let check = |words: &[&str]| {
        let mut command = sandbox.command();
        command.args(["check", "--script"]).args(words);
        command.current_dir(sandbox.work().join("castle"));
        sandbox.finish(&mut command)
    };
    let made = |output: &str| {
        let name = output.lines().last().unwrap().trim_start_matches("at ");
        let root = format!("environments/{name}");
        let root = sandbox.cache().join("v1").join(root);
        assert!(name.starts_with("spell-"), "{output}");
        let lib = std::fs::read_dir(root.join("lib")).unwrap().next();
        lib.unwrap().unwrap().path().join("site-packages")
    };
    let output = check(&["tools/spell.py", "--fix", "--", "--color", "never"]).success();
    let said: Vec<&str> = output.stdout.lines().take(2).collect();
    assert_eq!(
        said,
        ["0.0.2 check --fix --color never -- spell.py", "in tools"]
    );
    let site = made(&output.stdout);
    assert!(site.join("hedwig").is_dir() && !site.join("ty").exists());
    assert!(site.join("hedwig-1.0.dist-info").is_dir());
    assert!(!sandbox.work().join("castle/.venv").exists());
    // What is locked for the script counts.
    sandbox.write("castle/tools/spell.py", &script.replace("<2", ""));
    let _locked = sandbox
        .run(["lock", "-q", "--script", "castle/tools/spell.py"])
        .success();
    let lock = sandbox.read("castle/tools/spell.py.lock");
    let output = check(&["tools/spell.py", "--locked"]).success();
    assert!(made(&output.stdout).join("hedwig-2.0.dist-info").is_dir());
    assert_eq!(sandbox.read("castle/tools/spell.py.lock"), lock);
    // Once it is there, no index is asked.
    index.forget();
    let _again = check(&["tools/spell.py", "--offline"]).success();
    assert_eq!(index.requests(), Vec::<String>::new());
    for (words, says) in [
        (&["tools/plain.py"][..], "has no metadata"),
        (&["tools/gone.py"], "there is no script"),
        (&["tools/spell.py", "--package", "castle"], "--package"),
        (&["tools/spell.py", "--group", "lint"], "--group"),
        (&["tools/spell.py", "--no-project"], "--no-project"),
    ] {
        let output = check(words).code(2);
        assert!(output.stderr.contains(says), "{words:?}: {}", output.stderr);
    }
    let output = check(&["tools/spell.py", "--no-sync"]).success();
    assert!(
        output.stderr.contains("`--no-sync` changes nothing"),
        "{}",
        output.stderr
    );
}
