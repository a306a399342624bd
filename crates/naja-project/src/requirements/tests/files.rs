//! Files that name other files, and manifests and scripts in their place.

use super::*;

#[test]
fn inclusion() {
    let files = MemoryFiles::new([
        (
            "/castle/r.txt",
            "-r sub/a.txt\n-c c.txt\nharry\n-rsub/b.txt",
        ),
        (
            "/castle/sub/a.txt",
            "--requirement=b.txt\n./here\n./there\n-f links\n",
        ),
        ("/castle/sub/b.txt", "sirius\n"),
        ("/castle/sub/there/setup.py", ""),
        ("/castle/sub/there", ""),
        (
            "/castle/c.txt",
            "remus<2\nharry @ https://h.example/harry-1.zip\n-r sub/d.txt\n-c sub/e.txt",
        ),
        ("/castle/sub/d.txt", "dobby"),
        ("/castle/sub/e.txt", "hedwig<3"),
    ]);
    let file = read_from(&files, "r.txt").unwrap();
    assert_eq!(
        items(&file),
        [
            "sirius",
            "file:///castle/here",
            "file:///castle/sub/there",
            "dobby",
            "harry"
        ],
        "b.txt once; here as pip, there beside the file"
    );
    let constraints: Vec<String> = file
        .constraints
        .iter()
        .map(|entry| entry.item.plain())
        .collect();
    assert_eq!(
        constraints,
        [
            "remus<2",
            "harry @ https://h.example/harry-1.zip",
            "hedwig<3"
        ]
    );
    assert_eq!(
        file.options.find_links[0].value.plain(),
        "/castle/sub/links"
    );
    assert_eq!(file.constraints[0].origin.plain(), "/castle/c.txt:1");
}

