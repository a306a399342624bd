//! How this crate reads what the user wrote: never by itself.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_spec::SafeUrl;

/// Reads files and remote texts for the functions of this crate.
///
/// The engine implements it over the file system (recording what was read) and the index client; a
/// language server lays its unsaved buffers over it; tests use a table in memory.
pub trait Files {
    /// Returns the bytes of a file, or `None` where there is no such file.
    ///
    /// # Errors
    /// Anything but absence: permission, a directory in its place, a failing disk.
    fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError>;

    /// Returns the entries of a directory as whole paths, sorted; an absent directory is empty.
    ///
    /// # Errors
    /// Anything but absence.
    fn list(&self, dir: &Path) -> Result<Vec<PathBuf>, FileError>;

    /// Says whether something (file or directory) is at this path.
    ///
    /// The default asks [`Files::read`]; an implementation over a file system should ask for less.
    fn exists(&self, path: &Path) -> bool {
        !matches!(self.read(path), Ok(None))
    }

    /// Says whose a file is. The default knows of no owners.
    fn owner(&self, _path: &Path) -> FileOwner {
        FileOwner::Trusted
    }

    /// Returns the whole of standard input. It is asked at most once.
    ///
    /// # Errors
    /// The default has no standard input and says so.
    fn read_stdin(&self) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::NoStdin)
    }

    /// Returns the bytes behind an `http(s):` address.
    ///
    /// # Errors
    /// The default fetches nothing and answers [`FileError::NeedsFetch`]; an implementation with a
    /// network answers [`FileError::Fetch`] with its reason.
    fn fetch(&self, url: &SafeUrl) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::NeedsFetch { url: url.clone() })
    }
}

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOwner {
    /// The user's, the system's, or of a file system without owners.
    Trusted,
    /// Another user's, by number.
    Other(u32),
}

/// Says why a file could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file is there and cannot be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// This reader has no network; the caller fetches the address and asks again.
    #[error("{url} has to be fetched first")]
    NeedsFetch {
        /// The address.
        url: SafeUrl,
    },
    /// Fetching failed.
    #[error("could not fetch {url}: {reason}")]
    Fetch {
        /// The address.
        url: SafeUrl,
        /// What the index client says, without secrets.
        reason: String,
    },
    /// There is no standard input to read.
    #[error("standard input cannot be read here")]
    NoStdin,
}

/// Names a text that was read: for messages, and as the base of relative names in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceName {
    /// A file.
    Path(Arc<Path>),
    /// A remote text.
    Url(SafeUrl),
    /// Standard input (`-`).
    Stdin,
    /// The command line.
    Arguments,
    /// An environment variable.
    Variable(Arc<str>),
}

impl SourceName {
    /// Names a file.
    pub fn path(path: impl AsRef<Path>) -> Self {
        Self::Path(Arc::from(path.as_ref()))
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Url(url) => url.fmt(f),
            Self::Stdin => f.write_str("<stdin>"),
            Self::Arguments => f.write_str("<command line>"),
            Self::Variable(name) => write!(f, "${name}"),
        }
    }
}

/// Joins a path to a base and removes `.` and `..` by their text alone (no link is followed).
pub(crate) fn join_lexically(base: &Path, path: &Path) -> PathBuf {
    use std::path::Component;
    let mut joined = PathBuf::new();
    for part in base.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if matches!(joined.components().next_back(), Some(Component::Normal(_))) {
                    joined.pop();
                } else if !joined.has_root() {
                    joined.push("..");
                }
            }
            other => joined.push(other),
        }
    }
    joined
}

#[cfg(test)]
pub(crate) mod memory {
    //! A table of files for tests.

    use super::{FileError, FileOwner, Files};
    use naja_spec::SafeUrl;
    use std::collections::BTreeMap;
    use std::path::{Component, Path, PathBuf};
    use std::sync::Arc;

    /// The directory that the tests are about, absolute on every system.
    pub(crate) const CASTLE: &str = if cfg!(windows) {
        "C:/castle"
    } else {
        "/castle"
    };

