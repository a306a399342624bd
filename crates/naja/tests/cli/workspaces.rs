//! Projects that are locked together.

use naja_testkit::{Index, IndexBuilder, Sandbox, Sdist};

use crate::with_index;

/// The manifest of a package that has these dependencies.
fn manifest(name: &str, dependencies: &str, rest: &str) -> String {
    format!(
        "[project]\nname = \"{name}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
         dependencies = [{dependencies}]\n{rest}"
    )
}

/// A package at a path of the sandbox that builds without anything else.
pub(crate) fn package(sandbox: &Sandbox, at: &str, dependencies: &str, rest: &str) {
    let name = at.rsplit('/').next().unwrap();
    let sdist = Sdist::new(name, "0.1.0");
    let dir = sandbox.work().join(at);
    sdist.write_to(&dir);
    let backend = std::fs::read_to_string(dir.join("pyproject.toml")).unwrap();
    let system = &backend[backend.find("[build-system]").unwrap()..];
    let system = system.split("\n[").next().unwrap();
    sandbox.write(
        &format!("{at}/pyproject.toml"),
        &format!("{}\n{system}\n", manifest(name, dependencies, rest)),
    );
}

const ROOT: &str = "[tool.uv.workspace]\nmembers = [\"libs/*\"]\nexclude = [\"libs/skip\"]\n";

/// A root without a project; `cygnus` needs `pollux`, which needs `harry`; `lyra` stands for itself.
fn scene() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", ROOT);
    package(
        &sandbox,
        "libs/cygnus",
        "\"pollux\", \"hedwig\"",
        "[tool.uv.sources]\npollux = { workspace = true }\n",
    );
    package(&sandbox, "libs/pollux", "\"harry\"", "");
    package(
        &sandbox,
        "libs/lyra",
        "\"remus\"",
        "[project.optional-dependencies]\nmoon = [\"remus[moon]\"]\n[dependency-groups]\ndev = [\"draco\"]\n",
    );
    package(&sandbox, "libs/skip", "\"nosuch\"", "");
    package(&sandbox, "apart", "\"ginny\"", "");
    (sandbox, index)
}

fn at(sandbox: &Sandbox, dir: &str, words: &[&str]) -> naja_testkit::Output {
    let mut command = sandbox.command();
    command.current_dir(sandbox.work().join(dir)).args(words);
    sandbox.finish(&mut command)
}

/// The names in the environment of the workspace.
fn installed(sandbox: &Sandbox) -> String {
    let text = sandbox
        .run(["pip", "list", "--format", "json"])
        .success()
        .stdout;
    let listed: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names = listed.as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|one| one["name"].as_str().unwrap()).collect();
    names.join(" ")
}

#[test]
fn one_lock_for_all_members_from_everywhere() {
    let (sandbox, index) = scene();
    let _locked = at(&sandbox, "libs/lyra", &["lock"]).success();
    let lock = sandbox.read("pylock.toml");
    for name in [
        "cygnus", "pollux", "lyra", "harry", "remus", "hedwig", "draco",
    ] {
        assert!(
            lock.contains(&format!("name = \"{name}\"")),
            "{name}: {lock}"
        );
    }
    for name in ["skip", "apart", "ginny", "nosuch"] {
        assert!(
            !lock.contains(&format!("name = \"{name}\"")),
            "{name}: {lock}"
        );
    }
    assert!(!sandbox.work().join("libs/lyra/pylock.toml").exists());
    index.forget();
    for dir in [".", "libs/cygnus", "libs/pollux/pollux"] {
        let _fits = at(&sandbox, dir, &["lock", "--check"]).success();
    }
    assert_eq!(index.requests(), Vec::<String>::new());
    // A project below the root that is no member has a lock of its own, and so has one that is left out.
    let _locked = at(&sandbox, "apart", &["lock"]).success();
    assert!(sandbox.read("apart/pylock.toml").contains("ginny"));
    assert_eq!(sandbox.read("pylock.toml"), lock);
}