#[test]
fn remote_files_and_standard_input() {
    let files = MemoryFiles::new([("/castle/local.txt", "-r https://h.example/reqs/r.txt\n")])
        .with_url(
            "https://h.example/reqs/r.txt",
            "-r ../base.txt\n./w/harry-1.0-py3-none-any.whl\n-f links\n",
        )
        .with_url("https://h.example/base.txt", "sirius\n")
        .with_url("https://h.example/evil.txt", "-r file:///etc/passwd\n")
        .with_url("https://h.example/evil2.txt", "file:///etc/passwd\n")
        .with_url("https://h.example/evil3.txt", "x @ file:///etc/passwd\n")
        .with_url("https://h.example/evil4.txt", "-f file:///etc\n")
        .with_url("https://h.example/evil5.txt", "-r file://h/share/r.txt\n")
        .with_stdin("remus\n-r local.txt\n");
    let file = read_from(&files, "-").unwrap();
    assert_eq!(
        items(&file),
        [
            "remus",
            "sirius",
            "harry @ https://h.example/reqs/w/harry-1.0-py3-none-any.whl"
        ]
    );
    assert_eq!(file.requirements[0].origin.plain(), "<stdin>:1");
    assert_eq!(
        file.requirements[1].origin.plain(),
        "https://h.example/base.txt:1"
    );
    assert_eq!(
        file.options.find_links[0].value.plain(),
        "https://h.example/reqs/links"
    );
    for evil in [
        "evil.txt",
        "evil2.txt",
        "evil3.txt",
        "evil4.txt",
        "evil5.txt",
    ] {
        let error = read_from(&files, &format!("https://h.example/{evil}")).unwrap_err();
        assert!(
            matches!(*error.kind, RequirementsErrorKind::LocalFromRemote),
            "{evil}: {error}"
        );
    }
    let error = read_from(&files, "https://u:secret@h.example/none.txt").unwrap_err();
    assert_eq!(
        error.plain(),
        "https://****@h.example/none.txt: https://****@h.example/none.txt has to be fetched first"
    );
    assert!(!format!("{error:?}").contains("secret"));
    let variables = Variables::default();
    let mut reader = RequirementsReader::new(&files, &variables, Path::new(CASTLE));
    reader.read_requirements("-").unwrap();
    assert!(matches!(
        *reader.read_constraints("-").map(|()| 0).unwrap_err().kind,
        RequirementsErrorKind::File(_) | RequirementsErrorKind::StdinTwice
    ));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn manifests_and_scripts() {
    let manifest = "[project]
name = 'App'
dependencies = ['harry>=1', 'sirius; os_name == \"nt\"']
[project.optional-dependencies]
hat = ['remus', 'app[All_Of]']
all-of = ['dobby']
[dependency-groups]
dev = ['pytest', {include-group = 'Lint'}]
lint = ['ruff']
loop = [{include-group = 'loop2'}]
loop2 = [{include-group = 'loop'}]
broken = [1]
";
    let script = "# /// script\n# dependencies = ['hedwig']\n# ///\n";
    let files = MemoryFiles::new([
        ("/castle/pyproject.toml", manifest),
        ("/castle/s.py", script),
        ("/castle/plain.py", "print()"),
        (
            "/castle/dyn/pyproject.toml",
            "[project]\nname='x'\ndynamic=['dependencies']",
        ),
        (
            "/castle/bad/pyproject.toml",
            "[project]\ndependencies = ['>=1']",
        ),
        ("/castle/setup.py", ""),
        ("/castle/pylock.dev.toml", ""),
    ]);
    let variables = Variables::default();
    let read = |choice: ManifestChoice| {
        let mut reader =
            RequirementsReader::new(&files, &variables, Path::new(CASTLE)).with_choice(choice);
        reader
            .read_requirements("pyproject.toml")
            .map(|()| items(&reader.finish()))
    };
    let extra = |text: &str| naja_spec::ExtraName::parse(text).unwrap();
    assert_eq!(
        read(ManifestChoice::default()).unwrap(),
        ["harry>=1", "sirius; os_name == \"nt\""]
    );
    let hat = ManifestChoice {
        extras: vec![extra("hat")],
        all_extras: false,
    };
    assert_eq!(read(hat).unwrap()[2..], ["remus", "dobby"]);
    let all = ManifestChoice {
        extras: vec![],
        all_extras: true,
    };
    assert_eq!(read(all).unwrap().len(), 4);
    let none = ManifestChoice {
        extras: vec![extra("nope")],
        all_extras: false,
    };
    assert!(matches!(
        *read(none).unwrap_err().kind,
        RequirementsErrorKind::NoExtra(_)
    ));

    let group = |argument: &str| {
        let mut reader = RequirementsReader::new(&files, &variables, Path::new(CASTLE));
        reader.read_group(argument).map(|()| reader.finish())
    };
    let dev = group("dev").unwrap();
    assert_eq!(items(&dev), ["pytest", "ruff"]);
    assert_eq!(
        dev.requirements[1].origin.plain(),
        "/castle/pyproject.toml:9"
    );
    assert_eq!(items(&group("./pyproject.toml:lint").unwrap()), ["ruff"]);
    assert!(matches!(
        *group("loop").unwrap_err().kind,
        RequirementsErrorKind::GroupCycle(_)
    ));
    assert!(matches!(
        *group("zzz").unwrap_err().kind,
        RequirementsErrorKind::NoGroup(_)
    ));
    assert_eq!(
        group("broken").unwrap_err().plain(),
        "/castle/pyproject.toml:12:11: expected a requirement"
    );

    assert_eq!(items(&read_from(&files, "s.py").unwrap()), ["hedwig"]);
    for (file, message) in [
        ("plain.py", "/castle/plain.py: the script declares nothing"),
        (
            "bad/pyproject.toml",
            "/castle/bad/pyproject.toml:2:17: invalid requirement `>=1`",
        ),
        ("none.txt", "/castle/none.txt: the file does not exist"),
    ] {
        let error = read_from(&files, file).unwrap_err().plain();
        assert!(error.starts_with(message), "{file}: {error}");
    }
    // What only a build or a lock tells is left to the caller.
    for file in ["dyn/pyproject.toml", "setup.py"] {
        let found = read_from(&files, file).unwrap();
        let [entry] = found.requirements.as_slice() else {
            panic!("{file}: {found:?}");
        };
        assert!(
            matches!(&entry.item, RequirementItem::Dependencies(project) if project.file.ends_with(file)),
            "{file}"
        );
    }
    let found = read_from(&files, "pylock.dev.toml").unwrap();
    assert!(matches!(
        &found.requirements[0].item,
        RequirementItem::Lock(_)
    ));
}

#[test]
fn arguments() {
    let files = MemoryFiles::default();
    let parse = |text: &str| parse_argument(text, Path::new(CASTLE), &files);
    assert_eq!(parse(" harry>=1 ").unwrap().plain(), "harry>=1");
    assert_eq!(parse("./d").unwrap().plain(), "file:///castle/d");
    for text in [
        "requirements.txt",
        "dev.in",
        "sub/requirements.txt",
        "pyproject.toml",
    ] {
        let (_, kind) = parse(text).unwrap_err();
        assert!(
            matches!(kind, RequirementsErrorKind::FileAsRequirement(_)),
            "{text}"
        );
    }
    assert!(parse("  harry >").unwrap_err().0 > 2);
    let variables = Variables::default();
    let mut reader = RequirementsReader::new(&files, &variables, Path::new(CASTLE));
    reader.add_argument("harry", false).unwrap();
    reader.add_argument("./d", true).unwrap();
    let error = reader.add_argument("harry >", false).unwrap_err();
    assert!(error.plain().starts_with("<command line>:"), "{error}");
    let file = reader.finish();
    assert_eq!(items(&file), ["harry", "file:///castle/d"]);
    assert_eq!(file.requirements[0].origin.source, SourceName::Arguments);
    assert!(file.requirements[1].editable);
}
