//! [`Prober`]: asks an interpreter what it is, once per file.

mod derive;
mod facts;
mod remember;
#[cfg(test)]
#[cfg(unix)]
pub(crate) mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use thiserror::Error;

use crate::child::{self, ChildError, ChildLimits, ChildOutput};
use crate::discover::store_apps;
use crate::environment::{self, EnvironmentError};
use crate::interpreter::Interpreter;
use crate::managed::find_marker;
use crate::real_path::real_path;
use crate::shim;
use facts::Answer;
use remember::Remembered;

/// The script that prints the facts.
const SCRIPT: &str = include_str!("probe/facts.py");

/// Keeps answers between runs. An implementation must return only what was put under the same key.
pub trait ProbeCache {
    /// Returns the value of a key.
    fn get(&self, key: &str) -> Option<Vec<u8>>;
    /// Keeps a value; failing to do so is not an error.
    fn put(&self, key: &str, value: &[u8]);
    /// Hears which programs were tried in a search, in order, and whether each could be used.
    fn tried(&self, _program: &Path, _is_usable: bool) {}
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCache;

impl ProbeCache for NoCache {
    fn get(&self, _key: &str) -> Option<Vec<u8>> {
        None
    }

    fn put(&self, _key: &str, _value: &[u8]) {}
}

/// Says why nothing is known about a program.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// The path is relative; the caller must join it with its directory.
    #[error("ask `{path}`: the path is not absolute")]
    NotAbsolute {
        /// The path.
        path: PathBuf,
    },
    /// There is no such file, or it is no file that can be run.
    #[error("run `{path}`")]
    Missing {
        /// The path.
        path: PathBuf,
        /// The reason of the system.
        #[source]
        source: io::Error,
    },
    /// It belongs to a version manager and stands for some other program; it is never run.
    #[error("use `{path}`: it is a shim of a version manager without a version selected")]
    Shim {
        /// The path.
        path: PathBuf,
    },
    /// It is a link of the Microsoft Store that may start anything; it is never run.
    #[error(
        "use `{path}`: it may open the Microsoft Store or fetch a Python; a Python from the Store has a directory of its \
         own beside it"
    )]
    StoreLink {
        /// The path.
        path: PathBuf,
    },
    /// The Python is older than 3.8.
    #[error("use `{path}`: Python {version} is too old, 3.8 is the oldest that works")]
    TooOld {
        /// The path.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// It did not answer in time.
    #[error("get an answer from `{path}` within {} ms", .limit.as_millis())]
    TimedOut {
        /// The path.
        path: PathBuf,
        /// The limit.
        limit: Duration,
    },
    /// It could not be started, failed, or gave no answer that makes sense.
    #[error("use `{path}` as a Python: {reason}")]
    Broken {
        /// The path.
        path: PathBuf,
        /// What happened; contains text of the program, which must be cleaned before it is shown.
        reason: String,
    },
    /// It belongs to a virtual environment that is broken.
    #[error("use `{path}`")]
    Environment {
        /// The path.
        path: PathBuf,
        /// What is wrong with the environment.
        #[source]
        source: EnvironmentError,
    },
}

/// Asks interpreters, and remembers what they said.
#[derive(Clone, Copy)]
pub struct Prober<'a> {
    cache: &'a dyn ProbeCache,
    limits: ChildLimits,
}

impl<'a> Prober<'a> {
    /// Makes a prober with the usual limits: 10 seconds and 1 MiB of output for each program.
    #[must_use]
    pub fn new(cache: &'a dyn ProbeCache) -> Self {
        Self {
            cache,
            limits: ChildLimits::default(),
        }
    }

    /// Sets other limits.
    #[must_use]
    pub fn with_limits(self, limits: ChildLimits) -> Self {
        Self { limits, ..self }
    }

    /// Says what a program is.
    ///
    /// A program of a virtual environment is not run: `pyvenv.cfg` and the facts of its base tell
    /// everything. Any other file is run at most once; the answer, also a bad one, is remembered
    /// under its real path, size, modification time and inode and the running kernel.
    ///
    /// # Errors
    /// See [`ProbeError`]. `executable` must be absolute.
    pub fn probe(&self, executable: &Path) -> Result<Interpreter, ProbeError> {
        if !executable.is_absolute() {
            return Err(ProbeError::NotAbsolute {
                path: executable.to_path_buf(),
            });
        }
        match environment::environment_of(executable) {
            Some(root) => self.open(&root).map(|found| as_called(found, executable)),
            None => self.probe_base(executable),
        }
    }

    /// Asks a program that a search came upon, and lets the cache know.
    pub(crate) fn try_out(&self, program: &Path) -> Result<Interpreter, ProbeError> {
        let answer = self.probe(program);
        self.cache.tried(program, answer.is_ok());
        answer
    }

    /// Describes the virtual environment at `root` (absolute) without running its Python.
    ///
    /// # Errors
    /// It is no environment, or its base cannot be used.
    pub fn open(&self, root: &Path) -> Result<Interpreter, ProbeError> {
        let failed = |source| ProbeError::Environment {
            path: root.to_path_buf(),
            source,
        };
        let config = environment::read_config(root).map_err(failed)?;
        let base = environment::base_executable(root, &config).map_err(failed)?;
        let base = self.probe_base(&base)?;
        Ok(base.in_venv(root, &config))
    }

