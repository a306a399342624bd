//! `naja why`: every way from what was asked for to a package.

use naja_spec::{ExtraName, PackageName, Requirement, VersionSpecifiers};
use serde::Serialize;

use super::bounds::{self, End};
use super::source::{self, GraphSource};
use super::{Applies, Dependencies, Detail, Edge, EdgeId, Links, NodeId};
use crate::diagnose::near_names;
use crate::failure::Failure;
use crate::session::Session;

/// More steps than this are not looked at: in a large environment the ways are without number.
const MOST_STEPS: usize = 100_000;

/// What `naja why` is asked about.
#[derive(Clone, Debug, Default)]
pub struct WhyRequest {
    /// From where.
    pub source: GraphSource,
    /// The packages, with the extras that are of interest.
    pub subjects: Vec<(PackageName, Vec<ExtraName>)>,
    /// Shows requirements that do not count here, too.
    pub all: bool,
    /// How many ways are shown of each.
    pub most: usize,
}

/// Why a package is there.
#[derive(Clone, Debug, Serialize)]
pub struct Reasons {
    /// Its name.
    pub name: String,
    /// Its version, or where it comes from if that has none; `None` if it is not there.
    pub version: Option<String>,
    /// Whether a lock was looked at instead of an environment.
    #[serde(skip)]
    pub locked: bool,
    /// Its extras that are in use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<String>,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// Whether nobody asked for it, and nothing needs it.
    pub leftover: bool,
    /// The ways, shortest first.
    pub paths: Vec<Path>,
    /// How many ways there are beside those.
    pub more: usize,
    /// Whether the ways were too many to count.
    pub uncounted: bool,
    /// Who asks for it directly, the strictest first.
    pub asks: Vec<Ask>,
    /// What holds its version down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upper: Option<Bound>,
    /// What holds its version up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower: Option<Bound>,
    /// Requirements that would bring it elsewhere, or with an extra.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would: Vec<Would>,
    /// Names that may have been meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<String>,
}

/// A way from something that nothing needs to the package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Path {
    /// The packages on it, the one that was asked for first.
    pub steps: Vec<PathStep>,
}

/// A package on a way, and the requirement that leads to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathStep {
    /// Its name.
    pub name: String,
    /// Its version, if it is installed.
    pub version: Option<String>,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// The requirement that leads to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// The extras of it that lead on, or that are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<String>,
}

/// What a requirement says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Which versions; everything where empty.
    pub specifier: String,
    /// The extra of the requiring package that brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// The dependency group of the requiring project that brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// When it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// Whether what is installed meets it.
    pub met: bool,
    /// Other requirements of the same package for the same one, under other conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Asked>,
}

/// A package that requires another one directly.
#[derive(Clone, Debug, Serialize)]
pub struct Ask {
    /// Its name, with extras.
    pub by: String,
    /// Its version.
    pub version: Option<String>,
    /// What it asks for.
    #[serde(flatten)]
    pub asked: Asked,
}

/// An end of what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bound {
    /// Who sets it.
    pub by: Vec<String>,
    /// As it is written: `<5`.
    pub limit: String,
}

/// A requirement that does not count here.
#[derive(Clone, Debug, Serialize)]
pub struct Would {
    /// Who has it, with the extra that would have to be asked for.
    pub by: String,
    /// Its version.
    pub version: Option<String>,
    /// What it asks for.
    #[serde(flatten)]
    pub asked: Asked,
    /// Whether asking for the extra is enough.
    pub with_extra: bool,
}

/// Reads a package as `naja why` is given it: a name, or a name with extras.
///
/// # Errors
/// It is none.
pub fn parse_subject(text: &str) -> Result<(PackageName, Vec<ExtraName>), Failure> {
    let unusable = |error: &dyn std::error::Error| {
        Failure::usage(format!("`{text}` is not the name of a package")).because(error)
    };
    let requirement = Requirement::parse(text.trim()).map_err(|error| unusable(&error))?;
    Ok((requirement.name, requirement.extras))
}

