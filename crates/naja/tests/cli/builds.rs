//! Sources that have to be built.

use naja_testkit::{Index, IndexBuilder, Sandbox, Sdist, Wheel, find_pythons};

use crate::with_index;

/// Whether there is a Python to build with.
fn python() -> bool {
    !find_pythons().is_empty()
}

fn with(builder: IndexBuilder) -> (Sandbox, Index) {
    let (sandbox, index) = with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    (sandbox, index)
}

fn sdist(builder: IndexBuilder, sdist: &Sdist) -> IndexBuilder {
    let name = sdist.module();
    builder.file(&name, &sdist.file_name(), sdist.build())
}

/// A version of a module in the sandbox's environment.
fn imported(sandbox: &Sandbox, module: &str) -> String {
    let mut command = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
    command.args([
        "-c",
        &format!("import {module}; print({module}.__version__)"),
    ]);
    sandbox.finish(&mut command).success().stdout
}

/// What builds left in the cache's directory for unfinished work.
fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let dir = sandbox.cache().join("v1/tmp");
    std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect()
}

#[test]
fn an_sdist_is_built_once_on_a_machine() {
    if !python() {
        return;
    }
    let harry = Sdist::new("harry", "1.0").requires("ron>=1");
    let builder = sdist(IndexBuilder::default(), &harry).wheel(&Wheel::new("ron", "1.2"));
    let (sandbox, index) = with(builder);
    let output = sandbox.run(["pip", "install", "harry"]).success();
    assert!(
        output.stderr.contains("Building harry==1.0"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("Built harry==1.0"),
        "{}",
        output.stderr
    );
    assert_eq!(crate::frozen(&sandbox), "harry==1.0\nron==1.2\n");
    assert_eq!(imported(&sandbox, "harry"), "1.0\n");
    assert_eq!(crate::untrue_record(&sandbox), None);
    assert_eq!(leftovers(&sandbox), [""; 0]);
    // The second environment needs neither the network nor the backend.
    let _made = sandbox.run(["venv", "-q", "--clear"]).success();
    index.forget();
    let output = sandbox.run(["pip", "install", "harry"]).success();
    assert!(!output.stderr.contains("Building"), "{}", output.stderr);
    assert_eq!(index.count(".tar.gz"), 0);
    assert_eq!(imported(&sandbox, "harry"), "1.0\n");
}

#[test]
fn a_wheel_is_preferred_and_no_binary_builds() {
    if !python() {
        return;
    }
    let builder = sdist(IndexBuilder::default(), &Sdist::new("harry", "1.0"))
        .wheel(&Wheel::new("harry", "1.0"));
    let (sandbox, _index) = with(builder);
    let output = sandbox.run(["pip", "install", "harry"]).success();
    assert!(!output.stderr.contains("Building"), "{}", output.stderr);
    let again = [
        "pip",
        "install",
        "--reinstall",
        "--no-binary",
        "harry",
        "harry",
    ];
    let output = sandbox.run(again).success();
    assert!(
        output.stderr.contains("Building harry==1.0"),
        "{}",
        output.stderr
    );
    let never = [
        "pip",
        "install",
        "--reinstall",
        "--no-binary",
        "harry",
        "--only-binary",
        "harry",
        "harry",
    ];
    let output = sandbox.run(never).code(1);
    assert!(output.stderr.contains("harry"), "{}", output.stderr);
}

#[test]
fn static_metadata_needs_no_build_and_dynamic_metadata_asks_the_backend() {
    if !python() {
        return;
    }
    let spy = "raise SystemExit('the backend was asked')\n";
    let quiet = Sdist::new("quiet", "1.0").file("_build/backend.py", spy);
    let loud = Sdist::new("loud", "1.0")
        .dynamic_dependencies()
        .file("_build/backend.py", spy);
    let older = Sdist::new("older", "1.0")
        .requires("ron")
        .metadata_version("2.1")
        .dynamic_dependencies();
    let builder = sdist(IndexBuilder::default(), &quiet);
    let builder = sdist(sdist(builder, &loud), &older).wheel(&Wheel::new("ron", "1.2"));
    let (sandbox, _index) = with(builder);
    let compile = |name: &str| {
        sandbox.write("requirements.in", name);
        sandbox.run(["pip", "compile", "requirements.in", "--no-header"])
    };
    assert!(compile("quiet").success().stdout.contains("quiet==1.0"));
    let output = compile("loud").code(1);
    assert!(
        output.stderr.contains("the backend was asked"),
        "{}",
        output.stderr
    );
    let output = compile("older").success();
    assert!(output.stdout.contains("ron==1.2"), "{}", output.stdout);
    assert!(!output.stderr.contains("Building"), "{}", output.stderr);
    assert_eq!(leftovers(&sandbox), [""; 0]);
}

#[test]
fn a_failing_build_shows_the_backend_and_what_is_missing() {
    if !python() {
        return;
    }
    let backend = "def build_wheel(*a, **k):\n    print('compiling wand.c')\n    \
        print('wand.c:1:10: fatal error: phoenix.h: No such file or directory')\n    \
        raise RuntimeError('no wood')\n";
    let builder = sdist(
        IndexBuilder::default(),
        &Sdist::new("wand", "1.0").file("_build/backend.py", backend),
    );
    let (sandbox, _index) = with(builder);
    let output = sandbox.run(["pip", "install", "wand"]).code(1);
    for words in [
        "could not build wand==1.0",
        "`build_wheel` failed: RuntimeError: no wood",
        "compiling wand.c",
        "the C header `phoenix.h` is missing",
    ] {
        assert!(output.stderr.contains(words), "{words}: {}", output.stderr);
    }
    assert_eq!(leftovers(&sandbox), [""; 0]);
    assert_eq!(crate::frozen(&sandbox), "");
}

#[test]
fn a_wheel_of_another_name_or_version_is_refused() {
    if !python() {
        return;
    }
    let liar = Sdist::new("tom", "6.6").dynamic_dependencies();
    let builder = IndexBuilder::default().file("harry", "harry-1.0.tar.gz", liar.build());
    let (sandbox, _index) = with(builder);
    let output = sandbox.run(["pip", "install", "harry"]).code(1);
    assert!(output.stderr.contains("tom"), "{}", output.stderr);
    assert!(output.stderr.contains("was asked for"), "{}", output.stderr);
    assert_eq!(crate::frozen(&sandbox), "");
}

#[test]
fn a_circle_of_build_requirements_is_named() {
    if !python() {
        return;
    }
    let needing = |name: &str, other: &str| {
        let text = format!(
            "[build-system]\nrequires = [\"{other}\"]\nbuild-backend = \"{other}\"\n\
             [project]\nname = \"{name}\"\nversion = \"1.0\"\n"
        );
        Sdist::new(name, "1.0").file("pyproject.toml", text)
    };
    let builder = sdist(IndexBuilder::default(), &needing("hen", "egg"));
    let builder = sdist(builder, &needing("egg", "hen"));
    let (sandbox, _index) = with(builder);
    let output = sandbox.run(["pip", "install", "hen", "egg"]).code(1);
    assert!(output.stderr.contains("needs itself"), "{}", output.stderr);
    assert!(
        output.stderr.contains("hen==1.0 needs egg==1.0"),
        "{}",
        output.stderr
    );
    assert_eq!(leftovers(&sandbox), [""; 0]);
}

/// A backend in a wheel, as the usual ones are; it notes the config settings in the version file.
fn backend_wheel() -> Wheel {
    let text = r#"
import base64, hashlib, os, zipfile

def get_requires_for_build_wheel(config_settings=None):
    return ["helper>=1"]

def build_wheel(directory, config_settings=None, metadata_directory=None):
    import helper
    name, version = os.path.basename(os.getcwd()).rsplit("-", 1)
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"__version__ = {version!r}\nsettings = {config_settings!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        "%s,sha256=%s,%d\n" % (path, base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode(), len(text.encode()))
        for path, text in files.items()
    )
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, wheel), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel
"#;
    Wheel::new("forge", "2.0").file("forge/build.py", text)
}

