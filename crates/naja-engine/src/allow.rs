//! Which environments the hook of a shell may activate by itself: those of directories that the
//! user allowed, as long as they are the same ones.

use std::io::Read;
use std::path::{Path, PathBuf};

use naja_python::{DiscoveryInputs, EnvironmentOrigin, locate_environment, real_path};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::env;
use crate::failure::Failure;
use crate::places;
use crate::process::ProcessEnv;
use crate::session::Session;
use crate::target;

/// The directory of records below the user's data.
const DIR: &str = "allowed";

/// What ends the name of the mark that the user wants to hear nothing about a directory.
const DENIED: &str = "denied";

/// The largest configuration of an environment that is looked at, in bytes.
const CONFIG_LIMIT: u64 = 1 << 20;

/// An environment and the directory it is the environment of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The directory that a person allows.
    pub(crate) directory: PathBuf,
    /// The root of the environment.
    pub(crate) root: PathBuf,
}

/// The record of a directory that was allowed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AllowedDirectory {
    /// The version of the format.
    version: u32,
    /// The directory.
    pub directory: PathBuf,
    /// The root of its environment.
    pub root: PathBuf,
    /// The Python behind it.
    pub python: PathBuf,
}

/// What the user has said about a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is allowed, and its environment is the one that was allowed.
    Allowed,
    /// It was allowed when it had another environment.
    Replaced,
    /// It shall not be mentioned.
    Denied,
    /// Nothing.
    Unknown,
}

/// The environment nearest to a directory, whichever is active: that of a `.venv` there or above,
/// or one that central storage has for a directory on the way.
pub(crate) fn nearest(process: &ProcessEnv, cwd: &Path) -> Option<Place> {
    let central = places::find_data_dir(process).map(|data| data.join(places::CENTRAL));
    let central = central.filter(|dir| dir.is_dir());
    for dir in cwd.ancestors() {
        if naja_python::is_environment(dir) || dir.join(".venv").symlink_metadata().is_ok() {
            break;
        }
        let root = central
            .as_deref()
            .map(|central| env::central_at(central, dir, None));
        if let Some(root) = root.filter(|root| naja_python::is_environment(root)) {
            return Some(Place {
                directory: dir.to_path_buf(),
                root,
            });
        }
    }
    nearest_named(cwd)
}

/// The environment that a `.venv` leads to.
fn nearest_named(cwd: &Path) -> Option<Place> {
    let inputs = DiscoveryInputs::from_variables(cwd.to_path_buf(), &|_name| None);
    let found = locate_environment(&inputs)?;
    let own = || match found.root.file_name() {
        Some(name) if name == ".venv" => found.root.parent().map(Path::to_path_buf),
        _ => None,
    };
    let directory = match found.origin {
        EnvironmentOrigin::DotVenv => cwd
            .ancestors()
            .find(|dir| dir.join(".venv").exists())
            .map(Path::to_path_buf),
        _ => own(),
    };
    Some(Place {
        directory: directory.unwrap_or_else(|| found.root.clone()),
        root: found.root,
    })
}

/// What identifies an environment: its path, its configuration and who wrote it, the Python it
/// leads to. `None` where that Python is gone.
pub(crate) struct Identity {
    /// The Python behind it, without links.
    pub(crate) python: PathBuf,
    digest: String,
}

impl Identity {
    pub(crate) fn of(root: &Path) -> Option<Self> {
        let python = ["bin/python", "Scripts/python.exe"]
            .iter()
            .find_map(|name| real_path(&root.join(name)).ok())?;
        let file = std::fs::File::open(root.join(naja_python::CONFIG_NAME)).ok()?;
        let owner = owner(&file)?;
        let mut config = Vec::new();
        file.take(CONFIG_LIMIT).read_to_end(&mut config).ok()?;
        let parts: [&[u8]; 4] = [
            root.as_os_str().as_encoded_bytes(),
            python.as_os_str().as_encoded_bytes(),
            &owner.to_le_bytes(),
            &config,
        ];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        Some(Self {
            python,
            digest: short(hash),
        })
    }
}

