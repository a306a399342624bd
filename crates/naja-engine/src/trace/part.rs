//! Traces of a part of a command, where there can be none of the whole.
//!
//! `naja run TASK` starts what the task says, with variables from files: that is found out each time. That the
//! environment of the project is ready for it is known from a trace like that of `naja run PROGRAM`.

use std::ffi::OsString;
use std::fmt::Debug;
use std::path::PathBuf;

use naja_project::settings::{Partial, Settings};

use super::recorder::{Recorder, Said, Start};
use super::request::Request;
use super::verdict::{compare, spoiling, write};
use crate::failure::Failure;
use crate::session::Session;

/// Makes an environment ready, unless nothing changed since that was last done for the same wish under the same
/// settings.
///
/// `known` is what comes of it where nothing changed, made of the root of the environment; `root` is that of an
/// environment for which nothing had to be done.
///
/// # Errors
/// Those of the work.
pub(crate) fn environment<T>(
    session: &mut Session,
    wish: &impl Debug,
    (known, root): (
        impl FnOnce(PathBuf) -> T,
        impl FnOnce(&T) -> Option<PathBuf>,
    ),
    work: impl FnOnce(&mut Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    // A trace of the whole tells more.
    if session.trace.is_whole() {
        return work(session);
    }
    let request = request(session, wish);
    let is_kept = spoiling(session).is_none();
    if is_kept || session.settings.verbose.value > 0 {
        let found = compare(&session.process, &request);
        match found.map(|answer| answer.said.start.and_then(|start| start.root)) {
            Ok(Some(root)) if is_kept => return Ok(known(root)),
            Ok(_) => session.detail("the short way: nothing changed for the environment"),
            Err(why) => session.detail(format!("the short way to the environment: {why}")),
        }
    }
    let outer = std::mem::replace(&mut session.trace, Recorder::new());
    let done = work(session);
    let inner = std::mem::replace(&mut session.trace, outer);
    let Some(mut record) = inner.take() else {
        return done;
    };
    session.trace.absorb(&record);
    let root = done.as_ref().ok().and_then(root);
    if let (Some(root), true, None) = (root, is_kept, &record.spoiled) {
        let start = Start {
            root: Some(root),
            ..Start::default()
        };
        record.said = Said {
            start: Some(start),
            ..Said::default()
        };
        write(session, &request, record);
    }
    done
}

/// What tells one such environment from others; the settings are read by now.
fn request(session: &Session, wish: &impl Debug) -> Request {
    // How much is said changes nothing.
    let settings = Settings {
        verbose: Partial::default().settings().verbose,
        ..(*session.settings).clone()
    };
    let words = [
        OsString::from("the environment of a run"),
        session.project.clone().into_os_string(),
        format!("{wish:?}").into(),
        format!("{settings:?}").into(),
    ];
    Request::new(&session.process, &words)
}