fn forged(name: &str) -> Sdist {
    let text = "[build-system]\nrequires = [\"forge>=1\"]\nbuild-backend = \"forge.build\"\n";
    Sdist::new(name, "1.0")
        .file("pyproject.toml", text)
        .dynamic_dependencies()
}

#[test]
fn builds_are_isolated_bounded_and_get_their_settings() {
    if !python() {
        return;
    }
    let builder = IndexBuilder::default()
        .wheel(&backend_wheel())
        .wheel(&Wheel::new("helper", "1.0"));
    let builder = sdist(sdist(builder, &forged("sword")), &forged("shield"));
    let (mut sandbox, _index) = with(builder);
    sandbox.set("NAJA_CONCURRENT_BUILDS", "1");
    let install = [
        "pip", "install", "sword", "shield", "-C", "a=1", "-C", "b=2", "-C", "b=3",
    ];
    let _done = sandbox.run(install).success();
    // What builds need is not in the environment.
    assert_eq!(crate::frozen(&sandbox), "shield==1.0\nsword==1.0\n");
    let mut command = sandbox.command_of(sandbox.work().join(".venv/bin/python"));
    command.args(["-c", "import sword; print(sword.settings)"]);
    let output = sandbox.finish(&mut command).success();
    assert_eq!(output.stdout, "{'a': '1', 'b': ['2', '3']}\n");
    // Other settings are another build.
    let again = ["pip", "install", "--reinstall", "sword", "-C", "a=2"];
    let output = sandbox.run(again).success();
    assert!(
        output.stderr.contains("Building sword==1.0"),
        "{}",
        output.stderr
    );
    // A bound that nothing meets.
    sandbox.write("bound.txt", "forge<2\n");
    let bounded = [
        "pip",
        "install",
        "--reinstall",
        "sword",
        "--build-constraint",
        "bound.txt",
    ];
    let output = sandbox.run(bounded).code(1);
    assert!(output.stderr.contains("forge"), "{}", output.stderr);
    assert_eq!(leftovers(&sandbox), [""; 0]);
}

