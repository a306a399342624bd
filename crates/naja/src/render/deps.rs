//! What `naja deps check` found, in words.

use naja_engine::project::{DepsFault, DepsFinding, DepsReport};

use super::plain;

/// A line for each finding, and one with their number.
pub(crate) fn report(report: &DepsReport) -> String {
    let mut out: String = report.findings.iter().map(line).collect();
    let files = match report.files {
        1 => "1 file".to_owned(),
        number => format!("{number} files"),
    };
    let found = match report.findings.len() {
        0 => format!(
            "{} declares what it imports, and imports what it declares",
            report.project
        ),
        1 => "1 finding".to_owned(),
        number => format!("{number} findings"),
    };
    out.push_str(&format!("{found} ({files})\n"));
    out
}

fn line(finding: &DepsFinding) -> String {
    let module = finding.module.as_deref().unwrap_or_default();
    let package = &finding.package;
    let section = finding.section.as_deref().unwrap_or_default();
    let what = match finding.kind {
        DepsFault::Unused => {
            let sure = if finding.installed {
                ""
            } else {
                ", as far as its name tells"
            };
            format!("{package} ({section}) is not imported{sure}")
        }
        DepsFault::Misplaced => format!("{} declared in {section} only", whose(finding, module)),
        DepsFault::Undeclared => undeclared(finding, module),
    };
    let remark = match finding.commands.as_slice() {
        [] => String::new(),
        commands => format!("; it brings the command `{}`", commands.join("`, `")),
    };
    let cell = finding.cell.map(|cell| format!("cell {cell}:"));
    plain(&format!(
        "{}:{}{}: {what}{remark}: {}\n",
        finding.file,
        cell.unwrap_or_default(),
        finding.line,
        finding.command
    ))
    .into_owned()
}

fn undeclared(finding: &DepsFinding, module: &str) -> String {
    let of = format!("{} not declared", whose(finding, module));
    match (finding.installed, finding.by.as_slice()) {
        (false, _) => format!("{of} and not installed"),
        (true, []) => of,
        (true, by) => format!("{of} and comes only by way of {}", by.join(", ")),
    }
}

/// A module, and its package where that is called otherwise.
fn whose(finding: &DepsFinding, module: &str) -> String {
    let package = &finding.package;
    match module.split('.').next().is_some_and(|top| top == package) {
        true => format!("`{module}` is"),
        false => format!("`{module}` is of {package}, which is"),
    }
}
