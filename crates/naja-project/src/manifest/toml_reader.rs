//! Reading TOML values with their places.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ManifestError, Read};
use crate::settings::line_and_column;

/// A value and where it stands.
pub(crate) type Placed<'t> = Spanned<DeValue<'t>>;

/// Knows the text, so that an error can say the line.
#[derive(Clone, Copy)]
pub(crate) struct TomlReader<'t> {
    pub(crate) text: &'t str,
}

impl<'t> TomlReader<'t> {
    /// Reads the whole text.
    pub(crate) fn parse(text: &'t str) -> Read<(Self, DeTable<'t>)> {
        let reader = Self { text };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().lines().next().unwrap_or("not TOML");
            reader.error(at, message)
        })?;
        Ok((reader, table.into_inner()))
    }

    pub(crate) fn error(self, at: usize, message: impl Into<String>) -> ManifestError {
        let (line, column) = line_and_column(self.text, at);
        ManifestError {
            line,
            column,
            message: message.into(),
        }
    }

    /// The value is not what belongs there.
    pub(crate) fn expected(self, value: &Placed<'t>, what: &str) -> ManifestError {
        let found = value.get_ref().type_str();
        self.error(
            value.span().start,
            format!("expected {what}, found {found}"),
        )
    }

    pub(crate) fn table<'m>(self, value: &'m Placed<'t>) -> Read<&'m DeTable<'t>> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.expected(value, "a table"))
    }

    pub(crate) fn list<'m>(self, value: &'m Placed<'t>) -> Read<&'m [Placed<'t>]> {
        let list = value.get_ref().as_array();
        list.map(|list| &**list)
            .ok_or_else(|| self.expected(value, "a list"))
    }

    pub(crate) fn text<'m>(self, value: &'m Placed<'t>) -> Read<&'m str> {
        let text = value.get_ref().as_str();
        text.ok_or_else(|| self.expected(value, "a text"))
    }

    pub(crate) fn switch(self, value: &Placed<'t>) -> Read<bool> {
        let switch = value.get_ref().as_bool();
        switch.ok_or_else(|| self.expected(value, "true or false"))
    }

    pub(crate) fn texts(self, value: &Placed<'t>) -> Read<Vec<String>> {
        let texts = self.list(value)?.iter();
        texts
            .map(|item| self.text(item).map(str::to_owned))
            .collect()
    }

    /// Reads a text as something that has a grammar of its own.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        self,
        value: &Placed<'t>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Read<T> {
        parse(self.text(value)?).map_err(|error| self.error(value.span().start, error.to_string()))
    }

    pub(crate) fn line(self, value: &Placed<'t>) -> u32 {
        self.line_at(value.span().start)
    }

    pub(crate) fn line_at(self, at: usize) -> u32 {
        line_and_column(self.text, at).0
    }
}
