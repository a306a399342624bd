//! `naja import` and `naja lock --from`.

use naja_testkit::{Index, IndexBuilder, Repository, Sandbox, Wheel, sha256_hex};

use crate::{sandbox, skipped, with_index};

const PROJECT: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = [\"sirius>=1\", \"owl\"]\n";

fn scene() -> (Sandbox, Index) {
    with_index(
        IndexBuilder::harry()
            .wheel(&Wheel::new("owl", "1.0"))
            .wheel(&Wheel::new("owl", "2.0")),
    )
}

/// A `uv.lock` with packages; each `NAME VERSION DIGEST`.
fn uv_lock(packages: &[[&str; 3]]) -> String {
    let mut text = "version = 1\nrevision = 2\nrequires-python = \">=3.8\"\n".to_owned();
    for [name, version, digest] in packages {
        text.push_str(&format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://index.example/simple\" }}\n\
             wheels = [{{ url = \"https://files.example/{name}-{version}-py3-none-any.whl\", hash = \"sha256:{digest}\" }}]\n"
        ));
    }
    text
}

fn digest(name: &str, version: &str) -> String {
    sha256_hex(&Wheel::new(name, version).build())
}

fn locked(sandbox: &Sandbox, name: &str) -> String {
    let lock = sandbox.read("pylock.toml");
    let front = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = lock.split_once(&front).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn the_first_lock_keeps_what_another_tool_had_locked() {
    let (sandbox, _index) = scene();
    sandbox.write("pyproject.toml", PROJECT);
    sandbox.write(
        "uv.lock",
        &uv_lock(&[["owl", "1.0", &digest("owl", "1.0")], ["ron", "1.0", "00"]]),
    );
    let output = sandbox.run(["lock"]).success();
    assert!(
        output.stderr.contains("kept 1 of 1 versions of uv.lock"),
        "{}",
        output.stderr
    );
    assert_eq!(locked(&sandbox, "owl"), "1.0");
    // The lock is naja's from now on.
    let output = sandbox.run(["lock", "-P", "owl"]).success();
    assert!(!output.stderr.contains("uv.lock"), "{}", output.stderr);
    assert_eq!(locked(&sandbox, "owl"), "2.0");
    let output = sandbox.run(["lock", "--from", "uv.lock"]).success();
    assert!(output.stderr.contains("Kept 1 of 1"), "{}", output.stderr);
    assert_eq!(locked(&sandbox, "owl"), "1.0");
}

#[test]
fn what_cannot_be_kept_is_told_with_its_reason() {
    let (sandbox, _index) = scene();
    sandbox.write("pyproject.toml", &PROJECT.replace("\"owl\"", "\"owl>=2\""));
    sandbox.write(
        "requirements.txt",
        "owl==1.0\nharry==9.9\nsirius==1.0\nluna==1\n",
    );
    let output = sandbox
        .run([
            "lock",
            "--from",
            "requirements.txt",
            "--output-format",
            "json",
        ])
        .success();
    let told = &output.stderr;
    for words in [
        "Kept 1 of 3 versions of requirements.txt",
        "owl 1.0 became 2.0: the project asks for `owl>=2`",
        "harry 9.9 became ",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let answer: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let inherited = &answer["inherited"];
    assert_eq!(inherited["kept"], 1);
    assert_eq!(inherited["changed"][1]["name"], "owl");
    assert_eq!(inherited["gone"][0], "luna");
}

#[test]
fn a_file_that_is_not_the_one_that_was_locked_is_an_error() {
    let (sandbox, _index) = scene();
    sandbox.write("pyproject.toml", PROJECT);
    let wrong = "0".repeat(64);
    sandbox.write("uv.lock", &uv_lock(&[["owl", "1.0", &wrong]]));
    for arguments in [&["lock"][..], &["lock", "--from", "uv.lock"], &["sync"]] {
        let output = sandbox.run(arguments).code(1);
        assert!(
            output.stderr.contains("owl 1.0 is not the one of uv.lock"),
            "{}",
            output.stderr
        );
        assert!(!sandbox.work().join("pylock.toml").exists());
    }
    // Digests without file names, none of which is offered.
    sandbox.write(
        "requirements.txt",
        &format!("owl==1.0 --hash=sha256:{wrong}\n"),
    );
    let output = sandbox.run(["lock", "--from", "requirements.txt"]).code(1);
    assert!(
        output.stderr.contains("none of the digests"),
        "{}",
        output.stderr
    );
    let _upgraded = sandbox.run(["lock", "-U"]).success();
}

#[test]
fn locks_that_cannot_be_read() {
    let (sandbox, _index) = scene();
    sandbox.write("pyproject.toml", PROJECT);
    sandbox.write("uv.lock", "version = 7\n");
    let output = sandbox.run(["lock"]).success();
    assert!(
        output.stderr.contains("uv.lock is not taken over") && output.stderr.contains("version 7"),
        "{}",
        output.stderr
    );
    for (file, words) in [
        ("uv.lock", "version 7"),
        ("nothing.lock", "no file"),
        ("pyproject.toml", "no lock that naja can read"),
    ] {
        let output = sandbox.run(["lock", "--from", file]).code(2);
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}

#[test]
fn a_locked_commit_stays_until_it_is_to_be_replaced() {
    if !Repository::possible() {
        skipped("there is no git");
        return;
    }
    let (sandbox, _index) = scene();
    let repository = Repository::init(sandbox.home().join("dobby"));
    let manifest = |version: &str| {
        format!(
            "[project]\nname = \"dobby\"\nversion = \"{version}\"\n[build-system]\nrequires = []\nbuild-backend = \"x\"\n"
        )
    };
    let first = repository
        .write("pyproject.toml", &manifest("1.0"))
        .commit("one");
    sandbox.write(
        "pyproject.toml",
        &format!(
            "{}[tool.naja.sources]\ndobby = {{ git = \"{}\" }}\n",
            PROJECT.replace("\"owl\"", "\"dobby\""),
            repository.url()
        ),
    );
    let _locked = sandbox.run(["lock"]).success();
    assert!(sandbox.read("pylock.toml").contains(&first));
    let second = repository
        .write("pyproject.toml", &manifest("2.0"))
        .commit("two");
    let more = sandbox
        .read("pyproject.toml")
        .replace("sirius>=1", "sirius>=1.0");
    sandbox.write("pyproject.toml", &more);
    let _locked = sandbox.run(["lock", "--refresh"]).success();
    assert!(sandbox.read("pylock.toml").contains(&first));
    let _other = sandbox.run(["lock", "--refresh", "-P", "sirius"]).success();
    assert!(sandbox.read("pylock.toml").contains(&first));
    let _upgraded = sandbox.run(["lock", "--refresh", "-P", "dobby"]).success();
    assert!(sandbox.read("pylock.toml").contains(&second));
    assert!(sandbox.read("pylock.toml").contains("version = \"2.0\""));
}

const POETRY: &str = "# ours\n[tool.poetry]\nname = \"castle\"\nversion = \"1.0\"\ndescription = \"\"\nauthors = []\npackage-mode = false\n\n\
                      [tool.poetry.dependencies]\npython = \"^3.8\"\nowl = \"*\" # post\n\n[tool.poetry.group.dev.dependencies]\nsirius = \"^1.0\"\n\n[tool.other]\nx = 1\n";

#[test]
fn a_project_of_poetry_is_imported_with_its_lock() {
    let (sandbox, _index) = scene();
    sandbox.write("pyproject.toml", POETRY);
    sandbox.write(
        "poetry.lock",
        &format!(
            "[[package]]\nname = \"owl\"\nversion = \"1.0\"\nfiles = [{{file = \"owl-1.0-py3-none-any.whl\", hash = \"sha256:{}\"}}]\n\n\
             [metadata]\nlock-version = \"2.1\"\npython-versions = \"^3.8\"\n",
            digest("owl", "1.0")
        ),
    );
    let output = sandbox.run(["import", "--dry-run"]).success();
    assert!(output.stdout.contains("+[project]"), "{}", output.stdout);
    assert!(
        output.stdout.contains("-[tool.poetry]"),
        "{}",
        output.stdout
    );
    assert_eq!(sandbox.read("pyproject.toml"), POETRY);
    let _imported = sandbox.run(["import"]).success();
    assert_eq!(
        sandbox.read("pyproject.toml"),
        "# ours\n[project]\nname = \"castle\"\nversion = \"1.0\"\nrequires-python = \">=3.8,<4.0\"\ndependencies = [\n    \"owl\",  # post\n]\n\n\
         [dependency-groups]\ndev = [\n    \"sirius>=1.0,<2.0\",\n]\n\n[tool.other]\nx = 1\n"
    );
    assert_eq!(locked(&sandbox, "owl"), "1.0");
    assert_eq!(locked(&sandbox, "sirius"), "1.0");
    let _fits = sandbox.run(["lock", "--check"]).success();
    let _synced = sandbox.run(["sync"]).success();
    let output = sandbox.run(["import"]).code(2);
    assert!(
        output.stderr.contains("naja import FILE"),
        "{}",
        output.stderr
    );
}

#[test]
fn an_import_beside_an_environment_can_be_undone() {
    let (sandbox, _index) = scene();
    let _made = sandbox.run(["venv", "-q"]).success();
    sandbox.write("requirements.txt", "owl==1.0\n");
    let _imported = sandbox.run(["import"]).success();
    assert!(sandbox.work().join("pylock.toml").exists());
    let _undone = sandbox.run(["undo"]).success();
    assert!(!sandbox.work().join("pylock.toml").exists());
    assert!(!sandbox.work().join("pyproject.toml").exists());
}

#[test]
fn a_failure_leaves_everything_as_it_was() {
    let (sandbox, _index) = scene();
    let broken = POETRY.replace("owl = \"*\"", "nosuch = \"*\"");
    for (text, status, words) in [
        (broken.as_str(), 1, "naja import --no-lock"),
        ("[tool.poetry]\nname = \n", 2, ""),
        ("[project]\nname = \"x\"\n", 2, "no project of Poetry"),
    ] {
        sandbox.write("pyproject.toml", text);
        let output = sandbox.run(["import"]).code(status);
        assert!(output.stderr.contains(words), "{}", output.stderr);
        assert_eq!(sandbox.read("pyproject.toml"), text);
        assert!(!sandbox.work().join("pylock.toml").exists());
    }
    sandbox.write("pyproject.toml", &broken);
    let _imported = sandbox.run(["import", "--no-lock"]).success();
    assert!(
        sandbox
            .read("pyproject.toml")
            .starts_with("# ours\n[project]")
    );
}

#[test]
fn packages_of_conda_that_the_index_does_not_have_are_left_out() {
    let (sandbox, _index) = scene();
    sandbox.write(
        "environment.yml",
        "dependencies:\n  - python>=3.8\n  - owl=1.0\n  - nimbus\n  - pip:\n    - sirius\n",
    );
    let output = sandbox.run(["import"]).success();
    assert!(
        output.stderr.contains("nimbus is not on the index"),
        "{}",
        output.stderr
    );
    let manifest = sandbox.read("pyproject.toml");
    assert!(
        manifest.contains("dependencies = [\n    \"owl==1.0.*\",\n    \"sirius\",\n]"),
        "{manifest}"
    );
}

#[test]
fn setup_py_is_not_run() {
    let sandbox = sandbox();
    sandbox.write(
        "setup.py",
        "open('ran', 'w')\nfrom setuptools import setup\nsetup(name='castle', version='1', install_requires=[])\n",
    );
    let _imported = sandbox.run(["import", "--no-lock"]).success();
    assert!(!sandbox.work().join("ran").exists());
    assert!(sandbox.read("pyproject.toml").contains("name = \"castle\""));
}

#[test]
fn init_points_to_what_can_be_imported() {
    let sandbox = sandbox();
    sandbox.write("pyproject.toml", POETRY);
    let output = sandbox.run(["init"]).code(2);
    assert!(output.stderr.contains("naja import"), "{}", output.stderr);
    assert!(!output.stderr.contains("/.`"), "{}", output.stderr);
}

#[test]
fn what_is_no_project_yet_points_to_the_import() {
    let (sandbox, _index) = scene();
    sandbox.write("requirements.txt", "owl\n");
    for words in [&["lock"][..], &["sync"], &["add", "sirius"]] {
        let output = sandbox.run(words.iter().copied()).code(2);
        assert!(
            output
                .stderr
                .contains("`naja import` makes a project of it"),
            "{words:?}: {}",
            output.stderr
        );
    }
    let tried = sandbox.run(["lock", "--from", "requirements.txt"]).code(2);
    assert!(tried.stderr.contains("naja import"), "{}", tried.stderr);
    let imported = sandbox.run(["import"]).success();
    let nothing = "requirements.txt has no exact versions to keep";
    assert!(imported.stderr.contains(nothing), "{}", imported.stderr);
    let _undone = sandbox.run(["undo"]).success();
    sandbox.write("pyproject.toml", POETRY);
    let locked = sandbox.run(["lock"]).success();
    let added = sandbox.run(["add", "sirius"]).code(2);
    for said in [locked.stderr, added.stderr] {
        assert!(
            said.contains("hint: this is a project of Poetry: `naja import` takes it over"),
            "{said}"
        );
    }
    // A project has no need of it.
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"castle\"\nversion = \"1\"\n",
    );
    let locked = sandbox.run(["lock", "--upgrade"]).success();
    assert!(!locked.stderr.contains("import"), "{}", locked.stderr);
}

/// What `naja run --list --json` has under a key, by name.
fn listed(sandbox: &Sandbox, key: &str) -> Vec<String> {
    let output = sandbox.run(["run", "--list", "--json"]).success();
    let list: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let entries = list[key].as_array().unwrap().iter();
    let names = entries.map(|one| one["name"].as_str().unwrap().to_owned());
    names.collect()
}

/// The lines that a task writes.
fn told(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let words = [&["run", "-q"], words].concat();
    let output = sandbox.run(words).success();
    output.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn the_scripts_of_pdm_are_tasks_that_run() {
    let (sandbox, _index) = scene();
    sandbox.write(
        "pyproject.toml",
        r#"[project]
name = "castle"
version = "0.1.0"
requires-python = ">=3.8"
dependencies = ["owl<2"]

[tool.pdm.dev-dependencies]
test = ["sirius"]

[tool.pdm.scripts]
hello = "echo hello"
greet = { cmd = "echo $WHOM", env = { WHOM = "harry" }, help = "Say hello" }
words = { cmd = ["echo", "one two", "three"] }
all = { composite = ["hello", "greet"] }
count = { shell = "echo a b | wc -w" }
made = { call = "json:dumps" }
"#,
    );
    let _imported = sandbox.run(["import"]).success();
    let manifest = sandbox.read("pyproject.toml");
    assert!(!manifest.contains("tool.pdm"), "{manifest}");
    assert!(manifest.contains("[dependency-groups]"), "{manifest}");
    assert_eq!(
        listed(&sandbox, "tasks"),
        ["all", "count", "greet", "hello", "made", "words"]
    );
    assert_eq!(told(&sandbox, &["all"]), ["hello", "harry"]);
    assert_eq!(told(&sandbox, &["words"]), ["one two three"]);
    assert_eq!(told(&sandbox, &["count"])[0].trim(), "2");
    assert_eq!(locked(&sandbox, "owl"), "1.0");
}

#[test]
fn the_tasks_of_poe_are_tasks_that_run() {
    // A project of the standards whose only foreign part is its tasks.
    let (sandbox, _index) = scene();
    let poe = r#"[project]
name = "castle"
version = "0.1.0"
requires-python = ">=3.8"

[tool.poe.tasks]
hello = "echo hello"
_part = "echo part"
whole = ["_part", "hello"]
sized.shell = "echo a b | wc -w"
sized.help = "Count"

[tool.poe.tasks.greet]
cmd = "echo $WHOM"
env = { WHOM = "ron" }
"#;
    sandbox.write("pyproject.toml", poe);
    let hint = sandbox.run(["run", "greet"]);
    assert!(hint.stderr.contains("`naja import`"), "{}", hint.stderr);
    let _imported = sandbox.run(["import"]).success();
    // Poe goes on working beside.
    assert!(sandbox.read("pyproject.toml").starts_with(poe));
    assert_eq!(
        listed(&sandbox, "tasks"),
        ["_part", "greet", "hello", "sized", "whole"]
    );
    assert_eq!(told(&sandbox, &["whole"]), ["part", "hello"]);
    assert_eq!(told(&sandbox, &["greet"]), ["ron"]);
    assert_eq!(told(&sandbox, &["sized"])[0].trim(), "2");
    let again = sandbox.run(["import"]).code(2);
    assert!(
        again.stderr.contains("nothing to import"),
        "{}",
        again.stderr
    );
}

#[test]
fn programs_of_setup_cfg_are_programs_of_the_project() {
    let (sandbox, _index) = scene();
    sandbox.write(
        "setup.cfg",
        "[metadata]\nname = castle\nversion = 0.1.0\n\n[options]\npython_requires = >=3.8\ninstall_requires =\n    owl<2\n\n\
         [options.entry_points]\nconsole_scripts =\n    gate = castle:open_it\n",
    );
    let _imported = sandbox.run(["import"]).success();
    let manifest = sandbox.read("pyproject.toml");
    assert!(
        manifest.contains("[project.scripts]\ngate = \"castle:open_it\""),
        "{manifest}"
    );
    assert_eq!(listed(&sandbox, "scripts"), ["gate"]);
    assert_eq!(locked(&sandbox, "owl"), "1.0");
    let _undone = sandbox.run(["undo"]).success();
    assert!(!sandbox.work().join("pyproject.toml").exists());
}
