use std::path::PathBuf;

use naja_env::{EnvState, InstalledDist};
use naja_spec::{DirectUrlKind, PackageName, SafeUrl};
use serde::Serialize;

use super::outdated::needed;
use crate::consistency;
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
    /// Only what no other installed distribution needs.
    pub not_required: bool,
    /// Only what is in the environment itself, not in the installation below it.
    pub local: bool,
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
    /// The directory it is installed in, where details are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The program that installed it, where details are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installer: Option<String>,
}

/// Lists what is installed, by name. Python is not started.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn list(session: &mut Session, request: &ListRequest) -> Result<Vec<Listed>, Failure> {
    let state = scan_strictly(session, &request.paths)?;
    let dists = chosen(session, &state, request)?;
    let details = session.settings.verbose.value > 0;
    Ok(dists
        .into_iter()
        .map(|dist| listed(dist, details))
        .collect())
}

/// Scans as [`scan`] does, and warns of what does not agree where `--strict` asks for it.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub(super) fn scan_strictly(session: &mut Session, paths: &[PathBuf]) -> Result<EnvState, Failure> {
    if !paths.is_empty() {
        return scan(session, paths);
    }
    let (env, state) = target::open_and_scan(session)?;
    consistency::warn_if_strict(session, &env, &state);
    Ok(state)
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

/// The visible distributions that a request is about.
///
/// # Errors
/// There is no interpreter whose markers say what is needed.
pub(super) fn chosen<'a>(
    session: &mut Session,
    state: &'a EnvState,
    request: &ListRequest,
) -> Result<Vec<&'a InstalledDist>, Failure> {
    let needed = if request.not_required {
        let interpreter = if request.paths.is_empty() {
            target::open_and_scan(session)?.0.interpreter().clone()
        } else {
            target::interpreter_to_resolve_for(session)?
        };
        needed(&interpreter, state)
    } else {
        std::collections::BTreeSet::new()
    };
    let own = request.local || session.settings.user.value;
    Ok(state
        .visible()
        .filter(|dist| {
            request
                .editable
                .is_none_or(|editable| dist.is_editable() == editable)
                && !request.exclude.contains(dist.name())
                && !needed.contains(dist.name())
                && (!own || dist.is_owned())
        })
        .collect())
}

fn listed(dist: &InstalledDist, details: bool) -> Listed {
    Listed {
        name: dist.name().to_string(),
        version: dist.version().to_string(),
        editable_project_location: project_location(dist),
        location: details.then(|| dist.site_dir().display().to_string()),
        installer: details.then(|| dist.installer().unwrap_or_default()),
    }
}

/// The source tree of an editable installation.
pub(super) fn project_location(dist: &InstalledDist) -> Option<String> {
    if !dist.is_editable() {
        return None;
    }
    if let Some(tree) = dist.linked_tree() {
        return Some(tree.display().to_string());
    }
    let direct = dist.direct_url()?;
    if !matches!(direct.kind, DirectUrlKind::Dir { .. }) {
        return None;
    }
    let url = SafeUrl::parse(&direct.url).ok()?;
    url.to_file_path().map(|path| path.display().to_string())
}
