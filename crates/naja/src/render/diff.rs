//! What would change in files, as a unified diff.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use naja_engine::FileEdit;
use similar::{ChangeTag, TextDiff};

use super::plain;

const OLD: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();

/// The changes of text files, their paths as seen from a directory.
pub(crate) fn unified(edits: &[FileEdit], from: &Path) -> String {
    let mut out = String::new();
    for edit in edits.iter().filter(|edit| edit.before != edit.after) {
        one(&mut out, edit, from);
    }
    out
}

fn one(out: &mut String, edit: &FileEdit, from: &Path) {
    let text = |content: &Option<Vec<u8>>| {
        let bytes = content.as_deref().unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    };
    let (before, after) = (text(&edit.before), text(&edit.after));
    let path = edit.path.strip_prefix(from).unwrap_or(&edit.path);
    let side = |letter: &str, is_there: bool| match is_there {
        true => format!("{letter}/{}", path.display()),
        false => "/dev/null".to_owned(),
    };
    line(out, Style::new(), "--- ", &side("a", edit.before.is_some()));
    line(out, Style::new(), "+++ ", &side("b", edit.after.is_some()));
    let diff = TextDiff::from_lines(&before, &after);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        line(out, PLACE, "", &hunk.header().to_string());
        for change in hunk.iter_changes() {
            let (style, sign) = match change.tag() {
                ChangeTag::Delete => (OLD, "-"),
                ChangeTag::Insert => (NEW, "+"),
                ChangeTag::Equal => (Style::new(), " "),
            };
            let content = change.value().trim_end_matches(['\n', '\r']);
            line(out, style, sign, content);
            if change.missing_newline() {
                line(out, Style::new(), "", "\\ No newline at end of file");
            }
        }
    }
}

fn line(out: &mut String, style: Style, sign: &str, content: &str) {
    // Writing into a string cannot fail.
    let _written = writeln!(out, "{style}{sign}{}{style:#}", plain(content));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: Option<&str>, after: Option<&str>) -> String {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        let edit = FileEdit {
            path: "/project/pyproject.toml".into(),
            before: bytes(before),
            after: bytes(after),
        };
        let painted = unified(&[edit], Path::new("/project"));
        anstream::adapter::strip_str(&painted).to_string()
    }

    #[test]
    fn a_changed_line_stands_between_its_neighbours() {
        let shown = shown(Some("a\nb\nc\n"), Some("a\nB\nc\n"));
        let expected =
            "--- a/pyproject.toml\n+++ b/pyproject.toml\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_new_file_comes_from_nothing() {
        let shown = shown(None, Some("a"));
        let expected = "--- /dev/null\n+++ b/pyproject.toml\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_stays_is_not_shown() {
        assert_eq!(shown(Some("a"), Some("a")), "");
    }

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert!(shown(Some(""), Some("\u{1b}[2J\n")).contains("+\u{241b}[2J"));
    }
}
