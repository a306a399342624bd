//! Why a transaction did not happen.

use std::io;
use std::path::{Path, PathBuf};

/// A transaction that did not happen; the paths are as before unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TxnError {
    /// Preparing failed, before anything visible changed.
    #[error("{action} `{}`", path.display())]
    Io {
        /// What was tried, such as "create".
        action: &'static str,
        /// The path it was tried on.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// The path lies outside of what the transaction may change.
    #[error("change `{}`, which is outside of the directories to change", path.display())]
    Outside {
        /// The path.
        path: PathBuf,
    },
    /// The path is on another file system than the working directory, so it cannot be renamed.
    #[error("change `{}`, which is on another file system", path.display())]
    OtherFileSystem {
        /// The path.
        path: PathBuf,
    },
    /// The destination exists and is not removed by the same transaction.
    #[error("create `{}`, which already exists", path.display())]
    Occupied {
        /// The path.
        path: PathBuf,
    },
    /// The path to move does not exist, or the directory to place something in.
    #[error("change `{}`, which does not exist", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// The path cannot be written to a journal.
    #[error("note `{}` in the journal", path.display())]
    Unwritable {
        /// The path.
        path: PathBuf,
    },
    /// A step failed in the middle; everything was put back.
    #[error("change `{}`; all changes were taken back", path.display())]
    RolledBack {
        /// The path whose change failed.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// A step failed in the middle and not everything could be put back; the journal is kept
    /// and the next recovery tries again.
    #[error("put back `{}`; the next command will try again", path.display())]
    Stuck {
        /// The path that could not be put back.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// The transaction was stopped on purpose by a test.
    #[doc(hidden)]
    #[error("the transaction was interrupted")]
    Interrupted,
}

impl TxnError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
