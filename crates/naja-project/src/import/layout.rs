//! The lines of a TOML file: which belong to which table and key, and which comments go with them.
//!
//! It is used beside a TOML reader: the text was read before, so that this only has to find lines.

use std::ops::Range;

use toml_edit::Key;

/// A file as blocks: what stands before the first header, then a block for each header.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub(super) blocks: Vec<Block>,
    lines: Vec<String>,
}

/// A header and what follows.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// The parts of the header; empty for the front of the file.
    pub(super) path: Vec<String>,
    /// The line of the header, from 0.
    header: usize,
    /// All lines, with the comments right above the header.
    lines: Range<usize>,
    /// The comments right above the header.
    pub(super) above: Vec<String>,
    pub(super) entries: Vec<Entry>,
    /// Comments behind the last entry.
    pub(super) tail: Vec<String>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Vec<String>,
    /// The lines of key and value, from 0.
    pub(super) lines: Range<usize>,
    /// The lines with the comments right above.
    whole: Range<usize>,
    /// The comments right above.
    pub(super) above: Vec<String>,
    /// The comment behind the value.
    pub(super) behind: Option<String>,
}

/// Where a scanner stands inside of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// A text over several lines with this kind of quote.
    Text(u8),
}

impl Layout {
    /// Finds the lines of a text that is TOML.
    pub(super) fn of(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut layout = Self {
            blocks: vec![Block::default()],
            lines,
        };
        let mut at = 0;
        // Comments that nothing followed yet.
        let mut pending = 0..0;
        while at < layout.lines.len() {
            let line = layout.lines[at].trim();
            if line.is_empty() {
                layout.leave(&pending);
                pending = at + 1..at + 1;
                at += 1;
            } else if line.starts_with('#') {
                at += 1;
                pending.end = at;
            } else if line.starts_with('[') {
                layout.open(at, &pending);
                at += 1;
                pending = at..at;
            } else {
                let end = layout.entry(at, &pending);
                at = end;
                pending = at..at;
            }
        }
        layout.leave(&pending);
        let count = layout.lines.len();
        if let Some(last) = layout.blocks.last_mut() {
            last.lines.end = count;
        }
        layout
    }

    /// Comments before an empty line belong to what stands above.
    fn leave(&mut self, pending: &Range<usize>) {
        let comments: Vec<String> = self.lines[pending.clone()].to_vec();
        if let Some(block) = self.blocks.last_mut() {
            block.tail.extend(comments);
        }
    }

    fn open(&mut self, at: usize, pending: &Range<usize>) {
        let above = self.lines[pending.clone()].to_vec();
        let start = if above.is_empty() { at } else { pending.start };
        if let Some(last) = self.blocks.last_mut() {
            last.lines.end = start;
        }
        let line = self.lines[at].trim();
        let inner = line.trim_start_matches('[');
        let inner = &inner[..closing(inner)];
        self.blocks.push(Block {
            path: parts(inner),
            header: at,
            lines: start..at + 1,
            above,
            entries: Vec::new(),
            tail: Vec::new(),
        });
    }

    /// Reads a key with its value and returns the line behind it.
    fn entry(&mut self, at: usize, pending: &Range<usize>) -> usize {
        let (key_end, mut depth, mut inside) = (equals(&self.lines[at]), 0usize, Inside::Nothing);
        let key = parts(&self.lines[at][..key_end]);
        let mut end = at;
        let mut behind = None;
        while end < self.lines.len() {
            let line = &self.lines[end];
            let from = if end == at { key_end } else { 0 };
            let comment = scan(
                &line.as_bytes()[from.min(line.len())..],
                &mut depth,
                &mut inside,
            );
            behind = comment.map(|place| line[from + place..].trim_end().to_owned());
            end += 1;
            if depth == 0 && inside == Inside::Nothing {
                break;
            }
        }
        let above = self.lines[pending.clone()].to_vec();
        let start = if above.is_empty() { at } else { pending.start };
        if let Some(block) = self.blocks.last_mut() {
            // Comments that seemed to be the last ones were not.
            let own = std::mem::take(&mut block.tail);
            block.entries.push(Entry {
                key,
                lines: at..end,
                whole: start..end,
                above: own.into_iter().chain(above).collect(),
                behind,
            });
        }
        end
    }

    /// The block with a header.
    pub(super) fn block(&self, path: &[&str]) -> Option<&Block> {
        self.blocks.iter().find(|block| block.path == path)
    }

