use naja_spec::PackageName;

use crate::change::{self, ChangeReport, Preview};
use crate::failure::Failure;
use crate::graph;
use crate::inputs::{self, InputSources};
use crate::session::Session;
use crate::target;

/// What `naja pip uninstall` shall remove.
#[derive(Clone, Debug, Default)]
pub struct UninstallRequest {
    /// The names and requirements files.
    pub sources: InputSources,
    /// Whether what came only for the sake of these goes with them.
    pub autoremove: bool,
    /// How far it goes.
    pub preview: Preview,
}

/// Removes distributions; warns about names that are not there.
///
/// # Errors
/// There is no environment, or something cannot be removed; then nothing is.
pub fn uninstall(
    session: &mut Session,
    request: &UninstallRequest,
) -> Result<ChangeReport, Failure> {
    let set = inputs::read(session, &request.sources)?;
    let (env, state) = target::open_for_change(session)?;
    let mut names: Vec<PackageName> = Vec::new();
    for root in set.roots.iter().map(|root| &root.requirement.name) {
        if state
            .get(root)
            .iter()
            .any(naja_env::InstalledDist::is_owned)
        {
            if !names.contains(root) {
                names.push(root.clone());
            }
        } else if state.get(root).is_empty() {
            session.warn(format!("skipped {root}, which is not installed"));
        } else {
            session.warn(format!(
                "skipped {root}, which belongs to the base installation"
            ));
        }
    }
    if names.is_empty() {
        session.warn("there is nothing to uninstall");
        return Ok(ChangeReport::default());
    }
    if request.autoremove {
        let graph = graph::of_environment(&env, &state, graph::Detail::default());
        match graph.nodes.iter().find(|node| node.unreadable.is_some()) {
            None => {
                let going: Vec<_> = names.iter().filter_map(|name| graph.find(name)).collect();
                let along = graph::would_go(&graph, &going);
                names.extend(along.into_iter().map(|id| graph.nodes[id].name.clone()));
            }
            Some(node) => session.warn(format!(
                "nothing else was removed: what {} needs cannot be read",
                node.name
            )),
        }
    }
    change::remove(session, &env, &names, request.preview)
}