#[test]
fn each_selection_gives_its_packages() {
    let (sandbox, _index) = scene();
    for (dir, words, wanted) in [
        (
            ".",
            &["sync"][..],
            "cygnus draco harry hedwig lyra pollux remus",
        ),
        (".", &["sync", "--package", "pollux"], "harry pollux"),
        ("libs/cygnus", &["sync"], "cygnus harry hedwig pollux"),
        (
            "libs/cygnus",
            &["sync", "--package", "lyra"],
            "draco harry lyra remus",
        ),
        (
            ".",
            &["sync", "--package", "lyra", "--no-dev"],
            "lyra remus",
        ),
        (
            ".",
            &["sync", "--package", "lyra", "--no-dev", "--extra", "moon"],
            "harry lyra remus",
        ),
        (
            ".",
            &[
                "sync",
                "--package",
                "pollux",
                "--package",
                "lyra",
                "--no-dev",
            ],
            "harry lyra pollux remus",
        ),
        (
            "libs/lyra",
            &["sync", "--all-packages"],
            "cygnus draco harry hedwig lyra pollux remus",
        ),
        (
            ".",
            &["sync", "--package", "cygnus", "--no-install-workspace"],
            "harry hedwig",
        ),
    ] {
        let _synced = at(&sandbox, dir, words).success();
        assert_eq!(installed(&sandbox), wanted, "{dir}: {words:?}");
    }
    let output = sandbox.run(["sync", "--package", "polux"]).code(2);
    assert!(
        output.stderr.contains("did you mean `pollux`"),
        "{}",
        output.stderr
    );
    let output = sandbox
        .run(["sync", "--package", "pollux", "--extra", "moon"])
        .code(2);
    assert!(
        output.stderr.contains("no extra `moon`"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_member_as_a_dependency_is_editable_and_has_its_own_version() {
    let (sandbox, _index) = scene();
    let _synced = at(&sandbox, "libs/cygnus", &["sync"]).success();
    sandbox.write("libs/pollux/pollux/__init__.py", "mark = 'edited'\n");
    let print = ["run", "python", "-c", "import pollux; print(pollux.mark)"];
    assert_eq!(
        at(&sandbox, "libs/cygnus", &print).success().stdout,
        "edited\n"
    );
    // Another version than the one the member has is none.
    package(
        &sandbox,
        "libs/cygnus",
        "\"pollux>=0.5\"",
        "[tool.uv.sources]\npollux = { workspace = true }\n",
    );
    let output = sandbox.run(["lock"]).code(1);
    assert!(output.stderr.contains("pollux"), "{}", output.stderr);
    // Not editable, if the source says so.
    package(
        &sandbox,
        "libs/cygnus",
        "\"pollux\"",
        "[tool.uv.sources]\npollux = { workspace = true, editable = false }\n",
    );
    let _synced = at(&sandbox, "libs/cygnus", &["sync", "--no-install-project"]).success();
    sandbox.write("libs/pollux/pollux/__init__.py", "mark = 'edited again'\n");
    let print = [
        "run",
        "--no-sync",
        "python",
        "-c",
        "import pollux; print(pollux.mark)",
    ];
    let _old = at(&sandbox, "libs/cygnus", &print).success();
}

#[test]
fn sources_of_the_root_count_for_members_unless_they_have_their_own() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    Sdist::new("harry", "9.0").write_to(&sandbox.work().join("forks/one"));
    Sdist::new("harry", "9.5").write_to(&sandbox.work().join("forks/two"));
    sandbox.write(
        "pyproject.toml",
        "[tool.naja.workspace]\nmembers = [\"libs/a*\"]\n[tool.naja.sources]\nharry = { path = \"forks/one\" }\n",
    );
    package(&sandbox, "libs/anna", "\"harry\"", "");
    let _locked = sandbox.run(["lock"]).success();
    assert!(
        sandbox
            .read("pylock.toml")
            .contains("{ path = \"forks/one\" }"),
        "{}",
        sandbox.read("pylock.toml")
    );
    package(
        &sandbox,
        "libs/anna",
        "\"harry\"",
        "[tool.naja.sources]\nharry = { path = \"../../forks/two\" }\n",
    );
    let _locked = sandbox.run(["lock"]).success();
    assert!(
        sandbox
            .read("pylock.toml")
            .contains("{ path = \"forks/two\" }"),
        "{}",
        sandbox.read("pylock.toml")
    );
}

#[test]
fn pythons_of_members_have_to_agree() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", ROOT);
    sandbox.write(
        "libs/a/pyproject.toml",
        &manifest("a", "", "").replace(">=3.8", ">=3.12"),
    );
    sandbox.write(
        "libs/b/pyproject.toml",
        &manifest("b", "", "").replace(">=3.8", "<3.10"),
    );
    let output = sandbox.run(["lock"]).code(2);
    for word in ["a requires", ">=3.12", "b requires", "<3.10"] {
        assert!(output.stderr.contains(word), "{word}: {}", output.stderr);
    }
    assert!(!sandbox.work().join("pylock.toml").exists());
}

#[test]
fn an_undeclared_sibling_is_not_there() {
    let (sandbox, _index) = scene();
    let _all = sandbox.run(["sync"]).success();
    // `lyra` is installed beside it, and nobody would notice.
    let ghost = |more: &[&str]| {
        let mut words = vec!["run", "--package", "cygnus"];
        words.extend_from_slice(more);
        words.extend(["python", "-c", "import pollux, lyra"]);
        sandbox.run(words)
    };
    let _ghost = ghost(&[]).success();
    let output = ghost(&["--isolated"]).code(1);
    assert!(
        output.stderr.contains("No module named 'lyra'"),
        "{}",
        output.stderr
    );
    assert!(
        installed(&sandbox).contains("lyra"),
        "the shared environment stays"
    );
    let output = ghost(&["--exact"]).code(1);
    assert!(
        output.stderr.contains("No module named 'lyra'"),
        "{}",
        output.stderr
    );
    assert!(!installed(&sandbox).contains("lyra"));
    // The isolated environment is editable as well, and is there the second time.
    sandbox.write("libs/pollux/pollux/__init__.py", "mark = 7\n");
    let output = sandbox
        .run([
            "run",
            "--isolated",
            "--package",
            "cygnus",
            "python",
            "-c",
            "import pollux; print(pollux.mark)",
        ])
        .success();
    assert_eq!(output.stdout, "7\n");
}

#[test]
fn a_new_project_becomes_a_member() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let root = "# the root\n[tool.uv.workspace]\nmembers = [\n    \"libs/*\", # all of them\n]\n";
    sandbox.write("pyproject.toml", root);
    // A pattern covers it.
    let _made = sandbox.run(["init", "--bare", "libs/anna"]).success();
    assert_eq!(sandbox.read("pyproject.toml"), root);
    let output = sandbox.run(["init", "--bare", "apps/shop"]).success();
    assert!(
        output.stderr.contains("as member of workspace"),
        "{}",
        output.stderr
    );
    assert_eq!(
        sandbox.read("pyproject.toml"),
        root.replace("them\n", "them\n    \"apps/shop\",\n")
    );
    let before = sandbox.read("pyproject.toml");
    let _made = sandbox
        .run(["init", "--bare", "--no-workspace", "apps/alone"])
        .success();
    assert_eq!(sandbox.read("pyproject.toml"), before);
    let listed = sandbox.run(["workspace", "list"]).success().stdout;
    assert_eq!(listed, "anna\nshop\n");
    let output = sandbox
        .run(["init", "--bare", "--name", "shop", "apps/other"])
        .code(2);
    assert!(
        output.stderr.contains("a project `shop` already"),
        "{}",
        output.stderr
    );
    assert!(!sandbox.work().join("apps/other").exists());
    // From inside of a member, too.
    let _made = at(&sandbox, "apps/shop", &["init", "--bare", "till"]).success();
    assert!(
        sandbox
            .read("pyproject.toml")
            .contains("\"apps/shop/till\"")
    );
}

