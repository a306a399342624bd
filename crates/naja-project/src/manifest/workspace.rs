//! The project a directory belongs to, and the workspace that is part of.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use glob::{MatchOptions, Pattern};
use naja_spec::{PackageName, VersionSpecifiers};

use super::{Manifest, ManifestError, WorkspaceTable, needed};
use crate::files::{FileError, FileOwner, Files, join_lexically};

/// The name of the file.
const MANIFEST: &str = "pyproject.toml";

/// `**` goes down this far at most.
const MOST_DEPTH: usize = 12;

/// One manifest, or several that are locked together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// The directory of the root's manifest; the lock file and the environment are here.
    pub root: PathBuf,
    /// The root's manifest. It may have no `[project]`.
    pub manifest: Arc<Manifest>,
    /// The projects, the root's own among them if it has one; sorted by name. A root that has dependency groups and
    /// no `[project]` is among them as [`PackageName::unnamed_root`].
    pub members: Vec<Member>,
    /// The position in `members` of the project the search started in; absent in a root with neither a project nor
    /// groups.
    pub current: Option<usize>,
}

/// A project of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: PackageName,
    /// Its directory.
    pub dir: PathBuf,
    /// Its manifest, which has a `[project]`, unless it is the root's.
    pub manifest: Arc<Manifest>,
}

/// Why a project cannot be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// A manifest cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A manifest is not UTF-8.
    #[error("{} is not UTF-8", .0.display())]
    NotText(PathBuf),
    /// A manifest has a mistake.
    #[error("{}: {source}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// The mistake.
        source: ManifestError,
    },
    /// The manifest of a member has no `[project]`.
    #[error("{} has no `[project]`", .0.display())]
    NoProject(PathBuf),
    /// A pattern of members cannot be read.
    #[error("`{pattern}` in the workspace of {} is no pattern: {reason}", path.display())]
    Pattern {
        /// The root's manifest.
        path: PathBuf,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A directory that is named as a member has no manifest.
    #[error("the member `{pattern}` of {} has no pyproject.toml", path.display())]
    NoMember {
        /// The root's manifest.
        path: PathBuf,
        /// The name of the directory.
        pattern: String,
    },
    /// Two members have one name.
    #[error("two members of the workspace are called `{name}`: {} and {}", first.display(), second.display())]
    SameName {
        /// The name.
        name: PackageName,
        /// One directory.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A member is the root of a workspace of its own.
    #[error("{} is a member of a workspace and has one of its own", .0.display())]
    Nested(PathBuf),
}

impl Workspace {
    /// Returns the project the search started in.
    #[must_use]
    pub fn current(&self) -> Option<&Member> {
        self.members.get(self.current?)
    }

    /// Returns whether the manifest that was found declares neither a project nor a workspace.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.manifest.project.is_none() && self.manifest.tool.workspace.is_none()
    }

    /// Returns the projects: the members that have names.
    pub fn projects(&self) -> impl Iterator<Item = &Member> + Clone {
        let members = self.members.iter();
        members.filter(|member| !member.name.is_unnamed_root())
    }

    /// Returns the member with a name.
    #[must_use]
    pub fn member(&self, name: &PackageName) -> Option<&Member> {
        self.members.iter().find(|member| member.name == *name)
    }

    /// Returns whether the root excludes a directory from the workspace.
    #[must_use]
    pub fn excludes(&self, dir: &Path) -> bool {
        let table = self.manifest.tool.workspace.as_ref();
        let patterns = table.and_then(|table| Patterns::new(&self.root, table).ok());
        patterns.is_some_and(|patterns| patterns.excludes(dir))
    }

    /// Returns the Pythons that every member takes.
    #[must_use]
    pub fn requires_python(&self) -> VersionSpecifiers {
        let tables = self.members.iter().map(|member| &member.manifest.project);
        let bounds = tables.filter_map(|table| table.as_ref()?.requires_python.as_ref());
        let mut all: Vec<&VersionSpecifiers> = Vec::new();
        for bounds in bounds {
            if !all.contains(&bounds) {
                all.push(bounds);
            }
        }
        let empty = VersionSpecifiers::default();
        all.into_iter()
            .fold(empty, |all, bounds| all.intersect(bounds))
    }
}

