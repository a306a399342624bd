//! Running a task.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use naja_project::Files;
use naja_project::settings::EnvironmentStorage;
use naja_project::tasks::{
    CommandLine, EnvEntry, Plan, PlanError, PlanRequest, TaskBook, foreign_tasks, plan,
};
use naja_spec::{ExtraName, GroupName, PackageName};
use serde::Serialize;

use super::book::book_for;
use super::commands::{Sequence, UnitSequence};
use super::crew::{self, Done, Item, Kept, Lane, Manner, Work};
use super::fresh::Keeper;
use super::hooks::HookChoice;
use super::listing;
use super::scene::{Changes, Scene, outer_variables};
use crate::failure::Failure;
use crate::run::{self, Chosen, Launch, RunRequest};
use crate::session::Session;

/// How a task is run.
#[derive(Clone, Debug, Default)]
pub struct TaskRequest {
    /// Its name and arguments, and the environment.
    pub run: RunRequest,
    /// How many programs run at once (`--jobs`); without it as many as there are processors, where tasks say so.
    pub jobs: Option<usize>,
    /// Whether what is fresh is run all the same (`--force`).
    pub force: bool,
    /// This program, for commands that are about it.
    pub naja: Option<PathBuf>,
    /// Whether this process has something to do afterwards.
    pub stays: bool,
    /// Whether the environment is not the project's own, so that its hooks are not about it.
    pub elsewhere: bool,
    /// Variables for everything that is run.
    pub vars: Vec<(String, String)>,
    /// What the name stands for, if it is no task's: a command as in the steps of a task.
    pub line: Option<CommandLine>,
}

/// What came of it.
#[derive(Debug)]
pub enum Ran {
    /// This process becomes the last program.
    Launch(Box<Launch>),
    /// Everything is done; the status.
    Ended(u8),
}

/// A command that would be run.
#[derive(Clone, Debug, Serialize)]
pub struct ShownCommand {
    /// The task.
    pub task: String,
    /// The command, as a person would type it.
    pub command: String,
    /// Where it would run.
    pub cwd: PathBuf,
    /// Variables that are set for it, and differ from the shell's.
    pub variables: BTreeMap<String, Option<String>>,
    /// Whether it would be skipped, since the task is fresh.
    pub fresh: bool,
    /// The positions of the commands it waits for.
    pub after: Vec<usize>,
}

/// The name of the task that a command is; what has a separator or ends like a Python file is a file.
///
/// # Errors
/// A table of tasks has a mistake.
pub fn is_task(session: &mut Session, request: &RunRequest) -> Result<Option<String>, Failure> {
    let first = request.command.first().and_then(|word| word.to_str());
    let Some(name) = first.filter(|_| !request.module && !request.script) else {
        return Ok(None);
    };
    let is_file = name.contains(['/', '\\'])
        || [".py", ".pyw", ".pyz"]
            .iter()
            .any(|end| name.ends_with(end))
        || name == "-";
    if is_file {
        return Ok(None);
    }
    let book = book_for(session, package(request))?;
    if book.find(name).is_some() {
        session.trace.spoil("the command is a task");
        return Ok(Some(name.to_owned()));
    }
    Ok(None)
}

/// The project of the workspace that a run is about.
pub(super) fn package(request: &RunRequest) -> Option<&PackageName> {
    let parts = &request.project.as_ref()?.sync.parts;
    parts.packages.first()
}

/// Runs a task.
///
/// # Errors
/// The task or what it needs has a mistake, its environment cannot be made, or the user stopped it.
pub fn perform(session: &mut Session, request: &TaskRequest) -> Result<Ran, Failure> {
    let mut work = Work::default();
    let jobs = prepare(session, request, None, &mut work)?;
    let mut done = carried_out(
        session,
        work,
        Manner {
            jobs,
            leaves_last: !request.stays,
            aside: false,
        },
    )?;
    if let Some(mut launch) = done.rest {
        launch.supervised = session.settings.no_cache.value && session.store.dir().exists();
        return Ok(Ran::Launch(Box::new(launch)));
    }
    let lane = done.lanes.pop().unwrap_or_default();
    match lane.failure {
        Some(failure) => Err(failure),
        None => Ok(Ran::Ended(lane.status)),
    }
}

