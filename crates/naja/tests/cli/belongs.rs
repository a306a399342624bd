//! The guard of environments of other projects, and of other users.

use naja_testkit::{IndexBuilder, Output, Sandbox};

use crate::with_index;

/// Two projects with an environment each, that of `stone` active, with harry 1.
fn two_projects() -> (Sandbox, naja_testkit::Index) {
    let (mut sandbox, index) = with_index(IndexBuilder::harry());
    for project in ["stone", "azk"] {
        sandbox.write(
            &format!("{project}/pyproject.toml"),
            &format!("[project]\nname = \"{project}\"\nversion = \"1\"\n"),
        );
        let venv = format!("{project}/.venv");
        let _made = sandbox.run(["venv", "-q", &venv]).success();
    }
    let _one = sandbox
        .run(["pip", "install", "-p", "stone/.venv", "harry==1.0"])
        .success();
    let stone = sandbox.work().join("stone/.venv");
    sandbox.set("VIRTUAL_ENV", stone.to_string_lossy());
    (sandbox, index)
}

fn in_azk(sandbox: &Sandbox, words: &[&str]) -> Output {
    let all = ["--directory", "azk"].iter().chain(words);
    sandbox.run(all)
}

/// What is installed in the environment of a project.
fn frozen_in(sandbox: &Sandbox, project: &str) -> String {
    let venv = format!("{project}/.venv");
    sandbox.run(["pip", "freeze", "-p", &venv]).success().stdout
}

#[test]
fn the_environment_of_another_project_is_not_changed() {
    let (sandbox, _index) = two_projects();
    sandbox.write("azk/wanted.txt", "harry==3.0\n");
    for words in [
        &["pip", "install", "harry==3.0"][..],
        &["pip", "uninstall", "harry"],
        &["pip", "sync", "wanted.txt"],
        &["repair"],
        &["undo"],
    ] {
        let output = in_azk(&sandbox, words).code(2);
        for told in [
            "error: this would change the environment of another project",
            "active  [DIR]/castle/stone/.venv",
            "of the project stone in [DIR]/castle/stone",
            "here    the project azk in [DIR]/castle/azk",
            "its environment is [DIR]/castle/azk/.venv",
            "`deactivate`",
            "`--active`",
            "-p [DIR]/castle/azk/.venv",
        ] {
            assert!(output.stderr.contains(told), "{told}\n{}", output.stderr);
        }
    }
    assert_eq!(frozen_in(&sandbox, "stone"), "harry==1.0\n");
    assert_eq!(frozen_in(&sandbox, "azk"), "");
}

