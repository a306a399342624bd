//! What the commands of projects say.

use naja_engine::project::{Inherited, LockDiff, LockReport};
use serde_json::{Value, json};

/// A lock's difference as lines, as uv's users know them.
pub(crate) fn changes(diff: &LockDiff) -> Vec<String> {
    let lines = diff.changes.iter().map(|change| {
        let (before, after) = (joined(&change.before), joined(&change.after));
        let name = &change.name;
        match (change.before.is_empty(), change.after.is_empty()) {
            (true, _) => format!("Added {name} {after}"),
            (_, true) => format!("Removed {name} {before}"),
            _ => format!("Updated {name} {before} -> {after}"),
        }
    });
    lines.collect()
}

fn joined(versions: &[String]) -> String {
    let shown: Vec<String> = versions
        .iter()
        .map(|version| match version.starts_with('(') {
            true => version.clone(),
            false => format!("v{version}"),
        })
        .collect();
    shown.join(", ")
}

/// The answer of `naja lock` for programs.
pub(crate) fn lock_json(report: &LockReport) -> Value {
    let changes = report.diff.changes.iter();
    let changes: Vec<Value> = changes
        .map(|change| json!({"name": change.name, "before": change.before, "after": change.after}))
        .collect();
    json!({
        "schema_version": 1,
        "path": report.path,
        "written": report.written,
        "packages": report.packages,
        "changes": changes,
        "inherited": report.inherited.as_ref().map(inherited_json),
    })
}

/// What became of the versions of another lock.
pub(crate) fn inherited_json(inherited: &Inherited) -> Value {
    let changed = inherited.changed.iter();
    let changed: Vec<Value> = changed
        .map(|lost| {
            json!({"name": lost.name, "before": lost.before, "after": lost.after, "why": lost.why})
        })
        .collect();
    json!({
        "file": inherited.file,
        "kept": inherited.kept,
        "changed": changed,
        "gone": inherited.gone,
    })
}
