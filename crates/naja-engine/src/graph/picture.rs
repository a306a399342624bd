//! `naja graph`: the graph in the form that was asked for.

use naja_spec::PackageName;

use super::{Dependencies, Detail, Newer, NodeId, html, of_environment, svg, text};
use crate::failure::Failure;
use crate::pip::{ListRequest, OutdatedRequest, outdated};
use crate::session::Session;
use crate::target;

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
    /// In which form.
    pub format: PictureFormat,
    /// Only these and what they need; everything if empty.
    pub packages: Vec<PackageName>,
    /// Asks the indexes what an upgrade would change.
    pub outdated: bool,
}

/// Draws what is installed. The index is asked only for `outdated`.
///
/// # Errors
/// There is no environment, a package is not installed, or an index cannot be asked.
pub fn graph(session: &mut Session, request: &GraphRequest) -> Result<String, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    let detail = Detail {
        sizes: request.format != PictureFormat::Mermaid && request.format != PictureFormat::Dot,
        about: matches!(
            request.format,
            PictureFormat::Svg | PictureFormat::Html | PictureFormat::Json
        ),
        guess_extras: true,
    };
    let mut graph = of_environment(&env, &state, detail);
    if request.outdated {
        add_newer(session, &mut graph)?;
    }
    if !request.packages.is_empty() {
        graph = below(&graph, &request.packages)?;
    }
    let place = env.root();
    let project = place.parent().filter(|_| place.ends_with(".venv"));
    let name = project.unwrap_or(place).file_name().unwrap_or_default();
    Ok(match request.format {
        PictureFormat::Mermaid => text::mermaid(&graph),
        PictureFormat::Dot => text::dot(&graph),
        PictureFormat::Svg => svg::svg(&graph),
        PictureFormat::Html => html::page(
            &graph,
            &html::Heading {
                name: name.to_string_lossy().into_owned(),
                python: env.interpreter().version.to_string(),
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

/// Asks the indexes about everything.
///
/// # Errors
/// An index cannot be asked.
pub(super) fn add_newer(session: &mut Session, graph: &mut Dependencies) -> Result<(), Failure> {
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

/// Only some packages, and what they need.
///
/// # Errors
/// One of them is not installed.
fn below(graph: &Dependencies, names: &[PackageName]) -> Result<Dependencies, Failure> {
    let mut open = Vec::new();
    for name in names {
        let found = graph.find(name);
        let there = found.filter(|id| graph.nodes[*id].version.is_some());
        let Some(id) = there else {
            let known = graph.nodes.iter().filter(|node| node.version.is_some());
            let near = crate::diagnose::near_names(name, known.map(|node| &node.name));
            let failure = Failure::unsatisfied(format!("{name} is not installed"));
            let near = near.iter().find(|near| graph.find(near).is_some());
            return Err(match near {
                Some(near) => failure.hint(format!("is `{near}` meant?")),
                None => failure.hint("`naja pip list` shows what is"),
            });
        };
        open.push(id);
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
