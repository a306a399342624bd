//! Completions, help, usage errors, and what a broken pipe does.

use crate::sandbox;

#[test]
fn the_version_is_printed() {
    let sandbox = sandbox();
    let expected = format!("naja {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(sandbox.run(["--version"]).success().stdout, expected);
    assert_eq!(sandbox.run(["-V"]).success().stdout, expected);
    assert_eq!(sandbox.run(["version"]).success().stdout, expected);
}

#[test]
fn help_is_there_for_every_command() {
    let sandbox = sandbox();
    let whole = sandbox.run(["help"]).success().stdout;
    for word in ["venv", "pip", "run", "python", "cache"] {
        assert!(whole.contains(word), "{word} in {whole}");
    }
    let install = sandbox.run(["help", "pip", "install"]).success().stdout;
    assert!(install.contains("--require-hashes"), "{install}");
    let short = sandbox.run(["pip", "install", "-h"]).success().stdout;
    assert!(short.contains("naja pip install"), "{short}");
}

#[test]
fn usage_errors_have_status_2_and_a_suggestion() {
    let sandbox = sandbox();
    let output = sandbox.run(["vnev"]).code(2);
    assert!(output.stderr.contains("venv"), "{}", output.stderr);
    let output = sandbox.run(["pip", "install", "--upgrad", "x"]).code(2);
    assert!(output.stderr.contains("--upgrade"), "{}", output.stderr);
    let output = sandbox.run(["install", "x"]).code(2);
    assert!(output.stderr.contains("pip install"), "{}", output.stderr);
}

#[test]
fn completions_know_the_commands() {
    let sandbox = sandbox();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = sandbox
            .run(["generate-shell-completion", shell])
            .success()
            .stdout;
        assert!(script.contains("uninstall"), "{shell}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let sandbox = sandbox();
    let program = env!("CARGO_BIN_EXE_naja");
    let mut shell = sandbox.command_of("sh");
    let line = format!("'{program}' help pip install | head -n 1; exit $?");
    shell.args(["-c", &line]);
    let output = sandbox.finish(&mut shell).success();
    assert_eq!(output.stderr, "");
}

#[test]
fn a_full_standard_output_is_a_failure() {
    let sandbox = sandbox();
    let program = env!("CARGO_BIN_EXE_naja");
    let mut shell = sandbox.command_of("sh");
    shell.args(["-c", &format!("'{program}' --version > /dev/full")]);
    let output = sandbox.finish(&mut shell).code(2);
    assert!(
        output.stderr.contains("could not write to standard output"),
        "{}",
        output.stderr
    );
}
