//! How the parts of projects are called in the standard's markers.

use naja_spec::{
    ExtraName, GroupName, Marker, MarkerComparison, MarkerOperand, MarkerOperator, MarkerTree,
    MarkerVariable, NameError, PackageName,
};
use rustc_hash::FxHashMap;

use super::{Inputs, MemberInputs};
use crate::{PartKind, ProjectPart};

/// Under which name a part is asked for in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicName {
    /// Always: the root project.
    Always,
    /// `'NAME' in extras`
    Extra(ExtraName),
    /// `'NAME' in dependency_groups`
    Group(GroupName),
}

/// The parts of the projects of a workspace and their names.
pub(super) struct PartNames {
    parts: Vec<(ProjectPart, ExtraName, PublicName)>,
}

impl PartNames {
    pub(super) fn of(inputs: &Inputs) -> Result<Self, NameError> {
        let mut parts = Vec::new();
        for member in &inputs.members {
            for kind in kinds(member) {
                let public = public_name(member, &kind)?;
                let part = ProjectPart {
                    package: member.name.clone(),
                    kind,
                };
                let inner = part.marker_name()?;
                parts.push((part, inner, public));
            }
        }
        Ok(Self { parts })
    }

    /// The parts, and the variables that stand for them in sets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&ProjectPart, &ExtraName, &PublicName)> {
        let parts = self.parts.iter();
        parts.map(|(part, inner, public)| (part, inner, public))
    }

    pub(super) fn public(&self, package: &PackageName, kind: &PartKind) -> Option<&PublicName> {
        let mut parts = self.parts.iter();
        let found = parts.find(|(part, _, _)| part.package == *package && part.kind == *kind);
        found.map(|(_, _, public)| public)
    }

    /// Writes a marker with the public names in place of the variables.
    pub(super) fn publish(&self, marker: &Marker) -> Marker {
        let by_variable: FxHashMap<&str, &PublicName> = self
            .parts
            .iter()
            .map(|(_, inner, public)| (inner.as_str(), public))
            .collect();
        Marker::from(renamed(marker.tree(), &by_variable))
    }
}

/// The parts of a project.
pub(super) fn kinds(member: &MemberInputs) -> Vec<PartKind> {
    let mut kinds = vec![PartKind::Project];
    kinds.extend(member.extras.keys().cloned().map(PartKind::Extra));
    kinds.extend(member.groups.keys().cloned().map(PartKind::Group));
    kinds
}

fn public_name(member: &MemberInputs, kind: &PartKind) -> Result<PublicName, NameError> {
    let name = &member.name;
    if member.path == "." {
        return Ok(match kind {
            PartKind::Project => PublicName::Always,
            PartKind::Extra(extra) => PublicName::Extra(extra.clone()),
            PartKind::Group(group) => PublicName::Group(group.clone()),
        });
    }
    let text = match kind {
        PartKind::Project => format!("workspace-{name}"),
        PartKind::Extra(extra) => format!("workspace-{name}-{extra}"),
        PartKind::Group(group) => format!("workspace-{name}-{group}"),
    };
    GroupName::parse(&text).map(PublicName::Group)
}

fn renamed(tree: &MarkerTree, names: &FxHashMap<&str, &PublicName>) -> MarkerTree {
    let all = |nodes: &[MarkerTree]| nodes.iter().map(|node| renamed(node, names)).collect();
    match tree {
        MarkerTree::And(nodes) => MarkerTree::And(all(nodes)),
        MarkerTree::Or(nodes) => MarkerTree::Or(all(nodes)),
        MarkerTree::Comparison(comparison) => {
            let new = public_comparison(comparison, names);
            MarkerTree::Comparison(new.unwrap_or_else(|| comparison.clone()))
        }
    }
}

fn public_comparison(
    comparison: &MarkerComparison,
    names: &FxHashMap<&str, &PublicName>,
) -> Option<MarkerComparison> {
    let ((MarkerOperand::Variable(MarkerVariable::Extra), MarkerOperand::Literal(literal))
    | (MarkerOperand::Literal(literal), MarkerOperand::Variable(MarkerVariable::Extra))) =
        (comparison.left(), comparison.right())
    else {
        return None;
    };
    let operator = match comparison.operator() {
        MarkerOperator::Equal => MarkerOperator::In,
        MarkerOperator::NotEqual => MarkerOperator::NotIn,
        _ => return None,
    };
    let (name, variable) = match names.get(&**literal)? {
        PublicName::Always => return None,
        PublicName::Extra(name) => (name.as_str(), MarkerVariable::Extras),
        PublicName::Group(name) => (name.as_str(), MarkerVariable::DependencyGroups),
    };
    Some(MarkerComparison::new(
        MarkerOperand::Literal(name.into()),
        operator,
        MarkerOperand::Variable(variable),
    ))
}
