//! `.venv` is a symbolic link to an environment that lies elsewhere, or to where one shall be.

#![cfg(unix)]

use naja_testkit::{Index, IndexBuilder, Sandbox};

use crate::with_index;

const MANIFEST: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n\
    dependencies = [\"hedwig\"]\n";

/// A project whose `.venv` leads to the directory `elsewhere`.
fn project() -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", MANIFEST);
    let work = sandbox.work();
    std::os::unix::fs::symlink("elsewhere", work.join(".venv")).unwrap();
    (sandbox, index)
}

fn is_linked(sandbox: &Sandbox) -> bool {
    let link = sandbox.work().join(".venv");
    std::fs::read_link(link).is_ok_and(|to| to.as_os_str() == "elsewhere")
}

#[test]
fn an_environment_behind_a_link_is_used_where_it_is() {
    let (sandbox, _index) = project();
    let _made = sandbox.run(["venv", "-q", "elsewhere"]).success();
    let synced = sandbox.run(["sync"]).success();
    assert!(synced.stderr.contains(" + hedwig"), "{}", synced.stderr);
    assert!(is_linked(&sandbox));
    let _there = sandbox
        .run(["run", "python", "-c", "import hedwig"])
        .success();
    let again = sandbox.run(["sync"]).success();
    assert!(!again.stderr.contains("hedwig"), "{}", again.stderr);
    let _taken = sandbox.run(["undo"]).success();
    let listed = sandbox.run(["pip", "list"]).success();
    assert!(!listed.stdout.contains("hedwig"), "{}", listed.stdout);
    assert!(is_linked(&sandbox));
}

#[test]
fn an_environment_is_made_in_the_empty_directory_behind_a_link() {
    let (sandbox, _index) = project();
    std::fs::create_dir(sandbox.work().join("elsewhere")).unwrap();
    let _synced = sandbox.run(["sync"]).success();
    assert!(is_linked(&sandbox));
    assert!(sandbox.work().join("elsewhere/pyvenv.cfg").exists());
    let _there = sandbox
        .run(["run", "python", "-c", "import hedwig"])
        .success();
}

#[test]
fn a_directory_of_an_environment_that_leads_elsewhere_is_not_written_through() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let _made = sandbox.run(["venv", "-q"]).success();
    let work = sandbox.work();
    let (bin, outside) = (work.join(".venv/bin"), work.join("outside"));
    std::fs::rename(&bin, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &bin).unwrap();
    let refused = sandbox.run(["pip", "install", "hedwig"]).code(2);
    assert!(
        refused.stderr.contains("a symbolic link"),
        "{}",
        refused.stderr
    );
    assert!(!outside.join("hedwig").exists());
    // A target that is a link as a whole is meant.
    std::fs::create_dir(work.join("there")).unwrap();
    std::os::unix::fs::symlink("there", work.join("target")).unwrap();
    let _installed = sandbox
        .run(["pip", "install", "--target", "target", "sirius"])
        .success();
    assert!(work.join("there/sirius").exists() && work.join("target").is_symlink());
}
