//! Environments as tables and pages.

use std::path::Path;

use console::measure_text_width;
use naja_engine::env::{Kind, Listed, Removal};

use super::plain;
use super::tables::bytes;

/// Paths are not made shorter than this.
const SHORTEST: usize = 16;

/// A table: the environment of the directory is marked `*`, the active one `>`.
///
/// Where it is wider than the terminal, the projects that their environments lie in are left out, and then
/// paths lose their beginnings. What is not written to a terminal is whole.
pub(crate) fn table(all: &[Listed], now_ms: i64, home: Option<&Path>) -> String {
    let terminal = console::Term::stdout();
    let size = terminal.is_term().then(|| terminal.size_checked());
    let columns = size.flatten().map(|(_, columns)| usize::from(columns));
    fitted(all, (now_ms, home), columns)
}

fn fitted(all: &[Listed], (now_ms, home): (i64, Option<&Path>), columns: Option<usize>) -> String {
    let mut rows = vec![vec![
        " ".to_owned(),
        "Environment".to_owned(),
        "Python".to_owned(),
        "Size".to_owned(),
        "Shared".to_owned(),
        "Last used".to_owned(),
        "Project".to_owned(),
        String::new(),
    ]];
    rows.extend(all.iter().map(|listed| row(listed, now_ms, home)));
    // What nobody measured has no column.
    if all.iter().all(|listed| listed.size.is_none()) {
        for row in &mut rows {
            row.drain(3..5);
        }
    }
    if let Some(columns) = columns {
        fit(&mut rows, all, columns);
    }
    let widths = widths(&rows);
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = width.saturating_sub(measure_text_width(cell));
            line.push_str(cell);
            line.push_str(&" ".repeat(padding + GAP));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// What is between two columns.
const GAP: usize = 2;

/// How wide the cells of each column are.
fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let columns = rows.first().map_or(0, Vec::len);
    let cells = |at: usize| rows.iter().filter_map(move |row| row.get(at));
    (0..columns)
        .map(|at| cells(at).map(|cell| measure_text_width(cell)).max())
        .map(Option::unwrap_or_default)
        .collect()
}

/// Makes rows as narrow as a terminal, where that can be.
fn fit(rows: &mut [Vec<String>], all: &[Listed], columns: usize) {
    const ROOT: usize = 1;
    let excess = |rows: &[Vec<String>]| {
        let widths = widths(rows);
        // Nothing is written behind the last cell that has something.
        let used = widths.iter().rposition(|width| *width > 0).unwrap_or(0);
        let whole: usize = widths[..=used].iter().sum::<usize>() + GAP * used;
        whole.saturating_sub(columns)
    };
    let project = rows.first().map_or(0, |row| row.len().saturating_sub(2));
    if excess(rows) > 0 {
        let is_told = |listed: &Listed| {
            let project = listed.project.as_deref();
            project.is_some() && project == listed.root.parent()
        };
        for (row, listed) in rows.iter_mut().skip(1).zip(all) {
            if is_told(listed) {
                row[project].clear();
            }
        }
        if rows.iter().skip(1).all(|row| row[project].is_empty()) {
            rows[0][project].clear();
        }
    }
    for column in [project, ROOT] {
        let over = excess(rows);
        let width = widths(rows)[column].saturating_sub(over).max(SHORTEST);
        if over > 0 {
            for row in rows.iter_mut() {
                row[column] = without_beginning(&row[column], width);
            }
        }
    }
}

/// The end of a text, behind a sign that there was more.
fn without_beginning(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let mut end = text;
    while measure_text_width(end) >= width {
        let mut rest = end.chars();
        if rest.next().is_none() {
            break;
        }
        end = rest.as_str();
    }
    format!("…{end}")
}

fn row(listed: &Listed, now_ms: i64, home: Option<&Path>) -> Vec<String> {
    let mark = match (listed.here, listed.active) {
        (true, _) => "*",
        (_, true) => ">",
        _ => " ",
    };
    let size = |pick: fn(&naja_engine::env::Size) -> u64| {
        let size = listed.size.as_ref();
        size.map_or_else(|| "-".to_owned(), |size| bytes(pick(size)))
    };
    let project = match listed.kind {
        Kind::Cached => "(cache)".to_owned(),
        _ => listed
            .project
            .as_ref()
            .map_or_else(|| "-".to_owned(), |project| short(project, home)),
    };
    vec![
        mark.to_owned(),
        short(&listed.root, home),
        plain(listed.python.as_deref().unwrap_or("-")).into_owned(),
        size(|size| size.own),
        size(|size| size.shared),
        listed
            .used_ms
            .map_or_else(|| "-".to_owned(), |used| ago(used, now_ms)),
        project,
        notes(listed, home),
    ]
}

