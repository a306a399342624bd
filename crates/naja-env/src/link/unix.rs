//! Directory handles on Unix.

use std::fs::{File, FileTimes};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::{At, Stamp};

/// A directory is opened to reach what is below it, not to be read.
const ONLY_A_HANDLE: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC).union(HANDLE);
#[cfg(target_os = "linux")]
const HANDLE: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const HANDLE: OFlags = OFlags::RDONLY;

/// An open directory; paths given to its methods are relative to it.
#[derive(Debug)]
pub(crate) struct Dir(OwnedFd);

impl Dir {
    /// Opens a directory; links in the path are followed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let opened = rustix::fs::openat(CWD, path, ONLY_A_HANDLE, Mode::empty());
        Ok(Self(opened?))
    }

    /// Opens a directory below this one; a link in its place is refused.
    pub(crate) fn sub(&self, path: &str) -> io::Result<Self> {
        let flags = ONLY_A_HANDLE | OFlags::NOFOLLOW;
        let opened = rustix::fs::openat(&self.0, path, flags, Mode::empty());
        Ok(Self(opened?))
    }

    /// Makes a directory unless it exists.
    pub(crate) fn make_dir(&self, path: &str) -> io::Result<()> {
        match rustix::fs::mkdirat(&self.0, path, Mode::from_raw_mode(0o777)) {
            Err(Errno::EXIST) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Looks at a file; `None` when it is absent or not a regular file.
    pub(crate) fn stamp(&self, path: &str) -> io::Result<Option<Stamp>> {
        let stat = match rustix::fs::statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            other => other?,
        };
        if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
            return Ok(None);
        }
        let mtime_ns = (stat.st_mtime as i64)
            .saturating_mul(1_000_000_000)
            .saturating_add(stat.st_mtime_nsec as i64);
        Ok(Some(Stamp {
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mtime_ns,
            inode: stat.st_ino,
            executable: Some(stat.st_mode & 0o100 != 0),
        }))
    }

    /// Gives a file a second name.
    pub(crate) fn hard_link(&self, path: &str, to: &Dir, to_path: &str) -> io::Result<()> {
        Ok(rustix::fs::linkat(
            &self.0,
            path,
            &to.0,
            to_path,
            AtFlags::empty(),
        )?)
    }

    /// Makes a symbolic link to an absolute path.
    pub(crate) fn symlink(&self, target: &Path, path: &str) -> io::Result<()> {
        Ok(rustix::fs::symlinkat(target, &self.0, path)?)
    }

    /// Makes a copy that shares its blocks. On failure nothing is left.
    pub(crate) fn clone_file(&self, path: &str, to: At<'_>, executable: bool) -> io::Result<()> {
        let source = self.open_file(path)?;
        let dest = to.dir.create(to.path, executable)?;
        let done = clone_blocks(&source, &dest).and_then(|()| keep_mtime(&source, &dest));
        if done.is_err() {
            let _ = rustix::fs::unlinkat(&to.dir.0, to.path, AtFlags::empty());
        }
        done
    }

    /// Copies a file with its modification time.
    pub(crate) fn copy_file(&self, path: &str, to: At<'_>, executable: bool) -> io::Result<()> {
        let mut source = self.open_file(path)?;
        let mut dest = to.dir.create(to.path, executable)?;
        io::copy(&mut source, &mut dest)?;
        keep_mtime(&source, &dest)
    }

    /// Writes a new file.
    pub(crate) fn write(&self, path: &str, bytes: &[u8], executable: bool) -> io::Result<()> {
        self.create(path, executable)?.write_all(bytes)
    }

    fn open_file(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(
            &self.0,
            path,
            flags,
            Mode::empty(),
        )?))
    }

    fn create(&self, path: &str, executable: bool) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(if executable { 0o777 } else { 0o666 });
        Ok(File::from(rustix::fs::openat(&self.0, path, flags, mode)?))
    }
}

fn keep_mtime(source: &File, dest: &File) -> io::Result<()> {
    let modified = source.metadata()?.modified()?;
    dest.set_times(FileTimes::new().set_modified(modified))
}

#[cfg(target_os = "linux")]
fn clone_blocks(source: &File, dest: &File) -> io::Result<()> {
    Ok(rustix::fs::ioctl_ficlone(dest.as_fd(), source.as_fd())?)
}

/// Elsewhere `io::copy` already shares blocks where the system can.
#[cfg(not(target_os = "linux"))]
fn clone_blocks(source: &File, dest: &File) -> io::Result<()> {
    let (mut source, mut dest) = (source.as_fd().try_clone_to_owned().map(File::from)?, dest);
    io::copy(&mut source, &mut dest).map(|_| ())
}