#[cfg(unix)]
fn owner(file: &std::fs::File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    file.metadata().ok().map(|meta| meta.uid())
}

#[cfg(not(unix))]
fn owner(file: &std::fs::File) -> Option<u32> {
    file.metadata().ok().map(|_meta| 0)
}

fn short(hash: Sha256) -> String {
    let digest = hash.finalize();
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The name that all files about a directory begin with.
fn prefix(directory: &Path) -> String {
    let mut hash = Sha256::new();
    hash.update(directory.as_os_str().as_encoded_bytes());
    short(hash)
}

/// The file that is there when this environment of this directory is allowed.
pub(crate) fn record(data: &Path, directory: &Path, identity: &Identity) -> PathBuf {
    let name = format!("{}-{}", prefix(directory), identity.digest);
    data.join(DIR).join(name)
}

/// What the user has said about a directory.
pub(crate) fn standing(data: &Path, place: &Place, identity: &Identity) -> Standing {
    if record(data, &place.directory, identity).exists() {
        return Standing::Allowed;
    }
    let files = files_about(data, &place.directory);
    let denied = |file: &PathBuf| file.to_string_lossy().ends_with(DENIED);
    match files.is_empty() {
        true => Standing::Unknown,
        false if files.iter().any(denied) => Standing::Denied,
        false => Standing::Replaced,
    }
}

fn files_about(data: &Path, directory: &Path) -> Vec<PathBuf> {
    let prefix = prefix(directory);
    let Ok(entries) = std::fs::read_dir(data.join(DIR)) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect()
}

/// Lets the hook of a shell activate the environment of a directory.
///
/// # Errors
/// There is no environment, it is broken, or the record cannot be written.
pub fn allow(session: &Session, directory: Option<&Path>) -> Result<AllowedDirectory, Failure> {
    let place = place(session, directory)?;
    let Some(identity) = Identity::of(&place.root) else {
        return Err(Failure::environment(format!(
            "the environment `{}` has no Python",
            place.root.display()
        ))
        .cause("its base Python may have been removed or moved")
        .hint("make it again with `naja venv --clear`"));
    };
    if !crate::hook::can_be_named(&place.root) {
        return Err(Failure::environment(format!(
            "the path `{}` cannot stand in PATH",
            place.root.display()
        )));
    }
    let data = places::data_dir(&session.process)?;
    put(&data, &place, &identity)
}

fn put(data: &Path, place: &Place, identity: &Identity) -> Result<AllowedDirectory, Failure> {
    let record = record(data, &place.directory, identity);
    let allowed = AllowedDirectory {
        version: 1,
        directory: place.directory.clone(),
        root: place.root.clone(),
        python: identity.python.clone(),
    };
    let unwritable = |error: &dyn std::error::Error| {
        Failure::environment(format!("could not write `{}`", record.display())).because(error)
    };
    let mut json = serde_json::to_vec_pretty(&allowed).map_err(|error| unwritable(&error))?;
    json.push(b'\n');
    let written =
        private_dir(&data.join(DIR)).and_then(|()| naja_store::write::atomic_write(&record, &json));
    written.map_err(|error| unwritable(&error))?;
    for old in files_about(data, &place.directory) {
        if old != record {
            // What stays names an environment that is there no more.
            let _stays = std::fs::remove_file(old);
        }
    }
    Ok(allowed)
}

/// Makes a directory into which only the user writes.
fn private_dir(path: &Path) -> std::io::Result<()> {
    crate::system::private_dirs().recursive(true).create(path)
}

/// Takes the permission back, and lets the hook be silent about the directory. Says which
/// directory, and whether it had been allowed.
///
/// # Errors
/// The record cannot be removed or written.
pub fn deny(session: &Session, directory: Option<&Path>) -> Result<(PathBuf, bool), Failure> {
    let directory = match place(session, directory) {
        Ok(place) => place.directory,
        Err(_) => {
            let given = directory.map(|dir| session.process.absolute(dir));
            let given = given.unwrap_or_else(|| session.process.cwd.clone());
            real_path(&given).unwrap_or(given)
        }
    };
    let data = places::data_dir(&session.process)?;
    let mark = data
        .join(DIR)
        .join(format!("{}-{DENIED}", prefix(&directory)));
    let unwritable = |path: &Path, error: &std::io::Error| {
        Failure::environment(format!("could not change `{}`", path.display())).because(error)
    };
    let mut was_allowed = false;
    for file in files_about(&data, &directory) {
        if file != mark {
            std::fs::remove_file(&file).map_err(|error| unwritable(&file, &error))?;
            was_allowed = true;
        }
    }
    private_dir(&data.join(DIR))
        .and_then(|()| std::fs::write(&mark, directory.as_os_str().as_encoded_bytes()))
        .map_err(|error| unwritable(&mark, &error))?;
    Ok((directory, was_allowed))
}

/// Every directory that is allowed, by its path.
///
/// # Errors
/// There is no place for the user's data.
pub fn allowed(session: &Session) -> Result<Vec<AllowedDirectory>, Failure> {
    let data = places::data_dir(&session.process)?;
    let Ok(entries) = std::fs::read_dir(data.join(DIR)) else {
        return Ok(Vec::new());
    };
    let mut found: Vec<AllowedDirectory> = entries
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path()).ok())
        .filter_map(|bytes| serde_json::from_slice(&bytes).ok())
        .collect();
    found.sort_by(|a, b| a.directory.cmp(&b.directory));
    Ok(found)
}

