//! From manifests to what is locked, and to what the solver is asked.

use std::collections::BTreeMap;
use std::path::Path;

use naja_lock::project::{Inputs, MemberInputs};
use naja_lock::{Origin, PartKind, ProjectPart};
use naja_project::manifest::{Declared, Manifest, Member, Source, SourceKind, Workspace};
use naja_project::settings::Settings;
use naja_resolve::{ConflictSet, RootRequirement};
use naja_spec::{
    ExtraName, GroupName, MarkerSet, PackageName, Requirement, RequirementSource, SafeUrl,
    VersionSpecifiers,
};

use super::dynamic;
use super::rules::rules;
use super::sources::{Lowered, lower};
use crate::failure::Failure;
use crate::inputs::RequirementSet;
use crate::options;

/// What a lock of the workspace depends on.
///
/// # Errors
/// A dependency group includes what is not there.
pub(super) fn inputs(
    workspace: &Workspace,
    settings: &Settings,
    requires_python: Option<VersionSpecifiers>,
) -> Result<Inputs, Failure> {
    let members = workspace.members.iter();
    Ok(Inputs {
        requires_python,
        environments: settings.environments.value.0.clone(),
        members: members
            .map(|member| member_inputs(workspace, member))
            .collect::<Result<_, _>>()?,
        rules: rules(settings),
    })
}

fn member_inputs(workspace: &Workspace, member: &Member) -> Result<MemberInputs, Failure> {
    let manifest = &member.manifest;
    let requirements = |list: &[Declared]| -> Vec<Requirement> {
        list.iter().map(|one| one.requirement.clone()).collect()
    };
    let mut inputs = MemberInputs {
        name: member.name.clone(),
        path: relative(&workspace.root, &member.dir),
        version: None,
        is_package: manifest.is_package(),
        dependencies: Vec::new(),
        extras: BTreeMap::new(),
        groups: BTreeMap::new(),
        default_groups: manifest.default_groups(),
        sources: BTreeMap::new(),
        fingerprint: None,
    };
    if let Some(project) = &manifest.project {
        inputs.version.clone_from(&project.version);
        inputs.dependencies = requirements(&project.dependencies);
        let extras = project.extras.iter();
        inputs.extras = extras
            .map(|(name, list)| (name.clone(), requirements(list)))
            .collect();
        if project
            .dynamic
            .iter()
            .any(|field| field.ends_with("dependencies"))
        {
            inputs.fingerprint = Some(dynamic::fingerprint(&member.dir));
        }
    }
    for (name, _) in &manifest.groups {
        let list = manifest.group(name).map_err(|error| {
            Failure::usage(format!("could not read {}", member.dir.display())).because(&error)
        })?;
        let pythons = group_pythons(manifest, name);
        let list = list.into_iter();
        let list = list.map(|one| with_pythons(&one.requirement, pythons.as_ref()));
        inputs.groups.insert(name.clone(), list.collect());
    }
    for group in &inputs.default_groups {
        if !inputs.groups.contains_key(group) && group.as_str() != "dev" {
            return Err(Failure::usage(format!(
                "the default group `{group}` of {} does not exist",
                member.name
            ))
            .hint("mend `default-groups`, or make the group"));
        }
    }
    for (name, sources) in &manifest.tool.sources {
        let words = sources.iter().map(source_words).collect();
        inputs.sources.insert(name.clone(), words);
    }
    Ok(inputs)
}

/// Where the requirements of a group count, if its Pythons are bounded.
fn group_pythons(manifest: &Manifest, group: &GroupName) -> Option<MarkerSet> {
    let bounds = manifest.group_python(group);
    (!bounds.is_empty()).then(|| MarkerSet::from_requires_python(&bounds))
}

fn with_pythons(requirement: &Requirement, pythons: Option<&MarkerSet>) -> Requirement {
    let mut requirement = requirement.clone();
    if let Some(pythons) = pythons {
        let own = MarkerSet::from(requirement.marker.as_ref());
        requirement.marker = own.and(pythons).to_marker();
    }
    requirement
}

