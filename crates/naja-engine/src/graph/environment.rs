//! The graph of what is installed. Python is not started.

use std::collections::{BTreeMap, BTreeSet};

use naja_env::{EnvState, Environment, InstalledDist};
use naja_spec::{
    CoreMetadata, ExtraName, Headers, MarkerEnvironment, MarkerSet, PackageName, Requirement,
    Version,
};

use super::extras;
use super::size;
use super::{About, Applies, Dependencies, Edge, Node, NodeId};

/// The longest summary that is kept, in characters.
const LONGEST_SUMMARY: usize = 300;

/// What is found out besides names, versions and requirements.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Detail {
    /// The sizes of files.
    pub(crate) sizes: bool,
    /// Summary and licence.
    pub(crate) about: bool,
    /// Which extras the user must have asked for: an environment does not say so.
    pub(crate) guess_extras: bool,
}

/// One distribution with what it requires.
pub(super) struct Source {
    pub(super) requirements: Vec<Requirement>,
    pub(super) extras: Vec<ExtraName>,
}

/// Reads what is installed and what it requires.
pub(crate) fn of_environment(env: &Environment, state: &EnvState, detail: Detail) -> Dependencies {
    let markers = &env.interpreter().markers;
    let mut nodes: BTreeMap<PackageName, (Node, Option<Source>)> = BTreeMap::new();
    let mut seen = size::Counted::default();
    for dist in state.visible() {
        let (mut node, source) = read(dist, detail);
        if detail.sizes && dist.is_owned() {
            node.size = Some(seen.add(dist));
        }
        nodes.insert(dist.name().clone(), (node, source));
    }
    let required: Vec<PackageName> = nodes
        .values()
        .filter_map(|(_, source)| source.as_ref())
        .flat_map(|source| source.requirements.iter().map(|one| one.name.clone()))
        .collect();
    for name in required {
        nodes
            .entry(name.clone())
            .or_insert_with(|| (Node::absent(name), None));
    }
    let (nodes, sources): (Vec<Node>, Vec<Option<Source>>) = nodes.into_values().unzip();
    let roots = (0..nodes.len()).filter(|id| nodes[*id].requested).collect();
    let mut graph = Dependencies {
        roots,
        nodes,
        edges: Vec::new(),
    };
    let mut asked = extras::asked(&graph, &sources, markers, BTreeMap::new());
    if detail.guess_extras {
        let guessed = extras::guess(&graph, &sources, markers, &asked);
        for (id, names) in &guessed {
            graph.nodes[*id].guessed = names.iter().cloned().collect();
        }
        asked = extras::asked(&graph, &sources, markers, guessed);
    }
    for (id, names) in &asked {
        graph.nodes[*id].extras = names.iter().cloned().collect();
    }
    graph.edges = edges(&graph, &sources, markers, &asked);
    graph
}

fn read(dist: &InstalledDist, detail: Detail) -> (Node, Option<Source>) {
    let mut node = Node {
        version: Some(dist.version().clone()),
        requested: dist.is_requested(),
        owned: dist.is_owned(),
        ..Node::absent(dist.name().clone())
    };
    let bytes = match dist.read_metadata_bytes() {
        Ok(bytes) => bytes,
        Err(error) => {
            node.unreadable = Some(error.to_string());
            return (node, None);
        }
    };
    if detail.about {
        node.about = Some(about(&bytes, dist.is_editable()));
    }
    match CoreMetadata::parse(&bytes) {
        Ok(metadata) => {
            let source = Source {
                requirements: metadata.requires_dist,
                extras: metadata.provides_extra,
            };
            (node, Some(source))
        }
        Err(error) => {
            node.unreadable = Some(error.to_string());
            (node, None)
        }
    }
}

fn about(bytes: &[u8], editable: bool) -> About {
    let headers = Headers::parse(bytes);
    let summary = headers.get("Summary").unwrap_or_default();
    About {
        summary: summary.trim().chars().take(LONGEST_SUMMARY).collect(),
        license: crate::pip::license_of(&headers),
        editable,
    }
}

fn edges(
    graph: &Dependencies,
    sources: &[Option<Source>],
    markers: &MarkerEnvironment,
    asked: &BTreeMap<NodeId, BTreeSet<ExtraName>>,
) -> Vec<Edge> {
    let none = BTreeSet::new();
    let mut edges = Vec::new();
    for (from, source) in sources.iter().enumerate() {
        let Some(source) = source else { continue };
        let asked = asked.get(&from).unwrap_or(&none);
        for requirement in &source.requirements {
            let Some(to) = graph.find(&requirement.name) else {
                continue;
            };
            let (applies, extra) = when(requirement, source, markers, asked);
            edges.push(Edge {
                from,
                to,
                specifier: requirement.specifiers().cloned().unwrap_or_default(),
                url: requirement.url().map(naja_spec::SafeUrl::masked),
                marker: remaining(requirement, extra.as_ref()),
                extra,
                group: None,
                extras: requirement.extras.clone(),
                applies,
                met: met(requirement, graph.nodes[to].version.as_ref()),
            });
        }
    }
    edges
}

/// Whether a requirement counts, and the extra that brings it.
fn when(
    requirement: &Requirement,
    source: &Source,
    markers: &MarkerEnvironment,
    asked: &BTreeSet<ExtraName>,
) -> (Applies, Option<ExtraName>) {
    if requirement.applies(markers, &[]) {
        return (Applies::Yes, None);
    }
    let with = |extra: &ExtraName| requirement.applies(markers, std::slice::from_ref(extra));
    if let Some(extra) = asked.iter().find(|extra| with(extra)) {
        return (Applies::Yes, Some(extra.clone()));
    }
    match source.extras.iter().find(|extra| with(extra)) {
        Some(extra) => (Applies::WithExtra, Some(extra.clone())),
        None => (Applies::Elsewhere, named_extra(requirement, source)),
    }
}

/// The extra that a marker names although it does not hold here.
fn named_extra(requirement: &Requirement, source: &Source) -> Option<ExtraName> {
    let marker = requirement
        .marker
        .as_ref()
        .filter(|marker| marker.mentions_extra())?;
    let set = MarkerSet::from_marker(marker);
    let matters =
        |extra: &&ExtraName| set.with_extras(std::slice::from_ref(extra)) != set.with_extras(&[]);
    source.extras.iter().find(matters).cloned()
}

/// What a marker says besides the extra.
pub(super) fn remaining(requirement: &Requirement, extra: Option<&ExtraName>) -> Option<String> {
    let marker = requirement.marker.as_ref()?;
    if !marker.mentions_extra() {
        return Some(marker.lockstyle().to_string());
    }
    let extras: Vec<ExtraName> = extra.cloned().into_iter().collect();
    let set = MarkerSet::from_marker(marker).with_extras(&extras);
    if set.is_all() {
        return None;
    }
    set.to_marker().map(|marker| marker.lockstyle().to_string())
}

pub(super) fn met(requirement: &Requirement, version: Option<&Version>) -> bool {
    version.is_some_and(|version| {
        requirement
            .specifiers()
            .is_none_or(|wanted| wanted.contains(version))
    })
}
