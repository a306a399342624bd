//! `naja tree` and `naja pip tree`.

use std::collections::BTreeMap;

use naja_spec::PackageName;
use serde::Serialize;

use super::{Dependencies, Detail, Edge, Links, Node, NodeId, of_environment};
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// What `naja tree` shall show.
#[derive(Clone, Debug, Default)]
pub struct TreeRequest {
    /// How deep, counted from the roots; `None` for all the way.
    pub depth: Option<usize>,
    /// Names that are left out, with everything below them.
    pub prune: Vec<PackageName>,
    /// Shows only these as roots.
    pub packages: Vec<PackageName>,
    /// Shows a distribution's dependencies each time it appears.
    pub no_dedupe: bool,
    /// From dependencies to dependents.
    pub invert: bool,
    /// Measures the packages.
    pub sizes: bool,
    /// Asks the indexes for newer versions.
    pub outdated: bool,
    /// Finds out which extras the user must have asked for, and shows extras.
    pub extras: bool,
}

/// One line of the tree, and what is below it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TreeNode {
    /// The name.
    pub name: String,
    /// The version; `None` if it is required and not installed.
    pub version: Option<String>,
    /// The specifier of the requirement that leads here.
    pub specifier: Option<String>,
    /// Whether it is shown elsewhere with its dependencies.
    pub repeated: bool,
    /// Whether it is above itself: it needs what needs it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub circle: bool,
    /// The extras that are in use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<String>,
    /// The extra whose requirement leads here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// Whether what is installed is not what is required.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unmet: bool,
    /// The size of its files in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// A newer version that can be installed here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
    /// What it requires, or who requires it.
    pub children: Vec<TreeNode>,
}

/// The installed distributions and what they require.
///
/// # Errors
/// There is no environment, it cannot be read, or an index cannot be asked.
pub fn tree(session: &mut Session, request: &TreeRequest) -> Result<Vec<TreeNode>, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    let detail = Detail {
        sizes: request.sizes,
        guess_extras: request.extras,
        about: false,
    };
    let mut graph = of_environment(&env, &state, detail);
    if request.outdated {
        super::picture::add_newer(session, &mut graph)?;
    }
    Ok(grow(&graph, request))
}

/// The trees of a graph.
pub(super) fn grow(graph: &Dependencies, request: &TreeRequest) -> Vec<TreeNode> {
    let links = graph.links();
    let mut walk = Walk {
        graph,
        request,
        below: below(graph, &links, request.invert),
        shown: vec![false; graph.nodes.len()],
        path: Vec::new(),
    };
    let roots: Vec<Result<NodeId, &PackageName>> = if request.packages.is_empty() {
        let mut roots = roots(graph, &links, request.invert);
        roots.sort_unstable();
        roots.into_iter().map(Ok).collect()
    } else {
        let find = |name| graph.find(name).ok_or(name);
        request.packages.iter().map(find).collect()
    };
    let mut nodes = Vec::new();
    for root in roots {
        match root {
            Ok(id) if request.prune.contains(&graph.nodes[id].name) => {}
            Ok(id) => nodes.push(walk.node(id, None)),
            Err(name) => nodes.push(TreeNode {
                name: name.to_string(),
                ..TreeNode::default()
            }),
        }
    }
    nodes
}

fn roots(graph: &Dependencies, links: &Links, invert: bool) -> Vec<NodeId> {
    if !invert {
        return graph.tops(links);
    }
    let turned = Dependencies {
        edges: graph
            .edges
            .iter()
            .map(|edge| Edge {
                from: edge.to,
                to: edge.from,
                ..edge.clone()
            })
            .collect(),
        nodes: graph.nodes.clone(),
        roots: graph.roots.clone(),
    };
    let present = graph.present();
    let tops = turned.tops(&turned.links());
    tops.into_iter().filter(|id| present[*id]).collect()
}

/// What is below each node, by name, with the requirements between the two.
fn below(graph: &Dependencies, links: &Links, invert: bool) -> Vec<BTreeMap<NodeId, Vec<usize>>> {
    let sides = if invert { &links.into } else { &links.out };
    let other = |edge: &Edge| if invert { edge.from } else { edge.to };
    sides
        .iter()
        .map(|edges| {
            let mut below: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
            for id in edges {
                below.entry(other(&graph.edges[*id])).or_default().push(*id);
            }
            below
        })
        .collect()
}

struct Walk<'a> {
    graph: &'a Dependencies,
    request: &'a TreeRequest,
    below: Vec<BTreeMap<NodeId, Vec<usize>>>,
    shown: Vec<bool>,
    path: Vec<NodeId>,
}

impl Walk<'_> {
    fn node(&mut self, id: NodeId, by: Option<&[usize]>) -> TreeNode {
        let graph = self.graph;
        let mut line = line(&graph.nodes[id], self.request);
        if let Some(by) = by {
            required(&mut line, graph, by, self.request.extras);
        }
        let below = std::mem::take(&mut self.below[id]);
        let circle = self.path.contains(&id);
        let again = self.shown[id] && !self.request.no_dedupe;
        // What is above itself has lent its list to the walk.
        line.circle = circle;
        line.repeated = circle || (!below.is_empty() && again);
        let deep_enough = (self.request.depth).is_some_and(|depth| self.path.len() >= depth);
        if !line.repeated && !deep_enough {
            self.shown[id] = true;
            self.path.push(id);
            for (child, by) in &below {
                if !self.request.prune.contains(&graph.nodes[*child].name) {
                    let child = self.node(*child, Some(by));
                    line.children.push(child);
                }
            }
            self.path.pop();
        }
        if !circle {
            self.below[id] = below;
        }
        line
    }
}

fn line(node: &Node, request: &TreeRequest) -> TreeNode {
    let extras = node.extras.iter().filter(|_| request.extras);
    TreeNode {
        name: node.name.to_string(),
        version: node.version.as_ref().map(ToString::to_string),
        extras: extras.map(ToString::to_string).collect(),
        bytes: node.size.map(|size| size.bytes),
        latest: node.newer.as_ref().map(|newer| newer.latest.clone()),
        ..TreeNode::default()
    }
}

/// Adds what the requirements between two nodes say.
fn required(line: &mut TreeNode, graph: &Dependencies, by: &[usize], extras: bool) {
    let edges = || by.iter().map(|id| &graph.edges[*id]);
    let mut wanted: Vec<String> = edges().map(Edge::wanted).collect();
    wanted.retain(|text| !text.is_empty());
    wanted.dedup();
    line.specifier = Some(wanted.join(","));
    line.unmet = edges().any(|edge| !edge.met);
    if extras && edges().all(|edge| edge.extra.is_some()) {
        let extra = edges().find_map(|edge| edge.extra.as_ref());
        line.extra = extra.map(ToString::to_string);
    }
}