#[test]
fn whoever_means_it_says_so() {
    let (mut sandbox, _index) = two_projects();
    let _meant = in_azk(&sandbox, &["pip", "install", "--active", "hedwig"]).success();
    assert_eq!(frozen_in(&sandbox, "stone"), "harry==1.0\nhedwig==2.0\n");
    let _meant = in_azk(&sandbox, &["pip", "uninstall", "--active", "hedwig"]).success();
    let _sound = in_azk(&sandbox, &["repair", "--active"]).success();
    let _taken_back = in_azk(&sandbox, &["undo", "--active"]).success();
    assert_eq!(frozen_in(&sandbox, "stone"), "harry==1.0\nhedwig==2.0\n");
    let _again = in_azk(&sandbox, &["redo", "--active"]).success();
    let _named = in_azk(&sandbox, &["pip", "install", "-p", ".venv", "harry"]).success();
    assert_eq!(frozen_in(&sandbox, "azk"), "harry==3.0\n");
    assert_eq!(frozen_in(&sandbox, "stone"), "harry==1.0\n");
    let _elsewhere = in_azk(&sandbox, &["pip", "install", "--target", "flat", "harry"]).success();
    for setting in ["warn", "allow"] {
        sandbox.set("NAJA_WRONG_ENVIRONMENT", setting);
        let output = in_azk(&sandbox, &["pip", "install", "hedwig"]).success();
        let warned = output
            .stderr
            .contains("belongs to `stone`, and this directory to `azk`");
        assert_eq!(warned, setting == "warn", "{}", output.stderr);
    }
    sandbox.set("NAJA_WRONG_ENVIRONMENT", "");
    sandbox.write("azk/naja.toml", "wrong-environment = \"warn\"\n");
    let _warned = in_azk(&sandbox, &["pip", "uninstall", "hedwig"]).success();
    sandbox.write("azk/naja.toml", "wrong-environment = \"shout\"\n");
    let output = in_azk(&sandbox, &["pip", "install", "hedwig"]).code(2);
    assert!(
        output.stderr.contains("stop, warn or allow"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_service_is_only_told() {
    let (mut sandbox, _index) = two_projects();
    sandbox.set("CI", "true");
    let output = in_azk(&sandbox, &["pip", "install", "hedwig"]).success();
    assert!(
        output.stderr.contains("belongs to `stone`"),
        "{}",
        output.stderr
    );
    sandbox.set("NAJA_WRONG_ENVIRONMENT", "stop");
    let _stopped = in_azk(&sandbox, &["pip", "install", "sirius"]).code(2);
}

#[test]
fn looking_is_free_and_making_too() {
    let (sandbox, _index) = two_projects();
    let quiet = in_azk(&sandbox, &["pip", "list"]).success();
    assert_eq!(quiet.stderr, "");
    let told = in_azk(&sandbox, &["pip", "list", "-v"]).success();
    assert!(told.stderr.contains("belongs to"), "{}", told.stderr);
    let _made = in_azk(&sandbox, &["venv", "-q", "--clear"]).success();
}

#[test]
fn a_shared_environment_is_for_all() {
    let (mut sandbox, _index) = two_projects();
    let _made = sandbox.run(["venv", "-q", "envs/work"]).success();
    let shared = sandbox.work().join("envs/work");
    sandbox.set("VIRTUAL_ENV", shared.to_string_lossy());
    let output = in_azk(&sandbox, &["pip", "install", "hedwig"]).success();
    assert!(!output.stderr.contains("warning"), "{}", output.stderr);
    // A directory below the project of the environment, and one of nobody.
    let stone = sandbox.work().join("stone/.venv");
    sandbox.set("VIRTUAL_ENV", stone.to_string_lossy());
    for dir in ["stone/src", "notes"] {
        std::fs::create_dir_all(sandbox.work().join(dir)).unwrap();
        let output = sandbox
            .run(["--directory", dir, "pip", "install", "hedwig"])
            .success();
        assert!(!output.stderr.contains("warning"), "{}", output.stderr);
    }
}

#[test]
fn running_with_the_environment_of_another_project_is_said() {
    let (sandbox, _index) = two_projects();
    std::fs::remove_dir_all(sandbox.work().join("azk/.venv")).unwrap();
    // A project with a manifest gets an environment; this one has requirements only.
    std::fs::remove_file(sandbox.work().join("azk/pyproject.toml")).unwrap();
    sandbox.write("azk/requirements.txt", "harry\n");
    let output = in_azk(&sandbox, &["run", "python", "-c", "pass"]).success();
    assert!(
        output.stderr.contains("belongs to `stone`"),
        "{}",
        output.stderr
    );
    let stopped = in_azk(&sandbox, &["pip", "install", "harry"]).code(2);
    assert!(
        stopped.stderr.contains("it has no environment") && stopped.stderr.contains("`naja venv`"),
        "{}",
        stopped.stderr
    );
}

#[cfg(unix)]
#[test]
fn the_environment_of_another_user_is_not_changed() {
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    let _made = sandbox.run(["venv", "-q"]).success();
    let root = sandbox.work().join(".venv");
    if std::os::unix::fs::chown(&root, Some(12345), None).is_err() {
        eprintln!("skipped: only root can give a directory away");
        return;
    }
    let output = sandbox.run(["pip", "install", "harry"]).code(2);
    assert!(
        output.stderr.contains("belongs to another user") && output.stderr.contains("12345"),
        "{}",
        output.stderr
    );
    let _looked = sandbox.run(["pip", "list"]).success();
    let _named = sandbox
        .run(["pip", "install", "-p", ".venv", "harry"])
        .success();
    sandbox.set("SUDO_UID", "12345");
    let _own = sandbox.run(["pip", "install", "hedwig"]).success();
}
