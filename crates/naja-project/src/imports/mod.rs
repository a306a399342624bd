//! What a file of Python, or a notebook, imports, found without running it.
//!
//! The text is read as Python's tokenizer does: strings of all kinds, comments, joined lines and brackets. What is
//! no Python gives fewer imports, never an error.

mod known;
mod notebook;
mod standard;
mod statements;
mod tokens;

#[cfg(test)]
mod tests;

pub use known::usual_name;
pub use notebook::{Notebook, NotebookError, notebook};
pub use standard::is_standard;

/// A module that is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its whole name. Of `from a import b` it is `a.b`, which may be a module or something in one.
    pub module: String,
    /// The cell it is in, from 1 and over cells of all kinds, if the file is a notebook.
    pub cell: Option<u32>,
    /// The line of the file, or of the cell, from 1.
    pub line: u32,
    /// How much it is needed.
    pub need: Need,
}

/// How much an import is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The file goes on without it: its failure is caught, or it is asked for by a text.
    Optional,
    /// Only programs that check types look at it.
    Typing,
    /// The file does not work without it.
    Always,
}

impl Import {
    /// The name of the module up to the first dot.
    #[must_use]
    pub fn top(&self) -> &str {
        let end = self.module.find('.').unwrap_or(self.module.len());
        &self.module[..end]
    }
}

/// Finds what a file of Python imports, in the order of the file. Relative imports are left out.
#[must_use]
pub fn imports(source: &[u8]) -> Vec<Import> {
    let mut reader = statements::Reader::default();
    tokens::each_line(source, &mut |line| reader.line(line));
    reader.finish()
}
