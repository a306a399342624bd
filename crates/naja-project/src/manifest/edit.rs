//! Changing the text of a manifest: comments, order and style stay.

use std::fmt;

use naja_spec::{
    ExtraName, GroupName, Marker, PackageName, Requirement, RequirementSource, SafeUrl,
};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use super::index_edit;
use super::list_edit;
use super::source_edit::{self, NewSource};
use crate::text_shape::TextShape;

fn without_credentials(requirement: &Requirement) -> Requirement {
    let mut plain = requirement.clone();
    if let RequirementSource::Url(url) = &mut plain.source {
        *url = url.without_credentials();
    }
    plain
}

/// A requirement as it is written down: its address has neither user nor password, and is else as it was given. What
/// people are shown has stars where a parameter may be secret; no address would be left of it here.
fn written(requirement: &Requirement) -> String {
    let plain = without_credentials(requirement);
    let shown = plain.to_string();
    match plain.url() {
        Some(url) => shown.replacen(&url.to_string(), url.with_secrets(), 1),
        None => shown,
    }
}

/// A list of requirements of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DependencyPlace {
    /// `[project] dependencies`
    Main,
    /// `[project.optional-dependencies]`
    Extra(ExtraName),
    /// `[dependency-groups]`
    Group(GroupName),
}

impl fmt::Display for DependencyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Main => f.write_str("`dependencies`"),
            Self::Extra(name) => write!(f, "the extra `{name}`"),
            Self::Group(name) => write!(f, "the group `{name}`"),
        }
    }
}

/// What adding a requirement did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It is new in its list.
    Inserted,
    /// It took the place of this one.
    Replaced(String),
    /// It stood there already.
    Unchanged,
}

/// An index, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIndex {
    /// Its name.
    pub name: Option<String>,
    /// Its address.
    pub url: SafeUrl,
    /// Whether it takes the place of the built-in one.
    pub is_default: bool,
}

/// Why a manifest cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// It is not TOML.
    #[error("it is not TOML: {0}")]
    Toml(String),
    /// Something stands where a table or list is needed.
    #[error("`{key}` is not {expected}")]
    Wrong {
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// There is no `[project]`.
    #[error("there is no `[project]`")]
    NoProject,
}

/// A manifest that is being changed.
#[derive(Debug, Clone)]
pub struct ManifestEditor {
    doc: DocumentMut,
    shape: TextShape,
    ends_open: bool,
    /// The table of the tool that new keys go into: `naja` or `uv`.
    tool: &'static str,
    /// Whether it is the metadata of a script, whose `dependencies` stand outside of all tables.
    is_script: bool,
}

type Edit<T> = Result<T, EditError>;

impl ManifestEditor {
    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// It is not TOML.
    pub fn parse(text: &str) -> Edit<Self> {
        let (shape, plain) = TextShape::of(text);
        let doc: DocumentMut = plain.parse().map_err(|error: toml_edit::TomlError| {
            let message = error.message().lines().next().unwrap_or_default();
            EditError::Toml(message.to_owned())
        })?;
        let tools = doc.get("tool").and_then(Item::as_table_like);
        let has = |name: &str| tools.is_some_and(|tools| tools.contains_key(name));
        let tool = if has("uv") && !has("naja") {
            "uv"
        } else {
            "naja"
        };
        Ok(Self {
            doc,
            shape,
            ends_open: !plain.is_empty() && !plain.ends_with('\n'),
            tool,
            is_script: false,
        })
    }

    /// Reads the metadata of a script (PEP 723), which has `dependencies` outside of all tables.
    ///
    /// # Errors
    /// It is not TOML.
    pub fn parse_script(text: &str) -> Edit<Self> {
        Ok(Self {
            is_script: true,
            ..Self::parse(text)?
        })
    }

