use std::os::unix::fs::MetadataExt;

use naja_testkit::{Fault, IndexBuilder, Wheel};

use crate::{frozen, sandbox, untrue_record, with_index, with_venv};

#[test]
fn installs_what_is_named_and_what_that_requires() {
    let (sandbox, _index) = with_venv();
    let output = sandbox.run(["pip", "install", "sirius"]).success();
    let lines: Vec<&str> = output
        .stderr
        .lines()
        .filter(|line| line.starts_with(" +"))
        .collect();
    assert_eq!(lines, [" + harry==3.0", " + sirius==2.0"]);
    assert_eq!(frozen(&sandbox), "harry==3.0\nsirius==2.0\n");
    assert_eq!(untrue_record(&sandbox), None);
    let info = ".venv/lib";
    let site = std::fs::read_dir(sandbox.work().join(info))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let site = site.path().join("site-packages");
    assert_eq!(
        std::fs::read_to_string(site.join("sirius-2.0.dist-info/INSTALLER")).unwrap(),
        "naja\n"
    );
    assert!(site.join("sirius-2.0.dist-info/REQUESTED").exists());
    assert!(!site.join("harry-3.0.dist-info/REQUESTED").exists());
    assert!(!site.join("harry-3.0.dist-info/direct_url.json").exists());
}

#[test]
fn extras_bring_their_requirements() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "remus[moon]"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nremus==1.0\n");
}

#[test]
fn an_unknown_extra_is_a_warning() {
    let (sandbox, _index) = with_venv();
    let output = sandbox.run(["pip", "install", "remus[sun]"]).success();
    assert!(
        output
            .stderr
            .contains("warning: remus 1.0 has no extra `sun`"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_file_without_requirements_is_a_warning() {
    let (sandbox, _index) = with_venv();
    sandbox.write("none.txt", "# nothing yet\n");
    // The second time nothing is read that is known, and the same is said.
    for _ in 0..3 {
        let output = sandbox.run(["pip", "install", "-r", "none.txt"]).success();
        let said = "warning: `none.txt` has no requirements\nAudited 0 packages in ";
        assert!(output.stderr.starts_with(said), "{}", output.stderr);
    }
    sandbox.write("none.txt", "harry; sys_platform == 'win32'\n");
    let output = sandbox.run(["pip", "install", "-r", "none.txt"]).success();
    assert!(!output.stderr.contains("none.txt"), "{}", output.stderr);
}

#[test]
fn markers_leave_out_what_does_not_apply() {
    let (sandbox, _index) = with_venv();
    let arguments = ["pip", "install", "harry; sys_platform == 'win32'", "remus"];
    let _installed = sandbox.run(arguments).success();
    assert_eq!(frozen(&sandbox), "remus==1.0\n");
}

#[test]
fn a_second_time_nothing_is_asked_of_the_index() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    index.forget();
    let output = sandbox
        .run(["pip", "install", "sirius", "harry>=2"])
        .success();
    assert!(
        output.stderr.starts_with("Audited 2 packages in "),
        "{}",
        output.stderr
    );
    assert_eq!(index.requests(), Vec::<String>::new());
}

#[test]
fn a_second_environment_needs_no_download() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    index.forget();
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let _installed = sandbox
        .run(["pip", "install", "-p", "other", "sirius"])
        .success();
    assert_eq!(index.requests(), Vec::<String>::new());
    let _made = sandbox.run(["venv", "-q", "third"]).success();
    let offline = ["pip", "install", "--offline", "-p", "third", "sirius"];
    let _installed = sandbox.run(offline).success();
}

#[test]
fn a_cold_install_asks_for_each_thing_once() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius==2.0"]).success();
    let mut requests = index.requests();
    requests.sort();
    assert_eq!(
        requests,
        [
            "GET /files/harry-3.0-py3-none-any.whl",
            "GET /files/harry-3.0-py3-none-any.whl.metadata",
            "GET /files/sirius-2.0-py3-none-any.whl",
            "GET /files/sirius-2.0-py3-none-any.whl.metadata",
            "GET /simple/harry/",
            "GET /simple/sirius/",
        ]
    );
}

#[test]
fn a_conflict_changes_nothing_and_names_everybody() {
    let (sandbox, _index) = with_venv();
    let output = sandbox.run(["pip", "install", "draco", "ginny"]).code(1);
    for word in ["draco", "ginny", "harry==1", "harry==3"] {
        assert!(output.stderr.contains(word), "{word} in {}", output.stderr);
    }
    assert!(output.stderr.lines().count() <= 15, "{}", output.stderr);
    assert_eq!(frozen(&sandbox), "");
}

