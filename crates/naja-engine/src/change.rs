//! One plan for one environment, from the selection to the receipt.

use std::num::NonZeroUsize;
use std::time::Instant;

use naja_env::{
    Applied, ApplyError, ApplyOptions, Archives, Beside, EnvLock, EnvPlan, EnvState, Environment,
    Manners, PlanRules, PlannedDist, Stop, plan,
};
use naja_index::{Origin, WheelRequest};
use naja_lock::{DistSource, Pin, Selection};
use naja_spec::{PackageName, WheelName};
use naja_store::Archive;
use rustc_hash::FxHashSet;
use serde::Serialize;

use crate::checkouts::{self, Trees};
use crate::diagnose;
use crate::event::{Action, Change, Event, waiting_for};
use crate::explain::steps;
use crate::failure::Failure;
use crate::history::{self, Doing};
use crate::options;
use crate::pipeline::{Pipeline, Preparation};
use crate::session::{Session, ms_since};

mod telling;

pub(crate) use self::telling::{changes_of, warn_about};
use self::telling::{count, explain, explain_preview, tell};

/// A plan that was made for an environment changed in the meantime is made
/// again, but not for ever.
const ATTEMPTS: usize = 5;

/// How far a command goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preview {
    /// The plan is carried out.
    #[default]
    Apply,
    /// The plan is shown (`--dry-run`).
    DryRun,
    /// The plan is shown, and it is an answer of no if it is not empty (`--check`).
    Check,
}

impl Preview {
    /// Whether more is done than to look.
    pub(crate) fn applies(self) -> bool {
        self == Self::Apply
    }
}

/// What a command did to an environment, or would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChangeReport {
    /// Whether it was carried out.
    pub applied: bool,
    /// The changes, sorted by name, what goes before what comes.
    pub changes: Vec<Change>,
    /// How many distributions were good enough as they were.
    pub kept: usize,
    /// pip's installation report, if it was asked for.
    #[serde(skip)]
    pub report: Option<serde_json::Value>,
    /// The plan behind the changes.
    #[serde(skip)]
    pub(crate) plan: Option<EnvPlan>,
}

impl ChangeReport {
    /// Tells what would be done, or says no.
    ///
    /// # Errors
    /// There is something to do, and the question was whether there is.
    pub(crate) fn preview(&self, session: &mut Session, preview: Preview) -> Result<(), Failure> {
        let goes = |change: &&Change| change.action != Action::Added;
        let comes = |change: &&Change| change.action != Action::Removed;
        session.emit(&Event::WouldChange {
            install: self.changes.iter().filter(comes).count(),
            uninstall: self.changes.iter().filter(goes).count(),
        });
        tell(session, &self.changes);
        check(preview)
    }

    /// Tells what was done.
    pub(crate) fn tell(&self, session: &mut Session) {
        tell(session, &self.changes);
    }

    /// What a plan does, or did.
    fn of(plan: EnvPlan, applied: bool) -> Self {
        Self {
            applied,
            changes: changes_of(&plan),
            kept: plan.keep.len(),
            report: None,
            plan: Some(plan),
        }
    }

    /// Tells that everything is there already.
    pub(crate) fn unchanged(session: &mut Session, packages: usize, since: Instant) -> Self {
        session.emit(&Event::Audited {
            packages,
            ms: ms_since(since),
        });
        Self {
            kept: packages,
            ..Self::default()
        }
    }
}

/// What the environment shall look like.
pub(crate) struct Wish<'a> {
    pub(crate) env: &'a Environment,
    pub(crate) selection: Selection,
    pub(crate) rules: PlanRules,
    pub(crate) preview: Preview,
}

/// Plans, fetches, locks and applies.
///
/// # Errors
/// Whatever stands in the way; the environment is then as it was.
pub(crate) fn carry_out(
    session: &mut Session,
    pipeline: &mut Pipeline,
    state: &EnvState,
    wish: &Wish<'_>,
) -> Result<ChangeReport, Failure> {
    carry_out_as(session, pipeline, state, (wish, Doing::default()))
}

