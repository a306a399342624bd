//! pip's flags: those that mean here what they mean there, and those that only get a warning.

use naja_testkit::{IndexBuilder, Wheel};

use crate::{frozen, with_index, with_venv};

#[test]
fn upgrades_are_about_what_is_named() {
    let luna = |version: &str| Wheel::new("luna", version).requires("harry");
    let builder = IndexBuilder::harry()
        .wheel(&luna("1.0"))
        .wheel(&luna("2.0"));
    let (sandbox, _index) = with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    let _old = sandbox
        .run(["pip", "install", "luna==1.0", "harry==1.0"])
        .success();
    let _named = sandbox.run(["pip", "install", "-U", "luna"]).success();
    assert_eq!(frozen(&sandbox), "harry==1.0\nluna==2.0\n");
    let eager = [
        "pip",
        "install",
        "-U",
        "--upgrade-strategy",
        "eager",
        "luna",
    ];
    let _all = sandbox.run(eager).success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nluna==2.0\n");
}

#[test]
fn exact_and_strict() {
    let (sandbox, _index) = with_venv();
    let _some = sandbox
        .run(["pip", "install", "hedwig", "sirius"])
        .success();
    let _exact = sandbox
        .run(["pip", "install", "--exact", "sirius"])
        .success();
    assert_eq!(frozen(&sandbox), "harry==3.0\nsirius==2.0\n");
    let broken = ["pip", "install", "--strict", "--no-deps", "harry==1.0"];
    let output = sandbox.run(broken).code(1);
    assert!(output.stderr.contains("sirius"), "{}", output.stderr);
    assert_eq!(frozen(&sandbox), "harry==1.0\nsirius==2.0\n");
    let _without = sandbox
        .run(["pip", "install", "--no-deps", "harry==1.0"])
        .success();
}

#[test]
fn wheels_are_preferred() {
    let builder = IndexBuilder::default()
        .wheel(&Wheel::new("luna", "1.0"))
        .file("luna", "luna-2.0.tar.gz", b"not built here".to_vec());
    let (sandbox, _index) = with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    let built = sandbox.run(["pip", "install", "luna"]);
    assert_ne!(built.status, 0, "{}", built.stderr);
    let _older = sandbox
        .run(["pip", "install", "--prefer-binary", "luna"])
        .success();
    assert_eq!(frozen(&sandbox), "luna==1.0\n");
}

#[test]
fn other_pythons_are_ignored_on_demand() {
    let builder =
        IndexBuilder::default().wheel(&Wheel::new("luna", "1.0").requires_python(">=3.99"));
    let (sandbox, _index) = with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    let _old = sandbox.run(["pip", "install", "luna"]).code(1);
    let _taken = sandbox
        .run(["pip", "install", "--ignore-requires-python", "luna"])
        .success();
    assert_eq!(frozen(&sandbox), "luna==1.0\n");
}

#[test]
fn only_virtual_environments() {
    let (mut sandbox, _index) = with_venv();
    let _inside = sandbox
        .run(["pip", "install", "--require-virtualenv", "harry"])
        .success();
    let outside = [
        "pip",
        "install",
        "--system",
        "--require-virtualenv",
        "harry",
    ];
    let output = sandbox.run(outside).code(2);
    assert!(
        output.stderr.contains("no virtual environment"),
        "{}",
        output.stderr
    );
    sandbox.set("PIP_REQUIRE_VIRTUALENV", "1");
    let _variable = sandbox.run(["pip", "install", "--system", "harry"]).code(2);
}

#[test]
fn what_means_nothing_is_said_once() {
    let (sandbox, _index) = with_venv();
    let output = sandbox
        .run([
            "pip",
            "install",
            "--no-clean",
            "--check-build-dependencies",
            "--exists-action",
            "w",
            "--progress-bar",
            "raw",
            "harry",
        ])
        .success();
    assert_eq!(
        output.stderr.matches("warning").count(),
        1,
        "{}",
        output.stderr
    );
    for flag in [
        "--no-clean",
        "--check-build-dependencies",
        "--exists-action",
        "raw",
    ] {
        assert!(output.stderr.contains(flag), "{flag}: {}", output.stderr);
    }
    let quiet = sandbox
        .run([
            "pip",
            "install",
            "--use-pep517",
            "--no-input",
            "--progress-bar",
            "off",
            "--root-user-action",
            "ignore",
            "hedwig",
        ])
        .success();
    assert!(!quiet.stderr.contains("warning"), "{}", quiet.stderr);
    let refused = sandbox
        .run(["pip", "install", "--global-option", "--with-x", "harry"])
        .code(2);
    assert!(
        refused.stderr.contains("--config-setting"),
        "{}",
        refused.stderr
    );
    let _words = sandbox
        .run(["pip", "install", "--progress-bar", "fast", "harry"])
        .code(2);
}

