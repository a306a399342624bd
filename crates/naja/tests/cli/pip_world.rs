//! pip's further commands: comparing, collecting, describing.

use naja_testkit::{IndexBuilder, Wheel, sha256_hex};
use serde_json::Value;

use crate::{frozen, with_index, with_venv};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn outdated_and_up_to_date() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "sirius==1.0", "hedwig"])
        .success();
    let list = |flags: &[&str]| {
        let words = ["pip", "list"].iter().chain(flags);
        sandbox.run(words).success().stdout
    };
    assert_eq!(
        list(&["--outdated"]),
        "Package Version Latest Type\n------- ------- ------ -----\n\
         harry   1.0     3.0    wheel\nsirius  1.0     2.0    wheel\n"
    );
    let found = json(&list(&["-o", "--format", "json"]));
    assert_eq!(found[0]["latest_version"], "3.0");
    assert_eq!(found[0]["latest_filetype"], "wheel");
    assert_eq!(list(&["--uptodate", "--format", "freeze"]), "hedwig==2.0\n");
    assert_eq!(
        list(&["--not-required", "--format", "freeze"]),
        "hedwig==2.0\nsirius==1.0\n"
    );
    let pre = json(&list(&["-o", "--pre", "--format", "json"]));
    assert_eq!(pre[0]["latest_version"], "4.0rc1");
    let _refused = sandbox
        .run(["pip", "list", "-o", "--format", "freeze"])
        .code(2);
    let shown = sandbox.run(["outdated"]).success().stdout;
    assert_eq!(
        shown,
        "Package Current Allowed Latest\n------- ------- ------- ------\n\
         harry   1.0     1.0     3.0\nsirius  1.0     2.0     2.0\n"
    );
    let direct = sandbox.run(["outdated", "--direct", "--json"]).success();
    assert_eq!(json(&direct.stdout).as_array().map(Vec::len), Some(1));
    let _some = sandbox.run(["pip", "outdated", "--exit-code"]).code(1);
    let _none = sandbox
        .run(["outdated", "--exit-code", "--exclude", "harry,sirius"])
        .success();
}

#[test]
fn versions_of_an_index() {
    let (sandbox, _index) = with_venv();
    let shown = sandbox
        .run(["pip", "index", "versions", "harry"])
        .success()
        .stdout;
    assert_eq!(
        shown,
        "harry (3.0)\nAvailable versions: 3.0, 1.0\nYanked versions: 2.0 (bad)\n"
    );
    let _installed = sandbox.run(["pip", "install", "harry==1.0"]).success();
    let shown = sandbox
        .run(["index", "versions", "--pre", "harry"])
        .success()
        .stdout;
    assert!(
        shown.starts_with("harry (4.0rc1)\nAvailable versions: 4.0rc1, 3.0, 1.0\n")
            && shown.ends_with("  INSTALLED: 1.0\n  LATEST:    4.0rc1\n"),
        "{shown}"
    );
    let found = sandbox
        .run(["pip", "index", "versions", "harry", "--json"])
        .success();
    let found = json(&found.stdout);
    assert_eq!(found["versions"], serde_json::json!(["3.0", "1.0"]));
    assert_eq!(found["installed_version"], "1.0");
    let _other_system = sandbox.run(["pip", "index", "versions", "dobby"]).code(1);
    let unknown = sandbox
        .run(["pip", "index", "versions", "voldemort"])
        .code(1);
    assert!(unknown.stderr.contains("voldemort"), "{}", unknown.stderr);
}

#[test]
fn hashes_of_files() {
    let (sandbox, _index) = with_venv();
    let _file = sandbox.write("f.whl", "abc");
    let hash = sha256_hex(b"abc");
    let output = sandbox.run(["pip", "hash", "f.whl"]).success();
    assert_eq!(output.stdout, format!("f.whl:\n--hash=sha256:{hash}\n"));
    let other = sandbox
        .run(["pip", "hash", "-a", "sha512", "f.whl"])
        .success();
    assert!(
        other.stdout.contains("--hash=sha512:ddaf35a1"),
        "{}",
        other.stdout
    );
    let _bad = sandbox.run(["pip", "hash", "-a", "md5", "f.whl"]).code(2);
    let _gone = sandbox.run(["pip", "hash", "gone.whl"]).code(2);
}