#[test]
fn a_project_becomes_a_root() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", &manifest("castle", "", ""));
    let _made = sandbox.run(["init", "--lib", "libs/anna"]).success();
    // It takes the Pythons that the others take.
    assert!(
        sandbox
            .read("libs/anna/pyproject.toml")
            .contains("requires-python = \">=3.8\"")
    );
    assert!(
        sandbox
            .read("pyproject.toml")
            .ends_with("[tool.naja.workspace]\nmembers = [\n    \"libs/anna\",\n]\n"),
        "{}",
        sandbox.read("pyproject.toml")
    );
    // By its name it comes from the workspace.
    let _added = sandbox.run(["add", "anna", "--no-sync"]).success();
    let text = sandbox.read("pyproject.toml");
    assert!(text.contains("anna = { workspace = true }"), "{text}");
    let _removed = sandbox.run(["remove", "anna", "--no-sync"]).success();
    assert!(!sandbox.read("pyproject.toml").contains("workspace = true"));
    // And by its path; bounds that were about another one go.
    let text = sandbox.read("pyproject.toml");
    sandbox.write(
        "pyproject.toml",
        &text.replace("dependencies = []", "dependencies = [\"anna>=7\"]"),
    );
    let _added = sandbox.run(["add", "./libs/anna", "--no-sync"]).success();
    let text = sandbox.read("pyproject.toml");
    assert!(text.contains("anna = { workspace = true }"), "{text}");
}

