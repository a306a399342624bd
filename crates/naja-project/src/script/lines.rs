//! The lines of a script.

/// A line with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// As it is in the script.
    pub(super) raw: String,
    /// What it says inside of a block.
    pub(super) content: String,
}

impl Line {
    fn text(&self) -> &str {
        let without = end_of(&self.raw).map_or(0, str::len);
        &self.raw[..self.raw.len() - without]
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text().trim().is_empty()
    }
}

/// Splits at `\n`, `\r\n` and `\r`, as Python does.
pub(super) fn lines_of(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = match rest.find(['\n', '\r']) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let (raw, behind) = rest.split_at(length);
        let mut line = Line {
            raw: raw.to_owned(),
            content: String::new(),
        };
        let inside = line.text().strip_prefix('#').unwrap_or_default();
        line.content = inside.strip_prefix(' ').unwrap_or(inside).to_owned();
        lines.push(line);
        rest = behind;
    }
    lines
}

/// What ends a line, if it is ended.
pub(super) fn end_of(raw: &str) -> Option<&'static str> {
    ["\r\n", "\n", "\r"]
        .into_iter()
        .find(|end| raw.ends_with(end))
}

/// How many lines have to stay the first: `#!`, and the one that says the encoding (PEP 263).
pub(super) fn head(lines: &[Line]) -> usize {
    let line = |at: usize| {
        let text = lines.get(at).map(Line::text).unwrap_or_default();
        text.strip_prefix('\u{feff}').unwrap_or(text)
    };
    let is_comment = |text: &str| {
        let text = text.trim_start_matches([' ', '\t', '\u{c}']);
        text.is_empty() || text.starts_with('#')
    };
    if lines.len() > 1 && is_comment(line(0)) && says_encoding(line(1)) {
        2
    } else {
        usize::from(line(0).starts_with("#!") || says_encoding(line(0)))
    }
}

/// Whether a line says the encoding: a comment with `coding:` or `coding=` and a name.
fn says_encoding(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '\u{c}']);
    let Some(comment) = line.strip_prefix('#') else {
        return false;
    };
    comment.match_indices("coding").any(|(at, word)| {
        let rest = &comment[at + word.len()..];
        let name = rest.strip_prefix([':', '=']).unwrap_or_default();
        let name = name.trim_start_matches([' ', '\t']);
        name.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    })
}

/// Lists up to this many lines are compared line by line.
const MOST_COMPARED: usize = 1000;

/// For each new line the old one that stays in its place, if one does: a longest common subsequence.
pub(super) fn kept(old: &[&str], new: &[&str]) -> Vec<Option<usize>> {
    let same_start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[same_start..], &new[same_start..]);
    let same_end = old_rest.iter().rev().zip(new_rest.iter().rev());
    let same_end = same_end.take_while(|(a, b)| a == b).count();
    let old_rest = &old_rest[..old_rest.len() - same_end];
    let new_rest = &new_rest[..new_rest.len() - same_end];
    let mut kept: Vec<Option<usize>> = (0..same_start).map(Some).collect();
    let between = between(old_rest, new_rest).into_iter();
    kept.extend(between.map(|at| at.map(|at| at + same_start)));
    kept.extend((old.len() - same_end..old.len()).map(Some));
    kept
}

fn between(old: &[&str], new: &[&str]) -> Vec<Option<usize>> {
    let mut kept = vec![None; new.len()];
    if old.len().max(new.len()) > MOST_COMPARED {
        return kept;
    }
    // The length of the longest common subsequence of what is left from each pair of places on.
    let width = new.len() + 1;
    let mut longest = vec![0u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if old[i] == new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            kept[j] = Some(i);
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    kept
}
