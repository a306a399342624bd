//! `naja run` in a project: each flag, and the matrix.

use naja_testkit::{Index, IndexBuilder, Output, Sandbox, find_pythons};

use crate::{skipped, with_index};

const PROJECT: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = [\"harry\"]\n\
    [project.optional-dependencies]\nmagic = [\"remus\"]\n[dependency-groups]\ndev = [\"hedwig\"]\n";

/// Prints the root of the environment, and which of the packages are there.
const LOOK: &str = "import importlib.util as u, os, sys\n\
    names = ['harry', 'hedwig', 'remus', 'sirius']\n\
    print(os.path.basename(sys.prefix), *(n for n in names if u.find_spec(n)))";

fn project() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", PROJECT);
    (sandbox, index)
}

fn run(sandbox: &Sandbox, words: &[&str]) -> Output {
    let mut all = vec!["run"];
    all.extend(words);
    sandbox.run(all)
}

#[test]
fn flags_of_projects() {
    let (sandbox, _index) = project();
    sandbox.write("look.py", LOOK);
    sandbox.write("inside/look.py", LOOK);
    for (words, expected) in [
        (&["look.py"][..], ".venv harry hedwig\n"),
        (&["python", "look.py"], ".venv harry hedwig\n"),
        (&["-m", "look"], ".venv harry hedwig\n"),
        (&["--script", "look.py"], ".venv harry hedwig\n"),
        // What is there stays, unless exactly this is asked for.
        (
            &["--extra", "magic", "look.py"],
            ".venv harry hedwig remus\n",
        ),
        (&["look.py"], ".venv harry hedwig remus\n"),
        (&["--exact", "--no-dev", "look.py"], ".venv harry\n"),
        (&["--no-sync", "look.py"], ".venv harry\n"),
        (
            &["--all-extras", "--exact", "look.py"],
            ".venv harry hedwig remus\n",
        ),
        (
            &["--only-group", "dev", "--exact", "look.py"],
            ".venv hedwig\n",
        ),
        (&["--no-project", "look.py"], ".venv hedwig\n"),
        (&["--frozen", "look.py"], ".venv harry hedwig\n"),
    ] {
        let output = run(&sandbox, words).success();
        assert_eq!(output.stdout, expected, "{words:?}");
    }
    // More for one run: packages and programs of the project stay visible.
    let output = run(&sandbox, &["--with", "sirius", "look.py"]).success();
    assert!(
        output.stdout.ends_with(" harry hedwig sirius\n"),
        "{}",
        output.stdout
    );
    assert!(!output.stdout.starts_with(".venv "), "{}", output.stdout);
    assert_eq!(
        run(&sandbox, &["--with", "sirius", "hedwig"])
            .success()
            .stdout,
        "2.0\n"
    );
    // A file belongs to the project it lies in.
    let elsewhere = sandbox.work().parent().unwrap().join("home");
    let mut command = sandbox.command();
    let path = sandbox.work().join("look.py");
    command.current_dir(elsewhere).args(["run"]).arg(path);
    assert_eq!(
        sandbox.finish(&mut command).success().stdout,
        ".venv harry hedwig\n"
    );
    let manifest = PROJECT.replace("\"harry\"", "\"harry\", \"sirius\"");
    sandbox.write("pyproject.toml", &manifest);
    let _stale = run(&sandbox, &["--locked", "look.py"]).code(1);
    assert_eq!(
        run(&sandbox, &["--frozen", "look.py"]).success().stdout,
        ".venv harry hedwig\n"
    );
    for words in [
        &["--package", "moat", "look.py"][..],
        &["--extra", "nothing", "look.py"],
        &["--env-file", "gone.env", "look.py"],
    ] {
        let _refused = run(&sandbox, words).code(2);
    }
}

