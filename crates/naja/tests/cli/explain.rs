//! `naja explain`, and `--explain`.

use crate::{sandbox, with_venv};

const TOPICS: [&str; 11] = [
    "venv",
    "harry",
    "activate",
    "path",
    "env-vars",
    "install",
    "requirements",
    "lock",
    "index",
    "where",
    "wrong-python",
];

/// A text without its line ends.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_topic_is_short_and_needs_no_network() {
    let (mut sandbox, index) = with_venv();
    sandbox.set("SHELL", "/bin/bash");
    index.forget();
    let list = sandbox.run(["explain"]).success().stdout;
    for topic in TOPICS {
        assert!(list.contains(&format!("\n  {topic}")), "{topic}: {list}");
        let text = sandbox.run(["explain", topic]).success().stdout;
        let count = text.lines().count();
        assert!(
            (8..=40).contains(&count),
            "{topic} has {count} lines\n{text}"
        );
        assert!(!text.contains('\u{1b}'), "no colours in a pipe");
        let markdown = sandbox
            .run(["explain", topic, "--format", "markdown"])
            .success();
        assert!(markdown.stdout.starts_with("# "), "{}", markdown.stdout);
    }
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn the_values_are_those_of_this_machine() {
    let (mut sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let text = |topic: &str| sandbox.run(["explain", topic]).success().stdout;
    let places = text("where");
    assert!(
        places.contains("[DIR]/castle/.venv  (the nearest one)"),
        "{places}"
    );
    assert!(
        places.contains("2 packages, 1 asked for by name"),
        "{places}"
    );
    assert!(places.contains("[DIR]/cache"), "{places}");
    let venv = text("venv");
    assert!(
        venv.contains("[DIR]/castle/.venv\n") && venv.contains("pyvenv.cfg"),
        "{venv}"
    );
    assert!(
        text("index").contains(index.url().trim_end_matches('/')),
        "{}",
        text("index")
    );
    assert!(text("lock").contains("there is no lock file"));
    let inactive = text("activate");
    assert!(
        inactive.contains("not active") && inactive.contains(".venv/bin/activate"),
        "{inactive}"
    );
    let root = sandbox.work().join(".venv");
    sandbox.set("VIRTUAL_ENV", root.to_string_lossy().into_owned());
    sandbox.set("PYTHONHOME", "/opt/python");
    let active = sandbox.run(["explain", "activate"]).success().stdout;
    assert!(
        one_line(&active).contains("It is active in this shell."),
        "{active}"
    );
    let variables = sandbox.run(["explain", "env-vars"]).success().stdout;
    assert!(variables.contains("`PYTHONHOME` is set"), "{variables}");
}

#[test]
fn without_an_environment_and_with_secrets() {
    let mut sandbox = sandbox();
    sandbox.set(
        "PIP_INDEX_URL",
        "https://ron:scabbers@index.example/simple/",
    );
    for topic in TOPICS {
        let text = sandbox.run(["explain", topic]).success().stdout;
        assert!(!text.contains("scabbers"), "{text}");
    }
    let venv = sandbox.run(["explain", "venv"]).success().stdout;
    assert!(venv.contains("There is no environment in"), "{venv}");
}

#[test]
fn pictures_and_words_that_are_meant() {
    let sandbox = sandbox();
    let harry = sandbox.run(["explain", "harry"]).success().stdout;
    assert!(
        harry.contains("philosophers-stone") && harry.contains("└"),
        "{harry}"
    );
    let chart = sandbox
        .run(["explain", "harry", "--format", "mermaid"])
        .success();
    assert!(
        chart.stdout.starts_with("flowchart TB\n"),
        "{}",
        chart.stdout
    );
    let _none = sandbox
        .run(["explain", "lock", "--format", "mermaid"])
        .code(2);
    let virtualenv = sandbox.run(["explain", "virtualenv"]).success().stdout;
    assert!(
        virtualenv.starts_with("A virtual environment is a directory\n"),
        "{virtualenv}"
    );
    let slip = sandbox.run(["explain", "requirments"]).code(2).stderr;
    assert!(slip.contains("`naja explain requirements`"), "{slip}");
}

#[test]
fn commands_tell_what_they_did() {
    let (sandbox, _index) = crate::with_index(naja_testkit::IndexBuilder::harry());
    let made = sandbox.run(["venv", "--explain"]).success().stderr;
    assert!(made.contains("What this command did"), "{made}");
    assert!(made.contains("Made .venv, aside first"), "{made}");
    assert!(made.contains("echo '*' > .venv/.gitignore"), "{made}");
    let plan = sandbox
        .run(["pip", "install", "--dry-run", "--explain", "sirius"])
        .success()
        .stderr;
    assert!(
        plan.contains("would do") && plan.contains("Would bring 2 wheels"),
        "{plan}"
    );
    assert!(!plan.contains("Put "), "{plan}");
    let told = sandbox
        .run(["pip", "install", "--explain", "sirius", "hedwig"])
        .success()
        .stderr;
    for part in [
        "Read what is asked for: 2 requirements.",
        "Found the environment .venv.",
        "Chose one version of 3 packages",
        "Brought 3 wheels",
        "3 of 3 had a published hash",
        "files into .venv/lib/",
        "wrote programs in .venv/bin: hedwig",
    ] {
        let plain = one_line(&told);
        assert!(plain.contains(part), "{part}\n{told}");
    }
    let again = sandbox
        .run(["pip", "install", "--explain", "sirius"])
        .success()
        .stderr;
    assert!(again.contains("is there already"), "{again}");
    let gone = sandbox
        .run(["pip", "uninstall", "--explain", "sirius"])
        .success()
        .stderr;
    assert!(gone.contains("Took 1 package out of"), "{gone}");
    let silent = sandbox.run(["pip", "uninstall", "hedwig"]).success().stderr;
    assert!(!silent.contains("by hand"), "{silent}");
}

#[test]
fn a_run_tells_before_it_starts() {
    let (sandbox, _index) = with_venv();
    let run = sandbox
        .run(["run", "--explain", "python", "-c", "print('Hello World')"])
        .success();
    assert_eq!(run.stdout, "Hello World\n");
    let plain = one_line(&run.stderr);
    assert!(plain.contains("in the environment .venv"), "{plain}");
    assert!(plain.contains("PATH begins with .venv/bin"), "{plain}");
    let json = sandbox
        .run(["pip", "install", "--explain", "--json", "harry"])
        .success();
    assert!(json.stdout.starts_with('{'), "{}", json.stdout);
}
