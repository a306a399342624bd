//! Taking changes back, and doing them again.

use std::path::{Path, PathBuf};

use naja_env::{Archives, EnvPlan, EnvState, Environment, FileEdit, Returning};
use serde::Serialize;

use super::attic;
use super::book::{self, Doing};
use super::entry::{Kind, State};
use super::files::{self, Files};
use super::goal::Goal;
use super::list::Line;
use super::recipe::{Recipe, is_same};
use super::scripts;
use super::shelf::{Shelf, history_of};
use super::way::Way;
use crate::allow;
use crate::change::{self, ChangeReport, Preview};
use crate::diagnose;
use crate::event::Event;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::Pipeline;
use crate::project;
use crate::session::Session;
use crate::target;

/// Where to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Back.
    #[default]
    Undo,
    /// Forward again.
    Redo,
}

impl Direction {
    /// What an entry about it is.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Undo => Kind::Undo,
            Self::Redo => Kind::Redo,
        }
    }
}

/// What `naja undo` or `naja redo` shall do.
#[derive(Clone, Debug, Default)]
pub struct UndoRequest {
    /// The script that it is about; none for the environment or project.
    pub script: Option<PathBuf>,
    /// Where to.
    pub direction: Direction,
    /// How many changes; one if none is given.
    pub steps: Option<usize>,
    /// Back to where this entry was the last one.
    pub to: Option<u64>,
    /// Goes on although something was changed by others since.
    pub force: bool,
    /// How far it goes.
    pub preview: Preview,
}

/// What was taken back.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UndoReport {
    /// The entries, the newest first.
    pub entries: Vec<Line>,
    /// What became of the packages.
    #[serde(flatten)]
    pub change: ChangeReport,
    /// Files of the project that were changed.
    pub files: Vec<String>,
    /// What is not in the cache any more and has to be fetched or built.
    pub needs: Vec<String>,
    /// Whether it is about the environment of the project of the working directory.
    #[serde(skip)]
    pub of_project: bool,
}

impl UndoReport {
    /// What is known before anything is done: the entries, and the files of their edits.
    pub(super) fn of(way: &Way, edits: &[FileEdit]) -> Self {
        let files = edits.iter().map(|edit| edit.path.display().to_string());
        Self {
            entries: way.taken.iter().map(Line::of).collect(),
            files: files.collect(),
            ..Self::default()
        }
    }
}

/// Takes the last changes of an environment back, or does them again.
///
/// # Errors
/// There is nothing to take back, others changed something since, or what is needed is not to be
/// had; the environment is then as it was.
pub fn undo(session: &mut Session, request: &UndoRequest) -> Result<UndoReport, Failure> {
    if let Some(script) = &request.script {
        return scripts::undo(session, script, request);
    }
    let mention = match request.direction {
        Direction::Undo => mention(session)?,
        Direction::Redo => None,
    };
    let done = undo_of_project(session, request);
    match (done, mention) {
        (Ok(report), Some(message)) => {
            session.emit(&Event::Note { message });
            Ok(report)
        }
        (Err(failure), Some(message)) => Err(failure.hint(message)),
        (done, None) => done,
    }
}

/// A script that was changed later than the project and its environment, in words.
fn mention(session: &Session) -> Result<Option<String>, Failure> {
    let Some(script) = scripts::changed_last(session) else {
        return Ok(None);
    };
    let of_files = Files::find(session)?.and_then(|files| files.last(Direction::Undo));
    let others = [
        of_files,
        last_of_env(session, Direction::Undo)?,
        attic::last_removal(session),
    ];
    let last = others.into_iter().flatten().max();
    Ok(last
        .is_none_or(|last| script.time > last)
        .then(|| script.mention()))
}

/// When the last thing was done to the environment that can be taken back, or done again.
fn last_of_env(session: &Session, direction: Direction) -> Result<Option<i64>, Failure> {
    let Some(root) = target::environment_root(session) else {
        return Ok(None);
    };
    let shelf = Shelf::at(history_of(&root))?;
    Ok(files::last(&shelf.entries()?, direction))
}

