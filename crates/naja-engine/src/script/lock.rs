//! The lock of a script.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use naja_env::{EnvState, FileEdit};
use naja_lock::project::{MemberChoice, ProjectTarget};
use naja_lock::{ProjectLock, Selection};
use naja_python::{Interpreter, PythonRequest, VersionRequest};
use naja_spec::VersionSpecifiers;

use super::read::Script;
use crate::cached_env;
use crate::change;
use crate::consistency::allows_python;
use crate::diagnose;
use crate::failure::Failure;
use crate::history::{hold_scripts, write_script};
use crate::inputs::RequirementSet;
use crate::options;
use crate::pip::{Locked as Chosen, resolve_alone};
use crate::pipeline::Pipeline;
use crate::project::hold;
use crate::project::{
    Fitting, LockMode, LockReport, LockRequest, Project, fitting, fitting_from, script_requirements,
};
use crate::session::Session;
use crate::start;
use crate::target;
use crate::trace::Look;

/// Locks a script.
///
/// # Errors
/// It has no metadata, there is no answer, or the lock may not change and does not fit.
pub fn lock(
    session: &mut Session,
    given: &Path,
    request: &LockRequest,
) -> Result<LockReport, Failure> {
    let changes = !request.dry_run && request.mode == LockMode::Update;
    let _hold = hold::when(changes, || hold_scripts(session, given))?;
    let start = Instant::now();
    let script = open(session, given)?;
    let project = project(session, &script)?;
    let fitting = match &request.from {
        Some(from) => fitting_from(session, &project, from)?,
        None => {
            refuse_foreign(&project)?;
            fitting(session, &project, request.mode)?
        }
    };
    fitting.tell(session, start);
    let written = fitting.text.is_some() && !request.dry_run;
    if written {
        let edit = edit(&project, &fitting);
        write_script(session, &script.path(), edit.as_slice())?;
    }
    Ok(LockReport::of(project, fitting, written))
}

/// The lock of a script, as commands that read it want it, and its path: the one beside it where it fits, else one
/// that is made and not written.
///
/// # Errors
/// It has no metadata, there is no answer, or the lock may not change and does not fit.
pub(crate) fn lock_of(
    session: &mut Session,
    given: &Path,
    mode: LockMode,
) -> Result<(Arc<ProjectLock>, PathBuf), Failure> {
    let project = project_of(session, given)?;
    let fitting = fitting(session, &project, mode)?;
    Ok((fitting.lock, project.lock_path))
}

/// A script as a project of one, for commands that look at its lock; its settings count from then on.
///
/// # Errors
/// It has no metadata, or its lock has a mistake.
pub(crate) fn project_of(session: &mut Session, given: &Path) -> Result<Project, Failure> {
    let script = open(session, given)?;
    project(session, &script)
}

/// Reads a script that a command is about, with its settings.
///
/// # Errors
/// It cannot be read, or has no metadata.
pub(super) fn open(session: &mut Session, given: &Path) -> Result<Script, Failure> {
    Script::note(&session.trace, &session.process, given);
    let script = Script::named(session, given)?;
    script.demand_block()?;
    start::use_settings_of(session, &script)?;
    Ok(script)
}

/// A script as a project of one.
///
/// # Errors
/// The metadata or the lock has a mistake.
pub(super) fn project(session: &Session, script: &Script) -> Result<Project, Failure> {
    script.demand_block()?;
    let (Some(workspace), Some(lock)) = (script.workspace()?, script.lock_path()) else {
        return Err(Failure::usage(format!(
            "the script `{}` is no file",
            script.shown
        )));
    };
    Project::of_script(session, workspace, (lock, script.shown.clone()))
}