    /// Says what a program outside of virtual environments is.
    fn probe_base(&self, executable: &Path) -> Result<Interpreter, ProbeError> {
        let missing = |source| ProbeError::Missing {
            path: executable.to_path_buf(),
            source,
        };
        let real = real_path(executable).map_err(missing)?;
        let meta = fs::metadata(&real).map_err(missing)?;
        check_runnable(&meta).map_err(missing)?;
        if store_apps::is_ambiguous(executable) {
            return Err(ProbeError::StoreLink {
                path: executable.to_path_buf(),
            });
        }
        if shim::is_shim(executable, &real, &meta) {
            return Err(ProbeError::Shim {
                path: executable.to_path_buf(),
            });
        }
        let key = remember::key(&real, &meta);
        let kept = key.as_ref().and_then(|key| remember::load(self.cache, key));
        // The file of a Python from the Store is empty and need not change when the Python does.
        if let Some(answer) = kept.filter(|answer| meta.len() > 0 || answer.is_still_there()) {
            return answer
                .into_result(executable)
                .map(|known| place(known, executable));
        }
        let answer = self.ask(&real);
        if let Some(key) = &key {
            remember::store(self.cache, key, &answer);
        }
        answer
            .into_result(executable)
            .map(|known| place(known, executable))
    }

    /// Runs a program.
    fn ask(&self, real: &Path) -> Remembered {
        let mut command = Command::new(real);
        // -I is unknown to Python 2, which should be able to say how old it is.
        command.args(["-E", "-s", "-S", "-B", "-c", SCRIPT]);
        match child::run(&mut command, self.limits) {
            Ok(output) => read_answer(real, &output),
            Err(ChildError::TimedOut(limit)) => Remembered::timed_out(limit),
            Err(ChildError::Start(error)) => {
                Remembered::broken(format!("it does not start: {error}"))
            }
            Err(ChildError::TooMuchOutput(_)) => {
                Remembered::broken("it writes without end".to_owned())
            }
            Err(ChildError::Io(error)) => Remembered::broken(format!("it cannot be read: {error}")),
        }
    }
}

/// Asks one program with the usual limits; see [`Prober::probe`].
///
/// # Errors
/// See [`ProbeError`].
pub fn probe(executable: &Path, cache: &dyn ProbeCache) -> Result<Interpreter, ProbeError> {
    Prober::new(cache).probe(executable)
}

/// Understands what the script printed.
fn read_answer(real: &Path, output: &ChildOutput) -> Remembered {
    match facts::parse(&output.stdout) {
        Some(Answer::TooOld([major, minor, micro])) => {
            Remembered::too_old(format!("{major}.{minor}.{micro}"))
        }
        Some(Answer::Facts(facts)) => match derive::interpreter(*facts, real) {
            Ok(interpreter) => Remembered::known(interpreter),
            Err(reason) => Remembered::broken(reason),
        },
        None => Remembered::broken(failure(output)),
    }
}

/// Words for a program that gave no answer: its status and the last line it complained with.
fn failure(output: &ChildOutput) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty());
    let last: String = last.unwrap_or_default().chars().take(200).collect();
    let status = output.status;
    if last.is_empty() {
        format!("it does not answer ({status})")
    } else {
        format!("it does not answer ({status}): {last}")
    }
}

/// Fits a remembered answer to the path it was asked by, and to what may have changed since.
fn place(mut known: Interpreter, executable: &Path) -> Interpreter {
    known.externally_managed = find_marker(&known.scheme.stdlib);
    known.executable = executable.to_path_buf();
    known.base_executable = stable_name(executable, &known);
    known
}

/// Chooses the path of the base interpreter that `home` of new environments is taken from: the
/// first in the chain of links from the path that was used whose directory belongs to the
/// installation. A link elsewhere (`~/.local/bin/python3`) would not lead to the library.
fn stable_name(executable: &Path, known: &Interpreter) -> PathBuf {
    let belongs = |path: &Path| {
        let dir = path.parent();
        let root = if cfg!(windows) {
            dir
        } else {
            dir.and_then(Path::parent)
        };
        root == Some(&known.base_prefix)
            || root.and_then(|root| real_path(root).ok()).as_deref() == Some(&known.base_prefix)
    };
    let mut path = executable.to_path_buf();
    for _ in 0..16 {
        if belongs(&path) {
            return path;
        }
        let Some(dir) = path.parent() else { break };
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = environment::without_dots(&dir.join(target));
    }
    known.real_executable.clone()
}

/// Gives an environment's interpreter the name it was called by, if that is one of its own.
fn as_called(mut found: Interpreter, executable: &Path) -> Interpreter {
    found.executable = executable.to_path_buf();
    found
}

#[cfg(unix)]
fn check_runnable(meta: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if !meta.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    if meta.permissions().mode() & 0o111 == 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "not executable",
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_runnable(meta: &fs::Metadata) -> io::Result<()> {
    if meta.is_file() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "not a regular file",
    ))
}
