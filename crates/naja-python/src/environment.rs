//! Virtual environments: where their base interpreter is, and what they are, without running them.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use crate::interpreter::Interpreter;
use crate::venv_config::{CONFIG_NAME, VenvConfig, VenvConfigError};

/// How many links, and how many environments inside environments, are followed.
const DEPTH_LIMIT: usize = 16;

/// Says why a directory cannot be used as a virtual environment.
#[derive(Debug, Error)]
pub enum EnvironmentError {
    /// There is no `pyvenv.cfg`.
    #[error("use `{root}` as a virtual environment: it has no pyvenv.cfg")]
    NoConfig {
        /// The directory.
        root: PathBuf,
    },
    /// `pyvenv.cfg` cannot be read.
    #[error("use `{root}` as a virtual environment")]
    Config {
        /// The directory.
        root: PathBuf,
        /// What is wrong with the file.
        #[source]
        source: VenvConfigError,
    },
    /// There is no Python in the scripts directory.
    #[error("use `{root}` as a virtual environment: it has no Python")]
    NoPython {
        /// The directory.
        root: PathBuf,
    },
    /// The Python of the environment is a link to a file that is gone.
    #[error("use `{root}` as a virtual environment: its base Python `{target}` is gone")]
    BrokenLink {
        /// The directory.
        root: PathBuf,
        /// What the link points to.
        target: PathBuf,
    },
    /// Neither the links nor `home` in `pyvenv.cfg` lead to an interpreter.
    #[error("use `{root}` as a virtual environment: no base Python in `{home}`")]
    NoBase {
        /// The directory.
        root: PathBuf,
        /// The value of `home`; empty if there is none.
        home: PathBuf,
    },
    /// The environments name each other as their base.
    #[error("use `{root}` as a virtual environment: its base leads back to itself")]
    Loop {
        /// The directory.
        root: PathBuf,
    },
}

/// Describes the virtual environment at `root` from the facts of its base interpreter.
///
/// Nothing is run, read or checked: `base` must be a base installation, `root` absolute, and
/// `config` the content of `root/pyvenv.cfg`.
#[must_use]
pub fn venv_interpreter(base: &Interpreter, root: &Path, config: &VenvConfig) -> Interpreter {
    let scheme = base.venv_layout.scheme_at(root, &base.scheme);
    let executable = root.join(base.venv_layout.python());
    Interpreter {
        executable,
        prefix: root.to_path_buf(),
        externally_managed: None,
        system_site_packages: config.system_site_packages(),
        scheme,
        ..base.clone()
    }
}

/// Returns the root of the virtual environment that a program belongs to, as CPython decides it:
/// `pyvenv.cfg` lies beside the program or one directory up. Links are not followed.
#[must_use]
pub fn environment_of(executable: &Path) -> Option<PathBuf> {
    let dir = executable.parent()?;
    [dir.parent(), Some(dir)]
        .into_iter()
        .flatten()
        .find(|root| is_environment(root))
        .map(Path::to_path_buf)
}

/// Says whether a directory is a virtual environment: it has a `pyvenv.cfg` file.
#[must_use]
pub fn is_environment(root: &Path) -> bool {
    root.join(CONFIG_NAME).is_file()
}

/// Finds the base interpreter of the virtual environment at `root` without running anything.
///
/// The links from the environment's own Python are followed until they leave it; where they are
/// absent (copies, Windows) `home` and the keys of other tools in `pyvenv.cfg` decide. Environments
/// that were made from environments are followed to their end.
///
/// # Errors
/// See [`EnvironmentError`]; in particular a link to an interpreter that is gone.
pub fn base_executable(root: &Path, config: &VenvConfig) -> Result<PathBuf, EnvironmentError> {
    let mut executable = one_step(root, config)?;
    for _ in 0..DEPTH_LIMIT {
        let Some(outer) = environment_of(&executable) else {
            return Ok(executable);
        };
        let config = read_config(&outer)?;
        executable = one_step(&outer, &config)?;
    }
    Err(EnvironmentError::Loop {
        root: root.to_path_buf(),
    })
}

/// Reads `pyvenv.cfg` of an environment that must be one.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn read_config(root: &Path) -> Result<VenvConfig, EnvironmentError> {
    let config = VenvConfig::read(root).map_err(|source| EnvironmentError::Config {
        root: root.to_path_buf(),
        source,
    })?;
    config.ok_or_else(|| EnvironmentError::NoConfig {
        root: root.to_path_buf(),
    })
}

/// Finds the interpreter that an environment was made from, which may be in an environment itself.
fn one_step(root: &Path, config: &VenvConfig) -> Result<PathBuf, EnvironmentError> {
    let (own, link) = own_python(root)?;
    let home = config.home().map(|home| without_dots(&root.join(home)));
    if let Some(target) = link.then(|| leave(root, &own)).flatten() {
        // CPython takes the directory from `home` and the name from the program it was started by.
        let at_home = home
            .as_ref()
            .zip(target.file_name())
            .map(|(home, name)| home.join(name));
        return match at_home.filter(|path| path.is_file()) {
            Some(path) => Ok(path),
            None if target.is_file() => Ok(target),
            None => Err(EnvironmentError::BrokenLink {
                root: root.to_path_buf(),
                target,
            }),
        };
    }
    let mut candidates: Vec<PathBuf> = ["base-executable", "executable"]
        .iter()
        .filter_map(|key| config.get(key))
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .collect();
    if let Some(home) = &home {
        candidates.extend(python_names(config).into_iter().map(|name| home.join(name)));
    }
    candidates
        .into_iter()
        .find(|path| path.is_absolute() && *path != own && path.is_file())
        .ok_or_else(|| EnvironmentError::NoBase {
            root: root.to_path_buf(),
            home: home.unwrap_or_default(),
        })
}

