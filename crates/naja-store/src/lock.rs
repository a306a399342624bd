//! Advisory locks on files, between processes and within one.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A held lock; dropping it, or the end of the process, releases it.
///
/// The file stays where it is: removing it would let two processes hold "the" lock.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    path: PathBuf,
}

#[derive(Clone, Copy)]
enum Kind {
    Shared,
    Exclusive,
}

/// Takes the lock at `path` alone, creating the file; calls `on_wait` once before waiting.
///
/// # Errors
///
/// When the file cannot be opened or locked, or the wait is interrupted by a signal.
pub fn exclusive(path: &Path, on_wait: &mut dyn FnMut()) -> io::Result<FileLock> {
    acquire(path, Kind::Exclusive, on_wait)
}

/// Takes the lock at `path` together with other sharers; calls `on_wait` once before waiting.
///
/// # Errors
///
/// When the file cannot be opened or locked, or the wait is interrupted by a signal.
pub fn shared(path: &Path, on_wait: &mut dyn FnMut()) -> io::Result<FileLock> {
    acquire(path, Kind::Shared, on_wait)
}

/// Takes the lock at `path` alone if nobody holds it; `None` when somebody does.
///
/// # Errors
///
/// When the file cannot be opened or locked.
pub fn try_exclusive(path: &Path) -> io::Result<Option<FileLock>> {
    loop {
        let file = open(path)?;
        if !try_lock(&file, Kind::Exclusive)? {
            return Ok(None);
        }
        if is_at(&file, path)? {
            return Ok(Some(FileLock {
                file,
                path: path.to_path_buf(),
            }));
        }
    }
}

impl FileLock {
    /// The locked file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The locked file, for callers that note the holder in it.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }
}

fn acquire(path: &Path, kind: Kind, on_wait: &mut dyn FnMut()) -> io::Result<FileLock> {
    let mut told = false;
    loop {
        let file = open(path)?;
        if !try_lock(&file, kind)? {
            if !told {
                told = true;
                on_wait();
            }
            match kind {
                Kind::Shared => file.lock_shared()?,
                Kind::Exclusive => file.lock()?,
            }
        }
        // Somebody may have removed or replaced the file between opening and locking it; then
        // this lock protects nothing.
        if is_at(&file, path)? {
            return Ok(FileLock {
                file,
                path: path.to_path_buf(),
            });
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn try_lock(file: &File, kind: Kind) -> io::Result<bool> {
    let answer = match kind {
        Kind::Shared => file.try_lock_shared(),
        Kind::Exclusive => file.try_lock(),
    };
    match answer {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether `path` still leads to the open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let held = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok(there.dev() == held.dev() && there.ino() == held.ino()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether `path` still leads to the open file: an open file cannot be replaced here.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> io::Result<bool> {
    fs::exists(path)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn exclusive_excludes_and_says_once_that_it_waits() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = exclusive(&path, &mut || panic!("nobody holds it")).unwrap();
        assert!(try_exclusive(&path).unwrap().is_none());
        let (waiting, waits) = mpsc::channel();
        let told = AtomicUsize::new(0);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                exclusive(&path, &mut || {
                    told.fetch_add(1, Ordering::SeqCst);
                    waiting.send(()).unwrap();
                })
                .unwrap()
            });
            waits.recv().unwrap();
            drop(first);
            drop(other.join().unwrap());
        });
        assert_eq!(told.into_inner(), 1);
        assert!(try_exclusive(&path).unwrap().is_some());
    }

    #[test]
    fn sharers_share() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let one = shared(&path, &mut || panic!()).unwrap();
        let two = shared(&path, &mut || panic!()).unwrap();
        assert!(try_exclusive(&path).unwrap().is_none());
        drop((one, two));
        assert_eq!(try_exclusive(&path).unwrap().unwrap().path(), path);
    }

    #[cfg(unix)]
    #[test]
    fn removal_while_waiting_does_not_split_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = exclusive(&path, &mut || {}).unwrap();
        let (waiting, waits) = mpsc::channel();
        thread::scope(|scope| {
            let other =
                scope.spawn(|| exclusive(&path, &mut || waiting.send(()).unwrap()).unwrap());
            waits.recv().unwrap();
            fs::remove_file(&path).unwrap();
            drop(first);
            let held = other.join().unwrap();
            assert!(try_exclusive(&path).unwrap().is_none());
            drop(held);
        });
    }
}
