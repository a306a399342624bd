//! What `naja verify` found, in words.

use std::path::Path;

use naja_engine::verify::{Fault, Finding, RepairReport, VerifyReport};

use super::plain;
use super::tables::bytes;

/// More paths of one package than this are counted, not listed.
const MOST_PATHS: usize = 10;

/// The findings by package, and a line with totals.
pub(crate) fn report(report: &VerifyReport) -> String {
    let root = Path::new(&report.root);
    let mut out = String::new();
    for group in report.findings.chunk_by(|a, b| a.package == b.package) {
        let title = group[0]
            .package
            .as_ref()
            .map_or("of no package", |name| name.as_str());
        out.push_str(&format!("{}\n", plain(title)));
        for finding in group.iter().take(MOST_PATHS) {
            out.push_str(&format!(
                "  {:<15} {}\n",
                word(finding.fault),
                shown(finding, root)
            ));
        }
        if group.len() > MOST_PATHS {
            out.push_str(&format!("  … and {} more\n", group.len() - MOST_PATHS));
        }
    }
    if !report.deviations.is_empty() {
        out.push_str("not as the file says\n");
    }
    for one in &report.deviations {
        let line = match (&one.wanted, &one.installed) {
            (Some(wanted), Some(found)) => format!("{found} is installed, it says {wanted}"),
            (Some(wanted), None) => format!("is not installed, it says {wanted}"),
            (None, Some(found)) => format!("{found} is installed, it does not name it"),
            (None, None) => continue,
        };
        out.push_str(&format!("  {} {}\n", plain(&one.package), plain(&line)));
    }
    out.push_str(&totals(report));
    out
}

/// What `naja repair` did beside putting packages back.
pub(crate) fn mended(report: &RepairReport) -> Vec<String> {
    let few = |paths: &[String]| {
        let mut text = paths[..paths.len().min(MOST_PATHS)].join(", ");
        if paths.len() > MOST_PATHS {
            text.push_str(&format!(" and {} more", paths.len() - MOST_PATHS));
        }
        text
    };
    let mut lines = Vec::new();
    if !report.removed.is_empty() {
        let word = if report.change.applied {
            "Removed"
        } else {
            "Would remove"
        };
        lines.push(format!("{word}: {}", few(&report.removed)));
    }
    if !report.left.is_empty() {
        lines.push(format!(
            "Left alone, as they belong to no package: {} (`--remove-unowned` removes them)",
            few(&report.left)
        ));
    }
    lines
}

fn shown(finding: &Finding, root: &Path) -> String {
    let path = finding.path.strip_prefix(root).unwrap_or(&finding.path);
    plain(&path.to_string_lossy()).into_owned()
}

fn word(fault: Fault) -> &'static str {
    match fault {
        Fault::Changed => "changed",
        Fault::Missing => "missing",
        Fault::WrongType => "not a file",
        Fault::Unreadable => "unreadable",
        Fault::StaleBytecode => "stale bytecode",
        Fault::HalfInstalled => "half installed",
        Fault::Leftover => "leftover",
        Fault::Unowned => "unowned",
        _ => "different",
    }
}

fn totals(report: &VerifyReport) -> String {
    let read = if report.contents {
        format!(", {}", bytes(report.bytes))
    } else {
        " by size alone".to_owned()
    };
    let looked = format!(
        "{} files of {} packages compared{read}",
        report.files, report.packages
    );
    let unlisted = match report.unlisted.len() {
        0 => String::new(),
        number => format!("; {number} packages have no list of files"),
    };
    let differences = report.findings.len() + report.deviations.len();
    let found = match differences {
        0 => "no difference".to_owned(),
        1 => "1 difference".to_owned(),
        number => format!("{number} differences"),
    };
    format!("{looked}{unlisted}: {found}\n")
}