#[test]
fn without_isolation_the_environment_has_to_have_the_backend() {
    if !python() {
        return;
    }
    let builder = IndexBuilder::default()
        .wheel(&backend_wheel())
        .wheel(&Wheel::new("helper", "1.0"));
    let (sandbox, _index) = with(sdist(builder, &forged("sword")));
    let install = ["pip", "install", "sword", "--no-build-isolation"];
    let output = sandbox.run(install).code(1);
    assert!(output.stderr.contains("`forge`"), "{}", output.stderr);
    let _done = sandbox.run(["pip", "install", "forge", "helper"]).success();
    let _done = sandbox.run(install).success();
    assert_eq!(imported(&sandbox, "sword"), "1.0\n");
}

#[test]
fn metadata_beside_an_sdist_count_if_they_are_static() {
    if !python() {
        return;
    }
    let static_ = Sdist::new("harry", "1.0").requires("ron>=1");
    let dynamic = Sdist::new("draco", "1.0").dynamic_dependencies();
    let lying = Sdist::new("albus", "1.0").requires("ron>=1");
    let builder =
        sdist(IndexBuilder::default(), &static_).metadata_beside("harry", &static_.pkg_info());
    let builder = sdist(builder, &dynamic).metadata_beside("draco", &dynamic.pkg_info());
    let other = lying.pkg_info().replace("Version: 1.0", "Version: 9.0");
    let builder = sdist(builder, &lying).metadata_beside("albus", &other);
    let builder = builder.wheel(&Wheel::new("ron", "1.2"));
    let (sandbox, index) = with(builder);
    let compiled = |name: &str| {
        sandbox.write("requirements.in", &format!("{name}\n"));
        index.forget();
        sandbox
            .run([
                "pip",
                "compile",
                "-q",
                "--no-header",
                "--no-annotate",
                "requirements.in",
            ])
            .success()
            .stdout
    };
    assert_eq!(compiled("harry"), "harry==1.0\nron==1.2\n");
    assert_eq!(
        (index.count(".tar.gz.metadata"), index.count(".tar.gz")),
        (1, 1)
    );
    assert_eq!(compiled("harry"), "harry==1.0\nron==1.2\n");
    assert_eq!(index.count(".tar.gz"), 0);
    // What may change while it is built, and what is about another version, is not believed.
    assert_eq!(compiled("draco"), "draco==1.0\n");
    assert_eq!(index.count("draco-1.0.tar.gz"), 2);
    assert_eq!(compiled("albus"), "albus==1.0\nron==1.2\n");
    assert_eq!(index.count("albus-1.0.tar.gz"), 2);
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    assert_eq!(crate::frozen(&sandbox), "harry==1.0\nron==1.2\n");
}
