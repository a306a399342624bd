//! `--upgrade-group`: groups of a project that stand for what they name.

use naja_project::nearest;
use naja_project::settings::Settings;
use naja_spec::{GroupName, Requirement, RequirementSource, VersionSpecifiers};

use super::load::Project;
use crate::failure::Failure;

/// The settings with the names of packages in the place of the groups to be upgraded; `None` if there are no
/// such groups.
///
/// # Errors
/// No project of the workspace has a group of that name.
pub(super) fn named(project: &Project, settings: &Settings) -> Result<Option<Settings>, Failure> {
    if settings.upgrade_group.value.is_empty() {
        return Ok(None);
    }
    let mut with_names = settings.clone();
    with_names.upgrade_group.value.clear();
    for text in &settings.upgrade_group.value {
        let group = GroupName::parse(text).map_err(|error| {
            Failure::usage(format!("`{text}` is not the name of a dependency group"))
                .because(&error)
        })?;
        let names = &mut with_names.upgrade_package.value;
        names.extend(of_group(project, &group)?);
    }
    Ok(Some(with_names))
}

/// What a group names, in all projects that have it; groups that it includes are part of it.
fn of_group(project: &Project, group: &GroupName) -> Result<Vec<Requirement>, Failure> {
    let manifests = project
        .workspace
        .members
        .iter()
        .map(|member| &member.manifest);
    let manifests: Vec<_> = manifests.chain([&project.workspace.manifest]).collect();
    let mut found = Vec::new();
    let mut known = false;
    for manifest in &manifests {
        if let Ok(list) = manifest.group(group) {
            known = true;
            // Only the name counts: the bounds are those of the manifest anyway.
            found.extend(list.into_iter().map(|declared| Requirement {
                name: declared.requirement.name.clone(),
                extras: Vec::new(),
                source: RequirementSource::Specifiers(VersionSpecifiers::default()),
                marker: None,
            }));
        }
    }
    if known {
        return Ok(found);
    }
    let names = manifests
        .iter()
        .flat_map(|manifest| manifest.groups.iter().map(|(name, _)| name.as_str()));
    let failure = Failure::usage(format!("the project has no dependency group `{group}`"));
    Err(match nearest(group.as_str(), names) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure,
    })
}
