//! [`Environment`]: the place that packages are installed into.

use std::io;
use std::path::{Path, PathBuf};

use naja_python::{
    Interpreter, ProbeCache, ProbeError, Prober, Scheme, VenvConfig, VenvConfigError,
};
use naja_store::txn::{self, Recovered, TxnError};
use serde::Serialize;

use crate::apply::Stop;
use crate::beside::HISTORY_DIR;
use crate::env_lock::{EnvLock, LockError, Waiting};
use crate::roots::Roots;

/// Name of the directory for transactions in a virtual environment or prefix.
const WORK_DIR: &str = ".naja";

/// Name of the directory for transactions among packages, where no root is ours alone.
const SITE_WORK_DIR: &str = ".naja-txn";

/// Where the project of an environment that lies elsewhere is noted, below its root.
const PROJECT_NOTE: &str = ".naja/project";

/// Tells what kind of place an [`Environment`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvKind {
    /// A virtual environment (PEP 405).
    Venv,
    /// The installation of an interpreter itself.
    System,
    /// One flat directory (`--target`).
    Target,
    /// A root with the layout of an installation (`--prefix`).
    Prefix,
    /// The user's own site directory (PEP 370), which lies in front of an installation.
    User,
}

/// Why an environment could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is nothing that could be an environment.
    #[error("`{}` is not a virtual environment", path.display())]
    NotAnEnvironment {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// `pyvenv.cfg` cannot be read.
    #[error("read the configuration of the environment")]
    Config(#[from] VenvConfigError),
    /// The interpreter does not answer.
    #[error("ask the environment's Python")]
    Probe(#[from] ProbeError),
    /// The path cannot be made absolute.
    #[error("open `{}`", path.display())]
    Io {
        /// The path that was asked for.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
}

/// Describes a place for packages: its interpreter, its directories, its lock.
#[derive(Debug, Clone)]
pub struct Environment {
    root: PathBuf,
    kind: EnvKind,
    interpreter: Interpreter,
    scheme: Scheme,
    work_dir: PathBuf,
    base_site_dirs: Vec<PathBuf>,
    relocatable: bool,
    keeps_seeds: bool,
}

impl Environment {
    /// Opens what lies at `path`: the root of a virtual environment or a Python program.
    ///
    /// Python is started only when `cache` does not know the interpreter.
    ///
    /// # Errors
    /// There is neither, the configuration cannot be read, or the interpreter does not answer.
    pub fn open(path: &Path, cache: &dyn ProbeCache) -> Result<Self, OpenError> {
        let absolute = std::path::absolute(path).map_err(|source| OpenError::Io {
            path: path.to_path_buf(),
            source,
        })?;
        let prober = Prober::new(cache);
        if !absolute.is_dir() {
            return Ok(Self::of(prober.probe(&absolute)?)?);
        }
        if !naja_python::is_environment(&absolute) {
            return Err(OpenError::NotAnEnvironment { path: absolute });
        }
        Ok(Self::of(prober.open(&absolute)?)?)
    }

    /// Makes the environment that an interpreter belongs to: its virtual environment, or the
    /// installation itself.
    ///
    /// # Errors
    /// `pyvenv.cfg` exists but cannot be read.
    pub fn of(interpreter: Interpreter) -> Result<Self, VenvConfigError> {
        let scheme = interpreter.scheme.clone();
        if !interpreter.is_virtual() {
            let work_dir = scheme.purelib.join(SITE_WORK_DIR);
            let root = interpreter.prefix.clone();
            let base_site_dirs = interpreter.base_site_dirs.clone();
            return Ok(Self {
                work_dir,
                base_site_dirs,
                ..Self::around(root, EnvKind::System, interpreter, scheme)
            });
        }
        let root = interpreter.prefix.clone();
        let config = VenvConfig::read(&root)?.unwrap_or_default();
        let base_site_dirs = match interpreter.system_site_packages {
            true => interpreter.base_site_dirs.clone(),
            false => Vec::new(),
        };
        let env = Self {
            base_site_dirs,
            ..Self::around(root, EnvKind::Venv, interpreter, scheme)
        };
        Ok(env.configured_as(&config))
    }

    /// The same environment with what another `pyvenv.cfg` says about its programs and its seeds.
    #[must_use]
    pub fn configured_as(self, config: &VenvConfig) -> Self {
        let is_true = |key: &str| {
            config
                .get(key)
                .is_some_and(|v| v.eq_ignore_ascii_case("true"))
        };
        let bare = (config.get("naja").is_some() || config.get("uv").is_some()) && !is_true("seed");
        Self {
            relocatable: is_true("relocatable"),
            keeps_seeds: !bare,
            ..self
        }
    }

    /// A place that sees no other packages.
    fn around(root: PathBuf, kind: EnvKind, interpreter: Interpreter, scheme: Scheme) -> Self {
        Self {
            work_dir: root.join(WORK_DIR),
            root,
            kind,
            interpreter,
            scheme,
            base_site_dirs: Vec::new(),
            relocatable: false,
            keeps_seeds: true,
        }
    }

    /// Makes the environment of one flat directory, as `--target` means it: packages in
    /// `directory`, scripts in `directory/bin`. The directory need not exist.
    #[must_use]
    pub fn target(directory: &Path, interpreter: Interpreter) -> Self {
        let root = directory.to_path_buf();
        let bin = if cfg!(windows) { "Scripts" } else { "bin" };
        let scheme = Scheme {
            purelib: root.clone(),
            platlib: root.clone(),
            scripts: root.join(bin),
            data: root.clone(),
            headers: root.join("include"),
            ..interpreter.scheme.clone()
        };
        Self {
            work_dir: root.join(SITE_WORK_DIR),
            ..Self::around(root, EnvKind::Target, interpreter, scheme)
        }
    }

    /// Makes the environment of a root with the layout of an installation, as `--prefix` means
    /// it. The directory need not exist.
    #[must_use]
    pub fn prefix(directory: &Path, interpreter: Interpreter) -> Self {
        let root = directory.to_path_buf();
        let scheme = interpreter
            .venv_layout
            .scheme_at(&root, &interpreter.scheme);
        Self::around(root, EnvKind::Prefix, interpreter, scheme)
    }

    /// Makes the environment of the user's own site directory (PEP 370), which has the layout of
    /// an installation at `base`. What is installed beneath it counts as there.
    #[must_use]
    pub fn user(base: &Path, interpreter: Interpreter) -> Self {
        let own = interpreter.scheme.site_dirs().into_iter();
        let mut base_site_dirs: Vec<PathBuf> = own.map(Path::to_path_buf).collect();
        base_site_dirs.extend_from_slice(&interpreter.base_site_dirs);
        Self {
            kind: EnvKind::User,
            base_site_dirs,
            ..Self::prefix(base, interpreter)
        }
    }

    /// Returns the root: the prefix, or the directory of `--target`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns what kind of place this is.
    #[must_use]
    pub fn kind(&self) -> EnvKind {
        self.kind
    }

    /// Returns the interpreter that the packages are for.
    #[must_use]
    pub fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// Returns where each part of a wheel goes.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Returns the hidden directory for transactions; it exists only while it holds something.
    #[must_use]
    pub fn work_dir(&self) -> &Path {
        &self.work_dir
    }

    /// Returns true when scripts look for Python beside themselves.
    #[must_use]
    pub fn is_relocatable(&self) -> bool {
        self.relocatable
    }

    /// Returns true when pip, setuptools and wheel may be part of the environment itself: it was
    /// made with them, or not by naja or uv. `pip sync` then leaves them alone.
    #[must_use]
    pub fn keeps_seeds(&self) -> bool {
        self.keeps_seeds
    }

    /// Returns the program that scripts of this environment start.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        if self.kind == EnvKind::Venv {
            return self.root.join(self.interpreter.venv_layout.python());
        }
        self.interpreter.executable.clone()
    }

    /// Returns the directories whose packages belong to this environment.
    #[must_use]
    pub fn site_dirs(&self) -> Vec<&Path> {
        self.scheme.site_dirs()
    }

    /// Returns further directories in which the interpreter finds distributions: those of the
    /// base installation, or of the system's own packages. Distributions there satisfy
    /// requirements and are never changed.
    #[must_use]
    pub fn base_site_dirs(&self) -> &[PathBuf] {
        &self.base_site_dirs
    }

    /// Returns the `EXTERNALLY-MANAGED` file that forbids changes (PEP 668). Virtual
    /// environments, targets and prefixes have none.
    #[must_use]
    pub fn externally_managed(&self) -> Option<&Path> {
        match self.kind {
            EnvKind::System | EnvKind::User => self.interpreter.externally_managed.as_deref(),
            EnvKind::Venv | EnvKind::Target | EnvKind::Prefix => None,
        }
    }

    /// Takes the environment's lock, after `on_wait` was told when another process has it.
    ///
    /// A virtual environment uses the file `.lock` in its root, as uv does, so that both wait for
    /// each other.
    ///
    /// # Errors
    /// The lock file cannot be made or locked.
    pub fn lock(&self, on_wait: &mut dyn FnMut()) -> Result<EnvLock, LockError> {
        self.lock_unless(on_wait, Stop::default())
    }

    /// Does the same, and waits no longer once `stop` says so.
    ///
    /// # Errors
    /// As [`lock`](Self::lock); of the kind [`std::io::ErrorKind::Interrupted`] after `stop`.
    pub fn lock_unless(
        &self,
        on_wait: &mut dyn FnMut(),
        stop: Stop<'_>,
    ) -> Result<EnvLock, LockError> {
        let mut waiting = Waiting {
            on_wait,
            patience: std::time::Duration::ZERO,
            stop,
        };
        match self.kind {
            EnvKind::Venv => EnvLock::of_file(&self.root.join(".lock"), &self.root, &mut waiting),
            EnvKind::System | EnvKind::Target | EnvKind::Prefix | EnvKind::User => {
                EnvLock::of_directory(&self.scheme.purelib, &mut waiting)
            }
        }
    }

    /// Tells whether an earlier command may have left work behind: one listing of the work
    /// directory.
    #[must_use]
    pub fn may_need_recovery(&self) -> bool {
        txn::is_unfinished(&self.work_dir)
    }

    /// Returns the directory of notes about changes; only virtual environments have one.
    #[must_use]
    pub fn history_dir(&self) -> Option<PathBuf> {
        (self.kind == EnvKind::Venv).then(|| self.work_dir.join(HISTORY_DIR))
    }

    /// Returns the directory whose files may change together with a virtual environment: its
    /// project's if it lies elsewhere and that is noted in it, else the one that holds it.
    #[must_use]
    pub fn project_dir(&self) -> Option<PathBuf> {
        if self.kind != EnvKind::Venv {
            return None;
        }
        let noted = std::fs::read_to_string(self.root.join(PROJECT_NOTE)).ok();
        let noted = noted.and_then(|text| Some(PathBuf::from(text.lines().next()?.trim())));
        noted
            .filter(|dir| dir.is_absolute() && dir.is_dir())
            .or_else(|| self.root.parent().map(Path::to_path_buf))
    }

    /// Tells whether a file of the project can change in the same transaction: it lies below
    /// [`project_dir`](Self::project_dir), on the environment's file system.
    #[must_use]
    pub fn may_edit(&self, path: &Path) -> bool {
        let Some(project) = self.project_dir() else {
            return false;
        };
        path.starts_with(&project)
            && path
                .parent()
                .is_some_and(|dir| same_device(dir, &self.root))
    }

    /// Finishes or reverses what a killed command left. To be called under the lock, before the
    /// environment is scanned.
    ///
    /// # Errors
    /// A path cannot be moved back; nothing else was changed.
    pub fn recover(&self, _lock: &EnvLock) -> Result<Recovered, TxnError> {
        if !self.may_need_recovery() {
            return Ok(Recovered::Nothing);
        }
        let roots = Roots::new(self);
        let project = self.project_dir();
        let mut bounds = roots.paths();
        bounds.extend(project.as_deref());
        let recovered = txn::recover_within(&self.work_dir, &bounds)?;
        self.tidy();
        Ok(recovered)
    }

    /// Removes the work directory when it is empty.
    pub(crate) fn tidy(&self) {
        let _ = std::fs::remove_dir(self.work_dir.join("shadowed"));
        // Not empty or already gone: both are fine.
        let _ = std::fs::remove_dir(&self.work_dir);
    }
}

#[cfg(unix)]
fn same_device(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let device = |path: &Path| std::fs::metadata(path).map(|meta| meta.dev());
    matches!((device(a), device(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(not(unix))]
fn same_device(a: &Path, b: &Path) -> bool {
    a.components().next() == b.components().next()
}
