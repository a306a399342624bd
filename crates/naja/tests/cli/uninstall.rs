use naja_testkit::{IndexBuilder, Wheel};

use crate::{frozen, untrue_record, with_index, with_venv};

#[test]
fn every_file_goes_and_nothing_else() {
    let (sandbox, _index) = with_venv();
    let before = sandbox
        .finish(sandbox.command_of("find").arg(".venv"))
        .success()
        .stdout;
    let _installed = sandbox.run(["pip", "install", "hedwig", "remus"]).success();
    let mut python = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
    python
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .args(["-c", "import hedwig, remus"]);
    let _compiled = sandbox.finish(&mut python).success();
    let output = sandbox.run(["pip", "uninstall", "hedwig", "-y"]).success();
    assert!(
        output.stderr.contains(" - hedwig==2.0"),
        "{}",
        output.stderr
    );
    assert_eq!(frozen(&sandbox), "remus==1.0\n");
    let _gone = sandbox.run(["pip", "uninstall", "remus"]).success();
    let after = sandbox
        .finish(sandbox.command_of("find").arg(".venv"))
        .success()
        .stdout;
    let lines = |text: &str| {
        let mut lines: Vec<String> = text
            .lines()
            .filter(|line| !line.ends_with(".venv/.lock") && !line.contains(".venv/.naja"))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&after), lines(&before));
}

#[test]
fn a_name_that_is_not_there_is_a_warning() {
    let (sandbox, _index) = with_venv();
    let output = sandbox.run(["pip", "uninstall", "harry"]).success();
    assert!(
        output
            .stderr
            .contains("skipped harry, which is not installed"),
        "{}",
        output.stderr
    );
}

#[test]
fn names_come_from_files_too() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "hedwig", "remus", "harry"])
        .success();
    sandbox.write("gone.txt", "hedwig==1.0\nremus\n");
    let _gone = sandbox
        .run(["pip", "uninstall", "-r", "gone.txt"])
        .success();
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
}

#[test]
fn a_file_of_two_owners_stays_with_the_other() {
    let wheel = |name: &str| {
        Wheel::new(name, "1.0")
            .without_module()
            .file("cv/__init__.py", format!("owner = {name:?}\n"))
    };
    let builder = IndexBuilder::harry()
        .wheel(&wheel("cv-one"))
        .wheel(&wheel("cv-two"));
    let (sandbox, _index) = with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    let owner = || {
        let mut python = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
        python.args(["-I", "-B", "-c", "import cv; print(cv.owner)"]);
        sandbox.finish(&mut python).success().stdout
    };
    let said = "both have the file";
    let together = sandbox
        .run(["pip", "install", "cv-two", "cv-one"])
        .success();
    assert!(
        together.stderr.contains("cv-two and cv-one both have"),
        "{}",
        together.stderr
    );
    assert_eq!(owner(), "cv-two\n");
    let _gone = sandbox.run(["pip", "uninstall", "cv-two"]).success();
    assert_eq!(owner(), "cv-one\n");
    // One after the other: the last one wins, whatever its name, and both are named.
    let later = sandbox.run(["pip", "install", "cv-two"]).success();
    assert!(
        later.stderr.contains("cv-two and cv-one both have"),
        "{}",
        later.stderr
    );
    assert_eq!(owner(), "cv-two\n");
    // The loser goes: the winner's file stays.
    let gone = sandbox.run(["pip", "uninstall", "cv-one"]).success();
    assert!(!gone.stderr.contains(said), "{}", gone.stderr);
    assert_eq!(owner(), "cv-two\n");
    assert_eq!(untrue_record(&sandbox), None);
    let _gone = sandbox.run(["pip", "uninstall", "cv-two"]).success();
    assert!(!sandbox.work().join(".venv/.naja/shadowed").exists());
}
