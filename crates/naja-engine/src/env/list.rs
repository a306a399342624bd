//! `naja env list`, `path` and `info`.

use std::path::{Path, PathBuf};

use naja_env::relocate::{self, State};
use naja_python::{VenvConfig, is_environment, locate_environment};
use serde::Serialize;

use super::measure::{Size, measure};
use super::storage;
use crate::belongs;
use crate::failure::Failure;
use crate::registry::{self, Entry};
use crate::session::Session;
use crate::target;

/// What `naja env list` shall show.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListRequest {
    /// Whether sizes are measured: every file is looked at.
    pub size: bool,
    /// Whether the environments that naja keeps in its cache are shown as well.
    pub cached: bool,
    /// Only those that nothing needs any more.
    pub orphans: bool,
}

/// Where an environment is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Wherever the user wanted it, mostly in a project.
    Own,
    /// In central storage.
    Central,
    /// In the cache: of a script, or for `--with`.
    Cached,
}

/// An environment.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its root.
    pub root: PathBuf,
    /// Where it is kept.
    pub kind: Kind,
    /// The root of the project it belongs to.
    pub project: Option<PathBuf>,
    /// The version of its Python.
    pub python: Option<String>,
    /// The directory of the Python it was made from.
    pub base: Option<PathBuf>,
    /// Its size, if it was measured.
    pub size: Option<Size>,
    /// When naja first saw it (milliseconds since 1970, UTC).
    pub made_ms: Option<i64>,
    /// When naja last used it, to the day (milliseconds since 1970, UTC).
    pub used_ms: Option<i64>,
    /// Whether it is the active one of this shell.
    pub active: bool,
    /// Whether it is the one that commands here use.
    pub here: bool,
    /// What is missing: `environment`, `project`, `python`.
    pub missing: Vec<&'static str>,
    /// Where it was before it was moved, if it has not been used since.
    pub moved_from: Option<PathBuf>,
}

impl Listed {
    /// Whether nothing needs it any more.
    #[must_use]
    pub fn is_orphan(&self) -> bool {
        !self.missing.is_empty()
    }
}

/// Lists the environments that naja knows, those of the directory first.
pub fn list(session: &mut Session, request: ListRequest) -> Vec<Listed> {
    let mut all: Vec<Listed> = Vec::new();
    for root in places(session) {
        add(session, &mut all, root, None);
    }
    for entry in registry::entries(&session.process) {
        let root = entry.root.clone();
        add(session, &mut all, root, Some(&entry));
    }
    if request.cached {
        for root in cached_roots(session) {
            add(session, &mut all, root, None);
        }
    }
    if request.orphans {
        all.retain(Listed::is_orphan);
    }
    if request.size {
        for listed in &mut all {
            listed.size = Some(measure(&listed.root));
        }
    }
    all.sort_by(|a, b| {
        (!a.here, !a.active, a.kind, &a.root).cmp(&(!b.here, !b.active, b.kind, &b.root))
    });
    all
}

/// The roots that are found without the registry: here, active, in central storage.
fn places(session: &Session) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    roots.extend(here(session));
    let inputs = target::discovery_inputs(session);
    roots.extend(
        inputs
            .virtual_env
            .as_ref()
            .map(|root| inputs.absolute(root)),
    );
    if let Ok(dir) = storage::central_dir(session) {
        roots.extend(environments_in(&dir));
    }
    roots
}

/// The environments of the cache.
pub(super) fn cached_roots(session: &Session) -> Vec<PathBuf> {
    environments_in(&session.store.dir().join("v1/environments"))
}

fn environments_in(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut roots: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| !is_leftover(path) && is_environment(path))
        .collect();
    roots.sort();
    roots
}

/// What a killed removal or creation left.
fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') && name.contains(".naja-new-")
}

/// The environment that commands here use, whether or not another one is active.
#[must_use]
pub fn here(session: &Session) -> Option<PathBuf> {
    let inputs = belongs::without_active(&target::discovery_inputs(session));
    locate_environment(&inputs).map(|place| place.root)
}

fn add(session: &Session, all: &mut Vec<Listed>, root: PathBuf, entry: Option<&Entry>) {
    let known = all
        .iter_mut()
        .find(|known| known.root == root || target::same_place(&known.root, &root));
    match known {
        Some(known) => {
            if let Some(entry) = entry
                && known.used_ms.is_none()
            {
                known.made_ms = Some(entry.made);
                known.used_ms = Some(entry.seen);
            }
        }
        None => all.push(described(session, root, entry)),
    }
}

/// Looks at one environment.
pub(super) fn described(session: &Session, root: PathBuf, entry: Option<&Entry>) -> Listed {
    let process = &session.process;
    let exists = is_environment(&root);
    let config = VenvConfig::read(&root).ok().flatten().unwrap_or_default();
    let project = if exists {
        registry::project_of(&root, process)
    } else {
        None
    };
    let project = project.or_else(|| entry.and_then(|entry| entry.project.clone()));
    let mut missing = Vec::new();
    let mut moved_from = None;
    if exists {
        match relocate::state_by(&root, &config) {
            State::BaseGone { .. } => missing.push("python"),
            State::Moved { from } => moved_from = Some(from),
            _ => {}
        }
        if project.as_ref().is_some_and(|project| !project.is_dir()) {
            missing.push("project");
        }
    } else {
        missing.push("environment");
    }
    let kind = kind_of(session, &root);
    let used = match kind {
        Kind::Cached => ready_ms(&root),
        _ => entry.map(|entry| entry.seen),
    };
    let inputs = target::discovery_inputs(session);
    let active = inputs.virtual_env.map(|active| process.absolute(&active));
    let is = |other: Option<PathBuf>| {
        other.is_some_and(|other| other == root || target::same_place(&other, &root))
    };
    Listed {
        kind,
        python: config
            .version()
            .map(str::to_owned)
            .or_else(|| entry.and_then(|entry| entry.python.clone())),
        base: config.home().map(Path::to_path_buf),
        size: None,
        made_ms: entry.map(|entry| entry.made),
        used_ms: used,
        active: is(active),
        here: is(here(session)),
        missing,
        moved_from,
        project: project.filter(|_| kind != Kind::Cached),
        root,
    }
}

fn kind_of(session: &Session, root: &Path) -> Kind {
    if root.starts_with(session.store.dir()) {
        return Kind::Cached;
    }
    match storage::central_dir(session) {
        Ok(dir) if root.starts_with(&dir) => Kind::Central,
        _ => Kind::Own,
    }
}

/// When an environment of the cache was made, or last asked for.
fn ready_ms(root: &Path) -> Option<i64> {
    let time = std::fs::metadata(root.join(".naja-ready"))
        .and_then(|meta| meta.modified())
        .ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// Tells everything about one environment: the one that commands here use, if none is named.
///
/// # Errors
/// There is none.
pub fn info(session: &mut Session, named: Option<&Path>) -> Result<Listed, Failure> {
    let root = match named {
        Some(path) => super::remove::environment_at(session, path)?,
        None => target::environment_root(session).ok_or_else(|| {
            Failure::environment("there is no virtual environment here")
                .hint("`naja venv` makes one")
        })?,
    };
    let entries = registry::entries(&session.process);
    let entry = entries
        .iter()
        .find(|entry| target::same_place(&entry.root, &root));
    let mut listed = described(session, root, entry);
    listed.size = Some(measure(&listed.root));
    Ok(listed)
}