#[test]
fn downloads_the_closure() {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    let output = sandbox
        .run(["pip", "download", "-d", "w", "sirius"])
        .success();
    assert!(
        output
            .stderr
            .contains("Successfully downloaded harry sirius"),
        "{}",
        output.stderr
    );
    let names = || {
        let dir = std::fs::read_dir(sandbox.work().join("w")).unwrap();
        let mut names: Vec<_> = dir
            .flatten()
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let expected = ["harry-3.0-py3-none-any.whl", "sirius-2.0-py3-none-any.whl"];
    assert_eq!(names(), expected);
    let bytes = std::fs::read(sandbox.work().join("w").join(expected[0])).unwrap();
    assert_eq!(
        sha256_hex(&bytes),
        sha256_hex(&Wheel::new("harry", "3.0").build())
    );
    let again = sandbox
        .run(["pip", "download", "--dest", "w", "sirius", "--json"])
        .success();
    assert_eq!(json(&again.stdout)[0]["present"], true);
    let _alone = sandbox
        .run(["pip", "wheel", "--no-deps", "-w", "x", "sirius"])
        .success();
    assert!(sandbox.work().join("x").join(expected[1]).exists());
    assert!(!sandbox.work().join("x").join(expected[0]).exists());
    let _unknown = sandbox
        .run(["pip", "download", "-d", "n", "voldemort"])
        .code(1);
    assert!(!sandbox.work().join("n").exists());
    drop(index);
    // What was brought is enough without any index.
    let _made = sandbox.run(["venv", "-q"]).success();
    let _installed = sandbox
        .run(["pip", "install", "--no-index", "-f", "w", "sirius"])
        .success();
}

#[test]
fn describes_everything_as_pip_does() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    for words in [["pip", "inspect"].as_slice(), &["inspect"]] {
        let report = json(&sandbox.run(words).success().stdout);
        assert_eq!(report["version"], "1");
        let installed = report["installed"].as_array().unwrap();
        assert_eq!(installed.len(), 2);
        assert_eq!(installed[0]["metadata"]["name"], "harry");
        assert_eq!(installed[0]["requested"], false);
        assert_eq!(installed[1]["requested"], true);
        assert_eq!(
            installed[1]["metadata"]["requires_dist"],
            serde_json::json!(["harry>=3"])
        );
        assert!(report["environment"]["python_version"].is_string());
    }
}

#[test]
fn reports_what_would_be_installed() {
    let (sandbox, index) = with_venv();
    let output = sandbox
        .run([
            "pip",
            "install",
            "--dry-run",
            "--report",
            "-",
            "-q",
            "sirius",
        ])
        .success();
    let report = json(&output.stdout);
    let install = report["install"].as_array().unwrap();
    assert_eq!(install.len(), 2);
    let harry = &install[0];
    assert_eq!(harry["metadata"]["version"], "3.0");
    assert_eq!(harry["requested"], false);
    assert_eq!(harry["is_direct"], false);
    let info = &harry["download_info"];
    assert_eq!(info["url"], index.file_url("harry-3.0-py3-none-any.whl"));
    let hash = sha256_hex(&Wheel::new("harry", "3.0").build());
    assert_eq!(info["archive_info"]["hashes"]["sha256"], hash);
    assert_eq!(info["archive_info"]["hash"], format!("sha256={hash}"));
    assert_eq!(frozen(&sandbox), "");
    let _installed = sandbox
        .run(["pip", "install", "--report", "r.json", "harry==1.0"])
        .success();
    assert_eq!(
        json(&sandbox.read("r.json"))["install"][0]["requested"],
        true
    );
    let again = sandbox
        .run(["pip", "install", "--report", "-", "harry"])
        .success();
    assert_eq!(json(&again.stdout)["install"], serde_json::json!([]));
}

#[test]
fn orphans_go_and_nothing_else() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "sirius", "hedwig"])
        .success();
    let plan = sandbox
        .run(["pip", "uninstall", "--autoremove", "--dry-run", "sirius"])
        .success();
    assert!(plan.stderr.contains(" - harry==3.0"), "{}", plan.stderr);
    let _gone = sandbox
        .run(["pip", "uninstall", "-y", "--autoremove", "sirius"])
        .success();
    assert_eq!(frozen(&sandbox), "hedwig==2.0\n");
    let _asked = sandbox.run(["pip", "install", "harry", "sirius"]).success();
    let _gone = sandbox
        .run(["pip", "uninstall", "--autoremove", "sirius"])
        .success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nhedwig==2.0\n");
    let _both = sandbox.run(["pip", "install", "sirius", "ginny"]).success();
    let _reset = sandbox.run(["pip", "uninstall", "harry"]).success();
    let _needed = sandbox
        .run(["pip", "install", "--only-deps", "ginny"])
        .success();
    let _gone = sandbox
        .run(["pip", "uninstall", "--autoremove", "sirius"])
        .success();
    assert_eq!(frozen(&sandbox), "ginny==1.0\nharry==3.0\nhedwig==2.0\n");
}

