//! Changing the metadata of a script (PEP 723): only lines of its block change, all else stays to the byte.

mod lines;
#[cfg(test)]
mod tests;

use naja_spec::{ScriptError, ScriptTrouble, script_block, script_trouble};

use crate::manifest::{EditError, ManifestEditor};
use lines::{Line, kept, lines_of};

/// Why the metadata of a script cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptEditError {
    /// There are two blocks.
    #[error(transparent)]
    Block(#[from] ScriptError),
    /// What looks like a block is none.
    #[error(transparent)]
    Trouble(#[from] ScriptTrouble),
    /// The metadata cannot be changed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// What would be written could not be read again.
    #[error("the comment behind the block would become part of it")]
    Ambiguous,
}

/// A script whose metadata is being changed.
#[derive(Debug, Clone)]
pub struct ScriptEditor {
    /// Everything up to the opening line, with it.
    before: String,
    /// The lines of the content, as they are in the script.
    content: Vec<Line>,
    /// Everything from the closing line on.
    after: String,
    /// What ends a line.
    end: &'static str,
    manifest: ManifestEditor,
}

impl ScriptEditor {
    /// Reads a script that has a block; `None` if it has none.
    ///
    /// # Errors
    /// There are two blocks, one is not closed, or the content is not TOML.
    pub fn open(text: &str) -> Result<Option<Self>, ScriptEditError> {
        let Some(block) = script_block(text)? else {
            return match script_trouble(text) {
                Some(trouble) => Err(trouble.into()),
                None => Ok(None),
            };
        };
        let lines = lines_of(&text[block.range.clone()]);
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return Ok(None);
        };
        let inside = block.range.start + first.raw.len()..block.range.end - last.raw.len();
        Ok(Some(Self {
            before: text[..inside.start].to_owned(),
            after: text[inside.end..].to_owned(),
            end: lines::end_of(&first.raw).unwrap_or("\n"),
            content: lines[1..lines.len() - 1].to_vec(),
            manifest: ManifestEditor::parse_script(&block.content)?,
        }))
    }

    /// Gives a script without a block one with this content. A line that says who runs the script, and one
    /// that says its encoding, stay where they count.
    ///
    /// # Errors
    /// The content is not TOML.
    pub fn with_block(text: &str, content: &str) -> Result<Self, ScriptEditError> {
        let lines = lines_of(text);
        let end = lines
            .iter()
            .find_map(|line| lines::end_of(&line.raw))
            .unwrap_or("\n");
        let head = lines::head(&lines);
        let mut before: String = lines[..head].iter().map(|line| line.raw.as_str()).collect();
        let mark = if before.is_empty() && text.starts_with('\u{feff}') {
            before.push('\u{feff}');
            '\u{feff}'.len_utf8()
        } else {
            before.len()
        };
        if !before.is_empty() && head > 0 && lines::end_of(&before).is_none() {
            before.push_str(end);
        }
        let rest = &text[mark.min(text.len())..];
        before.push_str("# /// script");
        before.push_str(end);
        let mut after = format!("# ///{end}");
        // What follows stays apart: comments right behind would be read with the block.
        let apart = lines_of(rest).first().is_none_or(Line::is_blank);
        if !apart {
            after.push_str(end);
        }
        after.push_str(rest);
        Ok(Self {
            before,
            content: Vec::new(),
            after,
            end,
            manifest: ManifestEditor::parse_script(content)?,
        })
    }

    /// Returns the metadata, to be changed.
    pub fn manifest_mut(&mut self) -> &mut ManifestEditor {
        &mut self.manifest
    }

    /// Returns the metadata.
    #[must_use]
    pub fn manifest(&self) -> &ManifestEditor {
        &self.manifest
    }

    /// Returns the text of the script as it is now.
    ///
    /// # Errors
    /// It would not be read as it is meant.
    pub fn to_text(&self) -> Result<String, ScriptEditError> {
        let content = self.manifest.to_text();
        let mut text = self.before.clone();
        text.push_str(&self.block(&content));
        text.push_str(&self.after);
        let read = script_block(&text)?;
        let same = read.is_some_and(|block| block.content.lines().eq(content.lines()));
        match same {
            true => Ok(text),
            false => Err(ScriptEditError::Ambiguous),
        }
    }

    /// The lines of the block with this content: those that stay as they were, new ones as comments.
    fn block(&self, content: &str) -> String {
        let new: Vec<&str> = content.lines().collect();
        let old: Vec<&str> = self
            .content
            .iter()
            .map(|line| line.content.as_str())
            .collect();
        let mut text = String::new();
        for (line, kept) in new.iter().zip(kept(&old, &new)) {
            if let Some(at) = kept {
                text.push_str(&self.content[at].raw);
                continue;
            }
            text.push_str(if line.is_empty() { "#" } else { "# " });
            text.push_str(line);
            text.push_str(self.end);
        }
        text
    }
}
