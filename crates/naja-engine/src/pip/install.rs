use std::path::PathBuf;
use std::time::Instant;

use naja_env::{EnvState, Environment, Extraneous, PlanRules, Reinstall};
use naja_lock::{Graph, Pin, Selection};
use naja_project::settings::{Settings, UpgradeStrategy};
use naja_resolve::{InstalledCandidate, PackageSet, Problem};
use naja_spec::{GitUrl, PackageName, Requirement, RequirementSource, VersionSpecifiers};

use super::agreement;
use super::locked::{self, LockFile};
use super::save::SaveFile;
use crate::change::{self, ChangeReport, Preview, Wish};
use crate::event::Event;
use crate::explain::steps;
use crate::failure::Failure;
use crate::history::Doing;
use crate::inputs::{self, InputSources, RequirementSet};
use crate::options;
use crate::pipeline::Pipeline;
use crate::problem;
use crate::satisfied::satisfied;
use crate::session::{Session, ms_since};
use crate::target;

/// What `naja pip install` shall bring.
#[derive(Clone, Debug, Default)]
pub struct InstallRequest {
    /// The requirements.
    pub sources: InputSources,
    /// Whether everything else goes (`--exact`).
    pub exact: bool,
    /// Whether what is named itself is left out (`--only-deps`).
    pub only_deps: bool,
    /// The requirements file that what is named is written to (`--save`).
    pub save: Option<PathBuf>,
    /// Whether pip's installation report is wanted.
    pub report: bool,
    /// How far it goes.
    pub preview: Preview,
}

/// Installs what is asked for, and what that requires.
///
/// # Errors
/// Whatever stands in the way; the environment is then as it was.
pub fn install(session: &mut Session, request: &InstallRequest) -> Result<ChangeReport, Failure> {
    let start = Instant::now();
    if let Some(lock) = locked::open(session, &request.sources)? {
        refuse_for_locks(request)?;
        let rules = rules(session, request);
        let goal = Goal {
            preview: request.preview,
            report: request.report,
        };
        return install_locked(session, &lock, &|_env| rules.clone(), goal);
    }
    let save = save_file(session, request)?;
    let set = inputs::read(session, &request.sources)?;
    session.step(|_| steps::read(&set, &request.sources));
    only_if_needed(session, &set);
    let mut pipeline = None;
    if !target::is_known(session) {
        // The network works while the interpreter is asked.
        let mut early = Pipeline::new(session, options::index_config(session)?);
        early.expect(set.index_names());
        pipeline = Some(early);
    }
    let (env, state) = target::open_for_change(session)?;
    let upgrade = problem::upgrade(&session.settings);
    let rules = rules(session, request);
    if rules.reinstall == Reinstall::None && !request.exact && !request.only_deps && !request.report
    {
        let no_deps = session.settings.no_deps.value;
        if let Some(packages) = satisfied(&env, &state, &set, &upgrade, no_deps) {
            // What is asked for by an address has no name yet.
            let packages = packages.max(set.roots.len().min(1));
            let report = ChangeReport::unchanged(session, packages, start);
            written(&env, save.as_ref(), request.preview)?;
            return agreement::after(session, &env, &state, report);
        }
    }
    session
        .trace
        .spoil("not everything is there, or it cannot be told");
    let mut pipeline = match pipeline {
        Some(pipeline) => pipeline,
        None => Pipeline::new(session, options::index_config(session)?),
    };
    let mut selection = resolve(session, &mut pipeline, (&env, &state), &set)?;
    if request.only_deps {
        let named = |pin: &Pin| {
            set.roots
                .iter()
                .any(|root| root.requirement.name == pin.name)
        };
        selection.retain(|pin| !named(pin));
    }
    let wish = Wish {
        env: &env,
        selection,
        rules,
        preview: request.preview,
    };
    let mut report = change::carry_out(session, &mut pipeline, &state, &wish)?;
    if request.report {
        describe(session, &mut pipeline, &env, &mut report)?;
    }
    session.detail(pipeline.summary());
    pipeline.finish();
    written(&env, save.as_ref(), request.preview)?;
    agreement::after(session, &env, &state, report)
}

