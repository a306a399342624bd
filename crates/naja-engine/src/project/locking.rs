//! `naja lock`: the lock of a project, as it is or made anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use naja_env::FileEdit;
use naja_lock::ProjectLock;
use naja_lock::project::{Inputs, LockDiff, MERGED, ProjectContext, Stale};
use naja_lock::pylock::LockedSource;
use naja_project::settings::{ConflictPartKind, Settings};
use naja_resolve::{ConflictSet, PackageSet, Preference, Problem, UniversalTarget};
use naja_spec::{
    Digest, MarkerSet, PackageName, SafeUrl, Sha256, Version, VersionSpecifiers, WheelName,
};

use super::declared;
use super::heritage::{Heritage, Inherited};
use super::hold;
use super::import;
use super::load::Project;
use super::own_metadata;
use super::place;
use crate::event::Event;
use crate::explain::steps;
use crate::failure::Failure;
use crate::history;
use crate::inputs::{self, RequirementSet};
use crate::options;
use crate::pip::{hash_local_files, prefer};
use crate::pipeline::{KnownCommits, Pipeline};
use crate::problem;
use crate::session::{Session, ms_since};

/// What may happen to a lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockMode {
    /// It is made anew if it does not fit.
    #[default]
    Update,
    /// It has to fit (`--locked`).
    Locked,
    /// It is taken as it is (`--frozen`).
    Frozen,
}

/// What `naja lock` shall do.
#[derive(Clone, Debug, Default)]
pub struct LockRequest {
    /// What may happen to the lock.
    pub mode: LockMode,
    /// Whether nothing is written (`--dry-run`).
    pub dry_run: bool,
    /// Whether what git has of both sides of a merge is taken (`--resolve`).
    pub resolve: bool,
    /// The lock of another tool whose versions are kept (`--from`).
    pub from: Option<PathBuf>,
}

/// What `naja lock` did.
#[derive(Clone, Debug)]
pub struct LockReport {
    /// The path of the lock.
    pub path: PathBuf,
    /// What changed.
    pub diff: LockDiff,
    /// Whether the file was written.
    pub written: bool,
    /// How many packages are locked.
    pub packages: usize,
    /// What became of the choices of another lock, where one was taken over.
    pub inherited: Option<Inherited>,
}

/// A lock that fits its project.
pub(crate) struct Fitting {
    pub(crate) lock: Arc<ProjectLock>,
    /// The text of the file, if it is another one than on the disk.
    pub(crate) text: Option<String>,
    pub(crate) diff: LockDiff,
    pub(crate) inherited: Option<Inherited>,
    /// Whether it is what was there, and nothing was resolved.
    pub(crate) is_as_it_was: bool,
}

impl Fitting {
    /// Says that nothing had to be resolved, where that is so.
    pub(crate) fn tell(&self, session: &mut Session, start: Instant) {
        if self.is_as_it_was {
            session.emit(&Event::Fitted {
                packages: self.lock.file.packages.len(),
                ms: ms_since(start),
            });
        }
    }
}

/// Locks the project of the working directory.
///
/// # Errors
/// There is no project, no answer, or the lock may not change and does not fit.
pub fn lock(session: &mut Session, request: &LockRequest) -> Result<LockReport, Failure> {
    let changes = !request.dry_run && request.mode == LockMode::Update;
    let _hold = hold::when(changes, || hold::here(session))?;
    let start = Instant::now();
    let mut project = Project::load(session)?;
    if request.resolve {
        super::merging::take_sides(session, &mut project);
    }
    let was_merged = project
        .lock
        .as_ref()
        .is_some_and(|read| read.lock.is_to_be_resolved());
    let fitting = match &request.from {
        Some(from) => fitting_from(session, &project, from)?,
        None => fitting(session, &project, request.mode)?,
    };
    fitting.tell(session, start);
    let written = fitting.text.is_some() && !request.dry_run;
    if written {
        let edit = lock_edit(&project, &fitting);
        write_files(session, &project, edit.as_slice())?;
    }
    if was_merged && written {
        session.emit(&Event::Note {
            message: "Resolved the merge of the lock; `git add` tells git".to_owned(),
        });
    }
    Ok(LockReport::of(project, fitting, written))
}

impl LockReport {
    /// What became of a lock.
    pub(crate) fn of(project: Project, fitting: Fitting, written: bool) -> Self {
        Self {
            path: project.lock_path,
            packages: fitting.lock.file.packages.len(),
            diff: fitting.diff,
            written,
            inherited: fitting.inherited,
        }
    }
}

