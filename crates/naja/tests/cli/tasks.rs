//! Tasks: `[tool.naja.tasks]`, their order, variables, arguments, freshness and hooks.

use naja_testkit::{Index, IndexBuilder, Output, Sandbox};

use crate::{sandbox, with_index};

const PROJECT: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = []\n";

/// A directory with tasks and no project.
fn with_tasks(tasks: &str) -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("naja.toml", &format!("[tasks]\n{tasks}"));
    sandbox
}

/// A project with more in its manifest, and the index of the scene.
fn project(more: &str) -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", &format!("{PROJECT}{more}"));
    (sandbox, index)
}

fn run(sandbox: &Sandbox, words: &[&str]) -> Output {
    let mut all = vec!["run"];
    all.extend(words);
    sandbox.run(all)
}

#[test]
fn a_task_runs_before_a_program_of_its_name() {
    let (sandbox, _index) = project(
        "[dependency-groups]\ndev = [\"hedwig\"]\n[tool.naja.tasks]\n\
         hedwig = \"echo task\"\nsay = \"hedwig\"\n",
    );
    sandbox.write("say.py", "print('file')\n");
    assert_eq!(run(&sandbox, &["hedwig"]).success().stdout, "task\n");
    assert_eq!(
        run(&sandbox, &["--no-tasks", "hedwig"]).success().stdout,
        "2.0\n"
    );
    // In a command it is the program, and a file is a file.
    assert_eq!(run(&sandbox, &["say"]).success().stdout, "2.0\n");
    assert_eq!(run(&sandbox, &["say.py"]).success().stdout, "file\n");
    let output = run(&sandbox, &["-q", "hedwig", "and", "a b"]).success();
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str()),
        ("task and a b\n", "")
    );
}

#[test]
fn order_and_failures() {
    let sandbox = with_tasks(
        "lint = \"echo lint\"\n\
         test = { cmd = \"echo test\", depends = [\"lint\"] }\n\
         all = { depends = [\"test\", \"lint\"], steps = [\"echo one\", \"test -x\", { cmd = [\"echo\", \"a  b\", \"{args}\"] }] }\n\
         bad = [\"echo before\", \"python3 -c 'raise SystemExit(7)'\", \"echo after\"]\n\
         more = { steps = [\"bad\", \"echo more\"], continue-on-error = true }\n\
         or = \"python3 -c 'raise SystemExit(7)' || echo else && echo end\"\n\
         a = { depends = [\"b\"] }\nb = [\"a\"]\n",
    );
    let output = run(&sandbox, &["all", "x", "y z"]).success();
    assert_eq!(output.stdout, "lint\ntest\none\ntest -x\na  b x y z\n");
    let output = run(&sandbox, &["bad"]).code(7);
    assert_eq!(output.stdout, "before\n");
    assert!(
        output.stderr.contains("failed: bad (status 7)"),
        "{}",
        output.stderr
    );
    assert_eq!(run(&sandbox, &["more"]).code(7).stdout, "before\nmore\n");
    assert_eq!(run(&sandbox, &["or"]).success().stdout, "else\nend\n");
    let output = run(&sandbox, &["a"]).code(2);
    assert!(output.stderr.contains("a -> b -> a"), "{}", output.stderr);
}

#[test]
fn what_is_independent_runs_at_once() {
    // Each waits for the other: one after the other they would never end.
    let meet = |own: &str, other: &str| {
        format!(
            "import os, time; open('{own}', 'w').close()\nwhile not os.path.exists('{other}'): time.sleep(0.01)\nprint('{own} met {other}')"
        )
    };
    let sandbox = sandbox();
    sandbox.write("a.py", &meet("a", "b"));
    sandbox.write("b.py", &meet("b", "a"));
    sandbox.write(
        "naja.toml",
        "[tasks]\none = \"a.py\"\ntwo = \"b.py\"\n\
         both = { depends = [\"one\", \"two\"], parallel = true, cmd = \"echo alone\" }\n",
    );
    let output = run(&sandbox, &["both"]).success();
    let mut lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines.pop(), Some("alone"));
    lines.sort_unstable();
    assert_eq!(lines, ["[one] a met b", "[two] b met a"]);
}