#[test]
fn saves_what_was_installed() {
    let (sandbox, _index) = with_venv();
    let before = "# friends\nhedwig==1.0   # owl\n\n-c none.txt\nremus";
    let _file = sandbox.write("r.txt", before);
    let _failed = sandbox
        .run(["pip", "install", "--save", "r.txt", "harry", "voldemort"])
        .code(1);
    assert_eq!(sandbox.read("r.txt"), before);
    let _preview = sandbox
        .run(["pip", "install", "--dry-run", "--save", "r.txt", "harry"])
        .success();
    assert_eq!(sandbox.read("r.txt"), before);
    let _installed = sandbox
        .run(["pip", "install", "--save", "r.txt", "harry", "hedwig"])
        .success();
    assert_eq!(
        sandbox.read("r.txt"),
        "# friends\nhedwig==2.0   # owl\n\n-c none.txt\nremus\nharry==3.0\n"
    );
    let _satisfied = sandbox
        .run(["pip", "install", "--save", "new.txt", "harry"])
        .success();
    assert_eq!(sandbox.read("new.txt"), "harry==3.0\n");
}

#[test]
fn only_what_is_needed() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "--only-deps", "sirius"])
        .success();
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
}

#[test]
fn licences_and_sizes() {
    let metadata = "Metadata-Version: 2.4\nName: luna\nVersion: 1.0\nLicense-Expression: MIT\n";
    let luna = Wheel::new("luna", "1.0").file("luna-1.0.dist-info/NOTE", metadata);
    let (sandbox, _index) = with_index(IndexBuilder::harry().wheel(&luna));
    let _made = sandbox.run(["venv", "-q"]).success();
    let _installed = sandbox.run(["pip", "install", "luna", "harry"]).success();
    let listed = sandbox.run(["licenses", "--json"]).success();
    assert_eq!(json(&listed.stdout)[0]["source"], "none");
    let sizes = json(&sandbox.run(["size", "--json"]).success().stdout);
    let sum = sandbox.finish(sandbox.command_of("sh").args([
        "-c",
        "find .venv ! -type d -exec stat -c %s {} + | paste -sd+ | bc 2>/dev/null || \
         find .venv ! -type d -printf '%s\\n' | awk '{s+=$1} END {print s}'",
    ]));
    if let Ok(expected) = sum.stdout.trim().parse::<u64>() {
        assert_eq!(sizes["total_bytes"], expected);
    }
    assert_eq!(sizes["packages"].as_array().map(Vec::len), Some(2));
    let shown = sandbox.run(["size"]).success().stdout;
    assert!(shown.contains("(total)"), "{shown}");
}

#[test]
fn tags_are_those_of_packaging() {
    let (sandbox, _index) = with_venv();
    let tags = sandbox.run(["python", "tags"]).success().stdout;
    assert!(
        tags.lines().count() > 20 && tags.ends_with("py30-none-any\n"),
        "{tags}"
    );
    let debug = sandbox.run(["pip", "debug"]).success().stdout;
    assert!(
        debug.contains(&format!("Compatible tags: {}\n", tags.lines().count()))
            && debug.contains("Pass --verbose to show all"),
        "{debug}"
    );
}

#[test]
fn small_commands() {
    let (mut sandbox, _index) = with_venv();
    let version = sandbox.run(["pip", "--version"]).success().stdout;
    assert!(
        version.starts_with("pip ") && version.contains(" from ") && version.contains("(python 3."),
        "{version}"
    );
    let help = sandbox.run(["pip", "help", "install"]).success().stdout;
    assert!(help.contains("naja pip install"), "{help}");
    let search = sandbox.run(["pip", "search", "harry"]).code(1);
    assert!(
        search.stderr.contains("there is no search"),
        "{}",
        search.stderr
    );
    sandbox.set("PIP_TIMEOUT", "33");
    let listed = sandbox.run(["pip", "config", "list"]).success().stdout;
    assert!(listed.contains("# the variable PIP_TIMEOUT"), "{listed}");
    let got = sandbox
        .run(["pip", "config", "get", "global.default-index"])
        .success()
        .stdout;
    assert!(got.contains("127.0.0.1"), "{got}");
    let _unknown = sandbox.run(["pip", "config", "get", "nonsense"]).code(1);
    let dir = sandbox.run(["pip", "cache", "dir"]).success().stdout;
    assert_eq!(dir, "[DIR]/cache\n");
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    let info = sandbox.run(["pip", "cache", "info"]).success().stdout;
    assert!(info.contains("Wheels, unpacked: "), "{info}");
    let _removed = sandbox.run(["pip", "cache", "remove", "harry"]).success();
    let _purged = sandbox.run(["pip", "cache", "purge"]).success();
}

