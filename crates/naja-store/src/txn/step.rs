//! The steps of a transaction, forwards and backwards.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::write;

/// One visible change. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Renames `from` to `to`, which is free.
    Move { from: PathBuf, to: PathBuf },
    /// Renames `staged` over `dest`, of which `backup` is a link.
    Swap {
        staged: PathBuf,
        dest: PathBuf,
        backup: PathBuf,
    },
    /// Creates a directory.
    MakeDir { dir: PathBuf },
    /// Removes a directory if it is empty; created again with this mode.
    Prune { dir: PathBuf, mode: u32 },
}

impl Step {
    /// The path of the user's that the step changes.
    pub(super) fn subject(&self, own: &Path) -> &Path {
        match self {
            Self::Move { from, to } if to.starts_with(own) => from,
            Self::Move { to, .. } => to,
            Self::Swap { dest, .. } => dest,
            Self::MakeDir { dir } | Self::Prune { dir, .. } => dir,
        }
    }

    /// Carries the step out.
    pub(super) fn apply(&self) -> io::Result<()> {
        match self {
            Self::Move { from, to } => rename_new(from, to),
            Self::Swap { staged, dest, .. } => write::rename(staged, dest),
            Self::MakeDir { dir } => fs::create_dir(dir),
            Self::Prune { dir, .. } => match fs::remove_dir(dir) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
                answer => answer,
            },
        }
    }

    /// Takes the step back if it was carried out, which the paths themselves tell; doing it
    /// twice changes nothing.
    pub(super) fn undo(&self) -> io::Result<()> {
        match self {
            Self::Move { from, to } if exists(to)? && !exists(from)? => rename_new(to, from),
            Self::Move { .. } => Ok(()),
            Self::Swap {
                staged,
                dest,
                backup,
            } => {
                if exists(staged)? || !exists(backup)? {
                    return Ok(());
                }
                write::rename(backup, dest)
            }
            Self::MakeDir { dir } => match fs::remove_dir(dir) {
                // Something of somebody else's in it stays.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                    ) =>
                {
                    Ok(())
                }
                answer => answer,
            },
            Self::Prune { dir, mode } => make_again(dir, *mode),
        }
    }
}

/// Whether there is anything at the path, even a dangling link.
pub(super) fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Permission bits of a directory, to be able to create it again.
#[cfg(unix)]
pub(super) fn mode_of(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
pub(super) fn mode_of(_metadata: &fs::Metadata) -> u32 {
    0
}

fn make_again(dir: &Path, mode: u32) -> io::Result<()> {
    match fs::create_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => set_mode(dir, mode),
    }
}

#[cfg(unix)]
fn set_mode(dir: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(dir, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn set_mode(_dir: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Renames without replacing anything.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // This file system or kernel cannot do it in one call.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if exists(to)? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    write::rename(from, to)
}
