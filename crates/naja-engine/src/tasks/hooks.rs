//! The tasks that run around a sync: `pre-sync` and `post-sync`.

use std::path::Path;

use super::book::book;
use super::perform::{TaskRequest, aside};
use crate::failure::{Failure, Kind};
use crate::project::ProjectRun;
use crate::run::RunRequest;
use crate::session::Session;

/// Set for the commands of a hook: what they call runs none.
const MARK: &str = "NAJA_HOOK";

/// Whether hooks run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookChoice {
    /// Where there are some.
    #[default]
    Run,
    /// Never (`--no-hooks`).
    Skip,
}

impl HookChoice {
    /// Whether they run here: not inside of another one.
    pub(super) fn counts(self, session: &Session) -> bool {
        self == Self::Run && session.process.var(MARK).is_none()
    }
}

/// Runs `pre-sync`, if there is such a task.
///
/// # Errors
/// It fails; nothing else has been done.
pub fn before_sync(session: &mut Session, hooks: HookChoice) -> Result<(), Failure> {
    let status = hook(session, "pre-sync", (hooks, false))?;
    has_to_pass(
        session,
        status,
        "`pre-sync` failed: nothing has been synced",
    )
}

/// Runs `post-sync` after a sync that changed something, if there is such a task.
///
/// # Errors
/// It fails; what was synced stays.
pub fn after_sync(session: &mut Session, hooks: HookChoice, active: bool) -> Result<(), Failure> {
    let status = hook(session, "post-sync", (hooks, active))?;
    has_to_pass(
        session,
        status,
        "`post-sync` failed; the sync itself is done",
    )
}

/// The same for what `naja run` had to sync first.
///
/// # Errors
/// As [`after_sync`].
pub(crate) fn after_change(
    session: &mut Session,
    root: &Path,
    request: &RunRequest,
) -> Result<(), Failure> {
    session.detail(format!("{} was changed", root.display()));
    after_sync(session, request.hooks, request.active)
}

/// A hook that failed stops the command with its status; one that does not exist passes.
fn has_to_pass(session: &mut Session, status: Option<u8>, what: &str) -> Result<(), Failure> {
    match status {
        None | Some(0) => Ok(()),
        Some(status) => {
            session.warn(format!("{what} (status {status})"));
            Err(Failure::new(Kind::Status(status), what))
        }
    }
}

/// Runs a hook; its status, or nothing if there is none.
fn hook(
    session: &mut Session,
    name: &str,
    (hooks, active): (HookChoice, bool),
) -> Result<Option<u8>, Failure> {
    if !hooks.counts(session) {
        return Ok(None);
    }
    if book(session)?.find(name).is_none() {
        return Ok(None);
    }
    session.trace.spoil("a hook runs");
    let request = TaskRequest {
        run: RunRequest {
            command: vec![name.into()],
            active,
            // The environment is as it shall be, or not there yet.
            project: Some(ProjectRun::as_it_is(active)),
            ..RunRequest::default()
        },
        stays: true,
        vars: vec![(MARK.to_owned(), name.to_owned())],
        ..TaskRequest::default()
    };
    aside(session, &request).map(Some)
}