/// The file that a path leads to, so that a link to it stays one.
pub(super) fn behind_links(path: &Path) -> PathBuf {
    match path.is_symlink() {
        true => std::fs::canonicalize(path).unwrap_or_else(|_dangling| path.to_owned()),
        false => path.to_owned(),
    }
}

/// The edit that writes a lock, if it is another one than on the disk.
pub(crate) fn lock_edit(project: &Project, fitting: &Fitting) -> Option<FileEdit> {
    let text = fitting.text.as_ref()?;
    Some(FileEdit {
        path: behind_links(&project.lock_path),
        before: std::fs::read(&project.lock_path).ok(),
        after: Some(text.clone().into_bytes()),
    })
}

/// Writes files of a project that change without its environment, all or none: with an entry in the history of the
/// environment, or in the project's own where there is no environment.
///
/// # Errors
/// A file cannot be written; all are then as they were.
pub(super) fn write_files(
    session: &mut Session,
    project: &Project,
    edits: &[FileEdit],
) -> Result<(), Failure> {
    if edits.is_empty() {
        return Ok(());
    }
    session.trace.spoil("files were written");
    let root = place::root(session, project, false);
    let beside = root.parent();
    let in_reach = |edit: &FileEdit| beside.is_some_and(|dir| edit.path.starts_with(dir));
    match crate::target::works(&root) {
        true if edits.iter().all(in_reach) => history::apply_edits(session, &root, edits),
        true => put_all(edits),
        false => history::write_files(session, &project.workspace.root, edits),
    }
}

/// Writes files one after the other, and all back if one cannot be written.
///
/// # Errors
/// A file cannot be written; all are then as they were.
pub(crate) fn put_all(edits: &[FileEdit]) -> Result<(), Failure> {
    for edit in edits {
        // Somebody else may have written it since it was read.
        if std::fs::read(&edit.path).ok() != edit.before {
            return Err(Failure::environment(format!(
                "{} was changed in the meantime",
                edit.path.display()
            ))
            .hint("run the command again"));
        }
    }
    for (at, edit) in edits.iter().enumerate() {
        put(edit, edit.after.as_deref()).inspect_err(|_failure| {
            for edit in &edits[..at] {
                // The failure that led here is the one to tell.
                let _unwritten = put(edit, edit.before.as_deref());
            }
        })?;
    }
    Ok(())
}

fn put(edit: &FileEdit, content: Option<&[u8]>) -> Result<(), Failure> {
    let done = match content {
        Some(content) => naja_store::write::atomic_write(&edit.path, content),
        None => std::fs::remove_file(&edit.path),
    };
    done.map_err(|error| {
        Failure::environment(format!("could not write {}", edit.path.display())).because(&error)
    })
}

/// The lock of a project, made anew if it does not fit and may be.
///
/// # Errors
/// As [`lock`].
pub(crate) fn fitting(
    session: &mut Session,
    project: &Project,
    mode: LockMode,
) -> Result<Fitting, Failure> {
    if let Some(settings) = super::upgrade_groups::named(project, &session.settings)? {
        let into = |own: &mut Settings| *own = settings;
        return session.with_settings(into, |session| fitting(session, project, mode));
    }
    if let Some(read) = &project.lock
        && read.lock.file.lock_version != "1.0"
    {
        session.warn(format!(
            "{} has version {} of its format, and naja knows 1.0: it may say more than is understood",
            project.lock_path.display(),
            read.lock.file.lock_version
        ));
    }
    if mode == LockMode::Frozen {
        let Some(read) = &project.lock else {
            return Err(Failure::usage("there is no lock to be taken as it is")
                .cause(format!(
                    "`{}` does not exist, or naja did not make it",
                    project.lock_path.display()
                ))
                .hint(format!("`{}` makes it", project.words().1)));
        };
        if read.lock.is_to_be_resolved() {
            return Err(Failure::unsatisfied("the lock cannot be taken as it is")
                .cause(Stale::Rule(MERGED.to_owned()).to_string())
                .hint(format!("`{}` resolves it", project.words().1)));
        }
        return Ok(as_it_is(&read.lock));
    }
    super::dynamic::note(session, &project.workspace);
    let required = required(session, project)?;
    let inputs = declared::inputs(&project.workspace, &session.settings, Some(required))?;
    let upgrade = problem::upgrade(&session.settings);
    let why = staleness(project, &inputs);
    if why.is_empty() && (upgrade == PackageSet::None || mode == LockMode::Locked) {
        let Some(read) = &project.lock else {
            return Err(Failure::usage("there is no lock"));
        };
        session.detail(format!("{} fits the project", project.lock_path.display()));
        return Ok(as_it_is(&read.lock));
    }
    if mode == LockMode::Locked {
        return Err(not_locked(project, &why));
    }
    for reason in why.iter().take(20) {
        session.detail(format!("locking anew: {reason}"));
    }
    let heritage = Heritage::found(session, project);
    resolve(session, project, (inputs, heritage))
}

