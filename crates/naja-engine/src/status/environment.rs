//! What an environment is, by its own files.

use std::path::{Path, PathBuf};

use naja_env::EnvState;
use naja_python::{
    EnvironmentError, EnvironmentOrigin, VenvConfig, base_executable, is_environment,
};
use serde::Serialize;

use crate::belongs::{self, Project};

/// One environment.
#[derive(Clone, Debug, Serialize)]
pub struct EnvironmentStatus {
    /// Its root.
    pub root: PathBuf,
    /// How it was found: `virtual-env`, `conda`, `directory` (here or above), `inside`, `named`.
    pub found_by: &'static str,
    /// Whether it is active in this shell.
    pub active: bool,
    /// What made it.
    pub maker: Maker,
    /// The text before the shell's prompt.
    pub prompt: String,
    /// The project it belongs to.
    pub project: Option<Project>,
    /// The Python in it: what editors ask for.
    pub python: PathBuf,
    /// Whether that can be started, as far as files tell.
    pub works: bool,
    /// Its version, as the environment says.
    pub version: Option<String>,
    /// `CPython`, `PyPy`, …
    pub implementation: String,
    /// The Python it was made from.
    pub base: Base,
    /// Whether the packages of the base are visible.
    pub system_site_packages: bool,
    /// What is installed.
    pub packages: Packages,
    /// Where programs go.
    pub scripts: PathBuf,
}

/// What made an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Maker {
    /// `naja`, `uv`, `virtualenv`, `venv` or `conda`.
    pub tool: &'static str,
    /// Its version, if it left that.
    pub version: Option<String>,
}

/// The Python an environment was made from.
#[derive(Clone, Debug, Serialize)]
pub struct Base {
    /// The program, or the directory it was in.
    pub path: PathBuf,
    /// Whether it is there.
    pub state: BaseState,
}

/// Whether a base is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseState {
    /// It is.
    Found,
    /// It is not.
    Gone,
    /// The environment is an installation of its own.
    Itself,
}

/// What is installed in an environment.
#[derive(Clone, Debug, Serialize)]
pub struct Packages {
    /// How many distributions there are.
    pub count: usize,
    /// How many of them are used where their sources lie.
    pub editable: usize,
    /// The directories they go to.
    pub directories: Vec<PathBuf>,
}

/// Reads what the files of an environment tell.
pub(super) fn look(
    root: &Path,
    origin: Option<EnvironmentOrigin>,
    active: bool,
    home: Option<&Path>,
) -> EnvironmentStatus {
    let config = VenvConfig::read(root).ok().flatten();
    let conda = conda_python(root);
    let version = match &config {
        Some(config) => config.version().map(str::to_owned),
        None => conda.clone(),
    };
    let implementation = config
        .as_ref()
        .and_then(|config| config.get("implementation"))
        .map_or("CPython", |text| match text {
            "cpython" => "CPython",
            "pypy" => "PyPy",
            other => other,
        })
        .to_owned();
    let python = python_in(root);
    let config = config.unwrap_or_default();
    let base = base(root, &config, conda.is_some());
    let directories = site_dirs(root, version.as_deref());
    EnvironmentStatus {
        found_by: match origin {
            None => "named",
            Some(EnvironmentOrigin::VirtualEnv) => "virtual-env",
            Some(EnvironmentOrigin::Conda) => "conda",
            Some(EnvironmentOrigin::DotVenv) => "directory",
            Some(EnvironmentOrigin::Inside) => "inside",
        },
        active,
        maker: maker(&config, conda.is_some()),
        prompt: config
            .prompt()
            .map_or_else(|| default_prompt(root), str::to_owned),
        project: belongs::project_of(root, home),
        works: python.exists() && base.state != BaseState::Gone,
        implementation,
        version,
        base,
        system_site_packages: config.system_site_packages(),
        packages: packages(directories),
        scripts: python.parent().unwrap_or(root).to_path_buf(),
        python,
        root: root.to_path_buf(),
    }
}

/// How many entries of a directory are looked at for environments.
const MOST_ENTRIES: usize = 200;

