//! Metadata at the top of a script (PEP 723).

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::requirement::{Requirement, RequirementError};
use crate::specifier::{SpecifierError, VersionSpecifiers};

/// The type of block that holds the metadata of a script.
const SCRIPT: &str = "script";

/// Why the metadata of a script cannot be used. Lines count from 1 within the script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// There is more than one `script` block.
    #[error("there is a second `script` block in line {second}; the first is in line {first}")]
    SecondBlock {
        /// The first line of the first block.
        first: usize,
        /// The first line of the second block.
        second: usize,
    },
    /// The content of the block is not TOML, or a value has the wrong type.
    #[error("line {line} of the script: {message}")]
    Toml {
        /// The line at fault.
        line: usize,
        /// What the TOML reader says.
        message: String,
    },
    /// An entry of `dependencies` is not a requirement.
    #[error("line {line} of the script: a dependency is not usable")]
    Dependency {
        /// The line at fault.
        line: usize,
        /// What is wrong with the requirement.
        source: RequirementError,
    },
    /// `requires-python` does not hold version specifiers.
    #[error("line {line} of the script: `requires-python` is not usable")]
    RequiresPython {
        /// The line at fault.
        line: usize,
        /// What is wrong with the specifiers.
        source: SpecifierError,
    },
}

/// A `# /// script` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptBlock {
    /// The content as TOML, without the comment signs; every line ends in `\n`.
    pub content: String,
    /// The bytes of the script from `# /// script` to the closing `# ///`, line end not included.
    pub range: Range<usize>,
    /// The line of `# /// script`, from 1.
    pub line: usize,
}

/// What the block of a script says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScriptMetadata {
    /// What the script needs.
    pub dependencies: Vec<Requirement>,
    /// The versions of Python it runs on.
    pub requires_python: Option<VersionSpecifiers>,
    /// The `[tool]` table.
    pub tool: toml::Table,
}

/// Finds the `script` block; blocks of other types and blocks that are not closed do not count.
///
/// # Errors
/// Fails where there are two.
pub fn script_block(source: &str) -> Result<Option<ScriptBlock>, ScriptError> {
    let mut blocks = Blocks::new(source).filter(|(kind, _)| *kind == SCRIPT);
    let Some((_, block)) = blocks.next() else {
        return Ok(None);
    };
    match blocks.next() {
        None => Ok(Some(block)),
        Some((_, second)) => Err(ScriptError::SecondBlock {
            first: block.line,
            second: second.line,
        }),
    }
}

/// A line that opens a `script` block which is none: the standard has it ignored, and people should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the `script` block of line {line} is not closed: {}", match at {
    Some(at) => format!("line {at} is neither `#` nor starts with `# `, and no `# ///` stands before it"),
    None => "there is no `# ///`".to_owned(),
})]
pub struct ScriptTrouble {
    /// The line, from 1.
    pub line: usize,
    /// The line that ends the comment before the block is closed, from 1; absent at the end of the file.
    pub at: Option<usize>,
}

/// Finds a line that opens a `script` block, in a source that has no such block.
#[must_use]
pub fn script_trouble(source: &str) -> Option<ScriptTrouble> {
    let lines = lines(source);
    let open = lines.iter().position(|line| line.opens() == Some(SCRIPT))?;
    let behind = lines[open..]
        .iter()
        .position(|line| line.content().is_none());
    Some(ScriptTrouble {
        line: open + 1,
        at: behind.map(|at| open + at + 1),
    })
}

/// A line with its place in the source; the line end is not part of it.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> Line<'a> {
    /// The type of the block that this line would open.
    fn opens(self) -> Option<&'a str> {
        let kind = self.text.strip_prefix("# /// ")?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (!kind.is_empty() && kind.bytes().all(allowed)).then_some(kind)
    }

    /// The content, where this line can be part of a block.
    fn content(self) -> Option<&'a str> {
        let rest = self.text.strip_prefix('#')?;
        if rest.is_empty() {
            Some(rest)
        } else {
            rest.strip_prefix(' ')
        }
    }

    fn closes(self) -> bool {
        self.text == "# ///"
    }
}

