//! How lists and tables are read from TOML and from text.

use std::collections::BTreeSet;
use std::path::PathBuf;

use naja_spec::{PackageName, Requirement};
use rustc_hash::{FxHashMap, FxHashSet};
use toml::Spanned;
use toml::de::DeValue;

use super::value::{Dialect, Mismatch, OptionValue, ValueContext, article};
use crate::settings::{Cutoff, HashedRequirement, IndexEntry, Location, PackageChoice, Prerelease};

/// How the members of a list are separated in a text.
trait Listed: OptionValue {
    /// Splits a variable of naja or uv.
    fn split(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    /// Splits one value of a flag.
    fn split_argument(text: &str) -> Vec<&str> {
        vec![text]
    }
}

impl Listed for IndexEntry {}
impl Listed for PathBuf {}
impl Listed for String {}

impl Listed for Location {
    fn split(text: &str) -> Vec<&str> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect()
    }
}

impl Listed for PackageName {
    fn split(text: &str) -> Vec<&str> {
        text.split(|c: char| c == ',' || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .collect()
    }

    fn split_argument(text: &str) -> Vec<&str> {
        Self::split(text)
    }
}

impl Listed for Requirement {
    fn split(text: &str) -> Vec<&str> {
        // White space may stand inside a requirement; lines and `;;` do not.
        text.lines()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect()
    }
}

impl Listed for HashedRequirement {
    fn split(text: &str) -> Vec<&str> {
        Requirement::split(text)
    }
}

impl<T: Listed + Clone + PartialEq> OptionValue for Vec<T> {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "a list";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let parts = match cx.dialect {
            Dialect::Own => T::split(text),
            Dialect::Pip => text.split_whitespace().collect(),
            Dialect::Argument => T::split_argument(text),
        };
        parts
            .into_iter()
            .map(|part| T::from_text(part, cx))
            .collect()
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match value {
            DeValue::Array(items) => items
                .iter()
                .map(|item| T::from_toml(item.get_ref(), cx))
                .collect(),
            DeValue::String(_) | DeValue::Table(_) => Ok(vec![T::from_toml(value, cx)?]),
            other => Err(Mismatch::new(
                format!("a list, each of it {}", T::EXPECTED),
                article(other.type_str()),
            )),
        }
    }

    fn append_lower(&mut self, lower: &Self) {
        // Equal items are shown alike, so that only those that are have to be compared.
        let mut shown: FxHashSet<String> = self.iter().map(OptionValue::show).collect();
        for item in lower {
            if shown.insert(item.show()) || !self.contains(item) {
                self.push(item.clone());
            }
        }
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.iter().map(OptionValue::show).collect();
        shown.join(" ")
    }
}

/// A value for each of some packages.
pub type PerPackage<V> = Vec<(PackageName, V)>;

/// What can be given for one package.
pub(crate) trait PackageValue: Sized + Clone {
    /// What a message says a table of them takes.
    const TABLE: &'static str = "a table of packages";
    /// What stands between the packages when they are shown.
    const BETWEEN: &'static str = " ";

    /// Reads a package and its value from a text.
    fn from_part(part: &str, cx: ValueContext<'_>) -> Result<(PackageName, Self), Mismatch>;
    /// Reads the value of a package in a table.
    fn from_item(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch>;
    /// Adds what a lower layer says about the same package, if that is not just hidden.
    fn join_lower(&mut self, _lower: &Self) {}
    /// The package and its value as `from_part` reads them.
    fn show_of(&self, name: &PackageName) -> String;
}

/// Splits `PACKAGE=VALUE`.
fn package_and_value<'t>(
    part: &'t str,
    cx: ValueContext<'_>,
) -> Result<(PackageName, &'t str), Mismatch> {
    let (name, value) = part
        .split_once('=')
        .ok_or_else(|| Mismatch::quoted("PACKAGE=VALUE", part))?;
    Ok((PackageName::from_text(name, cx)?, value.trim()))
}

impl PackageValue for Prerelease {
    fn from_part(part: &str, cx: ValueContext<'_>) -> Result<(PackageName, Self), Mismatch> {
        let (name, text) = package_and_value(part, cx)?;
        Ok((name, Self::from_text(text, cx)?))
    }

    fn from_item(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Self::from_toml(value, cx)
    }

    fn show_of(&self, name: &PackageName) -> String {
        format!("{name}={self}")
    }
}

impl PackageValue for Option<Cutoff> {
    fn from_part(part: &str, cx: ValueContext<'_>) -> Result<(PackageName, Self), Mismatch> {
        let (name, text) = package_and_value(part, cx)?;
        if text.eq_ignore_ascii_case("false") {
            return Ok((name, None));
        }
        Ok((name, Some(Cutoff::from_text(text, cx)?)))
    }

    fn from_item(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        if value.as_bool() == Some(false) {
            return Ok(None);
        }
        Cutoff::from_toml(value, cx).map(Some)
    }

