//! Commits of repositories, by the user's own git with the user's own credentials.
//!
//! Each repository has a bare copy in the cache, named after its address without credentials;
//! each commit that was wanted is checked out once beside it, with a `.git` of its own that
//! borrows the objects of the bare copy, so that versions can be made of tags and history. Git is
//! never run by a shell, never asks, runs no hook, and sees none of the caller's variables that
//! say where it is. Credentials of an address go to git in the environment.

mod checkout;
mod config;
mod error;
mod resolve;
mod run;
mod threads;
mod working;

pub use config::GitConfig;
pub use error::GitFault;
pub(crate) use threads::Threads;
pub use working::{MoveError, TreeState, WorkingTrees};

use std::sync::Arc;

use naja_spec::SafeUrl;

use crate::context::Context;
use crate::error::FetchError;
use crate::keys::RequestKey;
use crate::request::{Answer, Checkout, GitRequest, Reply, Ticket};

/// Answers from what is checked out already.
pub(crate) fn cached(context: &Context, wanted: &GitRequest) -> Option<Checkout> {
    let refreshed = |name| context.must_refresh(name, i64::MIN);
    if wanted.name.as_ref().is_some_and(refreshed) && !context.config.offline {
        return None;
    }
    checkout::find(context, wanted)
}

/// Brings a commit into the cache, on a thread of its own.
pub(crate) fn start(context: &Arc<Context>, ticket: Ticket, key: RequestKey, wanted: GitRequest) {
    let inside = Arc::clone(context);
    context.gits.start(move || {
        let result = fetch(&inside, &wanted).map(Answer::Checkout);
        inside.done(&key, Reply::Done { ticket, result });
    });
}

fn fetch(context: &Context, wanted: &GitRequest) -> Result<Checkout, FetchError> {
    let fault = |source| FetchError::Git {
        url: shown(&wanted.url),
        source,
    };
    if let Some(checkout) = cached(context, wanted) {
        return Ok(checkout);
    }
    if context.config.offline && !wanted.url.is_file() {
        return Err(FetchError::Offline {
            url: shown(&wanted.url),
        });
    }
    let Some(_slot) = context
        .gits
        .slot(&context.stop, context.config.git.concurrency)
    else {
        return Err(FetchError::Stopped);
    };
    match checkout::make(context, wanted) {
        Ok(checkout) => Ok(checkout),
        Err(GitFault::Stopped) => Err(FetchError::Stopped),
        Err(source) => Err(fault(source)),
    }
}

fn shown(url: &SafeUrl) -> SafeUrl {
    url.without_credentials().without_fragment()
}
