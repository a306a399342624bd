//! What `naja add` is given: requirements, and where they come from.

use std::path::{Path, PathBuf};

use naja_project::manifest::{GitReference, GitSource, NewIndex, SourceKind, Workspace};
use naja_project::settings::Layer;
use naja_spec::{
    ExtraName, GitUrl, Marker, PackageName, Requirement, RequirementSource, SafeUrl,
    VersionSpecifiers,
};

use super::edit::{Added, Along};
use super::load::Project;
use crate::failure::Failure;
use crate::inputs::{self, DirectReference, InputSources};
use crate::options;
use crate::session::Session;

/// What `naja add` is given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Requirements: names, addresses, paths.
    pub packages: Vec<String>,
    /// Files of requirements (`-r`).
    pub requirements: Vec<PathBuf>,
    /// The project of the workspace that they are added to; absent: the current one.
    pub package: Option<PackageName>,
    /// Files of constraints (`-c`).
    pub constraints: Vec<PathBuf>,
    /// Whether a directory becomes a member of the workspace; absent: if it lies inside of it.
    pub workspace: Option<bool>,
    /// Whether they go where the project may ask for itself: into a group or an extra.
    pub may_be_itself: bool,
    /// Where they count (`--marker`).
    pub marker: Option<Marker>,
    /// Extras of theirs (`--extra`).
    pub extras: Vec<ExtraName>,
    /// Whether a directory is installed as an editable project.
    pub editable: Option<bool>,
    /// Whether addresses stay in the requirement (`--raw`).
    pub raw: bool,
    /// The revision of a git source.
    pub rev: Option<String>,
    /// Its tag.
    pub tag: Option<String>,
    /// Its branch.
    pub branch: Option<String>,
    /// Whether files of git's large file storage are fetched.
    pub lfs: bool,
}

/// Understands what `naja add` is given; what has no name is looked at.
///
/// # Errors
/// Something is no requirement, leads nowhere, or does not tell its name.
pub fn understood(session: &mut Session, given: &Given) -> Result<Vec<Added>, Failure> {
    let project = Project::load(session)?;
    let manifest = project.manifest_of(given.package.as_ref())?;
    let mut workspace = project.workspace;
    if let Some(name) = &given.package {
        let mut members = workspace.members.iter();
        workspace.current = members.position(|member| member.name == *name);
    }
    let base = Base {
        dir: manifest.parent().unwrap_or(&workspace.root).to_owned(),
        workspace: Some(workspace),
    };
    understood_at(session, &base, given)
}

/// What sources are written for.
pub(crate) struct Base {
    /// The directory of the manifest: relative paths start here.
    pub(crate) dir: PathBuf,
    /// The workspace, whose members are named by their names.
    pub(crate) workspace: Option<Workspace>,
}

/// Understands what is added to a manifest.
///
/// # Errors
/// As [`understood`].
pub(crate) fn understood_at(
    session: &mut Session,
    base: &Base,
    given: &Given,
) -> Result<Vec<Added>, Failure> {
    let paths = given.requirements.iter();
    let sources = InputSources {
        packages: given.packages.clone(),
        requirements: paths
            .map(|path| path.to_string_lossy().into_owned())
            .collect(),
        ..InputSources::default()
    };
    let set = inputs::read(session, &sources)?;
    let own = base.workspace.as_ref().and_then(Workspace::current);
    let mut added = Vec::with_capacity(set.roots.len());
    for root in set.roots {
        let mut requirement = root.requirement;
        if own.is_some_and(|own| own.name == requirement.name) && !given.may_be_itself {
            return Err(Failure::usage(format!(
                "`{}` is the project itself",
                requirement.name
            ))
            .cause("a project cannot depend on itself")
            .hint("its extras may be asked for by its groups and other extras: `--group`, `--optional`"));
        }
        with_parts(&mut requirement, given);
        let url = requirement.url().cloned();
        let source = match url {
            Some(ref url) if !given.raw => {
                requirement.source = RequirementSource::Specifiers(VersionSpecifiers::default());
                let how = set.direct.get(url).cloned().unwrap_or_default();
                Some(source(base, given, url, &how)?)
            }
            _ => member_source(base.workspace.as_ref(), &requirement, given),
        };
        let is_git = matches!(source, Some(SourceKind::Git(_)));
        let revision = [&given.rev, &given.tag, &given.branch];
        if !is_git && revision.into_iter().any(Option::is_some) {
            return Err(Failure::usage(format!(
                "`{}` does not come from git: it has no revision, tag or branch",
                requirement.name
            ))
            .hint("name the repository: `naja add git+https://... --tag v1`"));
        }
        added.push(Added {
            member: new_member(base, source.as_ref(), url.as_ref()),
            requirement,
            source,
        });
    }
    Ok(added)
}

/// Adds the marker and extras of the command line.
fn with_parts(requirement: &mut Requirement, given: &Given) {
    if let Some(marker) = &given.marker {
        requirement.marker = Some(match &requirement.marker {
            Some(own) => own.and(marker),
            None => marker.clone(),
        });
    }
    for extra in &given.extras {
        if !requirement.extras.contains(extra) {
            requirement.extras.push(extra.clone());
        }
    }
    requirement.extras.sort();
}