#[test]
fn a_version_that_does_not_exist_is_answered_with_those_that_do() {
    let (sandbox, _index) = with_venv();
    let output = sandbox.run(["pip", "install", "harry==99"]).code(1);
    assert!(output.stderr.contains("harry==99"), "{}", output.stderr);
    assert!(output.stderr.contains("3.0"), "{}", output.stderr);
}

#[test]
fn a_package_that_nobody_knows_is_named() {
    let (sandbox, _index) = with_venv();
    let output = sandbox.run(["pip", "install", "voldemort"]).code(1);
    assert!(output.stderr.contains("voldemort"), "{}", output.stderr);
}

#[test]
fn pre_releases_come_when_asked_for_or_when_nothing_else_is_there() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
    let _installed = sandbox.run(["pip", "install", "harry>3"]).success();
    assert_eq!(frozen(&sandbox), "harry==4.0rc1\n");
    let refused = [
        "pip",
        "install",
        "--prerelease",
        "disallow",
        "--reinstall",
        "harry>3",
    ];
    let _refused = sandbox.run(refused).code(1);
    let allowed = ["pip", "install", "--pre", "-U", "harry"];
    let _installed = sandbox.run(allowed).success();
    assert_eq!(frozen(&sandbox), "harry==4.0rc1\n");
}

#[test]
fn yanked_versions_come_only_for_an_exact_pin() {
    let (sandbox, _index) = with_venv();
    let _refused = sandbox.run(["pip", "install", "harry>1,<3"]).code(1);
    let output = sandbox.run(["pip", "install", "harry==2.0"]).success();
    assert!(
        output.stderr.contains("harry 2.0 was yanked: bad"),
        "{}",
        output.stderr
    );
    assert_eq!(frozen(&sandbox), "harry==2.0\n");
}

#[test]
fn a_date_hides_what_came_later() {
    let (sandbox, _index) = with_venv();
    let dated = ["pip", "install", "--exclude-newer", "2023-06-01", "harry"];
    let _installed = sandbox.run(dated).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\n");
}

#[test]
fn the_lowest_version_can_be_wanted() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "--resolution", "lowest", "harry>=1"])
        .success();
    assert_eq!(frozen(&sandbox), "harry==1.0\n");
}

#[test]
fn upgrades_move_only_what_they_have_to() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "sirius==1.0", "hedwig==1.0"])
        .success();
    let _kept = sandbox.run(["pip", "install", "sirius"]).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\nhedwig==1.0\nsirius==1.0\n");
    let output = sandbox.run(["pip", "install", "-U", "sirius"]).success();
    let changes: Vec<&str> = output
        .stderr
        .lines()
        .filter(|line| line.starts_with([' ']))
        .collect();
    assert_eq!(
        changes,
        [
            " - harry==1.0",
            " + harry==3.0",
            " - sirius==1.0",
            " + sirius==2.0"
        ]
    );
    assert_eq!(untrue_record(&sandbox), None);
}

#[test]
fn one_package_can_be_upgraded() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "remus", "hedwig==1.0", "harry==1.0"])
        .success();
    let one = ["pip", "install", "-P", "hedwig", "hedwig", "harry"];
    let _installed = sandbox.run(one).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\nhedwig==2.0\nremus==1.0\n");
}

#[test]
fn breaking_an_installed_package_is_said() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius==1.0"]).success();
    let output = sandbox.run(["pip", "install", "harry==3"]).success();
    assert!(
        output
            .stderr
            .contains("sirius 1.0 requires harry<2, but harry 3.0 is installed"),
        "{}",
        output.stderr
    );
    let strict = ["pip", "install", "--strict", "harry==3"];
    let _strict = sandbox.run(strict).code(1);
}

#[test]
fn reinstalling_is_a_line_of_its_own() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry==3"]).success();
    let output = sandbox
        .run(["pip", "install", "--reinstall", "harry"])
        .success();
    assert!(
        output.stderr.contains(" ~ harry==3.0\n"),
        "{}",
        output.stderr
    );
    assert_eq!(untrue_record(&sandbox), None);
}

#[test]
fn without_dependencies_there_is_only_what_is_named() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "--no-deps", "sirius"])
        .success();
    assert_eq!(frozen(&sandbox), "sirius==2.0\n");
}

