//! Whether what is installed agrees with itself after a change.

use naja_env::{EnvState, Environment};
use naja_spec::PackageName;

use crate::change::ChangeReport;
use crate::consistency::{self, Problem};
use crate::diagnose;
use crate::failure::Failure;
use crate::session::Session;

/// Says what does not agree any more, if anything was there before; with `--strict` what does not
/// agree at all, as a failure.
pub(super) fn after(
    session: &mut Session,
    env: &Environment,
    before: &EnvState,
    report: ChangeReport,
) -> Result<ChangeReport, Failure> {
    if session.settings.strict.value {
        return if_strict(session, env, report);
    }
    if before.dists().is_empty() || !report.applied {
        return Ok(report);
    }
    let changes = report.changes.iter();
    let changed: Vec<PackageName> = changes
        .filter_map(|change| PackageName::parse(&change.name).ok())
        .collect();
    let problems = problems(env)?.into_iter();
    for problem in problems.filter(|problem| consistency::concerns(problem, &changed)) {
        session.warn(problem.to_string());
    }
    Ok(report)
}

/// With `--strict`, fails if anything does not agree.
pub(super) fn if_strict(
    session: &mut Session,
    env: &Environment,
    report: ChangeReport,
) -> Result<ChangeReport, Failure> {
    if !session.settings.strict.value {
        return Ok(report);
    }
    let problems = problems(env)?;
    for problem in &problems {
        session.warn(problem.to_string());
    }
    if problems.is_empty() {
        return Ok(report);
    }
    let failure = Failure::unsatisfied("the installed packages do not agree with each other");
    Err(failure.hint(match report.applied {
        true => "the change was made; `naja pip check` shows what does not agree",
        false => "nothing was changed; `naja pip check` shows what does not agree",
    }))
}

fn problems(env: &Environment) -> Result<Vec<Problem>, Failure> {
    let state = EnvState::scan(env).map_err(|error| diagnose::scan(&error))?;
    Ok(consistency::problems(env, &state))
}