/// Runs a task whose output is no answer of this command; its status.
///
/// # Errors
/// As [`perform`].
pub(super) fn aside(session: &mut Session, request: &TaskRequest) -> Result<u8, Failure> {
    let mut work = Work::default();
    let jobs = prepare(session, request, None, &mut work)?;
    let manner = Manner {
        aside: true,
        ..Manner::of(jobs)
    };
    let mut lanes = carried_out(session, work, manner)?.lanes;
    let lane = lanes.pop().unwrap_or_default();
    match lane.failure {
        Some(failure) => Err(failure),
        None => Ok(lane.status),
    }
}

/// Runs everything, and removes what was made for it alone.
///
/// # Errors
/// The user stopped it.
pub(super) fn carried_out(
    session: &mut Session,
    mut work: Work,
    manner: Manner,
) -> Result<Done, Failure> {
    let remove = std::mem::take(&mut work.remove);
    let manner = Manner {
        leaves_last: manner.leaves_last && remove.is_empty(),
        ..manner
    };
    let done = crew::run(session, work, manner);
    for root in &remove {
        run::remove_temporary(session, root);
    }
    done
}

/// What running a task would come to; the environment is made ready for it, since programs are looked for in it.
///
/// # Errors
/// As [`perform`].
pub fn show(session: &mut Session, request: &TaskRequest) -> Result<Vec<ShownCommand>, Failure> {
    let mut work = Work::default();
    let request = TaskRequest {
        run: RunRequest {
            project: request.run.project.clone().map(|mut project| {
                project.no_sync = true;
                project
            }),
            ..request.run.clone()
        },
        ..request.clone()
    };
    prepare(session, &request, None, &mut work)?;
    let mut fresh: Vec<bool> = Vec::new();
    for kept in &mut work.keepers {
        fresh.push(kept.keeper.as_mut().is_some_and(Keeper::is_fresh));
    }
    let mut commands = Vec::new();
    let mut first = Vec::new();
    for item in work.items {
        first.push(commands.len());
        let mut after: Vec<usize> = item.after.iter().map(|&at| first[at]).collect();
        let mut sequence = item.sequence;
        while let Some(start) = sequence.next(&session.process, None)? {
            let launch = start.launch;
            let variables = launch.vars.iter().map(|(name, value)| {
                let text = |text: &OsString| text.to_string_lossy().into_owned();
                (text(name), value.as_ref().map(text))
            });
            commands.push(ShownCommand {
                task: item.label.clone(),
                command: start.text,
                variables: variables.collect(),
                cwd: launch.cwd,
                fresh: item.within.iter().any(|&keeper| fresh[keeper]),
                after: std::mem::take(&mut after),
            });
        }
        if let Some(last) = first.last_mut() {
            *last = commands.len().saturating_sub(1);
        }
    }
    Ok(commands)
}

/// Adds a task to what is run; says how many programs run at once.
pub(super) fn prepare(
    session: &mut Session,
    request: &TaskRequest,
    label: Option<&str>,
    work: &mut Work,
) -> Result<usize, Failure> {
    let mut book = book_for(session, package(&request.run))?;
    let mut words = request.run.command.iter();
    let name = words.next().map(|word| word.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    if let Some(line) = &request.line {
        book.add_line((&name, &session.process.cwd), line.clone());
    }
    let mut arguments = Vec::new();
    for word in words {
        let Some(word) = word.to_str() else {
            return Err(Failure::usage(format!(
                "the task `{name}` cannot take `{}`",
                word.to_string_lossy()
            ))
            .cause("it is not Unicode"));
        };
        arguments.push(word.to_owned());
    }
    let planning = PlanRequest {
        name: &name,
        arguments: &arguments,
        parallel: request.jobs.is_some_and(|jobs| jobs > 1),
        hooks: request.run.hooks.counts(session),
    };
    let plan = plan(&book, &planning).map_err(|error| unplanned(&book, &error))?;
    let mut changes = outer_variables(session, &book)?;
    let own = request.vars.iter();
    changes.extend(own.map(|(name, value)| (name.into(), Some(value.into()))));
    let mut setting = Setting {
        request,
        changes,
        plan: &plan,
        chosen: BTreeMap::new(),
    };
    let lane = work.lanes.len();
    let parallel = planning.parallel || plan.runs.iter().any(|run| run.task.parallel);
    let jobs = match (parallel, request.jobs) {
        (_, Some(jobs)) => jobs.max(1),
        (true, None) => (session.process.processors)().max(2),
        (false, None) => 1,
    };
    setting.items(session, (lane, label.is_none() || jobs == 1), work)?;
    let goes = setting.chosen.values().flat_map(|chosen| &chosen.goes);
    work.remove.extend(goes.cloned());
    work.lanes.push(Lane {
        label: label.map(str::to_owned),
        keeps_going: plan.keeps_going(),
        vars: request.vars.clone(),
        ..Lane::default()
    });
    Ok(jobs)
}

/// What the commands of a plan are started with.
struct Setting<'a> {
    request: &'a TaskRequest,
    changes: Changes,
    plan: &'a Plan,
    chosen: BTreeMap<Place, Chosen>,
}

