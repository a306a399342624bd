use std::time::Instant;

use naja_env::{EnvState, Environment, Extraneous, PlanRules, Reinstall};
use naja_lock::Selection;
use naja_resolve::{InstalledCandidate, PackageSet, Problem};
use naja_spec::PackageName;

use crate::change::{self, ChangeReport, Preview, Wish};
use crate::consistency;
use crate::event::Event;
use crate::failure::Failure;
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
    /// How far it goes.
    pub preview: Preview,
}

/// Installs what is asked for, and what that requires.
///
/// # Errors
/// Whatever stands in the way; the environment is then as it was.
pub fn install(session: &mut Session, request: &InstallRequest) -> Result<ChangeReport, Failure> {
    let start = Instant::now();
    let set = inputs::read(session, &request.sources)?;
    let mut pipeline = None;
    if !target::is_known(session) {
        // The network works while the interpreter is asked.
        let mut early = Pipeline::new(session, options::index_config(session)?);
        early.expect(set.index_names());
        pipeline = Some(early);
    }
    let (env, state) = target::open_for_change(session)?;
    let upgrade = problem::upgrade(&session.settings);
    let reinstall = reinstall(session);
    if reinstall == Reinstall::None && !request.exact {
        let no_deps = session.settings.no_deps.value;
        if let Some(packages) = satisfied(&env, &state, &set, &upgrade, no_deps) {
            session.emit(&Event::Audited {
                packages: packages.max(1),
                ms: ms_since(start),
            });
            return finish(
                session,
                &env,
                &state,
                ChangeReport {
                    kept: packages,
                    ..Default::default()
                },
            );
        }
    }
    let mut pipeline = match pipeline {
        Some(pipeline) => pipeline,
        None => Pipeline::new(session, options::index_config(session)?),
    };
    let selection = resolve(session, &mut pipeline, (&env, &state), &set)?;
    let rules = PlanRules {
        extraneous: if request.exact {
            Extraneous::Remove
        } else {
            Extraneous::Keep
        },
        reinstall,
    };
    let wish = Wish {
        env: &env,
        selection,
        rules,
        preview: request.preview,
    };
    let report = change::carry_out(session, &mut pipeline, &state, &wish)?;
    session.detail(pipeline.summary());
    pipeline.finish();
    finish(session, &env, &state, report)
}

/// Says what does not agree any more, if anything was there before.
fn finish(
    session: &mut Session,
    env: &Environment,
    before: &EnvState,
    report: ChangeReport,
) -> Result<ChangeReport, Failure> {
    let strict = session.settings.strict.value;
    if !strict && (before.dists().is_empty() || !report.applied) {
        return Ok(report);
    }
    let state = EnvState::scan(env).map_err(|error| crate::diagnose::scan(&error))?;
    let problems = consistency::problems(env, &state);
    let changed: Vec<PackageName> = report
        .changes
        .iter()
        .filter_map(|change| PackageName::parse(&change.name).ok())
        .collect();
    let concerning: Vec<_> = problems
        .iter()
        .filter(|problem| strict || consistency::concerns(problem, &changed))
        .collect();
    for problem in &concerning {
        session.warn(problem.to_string());
    }
    if strict && !concerning.is_empty() {
        return Err(
            Failure::unsatisfied("the installed packages do not agree with each other")
                .hint("the change was made; `naja pip check` shows what does not agree"),
        );
    }
    Ok(report)
}

/// What is installed again although it is good enough.
pub(super) fn reinstall(session: &Session) -> Reinstall {
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
    let (env, state) = place;
    let mut problem = problem::of(session, env.interpreter(), set)?;
    add_installed(session, state, &mut problem);
    let graph = pipeline.resolve(problem, Some(state), &mut *session.sink)?;
    problem::tell_notes(session, &graph);
    session.emit(&Event::Resolved {
        packages: graph.nodes.len(),
        ms: ms_since(start),
    });
    Ok(graph.select())
}

fn add_installed(session: &Session, state: &EnvState, problem: &mut Problem) {
    let again = reinstall(session);
    for dist in state.visible() {
        let replaced = match &again {
            Reinstall::None => false,
            Reinstall::All => true,
            Reinstall::Packages(names) => names.contains(dist.name()),
        };
        let whole = dist.health() == naja_env::Health::Whole;
        if replaced || !whole || problem.upgrade == PackageSet::All {
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