    /// The entry of a table, wherever it stands.
    pub(super) fn entry_at(&self, path: &[&str]) -> Option<&Entry> {
        for block in &self.blocks {
            let Some(rest) = path.strip_prefix(as_strs(&block.path).as_slice()) else {
                continue;
            };
            let found = block.entries.iter().find(|entry| {
                let key = as_strs(&entry.key);
                key == rest || (!rest.is_empty() && rest.starts_with(&key)) || key.starts_with(rest)
            });
            if !rest.is_empty() && found.is_some() {
                return found;
            }
        }
        None
    }

    /// The line, from 1, of a table in a list of tables.
    pub(super) fn line_of_nth(&self, path: &[&str], at: usize) -> u32 {
        let mut blocks = self.blocks.iter().filter(|block| block.path == path);
        match blocks.nth(at) {
            Some(block) => u32::try_from(block.header + 1).unwrap_or(u32::MAX),
            None => self.line(path),
        }
    }

    /// The line, from 1, of a table or a key; of the nearest thing above where it has none of its own.
    pub(super) fn line(&self, path: &[&str]) -> u32 {
        let mut path = path;
        loop {
            let at = self
                .entry_at(path)
                .map(|entry| entry.lines.start)
                .or_else(|| self.block(path).map(|block| block.header));
            if let Some(at) = at {
                return u32::try_from(at + 1).unwrap_or(u32::MAX);
            }
            match path.split_last() {
                Some((_, rest)) => path = rest,
                None => return 1,
            }
        }
    }

    /// The lines of a range that stay; where something went, one empty line is enough.
    fn left(&self, keep: &[bool], range: Range<usize>) -> Vec<&str> {
        let mut out: Vec<&str> = Vec::new();
        for at in range.filter(|at| keep[*at]) {
            let line = self.lines[at].as_str();
            let after_hole = at > 0 && !keep[at - 1];
            let is_blank = |line: &&str| line.trim().is_empty();
            // After a header as well: what went stood between.
            let ends = |line: &&str| is_blank(line) || line.starts_with('[');
            let doubled = out.is_empty() || (after_hole && out.last().is_some_and(ends));
            if !(is_blank(&line) && doubled) {
                out.push(line);
            }
        }
        out
    }

    /// The text without some tables and keys, with `new` in the place of the first of them (at the end, if
    /// there are none). Headers under which nothing is left go as well, and with `above_too` the comments above
    /// the first table something is taken from.
    pub(super) fn without(&self, gone: &[Vec<String>], new: &str, above_too: bool) -> String {
        let mut keep = vec![true; self.lines.len()];
        let mut place = None;
        for block in &self.blocks {
            let holes = block.holes(gone);
            if !holes.is_empty() {
                // In front of what is left of the table: behind it would be inside of it.
                let is_first = place.is_none();
                place.get_or_insert(block.lines.start);
                if above_too && is_first {
                    keep[block.lines.start..block.header].fill(false);
                }
            }
            for hole in holes {
                keep[hole].fill(false);
            }
        }
        let place = place.unwrap_or(keep.len());
        let mut out = self.left(&keep, 0..place);
        trim_end(&mut out);
        if !new.is_empty() {
            if !out.is_empty() {
                out.push("");
            }
            out.extend(new.trim_end().lines());
        }
        let rest = self.left(&keep, place..self.lines.len());
        if !rest.is_empty() && !out.is_empty() {
            out.push("");
        }
        out.extend(rest);
        trim_end(&mut out);
        out.join("\n") + "\n"
    }
}

impl Block {
    /// The lines of a block that go.
    fn holes(&self, gone: &[Vec<String>]) -> Vec<Range<usize>> {
        if gone.iter().any(|path| self.path.starts_with(path)) {
            return vec![self.lines.clone()];
        }
        let goes = |entry: &&Entry| {
            let whole: Vec<String> = self.path.iter().chain(&entry.key).cloned().collect();
            gone.iter().any(|path| whole.starts_with(path))
        };
        let holes: Vec<Range<usize>> = self
            .entries
            .iter()
            .filter(goes)
            .map(|entry| entry.whole.clone())
            .collect();
        match !holes.is_empty() && holes.len() == self.entries.len() && !self.path.is_empty() {
            true => vec![self.lines.clone()],
            false => holes,
        }
    }
}

fn trim_end(lines: &mut Vec<&str>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
}