    /// Returns the text as it is now.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = self.doc.to_string();
        if self.ends_open && text.ends_with('\n') {
            text.pop();
        }
        self.shape.restore(text)
    }

    /// Adds a requirement to a list. One of the same package for the same environments is replaced, and keeps
    /// its extras; a bare name leaves its bounds alone. User and password of an address are not written down.
    ///
    /// # Errors
    /// The manifest has something else in the place of the list.
    pub fn add(&mut self, place: &DependencyPlace, new: &Requirement) -> Edit<Placement> {
        let new = &without_credentials(new);
        let list = self.list_or_new(place)?;
        let entries = entries(list);
        let same = entries.iter().position(|entry| {
            entry.as_ref().is_some_and(|old| {
                old.name == new.name && same_marker(old.marker.as_ref(), new.marker.as_ref())
            })
        });
        if let Some(at) = same
            && let Some(Some(old)) = entries.get(at)
        {
            let merged = merged(old, new);
            if merged == *old {
                return Ok(Placement::Unchanged);
            }
            let before = text_at(list, at).to_owned();
            list_edit::replace(list, at, &written(&merged));
            return Ok(Placement::Replaced(before));
        }
        let at = position(list, new);
        list_edit::insert(list, at, &written(new));
        Ok(Placement::Inserted)
    }

    /// Takes the bounds from the requirement that [`add`](Self::add) would find in the place of a new one without
    /// bounds.
    ///
    /// # Errors
    /// The manifest has something else in the place of the list.
    pub fn unbind(&mut self, place: &DependencyPlace, new: &Requirement) -> Edit<()> {
        let is_bare = |requirement: &Requirement| {
            let specifiers = requirement.specifiers();
            specifiers.is_some_and(naja_spec::VersionSpecifiers::is_empty)
        };
        let Some(list) = self.list_mut(place)?.filter(|_| is_bare(new)) else {
            return Ok(());
        };
        for (at, entry) in entries(list).into_iter().enumerate() {
            let Some(old) = entry.filter(|old| {
                old.name == new.name && same_marker(old.marker.as_ref(), new.marker.as_ref())
            }) else {
                continue;
            };
            if !is_bare(&old) {
                let unbound = Requirement {
                    source: new.source.clone(),
                    ..old
                };
                list_edit::replace(list, at, &unbound.to_string());
            }
        }
        Ok(())
    }

    /// Replaces the requirement of a package that reads `before`. Says whether there was one.
    ///
    /// # Errors
    /// The manifest has something else in the place of the list.
    pub fn rewrite(&mut self, place: &DependencyPlace, before: &str, after: &str) -> Edit<bool> {
        let Some(list) = self.list_mut(place)? else {
            return Ok(false);
        };
        let at = (0..list.len()).find(|at| text_at(list, *at) == before);
        if let Some(at) = at {
            list_edit::replace(list, at, after);
        }
        Ok(at.is_some())
    }

    /// Takes every requirement of a package out of a list and returns them as they were written.
    ///
    /// # Errors
    /// The manifest has something else in the place of the list.
    pub fn remove(&mut self, place: &DependencyPlace, name: &PackageName) -> Edit<Vec<String>> {
        let mut removed = match self.list_mut(place)? {
            Some(list) => take_out(list, name),
            None => Vec::new(),
        };
        if is_dev(place)
            && let Some(list) = self.old_dev_mut()
        {
            removed.extend(take_out(list, name));
        }
        Ok(removed)
    }

    /// Returns the lists that have a requirement of a package.
    #[must_use]
    pub fn places_of(&self, name: &PackageName) -> Vec<DependencyPlace> {
        let mut places = Vec::new();
        let holds = |item: Option<&Item>| {
            let list = item.and_then(Item::as_array);
            list.is_some_and(|list| {
                let mut entries = entries(list).into_iter().flatten();
                entries.any(|entry| entry.name == *name)
            })
        };
        let project = self.doc.get("project").and_then(Item::as_table_like);
        let main = match self.is_script {
            true => self.doc.get("dependencies"),
            false => project.and_then(|project| project.get("dependencies")),
        };
        if holds(main) {
            places.push(DependencyPlace::Main);
        }
        let optional = project.and_then(|project| project.get("optional-dependencies"));
        for (key, item) in optional
            .and_then(Item::as_table_like)
            .iter()
            .flat_map(|t| t.iter())
        {
            if holds(Some(item))
                && let Ok(extra) = ExtraName::parse(key)
            {
                places.push(DependencyPlace::Extra(extra));
            }
        }
        let groups = self
            .doc
            .get("dependency-groups")
            .and_then(Item::as_table_like);
        for (key, item) in groups.iter().flat_map(|table| table.iter()) {
            if holds(Some(item))
                && let Ok(group) = GroupName::parse(key)
            {
                places.push(DependencyPlace::Group(group));
            }
        }
        let dev = self
            .tool_table("uv")
            .and_then(|uv| uv.get("dev-dependencies"));
        if holds(dev)
            && let Ok(group) = GroupName::parse("dev")
        {
            let dev = DependencyPlace::Group(group);
            if !places.contains(&dev) {
                places.push(dev);
            }
        }
        places
    }

    /// Writes down where a package comes from.
    ///
    /// # Errors
    /// The manifest has something else in the place of the table.
    pub fn set_source(&mut self, name: &PackageName, source: &NewSource) -> Edit<()> {
        let tool = self.tool;
        source_edit::set(self.tool_or_new(tool, "sources")?, name, source);
        Ok(())
    }

    /// Takes away where a package comes from, in the tables of both tools. Says whether there was something.
    pub fn remove_source(&mut self, name: &PackageName) -> bool {
        source_edit::remove(&mut self.doc, name)
    }

    /// Writes an index down, in front of the others; one of the same name gets the address, and so does the
    /// default one. Credentials are left out.
    ///
    /// # Errors
    /// The manifest has something else in the place of the list.
    pub fn add_index(&mut self, index: &NewIndex) -> Edit<()> {
        let tool = self.tool;
        let own = self.tool_mut(tool)?;
        index_edit::add(own, index)
    }

    /// Sets a text of `[project]`, such as `version` or `requires-python`.
    ///
    /// # Errors
    /// There is no `[project]`.
    pub fn set_project_text(&mut self, key: &str, text: &str) -> Edit<()> {
        let project = self
            .doc
            .get_mut("project")
            .and_then(Item::as_table_like_mut);
        let project = project.ok_or(EditError::NoProject)?;
        match project.get_mut(key).and_then(Item::as_value_mut) {
            Some(value) => {
                let decor = value.decor().clone();
                *value = Value::from(text);
                *value.decor_mut() = decor;
            }
            None => {
                project.insert(key, Item::Value(Value::from(text)));
            }
        }
        Ok(())
    }

    /// Adds a directory to the members of the workspace, and makes the manifest a root if it is none.
    ///
    /// # Errors
    /// The manifest has something else in the place of the list.
    pub fn add_member(&mut self, pattern: &str) -> Edit<()> {
        let tool = self.tool;
        let table = self.tool_or_new(tool, "workspace")?;
        let list = array_in(table, "members", "workspace.members")?;
        if !(0..list.len()).any(|at| text_at(list, at) == pattern) {
            list_edit::insert(list, list.len(), pattern);
        }
        Ok(())
    }

    fn tool_table(&self, tool: &str) -> Option<&dyn TableLike> {
        let tools = self.doc.get("tool").and_then(Item::as_table_like)?;
        tools.get(tool).and_then(Item::as_table_like)
    }

    /// A table of a tool, made if it is missing.
    fn tool_or_new(&mut self, tool: &str, key: &str) -> Edit<&mut dyn TableLike> {
        let own = self.tool_mut(tool)?;
        table_in(own, key, false).ok_or_else(|| EditError::Wrong {
            key: key.to_owned(),
            expected: "a table",
        })
    }

    fn tool_mut(&mut self, tool: &str) -> Edit<&mut dyn TableLike> {
        let wrong = |key: &str| EditError::Wrong {
            key: key.to_owned(),
            expected: "a table",
        };
        let root: &mut dyn TableLike = self.doc.as_table_mut();
        let tools = table_in(root, "tool", true).ok_or_else(|| wrong("tool"))?;
        table_in(tools, tool, true).ok_or_else(|| wrong(tool))
    }

    /// The list in which uv once kept the group `dev`.
    fn old_dev_mut(&mut self) -> Option<&mut Array> {
        let tools = self.doc.get_mut("tool")?.as_table_like_mut()?;
        let uv = tools.get_mut("uv")?.as_table_like_mut()?;
        uv.get_mut("dev-dependencies")?.as_array_mut()
    }

    /// Whether the group `dev` stands in uv's old list alone.
    fn has_old_dev_only(&self) -> bool {
        let groups = self
            .doc
            .get("dependency-groups")
            .and_then(Item::as_table_like);
        let old = self
            .tool_table("uv")
            .and_then(|uv| uv.get("dev-dependencies"));
        old.is_some_and(Item::is_array)
            && groups.is_none_or(|groups| key_of(groups, |key| key == "dev").is_none())
    }

    fn list_mut(&mut self, place: &DependencyPlace) -> Edit<Option<&mut Array>> {
        if is_dev(place) && self.has_old_dev_only() {
            return Ok(self.old_dev_mut());
        }
        let (table, key) = match place {
            DependencyPlace::Main if self.is_script => {
                let root: &mut dyn TableLike = self.doc.as_table_mut();
                (Some(root), "dependencies".to_owned())
            }
            DependencyPlace::Main => {
                let project = self.doc.get_mut("project");
                (
                    project.and_then(Item::as_table_like_mut),
                    "dependencies".to_owned(),
                )
            }
            DependencyPlace::Extra(name) => {
                let project = self.doc.get_mut("project");
                let project = project.and_then(Item::as_table_like_mut);
                let table = project.and_then(|table| table.get_mut("optional-dependencies"));
                let table = table.and_then(Item::as_table_like_mut);
                let is_it = |key: &str| ExtraName::parse(key).is_ok_and(|key| key == *name);
                let key = table.as_ref().and_then(|table| key_of(&**table, is_it));
                (table, key.unwrap_or_else(|| name.to_string()))
            }
            DependencyPlace::Group(name) => {
                let table = self.doc.get_mut("dependency-groups");
                let table = table.and_then(Item::as_table_like_mut);
                let is_it = |key: &str| GroupName::parse(key).is_ok_and(|key| key == *name);
                let key = table.as_ref().and_then(|table| key_of(&**table, is_it));
                (table, key.unwrap_or_else(|| name.to_string()))
            }
        };
        match table.and_then(|table| table.get_mut(&key)) {
            None => Ok(None),
            Some(item) => match item.as_array_mut() {
                Some(list) => Ok(Some(list)),
                None => Err(EditError::Wrong {
                    key,
                    expected: "a list",
                }),
            },
        }
    }

    fn list_or_new(&mut self, place: &DependencyPlace) -> Edit<&mut Array> {
        if self.list_mut(place)?.is_none() {
            self.make_list(place)?;
        }
        let missing = EditError::Wrong {
            key: place.to_string(),
            expected: "a list",
        };
        self.list_mut(place)?.ok_or(missing)
    }

    fn make_list(&mut self, place: &DependencyPlace) -> Edit<()> {
        let wrong = |key: &str| EditError::Wrong {
            key: key.to_owned(),
            expected: "a table",
        };
        let root: &mut dyn TableLike = self.doc.as_table_mut();
        let (table, key): (&mut dyn TableLike, &str) = match place {
            DependencyPlace::Main if self.is_script => (root, "dependencies"),
            DependencyPlace::Main => {
                let project = root.get_mut("project").ok_or(EditError::NoProject)?;
                let project = project.as_table_like_mut();
                (project.ok_or_else(|| wrong("project"))?, "dependencies")
            }
            DependencyPlace::Extra(name) => {
                let project = root.get_mut("project").ok_or(EditError::NoProject)?;
                let project = project.as_table_like_mut();
                let project = project.ok_or_else(|| wrong("project"))?;
                let table = table_in(project, "optional-dependencies", false);
                (
                    table.ok_or_else(|| wrong("optional-dependencies"))?,
                    name.as_str(),
                )
            }
            DependencyPlace::Group(name) => {
                let table = table_in(root, "dependency-groups", false);
                (
                    table.ok_or_else(|| wrong("dependency-groups"))?,
                    name.as_str(),
                )
            }
        };
        table.insert(key, Item::Value(Value::Array(Array::new())));
        Ok(())
    }
}