/// A lock that another tool made is not written over.
pub(super) fn refuse_foreign(project: &Project) -> Result<(), Failure> {
    if !project.has_foreign_lock() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{}` is the lock of another tool",
        project.lock_path.display()
    ))
    .cause("naja writes locks of scripts as `pylock.toml` has it (PEP 751), under the same name")
    .hint(format!(
        "`{} --from {}` keeps its versions and replaces it",
        project.lock_command(),
        project.lock_path.display()
    ))
    .hint("or move it away: the script runs without a lock as well"))
}

pub(super) fn edit(project: &Project, fitting: &Fitting) -> Option<FileEdit> {
    crate::project::lock_edit(project, fitting)
}

/// What a script asks for, with its sources.
///
/// # Errors
/// The metadata has a mistake, or a source leads nowhere.
pub(super) fn asked_for(session: &Session, script: &Script) -> Result<RequirementSet, Failure> {
    let Some(workspace) = script.workspace()? else {
        return Ok(RequirementSet::default());
    };
    script_requirements(&workspace, &session.settings, &script.shown)
}

/// The Python of a script.
///
/// # Errors
/// There is none that fits, or the metadata has a mistake.
pub(super) fn python_of(session: &Session, script: &Script) -> Result<Interpreter, Failure> {
    let manifest = script.manifest()?;
    let table = manifest.and_then(|manifest| manifest.project);
    let required = table.and_then(|table| table.requires_python);
    python(session, required.as_ref(), &script.dir)
}

/// The Python for a script: what was asked for, what a `.python-version` pins if the script takes it, else one
/// that the script takes.
///
/// # Errors
/// There is none that fits.
pub(crate) fn python(
    session: &Session,
    required: Option<&VersionSpecifiers>,
    dir: &Path,
) -> Result<Interpreter, Failure> {
    if session.settings.python.value.is_some() {
        return target::base_for(session, required, None);
    }
    if let Some(request) = crate::project::pinned_above(session, dir)?
        && let Ok(found) = target::base(session, &request)
        && required.is_none_or(|required| allows_python(required, &found))
    {
        return Ok(found);
    }
    let request = match required {
        Some(required) => PythonRequest::Version(VersionRequest::from_specifiers(required.clone())),
        None => PythonRequest::Default,
    };
    target::base(session, &request)
}

/// A script with the lock beside it.
pub(super) struct Locked {
    project: Project,
    label: String,
    path: PathBuf,
    fitting: Option<Fitting>,
}

impl Locked {
    /// The script, if it has a lock or has to have one.
    ///
    /// # Errors
    /// The lock cannot be read; there is none, and there has to be.
    pub(super) fn of(
        session: &mut Session,
        script: &Script,
        mode: LockMode,
    ) -> Result<Option<Self>, Failure> {
        let lock = script.lock_path();
        if let Some(lock) = &lock {
            session.trace.note(Look::Kind, lock);
        }
        let lock = lock.filter(|lock| lock.is_file());
        if lock.is_none() && mode == LockMode::Update {
            return Ok(None);
        }
        let project = project(session, script)?;
        if project.lock.is_none() {
            if mode != LockMode::Update {
                return Err(no_lock(&project, script));
            }
            session.detail(format!(
                "{} is the lock of another tool, and does not count",
                project.lock_path.display()
            ));
            return Ok(None);
        }
        Ok(Some(Self {
            project,
            label: script.label(),
            path: script.path(),
            fitting: None,
        }))
    }

    /// The same with a lock that fits.
    ///
    /// # Errors
    /// There is no answer, or the lock may not change and does not fit.
    pub(super) fn fitting(
        mut self,
        session: &mut Session,
        mode: LockMode,
    ) -> Result<Self, Failure> {
        self.fitting = Some(fitting(session, &self.project, mode)?);
        Ok(self)
    }

    /// Writes the lock, if it is another one than on the disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, session: &mut Session) -> Result<(), Failure> {
        let Some(fitting) = &self.fitting else {
            return Ok(());
        };
        let edits = edit(&self.project, fitting);
        if edits.is_some() {
            session.detail(format!("wrote {}", self.project.lock_path.display()));
        }
        write_script(session, &self.path, edits.as_slice())
    }

    pub(super) fn diff(&self) -> naja_lock::project::LockDiff {
        let fitting = self.fitting.as_ref();
        fitting
            .map(|fitting| fitting.diff.clone())
            .unwrap_or_default()
    }

    fn lock(&self) -> Option<&ProjectLock> {
        let fitting = self.fitting.as_ref().map(|fitting| &*fitting.lock);
        fitting.or(self.project.lock.as_ref().map(|read| &*read.lock))
    }

    /// What of the lock is for a Python, and the name of the environment that has it.
    fn chosen(&self, session: &Session) -> Result<(Interpreter, Chosen, String), Failure> {
        let python = crate::project::interpreter(session, &self.project)?;
        let Some(lock) = self.lock() else {
            return Err(Failure::usage("there is no lock"));
        };
        let tags = python.tags();
        let target = ProjectTarget {
            environment: &python.markers,
            tags: &tags,
        };
        let members = lock.inputs.members.iter();
        let choices: Vec<MemberChoice> = members
            .map(|member| MemberChoice {
                name: member.name.clone(),
                project: true,
                extras: Vec::new(),
                groups: Vec::new(),
            })
            .collect();
        let chosen = lock.select(&choices, &target).map_err(|error| {
            let shown = self.project.lock_path.display();
            Failure::unsatisfied(format!("{shown} cannot be installed here")).because(&error)
        })?;
        let chosen = Chosen::of_choices(&self.project.lock_path, chosen)?;
        let name = cached_env::name_of_locked(session, (&self.label, &python), &chosen);
        Ok((python, chosen, name))
    }

    /// The environment, if it is there.
    ///
    /// # Errors
    /// The lock is not for this machine.
    pub(super) fn existing(&self, session: &Session) -> Result<Option<PathBuf>, Failure> {
        let (_, _, name) = self.chosen(session)?;
        Ok(cached_env::ready(session, &name))
    }

    /// The environment with what is locked, and whether it is new.
    ///
    /// # Errors
    /// The lock is not for this machine, or the environment cannot be made.
    pub(super) fn provide(&self, session: &mut Session) -> Result<(PathBuf, bool), Failure> {
        let (python, chosen, name) = self.chosen(session)?;
        if let Some(root) = cached_env::ready(session, &name)
            && !session.settings.refresh.value
        {
            return Ok((root, false));
        }
        let fill = |session: &mut Session, root: &Path| fill(session, (root, &python), chosen);
        let root = cached_env::ensure(session, &name, fill)?;
        Ok((root, true))
    }

    /// The names and versions of what the environment has, sorted.
    pub(super) fn names(&self, session: &Session) -> Result<Vec<(String, String)>, Failure> {
        let (_, chosen, _) = self.chosen(session)?;
        let pins = chosen.pins.iter();
        let mut all: Vec<(String, String)> = pins
            .map(|pin| (pin.name.to_string(), pin.version.to_string()))
            .collect();
        let direct = chosen.direct.roots.iter();
        all.extend(direct.map(|root| (root.requirement.name.to_string(), String::new())));
        all.sort();
        Ok(all)
    }
}

/// Makes an environment with what was chosen of a lock.
fn fill(
    session: &mut Session,
    (root, python): (&Path, &Interpreter),
    chosen: Chosen,
) -> Result<(), Failure> {
    let env = crate::venv::make_cached(root, python)?;
    let state = EnvState::scan(&env).map_err(|error| diagnose::scan(&error))?;
    let selection: Selection = if chosen.direct.roots.is_empty() {
        chosen.with(None)
    } else {
        let direct = resolve_alone(session, (&env, &state), &chosen.direct)?;
        chosen.with(Some(direct))
    };
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    pipeline.build_for(session, python);
    change::fill(session, &mut pipeline, (&env, &state), selection)?;
    pipeline.finish();
    Ok(())
}

fn no_lock(project: &Project, script: &Script) -> Failure {
    let failure = Failure::usage(format!("the script `{}` has no lock", script.shown));
    match project.has_foreign_lock() {
        true => failure.cause(format!(
            "`{}` is that of another tool",
            project.lock_path.display()
        )),
        false => failure
            .cause(format!("there is no `{}`", project.lock_path.display()))
            .hint(format!("`naja lock --script {}` makes it", script.shown)),
    }
}
