//! `naja repair`: putting damaged packages back as they were installed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use naja_env::{
    Archives, Depth, EnvPlan, EnvState, Environment, Fault, Finding, InstalledDist, Manners,
    PlannedDist, Replacement, Why,
};
use naja_lock::Pin;
use naja_project::settings::Settings;
use naja_spec::{DirectUrl, DirectUrlKind, PackageName};
use serde::Serialize;

use super::check;
use crate::change::{self, ChangeReport, Preview};
use crate::event::Event;
use crate::failure::Failure;
use crate::history::{self, Doing, Kind, Known, owned};
use crate::inputs::{self, InputSources};
use crate::options;
use crate::pip::resolve_for;
use crate::pipeline::Pipeline;
use crate::session::Session;
use crate::target;

/// What `naja repair` shall mend.
#[derive(Clone, Debug, Default)]
pub struct RepairRequest {
    /// Only these distributions; everything that is damaged if there is none.
    pub packages: Vec<PackageName>,
    /// Whether files that belong to no distribution go.
    pub remove_unowned: bool,
    /// How far it goes.
    pub preview: Preview,
}

/// What was mended.
#[derive(Clone, Debug, Serialize)]
pub struct RepairReport {
    /// What became of the packages.
    #[serde(flatten)]
    pub change: ChangeReport,
    /// Files and directories that were moved out of the way.
    pub removed: Vec<String>,
    /// Files that belong to no distribution and were left alone.
    pub left: Vec<String>,
}

/// Puts damaged distributions back: from the cache, else fetched in the same version.
///
/// # Errors
/// Something cannot be had or written; the environment is then as it was.
pub fn repair(session: &mut Session, request: &RepairRequest) -> Result<RepairReport, Failure> {
    let (env, mut state) = target::open_for_change(session)?;
    let only = check::named(&state, &request.packages)?;
    let lock = change::lock_to_apply(session, &env, (&mut state, request.preview))?;
    let found = check::look(session, (&env, &state), Depth::Contents, only.as_ref())?;
    let (removing, left) = strays(&found.findings, request.remove_unowned);
    let damaged: BTreeSet<&PackageName> = found
        .findings
        .iter()
        .filter(|finding| finding.fault.is_damage())
        .filter_map(|finding| finding.package.as_ref())
        .collect();
    let mut report = RepairReport {
        change: ChangeReport::default(),
        removed: shown(&env, &removing),
        left: shown(&env, &left),
    };
    if damaged.is_empty() && removing.is_empty() {
        session.emit(&Event::Note {
            message: "There is nothing to repair".to_owned(),
        });
        return Ok(report);
    }
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let mending = Mending::new(session, &mut pipeline, (&env, &state), &damaged)?;
    report.change.changes = change::changes_of(&mending.plan);
    let Some(lock) = lock else {
        report.change.preview(session, request.preview)?;
        return Ok(report);
    };
    let doing = Doing {
        kind: Kind::Repair,
        manners: Some(&mending.manners),
        removing: &removing,
        ..Doing::default()
    };
    let change = (&mending.plan, mending.archives.clone());
    let applied = history::carry(session, &mut pipeline, (&env, &lock), change, doing)?;
    pipeline.finish();
    change::warn_about(session, &applied);
    report.change.applied = true;
    report.change.tell(session);
    Ok(report)
}

/// What goes, and what belongs to nobody and stays.
fn strays(findings: &[Finding], remove_unowned: bool) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut removing, mut left) = (Vec::new(), Vec::new());
    for finding in findings.iter().filter(|finding| finding.package.is_none()) {
        match finding.fault {
            Fault::Unowned if !remove_unowned => left.push(finding.path.clone()),
            _ => removing.push(finding.path.clone()),
        }
    }
    (removing, left)
}

fn shown(env: &Environment, paths: &[PathBuf]) -> Vec<String> {
    let below = |path: &PathBuf| {
        let path = path.strip_prefix(env.root()).unwrap_or(path);
        path.to_string_lossy().into_owned()
    };
    paths.iter().map(below).collect()
}

/// What has to be done.
struct Mending {
    plan: EnvPlan,
    archives: Archives,
    manners: Manners,
}

impl Mending {
    fn new(
        session: &mut Session,
        pipeline: &mut Pipeline,
        (env, state): (&Environment, &EnvState),
        damaged: &BTreeSet<&PackageName>,
    ) -> Result<Self, Failure> {
        let known = Known::of(env, pipeline);
        let mut mending = Self {
            plan: EnvPlan::removal(state.fingerprint(), Vec::new()),
            archives: Archives::default(),
            manners: Manners::new(),
        };
        let mut unknown = Vec::new();
        for name in damaged {
            let ours = owned(state, name);
            let Some(first) = ours.first() else { continue };
            let Some(origin) = known.origin(session, first) else {
                unknown.push(ours);
                continue;
            };
            mending.manners.insert((*name).clone(), origin.manner);
            let archive = origin.archive.map(|archive| ((*name).clone(), archive));
            mending.archives.extend(archive);
            mending.replace(ours, origin.pin);
        }
        if !unknown.is_empty() {
            mending.fetch_again(session, pipeline, (env, state), unknown)?;
        }
        Ok(mending)
    }

    fn replace(&mut self, old: Vec<InstalledDist>, pin: Pin) {
        let new = PlannedDist {
            pin,
            why: Why::Broken,
        };
        self.plan.replace.push(Replacement { old, new });
    }

    /// What another tool installed comes from where it says it came from, in the same version.
    fn fetch_again(
        &mut self,
        session: &mut Session,
        pipeline: &mut Pipeline,
        place: (&Environment, &EnvState),
        unknown: Vec<Vec<InstalledDist>>,
    ) -> Result<(), Failure> {
        let mut sources = InputSources::default();
        for dist in unknown.iter().filter_map(|same| same.first()) {
            match dist.direct_url() {
                Some(direct) => add_direct(&mut sources, dist, direct),
                None => sources
                    .packages
                    .push(format!("{}=={}", dist.name(), dist.version())),
            }
        }
        let set = inputs::read(session, &sources)?;
        let alone = |settings: &mut Settings| {
            settings.no_deps.value = true;
            settings.reinstall.value = true;
        };
        let chosen =
            session.with_settings(alone, |session| resolve_for(session, pipeline, place, &set))?;
        for same in unknown {
            let Some(dist) = same.first() else { continue };
            let Some(pin) = chosen.get(dist.name()) else {
                continue;
            };
            let mut pin = pin.clone();
            pin.requested = dist.is_requested();
            self.replace(same, pin);
        }
        Ok(())
    }
}

/// The requirement for what was installed from an address (PEP 610).
fn add_direct(sources: &mut InputSources, dist: &InstalledDist, direct: &DirectUrl) {
    let url = match &direct.kind {
        DirectUrlKind::Vcs { vcs, commit_id, .. } => format!("{vcs}+{}@{commit_id}", direct.url),
        DirectUrlKind::Archive { hashes } => match hashes.get("sha256") {
            Some(sha256) => format!("{}#sha256={sha256}", direct.url),
            None => direct.url.clone(),
        },
        DirectUrlKind::Dir { .. } => direct.url.clone(),
    };
    let url = match &direct.subdirectory {
        Some(below) if url.contains('#') => format!("{url}&subdirectory={below}"),
        Some(below) => format!("{url}#subdirectory={below}"),
        None => url,
    };
    if direct.is_editable() {
        sources.editables.push(url);
    } else {
        sources.packages.push(format!("{} @ {url}", dist.name()));
    }
}
