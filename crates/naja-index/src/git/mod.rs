//! Commits of repositories, by the user's own git.

mod error;

pub use error::GitFault;

use crate::context::Context;
use crate::error::FetchError;
use crate::request::{Checkout, GitRequest};

/// Answers from what is checked out already.
pub(crate) fn cached(_context: &Context, _wanted: &GitRequest) -> Option<Checkout> {
    None
}

/// Brings a commit into the cache. Blocks for as long as git runs.
pub(crate) fn fetch(_context: &Context, wanted: &GitRequest) -> Result<Checkout, FetchError> {
    Err(FetchError::Git {
        url: wanted.url.without_credentials(),
        source: GitFault::NoGit,
    })
}