#[test]
fn a_preview_changes_nothing() {
    let (sandbox, _index) = with_venv();
    let output = sandbox
        .run(["pip", "install", "--dry-run", "sirius"])
        .success();
    assert!(
        output
            .stderr
            .contains("Would install 2 packages\n + harry==3.0"),
        "{}",
        output.stderr
    );
    assert_eq!(frozen(&sandbox), "");
    let _differs = sandbox.run(["pip", "install", "--check", "sirius"]).code(1);
    let output = sandbox
        .run(["pip", "install", "--json", "sirius"])
        .success();
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["changes"][0]["name"], "harry");
    let _same = sandbox
        .run(["pip", "install", "--check", "sirius"])
        .success();
}

#[test]
fn requirements_files_nest_constrain_and_check_hashes() {
    let (sandbox, _index) = with_venv();
    sandbox.write(
        "requirements.txt",
        "-r deep/more.txt\nremus==1.0 ; python_version > '3'\n",
    );
    sandbox.write(
        "deep/more.txt",
        "# the owl\nhedwig \\\n  == ${OWL}\n-c bounds.txt\nharry\n",
    );
    sandbox.write("deep/bounds.txt", "harry<2\n");
    let mut command = sandbox.command();
    command
        .env("OWL", "1.0")
        .args(["pip", "install", "-r", "requirements.txt"]);
    let _installed = sandbox.finish(&mut command).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\nhedwig==1.0\nremus==1.0\n");
}

#[test]
fn a_wrong_hash_stops_everything() {
    let (sandbox, _index) = with_venv();
    let right = naja_testkit::sha256_hex(&Wheel::new("harry", "3.0").build());
    let wrong = right.chars().rev().collect::<String>();
    sandbox.write("wrong.txt", &format!("harry==3.0 --hash=sha256:{wrong}\n"));
    let output = sandbox.run(["pip", "install", "-r", "wrong.txt"]).code(1);
    assert!(output.stderr.contains("harry"), "{}", output.stderr);
    assert_eq!(frozen(&sandbox), "");
    sandbox.write("right.txt", &format!("harry==3.0 --hash=sha256:{right}\n"));
    let _installed = sandbox.run(["pip", "install", "-r", "right.txt"]).success();
    sandbox.write("none.txt", "remus==1.0\n");
    let _refused = sandbox
        .run(["pip", "install", "--require-hashes", "-r", "none.txt"])
        .code(1);
}

#[test]
fn local_wheels_and_addresses_are_recorded() {
    let (sandbox, index) = with_venv();
    let wheel = Wheel::new("luna", "1.5").requires("harry");
    std::fs::write(sandbox.work().join(wheel.file_name()), wheel.build()).unwrap();
    let local = format!("./{}", wheel.file_name());
    let _installed = sandbox.run(["pip", "install", &local]).success();
    let address = format!("remus @ {}", index.file_url("remus-1.0-py3-none-any.whl"));
    let _installed = sandbox.run(["pip", "install", &address]).success();
    let lines = frozen(&sandbox);
    assert!(
        lines.contains("luna @ file://[DIR]/castle/luna-1.5-py3-none-any.whl"),
        "{lines}"
    );
    assert!(lines.contains("remus @ http://127.0.0.1"), "{lines}");
    let _same = sandbox.run(["pip", "check"]).success();
}

#[test]
fn find_links_work_without_an_index() {
    let sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q"]).success();
    let wheels = sandbox.work().join("wheels");
    std::fs::create_dir(&wheels).unwrap();
    for wheel in [
        Wheel::new("harry", "1.0"),
        Wheel::new("sirius", "1.0").requires("harry<2"),
    ] {
        std::fs::write(wheels.join(wheel.file_name()), wheel.build()).unwrap();
    }
    let arguments = [
        "pip",
        "install",
        "--no-index",
        "--find-links",
        "wheels",
        "sirius",
    ];
    let _installed = sandbox.run(arguments).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\nsirius==1.0\n");
}

#[test]
fn a_broken_source_distribution_is_refused_by_name() {
    let (sandbox, _index) = with_venv();
    let output = sandbox.run(["pip", "install", "wand"]).code(2);
    assert!(
        output.stderr.contains("wand-1.0.tar.gz"),
        "{}",
        output.stderr
    );
    assert_eq!(frozen(&sandbox), "");
    let output = sandbox
        .run(["pip", "install", "--only-binary", ":all:", "wand"])
        .code(1);
    assert!(output.stderr.contains("wand"), "{}", output.stderr);
}

