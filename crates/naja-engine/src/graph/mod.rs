//! What needs what: one plain graph, and the questions that are asked of it.
//!
//! [`Dependencies`] says nothing about where it came from. [`of_environment`] reads it from what is
//! installed, [`of_lock`] from the lock of a project; the views ([`tree`], [`why`], [`size`], [`graph`]) and the pictures only look at it.

mod bounds;
mod environment;
mod extras;
mod going;
mod html;
mod layout;
mod lock;
mod newer;
mod picture;
mod shape;
mod size;
mod source;
mod svg;
mod text;
mod tree;
mod why;

#[cfg(test)]
mod tests;

use naja_spec::{ExtraName, GroupName, PackageName, Version, VersionSpecifiers};
use serde::{Serialize, Serializer};

pub(crate) use environment::{Detail, of_environment};
pub(crate) use going::{would_go, would_go_all};
pub use lock::of_lock;
pub use picture::{GraphRequest, PictureFormat, graph};
pub use size::{Size, Sized, Sizes, size};
pub use source::{GraphSource, LockView};
pub use tree::{TreeNode, TreeRequest, tree};
pub use why::{
    Ask, Asked, Bound, Folded, Path, PathStep, Reasons, WhyRequest, Would, parse_subject, why,
};

/// The place of a node in [`Dependencies::nodes`].
pub type NodeId = usize;

/// The place of an edge in [`Dependencies::edges`].
pub type EdgeId = usize;

/// What needs what, wherever that is known from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Dependencies {
    /// What was asked for by name.
    pub roots: Vec<NodeId>,
    /// The packages, by name.
    pub nodes: Vec<Node>,
    /// Who requires whom; several between two nodes where there are several requirements.
    pub edges: Vec<Edge>,
}

/// One package.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    /// Its name.
    pub name: PackageName,
    /// Its version; `None` where it is required and absent, or where its source has none that is fixed.
    #[serde(serialize_with = "optional_text")]
    pub version: Option<Version>,
    /// Where a lock takes it from, if not from an index: a path, an address, a commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// The extras of it that are in use.
    pub extras: Vec<ExtraName>,
    /// Those of [`extras`](Self::extras) that nobody is known to ask for: they explain why
    /// packages are there that nothing else explains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guessed: Vec<ExtraName>,
    /// How large its files are, where that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// What it says about itself, where that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// What the indexes have, where they were asked and have something newer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer: Option<Newer>,
    /// Why its metadata could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// Whether the environment holds it itself, and not its base.
    pub owned: bool,
}

/// What a package says about itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    /// One line.
    pub summary: String,
    /// The licence, as an SPDX expression where there is one.
    pub license: String,
    /// Whether its code is used where it lies.
    pub editable: bool,
}

/// Newer versions of a package.
#[derive(Clone, Debug, Serialize)]
pub struct Newer {
    /// The newest version that can be installed here.
    pub latest: String,
    /// The newest that the other packages allow.
    pub allowed: String,
}

/// One requirement.
#[derive(Clone, Debug, Serialize)]
pub struct Edge {
    /// Who requires.
    pub from: NodeId,
    /// Who is required.
    pub to: NodeId,
    /// Which versions; everything where empty.
    #[serde(serialize_with = "text")]
    pub specifier: VersionSpecifiers,
    /// The address, without secrets, where it names one instead of versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it holds, apart from extras; always where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// The extra of the requiring package that brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<ExtraName>,
    /// The dependency group of the requiring project that brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// The extras it asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<ExtraName>,
    /// Whether it counts here.
    pub applies: Applies,
    /// Whether what is there meets it.
    pub met: bool,
}

/// Whether a requirement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applies {
    /// It does.
    Yes,
    /// It would if its extra were asked for.
    WithExtra,
    /// It is for other systems or Pythons.
    Elsewhere,
}

impl Edge {
    /// Whether it counts here.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.applies == Applies::Yes
    }

    /// The versions or the address it asks for; empty for any version.
    #[must_use]
    pub fn wanted(&self) -> String {
        match &self.url {
            Some(url) => format!("@ {url}"),
            None => self.specifier.to_string(),
        }
    }
}

impl Node {
    /// A package that is required and absent.
    pub(crate) fn absent(name: PackageName) -> Self {
        Self {
            name,
            version: None,
            source: None,
            requested: false,
            extras: Vec::new(),
            guessed: Vec::new(),
            size: None,
            about: None,
            newer: None,
            unreadable: None,
            owned: false,
        }
    }