/// A new lock of a project with the versions of another tool's lock, as far as they fit.
///
/// # Errors
/// The file cannot be read, its digests are not those of the index, or there is no answer.
pub(crate) fn fitting_from(
    session: &mut Session,
    project: &Project,
    from: &Path,
) -> Result<Fitting, Failure> {
    let heritage = Heritage::named(session, from)?;
    let required = required(session, project)?;
    let inputs = declared::inputs(&project.workspace, &session.settings, Some(required))?;
    resolve(session, project, (inputs, Some(heritage)))
}

/// A lock as it is with other words for the same requirements: what was chosen stays.
///
/// # Errors
/// The manifests cannot be understood.
pub(crate) fn with_inputs(
    session: &Session,
    project: &Project,
    mut fitting: Fitting,
) -> Result<Fitting, Failure> {
    let required = fitting.lock.inputs.requires_python.clone();
    let inputs = declared::inputs(&project.workspace, &session.settings, required)?;
    let text = match fitting.text.take() {
        Some(text) => Arc::make_mut(&mut fitting.lock).reworded(inputs, &text),
        None => {
            Arc::make_mut(&mut fitting.lock).inputs = inputs;
            fitting.lock.to_text()
        }
    };
    let before = project.lock.as_ref();
    fitting.text = before.is_none_or(|read| read.text != text).then_some(text);
    Ok(fitting)
}

fn as_it_is(lock: &Arc<ProjectLock>) -> Fitting {
    Fitting {
        lock: Arc::clone(lock),
        text: None,
        diff: LockDiff::default(),
        inherited: None,
        is_as_it_was: true,
    }
}

/// Why the lock of a project does not fit; one line that says so if there is none.
pub(super) fn staleness(project: &Project, inputs: &Inputs) -> Vec<String> {
    match &project.lock {
        None => vec!["there is no lock yet".to_owned()],
        Some(read) => {
            let why = read.lock.inputs.compare(inputs);
            let words = |stale: &Stale| match (stale, &project.script) {
                (Stale::Member(_, what), Some(_)) => format!("{what} changed"),
                _ => stale.to_string(),
            };
            why.iter().map(words).collect()
        }
    }
}

fn not_locked(project: &Project, why: &[String]) -> Failure {
    let (what, command) = project.words();
    let mut failure = Failure::unsatisfied(match project.lock {
        None => format!("the {what} has no lock, and none may be made"),
        Some(_) => format!("the lock does not fit the {what}, and may not change"),
    });
    for reason in why.iter().take(5) {
        failure = failure.cause(reason.clone());
    }
    if why.len() > 5 {
        failure = failure.cause(format!("and {} more", why.len() - 5));
    }
    failure.hint(format!("`{command}` brings it up to date"))
}

/// The Pythons the lock is for: as the manifests say, else as the lock said before, else from the one that is
/// there on.
fn required(session: &mut Session, project: &Project) -> Result<VersionSpecifiers, Failure> {
    if let Some(required) = place::requires_python(project) {
        if MarkerSet::from_requires_python(&required).is_none() {
            return Err(no_python(project));
        }
        return Ok(required);
    }
    if let Some(read) = &project.lock
        && let Some(before) = &read.lock.inputs.requires_python
    {
        return Ok(before.clone());
    }
    let found = place::interpreter(session, project)?;
    let lowest = format!(">={}", found.markers.python_version);
    if project.script.is_none() {
        let who = match project.workspace.members.as_slice() {
            [_] => "the project has no",
            _ => "no project of the workspace has a",
        };
        let message = format!(
            "{who} `requires-python`: `{lowest}` is taken; write it into pyproject.toml to keep it"
        );
        let hint = match project.workspace.projects().next() {
            Some(_) => None,
            None => import::hint(session, &project.workspace.root),
        };
        session.emit(&Event::Warning { message, hint });
    }
    VersionSpecifiers::parse(&lowest)
        .map_err(|error| Failure::usage("the Python has no version").because(&error))
}

