use std::path::PathBuf;

use naja_env::InstalledDist;
use naja_spec::{DirectUrlKind, PackageName};

use super::list::scan_strictly;
use crate::failure::Failure;
use crate::session::Session;

/// What `naja pip freeze` shall show.
#[derive(Clone, Debug, Default)]
pub struct FreezeRequest {
    /// Leaves editable installations out.
    pub exclude_editable: bool,
    /// Names that are left out.
    pub exclude: Vec<PackageName>,
    /// Directories to look at instead of an environment.
    pub paths: Vec<PathBuf>,
}

/// The lines of a requirements file that describes what is installed.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn freeze(session: &mut Session, request: &FreezeRequest) -> Result<Vec<String>, Failure> {
    let state = scan_strictly(session, &request.paths)?;
    let wanted = |dist: &&InstalledDist| {
        let left_out = request.exclude_editable && dist.is_editable();
        !left_out && !request.exclude.contains(dist.name())
    };
    Ok(state.visible().filter(wanted).map(line).collect())
}

fn line(dist: &InstalledDist) -> String {
    let Some(direct) = dist.direct_url() else {
        if let Some(tree) = dist.is_editable().then(|| dist.linked_tree()).flatten() {
            return format!("-e {}", tree.display());
        }
        return format!("{}=={}", dist.name(), dist.version());
    };
    let address = match &direct.kind {
        DirectUrlKind::Vcs { vcs, commit_id, .. } => format!("{vcs}+{}@{commit_id}", direct.url),
        _ => direct.url.clone(),
    };
    let subdirectory = direct.subdirectory.as_deref();
    let fragment = subdirectory
        .map(|dir| format!("#subdirectory={dir}"))
        .unwrap_or_default();
    if dist.is_editable() {
        return format!("-e {address}{fragment}");
    }
    format!("{} @ {address}{fragment}", dist.name())
}
