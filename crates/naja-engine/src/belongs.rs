//! Which project a directory or an environment belongs to, and the guard that keeps a command from
//! changing the environment of another one.
//!
//! Nothing here asks Python or reads more than names of entries, except a project's own file for
//! its name, once something is to be said.

use std::path::{Path, PathBuf};

use naja_project::settings::{Layer, WrongEnvironment};
use naja_project::{FileOwner, Files};
use naja_python::{
    DiscoveryInputs, EnvironmentOrigin, is_environment, locate_environment, real_path,
};
use serde::Serialize;

use crate::disk::Disk;
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// Entries that make a directory the root of a project, the telling ones first.
const SIGNS: [&str; 15] = [
    "pyproject.toml",
    "naja.toml",
    "uv.toml",
    "pixi.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "pylock.toml",
    "requirements.txt",
    "requirements.in",
    "environment.yml",
    ".venv",
    ".git",
    ".hg",
    ".jj",
];

/// A directory with more entries than this is nobody's project (it is not read to its end).
const MOST_ENTRIES: usize = 4096;

/// Where naja notes the project of an environment that lies elsewhere.
const NOTE: &str = ".naja/project";

/// Where virtualenvwrapper and pipenv note it.
const FOREIGN_NOTE: &str = ".project";

/// A project: a directory and why it is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Project {
    /// Its name: as its own file says, else that of the directory.
    pub name: String,
    /// Its root, with links resolved.
    pub root: PathBuf,
    /// The entry that makes the directory a project, or what notes it.
    pub sign: String,
}

/// Finds the project a directory belongs to: the nearest directory at or above it with a project
/// file, requirements, a repository or a `.venv`.
///
/// The home directory and the root of the file system are nobody's project: what lies in them is
/// for everything.
#[must_use]
pub fn project_at(dir: &Path, home: Option<&Path>) -> Option<Project> {
    let (root, sign) = root_at(dir, home)?;
    Some(Project {
        name: name_of(&root),
        root,
        sign,
    })
}

/// Finds the project an environment belongs to: the one that is noted in it, else that of the
/// directory around it. `None`: it is shared.
#[must_use]
pub fn project_of(environment: &Path, home: Option<&Path>) -> Option<Project> {
    let (root, sign) = owner_of(environment, home)?;
    Some(Project {
        name: name_of(&root),
        root,
        sign,
    })
}

fn owner_of(environment: &Path, home: Option<&Path>) -> Option<(PathBuf, String)> {
    for note in [NOTE, FOREIGN_NOTE] {
        let Ok(text) = std::fs::read_to_string(environment.join(note)) else {
            continue;
        };
        let line = text.lines().next().unwrap_or_default().trim();
        // A project that is gone or has moved tells nothing about this directory.
        let root = real_path(Path::new(line)).ok().filter(|dir| dir.is_dir());
        if let Some(root) = root {
            return Some((root, note.to_owned()));
        }
    }
    root_at(environment.parent()?, home)
}

/// The root of the project at a directory, and its sign.
fn root_at(dir: &Path, home: Option<&Path>) -> Option<(PathBuf, String)> {
    let dir = real_path(dir).ok()?;
    let home = home.and_then(|home| real_path(home).ok());
    for dir in dir.ancestors() {
        if dir.parent().is_none() || Some(dir) == home.as_deref() {
            return None;
        }
        // Above the home of a user there are other users.
        if home.as_deref().is_some_and(|home| home.starts_with(dir)) {
            return None;
        }
        if let Some(sign) = sign_in(dir) {
            return Some((dir.to_path_buf(), sign));
        }
    }
    None
}

/// The entry that makes a directory a project.
fn sign_in(dir: &Path) -> Option<String> {
    let mut best: Option<usize> = None;
    let mut requirements: Option<String> = None;
    let mut has_python = false;
    let mut environment: Option<String> = None;
    for entry in std::fs::read_dir(dir).ok()?.take(MOST_ENTRIES).flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Some(at) = SIGNS.iter().position(|sign| *sign == name) {
            best = Some(best.map_or(at, |best| best.min(at)));
        } else if name.starts_with("requirements") && is_text(name) {
            requirements.get_or_insert_with(|| name.to_owned());
        } else if has_ending(name, &["py", "ipynb"]) {
            has_python = true;
        } else if matches!(name, "venv" | "env") && is_environment(&entry.path()) {
            environment = Some(name.to_owned());
        }
    }
    let sign = best.map(|at| SIGNS[at].to_owned());
    // `venv` beside programs is a project's; `/opt/venv` is anybody's.
    sign.or(requirements).or(environment.filter(|_| has_python))
}

