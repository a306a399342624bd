//! Whether what is asked for goes together, and is for this Python and this system.

use naja_lock::project::{Inputs, MemberChoice};
use naja_lock::{PartKind, ProjectPart};
use naja_spec::{MarkerEnvironment, VersionSpecifiers};

use super::load::Project;
use super::locking;
use crate::failure::Failure;
use crate::session::Session;

/// Refuses parts that are in conflict, groups for other Pythons, and environments that are not locked.
///
/// # Errors
/// One of these is asked for.
pub(super) fn check(
    session: &Session,
    (project, inputs): (&Project, &Inputs),
    choices: &[MemberChoice],
    environment: &MarkerEnvironment,
) -> Result<(), Failure> {
    conflicts(session, inputs, choices)?;
    pythons(project, choices, environment)?;
    environments(inputs, environment)
}

fn conflicts(session: &Session, inputs: &Inputs, choices: &[MemberChoice]) -> Result<(), Failure> {
    for set in locking::conflicts(session, inputs) {
        let asked: Vec<&ProjectPart> = set.iter().filter(|part| is_asked(choices, part)).collect();
        if let [first, second, ..] = asked[..] {
            return Err(Failure::usage(format!(
                "{} and {} cannot be installed together",
                shown(first),
                shown(second)
            ))
            .cause("`conflicts` of the project says so")
            .hint("ask for one of them, and leave the other out: `--no-group`, `--no-extra`"));
        }
    }
    Ok(())
}

fn is_asked(choices: &[MemberChoice], part: &ProjectPart) -> bool {
    let mut choices = choices.iter().filter(|choice| choice.name == part.package);
    choices.any(|choice| match &part.kind {
        PartKind::Project => choice.project,
        PartKind::Extra(extra) => choice.extras.contains(extra),
        PartKind::Group(group) => choice.groups.contains(group),
    })
}

fn shown(part: &ProjectPart) -> String {
    let package = &part.package;
    match &part.kind {
        PartKind::Project => format!("the project `{package}`"),
        PartKind::Extra(extra) => format!("the extra `{extra}` of {package}"),
        PartKind::Group(group) => format!("the group `{group}` of {package}"),
    }
}

fn pythons(
    project: &Project,
    choices: &[MemberChoice],
    environment: &MarkerEnvironment,
) -> Result<(), Failure> {
    let python = &environment.python_full_version;
    for choice in choices {
        let Some(member) = project.workspace.member(&choice.name) else {
            continue;
        };
        for group in &choice.groups {
            let bounds: VersionSpecifiers = member.manifest.group_python(group);
            if !bounds.contains(&python.base()) {
                return Err(Failure::usage(format!(
                    "the group `{group}` of {} needs Python {bounds}, and this is {python}",
                    choice.name
                ))
                .hint(format!(
                    "leave it out with `--no-group {group}`, or take another Python with `-p`"
                )));
            }
        }
    }
    Ok(())
}

fn environments(inputs: &Inputs, environment: &MarkerEnvironment) -> Result<(), Failure> {
    let locked = &inputs.environments;
    if locked.is_empty()
        || locked
            .iter()
            .any(|marker| marker.evaluate(environment, &[]))
    {
        return Ok(());
    }
    let locked: Vec<String> = locked.iter().map(ToString::to_string).collect();
    Err(
        Failure::usage("the project is not locked for an environment like this one")
            .cause(format!("`environments` says: {}", locked.join("; ")))
            .hint("add this one to `environments`, and run `naja lock`"),
    )
}