    fn show_of(&self, name: &PackageName) -> String {
        let value = self
            .as_ref()
            .map_or_else(|| "false".to_owned(), OptionValue::show);
        format!("{name}={value}")
    }
}

/// Values by package, kept apart from plain lists because TOML writes them as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs<V>(pub PerPackage<V>);

impl<V> Default for Pairs<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> Pairs<V> {
    /// Returns what was said for a package.
    pub fn of(&self, package: &PackageName) -> Option<&V> {
        self.0
            .iter()
            .find(|(name, _)| name == package)
            .map(|(_, value)| value)
    }
}

/// Adds packages that are not there yet; the value of one that is may grow.
fn join<V: PackageValue>(
    pairs: &mut PerPackage<V>,
    lower: impl IntoIterator<Item = (PackageName, V)>,
) {
    let names = pairs.iter().map(|(name, _)| name.clone());
    let mut places: FxHashMap<PackageName, usize> = names.zip(0..).collect();
    for (name, value) in lower {
        let next = pairs.len();
        match *places.entry(name.clone()).or_insert(next) {
            place if place < next => pairs[place].1.join_lower(&value),
            _ => pairs.push((name, value)),
        }
    }
}

impl<V: PackageValue> OptionValue for Pairs<V> {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = V::TABLE;

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let parts = match cx.dialect {
            Dialect::Argument => vec![text],
            _ => text.split_whitespace().collect(),
        };
        let read: Result<Vec<_>, _> = parts
            .into_iter()
            .map(|part| V::from_part(part, cx))
            .collect();
        let mut pairs = Vec::new();
        join(&mut pairs, read?);
        Ok(Self(pairs))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let table = value
            .as_table()
            .ok_or_else(|| Mismatch::new(Self::EXPECTED, article(value.type_str())))?;
        let mut pairs = Vec::with_capacity(table.len());
        for (name, item) in table {
            let name = PackageName::from_text(name.get_ref(), cx)?;
            pairs.push((name, V::from_item(item.get_ref(), cx)?));
        }
        Ok(Self(pairs))
    }

    fn append_lower(&mut self, lower: &Self) {
        join(&mut self.0, lower.0.iter().cloned());
    }

    fn show(&self) -> String {
        let pairs = self.0.iter();
        let shown: Vec<String> = pairs.map(|(name, value)| value.show_of(name)).collect();
        shown.join(V::BETWEEN)
    }
}

impl OptionValue for PackageChoice {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "true, false, or package names (`:all:` for every one)";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let switch = bool::from_text(text, cx).ok();
        if let (Some(all), Dialect::Own) = (switch, cx.dialect) {
            return Ok(Self {
                all,
                names: BTreeSet::new(),
            });
        }
        let mut choice = Self::default();
        for part in PackageName::split(text) {
            choice
                .add(part)
                .map_err(|_| Mismatch::quoted(Self::EXPECTED, text))?;
        }
        Ok(choice)
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match value {
            DeValue::Boolean(all) => Ok(Self {
                all: *all,
                names: BTreeSet::new(),
            }),
            DeValue::String(text) => Self::from_text(text, cx),
            DeValue::Array(items) => {
                let mut choice = Self::default();
                for item in items {
                    let text = item.get_ref().as_str().unwrap_or_default();
                    choice
                        .add(text)
                        .map_err(|_| Mismatch::quoted(Self::EXPECTED, text))?;
                }
                Ok(choice)
            }
            other => Err(Mismatch::new(Self::EXPECTED, article(other.type_str()))),
        }
    }

    fn append_lower(&mut self, lower: &Self) {
        self.all |= lower.all;
        self.names.extend(lower.names.iter().cloned());
    }

    fn show(&self) -> String {
        if self.all {
            ":all:".to_owned()
        } else {
            let shown: Vec<&str> = self.names.iter().map(PackageName::as_str).collect();
            shown.join(" ")
        }
    }
}

/// A text, or a switch as a text.
pub(super) fn text_of_scalar(value: &DeValue<'_>) -> Result<String, Mismatch> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Boolean(switch) => Ok(switch.to_string()),
        other => Err(Mismatch::new("a text", article(other.type_str()))),
    }
}

/// Settings for build backends (`KEY=VALUE`, repeated keys make lists).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigSettings(pub Vec<(String, String)>);

impl OptionValue for ConfigSettings {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "a table of texts, or KEY=VALUE";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let pair = |part: &str| {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| Mismatch::quoted(Self::EXPECTED, part))?;
            Ok((key.to_owned(), value.to_owned()))
        };
        let parts = match cx.dialect {
            Dialect::Argument => vec![text],
            _ => text.split_whitespace().collect(),
        };
        parts
            .into_iter()
            .map(pair)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn from_toml(value: &DeValue<'_>, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        let wrong = || Mismatch::new(Self::EXPECTED, article(value.type_str()));
        let table = value.as_table().ok_or_else(wrong)?;
        let mut pairs = Vec::new();
        let text_of = |item: &Spanned<DeValue<'_>>| text_of_scalar(item.get_ref());
        for (key, item) in table {
            match item.get_ref() {
                DeValue::Array(items) => {
                    for item in items {
                        pairs.push((key.get_ref().to_string(), text_of(item)?));
                    }
                }
                _ => pairs.push((key.get_ref().to_string(), text_of(item)?)),
            }
        }
        Ok(Self(pairs))
    }

    fn append_lower(&mut self, lower: &Self) {
        // A key that is given several times becomes a list for the backend.
        self.0.extend(lower.0.iter().cloned());
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.0.iter().map(|(k, v)| format!("{k}={v}")).collect();
        shown.join(" ")
    }
}
