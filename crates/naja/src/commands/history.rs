//! `naja history`, `naja undo` and `naja redo`.

use naja_engine::history::{self, Direction, HistoryRequest, UndoRequest};
use naja_engine::{Preview, Session};

use super::{Done, Outcome, hooks, text, to_json};
use crate::args::{BackArgs, HistoryArgs};
use crate::render::history as render;

pub(super) fn history(session: &mut Session, args: &HistoryArgs) -> Done {
    let request = HistoryRequest {
        script: args.script.clone(),
        most: args.number,
        only: args.entry,
    };
    let report = history::history(session, &request)?;
    text(if args.output.wants_json() {
        to_json(&report)?
    } else {
        render::report(&report, args.entry.is_some())
    })
}

/// `undo` and `redo`; `to` is the entry of `--to`.
pub(super) fn back(
    session: &mut Session,
    args: &BackArgs,
    (direction, to): (Direction, Option<u64>),
) -> Done {
    let request = UndoRequest {
        script: args.script.clone(),
        direction,
        steps: args.steps.and_then(|steps| usize::try_from(steps).ok()),
        to,
        force: args.force,
        preview: if args.dry_run {
            Preview::DryRun
        } else {
            Preview::Apply
        },
    };
    let report = history::undo(session, &request)?;
    if report.of_project {
        hooks::after(session, args.hooks.choice(), &report.change)?;
    }
    if args.output.wants_json() {
        return text(to_json(&report)?);
    }
    Ok(Outcome::Quiet(0))
}
