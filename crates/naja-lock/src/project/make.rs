//! From a resolution to the lock of a project.

use std::collections::BTreeMap;
use std::path::Path;

use naja_spec::{
    ExtraName, Marker, MarkerComparison, MarkerOperand, MarkerOperator, MarkerSet, MarkerTree,
    MarkerVariable, Requirement, SafeUrl,
};

use super::names::{PartNames, PublicName};
use super::reach::{Ask, reach};
use super::{Inputs, LockedNode, ProjectLock};
use crate::pylock::{LockContext, LockGraphError};
use crate::{Graph, IndexTag, NodeId, Pylock};

/// What a lock says besides the resolution.
#[derive(Clone, Debug, Default)]
pub struct ProjectContext<'a> {
    /// What was locked.
    pub inputs: Inputs,
    /// The directory of the lock file.
    pub directory: Option<&'a Path>,
    /// The indexes that are not the default one: their names and addresses.
    pub indexes: BTreeMap<IndexTag, (Option<String>, SafeUrl)>,
}

impl ProjectLock {
    /// Makes the lock of a project of a resolution for all environments.
    ///
    /// # Errors
    /// A file has no hash, or a distribution has no source.
    pub fn from_graph(graph: &Graph, context: ProjectContext<'_>) -> Result<Self, LockGraphError> {
        let inputs = context.inputs;
        let mut file = Pylock::from_graph(
            graph,
            &LockContext {
                requires_python: inputs.requires_python.clone(),
                environments: inputs.environments.clone(),
                directory: context.directory,
                created_by: "naja".to_owned(),
                omit: Vec::new(),
            },
        )?;
        let mut nodes = Vec::with_capacity(graph.nodes.len());
        for (at, node) in graph.nodes.iter().enumerate() {
            let mut requires: Vec<Requirement> = graph
                .outgoing(NodeId(at))
                .map(|edge| edge.requirement.clone())
                .collect();
            requires.sort_by_cached_key(ToString::to_string);
            requires.dedup();
            let tag = node.pin.source.remote().map(|file| file.index);
            let index = tag.and_then(|tag| context.indexes.get(&tag));
            if let (Some((_, address)), Some(package)) = (index, file.packages.get_mut(at)) {
                package.index = Some(address.without_credentials());
            }
            nodes.push(LockedNode {
                requires,
                fork: node.pin.marker.clone(),
                index: index.and_then(|(name, _)| name.clone()),
            });
        }
        let mut lock = Self {
            file,
            inputs,
            nodes,
        };
        lock.publish();
        Ok(lock)
    }

    /// Writes down, in the standard's words, for whom each entry is.
    pub(super) fn publish(&mut self) {
        // Names that were parsed give names.
        let Ok(names) = PartNames::of(&self.inputs) else {
            return;
        };
        let assumed = self.environments();
        let sets = reach(self, &asks(&self.inputs, &names));
        let entries = self.file.packages.iter_mut().zip(&self.nodes);
        for ((package, node), set) in entries.zip(sets) {
            let set = match always(&names, &set) {
                // What nobody is known to ask for is there all the same.
                none if none.is_none() => MarkerSet::from(node.fork.as_ref()),
                set => set,
            };
            let marker = set.simplify(&assumed).to_marker();
            package.marker = marker.map(|marker| names.publish(&marker));
        }
        for (_, _, public) in names.iter() {
            match public {
                PublicName::Always => {}
                PublicName::Extra(name) => self.file.extras.push(name.clone()),
                PublicName::Group(name) => self.file.dependency_groups.push(name.clone()),
            }
        }
        self.file.extras.sort();
        self.file.dependency_groups.sort();
        self.file.default_groups = default_groups(&self.inputs, &names);
        self.file.default_groups.sort();
    }
}

/// The root project is always asked for.
fn always(names: &PartNames, set: &MarkerSet) -> MarkerSet {
    let root = names
        .iter()
        .filter(|(_, _, public)| **public == PublicName::Always);
    root.fold(set.clone(), |set, (_, variable, _)| {
        set.with_extra(variable, true)
    })
}

/// The set in which a variable is true.
fn asked(variable: &ExtraName) -> MarkerSet {
    let comparison = MarkerComparison::new(
        MarkerOperand::Variable(MarkerVariable::Extra),
        MarkerOperator::Equal,
        MarkerOperand::Literal(variable.as_str().into()),
    );
    MarkerSet::from_marker(&Marker::from(MarkerTree::Comparison(comparison)))
}

/// What every part of every project asks for, each under its variable.
pub(super) fn asks<'a>(inputs: &'a Inputs, names: &PartNames) -> Vec<Ask<'a>> {
    let mut asks = Vec::new();
    for (part, variable, _) in names.iter() {
        let Some(member) = inputs.member(&part.package) else {
            continue;
        };
        let counts = asked(variable);
        for requirement in member.part(&part.kind) {
            asks.push(Ask {
                requirement,
                counts: counts.clone(),
            });
        }
    }
    asks
}

/// The groups that other installers take where none is asked for: the root's default ones; all members where
/// the root has no project.
fn default_groups(inputs: &Inputs, names: &PartNames) -> Vec<naja_spec::GroupName> {
    let root = inputs.root().filter(|root| !root.name.is_unnamed_root());
    let wanted = |part: &crate::ProjectPart| match (root, inputs.member(&part.package)) {
        (Some(root), _) => match &part.kind {
            crate::PartKind::Group(group) => {
                part.package == root.name && root.default_groups.contains(group)
            }
            _ => false,
        },
        (None, Some(member)) => match &part.kind {
            crate::PartKind::Project => true,
            crate::PartKind::Group(group) => member.default_groups.contains(group),
            crate::PartKind::Extra(_) => false,
        },
        (None, None) => false,
    };
    let parts = names.iter().filter(|(part, _, _)| wanted(part));
    let groups = parts.filter_map(|(_, _, public)| match public {
        PublicName::Group(name) => Some(name.clone()),
        _ => None,
    });
    groups.collect()
}