/// What is not about a script.
fn undo_of_project(session: &mut Session, request: &UndoRequest) -> Result<UndoReport, Failure> {
    if let Some(files) = Files::find(session)?
        && is_newest(session, &files, request.direction)?
    {
        return files::undo(session, &files, request);
    }
    if request.direction == Direction::Undo
        && let Some(report) = attic::bring_back(session, request)?
    {
        return Ok(report);
    }
    undo_here(session, request)
}

/// Whether the files of the project were changed later than its environment, or that was removed; also where there
/// is none.
fn is_newest(session: &Session, files: &Files, direction: Direction) -> Result<bool, Failure> {
    let has_environment = target::environment_root(session).is_some();
    let of_env = last_of_env(session, direction)?;
    let removed = match direction {
        Direction::Undo => attic::last_removal(session),
        Direction::Redo => None,
    };
    Ok(match files.last(direction) {
        Some(time) => of_env.max(removed).is_none_or(|other| time > other),
        None => !has_environment && removed.is_none(),
    })
}

/// Does it in an environment that is there.
///
/// # Errors
/// As [`undo`].
pub(super) fn undo_here(
    session: &mut Session,
    request: &UndoRequest,
) -> Result<UndoReport, Failure> {
    let (env, mut state) = target::open_for_change(session)?;
    let lock = change::lock_to_apply(session, &env, (&mut state, request.preview))?;
    let shelf = shelf(&env)?;
    let way = Way::find(&shelf, request)?;
    way.refuse_other_python(&env)?;
    let goal = Goal::before(&shelf, &way.entries)?;
    refuse_foreign(session, &shelf, &state, &goal, request)?;
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let recipe = Recipe::new(session, &pipeline, (&env, &state), &goal)?;
    let dir = env.project_dir();
    let dir = dir.unwrap_or_else(|| env.root().to_path_buf());
    let edits = goal.edits(&dir, request.force)?;
    if session.settings.offline.value {
        recipe.refuse_network()?;
    }
    let mut report = UndoReport {
        change: ChangeReport {
            changes: recipe.changes(),
            ..ChangeReport::default()
        },
        needs: recipe.needs.clone(),
        of_project: project::has_environment(session, env.root()),
        ..UndoReport::of(&way, &edits)
    };
    refuse_lost_python(&recipe.returning)?;
    let env = as_it_will_be(env, &recipe.returning);
    tell_what(session, &report, request);
    let Some(lock) = lock else {
        report.change.preview(session, request.preview)?;
        return Ok(report);
    };
    for need in &report.needs {
        session.emit(&Event::Note {
            message: format!("not in the cache any more: {need}"),
        });
    }
    let doing = Doing {
        kind: request.direction.kind(),
        steps: way.steps as u64,
        edits: &edits,
        manners: Some(&recipe.manners),
        returned: &recipe.returned,
        returning: &recipe.returning,
        without: &recipe.without,
        removing: &[],
        leaving: &recipe.leaving,
        own: way.is_of_environment(),
        prepares_only: false,
    };
    let change = (&recipe.plan, recipe.archives.clone());
    // Who allowed the environment allowed what it was before, too.
    let was_allowed = doing.own && allow::is_allowed(&session.process, env.root());
    let applied = book::carry(session, &mut pipeline, (&env, &lock), change, doing)?;
    if was_allowed {
        allow::renew(&session.process, env.root());
    }
    change::warn_about(session, &applied);
    pipeline.finish();
    report.change.applied = true;
    report.change.tell(session);
    Ok(report)
}

/// The environment with the configuration that comes back, if one does: the programs of packages are
/// written for that one.
fn as_it_will_be(env: Environment, returning: &[Returning]) -> Environment {
    let place = env.root().join(naja_python::CONFIG_NAME);
    let file = returning.iter().find(|file| file.to == place);
    let text = file.and_then(|file| std::fs::read_to_string(&file.from).ok());
    match text {
        Some(text) => env.configured_as(&naja_python::VenvConfig::parse(&text)),
        None => env,
    }
}

