//! What was found, as data.

use std::path::PathBuf;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::catalogue::{Kind, Severity, kind_of};
use super::mend::Repair;

/// One thing that is wrong, or good to know.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The name of its kind; see [`KINDS`](super::KINDS).
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter: one sentence.
    pub what: String,
    /// Why that is so, or what it leads to.
    pub why: Vec<String>,
    /// The files and directories it is about.
    pub paths: Vec<PathBuf>,
    /// What to do about it: steps for a person.
    pub steps: Vec<String>,
    /// What `--fix` does about it.
    pub(crate) repair: Option<Repair>,
}

/// The kind of findings that a check made without a kind in the catalogue would have.
const UNKNOWN: Kind = Kind {
    id: "unknown",
    severity: Severity::Warning,
    about: "",
    mended: false,
};

impl Finding {
    /// Makes a finding of a kind.
    pub(crate) fn new(id: &'static str, what: impl Into<String>) -> Self {
        let kind = kind_of(id).unwrap_or(&UNKNOWN);
        Self {
            id: kind.id,
            severity: kind.severity,
            what: what.into(),
            why: Vec::new(),
            paths: Vec::new(),
            steps: Vec::new(),
            repair: None,
        }
    }

    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    pub(crate) fn at(mut self, path: impl Into<PathBuf>) -> Self {
        self.paths.push(path.into());
        self
    }

    pub(crate) fn step(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }

    pub(crate) fn mended_by(mut self, repair: Repair) -> Self {
        self.repair = Some(repair);
        self
    }

    /// Says whether `--fix` can mend it.
    #[must_use]
    pub fn can_be_mended(&self) -> bool {
        self.repair.is_some()
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let paths: Vec<String> = self
            .paths
            .iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        let mut fields = serializer.serialize_struct("Finding", 7)?;
        fields.serialize_field("id", self.id)?;
        fields.serialize_field("severity", &self.severity)?;
        fields.serialize_field("what", &self.what)?;
        fields.serialize_field("why", &self.why)?;
        fields.serialize_field("paths", &paths)?;
        fields.serialize_field("steps", &self.steps)?;
        fields.serialize_field("fix", &self.repair.is_some())?;
        fields.end()
    }
}
