//! How each kind of value is read from TOML and from text.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use naja_spec::{PackageName, Requirement, SafeUrl};
use toml::Spanned;
use toml::de::DeValue;

use crate::files::join_lexically;
use crate::settings::{
    Color, Cutoff, ForkStrategy, IndexEntry, IndexStrategy, KeyringProvider, LinkMode, Location,
    Origin, PackageChoice, Prerelease, PythonDownloads, PythonPreference, Resolution,
};

/// How lists are written in a text: the variables of the three tools differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// naja's and uv's variables.
    Own,
    /// pip's variables and files: everything separated by white space.
    Pip,
    /// One value of a flag: only package names are separated, by commas.
    Argument,
}

/// What reading a value may need to know.
#[derive(Clone, Copy)]
pub(crate) struct ValueContext<'a> {
    /// The directory relative paths start from.
    pub(crate) base: &'a Path,
    /// The clock, in Unix milliseconds.
    pub(crate) now_ms: i64,
    pub(crate) dialect: Dialect,
    pub(crate) origin: &'a Origin,
}

/// Says what a setting takes and what was there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Mismatch {
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            found: found.into(),
        }
    }

    fn quoted(expected: impl Into<String>, found: &str) -> Self {
        let mut short: String = found.chars().take(80).collect();
        if short.len() < found.len() {
            short.push('…');
        }
        // A value with `@` may hold a password.
        if short.contains('@') && short.contains("//") {
            return Self::new(expected, "something else");
        }
        Self::new(expected, format!("`{short}`"))
    }
}

/// A type of settings.
pub(crate) trait OptionValue: Sized {
    /// What a message says this setting takes.
    const EXPECTED: &'static str;

    /// Whether a repeated flag adds to the value instead of replacing it.
    const IS_LIST: bool = false;

    /// Reads a text: a variable, or a value of pip's files.
    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch>;

    /// Reads a TOML value; without its own form, a string is read as text.
    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match value.as_str() {
            Some(text) => Self::from_text(text, cx),
            None => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    /// Reads a variable that may not be Unicode.
    fn from_os(text: &OsStr, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match text.to_str() {
            Some(text) => Self::from_text(text, cx),
            None => Err(Mismatch::new(Self::EXPECTED, "bytes that are not Unicode")),
        }
    }

    /// Adds what a lower file layer has, for lists.
    fn append_lower(&mut self, _lower: &Self) {}

    /// Turns a switch round, for variables that say the contrary.
    fn invert(self) -> Self {
        self
    }

    /// The value as the documentation and `--show-settings` write it.
    fn show(&self) -> String;
}

fn article(kind: &str) -> String {
    let an = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if an { "an" } else { "a" })
}

impl OptionValue for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Ok(false),
            _ => Err(Mismatch::quoted(Self::EXPECTED, text)),
        }
    }

    fn from_toml(value: &DeValue<'_>, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        value
            .as_bool()
            .ok_or_else(|| Mismatch::new(Self::EXPECTED, article(value.type_str())))
    }

    fn invert(self) -> Self {
        !self
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl<T: OptionValue> OptionValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        T::from_text(text, cx).map(Some)
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        T::from_toml(value, cx).map(Some)
    }

    fn from_os(text: &OsStr, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        T::from_os(text, cx).map(Some)
    }

    fn invert(self) -> Self {
        self.map(T::invert)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
}

impl OptionValue for u32 {
    const EXPECTED: &'static str = "a whole number";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        text.trim()
            .parse()
            .map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match value.as_integer() {
            Some(number) if number.radix() == 10 => Self::from_text(number.as_str(), cx),
            _ => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A number of things done at once: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u32);

impl OptionValue for Count {
    const EXPECTED: &'static str = "a whole number from 1";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match u32::from_text(text, cx) {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(Mismatch::quoted(Self::EXPECTED, text)),
        }
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        match value.as_integer() {
            Some(number) => Self::from_text(number.as_str(), cx),
            None => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A time span in milliseconds; written in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milliseconds(pub u64);

impl OptionValue for Milliseconds {
    const EXPECTED: &'static str = "a number of seconds";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        let number = text.trim().strip_suffix('s').unwrap_or(text.trim());
        match number.parse::<f64>() {
            Ok(seconds) if (0.001..=1e9).contains(&seconds) =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 1 and 1e12 by the guard"
                )]
                Ok(Self((seconds * 1000.0) as u64))
            }
            _ => Err(Mismatch::quoted(Self::EXPECTED, text)),
        }
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let number = value.as_integer().map(|number| number.as_str());
        match number.or_else(|| value.as_float().map(|number| number.as_str())) {
            Some(text) => Self::from_text(text, cx),
            None => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    fn show(&self) -> String {
        format!("{}.{:03}", self.0 / 1000, self.0 % 1000)
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    }
}