#[test]
fn a_failure_ends_what_runs_beside_it() {
    let sandbox = with_tasks(
        "long = \"python3 -c 'import time; time.sleep(600)'\"\n\
         bad = \"python3 -c 'raise SystemExit(4)'\"\n\
         both = { depends = [\"long\", \"bad\"], parallel = true }\n",
    );
    let output = run(&sandbox, &["both"]).code(4);
    assert!(
        output.stderr.contains("failed: bad (status 4)"),
        "{}",
        output.stderr
    );
    assert!(!output.stderr.contains("failed: long"), "{}", output.stderr);
}

#[test]
fn arguments_and_variables() {
    let sandbox = with_tasks(
        "greet = { cmd = \"echo $name ${loud:+loudly} $level {args}\", args = [\"name\", \
         { name = \"level\", option = \"--level\", default = \"1\", choices = [\"1\", \"2\"], help = \"How much\" }, \
         { name = \"loud\", flag = [\"-l\", \"--loud\"] }], help = \"Say hello\" }\n\
         none = { cmd = \"echo\", args = false }\n\
         vars = { cmd = \"A=1 python3 vars.py\", env = { B = \"${HOUSE}2\", C = { default = \"3\" }, D = false }, env-file = \"task.env\", cwd = \"deep\" }\n\
         shell = { cmd = \"echo $0 $1 | tr a-z A-Z\", shell = true }\n\
         function = { script = \"owl:fly\" }\n\
         glob = \"echo *.txt '*.txt'\"\n\
         [env]\nHOUSE = \"lion\"\nOWN = \"$HOUSE-${OUTER:-none}\"\n",
    );
    sandbox.write("deep/vars.py", "import os\nprint(*(os.environ.get(n) for n in 'A B C D E OWN NAJA_TASK'.split()), os.path.basename(os.getcwd()))\n");
    sandbox.write("task.env", "E=5\n");
    sandbox.write(
        "owl.py",
        "import sys\ndef fly():\n    print('fly', sys.argv)\n    return 3\n",
    );
    sandbox.write("a.txt", "");
    assert_eq!(
        run(&sandbox, &["greet", "harry", "--level=2", "-l", "more"])
            .success()
            .stdout,
        "harry loudly 2 more\n"
    );
    for (words, part) in [
        (&["greet"][..], "`NAME` is missing"),
        (&["greet", "x", "--level", "9"], "`level` cannot be `9`"),
        (&["none", "x"], "it takes no argument `x`"),
    ] {
        let output = run(&sandbox, words).code(2);
        assert!(output.stderr.contains(part), "{}", output.stderr);
    }
    let usage = run(&sandbox, &["greet", "--help"]).success().stdout;
    assert!(
        usage.contains("--level LEVEL  How much [one of: 1, 2] [default: 1]"),
        "{usage}"
    );
    assert_eq!(
        run(&sandbox, &["vars"]).success().stdout,
        "1 lion2 3 None 5 lion-none vars deep\n"
    );
    assert_eq!(run(&sandbox, &["shell", "x"]).success().stdout, "SHELL X\n");
    assert_eq!(
        run(&sandbox, &["function", "a"]).code(3).stdout,
        "fly ['function', 'a']\n"
    );
    assert_eq!(run(&sandbox, &["glob"]).success().stdout, "a.txt *.txt\n");
    // What is run without a task has the project's variables as well.
    let script = "import os; print(os.environ['OWN'])";
    assert_eq!(
        run(&sandbox, &["python3", "-c", script]).success().stdout,
        "lion-none\n"
    );
}

