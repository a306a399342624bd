//! [`Edit`]: several files of an environment changed at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_python::without_dots;
use naja_spec::Sha256;
use naja_store::txn::{Transaction, TxnError};

use crate::apply::Stop;
use crate::beside::{HISTORY_DIR, Kept, OWNERLESS, OwnNote, STATE_FILE};
use crate::env_lock::{EnvLock, LockError, Waiting};
use crate::keep;
use crate::recorded;

/// Name of the directory for transactions.
const WORK_DIR: &str = ".naja";

/// No file that is looked into is larger, in bytes.
const SIZE_LIMIT: u64 = 1 << 22;

/// Why an environment could not be put right; it is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelocateError {
    /// The environment cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The files cannot be replaced.
    #[error("change the files of the environment")]
    Change(#[from] TxnError),
    /// The operating system refused something.
    #[error("{action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// The packages of the environment are for another Python.
    #[error("use `{}` for the environment: its packages are not for Python {version}", python.display())]
    OtherPython {
        /// The Python that was to be used.
        python: PathBuf,
        /// Its version.
        version: String,
    },
    /// `pyvenv.cfg` cannot hold a path.
    #[error("write the path `{}` into pyvenv.cfg", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
}

/// Wraps an error of the operating system.
pub(super) fn failed<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> RelocateError + 'a {
    move |source| RelocateError::Io {
        action,
        path: path.to_path_buf(),
        source,
    }
}

/// Changes that are made together or not at all, under the lock of the environment.
pub(super) struct Edit {
    root: PathBuf,
    txn: Transaction,
    staged: usize,
    written: Vec<(PathBuf, Sha256, u64)>,
    /// What is replaced or new.
    changed: Vec<PathBuf>,
    _lock: EnvLock,
}

impl Edit {
    /// Takes the lock and begins.
    pub(super) fn begin(
        root: &Path,
        on_wait: &mut dyn FnMut(),
        stop: Stop<'_>,
    ) -> Result<Self, RelocateError> {
        let mut waiting = Waiting {
            on_wait,
            patience: std::time::Duration::ZERO,
            stop,
        };
        let lock = EnvLock::of_file(&root.join(".lock"), root, &mut waiting)?;
        // What a killed command left may be about files beside the environment.
        let beside: Vec<&Path> = root.parent().into_iter().collect();
        Ok(Self {
            root: root.to_path_buf(),
            txn: Transaction::begin_within(&root.join(WORK_DIR), &beside)?,
            staged: 0,
            written: Vec::new(),
            changed: Vec::new(),
            _lock: lock,
        })
    }

