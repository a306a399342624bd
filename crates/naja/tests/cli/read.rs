use crate::with_venv;

#[test]
fn lists_in_three_forms() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let columns = sandbox.run(["pip", "list"]).success().stdout;
    assert_eq!(
        columns,
        "Package Version\n------- -------\nharry   3.0\nsirius  2.0\n"
    );
    let frozen = sandbox
        .run(["pip", "list", "--format", "freeze"])
        .success()
        .stdout;
    assert_eq!(frozen, "harry==3.0\nsirius==2.0\n");
    let json = sandbox
        .run(["pip", "list", "--format", "json"])
        .success()
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[1]["name"], "sirius");
    let excluded = sandbox
        .run(["pip", "freeze", "--exclude", "harry"])
        .success()
        .stdout;
    assert_eq!(excluded, "sirius==2.0\n");
}

#[test]
fn shows_what_is_known() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let shown = sandbox.run(["pip", "show", "harry"]).success().stdout;
    assert!(shown.starts_with("Name: harry\nVersion: 3.0\nSummary: A distribution for tests\n"));
    assert!(shown.contains("Required-by: sirius\n"), "{shown}");
    let files = sandbox
        .run(["pip", "show", "-f", "sirius"])
        .success()
        .stdout;
    assert!(files.contains("  sirius/__init__.py\n"), "{files}");
    assert!(files.contains("Requires: harry\n"), "{files}");
    let _missing = sandbox.run(["pip", "show", "draco"]).code(1);
}

#[test]
fn checks_and_trees() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius", "remus"]).success();
    let _agrees = sandbox.run(["pip", "check"]).success();
    let tree = sandbox.run(["pip", "tree"]).success().stdout;
    assert_eq!(tree, "remus v1.0\nsirius v2.0\n└── harry v3.0\n");
    let tree = sandbox.run(["pip", "tree", "--invert"]).success().stdout;
    assert_eq!(tree, "harry v3.0\n└── sirius v2.0\nremus v1.0\n");
    let _broken = sandbox.run(["pip", "uninstall", "harry"]).success();
    let output = sandbox.run(["pip", "check"]).code(1);
    assert!(
        output
            .stdout
            .contains("sirius 2.0 requires harry>=3, which is not installed"),
        "{}",
        output.stdout
    );
}

#[test]
fn looking_never_starts_python() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let site = sandbox.site_packages(".venv");
    let trap = sandbox.work().join("trapped");
    let line = format!(
        "import pathlib; pathlib.Path({:?}).touch()\n",
        trap.to_string_lossy()
    );
    std::fs::write(site.join("trap.pth"), line).unwrap();
    for words in [
        ["pip", "list"],
        ["pip", "freeze"],
        ["pip", "check"],
        ["pip", "tree"],
    ] {
        let _looked = sandbox.run(words).success();
    }
    assert!(!trap.exists());
}

#[test]
fn strict_reading_warns_of_what_does_not_agree() {
    let (sandbox, _index) = crate::with_venv();
    let _installed = sandbox
        .run(["pip", "install", "--no-deps", "sirius"])
        .success();
    for command in [&["list"][..], &["freeze"], &["show", "sirius"]] {
        let mut arguments = vec!["pip"];
        arguments.extend(command);
        assert_eq!(sandbox.run(&arguments).success().stderr, "");
        arguments.push("--strict");
        let told = sandbox.run(&arguments).success().stderr;
        assert!(told.contains("sirius 2.0 requires harry"), "{told}");
    }
}

#[test]
fn the_version_for_programs() {
    let sandbox = crate::sandbox();
    let plain = sandbox.run(["--version"]).success().stdout;
    assert_eq!(sandbox.run(["version"]).success().stdout, plain);
    let number = sandbox.run(["version", "--short"]).success().stdout;
    assert_eq!(plain, format!("naja {number}"));
    let json = sandbox
        .run(["version", "--output-format", "json"])
        .success();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["package_name"], "naja");
    assert_eq!(json["version"], number.trim());
}
