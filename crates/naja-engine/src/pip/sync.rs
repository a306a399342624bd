use std::time::Instant;

use naja_env::{EnvState, Environment, Extraneous, PlanRules, Reinstall};
use naja_lock::{DistSource, Pin, Selection};
use naja_project::settings::Settings;

use super::install::{Goal, install_locked, reinstall, resolve};
use super::{agreement, locked};
use crate::change::{self, ChangeReport, Preview, Wish};
use crate::event::Event;
use crate::failure::Failure;
use crate::inputs::{self, InputSources, RequirementSet};
use crate::options;
use crate::pipeline::Pipeline;
use crate::session::Session;
use crate::target;

/// What `naja pip sync` makes an environment equal to.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    /// The requirements files.
    pub sources: InputSources,
    /// How far it goes.
    pub preview: Preview,
}

/// Makes an environment exactly what the files say: nothing missing, nothing
/// more.
///
/// # Errors
/// Whatever stands in the way; the environment is then as it was.
pub fn sync(session: &mut Session, request: &SyncRequest) -> Result<ChangeReport, Failure> {
    let start = Instant::now();
    if let Some(lock) = locked::open(session, &request.sources)? {
        let reinstall = reinstall(session);
        let rules = |env: &Environment| exact_rules(env, reinstall.clone());
        let goal = Goal {
            preview: request.preview,
            report: false,
        };
        return install_locked(session, &lock, &rules, goal);
    }
    let set = inputs::read(session, &request.sources)?;
    if set.roots.is_empty() && !session.settings.allow_empty_requirements.value {
        session.warn("the requirements are empty; nothing was changed");
        session.emit(&Event::Note {
            message: "add `--allow-empty-requirements` to remove everything".to_owned(),
        });
        return Ok(ChangeReport::default());
    }
    let (env, state) = target::open_for_change(session)?;
    let rules = exact_rules(&env, reinstall(session));
    if let Some(selection) = pinned(&env, &state, &set, &rules)
        && naja_env::plan(&state, &selection, &rules).is_empty()
    {
        let report = ChangeReport::unchanged(session, selection.len(), start);
        return agreement::if_strict(session, &env, report);
    }
    session
        .trace
        .spoil("not everything is there, or it cannot be told");
    // The files name everything there shall be: nothing is added to it.
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let alone = |settings: &mut Settings| settings.no_deps.value = true;
    let selection = session.with_settings(alone, |session| {
        resolve(session, &mut pipeline, (&env, &state), &set)
    })?;
    let wish = Wish {
        env: &env,
        selection,
        rules,
        preview: request.preview,
    };
    let report = change::carry_out(session, &mut pipeline, &state, &wish)?;
    session.detail(pipeline.summary());
    pipeline.finish();
    agreement::if_strict(session, &env, report)
}

/// The rules that leave nothing but what is named, and what `--seed` brought.
pub(crate) fn exact_rules(env: &Environment, reinstall: Reinstall) -> PlanRules {
    PlanRules {
        extraneous: if env.keeps_seeds() {
            Extraneous::RemoveButSeeds
        } else {
            Extraneous::Remove
        },
        reinstall,
    }
}

/// The selection, if the files pin everything and all of it is installed.
fn pinned(
    env: &Environment,
    state: &EnvState,
    set: &RequirementSet,
    rules: &PlanRules,
) -> Option<Selection> {
    if rules.reinstall != Reinstall::None || set.has_more_than_names() {
        return None;
    }
    let markers = &env.interpreter().markers;
    let mut pins = Vec::with_capacity(set.roots.len());
    for root in &set.roots {
        let requirement = &root.requirement;
        if !requirement.applies(markers, &[]) {
            continue;
        }
        let version = requirement.specifiers()?.exact_pin()?;
        let dist = state.get(&requirement.name).first()?;
        if dist.version() != version || dist.direct_url().is_some() || dist.is_editable() {
            return None;
        }
        let (name, version) = (dist.name().clone(), version.clone());
        pins.push(Pin {
            requested: true,
            ..Pin::new(name, version, DistSource::Installed)
        });
    }
    Some(Selection::new(pins))
}
