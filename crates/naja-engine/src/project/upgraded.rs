//! Locks that are only thought of: with newer versions than the one on the disk.

use super::load::Project;
use super::locking::{Fitting, LockMode, fitting};
use crate::event::Silence;
use crate::failure::Failure;
use crate::session::Session;

/// Does something of which nobody hears.
pub(super) fn unheard<T>(session: &mut Session, work: impl FnOnce(&mut Session) -> T) -> T {
    let sink = std::mem::replace(&mut session.sink, Box::new(Silence));
    let done = work(session);
    session.sink = sink;
    done
}

/// The lock of a project with everything as new as it may be.
///
/// # Errors
/// There is no answer, or an index cannot be asked.
pub(super) fn everything(session: &mut Session, project: &Project) -> Result<Fitting, Failure> {
    unheard(session, |session| {
        session.with_settings(
            |settings| settings.upgrade.value = true,
            |session| fitting(session, project, LockMode::Update),
        )
    })
}