impl OptionValue for String {
    const EXPECTED: &'static str = "a text";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl OptionValue for PathBuf {
    const EXPECTED: &'static str = "a path";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Self::from_os(OsStr::new(text), cx)
    }

    fn from_os(text: &OsStr, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Ok(join_lexically(cx.base, Path::new(text)))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

/// Directories as `PATH` writes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathList(pub Vec<PathBuf>);

impl OptionValue for PathList {
    const EXPECTED: &'static str = "directories";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let separator = if cfg!(windows) { ';' } else { ':' };
        text.split(separator)
            .filter(|part| !part.is_empty())
            .map(|part| PathBuf::from_text(part, cx))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn show(&self) -> String {
        let paths: Vec<String> = self.0.iter().map(OptionValue::show).collect();
        paths.join(":")
    }
}

/// Implements a setting that is parsed by `FromStr` and shown by `Display`.
macro_rules! word_values {
    ($($kind:ty),+) => { $(
        impl OptionValue for $kind {
            const EXPECTED: &'static str = <$kind>::EXPECTED;

            fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
                text.trim().parse().map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+ };
}

word_values!(
    Resolution,
    Prerelease,
    IndexStrategy,
    KeyringProvider,
    LinkMode,
    PythonPreference,
    PythonDownloads,
    Color,
    ForkStrategy,
    super::AnnotationStyle
);

impl OptionValue for Cutoff {
    const EXPECTED: &'static str = "a timestamp, a date or an age";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Cutoff::parse(text, cx.now_ms).map_err(|error| {
            let words = error.to_string();
            Mismatch::quoted(words.strip_prefix("expected ").unwrap_or(&words), text)
        })
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        if let Some(moment) = value.as_datetime() {
            return Self::from_text(&moment.to_string(), cx);
        }
        match value.as_str() {
            Some(text) => Self::from_text(text, cx),
            None => Err(Mismatch::new(Self::EXPECTED, article(value.type_str()))),
        }
    }

    fn show(&self) -> String {
        self.text.clone()
    }
}

impl OptionValue for Location {
    const EXPECTED: &'static str = "an http(s) address, a file address or a path";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Location::parse(text, cx.base).map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for SafeUrl {
    const EXPECTED: &'static str = "the address of a proxy";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        let text = text.trim();
        let parsed = if text.contains("://") {
            SafeUrl::parse(text)
        } else {
            SafeUrl::parse(&format!("http://{text}"))
        };
        parsed.map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for IndexEntry {
    const EXPECTED: &'static str = "an address, a path, or NAME=ADDRESS";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        IndexEntry::parse(text, cx.base, cx.origin)
            .map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        super::index_table::index_entry(value, cx)
    }

    fn show(&self) -> String {
        match &self.name {
            Some(name) => format!("{name}={}", self.location),
            None => self.location.to_string(),
        }
    }
}

impl OptionValue for PackageName {
    const EXPECTED: &'static str = "the name of a package";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        PackageName::parse(text.trim()).map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for Requirement {
    const EXPECTED: &'static str = "a requirement such as `harry>=1`";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Requirement::parse(text).map_err(|_| Mismatch::quoted(Self::EXPECTED, text))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

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
        for item in lower {
            if !self.contains(item) {
                self.push(item.clone());
            }
        }
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.iter().map(OptionValue::show).collect();
        shown.join(" ")
    }
}

/// A value for each of some packages: a TOML table, or `NAME=VALUE` texts.
pub type PerPackage<V> = Vec<(PackageName, V)>;

/// One `NAME=VALUE` pair.
impl<V: PackageValue> OptionValue for (PackageName, V) {
    const EXPECTED: &'static str = "PACKAGE=VALUE";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Mismatch::quoted(Self::EXPECTED, text))?;
        Ok((
            PackageName::from_text(name, cx)?,
            V::from_pair(value.trim(), cx)?,
        ))
    }

    fn show(&self) -> String {
        format!("{}={}", self.0, self.1.show_value())
    }
}

/// What can be given for one package.
pub(crate) trait PackageValue: Sized + Clone + PartialEq {
    fn from_pair(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch>;
    fn from_item(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch>;
    fn show_value(&self) -> String;
}

impl PackageValue for Prerelease {
    fn from_pair(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Self::from_text(text, cx)
    }

    fn from_item(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Self::from_toml(value, cx)
    }

    fn show_value(&self) -> String {
        self.to_string()
    }
}

impl PackageValue for Option<Cutoff> {
    fn from_pair(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        if text.eq_ignore_ascii_case("false") {
            return Ok(None);
        }
        Cutoff::from_text(text, cx).map(Some)
    }

    fn from_item(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        if value.as_bool() == Some(false) {
            return Ok(None);
        }
        Cutoff::from_toml(value, cx).map(Some)
    }

    fn show_value(&self) -> String {
        self.as_ref()
            .map_or_else(|| "false".to_owned(), OptionValue::show)
    }
}

/// A list of pairs, kept apart from plain lists because TOML writes it as a table.
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

impl<V: PackageValue> OptionValue for Pairs<V> {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "a table of packages";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let parts = match cx.dialect {
            Dialect::Argument => vec![text],
            _ => text.split_whitespace().collect(),
        };
        parts
            .into_iter()
            .map(|part| OptionValue::from_text(part, cx))
            .collect::<Result<_, _>>()
            .map(Self)
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
        for (name, value) in &lower.0 {
            if self.of(name).is_none() {
                self.0.push((name.clone(), value.clone()));
            }
        }
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.0.iter().map(OptionValue::show).collect();
        shown.join(" ")
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
                names: Vec::new(),
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
                names: Vec::new(),
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
        self.names.append_lower(&lower.names);
    }

    fn show(&self) -> String {
        if self.all {
            ":all:".to_owned()
        } else {
            self.names.show()
        }
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
        let text_of = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Boolean(switch) => Ok(switch.to_string()),
            other => Err(Mismatch::new("a text", article(other.type_str()))),
        };
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
        for (key, value) in &lower.0 {
            if !self.0.iter().any(|(known, _)| known == key) {
                self.0.push((key.clone(), value.clone()));
            }
        }
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.0.iter().map(|(k, v)| format!("{k}={v}")).collect();
        shown.join(" ")
    }
}
