//! Changing one setting in the text of a configuration file, and nothing else in it.

use std::path::Path;

use toml::de::DeTable;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use super::table::KEYS;
use super::value::{Dialect, ValueContext};
use crate::nearest::nearest;
use crate::settings::{Origin, Partial, options};
use crate::text_shape::TextShape;

/// Why a setting cannot be written into a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyEditError {
    /// There is no such setting.
    #[error("there is no setting `{key}`{}", near.as_ref().map(|near| format!("; is `{near}` meant?")).unwrap_or_default())]
    Unknown {
        /// The key.
        key: String,
        /// One that looks like it.
        near: Option<String>,
    },
    /// It takes something else.
    #[error("`{key}` takes {expected}, not {found}")]
    Value {
        /// The key.
        key: String,
        /// What it takes.
        expected: String,
        /// What was given.
        found: String,
    },
    /// The file is not TOML.
    #[error("the file is not TOML: {0}")]
    Toml(String),
    /// Something stands where a table is needed.
    #[error("`{0}` of the file is not a table")]
    NoTable(String),
}

/// What a file of settings is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsFile {
    /// `naja.toml`: all of it is settings.
    Own,
    /// `pyproject.toml`: they stand in `[tool.naja]`.
    Manifest,
}

impl SettingsFile {
    /// The tables above the key; that of pip's interface for keys such as `pip.strict`.
    fn tables(self, key: &str) -> (Vec<&'static str>, &str) {
        let mut tables = match self {
            Self::Own => Vec::new(),
            Self::Manifest => vec!["tool", "naja"],
        };
        match key.strip_prefix("pip.") {
            Some(inner) => {
                tables.push("pip");
                (tables, inner)
            }
            None => (tables, key),
        }
    }
}

/// Checks the name of a setting: a key, or `pip.` and a key.
///
/// # Errors
/// There is no such setting.
pub fn setting_key(text: &str) -> Result<String, KeyEditError> {
    let text = text.trim_start_matches("--").replace('_', "-");
    let key = text.strip_prefix("pip.").unwrap_or(&text);
    if KEYS.contains(&key) {
        return Ok(text);
    }
    Err(KeyEditError::Unknown {
        near: nearest(key, KEYS.iter().copied()).map(str::to_owned),
        key: text,
    })
}

