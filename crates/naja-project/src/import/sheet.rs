//! A TOML file with its lines.

use toml_edit::{DocumentMut, Item, TableLike};

use super::ImportError;
use super::layout::Layout;

/// A TOML file, its values and its lines.
pub(super) struct Sheet {
    pub(super) file: String,
    pub(super) layout: Layout,
    pub(super) doc: DocumentMut,
}

impl Sheet {
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, ImportError> {
        let doc: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            let start = error.span().map_or(0, |span| span.start);
            let front = text.get(..start).unwrap_or_default();
            ImportError {
                file: file.to_owned(),
                line: u32::try_from(front.matches('\n').count() + 1).unwrap_or(u32::MAX),
                message: error
                    .message()
                    .lines()
                    .next()
                    .unwrap_or("not TOML")
                    .to_owned(),
            }
        })?;
        Ok(Self {
            file: file.to_owned(),
            layout: Layout::of(text),
            doc,
        })
    }

    /// What stands at a place.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Item> {
        let mut item = self.doc.as_item();
        for part in path {
            item = item.as_table_like()?.get(part)?;
        }
        Some(item)
    }

    pub(super) fn table(&self, path: &[&str]) -> Option<&dyn TableLike> {
        self.at(path)?.as_table_like()
    }

    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    pub(super) fn line(&self, path: &[&str]) -> u32 {
        self.layout.line(path)
    }

    /// The comments of a key or of a table of its own: above, and behind.
    pub(super) fn comments(&self, path: &[&str]) -> (Vec<String>, Option<String>) {
        for block in &self.layout.blocks {
            let front: Vec<&str> = block.path.iter().map(String::as_str).collect();
            let Some(rest) = path.strip_prefix(front.as_slice()) else {
                continue;
            };
            if rest.is_empty() {
                return (block.above.clone(), None);
            }
            let same = |key: &[String]| key.iter().map(String::as_str).eq(rest.iter().copied());
            if let Some(entry) = block.entries.iter().find(|entry| same(&entry.key)) {
                return (entry.above.clone(), entry.behind.clone());
            }
        }
        (Vec::new(), None)
    }
}

/// The texts of a list; a single text is a list of one.
pub(super) fn texts(item: &Item) -> Vec<String> {
    match item.as_str() {
        Some(text) => vec![text.to_owned()],
        None => {
            let list = item.as_array().into_iter().flatten();
            list.filter_map(|value| value.as_str().map(str::to_owned))
                .collect()
        }
    }
}

pub(super) fn text_of<'t>(table: &'t dyn TableLike, key: &str) -> Option<&'t str> {
    table.get(key).and_then(Item::as_str)
}

pub(super) fn switch_of(table: &dyn TableLike, key: &str) -> Option<bool> {
    table.get(key).and_then(Item::as_bool)
}
