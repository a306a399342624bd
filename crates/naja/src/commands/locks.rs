//! `naja lock diff` and `naja lock merge`.

use std::path::Path;

use naja_engine::project::{self, DiffRequest, DriverRequest, MergeRequest};
use naja_engine::{Event, Failure, Session};

use super::{Done, Outcome, to_json};
use crate::args::{LockDiffArgs, LockMergeArgs};
use crate::render::locks;

/// `naja lock diff`
pub(super) fn diff(session: &mut Session, args: &LockDiffArgs) -> Done {
    let request = DiffRequest {
        from: args.old.clone(),
        to: args.new.clone(),
    };
    let report = project::diff(session, &request)?;
    let status = u8::from(args.exit_code && !report.comparison.is_empty());
    if args.output.wants_json() {
        return Ok(Outcome::Text(to_json(&locks::json(&report))?, status));
    }
    if report.comparison.is_empty() {
        session.emit(&Event::Note {
            message: format!("{} and {} say the same", report.from, report.to),
        });
        return Ok(Outcome::Quiet(0));
    }
    Ok(Outcome::Painted(
        locks::comparison(&report.comparison),
        status,
    ))
}

/// `naja lock merge`
pub(super) fn merge(session: &mut Session, args: &LockMergeArgs) -> Done {
    if let (Some(base), Some(ours), Some(theirs)) = (&args.base, &args.ours, &args.theirs) {
        let request = MergeRequest {
            base: base.clone(),
            ours: ours.clone(),
            theirs: theirs.clone(),
        };
        let open = project::merge_files(session, &request)?;
        if open.is_empty() {
            return Ok(Outcome::Quiet(0));
        }
        let failure =
            Failure::unsatisfied("not everything in the merged lock is sure to fit together");
        let failure = open.into_iter().take(8).fold(failure, Failure::cause);
        return Err(failure.hint("`naja lock` resolves it; then `git add` it"));
    }
    let request = DriverRequest {
        program: program(session),
        uninstall: args.uninstall,
        dry_run: args.dry_run,
    };
    let edits = project::install_driver(session, &request)?;
    if edits.is_empty() {
        session.emit(&Event::Note {
            message: "Nothing to change".to_owned(),
        });
    }
    for edit in edits {
        let shown = edit.path.strip_prefix(&session.process.cwd);
        let shown = shown.unwrap_or(&edit.path).display().to_string();
        session.emit(&Event::Note { message: shown });
        let lines = edit.removed.iter().map(|line| format!("  - {line}"));
        for message in lines.chain(edit.added.iter().map(|line| format!("  + {line}"))) {
            session.emit(&Event::Note { message });
        }
    }
    Ok(Outcome::Quiet(0))
}

/// How git starts naja: by its name where that leads here, else by its place.
fn program(session: &Session) -> String {
    let own = crate::surroundings::program();
    let path = session.process.var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(path)
        .map(|dir| dir.join(format!("naja{}", std::env::consts::EXE_SUFFIX)))
        .find(|file| file.is_file());
    let same = |a: &Path, b: &Path| a.canonicalize().ok() == b.canonicalize().ok();
    match (found, own) {
        (Some(found), Some(own)) if same(&found, &own) => "naja".to_owned(),
        (_, Some(own)) => quoted(&own.to_string_lossy()),
        (_, None) => "naja".to_owned(),
    }
}

/// A word for the shell that git asks.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:".contains(c);
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