fn notes(listed: &Listed, home: Option<&Path>) -> String {
    let mut notes: Vec<String> = listed
        .missing
        .iter()
        .map(|what| match *what {
            "environment" => "gone".to_owned(),
            "project" => "its project is gone".to_owned(),
            _ => "its Python is gone".to_owned(),
        })
        .collect();
    if let Some(from) = &listed.moved_from {
        notes.push(format!("was at {}", short(from, home)));
    }
    notes.join(", ")
}

/// Everything about one environment.
pub(crate) fn page(listed: &Listed, now_ms: i64, home: Option<&Path>) -> String {
    let mut lines = vec![("Environment", short(&listed.root, home))];
    if let Some(project) = &listed.project {
        lines.push(("Project", short(project, home)));
    }
    if let Some(python) = &listed.python {
        lines.push(("Python", plain(python).into_owned()));
    }
    if let Some(base) = &listed.base {
        lines.push(("Made from", short(base, home)));
    }
    if let Some(size) = &listed.size {
        let shared = match size.shared {
            0 => String::new(),
            shared => format!(", and {} shared with the cache", bytes(shared)),
        };
        lines.push((
            "Size",
            format!("{}{shared} ({} files)", bytes(size.own), size.files),
        ));
    }
    if let Some(used) = listed.used_ms {
        lines.push(("Last used", ago(used, now_ms)));
    }
    let active = if listed.active { "yes" } else { "no" };
    lines.push(("Active", active.to_owned()));
    let notes = notes(listed, home);
    if !notes.is_empty() {
        lines.push(("Note", notes));
    }
    lines
        .into_iter()
        .map(|(name, value)| format!("{name:<12} {value}\n"))
        .collect()
}

/// A line about an environment that shall go.
pub(crate) fn removal(removal: &Removal, preview: bool) -> String {
    let verb = if preview {
        "Would remove"
    } else {
        "To be removed:"
    };
    let why = match removal.why.as_str() {
        "" => String::new(),
        why => format!(", {why}"),
    };
    format!(
        "{verb} {} ({}{why})",
        removal.root.display(),
        bytes(removal.size.own)
    )
}

fn short(path: &Path, home: Option<&Path>) -> String {
    let below = home.and_then(|home| path.strip_prefix(home).ok());
    let text = match below {
        Some(below) if home != Some(Path::new("/")) => Path::new("~").join(below),
        _ => path.to_path_buf(),
    };
    plain(&text.to_string_lossy()).into_owned()
}

/// A time in the past, to the day.
fn ago(then_ms: i64, now_ms: i64) -> String {
    match now_ms.saturating_sub(then_ms) / 86_400_000 {
        i64::MIN..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days @ 2..=59 => format!("{days} days ago"),
        days @ 60..=729 => format!("{} months ago", days / 30),
        days => format!("{} years ago", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_day() {
        let day = 86_400_000;
        assert_eq!(ago(5 * day, 5 * day + 1000), "today");
        assert_eq!(ago(9 * day, 5 * day), "today");
        assert_eq!(ago(4 * day, 5 * day), "yesterday");
        assert_eq!(ago(0, 30 * day), "30 days ago");
        assert_eq!(ago(0, 90 * day), "3 months ago");
        assert_eq!(ago(i64::MIN, 0), "292471208 years ago");
    }

    fn listed(root: &str, project: &str) -> Listed {
        Listed {
            root: root.into(),
            kind: Kind::Own,
            project: Some(project.into()),
            python: Some("3.12.1".to_owned()),
            base: None,
            size: None,
            made_ms: None,
            used_ms: Some(0),
            active: false,
            here: false,
            missing: Vec::new(),
            moved_from: None,
        }
    }

    #[test]
    fn a_table_is_as_narrow_as_the_terminal() {
        let deep = format!("/somewhere/{}/castle", "deep/".repeat(20));
        let mut all = vec![
            listed("/a/castle/.venv", "/a/castle"),
            listed(&format!("{deep}/.venv"), &deep),
            listed("/central/castle-1234", &deep),
        ];
        let widest = |all: &[Listed], columns| {
            let table = fitted(all, (0, None), columns);
            table.lines().map(measure_text_width).max().unwrap()
        };
        assert!(widest(&all, None) > 200);
        for columns in [60, 80, 100, 140] {
            assert!(widest(&all, Some(columns)) <= columns);
        }
        let table = fitted(&all, (0, None), Some(80));
        assert!(table.contains("/castle/.venv  3.12.1"), "{table}");
        // Only one of them is not in its project.
        assert_eq!(table.matches("/castle\n").count(), 1, "{table}");
        all.pop();
        let table = fitted(&all, (0, None), Some(80));
        assert!(!table.contains("Project"), "{table}");
        assert!(fitted(&all[..1], (0, None), Some(80)).contains("Project"));
    }
}
