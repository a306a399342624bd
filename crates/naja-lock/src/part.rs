//! Extras and groups of projects, and how markers ask for them.

use naja_spec::{ExtraName, GroupName, NameError, PackageName};

/// An extra or a dependency group of a project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectPart {
    /// The project.
    pub package: PackageName,
    /// The part.
    pub kind: PartKind,
}

/// What a [`ProjectPart`] is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// What the project asks for by itself.
    Project,
    /// An extra.
    Extra(ExtraName),
    /// A dependency group.
    Group(GroupName),
}

impl ProjectPart {
    /// Returns the name under which markers of a [`Graph`](crate::Graph) ask for the part, as an `extra`.
    ///
    /// Extras of two projects may have one name, so that the project is part of it, and its length tells
    /// where it ends: `extra-5-harry-wand`, `group-5-harry-dev`, `project-5-harry`. These are the names
    /// that lock files of uv have.
    ///
    /// # Errors
    /// Never for names that were parsed.
    pub fn marker_name(&self) -> Result<ExtraName, NameError> {
        let (length, package) = match self.package.is_unnamed_root() {
            // No name has this length.
            true => (0, "root"),
            false => (self.package.as_str().len(), self.package.as_str()),
        };
        ExtraName::parse(&match &self.kind {
            PartKind::Project => format!("project-{length}-{package}"),
            PartKind::Extra(name) => format!("extra-{length}-{package}-{name}"),
            PartKind::Group(name) => format!("group-{length}-{package}-{name}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts() {
        let part = |kind| ProjectPart {
            package: "harry-potter".parse().unwrap(),
            kind,
        };
        let name = |kind| part(kind).marker_name().unwrap().to_string();
        assert_eq!(name(PartKind::Project), "project-12-harry-potter");
        assert_eq!(
            name(PartKind::Extra("wand".parse().unwrap())),
            "extra-12-harry-potter-wand"
        );
        assert_eq!(
            name(PartKind::Group("dev".parse().unwrap())),
            "group-12-harry-potter-dev"
        );
    }
}