/// Finds out why packages are installed.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn why(session: &mut Session, request: &WhyRequest) -> Result<Vec<Reasons>, Failure> {
    let detail = Detail {
        guess_extras: true,
        ..Detail::default()
    };
    let read = source::read(session, &request.source, detail)?;
    let subjects = request.subjects.iter();
    let mut found: Vec<Reasons> = subjects
        .flat_map(|subject| reasons_of_all(&read.graph, subject, request))
        .collect();
    for reasons in &mut found {
        reasons.locked = read.lock.is_some();
    }
    Ok(found)
}

/// Why each entry of a package is in a graph; why there is none, if there is none.
fn reasons_of_all(
    graph: &Dependencies,
    subject: &(PackageName, Vec<ExtraName>),
    request: &WhyRequest,
) -> Vec<Reasons> {
    let found = graph.find_all(&subject.0);
    if found.is_empty() {
        return vec![reasons(graph, (None, subject), request)];
    }
    let reasons = found.map(|id| reasons(graph, (Some(id), subject), request));
    reasons.collect()
}

/// Why one package is in a graph.
pub(super) fn reasons(
    graph: &Dependencies,
    (id, (name, extras)): (Option<NodeId>, &(PackageName, Vec<ExtraName>)),
    request: &WhyRequest,
) -> Reasons {
    let mut reasons = Reasons {
        name: name.to_string(),
        version: None,
        locked: false,
        extras: Vec::new(),
        requested: false,
        leftover: false,
        paths: Vec::new(),
        more: 0,
        uncounted: false,
        asks: Vec::new(),
        upper: None,
        lower: None,
        would: Vec::new(),
        near: Vec::new(),
    };
    let Some(id) = id else {
        let known = graph.nodes.iter().map(|node| &node.name);
        let near = near_names(name, known);
        reasons.near = near.iter().map(ToString::to_string).collect();
        return reasons;
    };
    let node = &graph.nodes[id];
    reasons.version = node.shown_version();
    reasons.extras = node.extras.iter().map(ToString::to_string).collect();
    reasons.requested = node.requested;
    let wanted = |edge: &Edge| {
        edge.is_active()
            && (edge.to != id || extras.iter().all(|extra| edge.extras.contains(extra)))
    };
    let links = graph.links_where(wanted);
    let found = ways(graph, &links, id);
    reasons.leftover = !node.requested && found.paths.is_empty() && node.is_there();
    reasons.more = found.paths.len().saturating_sub(request.most);
    reasons.uncounted = found.uncounted;
    reasons.paths = found
        .paths
        .iter()
        .take(request.most)
        .map(|edges| path(graph, edges, id))
        .collect();
    let direct: Vec<&Edge> = links.into[id].iter().map(|id| &graph.edges[*id]).collect();
    limits(graph, &direct, &mut reasons);
    if request.all || reasons.version.is_none() {
        let inactive = graph
            .edges
            .iter()
            .filter(|edge| edge.to == id && edge.from != id && !edge.is_active());
        reasons.would = inactive.map(|edge| would(graph, edge)).collect();
        reasons.would.sort_by_key(|would| !would.with_extra);
    }
    reasons
}

struct Ways {
    /// Each from the top down.
    paths: Vec<Vec<EdgeId>>,
    uncounted: bool,
}

/// A node that leads to the package, and the edge by which.
struct Trail {
    node: NodeId,
    edge: Option<EdgeId>,
    next: usize,
}