#[test]
fn wheels_for_other_platforms_are_explained() {
    let (sandbox, _index) = with_venv();
    let output = sandbox.run(["pip", "install", "dobby"]).code(1);
    assert!(output.stderr.contains("dobby"), "{}", output.stderr);
    assert!(output.stderr.contains("win"), "{}", output.stderr);
}

#[test]
fn a_directory_can_be_the_target() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox
        .run(["pip", "install", "--target", "lib", "sirius"])
        .success();
    assert!(sandbox.work().join("lib/harry/__init__.py").exists());
    assert!(
        sandbox
            .work()
            .join("lib/sirius-2.0.dist-info/RECORD")
            .exists()
    );
    assert_eq!(frozen(&sandbox), "");
    let listed = sandbox
        .run(["pip", "list", "--target", "lib", "--format", "freeze"])
        .success();
    assert_eq!(listed.stdout, "harry==3.0\nsirius==2.0\n");
}

#[test]
fn the_distributors_python_is_protected() {
    let (sandbox, _index) = with_venv();
    let marker = "[externally-managed]\nError=Leave this Python to the distributor.\n";
    let root = sandbox.work().join("base");
    let Some(python) = naja_testkit::find_pythons().into_iter().next() else {
        return;
    };
    // A copy of the program with a standard library of its own that has the marker.
    let output = std::process::Command::new(&python)
        .args([
            "-I",
            "-c",
            "import sysconfig;print(sysconfig.get_path('stdlib'))",
        ])
        .output()
        .unwrap();
    let stdlib = std::path::PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    let own = root.join("lib").join(stdlib.file_name().unwrap());
    std::fs::create_dir_all(root.join("bin")).unwrap();
    std::fs::create_dir_all(&own).unwrap();
    for entry in std::fs::read_dir(&stdlib).unwrap().flatten() {
        if entry.file_name() != "site-packages" {
            std::os::unix::fs::symlink(entry.path(), own.join(entry.file_name())).unwrap();
        }
    }
    std::fs::create_dir(own.join("site-packages")).unwrap();
    std::fs::write(own.join("EXTERNALLY-MANAGED"), marker).unwrap();
    let program = root.join("bin/python3");
    std::fs::copy(python.canonicalize().unwrap(), &program).unwrap();
    let program = program.to_string_lossy().into_owned();
    let refused = ["pip", "install", "--python", &program, "harry"];
    let output = sandbox.run(refused).code(2);
    assert!(
        output
            .stderr
            .contains("Leave this Python to the distributor."),
        "{}",
        output.stderr
    );
    let site = own.join("site-packages");
    assert_eq!(std::fs::read_dir(&site).unwrap().count(), 0);
    let forced = [
        "pip",
        "install",
        "--break-system-packages",
        "--python",
        &program,
        "harry",
    ];
    let _installed = sandbox.run(forced).success();
    assert!(site.join("harry/__init__.py").exists());
}

#[test]
fn files_are_links_into_the_cache_or_copies() {
    let (sandbox, _index) = with_venv();
    let site = |env: &str| sandbox.site_packages(env).join("harry/__init__.py");
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    assert!(std::fs::metadata(site(".venv")).unwrap().nlink() > 1);
    let _made = sandbox.run(["venv", "-q", "copied"]).success();
    let copy = [
        "pip",
        "install",
        "--link-mode",
        "copy",
        "-p",
        "copied",
        "harry",
    ];
    let _installed = sandbox.run(copy).success();
    assert_eq!(std::fs::metadata(site("copied")).unwrap().nlink(), 1);
}

#[test]
fn a_file_edited_in_another_environment_does_not_spread() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    let edited = sandbox.site_packages(".venv").join("harry/__init__.py");
    std::fs::write(&edited, "raise SystemExit('edited')\n").unwrap();
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let _installed = sandbox
        .run(["pip", "install", "-p", "other", "harry"])
        .success();
    let mut python = sandbox.command_of(sandbox.work().join("other/bin/python"));
    python.args(["-c", "import harry; print(harry.__version__)"]);
    assert_eq!(sandbox.finish(&mut python).success().stdout, "3.0\n");
}

