//! [`DiscoveryInputs`]: the facts about the process that discovery needs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::registry::Registry;
use super::store_apps;

/// Where pyenv is, below the home directory.
const PYENV_HOME: &str = if cfg!(windows) {
    ".pyenv/pyenv-win"
} else {
    ".pyenv"
};

/// Carries the variables and directories that discovery looks at; nothing else is read.
#[derive(Debug, Clone, Default)]
pub struct DiscoveryInputs {
    /// `PATH`.
    pub path: Option<OsString>,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The home directory of the user.
    pub home: Option<PathBuf>,
    /// The environment that the user named; before everything else.
    pub named: Option<PathBuf>,
    /// The environment that a setting gives the project; before any `.venv`.
    pub of_project: Option<PathBuf>,
    /// `VIRTUAL_ENV`.
    pub virtual_env: Option<PathBuf>,
    /// `CONDA_PREFIX`.
    pub conda_prefix: Option<PathBuf>,
    /// `CONDA_DEFAULT_ENV`: `base` is a system Python, not an environment.
    pub conda_default_env: Option<String>,
    /// `PYENV_ROOT`; without it `~/.pyenv` is looked at, on Windows `~/.pyenv/pyenv-win`.
    pub pyenv_root: Option<PathBuf>,
    /// `PYENV_VERSION`.
    pub pyenv_version: Option<String>,
    /// `ASDF_DATA_DIR`; without it `~/.asdf` is looked at.
    pub asdf_data_dir: Option<PathBuf>,
    /// `ASDF_PYTHON_VERSION`.
    pub asdf_version: Option<String>,
    /// `MISE_DATA_DIR`; without it `~/.local/share/mise` is looked at. On Windows `%LOCALAPPDATA%\mise` takes its place.
    pub mise_data_dir: Option<PathBuf>,
    /// The registry of Windows.
    pub registry: Registry,
    /// The directory of the user's programs of the Microsoft Store.
    pub store_apps: Option<PathBuf>,
    /// Directories that hold interpreters which naja installed, one directory each.
    pub managed_dirs: Vec<PathBuf>,
    /// Directories where interpreters usually are, looked at last; see
    /// [`DiscoveryInputs::usual_places`].
    pub usual_dirs: Vec<PathBuf>,
}

/// Says what a search for a Python depends on beside the programs themselves; see [`DiscoveryInputs::places`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPlaces {
    /// The directories of programs along PATH, in order.
    pub path: Vec<PathBuf>,
    /// Directories of programs that are looked at when PATH has none.
    pub usual: Vec<PathBuf>,
    /// Whether Windows is asked which Pythons it knows when PATH has none.
    pub registry: bool,
    /// Directories of version managers with one installation in each entry.
    pub installs: Vec<PathBuf>,
    /// Files in which a version manager is told which installation its shims stand for.
    pub choices: Vec<PathBuf>,
}

/// Returns the user's home directory as environment variables name it. Empty variables count as unset.
#[must_use]
pub fn home_dir(get: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // On Windows HOME may be that of another system's shell.
    let names = match cfg!(windows) {
        true => ["USERPROFILE", "HOME"],
        false => ["HOME", "USERPROFILE"],
    };
    let mut values = names.into_iter().filter_map(get);
    values.find(|value| !value.is_empty()).map(PathBuf::from)
}

impl DiscoveryInputs {
    /// Returns the places that decide which Python is found, whether they exist or not.
    #[must_use]
    pub fn places(&self) -> SearchPlaces {
        let mut path: Vec<PathBuf> = Vec::new();
        for dir in self.path.iter().flat_map(std::env::split_paths) {
            if dir.is_absolute() && !path.contains(&dir) {
                path.push(dir);
            }
        }
        let pyenv = self.pyenv_versions();
        let mut choices: Vec<PathBuf> = Vec::new();
        for dir in self.cwd.ancestors().chain(self.home.as_deref()) {
            choices.extend([".python-version", ".tool-versions"].map(|name| dir.join(name)));
        }
        let global = pyenv.as_ref().and_then(|versions| versions.parent());
        choices.extend(global.map(|root| root.join("version")));
        let installs = [pyenv, self.asdf_installs(), self.mise_installs()];
        SearchPlaces {
            path,
            usual: self.usual_dirs.clone(),
            registry: self.registry.is_of_system() || self.store_apps.is_some(),
            installs: installs.into_iter().flatten().collect(),
            choices,
        }
    }

