//! Taking a table apart: each key is taken once, and what is left is not known.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use naja_spec::SafeUrl;
use toml::Table;
use toml::value::Datetime;

use super::FilePlace;
use super::read::{PylockError, Result};
use super::tree::{Branch, Tree};

/// How many unknown keys are remembered.
pub(super) const MAX_UNKNOWN: usize = 100;

/// Where a table stands; written out only for messages.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    /// The document.
    Root,
    /// Under a key.
    Key(&'p Place<'p>, &'p str),
    /// One of a list.
    Item(&'p Place<'p>, &'p str, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (above, key) = match self {
            Self::Root => return Ok(()),
            Self::Key(above, key) | Self::Item(above, key, _) => (above, key),
        };
        match above {
            Self::Root => f.write_str(key)?,
            _ => write!(f, "{above}.{key}")?,
        }
        match self {
            Self::Item(_, _, at) => write!(f, "[{at}]"),
            _ => Ok(()),
        }
    }
}

/// The keys of a table that were not read yet.
pub(super) struct Keys<'u, 't> {
    table: Branch<'t>,
    at: &'u Place<'u>,
    unknown: &'u mut Vec<String>,
}

impl<'u, 't> Keys<'u, 't> {
    pub(super) fn new(table: Branch<'t>, at: &'u Place<'u>, unknown: &'u mut Vec<String>) -> Self {
        Self { table, at, unknown }
    }

    /// Where the table stands.
    pub(super) fn here(&self) -> String {
        self.at.to_string()
    }

    pub(super) fn place(&self, key: &str) -> String {
        Place::Key(self.at, key).to_string()
    }

    pub(super) fn wrong(&self, key: &str, reason: &dyn fmt::Display) -> PylockError {
        PylockError::Value {
            place: self.place(key),
            reason: reason.to_string(),
        }
    }

    /// Reads the table of a key.
    pub(super) fn inner<T>(
        &mut self,
        table: Branch<'t>,
        key: &str,
        read: impl FnOnce(&mut Keys<'_, 't>) -> Result<T>,
    ) -> Result<T> {
        Self::whole(table, &Place::Key(self.at, key), self.unknown, read)
    }

    /// Reads one of the tables of a key.
    pub(super) fn item<T>(
        &mut self,
        table: Branch<'t>,
        (key, at): (&str, usize),
        read: impl FnOnce(&mut Keys<'_, 't>) -> Result<T>,
    ) -> Result<T> {
        Self::whole(table, &Place::Item(self.at, key, at), self.unknown, read)
    }

    /// Reads a table to its end.
    pub(super) fn whole<T>(
        table: Branch<'t>,
        at: &Place<'_>,
        unknown: &mut Vec<String>,
        read: impl FnOnce(&mut Keys<'_, 't>) -> Result<T>,
    ) -> Result<T> {
        let mut keys = Keys::new(table, at, unknown);
        let value = read(&mut keys)?;
        keys.finish();
        Ok(value)
    }

    pub(super) fn finish(self) {
        for key in self.table.keys() {
            if self.unknown.len() < MAX_UNKNOWN {
                self.unknown.push(Place::Key(self.at, key).to_string());
            }
        }
    }

