//! [`Interpreter`]: the facts about one Python installation or environment.

use std::path::{Path, PathBuf};

use naja_spec::{ImplementationTags, MarkerEnvironment, Platform, Tags, Version, compatible_tags};
use serde::{Deserialize, Serialize};

use crate::layout::VenvLayout;
use crate::venv_config::VenvConfig;

/// Says where one interpreter (or environment) wants the files of a distribution.
///
/// The names are those of `sysconfig.get_paths()`; all paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheme {
    /// Pure-Python modules.
    pub purelib: PathBuf,
    /// Modules with compiled parts.
    pub platlib: PathBuf,
    /// Console scripts and other programs.
    pub scripts: PathBuf,
    /// The root for data files.
    pub data: PathBuf,
    /// The C headers of the interpreter. Headers of a distribution go into a directory named after
    /// it below [`Scheme::headers`].
    pub include: PathBuf,
    /// The directory that receives C headers of distributions, one sub-directory each.
    pub headers: PathBuf,
    /// The standard library (of the base interpreter).
    pub stdlib: PathBuf,
    /// The platform-specific part of the standard library.
    pub platstdlib: PathBuf,
}

impl Scheme {
    /// Returns the directories that hold importable distributions, without duplicates.
    #[must_use]
    pub fn site_dirs(&self) -> Vec<&Path> {
        let mut dirs = vec![self.purelib.as_path()];
        if self.platlib != self.purelib {
            dirs.push(&self.platlib);
        }
        dirs
    }
}

/// Holds everything naja needs to know about one Python.
///
/// A value describes either a base installation or a virtual environment; in the second case the
/// paths are those of the environment and `base_*` those of the installation behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The program as it was found; what a user would call it by (`sys.executable`).
    pub executable: PathBuf,
    /// The same file with every symbolic link resolved.
    pub real_executable: PathBuf,
    /// The program of the base installation; its directory is `home` in `pyvenv.cfg` (PEP 405).
    pub base_executable: PathBuf,
    /// `sys.prefix`: the root of the environment, or of the installation.
    pub prefix: PathBuf,
    /// `sys.base_prefix`: the root of the installation.
    pub base_prefix: PathBuf,
    /// The full Python version, for example 3.13.0rc1.
    pub version: Version,
    /// `sys.implementation.name`: `cpython`, `pypy`, `graalpy` ...
    pub implementation: String,
    /// The version of the implementation (for PyPy not the Python version).
    pub implementation_version: Version,
    /// `sys.implementation.cache_tag`, for example `cpython-312`; part of `.pyc` names.
    pub cache_tag: String,
    /// The first four bytes of a `.pyc` file of this interpreter.
    pub magic: [u8; 4],
    /// The values of environment markers (PEP 508).
    pub markers: MarkerEnvironment,
    /// The platform that wheels must fit.
    pub platform: Platform,
    /// What the wheel tags are made from, beside the platform.
    pub tag_parts: ImplementationTags,
    /// True for builds without the global interpreter lock (`3.13t`).
    pub free_threaded: bool,
    /// True for debug builds (`Py_DEBUG`).
    pub debug: bool,
    /// The width of a pointer in bytes: 4 or 8.
    pub pointer_size: u8,
    /// Where distributions go.
    pub scheme: Scheme,
    /// The layout of a new virtual environment of this interpreter.
    pub venv_layout: VenvLayout,
    /// The `EXTERNALLY-MANAGED` file of the installation when there is one (PEP 668). `None` in a
    /// virtual environment.
    pub externally_managed: Option<PathBuf>,
    /// `pyvenv.cfg` says that the base's site-packages are visible as well. False outside of
    /// virtual environments.
    pub system_site_packages: bool,
    /// The directories of the base installation in which an environment with
    /// `system_site_packages` finds distributions.
    pub base_site_dirs: Vec<PathBuf>,
}

impl Interpreter {
    /// Computes the wheel tags this interpreter accepts, best first.
    #[must_use]
    pub fn tags(&self) -> Tags {
        compatible_tags(&self.platform, &self.tag_parts)
    }

    /// Returns true for a virtual environment: its prefix is not that of the installation.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.prefix != self.base_prefix
    }

    /// Returns the major version, for example 3.
    #[must_use]
    pub fn major(&self) -> u64 {
        release_part(&self.version, 0)
    }

    /// Returns the minor version, for example 12.
    #[must_use]
    pub fn minor(&self) -> u64 {
        release_part(&self.version, 1)
    }

    /// Returns `major.minor`, for example `3.12`.
    #[must_use]
    pub fn short_version(&self) -> String {
        format!("{}.{}", self.major(), self.minor())
    }

    /// Describes a virtual environment of this base installation, without running anything.
    ///
    /// `root` is the directory that holds `pyvenv.cfg`, made absolute by the caller; `config` is
    /// the parsed file. The result says nothing about whether the files are there.
    #[must_use]
    pub fn in_venv(&self, root: &Path, config: &VenvConfig) -> Interpreter {
        crate::environment::venv_interpreter(self, root, config)
    }
}

/// Returns one component of the release part of a version, 0 when it is absent.
pub(crate) fn release_part(version: &Version, index: usize) -> u64 {
    version.release().get(index).copied().unwrap_or(0)
}