/// What goes besides, and what is installed again.
fn rules(session: &Session, request: &InstallRequest) -> PlanRules {
    PlanRules {
        extraneous: extraneous(request),
        reinstall: reinstall(session),
    }
}

/// The file of `--save`, as it is before.
fn save_file(session: &mut Session, request: &InstallRequest) -> Result<Option<SaveFile>, Failure> {
    let Some(path) = &request.save else {
        return Ok(None);
    };
    session.trace.spoil("a file is written");
    SaveFile::open(session, path, &request.sources.packages).map(Some)
}

/// pip's `--upgrade` with `--upgrade-strategy only-if-needed`: what is named moves, and of the rest
/// only what has to.
fn only_if_needed(session: &mut Session, set: &RequirementSet) {
    let settings = &session.settings;
    if !settings.upgrade.value || settings.upgrade_strategy.value != UpgradeStrategy::OnlyIfNeeded {
        return;
    }
    let mut settings = (**settings).clone();
    settings.upgrade.value = false;
    let named = set.roots.iter().map(|root| Requirement {
        source: RequirementSource::Specifiers(VersionSpecifiers::default()),
        ..root.requirement.clone()
    });
    settings.upgrade_package.value.extend(named);
    session.settings = settings.into();
}

/// What happens to installed distributions that nothing asks for.
fn extraneous(request: &InstallRequest) -> Extraneous {
    match request.exact {
        true => Extraneous::Remove,
        false => Extraneous::Keep,
    }
}

/// A lock file names nothing that could be written down or left out.
fn refuse_for_locks(request: &InstallRequest) -> Result<(), Failure> {
    let given = [
        (request.save.is_some(), "--save"),
        (request.only_deps, "--only-deps"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(
            Failure::usage(format!("`{flag}` cannot be used with a lock file"))
                .cause(
                    "it is about what is asked for by name, and a lock file lists everything alike",
                )
                .hint(format!("leave `{flag}` out, or name the requirements")),
        ),
        None => Ok(()),
    }
}

/// How far the installation of a lock file goes, and what is told about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Goal {
    /// How far it goes.
    pub(super) preview: Preview,
    /// Whether pip's installation report is wanted.
    pub(super) report: bool,
}

/// Makes an environment what a lock file says.
///
/// # Errors
/// The lock file is not for the environment, or something stands in the way of the change.
pub(super) fn install_locked(
    session: &mut Session,
    lock: &LockFile,
    rules: &dyn Fn(&Environment) -> PlanRules,
    goal: Goal,
) -> Result<ChangeReport, Failure> {
    let start = Instant::now();
    session.trace.spoil("a lock is installed");
    let (env, state) = target::open_for_change(session)?;
    let locked = lock.choose(&env)?;
    let rules = rules(&env);
    if locked.direct.roots.is_empty() {
        let selection = locked.with(None);
        if !goal.report && naja_env::plan(&state, &selection, &rules).is_empty() {
            let report = ChangeReport::unchanged(session, selection.len(), start);
            return agreement::if_strict(session, &env, report);
        }
        return carry_out_locked(session, (&env, &state), (lock, selection), (rules, goal));
    }
    let direct = resolve_alone(session, (&env, &state), &locked.direct)?;
    let selection = locked.with(Some(direct));
    carry_out_locked(session, (&env, &state), (lock, selection), (rules, goal))
}

/// Finds the distributions for what a lock file names directly. It names everything there shall be: nothing is
/// added to it.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn resolve_alone(
    session: &mut Session,
    place: (&Environment, &EnvState),
    set: &RequirementSet,
) -> Result<Selection, Failure> {
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    // That each of them is what it is need not be said.
    session.trace.spoil("sources are looked at");
    let alone = |settings: &mut Settings| settings.no_deps.value = true;
    let graph =
        session.with_settings(alone, |session| answer(session, &mut pipeline, place, set))?;
    pipeline.finish();
    Ok(graph.select())
}

