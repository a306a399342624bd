//! `naja sync`: making the environment of a project what its lock says.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use naja_env::{Depth, EnvState, Environment, Extraneous, Fault, FileEdit, PlanRules};
use naja_lock::Selection;
use naja_lock::project::{LockDiff, MemberChoice, ProjectTarget};
use naja_lock::pylock::Choice;
use naja_python::Interpreter;
use naja_spec::Version;

use super::fits;
use super::hold;
use super::lending;
use super::load::Project;
use super::locking::{Fitting, LockMode, fitting, lock_edit};
use super::parts::PartChoice;
use super::place;
use super::places::Places;
use super::skip::Skip;
use super::stand_in::StandIn;
use super::unchanged;
use crate::change::{ChangeReport, Preview, Wish};
use crate::diagnose;
use crate::failure::Failure;
use crate::history::Doing;
use crate::options;
use crate::pip::{Locked, exact_rules, reinstall, resolve_alone};
use crate::pipeline::Pipeline;
use crate::session::Session;
use crate::target;
use crate::verify;

/// What `naja sync` shall do.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    /// What may happen to the lock.
    pub mode: LockMode,
    /// Which parts of the project are wanted.
    pub parts: PartChoice,
    /// Whether what the lock does not name stays (`--inexact`).
    pub inexact: bool,
    /// What is left out.
    pub skip: Skip,
    /// Whether the active environment is used (`--active`).
    pub active: bool,
    /// Whether nothing is said of an active environment that is not used (`--no-active`).
    pub unmentioned: bool,
    /// The platform that packages are chosen for, where it is not this one (`--python-platform`).
    pub platform: Option<String>,
    /// How far it goes.
    pub preview: Preview,
}

/// What `naja sync` did.
#[derive(Clone, Debug)]
pub struct SyncReport {
    /// What changed in the lock.
    pub lock: LockDiff,
    /// What changed in the environment.
    pub change: ChangeReport,
}

/// Makes the environment of the project of the working directory what its lock says.
///
/// # Errors
/// There is no project, the lock does not fit, or something stands in the way of the change.
pub fn sync(session: &mut Session, request: &SyncRequest) -> Result<SyncReport, Failure> {
    let _hold = hold::when(request.preview.applies(), || hold::here(session))?;
    let project = Project::load(session)?;
    place::mention_active(session, &project, request);
    let fitting = fitting(session, &project, request.mode)?;
    bring(session, &project, fitting, (request, &[]))
}

/// What of a project `naja run` wants.
#[derive(Clone, Debug, Default)]
pub struct ProjectRun {
    /// How the environment is brought into agreement.
    pub sync: SyncRequest,
    /// Whether it stays as it is (`--no-sync`); one that is missing is made, and stays empty.
    pub no_sync: bool,
    /// Whether none is made either.
    pub stays: bool,
}

impl ProjectRun {
    /// The environment as it is, if there is one; the command around it has said what is to be said.
    pub(crate) fn as_it_is(active: bool) -> Self {
        Self {
            sync: SyncRequest {
                active,
                unmentioned: true,
                ..SyncRequest::default()
            },
            no_sync: true,
            stays: true,
        }
    }
}

/// The environment of a project, made ready for a run.
pub(crate) struct Brought {
    pub(crate) root: PathBuf,
    /// Whether something was installed or removed for it.
    pub(crate) changed: bool,
}