    /// Plans to replace a file, keeping its permissions. The old one may be shared with the
    /// cache, so it is never written to.
    pub(super) fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), RelocateError> {
        if is_file_with(path, bytes) {
            return Ok(());
        }
        self.changed.push(path.to_path_buf());
        let staged = self.next();
        fs::write(&staged, bytes).map_err(failed("write", &staged))?;
        if let Ok(meta) = fs::metadata(path) {
            fs::set_permissions(&staged, meta.permissions())
                .map_err(failed("set the permissions of", &staged))?;
        }
        self.txn.replace_file(&staged, path)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.written
            .push((path.to_path_buf(), Sha256::of(bytes), size));
        Ok(())
    }

    /// Plans to put a copy of a program in the place of whatever is there.
    pub(super) fn copy(&mut self, from: &Path, path: &Path) -> Result<(), RelocateError> {
        let same = fs::read(from).is_ok_and(|bytes| is_file_with(path, &bytes));
        if same {
            return Ok(());
        }
        let staged = self.next();
        fs::copy(from, &staged).map_err(failed("copy", from))?;
        self.put(&staged, path)
    }

    /// Plans to put a symbolic link in the place of whatever is there.
    #[cfg(unix)]
    pub(super) fn link(&mut self, target: &Path, path: &Path) -> Result<(), RelocateError> {
        if fs::read_link(path).is_ok_and(|now| now == target) {
            return Ok(());
        }
        let staged = self.next();
        std::os::unix::fs::symlink(target, &staged).map_err(failed("make the link", &staged))?;
        self.put(&staged, path)
    }

    /// Without symbolic links a copy serves.
    #[cfg(not(unix))]
    pub(super) fn link(&mut self, target: &Path, path: &Path) -> Result<(), RelocateError> {
        let from = path.parent().unwrap_or(path).join(target);
        self.copy(&from, path)
    }

    fn put(&mut self, staged: &Path, path: &Path) -> Result<(), RelocateError> {
        self.changed.push(path.to_path_buf());
        if fs::symlink_metadata(path).is_ok() {
            self.txn.remove(path)?;
        }
        Ok(self.txn.place(staged, path)?)
    }

    fn next(&mut self) -> PathBuf {
        self.staged += 1;
        self.txn.stage_dir().join(self.staged.to_string())
    }

    /// Makes all changes. What RECORD files say about changed files is changed with them.
    pub(super) fn commit(mut self, site_dirs: &[PathBuf]) -> Result<(), RelocateError> {
        self.note_in_records(site_dirs)?;
        let Self {
            root, txn, _lock, ..
        } = self;
        if txn.is_empty() {
            drop(txn);
        } else {
            txn.commit()?;
        }
        // Not empty: then there is something else in it.
        let _ = fs::remove_dir(root.join(WORK_DIR));
        Ok(())
    }

    /// Takes note of what is about to change, with everything that is replaced beside it.
    pub(super) fn note(&mut self, take: OwnNote<'_>) -> Result<(), RelocateError> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let history = self.root.join(WORK_DIR).join(HISTORY_DIR);
        let aside = self.txn.stage_dir().join("kept");
        let mut kept = Kept::default();
        for path in &self.changed {
            let Ok(below) = path.strip_prefix(&self.root) else {
                continue;
            };
            let Ok(meta) = fs::symlink_metadata(path) else {
                let text = below.to_string_lossy().replace('\\', "/");
                kept.came.insert(text);
                continue;
            };
            let to = aside.join(OWNERLESS).join(below);
            let parent = to.parent().unwrap_or(&aside);
            fs::create_dir_all(parent).map_err(failed("make the directory", parent))?;
            keep::copy(path, &to).map_err(failed("keep", path))?;
            kept.files += 1;
            kept.bytes += meta.len();
        }
        let Some(note) = take(&kept).map_err(failed("write", &history))? else {
            return Ok(());
        };
        let (text, state) = (self.next(), self.next());
        fs::write(&text, &note.text).map_err(failed("write", &text))?;
        fs::write(&state, &note.state).map_err(failed("write", &state))?;
        self.txn.make_dir(&history)?;
        if kept.files > 0 {
            self.txn.place(&aside, &history.join(&note.name))?;
        }
        self.txn
            .place(&text, &history.join(format!("{}.json", note.name)))?;
        self.txn.replace_file(&state, &history.join(STATE_FILE))?;
        Ok(())
    }

    fn note_in_records(&mut self, site_dirs: &[PathBuf]) -> Result<(), RelocateError> {
        let written = std::mem::take(&mut self.written);
        for site in site_dirs {
            for info in entries(site) {
                if info.extension().is_none_or(|end| end != "dist-info") {
                    continue;
                }
                let path = info.join("RECORD");
                let Some(text) = read_text(&path) else {
                    continue;
                };
                if let Some(text) = renewed_record(&text, site, &written) {
                    self.write(&path, text.as_bytes())?;
                }
            }
        }
        Ok(())
    }
}

fn is_file_with(path: &Path, bytes: &[u8]) -> bool {
    let meta = fs::symlink_metadata(path);
    meta.is_ok_and(|meta| meta.is_file() && meta.len() == bytes.len() as u64)
        && fs::read(path).is_ok_and(|now| now == bytes)
}

/// Rewrites the rows of changed files; `None` if there are none.
fn renewed_record(text: &str, site: &Path, written: &[(PathBuf, Sha256, u64)]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    for (row, behind) in recorded::rows(text) {
        let place = without_dots(&site.join(&*row));
        let new = written.iter().find(|(path, _, _)| *path == place);
        match new {
            Some((_, sha256, size)) if !behind.trim_matches(',').is_empty() => {
                recorded::push_row(&mut out, &row, sha256, *size);
                changed = true;
            }
            _ => recorded::push_same(&mut out, &row, behind),
        }
    }
    changed.then_some(out)
}

/// The entries of a directory, sorted; none if it cannot be read.
pub(super) fn entries(dir: &Path) -> Vec<PathBuf> {
    let Ok(read) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut all: Vec<PathBuf> = read.filter_map(Result::ok).map(|e| e.path()).collect();
    all.sort();
    all
}

/// Reads a regular file of reasonable size; `None` if it is none.
pub(super) fn read_bytes(path: &Path) -> Option<Vec<u8>> {
    let meta = fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > SIZE_LIMIT {
        return None;
    }
    fs::read(path).ok()
}

/// The same for text.
pub(super) fn read_text(path: &Path) -> Option<String> {
    String::from_utf8(read_bytes(path)?).ok()
}