    /// Words about paths, and paths, as they are on systems without drives.
    pub(crate) trait Plain: std::fmt::Display {
        /// The text.
        fn plain(&self) -> String {
            let text = self.to_string();
            match cfg!(windows) {
                true => text
                    .replace('\\', "/")
                    .replace("/C:/", "/")
                    .replace("C:/", "/"),
                false => text,
            }
        }
    }

    impl<T: std::fmt::Display + ?Sized> Plain for T {}

    /// The key of a path: the drive does not count.
    fn key(path: &Path) -> PathBuf {
        let is_drive = |part: &Component<'_>| matches!(part, Component::Prefix(_));
        path.components().filter(|part| !is_drive(part)).collect()
    }

    #[derive(Default)]
    pub(crate) struct MemoryFiles {
        files: BTreeMap<PathBuf, Arc<[u8]>>,
        urls: BTreeMap<String, Arc<[u8]>>,
        stdin: Option<Arc<[u8]>>,
        forbidden: Vec<PathBuf>,
        owners: BTreeMap<PathBuf, u32>,
        dirs: std::collections::BTreeSet<PathBuf>,
    }

    impl MemoryFiles {
        pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
            let mut memory = Self::default();
            for (path, text) in files {
                memory = memory.with(path, text.as_bytes());
            }
            memory
        }

        pub(crate) fn with(mut self, path: &str, bytes: &[u8]) -> Self {
            self.files.insert(path.into(), bytes.into());
            self
        }

        pub(crate) fn with_url(mut self, url: &str, text: &str) -> Self {
            self.urls.insert(url.into(), text.as_bytes().into());
            self
        }

        /// Nothing below this directory may be read.
        pub(crate) fn forbid(mut self, dir: &str) -> Self {
            self.forbidden.push(dir.into());
            self
        }

        /// Lists a directory among the entries of the one above it.
        pub(crate) fn with_directory(mut self, dir: &Path) -> Self {
            self.dirs.insert(dir.to_owned());
            self
        }

        /// Gives a path to another user.
        pub(crate) fn owned(mut self, path: &str, user: u32) -> Self {
            self.owners.insert(path.into(), user);
            self
        }

        pub(crate) fn with_stdin(mut self, text: &str) -> Self {
            self.stdin = Some(text.as_bytes().into());
            self
        }
    }

    impl Files for MemoryFiles {
        fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError> {
            if self.forbidden.iter().any(|dir| path.starts_with(dir)) {
                let path = path.to_owned();
                let source = std::io::ErrorKind::PermissionDenied.into();
                return Err(FileError::Unreadable { path, source });
            }
            Ok(self.files.get(&key(path)).cloned())
        }

        fn owner(&self, path: &Path) -> FileOwner {
            let user = self.owners.get(path);
            user.map_or(FileOwner::Trusted, |user| FileOwner::Other(*user))
        }

        fn list(&self, dir: &Path) -> Result<Vec<PathBuf>, FileError> {
            let mut found: Vec<PathBuf> = self
                .files
                .keys()
                .chain(&self.dirs)
                .filter(|path| path.parent() == Some(&key(dir)))
                .cloned()
                .collect();
            found.sort();
            Ok(found)
        }

        fn read_stdin(&self) -> Result<Arc<[u8]>, FileError> {
            self.stdin.clone().ok_or(FileError::NoStdin)
        }

        fn fetch(&self, url: &SafeUrl) -> Result<Arc<[u8]>, FileError> {
            self.urls
                .get(&url.to_string())
                .cloned()
                .ok_or_else(|| FileError::NeedsFetch { url: url.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lexical_join() {
        for (base, path, joined) in [
            ("/a/b", "c", "/a/b/c"),
            ("/a/b", "../c", "/a/c"),
            ("/a/b", "./c/./d", "/a/b/c/d"),
            ("/a/b", "/x", "/x"),
            ("/", "../../x", "/x"),
            ("a", "../../x", "../x"),
        ] {
            assert_eq!(
                join_lexically(Path::new(base), Path::new(path)),
                Path::new(joined)
            );
        }
    }
}