#[test]
fn a_log_says_everything() {
    let (sandbox, _index) = with_venv();
    let _quiet = sandbox
        .run(["pip", "install", "-q", "--log", "pip.log", "harry"])
        .success();
    let log = sandbox.read("pip.log");
    assert!(
        log.contains(" + harry==3.0\n") && !log.contains('\u{1b}'),
        "{log}"
    );
    let _failed = sandbox
        .run(["pip", "install", "--log", "pip.log", "voldemort"])
        .code(1);
    let log = sandbox.read("pip.log");
    assert!(log.contains("harry") && log.contains("error: "), "{log}");
    let _nowhere = sandbox
        .run(["pip", "install", "--log", "no/dir/pip.log", "harry"])
        .code(2);
}

#[test]
fn targets_by_tags() {
    let builder = IndexBuilder::harry()
        .wheel(&Wheel::new("neville", "1.0").tag("cp311-cp311-manylinux_2_28_aarch64"))
        .wheel(&Wheel::new("neville", "2.0").tag("cp311-cp311-manylinux_2_34_aarch64"))
        .wheel(&Wheel::new("luna", "1.0").requires("harry; sys_platform == 'win32'"));
    let (sandbox, _index) = with_index(builder);
    let foreign = [
        "pip",
        "download",
        "-d",
        "w",
        "--only-binary",
        ":all:",
        "--platform",
        "manylinux2014_aarch64",
        "--platform",
        "manylinux_2_28_aarch64",
        "--python-version",
        "311",
        "--implementation",
        "cp",
        "--abi",
        "cp311",
        "neville",
    ];
    let _arm = sandbox.run(foreign).success();
    assert!(
        sandbox
            .work()
            .join("w/neville-1.0-cp311-cp311-manylinux_2_28_aarch64.whl")
            .exists()
    );
    let windows = [
        "pip",
        "install",
        "--target",
        "t",
        "--only-binary",
        ":all:",
        "--platform",
        "win_amd64",
        "dobby",
        "luna",
    ];
    let _windows = sandbox.run(windows).success();
    assert!(sandbox.work().join("t/dobby").exists() && sandbox.work().join("t/harry").exists());
    let built = sandbox
        .run(["pip", "download", "--platform", "win_amd64", "dobby"])
        .code(2);
    assert!(
        built.stderr.contains("--only-binary :all:"),
        "{}",
        built.stderr
    );
    for wrong in [
        ["--platform", "amiga"],
        ["--abi", "cp27m"],
        ["--implementation", "jy"],
    ] {
        let words = ["pip", "download", "--only-binary", ":all:", "harry"];
        let _refused = sandbox.run(words.iter().chain(&wrong)).code(2);
    }
}

#[test]
fn pip_is_never_another_one() {
    let pip = Wheel::new("pip", "99.0").printing_script().file(
        "pip/__main__.py",
        "import sys; print('real', *sys.argv[1:])",
    );
    let builder = IndexBuilder::harry()
        .wheel(&pip)
        .wheel(&Wheel::new("setuptools", "99.0"))
        .wheel(&Wheel::new("wheel", "99.0"));
    let (sandbox, _index) = with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    let bin = sandbox.work().join(".venv/bin");
    for name in ["pip", "pip3"] {
        let mut typed = sandbox.command_of(bin.join(name));
        let output = sandbox.finish(typed.args(["install", "harry"])).code(1);
        assert!(
            output.stderr.contains("`naja pip install`"),
            "{}",
            output.stderr
        );
    }
    assert_eq!(frozen(&sandbox), "");
    let installed = sandbox.run(["pip", "install", "pip"]).success();
    assert!(
        !installed.stderr.contains("warning"),
        "{}",
        installed.stderr
    );
    let mut typed = sandbox.command_of(bin.join("pip"));
    assert_eq!(sandbox.finish(&mut typed).success().stdout, "99.0\n");
    // The name that this pip does not bring calls it all the same.
    let mut typed = sandbox.command_of(bin.join("pip3"));
    let output = sandbox.finish(typed.args(["install", "x"])).success();
    assert_eq!(output.stdout, "real install x\n");
    let _off = sandbox.run(["venv", "-q", "--seed", "seeded"]).success();
    assert!(!sandbox.work().join("seeded/bin/pip3").exists());
}

