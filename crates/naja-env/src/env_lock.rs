//! [`EnvLock`]: one process at a time changes an environment.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::apply::Stop;

/// How often a waiting command looks at the lock, and whether to give up.
const MOMENT: Duration = Duration::from_millis(20);

/// Why the lock of an environment could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("lock the environment at `{}`", path.display())]
pub struct LockError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl LockError {
    /// Returns the path that was to be locked.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Holds the lock of an environment until it is dropped. The system frees it when the process
/// dies.
#[derive(Debug)]
pub struct EnvLock {
    file: File,
}

impl EnvLock {
    /// Locks a file, made when absent; a read-only environment locks `directory` instead.
    pub(crate) fn of_file(
        path: &Path,
        directory: &Path,
        waiting: &mut Waiting<'_>,
    ) -> Result<Self, LockError> {
        match OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
        {
            Ok(file) => Self::wait(file, path, waiting),
            Err(error) if is_read_only(&error) && cfg!(unix) => {
                Self::of_directory(directory, waiting)
            }
            Err(source) => Err(LockError {
                path: path.to_path_buf(),
                source,
            }),
        }
    }

    /// Locks the directory of a project, so that one command at a time changes what is in it. On Unix it is the
    /// directory itself that is locked, and no file is left in it; elsewhere it is `file`.
    ///
    /// `on_wait` is called once, when waiting has taken `patience`.
    ///
    /// # Errors
    /// It cannot be opened or locked, or `stop` said so ([`io::ErrorKind::Interrupted`]).
    pub fn of_project(
        (dir, file): (&Path, &Path),
        (on_wait, patience): (&mut dyn FnMut(), Duration),
        stop: Stop<'_>,
    ) -> Result<Self, LockError> {
        let mut waiting = Waiting {
            on_wait,
            patience,
            stop,
        };
        if cfg!(unix) {
            let opened = File::open(dir).map_err(|source| LockError {
                path: dir.to_path_buf(),
                source,
            })?;
            return Self::wait(opened, dir, &mut waiting);
        }
        Self::of_file(file, dir, &mut waiting)
    }

    /// Locks the virtual environment at `root` as those do who change it; the lock counts for what is at the path
    /// when it returns.
    ///
    /// # Errors
    /// There is no environment (any more), or it cannot be locked.
    pub fn of_root(
        root: &Path,
        on_wait: &mut dyn FnMut(),
        stop: Stop<'_>,
    ) -> Result<Self, LockError> {
        let path = root.join(".lock");
        let mut told = false;
        loop {
            if !naja_python::is_environment(root) {
                return Err(LockError {
                    path: root.to_path_buf(),
                    source: io::ErrorKind::NotFound.into(),
                });
            }
            let mut once = || {
                if !std::mem::replace(&mut told, true) {
                    on_wait();
                }
            };
            let mut waiting = Waiting {
                on_wait: &mut once,
                patience: Duration::ZERO,
                stop,
            };
            let lock = Self::of_file(&path, root, &mut waiting)?;
            // Whoever had it may have removed or replaced the environment.
            if is_at(&lock.file, &path, root) {
                return Ok(lock);
            }
        }
    }

    /// Locks a directory itself, made when absent, so that no file is left in it.
    pub(crate) fn of_directory(path: &Path, waiting: &mut Waiting<'_>) -> Result<Self, LockError> {
        let failed = |source| LockError {
            path: path.to_path_buf(),
            source,
        };
        let file = match open_directory(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path).map_err(failed)?;
                open_directory(path).map_err(failed)?
            }
            other => other.map_err(failed)?,
        };
        Self::wait(file, path, waiting)
    }

    fn wait(file: File, path: &Path, waiting: &mut Waiting<'_>) -> Result<Self, LockError> {
        let failed = |source| LockError {
            path: path.to_path_buf(),
            source,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let since = Instant::now();
                let mut told = false;
                loop {
                    let is_long = since.elapsed() >= waiting.patience;
                    if !told && (is_long || !waiting.stop.can_be_asked()) {
                        told = true;
                        (waiting.on_wait)();
                    }
                    if waiting.again(&file).map_err(failed)? {
                        break;
                    }
                }
            }
            // A file system without locks, such as some network mounts: going on unlocked is
            // what every other tool does there.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Self { file })
    }
}

