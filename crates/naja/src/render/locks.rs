//! What differs between two locks, in words and for programs.

use anstyle::{AnsiColor, Style};
use naja_engine::project::{
    Asking, Comparison, Detail, DiffReport, DifferenceKind, PackageDifference,
};
use serde_json::{Value, json};

use super::plain;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// Those who ask, beyond which nobody is named.
const MOST_ASKING: usize = 4;

/// A comparison as lines.
pub(crate) fn comparison(comparison: &Comparison) -> String {
    let mut out = String::new();
    for line in &comparison.inputs {
        out.push_str(&format!("{BOLD}{}{BOLD:#}\n", plain(line)));
    }
    if !comparison.inputs.is_empty() && !comparison.packages.is_empty() {
        out.push('\n');
    }
    for one in &comparison.packages {
        package(&mut out, one);
    }
    out
}

fn package(out: &mut String, one: &PackageDifference) {
    let (sign, style) = match one.kind {
        DifferenceKind::Added => ("+", GREEN),
        DifferenceKind::Removed => ("-", RED),
        _ => ("~", CYAN),
    };
    let versions = match one.kind {
        DifferenceKind::Added => one.after.join(", "),
        DifferenceKind::Removed => one.before.join(", "),
        _ if one.before == one.after => one.after.join(", "),
        _ => format!("{} → {}", one.before.join(", "), one.after.join(", ")),
    };
    let note = match one.kind {
        DifferenceKind::Downgraded => " (lower)",
        _ => "",
    };
    out.push_str(&format!(
        "{style}{sign} {}{style:#} {}{note}\n",
        one.name,
        plain(&versions)
    ));
    if matches!(one.kind, DifferenceKind::Added | DifferenceKind::Removed) && one.way.len() > 2 {
        let way: Vec<&str> = one.way.iter().map(naja_spec::PackageName::as_str).collect();
        out.push_str(&format!("    {DIM}{}{DIM:#}\n", plain(&way.join(" → "))));
    }
    for (number, asking) in one.asked_by.iter().enumerate() {
        if number == MOST_ASKING {
            let more = one.asked_by.len() - MOST_ASKING;
            out.push_str(&format!("    {DIM}and {more} more{DIM:#}\n"));
            break;
        }
        out.push_str(&format!("    {DIM}{}{DIM:#}\n", plain(&asked(asking))));
    }
    for detail in &one.details {
        details(out, detail);
    }
}

fn asked(asking: &Asking) -> String {
    let version = asking
        .version
        .as_deref()
        .map(|version| format!(" {version}"));
    let part = asking.part.as_deref().map(|part| format!(" ({part})"));
    format!(
        "{}{}{} asks for {}",
        asking.name,
        version.unwrap_or_default(),
        part.unwrap_or_default(),
        asking.requirement
    )
}

fn details(out: &mut String, detail: &Detail) {
    let always = |marker: &str| match marker {
        "" => "always".to_owned(),
        marker => marker.to_owned(),
    };
    let list = |lines: &[String], sign: &str| -> Vec<String> {
        lines.iter().map(|line| format!("{sign} {line}")).collect()
    };
    let lines = match detail {
        Detail::Files { added, removed } => {
            [list(added, "new file"), list(removed, "file gone")].concat()
        }
        Detail::Hash { file } => {
            let line = plain(file).into_owned();
            out.push_str(&format!(
                "    {RED}other content under the same name{RED:#} {line}\n"
            ));
            return;
        }
        Detail::Marker { before, after } => {
            vec![format!("where {} → {}", always(before), always(after))]
        }
        Detail::Source { before, after } => vec![format!("from {before} → {after}")],
        Detail::Requires { added, removed } => [
            list(added, "requires, new:"),
            list(removed, "requires no more:"),
        ]
        .concat(),
    };
    for line in lines {
        out.push_str(&format!("    {}\n", plain(&line)));
    }
}

/// A comparison for programs.
pub(crate) fn json(report: &DiffReport) -> Value {
    let packages: Vec<Value> = report
        .comparison
        .packages
        .iter()
        .map(package_json)
        .collect();
    json!({
        "schema_version": 1,
        "from": report.from,
        "to": report.to,
        "inputs": report.comparison.inputs,
        "packages": packages,
    })
}

fn package_json(one: &PackageDifference) -> Value {
    let asked_by: Vec<Value> = one
        .asked_by
        .iter()
        .map(|asking| {
            json!({
                "name": asking.name,
                "version": asking.version,
                "part": asking.part,
                "requirement": asking.requirement,
            })
        })
        .collect();
    let details: Vec<Value> = one.details.iter().map(detail_json).collect();
    json!({
        "name": one.name,
        "kind": match one.kind {
            DifferenceKind::Added => "added",
            DifferenceKind::Removed => "removed",
            DifferenceKind::Upgraded => "upgraded",
            DifferenceKind::Downgraded => "downgraded",
            DifferenceKind::Changed => "changed",
        },
        "before": one.before,
        "after": one.after,
        "asked_by": asked_by,
        "way": one.way,
        "details": details,
    })
}

fn detail_json(detail: &Detail) -> Value {
    match detail {
        Detail::Files { added, removed } => {
            json!({"what": "files", "added": added, "removed": removed})
        }
        Detail::Hash { file } => json!({"what": "hash", "file": file}),
        Detail::Marker { before, after } => {
            json!({"what": "marker", "before": before, "after": after})
        }
        Detail::Source { before, after } => {
            json!({"what": "source", "before": before, "after": after})
        }
        Detail::Requires { added, removed } => {
            json!({"what": "requires", "added": added, "removed": removed})
        }
    }
}
