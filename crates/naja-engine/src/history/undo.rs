//! Taking changes back, and doing them again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_env::{
    Archives, EnvPlan, EnvState, Environment, FileEdit, InstalledDist, Manner, Manners,
    PlannedDist, Replacement, Returning, Why, record_digest,
};
use naja_lock::{DistSource, Pin};
use naja_spec::{PackageName, Version};
use naja_store::ArchiveId;
use serde::Serialize;

use super::attic;
use super::book::{self, Doing};
use super::entry::{Entry, Kind, Recorded, State, digest};
use super::files::{self, Files};
use super::goal::{Goal, Wanted};
use super::list::Line;
use super::past::Stacks;
use super::scripts;
use super::shelf::{Shelf, history_of};
use super::source::pin_of;
use crate::allow;
use crate::change::{self, ChangeReport, Preview};
use crate::diagnose;
use crate::event::{Action, Change, Event};
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
    let needs = recipe.needs.clone();
    if session.settings.offline.value && !recipe.is_at_hand {
        return Err(Failure::environment(
            "the way back needs files that are not in the cache, and the network may not be used",
        )
        .cause(needs.join(", "))
        .hint("run the command without `--offline`"));
    }
    let mut report = UndoReport {
        change: ChangeReport {
            changes: recipe.changes(),
            ..ChangeReport::default()
        },
        needs,
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

/// Which entries are gone back over.
pub(super) struct Way {
    /// All entries down to the one before which the environment shall be, the newest first.
    pub(super) entries: Vec<Entry>,
    /// Those that the user means.
    pub(super) taken: Vec<Entry>,
    pub(super) steps: usize,
}

impl Way {
    pub(super) fn find(shelf: &Shelf, request: &UndoRequest) -> Result<Self, Failure> {
        let entries = shelf.entries()?;
        let stacks = Stacks::of(&entries);
        let mut meant: BTreeSet<u64> = BTreeSet::new();
        let (word, ids): (_, Vec<u64>) = match request.direction {
            Direction::Undo => ("undo", stacks.undo.clone()),
            Direction::Redo => ("redo", stacks.redo.iter().map(|(id, _)| *id).collect()),
        };
        if ids.is_empty() {
            return Err(Failure::unsatisfied(format!("there is nothing to {word}"))
                .hint("`naja history` shows what was done"));
        }
        let steps = match request.to {
            Some(to) => steps_to(&ids, to, shelf)?,
            None => request.steps.unwrap_or(1),
        };
        let Some(first) = ids.len().checked_sub(steps).filter(|_| steps > 0) else {
            let there = match ids.len() {
                1 => "there is 1 change".to_owned(),
                many => format!("there are {many} changes"),
            };
            return Err(
                Failure::unsatisfied(format!("{there} to {word}, not {steps}"))
                    .hint("`naja history` shows them"),
            );
        };
        let target = ids[first];
        match request.direction {
            Direction::Undo => meant.extend(&ids[first..]),
            Direction::Redo => meant.extend(stacks.redo[first..].iter().flat_map(|(_, ids)| ids)),
        }
        let taken: Vec<Entry> = entries
            .iter()
            .rev()
            .filter(|entry| meant.contains(&entry.id))
            .cloned()
            .collect();
        if taken.iter().any(Entry::is_beginning) {
            return Err(
                Failure::unsatisfied("the making of an environment cannot be undone")
                    .hint("remove its directory, if nobody needs it"),
            );
        }
        let removed = taken.iter().any(|entry| entry.kind == Kind::Remove);
        if removed && request.direction == Direction::Redo {
            return Err(Failure::unsatisfied(
                "the removal of an environment is not done again by `redo`",
            )
            .hint("`naja env remove` removes it"));
        }
        let newest_first: Vec<Entry> = entries
            .into_iter()
            .rev()
            .filter(|entry| entry.id >= target)
            .collect();
        let unbroken = newest_first
            .windows(2)
            .all(|two| two[0].id == two[1].id + 1);
        if !unbroken {
            return Err(
                Failure::environment("the history of the environment has a gap")
                    .cause("a file of it was removed")
                    .hint("only changes after the gap can be taken back"),
            );
        }
        Ok(Self {
            entries: newest_first,
            taken,
            steps,
        })
    }
}

impl Way {
    /// Whether the environment itself was another one on the way.
    fn is_of_environment(&self) -> bool {
        let mut all = self.entries.iter().chain(&self.taken);
        all.any(Entry::is_of_environment)
    }

    /// Packages of one Python are of no use to another.
    fn refuse_other_python(&self, env: &Environment) -> Result<(), Failure> {
        let was = self
            .entries
            .iter()
            .rev()
            .find_map(|entry| entry.was.as_deref());
        let Some(was) = was else { return Ok(()) };
        let minor = |version: &str| version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        let now = env.interpreter().version.to_string();
        if minor(was) == minor(&now) {
            return Ok(());
        }
        Err(Failure::unsatisfied(format!(
            "the environment had Python {was} then, and has {now} now"
        ))
        .hint(format!(
            "make it with that one first: `naja venv --clear -p {}`, then undo both",
            minor(was)
        )))
    }
}

/// How many steps lead to where an entry was the last one.
fn steps_to(ids: &[u64], to: u64, shelf: &Shelf) -> Result<usize, Failure> {
    if !shelf.ids().contains(&to) {
        return Err(
            Failure::usage(format!("there is no entry {to} in the history"))
                .hint("`naja history` shows those that there are"),
        );
    }
    match ids.iter().filter(|id| **id > to).count() {
        0 => Err(Failure::unsatisfied(format!(
            "nothing was done after entry {to}"
        ))),
        steps => Ok(steps),
    }
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

/// Whether an installed distribution is the very one that was recorded, as far as that is known.
fn is_same(dist: &InstalledDist, recorded: &Recorded) -> bool {
    let Some(expected) = recorded.record.as_deref().and_then(digest) else {
        return true;
    };
    std::fs::read(dist.path().join("RECORD")).is_ok_and(|bytes| record_digest(&bytes) == expected)
}

/// Everything that has to be done.
struct Recipe {
    plan: EnvPlan,
    archives: Archives,
    manners: Manners,
    returning: Vec<Returning>,
    without: Vec<PathBuf>,
    leaving: Vec<PathBuf>,
    /// Distributions that come back as they were kept.
    returned: Vec<Recorded>,
    /// What has to be fetched or built.
    needs: Vec<String>,
    /// Whether that can be done without the network.
    is_at_hand: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            plan: EnvPlan::removal(EnvState::from_dists(Vec::new()).fingerprint(), Vec::new()),
            archives: Archives::default(),
            manners: BTreeMap::new(),
            returning: Vec::new(),
            without: Vec::new(),
            leaving: Vec::new(),
            returned: Vec::new(),
            needs: Vec::new(),
            is_at_hand: true,
        }
    }
}

