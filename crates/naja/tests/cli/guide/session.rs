//! One page, played in one shell.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command as Process, Stdio};
use std::time::{Duration, Instant};

use naja_testkit::{Index, Sandbox, find_pythons};

use super::compare;
use super::page::{Command, Page, Step};

/// No command of a page takes this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Plays a page; returns what is wrong, each with its line.
pub(super) fn play(page: &Page, index: &Index, talks: bool) -> Vec<String> {
    let mut failures = Vec::new();
    let mut shell: Option<Shell> = None;
    for step in &page.steps {
        match step {
            Step::New => shell = None,
            Step::Skip { .. } => {}
            Step::Nonsense { line, what } => {
                failures.push(format!("{line}: what does `session: {what}` mean?"));
            }
            Step::File { path, text } => {
                let shell = shell.get_or_insert_with(|| Shell::new(index));
                shell.put(path, text);
            }
            Step::Run(command) => {
                let shell = shell.get_or_insert_with(|| Shell::new(index));
                let said = shell.run(&command.text);
                if talks {
                    let mut stderr = std::io::stderr();
                    let _told =
                        writeln!(stderr, "$ {}\n{}[{}]", command.text, said.text, said.status);
                }
                failures.extend(complaint(command, &said));
            }
        }
    }
    failures
}

fn complaint(command: &Command, said: &Said) -> Option<String> {
    let what = if said.status != command.status {
        format!("ended with status {}, not {}", said.status, command.status)
    } else {
        let line = compare::missing(&command.shown, &said.text)?;
        format!("did not say `{line}`")
    };
    let (line, text) = (command.line, &command.text);
    Some(format!("{line}: `{text}` {what}; it said:\n{}", said.text))
}

/// What a command said, on both streams, and how it ended.
struct Said {
    text: String,
    status: i32,
}

/// A shell with a home of its own.
struct Shell {
    sandbox: Sandbox,
    child: Child,
    input: Option<ChildStdin>,
    /// The directory of the real Python, which is `/usr/bin` on the pages.
    python: PathBuf,
    index: String,
    count: usize,
}

impl Shell {
    fn new(index: &Index) -> Self {
        let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_naja"));
        let home = sandbox.home();
        let bin = home.join(".local/bin");
        let tmp = home.with_file_name("tmp");
        for path in [&home.join("code"), &bin, &tmp] {
            fs::create_dir_all(path).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_naja"), bin.join("naja")).unwrap();
        let pythons = find_pythons();
        for real in pythons.iter().rev() {
            let Some(name) = versioned(real) else {
                continue;
            };
            for name in [&*name, "python3", "python"] {
                let _there = fs::remove_file(bin.join(name));
                symlink(real, bin.join(name)).unwrap();
            }
        }
        let git =
            "[user]\n\tname = You\n\temail = you@home.example\n[init]\n\tdefaultBranch = main\n";
        fs::write(home.join(".gitconfig"), git).unwrap();
        let mut child = Process::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(home.join("code"))
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()),
            )
            .env("HOME", &home)
            .env("TMPDIR", &tmp)
            .env("LANG", "C.UTF-8")
            .env("SHELL", "/bin/bash")
            .env("USER", "you")
            .env("PWD", home.join("code"))
            .env("NAJA_DEFAULT_INDEX", index.url())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            child,
            python: fs::canonicalize(&pythons[0])
                .unwrap()
                .parent()
                .unwrap()
                .to_path_buf(),
            index: index.url(),
            sandbox,
            count: 0,
        }
    }

    fn put(&mut self, path: &str, text: &str) {
        let from = self.sandbox.home().with_file_name("file");
        fs::write(&from, text).unwrap();
        let quoted = path.replace('\'', r"'\''");
        let said = self.run(&format!(
            "mkdir -p -- \"$(dirname -- '{quoted}')\" && cat '{}' > '{quoted}'",
            from.display()
        ));
        assert_eq!(said.status, 0, "{path}: {}", said.text);
    }

    fn run(&mut self, command: &str) -> Said {
        self.count += 1;
        let home = self.sandbox.home();
        let at = |name: &str| home.with_file_name(format!("{name}-{}", self.count));
        let (script, out, end) = (at("command"), at("out"), at("status"));
        fs::write(&script, format!("{command}\n")).unwrap();
        let [script, out_, end_] = [&script, &out, &end].map(|path| path.display());
        // The status is there at once, and whole.
        let line = format!(
            ". {script} >{out_} 2>&1 </dev/null; echo $? >{end_}.new; command mv {end_}.new {end_}\n"
        );
        let input = self.input.as_mut().unwrap();
        if input
            .write_all(line.as_bytes())
            .and_then(|()| input.flush())
            .is_err()
        {
            return Said {
                text: "the shell is gone".to_owned(),
                status: -1,
            };
        }
        let status = self.wait_for(&end);
        let text = fs::read(&out).unwrap_or_default();
        Said {
            text: self.masked(&String::from_utf8_lossy(&text)),
            status,
        }
    }

    /// Waits until a command has ended, the shell is gone, or patience is.
    fn wait_for(&mut self, end: &Path) -> i32 {
        let start = Instant::now();
        loop {
            if let Ok(text) = fs::read_to_string(end) {
                return text.trim().parse().unwrap_or(-1);
            }
            let gone = !matches!(self.child.try_wait(), Ok(None));
            if gone || start.elapsed() > PATIENCE {
                return -1;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn masked(&self, text: &str) -> String {
        let home = self.sandbox.home();
        let real = fs::canonicalize(&home).unwrap();
        text.replace(&*self.index, "https://index.example/simple/")
            .replace(&*real.to_string_lossy(), "/home/you")
            .replace(&*home.to_string_lossy(), "/home/you")
            .replace(&*self.python.to_string_lossy(), "/usr/bin")
            .replace("/home/you/.local/bin/python", "/usr/bin/python")
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // It ends when it has nothing more to read.
        drop(self.input.take());
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if start.elapsed() > PATIENCE {
                let _gone = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// `python3.12` for an interpreter of that version.
fn versioned(python: &Path) -> Option<String> {
    let real = fs::canonicalize(python).ok()?;
    let name = real.file_name()?.to_str()?;
    name.starts_with("python3.").then(|| name.to_owned())
}