/// Puts a selection into an environment that is naja's own.
///
/// # Errors
/// As [`carry_out`].
pub(crate) fn fill(
    session: &mut Session,
    pipeline: &mut Pipeline,
    (env, state): (&Environment, &EnvState),
    selection: Selection,
) -> Result<(), Failure> {
    let wish = Wish {
        env,
        selection,
        rules: PlanRules::default(),
        preview: Preview::Apply,
    };
    carry_out(session, pipeline, state, &wish).map(drop)
}

/// Does the same as [`carry_out`], and more in the same moment; the history knows it under another word.
///
/// # Errors
/// As [`carry_out`].
pub(crate) fn carry_out_as(
    session: &mut Session,
    pipeline: &mut Pipeline,
    state: &EnvState,
    (wish, doing): (&Wish<'_>, Doing<'_>),
) -> Result<ChangeReport, Failure> {
    let start = Instant::now();
    let (settled, mut trees) = checkouts::settle(session, wish)?.unzip();
    let wish = settled.as_ref().unwrap_or(wish);
    pipeline.runs_with(&wish.selection);
    let mut plan = plan(state, &wish.selection, &wish.rules);
    let stays = |plan: &EnvPlan| plan.is_empty() && doing.edits.is_empty();
    if stays(&plan) {
        let packages = wish.selection.len();
        return Ok(ChangeReport::unchanged(session, packages, start));
    }
    session.trace.spoil("the environment does not agree");
    if !wish.preview.applies() {
        trees.iter().for_each(|trees| trees.tell(session));
        explain_preview(session, wish.env, &plan);
        return preview(session, &plan, wish.preview);
    }
    // Cleaning the cache waits until the files are in their place.
    let _hold = session
        .store
        .hold()
        .map_err(|error| Failure::environment("could not use the cache").because(&error))?;
    if let Some(trees) = &mut trees {
        trees.carry_out(session, pipeline)?;
    }
    let mut archives = Archives::default();
    for _ in 0..ATTEMPTS {
        prepare(session, pipeline, &plan, &mut archives)?;
        session.cancel.check()?;
        if doing.prepares_only {
            return Ok(ChangeReport::default());
        }
        let lock = lock_and_recover(session, wish.env)?;
        let applying = Instant::now();
        let place = (wish.env, &lock);
        match history::commit(session, Some(pipeline), place, (&plan, &archives), doing) {
            Ok(applied) => {
                drop(lock);
                trees.into_iter().for_each(Trees::keep);
                warn_about(session, &applied);
                explain(session, (wish.env, &plan), &archives, &applied);
                count(session, &plan, ms_since(applying));
                let report = ChangeReport::of(plan, true);
                report.tell(session);
                return Ok(report);
            }
            Err(ApplyError::Changed) => {
                let now = EnvState::scan(wish.env).map_err(|error| diagnose::scan(&error))?;
                plan = naja_env::plan(&now, &wish.selection, &wish.rules);
                if stays(&plan) {
                    let packages = wish.selection.len();
                    return Ok(ChangeReport::unchanged(session, packages, start));
                }
            }
            Err(ApplyError::Damaged { name, path, .. }) => {
                session.detail(format!("the cached file {} was changed", path.display()));
                discard(session, &mut archives, &name)?;
            }
            Err(error) => return Err(not_applied(session, &error)),
        }
    }
    Err(
        Failure::environment("the environment or the cache does not stay as it is")
            .cause("another program changes it again and again")
            .hint("stop the other program, and run the command again"),
    )
}

