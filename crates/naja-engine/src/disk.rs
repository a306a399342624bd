//! Files from the disk and standard input, for the crates that read none.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_project::{FileError, FileOwner, Files};

use crate::trace::{Look, Recorder};

/// Larger files are nobody's requirements, settings or scripts.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Reads from the disk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError> {
        let failed = |source| FileError::Unreadable {
            path: path.to_path_buf(),
            source,
        };
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        read_whole(file, size).map(Some).map_err(failed)
    }

    fn list(&self, dir: &Path) -> Result<Vec<PathBuf>, FileError> {
        let failed = |source| FileError::Unreadable {
            path: dir.to_path_buf(),
            source,
        };
        let mut paths = Vec::new();
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(paths),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            paths.push(entry.map_err(failed)?.path());
        }
        paths.sort();
        Ok(paths)
    }

    fn exists(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok()
    }

    #[cfg(unix)]
    fn owner(&self, path: &Path) -> FileOwner {
        use std::os::unix::fs::MetadataExt as _;
        let user = rustix::process::geteuid().as_raw();
        // A link counts as well as what it leads to.
        let owners = [std::fs::symlink_metadata(path), std::fs::metadata(path)];
        let other = owners
            .into_iter()
            .flatten()
            .map(|metadata| metadata.uid())
            .find(|owner| *owner != user && *owner != 0);
        other.map_or(FileOwner::Trusted, FileOwner::Other)
    }

    fn read_stdin(&self) -> Result<Arc<[u8]>, FileError> {
        read_limited(std::io::stdin().lock()).map_err(|source| FileError::Unreadable {
            path: PathBuf::from("-"),
            source,
        })
    }
}

/// Reads from the disk, and lets the session's trace know.
#[derive(Clone, Copy)]
pub(crate) struct WatchedDisk<'a>(pub(crate) &'a Recorder);

impl Files for WatchedDisk<'_> {
    fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError> {
        if !self.0.is_on() {
            return Disk.read(path);
        }
        let read = read_with_metadata(path);
        match &read {
            Ok(Some((metadata, bytes))) => self.0.bytes(path, Some((metadata, bytes))),
            Ok(None) => self.0.bytes(path, None),
            Err(_) => self.0.unreadable(path),
        }
        let bytes = read.map(|read| read.map(|(_, bytes)| bytes));
        bytes.map_err(|source| FileError::Unreadable {
            path: path.to_path_buf(),
            source,
        })
    }

    fn list(&self, dir: &Path) -> Result<Vec<PathBuf>, FileError> {
        self.0.note(Look::Names, dir);
        Disk.list(dir)
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.note(Look::Kind, path);
        self.0.note(Look::Link, path);
        Disk.exists(path)
    }

    fn owner(&self, path: &Path) -> FileOwner {
        self.0.note(Look::Owner, path);
        Disk.owner(path)
    }

    fn read_stdin(&self) -> Result<Arc<[u8]>, FileError> {
        self.0.spoil("standard input was read");
        Disk.read_stdin()
    }
}

/// The bytes of a file with what its directory said about it before they were read.
fn read_with_metadata(path: &Path) -> std::io::Result<Option<(std::fs::Metadata, Arc<[u8]>)>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    let size = metadata.len();
    Ok(Some((metadata, read_whole(file, size)?)))
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// Reads a file that is said to have so many bytes: into the memory where they stay, as long as that is true.
fn read_whole(mut file: impl Read, size: u64) -> std::io::Result<Arc<[u8]>> {
    let size = usize::try_from(size.min(LARGEST)).unwrap_or(0);
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
    let Some(room) = Arc::get_mut(&mut bytes) else {
        return read_limited(file);
    };
    let mut filled = 0;
    while filled < size {
        match file.read(&mut room[filled..]) {
            Ok(0) => return Ok(room[..filled].into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let more = read_limited(file)?;
    match more.is_empty() {
        true => Ok(bytes),
        // It grew meanwhile, or is no common file.
        false => read_limited(bytes.chain(&*more)),
    }
}

fn read_limited(source: impl Read) -> std::io::Result<Arc<[u8]>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is larger than 64 MiB"));
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_size_does_no_harm() {
        let text = b"dobby is free";
        for size in [0, 1, 5, 12, 13, 14, 100] {
            assert_eq!(&*read_whole(&text[..], size).unwrap(), text, "{size}");
        }
        let endless = std::io::repeat(1);
        assert!(read_whole(endless, 10).is_err());
    }
}