/// Iterates over the closed blocks of all types, in the way of the specification's expression: a
/// block runs to the last `# ///` before the first line that cannot be its content.
struct Blocks<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
    /// The end of the run of comment lines around `at`, and the last closing line in it.
    run: (usize, Option<usize>),
}

impl<'a> Blocks<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            lines: lines(source),
            at: 0,
            run: (0, None),
        }
    }

    /// Finds the last closing line of the run of comment lines that `at` is in.
    fn last_closing(&mut self, at: usize) -> Option<usize> {
        if at >= self.run.0 {
            let rest = self.lines[at..].iter();
            let end = at + rest.take_while(|line| line.content().is_some()).count();
            let closing = self.lines[at..end].iter().rposition(|line| line.closes());
            self.run = (end, closing.map(|closing| at + closing));
        }
        self.run.1
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = (&'a str, ScriptBlock);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(&first) = self.lines.get(self.at) {
            let open = self.at;
            self.at += 1;
            let Some(kind) = first.opens() else { continue };
            // The specification asks for at least one line of content.
            let Some(close) = self.last_closing(open).filter(|&close| close > open + 1) else {
                continue;
            };
            self.at = close + 1;
            let mut content = String::new();
            for line in &self.lines[open + 1..close] {
                content.push_str(line.content().unwrap_or_default());
                content.push('\n');
            }
            let last = self.lines[close];
            let range = first.start..last.start + last.text.len();
            return Some((
                kind,
                ScriptBlock {
                    content,
                    range,
                    line: open + 1,
                },
            ));
        }
        None
    }
}

/// Splits at `\n`, `\r\n` and `\r`, as Python reads source text; a byte order mark is left out.
fn lines(source: &str) -> Vec<Line<'_>> {
    let mut start = if source.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut lines = Vec::new();
    while start < source.len() {
        let rest = &source[start..];
        let length = memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
        lines.push(Line {
            text: &rest[..length],
            start,
        });
        start += length
            + if rest[length..].starts_with("\r\n") {
                2
            } else {
                1
            };
    }
    lines
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    dependencies: Vec<Spanned<String>>,
    #[serde(rename = "requires-python")]
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    tool: toml::Table,
}

impl ScriptMetadata {
    /// Reads the content of a block; unknown fields are passed over.
    ///
    /// # Errors
    /// Fails where the content is not TOML, a field has the wrong type, or a requirement or a
    /// version specifier does not follow its grammar; the error names the line of the script.
    pub fn parse(block: &ScriptBlock) -> Result<Self, ScriptError> {
        let line = |offset: usize| {
            let before = block.content.get(..offset).unwrap_or(&block.content);
            block.line + 1 + memchr::memchr_iter(b'\n', before.as_bytes()).count()
        };
        let content: Content =
            toml::from_str(&block.content).map_err(|error| ScriptError::Toml {
                line: line(error.span().map_or(0, |span| span.start)),
                message: error.message().to_owned(),
            })?;
        let requirement = |text: &Spanned<String>| {
            Requirement::parse(text.get_ref()).map_err(|source| ScriptError::Dependency {
                line: line(text.span().start),
                source,
            })
        };
        let specifiers = |text: &Spanned<String>| {
            VersionSpecifiers::parse(text.get_ref()).map_err(|source| ScriptError::RequiresPython {
                line: line(text.span().start),
                source,
            })
        };
        Ok(Self {
            dependencies: content
                .dependencies
                .iter()
                .map(requirement)
                .collect::<Result<_, _>>()?,
            requires_python: content
                .requires_python
                .as_ref()
                .map(specifiers)
                .transpose()?,
            tool: content.tool,
        })
    }
}

#[cfg(test)]
mod tests;