/// Removes distributions and brings nothing.
///
/// # Errors
/// Whatever stands in the way; the environment is then as it was.
pub(crate) fn remove(
    session: &mut Session,
    env: &Environment,
    names: &[PackageName],
    preview_only: Preview,
) -> Result<ChangeReport, Failure> {
    let start = Instant::now();
    let lock = match preview_only {
        Preview::Apply => Some(lock_and_recover(session, env)?),
        _ => None,
    };
    let state = EnvState::scan(env).map_err(|error| diagnose::scan(&error))?;
    let wanted: FxHashSet<&PackageName> = names.iter().collect();
    let owned = state.dists().iter().filter(|dist| dist.is_owned());
    let dists: Vec<_> = owned
        .filter(|dist| wanted.contains(dist.name()))
        .cloned()
        .collect();
    let plan = EnvPlan::removal(state.fingerprint(), dists);
    if plan.is_empty() {
        return Ok(ChangeReport::default());
    }
    let Some(lock) = lock else {
        explain_preview(session, env, &plan);
        return preview(session, &plan, preview_only);
    };
    let (place, change) = ((env, &lock), (&plan, &Archives::default()));
    let applied = history::commit(session, None, place, change, Doing::default())
        .map_err(|error| not_applied(session, &error))?;
    drop(lock);
    warn_about(session, &applied);
    explain(session, (env, &plan), &Archives::default(), &applied);
    count(session, &plan, ms_since(start));
    let changes = changes_of(&plan);
    tell(session, &changes);
    Ok(ChangeReport {
        applied: true,
        changes,
        ..ChangeReport::default()
    })
}

/// Takes the environment's lock and finishes what a killed command left.
///
/// # Errors
/// The lock cannot be had, or the recovery does not succeed.
pub(crate) fn lock_and_recover(
    session: &mut Session,
    env: &Environment,
) -> Result<EnvLock, Failure> {
    session.trace.spoil("the environment was locked");
    let cancel = &session.cancel;
    let stop = || cancel.is_set();
    let lock = env.lock_unless(
        &mut waiting_for(&mut session.sink, env.root().display()),
        Stop::when(&stop),
    );
    let lock = lock.map_err(|error| match cancel.check() {
        Err(interrupted) => interrupted,
        Ok(()) => diagnose::env_lock(env, &error),
    })?;
    let recovered = env.recover(&lock).map_err(|error| diagnose::txn(&error))?;
    if recovered != naja_store::txn::Recovered::Nothing {
        session.detail("took back what an interrupted command had begun");
    }
    Ok(lock)
}

/// Takes the environment's lock for a change that is more than shown, and looks again at what is there: others
/// may have changed it before.
///
/// # Errors
/// As [`lock_and_recover`]; or the environment cannot be listed.
pub(crate) fn lock_to_apply(
    session: &mut Session,
    env: &Environment,
    (state, preview): (&mut EnvState, Preview),
) -> Result<Option<EnvLock>, Failure> {
    if !preview.applies() {
        return Ok(None);
    }
    let lock = lock_and_recover(session, env)?;
    *state = EnvState::scan(env).map_err(|error| diagnose::scan(&error))?;
    Ok(Some(lock))
}

/// Recovers if a killed command left something; one look if not.
///
/// # Errors
/// As [`lock_and_recover`].
pub(crate) fn recover_if_needed(session: &mut Session, env: &Environment) -> Result<(), Failure> {
    if env.may_need_recovery() {
        lock_and_recover(session, env)?;
    }
    Ok(())
}

/// Applies a plan.
///
/// # Errors
/// As [`naja_env::apply`].
pub(crate) fn apply_once(
    session: &Session,
    (env, lock): (&Environment, &EnvLock),
    (plan, archives): (&EnvPlan, &Archives),
    beside: Beside<'_>,
) -> Result<Applied, ApplyError> {
    let settings = &session.settings;
    let cancel = &session.cancel;
    let stop = || cancel.is_set();
    let compiled = |manners: &Manners| manners.values().any(|manner| manner.compiled);
    let compiles = settings.compile_bytecode.value || beside.manners.is_some_and(compiled);
    let options = ApplyOptions {
        link_mode: options::link_mode(settings),
        bytecode: compiles.then_some(&session.store),
        installer_metadata: settings.installer_metadata.value,
        threads: NonZeroUsize::new(options::workers(session)).unwrap_or(NonZeroUsize::MIN),
        stop: Stop::when(&stop),
        beside,
    };
    naja_env::apply(env, lock, plan, archives, &options)
}

/// A plan that was not applied: an interruption says no more than that.
pub(crate) fn not_applied(session: &Session, error: &ApplyError) -> Failure {
    match session.cancel.check() {
        Err(interrupted) if matches!(error, ApplyError::Interrupted) => interrupted,
        _ => diagnose::apply(error),
    }
}

