//! The tasks that run around a sync.

use naja_engine::tasks::{self, HookChoice};
use naja_engine::{ChangeReport, Failure, Preview, Session};

/// When hooks run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hooks {
    pub(super) choice: HookChoice,
    /// Only what is applied has hooks.
    pub(super) preview: Preview,
    /// Whether the environment is the active one.
    pub(super) active: bool,
}

/// Runs `post-sync` after something else than a sync has changed the environment of the project.
///
/// # Errors
/// The hook fails.
pub(super) fn after(
    session: &mut Session,
    choice: HookChoice,
    change: &ChangeReport,
) -> Result<(), Failure> {
    match change.applied && !change.changes.is_empty() {
        true => tasks::after_sync(session, choice, false),
        false => Ok(()),
    }
}

/// Does something that may sync: `pre-sync` runs before, `post-sync` after it if something was changed.
///
/// # Errors
/// That of the work, or a hook fails.
pub(super) fn around<T>(
    session: &mut Session,
    hooks: Hooks,
    work: impl FnOnce(&mut Session) -> Result<T, Failure>,
    change: impl FnOnce(&T) -> &ChangeReport,
) -> Result<T, Failure> {
    if hooks.preview != Preview::Apply {
        return work(session);
    }
    tasks::before_sync(session, hooks.choice)?;
    let done = work(session)?;
    let change = change(&done);
    if change.applied && !change.changes.is_empty() {
        tasks::after_sync(session, hooks.choice, hooks.active)?;
    }
    Ok(done)
}
