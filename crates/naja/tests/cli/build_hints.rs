//! What a failing build says is missing, and that what it suggests works.

use naja_testkit::{Index, IndexBuilder, Sandbox, Sdist, Wheel, find_pythons};

/// A sandbox with an environment, and an index whose `wand` has this body of `build_wheel`.
fn with_wand(body: &str) -> Option<(Sandbox, Index)> {
    if find_pythons().is_empty() {
        return None;
    }
    let lines: String = body.lines().map(|line| format!("    {line}\n")).collect();
    let original = Sdist::new("wand", "1.0").tree();
    let backend = original
        .iter()
        .find(|(path, _)| path == "_build/backend.py");
    let backend = String::from_utf8(backend?.1.clone()).ok()?;
    let text = format!(
        "{backend}\n_write_wheel = build_wheel\n\n\ndef build_wheel(*arguments, **named):\n\
         {lines}    return _write_wheel(*arguments, **named)\n"
    );
    let wand = Sdist::new("wand", "1.0").file("_build/backend.py", text);
    let builder = IndexBuilder::default()
        .file("wand", &wand.file_name(), wand.build())
        .wheel(&Wheel::new("phoenix", "1.0"));
    let (sandbox, index) = crate::with_index(builder);
    let _made = sandbox.run(["venv", "-q"]).success();
    Some((sandbox, index))
}

/// Installs a `wand` that fails; the last line of what was said.
#[track_caller]
fn hint_of(body: &str) -> Option<String> {
    let (sandbox, _index) = with_wand(body)?;
    let output = sandbox.run(["pip", "install", "wand"]).code(1);
    assert!(
        output.stderr.contains("could not build wand==1.0"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.lines().count() <= 24, "{}", output.stderr);
    Some(output.stderr.lines().last().unwrap_or_default().to_owned())
}

/// Runs a program that is not there, as backends do.
fn runs(program: &str) -> String {
    format!(
        "import subprocess\nos.environ['PATH'] = '/nowhere'\nsubprocess.run(['{program}', '--version'])"
    )
}

/// Prints what a tool prints, and fails.
fn prints(text: &str) -> String {
    format!("print({text:?})\nraise RuntimeError('exit status 1')")
}

#[track_caller]
fn suggests(body: &str, words: &[&str]) {
    let Some(hint) = hint_of(body) else { return };
    for word in words {
        assert!(hint.contains(word), "{word}: {hint}");
    }
}

#[test]
fn a_compiler() {
    suggests(&runs("gcc"), &["no C compiler", "build-essential"]);
    suggests(
        &prints("../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]"),
        &["no C compiler"],
    );
}

#[test]
fn the_headers_of_python() {
    let text = "wand.c:1:10: fatal error: Python.h: No such file or directory";
    suggests(&prints(text), &["Python.h", "python3-dev"]);
}

#[test]
fn a_header() {
    let text = "wand.c:3:10: fatal error: libxml/parser.h: No such file or directory";
    suggests(&prints(text), &["libxml/parser.h", "development package"]);
}

#[test]
fn a_rust_toolchain() {
    suggests(&runs("cargo"), &["Rust"]);
    suggests(
        &prints("error: can't find Rust compiler"),
        &["Rust", "cargo"],
    );
}

#[test]
fn programs() {
    for program in ["pg_config", "cmake", "pkg-config"] {
        suggests(&runs(program), &[program, "system package"]);
    }
    suggests(
        &prints("Error: pg_config executable not found."),
        &["pg_config"],
    );
}

#[test]
fn a_library_of_pkg_config() {
    let text = "Package 'cairo', required by 'virtual:world', not found";
    suggests(&prints(text), &["cairo", "development package"]);
}

#[test]
fn a_module_and_what_is_suggested_works() {
    let Some((sandbox, _index)) = with_wand("import phoenix") else {
        return;
    };
    let output = sandbox.run(["pip", "install", "wand"]).code(1);
    let hint = output.stderr.lines().last().unwrap_or_default();
    // What stands between the first backticks with an equals sign.
    let setting = hint.split('`').find(|part| part.contains(" = "));
    let setting = setting.unwrap_or_else(|| panic!("{hint}"));
    assert_eq!(
        setting,
        "extra-build-dependencies = { wand = [\"phoenix\"] }"
    );
    sandbox.write("naja.toml", setting);
    let _done = sandbox.run(["pip", "install", "wand"]).success();
    // Not in the environment.
    assert_eq!(crate::frozen(&sandbox), "wand==1.0\n");
    std::fs::remove_file(sandbox.work().join("naja.toml")).expect("it was written");
    let manifest = format!("[tool.naja]\n{setting}\n");
    sandbox.write("pyproject.toml", &manifest);
    let again = ["pip", "install", "--reinstall", "--refresh", "wand"];
    let output = sandbox.run(again).success();
    assert!(output.stderr.contains("Built wand"), "{}", output.stderr);
}
