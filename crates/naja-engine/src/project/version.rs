//! `naja version`: the version of a project, read and raised.

use naja_env::FileEdit;
use naja_project::manifest::{Bump, BumpError, ManifestEditor, bump};
use naja_spec::{PackageName, Version};
use serde::Serialize;

use super::edit::{EditChoice, finish_edits};
use super::hold;
use super::load::Project;
use super::locking::write_files;
use crate::change::ChangeReport;
use crate::failure::Failure;
use crate::session::Session;

/// What `naja version` shall do.
#[derive(Clone, Debug, Default)]
pub struct VersionRequest {
    /// The version it shall be.
    pub value: Option<String>,
    /// How it is raised.
    pub bumps: Vec<String>,
    /// Whether nothing is written (`--dry-run`).
    pub dry_run: bool,
    /// What follows from the change.
    pub edit: EditChoice,
}

/// The version of a project.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectVersion {
    /// The project.
    pub package_name: PackageName,
    /// Its version, after a change the new one.
    pub version: String,
    /// Its version before a change.
    pub before: Option<String>,
    /// Nothing, for programs that read uv's answer.
    pub commit_info: Option<()>,
    /// What changed in the environment.
    #[serde(skip)]
    pub change: ChangeReport,
}

/// Whether the working directory is in a project, or in a workspace that has some.
#[must_use]
pub fn is_project(session: &Session) -> bool {
    let found = Project::find(session).ok().flatten();
    found.is_some_and(|project| project.workspace.projects().next().is_some())
}

/// Reads the version of a project, or raises it.
///
/// # Errors
/// There is no project, its version is dynamic, or it cannot be raised so.
pub fn version(session: &mut Session, request: &VersionRequest) -> Result<ProjectVersion, Failure> {
    let changes = request.value.is_some() || !request.bumps.is_empty();
    let _hold = hold::when(changes && !request.dry_run, || hold::here(session))?;
    let project = Project::load(session)?;
    let path = project.manifest_of(request.edit.package.as_ref())?;
    let named = request.edit.package.as_ref();
    let member = match named {
        Some(name) => project.workspace.member(name),
        None => project.workspace.current(),
    };
    let table = member.and_then(|member| member.manifest.project.as_ref());
    let Some(table) = table else {
        return Err(
            Failure::usage("the workspace's root is no project, and has no version")
                .hint("name a project: `naja version --package NAME`"),
        );
    };
    let name = table.name.clone();
    let Some(before) = &table.version else {
        return Err(Failure::usage(format!("the version of {name} is dynamic"))
            .cause("its build backend decides it")
            .hint("change it where the backend takes it from"));
    };
    if !changes {
        return Ok(ProjectVersion {
            package_name: name,
            version: before.to_string(),
            before: None,
            commit_info: None,
            change: ChangeReport::default(),
        });
    }
    let after = next(before, request)?;
    let report = ProjectVersion {
        package_name: name,
        version: after.to_string(),
        before: Some(before.to_string()),
        commit_info: None,
        change: ChangeReport::default(),
    };
    if request.dry_run {
        return Ok(report);
    }
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::usage(format!("could not read {}", path.display())).because(&error)
    })?;
    let failed = |error: &dyn std::error::Error| {
        Failure::usage(format!("could not change {}", path.display())).because(error)
    };
    let mut editor = ManifestEditor::parse(&text).map_err(|error| failed(&error))?;
    editor
        .set_project_text("version", &after.to_string())
        .map_err(|error| failed(&error))?;
    let edit = FileEdit {
        path: path.clone(),
        before: Some(text.into_bytes()),
        after: Some(editor.to_text().into_bytes()),
    };
    let done = finish_edits(session, (&project, edit), &request.edit)?;
    Ok(ProjectVersion {
        change: done.change,
        ..report
    })
}

fn next(before: &Version, request: &VersionRequest) -> Result<Version, Failure> {
    if let Some(value) = &request.value {
        return Version::parse(value).map_err(|error| {
            Failure::usage(format!("`{value}` is not a version")).because(&error)
        });
    }
    let failed = |error: BumpError| {
        let failure = Failure::usage("could not raise the version").because(&error);
        match error {
            BumpError::NotNewer { .. } => {
                failure.hint("raise one of the numbers as well: `--bump patch --bump beta`")
            }
            _ => failure,
        }
    };
    let ways: Result<Vec<Bump>, BumpError> =
        request.bumps.iter().map(|text| text.parse()).collect();
    bump(before, &ways.map_err(failed)?).map_err(failed)
}

/// Writes a file of settings of the project of the working directory; `naja undo` takes it back.
///
/// # Errors
/// There is no project, or the file cannot be written.
pub(crate) fn write_settings(session: &mut Session, edit: &FileEdit) -> Result<(), Failure> {
    let project = Project::load(session)?;
    write_files(session, &project, std::slice::from_ref(edit))
}
