//! What a universal resolution is for: `environments`, `required-environments`, `conflicts`.

use naja_spec::{ExtraName, GroupName, Marker, PackageName};
use toml::de::{DeTable, DeValue};

use super::value::{Mismatch, OptionValue, ValueContext, article};

/// Environments, each as a marker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environments(pub Vec<Marker>);

impl OptionValue for Environments {
    const EXPECTED: &'static str = "a marker such as `sys_platform == 'linux'`, or a list of them";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        let wrong = |_| Mismatch::quoted(Self::EXPECTED, text);
        let markers = text.split(',').map(str::trim).filter(|one| !one.is_empty());
        let markers = markers.map(Marker::parse).collect::<Result<_, _>>();
        Ok(Self(markers.map_err(wrong)?))
    }

    fn from_toml(value: &DeValue<'_>, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        let marker = |value: &DeValue<'_>| {
            let text = value
                .as_str()
                .ok_or_else(|| Mismatch::new(Self::EXPECTED, article(value.type_str())))?;
            Marker::parse(text).map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
        };
        match value {
            DeValue::Array(items) => {
                let markers = items.iter().map(|item| marker(item.get_ref()));
                Ok(Self(markers.collect::<Result<_, _>>()?))
            }
            one => Ok(Self(vec![marker(one)?])),
        }
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        shown.join(", ")
    }
}

/// An extra or a dependency group that does not go together with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictPart {
    /// Whose it is; absent: the project's in whose file it stands.
    pub package: Option<PackageName>,
    /// What it is.
    pub kind: ConflictPartKind,
}

/// What a [`ConflictPart`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictPartKind {
    /// An extra.
    Extra(ExtraName),
    /// A dependency group.
    Group(GroupName),
    /// What the package itself asks for.
    Project,
}

/// Sets of extras and groups of which at most one is asked for at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conflicts(pub Vec<Vec<ConflictPart>>);

const PART: &str = "a table such as `{ extra = \"cpu\" }` or `{ group = \"dev\" }`";

impl OptionValue for Conflicts {
    const EXPECTED: &'static str = "a list of lists of tables, each with an `extra` or a `group`";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Err(Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let list = |value: &DeValue<'_>| Mismatch::new(Self::EXPECTED, article(value.type_str()));
        let sets = value.as_array().ok_or_else(|| list(value))?;
        let mut all = Vec::with_capacity(sets.len());
        for set in sets {
            let set = set.get_ref();
            let items = set.as_array().ok_or_else(|| list(set))?;
            let mut parts = Vec::with_capacity(items.len());
            for item in items {
                let item = item.get_ref();
                let table = item
                    .as_table()
                    .ok_or_else(|| Mismatch::new(PART, article(item.type_str())))?;
                parts.push(conflict_part(table, cx)?);
            }
            if parts.len() < 2 {
                return Err(Mismatch::new("at least two that do not go together", "one"));
            }
            all.push(parts);
        }
        Ok(Self(all))
    }

    fn show(&self) -> String {
        let part = |part: &ConflictPart| {
            let package = part.package.as_ref().map_or("", PackageName::as_str);
            match &part.kind {
                ConflictPartKind::Extra(name) => format!("{package}[{name}]"),
                ConflictPartKind::Group(name) => format!("{package}:{name}"),
                ConflictPartKind::Project => package.to_owned(),
            }
        };
        let sets = self.0.iter().map(|set| {
            let parts: Vec<String> = set.iter().map(part).collect();
            parts.join(" / ")
        });
        sets.collect::<Vec<_>>().join(", ")
    }
}

fn conflict_part(table: &DeTable<'_>, cx: ValueContext<'_>) -> Result<ConflictPart, Mismatch> {
    let text = |key: &str| {
        let value = table.get(key)?;
        Some(String::from_toml(value.get_ref(), cx))
    };
    let package = match text("package") {
        Some(name) => Some(PackageName::from_text(&name?, cx)?),
        None => None,
    };
    let kind = match (text("extra"), text("group")) {
        (Some(name), None) => {
            let name = name?;
            let name = ExtraName::parse(&name).map_err(|_| Mismatch::quoted(PART, &name))?;
            ConflictPartKind::Extra(name)
        }
        (None, Some(name)) => {
            let name = name?;
            let name = GroupName::parse(&name).map_err(|_| Mismatch::quoted(PART, &name))?;
            ConflictPartKind::Group(name)
        }
        (None, None) if package.is_some() => ConflictPartKind::Project,
        (None, None) => return Err(Mismatch::new(PART, "an empty table")),
        (Some(_), Some(_)) => return Err(Mismatch::new(PART, "both")),
    };
    Ok(ConflictPart { package, kind })
}
