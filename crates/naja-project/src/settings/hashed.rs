//! Requirements of the configuration that may say which files will do.

use std::fmt;

use naja_spec::{Digest, Requirement};
use toml::de::DeValue;

use super::value::{Mismatch, OptionValue, ValueContext, article};

/// A requirement, or a table with `requirement` and `hashes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedRequirement {
    /// The requirement.
    pub requirement: Requirement,
    /// The files that will do; empty for all.
    pub hashes: Vec<Digest>,
}

impl From<Requirement> for HashedRequirement {
    fn from(requirement: Requirement) -> Self {
        Self {
            requirement,
            hashes: Vec::new(),
        }
    }
}

impl OptionValue for HashedRequirement {
    const EXPECTED: &'static str =
        "a requirement such as `harry>=1`, or a table with `requirement`";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Requirement::from_text(text, cx).map(Self::from)
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let DeValue::Table(table) = value else {
            return Requirement::from_toml(value, cx).map(Self::from);
        };
        let wrong = |what: &str| Mismatch::new(Self::EXPECTED, what.to_owned());
        let requirement = table.get("requirement").ok_or_else(|| wrong("none"))?;
        let mut hashes = Vec::new();
        if let Some(list) = table.get("hashes") {
            let list = list.get_ref();
            let items = list.as_array();
            let items = items.ok_or_else(|| Mismatch::new("a list", article(list.type_str())))?;
            for item in items {
                let text = item.get_ref().as_str().unwrap_or_default();
                let expected = "a hash such as `sha256:...`";
                let parsed: Result<Digest, _> = text.parse();
                hashes.push(parsed.map_err(|_| Mismatch::quoted(expected, text))?);
            }
        }
        Ok(Self {
            requirement: Requirement::from_toml(requirement.get_ref(), cx)?,
            hashes,
        })
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for HashedRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.requirement.fmt(f)?;
        self.hashes
            .iter()
            .try_for_each(|hash| write!(f, " --hash={hash}"))
    }
}