/// How to wait for a lock that another process has.
pub(crate) struct Waiting<'a> {
    /// Told once.
    pub(crate) on_wait: &'a mut dyn FnMut(),
    /// How long it takes until that is told; nothing: before it begins.
    pub(crate) patience: Duration,
    pub(crate) stop: Stop<'a>,
}

impl Waiting<'_> {
    /// Tries to get the lock, for a moment if there is somebody to ask whether to give up, else
    /// until it is there: a signal does not end the system's own waiting.
    fn again(&self, file: &File) -> io::Result<bool> {
        if !self.stop.can_be_asked() {
            return file.lock().map(|()| true);
        }
        if self.stop.is_asked() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        std::thread::sleep(MOMENT);
        match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Whether an open file is what is at its path now, or the directory that stands in for it.
#[cfg(unix)]
fn is_at(file: &File, path: &Path, directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let is = |path: &Path| match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(there)) => held.dev() == there.dev() && held.ino() == there.ino(),
        _ => false,
    };
    is(path) || is(directory)
}

/// An open file cannot be replaced here.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path, _directory: &Path) -> bool {
    path.exists()
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

#[cfg(unix)]
fn open_directory(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Windows cannot lock a directory; a file in it serves.
#[cfg(not(unix))]
fn open_directory(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join(".naja-lock"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn waiting(on_wait: &mut dyn FnMut()) -> Waiting<'_> {
        Waiting {
            on_wait,
            patience: Duration::ZERO,
            stop: Stop::default(),
        }
    }

    #[test]
    fn nobody_waits_who_is_told_to_stop() {
        let dir = tempfile::tempdir().unwrap();
        let first = EnvLock::of_directory(dir.path(), &mut waiting(&mut || ())).unwrap();
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::SeqCst) >= 2;
        let mut second = Waiting {
            on_wait: &mut || (),
            patience: Duration::ZERO,
            stop: Stop::when(&stop),
        };
        let error = EnvLock::of_directory(dir.path(), &mut second).unwrap_err();
        assert_eq!(error.source.kind(), io::ErrorKind::Interrupted);
        drop(first);
        assert!(EnvLock::of_directory(dir.path(), &mut second).is_ok());
    }

    #[test]
    fn a_removed_environment_is_not_locked() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("env");
        let make = || {
            fs::create_dir(&root).unwrap();
            fs::write(root.join("pyvenv.cfg"), "home = /x\n").unwrap();
        };
        let gone = |error: LockError| error.source.kind() == io::ErrorKind::NotFound;
        let error = EnvLock::of_root(&root, &mut || (), Stop::default()).unwrap_err();
        assert!(gone(error));
        make();
        let first = EnvLock::of_root(&root, &mut || (), Stop::default()).unwrap();
        let (told, hear) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let root = &root;
            let second = scope.spawn(move || {
                let mut tell = || told.send(()).unwrap();
                EnvLock::of_root(root, &mut tell, Stop::default())
            });
            hear.recv().unwrap();
            fs::rename(root, dir.path().join("aside")).unwrap();
            drop(first);
            assert!(gone(second.join().unwrap().unwrap_err()));
        });
        // Made again, it is another one.
        make();
        assert!(EnvLock::of_root(&root, &mut || (), Stop::default()).is_ok());
    }

    #[test]
    fn second_holder_is_told_to_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("site");
        let first =
            EnvLock::of_directory(&path, &mut waiting(&mut || panic!("nobody holds it"))).unwrap();
        let (told, hear) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let path = &path;
            let second = scope.spawn(move || {
                let mut tell = || told.send(()).unwrap();
                EnvLock::of_directory(path, &mut waiting(&mut tell)).unwrap();
            });
            hear.recv().unwrap();
            drop(first);
            second.join().unwrap();
        });
    }
}