/// A table inside of another, made if it is missing; `implied` ones are not written by themselves.
fn table_in<'t>(
    table: &'t mut dyn TableLike,
    key: &str,
    implied: bool,
) -> Option<&'t mut dyn TableLike> {
    if !table.contains_key(key) {
        let mut new = Table::new();
        new.set_implicit(implied);
        table.insert(key, Item::Table(new));
    }
    table.get_mut(key)?.as_table_like_mut()
}

fn array_in<'t>(table: &'t mut dyn TableLike, key: &str, shown: &str) -> Edit<&'t mut Array> {
    if !table.contains_key(key) {
        table.insert(key, Item::Value(Value::Array(Array::new())));
    }
    let list = table.get_mut(key).and_then(Item::as_array_mut);
    list.ok_or_else(|| EditError::Wrong {
        key: shown.to_owned(),
        expected: "a list",
    })
}

pub(super) fn key_of(table: &dyn TableLike, is_it: impl Fn(&str) -> bool) -> Option<String> {
    let mut keys = table.iter().map(|(key, _)| key);
    keys.find(|key| is_it(key)).map(str::to_owned)
}

fn text_at(list: &Array, at: usize) -> &str {
    list.get(at).and_then(Value::as_str).unwrap_or_default()
}

fn is_dev(place: &DependencyPlace) -> bool {
    matches!(place, DependencyPlace::Group(group) if group.as_str() == "dev")
}

