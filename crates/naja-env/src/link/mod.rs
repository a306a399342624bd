//! Bringing a file from the store into the stage: link, clone or copy.

#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

#[cfg(unix)]
pub(crate) use unix::Dir;
#[cfg(not(unix))]
pub(crate) use windows::Dir;

use crate::apply::LinkMode;

/// What the file system says about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    /// Nanoseconds since 1970.
    pub(crate) mtime_ns: i64,
    /// 0 where the platform has none.
    pub(crate) inode: u64,
    /// `None` where the platform has no such permission.
    pub(crate) executable: Option<bool>,
}

/// A file below an open directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) dir: &'a Dir,
    /// Relative path with `/`.
    pub(crate) path: &'a str,
}

/// Brings files over in the wanted mode, and by copying once the file system has refused it.
#[derive(Debug)]
pub(crate) struct Linker {
    wanted: LinkMode,
    refused: OnceLock<String>,
}

impl Linker {
    pub(crate) fn new(wanted: LinkMode) -> Self {
        Self {
            wanted,
            refused: OnceLock::new(),
        }
    }

    /// Returns what the system said when it refused the wanted mode.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.get().map(String::as_str)
    }

    /// Brings one file over. `full` returns the absolute path of the source.
    pub(crate) fn bring(
        &self,
        source: At<'_>,
        full: &dyn Fn() -> PathBuf,
        dest: At<'_>,
        executable: bool,
    ) -> io::Result<()> {
        if self.wanted == LinkMode::Copy || self.refused.get().is_some() {
            return unlinked_copy(source, dest, executable);
        }
        let tried = match self.wanted {
            LinkMode::Hardlink => source.dir.hard_link(source.path, dest.dir, dest.path),
            LinkMode::Clone => source.dir.clone_file(source.path, dest, executable),
            LinkMode::Symlink => dest.dir.symlink(&full(), dest.path),
            LinkMode::Copy => return unlinked_copy(source, dest, executable),
        };
        match tried {
            Err(error) if error.kind() == io::ErrorKind::TooManyLinks => {
                // Only this file has reached its limit; the next one may still be linked.
                unlinked_copy(source, dest, executable)
            }
            Err(error) if is_refusal(&error) => {
                let _ = self.refused.set(error.to_string());
                unlinked_copy(source, dest, executable)
            }
            other => other,
        }
    }
}

fn unlinked_copy(source: At<'_>, dest: At<'_>, executable: bool) -> io::Result<()> {
    source.dir.copy_file(source.path, dest, executable)
}

/// Tells whether the file system cannot do what was asked, as opposed to a failure.
fn is_refusal(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::CrossesDevices | Kind::PermissionDenied | Kind::Unsupported | Kind::InvalidInput
    )
}