#[test]
fn dependencies_of_another_member() {
    let (sandbox, _index) = scene();
    let _added = sandbox
        .run(["add", "--package", "lyra", "sirius", "--no-sync"])
        .success();
    assert!(
        sandbox
            .read("libs/lyra/pyproject.toml")
            .contains("\"sirius>=1.0\"")
            || sandbox
                .read("libs/lyra/pyproject.toml")
                .contains("\"sirius>=2.0\"")
    );
    assert!(sandbox.read("pylock.toml").contains("name = \"sirius\""));
    Sdist::new("ursa", "1.0").write_to(&sandbox.work().join("other/ursa"));
    let _added = at(
        &sandbox,
        "other",
        &[
            "add",
            "--package",
            "lyra",
            "--no-workspace",
            "--no-sync",
            "./ursa",
        ],
    )
    .success();
    let text = sandbox.read("libs/lyra/pyproject.toml");
    assert!(
        text.contains("ursa = { path = \"../../other/ursa\" }"),
        "{text}"
    );
    let _removed = sandbox
        .run(["remove", "--package", "lyra", "ursa", "--no-sync"])
        .success();
    assert!(!sandbox.read("libs/lyra/pyproject.toml").contains("ursa"));
}

#[test]
fn the_version_of_another_member_is_installed() {
    let (sandbox, _index) = scene();
    let _synced = sandbox.run(["sync", "--package", "pollux"]).success();
    let raise = ["version", "--bump", "major", "--package"];
    for (name, said) in [
        ("pollux", &[" - pollux==0.1.0", " + pollux==1.0.0"][..]),
        ("lyra", &[" + lyra==1.0.0"]),
    ] {
        // The backend builds the version it was made for, whatever the manifest says.
        let manifest = format!("libs/{name}/pyproject.toml");
        let text = sandbox.read(&manifest);
        Sdist::new(name, "1.0.0").write_to(&sandbox.work().join("libs").join(name));
        sandbox.write(&manifest, &text);
        let raised = sandbox.run(raise.into_iter().chain([name])).success();
        for line in said {
            assert!(raised.stderr.contains(line), "{line}: {}", raised.stderr);
        }
    }
    // What is there besides stays.
    assert_eq!(installed(&sandbox), "draco harry lyra pollux remus");
}