/// Finds the Python of an environment; says whether it is a symbolic link.
fn own_python(root: &Path) -> Result<(PathBuf, bool), EnvironmentError> {
    const NAMES: [&str; 7] = [
        "bin/python",
        "bin/python3",
        "Scripts/python.exe",
        "bin/pypy3",
        "bin/python.exe",
        "bin/graalpy",
        "python.exe",
    ];
    for name in NAMES {
        let path = root.join(name);
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.file_type().is_symlink() => return Ok((path, true)),
            Ok(meta) if meta.is_file() => return Ok((path, false)),
            _ => {}
        }
    }
    Err(EnvironmentError::NoPython {
        root: root.to_path_buf(),
    })
}

/// Follows symbolic links one by one until one leads out of the environment's directory of
/// programs. `None`: they end inside it.
fn leave(root: &Path, start: &Path) -> Option<PathBuf> {
    let mut path = start.to_path_buf();
    for _ in 0..DEPTH_LIMIT {
        let dir = path.parent()?.to_path_buf();
        path = match fs::read_link(&path) {
            Ok(target) => without_dots(&dir.join(target)),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return None,
            Err(_) => return Some(path),
        };
        if !path.starts_with(root) {
            return Some(path);
        }
    }
    Some(path)
}

/// Removes `.` and resolves `..` in the text of a path.
#[must_use]
pub fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// Names under which the base interpreter may lie in `home`, best first.
fn python_names(config: &VenvConfig) -> Vec<String> {
    let mut names = Vec::new();
    if cfg!(windows) {
        names.extend(["python.exe".to_owned(), "pypy3.exe".to_owned()]);
    }
    let pypy = config
        .get("implementation")
        .is_some_and(|name| name.eq_ignore_ascii_case("pypy"));
    let stem = if pypy { "pypy" } else { "python" };
    let short = config.version().and_then(|version| {
        let mut parts = version.split('.');
        Some(format!("{}.{}", parts.next()?, parts.next()?))
    });
    names.extend(short.map(|short| format!("{stem}{short}")));
    names.extend([format!("{stem}3"), stem.to_owned()]);
    names
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().canonicalize().unwrap().join(name)
        }

        fn file(&self, name: &str) -> PathBuf {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        }

        fn venv(&self, name: &str, home: &Path, link: Option<&Path>) -> PathBuf {
            let root = self.path(name);
            fs::create_dir_all(root.join("bin")).unwrap();
            let text = format!("home = {}\nversion = 3.12.1\n", home.display());
            fs::write(root.join(CONFIG_NAME), text).unwrap();
            match link {
                Some(target) => symlink(target, root.join("bin/python")).unwrap(),
                None => fs::write(root.join("bin/python"), "").unwrap(),
            }
            root
        }

        fn base_of(root: &Path) -> Result<PathBuf, EnvironmentError> {
            base_executable(root, &read_config(root)?)
        }
    }

    #[test]
    fn links_are_followed_to_the_base() {
        let tree = Tree::new();
        let base = tree.file("opt/bin/python3.12");
        symlink("python3.12", tree.path("opt/bin/python3")).unwrap();
        let home = base.parent().unwrap();
        let plain = tree.venv("a", home, Some(&base));
        assert_eq!(Tree::base_of(&plain).unwrap(), base);
        let by_short_name = tree.venv("b", home, Some(&home.join("python3")));
        assert_eq!(Tree::base_of(&by_short_name).unwrap(), home.join("python3"));
        let inner = tree.venv("c", &plain.join("bin"), Some(&plain.join("bin/python")));
        assert_eq!(Tree::base_of(&inner).unwrap(), base);
        assert_eq!(environment_of(&inner.join("bin/python")), Some(inner));
        assert_eq!(environment_of(&base), None);
    }

    #[test]
    fn copies_are_found_through_home() {
        let tree = Tree::new();
        let base = tree.file("opt/bin/python3.12");
        let root = tree.venv("a", base.parent().unwrap(), None);
        assert_eq!(Tree::base_of(&root).unwrap(), base);
    }

    #[test]
    fn broken_environments_are_told_apart() {
        let tree = Tree::new();
        let gone = tree.path("gone/bin/python3");
        let home = gone.parent().unwrap().to_path_buf();
        let root = tree.venv("a", &home, Some(&gone));
        assert!(
            matches!(Tree::base_of(&root), Err(EnvironmentError::BrokenLink { target, .. }) if target == gone)
        );
        let copy = tree.venv("b", &home, None);
        assert!(matches!(
            Tree::base_of(&copy),
            Err(EnvironmentError::NoBase { .. })
        ));
        fs::remove_file(copy.join("bin/python")).unwrap();
        assert!(matches!(
            Tree::base_of(&copy),
            Err(EnvironmentError::NoPython { .. })
        ));
        let loops = tree.venv("c", &tree.path("c/bin"), None);
        fs::write(loops.join("bin/python3"), "").unwrap();
        assert!(matches!(
            Tree::base_of(&loops),
            Err(EnvironmentError::Loop { .. })
        ));
        let itself = tree.venv("d", &home, Some(Path::new("python")));
        assert!(Tree::base_of(&itself).is_err());
        assert!(matches!(
            Tree::base_of(tree.0.path()),
            Err(EnvironmentError::NoConfig { .. })
        ));
    }
}