/// An environment that tasks need.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    python: Option<String>,
    environment: Option<String>,
    with: Vec<String>,
}

impl Setting<'_> {
    fn items(
        &mut self,
        session: &mut Session,
        (lane, may_be_alone): (usize, bool),
        work: &mut Work,
    ) -> Result<(), Failure> {
        let (first_item, first_keeper) = (work.items.len(), work.keepers.len());
        let mut scenes: Vec<(Scene, PathBuf)> = Vec::new();
        self.places(session)?;
        for at in 0..self.plan.runs.len() {
            let (scene, cwd) = self.scene(session, at, &scenes)?;
            let run = &self.plan.runs[at];
            let keeper = Keeper::of(run, &scene, &cwd).filter(|_| !self.request.force);
            work.keepers.push(Kept::new(&run.task.name, keeper));
            scenes.push((scene, cwd));
        }
        for (at, unit) in self.plan.units.iter().enumerate() {
            let run = &self.plan.runs[unit.run];
            let (scene, cwd) = scenes[unit.run].clone();
            let moved = |all: &[usize]| all.iter().map(|at| at + first_item).collect();
            work.items.push(Item {
                label: run.task.name.clone(),
                lane,
                after: moved(&unit.after),
                behind: moved(&unit.behind),
                alone: may_be_alone && self.plan.is_alone(at),
                quiet: run.task.quiet,
                within: unit.within.iter().map(|at| at + first_keeper).collect(),
                sequence: Sequence::Unit(Box::new(UnitSequence {
                    task: run.task.name.clone(),
                    unit: unit.clone(),
                    scene,
                    cwd,
                    naja: self.request.naja.clone(),
                    at: 0,
                })),
            });
        }
        Ok(())
    }

    /// The place of a task; a table among the steps of another one has what it does not say from there.
    fn place(&self, at: usize) -> Place {
        let run = &self.plan.runs[at];
        let needs = &run.task.needs;
        let outer = run.of.map(|of| self.place(of)).unwrap_or_default();
        Place {
            python: needs.python.clone().or(outer.python),
            environment: needs.environment.clone().or(outer.environment),
            with: match needs.with.is_empty() {
                true => outer.with,
                false => needs.with.clone(),
            },
        }
    }

    /// Makes every environment ready that a task needs, before the first of them begins.
    fn places(&mut self, session: &mut Session) -> Result<(), Failure> {
        let runs = 0..self.plan.runs.len();
        let used = runs.filter(|at| self.plan.units.iter().any(|unit| unit.run == *at));
        let mut wanted: BTreeMap<Place, (Vec<ExtraName>, Vec<GroupName>)> = BTreeMap::new();
        for at in used {
            let (extras, groups) = wanted.entry(self.place(at)).or_default();
            let needs = &self.plan.runs[at].task.needs;
            extras.extend(needs.extras.iter().cloned());
            groups.extend(needs.groups.iter().cloned());
        }
        for (place, (extras, groups)) in wanted {
            let chosen = self.ready(session, &place, (extras, groups))?;
            self.chosen.insert(place, chosen);
        }
        Ok(())
    }

    fn ready(
        &self,
        session: &mut Session,
        place: &Place,
        (extras, groups): (Vec<ExtraName>, Vec<GroupName>),
    ) -> Result<Chosen, Failure> {
        let mut request = self.request.run.clone();
        if let Some(project) = &mut request.project {
            project.sync.parts.extras.extend(extras);
            project.sync.parts.groups.extend(groups);
        }
        request.with.packages.extend(place.with.iter().cloned());
        if self.request.elsewhere || place.python.is_some() {
            request.hooks = HookChoice::Skip;
        }
        let has_project = request.project.is_some() && crate::project::is_project(session);
        session.with_settings(
            |settings| {
                if let Some(name) = &place.environment {
                    settings.environment_name.value = Some(name.clone());
                }
                if let Some(python) = &place.python {
                    settings.python.value = Some(python.clone());
                    // The environment of the project keeps its Python.
                    if has_project && place.environment.is_none() {
                        settings.environment_name.value =
                            Some(format!("python-{}", file_name(python)));
                        settings.environment_storage.value = EnvironmentStorage::Central;
                    }
                }
            },
            |session| run::environment(session, &request),
        )
    }

    /// The variables and the directory of a task.
    fn scene(
        &self,
        session: &mut Session,
        at: usize,
        before: &[(Scene, PathBuf)],
    ) -> Result<(Scene, PathBuf), Failure> {
        let run = &self.plan.runs[at];
        let place = self.place(at);
        let outer = run.of.map(|of| (self.place(of) == place, &before[of]));
        let (mut scene, mut cwd) = match outer {
            Some((true, (scene, cwd))) => (scene.clone(), cwd.clone()),
            _ => {
                let nothing = Chosen {
                    root: None,
                    python: PathBuf::from("python"),
                    below: None,
                    goes: Vec::new(),
                };
                let chosen = self.chosen.get(&place).unwrap_or(&nothing);
                let mut scene = Scene::new(&session.process, chosen, &self.changes);
                scene.set("NAJA_INIT_CWD", session.process.cwd.clone());
                if let Some((_, (_, cwd))) = outer {
                    let of = run.of.unwrap_or(at);
                    let task = &self.plan.runs[of].task;
                    enter(session, &mut scene, (&run.dir, &task.env_file, &task.env))?;
                    (scene, cwd.clone())
                } else {
                    (scene, run.dir.clone())
                }
            }
        };
        if run.of.is_none() {
            scene.set("NAJA_TASK", run.task.name.clone());
        }
        enter(
            session,
            &mut scene,
            (&run.dir, &run.task.env_file, &run.task.env),
        )?;
        if let Some(text) = &run.task.cwd {
            cwd = scene.path(&run.dir, text)?;
        }
        Ok((scene, cwd))
    }
}

