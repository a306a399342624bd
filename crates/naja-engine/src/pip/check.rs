use std::time::Instant;

use serde::Serialize;

use crate::consistency::{Problem, problems};
use crate::event::Event;
use crate::failure::Failure;
use crate::session::{Session, ms_since};
use crate::target;

/// What `naja pip check` found.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// How many distributions were looked at.
    pub packages: usize,
    /// What does not agree.
    pub problems: Vec<Problem>,
}

/// Checks that the installed distributions agree with each other. Python is
/// not started.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn check(session: &mut Session) -> Result<CheckReport, Failure> {
    let start = Instant::now();
    let (env, state) = target::open_and_scan(session)?;
    let packages = state.visible().count();
    session.emit(&Event::Audited {
        packages,
        ms: ms_since(start),
    });
    Ok(CheckReport {
        packages,
        problems: problems(&env, &state),
    })
}