#[test]
fn what_is_fresh_is_skipped() {
    let (sandbox, _index) = project(
        "[tool.naja.tasks]\nmake = { cmd = \"make.py\", inputs = [\"in/*.txt\", \"!in/b.txt\"], outputs = [\"out.txt\"] }\n\
         use = { cmd = \"echo use\", depends = [\"make\"] }\n",
    );
    sandbox.write("in/a.txt", "one");
    sandbox.write("in/b.txt", "other");
    sandbox.write(
        "make.py",
        "import pathlib, sys\ntext = pathlib.Path('in/a.txt').read_text()\n\
         if text == 'bad': sys.exit(5)\npathlib.Path('out.txt').write_text(text)\nprint('made')\n",
    );
    let made = |words: &[&str]| run(&sandbox, words).success().stdout;
    assert_eq!(made(&["make"]), "made\n");
    assert_eq!(made(&["make"]), "");
    assert_eq!(made(&["use"]), "use\n");
    sandbox.write("in/b.txt", "changed");
    assert_eq!(made(&["make"]), "");
    assert_eq!(made(&["--force", "make"]), "made\n");
    sandbox.write("in/a.txt", "two");
    assert_eq!(made(&["make"]), "made\n");
    std::fs::remove_file(sandbox.work().join("out.txt")).unwrap();
    assert_eq!(made(&["make"]), "made\n");
    // What failed is not fresh, even if everything is as it was before.
    sandbox.write("in/a.txt", "bad");
    let _failed = run(&sandbox, &["make"]).code(5);
    sandbox.write("in/a.txt", "two");
    assert_eq!(made(&["make"]), "made\n");
    // Other arguments are another matter.
    assert_eq!(made(&["make", "--fast"]), "made\n");
    let shown = run(&sandbox, &["--dry-run", "make"]).success().stdout;
    assert!(
        shown.contains("make.py") && shown.contains("fresh"),
        "{shown}"
    );
}