    /// Collects the inputs through a function that reads environment variables. Empty variables
    /// count as unset.
    #[must_use]
    pub fn from_variables(cwd: PathBuf, get: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| get(name).filter(|value| !value.is_empty());
        let path = |name: &str| value(name).map(PathBuf::from);
        let text = |name: &str| value(name).and_then(|value| value.into_string().ok());
        let home = home_dir(get);
        let local = path("LOCALAPPDATA").filter(|_| cfg!(windows));
        Self {
            path: value("PATH"),
            named: None,
            of_project: None,
            virtual_env: path("VIRTUAL_ENV"),
            conda_prefix: path("CONDA_PREFIX"),
            conda_default_env: text("CONDA_DEFAULT_ENV"),
            // pyenv for Windows sets both, or one of them.
            pyenv_root: path("PYENV_ROOT").or_else(|| path("PYENV").filter(|_| cfg!(windows))),
            pyenv_version: text("PYENV_VERSION"),
            asdf_data_dir: path("ASDF_DATA_DIR"),
            asdf_version: text("ASDF_PYTHON_VERSION"),
            mise_data_dir: path("MISE_DATA_DIR")
                .or_else(|| local.as_ref().map(|local| local.join("mise"))),
            registry: Registry::System,
            store_apps: local.as_deref().map(store_apps::directory),
            managed_dirs: Vec::new(),
            usual_dirs: Self::usual_places(home.as_deref()),
            cwd,
            home,
        }
    }

    /// Returns the directories where interpreters usually are, also when PATH does not say so.
    #[must_use]
    pub fn usual_places(home: Option<&Path>) -> Vec<PathBuf> {
        if cfg!(windows) {
            return Vec::new();
        }
        let mut dirs: Vec<PathBuf> = [
            "/usr/local/bin",
            "/usr/bin",
            "/etc/alternatives",
            "/opt/homebrew/bin",
            "/opt/local/bin",
        ]
        .into_iter()
        .map(PathBuf::from)
        .collect();
        dirs.extend(home.map(|home| home.join(".local/bin")));
        dirs
    }

    /// Makes a path of the user absolute: `~` is the home directory, the rest is relative to the
    /// working directory.
    #[must_use]
    pub fn absolute(&self, path: &Path) -> PathBuf {
        let joined = match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => self.cwd.join(path),
        };
        crate::environment::without_dots(&joined)
    }

    /// The directory of pyenv's versions.
    pub(crate) fn pyenv_versions(&self) -> Option<PathBuf> {
        let root = self
            .pyenv_root
            .clone()
            .or_else(|| Some(self.home.as_ref()?.join(PYENV_HOME)))?;
        Some(root.join("versions"))
    }

    /// The directory of asdf's Pythons.
    pub(crate) fn asdf_installs(&self) -> Option<PathBuf> {
        let root = self
            .asdf_data_dir
            .clone()
            .or_else(|| Some(self.home.as_ref()?.join(".asdf")))?;
        Some(root.join("installs/python"))
    }

    /// The directory of mise's Pythons.
    pub(crate) fn mise_installs(&self) -> Option<PathBuf> {
        let root = self
            .mise_data_dir
            .clone()
            .or_else(|| Some(self.home.as_ref()?.join(".local/share/mise")))?;
        Some(root.join("installs/python"))
    }
}
