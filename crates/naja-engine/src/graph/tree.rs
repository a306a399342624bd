//! `naja tree` and `naja pip tree`.

use std::collections::BTreeMap;

use naja_spec::{GroupName, PackageName};
use serde::Serialize;

use super::source::{self, GraphSource};
use super::{Dependencies, Detail, Edge, Links, Node, NodeId};
use crate::failure::Failure;
use crate::session::Session;

/// What `naja tree` shall show.
#[derive(Clone, Debug, Default)]
pub struct TreeRequest {
    /// From where.
    pub source: GraphSource,
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
    /// Where it is taken from, if it has no version that is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
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
    /// The dependency group whose requirement leads here; several with commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// When the requirement that leads here holds, where that is not always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
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

/// The installed distributions and what they require, or those of a lock.
///
/// # Errors
/// There is no environment, it cannot be read, or an index cannot be asked.
pub fn tree(session: &mut Session, request: &TreeRequest) -> Result<Vec<TreeNode>, Failure> {
    let detail = Detail {
        sizes: request.sizes,
        guess_extras: request.extras,
        about: false,
    };
    let mut read = source::read(session, &request.source, detail)?;
    if request.outdated {
        super::newer::add(session, &mut read)?;
    }
    let script = match &request.source {
        GraphSource::Lock(view) => view.script.as_deref(),
        _ => None,
    };
    let Some(script) = script else {
        return Ok(grow(&read.graph, request));
    };
    // A script is no package: the tree begins with what it asks for.
    let deeper = TreeRequest {
        depth: request
            .depth
            .map(|depth| depth + usize::from(!request.invert)),
        ..request.clone()
    };
    let nodes = grow(&read.graph, &deeper);
    let own = read
        .graph
        .roots
        .first()
        .map(|root| &read.graph.nodes[*root].name);
    let own = own.map(ToString::to_string).unwrap_or_default();
    Ok(of_script(nodes, &own, &script.display().to_string()))
}

/// Takes the script that a tree is about out of its top; below, it is called as its file.
fn of_script(nodes: Vec<TreeNode>, own: &str, shown: &str) -> Vec<TreeNode> {
    let mut flat = Vec::new();
    for node in nodes {
        match node.name == own {
            true => flat.extend(node.children),
            false => flat.push(node),
        }
    }
    for node in &mut flat {
        name_script(node, own, shown);
    }
    flat
}

fn name_script(node: &mut TreeNode, own: &str, shown: &str) {
    if node.name == own {
        shown.clone_into(&mut node.name);
        node.source = None;
    }
    for child in &mut node.children {
        name_script(child, own, shown);
    }
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
        let find = |name| match graph.find_all(name) {
            found if found.is_empty() => vec![Err(name)],
            found => found.map(Ok).collect(),
        };
        request.packages.iter().flat_map(find).collect()
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
            for (child, by) in groups_last(graph, &below) {
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

/// What is below a node, with what only its groups bring behind the rest.
fn groups_last<'a>(
    graph: &Dependencies,
    below: &'a BTreeMap<NodeId, Vec<usize>>,
) -> Vec<(&'a NodeId, &'a Vec<usize>)> {
    let is_group = |by: &[usize]| by.iter().all(|id| graph.edges[*id].group.is_some());
    let mut sorted: Vec<_> = below.iter().collect();
    sorted.sort_by_key(|(_, by)| is_group(by));
    sorted
}

fn line(node: &Node, request: &TreeRequest) -> TreeNode {
    let extras = node.extras.iter().filter(|_| request.extras);
    TreeNode {
        name: node.name.to_string(),
        version: node.version.as_ref().map(ToString::to_string),
        source: match node.version {
            Some(_) => None,
            None => node.source.clone(),
        },
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
    let is_conditional = |edge: &Edge| edge.extra.is_some() || edge.group.is_some();
    if extras && edges().all(is_conditional) {
        let extra = edges().find_map(|edge| edge.extra.as_ref());
        line.extra = extra.map(ToString::to_string);
        let mut groups: Vec<&str> = edges()
            .filter_map(|edge| edge.group.as_ref())
            .map(GroupName::as_str)
            .collect();
        groups.sort_unstable();
        groups.dedup();
        line.group = (!groups.is_empty()).then(|| groups.join(", "));
    }
    let markers: Option<Vec<&String>> = edges().map(|edge| edge.marker.as_ref()).collect();
    line.marker = markers.and_then(|markers| markers.first().map(|marker| (*marker).clone()));
}
