//! Versions that are chosen as users of uv know it: projects that others ask for, and pre-releases; and what a lock says
//! that fits.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel};

use crate::with_index;

/// A project that is no package, at version 2.0.
fn project(dependency: &str) -> (Sandbox, Index) {
    let wheel = |name: &str, version: &str| Wheel::new(name, version);
    let index = IndexBuilder::default()
        .wheel(&wheel("ron", "1.0"))
        .wheel(&wheel("ron", "2.5").requires("castle<2"))
        .wheel(&wheel("percy", "1.0").requires("castle<2"))
        .wheel(&wheel("harry", "3.0"))
        .wheel(&wheel("harry", "4.0rc1"));
    let (sandbox, index) = with_index(index);
    let head = "[project]\nname = \"castle\"\nversion = \"2.0\"\nrequires-python = \">=3.8\"\n";
    sandbox.write(
        "pyproject.toml",
        &format!("{head}dependencies = [\"{dependency}\"]\n"),
    );
    (sandbox, index)
}

fn locked(sandbox: &Sandbox, version: &str) -> bool {
    let text = sandbox.read("pylock.toml");
    text.contains(&format!("version = \"{version}\"\n"))
}

#[test]
fn what_needs_another_version_of_the_project_is_passed_over() {
    let (sandbox, _index) = project("ron");
    let _locked = sandbox.run(["lock"]).success();
    assert!(locked(&sandbox, "1.0") && !locked(&sandbox, "2.5"));
    let manifest = sandbox.read("pyproject.toml");
    sandbox.write("pyproject.toml", &manifest.replace("\"ron\"", "\"percy\""));
    let output = sandbox.run(["lock"]).code(1);
    assert!(
        output
            .stderr
            .contains("castle is the name of a project here, which has version 2.0.")
            && output.stderr.contains("give the project another name"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_project_asks_for_itself_at_its_own_version() {
    let (sandbox, _index) = project("castle<2");
    let output = sandbox.run(["lock"]).code(2);
    assert!(
        output
            .stderr
            .contains("castle depends on itself at another version"),
        "{}",
        output.stderr
    );
    let manifest = sandbox.read("pyproject.toml");
    sandbox.write("pyproject.toml", &manifest.replace("castle<2", "castle>=2"));
    let _locked = sandbox.run(["lock"]).success();
}

#[test]
fn final_versions_come_first() {
    let (sandbox, _index) = project("harry>=3.0rc1");
    let _locked = sandbox.run(["lock"]).success();
    assert!(locked(&sandbox, "3.0"));
    let _locked = sandbox
        .run(["lock", "-U", "--prerelease", "allow"])
        .success();
    assert!(locked(&sandbox, "4.0rc1"));
}

#[test]
fn a_lock_that_fits_says_how_many_packages_it_has() {
    let (sandbox, _index) = project("harry");
    let _locked = sandbox.run(["lock"]).success();
    // The long way, and, when that has left a trace, the short one.
    for words in [
        &["lock"][..],
        &["lock"],
        &["lock", "--check"],
        &["lock", "--check"],
    ] {
        let output = sandbox.run(words).success();
        assert!(
            output.stderr.starts_with("Resolved 1 package in ")
                && output.stderr.lines().count() == 1,
            "{words:?}: {}",
            output.stderr
        );
    }
    let output = sandbox.run(["lock", "-q"]).success();
    assert_eq!(output.stderr, "");
}