#[test]
fn an_isolated_run_leaves_nothing() {
    let (sandbox, _index) = project();
    sandbox.write("look.py", LOOK);
    let output = run(&sandbox, &["--isolated", "look.py"]).success();
    assert!(
        output.stdout.starts_with("naja-isolated-"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.ends_with(" harry hedwig\n"),
        "{}",
        output.stdout
    );
    assert!(!sandbox.work().join(".venv").exists());
    assert!(sandbox.work().join("pylock.toml").exists());
    let temporary = sandbox.work().parent().unwrap().join("tmp");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    let listed = sandbox.run(["env", "list", "--json"]).success().stdout;
    assert!(!listed.contains("isolated"), "{listed}");
    let script = "raise SystemExit(3)";
    let _status = run(&sandbox, &["--isolated", "python", "-c", script]).code(3);
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    let with = run(&sandbox, &["--isolated", "--with", "sirius", "look.py"]).success();
    assert!(
        with.stdout.ends_with(" harry hedwig sirius\n"),
        "{}",
        with.stdout
    );
}

#[test]
fn the_active_environment_where_it_is_asked_for() {
    let (mut sandbox, _index) = project();
    sandbox.write("look.py", LOOK);
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let other = sandbox.work().join("other");
    sandbox.set("VIRTUAL_ENV", other.to_string_lossy());
    let output = run(&sandbox, &["look.py"]).success();
    assert_eq!(output.stdout, ".venv harry hedwig\n");
    assert!(output.stderr.contains("--active"), "{}", output.stderr);
    let output = run(&sandbox, &["--active", "look.py"]).success();
    assert_eq!(output.stdout, "other harry hedwig\n");
}

/// Two minor versions of Python that are there.
fn two_pythons() -> Option<[String; 2]> {
    let mut found: Vec<String> = Vec::new();
    for python in find_pythons() {
        let text = python.to_string_lossy().into_owned();
        let version = text.split('/').find(|part| part.starts_with("3."));
        let Some(version) = version else { continue };
        let short: Vec<&str> = version.split('.').take(2).collect();
        let short = short.join(".");
        let old = ["3.6", "3.7"].contains(&short.as_str());
        if !old && !found.contains(&short) {
            found.push(short);
        }
    }
    found.truncate(2);
    found.try_into().ok()
}

#[test]
fn a_matrix_has_an_environment_for_each_of_its_variants() {
    let Some([new, old]) = two_pythons() else {
        skipped("a matrix needs two Pythons");
        return;
    };
    let (sandbox, index) = project();
    let script = "import sys, importlib.util as u; print('%d.%d' % sys.version_info[:2], bool(u.find_spec('remus'))); sys.exit(3 if u.find_spec('remus') else 0)";
    let axis = format!("py={new},{old}");
    let words = [
        "--matrix",
        &axis,
        "--matrix",
        "extra=,magic",
        "python",
        "-c",
        script,
    ];
    let output = run(&sandbox, &words).code(3);
    let expected = format!("{new} False\n{new} True\n{old} False\n{old} True\n");
    assert_eq!(output.stdout, expected);
    let tail: Vec<String> = output
        .stderr
        .lines()
        .rev()
        .take(5)
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words[..words.len() - 1].join(" ")
        })
        .collect();
    assert_eq!(tail[4], "py extra result");
    assert_eq!(tail[3], format!("{new} - ok"));
    assert_eq!(tail[0], format!("{old} magic failed (3)"));
    assert!(!sandbox.work().join(".venv").exists());
    // They are kept, and nothing is asked for again.
    index.forget();
    let again = run(&sandbox, &[&["--parallel"][..], &words].concat()).code(3);
    let mut lines: Vec<&str> = again.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].starts_with("[py=") && lines[0].contains("extra="),
        "{lines:?}"
    );
    assert_eq!(index.requests(), Vec::<String>::new());
    // A Python that is not there fails its variant only.
    let axis = format!("py={new},3.99");
    let output = run(&sandbox, &["--matrix", &axis, "python", "-V"]).code(2);
    assert!(output.stderr.contains("not run (2)"), "{}", output.stderr);
    assert!(
        output.stdout.contains(&format!("Python {new}")),
        "{}",
        output.stdout
    );
    let output = run(&sandbox, &["--matrix", "owl=1", "python"]).code(2);
    assert!(
        output.stderr.contains("`py`, `extra`, `group`, `with`"),
        "{}",
        output.stderr
    );
    // A task can say it, too.
    let manifest = format!(
        "{PROJECT}[tool.naja.tasks]\nshow = {{ cmd = \"echo $HOUSE\", matrix = {{ HOUSE = [\"lion\", \"snake\"] }} }}\n"
    );
    sandbox.write("pyproject.toml", &manifest);
    assert_eq!(run(&sandbox, &["show"]).success().stdout, "lion\nsnake\n");
    let script = "import os; print(os.environ['HOUSE'])";
    let words = ["--matrix", "HOUSE=lion,snake", "python", "-c", script];
    assert_eq!(run(&sandbox, &words).success().stdout, "lion\nsnake\n");
}

#[test]
fn what_is_missing_is_added_to_the_project() {
    let (sandbox, _index) = project();
    let hint = |words: &[&str]| run(&sandbox, words).code(2).stderr;
    let said = hint(&["nosuch"]);
    assert!(said.contains("`naja add nosuch`"), "{said}");
    let said = hint(&["--no-project", "nosuch"]);
    assert!(!said.contains("naja add"), "{said}");
}