#[test]
fn hooks_of_a_sync() {
    let (sandbox, _index) = project(
        "[tool.naja.tasks]\npre-sync = \"echo before\"\npost-sync = [\"python -c 'import hedwig'\", \"echo after\"]\n",
    );
    let manifest = sandbox.read("pyproject.toml").replace("[]", "[\"hedwig\"]");
    sandbox.write("pyproject.toml", &manifest);
    let checked = sandbox.run(["sync", "--dry-run"]).success();
    assert!(!checked.stderr.contains("before"), "{}", checked.stderr);
    let output = sandbox.run(["sync"]).success();
    // The answer of the command stays its own.
    assert_eq!(output.stdout, "");
    assert!(
        output.stderr.starts_with("$ echo before\nbefore\n"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.ends_with("$ echo after\nafter\n"),
        "{}",
        output.stderr
    );
    // Nothing changed: nothing to do after it.
    let output = sandbox.run(["sync"]).success();
    assert!(!output.stderr.contains("after"), "{}", output.stderr);
    let output = sandbox.run(["add", "--no-hooks", "harry"]).success();
    assert!(!output.stderr.contains("after"), "{}", output.stderr);
    sandbox.write(
        "pyproject.toml",
        &manifest.replace("echo after", "python -c 'raise SystemExit(6)'"),
    );
    let output = sandbox.run(["sync"]).code(6);
    assert!(
        output.stderr.contains("the sync itself is done"),
        "{}",
        output.stderr
    );
    let _done = sandbox.run(["sync", "--check"]).success();
    // What a hook calls runs none.
    let naja = env!("CARGO_BIN_EXE_naja");
    let calls = format!("echo $NAJA_HOOK && {naja} pip uninstall hedwig -q && {naja} sync");
    sandbox.write(
        "pyproject.toml",
        &manifest.replace("\"echo after\"", &format!("\"{calls}\"")),
    );
    let _again = sandbox.run(["pip", "uninstall", "hedwig"]).success();
    let output = sandbox.run(["sync"]).success();
    assert_eq!(
        output.stderr.matches("\npost-sync\n").count(),
        1,
        "{}",
        output.stderr
    );
    assert_eq!(
        output.stderr.matches("echo before").count(),
        1,
        "{}",
        output.stderr
    );
    // What is run has to wait for it as well.
    sandbox.write(
        "pyproject.toml",
        &manifest.replace("\"hedwig\"", "\"hedwig<2\""),
    );
    let output = run(&sandbox, &["hedwig"]).success();
    assert_eq!(output.stdout, "1.0\n");
    assert!(output.stderr.contains("after\n"), "{}", output.stderr);
}

#[test]
fn what_a_task_needs_is_synced_for_it() {
    let (sandbox, _index) = project(
        "[dependency-groups]\ndocs = [\"hedwig\"]\n[project.optional-dependencies]\nmagic = [\"harry\"]\n\
         [tool.naja.tasks]\ndocs = { cmd = \"hedwig\", groups = [\"docs\"] }\n\
         magic = { cmd = \"python -c 'import harry'\", extras = [\"magic\"] }\n\
         extra = { cmd = \"python -c 'import sirius, sys; print(sys.prefix)'\", with = [\"sirius\"] }\n\
         bad = { cmd = \"echo\", groups = [\"nowhere\"] }\n",
    );
    let _absent = run(&sandbox, &["hedwig"]).code(2);
    assert_eq!(run(&sandbox, &["docs"]).success().stdout, "2.0\n");
    let _there = run(&sandbox, &["magic"]).success();
    let prefix = run(&sandbox, &["extra"]).success().stdout;
    assert!(!prefix.contains("castle/.venv"), "{prefix}");
    let output = run(&sandbox, &["bad"]).code(2);
    assert!(
        output.stderr.contains("no dependency group `nowhere`"),
        "{}",
        output.stderr
    );
}

#[test]
fn lists_and_hints() {
    let (sandbox, _index) = project(
        "[project.scripts]\nowl = \"castle:main\"\n[tool.naja.tasks]\ntest = { cmd = \"pytest\", help = \"Run the tests\" }\n\
         _secret = \"echo\"\n[tool.pdm.scripts]\nserve = \"http.server\"\n",
    );
    let shown = run(&sandbox, &["--list"]).success().stdout;
    assert_eq!(
        shown,
        "Tasks\n  test  Run the tests\n\nPrograms of the project\n  owl\n"
    );
    let json = run(&sandbox, &["--list", "--json"]).success().stdout;
    for part in [
        "\"name\":\"test\"",
        "\"name\":\"_secret\"",
        "\"hidden\":true",
        "\"owl\"",
    ] {
        assert!(json.contains(part), "{json}");
    }
    assert!(run(&sandbox, &[]).code(2).stdout.contains("Run the tests"));
    let output = run(&sandbox, &["tset-it"]).code(2);
    assert!(
        !output.stderr.contains("did you mean the task"),
        "{}",
        output.stderr
    );
    let output = run(&sandbox, &["tesst"]).code(2);
    assert!(
        output.stderr.contains("did you mean the task `test`?"),
        "{}",
        output.stderr
    );
    let output = run(&sandbox, &["serve"]).code(2);
    assert!(
        output.stderr.contains("[tool.pdm.scripts]"),
        "{}",
        output.stderr
    );
    sandbox.write(
        "pyproject.toml",
        &format!("{PROJECT}[tool.naja.tasks]\ntest = {{ cmd = \"a\", dependz = [] }}\n"),
    );
    let output = run(&sandbox, &["test"]).code(2);
    assert!(
        output.stderr.contains("line 7, column 21"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("did you mean `depends`?"),
        "{}",
        output.stderr
    );
}

#[test]
fn tasks_of_members_and_of_their_workspace() {
    let (sandbox, _index) = project(
        "[tool.naja.workspace]\nmembers = [\"towers/*\"]\n[tool.naja.tasks]\nwhere = \"python -c 'import os; print(os.getcwd())'\"\nroot = \"echo root\"\n",
    );
    for name in ["north", "south"] {
        let own = match name {
            "north" => {
                "[tool.naja.tasks]\nwhere = \"echo north\"\nonly = \"python -c 'raise SystemExit(2)'\"\n"
            }
            _ => "",
        };
        sandbox.write(
            &format!("towers/{name}/pyproject.toml"),
            &format!("{}{own}", PROJECT.replace("castle", name)),
        );
    }
    assert_eq!(run(&sandbox, &["where"]).success().stdout, "[DIR]/castle\n");
    let inside = |dir: &str, words: &[&str]| {
        let mut all = vec!["--directory", dir, "run"];
        all.extend(words);
        sandbox.run(all)
    };
    assert_eq!(
        inside("towers/north", &["where"]).success().stdout,
        "north\n"
    );
    assert_eq!(
        inside("towers/south", &["where"]).success().stdout,
        "[DIR]/castle\n"
    );
    assert_eq!(inside("towers/north", &["root"]).success().stdout, "root\n");
    assert_eq!(
        run(&sandbox, &["--package", "north", "where"])
            .success()
            .stdout,
        "north\n"
    );
    let output = run(&sandbox, &["--each-package", "where"]).success();
    assert_eq!(output.stdout, "[DIR]/castle\nnorth\n[DIR]/castle\n");
    let output = run(&sandbox, &["--each-package", "only"]).code(2);
    let rows: Vec<String> = output
        .stderr
        .lines()
        .rev()
        .take(3)
        .map(|line| {
            line.split_whitespace()
                .take(3)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert!(
        rows[2].starts_with("castle nothing to"),
        "{}",
        output.stderr
    );
    assert!(rows[1].starts_with("north failed (2)"), "{}", output.stderr);
    assert!(rows[0].starts_with("south nothing to"), "{}", output.stderr);
    let script = "import os; print(os.path.basename(os.getcwd()))";
    let output = run(&sandbox, &["--each-package", "python", "-c", script]).success();
    assert_eq!(output.stdout, "castle\nnorth\nsouth\n");
}

#[test]
fn a_signal_ends_every_task() {
    let sandbox = sandbox();
    sandbox.write(
        "wait.py",
        "import signal, sys, time\n\
         def end(number, frame):\n    open('got-' + sys.argv[1], 'a').write(str(number))\n    sys.exit(9)\n\
         signal.signal(signal.SIGTERM, end)\n\
         open('ready-' + sys.argv[1], 'w').close()\n\
         while True:\n    time.sleep(0.01)\n",
    );
    sandbox.write(
        "naja.toml",
        "[tasks]\na = \"wait.py a\"\nb = { cmd = \"python3 wait.py b\", shell = true }\n\
         all = { depends = [\"a\", \"b\"], parallel = true, cmd = \"echo never\" }\n\
         steps = [\"wait.py c\", \"echo never\"]\n",
    );
    for (task, names) in [("all", &["a", "b"][..]), ("steps", &["c"])] {
        let mut command = sandbox.command();
        command
            .args(["run", task])
            .stdout(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        for name in names {
            let ready = sandbox.work().join(format!("ready-{name}"));
            while !ready.exists() {
                std::thread::yield_now();
            }
        }
        let mut kill = sandbox.command_of("kill");
        let _sent = sandbox
            .finish(kill.args(["-TERM", &child.id().to_string()]))
            .success();
        let output = child.wait_with_output().unwrap();
        assert_ne!(output.status.code(), Some(0), "{task}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{task}");
        for name in names {
            assert_eq!(sandbox.read(&format!("got-{name}")), "15", "{name}");
        }
    }
}

#[test]
fn files_of_variables() {
    let (sandbox, _index) = project("[tool.naja]\nenv-file = [\"a.env\", \"gone.env\"]\n");
    sandbox.write("a.env", "OWL=white\nSPELL=lumos\n");
    sandbox.write("b.env", "OWL=snow\n");
    let script = "import os; print(os.environ.get('OWL'), os.environ.get('SPELL'))";
    let python = ["python", "-c", script];
    let with = |words: &[&str]| run(&sandbox, &[words, &python].concat()).success();
    let output = with(&[]);
    assert_eq!(output.stdout, "white lumos\n");
    assert!(output.stderr.contains("gone.env"), "{}", output.stderr);
    assert_eq!(with(&["--env-file", "b.env"]).stdout, "snow lumos\n");
    assert_eq!(with(&["--no-env-file"]).stdout, "None None\n");
    let mut sandbox = sandbox;
    sandbox.set("UV_ENV_FILE", "b.env");
    assert_eq!(run(&sandbox, &python).success().stdout, "snow lumos\n");
    sandbox.set("OWL", "grey");
    assert_eq!(run(&sandbox, &python).success().stdout, "grey lumos\n");
}
