//! From what is declared to what is resolved: dependencies with the sources the project has for them.

use std::path::{Path, PathBuf};

use naja_lock::PartKind;
use naja_project::manifest::{GitReference, GitSource, Member, Source, SourceKind, Workspace};
use naja_python::without_dots;
use naja_spec::{Marker, MarkerSet, Requirement, RequirementSource, SafeUrl, UrlError};

use crate::failure::Failure;

/// A requirement as the solver gets it.
pub(crate) struct Lowered {
    pub(crate) requirement: Requirement,
    /// Whether a directory behind it is installed as an editable project.
    pub(crate) editable: bool,
}

/// Applies the sources of a project to one of its requirements.
///
/// A source with a marker counts where that holds; elsewhere the requirement stays as it is.
///
/// # Errors
/// A source leads nowhere.
pub(crate) fn lower(
    workspace: &Workspace,
    member: &Member,
    kind: &PartKind,
    requirement: &Requirement,
) -> Result<Vec<Lowered>, Failure> {
    let plain = |requirement: Requirement| Lowered {
        requirement,
        editable: false,
    };
    if requirement.url().is_some() {
        return Ok(vec![plain(requirement.clone())]);
    }
    let own = member.manifest.sources_of(&requirement.name);
    let sources = match own {
        [] => workspace.manifest.sources_of(&requirement.name),
        own => own,
    };
    let base = match own {
        [] => &workspace.root,
        _ => &member.dir,
    };
    let mut rest = MarkerSet::from(requirement.marker.as_ref());
    let mut lowered = Vec::new();
    for source in sources.iter().filter(|source| counts(source, kind)) {
        let here = MarkerSet::from(source.marker.as_ref());
        let wanted = rest.and(&here);
        rest = rest.and(&here.not());
        if wanted.is_none() {
            continue;
        }
        let at = |source: RequirementSource| Requirement {
            source,
            marker: wanted.to_marker(),
            ..requirement.clone()
        };
        lowered.extend(match target(workspace, base, requirement, &source.kind)? {
            // The index it comes from is known from the settings.
            Target::Index => Some(plain(at(requirement.source.clone()))),
            Target::Nothing => None,
            Target::Address { url, editable } => Some(Lowered {
                requirement: at(RequirementSource::Url(url)),
                editable,
            }),
        });
    }
    if !rest.is_none() {
        let marker: Option<Marker> = if sources.is_empty() {
            requirement.marker.clone()
        } else {
            rest.to_marker()
        };
        lowered.push(plain(Requirement {
            marker,
            ..requirement.clone()
        }));
    }
    Ok(lowered)
}

/// Whether a source counts for requirements of a part.
fn counts(source: &Source, kind: &PartKind) -> bool {
    match (&source.extra, &source.group) {
        (None, None) => true,
        (Some(extra), _) => *kind == PartKind::Extra(extra.clone()),
        (None, Some(group)) => *kind == PartKind::Group(group.clone()),
    }
}

enum Target {
    /// An index; the requirement keeps its bounds.
    Index,
    /// A project that is no package: what it needs is asked for by itself.
    Nothing,
    Address {
        url: SafeUrl,
        editable: bool,
    },
}

fn target(
    workspace: &Workspace,
    base: &Path,
    requirement: &Requirement,
    kind: &SourceKind,
) -> Result<Target, Failure> {
    let wrong = |error: UrlError| {
        Failure::usage(format!("the source of {} is no address", requirement.name)).because(&error)
    };
    let address = |url| Target::Address {
        url,
        editable: false,
    };
    let found = match kind {
        SourceKind::Index(_) => return Ok(Target::Index),
        SourceKind::Url { url, subdirectory } => {
            with_fragment(url, subdirectory.as_deref()).map(address)
        }
        SourceKind::Git(git) => SafeUrl::parse(&git_address(git)).map(address),
        SourceKind::Path {
            path,
            editable,
            package,
        } => {
            let place = existing(requirement, base.join(path))?;
            match (place.is_dir(), package) {
                (false, _) => SafeUrl::from_file_path(&without_dots(&place)).map(address),
                (true, Some(false)) => return Ok(Target::Nothing),
                (true, _) => directory(&without_dots(&place), editable.unwrap_or(false)),
            }
        }
        SourceKind::Workspace { editable } => {
            let member = member(workspace, requirement)?;
            if !member.manifest.is_package() {
                return Ok(Target::Nothing);
            }
            directory(&member.dir, editable.unwrap_or(true))
        }
    };
    found.map_err(wrong)
}

fn with_fragment(url: &SafeUrl, subdirectory: Option<&str>) -> Result<SafeUrl, UrlError> {
    let Some(part) = subdirectory else {
        return Ok(url.clone());
    };
    let plain = url.without_fragment();
    SafeUrl::parse(&format!("{}#subdirectory={part}", plain.with_secrets()))
}

/// The file or directory that a source names.
fn existing(requirement: &Requirement, place: PathBuf) -> Result<PathBuf, Failure> {
    match place.exists() {
        true => Ok(place),
        false => Err(Failure::usage(format!(
            "the source of {} leads nowhere: there is no `{}`",
            requirement.name,
            place.display()
        ))),
    }
}

/// The project of the workspace that a source means.
fn member<'w>(workspace: &'w Workspace, requirement: &Requirement) -> Result<&'w Member, Failure> {
    workspace.member(&requirement.name).ok_or_else(|| {
        Failure::usage(format!(
            "{} is to come from the workspace, and the workspace has no such project",
            requirement.name
        ))
        .cause(format!(
            "the root is `{}`; its members: {}",
            workspace.root.display(),
            names(workspace)
        ))
        .hint("add its directory to `members` of the workspace")
    })
}

fn directory(dir: &Path, editable: bool) -> Result<Target, UrlError> {
    let url = SafeUrl::from_directory_path(dir)?;
    Ok(Target::Address { url, editable })
}

/// The address of a commit as requirements have it.
fn git_address(git: &GitSource) -> String {
    let mut text = format!("git+{}", git.url.without_fragment().with_secrets());
    if let GitReference::Rev(name) | GitReference::Tag(name) | GitReference::Branch(name) =
        &git.reference
    {
        text.push('@');
        text.push_str(name);
    }
    let mut parts: Vec<String> = Vec::new();
    parts.extend(
        git.subdirectory
            .iter()
            .map(|part| format!("subdirectory={part}")),
    );
    if git.lfs == Some(true) {
        parts.push("lfs=true".to_owned());
    }
    if !parts.is_empty() {
        text.push('#');
        text.push_str(&parts.join("&"));
    }
    text
}

fn names(workspace: &Workspace) -> String {
    let names: Vec<&str> = workspace
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect();
    names.join(", ")
}
