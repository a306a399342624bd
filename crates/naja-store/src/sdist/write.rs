//! Writing a tree below a fresh directory: links come last, so that nothing is ever written
//! through one.

use std::collections::btree_map::Entry;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::links::{Placed, Places, check_symlink, hard_link_source};
use super::{SourceProblem, path};
use crate::error::{IoContext as _, StoreError};

/// Times before 1980 are not kept: zip archives, which wheels are, cannot hold them.
const FIRST_TIME: u64 = 315_619_200;

/// Why unpacking ends: the archive is refused, or the disk fails.
#[derive(Debug)]
pub(super) enum Fault {
    Archive(SourceProblem),
    Disk(StoreError),
}

impl From<SourceProblem> for Fault {
    fn from(problem: SourceProblem) -> Self {
        Self::Archive(problem)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Disk(error)
    }
}

/// What a member says about itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts {
    pub(super) executable: bool,
    /// Seconds since the Unix epoch; 0 for unknown.
    pub(super) modified: u64,
}

/// Yields the next piece of a file's contents; empty at its end.
pub(super) type Contents<'a> =
    &'a mut dyn FnMut(&mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), Fault>;

/// Places members below an empty directory.
pub(super) struct TreeWriter {
    root: PathBuf,
    places: Places,
    /// The links in their order, and when they were changed.
    links: Vec<String>,
    members: u64,
    most: u64,
    now: u64,
}

