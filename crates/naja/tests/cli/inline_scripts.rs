//! Scripts with metadata of their own (PEP 723).

use naja_testkit::{Index, IndexBuilder, Sandbox, Sdist};

use crate::with_index;

const MAIN: &str = "import importlib.metadata as m\n\
    print(' '.join(sorted(f'{d.name}=={d.version}' for d in m.distributions())))\n";

/// An index, and a script with these lines of metadata.
fn scene(lines: &str) -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("s.py", &script(lines));
    (sandbox, index)
}

fn script(lines: &str) -> String {
    let mut text = "# /// script\n".to_owned();
    for line in lines.lines() {
        text.push_str(if line.is_empty() { "#" } else { "# " });
        text.push_str(line);
        text.push('\n');
    }
    format!("{text}# ///\n{MAIN}")
}

/// What the script sees.
fn sees(sandbox: &Sandbox, words: &[&str]) -> String {
    let mut all = vec!["run"];
    all.extend_from_slice(words);
    sandbox.run(all).success().stdout.trim().to_owned()
}

#[test]
fn a_new_script_runs_at_once() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let output = sandbox
        .run(["init", "--script", "tools/hello.py"])
        .success();
    assert!(
        output
            .stderr
            .contains("Initialized script at `tools/hello.py`")
    );
    let output = sandbox.run(["run", "tools/hello.py"]).success();
    assert_eq!(output.stdout, "Hello from hello.py!\n");
    let output = sandbox.run(["init", "--script", "tools/hello.py"]).code(2);
    assert!(
        output.stderr.contains("metadata already"),
        "{}",
        output.stderr
    );
    let before = "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint('é')\n";
    sandbox.write("old.py", before);
    let _made = sandbox.run(["init", "--script", "old.py"]).success();
    let after = sandbox.read("old.py");
    let lines: Vec<&str> = after.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "#!/usr/bin/env python3",
            "# -*- coding: utf-8 -*-",
            "# /// script"
        ]
    );
    assert!(after.ends_with("# ///\n\nprint('é')\n"), "{after}");
    assert_eq!(sandbox.run(["run", "old.py"]).success().stdout, "é\n");
    sandbox.write("open.py", "# /// script\n# dependencies = []\nprint(1)\n");
    let output = sandbox.run(["init", "--script", "open.py"]).code(2);
    assert!(
        output.stderr.contains("line 1 is not closed"),
        "{}",
        output.stderr
    );
}

#[test]
fn only_the_block_changes() {
    let (sandbox, _index) = scene("");
    let before = "#!/usr/bin/env -S naja run --script\r\n# /// script\r\n# # what it needs\r\n\
        # dependencies = [\r\n#   \"hedwig\", # the owl\r\n# ]\r\n#\r\n# [tool.other]\r\n# x = 1\r\n# ///\r\n\
        print( 'as it was' ) # /// script\r\n";
    sandbox.write("s.py", before);
    let output = sandbox.run(["add", "--script", "s.py", "sirius"]).success();
    assert!(
        output.stderr.contains("Updated `s.py`"),
        "{}",
        output.stderr
    );
    let added = before.replace("# ]\r\n", "#   \"sirius>=2.0\",\r\n# ]\r\n");
    assert_eq!(sandbox.read("s.py"), added);
    let _removed = sandbox
        .run(["remove", "--script", "s.py", "sirius"])
        .success();
    assert_eq!(sandbox.read("s.py"), before);
    assert!(!sandbox.work().join("s.py.lock").exists());
    assert!(!sandbox.work().join(".venv").exists());
    for (arguments, status, words) in [
        (&["add", "nosuch"][..], 1, "nosuch"),
        (&["add", "hedwig==9"], 1, "hedwig"),
        (&["add", "harry["], 2, "harry["),
        (&["add", "./gone"], 2, "gone"),
        (&["remove", "sirius"], 2, "sirius is not in `dependencies`"),
        (&["add", "sirius", "--dev"], 2, "cannot be used with"),
        (&["add", "sirius", "--dry-run"], 0, "sirius"),
    ] {
        let mut all = arguments.to_vec();
        all.extend(["--script", "s.py"]);
        let output = sandbox.run(&all).code(status);
        let told = format!("{}{}", output.stderr, output.stdout);
        assert!(told.contains(words), "{arguments:?}: {told}");
        assert_eq!(sandbox.read("s.py"), before, "{arguments:?}");
    }
}

