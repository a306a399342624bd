//! Looking for the trace of a request, and keeping one.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

use naja_project::settings::Color;

use super::kept::{self, Kept};
use super::look::{Again, Eyes, Look, Seen};
use super::recorder::{Record, Said};
use super::request::Request;
use crate::process::ProcessEnv;
use crate::session::Session;

/// A trace is good for so long: other things want to be done once a day. In milliseconds.
const AGE: i64 = 20 * 60 * 60 * 1000;

/// Whether there is anything to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is not, and this is what the command has to say.
    UpToDate(Answer),
    /// There may be, for this reason.
    Unknown(String),
}

/// What a command has to say where nothing has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How often less is to be said (`--quiet`).
    pub quiet: u32,
    /// When to use colours.
    pub color: Color,
    /// The words.
    pub said: Said,
}

/// Compares the trace of a request with what is there now.
#[must_use]
pub fn look(process: &ProcessEnv, request: &Request) -> Verdict {
    match compare(process, request) {
        Ok(answer) => Verdict::UpToDate(answer),
        Err(why) => Verdict::Unknown(why),
    }
}

pub(super) fn compare(process: &ProcessEnv, request: &Request) -> Result<Answer, String> {
    let path = kept::path(process, request).ok_or("there is no place for traces")?;
    let mut kept = kept::read(&path).ok_or("nothing is known about this command yet")?;
    if kept.request != request.key() {
        return Err("nothing is known about this command yet".to_owned());
    }
    if !(0..AGE).contains(&process.now_ms.saturating_sub(kept.made)) {
        return Err("it ran too long ago".to_owned());
    }
    let color: Result<Color, _> = kept.color.parse();
    let color = color.map_err(|_unknown| "its trace is damaged")?;
    let eyes = Eyes {
        now: SystemTime::now(),
        variable: &|name| process.var_os(name).map(OsString::from),
    };
    let mut restamped = false;
    for (at, look, seen) in &mut kept.seen {
        match eyes.again(*look, at, seen) {
            Again::Same => {}
            Again::Restamped(now) => {
                *seen = now;
                restamped = true;
            }
            Again::Changed(how) => return Err(format!("`{}` {how}", at.display())),
        }
    }
    if restamped {
        // Next time the content would be compared once more, and nothing else is lost.
        let _unwritten = kept::write(&path, &kept);
    }
    Ok(Answer {
        quiet: kept.quiet,
        color,
        said: kept.said,
    })
}

/// Keeps the trace of a command that is done, if there can be one; else says to those who want details why not.
/// `text` is what it writes to standard output.
pub fn keep(session: &mut Session, request: &Request, text: Option<&str>) {
    let Some(mut record) = session.trace.take() else {
        return;
    };
    record.said.text = text.map(str::to_owned);
    let why = record.spoiled.clone().or_else(|| spoiling(session));
    if let Some(why) = why {
        session.detail(format!("the next run cannot be shortened: {why}"));
        return;
    }
    write(session, request, record);
}

pub(super) fn write(session: &mut Session, request: &Request, record: Record) {
    let Some(path) = kept::path(&session.process, request) else {
        return;
    };
    let kept = kept_of(session, request, record);
    let done = kept::make_room(&path).and_then(|()| kept::write(&path, &kept));
    if let Err(error) = done {
        session.detail(format!("the trace could not be kept: {error}"));
    }
}

/// Settings under which more happens than a trace tells.
pub(super) fn spoiling(session: &Session) -> Option<String> {
    let settings = &session.settings;
    let why = if settings.log.value.is_some() {
        "there is a log"
    } else if settings.no_cache.value {
        "there is no cache"
    } else if settings.refresh.value || !settings.refresh_package.value.is_empty() {
        "everything is to be fetched again"
    } else if settings.verbose.value > 0 {
        "details are asked for"
    } else {
        return None;
    };
    Some(why.to_owned())
}

fn kept_of(session: &Session, request: &Request, record: Record) -> Kept {
    let settings = &session.settings;
    Kept {
        request: request.key().to_owned(),
        made: session.process.now_ms,
        quiet: settings.quiet.value,
        color: settings.color.value.as_str().to_owned(),
        said: record.said.clone(),
        seen: without_repetition(record),
    }
}

/// Leaves out what the content of the same path tells as well.
fn without_repetition(record: Record) -> Vec<(PathBuf, Look, Seen)> {
    let mut rows: Vec<(PathBuf, Look, Seen)> = Vec::new();
    for ((path, look), seen) in record.seen {
        // In order, `Content` comes first.
        let content = rows
            .iter()
            .rev()
            .take_while(|(before, _, _)| *before == path)
            .find(|(_, other, _)| *other == Look::Content);
        let is_told = match (look, content) {
            (Look::Kind, Some(_)) => true,
            // A stamp has the owner; that of a link is another one.
            (Look::Owner, Some((_, _, Seen::Digest(..)))) => {
                !matches!(&seen, Seen::Text(both) if both.contains(' '))
            }
            _ => false,
        };
        if !is_told {
            rows.push((path, look, seen));
        }
    }
    rows
}
