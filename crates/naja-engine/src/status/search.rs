//! The walk along `PATH`: what `python`, `python3` and `pip` are in this shell, and why.

use std::path::{Path, PathBuf};

use naja_python::environment_of;
use serde::Serialize;

use crate::session::Session;
use crate::target;

/// The names that are looked for.
pub const NAMES: [&str; 3] = ["python", "python3", "pip"];

/// The walk and what it found.
#[derive(Clone, Debug, Serialize)]
pub struct Search {
    /// The entries of `PATH`, in order.
    pub directories: Vec<SearchDir>,
    /// What is run for each name.
    pub programs: Vec<Running>,
    /// The place of the environment's programs on `PATH`, from 1.
    pub environment_at: Option<usize>,
}

/// One entry of `PATH`.
#[derive(Clone, Debug, Serialize)]
pub struct SearchDir {
    /// Its place, from 1.
    pub at: usize,
    /// The entry as it is written; empty for the working directory.
    pub path: PathBuf,
    /// Whether there is such a directory.
    pub exists: bool,
    /// Whose programs it holds.
    pub role: Role,
    /// What it has of `python`, `python3` and `pip`, in this order.
    pub marks: [Mark; 3],
}

/// Whose programs a directory holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum Role {
    /// Those of the environment that is shown.
    Environment,
    /// Those of another environment.
    OtherEnvironment {
        /// Its root.
        root: PathBuf,
    },
    /// Small programs of a version manager that choose a Python.
    Shims,
    /// Those of the user.
    User,
    /// Any others.
    Other,
    /// It is relative: what it holds depends on the working directory.
    Relative,
    /// It was there earlier on `PATH`.
    Repeated,
}

/// What a directory has of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Nothing.
    None,
    /// The program that runs.
    Runs,
    /// A program that an earlier one hides.
    Hidden,
    /// A link that leads to nothing, or a file that cannot be run: the shell passes it over.
    Dead,
}

/// What is run for a name.
#[derive(Clone, Debug, Serialize)]
pub struct Running {
    /// The name.
    pub name: &'static str,
    /// The program, if there is one.
    pub path: Option<PathBuf>,
    /// The file it leads to, where it is a link.
    pub target: Option<PathBuf>,
    /// Whose it is.
    pub role: Option<Role>,
    /// Programs of this name that it hides.
    pub hides: Vec<PathBuf>,
}

/// Walks along `PATH`; `bin` is the directory of the environment's programs.
pub(crate) fn walk(session: &Session, bin: Option<&Path>) -> Search {
    let path = session.process.var_os("PATH").unwrap_or_default();
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut found = [false; 3];
    let mut search = Search {
        directories: Vec::new(),
        programs: NAMES
            .iter()
            .map(|name| Running {
                name,
                path: None,
                target: None,
                role: None,
                hides: Vec::new(),
            })
            .collect(),
        environment_at: None,
    };
    for (number, entry) in std::env::split_paths(path).enumerate() {
        let dir = session.process.absolute(&entry);
        let exists = dir.is_dir();
        let real = dir.canonicalize().unwrap_or_else(|_gone| dir.clone());
        let repeated = seen.contains(&real);
        let is_environment = bin.is_some_and(|bin| target::same_place(bin, &dir));
        if is_environment && search.environment_at.is_none() {
            search.environment_at = Some(number + 1);
        }
        let role = match () {
            () if !entry.is_absolute() => Role::Relative,
            () if repeated => Role::Repeated,
            () if is_environment => Role::Environment,
            () => role_of(session, &dir),
        };
        let mut marks = [Mark::None; 3];
        for (at, name) in NAMES.iter().enumerate() {
            let Some((program, runs)) = program(&dir, name).filter(|_| exists && !repeated) else {
                continue;
            };
            let running = &mut search.programs[at];
            marks[at] = match (runs, found[at]) {
                (false, _) => Mark::Dead,
                (true, true) => {
                    running.hides.push(program);
                    Mark::Hidden
                }
                (true, false) => {
                    found[at] = true;
                    running.target = naja_python::real_path(&program)
                        .ok()
                        .filter(|real| *real != program);
                    running.path = Some(program);
                    running.role = Some(role.clone());
                    Mark::Runs
                }
            };
        }
        seen.push(real);
        search.directories.push(SearchDir {
            at: number + 1,
            path: entry,
            exists,
            role,
            marks,
        });
    }
    search
}

/// The program of a name in a directory, and whether it can be run.
fn program(dir: &Path, name: &str) -> Option<(PathBuf, bool)> {
    let endings: &[&str] = if cfg!(windows) {
        &[".exe", ".bat", ".cmd", ".com"]
    } else {
        &[""]
    };
    endings.iter().find_map(|ending| {
        let path = dir.join(format!("{name}{ending}"));
        path.symlink_metadata().ok()?;
        let runs = can_run(&path);
        Some((path, runs))
    })
}

#[cfg(unix)]
pub(crate) fn can_run(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn can_run(path: &Path) -> bool {
    path.is_file()
}

fn role_of(session: &Session, dir: &Path) -> Role {
    // The file need not exist: only where it would lie counts.
    if let Some(root) = environment_of(&dir.join("python")) {
        return Role::OtherEnvironment { root };
    }
    if dir.file_name().is_some_and(|name| name == "shims") {
        return Role::Shims;
    }
    let home = session.process.home.as_deref();
    if home.is_some_and(|home| dir == home.join(".local/bin") || dir == home.join("bin")) {
        return Role::User;
    }
    Role::Other
}