#[test]
fn a_member_without_a_build_system_is_a_package_where_another_needs_it() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    sandbox.write(
        "owl/pyproject.toml",
        "[project]\nname = \"owl\"\nversion = \"1\"\n",
    );
    let root = |needs: &str| {
        format!(
            "[project]\nname = \"castle\"\nversion = \"1\"\nrequires-python = \">=3.8\"\ndependencies = [{needs}]\n\
             [tool.uv.sources]\nowl = {{ workspace = true }}\n[tool.uv.workspace]\nmembers = [\"owl\"]\n"
        )
    };
    for (needs, is_locked) in [("", false), ("\"owl\"", true)] {
        sandbox.write("pyproject.toml", &root(needs));
        let _locked = sandbox.run(["lock"]).success();
        let lock = sandbox.read("pylock.toml");
        assert_eq!(!lock.contains("packages = []"), is_locked, "{lock}");
        let _fits = sandbox.run(["lock", "--check"]).success();
    }
}

#[test]
fn who_is_there_and_where() {
    let (sandbox, index) = scene();
    let output = at(&sandbox, "libs/cygnus", &["workspace", "list"]).success();
    assert_eq!(output.stdout, "cygnus\nlyra\npollux\n");
    let output = sandbox.run(["workspace", "list", "--paths"]).success();
    let wanted = ["cygnus", "lyra", "pollux"].map(|name| format!("[DIR]/castle/libs/{name}\n"));
    assert_eq!(output.stdout, wanted.concat());
    let output = sandbox.run(["workspace", "list", "--json"]).success();
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json[1]["name"], "lyra");
    let output = at(&sandbox, "libs/cygnus", &["workspace", "dir"]).success();
    assert_eq!(output.stdout, "[DIR]/castle\n");
    let output = sandbox
        .run(["workspace", "dir", "--package", "lyra"])
        .success();
    assert!(
        output.stdout.trim().ends_with("libs/lyra"),
        "{}",
        output.stdout
    );
    let output = sandbox
        .run(["workspace", "dir", "--package", "lira"])
        .code(2);
    assert!(
        output.stderr.contains("did you mean `lyra`"),
        "{}",
        output.stderr
    );
    sandbox.write("tools/s.py", "# /// script\n# dependencies = []\n# ///\n");
    sandbox.write("tools/t.py", "print('# /// script')\n");
    let output = sandbox.run(["workspace", "list", "--scripts"]).success();
    assert_eq!(output.stdout, "tools/s.py\n");
    let read = |sandbox: &Sandbox| -> serde_json::Value {
        let output = at(sandbox, "libs/cygnus", &["workspace", "metadata"]).success();
        serde_json::from_str(&output.stdout).unwrap()
    };
    let json = read(&sandbox);
    assert_eq!(json["schema"]["version"], "1");
    assert_eq!(json["current"], "cygnus");
    assert_eq!(json["requires_python"], ">=3.8");
    assert_eq!(
        json["members"][0]["workspace_dependencies"],
        serde_json::json!(["pollux"])
    );
    assert_eq!(json["members"][0]["package"], true);
    assert_eq!(json["members"][1]["name"], "lyra");
    assert_eq!(
        json["members"][1]["dependency_groups"]["dev"],
        serde_json::json!(["draco"])
    );
    assert_eq!(
        json["members"][1]["optional_dependencies"]["moon"],
        serde_json::json!(["remus[moon]"])
    );
    assert_eq!(json["lock"]["exists"], false);
    assert_eq!(index.requests(), Vec::<String>::new());
    let _refused = sandbox.run(["workspace", "metadata", "--locked"]).code(1);
    let _locked = sandbox.run(["lock"]).success();
    assert_eq!(read(&sandbox)["lock"]["fits"], true);
    let _fits = sandbox.run(["workspace", "metadata", "--locked"]).success();
    package(&sandbox, "libs/pollux", "\"harry<2\"", "");
    let json = read(&sandbox);
    assert_eq!(json["lock"]["fits"], false);
    assert_eq!(
        json["lock"]["reasons"][0],
        "`dependencies` of pollux changed"
    );
    let mut command = sandbox.command();
    command.current_dir("/").args(["workspace", "list"]);
    let output = sandbox.finish(&mut command).code(2);
    assert!(
        output.stderr.contains("no project here"),
        "{}",
        output.stderr
    );
}