/// The members of a workspace, or one of them, leave no Python.
fn no_python(project: &Project) -> Failure {
    let members = &project.workspace.members;
    let told = members.iter().filter_map(|member| {
        let table = member.manifest.project.as_ref()?;
        let bounds = table.requires_python.as_ref()?;
        Some(format!("{} requires {bounds}", member.name))
    });
    let failure = match members.len() {
        1 => Failure::usage("no Python fits `requires-python`"),
        _ => Failure::usage("no Python fits all projects of the workspace"),
    };
    told.fold(failure, Failure::cause)
        .hint("change `requires-python`, or `exclude` a project: it has a lock of its own then")
}

/// Resolves a project for all environments.
fn resolve(
    session: &mut Session,
    project: &Project,
    asked: (Inputs, Option<Heritage>),
) -> Result<Fitting, Failure> {
    let with_own = |settings: &mut Settings| own_metadata::add(project, settings);
    session.with_settings(with_own, |session| resolved(session, project, asked))
}

fn resolved(
    session: &mut Session,
    project: &Project,
    (inputs, heritage): (Inputs, Option<Heritage>),
) -> Result<Fitting, Failure> {
    session.trace.spoil("it was locked anew");
    let start = Instant::now();
    let mut set = RequirementSet::default();
    let conflicts = conflicts(session, &inputs);
    let declaring = (&project.workspace, &*session.settings);
    declared::ask(declaring, &conflicts, &mut set)?;
    if let Some(script) = &project.script {
        declared::on_behalf_of(script, &mut set);
    }
    inputs::read_configured(&session.settings, &mut set);
    let present = present_projects(project);
    let unversioned = present.iter().filter(|(_, version)| version.is_none());
    set.excludes
        .extend(unversioned.map(|(name, _)| name.clone()));
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let before = project.lock.as_ref().map(|read| &*read.lock);
    let kept = before.filter(|before| goes_on(&before.inputs, &inputs));
    let expected = kept.map(chosen);
    let named = || {
        let names = set.index_names().into_iter();
        names.map(|name| (name, None)).collect()
    };
    pipeline.looks_ahead(expected.unwrap_or_else(named));
    if !crate::target::is_known(session) {
        pipeline.expect(set.index_names());
    }
    let python = place::interpreter(session, project)?;
    let required = inputs.requires_python.clone().unwrap_or_default();
    let target = UniversalTarget {
        conflicts,
        ..problem::universal_target(&session.settings, required)
    };
    let mut problem = problem::filled(session, &set, Problem::universal(target));
    problem.options.collect_files = true;
    let versioned = present.into_iter();
    problem.projects = versioned
        .filter_map(|(name, version)| Some((name, version?)))
        .collect();
    take_over(&mut problem, &mut pipeline, (kept, heritage.as_ref()));
    pipeline.build_for(session, &python);
    pipeline.named_as(&set.direct);
    session.step(|session| steps::asking(session, &pipeline));
    let mut graph = pipeline.resolve(problem, None, &mut *session.sink)?;
    session.step(|_| steps::chose(&graph, &pipeline));
    problem::tell_notes(session, &graph);
    hash_local_files(&mut graph)?;
    super::places::without_mirrors(session, &mut graph)?;
    if let Some(heritage) = &heritage {
        heritage.check(&graph, &problem::upgrade(&session.settings))?;
    }
    let context = ProjectContext {
        inputs,
        directory: Some(&project.workspace.root),
        indexes: indexes(session)?,
    };
    let mut lock = ProjectLock::from_graph(&graph, context).map_err(|error| {
        Failure::unsatisfied("the result cannot be written as a lock").because(&error)
    })?;
    if let Some(before) = before {
        lock.keep_places(before);
    }
    session.emit(&Event::Resolved {
        packages: graph.nodes.len(),
        ms: ms_since(start),
    });
    let inherited = heritage.map(|heritage| heritage.tell(session, &graph, &mut pipeline));
    session.detail(pipeline.summary());
    pipeline.finish();
    let diff = LockDiff::between(before, &lock);
    let text = lock.to_text();
    let is_new = project.lock.as_ref().is_none_or(|read| read.text != text);
    Ok(Fitting {
        lock: Arc::new(lock),
        text: is_new.then_some(text),
        diff,
        inherited,
        is_as_it_was: false,
    })
}

