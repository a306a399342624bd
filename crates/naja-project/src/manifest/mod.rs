//! What a `pyproject.toml` declares: the project, its dependencies and groups, and how it is worked on.
//!
//! Reading is strict where naja acts on what it reads (PEP 621, PEP 735, `[tool.naja]`, `[tool.uv]`), and
//! does not look at the rest. Where both tool tables have a key, naja's counts.

mod admit;
mod bump;
mod edit;
#[cfg(test)]
mod edit_properties;
mod error;
mod groups;
mod index_edit;
mod list_edit;
mod needed;
mod new;
mod read;
mod source;
mod source_edit;
#[cfg(test)]
mod tests;
mod toml_reader;
mod workspace;

use naja_spec::{ExtraName, GroupName, PackageName, Requirement, Version, VersionSpecifiers};

pub use admit::{AdmitError, admit, without_caps};
pub use bump::{Bump, BumpError, BumpPart, bump};
pub use edit::{DependencyPlace, EditError, ManifestEditor, NewIndex, Placement};
pub use error::ManifestError;
pub(crate) use error::Read;
pub use new::{NewBackend, NewKind, NewProject, name_of_dir};
pub use source::{GitReference, GitSource, Source, SourceKind, Sources};
pub use source_edit::NewSource;
pub(crate) use toml_reader::{Placed, TomlReader};
pub use workspace::{Member, Workspace, WorkspaceError, discover, root_of};

/// A manifest, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `[project]`
    pub project: Option<ProjectTable>,
    /// Whether there is a `[build-system]`.
    pub has_build_system: bool,
    /// `[dependency-groups]`, in the order of the file; uv's old `dev-dependencies` are part of `dev`.
    pub groups: Vec<(GroupName, Vec<GroupEntry>)>,
    /// What the tables of naja and uv say about the project.
    pub tool: ProjectTool,
}

/// `[project]` (PEP 621), as far as naja acts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectTable {
    /// `name`
    pub name: PackageName,
    /// `version`; absent if it is dynamic.
    pub version: Option<Version>,
    /// `dynamic`
    pub dynamic: Vec<String>,
    /// `requires-python`
    pub requires_python: Option<VersionSpecifiers>,
    /// `dependencies`
    pub dependencies: Vec<Declared>,
    /// `optional-dependencies`, in the order of the file.
    pub extras: Vec<(ExtraName, Vec<Declared>)>,
    /// The names of `scripts` and `gui-scripts`.
    pub scripts: Vec<String>,
}

/// A requirement as it was declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// What it says.
    pub requirement: Requirement,
    /// As it was written.
    pub text: String,
    /// The line it stands at, from 1.
    pub line: u32,
}

/// One entry of a dependency group (PEP 735).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupEntry {
    /// A requirement.
    Requirement(Declared),
    /// `{include-group = "NAME"}`
    Include {
        /// The group.
        group: GroupName,
        /// The line it stands at, from 1.
        line: u32,
    },
}

/// What `[tool.naja]` and `[tool.uv]` say about a project (settings are read by
/// [`settings`](crate::settings)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectTool {
    /// `sources`
    pub sources: Sources,
    /// `workspace`: the manifest is the root of one.
    pub workspace: Option<WorkspaceTable>,
    /// `package`: whether the project itself is built and installed.
    pub package: Option<bool>,
    /// `managed`: whether locking and syncing are the tool's affair.
    pub managed: Option<bool>,
    /// `default-groups`
    pub default_groups: Option<DefaultGroups>,
    /// `dependency-groups.NAME.requires-python`
    pub group_pythons: Vec<(GroupName, VersionSpecifiers)>,
    /// Whether there is a `[tool.uv]`, and no `[tool.naja]`: edits then go where uv reads them as well.
    pub is_uv: bool,
}

/// `workspace`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspaceTable {
    /// `members`: patterns of directories.
    pub members: Vec<String>,
    /// `exclude`: patterns of directories that are no members.
    pub exclude: Vec<String>,
}

/// `default-groups`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultGroups {
    /// `"all"`
    All,
    /// A list of names.
    Only(Vec<GroupName>),
}

impl Manifest {
    /// Reads the text of a `pyproject.toml`.
    ///
    /// # Errors
    /// It is not TOML, or a part naja acts on is not what the standards say.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        read::manifest(text.strip_prefix('\u{feff}').unwrap_or(text))
    }

    /// Reads the metadata of a script (PEP 723) as the manifest of a project of this name; lines count as they
    /// stand in the text.
    ///
    /// # Errors
    /// It is not TOML, or a part naja acts on is not what the standard says.
    pub fn of_script(text: &str, name: PackageName) -> Result<Self, ManifestError> {
        read::script(text, name)
    }

    /// Whether the project itself is built and installed: as said, else if it has a build system.
    #[must_use]
    pub fn is_package(&self) -> bool {
        self.project.is_some() && self.tool.package.unwrap_or(self.has_build_system)
    }

    /// Returns the groups that count without being asked for: as said, else `dev` if there is one.
    #[must_use]
    pub fn default_groups(&self) -> Vec<GroupName> {
        let known = || self.groups.iter().map(|(name, _)| name.clone());
        match &self.tool.default_groups {
            Some(DefaultGroups::All) => known().collect(),
            Some(DefaultGroups::Only(names)) => names.clone(),
            None => known().filter(|name| name.as_str() == "dev").collect(),
        }
    }

    /// Returns the sources of a package.
    #[must_use]
    pub fn sources_of(&self, name: &PackageName) -> &[Source] {
        let found = self.tool.sources.iter().find(|(known, _)| known == name);
        found.map_or(&[], |(_, sources)| sources.as_slice())
    }
}
