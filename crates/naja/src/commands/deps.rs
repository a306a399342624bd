//! `naja deps`.

use naja_engine::Session;
use naja_engine::project::{DepsRequest, check_deps};

use super::{Done, Outcome, name, to_json};
use crate::args::DepsCheckArgs;
use crate::render::deps;

/// `naja deps check`; the exit status is 1 when something was found.
pub(super) fn check(session: &mut Session, args: &DepsCheckArgs) -> Done {
    let request = DepsRequest {
        package: args.package.as_deref().map(name).transpose()?,
        all: args.all,
        ignore: session.settings.deps_ignore.value.clone(),
    };
    let report = check_deps(session, &request)?;
    let status = u8::from(!report.findings.is_empty());
    if args.output.wants_json() {
        return Ok(Outcome::Text(to_json(&report)?, status));
    }
    if report.environment.is_none() {
        session.warn(
            "the project has no environment, so the modules of packages are guessed from their names; `naja sync` \
             makes it",
        );
    }
    Ok(Outcome::Text(deps::report(&report), status))
}
