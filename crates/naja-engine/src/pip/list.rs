use std::path::PathBuf;

use naja_env::{EnvState, InstalledDist};
use naja_spec::PackageName;
use serde::Serialize;

use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// What `naja pip list` shall show.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// Only editable installations, or none of them.
    pub editable: Option<bool>,
    /// Names that are left out.
    pub exclude: Vec<PackageName>,
    /// Directories to look at instead of an environment.
    pub paths: Vec<PathBuf>,
}

/// One installed distribution.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The normalised name.
    pub name: String,
    /// The version.
    pub version: String,
    /// Where the sources of an editable installation are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub editable_project_location: Option<String>,
}

/// Lists what is installed, by name. Python is not started.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn list(session: &mut Session, request: &ListRequest) -> Result<Vec<Listed>, Failure> {
    let state = scan(session, &request.paths)?;
    Ok(state
        .visible()
        .filter(|dist| wanted(dist, request))
        .map(listed)
        .collect())
}

/// Scans the environment, or the directories named instead.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub(crate) fn scan(session: &mut Session, paths: &[PathBuf]) -> Result<EnvState, Failure> {
    if paths.is_empty() {
        return Ok(target::open_and_scan(session)?.1);
    }
    let paths: Vec<_> = paths
        .iter()
        .map(|path| session.process.absolute(path))
        .collect();
    let paths: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    EnvState::scan_dirs(&paths, []).map_err(|error| crate::diagnose::scan(&error))
}

fn wanted(dist: &InstalledDist, request: &ListRequest) -> bool {
    request
        .editable
        .is_none_or(|editable| dist.is_editable() == editable)
        && !request.exclude.contains(dist.name())
}

fn listed(dist: &InstalledDist) -> Listed {
    let tree = dist.is_editable().then(|| dist.linked_tree()).flatten();
    Listed {
        name: dist.name().to_string(),
        version: dist.version().to_string(),
        editable_project_location: tree.map(|tree| tree.display().to_string()),
    }
}
