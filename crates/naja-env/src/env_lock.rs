//! [`EnvLock`]: one process at a time changes an environment.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

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
    _file: File,
}

impl EnvLock {
    /// Locks a file, made when absent; a read-only environment locks `directory` instead.
    pub(crate) fn of_file(
        path: &Path,
        directory: &Path,
        on_wait: &mut dyn FnMut(),
    ) -> Result<Self, LockError> {
        match OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
        {
            Ok(file) => Self::wait(file, path, on_wait),
            Err(error) if is_read_only(&error) && cfg!(unix) => {
                Self::of_directory(directory, on_wait)
            }
            Err(source) => Err(LockError {
                path: path.to_path_buf(),
                source,
            }),
        }
    }

    /// Locks a directory itself, made when absent, so that no file is left in it.
    pub(crate) fn of_directory(path: &Path, on_wait: &mut dyn FnMut()) -> Result<Self, LockError> {
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
        Self::wait(file, path, on_wait)
    }

    fn wait(file: File, path: &Path, on_wait: &mut dyn FnMut()) -> Result<Self, LockError> {
        let failed = |source| LockError {
            path: path.to_path_buf(),
            source,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                on_wait();
                file.lock().map_err(failed)?;
            }
            // A file system without locks, such as some network mounts: going on unlocked is
            // what every other tool does there.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Self { _file: file })
    }
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

    #[test]
    fn second_holder_is_told_to_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("site");
        let first = EnvLock::of_directory(&path, &mut || panic!("nobody holds it")).unwrap();
        let (told, hear) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let path = &path;
            let second = scope.spawn(move || {
                EnvLock::of_directory(path, &mut || told.send(()).unwrap()).unwrap();
            });
            hear.recv().unwrap();
            drop(first);
            second.join().unwrap();
        });
    }
}
