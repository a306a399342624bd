//! `-e git+…`: repositories that are checked out to be worked on.

use naja_testkit::{Repository, Sandbox, Sdist};

use crate::{frozen, sandbox, untrue_record};

/// A sandbox with an environment, no index, and a repository with version 1.0 of a project.
fn origin() -> Option<(Sandbox, Repository)> {
    if !Repository::possible() {
        crate::skipped("there is no git");
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
    let first = repository.git(&["rev-parse", "HEAD"]);
    assert_eq!(frozen(&sandbox), line(&first));
}

/// The line of `pip freeze` for the repository at a commit.
fn line(commit: &str) -> String {
    format!("-e git+file://[DIR]/castle/origin@{commit}#egg=pollux\n")
}

#[test]
fn an_editable_repository_keeps_what_is_worked_on() {
    let Some((sandbox, repository)) = origin() else {
        return;
    };
    let wanted = format!("git+{}@main#egg=pollux", repository.url());
    let _first = sandbox.run(["pip", "install", "-e", &wanted]).success();
    let first = repository.git(&["rev-parse", "HEAD"]);
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

/// A program in the sandbox.
fn script(sandbox: &Sandbox, name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let staged = sandbox.write("staged", text);
    std::fs::set_permissions(&staged, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = sandbox.work().join(name);
    // Copied by another process: a file that this one wrote may still be open in a child.
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg(&staged).arg(&path).status().unwrap().success());
    path.display().to_string()
}

#[test]
fn over_ssh_with_the_users_own_program() {
    let Some((mut sandbox, repository)) = origin() else {
        return;
    };
    // What ssh would run over there, over here.
    let text = "#!/bin/sh\nprintf '%s\\n' \"$1\" >>\"$(dirname \"$0\")/hosts\"\n\
                for last; do :; done\nexec sh -c \"$last\"\n";
    let ssh = script(&sandbox, "fake-ssh", text);
    sandbox.set("GIT_SSH_COMMAND", ssh);
    sandbox.set("GIT_SSH_VARIANT", "simple");
    let path = repository.path().display().to_string();
    let wanted = format!("git+ssh://git:s3cret@git.example{path}@main");
    let installed = sandbox.run(["pip", "install", "-v", &wanted]).success();
    assert!(!installed.stderr.contains("s3cret"), "{}", installed.stderr);
    assert_eq!(
        sandbox.read("hosts").lines().next(),
        Some("git@git.example")
    );
    let direct = direct_url(&sandbox);
    let shown = "ssh://git@git.example[DIR]/castle/origin";
    assert_eq!(direct["url"], shown);
    assert_eq!(direct["vcs_info"]["requested_revision"], "main");
    let line = frozen(&sandbox);
    assert!(
        line.starts_with(&format!("pollux @ git+{shown}@")),
        "{line}"
    );
    // The short form that `git clone` takes is explained by the form that works here.
    let short = sandbox.run(["pip", "install", "git+git@git.example:a/b.git"]);
    assert_ne!(short.status, 0);
}

#[test]
fn large_files_come_if_they_are_asked_for() {
    let there = std::process::Command::new("git")
        .args(["lfs", "version"])
        .output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no git-lfs");
        return;
    }
    let Some((sandbox, repository)) = origin() else {
        return;
    };
    repository.git(&["lfs", "install", "--local"]);
    repository.write(
        ".gitattributes",
        "*.bin filter=lfs diff=lfs merge=lfs -text\n",
    );
    repository.write("pollux/large.bin", "a large file\n");
    repository.commit("large");
    let show = || {
        let code = "import pathlib, pollux; print(pathlib.Path(pollux.__file__).with_name('large.bin').read_text())";
        sandbox
            .run(["run", "--no-sync", "python", "-c", code])
            .success()
            .stdout
    };
    let wanted = |fragment: &str| format!("pollux @ git+{}{fragment}", repository.url());
    let _plain = sandbox.run(["pip", "install", &wanted("")]).success();
    assert!(show().starts_with("version https://git-lfs"), "{}", show());
    let _large = sandbox
        .run(["pip", "install", "--reinstall", &wanted("#lfs=true")])
        .success();
    assert_eq!(show(), "a large file\n\n");
}

#[test]
fn what_git_cannot_do_is_told_with_what_to_do() {
    let Some((mut sandbox, repository)) = origin() else {
        return;
    };
    let cases = [
        (format!("git+{}@nowhere", repository.url()), "git ls-remote"),
        (
            format!("git+{}@{}", repository.url(), "a".repeat(40)),
            "git ls-remote",
        ),
        (
            "git+http://127.0.0.1:9/x.git".to_owned(),
            "check the network",
        ),
        ("git+file:///nowhere/at/all".to_owned(), "check the address"),
    ];
    for (wanted, words) in cases {
        let failed = sandbox.run(["pip", "install", &wanted]);
        assert_ne!(failed.status, 0, "{wanted}");
        assert!(
            failed.stderr.contains("hint:") && failed.stderr.contains(words),
            "{wanted}: {}",
            failed.stderr
        );
        assert!(failed.stderr.lines().count() <= 15, "{}", failed.stderr);
    }
    for (said, words) in [
        ("git@h: Permission denied (publickey).", "ssh-add"),
        ("Host key verification failed.", "by hand"),
        (
            "ssh: Could not resolve hostname h: Name or service not known",
            "check the network",
        ),
    ] {
        let text = format!("#!/bin/sh\necho '{said}' >&2\nexit 255\n");
        let ssh = script(&sandbox, "failing-ssh", &text);
        sandbox.set("GIT_SSH_COMMAND", ssh);
        sandbox.set("GIT_SSH_VARIANT", "simple");
        let failed = sandbox.run(["pip", "install", "git+ssh://git@h.example/x.git"]);
        assert_ne!(failed.status, 0);
        assert!(failed.stderr.contains(words), "{}", failed.stderr);
    }
    let empty = sandbox.work().join("empty-path");
    std::fs::create_dir(&empty).unwrap();
    sandbox.set("PATH", empty.display().to_string());
    let failed = sandbox.run(["pip", "install", &format!("git+{}", repository.url())]);
    assert!(failed.stderr.contains("install git"), "{}", failed.stderr);
}

#[test]
fn pruning_removes_repositories_that_nobody_can_use() {
    let Some((sandbox, repository)) = origin() else {
        return;
    };
    let wanted = format!("git+{}", repository.url());
    let _first = sandbox.run(["pip", "install", &wanted]).success();
    let trees = sandbox.cache().join("v1/git/trees");
    let place = || {
        let repository = std::fs::read_dir(&trees).unwrap().next()?.unwrap().path();
        Some(std::fs::read_dir(repository).ok()?.next()?.unwrap().path())
    };
    let _kept = sandbox.run(["cache", "prune"]).success();
    let checkout = place().unwrap();
    std::fs::write(checkout.join("tree/mine.txt"), "x").unwrap();
    let _pruned = sandbox.run(["cache", "prune"]).success();
    assert_eq!(place(), None);
    let left = std::fs::read_dir(sandbox.cache().join("v1/git/db")).unwrap();
    assert_eq!(left.count(), 0);
    let _again = sandbox
        .run(["pip", "install", "--reinstall", "--refresh", &wanted])
        .success();
    assert!(place().is_some());
}
