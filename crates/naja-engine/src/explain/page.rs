//! An explanation as data: what is said, and with which values.

use serde::Serialize;

/// An explanation. In all texts backticks stand around what is typed or read literally.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// What is said, in order.
    pub blocks: Vec<Block>,
    /// The picture as a flow chart for Mermaid, where there is one.
    pub mermaid: Option<String>,
    /// Topics that go on.
    pub more: Vec<&'static str>,
}

/// A part of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// A paragraph.
    Words(String),
    /// Values of this machine, by their names.
    Values(Vec<(String, String)>),
    /// What can be typed, and what it does.
    Commands(Vec<(String, String)>),
    /// Lines that are kept as they are.
    Picture(Vec<String>),
}

impl Page {
    pub(super) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn words(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Words(text.into()));
        self
    }

    pub(super) fn values(mut self, rows: Vec<(&str, String)>) -> Self {
        let rows = rows
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        self.blocks.push(Block::Values(rows.collect()));
        self
    }

    pub(super) fn commands(mut self, rows: &[(&str, &str)]) -> Self {
        let rows = rows
            .iter()
            .map(|(line, what)| ((*line).to_owned(), (*what).to_owned()));
        self.blocks.push(Block::Commands(rows.collect()));
        self
    }

    pub(super) fn picture(mut self, lines: &str) -> Self {
        let lines = lines.trim_matches('\n').lines().map(str::to_owned);
        self.blocks.push(Block::Picture(lines.collect()));
        self
    }

    pub(super) fn chart(mut self, mermaid: impl Into<String>) -> Self {
        self.mermaid = Some(mermaid.into());
        self
    }

    pub(super) fn more(mut self, topics: &[&'static str]) -> Self {
        self.more = topics.to_vec();
        self
    }
}
