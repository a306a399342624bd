//! `tree`, `why` and `graph` of a lock.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel};

use crate::with_index;

const MANIFEST: &str = r#"[project]
name = "castle"
version = "0.1.0"
requires-python = ">=3.8"
dependencies = ["sirius", "dobby; sys_platform == 'win32'"]

[project.optional-dependencies]
moon = ["remus[moon]"]

[dependency-groups]
dev = ["hedwig<2"]
"#;

fn castle() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    (sandbox, index)
}

fn told(sandbox: &Sandbox, arguments: &[&str]) -> String {
    sandbox.run(arguments).success().stdout
}

#[test]
fn a_project_shows_its_lock() {
    let (sandbox, _index) = castle();
    let _locked = sandbox.run(["lock"]).success();
    assert_eq!(
        told(&sandbox, &["tree"]),
        "castle v0.1.0\n\
         ├── remus[moon] v1.0 (extra: moon)\n\
         │   └── harry v3.0 (extra: moon)\n\
         ├── sirius v2.0\n\
         │   └── harry v3.0\n\
         └── hedwig v1.0 (group: dev)\n"
    );
    let universal = told(
        &sandbox,
        &["tree", "--universal", "--no-dev", "--no-extra", "moon"],
    );
    assert_eq!(
        universal,
        "castle v0.1.0\n├── dobby v1.0\n└── sirius v2.0\n    └── harry v3.0\n"
    );
    assert_eq!(
        told(&sandbox, &["tree", "--only-group", "dev"]),
        "castle v0.1.0\n└── hedwig v1.0 (group: dev)\n"
    );
    assert_eq!(
        told(
            &sandbox,
            &[
                "tree",
                "--python-platform",
                "windows",
                "--depth",
                "1",
                "--no-dev",
                "--no-extra",
                "moon"
            ]
        ),
        "castle v0.1.0\n├── dobby v1.0\n└── sirius v2.0\n"
    );
    assert_eq!(
        told(&sandbox, &["tree", "--package", "sirius"]),
        "sirius v2.0\n└── harry v3.0\n"
    );
    let inverted = told(&sandbox, &["tree", "--invert", "--package", "harry"]);
    assert!(
        inverted.contains("└── sirius v2.0\n    └── castle"),
        "{inverted}"
    );
    let sized = told(&sandbox, &["tree", "--show-sizes", "--package", "harry"]);
    assert!(sized.starts_with("harry v3.0 ("), "{sized}");
    let newer = told(&sandbox, &["tree", "--outdated", "--only-group", "dev"]);
    assert!(
        newer.contains("hedwig v1.0 (group: dev) (latest: v2.0)"),
        "{newer}"
    );
    // Nothing of that needs an environment, or makes one.
    assert!(!sandbox.work().join(".venv").exists());
}

#[test]
fn which_source_counts() {
    let (sandbox, _index) = castle();
    // Without a lock and without an environment a lock is made for the purpose, and not kept.
    let output = sandbox.run(["tree", "--no-dev"]).success();
    assert!(
        output.stdout.starts_with("castle v0.1.0\n"),
        "{}",
        output.stdout
    );
    assert!(
        output.stderr.contains("there is no lock yet"),
        "{}",
        output.stderr
    );
    assert!(!sandbox.work().join("pylock.toml").exists());
    let output = sandbox.run(["tree", "--locked"]).code(1);
    assert!(
        output.stderr.contains("none may be made"),
        "{}",
        output.stderr
    );
    // An environment tells more than nothing.
    let _made = sandbox.run(["venv", "-q"]).success();
    let _there = sandbox.run(["pip", "install", "ginny"]).success();
    assert_eq!(told(&sandbox, &["tree"]), "ginny v1.0\n└── harry v3.0\n");
    // A lock tells what the project says; an environment that is named, what is in it.
    let _locked = sandbox.run(["lock"]).success();
    assert!(told(&sandbox, &["tree"]).starts_with("castle"));
    assert!(told(&sandbox, &["tree", "--installed"]).starts_with("ginny"));
    assert!(told(&sandbox, &["tree", "-p", ".venv"]).starts_with("ginny"));
    assert!(told(&sandbox, &["pip", "tree"]).starts_with("ginny"));
    // A lock that does not fit is made anew in memory.
    let lock = sandbox.read("pylock.toml");
    sandbox.write(
        "pyproject.toml",
        &MANIFEST.replace("\"sirius\"", "\"sirius<2\""),
    );
    let output = sandbox.run(["tree"]).success();
    assert!(output.stdout.contains("sirius v1.0"), "{}", output.stdout);
    assert!(output.stderr.contains("does not fit"), "{}", output.stderr);
    assert_eq!(sandbox.read("pylock.toml"), lock);
    assert!(told(&sandbox, &["tree", "--frozen"]).contains("sirius v2.0"));
}

