//! Locks and the indexes they were made with: another server with the same files does as well.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel, sha256_hex};

use crate::{installed, sandbox};

const PROJECT: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = [\"sirius\", \"hedwig\"]\n";

/// Two servers with the same files: one with relative addresses on its pages, one with absolute ones.
fn twins() -> [Index; 2] {
    [
        IndexBuilder::harry().serve(),
        IndexBuilder::harry().html().serve(),
    ]
}

fn project(index: &str) -> Sandbox {
    let mut sandbox = sandbox();
    sandbox.use_index(index);
    sandbox.write("pyproject.toml", PROJECT);
    sandbox
}

/// Forgets what was fetched.
fn without_cache(sandbox: &Sandbox) {
    let _gone = std::fs::remove_dir_all(sandbox.cache());
}

#[test]
fn a_lock_is_installed_from_the_index_of_the_configuration() {
    for (from, to) in [(0, 1), (1, 0)] {
        let indexes = twins();
        let mut sandbox = project(&indexes[from].url());
        let _locked = sandbox.run(["lock"]).success();
        let lock = sandbox.read("pylock.toml");
        without_cache(&sandbox);
        indexes[from].forget();
        sandbox.use_index(&indexes[to].url());
        let _synced = sandbox.run(["sync", "--frozen"]).success();
        assert_eq!(indexes[from].requests(), Vec::<String>::new());
        assert!(indexes[to].count(".whl") > 0);
        assert_eq!(sandbox.read("pylock.toml"), lock);
        // Locking again through the other one changes nothing, whether all is chosen anew or not.
        for arguments in [&["lock"][..], &["lock", "-U"], &["sync", "--locked"]] {
            let _same = sandbox.run(arguments).success();
            assert_eq!(sandbox.read("pylock.toml"), lock, "{arguments:?}");
        }
        assert_eq!(indexes[from].requests(), Vec::<String>::new());
    }
}

#[test]
fn an_index_is_who_it_is_by_its_name() {
    let indexes = twins();
    let sandbox = project("http://127.0.0.1:9/");
    let manifest = |index: &Index| {
        format!(
            "{PROJECT}[[tool.naja.index]]\nname = \"hogwarts\"\nurl = \"{}\"\ndefault = false\n",
            index.url()
        )
    };
    sandbox.write("pyproject.toml", &manifest(&indexes[0]));
    let _locked = sandbox.run(["lock"]).success();
    let lock = sandbox.read("pylock.toml");
    assert!(lock.contains("index = \"hogwarts\""), "{lock}");
    sandbox.write("pyproject.toml", &manifest(&indexes[1]));
    without_cache(&sandbox);
    indexes[0].forget();
    let _synced = sandbox.run(["sync", "--locked"]).success();
    let _locked = sandbox.run(["lock", "-U"]).success();
    assert_eq!(indexes[0].requests(), Vec::<String>::new());
    assert_eq!(sandbox.read("pylock.toml"), lock);
}

#[test]
fn a_file_that_the_other_index_does_not_have_is_told() {
    let [first, _] = twins();
    let poor = IndexBuilder::default()
        .wheel(&Wheel::new("hedwig", "2.0").file("other.py", "x"))
        .serve();
    let mut sandbox = project(&first.url());
    let _locked = sandbox.run(["lock"]).success();
    without_cache(&sandbox);
    first.forget();
    sandbox.use_index(&poor.url());
    let output = sandbox.run(["sync", "--frozen"]).code(1);
    assert!(
        output.stderr.contains("the index does not have harry-3.0"),
        "{}",
        output.stderr
    );
    assert_eq!(first.requests(), Vec::<String>::new());
    // Who names the server of the lock as well lets it be used.
    let _synced = sandbox
        .run(["sync", "--frozen", "--extra-index-url", &first.url()])
        .success();
}

#[test]
fn a_server_that_is_gone_is_no_obstacle_where_the_index_has_the_file() {
    // The same server, with files at other places than before.
    let index = IndexBuilder::harry().serve();
    let sandbox = project(&index.url());
    let _locked = sandbox.run(["lock"]).success();
    let lock = sandbox.read("pylock.toml").replace("/files/", "/moved/");
    sandbox.write("pylock.toml", &lock);
    without_cache(&sandbox);
    let _synced = sandbox.run(["sync", "--frozen"]).success();
    assert_eq!(sandbox.read("pylock.toml"), lock);
}

#[test]
fn mirrors_and_credentials_are_not_in_a_lock() {
    let index = IndexBuilder::harry().basic_auth("luna:s3cret").serve();
    let sandbox = sandbox();
    let mirror = index.url_with("luna:s3cret");
    sandbox.write(
        "pyproject.toml",
        &format!(
            "{PROJECT}[[tool.naja.index]]\nname = \"castle\"\nurl = \"https://index.example/simple/\"\ndefault = true\nmirrors = [\"{mirror}\"]\n"
        ),
    );
    let _locked = sandbox.run(["lock"]).success();
    let lock = sandbox.read("pylock.toml");
    assert!(
        !lock.contains("127.0.0.1") && !lock.contains("s3cret"),
        "{lock}"
    );
    assert!(
        lock.contains("https://index.example/files/hedwig-2.0"),
        "{lock}"
    );
    without_cache(&sandbox);
    let _synced = sandbox.run(["sync", "--frozen"]).success();
    assert_eq!(sandbox.read("pylock.toml"), lock);
}

#[test]
fn credentials_of_the_index_are_not_in_a_lock() {
    let index = IndexBuilder::harry().basic_auth("luna:s3cret").serve();
    let sandbox = project(&index.url_with("luna:s3cret"));
    let _locked = sandbox.run(["lock"]).success();
    let lock = sandbox.read("pylock.toml");
    assert!(!lock.contains("s3cret") && !lock.contains("luna"), "{lock}");
    without_cache(&sandbox);
    let _synced = sandbox.run(["sync", "--frozen"]).success();
}

/// A server with what the locks of other tools below name.
fn owls() -> IndexBuilder {
    IndexBuilder::default()
        .wheel(&Wheel::new("errol", "1.0"))
        .wheel(&Wheel::new("hedwig", "2.0"))
}

/// A lock as another tool would write it; `rest` stands in each package, `files` is where they are.
fn lock_of_another_tool(files: &str, rest: &str) -> String {
    let packages = [("errol", "1.0"), ("hedwig", "2.0")].map(|(name, version)| {
        let file = format!("{name}-{version}-py3-none-any.whl");
        let digest = sha256_hex(&Wheel::new(name, version).build());
        format!(
            "[[packages]]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}\
             wheels = [{{ name = \"{file}\", url = \"{files}{file}\", hashes = {{ sha256 = \"{digest}\" }} }}]\n"
        )
    });
    format!(
        "lock-version = \"1.0\"\ncreated-by = \"other\"\n\n{}",
        packages.join("\n")
    )
}

const GONE: &str = "http://127.0.0.1:9/files/";

#[test]
fn pip_installs_a_lock_from_the_index_of_the_configuration() {
    for (command, rest) in [
        (&["pip", "sync", "pylock.toml"][..], ""),
        (&["pip", "install", "-r", "pylock.toml"], ""),
        (
            &["pip", "sync", "pylock.toml"],
            "index = \"http://127.0.0.1:9/simple/\"\n",
        ),
    ] {
        let index = owls().serve();
        let sandbox = project(&index.url());
        let _made = sandbox.run(["venv", "-q"]).success();
        let lock = lock_of_another_tool(GONE, rest);
        sandbox.write("pylock.toml", &lock);
        let _synced = sandbox.run(command).success();
        assert_eq!(installed(&sandbox), "errol==1.0 hedwig==2.0", "{command:?}");
        assert_eq!(sandbox.read("pylock.toml"), lock);
    }
}

#[test]
fn a_lock_of_naja_is_installed_by_pip_from_a_mirror() {
    let indexes = twins();
    let mut sandbox = project(&indexes[0].url());
    let _locked = sandbox.run(["lock"]).success();
    let _made = sandbox.run(["venv", "-q"]).success();
    without_cache(&sandbox);
    indexes[0].forget();
    sandbox.use_index(&indexes[1].url());
    let _synced = sandbox.run(["pip", "sync", "pylock.toml"]).success();
    assert_eq!(indexes[0].requests(), Vec::<String>::new());
    assert!(indexes[1].count(".whl") > 0);
}

#[test]
fn a_file_with_another_digest_is_not_taken_from_a_mirror() {
    let other = IndexBuilder::default()
        .wheel(&Wheel::new("errol", "1.0").file("errol/other.py", "x"))
        .wheel(&Wheel::new("hedwig", "2.0"))
        .serve();
    let sandbox = project(&other.url());
    let _made = sandbox.run(["venv", "-q"]).success();
    sandbox.write("pylock.toml", &lock_of_another_tool(GONE, ""));
    let refused = sandbox.run(["pip", "sync", "pylock.toml"]).code(2);
    assert!(refused.stderr.contains("errol"), "{}", refused.stderr);
    assert_eq!(installed(&sandbox), "");
    // Where the server of the lock is there, its address counts.
    let first = owls().serve();
    let file = first.file_url("errol-1.0-py3-none-any.whl");
    let files = file.trim_end_matches("errol-1.0-py3-none-any.whl");
    sandbox.write("pylock.toml", &lock_of_another_tool(files, ""));
    let _synced = sandbox.run(["pip", "sync", "pylock.toml"]).success();
    assert_eq!(installed(&sandbox), "errol==1.0 hedwig==2.0");
}
