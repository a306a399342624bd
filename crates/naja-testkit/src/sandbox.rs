use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A scratch home, cache and working directory in which the program is run
/// with an environment of its own.
#[derive(Debug)]
pub struct Sandbox {
    dir: TempDir,
    program: PathBuf,
    vars: Vec<(String, String)>,
}

/// What a command printed and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// Standard output, with the sandbox's own paths as `[DIR]`.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
    /// The exit status; -1 when a signal ended the command.
    pub status: i32,
}

impl Output {
    /// Asserts that the command ended well.
    ///
    /// # Panics
    /// If it did not; with what it printed.
    #[must_use]
    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    /// Asserts the exit status.
    ///
    /// # Panics
    /// If it is another one; with what the command printed.
    #[must_use]
    #[track_caller]
    pub fn code(self, status: i32) -> Self {
        assert_eq!(
            self.status, status,
            "status\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }
}

impl Sandbox {
    /// Makes an empty sandbox for the program at `program`.
    ///
    /// # Panics
    /// If no temporary directory can be made.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let dir = TempDir::with_prefix("naja-test-").expect("a temporary directory");
        for name in ["home", "cache", "castle", "tmp"] {
            std::fs::create_dir(dir.path().join(name)).expect("a directory in it");
        }
        Self {
            dir,
            program: program.into(),
            vars: Vec::new(),
        }
    }

    /// Sets a variable for every command that follows.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.vars.retain(|(old, _)| old != name);
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the default index for every command that follows.
    pub fn use_index(&mut self, url: &str) -> &mut Self {
        self.set("NAJA_DEFAULT_INDEX", url)
    }

    /// The working directory of the commands.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.dir.path().join("castle")
    }

    /// The scratch home.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// The cache directory.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// The directory of packages of an environment below the working directory (PEP 405).
    ///
    /// # Panics
    /// If there is no such environment.
    #[must_use]
    pub fn site_packages(&self, environment: &str) -> PathBuf {
        let lib = self.work().join(environment).join("lib");
        let entries =
            std::fs::read_dir(&lib).expect("the environment has a directory of libraries");
        let named = |path: &PathBuf| {
            path.file_name()?
                .to_str()?
                .starts_with("python")
                .then_some(())
        };
        let mut pythons = entries.flatten().map(|entry| entry.path());
        let python = pythons.find(|path| named(path).is_some());
        python
            .expect("the environment is one of a Python")
            .join("site-packages")
    }

    /// Writes a file below the working directory, and its parents.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: &str, content: &str) -> PathBuf {
        let path = self.work().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a parent")).expect("parents");
        std::fs::write(&path, content).expect("a file in the sandbox can be written");
        path
    }

    /// Reads a file below the working directory.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        let path = self.work().join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A command of the program in the working directory.
    #[must_use]
    pub fn command(&self) -> Command {
        self.command_of(&self.program)
    }

    /// Any command with the sandbox's environment.
    #[must_use]
    pub fn command_of(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.work())
            .env_clear()
            .stdin(Stdio::null());
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env("PATH", path);
        command.env("HOME", self.home());
        command.env("TMPDIR", self.dir.path().join("tmp"));
        command.env("NAJA_CACHE_DIR", self.cache());
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("LANG", "C.UTF-8");
        // Real interpreters of the machine are found through the version
        // manager's own variable, never through the scratch home.
        if let Some(root) = std::env::var_os("PYENV_ROOT") {
            command.env("PYENV_ROOT", root);
        }
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program with these arguments.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn run<I, S>(&self, arguments: I) -> Output
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command();
        command.args(arguments);
        self.finish(&mut command)
    }

    /// Runs a prepared command and collects what it prints.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn finish(&self, command: &mut Command) -> Output {
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Output {
            stdout: self.masked(&output.stdout),
            stderr: self.masked(&output.stderr),
            status: output.status.code().unwrap_or(-1),
        }
    }

    fn masked(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let dir = self.dir.path().to_string_lossy().into_owned();
        let real = std::fs::canonicalize(self.dir.path()).unwrap_or_default();
        text.replace(&*real.to_string_lossy(), "[DIR]")
            .replace(&dir, "[DIR]")
    }
}

/// The real interpreters of this machine, newest first, by their executables:
/// those of the version manager and `python3` of the search path.
#[must_use]
pub fn find_pythons() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    if let Some(versions) = root.map(|root| root.join("versions")) {
        let mut names: Vec<_> = std::fs::read_dir(&versions)
            .map(|dir| dir.flatten().map(|entry| entry.file_name()).collect())
            .unwrap_or_default();
        names.sort_by_key(|name| std::cmp::Reverse(numbers(&name.to_string_lossy())));
        for name in names {
            let python = versions.join(&name).join("bin").join("python3");
            if numbers(&name.to_string_lossy()) >= vec![3, 8] && python.exists() {
                found.push(python);
            }
        }
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    for dir in std::env::split_paths(&path) {
        let python = dir.join("python3");
        let shim = dir.components().any(|part| part.as_os_str() == "shims");
        if !shim && is_file(&python) && !found.contains(&python) {
            found.push(python);
        }
    }
    found
}

fn numbers(text: &str) -> Vec<u32> {
    text.split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

fn is_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file())
}