impl TreeWriter {
    pub(super) fn new(root: &Path, most: u64) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            root: root.to_path_buf(),
            places: Places::new(),
            links: Vec::new(),
            members: 0,
            most,
            now: now.unwrap_or_default().as_secs(),
        }
    }

    fn enter(&mut self, raw: &[u8]) -> Result<String, Fault> {
        self.members += 1;
        if self.members > self.most {
            return Err(SourceProblem::TooMany(self.most).into());
        }
        let path = path::clean(raw)?;
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.make_dirs(parent)?;
        }
        Ok(path)
    }

    fn make_dirs(&mut self, path: &str) -> Result<(), Fault> {
        if self.places.get(path) == Some(&Placed::Dir) {
            return Ok(());
        }
        let ends = path.match_indices('/').map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            let dir = &path[..end];
            match self.places.get(dir) {
                Some(Placed::Dir) => {}
                Some(_) => return Err(SourceProblem::Clash(dir.to_owned()).into()),
                None => {
                    let place = self.root.join(dir);
                    match fs::create_dir(&place) {
                        // Another spelling, on a file system that takes both for one.
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                            return Err(SourceProblem::Clash(dir.to_owned()).into());
                        }
                        made => made.at("create", &place)?,
                    }
                    self.places.insert(dir.to_owned(), Placed::Dir);
                }
            }
        }
        Ok(())
    }

    pub(super) fn dir(&mut self, raw: &[u8]) -> Result<(), Fault> {
        let path = self.enter(raw)?;
        if path.is_empty() {
            return Ok(());
        }
        self.make_dirs(&path)
    }

    /// Writes a file; a later member of the same path takes its place, as tar readers do it.
    pub(super) fn file(
        &mut self,
        raw: &[u8],
        facts: Facts,
        contents: Contents<'_>,
    ) -> Result<(), Fault> {
        let path = self.enter(raw)?;
        let place = self.root.join(&path);
        let again = match self.places.get(&path) {
            None => false,
            Some(Placed::File) => true,
            Some(_) => return Err(SourceProblem::Clash(path).into()),
        };
        if path.is_empty() {
            return Err(SourceProblem::Clash(path).into());
        }
        if again {
            fs::remove_file(&place).at("replace", &place)?;
        }
        let mut file = match create(&place, facts.executable) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(SourceProblem::Clash(path).into());
            }
            opened => opened.at("create", &place)?,
        };
        let mut disk = None;
        contents(&mut |piece| {
            file.write_all(piece).inspect_err(|error| {
                disk = Some(io::Error::from(error.kind()));
            })
        })
        .map_err(|fault| match disk.take() {
            Some(source) => Fault::Disk(StoreError::Io {
                action: "write",
                path: place.clone(),
                source,
            }),
            None => fault,
        })?;
        if (FIRST_TIME..=self.now).contains(&facts.modified) {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(facts.modified);
            file.set_modified(time).at("set the time of", &place)?;
        }
        self.places.insert(path, Placed::File);
        Ok(())
    }

    /// Remembers a link.
    pub(super) fn link(&mut self, raw: &[u8], target: &[u8], hard: bool) -> Result<(), Fault> {
        let path = self.enter(raw)?;
        let text = String::from_utf8_lossy(target).into_owned();
        let link = if hard {
            Placed::HardLink(path::clean(target).map_err(|_| SourceProblem::Link {
                name: path.clone(),
                reason: "leads out of the archive",
            })?)
        } else {
            Placed::SymLink(text)
        };
        if path.is_empty() {
            return Err(SourceProblem::Clash(path).into());
        }
        match self.places.entry(path) {
            Entry::Vacant(free) => {
                self.links.push(free.key().clone());
                free.insert(link);
                Ok(())
            }
            Entry::Occupied(taken) if *taken.get() == link => Ok(()),
            Entry::Occupied(taken) => Err(SourceProblem::Clash(taken.key().clone()).into()),
        }
    }

    /// Checks all links, then makes them; returns the directory of the project, relative to the
    /// root.
    pub(super) fn finish(self) -> Result<String, Fault> {
        let mut copies = Vec::new();
        let mut symlinks = Vec::new();
        for name in &self.links {
            match self.places.get(name) {
                Some(Placed::SymLink(target)) => {
                    check_symlink(&self.places, name, target)?;
                    symlinks.push((name, target));
                }
                Some(Placed::HardLink(target)) => {
                    copies.push((name, hard_link_source(&self.places, name, target)?));
                }
                _ => {}
            }
        }
        for (name, source) in copies {
            let place = self.root.join(name);
            copy(&self.root.join(source), &place).at("copy to", &place)?;
        }
        for (name, target) in symlinks {
            let place = self.root.join(name);
            make_symlink(target, &place).at("link", &place)?;
        }
        self.project_dir().map_err(Fault::from)
    }

    fn project_dir(&self) -> Result<String, SourceProblem> {
        let is_file = |name: &str| self.places.get(name) == Some(&Placed::File);
        if is_file("pyproject.toml") || is_file("setup.py") {
            return Ok(String::new());
        }
        let dirs = self
            .places
            .iter()
            .filter(|(path, placed)| **placed == Placed::Dir && !path.contains('/'));
        let mut dirs = dirs.map(|(path, _)| path);
        match (dirs.next(), dirs.next()) {
            _ if self.places.is_empty() => Err(SourceProblem::Empty),
            (Some(one), None) => Ok(one.clone()),
            _ => Ok(String::new()),
        }
    }
}

#[cfg(unix)]
fn create(place: &Path, executable: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mode = if executable { 0o755 } else { 0o644 };
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(place)
}

#[cfg(not(unix))]
fn create(place: &Path, _executable: bool) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(place)
}

/// Copies contents, mode and time; the copy must not be there yet.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::copy(from, to)?;
    let time = fs::metadata(from)?.modified()?;
    File::options().write(true).open(to)?.set_modified(time)
}

#[cfg(unix)]
fn make_symlink(target: &str, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

/// Links need a privilege on Windows; a copy of a file does as well, directories are left out.
#[cfg(not(unix))]
fn make_symlink(target: &str, place: &Path) -> io::Result<()> {
    let from = place.parent().unwrap_or(place).join(target);
    if from.is_file() {
        return copy(&from, place);
    }
    Ok(())
}
