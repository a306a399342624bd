use naja_testkit::{IndexBuilder, Repository, Sandbox, Sdist, Tar, Wheel, sha256_hex};

use crate::{frozen, sandbox, untrue_record, with_index, with_venv};

/// A sandbox with an environment and no index at all.
fn alone() -> Sandbox {
    let mut sandbox = sandbox();
    sandbox.set("NAJA_NO_INDEX", "1");
    let _made = sandbox.run(["venv", "-q"]).success();
    sandbox
}

fn direct_url(sandbox: &Sandbox, info: &str) -> serde_json::Value {
    let path = sandbox.site_packages(".venv").join(info);
    let text = std::fs::read_to_string(path.join("direct_url.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn project(sandbox: &Sandbox, at: &str) -> Sdist {
    let sdist = Sdist::new("pollux", "1.0");
    sdist.write_to(&sandbox.work().join(at));
    sdist
}

#[test]
fn a_directory_is_installed_and_again_when_it_changed() {
    let sandbox = alone();
    project(&sandbox, "pollux");
    let _first = sandbox.run(["pip", "install", "./pollux"]).success();
    let url = direct_url(&sandbox, "pollux-1.0.dist-info");
    assert_eq!(url["dir_info"], serde_json::json!({}));
    let place = sandbox.work().canonicalize().unwrap().join("pollux");
    let url = url["url"].as_str().unwrap().to_owned();
    assert!(
        url.starts_with("file:///") && url.ends_with("/castle/pollux"),
        "{url}"
    );
    assert!(place.is_dir());
    assert_eq!(untrue_record(&sandbox), None);
    let again = sandbox.run(["pip", "install", "./pollux"]).success();
    assert!(!again.stderr.contains("pollux==1.0"), "{}", again.stderr);
    sandbox.write("pollux/pollux/more.py", "x = 1\n");
    let changed = sandbox.run(["pip", "install", "./pollux"]).success();
    assert!(changed.stderr.contains("pollux==1.0"), "{}", changed.stderr);
    let ran = sandbox.run(["run", "--no-sync", "python", "-c", "import pollux.more"]);
    let _ran = ran.success();
}

#[test]
fn an_editable_directory_shows_its_edits() {
    let sandbox = alone();
    project(&sandbox, "pollux");
    let _installed = sandbox.run(["pip", "install", "-e", "./pollux"]).success();
    let url = direct_url(&sandbox, "pollux-1.0.dist-info");
    assert_eq!(url["dir_info"]["editable"], true);
    sandbox.write("pollux/pollux/__init__.py", "__version__ = 'edited'\n");
    let ran = sandbox
        .run([
            "run",
            "--no-sync",
            "python",
            "-c",
            "import pollux; print(pollux.__version__)",
        ])
        .success();
    assert_eq!(ran.stdout, "edited\n");
    assert!(
        frozen(&sandbox).starts_with("-e file://"),
        "{}",
        frozen(&sandbox)
    );
    // From inside, and with `.` in a file.
    let mut command = sandbox.command();
    command
        .current_dir(sandbox.work().join("pollux"))
        .env("VIRTUAL_ENV", sandbox.work().join(".venv"))
        .args(["pip", "install", "."]);
    let _inside = sandbox.finish(&mut command).success();
    let url = direct_url(&sandbox, "pollux-1.0.dist-info");
    assert_eq!(url["dir_info"], serde_json::json!({}));
}

#[test]
fn archives_by_path_and_their_hashes() {
    let sandbox = alone();
    let sdist = Sdist::new("pollux", "1.0");
    let bytes = sdist.build();
    let path = sandbox.work().join(sdist.file_name());
    std::fs::write(&path, &bytes).unwrap();
    let wrong = format!("./{}#sha256={}", sdist.file_name(), "0".repeat(64));
    let refused = sandbox.run([
        "pip",
        "install",
        &format!(
            "pollux @ file://{}{}",
            sandbox.work().display(),
            &wrong[1..]
        ),
    ]);
    assert_ne!(refused.status, 0);
    assert!(refused.stderr.contains("sha256"), "{}", refused.stderr);
    assert_eq!(frozen(&sandbox), "");
    sandbox.write(
        "wrong.txt",
        &format!("./{} --hash=sha256:{}\n", sdist.file_name(), "0".repeat(64)),
    );
    let refused = sandbox.run(["pip", "install", "-r", "wrong.txt"]);
    assert_ne!(refused.status, 0, "{}", refused.stderr);
    assert_eq!(frozen(&sandbox), "");
    let digest = sha256_hex(&bytes);
    sandbox.write(
        "right.txt",
        &format!("./{} --hash=sha256:{digest}\n", sdist.file_name()),
    );
    let _right = sandbox.run(["pip", "install", "-r", "right.txt"]).success();
    let url = direct_url(&sandbox, "pollux-1.0.dist-info");
    assert_eq!(url["archive_info"]["hashes"]["sha256"], digest);
    // Again with a wrong one, now that everything is kept.
    let _gone = sandbox.run(["pip", "uninstall", "pollux"]).success();
    let refused = sandbox.run(["pip", "install", "-r", "wrong.txt"]);
    assert_ne!(refused.status, 0, "{}", refused.stderr);
    assert_eq!(frozen(&sandbox), "");
}

#[test]
fn a_named_wheel_is_held_to_its_hash() {
    let sandbox = alone();
    let wheel = naja_testkit::Wheel::new("castor", "1.0");
    std::fs::write(sandbox.work().join(wheel.file_name()), wheel.build()).unwrap();
    let line = |hex: &str| format!("./{} --hash=sha256:{hex}\n", wheel.file_name());
    sandbox.write("wrong.txt", &line(&"0".repeat(64)));
    sandbox.write("right.txt", &line(&sha256_hex(&wheel.build())));
    assert_ne!(sandbox.run(["pip", "install", "-r", "wrong.txt"]).status, 0);
    let _right = sandbox.run(["pip", "install", "-r", "right.txt"]).success();
    assert_ne!(sandbox.run(["pip", "install", "-r", "wrong.txt"]).status, 0);
    sandbox.write("none.txt", &format!("./{}\n", wheel.file_name()));
    let refused = sandbox.run(["pip", "install", "--require-hashes", "-r", "none.txt"]);
    assert!(refused.stderr.contains("has none"), "{}", refused.stderr);
    project(&sandbox, "pollux");
    let refused = sandbox.run(["pip", "install", "--require-hashes", "./pollux"]);
    assert!(
        refused.stderr.contains("no file that has one"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_hostile_archive_is_refused_in_words() {
    let sandbox = alone();
    let tar = Tar::new()
        .file("pollux-1.0/pyproject.toml", b"")
        .file("../../outside", b"x");
    std::fs::write(sandbox.work().join("pollux-1.0.tar.gz"), tar.build_gz()).unwrap();
    let refused = sandbox.run(["pip", "install", "./pollux-1.0.tar.gz"]);
    assert_ne!(refused.status, 0);
    assert!(refused.stderr.contains("outside"), "{}", refused.stderr);
    assert!(refused.stderr.lines().count() <= 15, "{}", refused.stderr);
}

#[test]
fn repositories_by_branch_tag_and_commit() {
    if !Repository::possible() {
        return;
    }
    let sandbox = alone();
    let repository = Repository::init(sandbox.work().join("origin"));
    Sdist::new("pollux", "1.0").write_to(&repository.path().join("sub"));
    let first = repository.commit("one");
    repository.git(&["tag", "v1"]);
    Sdist::new("pollux", "2.0").write_to(&repository.path().join("sub"));
    let second = repository.commit("two");
    let at = |revision: &str| format!("git+{}{revision}#subdirectory=sub", repository.url());
    let _tag = sandbox.run(["pip", "install", &at("@v1")]).success();
    let url = direct_url(&sandbox, "pollux-1.0.dist-info");
    assert_eq!(url["url"], repository.url());
    assert_eq!(url["subdirectory"], "sub");
    assert_eq!(
        url["vcs_info"],
        serde_json::json!({"vcs": "git", "requested_revision": "v1", "commit_id": first})
    );
    assert!(
        frozen(&sandbox).starts_with("pollux @ git+file://")
            && frozen(&sandbox).contains(&format!("@{first}#subdirectory=sub")),
        "{}",
        frozen(&sandbox)
    );
    let named = format!("pollux @ {}", at("@main"));
    let _branch = sandbox.run(["pip", "install", &named]).success();
    let url = direct_url(&sandbox, "pollux-2.0.dist-info");
    assert_eq!(url["vcs_info"]["commit_id"], second);
    let again = sandbox.run(["pip", "install", &named]).success();
    assert!(!again.stderr.contains("pollux==2.0"), "{}", again.stderr);
    sandbox.write("in.txt", &format!("{named}\n"));
    let compiled = sandbox
        .run(["pip", "compile", "-q", "--no-header", "in.txt"])
        .success();
    assert!(
        compiled
            .stdout
            .contains(&format!("origin@{second}#subdirectory=sub")),
        "{}",
        compiled.stdout
    );
    let missing = sandbox.run(["pip", "install", &at("@nowhere")]);
    assert_ne!(missing.status, 0);
    assert!(missing.stderr.contains("`nowhere`"), "{}", missing.stderr);
    assert!(missing.stderr.lines().count() <= 15, "{}", missing.stderr);
}

#[test]
fn what_is_no_source_is_refused_in_words() {
    let sandbox = alone();
    std::fs::create_dir(sandbox.work().join("empty")).unwrap();
    sandbox.write("file.dat", "x");
    for (argument, words) in [
        ("./empty", "neither pyproject.toml nor setup.py"),
        ("./nowhere", "there is no file"),
        ("./file.dat", "neither a wheel nor a source archive"),
        ("hg+https://files.example/x", "Mercurial"),
        ("svn+https://files.example/x", "Subversion"),
        ("git+ftp://files.example/x", "git+https://"),
        ("ftp://files.example/x-1.0.tar.gz", "scheme"),
    ] {
        let refused = sandbox.run(["pip", "install", argument]);
        assert_ne!(refused.status, 0, "{argument}");
        assert!(
            refused.stderr.contains(words),
            "{argument}: {}",
            refused.stderr
        );
        assert!(refused.stderr.lines().count() <= 15, "{}", refused.stderr);
    }
    let refused = sandbox.run(["pip", "install", "-e", "https://files.example/x-1.0.tar.gz"]);
    assert_ne!(refused.status, 0, "{}", refused.stderr);
}

#[test]
fn what_projects_need_without_themselves() {
    let (sandbox, _index) = with_venv();
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"app\"\nversion = \"1\"\ndependencies = [\"harry\"]\n\n\
         [dependency-groups]\ntest = [\"sirius\"]\n",
    );
    let _static = sandbox
        .run(["pip", "install", "-r", "pyproject.toml"])
        .success();
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
    let _group = sandbox.run(["pip", "install", "--group", "test"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nsirius==2.0\n");
    let _gone = sandbox
        .run(["pip", "uninstall", "harry", "sirius"])
        .success();
    let dynamic = Sdist::new("pollux", "1.0")
        .requires("harry")
        .dynamic_dependencies();
    dynamic.write_to(&sandbox.work().join("dynamic"));
    let _built = sandbox
        .run(["pip", "install", "-r", "dynamic/pyproject.toml"])
        .success();
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
    sandbox.write(
        "script.py",
        "# /// script\n# dependencies = [\"sirius\"]\n# ///\n",
    );
    let _script = sandbox.run(["pip", "install", "-r", "script.py"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nsirius==2.0\n");
}

#[test]
fn paths_in_a_file_are_found_beside_it() {
    let sandbox = alone();
    project(&sandbox, "sub/pollux");
    sandbox.write("sub/in.txt", "./pollux\n");
    let _installed = sandbox
        .run(["pip", "install", "-r", "sub/in.txt"])
        .success();
    assert!(
        frozen(&sandbox).starts_with("pollux @ file://"),
        "{}",
        frozen(&sandbox)
    );
}

#[test]
fn a_project_below_a_directory() {
    let sandbox = alone();
    project(&sandbox, "repo/packages/pollux");
    let work = sandbox.work().display().to_string();
    let wanted = format!("pollux @ file://{work}/repo#subdirectory=packages/pollux");
    let _installed = sandbox.run(["pip", "install", &wanted]).success();
    let url = direct_url(&sandbox, "pollux-1.0.dist-info");
    assert_eq!(url["url"], format!("file://{work}/repo"));
    assert_eq!(url["subdirectory"], "packages/pollux");
    let again = sandbox.run(["pip", "install", &wanted]).success();
    assert!(again.stderr.contains("Audited"), "{}", again.stderr);
    let line = frozen(&sandbox);
    assert!(
        line.contains("/repo#subdirectory=packages/pollux"),
        "{line}"
    );
    let missing = wanted.replace("packages", "nowhere");
    let refused = sandbox.run(["pip", "install", &missing]);
    assert_ne!(refused.status, 0);
}

#[test]
fn a_project_says_where_its_dependencies_come_from() {
    if !Repository::possible() {
        eprintln!("skipped: there is no git");
        return;
    }
    let corp = IndexBuilder::default()
        .wheel(&Wheel::new("pollux", "7.0"))
        .serve();
    let (sandbox, public) = with_index(IndexBuilder::harry().wheel(&Wheel::new("pollux", "9.0")));
    let repository = Repository::init(sandbox.work().join("origin"));
    Sdist::new("pollux", "1.0").write_to(repository.path());
    let commit = repository.commit("one");
    Sdist::new("castor", "1.0").write_to(&sandbox.work().join("castor"));
    sandbox.write(
        "pyproject.toml",
        &format!(
            "[project]\nname = \"app\"\nversion = \"1\"\ndependencies = [\"pollux\"]\n\
             [project.optional-dependencies]\nmore = [\"castor\"]\n\
             [[tool.uv.index]]\nname = \"corp\"\nurl = \"{}\"\nexplicit = true\n\
             [tool.uv.sources]\ncastor = {{ path = \"castor\", extra = \"more\" }}\n\
             pollux = [{{ git = \"{}\", marker = \"sys_platform == 'linux'\" }},\n\
             {{ index = \"corp\", marker = \"sys_platform == 'darwin'\" }}]\n",
            corp.url(),
            repository.url()
        ),
    );
    let compiled = |more: &[&str]| {
        let mut words = vec!["pip", "compile", "-q", "--no-header", "--no-annotate"];
        words.push("pyproject.toml");
        words.extend(more);
        sandbox.run(words).success().stdout
    };
    let everywhere = compiled(&["--universal"]);
    let git =
        format!("pollux @ git+file://[DIR]/castle/origin@{commit} ; sys_platform == 'linux'\n");
    assert_eq!(
        everywhere,
        format!(
            "pollux==7.0 ; sys_platform == 'darwin'\n\
             pollux==9.0 ; sys_platform != 'darwin' and sys_platform != 'linux'\n{git}"
        )
    );
    assert_eq!(compiled(&["--python-platform", "macos"]), "pollux==7.0\n");
    assert_eq!(
        compiled(&["--python-platform", "windows", "--no-sources"]),
        "pollux==9.0\n"
    );
    let extra = compiled(&["--extra", "more", "--python-platform", "macos"]);
    assert!(extra.starts_with("castor @ file://"), "{extra}");
    assert!(public.count("/simple/castor/") == 0);
}