/// Writes a setting into the text of a file; comments, order and everything else stay.
///
/// The value is written as TOML if it is some that the setting takes, else as a text, or a list of texts that are
/// separated by commas.
///
/// # Errors
/// There is no such setting, it takes something else, or the text is not TOML.
pub fn set_setting(
    text: &str,
    file: SettingsFile,
    (key, value): (&str, &str),
) -> Result<String, KeyEditError> {
    let key = setting_key(key)?;
    let (tables, inner) = file.tables(&key);
    let value = understood(inner, value)?;
    let mut text = Lines::parse(text)?;
    let mut table: &mut dyn TableLike = text.doc.as_table_mut();
    for (at, name) in tables.iter().enumerate() {
        if !table.contains_key(name) {
            let mut new = Table::new();
            new.set_implicit(at + 1 < tables.len());
            table.insert(name, Item::Table(new));
        }
        let inside = table.get_mut(name).and_then(Item::as_table_like_mut);
        table = inside.ok_or_else(|| KeyEditError::NoTable(tables[..=at].join(".")))?;
    }
    match table.get_mut(inner) {
        Some(item) => {
            let mut value = value;
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => {
            table.insert(inner, Item::Value(value));
        }
    }
    Ok(text.to_text())
}

/// Takes a setting out of the text of a file; nothing if it is not there.
///
/// # Errors
/// There is no such setting, or the text is not TOML.
pub fn unset_setting(
    text: &str,
    file: SettingsFile,
    key: &str,
) -> Result<Option<String>, KeyEditError> {
    let key = setting_key(key)?;
    let (tables, inner) = file.tables(&key);
    let mut text = Lines::parse(text)?;
    if !removed(text.doc.as_table_mut(), &tables, inner) {
        return Ok(None);
    }
    Ok(Some(text.to_text()))
}

/// Takes a key out of a table inside of tables, and the tables that are empty then.
fn removed(table: &mut dyn TableLike, tables: &[&str], key: &str) -> bool {
    let Some((first, rest)) = tables.split_first() else {
        return table.remove(key).is_some();
    };
    let Some(inside) = table.get_mut(first).and_then(Item::as_table_like_mut) else {
        return false;
    };
    let done = removed(inside, rest, key);
    if done && inside.is_empty() {
        table.remove(first);
    }
    done
}

/// The value in the form in which the setting takes it.
fn understood(key: &str, text: &str) -> Result<Value, KeyEditError> {
    let mut failure = None;
    for value in forms(key, text) {
        match taken(key, &value) {
            Ok(()) => return Ok(value),
            // What the plain text meets tells most.
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| KeyEditError::Unknown {
        key: key.to_owned(),
        near: None,
    }))
}

/// What a text may be meant as, the likeliest first.
fn forms(key: &str, text: &str) -> Vec<Value> {
    let mut forms: Vec<Value> = Vec::new();
    let is_list = options()
        .iter()
        .any(|row| row.key == key && row.expected == "a list");
    forms.extend(text.trim().parse::<Value>().ok());
    if is_list {
        let parts = text.split(',').map(str::trim);
        let list: Array = parts.filter(|part| !part.is_empty()).collect();
        forms.push(Value::Array(list));
    }
    forms.push(Value::from(text));
    forms
}

/// Tries whether a setting takes a value.
fn taken(key: &str, value: &Value) -> Result<(), KeyEditError> {
    let mut bare = value.clone();
    bare.decor_mut().clear();
    let line = format!("it = {bare}");
    let wrong = |expected: String, found: String| KeyEditError::Value {
        key: key.to_owned(),
        expected,
        found,
    };
    let table = DeTable::parse(&line)
        .map_err(|error| wrong("a value".to_owned(), error.message().to_owned()))?;
    let Some(value) = table.get_ref().get("it") else {
        return Ok(());
    };
    let cx = ValueContext {
        base: Path::new(""),
        now_ms: 0,
        dialect: Dialect::Own,
        origin: &Origin::DEFAULT,
    };
    match Partial::default().set_toml(key, value.get_ref(), cx) {
        Ok(_) => Ok(()),
        Err(mismatch) => Err(wrong(mismatch.expected, mismatch.found)),
    }
}

/// A text as a document, with what documents do not keep: the mark at the front, and the ends of lines.
struct Lines {
    doc: DocumentMut,
    shape: TextShape,
}

impl Lines {
    fn parse(text: &str) -> Result<Self, KeyEditError> {
        let (shape, plain) = TextShape::of(text);
        let doc = plain.parse().map_err(|error: toml_edit::TomlError| {
            let message = error.message().lines().next().unwrap_or_default();
            KeyEditError::Toml(message.to_owned())
        })?;
        Ok(Self { doc, shape })
    }

    fn to_text(&self) -> String {
        self.shape.restore(self.doc.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(text: &str, file: SettingsFile, key: &str, value: &str) -> String {
        match set_setting(text, file, (key, value)) {
            Ok(text) => text,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn values_are_written_in_their_form() {
        for (key, value, wanted) in [
            ("offline", "true", "offline = true\n"),
            ("http-timeout", "7", "http-timeout = 7\n"),
            ("python", "3.12", "python = \"3.12\"\n"),
            ("link-mode", "copy", "link-mode = \"copy\"\n"),
            (
                "no-build-package",
                "harry, ron",
                "no-build-package = [\"harry\", \"ron\"]\n",
            ),
            (
                "no-build-package",
                "[\"harry\"]",
                "no-build-package = [\"harry\"]\n",
            ),
            (
                "index-url",
                "https://index.example/simple/",
                "index-url = \"https://index.example/simple/\"\n",
            ),
            ("exclude-newer", "7 days", "exclude-newer = \"7 days\"\n"),
            ("pip.strict", "true", "[pip]\nstrict = true\n"),
            ("--no-sync", "true", "no-sync = true\n"),
            (
                "offline",
                "perhaps",
                "`offline` takes true or false, not a string",
            ),
            (
                "ofline",
                "true",
                "there is no setting `ofline`; is `offline` meant?",
            ),
        ] {
            assert_eq!(
                set("", SettingsFile::Own, key, value),
                wanted,
                "{key} {value}"
            );
        }
    }

    #[test]
    fn everything_else_stays() {
        let text =
            "# mine\r\n[tool.naja] # here\r\noffline = true # never\r\n\r\n[tool.x]\r\na = 1\r\n";
        let changed = set(text, SettingsFile::Manifest, "offline", "false");
        assert_eq!(changed, text.replace("offline = true", "offline = false"));
        let more = set(&changed, SettingsFile::Manifest, "no-sync", "true");
        let back = unset_setting(&more, SettingsFile::Manifest, "no-sync").unwrap();
        assert_eq!(back.as_deref(), Some(changed.as_str()));
        assert_eq!(
            unset_setting(text, SettingsFile::Manifest, "no-sync"),
            Ok(None)
        );
        let fresh = set(
            "[project]\nname = 'a'\n",
            SettingsFile::Manifest,
            "no-sync",
            "1",
        );
        assert_eq!(fresh, "`no-sync` takes true or false, not a string");
        let fresh = set(
            "[project]\nname = 'a'\n",
            SettingsFile::Manifest,
            "no-sync",
            "true",
        );
        assert_eq!(
            fresh,
            "[project]\nname = 'a'\n\n[tool.naja]\nno-sync = true\n"
        );
        let gone = unset_setting(&fresh, SettingsFile::Manifest, "no-sync").unwrap();
        assert_eq!(gone.as_deref(), Some("[project]\nname = 'a'\n"));
        assert!(matches!(
            set_setting("tool = 1", SettingsFile::Manifest, ("offline", "true")),
            Err(KeyEditError::NoTable(_))
        ));
        assert!(matches!(
            set_setting("a = ", SettingsFile::Own, ("offline", "true")),
            Err(KeyEditError::Toml(_))
        ));
    }

    proptest! {
        #[test]
        fn what_is_set_can_be_taken_out_again(
            lines in prop::collection::vec("(# [ -~é]{0,10}|x[0-9]{1,3} = [0-9]|)", 0..6),
            value in "[a-z,\" \\[\\]0-9.]{0,20}",
        ) {
            let mut keys = std::collections::BTreeSet::new();
            let lines: Vec<&String> = lines
                .iter()
                .filter(|line| keys.insert(line.split(' ').next().map(str::to_owned)))
                .collect();
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            for key in ["python", "no-build-package", "offline"] {
                if let Ok(changed) = set_setting(&text, SettingsFile::Own, (key, &value)) {
                    let back = unset_setting(&changed, SettingsFile::Own, key).unwrap();
                    prop_assert_eq!(back.as_deref(), Some(text.as_str()));
                }
            }
        }
    }
}