    /// Whether it is there, or locked.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.version.is_some() || self.source.is_some()
    }

    /// Its version; where it has none that is fixed, where it comes from. `None` where it is absent.
    #[must_use]
    pub fn shown_version(&self) -> Option<String> {
        let version = self.version.as_ref().map(ToString::to_string);
        version.or_else(|| self.source.as_ref().map(|source| format!("({source})")))
    }

    /// The name with the extras in use: `uvicorn[standard]`.
    #[must_use]
    pub fn label(&self) -> String {
        labelled(&self.name, &self.extras)
    }
}

/// A name with extras: `uvicorn[standard]`.
pub(crate) fn labelled(name: &PackageName, extras: &[ExtraName]) -> String {
    if extras.is_empty() {
        return name.to_string();
    }
    let extras: Vec<&str> = extras.iter().map(ExtraName::as_str).collect();
    format!("{name}[{}]", extras.join(","))
}

/// The edges of each node, itself apart.
pub(crate) struct Links {
    /// The edges that start at a node.
    pub(crate) out: Vec<Vec<EdgeId>>,
    /// The edges that end at a node.
    pub(crate) into: Vec<Vec<EdgeId>>,
}

impl Dependencies {
    /// Finds a package; the first entry of one that a lock has several of.
    #[must_use]
    pub fn find(&self, name: &PackageName) -> Option<NodeId> {
        self.find_all(name).next()
    }

    /// Finds all entries of a package.
    pub fn find_all(&self, name: &PackageName) -> std::ops::Range<NodeId> {
        let first = self.nodes.partition_point(|node| node.name < *name);
        let count = self.nodes[first..].partition_point(|node| node.name == *name);
        first..first + count
    }

    /// The edges that count, by their ends.
    pub(crate) fn links(&self) -> Links {
        self.links_where(Edge::is_active)
    }

    /// The edges that a test lets pass, by their ends.
    pub(crate) fn links_where(&self, counts: impl Fn(&Edge) -> bool) -> Links {
        let mut links = Links {
            out: vec![Vec::new(); self.nodes.len()],
            into: vec![Vec::new(); self.nodes.len()],
        };
        for (id, edge) in self.edges.iter().enumerate() {
            if counts(edge) && edge.from != edge.to {
                links.out[edge.from].push(id);
                links.into[edge.to].push(id);
            }
        }
        links
    }

    /// The packages that are there, and those that are required and absent.
    pub(crate) fn present(&self) -> Vec<bool> {
        let mut present: Vec<bool> = self.nodes.iter().map(Node::is_there).collect();
        for edge in self.edges.iter().filter(|edge| edge.is_active()) {
            present[edge.to] = true;
        }
        present
    }

    /// Where everything hangs: whoever nobody leads to, and of each circle that nobody leads to one
    /// member, if possible one that was asked for.
    pub(crate) fn tops(&self, links: &Links) -> Vec<NodeId> {
        let present = self.present();
        let mut tops: Vec<NodeId> = (0..self.nodes.len())
            .filter(|id| present[*id] && links.into[*id].is_empty())
            .collect();
        let mut reached = vec![false; self.nodes.len()];
        let mut open = tops.clone();
        loop {
            while let Some(id) = open.pop() {
                if !std::mem::replace(&mut reached[id], true) {
                    open.extend(links.out[id].iter().map(|edge| self.edges[*edge].to));
                }
            }
            let left = |id: &NodeId| present[*id] && !reached[*id];
            let asked = (0..self.nodes.len()).find(|id| left(id) && self.nodes[*id].requested);
            let Some(next) = asked.or_else(|| (0..self.nodes.len()).find(left)) else {
                return tops;
            };
            tops.push(next);
            open.push(next);
        }
    }

    /// Requirements that are not met.
    pub(crate) fn conflicts(&self) -> impl Iterator<Item = &Edge> {
        self.edges
            .iter()
            .filter(|edge| edge.is_active() && !edge.met)
    }
}

fn text<S: Serializer>(value: &impl ToString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

fn optional_text<S: Serializer>(
    value: &Option<impl ToString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.serialize_some(&value.to_string()),
        None => serializer.serialize_none(),
    }
}
