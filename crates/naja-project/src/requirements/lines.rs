//! Logical lines: joined, without comments, with variables replaced, and a way back to each place.

use std::borrow::Cow;

use crate::variables::Variables;

/// One logical line of a requirements file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogicalLine {
    /// The text with `${NAME}` replaced.
    pub(crate) text: String,
    /// The text as written, joined, without its comment.
    pub(crate) written: String,
    /// A variable that is not set, if there is one.
    pub(crate) unset: Option<String>,
    pieces: Vec<Piece>,
}

/// A stretch of a logical line and the place it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    /// Its first byte in the logical line.
    start: usize,
    /// Its line in the file, from 1.
    line: u32,
    /// Its first column there, from 1, in characters.
    column: u32,
    /// Whether it stands for a variable, so that every byte of it is in one place.
    replaced: bool,
}

impl LogicalLine {
    /// Returns the line it begins on.
    pub(crate) fn first_line(&self) -> u32 {
        self.pieces.first().map_or(1, |piece| piece.line)
    }

    /// Returns line and column of a byte.
    pub(crate) fn locate(&self, offset: usize) -> (u32, u32) {
        let after = self.pieces.partition_point(|piece| piece.start <= offset);
        let Some(piece) = after
            .checked_sub(1)
            .and_then(|index| self.pieces.get(index))
        else {
            return (1, 1);
        };
        if piece.replaced {
            return (piece.line, piece.column);
        }
        let end = offset.min(self.text.len());
        let skipped = self
            .text
            .get(piece.start..end)
            .map_or(0, |text| text.chars().count());
        (
            piece.line,
            piece
                .column
                .saturating_add(u32::try_from(skipped).unwrap_or(u32::MAX)),
        )
    }
}

/// Splits a text into logical lines, leaving out those that are empty.
///
/// Lines end where Python's `str.splitlines` ends them. A backslash at the end joins the next line,
/// except in comments; a comment in the middle of joined lines ends them. A comment is `#` at the
/// start or after white space.
pub(crate) fn logical_lines(text: &str, variables: &Variables) -> Vec<LogicalLine> {
    let mut lines = Vec::new();
    let mut pending: Vec<(u32, &str)> = Vec::new();
    for (number, line) in split_lines(text) {
        let is_comment = line.trim_start().starts_with('#');
        let continued = line.ends_with('\\') && !is_comment;
        if continued {
            pending.push((number, line.trim_end_matches('\\')));
            continue;
        }
        if !is_comment {
            pending.push((number, line));
        }
        lines.extend(finish(&pending, variables));
        pending.clear();
    }
    lines.extend(finish(&pending, variables));
    lines
}

/// Splits as Python's `str.splitlines`, numbering from 1.
fn split_lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let ends = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut rest = text;
    let mut number = 0u32;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        number = number.saturating_add(1);
        let Some(end) = rest.find(ends) else {
            return Some((number, std::mem::take(&mut rest)));
        };
        let (line, tail) = rest.split_at(end);
        let width = if tail.starts_with("\r\n") {
            2
        } else {
            tail.chars().next().map_or(1, char::len_utf8)
        };
        rest = &tail[width..];
        Some((number, line))
    })
}

/// Finds where the comment of a joined line starts, with the white space before it.
fn comment_start(text: &str) -> usize {
    let mut from = 0;
    while let Some(found) = text[from..].find('#') {
        let at = from + found;
        let before = &text[..at];
        if before.is_empty() || before.ends_with(char::is_whitespace) {
            return before.trim_end().len();
        }
        from = at + 1;
    }
    text.len()
}

fn finish(parts: &[(u32, &str)], variables: &Variables) -> Option<LogicalLine> {
    let mut joined = String::with_capacity(parts.iter().map(|(_, part)| part.len()).sum());
    let mut starts = Vec::with_capacity(parts.len());
    for (line, part) in parts {
        starts.push((joined.len(), *line));
        joined.push_str(part);
    }
    let end = joined[..comment_start(&joined)].trim_end().len();
    let start = end - joined[..end].trim_start().len();
    if start == end {
        return None;
    }
    let mut line = LogicalLine {
        text: String::with_capacity(end - start),
        written: joined[start..end].to_owned(),
        unset: None,
        pieces: Vec::with_capacity(parts.len() + 1),
    };
    let mut cursor = Cursor::new(&joined, &starts);
    let mut from = start;
    for (at, name, after) in references(&joined[..end]) {
        if at < from {
            continue;
        }
        match variables.get(name) {
            Some(value) => {
                line.copy(&mut cursor, from..at);
                let (number, column) = cursor.advance(at);
                let start = line.text.len();
                line.pieces.push(Piece {
                    start,
                    line: number,
                    column,
                    replaced: true,
                });
                line.text.push_str(value);
                from = after;
            }
            None => line.unset = line.unset.or_else(|| Some(name.to_owned())),
        }
    }
    line.copy(&mut cursor, from..end);
    Some(line)
}

/// Walks forward over joined lines and knows the place it is at.
struct Cursor<'a> {
    joined: &'a str,
    /// The first byte and the number of each line.
    starts: &'a [(usize, u32)],
    /// How many of them have been passed.
    passed: usize,
    at: usize,
    line: u32,
    column: u32,
}

