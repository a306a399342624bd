//! `naja upgrade`: newer versions, and bounds that let them in.

mod plan;
mod scope;
mod trial;

use std::collections::{BTreeMap, BTreeSet};

use naja_env::FileEdit;
use naja_lock::project::LockDiff;
use naja_project::manifest::DependencyPlace;
use naja_project::tasks::CommandLine;
use naja_spec::{PackageName, VersionSpecifiers};
use serde::Serialize;

use super::hold;
use super::load::Project;
use super::locking::{lock_edit, write_files};
use super::syncing::{SyncRequest, bring};
use crate::change::ChangeReport;
use crate::failure::Failure;
use crate::session::Session;

pub use plan::BoundChange;
use plan::{Planned, plan};
use scope::{Scope, Who};
pub use trial::Tried;

/// What `naja upgrade` shall do.
#[derive(Clone, Debug, Default)]
pub struct UpgradeRequest {
    /// The packages; all if none is named.
    pub names: Vec<PackageName>,
    /// The versions that some of them shall have.
    pub bounds: BTreeMap<PackageName, VersionSpecifiers>,
    /// Packages that stay as they are.
    pub exclude: Vec<PackageName>,
    /// The lists of the manifest that change; all if none is named.
    pub places: Vec<DependencyPlace>,
    /// The projects of the workspace whose manifests change; the current one if none is named.
    pub packages: Vec<PackageName>,
    /// Whether those of all projects of the workspace change.
    pub all_packages: bool,
    /// Whether the bounds stay, and only the lock changes.
    pub locked_only: bool,
    /// Whether the environment stays as it is (`--no-sync`).
    pub no_sync: bool,
    /// How the environment is brought into agreement.
    pub sync: SyncRequest,
}

/// What `naja upgrade` did, or would do.
#[derive(Clone, Debug, Default)]
pub struct UpgradeReport {
    /// The bounds that changed.
    pub bounds: Vec<BoundChange>,
    /// What changed in the lock.
    pub lock: LockDiff,
    /// The manifests before and after.
    pub manifests: Vec<FileEdit>,
    /// What changed in the environment.
    pub change: ChangeReport,
    /// What was tried, with `--test`.
    pub tried: Option<Tried>,
}

/// A package that can be upgraded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upgradable {
    /// Its name.
    pub name: PackageName,
    /// The versions that are locked.
    pub before: Vec<String>,
    /// The versions that would be.
    pub after: Vec<String>,
    /// The bounds that would change.
    pub bounds: Vec<BoundChange>,
}

/// What could be upgraded, to choose from.
///
/// # Errors
/// As [`upgrade`].
pub fn upgradable(
    session: &mut Session,
    request: &UpgradeRequest,
) -> Result<Vec<Upgradable>, Failure> {
    let project = Project::load(session)?;
    let scope = Scope::of(session, &project, request)?;
    let planned = plan(session, &scope, (&scope.who, request.locked_only))?;
    Ok(movable(&planned, &scope.who))
}

/// The packages of a plan that have another version than before, or other bounds.
fn movable(planned: &Planned, who: &Who) -> Vec<Upgradable> {
    let changes = planned.fitting.diff.changes.iter();
    let moves = changes.filter(|change| {
        who.has(&change.name) && !change.before.is_empty() && !change.after.is_empty()
    });
    let mut found: Vec<Upgradable> = moves
        .map(|change| Upgradable {
            name: change.name.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            bounds: Vec::new(),
        })
        .collect();
    for bound in &planned.bounds {
        match found.iter_mut().find(|one| one.name == bound.name) {
            Some(one) => one.bounds.push(bound.clone()),
            None => found.push(Upgradable {
                name: bound.name.clone(),
                before: Vec::new(),
                after: Vec::new(),
                bounds: vec![bound.clone()],
            }),
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Upgrades the project of the working directory: bounds, lock and environment in one change.
///
/// # Errors
/// There is no project, no answer, or something stands in the way; everything is then as it was.
pub fn upgrade(session: &mut Session, request: &UpgradeRequest) -> Result<UpgradeReport, Failure> {
    let changes = request.sync.preview.applies();
    let _hold = hold::when(changes, || hold::here(session))?;
    let project = Project::load(session)?;
    let scope = Scope::of(session, &project, request)?;
    let planned = plan(session, &scope, (&scope.who, request.locked_only))?;
    carry_out(session, planned, request)
}

/// Does the same with as many of the upgrades as a command passes with.
///
/// The command, or the task it names, runs in an environment of its own, which goes afterwards; nothing of the
/// project changes before it is known what is kept.
///
/// # Errors
/// As [`upgrade`]; or the command fails without any upgrade, or cannot be run.
pub fn upgrade_tested(
    session: &mut Session,
    request: &UpgradeRequest,
    command: &CommandLine,
) -> Result<UpgradeReport, Failure> {
    let changes = request.sync.preview.applies();
    let _hold = hold::when(changes, || hold::here(session))?;
    let project = Project::load(session)?;
    let scope = Scope::of(session, &project, request)?;
    let all = plan(session, &scope, (&scope.who, request.locked_only))?;
    let movable = movable(&all, &scope.who);
    let names: Vec<PackageName> = movable.into_iter().map(|one| one.name).collect();
    if names.is_empty() {
        let mut report = carry_out(session, all, request)?;
        report.tried = Some(Tried::default());
        return Ok(report);
    }
    let tried = trial::try_out(session, (&scope, request), (&all, &names), command)?;
    let planned = if tried.broken.is_empty() {
        all
    } else {
        let kept: BTreeSet<PackageName> = tried.kept.iter().cloned().collect();
        plan(session, &scope, (&Who::Only(kept), request.locked_only))?
    };
    let mut report = carry_out(session, planned, request)?;
    report.tried = Some(tried);
    Ok(report)
}

fn carry_out(
    session: &mut Session,
    planned: Planned,
    request: &UpgradeRequest,
) -> Result<UpgradeReport, Failure> {
    let Planned {
        project,
        fitting,
        edits,
        bounds,
    } = planned;
    let mut report = UpgradeReport {
        bounds,
        lock: fitting.diff.clone(),
        manifests: edits,
        ..UpgradeReport::default()
    };
    if !request.sync.preview.applies() {
        return Ok(report);
    }
    if request.no_sync {
        let mut edits = report.manifests.clone();
        edits.extend(lock_edit(&project, &fitting));
        write_files(session, &project, &edits)?;
        return Ok(report);
    }
    let done = bring(
        session,
        &project,
        fitting,
        (&request.sync, &report.manifests),
    )?;
    report.change = done.change;
    Ok(report)
}
