//! What the projects of a workspace require, as their manifests say: no build is asked for that.

use naja_project::manifest::Member;
use naja_project::settings::{GivenMetadata, Settings};
use naja_spec::{Marker, Requirement, Version};

use super::load::Project;

/// Adds what the manifests declare to what is known of metadata, where the user does not say otherwise.
///
/// A manifest that is being edited is not on the disk yet, where a build would look.
pub(super) fn add(project: &Project, settings: &mut Settings) {
    let known = &mut settings.dependency_metadata.value.0;
    for member in &project.workspace.members {
        if known.iter().any(|given| given.name == member.name) {
            continue;
        }
        known.extend(declared(member));
    }
}

/// What a project requires, if all of it stands in its manifest.
fn declared(member: &Member) -> Option<GivenMetadata> {
    let project = member.manifest.project.as_ref()?;
    let is_dynamic = |field: &String| field.ends_with("dependencies");
    if project.dynamic.iter().any(is_dynamic) || !member.manifest.is_package() {
        return None;
    }
    let dependencies = project.dependencies.iter();
    let mut requires: Vec<Requirement> = dependencies
        .map(|declared| declared.requirement.clone())
        .collect();
    for (extra, list) in &project.extras {
        let only = Marker::parse(&format!("extra == '{extra}'")).ok()?;
        requires.extend(list.iter().map(|declared| {
            let requirement = declared.requirement.clone();
            let marker = match &requirement.marker {
                Some(marker) => marker.and(&only),
                None => only.clone(),
            };
            Requirement {
                marker: Some(marker),
                ..requirement
            }
        }));
    }
    // One that a build tells: the lock of a directory does not say it.
    let version = project.version.clone();
    let version = version.unwrap_or_else(|| Version::from_release(&[0]));
    let extras = project.extras.iter();
    Some(GivenMetadata {
        name: member.name.clone(),
        version: Some(version),
        requires_dist: requires,
        requires_python: project.requires_python.clone(),
        provides_extra: extras.map(|(name, _)| name.clone()).collect(),
    })
}
