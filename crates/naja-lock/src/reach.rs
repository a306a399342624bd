//! For which targets each distribution of a graph is wanted.

use naja_spec::MarkerSet;

use crate::{EdgeSource, Graph};

/// How often the edges are walked; longer chains against the order of the graph stay narrower.
const MAX_ROUNDS: usize = 64;

/// The targets for which each node is asked for, by the markers of the requirements on all ways from the
/// user's requirements to it.
///
/// Cycles are walked until nothing changes; where that takes too long, a node counts as wanted everywhere.
pub(crate) fn reach(graph: &Graph) -> Vec<MarkerSet> {
    let mut reached = vec![MarkerSet::none(); graph.nodes.len()];
    let conditions: Vec<MarkerSet> = graph
        .edges
        .iter()
        .map(|edge| {
            let condition = MarkerSet::from(edge.requirement.marker.as_ref());
            match &edge.extra {
                Some(extra) => condition.with_extra(extra, true).without_extras(),
                None => condition.without_extras(),
            }
        })
        .collect();
    for _ in 0..MAX_ROUNDS {
        let mut changed = false;
        for (edge, condition) in graph.edges.iter().zip(&conditions) {
            let from = match &edge.from {
                EdgeSource::Root(_) => MarkerSet::all(),
                EdgeSource::Node(id) => match reached.get(id.0) {
                    Some(from) => from.clone(),
                    None => continue,
                },
                // These narrow, and bring nothing in.
                EdgeSource::Constraint(_) | EdgeSource::Override(_) => continue,
            };
            let Some(to) = reached.get_mut(edge.to.0) else {
                continue;
            };
            let more = to.or(&from.and(condition));
            if more != *to {
                *to = more;
                changed = true;
            }
        }
        if !changed {
            // What nobody is known to ask for is there all the same.
            for set in reached.iter_mut().filter(|set| set.is_none()) {
                *set = MarkerSet::all();
            }
            return reached;
        }
    }
    vec![MarkerSet::all(); graph.nodes.len()]
}