#[test]
fn the_shim_is_for_its_own_environment() {
    let (mut sandbox, _index) = with_venv();
    let _made = sandbox
        .run(["venv", "-q", "--pip-shim", "other env"])
        .success();
    let bin = sandbox.work().join("other env/bin");
    assert!(bin.join("pip3").exists() && !bin.join("naja").exists());
    let active = sandbox.work().join(".venv");
    sandbox.set("VIRTUAL_ENV", active.to_string_lossy());
    sandbox.set("NAJA_SYSTEM_PYTHON", "1");
    let mut pip = sandbox.command_of(bin.join("pip"));
    let _installed = sandbox.finish(pip.args(["install", "harry"])).success();
    let mut pip = sandbox.command_of(bin.join("pip"));
    let listed = sandbox.finish(pip.args(["freeze"])).success();
    assert_eq!(listed.stdout, "harry==3.0\n");
    sandbox.set("NAJA_SYSTEM_PYTHON", "0");
    assert_eq!(frozen(&sandbox), "");
}

#[test]
fn the_site_of_the_user_and_another_root() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let user = sandbox.run([
        "pip",
        "install",
        "--user",
        "--break-system-packages",
        "hedwig",
    ]);
    let user = user.success();
    assert!(user.stderr.contains(" + hedwig==2.0"), "{}", user.stderr);
    assert!(sandbox.home().join(".local/bin/hedwig").exists());
    let list = ["pip", "list", "--user", "--format", "freeze"];
    assert_eq!(sandbox.run(list).success().stdout, "hedwig==2.0\n");
    let conf = sandbox.write("pip.conf", "[install]\ntarget = flat\n");
    let mut command = sandbox.command();
    command.env("PIP_CONFIG_FILE", conf);
    let _flat = sandbox
        .finish(command.args(["pip", "install", "remus"]))
        .success();
    assert!(sandbox.work().join("flat/remus").exists());
    let _made = sandbox.run(["venv", "-q"]).success();
    let refused = sandbox.run(["pip", "install", "--user", "harry"]).code(2);
    assert!(refused.stderr.contains("not visible"), "{}", refused.stderr);
    let _below = sandbox
        .run(["pip", "install", "--root", "image", "harry"])
        .success();
    assert_eq!(frozen(&sandbox), "");
    let found = sandbox.finish(sandbox.command_of("find").args(["image", "-name", "harry"]));
    assert!(
        found.stdout.contains("/castle/.venv/lib/python3.")
            && found.stdout.contains("/site-packages/harry"),
        "{}",
        found.stdout
    );
}

#[test]
fn packages_of_the_installation_count_for_those_of_the_user() {
    let wheel = Wheel::new("kreacher", "1.0").requires("pip");
    let (sandbox, _index) = with_index(IndexBuilder::default().wheel(&wheel));
    let found = sandbox.run(["python", "find", "--system"]).success();
    let python = found.stdout.trim();
    let mut asked = sandbox.command_of(python);
    if sandbox.finish(asked.args(["-c", "import pip"])).status != 0 {
        eprintln!("skipped: {python} has no pip");
        return;
    }
    let install = ["pip", "install", "--user", "--break-system-packages"];
    let output = sandbox
        .run([&install[..], &["-p", python, "kreacher"]].concat())
        .success();
    assert!(
        output.stderr.contains(" + kreacher==1.0") && !output.stderr.contains("pip"),
        "{}",
        output.stderr
    );
    for list in [&["list", "--format", "freeze"][..], &["freeze", "--all"]] {
        let words = [&["pip"], list, &["--user", "-p", python]].concat();
        assert_eq!(sandbox.run(words).success().stdout, "kreacher==1.0\n");
    }
}

#[test]
fn wheels_are_built_from_sources() {
    if naja_testkit::find_pythons().is_empty() {
        return;
    }
    let luna = naja_testkit::Sdist::new("luna", "1.0").requires("harry");
    let builder = IndexBuilder::harry().file("luna", &luna.file_name(), luna.build());
    let (sandbox, _index) = with_index(builder);
    let _built = sandbox.run(["pip", "wheel", "-w", "w", "luna"]).success();
    let wheel = sandbox.work().join("w/luna-1.0-py3-none-any.whl");
    assert!(wheel.exists() && sandbox.work().join("w/harry-3.0-py3-none-any.whl").exists());
    let _sdist = sandbox
        .run(["pip", "download", "-d", "d", "--no-deps", "luna"])
        .success();
    assert!(sandbox.work().join("d").join(luna.file_name()).exists());
    let _made = sandbox.run(["venv", "-q"]).success();
    let _installed = sandbox
        .run(["pip", "install", "--no-index", "-f", "w", "luna"])
        .success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nluna==1.0\n");
}
