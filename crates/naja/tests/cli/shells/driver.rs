//! Starting a shell with a script, and comparing what it holds before and after.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use naja_testkit::Sandbox;

/// The search path of every shell: no programs of the machine's owner, but naja.
pub(super) fn search_path() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_naja"));
    format!("/usr/bin:/bin:{}", program.parent().unwrap().display())
}

/// The program of a shell, or nothing, and then it is said.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        let _said = writeln!(std::io::stderr(), "skipped: there is no {name}");
    }
    found
}

/// A shell and how it is started without anybody's start files.
pub(super) struct Shell {
    /// How it is called in messages.
    pub(super) name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    /// Prints everything that activation could change.
    pub(super) dump: &'static str,
}

/// The shells that read `activate`.
pub(super) const POSIX: [Shell; 8] = [
    Shell {
        name: "bash",
        program: "bash",
        arguments: &["--norc"],
        dump: "declare -p; declare -f; alias; set -o",
    },
    Shell {
        name: "bash --posix",
        program: "bash",
        arguments: &["--norc", "--posix"],
        dump: "declare -p; declare -f; alias; set -o",
    },
    Shell {
        name: "zsh",
        program: "zsh",
        arguments: &["-f"],
        dump: "typeset -p; functions; alias; setopt",
    },
    Shell {
        name: "dash",
        program: "dash",
        arguments: &[],
        dump: "set; alias; set -o",
    },
    Shell {
        name: "busybox sh",
        program: "busybox",
        arguments: &["sh"],
        dump: "set; alias; set -o",
    },
    Shell {
        name: "ksh",
        program: "ksh93",
        arguments: &[],
        dump: "typeset -p; typeset -f; alias; set -o",
    },
    Shell {
        name: "mksh",
        program: "mksh",
        arguments: &[],
        dump: "typeset -p; typeset -f; alias; set -o",
    },
    Shell {
        name: "yash",
        program: "yash",
        arguments: &["--norcfile"],
        dump: "typeset -p; typeset -fp; alias; set -o",
    },
];

/// What a session printed.
pub(super) struct Session {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) status: i32,
}

impl Session {
    /// The lines, after a look at whether anything went wrong.
    #[track_caller]
    pub(super) fn lines(self, what: &str) -> Vec<String> {
        assert!(self.stderr.is_empty(), "{what}: {}", self.stderr);
        assert_eq!(self.status, 0, "{what}: {}", self.stdout);
        self.stdout.lines().map(str::to_owned).collect()
    }
}

impl Shell {
    /// Plays a script file.
    pub(super) fn play(&self, sandbox: &Sandbox, script: &str) -> Option<Session> {
        let program = find(self.program)?;
        Some(play(sandbox, &program, self.arguments, script))
    }
}

/// Plays a script file in a shell.
pub(super) fn play(sandbox: &Sandbox, program: &Path, arguments: &[&str], script: &str) -> Session {
    let file = sandbox.home().join("session");
    std::fs::write(&file, script).unwrap();
    let mut command = sandbox.command_of(program);
    command.args(arguments).arg(&file);
    command.env("PATH", search_path());
    of_output(&command.output().unwrap())
}

/// Types lines into an interactive shell.
pub(super) fn type_into(
    sandbox: &Sandbox,
    program: &Path,
    arguments: &[&str],
    lines: &str,
) -> Session {
    let mut command = sandbox.command_of(program);
    command.args(arguments);
    command.env("PATH", search_path());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = lines.to_owned();
    let typist = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _typed = typist.join().unwrap();
    of_output(&output)
}

fn of_output(output: &std::process::Output) -> Session {
    Session {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        status: output.status.code().unwrap_or(-1),
    }
}

/// Variables that shells change by themselves.
const RESTLESS: [&str; 26] = [
    "_",
    "LINENO",
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "PIPESTATUS",
    "pipestatus",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_COMMAND",
    "BASH_LINENO",
    "BASH_REMATCH",
    "FUNCNAME",
    "HISTCMD",
    "KSH_MATCH",
    "ZSH_SUBSHELL",
    "ZSH_EVAL_CONTEXT",
    "TTYIDLE",
    "OLDPWD",
    "PWD",
    "?",
    "status",
    "funcstack",
    "BASH_SOURCE",
];

/// The lines of a dump without those about variables that change by themselves.
pub(super) fn steady(dump: &str) -> Vec<&str> {
    let name = |line: &str| {
        let words = line.split_whitespace();
        let mut words = words.skip_while(|word| {
            matches!(*word, "declare" | "typeset" | "export" | "set")
                || word.starts_with('-')
                || word.bytes().all(|byte| byte.is_ascii_digit())
        });
        let word = words.next().unwrap_or_default().to_owned();
        word.split(['=', '[']).next().unwrap_or_default().to_owned()
    };
    dump.lines()
        .filter(|line| !RESTLESS.contains(&name(line).as_str()))
        .filter(|line| !line.contains(".sh."))
        .collect()
}

/// The two dumps of a session that printed a line `=====` before each.
#[track_caller]
pub(super) fn compare(what: &str, text: &str) {
    let mut parts = text.split("=====\n").skip(1);
    let (Some(before), Some(after)) = (parts.next(), parts.next()) else {
        panic!("{what}: {text}");
    };
    let (before, after) = (steady(before), steady(after));
    let gone: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "{what}\n- {gone:#?}\n+ {new:#?}"
    );
}
