//! `naja env`.

use naja_engine::env::{self, ListRequest, PruneRequest, Removal, Removed};
use naja_engine::{Event, Failure, Session};

use super::{Done, Outcome, text, to_json};
use crate::args::{EnvInfoArgs, EnvListArgs, EnvPruneArgs, EnvRemoveArgs};
use crate::prompt;
use crate::render::environments as shown;

/// `naja env list`
pub(super) fn list(session: &mut Session, args: &EnvListArgs) -> Done {
    let request = ListRequest {
        size: !args.no_size,
        cached: args.cached,
        orphans: args.orphans,
    };
    let all = env::list(session, request);
    if args.output.wants_json() {
        return text(to_json(&all)?);
    }
    if all.is_empty() {
        session.emit(&Event::Note {
            message: "There are no environments that naja knows".to_owned(),
        });
        return Ok(Outcome::Quiet(0));
    }
    let home = session.process.home.clone();
    text(shown::table(&all, session.process.now_ms, home.as_deref()))
}

/// `naja env path`
pub(super) fn path(session: &mut Session) -> Done {
    let found = env::info(session, None)?;
    text(format!("{}\n", found.root.display()))
}

/// `naja env info`
pub(super) fn info(session: &mut Session, args: &EnvInfoArgs) -> Done {
    let found = env::info(session, args.path.as_deref())?;
    if args.output.wants_json() {
        return text(to_json(&found)?);
    }
    let home = session.process.home.clone();
    text(shown::page(&found, session.process.now_ms, home.as_deref()))
}

/// `naja env remove`
pub(super) fn remove(session: &mut Session, args: &EnvRemoveArgs) -> Done {
    let removals = env::removals(session, &args.environments)?;
    let consent = match (args.dry_run, args.yes) {
        (true, _) => Consent::Withheld,
        (false, true) => Consent::Given,
        (false, false) => Consent::Asked,
    };
    if !agreed(session, &removals, consent)? {
        return Ok(Outcome::Quiet(u8::from(!args.dry_run)));
    }
    let done = env::remove(session, &removals)?;
    told(session, &done, args.output.wants_json())
}

/// `naja env prune`
pub(super) fn prune(session: &mut Session, args: &EnvPruneArgs) -> Done {
    let plan = env::prune_plan(
        session,
        PruneRequest {
            older: args.older,
            orphans: args.orphans,
        },
    );
    if plan.removals.is_empty() && plan.forget.is_empty() {
        session.emit(&Event::Note {
            message: "There is nothing to remove".to_owned(),
        });
        return Ok(Outcome::Quiet(0));
    }
    for root in &plan.forget {
        session.emit(&Event::Note {
            message: format!("Gone already: {}", root.display()),
        });
    }
    if args.dry_run {
        agreed(session, &plan.removals, Consent::Withheld)?;
        return Ok(Outcome::Quiet(0));
    }
    let consent = if args.yes {
        Consent::Given
    } else {
        Consent::Asked
    };
    if !plan.removals.is_empty() && !agreed(session, &plan.removals, consent)? {
        return Ok(Outcome::Quiet(1));
    }
    let done = env::prune(session, &plan)?;
    told(session, &done, args.output.wants_json())
}

/// Whether removing has to be asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consent {
    /// It was given (`-y`).
    Given,
    /// It has to be asked for.
    Asked,
    /// Nothing is removed (`--dry-run`).
    Withheld,
}

/// Shows what would go, and asks. A preview is never agreed to.
fn agreed(session: &mut Session, removals: &[Removal], consent: Consent) -> Result<bool, Failure> {
    if consent == Consent::Given {
        return Ok(true);
    }
    let preview = consent == Consent::Withheld;
    if !preview && !prompt::can_ask() {
        return Err(
            Failure::usage("this would remove environments, and nobody can be asked")
                .hint("`-y` removes them without asking, `--dry-run` only shows them"),
        );
    }
    for removal in removals {
        session.emit(&Event::Note {
            message: shown::removal(removal, preview),
        });
    }
    if preview {
        return Ok(false);
    }
    let question = match removals {
        [_one] => "Remove it? [y/N]".to_owned(),
        more => format!("Remove these {}? [y/N]", more.len()),
    };
    let answer = prompt::line(&question)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn told(session: &mut Session, done: &Removed, json: bool) -> Done {
    if json {
        return text(to_json(done)?);
    }
    for root in &done.removed {
        session.emit(&Event::Note {
            message: format!("Removed {}", root.display()),
        });
    }
    for lost in &done.lost {
        session.emit(&Event::Note {
            message: format!(
                "{} cannot be brought back: {}",
                lost.root.display(),
                lost.why
            ),
        });
    }
    if !done.undoable.is_empty() {
        session.emit(&Event::Note {
            message: "`naja undo` brings it back, for 30 days".to_owned(),
        });
    }
    if done.bytes > 0 {
        session.emit(&Event::Note {
            message: format!(
                "{} are free again",
                crate::render::tables::bytes(done.bytes)
            ),
        });
    }
    Ok(Outcome::Quiet(0))
}