#[test]
fn what_is_added_has_bounds_sources_and_parts() {
    let (sandbox, index) = scene("dependencies = []");
    Sdist::new("pollux", "1.0").write_to(&sandbox.work().join("libs/pollux"));
    let block = |sandbox: &Sandbox| {
        let text = sandbox.read("s.py");
        text[..text.find("# ///\n").unwrap()].to_owned()
    };
    let _added = sandbox
        .run(["add", "--script", "s.py", "harry", "--bounds", "major"])
        .success();
    assert!(
        block(&sandbox).contains("\"harry>=3.0,<4.0\""),
        "{}",
        block(&sandbox)
    );
    let _added = sandbox
        .run(["add", "--script", "s.py", "--raw", "hedwig"])
        .success();
    assert!(
        block(&sandbox).contains("\"hedwig\""),
        "{}",
        block(&sandbox)
    );
    sandbox.write("more.txt", "remus==1.0\n");
    let _added = sandbox
        .run([
            "add", "--script", "s.py", "-r", "more.txt", "--extra", "moon",
        ])
        .success();
    assert!(
        block(&sandbox).contains("\"remus[moon]==1.0\""),
        "{}",
        block(&sandbox)
    );
    let mut command = sandbox.command();
    std::fs::create_dir(sandbox.work().join("elsewhere")).unwrap();
    command.current_dir(sandbox.work().join("elsewhere")).args([
        "add",
        "--script",
        "../s.py",
        "--editable",
        "../libs/pollux",
    ]);
    let _added = sandbox.finish(&mut command).success();
    let text = block(&sandbox);
    assert!(
        text.ends_with(
            "#\n# [tool.naja.sources]\n# pollux = { path = \"libs/pollux\", editable = true }\n"
        ),
        "{text}"
    );
    index.forget();
    assert_eq!(
        sees(&sandbox, &["s.py"]),
        "harry==3.0 hedwig==2.0 pollux==1.0 remus==1.0"
    );
    let _removed = sandbox
        .run(["remove", "--script", "s.py", "pollux"])
        .success();
    assert!(
        !sandbox.read("s.py").contains("tool"),
        "{}",
        sandbox.read("s.py")
    );
    // Where there is a table of uv's alone, it is used.
    sandbox.write(
        "u.py",
        &script("dependencies = []\n\n[tool.uv]\nresolution = \"lowest\""),
    );
    let _added = sandbox
        .run(["add", "--script", "u.py", "./libs/pollux"])
        .success();
    let text = sandbox.read("u.py");
    assert!(
        text.contains("# [tool.uv.sources]\n# pollux = { path = \"libs/pollux\" }\n"),
        "{text}"
    );
}

