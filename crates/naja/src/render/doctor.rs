//! `naja doctor` and `naja kernel list` for people.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use naja_engine::doctor::{Diagnosis, Finding, Severity};
use naja_engine::kernel::Kernel;

use super::plain;
use super::status::{Paper, wrapped};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();

/// More paths than this are counted only.
const MOST_PATHS: usize = 4;

/// The whole answer; `fixing` says whether `--fix` was given.
pub(crate) fn page(diagnosis: &Diagnosis, fixing: bool, paper: Paper<'_>) -> String {
    let mut out = String::new();
    for mended in &diagnosis.mended {
        let (sign, style) = if mended.done {
            ("mended", GREEN)
        } else {
            ("not mended", RED)
        };
        push(
            &mut out,
            paper.columns,
            (
                &format!("{style}{sign}{style:#} {}: ", mended.id),
                sign.len() + mended.id.len() + 3,
            ),
            &mended.what,
        );
    }
    if !diagnosis.mended.is_empty() && !diagnosis.findings.is_empty() {
        out.push('\n');
    }
    for finding in &diagnosis.findings {
        one(&mut out, finding, paper);
    }
    out.push_str(&summary(diagnosis, fixing, paper.home));
    out
}

fn style_of(severity: Severity) -> Style {
    match severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Note => CYAN,
    }
}

fn one(out: &mut String, finding: &Finding, paper: Paper<'_>) {
    let Paper { home, columns } = paper;
    let style = style_of(finding.severity);
    let word = finding.severity.word();
    let head = format!("{style}{word}{style:#} {DIM}[{}]{DIM:#} ", finding.id);
    let width = word.len() + finding.id.len() + 4;
    let lines = wrapped(&plain(&finding.what), columns.saturating_sub(width).max(20));
    for (at, line) in lines.iter().enumerate() {
        match at {
            0 => out.push_str(&format!("{head}{BOLD}{line}{BOLD:#}\n")),
            _ => out.push_str(&format!("{:width$}{BOLD}{line}{BOLD:#}\n", "")),
        }
    }
    for why in &finding.why {
        push(out, columns, ("  because  ", 11), why);
    }
    // A path that the words have already is not said twice.
    let shown: Vec<String> = finding
        .paths
        .iter()
        .map(|path| short(path, home))
        .filter(|path| !finding.why.iter().any(|why| why.contains(path.as_str())))
        .filter(|path| !finding.what.contains(path.as_str()))
        .collect();
    for path in shown.iter().take(MOST_PATHS) {
        out.push_str(&format!("  {DIM}in{DIM:#}       {}\n", plain(path)));
    }
    if let Some(more) = shown.len().checked_sub(MOST_PATHS).filter(|more| *more > 0) {
        out.push_str(&format!("           {DIM}and {more} more{DIM:#}\n"));
    }
    for step in &finding.steps {
        push(
            out,
            columns,
            (&format!("  {CYAN}do{CYAN:#}       "), 11),
            step,
        );
    }
    out.push('\n');
}

/// Words behind a label, broken where the line ends; the label has this width.
fn push(out: &mut String, columns: usize, (label, indent): (&str, usize), text: &str) {
    for (at, line) in wrapped(&plain(text), columns.saturating_sub(indent.min(40)).max(20))
        .iter()
        .enumerate()
    {
        match at {
            0 => out.push_str(label),
            _ => out.push_str(&" ".repeat(indent.min(40))),
        }
        out.push_str(line);
        out.push('\n');
    }
}

fn short(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) if home != Some(Path::new("/")) => format!("~/{}", rest.display()),
        _ => path.display().to_string(),
    }
}

fn summary(diagnosis: &Diagnosis, fixing: bool, home: Option<&Path>) -> String {
    let looked_at = match &diagnosis.environment {
        Some(root) => plain(&short(root, home)).into_owned(),
        None => "this shell; there is no environment here".to_owned(),
    };
    if diagnosis.findings.is_empty() {
        return format!("{GREEN}Nothing found{GREEN:#}, looking at {looked_at}\n");
    }
    let count = |severity: Severity| {
        let number = diagnosis
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count();
        let word = severity.word();
        match number {
            0 => None,
            1 => Some(format!("1 {word}")),
            _ => Some(format!("{number} {word}s")),
        }
    };
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter_map(count)
        .collect();
    let mut text = format!(
        "{BOLD}{}{BOLD:#}, looking at {looked_at}\n",
        counts.join(", ")
    );
    let mendable = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.can_be_mended())
        .count();
    if mendable > 0 && !fixing {
        let what = match (mendable, diagnosis.findings.len()) {
            (1, 1) => "it".to_owned(),
            (all, of) if all == of => "all of them".to_owned(),
            (1, _) => "one of them".to_owned(),
            (some, _) => format!("{some} of them"),
        };
        text.push_str(&format!("`naja doctor --fix` mends {what}\n"));
    }
    text
}

/// The kernels, a line each.
pub(crate) fn kernels(kernels: &[Kernel], home: Option<&Path>) -> String {
    let width = kernels
        .iter()
        .map(|kernel| kernel.name.chars().count())
        .max()
        .unwrap_or_default();
    let lines = kernels.iter().map(|kernel| {
        let program = kernel.program.as_deref().map(|path| short(path, home));
        let program = program.unwrap_or_else(|| "a program on PATH".to_owned());
        let state = match kernel.works {
            true => String::new(),
            false => format!(", {YELLOW}which is not there{YELLOW:#}"),
        };
        format!(
            "{BOLD}{:width$}{BOLD:#}  {}\n{:width$}  {DIM}{}{DIM:#}{state}\n",
            plain(&kernel.name),
            plain(&kernel.display_name),
            "",
            plain(&program)
        )
    });
    lines.collect()
}
