//! What was done to an environment, in words.

use naja_engine::history::{HistoryReport, Kind, Line};

use super::plain;
use super::tables::bytes;

/// More packages of one entry than this are counted, unless it was asked for alone.
const MOST_CHANGES: usize = 6;

/// The entries, the newest first.
pub(crate) fn report(report: &HistoryReport, whole: bool) -> String {
    let mut out = String::new();
    for line in &report.entries {
        entry(&mut out, line, report.now, whole);
    }
    let shown = report.entries.len();
    if report.total == 0 {
        out.push_str("nothing is known to have been done here\n");
    } else if shown < report.total && !whole {
        out.push_str(&format!("… and {} earlier\n", report.total - shown));
    }
    out
}

fn entry(out: &mut String, line: &Line, now: i64, whole: bool) {
    let undone = if line.undone { "  (undone)" } else { "" };
    out.push_str(&format!(
        "{:>4}  {:<15} {}{undone}\n",
        line.id,
        ago(now - line.time),
        plain(&command(line)),
    ));
    let most = if whole { usize::MAX } else { MOST_CHANGES };
    for change in line.changes.iter().take(most) {
        out.push_str(&format!(
            "        {} {}=={}\n",
            change.action.sign(),
            plain(&change.name),
            plain(&change.version)
        ));
    }
    if line.changes.len() > most {
        out.push_str(&format!(
            "        … and {} more\n",
            line.changes.len() - most
        ));
    }
    for file in &line.files {
        out.push_str(&format!("        file {}\n", plain(file)));
    }
    if line.kept_files > 0 {
        let files = if line.kept_files == 1 {
            "file"
        } else {
            "files"
        };
        out.push_str(&format!(
            "        {} {files} kept ({})\n",
            line.kept_files,
            bytes(line.kept_bytes)
        ));
    }
}

/// The command line as one would type it.
fn command(line: &Line) -> String {
    let mut words = line.command.iter();
    let program = words.next().map_or("naja", |path| {
        path.rsplit(['/', '\\']).next().unwrap_or(path)
    });
    let quoted = words.map(
        |word| match word.contains([' ', '\'', '"', '\n']) || word.is_empty() {
            true => format!("'{}'", word.replace('\'', "'\\''")),
            false => word.clone(),
        },
    );
    let mut text = program.to_owned();
    for word in quoted {
        text.push(' ');
        text.push_str(&word);
    }
    match line.kind {
        Kind::Create if line.command.is_empty() => "made".to_owned(),
        _ => text,
    }
}

/// How long ago something was, roughly.
fn ago(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (number, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        86_400..5_184_000 => (seconds / 86_400, "day"),
        _ => (seconds / 2_592_000, "month"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rough() {
        let hour = 3_600_000;
        assert_eq!(ago(-5), "just now");
        assert_eq!(ago(61_000), "1 minute ago");
        assert_eq!(ago(2 * hour), "2 hours ago");
        assert_eq!(ago(30 * hour), "1 day ago");
        assert_eq!(ago(24 * 90 * hour), "3 months ago");
    }
}