impl<'a> Cursor<'a> {
    fn new(joined: &'a str, starts: &'a [(usize, u32)]) -> Self {
        Self {
            joined,
            starts,
            passed: 0,
            at: 0,
            line: 1,
            column: 1,
        }
    }

    /// Goes to a byte, which must not lie behind, and returns its line and column.
    fn advance(&mut self, to: usize) -> (u32, u32) {
        while let Some((start, line)) = self.starts.get(self.passed).filter(|next| next.0 <= to) {
            (self.at, self.line, self.column) = (*start, *line, 1);
            self.passed += 1;
        }
        let skipped = self
            .joined
            .get(self.at..to)
            .map_or(0, |text| text.chars().count());
        self.at = to;
        self.column = self
            .column
            .saturating_add(u32::try_from(skipped).unwrap_or(u32::MAX));
        (self.line, self.column)
    }
}

impl LogicalLine {
    /// Copies a stretch of the joined lines with the places it came from.
    fn copy(&mut self, cursor: &mut Cursor<'_>, range: std::ops::Range<usize>) {
        if range.is_empty() {
            return;
        }
        let shift = self.text.len();
        let mut start = range.start;
        loop {
            let (line, column) = cursor.advance(start);
            let start_here = shift + (start - range.start);
            self.pieces.push(Piece {
                start: start_here,
                line,
                column,
                replaced: false,
            });
            match cursor.starts.get(cursor.passed) {
                Some((next, _)) if *next < range.end => start = *next,
                _ => break,
            }
        }
        self.text.push_str(&cursor.joined[range]);
    }
}

/// Finds every `${NAME}`: its start, its name, and the byte after it.
fn references(text: &str) -> impl Iterator<Item = (usize, &str, usize)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + text[from..].find("${")?;
            let name = &text[at + 2..];
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
            from = at + 2 + length;
            if length > 0 && name[length..].starts_with('}') {
                from += 1;
                return Some((at, &name[..length], from));
            }
        }
    })
}

/// Masks what a variable put into a line, for messages: shows the text as it was written.
pub(crate) fn shown(line: &LogicalLine) -> Cow<'_, str> {
    naja_spec::mask_urls(&line.written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(u32, String)> {
        let variables = Variables::from_iter([("A", "alpha"), ("B_2", "x y"), ("E", "")]);
        let lines = logical_lines(text, &variables);
        lines
            .into_iter()
            .map(|line| (line.first_line(), line.text))
            .collect()
    }

    #[test]
    fn joins_and_comments() {
        for (text, expected) in [
            ("a\nb", vec![(1, "a"), (2, "b")]),
            ("a\r\nb\rc", vec![(1, "a"), (2, "b"), (3, "c")]),
            ("\n\n a # x\n", vec![(3, "a")]),
            ("a#b", vec![(1, "a#b")]),
            ("a #b", vec![(1, "a")]),
            ("#a\\\nb", vec![(2, "b")]),
            ("a \\\n  b\\\n c", vec![(1, "a   b c")]),
            ("a \\\n# c\nb", vec![(1, "a"), (3, "b")]),
            ("a \\\n b # c \\\nd", vec![(1, "a  b")]),
            ("a \\", vec![(1, "a")]),
            ("\\\n\\\na", vec![(3, "a")]),
            ("a\u{c}b\u{2028}c", vec![(1, "a"), (2, "b"), (3, "c")]),
            ("", vec![]),
            ("   \n\t# x", vec![]),
        ] {
            let expected: Vec<(u32, String)> = expected
                .into_iter()
                .map(|(n, s)| (n, s.to_owned()))
                .collect();
            assert_eq!(texts(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_comment_behind_a_joined_line_swallows_the_join() {
        // As pip: the line ends with a backslash, so it is joined, and the comment takes the rest.
        assert_eq!(
            texts("a # b \\\nc\nd"),
            [(1, "a".to_owned()), (3, "d".to_owned())]
        );
    }

    #[test]
    fn variables_are_replaced() {
        for (text, expected) in [
            ("${A}", "alpha"),
            ("x${A}y${B_2}z", "xalphayx yz"),
            ("${a} $A ${NONE} ${E} ${", "${a} $A ${NONE} ${E} ${"),
            ("${${A}}", "${alpha}"),
        ] {
            assert_eq!(texts(text)[0].1, expected, "{text:?}");
        }
    }

    #[test]
    fn places_are_found_again() {
        let variables = Variables::from_iter([("A", "alpha")]);
        let line = &logical_lines("é \\\n  b ${A} c", &variables)[0];
        assert_eq!(line.text, "é   b alpha c");
        assert_eq!(line.written, "é   b ${A} c");
        let place = |what: &str| line.locate(line.text.find(what).unwrap());
        assert_eq!(place("é"), (1, 1));
        assert_eq!(place("b"), (2, 3));
        assert_eq!(place("alpha"), (2, 5));
        assert_eq!(place("pha"), (2, 5));
        assert_eq!(place(" c"), (2, 9));
        assert_eq!(line.locate(line.text.len()), (2, 11));
    }

    #[test]
    fn a_huge_line_takes_linear_time() {
        let text = "${A} ".repeat(200_000);
        assert_eq!(texts(&text)[0].1.len(), 6 * 200_000 - 1);
        let joined = "a \\\n".repeat(200_000);
        assert_eq!(texts(&joined).len(), 1);
    }
}
