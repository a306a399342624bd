//! Environments as tables and pages.

use std::path::Path;

use naja_engine::env::{Kind, Listed, Removal};

use super::plain;
use super::tables::bytes;

/// A table: the environment of the directory is marked `*`, the active one `>`.
pub(crate) fn table(all: &[Listed], now_ms: i64, home: Option<&Path>) -> String {
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
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|at| {
            let widths = rows.iter().filter_map(|row| row.get(at));
            widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = width.saturating_sub(cell.chars().count());
            line.push_str(cell);
            line.push_str(&" ".repeat(padding + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
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
}
