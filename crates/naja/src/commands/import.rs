//! `naja import`: from arguments to the request, and what is said afterwards.

use naja_engine::project::{self, ImportRequest};
use naja_engine::{Event, Session};

use super::{Done, Outcome, text, to_json};
use crate::args::ImportArgs;
use crate::render::{diff, import as words};

pub(super) fn import(session: &mut Session, args: &ImportArgs) -> Done {
    let request = ImportRequest {
        file: args.file.clone(),
        no_lock: args.no_lock,
        dry_run: args.dry_run,
    };
    let report = project::import(session, &request)?;
    if args.output.wants_json() {
        return text(to_json(&words::json(&report))?);
    }
    for line in words::lines(&report, &session.project) {
        session.emit(&Event::Note { message: line });
    }
    if args.dry_run {
        let edits = std::slice::from_ref(&report.edit);
        return Ok(Outcome::Painted(diff::unified(edits, &session.project), 0));
    }
    Ok(Outcome::Quiet(0))
}
