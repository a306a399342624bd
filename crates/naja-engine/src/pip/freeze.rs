use std::path::PathBuf;

use naja_env::InstalledDist;
use naja_spec::{DirectUrlKind, PackageName};

use super::list::scan_strictly;
use crate::checkouts;
use crate::failure::Failure;
use crate::session::Session;

/// What `naja pip freeze` shall show.
#[derive(Clone, Debug, Default)]
pub struct FreezeRequest {
    /// Lists pip, and what comes along with it, too.
    pub all: bool,
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
    let only_own = session.settings.user.value;
    let wanted = |dist: &&InstalledDist| {
        let left_out =
            (request.exclude_editable && dist.is_editable()) || (only_own && !dist.is_owned());
        let tool = !request.all && is_tool(dist);
        !left_out && !tool && !request.exclude.contains(dist.name())
    };
    let mut lines = Vec::new();
    for dist in state.visible().filter(wanted) {
        let Some(frozen) = checkouts::frozen(session, dist) else {
            lines.push(line(dist));
            continue;
        };
        if frozen.is_changed {
            session.warn(format!(
                "{} was changed, and its line names the commit without the changes",
                dist.name()
            ));
        }
        lines.push(frozen.line);
    }
    Ok(lines)
}

/// Whether it came with the environment: pip, and for old Pythons what pip builds with.
fn is_tool(dist: &InstalledDist) -> bool {
    match dist.name().as_str() {
        "pip" => true,
        "setuptools" | "wheel" | "distribute" => {
            let site = dist.site_dir().to_string_lossy();
            let minor = site.split("python3.").nth(1);
            let minor = minor.and_then(|rest| rest.split(['/', '\\']).next()?.parse::<u8>().ok());
            minor.is_some_and(|minor| minor < 12)
        }
        _ => false,
    }
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
    let mut parts = Vec::new();
    if let DirectUrlKind::Archive { hashes } = &direct.kind
        && let Some(hash) = hashes.get("sha256")
    {
        parts.push(format!("sha256={hash}"));
    }
    parts.extend(
        direct
            .subdirectory
            .as_deref()
            .map(|dir| format!("subdirectory={dir}")),
    );
    let fragment = if parts.is_empty() {
        String::new()
    } else {
        format!("#{}", parts.join("&"))
    };
    if dist.is_editable() {
        return format!("-e {address}{fragment}");
    }
    format!("{} @ {address}{fragment}", dist.name())
}