#[test]
fn ensurepip_takes_the_place_of_the_stub() {
    let (sandbox, _index) = with_venv();
    let bin = sandbox.work().join(".venv/bin");
    let mut ensure = sandbox.command_of(bin.join("python"));
    let output = sandbox.finish(ensure.args(["-m", "ensurepip"]));
    if output.stderr.contains("No module named ensurepip") || output.stderr.contains("disabled") {
        println!("skipped: this Python has no ensurepip");
        return;
    }
    let _there = output.success();
    for name in ["pip", "pip3"] {
        let mut typed = sandbox.command_of(bin.join(name));
        let output = sandbox.finish(typed.arg("--version")).success();
        assert!(output.stdout.contains(".venv"), "{}", output.stdout);
    }
}

#[test]
fn builds_of_torch_come_from_their_own_index() {
    let (mut sandbox, index) = with_index(IndexBuilder::harry().wheel(&Wheel::new("torch", "2.0")));
    let _made = sandbox.run(["venv", "-q"]).success();
    let unknown = sandbox
        .run(["pip", "install", "--torch-backend", "cpu", "torch"])
        .code(2);
    assert!(
        unknown.stderr.contains("NAJA_TORCH_INDEX"),
        "{}",
        unknown.stderr
    );
    let base = index.url().replace("/simple/", "/whl/");
    sandbox.set("NAJA_TORCH_INDEX", &base);
    for (driver, build) in [
        ("550.54.15", "cu124"),
        ("580.65", "cu130"),
        ("100.0", "cpu"),
    ] {
        index.forget();
        sandbox.set("NAJA_CUDA_DRIVER_VERSION", driver);
        let words = [
            "pip",
            "install",
            "--torch-backend",
            "auto",
            "torch",
            "harry",
        ];
        let _not_there = sandbox.run(words).code(1);
        assert_eq!(
            index.count(&format!("/whl/{build}/torch/")),
            1,
            "{:?}",
            index.requests()
        );
        assert_eq!(index.count("/simple/torch/"), 0, "{:?}", index.requests());
    }
    for (processors, build) in [("gfx000 gfx1100", "rocm6.4"), ("gfx803", "cpu")] {
        index.forget();
        // Too old for every build of CUDA.
        sandbox.set("UV_AMD_GPU_ARCHITECTURE", processors);
        let _not_there = sandbox
            .run(["pip", "install", "--torch-backend", "auto", "torch"])
            .code(1);
        assert_eq!(index.count(&format!("/whl/{build}/torch/")), 1, "{build}");
    }
    let _word = sandbox
        .run(["pip", "install", "--torch-backend", "gpu", "torch"])
        .code(2);
}

#[test]
fn the_site_of_the_user_is_emptied_again() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let user = |words: &[&str]| {
        let flags = ["--user", "--break-system-packages"];
        sandbox.run(words.iter().chain(&flags)).success()
    };
    let _installed = user(&["pip", "install", "sirius"]);
    assert_eq!(
        user(&["pip", "list", "--format", "freeze"]).stdout,
        "harry==3.0\nsirius==2.0\n"
    );
    let again = user(&["pip", "install", "harry"]);
    assert!(again.stderr.contains("Audited"), "{}", again.stderr);
    let gone = user(&["pip", "uninstall", "-y", "sirius"]);
    assert!(gone.stderr.contains(" - sirius==2.0"), "{}", gone.stderr);
    assert_eq!(user(&["pip", "freeze"]).stdout, "harry==3.0\n");
}

#[test]
fn wheels_of_no_implementation_in_particular() {
    let builder = IndexBuilder::default()
        .wheel(&Wheel::new("wand", "1.0"))
        .wheel(&Wheel::new("wand", "2.0").tag("cp311-none-any"));
    let (sandbox, _index) = with_index(builder);
    let download = |more: &[&str]| {
        let mut words = vec!["pip", "download", "-q", "-d", "got", "wand"];
        words.extend(["--python-version", "3.11", "--only-binary", ":all:"]);
        words.extend(more);
        let _done = sandbox.run(words).success();
        let mut names: Vec<_> = std::fs::read_dir(sandbox.work().join("got"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        std::fs::remove_dir_all(sandbox.work().join("got")).unwrap();
        names
    };
    let generic = ["--implementation", "py"];
    assert_eq!(download(&generic), ["wand-1.0-py3-none-any.whl"]);
    assert_eq!(download(&[]), ["wand-2.0-cp311-none-any.whl"]);
}
