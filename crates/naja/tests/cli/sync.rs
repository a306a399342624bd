use crate::{frozen, with_venv};

#[test]
fn the_environment_becomes_exactly_the_file() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "hedwig", "harry==1.0"])
        .success();
    sandbox.write("pins.txt", "harry==3.0\nremus==1.0\n");
    let output = sandbox
        .run(["pip", "sync", "--dry-run", "pins.txt"])
        .success();
    assert!(
        output.stderr.contains(" - hedwig==2.0"),
        "{}",
        output.stderr
    );
    assert_eq!(frozen(&sandbox), "harry==1.0\nhedwig==2.0\n");
    let _synced = sandbox.run(["pip", "sync", "pins.txt"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nremus==1.0\n");
    index.forget();
    let output = sandbox.run(["pip", "sync", "pins.txt"]).success();
    assert!(
        output.stderr.starts_with("Audited 2 packages"),
        "{}",
        output.stderr
    );
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn an_empty_file_empties_only_when_that_is_wanted() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    sandbox.write("pins.txt", "# nothing\n");
    let _kept = sandbox.run(["pip", "sync", "pins.txt"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
    let _emptied = sandbox
        .run(["pip", "sync", "--allow-empty-requirements", "pins.txt"])
        .success();
    assert_eq!(frozen(&sandbox), "");
}

#[test]
fn strictly_a_file_has_to_agree_with_itself() {
    let (sandbox, _index) = with_venv();
    sandbox.write("pins.txt", "sirius==2.0\n");
    let compile = ["pip", "compile", "-q", "--no-deps", "pins.txt", "-o"];
    let _locked = sandbox
        .run([&compile[..], &["pylock.toml"]].concat())
        .success();
    for file in ["pins.txt", "pylock.toml"] {
        let output = sandbox.run(["pip", "sync", "--strict", file]).code(1);
        assert!(
            output.stderr.contains("sirius 2.0 requires harry>=3"),
            "{}",
            output.stderr
        );
        assert_eq!(frozen(&sandbox), "sirius==2.0\n");
        let again = sandbox.run(["pip", "sync", "--strict", file]).code(1);
        assert!(again.stderr.contains("nothing was changed"), "{again:?}");
        let _quiet = sandbox.run(["pip", "sync", file]).success();
        let _emptied = sandbox.run(["pip", "uninstall", "sirius"]).success();
    }
    let locked = ["pip", "install", "--strict", "-r", "pylock.toml"];
    let _refused = sandbox.run(locked).code(1);
    sandbox.write("pins.txt", "sirius==2.0\nharry==3.0\n");
    let _agreed = sandbox
        .run(["pip", "sync", "--strict", "pins.txt"])
        .success();
}