    pub(super) fn required<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self, &str) -> Result<Option<T>>,
    ) -> Result<T> {
        let value = read(self, key)?;
        value.ok_or_else(|| PylockError::Missing(self.place(key)))
    }

    fn take<T>(
        &mut self,
        key: &str,
        wanted: &'static str,
        read: impl FnOnce(Tree<'t>) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.table.take(key) else {
            return Ok(None);
        };
        let value = read(value).ok_or_else(|| PylockError::Type {
            place: self.place(key),
            wanted,
        })?;
        Ok(Some(value))
    }

    /// A text, which may be that of the file.
    fn lent(&mut self, key: &str) -> Result<Option<Cow<'t, str>>> {
        self.take(key, "a text", |value| match value {
            Tree::Text(text) => Some(text),
            _ => None,
        })
    }

    pub(super) fn string(&mut self, key: &str) -> Result<Option<String>> {
        Ok(self.lent(key)?.map(Cow::into_owned))
    }

    pub(super) fn boolean(&mut self, key: &str) -> Result<Option<bool>> {
        self.take(key, "true or false", |value| match value {
            Tree::Boolean(value) => Some(value),
            _ => None,
        })
    }

    pub(super) fn size(&mut self, key: &str) -> Result<Option<u64>> {
        self.take(key, "a number of bytes", |value| match value {
            Tree::Integer(digits, base) => u64::from_str_radix(&digits, base).ok(),
            _ => None,
        })
    }

    pub(super) fn datetime(&mut self, key: &str) -> Result<Option<Datetime>> {
        self.take(key, "a date and time", |value| match value {
            Tree::Datetime(value) => Some(value),
            _ => None,
        })
    }

    pub(super) fn lent_table(&mut self, key: &str) -> Result<Option<Branch<'t>>> {
        self.take(key, "a table", Tree::into_table)
    }

    pub(super) fn lent_tables(&mut self, key: &str) -> Result<Option<Vec<Branch<'t>>>> {
        self.take(key, "a list of tables", Tree::into_tables)
    }

    /// A table that is kept as it is.
    pub(super) fn table(&mut self, key: &str) -> Result<Option<Table>> {
        let Some(table) = self.lent_table(key)? else {
            return Ok(None);
        };
        let table = table.into_owned();
        table.map(Some).ok_or_else(|| self.too_large(key))
    }

    pub(super) fn tables(&mut self, key: &str) -> Result<Option<Vec<Table>>> {
        let Some(tables) = self.lent_tables(key)? else {
            return Ok(None);
        };
        let tables: Option<Vec<Table>> = tables.into_iter().map(Branch::into_owned).collect();
        tables.map(Some).ok_or_else(|| self.too_large(key))
    }

    fn too_large(&self, key: &str) -> PylockError {
        PylockError::Type {
            place: self.place(key),
            wanted: "made of numbers that fit into 64 bits",
        }
    }

    pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, key: &str) -> Result<Option<T>> {
        let Some(text) = self.lent(key)? else {
            return Ok(None);
        };
        let value = text
            .parse()
            .map_err(|error: T::Err| self.wrong(key, &error))?;
        Ok(Some(value))
    }

    pub(super) fn parsed_list<T: FromStr<Err: fmt::Display>>(
        &mut self,
        key: &str,
    ) -> Result<Vec<T>> {
        let text = |value| match value {
            Tree::Text(text) => Some(text),
            _ => None,
        };
        let texts = self.take(key, "a list of texts", |value| match value {
            Tree::List(values) => values.into_iter().map(text).collect::<Option<Vec<_>>>(),
            _ => None,
        })?;
        let texts = texts.unwrap_or_default().into_iter();
        let parse = |text: Cow<'t, str>| {
            let parsed = text.parse();
            parsed.map_err(|error: T::Err| self.wrong(key, &error))
        };
        texts.map(parse).collect()
    }

    pub(super) fn url(&mut self, key: &str) -> Result<Option<SafeUrl>> {
        let Some(text) = self.lent(key)? else {
            return Ok(None);
        };
        let url = SafeUrl::parse(&text).map_err(|error| self.wrong(key, &error))?;
        Ok(Some(url))
    }

    /// `url` where there is one, else `path`.
    pub(super) fn file_place(&mut self) -> Result<FilePlace> {
        let (url, path) = (self.url("url")?, self.string("path")?);
        match (url, path) {
            (Some(url), _) => Ok(FilePlace::Url(url)),
            (None, Some(path)) if !path.is_empty() => Ok(FilePlace::Path(path)),
            _ => Err(PylockError::Missing(self.place("url"))),
        }
    }

    /// A relative path that stays below the archive.
    pub(super) fn subdirectory(&mut self) -> Result<Option<String>> {
        let Some(text) = self.string("subdirectory")? else {
            return Ok(None);
        };
        let leaves = text.starts_with(['/', '\\'])
            || text.contains(':')
            || text.split(['/', '\\']).any(|part| part == "..");
        if leaves {
            return Err(self.wrong("subdirectory", &"it leads out of the archive"));
        }
        Ok(Some(text))
    }
}
