//! What `naja outdated` and `naja upgrade` say.

use naja_engine::project::{Blocker, LockOutdated, LockOutdatedReport, Upgradable, UpgradeReport};
use naja_spec::PackageName;
use serde_json::{Value, json};

use super::pip_tables::table;
use super::project::changes;

/// What is outdated as a table.
pub(crate) fn outdated(report: &LockOutdatedReport) -> String {
    let rows: Vec<Vec<String>> = report.packages.iter().map(row).collect();
    let head = [
        "Package",
        "Current",
        "Allowed",
        "Latest",
        "Wanted by",
        "Held back by",
    ];
    table(&head, &rows)
}

fn row(one: &LockOutdated) -> Vec<String> {
    let current = match one.locked.is_empty() {
        true => one.current.clone(),
        false => one.locked.join(", "),
    };
    let mut why: Vec<String> = one.blocked_by.iter().map(blocker).collect();
    if !one.together_with.is_empty() {
        why.push(format!(
            "{} only together with {}",
            one.allowed,
            one.together_with.join(", ")
        ));
    }
    if let Some(yanked) = &one.yanked {
        let because = if yanked.is_empty() {
            "no reason given"
        } else {
            yanked
        };
        why.push(format!("{} was yanked: {because}", one.current));
    }
    vec![
        one.name.to_string(),
        current,
        one.allowed.clone(),
        one.latest.clone(),
        one.wanted_by.join(", "),
        why.join("; "),
    ]
}

/// What is in the way, in few words.
fn blocker(blocker: &Blocker) -> String {
    match blocker {
        Blocker::OwnBound { requirement, .. } => format!("your bound `{requirement}`"),
        Blocker::Package {
            name,
            version,
            requirement,
        } => format!("{name} {version} (`{requirement}`)"),
        Blocker::RequiresPython { needs, project } => {
            format!("requires-python (needs {needs}, the project is for {project})")
        }
        Blocker::ExcludeNewer { cutoff } => format!("exclude-newer ({cutoff})"),
        Blocker::Rule {
            setting,
            requirement,
        } => format!("{setting} `{requirement}`"),
        Blocker::Conflict { story } => match story.first() {
            Some(first) => format!("a conflict: {first}"),
            None => "a conflict".to_owned(),
        },
        Blocker::InsteadOf { packages } => {
            format!("it would need an older {}", packages.join(", "))
        }
        _ => "something else".to_owned(),
    }
}

/// Packages to choose from, one a line.
pub(crate) fn rows(found: &[Upgradable]) -> Vec<String> {
    let widest = found.iter().map(|one| one.name.as_str().len()).max();
    let widest = widest.unwrap_or_default();
    let line = |one: &Upgradable| {
        let versions = match one.before.is_empty() {
            true => String::new(),
            false => format!("{} -> {}", one.before.join(", "), one.after.join(", ")),
        };
        let bounds = one.bounds.iter();
        let bounds: Vec<String> = bounds
            .map(|bound| format!("`{}` -> `{}`", bound.before, bound.after))
            .collect();
        let line = format!(
            "{:widest$}  {versions}  {}",
            one.name.as_str(),
            bounds.join(", ")
        );
        line.trim_end().to_owned()
    };
    found.iter().map(line).collect()
}

/// What was done, line by line, as uv's users know it.
pub(crate) fn lines(report: &UpgradeReport, asked: &[PackageName]) -> Vec<String> {
    let mut lines = changes(&report.lock);
    let moved = |name: &PackageName| {
        let bounds = report.bounds.iter().map(|bound| &bound.name);
        let mut names = bounds.chain(report.lock.changes.iter().map(|change| &change.name));
        names.any(|known| known == name)
    };
    let still = asked.iter().filter(|name| !moved(name));
    lines.extend(still.map(|name| format!("No version change for {name}")));
    lines.extend(report.bounds.iter().map(|bound| {
        format!(
            "Updated requirement: `{}` -> `{}`",
            bound.before, bound.after
        )
    }));
    if let Some(tried) = &report.tried
        && !tried.broken.is_empty()
    {
        let names = |names: &[PackageName]| {
            let names: Vec<&str> = names.iter().map(PackageName::as_str).collect();
            names.join(", ")
        };
        lines.push(format!(
            "Left as they were, since the command fails with them: {}",
            names(&tried.broken)
        ));
    }
    if lines.is_empty() {
        lines.push("Nothing to upgrade".to_owned());
    }
    lines
}

/// The answer of `naja upgrade` for programs.
pub(crate) fn json(report: &UpgradeReport, dry_run: bool) -> Value {
    let changes = report.lock.changes.iter();
    let changes: Vec<Value> = changes
        .map(|change| json!({"name": change.name, "before": change.before, "after": change.after}))
        .collect();
    let manifests = report.manifests.iter().map(|edit| &edit.path);
    json!({
        "schema_version": 1,
        "dry_run": dry_run,
        "bounds": report.bounds,
        "manifests": manifests.collect::<Vec<_>>(),
        "lock": changes,
        "environment": report.change,
        "test": report.tried,
    })
}