fn as_strs(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// The parts of a key, quoted ones without their quotes.
fn parts(text: &str) -> Vec<String> {
    match Key::parse(text.trim()) {
        Ok(keys) => keys.iter().map(|key| key.get().to_owned()).collect(),
        Err(_not_a_key) => vec![text.trim().to_owned()],
    }
}

/// Where the sign between key and value stands.
fn equals(line: &str) -> usize {
    outside_quotes(line, b'=').unwrap_or(line.len())
}

/// Where a header ends.
fn closing(text: &str) -> usize {
    outside_quotes(text, b']').unwrap_or(text.len())
}

fn outside_quotes(text: &str, wanted: u8) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match quote {
            Some(b'"') if escaped => escaped = false,
            Some(b'"') if byte == b'\\' => escaped = true,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if byte == wanted => return Some(at),
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            None => {}
        }
    }
    None
}

/// Goes through a piece of a value; says where its comment begins.
fn scan(bytes: &[u8], depth: &mut usize, inside: &mut Inside) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let Inside::Text(quote) = *inside {
            if quote == b'"' && rest[0] == b'\\' {
                at += 2;
            } else if rest.starts_with(&[quote; 3]) {
                // Up to two quotes may belong to the text itself.
                let run = rest.iter().take_while(|byte| **byte == quote).count();
                at += run;
                *inside = Inside::Nothing;
            } else {
                at += 1;
            }
            continue;
        }
        match rest[0] {
            b'#' => return Some(at),
            quote @ (b'"' | b'\'') if rest.starts_with(&[quote; 3]) => {
                *inside = Inside::Text(quote);
                at += 3;
            }
            quote @ (b'"' | b'\'') => at += 1 + short_text(&rest[1..], quote),
            b'[' | b'{' => {
                *depth += 1;
                at += 1;
            }
            b']' | b'}' => {
                *depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
    }
    None
}

/// The length of a text on one line, with its last quote.
fn short_text(bytes: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# top

[build-system] # who builds
requires = ["x"]

# about poetry
[tool.poetry]
name = "castle" # the name
text = """
[tool.not]
a = 1
"""

# all we need
[tool.poetry.dependencies]
python = "^3.9"
# web
harry = { version = "^1", extras = [
  "a#b", # inner
] } # behind
"ron.w" = "*"
# none of ours

[[tool.poetry.source]]
name = "x]y"

[tool.other]
k = '#'
"#;

    #[test]
    fn lines_and_comments() {
        let layout = Layout::of(TEXT);
        let headers: Vec<String> = layout
            .blocks
            .iter()
            .map(|block| block.path.join("/"))
            .collect();
        assert_eq!(
            headers,
            [
                "",
                "build-system",
                "tool/poetry",
                "tool/poetry/dependencies",
                "tool/poetry/source",
                "tool/other"
            ]
        );
        assert_eq!(layout.blocks[0].tail, ["# top"]);
        let poetry = &layout.blocks[2];
        assert_eq!(poetry.above, ["# about poetry"]);
        assert_eq!(poetry.entries[0].behind.as_deref(), Some("# the name"));
        assert_eq!(poetry.entries.len(), 2);
        let dependencies = &layout.blocks[3];
        assert_eq!(dependencies.above, ["# all we need"]);
        assert_eq!(dependencies.entries[1].above, ["# web"]);
        assert_eq!(dependencies.entries[1].behind.as_deref(), Some("# behind"));
        assert_eq!(dependencies.entries[1].lines.len(), 3);
        assert_eq!(dependencies.entries[2].key, ["ron.w"]);
        assert_eq!(dependencies.tail, ["# none of ours"]);
        assert_eq!(
            layout.line(&["tool", "poetry", "dependencies", "harry"]),
            18
        );
        assert_eq!(layout.line(&["tool", "poetry", "dependencies"]), 15);
        assert_eq!(layout.line(&["tool", "nothing", "here"]), 1);
    }

    #[test]
    fn taking_out_leaves_the_rest_as_it_is() {
        let layout = Layout::of(TEXT);
        let path = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        let gone = [
            path("tool/poetry/name"),
            path("tool/poetry/dependencies"),
            path("tool/poetry/source"),
        ];
        let text = layout.without(&gone, "[project]\nname = \"castle\"\n", false);
        assert_eq!(
            text,
            "# top\n\n[build-system] # who builds\nrequires = [\"x\"]\n\n[project]\nname = \"castle\"\n\n\
             # about poetry\n[tool.poetry]\ntext = \"\"\"\n[tool.not]\na = 1\n\"\"\"\n\n[tool.other]\nk = '#'\n"
        );
    }
}
