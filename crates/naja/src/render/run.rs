//! What can be run, what would be run, and how it went in several places.

use anstyle::{AnsiColor, Style};
use naja_engine::tasks::{Listing, ShownCommand, VariantReport, VariantRow};

use super::plain;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();

/// The tasks and programs of a project.
pub(crate) fn listing(listing: &Listing) -> String {
    let shown = listing.tasks.iter().filter(|task| !task.hidden);
    let tasks: Vec<(String, String)> = shown
        .map(|task| {
            let mut usage = task.name.clone();
            for argument in &task.arguments {
                usage.push_str(&match argument.required {
                    true => format!(" {}", argument.usage),
                    false => format!(" [{}]", argument.usage),
                });
            }
            (usage, task.summary.clone())
        })
        .collect();
    let several = listing.scripts.iter().any(|script| {
        let first = listing.scripts.first();
        first.is_some_and(|first| first.project != script.project)
    });
    let scripts = listing.scripts.iter().map(|script| {
        let note = if several { script.project.as_str() } else { "" };
        (script.name.clone(), note.to_owned())
    });
    let mut text = String::new();
    section(&mut text, "Tasks", &tasks);
    section(
        &mut text,
        "Programs of the project",
        &scripts.collect::<Vec<_>>(),
    );
    if text.is_empty() {
        text = "There are no tasks, and the project has no programs\n".to_owned();
    }
    text
}

/// The same where nothing was named, with the programs of the environment.
pub(crate) fn nothing_named(found: &Listing) -> String {
    let mut text =
        "Name something to run: `naja run COMMAND`, `naja run FILE.py`, `naja run -m MODULE`\n"
            .to_owned();
    let has_own = found.tasks.iter().any(|task| !task.hidden) || !found.scripts.is_empty();
    if has_own {
        text.push('\n');
        text.push_str(&listing(found));
    }
    let is_own = |name: &String| found.scripts.iter().any(|script| script.name == *name);
    let is_aside = |name: &String| {
        let lower = name.to_ascii_lowercase();
        lower.starts_with("activate") || lower.starts_with("deactivate") || lower == "pydoc.bat"
    };
    let others = found.programs.iter();
    let others: Vec<(String, String)> = others
        .filter(|name| !is_own(name) && !is_aside(name))
        .map(|name| (name.clone(), String::new()))
        .collect();
    section(&mut text, "Programs of the environment", &others);
    text
}

fn section(text: &mut String, title: &str, rows: &[(String, String)]) {
    if rows.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("{BOLD}{title}{BOLD:#}\n"));
    let widths = rows.iter().map(|(name, _)| name.chars().count());
    let width = widths.filter(|width| *width <= 32).max().unwrap_or(0);
    for (name, note) in rows {
        let pad = " ".repeat(width.saturating_sub(name.chars().count()));
        let line = format!("  {}{pad}  {DIM}{}{DIM:#}", plain(name), plain(note));
        match note.is_empty() {
            true => text.push_str(&format!("  {}", plain(name))),
            false => text.push_str(&line),
        }
        text.push('\n');
    }
}

/// The commands a task comes to.
pub(crate) fn commands(commands: &[ShownCommand]) -> String {
    let mut text = String::new();
    let width = commands.iter().map(|one| one.task.chars().count()).max();
    for one in commands {
        let pad = " ".repeat(width.unwrap_or(0).saturating_sub(one.task.chars().count()));
        let fresh = if one.fresh { "  (fresh, skipped)" } else { "" };
        text.push_str(&format!(
            "{BOLD}{}{BOLD:#}{pad}  {}{DIM}{fresh}{DIM:#}\n",
            plain(&one.task),
            plain(&one.command)
        ));
    }
    text
}

/// How it went in each variant.
pub(crate) fn summary(report: &VariantReport) -> String {
    let mut head: Vec<String> = report.axes.clone();
    head.extend(["result".to_owned(), "time".to_owned()]);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in &report.rows {
        let mut cells: Vec<String> = row
            .values
            .iter()
            .map(|value| {
                if value.is_empty() {
                    "-".to_owned()
                } else {
                    plain(value).into_owned()
                }
            })
            .collect();
        cells.extend([result(row), time(row.ms)]);
        rows.push(cells);
    }
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([head[at].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::from("\n");
    let mut line = |cells: &[String], style: &dyn Fn(usize) -> Style| {
        for (at, cell) in cells.iter().enumerate() {
            let style = style(at);
            let pad = match at + 1 == cells.len() {
                true => String::new(),
                false => " ".repeat(widths[at] - cell.chars().count() + 2),
            };
            text.push_str(&format!("{style}{cell}{style:#}{pad}"));
        }
        text.push('\n');
    };
    line(&head, &|_| DIM);
    let results = head.len() - 2;
    for (cells, row) in rows.iter().zip(&report.rows) {
        let color = match row.status {
            Some(0) => GREEN,
            Some(_) => RED,
            None => DIM,
        };
        line(cells, &|at| {
            if at == results { color } else { Style::new() }
        });
    }
    text
}

fn result(row: &VariantRow) -> String {
    match (&row.failure, row.status) {
        (_, None) => "nothing to run".to_owned(),
        (_, Some(0)) => "ok".to_owned(),
        (Some(failure), Some(status)) if !matches!(failure.kind, naja_engine::Kind::Status(_)) => {
            format!("not run ({status})")
        }
        (_, Some(status)) => format!("failed ({status})"),
    }
}

fn time(ms: u64) -> String {
    if ms < 1000 {
        format!("{ms}ms")
    } else {
        format!("{}.{:02}s", ms / 1000, ms % 1000 / 10)
    }
}