/// Walks upwards from a package, shortest ways first, never through one package twice.
fn ways(graph: &Dependencies, links: &Links, to: NodeId) -> Ways {
    let mut is_top = vec![false; graph.nodes.len()];
    for top in graph.tops(&graph.links()) {
        is_top[top] = true;
    }
    let mut trails = vec![Trail {
        node: to,
        edge: None,
        next: usize::MAX,
    }];
    let mut found: Vec<Vec<EdgeId>> = Vec::new();
    let mut at = 0;
    while at < trails.len() {
        let node = trails[at].node;
        if is_top[node] {
            if at > 0 {
                found.push(edges_of(&trails, at));
            }
            at += 1;
            continue;
        }
        let mut into: Vec<EdgeId> = links.into[node].clone();
        into.sort_by_key(|id| graph.edges[*id].from);
        into.dedup_by_key(|id| graph.edges[*id].from);
        for id in into {
            let from = graph.edges[id].from;
            if !is_on(&trails, at, from) && trails.len() < MOST_STEPS {
                trails.push(Trail {
                    node: from,
                    edge: Some(id),
                    next: at,
                });
            }
        }
        at += 1;
    }
    found.sort_by_cached_key(|edges| {
        let names = edges.iter().map(|id| graph.edges[*id].from).collect();
        (edges.len(), names) as (usize, Vec<NodeId>)
    });
    Ways {
        paths: found,
        uncounted: trails.len() >= MOST_STEPS,
    }
}

fn is_on(trails: &[Trail], mut at: usize, node: NodeId) -> bool {
    while let Some(trail) = trails.get(at) {
        if trail.node == node {
            return true;
        }
        at = trail.next;
    }
    false
}

fn edges_of(trails: &[Trail], mut at: usize) -> Vec<EdgeId> {
    let mut edges = Vec::new();
    while let Some(trail) = trails.get(at) {
        edges.extend(trail.edge);
        at = trail.next;
    }
    edges
}

fn path(graph: &Dependencies, edges: &[EdgeId], to: NodeId) -> Path {
    let mut steps = Vec::with_capacity(edges.len() + 1);
    let mut before: Option<&Edge> = None;
    for id in edges {
        let edge = &graph.edges[*id];
        steps.push(step(graph, edge.from, before, edge.extra.as_ref()));
        before = Some(edge);
    }
    steps.push(step(graph, to, before, None));
    Path { steps }
}

fn step(
    graph: &Dependencies,
    id: NodeId,
    by: Option<&Edge>,
    leads_on: Option<&ExtraName>,
) -> PathStep {
    let node = &graph.nodes[id];
    // On the way only the extra that leads on matters, at the end those that were asked for.
    let asked = by.map_or(&[][..], |edge| &edge.extras);
    let extras = match leads_on {
        Some(extra) => std::slice::from_ref(extra),
        None => asked,
    };
    PathStep {
        name: node.name.to_string(),
        version: node.shown_version(),
        requested: node.requested,
        asked: by.map(|edge| asked_by_all(graph, edge)),
        extras: extras.iter().map(ToString::to_string).collect(),
    }
}

fn asked_by(edge: &Edge) -> Asked {
    Asked {
        specifier: edge.wanted(),
        extra: edge.extra.as_ref().map(ToString::to_string),
        group: edge.group.as_ref().map(ToString::to_string),
        marker: edge.marker.clone(),
        met: edge.met,
        also: Vec::new(),
    }
}

/// What all requirements say that lead the same way: those under the same condition as one, the others beside it.
fn asked_by_all(graph: &Dependencies, edge: &Edge) -> Asked {
    let same_way = graph
        .edges
        .iter()
        .filter(|other| other.from == edge.from && other.to == edge.to && other.is_active());
    let mut all: Vec<Asked> = Vec::new();
    for one in same_way.map(asked_by) {
        let under_the_same = |known: &&mut Asked| {
            known.extra == one.extra && known.group == one.group && known.marker == one.marker
        };
        match all.iter_mut().find(under_the_same) {
            None => all.push(one),
            Some(known) => {
                let is_new = !one.specifier.is_empty()
                    && !known.specifier.split(',').any(|text| text == one.specifier);
                if is_new && known.specifier.is_empty() {
                    known.specifier.clone_from(&one.specifier);
                } else if is_new && known.specifier != one.specifier {
                    known.specifier = format!("{},{}", known.specifier, one.specifier);
                }
                known.met &= one.met;
            }
        }
    }
    // What counts without a condition says most.
    all.sort_by_key(|one| {
        (
            one.extra.is_some() || one.group.is_some(),
            one.marker.is_some(),
        )
    });
    let mut all = all.into_iter();
    let first = all.next().unwrap_or_else(|| asked_by(edge));
    Asked {
        also: all.collect(),
        ..first
    }
}

