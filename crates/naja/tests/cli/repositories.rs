//! `-e git+…`: repositories that are checked out to be worked on.

use naja_testkit::{Repository, Sandbox, Sdist};

use crate::{frozen, sandbox, untrue_record};

/// A sandbox with an environment, no index, and a repository with version 1.0 of a project.
fn origin() -> Option<(Sandbox, Repository)> {
    if !Repository::possible() {
        eprintln!("skipped: there is no git");
        return None;
    }
    let mut sandbox = sandbox();
    sandbox.set("NAJA_NO_INDEX", "1");
    let _made = sandbox.run(["venv", "-q"]).success();
    let repository = Repository::init(sandbox.work().join("origin"));
    Sdist::new("pollux", "1.0").write_to(repository.path());
    repository.commit("one");
    Some((sandbox, repository))
}

/// Runs git in a directory of the sandbox and returns what it prints.
fn git(sandbox: &Sandbox, dir: &str, arguments: &[&str]) -> String {
    let mut command = sandbox.command_of("git");
    command
        .current_dir(sandbox.work().join(dir))
        .args(["-c", "user.name=T", "-c", "user.email=t@example"])
        .args(arguments);
    sandbox
        .finish(&mut command)
        .success()
        .stdout
        .trim()
        .to_owned()
}

fn direct_url(sandbox: &Sandbox) -> serde_json::Value {
    let shown = sandbox.run(["pip", "inspect"]).success().stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let mut installed = shown["installed"].as_array().unwrap().iter();
    let found = installed.find(|dist| dist["metadata"]["name"] == "pollux");
    found.unwrap()["direct_url"].clone()
}

const TREE: &str = ".venv/src/pollux";

#[test]
fn an_editable_repository_is_checked_out_and_followed() {
    let Some((sandbox, repository)) = origin() else {
        return;
    };
    let wanted = format!("git+{}@main#egg=pollux", repository.url());
    let dry = sandbox
        .run(["pip", "install", "--dry-run", "-e", &wanted])
        .success();
    assert!(
        dry.stderr.contains("Would check out pollux"),
        "{}",
        dry.stderr
    );
    assert!(!sandbox.work().join(".venv/src").exists());
    let _first = sandbox.run(["pip", "install", "-e", &wanted]).success();
    assert_eq!(git(&sandbox, TREE, &["branch", "--show-current"]), "main");
    assert_eq!(
        git(&sandbox, TREE, &["rev-parse", "origin/main"]),
        repository.git(&["rev-parse", "HEAD"])
    );
    assert!(
        !sandbox
            .work()
            .join(TREE)
            .join(".git/objects/info/alternates")
            .exists()
    );
    let direct = direct_url(&sandbox);
    assert_eq!(direct["dir_info"]["editable"], true);
    assert!(direct["url"].as_str().unwrap().ends_with(TREE), "{direct}");
    assert_eq!(untrue_record(&sandbox), None);
    let line = |commit: &str| {
        format!("-e git+[DIR]@{commit}#egg=pollux\n").replace("[DIR]", "file://[DIR]/castle/origin")
    };
    let first = repository.git(&["rev-parse", "HEAD"]);
    assert_eq!(frozen(&sandbox), line(&first));
    // What is worked on stays, as long as the commit is the right one.
    sandbox.write(
        &format!("{TREE}/pollux/__init__.py"),
        "__version__ = 'mine'\n",
    );
    let again = sandbox.run(["pip", "install", "-e", &wanted]).success();
    assert!(again.stderr.contains("Audited"), "{}", again.stderr);
    let shown = sandbox.run(["pip", "freeze"]).success();
    assert!(shown.stderr.contains("was changed"), "{}", shown.stderr);
    // The branch went on.
    // Of another length: bytecode is told apart by times in seconds and sizes.
    Sdist::new("pollux", "2.0.1").write_to(repository.path());
    let second = repository.commit("two");
    let refused = sandbox.run(["pip", "install", "-e", &wanted]).code(2);
    assert!(
        refused.stderr.contains("your changes in")
            && refused.stderr.contains("files in it were changed"),
        "{}",
        refused.stderr
    );
    assert!(
        sandbox
            .read(&format!("{TREE}/pollux/__init__.py"))
            .contains("mine")
    );
    git(&sandbox, TREE, &["checkout", "--quiet", "--", "."]);
    let moved = sandbox.run(["pip", "install", "-e", &wanted]).success();
    assert!(moved.stderr.contains("Moved pollux"), "{}", moved.stderr);
    assert!(moved.stderr.contains("+ pollux==2.0.1"), "{}", moved.stderr);
    assert_eq!(frozen(&sandbox), line(&second));
    assert_eq!(git(&sandbox, TREE, &["branch", "--show-current"]), "main");
    // A commit of one's own is not left behind.
    git(
        &sandbox,
        TREE,
        &["commit", "--quiet", "--allow-empty", "-m", "mine"],
    );
    let back = format!("git+{}@{first}#egg=pollux", repository.url());
    let refused = sandbox.run(["pip", "install", "-e", &back]).code(2);
    assert!(
        refused.stderr.contains("is on no branch"),
        "{}",
        refused.stderr
    );
    git(&sandbox, TREE, &["reset", "--quiet", "--hard", "HEAD~1"]);
    let _back = sandbox.run(["pip", "install", "-e", &back]).success();
    assert_eq!(frozen(&sandbox), line(&first));
    assert_eq!(git(&sandbox, TREE, &["rev-parse", "main"]), second);
    // Its own output brings the same again.
    sandbox.write(
        "frozen.txt",
        &line(&first).replace("[DIR]/castle", &sandbox.work().display().to_string()),
    );
    let again = sandbox.run(["pip", "sync", "frozen.txt"]).success();
    assert!(again.stderr.contains("Audited"), "{}", again.stderr);
}

