//! What is told of a change: its lines, its steps, its warnings.

use std::path::Path;

use naja_env::{Applied, ApplyWarning, Archives, EnvPlan, Environment};
use naja_lock::Pin;
use naja_spec::{PackageName, SafeUrl};

use crate::event::{Action, Change, Event};
use crate::explain::steps;
use crate::session::Session;

/// More warnings about one change than this tell nobody anything.
const MOST_WARNINGS: usize = 20;

/// Tells what was done to those who want to know.
pub(super) fn explain(
    session: &mut Session,
    (env, plan): (&Environment, &EnvPlan),
    archives: &Archives,
    applied: &Applied,
) {
    if plan.outgoing().next().is_some() {
        session.step(|_| steps::removed(env, plan));
    }
    if !plan.incoming().is_empty() {
        let outcome = (applied.files, applied.warnings.as_slice());
        session.step(|session| steps::placed(session, (env, plan), archives, outcome));
    }
}

/// Tells what would be done.
pub(super) fn explain_preview(session: &mut Session, env: &Environment, plan: &EnvPlan) {
    let dists: Vec<_> = plan
        .incoming()
        .into_iter()
        .map(|dist| (dist, false))
        .collect();
    if plan.outgoing().next().is_some() {
        session.step(|_| steps::removed(env, plan));
    }
    if !dists.is_empty() {
        session.step(|session| steps::fetched(session, &dists));
        let nothing = Archives::default();
        session.step(|session| steps::placed(session, (env, plan), &nothing, (0, &[])));
    }
}

/// How many came and went.
pub(super) fn count(session: &mut Session, plan: &EnvPlan, ms: u64) {
    let (gone, come) = (plan.outgoing().count(), plan.incoming().len());
    if gone > 0 {
        session.emit(&Event::Uninstalled { packages: gone, ms });
    }
    if come > 0 {
        session.emit(&Event::Installed { packages: come, ms });
    }
}

pub(super) fn tell(session: &mut Session, changes: &[Change]) {
    for change in changes {
        session.emit(&Event::Changed(change.clone()));
    }
}

/// The changes of a plan as lines: by name, what goes before what comes; the
/// same version again is one line.
pub(crate) fn changes_of(plan: &EnvPlan) -> Vec<Change> {
    let mut changes = Vec::new();
    for dist in &plan.remove {
        changes.push(line(
            Action::Removed,
            dist.name(),
            dist.version().to_string(),
            None,
        ));
    }
    for dist in &plan.install {
        changes.push(added(Action::Added, &dist.pin));
    }
    for replacement in &plan.replace {
        let pin = &replacement.new.pin;
        let mut action = Action::Added;
        for old in &replacement.old {
            if *old.version() == pin.version && replacement.old.len() == 1 {
                action = Action::Reinstalled;
            } else {
                let version = old.version().to_string();
                changes.push(line(Action::Removed, old.name(), version, None));
            }
        }
        changes.push(added(action, pin));
    }
    changes.sort_by(|a, b| (&a.name, a.action).cmp(&(&b.name, b.action)));
    changes
}

fn added(action: Action, pin: &Pin) -> Change {
    let source = pin.source.direct_url().map(SafeUrl::masked);
    line(action, &pin.name, pin.version.to_string(), source)
}

fn line(action: Action, name: &PackageName, version: String, source: Option<String>) -> Change {
    Change {
        action,
        name: name.to_string(),
        version,
        source,
    }
}

fn is_pip(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with("pip"))
}

/// Warns of what was met on the way.
pub(crate) fn warn_about(session: &mut Session, applied: &Applied) {
    let shown = applied.warnings.len().min(MOST_WARNINGS);
    for warning in &applied.warnings[..shown] {
        let text = match warning {
            ApplyWarning::Clash {
                path,
                winner,
                loser,
            } => format!(
                "{winner} and {loser} both have the file `{}`; that of {winner} is in place",
                path.display()
            ),
            // pip takes the place of the scripts that say there is none.
            ApplyWarning::ReplacedForeignFile { path, owner }
                if owner.as_str() == "pip" && is_pip(path) =>
            {
                continue;
            }
            ApplyWarning::ReplacedForeignFile { path, owner } => format!(
                "`{}` belonged to no package and was replaced by that of {owner}",
                path.display()
            ),
            ApplyWarning::PathLeftAlone { name, path, reason } => {
                format!("`{path}` of {name} was left alone: {reason}")
            }
            ApplyWarning::Copied { wanted, reason } => format!(
                "files were copied, because `{}` does not work between the cache and the \
                 environment: {reason}",
                format!("{wanted:?}").to_lowercase()
            ),
            ApplyWarning::NotCompiled { name, modules } => {
                format!("{modules} modules of {name} could not be compiled to bytecode")
            }
            _ => continue,
        };
        session.warn(text);
    }
    if applied.warnings.len() > shown {
        session.warn(format!(
            "{} more of this kind",
            applied.warnings.len() - shown
        ));
    }
}
