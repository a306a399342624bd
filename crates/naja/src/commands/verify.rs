//! `naja verify` and `naja repair`.

use naja_engine::Session;
use naja_engine::verify::{self, Depth, VerifyRequest};

use super::{Done, Outcome, names, to_json};
use crate::args::VerifyArgs;
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
