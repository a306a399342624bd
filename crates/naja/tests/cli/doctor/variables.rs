//! Variables and configuration that change what Python and pip do.

use naja_testkit::find_pythons;

use super::{deactivate, found, found_among, healthy, ids, site, texts};

#[test]
pub(super) fn variables_of_python() {
    let (mut sandbox, _index) = healthy();
    sandbox.set("PYTHONHOME", "/nowhere");
    let _found = found(&sandbox, "pythonhome");
    sandbox.set("PYTHONHOME", "");
    sandbox.write("src/mine.py", "");
    let src = sandbox.work().join("src");
    sandbox.set("PYTHONPATH", src.to_string_lossy());
    // Modules of one's own are what the variable is for.
    assert!(ids(&sandbox).is_empty());
    sandbox.write("src/harry/__init__.py", "");
    let finding = found(&sandbox, "pythonpath");
    assert!(
        texts(&finding, "why").contains("comes first and has harry"),
        "{finding}"
    );
    sandbox.set("PYTHONPATH", "");
    sandbox.set("PYTHONSTARTUP", "/nowhere/startup.py");
    let _found = found(&sandbox, "pythonstartup-gone");
}

#[test]
pub(super) fn packages_of_the_user() {
    let (mut sandbox, _index) = healthy();
    deactivate(&mut sandbox);
    let python = find_pythons()[0].to_string_lossy().into_owned();
    let _made = sandbox
        .run([
            "venv",
            "-q",
            "--clear",
            "--system-site-packages",
            "-p",
            &python,
        ])
        .success();
    let below = site(&sandbox);
    let below = below.strip_prefix(sandbox.work().join(".venv")).unwrap();
    let user = sandbox.home().join(".local").join(below);
    std::fs::create_dir_all(user.join("luna-1.0.dist-info")).unwrap();
    let finding = found_among(&sandbox, "user-site-visible");
    assert!(texts(&finding, "why").contains("luna"), "{finding}");
    sandbox.set("PYTHONNOUSERSITE", "1");
    let _found = found_among(&sandbox, "user-site-off");
}

#[test]
pub(super) fn what_pip_is_told() {
    let (mut sandbox, index) = healthy();
    for (name, value, id) in [
        ("PIP_USER", "1", "pip-user"),
        ("PIP_TARGET", "flat", "pip-elsewhere"),
        (
            "PIP_INDEX_URL",
            "https://index.example/simple/",
            "pip-index",
        ),
    ] {
        sandbox.set(name, value);
        let finding = found(&sandbox, id);
        assert!(texts(&finding, "why").contains(name), "{finding}");
        sandbox.set(name, "");
    }
    sandbox.set("PIP_INDEX_URL", index.url());
    assert!(ids(&sandbox).is_empty());
    sandbox.set("PIP_INDEX_URL", "");
    let conf = sandbox.home().join(".config/pip/pip.conf");
    std::fs::create_dir_all(conf.parent().unwrap()).unwrap();
    std::fs::write(&conf, "[install]\nuser = true\n").unwrap();
    let finding = found(&sandbox, "pip-user");
    assert!(texts(&finding, "why").contains("pip.conf:2"), "{finding}");
}

#[test]
pub(super) fn mistakes_of_the_project() {
    let (sandbox, _index) = healthy();
    let manifest = "[project]\nname = \"castle\"\nversion = \"1\"\ndependencies = [\n    \"harry\",\n    3,\n]\n";
    sandbox.write("pyproject.toml", manifest);
    let finding = found(&sandbox, "project-unreadable");
    let why = texts(&finding, "why");
    assert!(
        why.contains("pyproject.toml: line 6, column 5"),
        "{finding}"
    );
    // The answer is that it is not right; commands that need it say that they could not be tried.
    let _found = sandbox.run(["doctor", "-q"]).code(1);
    let _refused = sandbox.run(["lock"]).code(2);
    sandbox.write("pyproject.toml", &manifest.replace("    3,\n", ""));
    sandbox.write(
        "pylock.toml",
        "lock-version = \"1.0\"\ncreated-by = \"naja\"\npackages = 7\n",
    );
    let finding = found_among(&sandbox, "project-unreadable");
    assert!(texts(&finding, "why").contains("`packages`"), "{finding}");
    std::fs::remove_file(sandbox.work().join("pylock.toml")).unwrap();
    assert!(!ids(&sandbox).contains(&"project-unreadable".to_owned()));
    // That of a member counts as well.
    sandbox.write(
        "pyproject.toml",
        &format!(
            "{}[tool.uv.workspace]\nmembers = [\"tower\"]\n",
            manifest.replace("    3,\n", "")
        ),
    );
    sandbox.write(
        "tower/pyproject.toml",
        "[project]\nname = \"to wer\"\nversion = \"1\"\n",
    );
    let finding = found_among(&sandbox, "project-unreadable");
    assert!(
        texts(&finding, "why").contains("tower/pyproject.toml: line 2"),
        "{finding}"
    );
}
