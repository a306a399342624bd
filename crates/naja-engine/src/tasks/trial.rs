//! Commands that are tried in an environment made for it.

use std::path::Path;

use naja_project::settings::EnvironmentLink;
use naja_project::tasks::CommandLine;

use super::perform::{TaskRequest, aside};
use crate::failure::Failure;
use crate::project::ProjectRun;
use crate::project::hold::HELD;
use crate::run::RunRequest;
use crate::session::Session;

/// What the command is called where a task would have a name.
const NAME: &str = "--test";

/// Runs a command, or the task it names, in the environment at `root`; says whether it ended well.
///
/// # Errors
/// It cannot be run, or somebody interrupts.
pub(crate) fn passes(
    session: &mut Session,
    line: &CommandLine,
    root: &Path,
) -> Result<bool, Failure> {
    let dir = root.display().to_string();
    let request = TaskRequest {
        run: RunRequest {
            command: vec![NAME.into()],
            project: Some(ProjectRun::as_it_is(false)),
            ..RunRequest::default()
        },
        stays: true,
        vars: told(session, &dir),
        line: Some(line.clone()),
        ..TaskRequest::default()
    };
    let status = session.with_settings(
        |settings| {
            settings.environment_dir.value = Some(dir);
            settings.environment_name.value = None;
            settings.environment_link.value = EnvironmentLink::None;
        },
        |session| aside(session, &request),
    )?;
    session.cancel.check()?;
    Ok(status == 0)
}

/// Variables for commands that use naja or uv themselves: they too work in the environment of the trial.
fn told(session: &Session, root: &str) -> Vec<(String, String)> {
    let held = session.holds.first().map(|held| held.display().to_string());
    let held = held.as_deref().map(|held| (HELD, held));
    let vars = [
        ("NAJA_PROJECT_ENVIRONMENT", root),
        ("UV_PROJECT_ENVIRONMENT", root),
        ("NAJA_ENVIRONMENT_LINK", "none"),
        ("NAJA_NO_SYNC", "1"),
        ("UV_NO_SYNC", "1"),
    ];
    let vars = vars.into_iter().chain(held);
    vars.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
