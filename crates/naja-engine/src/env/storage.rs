//! Where environments are: in the project, in central storage, or wherever a setting or a `.venv`
//! file says.

use std::path::{Path, PathBuf};

use naja_project::settings::{EnvironmentLink, EnvironmentStorage};
use naja_python::{is_environment, read_redirect, without_dots};

use crate::belongs;
use crate::failure::Failure;
use crate::places;
use crate::registry;
use crate::session::Session;

/// The usual name of a project's environment.
const NAME: &str = ".venv";

/// Where a new environment goes.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its root.
    pub(crate) root: PathBuf,
    /// As the user would write it.
    pub(crate) shown: PathBuf,
    /// The file or link in the project that shall lead to it.
    pub(crate) entry: Option<PathBuf>,
    /// The project, if the environment does not lie in it under its usual name.
    pub(crate) project: Option<PathBuf>,
}

impl Place {
    fn plain(root: PathBuf, shown: PathBuf) -> Self {
        Self {
            root,
            shown,
            entry: None,
            project: None,
        }
    }
}

/// Decides where `naja venv` makes an environment.
///
/// # Errors
/// The name is no name, or there is no home directory for central storage.
pub(crate) fn place(
    session: &Session,
    path: Option<&Path>,
    redirect: Option<&Path>,
) -> Result<Place, Failure> {
    let process = &session.process;
    if let Some(target) = redirect {
        let entry = process.absolute(path.unwrap_or(Path::new(NAME)));
        return Ok(Place {
            root: without_dots(&process.absolute(target)),
            shown: target.to_path_buf(),
            project: entry.parent().map(Path::to_path_buf),
            entry: Some(entry),
        });
    }
    if let Some(path) = path {
        let root = process.absolute(path);
        let root = followed(root);
        return Ok(Place::plain(root, path.to_path_buf()));
    }
    let dir = belongs_elsewhere(session).then(|| project_root(session));
    place_for(session, &dir.unwrap_or_else(|| process.cwd.clone()))
}

/// Whether environments are not simply `.venv` in the working directory.
fn belongs_elsewhere(session: &Session) -> bool {
    let settings = &session.settings;
    settings.environment_name.value.is_some()
        || settings.environment_dir.value.is_some()
        || settings.environment_storage.value == EnvironmentStorage::Central
}

/// Decides where the environment of a project is, whether or not it has been made.
///
/// # Errors
/// The name is no name, or there is no home directory for central storage.
pub(crate) fn place_for(session: &Session, project: &Path) -> Result<Place, Failure> {
    let settings = &session.settings;
    let usual = project.join(NAME);
    let elsewhere = |root: PathBuf, entry: Option<PathBuf>| Place {
        shown: root.clone(),
        root,
        entry,
        project: Some(project.to_path_buf()),
    };
    let linked = settings.environment_link.value != EnvironmentLink::None;
    let entry = linked.then(|| usual.clone());
    let central = settings.environment_storage.value == EnvironmentStorage::Central;
    if let Some(name) = &settings.environment_name.value {
        let name = checked(name)?;
        if central {
            return Ok(elsewhere(central_root(session, project, Some(name))?, None));
        }
        let root = followed(project.join(format!("{NAME}-{name}")));
        return Ok(elsewhere(root, None));
    }
    match &settings.environment_dir.value {
        Some(dir) if without_dots(&project.join(dir)) == usual => {}
        Some(dir) => return Ok(elsewhere(without_dots(&project.join(dir)), entry)),
        None if central => return Ok(elsewhere(central_root(session, project, None)?, entry)),
        None => {}
    }
    let root = followed(usual.clone());
    let shown = if root == usual && project == session.process.cwd {
        NAME.into()
    } else {
        root.clone()
    };
    Ok(Place::plain(root, shown))
}

/// Where a `.venv` file leads, else the path itself.
fn followed(path: PathBuf) -> PathBuf {
    read_redirect(&path).unwrap_or(path)
}

/// The environment that the settings give the project, if it has been made.
pub(crate) fn configured(session: &Session) -> Option<PathBuf> {
    let settings = &session.settings;
    let root = if let Some(dir) = &settings.environment_dir.value {
        let dir = Path::new(dir);
        if dir.is_absolute() {
            without_dots(dir)
        } else {
            without_dots(&project_root(session).join(dir))
        }
    } else if settings.environment_storage.value == EnvironmentStorage::Central {
        central_root(session, &project_root(session), None).ok()?
    } else {
        return None;
    };
    is_environment(&root).then_some(root)
}

/// The environment with the name that was given, in the project or in central storage.
pub(crate) fn named(session: &Session) -> Option<PathBuf> {
    let name = session.settings.environment_name.value.as_ref()?;
    let name = checked(name).ok()?;
    let in_project = session.process.cwd.ancestors().find_map(|dir| {
        let path = followed(dir.join(format!("{NAME}-{name}")));
        is_environment(&path).then_some(path)
    });
    in_project.or_else(|| {
        let root = central_root(session, &project_root(session), Some(name)).ok()?;
        is_environment(&root).then_some(root)
    })
}

/// The environment of this project with a name that need not be the one of the settings.
pub(super) fn by_name(session: &Session, name: &str) -> Option<PathBuf> {
    let name = checked(name).ok()?;
    let project = project_root(session);
    let root = followed(project.join(format!("{NAME}-{name}")));
    if is_environment(&root) {
        return Some(root);
    }
    let root = central_root(session, &project, Some(name)).ok()?;
    is_environment(&root).then_some(root)
}

