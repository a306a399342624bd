//! Directory handles where the system has none that we use: plain paths.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{At, Stamp};

/// A directory; paths given to its methods are relative to it.
#[derive(Debug)]
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        fs::metadata(path)?;
        Ok(Self(path.to_path_buf()))
    }

    pub(crate) fn sub(&self, path: &str) -> io::Result<Self> {
        Ok(Self(self.0.join(path)))
    }

    pub(crate) fn make_dir(&self, path: &str) -> io::Result<()> {
        match fs::create_dir(self.0.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    pub(crate) fn stamp(&self, path: &str) -> io::Result<Option<Stamp>> {
        let meta = match fs::symlink_metadata(self.0.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        if !meta.is_file() {
            return Ok(None);
        }
        let since = meta.modified()?.duration_since(std::time::UNIX_EPOCH);
        let nanos = since
            .ok()
            .and_then(|since| i64::try_from(since.as_nanos()).ok());
        let mtime_ns = nanos.unwrap_or(0);
        Ok(Some(Stamp {
            size: meta.len(),
            mtime_ns,
            inode: 0,
            executable: None,
        }))
    }

    pub(crate) fn hard_link(&self, path: &str, to: &Dir, to_path: &str) -> io::Result<()> {
        fs::hard_link(self.0.join(path), to.0.join(to_path))
    }

    /// Makes a link to a file; Windows lets only some users do that.
    pub(crate) fn symlink(&self, target: &Path, path: &str) -> io::Result<()> {
        std::os::windows::fs::symlink_file(target, self.0.join(path))
    }

    pub(crate) fn clone_file(&self, _path: &str, _to: At<'_>, _executable: bool) -> io::Result<()> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    pub(crate) fn copy_file(&self, path: &str, to: At<'_>, _executable: bool) -> io::Result<()> {
        let mut source = File::open(self.0.join(path))?;
        let mut dest = to.dir.create(to.path)?;
        io::copy(&mut source, &mut dest)?;
        let modified = source.metadata()?.modified()?;
        dest.set_times(FileTimes::new().set_modified(modified))
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8], _executable: bool) -> io::Result<()> {
        self.create(path)?.write_all(bytes)
    }

    fn create(&self, path: &str) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(self.0.join(path))
    }
}
