//! The graph of a resolution.

use naja_spec::{ExtraName, Marker, MarkerEnvironment, PackageName, Requirement, Tags, Version};

use crate::{NoFile, Origin, Pin, ProjectPart, Selection};

/// The position of a node in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// One distribution of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What was chosen.
    pub pin: Pin,
}

/// Who asks for a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EdgeSource {
    /// A requirement of the user.
    Root(Origin),
    /// A constraint; it narrows what others ask for.
    Constraint(Origin),
    /// An override that stands in for what others ask for.
    Override(Origin),
    /// Another distribution.
    Node(NodeId),
}

/// One requirement that was taken into account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Who asks.
    pub from: EdgeSource,
    /// For what.
    pub to: NodeId,
    /// In which words: the requirement as written, with its marker.
    pub requirement: Requirement,
    /// The extra of the asking distribution that brings the requirement in.
    pub extra: Option<ExtraName>,
}

/// Something that did not stop the resolution but that the user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The chosen version does not know an extra that was asked for.
    MissingExtra {
        /// The distribution.
        name: PackageName,
        /// Its version.
        version: Version,
        /// The extra it does not provide.
        extra: ExtraName,
        /// Those it does.
        known: Vec<ExtraName>,
    },
    /// The chosen version was yanked (PEP 592).
    Yanked {
        /// The distribution.
        name: PackageName,
        /// Its version.
        version: Version,
        /// The reason the index gives; may be empty.
        reason: String,
    },
    /// A requirement of the user was left out because its marker does not hold here.
    Skipped {
        /// The requirement.
        requirement: Requirement,
        /// Where it was written.
        origin: Origin,
    },
}

/// Everything a resolution found out.
///
/// Nodes are sorted by name; edges by the node they lead to, then by who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The distributions, sorted by name.
    pub nodes: Vec<Node>,
    /// The requirements.
    pub edges: Vec<Edge>,
    /// What the user should know.
    pub notes: Vec<Note>,
    /// The targets that were resolved apart, because they need different distributions; they never
    /// overlap. Empty where one answer holds for all. Distributions whose name occurs more than once
    /// have a marker ([`Pin::marker`]) that keeps them apart.
    pub forks: Vec<Marker>,
}

impl Graph {
    /// Returns the node with this name; the first, if there are several.
    #[must_use]
    pub fn find(&self, name: &PackageName) -> Option<NodeId> {
        let at = self.nodes.partition_point(|node| node.pin.name < *name);
        let found = self.nodes.get(at)?;
        (found.pin.name == *name).then_some(NodeId(at))
    }

    /// Returns the pin of a node.
    ///
    /// # Panics
    /// Does not panic for ids that came from this graph.
    #[must_use]
    pub fn pin(&self, id: NodeId) -> &Pin {
        &self.nodes[id.0].pin
    }

    /// Iterates over the edges that lead to a node.
    pub fn incoming(&self, id: NodeId) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.to == id)
    }

    /// Iterates over the edges that start at a node.
    pub fn outgoing(&self, id: NodeId) -> impl Iterator<Item = &Edge> {
        self.edges
            .iter()
            .filter(move |edge| edge.from == EdgeSource::Node(id))
    }

    /// Returns the pins for the one target the graph was resolved for, sorted by name.
    #[must_use]
    pub fn select(&self) -> Selection {
        Selection::new(self.nodes.iter().map(|node| node.pin.clone()).collect())
    }

    /// Returns the pins for one target of a graph that was resolved for all, sorted by name: those whose
    /// marker holds where these parts of projects are asked for, each with the best of its files that the
    /// target takes. Of the parts only those of declared conflicts count.
    ///
    /// # Errors
    /// A distribution has files for other targets only.
    pub fn select_for(
        &self,
        environment: &MarkerEnvironment,
        tags: &Tags,
        active: &[ProjectPart],
    ) -> Result<Selection, NoFile> {
        let names = active.iter().map(ProjectPart::marker_name);
        let names: Vec<ExtraName> = names.filter_map(Result::ok).collect();
        let mut pins = Vec::new();
        for node in &self.nodes {
            let pin = &node.pin;
            let wanted = |marker: &Marker| marker.evaluate(environment, &names);
            if !pin.marker.as_ref().is_none_or(wanted) {
                continue;
            }
            pins.push(pin.for_target(tags)?);
        }
        Ok(Selection::new(pins))
    }
}
