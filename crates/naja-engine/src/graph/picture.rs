//! `naja graph`: the graph in the form that was asked for.

use naja_spec::PackageName;

use super::source::{self, GraphSource};
use super::{Dependencies, Detail, NodeId, html, newer, svg, text};
use crate::failure::Failure;
use crate::session::Session;

/// The forms of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureFormat {
    /// A flow chart for Mermaid.
    #[default]
    Mermaid,
    /// A graph for Graphviz.
    Dot,
    /// An image.
    Svg,
    /// A page to look around in, without anything outside of it.
    Html,
    /// The graph itself.
    Json,
}

/// What `naja graph` shall draw.
#[derive(Clone, Debug, Default)]
pub struct GraphRequest {
    /// From where.
    pub source: GraphSource,
    /// In which form.
    pub format: PictureFormat,
    /// Only these and what they need; everything if empty.
    pub packages: Vec<PackageName>,
    /// Asks the indexes what an upgrade would change.
    pub outdated: bool,
}

/// Draws what is installed or locked. The index is asked only for `outdated`.
///
/// # Errors
/// There is no environment, a package is not installed, or an index cannot be asked.
pub fn graph(session: &mut Session, request: &GraphRequest) -> Result<String, Failure> {
    let detail = Detail {
        sizes: request.format != PictureFormat::Mermaid && request.format != PictureFormat::Dot,
        about: matches!(
            request.format,
            PictureFormat::Svg | PictureFormat::Html | PictureFormat::Json
        ),
        guess_extras: true,
    };
    let mut read = source::read(session, &request.source, detail)?;
    if request.outdated {
        newer::add(session, &mut read)?;
    }
    let is_locked = read.lock.is_some();
    let mut graph = read.graph;
    if !request.packages.is_empty() {
        graph = below(&graph, &request.packages, is_locked)?;
    }
    Ok(match request.format {
        PictureFormat::Mermaid => text::mermaid(&graph),
        PictureFormat::Dot => text::dot(&graph),
        PictureFormat::Svg => svg::svg(&graph),
        PictureFormat::Html => html::page(
            &graph,
            &html::Heading {
                name: read.name,
                python: read.python,
                compared: request.outdated,
            },
        ),
        PictureFormat::Json => as_json(&graph)?,
    })
}

fn as_json(graph: &Dependencies) -> Result<String, Failure> {
    let mut text = serde_json::to_string(graph).map_err(|error| {
        Failure::environment("could not write the graph as JSON").because(&error)
    })?;
    text.push('\n');
    Ok(text)
}

/// Only some packages, and what they need.
///
/// # Errors
/// One of them is not installed.
fn below(
    graph: &Dependencies,
    names: &[PackageName],
    is_locked: bool,
) -> Result<Dependencies, Failure> {
    let mut open = Vec::new();
    for name in names {
        let found = graph.find_all(name);
        let there: Vec<NodeId> = found.filter(|id| graph.nodes[*id].is_there()).collect();
        if there.is_empty() {
            let known = graph.nodes.iter().filter(|node| node.is_there());
            let near = crate::diagnose::near_names(name, known.map(|node| &node.name));
            let failure = Failure::unsatisfied(match is_locked {
                true => format!("{name} is not locked"),
                false => format!("{name} is not installed"),
            });
            let near = near.iter().find(|near| graph.find(near).is_some());
            return Err(match near {
                Some(near) => failure.hint(format!("is `{near}` meant?")),
                None if is_locked => failure.hint("`naja tree --universal` shows what is"),
                None => failure.hint("`naja pip list` shows what is"),
            });
        }
        open.extend(there);
    }
    let links = graph.links();
    let mut kept = vec![false; graph.nodes.len()];
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut kept[id], true) {
            open.extend(links.out[id].iter().map(|edge| graph.edges[*edge].to));
        }
    }
    Ok(only(graph, &kept))
}

fn only(graph: &Dependencies, kept: &[bool]) -> Dependencies {
    let mut places: Vec<NodeId> = vec![NodeId::MAX; kept.len()];
    let mut smaller = Dependencies::default();
    for (id, node) in graph.nodes.iter().enumerate() {
        if kept[id] {
            places[id] = smaller.nodes.len();
            smaller.nodes.push(node.clone());
        }
    }
    for edge in &graph.edges {
        if kept[edge.from] && kept[edge.to] {
            let mut edge = edge.clone();
            edge.from = places[edge.from];
            edge.to = places[edge.to];
            smaller.edges.push(edge);
        }
    }
    let roots = graph.roots.iter().filter(|id| kept[**id]);
    smaller.roots = roots.map(|id| places[*id]).collect();
    smaller
}
