//! What a session looked at, and what came of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use naja_env::{DistKind, EnvState, Environment};
use naja_python::{SearchPlaces, VenvConfig, stands_for_another};
use serde::{Deserialize, Serialize};

use super::look::{Eyes, Look, Seen, is_about_pythons};
use crate::event::Event;
use crate::process::ProcessEnv;
use crate::registry;

/// What a command that changed nothing had to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// How many packages are in a lock that fits, if it said so.
    #[serde(default)]
    pub fitted: Option<usize>,
    /// How many packages were looked at, if it said so.
    pub audited: Option<usize>,
    /// What it became, if it was `naja run`.
    pub start: Option<Start>,
    /// What it wrote to standard output.
    pub text: Option<String>,
    /// What else it said, and says each time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// In which environment a program was started, and how its name was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The root of the environment.
    pub root: Option<PathBuf>,
    /// Its Python.
    pub python: PathBuf,
    /// An environment whose programs are found behind its own.
    pub below: Option<PathBuf>,
    /// What the first word was.
    pub kind: String,
    /// What the program of others was told, if naja is a front end of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated: Option<Box<Delegated>>,
}

/// How a program of others was started (`naja format`, `naja check`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegated {
    /// The program, and what it is told.
    pub words: Vec<OsString>,
    /// Where it works.
    pub dir: PathBuf,
    /// The directories there that it does not look at, where it does not look at scripts either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apart: Option<Vec<PathBuf>>,
    /// Whether it looks at another environment than its own.
    pub looks: bool,
    /// The root of that one; none where no environment is.
    pub at: Option<PathBuf>,
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

    /// Whether a trace can still come of it.
    pub(crate) fn is_whole(&self) -> bool {
        let record = self.0.as_ref().map(RefCell::borrow);
        record.is_some_and(|record| record.spoiled.is_none())
    }

    /// Takes over what another one noted of a part of the command.
    pub(super) fn absorb(&self, part: &Record) {
        self.with(|record| {
            for (key, seen) in &part.seen {
                record
                    .seen
                    .entry(key.clone())
                    .or_insert_with(|| seen.clone());
            }
            record.said.audited = part.said.audited.or(record.said.audited);
            if let Some(why) = &part.spoiled {
                record.spoiled.get_or_insert_with(|| why.clone());
            }
        });
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
        self.look(look, path, &|name| process.var_os(name).map(OsString::from));
        self.note(Look::Content, &path.join("pyproject.toml"));
    }

    /// Notes a variable that counts for this command only.
    pub(crate) fn variable(&self, process: &ProcessEnv, name: &str) {
        let value = |name: &str| process.var_os(name).map(OsString::from);
        self.look(Look::Variable, Path::new(name), &value);
    }

    /// Notes the metadata of a script, and where its path leads.
    pub(crate) fn script(&self, path: &Path, real: &Path) {
        if path != real {
            self.note(Look::Real, path);
        }
        self.note(Look::Script, real);
    }

    /// Notes how a Python was found: the search path, the directories along it up to the one that has it, what decides
    /// for whom the shims in them stand, and what was tried, with whether it could be used.
    pub(crate) fn search(
        &self,
        process: &ProcessEnv,
        (places, found): (&SearchPlaces, &Path),
        tried: &[(PathBuf, bool)],
    ) {
        if !self.is_on() {
            return;
        }
        self.variable(process, "PATH");
        let here = places
            .path
            .iter()
            .position(|dir| found.parent() == Some(dir));
        let looked_at = match here {
            Some(at) => &places.path[..=at],
            None => &places.path,
        };
        for dir in looked_at {
            self.programs(dir);
        }
        if here.is_none() && places.registry {
            self.spoil("a Python was looked for in the registry");
        }
        if here.is_none() || looked_at.iter().any(|dir| has_shims(dir)) {
            self.managers(places);
        }
        for (path, is_usable) in tried {
            if !is_usable {
                self.spoil("a Python was passed over that may work another time");
            }
            self.program(path);
        }
    }

    /// Notes the Pythons in a directory, and whether it is that of an environment.
    fn programs(&self, dir: &Path) {
        self.note(Look::Pythons, dir);
        if let Some(above) = dir.parent() {
            self.note(Look::Kind, &above.join("pyvenv.cfg"));
        }
    }

    /// Notes what version managers have and choose, and what is looked at after that.
    fn managers(&self, places: &SearchPlaces) {
        for file in &places.choices {
            self.note(Look::Content, file);
        }
        for dir in &places.installs {
            self.note(Look::Names, dir);
            let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
            for entry in entries {
                self.note(Look::Pythons, &entry.path().join("bin"));
            }
        }
        for dir in &places.usual {
            self.programs(dir);
        }
    }

    /// Notes an environment of the cache.
    pub(crate) fn cached(&self, root: &Path, mark: &str) {
        self.note(Look::Kind, &root.join(mark));
        self.environment(root);
    }

    fn look(&self, look: Look, path: &Path, variable: &dyn Fn(&str) -> Option<OsString>) {
        self.with(|record| {
            if !path.is_absolute() && look != Look::Variable {
                return record.cannot_tell(path);
            }
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
                Some((metadata, bytes)) => eyes.of_bytes(path, metadata, bytes),
                None => Seen::Absent,
            };
            if !path.is_absolute() {
                record.cannot_tell(path);
            }
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
    pub(crate) fn program(&self, path: &Path) {
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
            Event::Fitted { packages, .. } => self.with(|record| {
                record.said.fitted = Some(*packages);
            }),
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

    /// Notes what the program of others is told that the command becomes.
    pub(crate) fn delegates(&self, known: Delegated) {
        self.with(|record| {
            if let Some(start) = &mut record.said.start {
                start.delegated = Some(Box::new(known));
            }
        });
    }

    /// Notes something that the command says each time.
    pub(crate) fn says(&self, message: &str) {
        self.with(|record| record.said.notes.push(message.to_owned()));
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

/// Whether a directory has Pythons that stand for others.
fn has_shims(dir: &Path) -> bool {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter(|entry| is_about_pythons(entry.file_name().as_encoded_bytes()))
        .any(|entry| stands_for_another(&entry.path()))
}

impl Record {
    fn cannot_tell(&mut self, path: &Path) {
        self.spoiled
            .get_or_insert_with(|| format!("`{}` cannot be looked at", path.display()));
    }
}
