//! `naja verify` and `naja repair`.

use naja_engine::verify::{self, Depth, RepairRequest, VerifyRequest};
use naja_engine::{Event, Preview, Session};

use super::{Done, Outcome, names, text, to_json};
use crate::args::{RepairArgs, VerifyArgs};
use crate::render::verify as render;

pub(super) fn verify(session: &mut Session, args: &VerifyArgs) -> Done {
    let request = VerifyRequest {
        packages: names(&args.packages)?,
        depth: if args.quick {
            Depth::Quick
        } else {
            Depth::Contents
        },
        against: args.against.clone(),
    };
    let report = verify::verify(session, &request)?;
    let status = u8::from(!report.is_clean());
    let shown = if args.output.wants_json() {
        to_json(&report)?
    } else {
        render::report(&report)
    };
    Ok(Outcome::Text(shown, status))
}

pub(super) fn repair(session: &mut Session, args: &RepairArgs) -> Done {
    let request = RepairRequest {
        packages: names(&args.packages)?,
        remove_unowned: args.remove_unowned,
        preview: if args.dry_run {
            Preview::DryRun
        } else {
            Preview::Apply
        },
    };
    let report = verify::repair(session, &request)?;
    if args.output.wants_json() {
        return text(to_json(&report)?);
    }
    for message in render::mended(&report) {
        session.emit(&Event::Note { message });
    }
    Ok(Outcome::Quiet(0))
}
