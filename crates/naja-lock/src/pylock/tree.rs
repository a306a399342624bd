//! A TOML document as a tree, from the general reader or from the one for plain documents.

use std::borrow::Cow;
use std::vec;

use toml::de::{DeTable, DeValue};
use toml::value::Datetime;
use toml::{Table, Value};

use super::plain;

/// A value; texts may be those of the document.
#[derive(Clone, Debug)]
pub(super) enum Tree<'t> {
    /// A text.
    Text(Cow<'t, str>),
    /// A whole number: its digits, and their base.
    Integer(Cow<'t, str>, u32),
    /// A number with a fraction.
    Float(Cow<'t, str>),
    /// True or false.
    Boolean(bool),
    /// A date, a time, or both.
    Datetime(Datetime),
    /// A list.
    List(Vec<Tree<'t>>),
    /// A table.
    Table(Branch<'t>),
}

/// A table: its rows in the order of their keys, each key once.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch<'t> {
    rows: Vec<(Cow<'t, str>, Tree<'t>)>,
}

/// Reads a document.
///
/// # Errors
/// It is not TOML.
pub(super) fn read(text: &str) -> Result<Branch<'_>, toml::de::Error> {
    match plain::read(text) {
        Some(tree) => Ok(tree),
        None => read_any(text),
    }
}

/// Reads a document of whatever form.
///
/// # Errors
/// It is not TOML.
pub(super) fn read_any(text: &str) -> Result<Branch<'_>, toml::de::Error> {
    Ok(Branch::from(DeTable::parse(text)?.into_inner()))
}

impl<'t> Branch<'t> {
    /// A table of these rows; `None` if two have the same key.
    pub(super) fn of(mut rows: Vec<(Cow<'t, str>, Tree<'t>)>) -> Option<Self> {
        let ascend = |two: &[(Cow<'t, str>, Tree<'t>)]| two[0].0 < two[1].0;
        if !rows.windows(2).all(ascend) {
            rows.sort_by(|a, b| a.0.cmp(&b.0));
        }
        rows.windows(2).all(ascend).then_some(Self { rows })
    }

    /// A table with the rows of both; `None` if they have a key in common.
    pub(super) fn joined(self, other: Self) -> Option<Self> {
        let mut rows = self.rows;
        rows.extend(other.rows);
        Self::of(rows)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(key, _)| &**key)
    }

    /// Takes the value of a key out.
    pub(super) fn take(&mut self, key: &str) -> Option<Tree<'t>> {
        let at = self.rows.binary_search_by(|(known, _)| (**known).cmp(key));
        Some(self.rows.remove(at.ok()?).1)
    }

    /// A table with texts of its own; `None` if a number does not fit.
    pub(super) fn into_owned(self) -> Option<Table> {
        let rows = self.rows.into_iter();
        rows.map(|(key, value)| Some((key.into_owned(), value.into_owned()?)))
            .collect()
    }
}

impl<'t> IntoIterator for Branch<'t> {
    type Item = (Cow<'t, str>, Tree<'t>);
    type IntoIter = vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}

impl<'t> From<DeTable<'t>> for Branch<'t> {
    fn from(table: DeTable<'t>) -> Self {
        let rows = table.into_iter();
        let mut rows: Vec<_> = rows
            .map(|(key, value)| (key.into_inner(), Tree::from(value.into_inner())))
            .collect();
        // They come in this order unless somebody asks the crate for another one.
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        Self { rows }
    }
}

impl<'t> From<DeValue<'t>> for Tree<'t> {
    fn from(value: DeValue<'t>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text),
            DeValue::Integer(number) => {
                Self::Integer(number.as_str().to_owned().into(), number.radix())
            }
            DeValue::Float(number) => Self::Float(number.as_str().to_owned().into()),
            DeValue::Boolean(value) => Self::Boolean(value),
            DeValue::Datetime(value) => Self::Datetime(value),
            DeValue::Array(values) => {
                let values = values.into_iter();
                Self::List(values.map(|value| value.into_inner().into()).collect())
            }
            DeValue::Table(table) => Self::Table(table.into()),
        }
    }
}

impl<'t> Tree<'t> {
    pub(super) fn into_table(self) -> Option<Branch<'t>> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The tables of a list; `None` if it is no list, or has something else in it.
    pub(super) fn into_tables(self) -> Option<Vec<Branch<'t>>> {
        match self {
            Self::List(values) => values.into_iter().map(Self::into_table).collect(),
            _ => None,
        }
    }

    /// A value with texts of its own; `None` if a number does not fit.
    fn into_owned(self) -> Option<Value> {
        Some(match self {
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Integer(digits, base) => Value::Integer(i64::from_str_radix(&digits, base).ok()?),
            Self::Float(number) => Value::Float(number.parse().ok()?),
            Self::Boolean(value) => Value::Boolean(value),
            Self::Datetime(value) => Value::Datetime(value),
            Self::List(values) => {
                let values = values.into_iter().map(Tree::into_owned);
                Value::Array(values.collect::<Option<_>>()?)
            }
            Self::Table(table) => Value::Table(table.into_owned()?),
        })
    }
}