/// Finds the project of a directory: the nearest manifest at or above it, and the workspace it is part of.
///
/// What lies above the directory and belongs to another user is passed over.
///
/// # Errors
/// A manifest that matters cannot be read or has a mistake.
pub fn discover(files: &dyn Files, start: &Path) -> Result<Option<Workspace>, WorkspaceError> {
    let found = Found { files, start };
    let Some(nearest) = found.nearest(start)? else {
        return Ok(None);
    };
    let root = found.root_of(&nearest)?;
    let (root, own) = match root {
        Some(root) => (root, Some(nearest)),
        None => (nearest, None),
    };
    let members = found.members(&root)?;
    let dir = own.as_ref().map_or(&root.dir, |own| &own.dir);
    let current = members.iter().position(|member| member.dir == *dir);
    Ok(Some(Workspace {
        root: root.dir,
        manifest: root.manifest,
        members,
        current,
    }))
}

/// Finds the directory that [`discover`] would have as the root, without a look at the members.
///
/// # Errors
/// As [`discover`].
pub fn root_of(files: &dyn Files, start: &Path) -> Result<Option<PathBuf>, WorkspaceError> {
    let found = Found { files, start };
    let Some(nearest) = found.nearest(start)? else {
        return Ok(None);
    };
    let root = found.root_of(&nearest)?;
    Ok(Some(root.map_or(nearest.dir, |root| root.dir)))
}

/// A manifest and its directory.
struct Place {
    dir: PathBuf,
    manifest: Arc<Manifest>,
}

struct Found<'a> {
    files: &'a dyn Files,
    start: &'a Path,
}

