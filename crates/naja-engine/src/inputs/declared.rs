//! Dependencies that stand in a project's own file, with the `sources` of the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use naja_lock::PartKind;
use naja_project::SourceName;
use naja_project::manifest::{Workspace, WorkspaceError, discover};
use naja_project::requirements::{RequirementEntry, RequirementItem};

use crate::disk::Disk;
use crate::failure::Failure;
use crate::options;
use crate::project::{self, Lowered};
use crate::session::Session;

/// The projects whose files were read, by their directories.
#[derive(Default)]
pub(super) struct Declared {
    projects: BTreeMap<PathBuf, Option<Workspace>>,
}

impl Declared {
    /// What an entry asks for if it stands in the file of a project; `None` for all others, and with
    /// `--no-sources` or `--no-sources-package`.
    ///
    /// # Errors
    /// A source leads nowhere, or the project has a mistake.
    pub(super) fn lowered(
        &mut self,
        session: &Session,
        entry: &RequirementEntry,
    ) -> Result<Option<Vec<Lowered>>, Failure> {
        let (Some(place), SourceName::Path(file), RequirementItem::Named(requirement)) =
            (&entry.origin.project, &entry.origin.source, &entry.item)
        else {
            return Ok(None);
        };
        let has_sources = options::has_sources(&session.settings, &requirement.name);
        if !has_sources || requirement.url().is_some() {
            return Ok(None);
        }
        let Some(dir) = file.parent() else {
            return Ok(None);
        };
        session.trace.spoil("the sources of a project count");
        if !self.projects.contains_key(dir) {
            self.projects
                .insert(dir.to_path_buf(), workspace(dir, file)?);
        }
        let Some(Some(workspace)) = self.projects.get(dir) else {
            return Ok(None);
        };
        let Some(member) = workspace.current() else {
            return Ok(None);
        };
        let kind = match (&place.group, &place.extra) {
            (Some(group), _) => PartKind::Group(group.clone()),
            (None, Some(extra)) => PartKind::Extra(extra.clone()),
            (None, None) => PartKind::Project,
        };
        project::lower(workspace, member, &kind, requirement).map(Some)
    }
}

/// The project of a file, if it or its workspace may say something about sources.
fn workspace(dir: &Path, file: &Path) -> Result<Option<Workspace>, Failure> {
    let says = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.contains("sources")
    };
    let mut above = dir.ancestors().map(|dir| dir.join("pyproject.toml"));
    if !says(file) && !above.any(|path| says(&path)) {
        return Ok(None);
    }
    match discover(&Disk, dir) {
        Ok(found) => Ok(found),
        Err(WorkspaceError::NoProject(_)) => Ok(None),
        Err(error) => Err(project::unusable(&error)),
    }
}
