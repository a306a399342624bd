//! Where a program of others works, and in which version.

use std::path::PathBuf;

use naja_spec::{PackageName, Version};

use super::load::Project;
use super::parts::PartChoice;
use crate::failure::Failure;
use crate::session::Session;

/// What a program of others finds of a project.
pub(crate) struct Found {
    /// The directory of the project that the command is about.
    pub(crate) dir: PathBuf,
    /// The directories of other projects of the workspace, which are not asked for.
    pub(crate) others: Vec<PathBuf>,
    /// The version that the lock has of the program: the newest, if there are several for different systems.
    pub(crate) version: Option<Version>,
}

/// Finds the project that commands are about, or the one of its workspace that is chosen, and what the lock has of a
/// package. `None`: there is no project.
///
/// # Errors
/// A manifest or the lock has a mistake.
pub(crate) fn locked_version(
    session: &Session,
    (name, chosen): (&PackageName, Option<&PartChoice>),
) -> Result<Option<Found>, Failure> {
    let Some(project) = Project::find(session)? else {
        return Ok(None);
    };
    let workspace = &project.workspace;
    let one = match chosen.map(|chosen| (chosen.all_packages, chosen.packages.as_slice())) {
        Some((false, [one])) => workspace.member(one),
        Some((false, [])) | None => workspace.current(),
        Some(_) => None,
    };
    let dir = one.map_or(&workspace.root, |member| &member.dir);
    let others = workspace.members.iter().map(|member| &member.dir);
    let others = others.filter(|other| one.is_some() && *other != dir);
    let packages = project
        .lock
        .iter()
        .flat_map(|read| &read.lock.file.packages);
    let versions = packages
        .filter(|package| package.name == *name)
        .filter_map(|package| package.version.clone());
    Ok(Some(Found {
        dir: dir.clone(),
        others: others.cloned().collect(),
        version: versions.max(),
    }))
}