impl Found<'_> {
    /// The nearest manifest at or above a directory.
    fn nearest(&self, dir: &Path) -> Result<Option<Place>, WorkspaceError> {
        for dir in dir.ancestors() {
            if let Some(place) = self.at(dir)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// The manifest of a directory, if it has one that may be trusted.
    fn at(&self, dir: &Path) -> Result<Option<Place>, WorkspaceError> {
        let path = dir.join(MANIFEST);
        let is_above = dir != self.start && self.start.starts_with(dir);
        let bytes = match self.files.read(&path) {
            // What lies above a directory that nobody may look into is nobody's project.
            Err(FileError::Unreadable { source, .. })
                if is_above && source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                return Ok(None);
            }
            read => read?,
        };
        let Some(bytes) = bytes else { return Ok(None) };
        if is_above {
            let owner = self.files.owner(&path);
            if owner != FileOwner::Trusted && owner != self.files.owner(self.start) {
                return Ok(None);
            }
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Err(WorkspaceError::NotText(path));
        };
        let manifest =
            Manifest::parse(text).map_err(|source| WorkspaceError::Manifest { path, source })?;
        Ok(Some(Place {
            dir: dir.to_owned(),
            manifest: Arc::new(manifest),
        }))
    }

    /// The root of the workspace that a project is a member of.
    fn root_of(&self, project: &Place) -> Result<Option<Place>, WorkspaceError> {
        if project.manifest.tool.workspace.is_some() {
            return Ok(None);
        }
        let above = project.dir.parent().into_iter();
        for dir in above.flat_map(Path::ancestors) {
            let Some(place) = self.at(dir)? else { continue };
            let Some(table) = &place.manifest.tool.workspace else {
                continue;
            };
            let patterns = Patterns::new(&place.dir, table)?;
            // A workspace that is not the project's ends the search.
            return Ok(patterns.holds(&project.dir).then_some(place));
        }
        Ok(None)
    }

    /// The projects of a root, sorted by name.
    fn members(&self, root: &Place) -> Result<Vec<Member>, WorkspaceError> {
        let mut members = Vec::new();
        if root.manifest.project.is_none() && !root.manifest.groups.is_empty() {
            members.push(Member {
                name: PackageName::unnamed_root(),
                dir: root.dir.clone(),
                manifest: Arc::clone(&root.manifest),
            });
        }
        add(&mut members, root.dir.clone(), Arc::clone(&root.manifest))?;
        if let Some(table) = &root.manifest.tool.workspace {
            let patterns = Patterns::new(&root.dir, table)?;
            for pattern in &table.members {
                for dir in self.expand(&root.dir, pattern, &patterns)? {
                    if dir == root.dir || members.iter().any(|known| known.dir == dir) {
                        continue;
                    }
                    let Some(place) = self.at(&dir)? else {
                        continue;
                    };
                    if place.manifest.tool.workspace.is_some() {
                        return Err(WorkspaceError::Nested(dir.join(MANIFEST)));
                    }
                    if place.manifest.project.is_none() {
                        return Err(WorkspaceError::NoProject(dir.join(MANIFEST)));
                    }
                    if place.manifest.tool.managed != Some(false) {
                        add(&mut members, dir, place.manifest)?;
                    }
                }
            }
        }
        members.sort_by(|a, b| a.name.cmp(&b.name));
        needed::mark(&root.manifest, &mut members);
        Ok(members)
    }

    /// The directories that one pattern of members stands for.
    fn expand(
        &self,
        root: &Path,
        pattern: &str,
        patterns: &Patterns,
    ) -> Result<Vec<PathBuf>, WorkspaceError> {
        let mut parts: Vec<&str> = Vec::new();
        let mut dir = root.to_owned();
        for part in pattern.split(['/', '\\']).filter(|part| !part.is_empty()) {
            // What comes before the first wildcard is a plain path.
            if parts.is_empty() && !part.contains(['*', '?', '[']) {
                dir = join_lexically(&dir, Path::new(part));
            } else {
                parts.push(part);
            }
        }
        if parts.is_empty() {
            let has_manifest = self.files.exists(&dir.join(MANIFEST));
            if !has_manifest && !patterns.excludes(&dir) {
                return Err(WorkspaceError::NoMember {
                    path: root.join(MANIFEST),
                    pattern: pattern.to_owned(),
                });
            }
            return Ok(if patterns.excludes(&dir) {
                Vec::new()
            } else {
                vec![dir]
            });
        }
        let mut found = Vec::new();
        self.descend(&dir, &parts, 0, &mut found);
        found.retain(|dir| !patterns.excludes(dir) && self.files.exists(&dir.join(MANIFEST)));
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Adds the directories below one that the rest of a pattern stands for.
    fn descend(&self, dir: &Path, parts: &[&str], depth: usize, found: &mut Vec<PathBuf>) {
        let Some((first, rest)) = parts.split_first() else {
            found.push(dir.to_owned());
            return;
        };
        let is_deep = *first == "**";
        if is_deep {
            self.descend(dir, rest, depth, found);
            if depth >= MOST_DEPTH {
                return;
            }
        }
        let Ok(pattern) = Pattern::new(first) else {
            return;
        };
        // A file has no entries, and a directory that cannot be read has no members.
        for entry in self.files.list(dir).unwrap_or_default() {
            let Some(name) = entry.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if name.starts_with('.') || matches!(name, "node_modules" | "__pycache__") {
                continue;
            }
            if is_deep {
                self.descend(&entry, parts, depth + 1, found);
            } else if pattern.matches(name) {
                self.descend(&entry, rest, depth + 1, found);
            }
        }
    }
}

/// Adds a project, if the manifest declares one.
fn add(
    members: &mut Vec<Member>,
    dir: PathBuf,
    manifest: Arc<Manifest>,
) -> Result<(), WorkspaceError> {
    let Some(project) = &manifest.project else {
        return Ok(());
    };
    let name = project.name.clone();
    if let Some(known) = members.iter().find(|known| known.name == name) {
        return Err(WorkspaceError::SameName {
            name,
            first: known.dir.clone(),
            second: dir,
        });
    }
    members.push(Member {
        name,
        dir,
        manifest,
    });
    Ok(())
}

/// The patterns of a workspace, for directories that are known.
struct Patterns {
    root: PathBuf,
    members: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

impl Patterns {
    fn new(root: &Path, table: &WorkspaceTable) -> Result<Self, WorkspaceError> {
        let compile = |pattern: &String| {
            let tidy = pattern.trim_start_matches("./").trim_end_matches('/');
            Pattern::new(tidy).map_err(|error| WorkspaceError::Pattern {
                path: root.join(MANIFEST),
                pattern: pattern.clone(),
                reason: error.msg.to_owned(),
            })
        };
        let all = |patterns: &[String]| -> Result<Vec<Pattern>, WorkspaceError> {
            patterns.iter().map(compile).collect()
        };
        Ok(Self {
            root: root.to_owned(),
            members: all(&table.members)?,
            exclude: all(&table.exclude)?,
        })
    }

    fn excludes(&self, dir: &Path) -> bool {
        self.any(&self.exclude, dir)
    }

    /// Whether a directory is a member.
    fn holds(&self, dir: &Path) -> bool {
        self.any(&self.members, dir) && !self.excludes(dir)
    }

    fn any(&self, patterns: &[Pattern], dir: &Path) -> bool {
        let Ok(inside) = dir.strip_prefix(&self.root) else {
            return false;
        };
        let options = MatchOptions {
            require_literal_separator: true,
            ..MatchOptions::new()
        };
        let inside = inside.to_string_lossy().replace('\\', "/");
        let mut patterns = patterns.iter();
        patterns.any(|pattern| pattern.matches_with(&inside, options))
    }
}
