//! Tasks that are skipped because nothing they read has changed since they went well.
//!
//! The state lies in `.naja/tasks` of the environment, one small file for each task and its arguments. What counts
//! is the content of files; size and time of a file that is as old as before stand for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use naja_project::tasks::TaskRun;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::scene::Scene;
use super::walk;

/// The version of the format.
const VERSION: u32 = 1;

/// A file that is not older than this when it is noted is looked into the next time.
const RACY: Duration = Duration::from_secs(2);

/// Says whether a task is fresh, and notes that it is.
#[derive(Debug)]
pub(super) struct Keeper {
    state: PathBuf,
    dir: PathBuf,
    inputs: Vec<String>,
    outputs: Vec<String>,
    /// Everything but files that decides what comes of it, as a digest.
    definition: String,
    /// The inputs as they were before it ran.
    before: Option<Files>,
}

/// What is known of files, by their paths.
type Files = BTreeMap<String, File>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct File {
    size: u64,
    /// Nanoseconds since 1970.
    time: u64,
    sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    version: u32,
    task: String,
    definition: String,
    /// Milliseconds since 1970.
    noted: u64,
    inputs: Files,
    outputs: Files,
}

impl Keeper {
    /// For a task that says what it reads, in an environment that can keep it.
    pub(super) fn of(run: &TaskRun, scene: &Scene, cwd: &Path) -> Option<Self> {
        let freshness = &run.task.freshness;
        let root = scene.root.as_ref().filter(|_| freshness.is_told())?;
        let mut task = (*run.task).clone();
        // Where it stands, and what is said about it, changes nothing.
        task.line = 0;
        task.help = None;
        let key = format!("{}\0{}\0{:?}", run.dir.display(), task.name, run.arguments);
        let definition = format!(
            "{task:?}{:?}{}{}",
            run.arguments,
            cwd.display(),
            root.display()
        );
        let name = &hash(key.as_bytes())[..32];
        Some(Self {
            state: root.join(".naja/tasks").join(format!("{name}.json")),
            dir: run.dir.clone(),
            inputs: freshness.inputs.clone(),
            outputs: freshness.outputs.clone(),
            definition: hash(definition.as_bytes()),
            before: None,
        })
    }

    /// Whether nothing it reads or makes has changed since it went well.
    pub(super) fn is_fresh(&mut self) -> bool {
        let state = self.read();
        let known = state.as_ref().map(|state| (&state.inputs, state.noted));
        let inputs = files(&self.dir, &self.inputs, known);
        let is_fresh = state.as_ref().is_some_and(|state| {
            let same = |now: &Files, before: &Files| {
                now.len() == before.len()
                    && now.iter().zip(before).all(|((path, file), (old, known))| {
                        path == old && file.sha256 == known.sha256
                    })
            };
            let is_made = |pattern: &String| {
                !walk::all_files(&self.dir, std::slice::from_ref(pattern)).is_empty()
            };
            let patterns = self
                .outputs
                .iter()
                .filter(|pattern| !pattern.starts_with('!'));
            state.definition == self.definition
                && same(&inputs, &state.inputs)
                && patterns.into_iter().all(is_made)
                && same(
                    &files(
                        &self.dir,
                        &self.outputs,
                        Some((&state.outputs, state.noted)),
                    ),
                    &state.outputs,
                )
        });
        self.before = Some(inputs);
        is_fresh
    }

    /// Notes that it went well; what cannot be noted is done again the next time.
    pub(super) fn note(&self, task: &str) {
        let Some(inputs) = self.before.clone() else {
            return;
        };
        let state = State {
            version: VERSION,
            task: task.to_owned(),
            definition: self.definition.clone(),
            noted: now(),
            inputs,
            outputs: files(&self.dir, &self.outputs, None),
        };
        let Ok(text) = serde_json::to_vec(&state) else {
            return;
        };
        let made = self.state.parent().map(std::fs::create_dir_all);
        if matches!(made, Some(Ok(()))) {
            let _unwritten = naja_store::write::atomic_write(&self.state, &text);
        }
    }

    /// Forgets that it went well: it is about to run, and may fail.
    pub(super) fn forget(&self) {
        let _absent = std::fs::remove_file(&self.state);
    }

    fn read(&self) -> Option<State> {
        let bytes = std::fs::read(&self.state).ok()?;
        let state: State = serde_json::from_slice(&bytes).ok()?;
        (state.version == VERSION).then_some(state)
    }
}

/// What patterns stand for, as it is now. What is known and not touched since is not read again.
fn files(dir: &Path, patterns: &[String], known: Option<(&Files, u64)>) -> Files {
    let mut found = Files::new();
    for path in walk::all_files(dir, patterns) {
        let place = dir.join(&path);
        let Ok(meta) = std::fs::metadata(&place) else {
            continue;
        };
        let time = meta
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let time = time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(0));
        let size = meta.len();
        let before = known.and_then(|(files, noted)| {
            let file = files.get(&path)?;
            let is_old = Duration::from_nanos(time) + RACY < Duration::from_millis(noted);
            (is_old && file.size == size && file.time == time).then_some(&file.sha256)
        });
        let sha256 = match before {
            Some(sha256) => sha256.clone(),
            None => match std::fs::read(&place) {
                Ok(bytes) => hash(&bytes),
                Err(_unreadable) => "unreadable".to_owned(),
            },
        };
        found.insert(path, File { size, time, sha256 });
    }
    found
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
