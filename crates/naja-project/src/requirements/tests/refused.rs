//! What is refused, and what must not take the reader down.

use super::*;

#[test]
fn errors_say_where_and_what() {
    for (text, message) in [
        ("harry\nsirius >", "/castle/r.txt:2:"),
        ("harry \\\n ==1 \\\n  ; !!", "/castle/r.txt:3:5: "),
        (
            "harry==1 -r a",
            "/castle/r.txt:1:10: `--requirement` cannot follow a requirement; give it a line of its own",
        ),
        (
            "harry==1 --hash",
            "/castle/r.txt:1:16: expected ALGORITHM:HEX after `--hash`",
        ),
        (
            "harry==1 --hash=sha256:00",
            "/castle/r.txt:1:17: expected `--hash=ALGORITHM:HEX`, ",
        ),
        (
            "harry --hash=md5:d41d8cd98f00b204e9800998ecf8427e",
            "/castle/r.txt:1:14: a md5 hash protects against nothing",
        ),
        (
            "--hash=sha256:00",
            "/castle/r.txt:1:1: `--hash` needs a requirement before it",
        ),
        (
            "--indx-url x",
            "/castle/r.txt:1:1: `--indx-url` is no option of a requirements file; is `--index-url` meant?",
        ),
        (
            "--frobnicate",
            "/castle/r.txt:1:1: `--frobnicate` is no option of a requirements file",
        ),
        (
            "--no x",
            "/castle/r.txt:1:1: `--no` can be `--no-index` or `--no-binary`",
        ),
        ("--pre=1", "/castle/r.txt:1:1: `--pre` takes no value"),
        (
            "--pre harry",
            "/castle/r.txt:1:7: expected an option, found `harry`",
        ),
        ("-x", "/castle/r.txt:1:1: `-x` is no option"),
        (
            "-r",
            "/castle/r.txt:1:3: expected a file or address after `--requirement`",
        ),
        ("-r none.txt", "/castle/none.txt: the file does not exist"),
        ("-i 'x", "/castle/r.txt:1:4: expected the closing '"),
        (
            "--no-binary a!b",
            "/castle/r.txt:1:13: expected package names",
        ),
        (
            "-i ftp://u:pw@h.example",
            "/castle/r.txt:1:4: expected an http(s) address, a file address or a path after `--index-url`, found `ftp://****@h.example`",
        ),
        (
            "./d[a b]",
            "/castle/r.txt:1:5: expected the names of extras",
        ),
        ("./d ; nonsense", "/castle/r.txt:1:"),
        ("https:///", "/castle/r.txt:1:1: "),
        ("harry @", "/castle/r.txt:1:"),
        ("-c c.txt", "/castle/c.txt: the file does not exist"),
        (
            "harry --config-settings x",
            "/castle/r.txt:1:25: expected KEY=VALUE",
        ),
    ] {
        let found = error(text);
        assert!(found.starts_with(message), "{text}: {found}");
        assert!(!found.contains("pw@"));
    }
    let unset = read("harry @ ${NO_SUCH}").unwrap();
    assert_eq!(items(&unset), ["harry @ file:///castle/$%7BNO_SUCH%7D"]);
    let error = read("harry==${NO_SUCH}").unwrap_err();
    assert_eq!(error.unset_variable.as_deref(), Some("NO_SUCH"));
}

#[test]
fn constraints_that_are_refused() {
    for (text, expected) in [
        (
            "harry[a]<2",
            "/castle/c.txt:1:1: a constraint cannot have extras",
        ),
        (
            "./d",
            "/castle/c.txt:1:1: a constraint needs the name of a package",
        ),
        (
            "-e ./d",
            "/castle/c.txt:1:1: a constraint cannot be editable",
        ),
    ] {
        let files = MemoryFiles::new([("/castle/c.txt", text)]);
        let variables = Variables::default();
        let mut reader = RequirementsReader::new(&files, &variables, Path::new(CASTLE));
        assert_eq!(
            reader.read_constraints("c.txt").unwrap_err().plain(),
            expected
        );
    }
}

#[test]
fn cycles_and_towers() {
    let cycle = MemoryFiles::new([
        ("/castle/a.txt", "harry\n-r sub/b.txt"),
        ("/castle/sub/b.txt", "-r ../a.txt"),
        ("/castle/me.txt", "-r ./me.txt"),
    ]);
    let error = read_from(&cycle, "a.txt").unwrap_err();
    assert_eq!(
        error.plain(),
        "/castle/a.txt: the file includes itself, by way of /castle/a.txt → /castle/sub/b.txt"
    );
    let from: Vec<String> = error.included_from.iter().map(Plain::plain).collect();
    assert_eq!(from, ["/castle/sub/b.txt:1:4", "/castle/a.txt:2:4"]);
    assert!(matches!(
        *read_from(&cycle, "me.txt").unwrap_err().kind,
        RequirementsErrorKind::Cycle(_)
    ));

    let mut tower = MemoryFiles::default();
    let mut wide = MemoryFiles::default();
    for i in 0..200 {
        let next = i + 1;
        tower = tower.with(
            &format!("/castle/{i}.txt"),
            format!("-r {next}.txt").as_bytes(),
        );
        let twice = if i < 60 {
            format!("-r {next}.txt\n-r ./{next}.txt\n")
        } else {
            "harry".into()
        };
        wide = wide.with(&format!("/castle/{i}.txt"), twice.as_bytes());
    }
    assert!(matches!(
        *read_from(&tower, "0.txt").unwrap_err().kind,
        RequirementsErrorKind::TooDeep(_)
    ));
    assert_eq!(
        items(&read_from(&wide, "0.txt").unwrap()).len(),
        1,
        "each file once"
    );
}

#[test]
fn hostile_texts() {
    for text in [
        format!("harry {}", "\\\n".repeat(100_000)),
        format!("harry ; {}", "(".repeat(100_000)),
        format!("harry[{}]", "a,".repeat(100_000)),
        format!("-e {}", "x ".repeat(100_000)),
        format!("harry {}", "--hash=sha256:00 ".repeat(10_000)),
        "${".repeat(100_000),
        "#".repeat(1_000_000),
        format!("'{}", "\"".repeat(100_001)),
        "-".repeat(100_000),
        "harry @ @ @".to_owned(),
        "[]".to_owned(),
        "]".to_owned(),
        ";".to_owned(),
        "@".to_owned(),
        "\0".to_owned(),
        "[a] @ x".to_owned(),
        "://".to_owned(),
        "é://x".to_owned(),
        "./é[é]".to_owned(),
    ] {
        let _ = read(&text);
    }
}
