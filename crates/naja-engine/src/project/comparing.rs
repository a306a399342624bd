//! `naja lock diff`: what differs between two locks, in what they mean.

use std::path::PathBuf;

use naja_lock::project::{Comparison, Inputs, LockReadError, LockedNode};
use naja_lock::{ProjectLock, Pylock};

use super::git::Git;
use super::load::{LOCK, Project};
use crate::failure::Failure;
use crate::session::Session;

/// What `naja lock diff` compares.
#[derive(Clone, Debug, Default)]
pub struct DiffRequest {
    /// A revision of git, or a file; `HEAD` if nothing is named.
    pub from: Option<String>,
    /// The same; the lock as it lies there if nothing is named.
    pub to: Option<String>,
}

/// What `naja lock diff` found.
#[derive(Clone, Debug)]
pub struct DiffReport {
    /// What the first lock is called.
    pub from: String,
    /// What the second one is called.
    pub to: String,
    /// What differs.
    pub comparison: Comparison,
}

/// Compares two locks.
///
/// # Errors
/// There is no such revision or file, or one of them is no lock.
pub fn diff(session: &Session, request: &DiffRequest) -> Result<DiffReport, Failure> {
    let (from, to) = match (&request.from, &request.to) {
        (Some(range), None) if is_range(session, range) => {
            let (from, to) = range.split_once("..").unwrap_or((range, ""));
            (named_or(from, "HEAD"), Some(named_or(to, "HEAD")))
        }
        (from, to) => (
            from.clone().unwrap_or_else(|| "HEAD".to_owned()),
            to.clone(),
        ),
    };
    let place = Place::of(session);
    let before = place.read(session, &from)?;
    let (to, after) = match to {
        Some(to) => (to.clone(), place.read(session, &to)?),
        None => (LOCK.to_owned(), place.read_own()?),
    };
    Ok(DiffReport {
        comparison: Comparison::between(&before, &after),
        from,
        to,
    })
}

fn named_or(text: &str, otherwise: &str) -> String {
    match text {
        "" => otherwise.to_owned(),
        text => text.to_owned(),
    }
}

fn is_range(session: &Session, text: &str) -> bool {
    text.contains("..") && !session.process.absolute(text.as_ref()).is_file()
}

/// The directory of the lock.
struct Place {
    dir: PathBuf,
}

impl Place {
    /// The root of the project; where its manifests cannot be read, the nearest directory that has a lock.
    fn of(session: &Session) -> Self {
        let root = Project::find(session).ok().flatten();
        let dir = root.map(|project| project.workspace.root).or_else(|| {
            let mut dirs = session.project.ancestors();
            let found = dirs.find(|dir| dir.join(LOCK).is_file());
            found.map(std::path::Path::to_path_buf)
        });
        Self {
            dir: dir.unwrap_or_else(|| session.project.clone()),
        }
    }

    /// A lock by its revision, or by its path.
    fn read(&self, session: &Session, named: &str) -> Result<ProjectLock, Failure> {
        let path = session.process.absolute(named.as_ref());
        let text = match path.is_file() {
            true => read_text(&path)?,
            false => Git::new(session, &self.dir).file_at(named, LOCK)?,
        };
        read_lock(&text, named)
    }

    fn read_own(&self) -> Result<ProjectLock, Failure> {
        let path = self.dir.join(LOCK);
        if !path.is_file() {
            return Err(Failure::usage("there is no lock to compare with")
                .cause(format!("`{}` does not exist", path.display()))
                .hint("`naja lock` makes it"));
        }
        read_lock(&read_text(&path)?, LOCK)
    }
}

pub(super) fn read_text(path: &std::path::Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("could not read {}", path.display())).because(&error)
    })
}

/// Any lock of the standard; nothing at all is an empty one.
fn read_lock(text: &str, name: &str) -> Result<ProjectLock, Failure> {
    if text.trim().is_empty() {
        return Ok(ProjectLock {
            file: Pylock::default(),
            inputs: Inputs::default(),
            nodes: Vec::new(),
        });
    }
    if let Some(merged) = ProjectLock::of_conflict(text) {
        return Ok(merged.lock);
    }
    let unreadable =
        |error: &dyn std::error::Error| Failure::usage(format!("{name} is no lock")).because(error);
    match ProjectLock::parse(text) {
        Ok(lock) => Ok(lock),
        // What another tool made says less, and can be compared all the same.
        Err(LockReadError::Foreign) => {
            let file = Pylock::parse(text).map_err(|error| unreadable(&error))?;
            Ok(ProjectLock {
                inputs: Inputs {
                    requires_python: file.requires_python.clone(),
                    environments: file.environments.clone(),
                    ..Inputs::default()
                },
                nodes: vec![LockedNode::default(); file.packages.len()],
                file,
            })
        }
        Err(error) => Err(unreadable(&error)),
    }
}