impl Recipe {
    fn new(
        session: &Session,
        pipeline: &Pipeline,
        (env, state): (&Environment, &EnvState),
        goal: &Goal,
    ) -> Result<Self, Failure> {
        let indexes: BTreeMap<String, u16> = pipeline
            .index_addresses()
            .map(|(tag, url)| (url, tag))
            .collect();
        let tag_of = |url: &str| indexes.get(url).copied();
        let mut recipe = Self {
            plan: EnvPlan::removal(state.fingerprint(), Vec::new()),
            ..Self::default()
        };
        let mut records = BTreeSet::new();
        for (name, wanted) in &goal.wanted {
            let ours: Vec<InstalledDist> = state
                .get(name)
                .iter()
                .filter(|dist| dist.is_owned())
                .cloned()
                .collect();
            match wanted {
                Wanted::Gone => recipe.plan.remove.extend(ours),
                Wanted::Back(dist) => {
                    let unchanged = ours.len() == 1
                        && dist.record.is_some()
                        && ours[0].entry() == dist.entry
                        && is_same(&ours[0], dist)
                        && !goal.has_files(&dist.entry);
                    if unchanged {
                        continue;
                    }
                    records.insert(&*dist.entry);
                    if dist.kept {
                        recipe.as_kept(dist, ours);
                    } else {
                        recipe.bring_back(session, dist, ours, &tag_of)?;
                    }
                }
            }
        }
        recipe.returning = goal.returning(env.root(), &records);
        recipe.without = goal.without(env.root(), &records);
        recipe.leaving = goal.leaving(env.root());
        Ok(recipe)
    }

    fn as_kept(&mut self, dist: &Recorded, ours: Vec<InstalledDist>) {
        self.plan.remove.extend(ours);
        let mut dist = dist.clone();
        dist.kept = false;
        self.returned.push(dist);
    }

    fn bring_back(
        &mut self,
        session: &Session,
        dist: &Recorded,
        ours: Vec<InstalledDist>,
        tag_of: &dyn Fn(&str) -> Option<u16>,
    ) -> Result<(), Failure> {
        let id = dist.archive.as_deref().and_then(digest).map(ArchiveId);
        let archive = id.and_then(|id| session.store.get(&id));
        let pin = pin_of(dist, tag_of);
        if archive.is_none() {
            let (Some(source), Some(_)) = (&dist.source, &pin) else {
                return Err(Failure::unsatisfied(format!(
                    "{} {} cannot be brought back: nobody knows where it came from",
                    dist.name, dist.version
                )));
            };
            let how = if source.is_built() {
                "built again from"
            } else {
                "fetched from"
            };
            self.needs.push(format!(
                "{} {}, {how} {}",
                dist.name,
                dist.version,
                source.shown()
            ));
            self.is_at_hand &= source.is_local();
        }
        let Some(pin) = pin.or_else(|| bare_pin(dist)) else {
            return Ok(());
        };
        let manner = Manner {
            compiled: dist.compiled,
            bare: dist.bare,
        };
        self.manners.insert(pin.name.clone(), manner);
        self.archives
            .extend(archive.map(|archive| (pin.name.clone(), archive)));
        let why = match ours.first() {
            None => Why::Missing,
            Some(there) if *there.version() != pin.version => Why::OtherVersion,
            Some(_) => Why::Reinstall,
        };
        let new = PlannedDist { pin, why };
        if ours.is_empty() {
            self.plan.install.push(new);
        } else {
            self.plan.replace.push(Replacement { old: ours, new });
        }
        Ok(())
    }

    /// What becomes of the packages, as lines.
    fn changes(&self) -> Vec<Change> {
        let mut changes = change::changes_of(&self.plan);
        changes.extend(self.returned.iter().map(|dist| Change {
            action: Action::Added,
            name: dist.name.clone(),
            version: dist.version.clone(),
            source: None,
        }));
        changes.sort_by(|a, b| (&a.name, a.action).cmp(&(&b.name, b.action)));
        changes
    }
}

/// The pin of a distribution whose files are at hand and whose source is not known.
fn bare_pin(dist: &Recorded) -> Option<Pin> {
    Some(Pin {
        name: PackageName::parse(&dist.name).ok()?,
        version: Version::parse(&dist.version).ok()?,
        source: DistSource::Installed,
        requested_hashes: Vec::new(),
        file_hashes: Vec::new(),
        files: Arc::default(),
        requested: dist.requested,
        extras: Vec::new(),
        marker: None,
    })
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