#[test]
fn bytecode_is_compiled_once_and_listed() {
    let (sandbox, _index) = with_venv();
    let first = ["pip", "install", "--compile-bytecode", "harry"];
    let _installed = sandbox.run(first).success();
    assert_eq!(untrue_record(&sandbox), None);
    let shown = sandbox.run(["pip", "show", "-f", "harry"]).success().stdout;
    assert!(shown.contains("harry/__pycache__/__init__."), "{shown}");
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let again = ["pip", "install", "--compile", "-p", "other", "harry"];
    let _installed = sandbox.run(again).success();
    let cache = sandbox.site_packages("other").join("harry/__pycache__");
    let compiled = std::fs::read_dir(cache).unwrap().flatten().next().unwrap();
    assert!(
        compiled.metadata().unwrap().nlink() > 1,
        "it comes from the store"
    );
}

#[test]
fn servers_that_fail_now_and_then_are_asked_again() {
    let builder = IndexBuilder::harry()
        .fault("/simple/harry/", Fault::Status(503), 1)
        .fault("harry-3.0-py3-none-any.whl", Fault::Truncate, 1);
    let (sandbox, _index) = with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
}

#[test]
fn pips_harmless_flags_are_accepted() {
    let (sandbox, _index) = with_venv();
    let arguments = [
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--no-color",
        "harry",
    ];
    let output = sandbox.run(arguments).success();
    assert_eq!(
        output.stderr.matches("warning").count(),
        1,
        "{}",
        output.stderr
    );
}

#[test]
fn an_environment_of_another_tool_is_accepted() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let Some(python) = naja_testkit::find_pythons().into_iter().next() else {
        return;
    };
    let mut venv = sandbox.command_of(python);
    venv.args(["-m", "venv", ".venv"]);
    let _made = sandbox.finish(&mut venv).success();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let pip = |arguments: &[&str]| {
        let mut command = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
        command
            .args(["-m", "pip", "--disable-pip-version-check"])
            .args(arguments);
        sandbox.finish(&mut command).success().stdout
    };
    assert!(pip(&["freeze"]).contains("harry==3.0\nsirius==2.0\n"));
    let _consistent = pip(&["check"]);
    let _gone = pip(&["uninstall", "-y", "sirius"]);
    assert!(!frozen(&sandbox).contains("sirius"));
    let _gone = sandbox.run(["pip", "uninstall", "pip"]).success();
    assert!(!sandbox.work().join(".venv/bin/pip").exists());
}

#[test]
fn requirements_files_come_from_servers_too() {
    let builder =
        IndexBuilder::harry().file("lists", "wanted.txt", b"hedwig==1.0\nharry\n".to_vec());
    let (sandbox, index) = with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    let url = index.file_url("wanted.txt");
    let _installed = sandbox.run(["pip", "install", "-r", &url]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nhedwig==1.0\n");
    let absent = index.file_url("absent.txt");
    let output = sandbox.run(["pip", "install", "-r", &absent]).code(2);
    assert!(output.stderr.contains("absent.txt"), "{}", output.stderr);
}

#[test]
fn what_is_not_there_is_refused() {
    let (sandbox, _index) = with_venv();
    for words in [
        &["pip", "install", "--user", "harry"][..],
        &["pip", "install", "--managed-python", "harry"],
        &["pip", "install", "./absent.whl"],
    ] {
        let output = sandbox.run(words).code(2);
        assert!(
            output.stderr.starts_with("error: "),
            "{words:?}: {}",
            output.stderr
        );
    }
    assert_eq!(frozen(&sandbox), "");
}

#[test]
fn checked_hashes_need_pinned_versions() {
    let (sandbox, _index) = with_venv();
    let digest = naja_testkit::sha256_hex(&Wheel::new("harry", "1.0").build());
    sandbox.write("loose.txt", &format!("harry --hash=sha256:{digest}\n"));
    let output = sandbox.run(["pip", "install", "-r", "loose.txt"]).code(2);
    assert!(
        output.stderr.contains("does not say which version"),
        "{}",
        output.stderr
    );
    assert_eq!(frozen(&sandbox), "");
}

#[test]
fn a_wheel_for_another_system_is_refused() {
    let (sandbox, _index) = with_venv();
    let wheel = Wheel::new("dobby", "1.0").tag("cp39-cp39-win_amd64");
    std::fs::write(sandbox.work().join(wheel.file_name()), wheel.build()).unwrap();
    let local = format!("./{}", wheel.file_name());
    let output = sandbox.run(["pip", "install", &local]).code(1);
    assert!(
        output.stderr.contains("is not for this Python"),
        "{}",
        output.stderr
    );
    assert_eq!(frozen(&sandbox), "");
}