/// Brings every archive of the plan into the store.
///
/// # Errors
/// A download or an archive fails, or the command is interrupted.
pub(crate) fn prepare(
    session: &mut Session,
    pipeline: &mut Pipeline,
    plan: &EnvPlan,
    archives: &mut Archives,
) -> Result<(), Failure> {
    let start = Instant::now();
    let incoming = plan.incoming();
    let missing: Vec<&PlannedDist> = incoming
        .into_iter()
        .filter(|dist| !archives.contains_key(&dist.pin.name))
        .collect();
    let mut requests = Vec::with_capacity(missing.len());
    for dist in &missing {
        requests.push(match pipeline.source_of_pin(&dist.pin)? {
            Some(source) => Preparation::Build(source),
            None => Preparation::Fetch(wheel_request(&dist.pin, pipeline)?),
        });
    }
    let kept: Option<Vec<bool>> = (session.sink.wants_steps())
        .then(|| requests.iter().map(|one| pipeline.has(one)).collect());
    let fetched = pipeline.fetched();
    let found = pipeline.archives(requests, &mut *session.sink)?;
    archives.extend(missing.iter().map(|dist| dist.pin.name.clone()).zip(found));
    if let Some(kept) = kept {
        let dists: Vec<_> = missing.iter().copied().zip(kept).collect();
        session.step(|session| steps::fetched(session, &dists));
    }
    let fetched = pipeline.fetched() - fetched;
    if fetched > 0 {
        session.emit(&Event::Prepared {
            packages: fetched,
            ms: ms_since(start),
        });
    }
    Ok(())
}

/// The request that brings a pin's wheel into the store.
///
/// # Errors
/// The pin has no wheel.
pub(crate) fn wheel_request(pin: &Pin, pipeline: &Pipeline) -> Result<WheelRequest, Failure> {
    let unnamed = |error: &dyn std::error::Error| {
        Failure::unsatisfied(format!("the file of {} has no wheel's name", pin.name)).because(error)
    };
    match &pin.source {
        DistSource::Wheel(file) => Ok(WheelRequest {
            wheel: WheelName::parse(&file.file_name).map_err(|error| unnamed(&error))?,
            url: file.url.clone(),
            origin: pipeline.origin(file.index),
            digests: pin.digests_with(&file.digests),
            size: file.size,
        }),
        DistSource::LocalWheel { url, digests, .. } | DistSource::UrlWheel { url, digests } => {
            let name = url.file_name().unwrap_or_default();
            Ok(WheelRequest {
                wheel: WheelName::parse(&name).map_err(|error| unnamed(&error))?,
                url: url.clone(),
                origin: Origin::Direct,
                digests: pin.digests_with(digests),
                size: None,
            })
        }
        DistSource::Sdist(_)
        | DistSource::SourceArchive { .. }
        | DistSource::Directory { .. }
        | DistSource::Git { .. }
        | DistSource::Installed => Err(diagnose::unexpected("a wheel")),
    }
}

pub(crate) fn discard(
    session: &Session,
    archives: &mut Archives,
    name: &PackageName,
) -> Result<(), Failure> {
    let Some(archive): Option<Archive> = archives.remove(name) else {
        return Ok(());
    };
    session.store.discard(&archive.id()).map_err(|error| {
        Failure::environment("could not set a damaged part of the cache aside")
            .because(&error)
            .hint("`naja cache clean` makes the cache new")
    })
}

fn preview(
    session: &mut Session,
    plan: &EnvPlan,
    preview: Preview,
) -> Result<ChangeReport, Failure> {
    let report = ChangeReport::of(plan.clone(), false);
    let uninstall = plan.outgoing().count();
    session.emit(&Event::WouldChange {
        install: plan.incoming().len(),
        uninstall,
    });
    report.tell(session);
    check(preview)?;
    Ok(report)
}

fn check(preview: Preview) -> Result<(), Failure> {
    match preview {
        Preview::Check => Err(
            Failure::unsatisfied("the environment is not as it was asked for")
                .hint("run the command without `--check` to change it"),
        ),
        Preview::Apply | Preview::DryRun => Ok(()),
    }
}
