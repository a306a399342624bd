//! [`Goal`]: the way back over several entries, put together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_env::{FileEdit, OWNERLESS, Returning};
use naja_spec::{PackageName, Sha256};

use super::entry::{Entry, Recorded};
use super::shelf::Shelf;
use crate::failure::Failure;

/// What becomes of the distributions of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// None is there.
    Gone,
    /// This one is there.
    Back(Box<Recorded>),
}

/// What has to be done to be where an earlier entry began.
#[derive(Debug, Default)]
pub(super) struct Goal {
    /// By name; what is not named stays as it is.
    pub(super) wanted: BTreeMap<PackageName, Wanted>,
    /// Kept files by their places below the root, with the record they belong to.
    files: BTreeMap<PathBuf, (PathBuf, String)>,
    /// Files that were not there, by the record that lists them.
    absent: BTreeMap<String, Vec<String>>,
    /// Files of nobody's that were not there, below the root.
    leaving: BTreeSet<PathBuf>,
    /// What files of the project shall contain, and the digest of what they contain now if nobody else changed
    /// them; relative to the directory that holds the environment.
    project: BTreeMap<String, (Option<Arc<str>>, Option<Sha256>)>,
    /// Records that were put in the place of themselves: what was edited in them came or went.
    again: BTreeSet<String>,
    /// What other tools changed on the way.
    pub(super) foreign: Vec<String>,
}

impl Goal {
    /// Goes back over entries, the newest first.
    ///
    /// # Errors
    /// Kept files cannot be listed.
    pub(super) fn before(shelf: &Shelf, newest_first: &[Entry]) -> Result<Self, Failure> {
        let mut goal = Self::default();
        for (at, entry) in newest_first.iter().enumerate() {
            goal.step(shelf, entry)?;
            // What others did before the last one is where we want to be.
            if at + 1 < newest_first.len() {
                goal.note_foreign(entry);
            }
        }
        Ok(goal)
    }

    fn step(&mut self, shelf: &Shelf, entry: &Entry) -> Result<(), Failure> {
        for dist in &entry.installed {
            self.forget(dist);
            if let Some(name) = dist.package() {
                self.wanted.insert(name, Wanted::Gone);
            }
        }
        for dist in &entry.removed {
            if entry.installed.iter().any(|new| new.entry == dist.entry) {
                self.again.insert(dist.entry.clone());
            }
            if let Some(name) = dist.package() {
                self.wanted
                    .insert(name, Wanted::Back(Box::new(dist.clone())));
            }
            if !dist.absent.is_empty() {
                self.absent.insert(dist.entry.clone(), dist.absent.clone());
            }
        }
        for path in entry.came.iter().map(PathBuf::from) {
            self.files.remove(&path);
            self.leaving.insert(path);
        }
        if entry.kept.files > 0 {
            let kept = shelf.kept_dir(entry.id);
            let labels = entry.removed.iter().map(|dist| &*dist.entry);
            for label in labels.chain([OWNERLESS]) {
                self.collect(&kept.join(label), Path::new(""), label)
                    .map_err(|error| {
                        Failure::environment(format!("could not list `{}`", kept.display()))
                            .because(&error)
                    })?;
            }
        }
        for file in &entry.files {
            let now = file.after;
            let slot = self.project.entry(file.path.clone());
            slot.or_insert((None, now)).0.clone_from(&file.before);
        }
        Ok(())
    }

    /// Drops what was to come back for a distribution that was not there yet.
    fn forget(&mut self, dist: &Recorded) {
        self.files.retain(|_, (_, label)| *label != dist.entry);
        self.absent.remove(&dist.entry);
    }

    fn collect(&mut self, dir: &Path, below: &Path, label: &str) -> io::Result<()> {
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let place = below.join(entry.file_name());
            let is_dir = entry.file_type()?.is_dir();
            if is_dir {
                self.collect(&entry.path(), &place, label)?;
            }
            // A directory with nothing in it comes back as such.
            if !is_dir || fs::read_dir(entry.path())?.next().is_none() {
                self.leaving.remove(&place);
                self.files.insert(place, (entry.path(), label.to_owned()));
            }
        }
        Ok(())
    }

    fn note_foreign(&mut self, entry: &Entry) {
        let (gone, come) = (&entry.foreign.removed, &entry.foreign.installed);
        let line = |sign: char, dist: &Recorded| format!("{sign} {}=={}", dist.name, dist.version);
        let gone = gone.iter().map(|dist| line('-', dist));
        let come = come.iter().map(|dist| line('+', dist));
        self.foreign.extend(gone.chain(come));
    }

    /// The files that come back with these records, and those that belonged to nobody.
    pub(super) fn returning(&self, root: &Path, records: &BTreeSet<&str>) -> Vec<Returning> {
        let files = self.files.iter();
        files
            .filter(|(_, (_, label))| label == OWNERLESS || records.contains(&**label))
            .map(|(place, (from, label))| Returning {
                from: from.clone(),
                to: root.join(place),
                ownerless: label == OWNERLESS,
            })
            .collect()
    }

    /// The files of nobody's that go.
    pub(super) fn leaving(&self, root: &Path) -> Vec<PathBuf> {
        self.leaving.iter().map(|place| root.join(place)).collect()
    }

    /// Whether more than its archive is to be looked at for a record.
    pub(super) fn has_files(&self, record: &str) -> bool {
        self.files.values().any(|(_, label)| label == record)
            || self.absent.contains_key(record)
            || self.again.contains(record)
    }

    /// The files of these records that shall not be there.
    pub(super) fn without(&self, root: &Path, records: &BTreeSet<&str>) -> Vec<PathBuf> {
        let absent = self.absent.iter();
        absent
            .filter(|(record, _)| records.contains(&***record))
            .flat_map(|(_, paths)| paths.iter().map(|path| root.join(path)))
            .collect()
    }

    /// The edits of project files. Those that are not what the history left are named, and with
    /// `force` overwritten.
    ///
    /// # Errors
    /// A file cannot be read, or was changed since.
    pub(super) fn edits(&self, project: &Path, force: bool) -> Result<Vec<FileEdit>, Failure> {
        let mut edits = Vec::new();
        let mut changed = Vec::new();
        for (below, (target, expected)) in &self.project {
            let path = project.join(below);
            let now = match fs::read(&path) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => {
                    let title = format!("could not read `{}`", path.display());
                    return Err(Failure::environment(title).because(&error));
                }
            };
            let after = target.as_ref().map(|text| text.as_bytes().to_vec());
            if now == after {
                continue;
            }
            if now.as_deref().map(Sha256::of) != *expected {
                changed.push(format!("`{}`", path.display()));
            }
            edits.push(FileEdit {
                path,
                before: now,
                after,
            });
        }
        if !changed.is_empty() && !force {
            return Err(Failure::unsatisfied(
                "files of the project were changed since, and would be overwritten",
            )
            .cause(changed.join(", "))
            .hint("`--force` overwrites them; the history keeps what they contain now"));
        }
        Ok(edits)
    }
}