/// An environment whose Python is not there any more would be of no use.
fn refuse_lost_python(returning: &[Returning]) -> Result<(), Failure> {
    let lost = returning.iter().find_map(|file| {
        let target = std::fs::read_link(&file.from).ok()?;
        let python = file.to.file_name()?.to_str()?.starts_with("python");
        (python && target.is_absolute() && !target.exists()).then_some(target)
    });
    match lost {
        None => Ok(()),
        Some(python) => Err(Failure::unsatisfied(
            "the Python that the environment had then is gone",
        )
        .cause(format!("`{}` is not there", python.display()))),
    }
}

/// Changes files of the project of the environment at `root`, and nothing else, with an entry in
/// the history.
///
/// # Errors
/// A file is not what the edit was made for, lies outside of the directory that holds the
/// environment, or cannot be written; nothing is changed then.
pub fn apply_edits(session: &mut Session, root: &Path, edits: &[FileEdit]) -> Result<(), Failure> {
    let env = &target::open_root(session, root)?;
    let lock = change::lock_and_recover(session, env)?;
    let state = EnvState::scan(env).map_err(|error| diagnose::scan(&error))?;
    let plan = EnvPlan::removal(state.fingerprint(), Vec::new());
    let doing = Doing {
        edits,
        ..Doing::default()
    };
    let archives = Archives::default();
    book::commit(session, None, (env, &lock), (&plan, &archives), doing)
        .map(drop)
        .map_err(|error| diagnose::apply(&error))
}

/// The history of an environment that has one.
///
/// # Errors
/// It has none, or it cannot be listed.
pub(super) fn shelf(env: &Environment) -> Result<Shelf, Failure> {
    Shelf::open(env)?.ok_or_else(|| {
        Failure::usage(format!("no history is kept of `{}`", env.root().display()))
            .cause("it is no virtual environment")
    })
}

/// Stops when another tool changed something that the history knows nothing of.
fn refuse_foreign(
    session: &mut Session,
    shelf: &Shelf,
    state: &EnvState,
    goal: &Goal,
    request: &UndoRequest,
) -> Result<(), Failure> {
    let mut lines = match shelf.state()? {
        Some(known) => since(&known, state),
        None => Vec::new(),
    };
    lines.extend(goal.foreign.iter().cloned());
    if lines.is_empty() {
        return Ok(());
    }
    if request.force {
        session.warn(format!(
            "another tool changed the environment since: {}",
            lines.join(", ")
        ));
        return Ok(());
    }
    let mut failure =
        Failure::unsatisfied("another tool changed the environment since the changes to take back");
    failure.story = lines;
    Err(failure.hint("`--force` goes on: what that tool did stays, as far as it is not in the way"))
}

/// What is there now and is not what the last entry left.
fn since(known: &State, state: &EnvState) -> Vec<String> {
    let mut lines = Vec::new();
    let owned = || state.dists().iter().filter(|dist| dist.is_owned());
    for dist in owned() {
        let line = |sign: char| format!("{sign} {}=={}", dist.name(), dist.version());
        match known.get(dist) {
            None => lines.push(line('+')),
            Some(recorded) if !is_same(dist, recorded) => lines.push(line('~')),
            Some(_) => {}
        }
    }
    for recorded in &known.dists {
        if !owned().any(|dist| dist.entry() == recorded.entry) {
            lines.push(format!("- {}=={}", recorded.name, recorded.version));
        }
    }
    lines
}

/// Says which commands are taken back or done again.
pub(super) fn tell_what(session: &mut Session, report: &UndoReport, request: &UndoRequest) {
    let word = match (request.direction, request.preview) {
        (Direction::Undo, Preview::Apply) => "Undoing",
        (Direction::Undo, _) => "Would undo",
        (Direction::Redo, Preview::Apply) => "Redoing",
        (Direction::Redo, _) => "Would redo",
    };
    for line in &report.entries {
        session.emit(&Event::Note {
            message: format!("{word} {}: {}", line.id, line.command.join(" ")),
        });
    }
    for file in &report.files {
        let shown = Path::new(file)
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        session.emit(&Event::Note {
            message: format!("File: {}", shown.unwrap_or_else(|| file.clone())),
        });
    }
}
