//! Writing files so that a reader, or a crash, sees the old contents or the new ones.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often something is tried on Windows while another program is in the way: for about a second in all.
const TRIES: u32 = 10;

/// Most symbolic links followed from the path given to the file that is written.
const MAX_LINKS: usize = 16;

/// Replaces a file's contents: written beside, flushed to the disk, renamed into place.
///
/// An existing file keeps its permissions; a symbolic link keeps pointing where it does and
/// the file it leads to is replaced. A new file gets what the process's umask allows.
/// What is no file of a directory ([`is_stream`]) is written to as it is: nothing may take the place of
/// `/dev/null`.
///
/// # Errors
///
/// Any failure to create, write, flush or rename; the old file is then untouched.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_stream(path) {
        return File::options().write(true).open(path)?.write_all(bytes);
    }
    let path = follow_links(path)?;
    let mode = fs::metadata(&path)
        .ok()
        .map(|metadata| metadata.permissions());
    let mut beside = beside(&path, mode.as_ref())?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    persist(beside, &path)
}

/// Whether a path leads to something other than a file of a directory: a device, a pipe, a socket, or what a
/// process has open (`/dev/stdout`). Reading it may wait for ever, or take what is meant for others.
#[must_use]
pub fn is_stream(path: &Path) -> bool {
    let open = ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc"];
    fs::metadata(path).is_ok_and(|found| {
        let is_open = open.iter().any(|place| path.starts_with(place));
        is_open || !(found.is_file() || found.is_dir())
    })
}

/// Writes a new file and flushes it to the disk; refuses to touch an existing one.
///
/// # Errors
///
/// When the file exists or cannot be written.
pub fn write_flushed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Like [`atomic_write`] without flushing: for files that can be made again.
pub(crate) fn publish(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut beside = beside(path, None)?;
    for part in parts {
        beside.write_all(part)?;
    }
    persist(beside, path)
}

/// Renames a file or directory, as [`fs::rename`].
///
/// Windows refuses while another program has something open in it, as those do that look for viruses in what is new,
/// or writes to the same place; that passes, and is waited for.
///
/// # Errors
///
/// As [`fs::rename`].
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently((), |()| fs::rename(from, to).map_err(|error| (error, ())))
}

fn persist(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    patiently(file, |file| match file.persist(path) {
        Ok(_) => Ok(()),
        Err(failed) => Err((failed.error, failed.file)),
    })
}

/// Does something with a thing, again and again as long as another program is in the way.
fn patiently<T>(
    mut thing: T,
    mut attempt: impl FnMut(T) -> Result<(), (io::Error, T)>,
) -> io::Result<()> {
    for tried in 0.. {
        thing = match attempt(thing) {
            Ok(()) => break,
            Err((error, _)) if tried == TRIES || !may_pass(&error) => return Err(error),
            Err((_, thing)) => thing,
        };
        std::thread::sleep(Duration::from_millis(1 << tried));
    }
    Ok(())
}

/// Whether an error is one that Windows gives while another program is in the way: access denied, a sharing
/// violation, a locked part.
fn may_pass(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 33))
}

fn beside(path: &Path, mode: Option<&Permissions>) -> io::Result<tempfile::NamedTempFile> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path names no file",
        ));
    };
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    if let Some(new) = new_file_permissions() {
        builder.permissions(new);
    }
    let file = builder.tempfile_in(parent)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode.clone())?;
    }
    Ok(file)
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the other platforms have no such permissions"
)]
fn new_file_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<Permissions> {
    None
}

/// The path behind the symbolic links at the end of `path`, which need not exist.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => {
                let parent = path.parent().unwrap_or(Path::new(""));
                path = parent.join(target);
            }
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "too many symbolic links",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_contents_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pyproject.toml");
        atomic_write(&path, b"one").unwrap();
        atomic_write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn keeps_mode_and_links() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("real");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let link = dir.path().join("link");
        symlink("real", &link).unwrap();
        atomic_write(&link, b"new").unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("real"));
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        symlink("loop", dir.path().join("loop")).unwrap();
        assert!(atomic_write(&dir.path().join("loop"), b"").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_takes_the_place_of_what_is_no_file() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (socket, link) = (dir.path().join("socket"), dir.path().join("link"));
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        symlink("socket", &link).unwrap();
        for path in [&socket, &link] {
            assert!(is_stream(path));
            assert!(atomic_write(path, b"x").is_err());
        }
        assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
        assert!(is_stream(Path::new("/dev/null")) && is_stream(Path::new("/dev/stderr")));
        assert!(!is_stream(dir.path()) && !is_stream(&dir.path().join("absent")));
    }

    #[test]
    fn many_writers_of_one_file_do_not_disturb_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let write = || {
            for _ in 0..20 {
                publish(&path, &[b"one"]).unwrap();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(write);
            }
        });
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn failure_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d");
        fs::create_dir(&path).unwrap();
        assert!(atomic_write(&path, b"x").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_flushed(&path, b"x").is_err());
    }
}
