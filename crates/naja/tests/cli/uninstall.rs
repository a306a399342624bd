use crate::{frozen, with_venv};

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
            .filter(|line| !line.ends_with(".venv/.lock"))
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
