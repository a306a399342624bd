//! Reading and writing the tables below `[tool.naja]`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use naja_spec::Requirement;
use toml::{Table, Value};

use super::LockReadError;

type Read<T> = Result<T, LockReadError>;

/// A list of texts.
pub(super) fn texts<T: Display>(items: &[T]) -> Value {
    let items = items.iter().map(|item| Value::String(item.to_string()));
    Value::Array(items.collect())
}

/// A list of requirements, with markers in single quotes.
pub(super) fn requirements(items: &[Requirement]) -> Value {
    let shown = items.iter().map(Requirement::lockstyle);
    Value::Array(shown.map(Value::String).collect())
}

/// Where a table stands, for messages.
pub(super) struct Place<'a>(pub(super) &'a str);

impl Place<'_> {
    fn wrong(&self, key: &str, reason: &dyn Display) -> LockReadError {
        LockReadError::Value {
            place: format!("{}.{key}", self.0),
            reason: reason.to_string(),
        }
    }

    pub(super) fn table<'t>(&self, table: &'t Table, key: &str) -> Read<Option<&'t Table>> {
        match table.get(key) {
            None => Ok(None),
            Some(Value::Table(inner)) => Ok(Some(inner)),
            Some(_) => Err(self.wrong(key, &"is not a table")),
        }
    }

    pub(super) fn tables<'t>(&self, table: &'t Table, key: &str) -> Read<Vec<&'t Table>> {
        let Some(value) = table.get(key) else {
            return Ok(Vec::new());
        };
        let items = value
            .as_array()
            .map(|items| items.iter().map(Value::as_table));
        let tables = items.and_then(Iterator::collect);
        tables.ok_or_else(|| self.wrong(key, &"is not a list of tables"))
    }

    pub(super) fn text(&self, table: &Table, key: &str) -> Read<Option<String>> {
        match table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(key, &"is not a text")),
        }
    }

    pub(super) fn switch(&self, table: &Table, key: &str) -> Read<bool> {
        match table.get(key) {
            None => Ok(false),
            Some(Value::Boolean(switch)) => Ok(*switch),
            Some(_) => Err(self.wrong(key, &"is neither true nor false")),
        }
    }

    pub(super) fn parsed<T>(&self, table: &Table, key: &str) -> Read<Option<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(table, key)?;
        let parsed = text.map(|text| text.parse().map_err(|error| self.wrong(key, &error)));
        parsed.transpose()
    }

    pub(super) fn parsed_list<T>(&self, table: &Table, key: &str) -> Read<Vec<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some(value) = table.get(key) else {
            return Ok(Vec::new());
        };
        let items = value.as_array();
        let items = items.ok_or_else(|| self.wrong(key, &"is not a list"))?;
        let parse = |item: &Value| match item.as_str() {
            Some(text) => text.parse().map_err(|error| self.wrong(key, &error)),
            None => Err(self.wrong(key, &"has something that is no text")),
        };
        items.iter().map(parse).collect()
    }

    /// A table of lists, by names.
    pub(super) fn lists<K, T>(&self, table: &Table, key: &str) -> Read<BTreeMap<K, Vec<T>>>
    where
        K: FromStr + Ord,
        K::Err: Display,
        T: FromStr,
        T::Err: Display,
    {
        let Some(inner) = self.table(table, key)? else {
            return Ok(BTreeMap::new());
        };
        let place = format!("{}.{key}", self.0);
        let of = |name: &String| {
            let parsed = name
                .parse()
                .map_err(|error: K::Err| self.wrong(key, &error))?;
            Ok((parsed, Place(&place).parsed_list(inner, name)?))
        };
        inner.keys().map(of).collect()
    }
}