/// Takes every requirement of a package out of a list.
fn take_out(list: &mut Array, name: &PackageName) -> Vec<String> {
    let mut removed = Vec::new();
    for (at, entry) in entries(list).into_iter().enumerate().rev() {
        if entry.is_some_and(|entry| entry.name == *name) {
            removed.insert(0, text_at(list, at).to_owned());
            list_edit::remove(list, at);
        }
    }
    removed
}

/// The entries of a list that are requirements.
fn entries(list: &Array) -> Vec<Option<Requirement>> {
    let texts = (0..list.len()).map(|at| text_at(list, at));
    texts.map(|text| Requirement::parse(text).ok()).collect()
}

fn same_marker(a: Option<&Marker>, b: Option<&Marker>) -> bool {
    naja_spec::MarkerSet::from(a) == naja_spec::MarkerSet::from(b)
}

/// What a list says after a requirement was added to one of the same package.
fn merged(old: &Requirement, new: &Requirement) -> Requirement {
    let mut merged = new.clone();
    merged.marker.clone_from(&old.marker);
    for extra in &old.extras {
        if !merged.extras.contains(extra) {
            merged.extras.push(extra.clone());
        }
    }
    merged.extras.sort();
    let is_bare = new
        .specifiers()
        .is_some_and(naja_spec::VersionSpecifiers::is_empty);
    if is_bare {
        merged.source = old.source.clone();
    }
    merged
}

/// Where a requirement goes: in the order of the names if the list has one, else at the end.
fn position(list: &Array, new: &Requirement) -> usize {
    let known: Vec<(String, bool)> = (0..list.len())
        .map(|at| text_at(list, at))
        .map(|text| (name_in(text).to_ascii_lowercase(), text.contains(';')))
        .collect();
    if !known.is_sorted_by(|(a, _), (b, _)| a <= b) {
        return known.len();
    }
    // What counts everywhere comes before what counts somewhere.
    let own = (new.name.to_string(), new.marker.is_some());
    let behind = known.iter().position(|one| *one > own);
    behind.unwrap_or(known.len())
}

/// What a requirement begins with.
fn name_in(text: &str) -> &str {
    let text = text.trim_start();
    let is_part = |byte: char| byte.is_ascii_alphanumeric() || matches!(byte, '-' | '_' | '.');
    let end = text.find(|byte: char| !is_part(byte));
    &text[..end.unwrap_or(text.len())]
}
