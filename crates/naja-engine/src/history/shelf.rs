//! [`Shelf`]: the directory of an environment's history, read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_env::{Environment, HISTORY_DIR, STATE_FILE};

use super::entry::{Entry, State};
use crate::failure::Failure;

/// A larger file is none of ours, in bytes.
const LARGEST: u64 = 64 << 20;

/// The notes of an environment.
pub(super) struct Shelf {
    dir: PathBuf,
    /// The numbers of the entries, ascending.
    ids: Vec<u64>,
    /// Numbers of which there is only a directory of kept files.
    pub(super) strays: Vec<u64>,
}

impl Shelf {
    /// Lists the history of an environment; `None` where none is written.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub(super) fn open(env: &Environment) -> Result<Option<Self>, Failure> {
        env.history_dir().map(Self::at).transpose()
    }

    /// Lists the history in a directory; one that is not there has no entries.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub(super) fn at(dir: PathBuf) -> Result<Self, Failure> {
        let mut shelf = Self {
            dir,
            ids: Vec::new(),
            strays: Vec::new(),
        };
        let unreadable = |error: io::Error| {
            Failure::environment("could not read the history of the environment").because(&error)
        };
        let entries = match fs::read_dir(&shelf.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(shelf),
            Err(error) => return Err(unreadable(error)),
        };
        let mut directories = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            let Some(name) = name.to_str() else { continue };
            match (name.strip_suffix(".json").map(number), number(name)) {
                (Some(Some(id)), _) => shelf.ids.push(id),
                (None, Some(id)) => directories.push(id),
                _ => {}
            }
        }
        shelf.ids.sort_unstable();
        directories.retain(|id| shelf.ids.binary_search(id).is_err());
        shelf.strays = directories;
        Ok(shelf)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The number that the next entry gets.
    pub(super) fn next(&self) -> u64 {
        let last = self.ids.last().into_iter().chain(&self.strays).max();
        last.map_or(1, |id| id.saturating_add(1))
    }

    /// Where the files are kept that went with an entry.
    pub(super) fn kept_dir(&self, id: u64) -> PathBuf {
        self.dir.join(name(id))
    }

    /// Reads one entry.
    ///
    /// # Errors
    /// It cannot be read, or it is not one.
    pub(super) fn entry(&self, id: u64) -> Result<Entry, Failure> {
        let path = self.dir.join(format!("{}.json", name(id)));
        let damaged = |error: &dyn std::error::Error| damaged(&path, error);
        let bytes = read(&path).map_err(|error| damaged(&error))?;
        Entry::parse(&bytes, id).map_err(|error| damaged(&error))
    }

    /// Reads all entries, the oldest first.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub(super) fn entries(&self) -> Result<Vec<Entry>, Failure> {
        self.ids.iter().map(|id| self.entry(*id)).collect()
    }

    /// Reads the list of what is installed, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or it is not one.
    pub(super) fn state(&self) -> Result<Option<State>, Failure> {
        let path = self.dir.join(STATE_FILE);
        let damaged = |error: &dyn std::error::Error| damaged(&path, error);
        match read(&path) {
            Ok(bytes) => State::parse(&bytes)
                .map(Some)
                .map_err(|error| damaged(&error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(damaged(&error)),
        }
    }

    /// Removes an entry and what is kept beside it; what cannot be removed is removed later.
    pub(super) fn drop_entry(&self, id: u64) {
        let _ = fs::remove_file(self.dir.join(format!("{}.json", name(id))));
        let _ = fs::remove_dir_all(self.kept_dir(id));
    }
}

/// Where the history of the environment at a root is, without opening that.
pub(super) fn history_of(root: &Path) -> PathBuf {
    root.join(".naja").join(HISTORY_DIR)
}

fn damaged(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::environment(format!("could not read `{}`", path.display()))
        .because(error)
        .hint(
            "the packages are not touched by this; without the file there is no way back beyond it",
        )
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > LARGEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is larger than any file of the history",
        ));
    }
    fs::read(path)
}

/// The name of an entry without its ending.
pub(super) fn name(id: u64) -> String {
    format!("{id:06}")
}

fn number(name: &str) -> Option<u64> {
    let digits = name.len() >= 6 && name.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| name.parse().ok())
        .flatten()
        .filter(|id| *id > 0)
}