/// Whether the hook activates an environment. One look where nothing was ever allowed.
pub(crate) fn is_allowed(process: &ProcessEnv, root: &Path) -> bool {
    let known = allowed_place(process, root);
    known.is_some_and(|(data, place)| {
        Identity::of(&place.root)
            .is_some_and(|identity| standing(&data, &place, &identity) == Standing::Allowed)
    })
}

/// Where the records are and what they would call an environment, if there are any.
fn allowed_place(process: &ProcessEnv, root: &Path) -> Option<(PathBuf, Place)> {
    let data = places::find_data_dir(process)?;
    if !data.join(DIR).exists() {
        return None;
    }
    let root = real_path(root).ok()?;
    // A `.venv` file may lead to it from somewhere else.
    let place = nearest(process, &process.cwd)
        .filter(|place| is_same(&place.root, &root))
        .or_else(|| nearest(process, &root))?;
    Some((data, place))
}

/// An environment was made from nothing, or changed by its owner with naja, in a directory that is
/// allowed: it stays allowed.
pub(crate) fn renew(process: &ProcessEnv, root: &Path) {
    let Some((data, place)) = allowed_place(process, root) else {
        return;
    };
    let Some(identity) = Identity::of(&place.root) else {
        return;
    };
    if standing(&data, &place, &identity) == Standing::Replaced {
        // Without it the user is asked again.
        let _asked_again = put(&data, &place, &identity);
    }
}

/// The environment that a directory named on the command line is about.
fn place(session: &Session, directory: Option<&Path>) -> Result<Place, Failure> {
    let given = directory.map_or_else(
        || session.process.cwd.clone(),
        |directory| session.process.absolute(directory),
    );
    let physical = real_path(&given).map_err(|error| {
        Failure::usage(format!("there is no directory `{}`", given.display())).because(&error)
    })?;
    let found = nearest(&session.process, &physical).filter(|place| {
        directory.is_none() || place.directory == physical || place.root == physical
    });
    found.ok_or_else(|| {
        Failure::usage(format!("there is no environment in `{}`", given.display()))
            .hint("`naja venv` makes one")
    })
}

/// Whether the environment that is active was activated by the user and not by the hook.
pub(crate) fn is_by_hand(process: &ProcessEnv, hooked: &str) -> Option<PathBuf> {
    let active = process
        .var("VIRTUAL_ENV")
        .filter(|active| *active != hooked)?;
    Some(process.absolute(Path::new(active)))
}

/// Whether two roots are one environment.
pub(crate) fn is_same(a: &Path, b: &Path) -> bool {
    target::same_place(a, b)
}