fn is_text(name: &str) -> bool {
    has_ending(name, &["txt", "in"])
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| endings.contains(&ending))
}

/// What a project calls itself.
fn name_of(root: &Path) -> String {
    let written = std::fs::read_to_string(root.join("pyproject.toml"))
        .ok()
        .and_then(|text| naja_project::ProjectFile::parse(&text).ok())
        .and_then(|file| file.name)
        .map(|name| name.to_string());
    written.unwrap_or_else(|| {
        root.file_name().map_or_else(
            || "/".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    })
}

/// An active environment that belongs to another project than the directory.
#[derive(Clone, Debug, Serialize)]
pub struct Foreign {
    /// The root of the environment.
    pub environment: PathBuf,
    /// The variable that names it.
    pub variable: &'static str,
    /// The project it belongs to.
    pub owner: Project,
    /// The project of the directory.
    pub here: Project,
    /// The environment of the directory, if there is one.
    pub near: Option<PathBuf>,
    /// Whether the two have nothing to do with each other; else the one may well be meant for the
    /// other.
    pub sure: bool,
}

/// Finds out whether the active environment belongs to another project than the directory.
///
/// It does not where the directory lies inside of the environment's project and has no environment
/// of its own, where one of the two contains the other without one, where the environment is
/// shared, and where the directory is in no project.
#[must_use]
pub(crate) fn foreign(inputs: &DiscoveryInputs) -> Option<Foreign> {
    let active = locate_environment(inputs)?;
    let variable = match active.origin {
        EnvironmentOrigin::VirtualEnv => "VIRTUAL_ENV",
        EnvironmentOrigin::Conda => "CONDA_PREFIX",
        EnvironmentOrigin::DotVenv | EnvironmentOrigin::Inside => return None,
    };
    if !active.root.is_dir() {
        return None;
    }
    let home = inputs.home.as_deref();
    let near = locate_environment(&without_active(inputs)).map(|place| place.root);
    if near
        .as_deref()
        .is_some_and(|near| target::same_place(near, &active.root))
    {
        return None;
    }
    let (here, here_sign) = root_at(&inputs.cwd, home)?;
    let (owner, owner_sign) = owner_of(&active.root, home)?;
    if here == owner {
        return None;
    }
    let nested = here.starts_with(&owner) || owner.starts_with(&here);
    let near_is_of_owner = || {
        let owned = near.as_deref().and_then(|near| owner_of(near, home));
        owned.is_some_and(|(root, _)| root == owner)
    };
    if nested && (near.is_none() || near_is_of_owner()) {
        return None;
    }
    let project = |root: PathBuf, sign| Project {
        name: name_of(&root),
        root,
        sign,
    };
    Some(Foreign {
        environment: active.root,
        variable,
        sure: near.is_some() || !in_one_repository(&owner, &here),
        owner: project(owner, owner_sign),
        here: project(here, here_sign),
        near,
    })
}

/// The same inputs with nothing active.
pub(crate) fn without_active(inputs: &DiscoveryInputs) -> DiscoveryInputs {
    DiscoveryInputs {
        virtual_env: None,
        conda_prefix: None,
        ..inputs.clone()
    }
}

/// Whether two projects are parts of one repository, where one environment may serve both.
fn in_one_repository(a: &Path, b: &Path) -> bool {
    let repository = |dir: &Path| {
        let mut above = dir.ancestors();
        above
            .find(|dir| {
                [".git", ".hg", ".jj"]
                    .iter()
                    .any(|name| dir.join(name).exists())
            })
            .map(Path::to_path_buf)
    };
    matches!((repository(a), repository(b)), (Some(a), Some(b)) if a == b)
}

/// Stops a command that would change an environment which is hardly meant.
///
/// Only environments that nobody named are looked at: those of `VIRTUAL_ENV` and `CONDA_PREFIX`,
/// and a `.venv` here or above, which must not be another user's.
///
/// # Errors
/// The environment belongs to another project, or to another user.
pub(crate) fn guard(session: &mut Session) -> Result<(), Failure> {
    let setting = &session.settings.wrong_environment;
    if setting.value == WrongEnvironment::Allow || target::is_named(session) {
        return Ok(());
    }
    // A service has nobody who could have forgotten something.
    let unattended = setting.origin.layer == Layer::Default && session.process.var("CI").is_some();
    let stops = setting.value == WrongEnvironment::Stop && !unattended;
    let inputs = target::discovery_inputs(session);
    if let Some(foreign) = foreign(&inputs) {
        if stops && foreign.sure {
            return Err(stopped(session, &foreign));
        }
        let message = format!(
            "the active environment `{}` belongs to `{}`, and this directory to `{}`",
            foreign.environment.display(),
            foreign.owner.name,
            foreign.here.name
        );
        session.warn(message);
        return Ok(());
    }
    let Some(place) = locate_environment(&inputs) else {
        return Ok(());
    };
    if matches!(
        place.origin,
        EnvironmentOrigin::VirtualEnv | EnvironmentOrigin::Conda
    ) {
        return Ok(());
    }
    match of_another_user(session, &place.root) {
        Some(user) if stops => Err(of_other_user(&place.root, user)),
        Some(user) => {
            session.warn(format!(
                "the environment `{}` belongs to another user (number {user})",
                place.root.display()
            ));
            Ok(())
        }
        None => Ok(()),
    }
}

/// Tells those who asked for details that what they look at is another project's.
pub(crate) fn mention(session: &mut Session) {
    if session.settings.verbose.value == 0 || target::is_named(session) {
        return;
    }
    if let Some(foreign) = foreign(&target::discovery_inputs(session)) {
        session.detail(format!(
            "the active environment `{}` belongs to `{}`, and this directory to `{}`",
            foreign.environment.display(),
            foreign.owner.root.display(),
            foreign.here.root.display()
        ));
    }
}

/// The number of another user an environment belongs to. What `sudo` was called by counts as this
/// user.
pub(crate) fn of_another_user(session: &Session, root: &Path) -> Option<u32> {
    match Disk.owner(root) {
        FileOwner::Trusted => None,
        FileOwner::Other(user) => {
            let caller = session.process.var("SUDO_UID");
            (caller != Some(user.to_string().as_str())).then_some(user)
        }
    }
}

fn stopped(session: &Session, foreign: &Foreign) -> Failure {
    let shown = |path: &Path| tilde(path, session.process.home.as_deref());
    let Foreign {
        owner, here, near, ..
    } = foreign;
    let own = match near {
        Some(near) => format!("its environment is {}", shown(near)),
        None => "it has no environment".to_owned(),
    };
    let mut failure = Failure::environment("this would change the environment of another project");
    failure.story = vec![
        format!("active  {}", shown(&foreign.environment)),
        format!(
            "        of the project {} in {}",
            owner.name,
            shown(&owner.root)
        ),
        format!("here    the project {} in {}", here.name, shown(&here.root)),
        format!("        {own}"),
    ];
    let leave = match foreign.variable {
        "CONDA_PREFIX" => "conda deactivate",
        _ => "deactivate",
    };
    failure = match near {
        Some(near) => failure.hint(format!(
            "`{leave}`, and the command uses {}; or name it with `-p {}`",
            shown(near),
            shown(near)
        )),
        None => failure.hint(format!(
            "`{leave}`, then `naja venv` makes an environment here"
        )),
    };
    failure
        .hint(format!(
            "`--active` changes the environment of {} all the same",
            owner.name
        ))
        .hint("`wrong-environment = \"warn\"` in naja.toml only warns from now on")
}

fn of_other_user(root: &Path, user: u32) -> Failure {
    Failure::environment(format!(
        "the environment `{}` belongs to another user",
        root.display()
    ))
    .cause(format!(
        "its owner has the number {user}; it was found here or above, and nobody named it"
    ))
    .hint(format!(
        "`-p {}` names it, if you trust what is in it",
        root.display()
    ))
    .hint("`naja venv` makes an environment of your own here")
}

/// A path as people write it: `~` for the home directory.
pub(crate) fn tilde(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) if home != Some(Path::new("/")) => format!("~/{}", rest.display()),
        _ => path.display().to_string(),
    }
}

#[cfg(test)]
#[path = "belongs/tests.rs"]
mod tests;
