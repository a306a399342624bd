use std::collections::BTreeSet;

use naja_env::{EnvState, InstalledDist};
use naja_python::Interpreter;
use naja_spec::{PackageName, Version, VersionSpecifiers};
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::available::{Lens, pages};
use super::list::{ListRequest, scan};
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// Which distributions are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Those of which the indexes have a newer version.
    #[default]
    Outdated,
    /// Those of which they have none.
    UpToDate,
}

/// One installed distribution, and the newest version of it.
#[derive(Clone, Debug, Serialize)]
pub struct Outdated {
    /// The normalised name.
    pub name: String,
    /// The installed version.
    pub version: String,
    /// The newest version that the other installed distributions allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_version: Option<String>,
    /// The newest version that can be installed here.
    pub latest_version: String,
    /// `wheel` or `sdist`.
    pub latest_filetype: &'static str,
    /// Where the sources of an editable installation are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub editable_project_location: Option<String>,
}

/// What `naja outdated` and `naja pip list --outdated` shall show.
#[derive(Clone, Debug, Default)]
pub struct OutdatedRequest {
    /// Which installed distributions are looked at.
    pub list: ListRequest,
    /// Which of them are shown.
    pub freshness: Freshness,
    /// Only those that were asked for by name.
    pub direct: bool,
    /// Whether the newest version that others allow is told, too.
    pub allowed: bool,
}

/// Compares what is installed with what the indexes have.
///
/// # Errors
/// There is no environment, or an index cannot be asked.
pub fn outdated(
    session: &mut Session,
    request: &OutdatedRequest,
) -> Result<Vec<Outdated>, Failure> {
    let state = scan(session, &request.list.paths)?;
    let wanted = super::list::chosen(session, &state, &request.list)?;
    let dists: Vec<&InstalledDist> = wanted
        .into_iter()
        .filter(|dist| !request.direct || dist.is_requested())
        .collect();
    let names: Vec<PackageName> = dists.iter().map(|dist| dist.name().clone()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let interpreter = target::interpreter_to_resolve_for(session)?;
    let answers = pages(session, &names)?;
    let mut shown = Vec::new();
    let mut unknown = Vec::new();
    let mut asks = FxHashMap::default();
    if request.allowed {
        asks = demands(&interpreter, &state);
    }
    let settings = std::sync::Arc::clone(&session.settings);
    let lens = Lens::new(&settings, &interpreter);
    for (dist, answer) in dists.into_iter().zip(answers) {
        let page = answer.map_err(|error| crate::diagnose::fetch(&error))?;
        let offers = lens.offers(&page);
        let Some(latest) = lens.latest(dist.name(), &offers) else {
            unknown.push(dist.name().to_string());
            continue;
        };
        let newer = latest.version > *dist.version();
        if newer != (request.freshness == Freshness::Outdated) {
            continue;
        }
        let allowed = request.allowed.then(|| {
            let demands = asks.get(dist.name()).map_or(&[][..], Vec::as_slice);
            let good = |version: &Version| demands.iter().all(|wanted| wanted.contains(version));
            let offered: Vec<_> = offers
                .iter()
                .filter(|offer| good(&offer.version))
                .cloned()
                .collect();
            let best = lens.latest(dist.name(), &offered);
            best.map_or_else(|| dist.version(), |offer| &offer.version)
                .max(dist.version())
                .to_string()
        });
        shown.push(Outdated {
            name: dist.name().to_string(),
            version: dist.version().to_string(),
            allowed_version: allowed,
            latest_version: latest.version.to_string(),
            latest_filetype: if latest.wheel { "wheel" } else { "sdist" },
            editable_project_location: super::list::project_location(dist),
        });
    }
    if !unknown.is_empty() {
        session.detail(format!("no index has: {}", unknown.join(", ")));
    }
    Ok(shown)
}

/// What the installed distributions ask of each other.
fn demands(
    interpreter: &Interpreter,
    state: &EnvState,
) -> FxHashMap<PackageName, Vec<VersionSpecifiers>> {
    let mut asks: FxHashMap<PackageName, Vec<VersionSpecifiers>> = FxHashMap::default();
    for dist in state.visible() {
        let Ok(metadata) = dist.read_metadata() else {
            continue;
        };
        for requirement in &metadata.requires_dist {
            if let Some(wanted) = requirement.specifiers()
                && requirement.applies(&interpreter.markers, &[])
            {
                asks.entry(requirement.name.clone())
                    .or_default()
                    .push(wanted.clone());
            }
        }
    }
    asks
}

/// The names that other visible distributions need, extras apart.
pub(super) fn needed(interpreter: &Interpreter, state: &EnvState) -> BTreeSet<PackageName> {
    let markers = &interpreter.markers;
    let mut names = BTreeSet::new();
    for dist in state.visible() {
        let Ok(metadata) = dist.read_metadata() else {
            continue;
        };
        for requirement in metadata.requires_dist {
            if requirement.applies(markers, &[]) {
                names.insert(requirement.name);
            }
        }
    }
    names
}