/// The environment of the project of the working directory, in agreement with its lock; `None` where there is
/// no project.
///
/// # Errors
/// As [`sync`].
pub(crate) fn for_run(
    session: &mut Session,
    wish: &ProjectRun,
) -> Result<Option<Brought>, Failure> {
    let Some(project) = Project::find(session)? else {
        return Ok(None);
    };
    let request = &wish.sync;
    place::mention_active(session, &project, request);
    let root = place::root(session, &project, request.active);
    let found = |changed| Brought {
        root: root.clone(),
        changed,
    };
    if wish.stays {
        session.trace.environment(&root);
        return Ok(target::works(&root).then(|| found(false)));
    }
    if wish.no_sync {
        place::provide(session, &project, (request.active, &|_, _, _| Ok(())))?;
        return Ok(Some(found(false)));
    }
    let fits = fitting(session, &project, request.mode)?;
    let mut seen = None;
    if target::works(&root) && fits.text.is_none() {
        let ready = Ready::find(session, &Wanted::new(&project, &fits, request))?;
        // Where everything is there already, nothing is said, and nobody waits.
        if ready.is_done() {
            return Ok(Some(found(false)));
        }
        seen = Some(ready);
    }
    // What was seen up to here is no reason to do nothing another time.
    session
        .trace
        .spoil("the project and its environment did not agree");
    let _hold = hold::of(session, &project.workspace.root, "the project")?;
    let Some(now) = Project::find(session)? else {
        return Ok(None);
    };
    // Others may have been quicker.
    let (project, fits) = match now.is_as(&project) {
        true => (project, fits),
        false => {
            seen = None;
            let fits = fitting(session, &now, request.mode)?;
            (now, fits)
        }
    };
    let ready = match seen.filter(Ready::is_current) {
        Some(ready) => ready,
        None => Ready::find(session, &Wanted::new(&project, &fits, request))?,
    };
    if fits.text.is_none() && ready.is_done() {
        return Ok(Some(found(false)));
    }
    let edit = lock_edit(&project, &fits);
    let change = ready.carry_out(session, (request.preview, edit.as_slice()))?;
    Ok(Some(found(change.applied && !change.changes.is_empty())))
}

/// Brings environment, lock and other files of the project into agreement, all in one change.
///
/// # Errors
/// As [`sync`]; everything is then as it was.
pub(crate) fn bring(
    session: &mut Session,
    project: &Project,
    fitting: Fitting,
    (request, edits): (&SyncRequest, &[FileEdit]),
) -> Result<SyncReport, Failure> {
    let mut edits = edits.to_vec();
    edits.extend(lock_edit(project, &fitting));
    if !request.preview.applies() {
        return previewed(session, project, fitting, (request, &edits));
    }
    let wanted = Wanted::new(project, &fitting, request);
    let env = provided(session, &wanted)?;
    let root = env.root().to_owned();
    let change = lending::during(session, (project, &env), edits, |session, edits| {
        let env = target::open_root(session, &root)?;
        let ready = Ready::of(session, env, &wanted)?;
        ready.carry_out(session, (request.preview, edits))
    })?;
    // As the lock of the session: it ends with the process.
    std::mem::forget(fitting.lock);
    Ok(SyncReport {
        change,
        lock: fitting.diff,
    })
}

/// Tells what would be done; nothing is made, not even an environment.
fn previewed(
    session: &mut Session,
    project: &Project,
    fitting: Fitting,
    (request, edits): (&SyncRequest, &[FileEdit]),
) -> Result<SyncReport, Failure> {
    let (env, stand_in) = place::seen(session, project, request.active)?;
    let is_check = request.preview == Preview::Check;
    if is_check {
        session.trace.spoil("every file is looked at");
    }
    let ready = Ready::of(session, env, &Wanted::new(project, &fitting, request))?;
    let damage = match (is_check, &stand_in) {
        (true, None) => damage(session, &ready)?,
        _ => None,
    };
    let change = ready.carry_out(session, (request.preview, edits))?;
    if let (true, Some(_)) = (is_check, stand_in) {
        return Err(
            Failure::unsatisfied("the project has no environment that fits")
                .hint("`naja sync` makes it"),
        );
    }
    match damage {
        Some(damaged) => Err(damaged),
        None => Ok(SyncReport {
            change,
            lock: fitting.diff,
        }),
    }
}

