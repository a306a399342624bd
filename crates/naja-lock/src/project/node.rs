//! What naja knows about one entry of a lock besides the standard's keys.

use naja_spec::{Marker, Requirement};
use toml::{Table, Value};

use super::table::{Place, requirements};

/// What naja knows about one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockedNode {
    /// What the distribution requires, as far as it was asked for; with markers, extras among them.
    pub requires: Vec<Requirement>,
    /// The environments the entry was resolved for, where others have another entry of the package.
    pub fork: Option<Marker>,
    /// The name of the index the files come from; absent for the default index.
    pub index: Option<String>,
}

impl LockedNode {
    /// The table `[packages.tool.naja]`, if there is something to say.
    pub(super) fn to_table(&self) -> Option<Table> {
        let mut table = Table::new();
        if !self.requires.is_empty() {
            table.insert("requires".to_owned(), requirements(&self.requires));
        }
        if let Some(fork) = &self.fork {
            let fork = fork.lockstyle().to_string();
            table.insert("fork".to_owned(), Value::String(fork));
        }
        if let Some(index) = &self.index {
            table.insert("index".to_owned(), Value::String(index.clone()));
        }
        (!table.is_empty()).then_some(table)
    }

    /// Reads `[packages.tool.naja]`.
    pub(super) fn from_table(
        table: &Table,
        place: &Place<'_>,
    ) -> Result<Self, super::LockReadError> {
        Ok(Self {
            requires: place.parsed_list(table, "requires")?,
            fork: place.parsed(table, "fork")?,
            index: place.text(table, "index")?,
        })
    }
}