#[test]
fn places_of_editable_repositories() {
    let Some((sandbox, repository)) = origin() else {
        return;
    };
    Sdist::new("castor", "1.0").write_to(&repository.path().join("sub dir"));
    let commit = repository.commit("two");
    let wanted = format!("git+{}#egg=castor&subdirectory=sub%20dir", repository.url());
    sandbox.write("in.txt", &format!("-e {wanted}\n"));
    let _installed = sandbox
        .run(["pip", "install", "--src", "elsewhere", "-r", "in.txt"])
        .success();
    assert!(
        sandbox
            .work()
            .join("elsewhere/castor/sub dir/castor")
            .is_dir()
    );
    let text = frozen(&sandbox);
    assert!(
        text.contains(&format!("@{commit}#egg=castor&subdirectory=sub dir"))
            || text.contains(&format!("@{commit}#egg=castor&subdirectory=sub%20dir")),
        "{text}"
    );
    let wanted = format!("git+{}#egg=pollux", repository.url());
    for (what, words) in [
        ("file", "is no working tree of git"),
        ("repository", "it comes from no other repository"),
    ] {
        sandbox.write(&format!("{what}/pollux/mine.txt"), "precious");
        if what == "repository" {
            let other = Repository::init(sandbox.work().join("repository/pollux"));
            other.commit("other");
        }
        let refused = sandbox
            .run(["pip", "install", "--src", what, "-e", &wanted])
            .code(2);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
        assert!(refused.stderr.contains("--src"), "{}", refused.stderr);
        assert_eq!(sandbox.read(&format!("{what}/pollux/mine.txt")), "precious");
    }
}

#[test]
fn what_does_not_build_leaves_no_checkout() {
    let Some((sandbox, repository)) = origin() else {
        return;
    };
    repository.write("pyproject.toml", "[project]\nname = \"pollux\"\nversion = \"1.0\"\n[build-system]\nrequires = []\nbuild-backend = \"broken\"\nbackend-path = [\".\"]\n");
    repository.write(
        "broken.py",
        "def build_editable(*a, **k):\n    raise SystemExit('no luck')\n",
    );
    repository.commit("broken");
    let wanted = format!("git+{}#egg=pollux", repository.url());
    let failed = sandbox.run(["pip", "install", "-e", &wanted]);
    assert_ne!(failed.status, 0);
    assert!(failed.stderr.contains("Checked out"), "{}", failed.stderr);
    assert!(!sandbox.work().join(".venv/src").exists());
    assert_eq!(frozen(&sandbox), "");
}