/// Says which files of the environment are not what was installed; nothing if all are there.
fn damage(session: &mut Session, ready: &Ready) -> Result<Option<Failure>, Failure> {
    let found = verify::check_environment(session, &ready.env, Depth::Quick)?;
    let damaged: Vec<_> = found
        .iter()
        .filter(|finding| finding.fault.is_damage())
        .collect();
    if damaged.is_empty() {
        return Ok(None);
    }
    let count = damaged.len();
    let files = if count == 1 { "file is" } else { "files are" };
    let title = format!("{count} {files} not as installed in the environment");
    let mut failure = Failure::unsatisfied(title);
    for finding in damaged.iter().take(5) {
        let package = finding.package.as_ref().map(ToString::to_string);
        failure = failure.cause(format!(
            "{} of {} {}",
            finding.path.display(),
            package.unwrap_or_else(|| "no package".to_owned()),
            match finding.fault {
                Fault::Missing => "is missing",
                _ => "is another one",
            }
        ));
    }
    if count > 5 {
        failure = failure.cause(format!("and {} more", count - 5));
    }
    Ok(Some(failure.hint("`naja repair` puts them back")))
}

/// Makes another environment what a lock says; no file of the project changes.
///
/// # Errors
/// As [`sync`].
pub(super) fn bring_there(
    session: &mut Session,
    (project, fitting): (&Project, &Fitting),
    env: Environment,
    request: &SyncRequest,
) -> Result<(), Failure> {
    let there = SyncRequest {
        inexact: false,
        ..request.clone()
    };
    let ready = Ready::of(session, env, &Wanted::new(project, fitting, &there))?;
    ready.carry_out(session, (Preview::Apply, &[])).map(drop)
}

/// What is wanted of a project in an environment.
struct Wanted<'a> {
    project: &'a Project,
    fitting: &'a Fitting,
    request: &'a SyncRequest,
    last: RefCell<Option<Rc<Chosen<'a>>>>,
}

/// What of a lock is for a Python.
struct Chosen<'a> {
    /// The base of the Python, and its version.
    python: (PathBuf, Version),
    members: Vec<MemberChoice>,
    files: Vec<Choice<'a>>,
}

impl<'a> Wanted<'a> {
    fn new(project: &'a Project, fitting: &'a Fitting, request: &'a SyncRequest) -> Self {
        Self {
            project,
            fitting,
            request,
            last: RefCell::default(),
        }
    }

    /// What of the lock is for a Python. An environment is asked about after the Python it is made with: the answer is
    /// the same.
    fn chosen(&self, session: &Session, python: &Interpreter) -> Result<Rc<Chosen<'a>>, Failure> {
        let key = (python.base_executable.clone(), python.version.clone());
        let last = self.last.borrow().clone();
        if let Some(last) = last.filter(|last| last.python == key) {
            return Ok(last);
        }
        let chosen = Rc::new(self.chosen_anew(session, python, key)?);
        *self.last.borrow_mut() = Some(Rc::clone(&chosen));
        Ok(chosen)
    }

    fn chosen_anew(
        &self,
        session: &Session,
        python: &Interpreter,
        key: (PathBuf, Version),
    ) -> Result<Chosen<'a>, Failure> {
        let inputs = &self.fitting.lock.inputs;
        let members = self.request.parts.of(&self.project.workspace, inputs)?;
        let mut interpreter = Cow::Borrowed(python);
        if let Some(platform) = &self.request.platform {
            target::move_to(session, interpreter.to_mut(), platform)?;
        }
        let declared = (self.project, inputs);
        fits::check(session, declared, &members, &interpreter.markers)?;
        let tags = interpreter.tags();
        let target = ProjectTarget {
            environment: &interpreter.markers,
            tags: &tags,
        };
        let files = self.fitting.lock.select(&members, &target);
        let files = files.map_err(|error| {
            Failure::unsatisfied(format!(
                "{} cannot be installed here",
                self.project.lock_path.display()
            ))
            .because(&error)
        })?;
        Ok(Chosen {
            python: key,
            members,
            files,
        })
    }
}

/// The environment of a project, and what shall be in it.
struct Ready {
    env: Environment,
    state: EnvState,
    selection: Selection,
    rules: PlanRules,
    places: Places,
}

impl Ready {
    /// Opens or makes the environment, and chooses what of the lock is for it.
    fn find(session: &mut Session, wanted: &Wanted<'_>) -> Result<Self, Failure> {
        let env = provided(session, wanted)?;
        Self::of(session, env, wanted)
    }