#[test]
fn why_something_is_locked() {
    let (sandbox, _index) = castle();
    let _locked = sandbox.run(["lock"]).success();
    let shown = told(&sandbox, &["why", "harry"]);
    assert!(
        shown.starts_with("harry 3.0 is needed in 2 ways:"),
        "{shown}"
    );
    assert!(
        shown.contains("└── sirius 2.0  any version  asked for\n    └── harry 3.0  >=3\n"),
        "{shown}"
    );
    let shown = told(&sandbox, &["why", "hedwig"]);
    assert!(shown.contains("<2 for the group dev"), "{shown}");
    let output = sandbox.run(["why", "dobby"]).code(1);
    assert!(
        output.stdout.contains("dobby is not locked"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("only where sys_platform == 'win32'"),
        "{}",
        output.stdout
    );
    let json = told(&sandbox, &["why", "harry", "--json"]);
    assert!(json.contains("\"version\":\"3.0\""), "{json}");
    let dot = told(&sandbox, &["graph", "--format", "dot"]);
    assert!(dot.contains("\"castle\" -> \"sirius\""), "{dot}");
    let html = told(&sandbox, &["graph", "--format", "html", "--universal"]);
    assert!(html.contains("dobby"));
}

#[test]
fn two_requirements_of_one_package_are_both_told() {
    let builder = IndexBuilder::default()
        .wheel(&Wheel::new("harry", "1.0"))
        .wheel(&Wheel::new("harry", "2.5"))
        .wheel(
            &Wheel::new("ron", "1.0")
                .requires("harry>=2")
                .requires("harry!=2.2")
                .requires("harry<9; python_version >= '3.1'"),
        );
    let (sandbox, _index) = with_index(builder);
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"hut\"\nversion = \"1\"\nrequires-python = \">=3.8\"\ndependencies = [\"ron\"]\n",
    );
    let _locked = sandbox.run(["lock"]).success();
    let shown = told(&sandbox, &["why", "harry"]);
    assert!(
        shown.contains("!=2.2,>=2, <9 where python_full_version >= '3.1'")
            || shown.contains("!=2.2,>=2, <9 where python_version >= '3.1'"),
        "{shown}"
    );
    let _synced = sandbox.run(["sync"]).success();
    let shown = told(&sandbox, &["why", "--installed", "harry"]);
    assert!(shown.contains("2.2") && shown.contains("<9"), "{shown}");
}

#[test]
fn several_versions_of_one_package() {
    let builder = IndexBuilder::default()
        .wheel(&Wheel::new("harry", "1.0").requires_python(">=3.7"))
        .wheel(
            &Wheel::new("harry", "2.0")
                .requires_python(">=3.11")
                .requires("owl"),
        )
        .wheel(&Wheel::new("owl", "1.0"));
    let (sandbox, _index) = with_index(builder);
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"hut\"\nversion = \"1\"\nrequires-python = \">=3.8\"\ndependencies = [\"harry\"]\n",
    );
    let _locked = sandbox.run(["lock"]).success();
    assert_eq!(
        told(&sandbox, &["tree", "--universal"]),
        "hut v1\n├── harry v1.0\n└── harry v2.0\n    └── owl v1.0\n"
    );
    assert_eq!(
        told(&sandbox, &["tree", "--python-version", "3.9"]),
        "hut v1\n└── harry v1.0\n"
    );
    let both = told(&sandbox, &["why", "--universal", "harry"]);
    assert!(
        both.contains("harry 1.0") && both.contains("harry 2.0"),
        "{both}"
    );
    let dot = told(&sandbox, &["graph", "--universal", "--format", "dot"]);
    assert!(dot.contains("\"harry 2.0\" -> \"owl\""), "{dot}");
    let output = sandbox.run(["tree", "--python-version", "3.7"]).code(1);
    assert!(
        output.stderr.contains("is not for Python 3.7"),
        "{}",
        output.stderr
    );
}