fn enter(
    session: &mut Session,
    scene: &mut Scene,
    (dir, files, env): (&Path, &[String], &[EnvEntry]),
) -> Result<(), Failure> {
    scene.enter(session, dir, (files, env))
}

/// A text as part of the name of a file.
pub(super) fn file_name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
    let name: String = text
        .chars()
        .map(|c| if plain(c) { c } else { '-' })
        .take(24)
        .collect();
    match text.chars().all(plain) && text.len() <= 24 {
        true => name,
        false => format!(
            "{}-{}",
            name.trim_matches('-'),
            &crate::registry::short_hash(text)[..6]
        ),
    }
}

/// Why there is no plan, with what can be done.
fn unplanned(book: &TaskBook, error: &PlanError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match error {
        PlanError::Unknown { name, by: Some(_) } => match book.near(name) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`naja run --list` shows the tasks"),
        },
        PlanError::Arguments { task, .. } => match book.find(task) {
            Some(known) => failure.hint(format!("usage: {}", listing::usage_line(&known.task))),
            None => failure,
        },
        PlanError::Cycle(_) => failure.hint("take one of these out of `depends` or the steps"),
        _ => failure,
    }
}

/// Hints for a command that is neither a task nor a program.
pub(crate) fn hints(session: &Session, name: &str) -> Vec<String> {
    let mut hints = Vec::new();
    if let Ok(book) = super::book(session)
        && let Some(near) = book.near(name)
    {
        hints.push(format!("did you mean the task `{near}`?"));
    }
    let mut dirs = session.project.ancestors();
    let manifest = dirs.find_map(|dir| {
        let read = session.disk().read(&dir.join("pyproject.toml"));
        read.ok().flatten()
    });
    let text = manifest.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let foreign = foreign_tasks(text.as_deref().unwrap_or_default());
    if let Some(task) = foreign.iter().find(|task| task.name == name) {
        hints.push(format!(
            "`{name}` is a task of `[{}]`, which naja does not run: `naja import` takes it over{}",
            task.table,
            match &task.command {
                Some(command) =>
                    format!(", or write `{name} = {command:?}` into `[tool.naja.tasks]`"),
                None => String::new(),
            }
        ));
    }
    hints
}
