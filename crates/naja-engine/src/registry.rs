//! The registry of environments: one small file for each that naja made, changed or ran in.
//!
//! It is written at most once a day for each environment, so that the file's own time tells the
//! last use. Whoever can write there is the user; still nothing in it is believed: a file that is
//! not as it should be is passed over, and what is to be removed is looked at again.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use naja_env::{EnvKind, Environment};
use naja_python::VenvConfig;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::belongs;
use crate::places;
use crate::process::ProcessEnv;
use crate::session::Session;

/// The version of the format.
const VERSION: u32 = 1;

/// An entry is written again when it is this old.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// No entry is larger, in bytes.
const SIZE_LIMIT: u64 = 1 << 16;

/// More environments than this nobody has.
const MOST_ENTRIES: usize = 20_000;

/// Where an environment notes the project it belongs to.
const PROJECT_NOTE: &str = ".naja/project";

/// What is known about an environment without looking at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The version of the format.
    version: u32,
    /// The root of the environment.
    pub(crate) root: PathBuf,
    /// The root of the project it belongs to.
    pub(crate) project: Option<PathBuf>,
    /// The version of its Python.
    pub(crate) python: Option<String>,
    /// When naja first saw it, in milliseconds since 1970 (UTC).
    pub(crate) made: i64,
    /// When naja last used it, to the day, in milliseconds since 1970 (UTC).
    pub(crate) seen: i64,
}

/// Notes that an environment is in use. Nothing is said when that is impossible.
pub(crate) fn saw(session: &Session, env: &Environment) {
    if env.kind() == EnvKind::Venv {
        saw_root(session, env.root());
    }
}

/// As [`saw`], for an environment that was not opened: one look at a file, on most days.
pub(crate) fn saw_root(session: &Session, root: &Path) {
    let process = &session.process;
    let Some(dir) = dir(process) else { return };
    let Some(path) = path_of(&dir, root) else {
        return;
    };
    let now = now(process);
    let written = fs::metadata(&path).and_then(|meta| meta.modified());
    if written.is_ok_and(|time| now.duration_since(time).unwrap_or_default() < A_DAY) {
        return;
    }
    // Environments of the cache are the cache's affair.
    if root.starts_with(session.store.dir()) {
        return;
    }
    let made = read(&path).map(|known| known.made);
    let config = VenvConfig::read(root).ok().flatten();
    let entry = Entry {
        version: VERSION,
        root: root.to_path_buf(),
        project: project_of(root, process),
        python: config.and_then(|config| config.version().map(str::to_owned)),
        made: made.unwrap_or(process.now_ms),
        seen: process.now_ms,
    };
    if let Ok(text) = serde_json::to_vec(&entry) {
        let _unimportant =
            fs::create_dir_all(&dir).and_then(|()| naja_store::write::atomic_write(&path, &text));
    }
}

/// Forgets an environment.
pub(crate) fn forget(process: &ProcessEnv, root: &Path) {
    if let Some(path) = dir(process).and_then(|dir| path_of(&dir, root)) {
        let _not_there = fs::remove_file(path);
    }
}

/// Every environment that is known, sorted by its root.
pub(crate) fn entries(process: &ProcessEnv) -> Vec<Entry> {
    let Some(dir) = dir(process) else {
        return Vec::new();
    };
    let Ok(files) = fs::read_dir(&dir) else {
        return Vec::new();
    };
    let mut entries: Vec<Entry> = files
        .take(MOST_ENTRIES)
        .filter_map(|file| {
            let path = file.ok()?.path();
            let entry = read(&path)?;
            // A file that speaks of another environment than its name says.
            (path_of(&dir, &entry.root)? == path).then_some(entry)
        })
        .collect();
    entries.sort_by(|a, b| a.root.cmp(&b.root));
    entries
}

/// The project an environment belongs to, also one that is gone.
pub(crate) fn project_of(root: &Path, process: &ProcessEnv) -> Option<PathBuf> {
    if let Some(noted) = noted_project(root) {
        return Some(noted);
    }
    belongs::project_of(root, process.home.as_deref()).map(|project| project.root)
}

/// The project that is noted in an environment.
pub(crate) fn noted_project(root: &Path) -> Option<PathBuf> {
    let text = text_of(&root.join(PROJECT_NOTE))?;
    let line = text.lines().next()?.trim();
    let path = PathBuf::from(line);
    path.is_absolute().then_some(path)
}

/// Notes the project in an environment that lies elsewhere.
///
/// # Errors
/// It cannot be written, or the project's path is not Unicode.
pub(crate) fn note_project(root: &Path, project: &Path) -> std::io::Result<()> {
    let text = project
        .to_str()
        .filter(|text| !text.contains(['\n', '\r']))
        .ok_or(std::io::ErrorKind::InvalidInput)?;
    let note = root.join(PROJECT_NOTE);
    fs::create_dir_all(note.parent().unwrap_or(root))?;
    naja_store::write::atomic_write(&note, format!("{text}\n").as_bytes())
}

fn read(path: &Path) -> Option<Entry> {
    let entry: Entry = serde_json::from_str(&text_of(path)?).ok()?;
    let usable = entry.version == VERSION && entry.root.is_absolute();
    usable.then_some(entry)
}

fn text_of(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    if !meta.is_file() || meta.len() > SIZE_LIMIT {
        return None;
    }
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(SIZE_LIMIT).read_to_string(&mut text).ok()?;
    Some(text)
}

fn dir(process: &ProcessEnv) -> Option<PathBuf> {
    Some(places::find_data_dir(process)?.join("environments"))
}

/// The file of an environment; `None` if its path cannot be written as text.
fn path_of(dir: &Path, root: &Path) -> Option<PathBuf> {
    Some(dir.join(format!("{}.json", short_hash(root.to_str()?))))
}

/// The beginning of a hash, as a name.
pub(crate) fn short_hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(10).map(|b| format!("{b:02x}")).collect()
}

/// The time of the start.
pub(crate) fn now(process: &ProcessEnv) -> SystemTime {
    let since_1970 = Duration::from_millis(u64::try_from(process.now_ms).unwrap_or(0));
    SystemTime::UNIX_EPOCH + since_1970
}
