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
