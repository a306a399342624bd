//! Reading and writing the lock of a project.

use naja_spec::MarkerSet;
use toml::{Table, Value};

use super::table::Place;
use super::{FORMAT, Inputs, LockedNode, ProjectLock};
use crate::Pylock;
use crate::pair::{InTurn, Pair};
use crate::pylock::{Own, PylockError};

/// Why a text is no lock of a project.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LockReadError {
    /// It is no lock file at all.
    #[error(transparent)]
    File(#[from] PylockError),
    /// Another tool made it: it says what to install and not what was locked.
    #[error("it was not made by naja for a project")]
    Foreign,
    /// A later naja made it.
    #[error("`[tool.naja]` has version {0}, and only {FORMAT} is known")]
    Version(i64),
    /// A key that has to be there is not.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A value that is not what belongs there.
    #[error("`{place}`: {reason}")]
    Value {
        /// Where it stands.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

impl ProjectLock {
    /// Reads the lock of a project.
    ///
    /// # Errors
    /// It is no lock file, or not one of a project that naja made.
    pub fn parse(text: &str) -> Result<Self, LockReadError> {
        Self::parse_by(text, &InTurn)
    }

    /// As [`Self::parse`], with something that may do two things at once.
    ///
    /// # Errors
    /// As there.
    pub fn parse_by(text: &str, pair: &impl Pair) -> Result<Self, LockReadError> {
        let mut file = Pylock::parse_by(text, pair)?;
        let mut tool = file.tool.take().unwrap_or_default();
        let Some(Value::Table(own)) = tool.remove("naja") else {
            return Err(LockReadError::Foreign);
        };
        file.tool = (!tool.is_empty()).then_some(tool);
        match own.get("version").and_then(Value::as_integer) {
            Some(FORMAT) => {}
            Some(other) => return Err(LockReadError::Version(other)),
            None => return Err(LockReadError::Foreign),
        }
        let mut inputs = Inputs::from_table(&own)?;
        inputs.requires_python.clone_from(&file.requires_python);
        inputs.environments.clone_from(&file.environments);
        let mut nodes = Vec::with_capacity(file.packages.len());
        for (at, package) in file.packages.iter_mut().enumerate() {
            let place = format!("packages[{at}].tool.naja");
            nodes.push(node(&mut package.tool, &Place(&place))?);
        }
        Ok(Self {
            file,
            inputs,
            nodes,
        })
    }

    /// Returns the text of the file, the same for the same content.
    #[must_use]
    pub fn to_text(&self) -> String {
        let of_package = |at: usize| self.nodes.get(at).and_then(LockedNode::to_table);
        let own = Own {
            of_file: Some(self.inputs.to_table()),
            of_package: &of_package,
        };
        self.file.to_text_with(None, own)
    }

    /// Says with other words what was locked. `text` is what [`Self::to_text`] gave before; what it gives now is
    /// returned, without writing down all of the packages again.
    #[must_use]
    pub fn reworded(&mut self, inputs: Inputs, text: &str) -> String {
        let before = self.file.tail(Some(self.inputs.to_table()));
        self.inputs = inputs;
        match text.strip_suffix(&before) {
            Some(packages) => packages.to_owned() + &self.file.tail(Some(self.inputs.to_table())),
            None => self.to_text(),
        }
    }

    /// Returns the environments that the lock is for.
    #[must_use]
    pub fn environments(&self) -> MarkerSet {
        let pythons = match &self.inputs.requires_python {
            Some(bounds) => MarkerSet::from_requires_python(bounds),
            None => MarkerSet::all(),
        };
        let named = self.inputs.environments.iter().map(MarkerSet::from_marker);
        match named.reduce(|all, one| all.or(&one)) {
            Some(named) => pythons.and(&named),
            None => pythons,
        }
    }
}

/// Takes naja's part out of the table of a package.
fn node(tool: &mut Option<Table>, place: &Place<'_>) -> Result<LockedNode, LockReadError> {
    let Some(table) = tool else {
        return Ok(LockedNode::default());
    };
    let own = table.remove("naja");
    if table.is_empty() {
        *tool = None;
    }
    match own {
        None => Ok(LockedNode::default()),
        Some(Value::Table(own)) => LockedNode::from_table(&own, place),
        Some(_) => Err(LockReadError::Value {
            place: place.0.to_owned(),
            reason: "is not a table".to_owned(),
        }),
    }
}
