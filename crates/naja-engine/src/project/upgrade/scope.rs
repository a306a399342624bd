//! Which requirements and packages an upgrade is about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use naja_project::manifest::{
    Declared, DependencyPlace, GroupEntry, Member, SourceKind, Workspace,
};
use naja_project::nearest;
use naja_spec::{PackageName, Requirement, RequirementSource, VersionSpecifiers};

use super::UpgradeRequest;
use crate::failure::Failure;
use crate::options;
use crate::project::load::Project;
use crate::project::members::named;
use crate::session::Session;

/// What an upgrade is about.
pub(super) struct Scope {
    /// The requirements whose bounds may move.
    pub(super) entries: Vec<Entry>,
    /// The packages whose locked versions may.
    pub(super) who: Who,
    /// The versions that some of them shall have.
    pub(super) bounds: Asked,
}

/// Versions by name.
pub(super) type Asked = BTreeMap<PackageName, VersionSpecifiers>;

/// Packages of a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    All,
    Only(BTreeSet<PackageName>),
}

/// A requirement of a manifest.
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) project: PackageName,
    pub(super) place: DependencyPlace,
    pub(super) text: String,
    pub(super) requirement: Requirement,
}

impl Who {
    pub(super) fn has(&self, name: &PackageName) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }

    /// The names as requirements, with the versions that are asked for.
    pub(super) fn requirements(&self, bounds: &Asked) -> Vec<Requirement> {
        let names = match self {
            Self::All => return Vec::new(),
            Self::Only(names) => names.iter(),
        };
        let bare = names.map(|name| Requirement {
            name: name.clone(),
            extras: Vec::new(),
            source: RequirementSource::Specifiers(bounds.get(name).cloned().unwrap_or_default()),
            marker: None,
        });
        bare.collect()
    }
}

impl Scope {
    /// Finds out what a request is about.
    ///
    /// # Errors
    /// It names what is neither declared nor locked, or a list that is not there.
    pub(super) fn of(
        session: &Session,
        project: &Project,
        request: &UpgradeRequest,
    ) -> Result<Self, Failure> {
        let mut entries = Vec::new();
        let mut elsewhere: BTreeSet<PackageName> = BTreeSet::new();
        let mut known: BTreeSet<PackageName> = BTreeSet::new();
        for member in members(&project.workspace, request)? {
            for (place, declared) in declared(member) {
                let name = &declared.requirement.name;
                let asked = request.names.is_empty() || request.names.contains(name);
                let in_place = request.places.is_empty() || request.places.contains(&place);
                known.insert(name.clone());
                if !asked || !in_place || request.exclude.contains(name) {
                    continue;
                }
                if !is_from_index(session, (&project.workspace, member), declared) {
                    elsewhere.insert(name.clone());
                    continue;
                }
                entries.push(Entry {
                    path: member.dir.join("pyproject.toml"),
                    project: member.name.clone(),
                    place,
                    text: declared.text.clone(),
                    requirement: declared.requirement.clone(),
                });
            }
        }
        check_places(project, request)?;
        let locked = locked(project);
        for name in &request.names {
            let declared = entries.iter().any(|entry| entry.requirement.name == *name);
            let needed = request.places.is_empty() && locked.contains(name);
            if !(declared || needed || elsewhere.contains(name)) {
                return Err(unknown(name, known.iter().chain(&locked), request));
            }
        }
        let named = || entries.iter().map(|entry| entry.requirement.name.clone());
        let is_part = !request.places.is_empty() || !request.packages.is_empty();
        let who = if !request.names.is_empty() {
            Who::Only(request.names.iter().cloned().collect())
        } else if is_part {
            Who::Only(named().collect())
        } else if request.exclude.is_empty() {
            Who::All
        } else {
            let all = locked.iter().cloned().chain(named());
            Who::Only(all.filter(|name| !request.exclude.contains(name)).collect())
        };
        Ok(Self {
            entries,
            who,
            bounds: request.bounds.clone(),
        })
    }
}

/// The projects whose manifests may change.
fn members<'w>(
    workspace: &'w Workspace,
    request: &UpgradeRequest,
) -> Result<Vec<&'w Member>, Failure> {
    if request.all_packages {
        return Ok(workspace.members.iter().collect());
    }
    if request.packages.is_empty() {
        return Ok(match workspace.current() {
            Some(member) => vec![member],
            None => workspace.members.iter().collect(),
        });
    }
    let names = request.packages.iter();
    names.map(|name| named(workspace, name)).collect()
}

/// Everything a project declares, list by list.
fn declared(member: &Member) -> Vec<(DependencyPlace, &Declared)> {
    let mut found = Vec::new();
    if let Some(project) = &member.manifest.project {
        let main = project.dependencies.iter();
        found.extend(main.map(|one| (DependencyPlace::Main, one)));
        for (name, list) in &project.extras {
            let place = DependencyPlace::Extra(name.clone());
            found.extend(list.iter().map(|one| (place.clone(), one)));
        }
    }
    for (name, entries) in &member.manifest.groups {
        for entry in entries {
            if let GroupEntry::Requirement(one) = entry {
                found.push((DependencyPlace::Group(name.clone()), one));
            }
        }
    }
    found
}

/// Whether a requirement has bounds that decide what it gets.
fn is_from_index(
    session: &Session,
    (workspace, member): (&Workspace, &Member),
    declared: &Declared,
) -> bool {
    let requirement = &declared.requirement;
    if requirement.url().is_some() || requirement.name == member.name {
        return false;
    }
    if !options::has_sources(&session.settings, &requirement.name) {
        return true;
    }
    let sources = match member.manifest.sources_of(&requirement.name) {
        [] => workspace.manifest.sources_of(&requirement.name),
        own => own,
    };
    let is_index = |kind: &SourceKind| matches!(kind, SourceKind::Index(_));
    sources
        .iter()
        .all(|source| is_index(&source.kind) || source.marker.is_some())
}

fn check_places(project: &Project, request: &UpgradeRequest) -> Result<(), Failure> {
    let members = members(&project.workspace, request)?;
    for place in &request.places {
        let has = members.iter().any(|member| match place {
            DependencyPlace::Main => true,
            DependencyPlace::Extra(name) => {
                let tables = member.manifest.project.iter();
                let mut extras = tables.flat_map(|table| &table.extras);
                extras.any(|(known, _)| known == name)
            }
            DependencyPlace::Group(name) => member
                .manifest
                .groups
                .iter()
                .any(|(known, _)| known == name),
        });
        if !has {
            return Err(Failure::usage(format!("the project has not {place}")));
        }
    }
    Ok(())
}

fn locked(project: &Project) -> BTreeSet<PackageName> {
    let packages = project
        .lock
        .iter()
        .flat_map(|read| &read.lock.file.packages);
    packages.map(|package| package.name.clone()).collect()
}

fn unknown<'n>(
    name: &PackageName,
    known: impl Iterator<Item = &'n PackageName>,
    request: &UpgradeRequest,
) -> Failure {
    let failure = match request.places.as_slice() {
        [] => Failure::usage(format!("the project does not need {name}")),
        places => {
            let places: Vec<String> = places.iter().map(ToString::to_string).collect();
            Failure::usage(format!("{name} is not in {}", places.join(" or ")))
        }
    };
    match nearest(name.as_str(), known.map(PackageName::as_str)) {
        Some(near) if near != name.as_str() => failure.hint(format!("did you mean `{near}`?")),
        _ => failure.hint(format!("`naja add {name}` adds it")),
    }
}
