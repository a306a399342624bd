//! What `naja import` says.

use std::path::Path;

use naja_engine::project::{ImportReport, Remark};
use serde_json::{Value, json};

/// What could not be translated, and what comes next.
pub(crate) fn lines(report: &ImportReport, dir: &Path) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if !report.remarks.is_empty() {
        lines.push("What is not as it was:".to_owned());
        lines.extend(
            report
                .remarks
                .iter()
                .map(|remark| format!("  {}", one(remark))),
        );
    }
    if report.written {
        let manifest = report
            .manifest
            .strip_prefix(dir)
            .unwrap_or(&report.manifest);
        let verb = match report.edit.before {
            Some(_) => "Changed",
            None => "Made",
        };
        lines.push(match &report.lock {
            Some(_) => format!(
                "{verb} {} and locked {} packages: `naja sync` installs them",
                manifest.display(),
                report.packages
            ),
            None => format!("{verb} {}", manifest.display()),
        });
    }
    lines
}

fn one(remark: &Remark) -> String {
    match (remark.file.as_str(), remark.line) {
        ("", _) => remark.message.clone(),
        (file, 0) => format!("{file}: {}", remark.message),
        (file, line) => format!("{file}:{line}: {}", remark.message),
    }
}

/// The same for programs.
pub(crate) fn json(report: &ImportReport) -> Value {
    let remarks = report.remarks.iter();
    let remarks: Vec<Value> = remarks
        .map(|one| json!({"file": one.file, "line": one.line, "message": one.message}))
        .collect();
    let text = |bytes: &Option<Vec<u8>>| {
        bytes
            .as_ref()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    json!({
        "schema_version": 1,
        "from": report.kind.to_string(),
        "manifest": report.manifest,
        "before": text(&report.edit.before),
        "after": text(&report.edit.after),
        "written": report.written,
        "remarks": remarks,
        "inherited": report.inherited.as_ref().map(super::project::inherited_json),
    })
}