fn would(graph: &Dependencies, edge: &Edge) -> Would {
    let node = &graph.nodes[edge.from];
    let extras: Vec<ExtraName> = edge.extra.iter().cloned().collect();
    Would {
        by: super::labelled(&node.name, &extras),
        version: node.shown_version(),
        asked: Asked {
            extra: None,
            ..asked_by(edge)
        },
        with_extra: edge.applies == Applies::WithExtra,
    }
}

/// Who asks directly, and whose limits are the narrowest.
fn limits(graph: &Dependencies, direct: &[&Edge], reasons: &mut Reasons) {
    let mut ranked: Vec<(Option<End>, &Edge)> = direct
        .iter()
        .map(|edge| (bounds::upper(&edge.specifier), *edge))
        .collect();
    ranked.sort_by(|(a, left), (b, right)| {
        match (a, b) {
            (Some(a), Some(b)) => a.version.cmp(&b.version).then(a.included.cmp(&b.included)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
        .then_with(|| left.from.cmp(&right.from))
    });
    let extras = |edge: &Edge| edge.extra.iter().cloned().collect::<Vec<_>>();
    let name = |edge: &Edge| super::labelled(&graph.nodes[edge.from].name, &extras(edge));
    reasons.asks = ranked
        .iter()
        .map(|(_, edge)| Ask {
            by: name(edge),
            version: graph.nodes[edge.from].shown_version(),
            asked: Asked {
                extra: None,
                ..asked_by(edge)
            },
        })
        .collect();
    let named =
        |end: Option<End>, of: &dyn Fn(&VersionSpecifiers) -> Option<End>, signs: [&str; 2]| {
            let end = end?;
            let mut by: Vec<String> = direct
                .iter()
                .filter(|edge| of(&edge.specifier).as_ref() == Some(&end))
                .map(|edge| name(edge))
                .collect();
            by.sort();
            by.dedup();
            let sign = signs[usize::from(end.included)];
            Some(Bound {
                by,
                limit: format!("{sign}{}", end.version),
            })
        };
    let whole = direct
        .iter()
        .fold(VersionSpecifiers::default(), |all, edge| {
            all.intersect(&edge.specifier)
        });
    reasons.upper = named(bounds::upper(&whole), &bounds::upper, ["<", "<="]);
    reasons.lower = named(bounds::lower(&whole), &bounds::lower, [">", ">="]);
}

/// Ways with a common beginning, folded into trees.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// The package.
    pub step: Option<PathStep>,
    /// Where the ways lead on.
    pub below: Vec<Folded>,
}

impl Reasons {
    /// Folds the ways into trees: what several have in common at their beginning is there once.
    #[must_use]
    pub fn folded(&self) -> Vec<Folded> {
        let mut tops = Folded::default();
        for path in &self.paths {
            let mut at = &mut tops;
            for step in &path.steps {
                let known = at.below.iter().position(|below| {
                    let known = below.step.as_ref();
                    known.is_some_and(|known| known.name == step.name)
                });
                let place = known.unwrap_or_else(|| {
                    at.below.push(Folded {
                        step: Some(step.clone()),
                        below: Vec::new(),
                    });
                    at.below.len() - 1
                });
                if let Some(known) = &mut at.below[place].step {
                    let new = step
                        .extras
                        .iter()
                        .filter(|extra| !known.extras.contains(extra));
                    let new: Vec<String> = new.cloned().collect();
                    known.extras.extend(new);
                }
                at = &mut at.below[place];
            }
        }
        tops.below
    }
}