/// A source as one text.
fn source_words(source: &Source) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut word = |key: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("{key}={value}")));
    };
    let switch = |value: &Option<bool>| value.map(|value| value.to_string());
    match &source.kind {
        SourceKind::Git(git) => {
            word(
                "git",
                Some(git.url.without_credentials().with_secrets().to_owned()),
            );
            word("reference", git.reference.name().map(str::to_owned));
            word("subdirectory", git.subdirectory.clone());
            word("lfs", switch(&git.lfs));
        }
        SourceKind::Url { url, subdirectory } => {
            word(
                "url",
                Some(url.without_credentials().with_secrets().to_owned()),
            );
            word("subdirectory", subdirectory.clone());
        }
        SourceKind::Path {
            path,
            editable,
            package,
        } => {
            word("path", Some(path.clone()));
            word("editable", switch(editable));
            word("package", switch(package));
        }
        SourceKind::Index(name) => word("index", Some(name.clone())),
        SourceKind::Workspace { editable } => {
            word("workspace", Some("true".to_owned()));
            word("editable", switch(editable));
        }
    }
    word("marker", source.marker.as_ref().map(ToString::to_string));
    word("extra", source.extra.as_ref().map(ToString::to_string));
    word("group", source.group.as_ref().map(ToString::to_string));
    words.join(" ")
}

/// A path below another, with `/`; `.` for itself.
fn relative(root: &Path, dir: &Path) -> String {
    match dir.strip_prefix(root) {
        Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Ok(inside) => inside.to_string_lossy().replace('\\', "/"),
        Err(_outside) => dir.to_string_lossy().replace('\\', "/"),
    }
}

/// Puts what every part of every project asks for into a set.
///
/// # Errors
/// A source leads nowhere.
pub(super) fn ask(
    (workspace, settings): (&Workspace, &Settings),
    conflicts: &[ConflictSet],
    set: &mut RequirementSet,
) -> Result<(), Failure> {
    for member in &workspace.members {
        let asking = Asking {
            workspace,
            settings,
            member,
            conflicts,
        };
        if member.manifest.is_package() {
            asking.itself(set)?;
        }
        if let Some(project) = &member.manifest.project {
            asking.list(
                &project.dependencies.iter().collect::<Vec<_>>(),
                &PartKind::Project,
                set,
            )?;
            for (name, list) in &project.extras {
                let list: Vec<&Declared> = list.iter().collect();
                asking.list(&list, &PartKind::Extra(name.clone()), set)?;
            }
        }
        for (name, _) in &member.manifest.groups {
            // Checked when the manifest was read.
            let list = member.manifest.group(name).unwrap_or_default();
            let pythons = group_pythons(&member.manifest, name);
            let bounded: Vec<Declared> = list
                .into_iter()
                .map(|one| Declared {
                    requirement: with_pythons(&one.requirement, pythons.as_ref()),
                    ..one.clone()
                })
                .collect();
            let list: Vec<&Declared> = bounded.iter().collect();
            asking.list(&list, &PartKind::Group(name.clone()), set)?;
        }
    }
    Ok(())
}

/// What the only project of a workspace asks for, on behalf of a script.
///
/// # Errors
/// A source leads nowhere.
pub(crate) fn script_requirements(
    workspace: &Workspace,
    settings: &Settings,
    script: &str,
) -> Result<RequirementSet, Failure> {
    let mut set = RequirementSet::default();
    ask((workspace, settings), &[], &mut set)?;
    on_behalf_of(script, &mut set);
    Ok(set)
}

/// Says that everything is asked for by a script.
pub(super) fn on_behalf_of(script: &str, set: &mut RequirementSet) {
    for root in &mut set.roots {
        root.origin = Origin::Script {
            path: script.to_owned(),
        };
    }
}

/// Whether somebody wants a member as it is built: `{ workspace = true, editable = false }`.
fn is_told_apart(workspace: &Workspace, member: &PackageName) -> bool {
    let manifests = workspace.members.iter().map(|member| &*member.manifest);
    let mut sources = manifests
        .chain([&*workspace.manifest])
        .flat_map(|manifest| manifest.sources_of(member));
    sources.any(|source| {
        let as_built = SourceKind::Workspace {
            editable: Some(false),
        };
        source.kind == as_built
    })
}