/// Refuses a name that no environment has.
///
/// # Errors
/// There is none, or it is no name.
pub(crate) fn check_named(session: &Session) -> Result<(), Failure> {
    let Some(name) = &session.settings.environment_name.value else {
        return Ok(());
    };
    let name = checked(name)?;
    if named(session).is_some() {
        return Ok(());
    }
    let failure = Failure::usage(format!("this project has no environment `{name}`"));
    Err(failure.hint(format!("`naja venv -e {name}` makes it")))
}

/// A name that can be part of a file's name everywhere.
fn checked(name: &str) -> Result<&str, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let fits = !name.is_empty()
        && name.len() <= 64
        && name.chars().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if fits {
        return Ok(name);
    }
    Err(
        Failure::usage(format!("`{name}` cannot be the name of an environment"))
            .hint("letters, digits, `.`, `_` and `-` can be in it, the first a letter or a digit"),
    )
}

/// The project of the working directory; the working directory itself if it is in none.
pub(super) fn project_root(session: &Session) -> PathBuf {
    let process = &session.process;
    let project = belongs::project_at(&process.cwd, process.home.as_deref());
    project.map_or_else(|| process.cwd.clone(), |project| project.root)
}

/// The root of a project's environment in central storage.
fn central_root(session: &Session, project: &Path, name: Option<&str>) -> Result<PathBuf, Failure> {
    Ok(central_at(&central_dir(session)?, project, name))
}

/// The root of a project's environment below the directory of central storage.
pub(crate) fn central_at(central: &Path, project: &Path, name: Option<&str>) -> PathBuf {
    let label: String = project
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(32)
        .collect();
    let label = label.trim_matches('-');
    let label = if label.is_empty() { "env" } else { label };
    let hash = registry::short_hash(&project.to_string_lossy());
    let short = hash.get(..12).unwrap_or(&hash);
    let mut directory = format!("{label}-{short}");
    if let Some(name) = name {
        directory.push_str(&format!("-{name}"));
    }
    central.join(directory)
}

/// The directory of central storage.
pub(crate) fn central_dir(session: &Session) -> Result<PathBuf, Failure> {
    Ok(places::data_dir(&session.process)?.join(places::CENTRAL))
}

/// Says why the nearest `.venv` is no environment; `None` if there is none.
pub(crate) fn why_none(cwd: &Path) -> Option<Failure> {
    let entry = cwd
        .ancestors()
        .map(|dir| dir.join(NAME))
        .find(|entry| entry.symlink_metadata().is_ok())?;
    let shown = entry.display();
    let failure = Failure::environment("there is no virtual environment here");
    let failure = if entry.is_dir() {
        failure.cause(format!("`{shown}` is a directory without `pyvenv.cfg`"))
    } else if let Some(root) = read_redirect(&entry) {
        failure.cause(format!(
            "`{shown}` leads to `{}`, which is no environment",
            root.display()
        ))
    } else if entry.is_file() {
        failure.cause(format!(
            "`{shown}` is a file, and not one line with the path of an environment"
        ))
    } else {
        failure.cause(format!("`{shown}` is a link that leads nowhere"))
    };
    Some(
        failure
            .hint("`naja venv` makes an environment there; remove what is in the way")
            .hint("`--system` uses the system's Python, `--python PATH` any other"),
    )
}

/// Whether something is in the place of the entry that may not be replaced.
///
/// # Errors
/// It is.
pub(crate) fn check_entry(entry: &Path, root: &Path) -> Result<(), Failure> {
    let Ok(meta) = std::fs::symlink_metadata(entry) else {
        return Ok(());
    };
    let kind = meta.file_type();
    if kind.is_symlink() || (kind.is_file() && read_redirect(entry).is_some()) || entry == root {
        return Ok(());
    }
    let shown = entry.display();
    if is_environment(entry) {
        return Err(Failure::usage(format!(
            "`{shown}` is an environment; a file that leads to another one cannot be put there"
        ))
        .hint(format!("`naja env remove {shown}` removes it"))
        .hint("`environment-link = \"none\"` leaves what is there alone"));
    }
    Err(Failure::usage(format!(
        "`{shown}` is in the way of the file that leads to the environment"
    )))
}

/// Makes the entry of a project lead to its environment, and the environment name its project.
///
/// # Errors
/// Something is in the way, or it cannot be written.
pub(crate) fn write_redirect(session: &Session, place: &Place) -> Result<(), Failure> {
    let failed = |path: &Path, error: &dyn std::error::Error| {
        Failure::environment(format!("could not write `{}`", path.display())).because(error)
    };
    if let Some(project) = &place.project {
        registry::note_project(&place.root, project)
            .map_err(|error| failed(&place.root.join(".naja/project"), &error))?;
    }
    let Some(entry) = &place.entry else {
        return Ok(());
    };
    check_entry(entry, &place.root)?;
    let linked = session.settings.environment_link.value == EnvironmentLink::Symlink;
    let is_link = entry.is_symlink();
    if linked || is_link {
        let _absent = std::fs::remove_file(entry);
    }
    if linked {
        return link(&place.root, entry).map_err(|error| failed(entry, &error));
    }
    let text = naja_python::redirect_text(entry, &place.root)
        .ok_or_else(|| Failure::usage("the path of the environment is not Unicode"))?;
    naja_store::write::atomic_write(entry, text.as_bytes()).map_err(|error| failed(entry, &error))
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn link(target: &Path, path: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(target, path)
}
