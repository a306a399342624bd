use super::driver::{find, search_path, type_into};
use crate::with_venv;

#[test]
fn one_command_runs_in_the_environment_of_every_shell() {
    let (mut sandbox, _index) = with_venv();
    sandbox.set("PATH", search_path());
    // Start files that are read even then.
    std::fs::write(sandbox.home().join(".zshenv"), "path=(/usr/bin $path)\n").unwrap();
    std::fs::create_dir_all(sandbox.home().join(".config/fish")).unwrap();
    let config = sandbox.home().join(".config/fish/config.fish");
    std::fs::write(config, "set -gx PATH /usr/bin $PATH\n").unwrap();
    for (shell, program) in [
        ("sh", "sh"),
        ("bash", "bash"),
        ("zsh", "zsh"),
        ("ksh", "ksh"),
        ("fish", "fish"),
        ("csh", "csh"),
        ("nu", "nu"),
        ("xonsh", "xonsh"),
        ("elvish", "elvish"),
    ] {
        let Some(found) = find(program) else { continue };
        let mut path = search_path();
        path.push(':');
        path.push_str(&found.parent().unwrap().to_string_lossy());
        sandbox.set("PATH", path);
        let which = if shell == "nu" {
            "^which python"
        } else {
            "which python"
        };
        let output = sandbox
            .run(["shell", "--shell", shell, "-c", which])
            .success();
        assert_eq!(output.stdout, "[DIR]/castle/.venv/bin/python\n", "{shell}");
        let leave = if shell == "xonsh" {
            "import sys; sys.exit(7)"
        } else {
            "exit 7"
        };
        let _status = sandbox
            .run(["shell", "--shell", shell, "-c", leave])
            .code(7);
    }
    sandbox.set("SHELL", "/bin/bash");
    let _unknown = sandbox.run(["shell", "--shell", "smallsh"]).code(2);
    let _nowhere = sandbox.run(["shell", "nowhere", "-c", "true"]).code(2);
}

/// Starts a program on a terminal of its own, types, and gives what the terminal shows.
fn on_a_terminal(sandbox: &naja_testkit::Sandbox, command: &str, lines: &str) -> Option<String> {
    let script = find("script")?;
    let arguments = ["-q", "-e", "-c", command, "/dev/null"];
    Some(type_into(sandbox, &script, &arguments, lines).stdout)
}

#[test]
fn a_subshell_reads_the_users_files_and_then_activates() {
    let (sandbox, _index) = with_venv();
    let home = sandbox.home();
    let rc = "PS1='mine> '\nPATH=/from-rc:$PATH\nMARK=read\n";
    for file in [".bashrc", ".zshrc", ".shrc", ".kshrc", ".mkshrc"] {
        std::fs::write(home.join(file), rc).unwrap();
    }
    for shell in ["bash", "zsh", "dash", "ksh", "mksh"] {
        if find(shell).is_none() {
            continue;
        }
        let program = if shell == "dash" || shell == "mksh" {
            // Chosen by the usual shell of the user.
            format!(
                "SHELL={} ENV=$HOME/.shrc naja shell",
                find(shell).unwrap().display()
            )
        } else {
            format!("naja shell --shell {shell}")
        };
        let lines = "echo \"::$MARK ${PATH%%:*} $PS1\"\ndeactivate\n\
                     echo \"::${VIRTUAL_ENV-none} ${PATH%%:*}\"\nls -a $TMPDIR\nexit 3\n";
        let Some(shown) = on_a_terminal(&sandbox, &format!("{program}; echo ::status $?"), lines)
        else {
            return;
        };
        let text: Vec<&str> = shown
            .lines()
            .filter(|line| !line.contains("echo"))
            .filter_map(|line| line.trim_end().split_once("::").map(|(_, rest)| rest))
            .collect();
        if shell == "dash" || shell == "mksh" {
            // `script` starts a shell of its own, which is the one that counts.
            assert_eq!(text.last(), Some(&"status 3"), "{shell}: {shown}");
            continue;
        }
        let bin = sandbox.work().canonicalize().unwrap().join(".venv/bin");
        let first = format!("read {} (castle) mine>", bin.display());
        assert_eq!(
            text,
            [first.as_str(), "none /from-rc", "status 3"],
            "{shell}: {shown}"
        );
        assert!(!shown.contains("naja-shell-"), "{shell}: {shown}");
    }
}

#[test]
fn a_subshell_of_the_same_environment_is_refused() {
    let (sandbox, _index) = with_venv();
    let lines = "naja shell\necho ::inner $?\nexit\n";
    let command = "naja shell --shell bash; echo ::outer $?";
    let Some(shown) = on_a_terminal(&sandbox, command, lines) else {
        return;
    };
    assert!(shown.contains("already"), "{shown}");
    assert!(shown.contains("::inner 2"), "{shown}");
    assert!(shown.contains("::outer"), "{shown}");
}