struct Asking<'a> {
    workspace: &'a Workspace,
    settings: &'a Settings,
    member: &'a Member,
    conflicts: &'a [ConflictSet],
}

impl Asking<'_> {
    fn origin(&self, kind: &PartKind) -> Origin {
        let file = self.member.dir.join("pyproject.toml");
        Origin::Project {
            name: (!self.member.name.is_unnamed_root()).then(|| self.member.name.to_string()),
            path: relative(&self.workspace.root, &file),
            section: match kind {
                PartKind::Project => None,
                PartKind::Extra(name) => Some(name.to_string()),
                PartKind::Group(name) => Some(name.to_string()),
            },
        }
    }

    fn root(&self, requirement: Requirement, kind: &PartKind) -> RootRequirement {
        let part = ProjectPart {
            package: self.member.name.clone(),
            kind: kind.clone(),
        };
        // Only what is in conflict with something is told apart.
        let is_told = self.conflicts.iter().any(|set| set.contains(&part));
        RootRequirement {
            part: is_told.then_some(part),
            ..RootRequirement::new(requirement, self.origin(kind))
        }
    }

    /// The project as a package, by itself and with each of its extras.
    fn itself(&self, set: &mut RequirementSet) -> Result<(), Failure> {
        let url = SafeUrl::from_directory_path(&self.member.dir).map_err(|error| {
            Failure::usage(format!("`{}` is no path", self.member.dir.display())).because(&error)
        })?;
        let is_editable = !is_told_apart(self.workspace, &self.member.name);
        set.direct.entry(url.clone()).or_default().editable |= is_editable;
        let with = |extras: Vec<ExtraName>| Requirement {
            name: self.member.name.clone(),
            extras,
            source: RequirementSource::Url(url.clone()),
            marker: None,
        };
        set.roots
            .push(self.root(with(Vec::new()), &PartKind::Project));
        let project = self.member.manifest.project.as_ref();
        for (extra, _) in project.iter().flat_map(|project| &project.extras) {
            let kind = PartKind::Extra(extra.clone());
            set.roots.push(self.root(with(vec![extra.clone()]), &kind));
        }
        Ok(())
    }

    /// A requirement with its sources, if they count.
    fn lowered(&self, kind: &PartKind, requirement: &Requirement) -> Result<Vec<Lowered>, Failure> {
        if options::has_sources(self.settings, &requirement.name) {
            return lower(self.workspace, self.member, kind, requirement);
        }
        Ok(vec![Lowered {
            requirement: requirement.clone(),
            editable: false,
        }])
    }

    /// A project that asks for itself has to ask for the version it has.
    fn check_own(&self, requirement: &Requirement) -> Result<(), Failure> {
        let project = self.member.manifest.project.as_ref();
        let version = project.and_then(|project| project.version.as_ref());
        let (Some(version), Some(wanted)) = (version, requirement.specifiers()) else {
            return Ok(());
        };
        if wanted.contains(version) {
            return Ok(());
        }
        let name = &self.member.name;
        Err(Failure::usage(format!(
            "{name} depends on itself at another version"
        ))
        .cause(format!(
            "it asks for `{requirement}`, and its own version is {version}"
        ))
        .hint(format!(
            "leave the requirement out; if it means another {name}, the project needs another name"
        )))
    }

    fn list(
        &self,
        list: &[&Declared],
        kind: &PartKind,
        set: &mut RequirementSet,
    ) -> Result<(), Failure> {
        for declared in list {
            for lowered in self.lowered(kind, &declared.requirement)? {
                let Lowered {
                    requirement,
                    editable,
                } = lowered;
                // A project may name its own extras.
                if requirement.name == self.member.name {
                    self.check_own(&requirement)?;
                    continue;
                }
                if let Some(url) = requirement.url() {
                    set.direct.entry(url.clone()).or_default().editable |= editable;
                }
                set.roots.push(self.root(requirement, kind));
            }
        }
        Ok(())
    }
}
