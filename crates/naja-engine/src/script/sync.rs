//! `naja sync --script`: the environment a script is run in, made before it is run.

use std::path::Path;

use super::environment::unlocked;
use super::lock::{self, Locked};
use crate::cached_env;
use crate::change::{ChangeReport, Preview};
use crate::event::{Action, Change, Event};
use crate::failure::Failure;
use crate::inputs::InputSources;
use crate::project::{SyncReport, SyncRequest, bring, fitting};
use crate::session::Session;

/// Makes the environment of a script, in the cache or (`--active`) the active one.
///
/// # Errors
/// The script has no metadata, its lock does not fit, or the environment cannot be made.
pub fn sync(
    session: &mut Session,
    given: &Path,
    request: &SyncRequest,
) -> Result<SyncReport, Failure> {
    let script = lock::open(session, given)?;
    let locked = Locked::of(session, &script, request.mode)?;
    if request.active {
        let project = lock::project(session, &script)?;
        let mut fitting = fitting(session, &project, request.mode)?;
        if project.lock.is_none() {
            // A script without a lock stays without one.
            fitting.text = None;
            fitting.diff = Default::default();
        }
        return bring(session, &project, fitting, (request, &[]));
    }
    let Some(locked) = locked else {
        let wanted = unlocked(session, &script, &InputSources::default())?;
        let name = cached_env::name_of(session, &wanted)?;
        if announce(session, &name, request.preview)? {
            let wanted = unlocked(session, &script, &InputSources::default())?;
            let _root = cached_env::provide(session, &wanted)?;
        }
        return Ok(report(request.preview, Default::default()));
    };
    let locked = locked.fitting(session, request.mode)?;
    if !request.preview.applies() {
        if let Some(root) = locked.existing(session)? {
            using(session, &root);
            return Ok(report(request.preview, locked.diff()));
        }
        let changes = locked.names(session)?.into_iter();
        let changes = changes.map(|(name, version)| Change {
            action: Action::Added,
            name,
            version,
            source: None,
        });
        let change = ChangeReport {
            changes: changes.collect(),
            ..ChangeReport::default()
        };
        change.preview(session, request.preview)?;
        return Ok(SyncReport {
            lock: locked.diff(),
            change,
        });
    }
    let (root, made) = locked.provide(session)?;
    locked.write(session)?;
    if !made {
        using(session, &root);
    }
    Ok(report(request.preview, locked.diff()))
}

/// Says where the environment is or will be; and whether it has to be made.
fn announce(session: &mut Session, name: &str, preview: Preview) -> Result<bool, Failure> {
    if let Some(root) = cached_env::ready(session, name)
        && !session.settings.refresh.value
        && !session.settings.upgrade.value
    {
        using(session, &root);
        return Ok(false);
    }
    let root = cached_env::root(session, name);
    let word = match preview {
        Preview::Apply => "Creating",
        _ => "Would create",
    };
    session.emit(&Event::Note {
        message: format!("{word} script environment at: {}", root.display()),
    });
    match preview {
        Preview::Apply => Ok(true),
        Preview::DryRun => Ok(false),
        Preview::Check => Err(Failure::unsatisfied("the script has no environment yet")
            .hint("run the command without `--check` to make it")),
    }
}

fn using(session: &mut Session, root: &Path) {
    session.says(format!("Using script environment at: {}", root.display()));
}

fn report(preview: Preview, lock: naja_lock::project::LockDiff) -> SyncReport {
    SyncReport {
        lock,
        change: ChangeReport {
            applied: preview.applies(),
            ..ChangeReport::default()
        },
    }
}