    /// Chooses what of the lock is for an environment.
    fn of(session: &mut Session, env: Environment, wanted: &Wanted<'_>) -> Result<Self, Failure> {
        session.trace.packages(&env);
        let state = EnvState::scan(&env).map_err(|error| diagnose::scan(&error))?;
        session.trace.origins(&state);
        let selection = selected(session, wanted, (&env, &state))?;
        let mut rules = exact_rules(&env, reinstall(session));
        if wanted.request.inexact {
            rules.extraneous = Extraneous::Keep;
        }
        Ok(Self {
            env,
            state,
            selection,
            rules,
            places: Places::of(&wanted.fitting.lock),
        })
    }

    /// Whether the environment is still as it was seen.
    fn is_current(&self) -> bool {
        let now = EnvState::scan(&self.env);
        now.is_ok_and(|now| now.fingerprint() == self.state.fingerprint())
    }

    /// Whether everything is there already.
    fn is_done(&self) -> bool {
        naja_env::plan(&self.state, &self.selection, &self.rules).is_empty()
    }

    fn carry_out(
        self,
        session: &mut Session,
        (preview, edits): (Preview, &[FileEdit]),
    ) -> Result<ChangeReport, Failure> {
        let doing = Doing {
            edits,
            ..Doing::default()
        };
        self.carry_out_as(session, (preview, doing))
    }

    fn carry_out_as(
        self,
        session: &mut Session,
        (preview, doing): (Preview, Doing<'_>),
    ) -> Result<ChangeReport, Failure> {
        let mut pipeline = Pipeline::new(session, options::index_config(session)?);
        pipeline.build_for(session, self.env.interpreter());
        let wish = Wish {
            env: &self.env,
            selection: self.selection,
            rules: self.rules,
            preview,
        };
        let done = (self.places).carry_out(session, &mut pipeline, &self.state, (wish, doing));
        let change = done?;
        pipeline.finish();
        Ok(change)
    }
}

/// The environment of a project. A new one is made only where the lock has what is asked for, and takes the place of
/// another one only when everything for it is in the cache.
fn provided(session: &mut Session, wanted: &Wanted<'_>) -> Result<Environment, Failure> {
    let check = |session: &mut Session, python: &Interpreter, is_another: bool| {
        let _is_there = wanted.chosen(session, python)?;
        if !is_another {
            return Ok(());
        }
        let (env, _while) = StandIn::make(session, python)?;
        let ready = Ready::of(session, env, wanted)?;
        let doing = Doing {
            prepares_only: true,
            ..Doing::default()
        };
        ready
            .carry_out_as(session, (Preview::Apply, doing))
            .map(drop)
    };
    place::provide(session, wanted.project, (wanted.request.active, &check))
}

/// What of the lock is for an environment.
fn selected(
    session: &mut Session,
    wanted: &Wanted<'_>,
    (env, state): (&Environment, &EnvState),
) -> Result<Selection, Failure> {
    let chosen = wanted.chosen(session, env.interpreter())?;
    let (project, skip) = (wanted.project, &wanted.request.skip);
    let admitted = chosen.files.iter().copied();
    let admitted = admitted.filter(|choice| skip.admits(project, choice));
    let mut locked = Locked::of_choices(&project.lock_path, admitted)?;
    let given = &mut locked.direct;
    for root in given.roots.iter().map(|root| &root.requirement) {
        let how = root.url().and_then(|url| given.direct.get_mut(url));
        if let Some(how) = how.filter(|_| skip.is_built(&root.name)) {
            how.editable = false;
        }
    }
    let asked = wanted.fitting.lock.asked_for(&chosen.members);
    if locked.direct.roots.is_empty() {
        return Ok(locked.with(None).requesting(|name| asked.contains(name)));
    }
    unchanged::note(session, &locked.direct);
    let known = unchanged::take(session, state, &mut locked.direct);
    locked.pins.extend(known);
    if locked.direct.roots.is_empty() {
        return Ok(locked.with(None).requesting(|name| asked.contains(name)));
    }
    let direct = resolve_alone(session, (env, state), &locked.direct)?;
    session.detail(format!(
        "looked at {} sources that are named directly",
        direct.len()
    ));
    let selection = locked.with(Some(direct));
    Ok(selection.requesting(|name| asked.contains(name)))
}