/// Finds the environments that lie in a directory, whatever they are called.
pub(super) fn beside(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .take(MOST_ENTRIES)
        .map(|entry| entry.path())
        .filter(|path| is_environment(path))
        .collect();
    found.sort();
    found
}

/// The prompt of an environment that notes none.
fn default_prompt(root: &Path) -> String {
    let name = root.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The tool that made an environment, by what only it writes.
pub(crate) fn maker(config: &VenvConfig, conda: bool) -> Maker {
    let of = |tool, key: &str| {
        config.get(key).map(|version| Maker {
            tool,
            version: Some(version.to_owned()).filter(|text| !text.is_empty()),
        })
    };
    let fallback = Maker {
        tool: if conda { "conda" } else { "venv" },
        version: None,
    };
    of("naja", "naja")
        .or_else(|| of("uv", "uv"))
        .or_else(|| of("virtualenv", "virtualenv"))
        .unwrap_or(fallback)
}

/// The Python of a conda environment, by the record of its package.
fn conda_python(root: &Path) -> Option<String> {
    let entries = std::fs::read_dir(root.join("conda-meta")).ok()?;
    let mut version = String::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix("python-")) else {
            continue;
        };
        if rest.starts_with(|c: char| c.is_ascii_digit()) && rest.ends_with(".json") {
            version = rest.split('-').next().unwrap_or_default().to_owned();
        }
    }
    Some(version).filter(|version| !version.is_empty())
}

/// The Python of an environment, there or not.
pub(crate) fn python_in(root: &Path) -> PathBuf {
    let names = [
        "bin/python",
        "Scripts/python.exe",
        "bin/python3",
        "python.exe",
    ];
    let at = |name: &str| root.join(name.split('/').collect::<PathBuf>());
    let mut paths = names.iter().map(|name| at(name));
    let found = paths.find(|path| path.symlink_metadata().is_ok());
    found.unwrap_or_else(|| at(names[usize::from(cfg!(windows))]))
}

fn base(root: &Path, config: &VenvConfig, conda: bool) -> Base {
    if conda && config.home().is_none() {
        return Base {
            path: python_in(root),
            state: BaseState::Itself,
        };
    }
    match base_executable(root, config) {
        Ok(path) => Base {
            path,
            state: BaseState::Found,
        },
        Err(error) => Base {
            path: match error {
                EnvironmentError::BrokenLink { target, .. } => target,
                _ => config.home().map(Path::to_path_buf).unwrap_or_default(),
            },
            state: BaseState::Gone,
        },
    }
}

/// The directories of an environment's packages, by what lies in it.
pub(crate) fn site_dirs(root: &Path, version: Option<&str>) -> Vec<PathBuf> {
    let windows = root.join("Lib").join("site-packages");
    if cfg!(windows) && windows.is_dir() {
        return vec![windows];
    }
    let short = version.map(|version| {
        let parts: Vec<&str> = version.split('.').take(2).collect();
        parts.join(".")
    });
    let mut found: Vec<PathBuf> = Vec::new();
    for lib in ["lib", "lib64"] {
        let lib = root.join(lib);
        // `lib64` is a link to `lib` as a rule.
        if lib.is_symlink() {
            continue;
        }
        let Ok(entries) = std::fs::read_dir(&lib) else {
            continue;
        };
        for entry in entries.flatten() {
            let site = entry.path().join("site-packages");
            let name = entry.file_name().to_string_lossy().into_owned();
            let fits = short
                .as_deref()
                .is_none_or(|short| name.trim_end_matches('t').ends_with(short));
            if site.is_dir() && fits {
                found.push(site);
            }
        }
    }
    found.sort();
    found
}

fn packages(directories: Vec<PathBuf>) -> Packages {
    let dirs: Vec<&Path> = directories.iter().map(PathBuf::as_path).collect();
    let state = EnvState::scan_dirs(&dirs, []).ok();
    let (mut count, mut editable) = (0, 0);
    for dist in state.iter().flat_map(EnvState::visible) {
        count += 1;
        editable += usize::from(dist.is_editable());
    }
    Packages {
        count,
        editable,
        directories,
    }
}
