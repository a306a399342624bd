//! `sources` tables, as far as they say which index a package comes from.

use naja_spec::{Marker, PackageName};
use toml::de::{DeTable, DeValue};

use super::value::{Mismatch, OptionValue, ValueContext, article};

/// One index that a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceIndex {
    /// The name of the index.
    pub index: String,
    /// Where it counts; absent: everywhere.
    pub marker: Option<Marker>,
}

/// The indexes of the packages that may come from nowhere else. Sources of other kinds (paths,
/// repositories) are not in here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceIndexes(pub Vec<(PackageName, Vec<SourceIndex>)>);

impl OptionValue for SourceIndexes {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "a table of packages";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Err(Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let table = value
            .as_table()
            .ok_or_else(|| Mismatch::new(Self::EXPECTED, article(value.type_str())))?;
        let mut all = Vec::new();
        for (name, item) in table {
            let name = PackageName::from_text(name.get_ref(), cx)?;
            let mut indexes = Vec::new();
            match item.get_ref() {
                DeValue::Table(table) => indexes.extend(source_index(table, cx)?),
                DeValue::Array(items) => {
                    for item in items {
                        if let DeValue::Table(table) = item.get_ref() {
                            indexes.extend(source_index(table, cx)?);
                        }
                    }
                }
                // Said by who reads sources of other kinds.
                _ => {}
            }
            if !indexes.is_empty() {
                all.push((name, indexes));
            }
        }
        Ok(Self(all))
    }

    fn append_lower(&mut self, lower: &Self) {
        for (name, indexes) in &lower.0 {
            if !self.0.iter().any(|(known, _)| known == name) {
                self.0.push((name.clone(), indexes.clone()));
            }
        }
    }

    fn show(&self) -> String {
        let shown = self.0.iter().flat_map(|(name, indexes)| {
            indexes
                .iter()
                .map(move |source| format!("{name}={}", source.index))
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}

fn source_index(
    table: &DeTable<'_>,
    cx: ValueContext<'_>,
) -> Result<Option<SourceIndex>, Mismatch> {
    let Some(index) = table.get("index") else {
        return Ok(None);
    };
    let index = String::from_toml(index.get_ref(), cx)?;
    let marker = match table.get("marker") {
        None => None,
        Some(text) => {
            let text = String::from_toml(text.get_ref(), cx)?;
            let marker = Marker::parse(&text).map_err(|_| Mismatch::quoted("a marker", &text))?;
            Some(marker)
        }
    };
    Ok(Some(SourceIndex { index, marker }))
}
