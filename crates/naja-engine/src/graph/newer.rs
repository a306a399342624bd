//! What the indexes have of the packages of a graph.

use naja_spec::PackageName;

use super::source::Read;
use super::{Dependencies, Newer, NodeId};
use crate::failure::Failure;
use crate::pip::{ListRequest, OutdatedRequest, latest_of, outdated};
use crate::project::Viewed;
use crate::session::Session;

/// Asks the indexes about everything.
///
/// # Errors
/// An index cannot be asked.
pub(super) fn add(session: &mut Session, read: &mut Read) -> Result<(), Failure> {
    match &read.lock {
        Some(viewed) => of_lock(session, &mut read.graph, viewed),
        None => of_environment(session, &mut read.graph),
    }
}

fn of_environment(session: &mut Session, graph: &mut Dependencies) -> Result<(), Failure> {
    let request = OutdatedRequest {
        list: ListRequest::default(),
        allowed: true,
        ..OutdatedRequest::default()
    };
    for one in outdated(session, &request)? {
        let name = PackageName::parse(&one.name).ok();
        if let Some(id) = name.and_then(|name| graph.find(&name)) {
            let allowed = one.allowed_version.unwrap_or_else(|| one.version.clone());
            graph.nodes[id].newer = Some(Newer {
                latest: one.latest_version,
                allowed,
            });
        }
    }
    Ok(())
}

/// The versions of everything that comes from an index; what is allowed is what the requirements of the
/// graph say.
fn of_lock(
    session: &mut Session,
    graph: &mut Dependencies,
    viewed: &Viewed,
) -> Result<(), Failure> {
    let is_indexed = |id: &NodeId| {
        let node = &graph.nodes[*id];
        node.version.is_some() && node.source.is_none()
    };
    let ids: Vec<NodeId> = (0..graph.nodes.len()).filter(is_indexed).collect();
    let mut names: Vec<PackageName> = ids.iter().map(|id| graph.nodes[*id].name.clone()).collect();
    names.dedup();
    let allows = |name: &PackageName, version: &naja_spec::Version| {
        let edges = graph.edges.iter().filter(|edge| edge.is_active());
        let mut asking = edges.filter(|edge| graph.nodes[edge.to].name == *name);
        asking.all(|edge| edge.specifier.contains(version))
    };
    let found = latest_of(session, (&names, &viewed.python), &allows)?;
    for id in ids {
        let node = &mut graph.nodes[id];
        let (Some((latest, allowed)), Some(own)) = (found.get(&node.name), &node.version) else {
            continue;
        };
        if latest > own {
            node.newer = Some(Newer {
                latest: latest.to_string(),
                allowed: allowed.as_ref().max(Some(own)).unwrap_or(own).to_string(),
            });
        }
    }
    Ok(())
}