/// A project of the workspace that is added by its name.
fn member_source(
    workspace: Option<&Workspace>,
    requirement: &Requirement,
    given: &Given,
) -> Option<SourceKind> {
    let workspace = workspace?;
    workspace.member(&requirement.name)?;
    (!given.raw).then_some(SourceKind::Workspace { editable: None })
}

/// The directory that becomes a member of the workspace with a source.
fn new_member(base: &Base, source: Option<&SourceKind>, url: Option<&SafeUrl>) -> Option<PathBuf> {
    let workspace = base.workspace.as_ref()?;
    let Some(SourceKind::Workspace { .. }) = source else {
        return None;
    };
    let dir = url?.to_file_path()?;
    let is_known = workspace.members.iter().any(|member| member.dir == dir);
    (!is_known).then_some(dir)
}

/// Whether a directory that is added becomes a member of the workspace.
fn becomes_member(workspace: &Workspace, given: &Given, dir: &Path) -> bool {
    let is_inside = dir.starts_with(&workspace.root) && !workspace.excludes(dir);
    given.workspace.unwrap_or(is_inside) && dir.join("pyproject.toml").is_file()
}

/// What is written down, or counts, besides what is added: indexes of the command line, and constraints.
///
/// # Errors
/// A file of constraints cannot be read.
pub fn along(session: &mut Session, given: &Given) -> Result<Along, Failure> {
    let paths = given.constraints.iter();
    let sources = InputSources {
        constraints: paths
            .map(|path| path.to_string_lossy().into_owned())
            .collect(),
        ..InputSources::default()
    };
    let constraints = match given.constraints.is_empty() {
        true => Vec::new(),
        false => inputs::read(session, &sources)?.constraints,
    };
    let settings = &session.settings;
    let defaults = settings.default_index.value.iter();
    let defaults = defaults.map(|entry| (entry, true));
    let named = settings
        .index
        .value
        .iter()
        .map(|entry| (entry, entry.default));
    let told = named
        .chain(defaults)
        .filter(|(entry, _)| entry.origin.layer == Layer::Arguments);
    let indexes = told.map(|(entry, is_default)| {
        Ok(NewIndex {
            name: entry.name.clone(),
            url: options::index_address(entry)?,
            is_default,
        })
    });
    Ok(Along {
        indexes: indexes.collect::<Result<_, Failure>>()?,
        constraints: constraints
            .into_iter()
            .map(|constraint| constraint.requirement)
            .collect(),
    })
}

fn source(
    base: &Base,
    given: &Given,
    url: &SafeUrl,
    how: &DirectReference,
) -> Result<SourceKind, Failure> {
    if GitUrl::is_vcs(url) {
        return git(given, url);
    }
    let Some(path) = url.to_file_path() else {
        let url_alone = url.without_fragment();
        return Ok(SourceKind::Url {
            subdirectory: url.subdirectory().map(std::borrow::Cow::into_owned),
            url: match url.fragment_digests().is_empty() {
                true => url_alone,
                false => url.clone(),
            },
        });
    };
    let members = base.workspace.iter();
    let mut members = members.flat_map(|workspace| &workspace.members);
    if members.any(|member| member.dir == path) {
        return Ok(SourceKind::Workspace { editable: None });
    }
    let is_dir = path.is_dir();
    if let Some(workspace) = &base.workspace
        && becomes_member(workspace, given, &path)
    {
        return Ok(SourceKind::Workspace {
            editable: given.editable.filter(|editable| !editable),
        });
    }
    Ok(SourceKind::Path {
        path: relative(&base.dir, &path),
        editable: match given.editable {
            Some(editable) => Some(editable),
            None => (how.editable && is_dir).then_some(true),
        },
        package: None,
    })
}

fn git(given: &Given, url: &SafeUrl) -> Result<SourceKind, Failure> {
    let wrong = |error: &dyn std::error::Error| {
        Failure::usage("the address cannot be used as a source").because(error)
    };
    let git = GitUrl::parse(url).map_err(|error| wrong(&error))?;
    let own = git
        .revision()
        .map(|name| GitReference::Rev(name.to_owned()));
    let told = [
        given.rev.clone().map(GitReference::Rev),
        given.tag.clone().map(GitReference::Tag),
        given.branch.clone().map(GitReference::Branch),
    ];
    let told = told.into_iter().flatten().next();
    if own.is_some() && told.is_some() {
        return Err(
            Failure::usage("the address has a revision, and another one is asked for")
                .hint("leave `@REVISION` out of the address"),
        );
    }
    Ok(SourceKind::Git(GitSource {
        url: git.repository().clone(),
        reference: told.or(own).unwrap_or_default(),
        subdirectory: git.subdirectory().map(str::to_owned),
        lfs: given.lfs.then_some(true),
    }))
}

/// A path as it is written into a manifest: relative, with `/`.
pub(super) fn relative(base: &Path, path: &Path) -> String {
    // With only the root in common, the whole path says more.
    let is_near = base.components().nth(1) == path.components().nth(1);
    match naja_lock::way(base, path).filter(|_| is_near) {
        Some(way) if way.is_empty() => ".".to_owned(),
        Some(way) => way,
        None => path.to_string_lossy().replace('\\', "/"),
    }
}