#[test]
fn the_second_run_asks_nobody() {
    let (sandbox, index) = scene("dependencies = [\"sirius\"]");
    assert_eq!(sees(&sandbox, &["s.py"]), "harry==3.0 sirius==2.0");
    index.forget();
    assert_eq!(sees(&sandbox, &["s.py"]), "harry==3.0 sirius==2.0");
    assert_eq!(
        sees(&sandbox, &["--offline", "s.py"]),
        "harry==3.0 sirius==2.0"
    );
    assert_eq!(index.requests(), Vec::<String>::new());
    // Other metadata, another environment; the first one is still there.
    let first = sandbox.read("s.py");
    sandbox.write("s.py", &script("dependencies = [\"sirius<2\"]"));
    assert_eq!(sees(&sandbox, &["s.py"]), "harry==1.0 sirius==1.0");
    index.forget();
    sandbox.write("s.py", &first);
    assert_eq!(sees(&sandbox, &["s.py"]), "harry==3.0 sirius==2.0");
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn settings_of_a_script_count_for_it() {
    let other = IndexBuilder::default()
        .wheel(&naja_testkit::Wheel::new("harry", "7.0"))
        .serve();
    let (sandbox, _index) = scene("");
    sandbox.write("uv.toml", "resolution = \"highest\"\n");
    for (lines, wanted) in [
        (
            "dependencies = [\"harry\"]\n[tool.uv]\nexclude-newer = \"2023-06-01\"",
            "harry==1.0",
        ),
        (
            "dependencies = [\"harry\"]\n[tool.naja]\nresolution = \"lowest\"",
            "harry==1.0",
        ),
        (
            "dependencies = [\"harry\"]\n[tool.uv]\nprerelease = \"allow\"",
            "harry==4.0rc1",
        ),
        (
            "dependencies = [\"sirius\"]\n[tool.uv]\noverride-dependencies = [\"harry==1.0\"]",
            "harry==1.0 sirius==2.0",
        ),
    ] {
        sandbox.write("s.py", &script(lines));
        assert_eq!(sees(&sandbox, &["s.py"]), wanted, "{lines}");
    }
    sandbox.write(
        "s.py",
        &script(&format!(
            "dependencies = [\"harry\", \"hedwig\"]\n[[tool.uv.index]]\nname = \"other\"\nurl = \"{}\"\n\
             explicit = true\n[tool.uv.sources]\nharry = {{ index = \"other\" }}",
            other.url()
        )),
    );
    assert_eq!(sees(&sandbox, &["s.py"]), "harry==7.0 hedwig==2.0");
    // From anywhere, and whatever lies there.
    let away = sandbox.work().join("away");
    std::fs::create_dir(&away).unwrap();
    std::fs::write(away.join("naja.toml"), "this is = not toml").unwrap();
    let mut command = sandbox.command();
    command.current_dir(&away).args(["run", "../s.py"]);
    let output = sandbox.finish(&mut command).success();
    assert_eq!(output.stdout, "harry==7.0 hedwig==2.0\n");
    // The command line counts more.
    sandbox.write(
        "s.py",
        &script("dependencies = [\"harry\"]\n[tool.uv]\nresolution = \"lowest\""),
    );
    assert_eq!(
        sees(&sandbox, &["--resolution", "highest", "s.py"]),
        "harry==3.0"
    );
    // Standard input has settings as well.
    let mut shell = sandbox.command_of("sh");
    let line = format!("'{}' run - < s.py", env!("CARGO_BIN_EXE_naja"));
    shell.args(["-c", &line]);
    assert_eq!(sandbox.finish(&mut shell).success().stdout, "harry==1.0\n");
}

#[test]
fn a_directory_that_changed_is_built_again() {
    let (sandbox, _index) =
        scene("dependencies = [\"pollux\"]\n[tool.uv.sources]\npollux = { path = \"pollux\" }");
    Sdist::new("pollux", "1.0").write_to(&sandbox.work().join("pollux"));
    assert_eq!(sees(&sandbox, &["s.py"]), "pollux==1.0");
    sandbox.write("pollux/pollux/more.py", "x = 1\n");
    let text = sandbox
        .read("s.py")
        .replace(MAIN, "import pollux.more; print(pollux.more.x)\n");
    sandbox.write("s.py", &text);
    assert_eq!(sees(&sandbox, &["s.py"]), "1");
}

#[test]
fn a_lock_beside_a_script_is_used_and_kept_fresh() {
    let (sandbox, index) = scene("dependencies = [\"sirius\"]");
    for words in [
        &["run", "--locked", "s.py"][..],
        &["run", "--frozen", "s.py"],
        &["sync", "--locked", "--script", "s.py"],
    ] {
        let output = sandbox.run(words).code(2);
        assert!(
            output.stderr.contains("naja lock --script s.py"),
            "{}",
            output.stderr
        );
    }
    let _checked = sandbox.run(["lock", "--check", "--script", "s.py"]).code(1);
    let _dry = sandbox
        .run(["lock", "--dry-run", "--script", "s.py"])
        .success();
    assert!(!sandbox.work().join("s.py.lock").exists());
    let _locked = sandbox.run(["lock", "--script", "s.py"]).success();
    let lock = sandbox.read("s.py.lock");
    assert!(lock.contains("lock-version = \"1.0\""), "{lock}");
    assert!(
        lock.contains("name = \"harry\"\nversion = \"3.0\""),
        "{lock}"
    );
    let _checked = sandbox
        .run(["lock", "--check", "--script", "s.py"])
        .success();
    assert_eq!(
        sees(&sandbox, &["--locked", "s.py"]),
        "harry==3.0 sirius==2.0"
    );
    index.forget();
    assert_eq!(sees(&sandbox, &["s.py"]), "harry==3.0 sirius==2.0");
    assert_eq!(
        sees(&sandbox, &["--frozen", "s.py"]),
        "harry==3.0 sirius==2.0"
    );
    assert_eq!(index.requests(), Vec::<String>::new());
    assert_eq!(sandbox.read("s.py.lock"), lock);
    // A script that asks for something else: refused, taken as it is, or locked anew.
    let text = sandbox.read("s.py").replace("\"sirius\"", "\"sirius<2\"");
    sandbox.write("s.py", &text);
    let output = sandbox.run(["run", "--locked", "s.py"]).code(1);
    assert!(
        output.stderr.contains("`dependencies` changed"),
        "{}",
        output.stderr
    );
    assert_eq!(
        sees(&sandbox, &["--frozen", "s.py"]),
        "harry==3.0 sirius==2.0"
    );
    assert_eq!(sandbox.read("s.py.lock"), lock);
    assert_eq!(sees(&sandbox, &["s.py"]), "harry==1.0 sirius==1.0");
    assert!(
        sandbox
            .read("s.py.lock")
            .contains("name = \"harry\"\nversion = \"1.0\"")
    );
    let _fits = sandbox
        .run(["lock", "--check", "--script", "s.py"])
        .success();
}

#[test]
fn script_and_lock_change_together() {
    let (sandbox, _index) = scene("dependencies = [\"harry<2\"]");
    let _locked = sandbox.run(["lock", "--script", "s.py"]).success();
    let before = (sandbox.read("s.py"), sandbox.read("s.py.lock"));
    let _added = sandbox.run(["add", "--script", "s.py", "hedwig"]).success();
    assert!(sandbox.read("s.py").contains("\"hedwig>=2.0\""));
    assert!(sandbox.read("s.py.lock").contains("name = \"hedwig\""));
    let _fits = sandbox
        .run(["lock", "--check", "--script", "s.py"])
        .success();
    let _removed = sandbox
        .run(["remove", "--script", "s.py", "hedwig"])
        .success();
    assert_eq!((sandbox.read("s.py"), sandbox.read("s.py.lock")), before);
    let _refused = sandbox
        .run(["add", "--script", "s.py", "sirius==2.0"])
        .code(1);
    assert_eq!((sandbox.read("s.py"), sandbox.read("s.py.lock")), before);
    let _refused = sandbox
        .run(["add", "--locked", "--script", "s.py", "hedwig"])
        .code(1);
    assert_eq!((sandbox.read("s.py"), sandbox.read("s.py.lock")), before);
    // Upgrades where they are asked for.
    let text = before.0.replace("harry<2", "harry");
    sandbox.write("s.py", &text);
    let _kept = sandbox.run(["lock", "--script", "s.py"]).success();
    assert!(sandbox.read("s.py.lock").contains("version = \"1.0\""));
    let _upgraded = sandbox
        .run(["lock", "-P", "harry", "--script", "s.py"])
        .success();
    assert!(sandbox.read("s.py.lock").contains("version = \"3.0\""));
}

#[test]
fn the_lock_of_another_tool_is_left_alone() {
    let (sandbox, _index) = scene("dependencies = [\"harry\"]");
    let foreign = "version = 1\nrevision = 3\nrequires-python = \">=3.8\"\n\n[[package]]\nname = \"harry\"\n\
        version = \"1.0\"\nsource = { registry = \"https://index.example/simple\" }\n";
    sandbox.write("s.py.lock", foreign);
    assert_eq!(sees(&sandbox, &["s.py"]), "harry==3.0");
    let output = sandbox.run(["lock", "--script", "s.py"]).code(2);
    assert!(output.stderr.contains("another tool"), "{}", output.stderr);
    let output = sandbox.run(["add", "--script", "s.py", "hedwig"]).success();
    assert!(
        output.stderr.contains("does not know of this change"),
        "{}",
        output.stderr
    );
    assert!(sandbox.read("s.py").contains("hedwig>=2.0"));
    assert_eq!(sandbox.read("s.py.lock"), foreign);
    let _taken = sandbox
        .run(["lock", "--script", "s.py", "--from", "s.py.lock"])
        .success();
    let lock = sandbox.read("s.py.lock");
    assert!(
        lock.contains("name = \"harry\"\nversion = \"1.0\""),
        "{lock}"
    );
    assert_eq!(
        sees(&sandbox, &["--locked", "s.py"]),
        "harry==1.0 hedwig==2.0"
    );
}

#[test]
fn the_environment_is_made_shown_and_found() {
    let (sandbox, _index) = scene("dependencies = [\"harry\"]");
    let find = |sandbox: &Sandbox| {
        let found = sandbox
            .run(["python", "find", "--script", "s.py"])
            .success();
        found.stdout.trim().to_owned()
    };
    let base = find(&sandbox);
    assert!(!base.contains("environments"), "{base}");
    let _checked = sandbox.run(["sync", "--check", "--script", "s.py"]).code(1);
    let output = sandbox
        .run(["sync", "--dry-run", "--script", "s.py"])
        .success();
    assert!(
        output.stderr.contains("Would create script environment"),
        "{}",
        output.stderr
    );
    assert_eq!(find(&sandbox), base);
    let output = sandbox.run(["sync", "--script", "s.py"]).success();
    assert!(output.stderr.contains("harry==3.0"), "{}", output.stderr);
    let python = find(&sandbox);
    assert!(python.contains("environments"), "{python}");
    let output = sandbox.run(["sync", "--script", "s.py"]).success();
    assert!(
        output.stderr.contains("Using script environment at"),
        "{}",
        output.stderr
    );
    let _checked = sandbox
        .run(["sync", "--check", "--script", "s.py"])
        .success();
    let _locked = sandbox.run(["lock", "--script", "s.py"]).success();
    let _checked = sandbox.run(["sync", "--check", "--script", "s.py"]).code(1);
    let _made = sandbox.run(["sync", "--script", "s.py"]).success();
    let _checked = sandbox
        .run(["sync", "--check", "--locked", "--script", "s.py"])
        .success();
    assert_eq!(sees(&sandbox, &["--locked", "s.py"]), "harry==3.0");
    // The active one, if that is asked for.
    let _made = sandbox.run(["venv", "-q", "mine"]).success();
    let mut command = sandbox.command();
    command
        .env("VIRTUAL_ENV", sandbox.work().join("mine"))
        .args(["sync", "--active", "--script", "s.py"]);
    let _synced = sandbox.finish(&mut command).success();
    assert!(sandbox.site_packages("mine").join("harry").is_dir());
}

#[test]
fn trees_and_exports_of_scripts() {
    let (sandbox, _index) = scene("dependencies = [\"sirius\", \"hedwig\"]");
    for locked in [false, true] {
        if locked {
            let _locked = sandbox.run(["lock", "--script", "s.py"]).success();
        }
        let tree = sandbox.run(["tree", "--script", "s.py"]).success().stdout;
        assert!(tree.contains("sirius v2.0\n└── harry v3.0"), "{tree}");
        let why = sandbox
            .run(["why", "--script", "s.py", "harry"])
            .success()
            .stdout;
        assert!(why.contains("(s.py)"), "{why}");
        let text = sandbox
            .run(["export", "--script", "s.py", "--no-hashes"])
            .success()
            .stdout;
        assert!(text.contains("harry==3.0\n    # via sirius"), "{text}");
        assert_eq!(sandbox.work().join("s.py.lock").exists(), locked);
    }
}

#[test]
fn mistakes_are_told_with_their_lines() {
    let (sandbox, _index) = scene("");
    for (text, words) in [
        ("x = 1\n# /// script\n# dependencies = [\n# ///\n", "line 3"),
        (
            "# /// script\n# dependencies = [\"a b\"]\n# ///\n",
            "line 2",
        ),
        (
            "# /// script\n# dependencies = []\n# ///\n\n# /// script\n# x = 1\n# ///\n",
            "second `script` block in line 5; the first is in line 1",
        ),
        (
            "#!x\n# /// script\n# requires-python = \"new\"\n# ///\n",
            "line 3",
        ),
        (
            "# /// script\n# dependencies = []\n# [tool.uv]\n# resolution = \"best\"\n# ///\n",
            "s.py:4",
        ),
        (
            "# /// script\n# dependencies = [\"harry\"]\n# [tool.uv.sources]\n# harry = { path = \"gone\" }\n# ///\n",
            "leads nowhere",
        ),
        (
            "# /// script\n# dependencies = [\"harry\"]\n# [tool.uv.sources]\n# harry = { workspace = true }\n# ///\n",
            "workspace",
        ),
    ] {
        sandbox.write("s.py", text);
        for command in [
            &["run", "s.py"][..],
            &["lock", "--script", "s.py"],
            &["tree", "--script", "s.py"],
        ] {
            let output = sandbox.run(command).code(2);
            assert!(
                output.stderr.contains(words),
                "{command:?} {text}: {}",
                output.stderr
            );
        }
    }
    // The standard has a block that is not closed ignored; who runs the script hears of it.
    sandbox.write("s.py", "# /// script\n# dependencies = []\nprint(7)\n");
    let output = sandbox.run(["run", "s.py"]).success();
    assert_eq!(output.stdout, "7\n");
    assert!(
        output.stderr.contains("line 3 is neither"),
        "{}",
        output.stderr
    );
    let output = sandbox.run(["add", "--script", "s.py", "harry"]).code(2);
    assert!(output.stderr.contains("not closed"), "{}", output.stderr);
    std::fs::write(
        sandbox.work().join("latin.py"),
        b"# coding: latin-1\nprint('\xe9')\n",
    )
    .unwrap();
    assert_eq!(sandbox.run(["run", "latin.py"]).success().stdout, "é\n");
    let output = sandbox
        .run(["add", "--script", "latin.py", "harry"])
        .code(2);
    assert!(output.stderr.contains("not UTF-8"), "{}", output.stderr);
    let output = sandbox.run(["lock", "--script", "none.py"]).code(2);
    assert!(
        output.stderr.contains("naja init --script none.py"),
        "{}",
        output.stderr
    );
    sandbox.write("plain.py", "print(1)\n");
    let output = sandbox.run(["sync", "--script", "plain.py"]).code(2);
    assert!(
        output.stderr.contains("has no metadata"),
        "{}",
        output.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_script_that_says_who_runs_it() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (mut sandbox, _index) = with_index(IndexBuilder::harry());
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_naja"))
        .parent()
        .unwrap();
    let path = std::env::var("PATH").unwrap();
    sandbox.set("PATH", format!("{}:{path}", bin.display()));
    let text = "#!/usr/bin/env -S naja run --script\n# /// script\n# dependencies = [\"harry\", \"pollux\"]\n\
        # [tool.uv.sources]\n# pollux = { path = \"pollux\" }\n# ///\n\
        import sys, harry, pollux\nprint(harry.__version__, sys.argv[1:], sys.stdin.read())\n";
    let file = sandbox.write("real/tool", text);
    Sdist::new("pollux", "1.0").write_to(&sandbox.work().join("real/pollux"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    symlink(&file, sandbox.work().join("link")).unwrap();
    for word in ["./real/tool", "./link", "real/../link"] {
        let mut shell = sandbox.command_of("sh");
        shell.args(["-c", &format!("echo in | {word} -v --quiet 'a b'")]);
        let output = sandbox.finish(&mut shell).success();
        assert_eq!(
            output.stdout, "3.0 ['-v', '--quiet', 'a b'] in\n\n",
            "{word}"
        );
    }
    // Who changes it through the link changes the file, which stays executable.
    let _added = sandbox.run(["add", "--script", "link", "hedwig"]).success();
    assert!(sandbox.work().join("link").is_symlink());
    assert!(sandbox.read("real/tool").contains("hedwig"));
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let _locked = sandbox.run(["lock", "--script", "link"]).success();
    assert!(sandbox.work().join("real/tool.lock").is_file());
}

#[test]
fn a_script_behind_an_address() {
    let text = script("dependencies = [\"harry\"]\n[tool.uv]\nresolution = \"lowest\"");
    let builder = IndexBuilder::harry().file("scripts", "remote.py", text.into_bytes());
    let (sandbox, index) = with_index(builder);
    let url = index.file_url("remote.py");
    assert_eq!(sees(&sandbox, &[&url]), "harry==1.0");
    let output = sandbox.run(["run", "--locked", &url]).code(2);
    assert!(output.stderr.contains("no file"), "{}", output.stderr);
}

/// What is asked of the system from the start of the program until it becomes Python.
#[test]
fn runs_of_what_is_there_are_cheap() {
    let (sandbox, _index) = scene("dependencies = [\"sirius\"]");
    sandbox.write("locked.py", &sandbox.read("s.py"));
    let _locked = sandbox.run(["lock", "--script", "locked.py"]).success();
    if std::process::Command::new("strace")
        .arg("-V")
        .output()
        .is_err()
    {
        crate::skipped("there is no strace");
        return;
    }
    for name in ["s.py", "locked.py"] {
        // The first run makes what there is to make, the second one leaves a trace.
        for _ in 0..2 {
            assert_eq!(sees(&sandbox, &[name]), "harry==3.0 sirius==2.0");
        }
        let log = sandbox.work().join("calls.log");
        let mut command = sandbox.command_of("strace");
        command.args(["-o"]).arg(&log);
        command.args([env!("CARGO_BIN_EXE_naja"), "run", name]);
        let _ran = sandbox.finish(&mut command).success();
        let text = std::fs::read_to_string(&log).unwrap();
        let started = |line: &&str| line.starts_with("execve(") && line.ends_with("= 0");
        let own = text.lines().skip(1).take_while(|line| !started(line));
        let own: Vec<&str> = own.collect();
        assert!(own.len() <= 320, "{name}: {} calls", own.len());
        let is_dear = |line: &&&str| line.starts_with("socket(") || line.starts_with("clone");
        assert_eq!(own.iter().find(is_dear), None, "{name}");
    }
}
