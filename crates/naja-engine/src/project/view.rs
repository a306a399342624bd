//! Looking at a lock without changing anything: for trees, ways and pictures.

use std::path::PathBuf;
use std::sync::Arc;

use naja_lock::ProjectLock;
use naja_lock::project::{MemberChoice, ProjectTarget};
use naja_python::Interpreter;

use super::load::Project;
use super::locking::{LockMode, fitting};
use super::parts::PartChoice;
use super::place;
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// What of a lock is looked at.
#[derive(Clone, Debug, Default)]
pub struct LockView {
    /// Whether the lock has to fit, or is taken as it is.
    pub mode: LockMode,
    /// Which parts of the projects.
    pub parts: PartChoice,
    /// Whether all environments are shown instead of the one of this machine.
    pub universal: bool,
    /// A script with a lock of its own, instead of the project.
    pub script: Option<PathBuf>,
}

/// A lock that is looked at.
pub(crate) struct Viewed {
    pub(crate) lock: Arc<ProjectLock>,
    pub(crate) choices: Vec<MemberChoice>,
    /// The Python that is looked for; what of the lock is for others is left out unless all are shown.
    pub(crate) python: Interpreter,
    pub(crate) universal: bool,
    /// What the whole is called: the directory of the project.
    pub(crate) name: String,
}

impl Viewed {
    /// Does something with the environment that is looked at, `None` for all.
    pub(crate) fn with_target<T>(&self, then: impl FnOnce(Option<&ProjectTarget<'_>>) -> T) -> T {
        let tags = self.python.tags();
        let target = ProjectTarget {
            environment: &self.python.markers,
            tags: &tags,
        };
        then((!self.universal).then_some(&target))
    }
}

/// Whether there is a project that has a lock; or that has neither a lock nor an environment, so that only a
/// lock made for the purpose can tell anything.
///
/// # Errors
/// A manifest or the lock has a mistake.
pub(crate) fn is_lock_the_source(session: &Session) -> Result<bool, Failure> {
    let Some(project) = Project::find(session)? else {
        return Ok(false);
    };
    let has_environment = || {
        let root = place::root(session, &project, false);
        target::works(&root) || session.process.var("VIRTUAL_ENV").is_some()
    };
    Ok(project.lock.is_some() || !has_environment())
}

/// The lock of the project of the working directory. One that does not fit is made anew in memory only.
///
/// # Errors
/// There is no project, no answer, no such part, or the lock may not change and does not fit.
pub(crate) fn viewed(session: &mut Session, view: &LockView) -> Result<Viewed, Failure> {
    let project = match &view.script {
        Some(script) => crate::script::project_of(session, script)?,
        None => Project::load(session)?,
    };
    let fitting =
        session.with_settings(as_for_all, |session| fitting(session, &project, view.mode))?;
    if fitting.text.is_some() {
        let shown = project.lock_path.file_name().unwrap_or_default();
        session.warn(match &project.lock {
            Some(_) => format!(
                "{} does not fit the {}: shown is what `{}` would make of it",
                shown.to_string_lossy(),
                project.words().0,
                project.lock_command()
            ),
            None => format!(
                "there is no lock yet: shown is what `{}` would make",
                project.lock_command()
            ),
        });
    }
    let choices = view.parts.of(&project.workspace, &fitting.lock.inputs)?;
    let mut python =
        session.with_settings(as_for_all, |session| place::interpreter(session, &project))?;
    target::retarget(session, &mut python)?;
    if !view.universal && !fitting.lock.environments().evaluate(&python.markers, &[]) {
        let requires = fitting.lock.inputs.requires_python.as_ref();
        let failure = Failure::unsatisfied(format!(
            "the lock is not for Python {} on this system",
            python.version
        ));
        return Err(match requires {
            Some(requires) => failure.cause(format!("it is for Python {requires}")),
            None => failure,
        }
        .hint("`--universal` shows all of it"));
    }
    let root = &project.workspace.root;
    Ok(Viewed {
        lock: fitting.lock,
        choices,
        python,
        universal: view.universal,
        name: root
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    })
}

/// Which environment is looked at changes nothing about the lock.
fn as_for_all(settings: &mut naja_project::settings::Settings) {
    settings.python_version.value = None;
    settings.python_platform.value = None;
}
