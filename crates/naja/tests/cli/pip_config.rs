//! pip's own configuration: its files, their sections, its variables, and the commands about them.

use naja_testkit::IndexBuilder;

use crate::{frozen, with_index, with_venv};

#[test]
fn variables_of_pip_are_for_its_commands() {
    let (mut sandbox, _index) = with_venv();
    let _file = sandbox.write("c.txt", "harry<3\n");
    sandbox.set("PIP_CONSTRAINT", "c.txt");
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\n");
    // A program that is run has nothing to do with them.
    let shown = sandbox
        .run([
            "run",
            "--with",
            "harry==3",
            "python",
            "-c",
            "import harry; print(harry.__version__)",
        ])
        .success();
    assert_eq!(shown.stdout.trim(), "3.0");
    sandbox.set("PIP_CONSTRAINT", "");
    sandbox.set("PIP_NO_DEPS", "yes");
    let _alone = sandbox.run(["pip", "install", "sirius==2.0"]).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\nsirius==2.0\n");
    sandbox.set("PIP_NO_DEPS", "0").set("PIP_PRE", "1");
    let _pre = sandbox.run(["pip", "install", "-U", "harry"]).success();
    assert!(frozen(&sandbox).contains("harry==4.0rc1"));
    sandbox
        .set("PIP_PRE", "false")
        .set("PIP_ONLY_BINARY", ":all:");
    let _sdist_only = sandbox.run(["pip", "install", "wand"]).code(1);
    sandbox
        .set("PIP_ONLY_BINARY", "")
        .set("PIP_REQUIRE_HASHES", "1");
    let refused = sandbox.run(["pip", "install", "hedwig"]);
    assert_ne!(refused.status, 0, "{}", refused.stderr);
    sandbox.set("PIP_REQUIRE_HASHES", "0");
    let _file = sandbox.write("r.txt", "hedwig==1.0\n");
    sandbox.set("PIP_REQUIREMENT", "r.txt");
    let _configured = sandbox.run(["pip", "install"]).success();
    assert!(frozen(&sandbox).contains("hedwig==1.0"));
}

#[test]
fn without_anything_named_there_is_nothing_to_install() {
    let (sandbox, _index) = with_venv();
    for verb in ["install", "download", "wheel"] {
        let output = sandbox.run(["pip", verb]).code(2);
        assert!(
            output.stderr.contains("there is nothing to"),
            "{}",
            output.stderr
        );
    }
}

#[test]
fn each_command_has_its_section() {
    let (sandbox, _index) = with_venv();
    let conf = sandbox.home().join(".config/pip");
    std::fs::create_dir_all(&conf).unwrap();
    let text = "[global]\nverbose = no\n[install]\nno-deps = true\n[download]\nno-deps = false\n\
                [list]\npre = true\n[freeze]\nquiet = 1\n";
    std::fs::write(conf.join("pip.conf"), text).unwrap();
    let _installed = sandbox.run(["pip", "install", "sirius==1.0"]).success();
    assert_eq!(frozen(&sandbox), "sirius==1.0\n");
    let _closure = sandbox
        .run(["pip", "download", "-d", "w", "sirius==1.0"])
        .success();
    assert!(sandbox.work().join("w/harry-1.0-py3-none-any.whl").exists());
    let _needed = sandbox.run(["pip", "install", "harry==1.0"]).success();
    let outdated = sandbox.run(["pip", "list", "--outdated"]).success();
    assert!(outdated.stdout.contains("4.0rc1"), "{}", outdated.stdout);
    // Not read at all.
    let _isolated = sandbox
        .run(["pip", "install", "--isolated", "ginny"])
        .success();
    assert!(frozen(&sandbox).contains("harry==3.0"));
}

#[test]
fn the_file_of_the_environment_counts_without_activation() {
    let (sandbox, _index) = with_venv();
    let conf = sandbox.write(".venv/pip.conf", "[install]\nno-deps = 1\n");
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    assert_eq!(frozen(&sandbox), "sirius==2.0\n");
    let listed = sandbox.run(["pip", "config", "list"]).success().stdout;
    assert!(
        listed.contains("no-deps='true'") && listed.contains("pip.conf:2"),
        "{listed} {}",
        conf.display()
    );
}

#[test]
fn settings_are_written_into_the_file_of_the_user() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let path = sandbox.home().join(".config/pip/pip.conf");
    let read = || std::fs::read_to_string(&path).unwrap();
    let set = sandbox
        .run(["pip", "config", "set", "global.timeout", "60"])
        .success();
    assert!(set.stderr.contains("Writing to "), "{}", set.stderr);
    assert_eq!(read(), "[global]\ntimeout = 60\n");
    std::fs::write(
        &path,
        "# mine\n[global]\n; why\ntimeout = 60\n\n[install]\nno-deps = 1\n",
    )
    .unwrap();
    for (name, value) in [
        ("global.timeout", "7"),
        ("global.retries", "9"),
        ("list.pre", "yes"),
    ] {
        let _set = sandbox.run(["pip", "config", "set", name, value]).success();
    }
    assert_eq!(
        read(),
        "# mine\n[global]\n; why\ntimeout = 7\nretries = 9\n\n[install]\nno-deps = 1\n\n[list]\npre = yes\n"
    );
    let got = sandbox
        .run(["pip", "config", "get", "global.timeout"])
        .success();
    assert_eq!(got.stdout, "7\n");
    let _unset = sandbox
        .run(["pip", "config", "unset", "global.timeout"])
        .success();
    let _unset = sandbox
        .run(["pip", "config", "unset", "list.pre"])
        .success();
    assert_eq!(
        read(),
        "# mine\n[global]\n; why\nretries = 9\n\n[install]\nno-deps = 1\n\n[list]\n"
    );
    let _gone = sandbox
        .run(["pip", "config", "unset", "global.timeout"])
        .code(1);
    let _shape = sandbox
        .run(["pip", "config", "set", "timeout", "1"])
        .code(2);
    let _lines = sandbox
        .run(["pip", "config", "set", "global.a", "1\n# x"])
        .code(2);
    let debug = sandbox.run(["pip", "config", "debug"]).success().stdout;
    assert!(debug.contains("pip.conf, exists: True"), "{debug}");
}

#[test]
fn the_cache_in_the_words_of_pip() {
    let (sandbox, _index) = with_venv();
    let empty = sandbox.run(["pip", "cache", "list"]).success();
    assert_eq!(empty.stdout, "No wheels cached.\n");
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let listed = sandbox.run(["pip", "cache", "list"]).success().stdout;
    assert!(
        listed.starts_with("Cache contents:\n\n - harry 3.0 (")
            && listed.contains("\n - sirius 2.0 ("),
        "{listed}"
    );
    let one = sandbox
        .run(["pip", "cache", "list", "sir*"])
        .success()
        .stdout;
    assert!(!one.contains("harry"), "{one}");
    let gone = sandbox.run(["pip", "cache", "remove", "harry"]).success();
    assert!(
        gone.stdout.starts_with("Files removed: "),
        "{}",
        gone.stdout
    );
    let _none = sandbox.run(["pip", "cache", "remove", "voldemort"]).code(1);
}
