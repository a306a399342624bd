//! The files of the project: its manifests and its lock.

use super::finding::Finding;
use crate::project::Project;
use crate::session::Session;

/// A manifest, or a lock, that commands of the project would refuse.
pub(super) fn check(session: &Session) -> Option<Finding> {
    let failure = Project::find(session).err()?;
    let finding = Finding::new("project-unreadable", failure.title);
    let finding = failure.causes.into_iter().fold(finding, Finding::because);
    Some(match failure.hints.is_empty() {
        true => finding.step("mend what is named, and look again with `naja doctor`"),
        false => failure.hints.into_iter().fold(finding, Finding::step),
    })
}