/// The projects that are no packages, with their versions where the manifests say them: whoever needs one means
/// the one that is worked on.
fn present_projects(project: &Project) -> Vec<(PackageName, Option<Version>)> {
    if project.script.is_some() {
        return Vec::new();
    }
    let members = project.workspace.members.iter();
    members
        .filter(|member| !member.manifest.is_package())
        .map(|member| {
            let table = member.manifest.project.as_ref();
            let version = table.and_then(|table| table.version.clone());
            (member.name.clone(), version)
        })
        .collect()
}

/// Whether versions are still chosen in the same way; else those that were chosen say nothing.
fn goes_on(before: &Inputs, now: &Inputs) -> bool {
    let ways = ["fork-strategy", "prerelease", "resolution"];
    ways.into_iter()
        .all(|key| before.rules.get(key) == now.rules.get(key))
}

/// Puts what was chosen before first: by the lock, and by that of another tool, which counts more.
fn take_over(
    problem: &mut Problem,
    pipeline: &mut Pipeline,
    (before, heritage): (Option<&ProjectLock>, Option<&Heritage>),
) {
    let mut commits = KnownCommits::default();
    if let Some(heritage) = heritage {
        heritage.commits(&problem.upgrade, &mut commits);
    }
    if let Some(before) = before {
        prefer(problem, preferences(before));
        commits.keep_all(before, &problem.upgrade);
    }
    if let Some(heritage) = heritage {
        prefer(problem, heritage.preferences());
    }
    pipeline.keeps_commits(commits);
}

/// Parts that are never asked for together; those without a project are the root's.
pub(super) fn conflicts(session: &Session, inputs: &Inputs) -> Vec<ConflictSet> {
    let owner = inputs.root().or(inputs.members.first());
    let sets = session.settings.conflicts.value.0.iter();
    sets.map(|set| {
        let parts = set.iter().filter_map(|part| {
            let package = part
                .package
                .clone()
                .or(owner.map(|owner| owner.name.clone()))?;
            Some(naja_lock::ProjectPart {
                package,
                kind: match &part.kind {
                    ConflictPartKind::Extra(name) => naja_lock::PartKind::Extra(name.clone()),
                    ConflictPartKind::Group(name) => naja_lock::PartKind::Group(name.clone()),
                    ConflictPartKind::Project => naja_lock::PartKind::Project,
                },
            })
        });
        parts.collect()
    })
    .collect()
}

/// What a lock chose, to be tried first.
fn preferences(lock: &ProjectLock) -> BTreeMap<PackageName, Vec<Preference>> {
    let mut found: BTreeMap<PackageName, Vec<Preference>> = BTreeMap::new();
    for (package, node) in lock.file.packages.iter().zip(&lock.nodes) {
        if let Some(version) = &package.version {
            let known = found.entry(package.name.clone()).or_default();
            known.push(Preference::earlier(version.clone(), node.fork.as_ref()));
        }
    }
    for (name, version) in lock.passed_over() {
        let known = found.entry(name).or_default();
        known.push(Preference::earlier(version, None));
    }
    found
}

/// What a lock chose from indexes: each package, and the wheel whose metadata were probably read for it.
fn chosen(lock: &ProjectLock) -> Vec<(PackageName, Option<(WheelName, Sha256)>)> {
    let packages = lock.file.packages.iter();
    let chosen = packages.filter_map(|package| match &package.source {
        LockedSource::Files { wheels, .. } => {
            let plainest = naja_resolve::plainest(wheels.iter().map(|wheel| &*wheel.name));
            let wheel = plainest.and_then(|at| wheels.get(at)).and_then(|wheel| {
                let sha256 = wheel.hashes.iter().find_map(Digest::as_sha256)?;
                Some((WheelName::parse(&wheel.name).ok()?, sha256))
            });
            Some((package.name.clone(), wheel))
        }
        _ => None,
    });
    chosen.collect()
}

/// The indexes that are not the default one, by their positions.
fn indexes(session: &Session) -> Result<BTreeMap<u16, (Option<String>, SafeUrl)>, Failure> {
    let order = session.settings.index_order(&session.process.cwd);
    let mut found = BTreeMap::new();
    for (tag, entry) in (0..).zip(&order.indexes) {
        let url = options::index_address(entry)?;
        found.insert(tag, (entry.name.clone(), url));
    }
    Ok(found)
}
