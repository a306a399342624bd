//! One version of a lock.

use std::path::PathBuf;

use naja_spec::{PackageName, Version};

use super::load::Project;
use crate::failure::Failure;
use crate::session::Session;

/// The directory of the project that commands are about, and the version that its lock has of a package: the newest, if
/// there are several for different systems. `None`: there is no project.
///
/// # Errors
/// A manifest or the lock has a mistake.
pub(crate) fn locked_version(
    session: &Session,
    name: &PackageName,
) -> Result<Option<(PathBuf, Option<Version>)>, Failure> {
    let Some(project) = Project::find(session)? else {
        return Ok(None);
    };
    let current = project.workspace.current();
    let dir = current.map_or(&project.workspace.root, |member| &member.dir);
    let packages = project
        .lock
        .iter()
        .flat_map(|read| &read.lock.file.packages);
    let versions = packages
        .filter(|package| package.name == *name)
        .filter_map(|package| package.version.clone());
    Ok(Some((dir.clone(), versions.max())))
}
