//! A project as it was understood, before it is written down.

use naja_spec::{ExtraName, GroupName, PackageName, SafeUrl};
use toml_edit::{InlineTable, Value};

use crate::manifest::DependencyPlace;

/// Something that could not be translated, or not exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where none is to blame.
    pub line: u32,
    /// What it is about.
    pub message: String,
}

/// One entry of a list of requirements, with the comments that go with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// The requirement, or an inline table that includes another group.
    pub(super) text: String,
    /// Whether the text is no requirement but TOML.
    pub(super) is_toml: bool,
    /// Comments on lines of their own above it.
    pub(super) above: Vec<String>,
    /// The comment behind it.
    pub(super) behind: Option<String>,
}

/// A list of requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ItemList {
    /// Which list it is.
    pub(super) place: DependencyPlace,
    /// Comments above it.
    pub(super) above: Vec<String>,
    /// The requirements.
    pub(super) items: Vec<Item>,
    /// Comments behind the last one.
    pub(super) tail: Vec<String>,
}

/// A key of a table with its value, and the comments that go with it.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) above: Vec<String>,
    pub(super) behind: Option<String>,
}

/// A project as it was understood.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// `[project]` without its lists and tables.
    pub(super) project: Vec<Field>,
    /// Comments above `[project]`.
    pub(super) above: Vec<String>,
    pub(super) lists: Vec<ItemList>,
    /// Tables of `[project]`: scripts, gui-scripts, urls, `entry-points."x"`.
    pub(super) tables: Vec<(Vec<String>, Vec<Field>)>,
    /// `[build-system]`, where it is new or another one.
    pub(super) build: Option<(Vec<String>, String)>,
    /// `[tool.naja]`
    pub(super) naja: Vec<Field>,
    pub(super) indexes: Vec<InlineTable>,
    pub(super) sources: Vec<(PackageName, Vec<InlineTable>)>,
    pub(super) tasks: Vec<Field>,
    /// What could not be translated.
    pub(super) remarks: Vec<Remark>,
}

impl Field {
    pub(super) fn new(key: &str, value: impl Into<Value>) -> Self {
        Self {
            key: key.to_owned(),
            value: value.into(),
            above: Vec::new(),
            behind: None,
        }
    }
}

impl Item {
    /// A requirement without comments.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

impl Draft {
    /// A list, made if it is new.
    pub(super) fn list(&mut self, place: DependencyPlace) -> &mut ItemList {
        let at = match self.lists.iter().position(|list| list.place == place) {
            Some(at) => at,
            None => {
                self.lists.push(ItemList {
                    place,
                    above: Vec::new(),
                    items: Vec::new(),
                    tail: Vec::new(),
                });
                self.lists.len() - 1
            }
        };
        &mut self.lists[at]
    }

    /// Adds a key of `[project]`.
    pub(super) fn project(&mut self, key: &str, value: impl Into<Value>) {
        self.project.push(Field::new(key, value));
    }

    /// Whether a key of `[project]` is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.project.iter().any(|field| field.key == key)
    }

    /// A table of `[project]`, made if it is new.
    pub(super) fn table(&mut self, path: &[&str]) -> &mut Vec<Field> {
        let same = |known: &[String]| known == path;
        let at = match self.tables.iter().position(|(known, _)| same(known)) {
            Some(at) => at,
            None => {
                let path = path.iter().map(|part| (*part).to_owned());
                self.tables.push((path.collect(), Vec::new()));
                self.tables.len() - 1
            }
        };
        &mut self.tables[at].1
    }

    /// Adds where a package comes from.
    pub(super) fn source(&mut self, name: &PackageName, source: InlineTable) {
        match self.sources.iter_mut().find(|(known, _)| known == name) {
            Some((_, sources)) => {
                let text = source.to_string();
                if !sources.iter().any(|known| known.to_string() == text) {
                    sources.push(source);
                }
            }
            None => self.sources.push((name.clone(), vec![source])),
        }
    }

    /// Says what could not be translated.
    pub(super) fn remark(&mut self, file: &str, line: u32, message: impl Into<String>) {
        self.remarks.push(Remark {
            file: file.to_owned(),
            line,
            message: message.into(),
        });
    }
}

impl Draft {
    /// An address as it may be written down: without credentials, which are told.
    pub(super) fn address(&mut self, (file, line): (&str, u32), address: &str) -> String {
        let Ok(url) = SafeUrl::parse(address) else {
            return address.to_owned();
        };
        // The user of ssh is no secret.
        if url.credentials().is_none() || url.scheme().ends_with("ssh") {
            return address.to_owned();
        }
        let bare = url.without_credentials();
        self.remark(
            file,
            line,
            format!("the credentials of {bare} are left out: `naja auth login` keeps them"),
        );
        bare.with_secrets().to_owned()
    }
}

/// The list of an extra, if the text can be the name of one.
pub(super) fn extra(name: &str) -> Option<DependencyPlace> {
    ExtraName::parse(name).ok().map(DependencyPlace::Extra)
}

/// The list of a group, if the text can be the name of one.
pub(super) fn group(name: &str) -> Option<DependencyPlace> {
    GroupName::parse(name).ok().map(DependencyPlace::Group)
}

/// An inline table of texts.
pub(super) fn inline<'t>(fields: impl IntoIterator<Item = (&'t str, &'t str)>) -> InlineTable {
    let mut table = InlineTable::new();
    for (key, value) in fields {
        table.insert(key, Value::from(value));
    }
    table
}

/// `Name <address>` as `[project]` has people; what is between the angles is an address.
pub(super) fn person(text: &str) -> InlineTable {
    let text = text.trim();
    let (name, email) = match text.split_once('<') {
        Some((name, rest)) => (name.trim(), rest.trim_end_matches('>').trim()),
        None if text.contains('@') && !text.contains(' ') => ("", text),
        None => (text, ""),
    };
    let fields = [("name", name), ("email", email)];
    inline(fields.into_iter().filter(|(_, value)| !value.is_empty()))
}
