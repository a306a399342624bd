//! How git fails.

use std::path::PathBuf;
use std::time::Duration;

use naja_store::StoreError;
use thiserror::Error;

/// Why a commit of a repository cannot be had. Messages of git in here hide credentials.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GitFault {
    /// There is no program `git` on the search path.
    #[error("there is no `git` on the search path")]
    NoGit,
    /// The program cannot be started.
    #[error("start `{}`", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// The repository has no such branch, tag or commit.
    #[error("the repository has no branch, tag or commit `{0}`")]
    NoRevision(String),
    /// Several commits start with the short id.
    #[error("several commits start with `{0}`")]
    AmbiguousRevision(String),
    /// The repository has no commit at all.
    #[error("the repository is empty")]
    Empty,
    /// The server wants credentials that the user's git does not have.
    #[error("the server wants credentials, and git has none that it accepts: {0}")]
    Unauthorized(String),
    /// There is no such repository, or it is hidden from who has no credentials.
    #[error("there is no such repository, or it needs credentials: {0}")]
    NoRepository(String),
    /// The transport is not one of those that are used.
    #[error("git may not use this transport: {0}")]
    Transport(String),
    /// The server cannot be reached.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// Git was silent or busy for too long.
    #[error("git did not end within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// Large files are wanted, and the part of git that fetches them is not installed.
    #[error("large files are wanted, and `git lfs` is not installed")]
    NoLfs,
    /// Git failed for another reason.
    #[error("git {action} failed: {message}")]
    Failed {
        /// What was tried, such as `fetch`.
        action: &'static str,
        /// The last lines of what git said.
        message: String,
    },
    /// The cache cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The command ended meanwhile.
    #[error("stopped")]
    Stopped,
}