fn carry_out_locked(
    session: &mut Session,
    (env, state): (&Environment, &EnvState),
    (lock, selection): (&LockFile, Selection),
    (rules, goal): (PlanRules, Goal),
) -> Result<ChangeReport, Failure> {
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    pipeline.build_for(session, env.interpreter());
    let wish = Wish {
        env,
        selection,
        rules,
        preview: goal.preview,
    };
    let doing = (wish, Doing::default());
    let mut report = (lock.places()).carry_out(session, &mut pipeline, state, doing)?;
    if goal.report {
        describe(session, &mut pipeline, env, &mut report)?;
    }
    session.detail(pipeline.summary());
    pipeline.finish();
    agreement::if_strict(session, env, report)
}

/// Adds pip's installation report.
fn describe(
    session: &mut Session,
    pipeline: &mut Pipeline,
    env: &Environment,
    report: &mut ChangeReport,
) -> Result<(), Failure> {
    let plan = report.plan.take();
    let described = super::report::report(session, pipeline, env.interpreter(), plan.as_ref())?;
    report.report = Some(described);
    Ok(())
}

/// Writes the file of `--save`, once everything is in its place.
fn written(env: &Environment, save: Option<&SaveFile>, preview: Preview) -> Result<(), Failure> {
    let Some(save) = save.filter(|_| preview.applies()) else {
        return Ok(());
    };
    let state = EnvState::scan(env).map_err(|error| crate::diagnose::scan(&error))?;
    save.write(|name| state.get(name).first().map(|dist| dist.version().clone()))
}

/// What is installed again although it is good enough.
pub(crate) fn reinstall(session: &Session) -> Reinstall {
    let settings = &session.settings;
    if settings.reinstall.value {
        Reinstall::All
    } else if settings.reinstall_package.value.is_empty() {
        Reinstall::None
    } else {
        Reinstall::Packages(settings.reinstall_package.value.iter().cloned().collect())
    }
}

/// Finds the distributions for a set of requirements in one environment.
///
/// # Errors
/// There is no answer, or an index fails.
pub(crate) fn resolve(
    session: &mut Session,
    pipeline: &mut Pipeline,
    place: (&Environment, &EnvState),
    set: &RequirementSet,
) -> Result<Selection, Failure> {
    let start = Instant::now();
    let graph = answer(session, pipeline, place, set)?;
    session.emit(&Event::Resolved {
        packages: graph.nodes.len(),
        ms: ms_since(start),
    });
    Ok(graph.select())
}

/// What fits together, for an environment.
fn answer(
    session: &mut Session,
    pipeline: &mut Pipeline,
    (env, state): (&Environment, &EnvState),
    set: &RequirementSet,
) -> Result<Graph, Failure> {
    let mut problem = problem::of(session, env.interpreter(), set)?;
    add_installed(session, state, set, &mut problem);
    pipeline.build_for(session, env.interpreter());
    pipeline.named_as(&set.direct);
    session.step(|session| steps::asking(session, pipeline));
    let graph = pipeline.resolve(problem, Some(state), &mut *session.sink)?;
    session.step(|_| steps::chose(&graph, pipeline));
    problem::tell_notes(session, &graph);
    Ok(graph)
}

fn add_installed(session: &Session, state: &EnvState, set: &RequirementSet, problem: &mut Problem) {
    let again = reinstall(session);
    // Sources that can change under the same address, and files with hashes, are looked at.
    let looked_at = |name: &PackageName| {
        set.roots.iter().any(|root| {
            root.requirement.name == *name
                && root.requirement.url().is_some_and(|url| {
                    let hashed = set
                        .direct
                        .get(url)
                        .is_some_and(|how| !how.hashes.is_empty());
                    let is_file = !GitUrl::is_vcs(url)
                        && url.to_file_path().is_none_or(|path| path.is_file());
                    hashed || !is_file
                })
        })
    };
    for dist in state.visible() {
        let replaced = match &again {
            Reinstall::None => false,
            Reinstall::All => true,
            Reinstall::Packages(names) => names.contains(dist.name()),
        };
        let whole = dist.health() == naja_env::Health::Whole;
        if replaced || !whole || problem.upgrade == PackageSet::All || looked_at(dist.name()) {
            continue;
        }
        let direct_url = dist.direct_url().map(|direct| direct.url.clone());
        let candidate = InstalledCandidate {
            version: dist.version().clone(),
            metadata: None,
            direct_url,
        };
        problem.installed.insert(dist.name().clone(), candidate);
    }
}
