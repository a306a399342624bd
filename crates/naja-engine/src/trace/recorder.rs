//! What a session looked at, and what came of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use naja_env::{DistKind, EnvState, Environment};
use naja_python::VenvConfig;
use serde::{Deserialize, Serialize};

use super::look::{Eyes, Look, Seen};
use crate::event::Event;
use crate::process::ProcessEnv;
use crate::registry;

/// What a command that changed nothing had to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// How many packages were looked at, if it said so.
    pub audited: Option<usize>,
    /// What it became, if it was `naja run`.
    pub start: Option<Start>,
}

/// In which environment a program was started, and how its name was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The root of the environment.
    pub root: Option<PathBuf>,
    /// Its Python.
    pub python: PathBuf,
    /// What the first word was.
    pub kind: String,
}

/// Notes what a session looks at; one that is off notes nothing.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Option<RefCell<Record>>);

/// What was noted.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) seen: BTreeMap<(PathBuf, Look), Seen>,
    pub(super) said: Said,
    /// Why there can be no trace.
    pub(super) spoiled: Option<String>,
}

impl Recorder {
    /// One that notes.
    pub(crate) fn new() -> Self {
        Self(Some(RefCell::default()))
    }

    /// Whether it notes anything.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// There can be no trace of this run: it did, said or read something that is not noted.
    pub(crate) fn spoil(&self, why: &str) {
        self.with(|record| {
            record.spoiled.get_or_insert_with(|| why.to_owned());
        });
    }

    /// Notes what is at a path. It comes before the path is used.
    pub(crate) fn note(&self, look: Look, path: &Path) {
        self.look(look, path, &|_| None);
    }

    /// Notes a directory that a distribution is built from, with the variables that its project names.
    pub(crate) fn source(&self, process: &ProcessEnv, path: &Path, editable: bool) {
        let look = match editable {
            true => Look::EditableSource,
            false => Look::Source,
        };
        self.look(look, path, &|name| process.var(name).map(str::to_owned));
        self.note(Look::Content, &path.join("pyproject.toml"));
    }

    fn look(&self, look: Look, path: &Path, variable: &dyn Fn(&str) -> Option<String>) {
        self.with(|record| {
            let key = (path.to_path_buf(), look);
            if record.seen.contains_key(&key) {
                return;
            }
            let eyes = Eyes {
                now: SystemTime::now(),
                variable,
            };
            match eyes.first(look, path) {
                Some(seen) => {
                    record.seen.insert(key, seen);
                }
                None => record.cannot_tell(path),
            }
        });
    }

    /// Notes bytes that were read; `None`: there is no such file.
    pub(crate) fn bytes(&self, path: &Path, read: Option<(&Metadata, &[u8])>) {
        self.with(|record| {
            let eyes = Eyes {
                now: SystemTime::now(),
                variable: &|_| None,
            };
            let seen = match read {
                Some((metadata, bytes)) => eyes.of_bytes(metadata, bytes),
                None => Seen::Absent,
            };
            let key = (path.to_path_buf(), Look::Content);
            let differs = match (record.seen.get(&key), &seen) {
                (Some(Seen::Digest(_, before)), Seen::Digest(_, now)) => before != now,
                (Some(before), now) => before != now,
                (None, _) => false,
            };
            if differs {
                record.spoiled = Some(format!("`{}` changes all the time", path.display()));
            }
            record.seen.entry(key).or_insert(seen);
        });
    }

    /// What cannot be read cannot be compared.
    pub(crate) fn unreadable(&self, path: &Path) {
        self.with(|record| record.cannot_tell(path));
    }

    /// Notes an environment before it is opened: the way to it, its settings, its Python, and whether a command was
    /// killed while it changed it.
    pub(crate) fn environment(&self, root: &Path) {
        if !self.is_on() {
            return;
        }
        self.entry(root);
        self.note(Look::Content, &root.join("pyvenv.cfg"));
        self.note(Look::Names, &root.join(".naja"));
        self.note(Look::Content, &root.join(".naja").join("project"));
        if let Some(project) = registry::noted_project(root) {
            self.note(Look::Kind, &project);
        }
        if let Ok(Some(config)) = VenvConfig::read(root)
            && let Some(home) = config.home()
        {
            let version = config.version().unwrap_or_default();
            let short: Vec<&str> = version.split('.').take(2).collect();
            let named = format!("python{}", short.join("."));
            self.note(Look::Kind, &root.join(home).join(named));
        }
        for name in ["bin/python", "bin/python3", "Scripts/python.exe"] {
            self.program(&root.join(name));
        }
    }

    /// Notes what may be an environment, a link to one, or a file that names one.
    pub(crate) fn entry(&self, path: &Path) {
        self.note(Look::Link, path);
        self.note(Look::Kind, path);
        if self.is_on() && path.is_file() {
            self.note(Look::Content, path);
        }
    }

    /// Notes where the nearest environment is looked for.
    pub(crate) fn nearest(&self, start: &Path) {
        if !self.is_on() {
            return;
        }
        for dir in start.ancestors() {
            let entry = dir.join(".venv");
            self.note(Look::Kind, &dir.join("pyvenv.cfg"));
            self.entry(&entry);
            if entry.exists() {
                return;
            }
        }
    }

    /// Notes a program, and each link on the way to it.
    fn program(&self, path: &Path) {
        const MOST_LINKS: usize = 16;
        self.note(Look::Program, path);
        if path.symlink_metadata().is_err() {
            return;
        }
        let mut path = path.to_path_buf();
        for _ in 0..MOST_LINKS {
            self.note(Look::Link, &path);
            let Ok(target) = std::fs::read_link(&path) else {
                return;
            };
            path = path.parent().unwrap_or(Path::new("/")).join(target);
        }
        self.spoil("the links to the Python have no end");
    }

    /// Notes an environment that was opened, before its packages are listed.
    pub(crate) fn packages(&self, env: &Environment) {
        if !self.is_on() {
            return;
        }
        let python = env.interpreter();
        self.program(&python.executable);
        self.program(&python.base_executable);
        let base = env.base_site_dirs().iter().map(PathBuf::as_path);
        for dir in env.site_dirs().into_iter().chain(base) {
            self.note(Look::Packages, dir);
        }
    }

    /// Notes of the distributions what their directory does not show: where they came from, if not from an index.
    pub(crate) fn origins(&self, state: &EnvState) {
        if !self.is_on() {
            return;
        }
        for dist in state.dists() {
            if dist.kind() == DistKind::DistInfo && dist.direct_url().is_some() {
                self.note(Look::Names, &dist.path());
                self.note(Look::Content, &dist.path().join("direct_url.json"));
            }
        }
    }

    /// Hears what the command says: there is no trace of one that says more than that all is there.
    pub(crate) fn hear(&self, event: &Event) {
        match event {
            Event::Detail { .. } | Event::Step(_) => {}
            Event::Audited { packages, .. } => self.with(|record| {
                record.said.audited = Some(*packages);
            }),
            _ => self.spoil("the command had something to say"),
        }
    }

    /// Notes what the command becomes.
    pub(crate) fn starts(&self, start: Start) {
        self.with(|record| record.said.start = Some(start));
    }

    pub(super) fn take(&self) -> Option<Record> {
        let record = self.0.as_ref()?;
        Some(std::mem::take(&mut *record.borrow_mut()))
    }

    fn with(&self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = &self.0 {
            change(&mut record.borrow_mut());
        }
    }
}

impl Record {
    fn cannot_tell(&mut self, path: &Path) {
        self.spoiled
            .get_or_insert_with(|| format!("`{}` cannot be looked at", path.display()));
    }
}
