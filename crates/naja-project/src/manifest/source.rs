//! `sources`: where a dependency comes from while the project is worked on.

use naja_spec::{ExtraName, GroupName, Marker, PackageName, SafeUrl};
use toml::de::DeTable;

use super::error::Read;
use super::toml_reader::{Placed, TomlReader};

/// Where a dependency comes from, and when that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it comes from.
    pub kind: SourceKind,
    /// The environments it counts in; absent: all.
    pub marker: Option<Marker>,
    /// It counts for requirements of this extra only.
    pub extra: Option<ExtraName>,
    /// It counts for requirements of this dependency group only.
    pub group: Option<GroupName>,
}

/// Where a dependency comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A commit of a git repository.
    Git(GitSource),
    /// A wheel or source archive behind an address.
    Url {
        /// The address.
        url: SafeUrl,
        /// The directory of the project inside the archive.
        subdirectory: Option<String>,
    },
    /// A wheel, an archive or a project directory on this machine.
    Path {
        /// The path as written; relative to the manifest.
        path: String,
        /// Whether a directory is installed as an editable project; absent: as the tool thinks best.
        editable: Option<bool>,
        /// Whether a directory is a package that is built, or only a list of dependencies.
        package: Option<bool>,
    },
    /// An index of the configuration, by its name.
    Index(String),
    /// A member of the workspace.
    Workspace {
        /// Whether it is installed as an editable project; absent: yes.
        editable: Option<bool>,
    },
}

/// A git repository, and what of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitSource {
    /// The address of the repository, without `git+`.
    pub url: SafeUrl,
    /// The revision.
    pub reference: GitReference,
    /// The directory of the project inside the repository.
    pub subdirectory: Option<String>,
    /// Whether files of git's large file storage are fetched; absent: as git is configured.
    pub lfs: Option<bool>,
}

/// A revision of a git repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GitReference {
    /// What the repository's `HEAD` names.
    #[default]
    Default,
    /// A commit, or any other name.
    Rev(String),
    /// A tag.
    Tag(String),
    /// A branch.
    Branch(String),
}

impl GitReference {
    /// Returns the name, whatever it names.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Default => None,
            Self::Rev(name) | Self::Tag(name) | Self::Branch(name) => Some(name),
        }
    }
}

/// The sources of packages, in the order of the file.
pub type Sources = Vec<(PackageName, Vec<Source>)>;

/// Reads a `sources` table.
pub(super) fn sources<'t>(reader: TomlReader<'t>, value: &Placed<'t>) -> Read<Sources> {
    let mut all = Vec::new();
    for (name, item) in reader.table(value)? {
        let at = name.span().start;
        let package = PackageName::parse(name.get_ref())
            .map_err(|error| reader.error(at, error.to_string()))?;
        let of_package = if let Some(table) = item.get_ref().as_table() {
            vec![source(reader, item, table)?]
        } else {
            let Some(items) = item.get_ref().as_array() else {
                return Err(reader.expected(item, "a table, or a list of tables"));
            };
            let items = items.iter();
            let read = items.map(|item| source(reader, item, reader.table(item)?));
            read.collect::<Read<_>>()?
        };
        all.push((package, of_package));
    }
    Ok(all)
}

/// The keys that say the kind; one of them is there.
const KINDS: [&str; 5] = ["git", "url", "path", "index", "workspace"];

/// The keys that go with each kind, besides the ones that say when it counts.
fn companions(kind: &str) -> &'static [&'static str] {
    match kind {
        "git" => &["rev", "tag", "branch", "subdirectory", "lfs"],
        "url" => &["subdirectory"],
        "path" => &["editable", "package"],
        "workspace" => &["editable"],
        _ => &[],
    }
}

fn source<'t>(reader: TomlReader<'t>, place: &Placed<'t>, table: &DeTable<'t>) -> Read<Source> {
    let at = place.span().start;
    let given: Vec<&str> = KINDS
        .into_iter()
        .filter(|kind| table.contains_key(*kind))
        .collect();
    let [kind] = given[..] else {
        let message = if given.is_empty() {
            "a source has one of `git`, `url`, `path`, `index` and `workspace`".to_owned()
        } else {
            format!("a source is one thing, not {}", given.join(" and "))
        };
        return Err(reader.error(at, message));
    };
    for key in table.keys() {
        let name: &str = key.get_ref();
        let known = name == kind
            || companions(kind).contains(&name)
            || matches!(name, "marker" | "extra" | "group");
        if !known {
            let message = format!("a source with `{kind}` has no `{name}`");
            return Err(reader.error(key.span().start, message));
        }
    }
    let fields = Fields { reader, table };
    let kind = match kind {
        "git" => SourceKind::Git(GitSource {
            url: fields.address("git")?,
            reference: fields.reference(at)?,
            subdirectory: fields.text("subdirectory")?,
            lfs: fields.switch("lfs")?,
        }),
        "url" => SourceKind::Url {
            url: fields.address("url")?,
            subdirectory: fields.text("subdirectory")?,
        },
        "path" => SourceKind::Path {
            path: fields.text("path")?.unwrap_or_default(),
            editable: fields.switch("editable")?,
            package: fields.switch("package")?,
        },
        "index" => SourceKind::Index(fields.text("index")?.unwrap_or_default()),
        _ => {
            if fields.switch("workspace")? == Some(false) {
                let message = "`workspace` is true, or it is left out";
                return Err(reader.error(at, message));
            }
            SourceKind::Workspace {
                editable: fields.switch("editable")?,
            }
        }
    };
    Ok(Source {
        kind,
        marker: fields.parsed("marker", Marker::parse)?,
        extra: fields.parsed("extra", ExtraName::parse)?,
        group: fields.parsed("group", GroupName::parse)?,
    })
}

/// The fields of one table.
struct Fields<'m, 't> {
    reader: TomlReader<'t>,
    table: &'m DeTable<'t>,
}

impl Fields<'_, '_> {
    fn text(&self, key: &str) -> Read<Option<String>> {
        let value = self.table.get(key);
        let text = value.map(|value| self.reader.text(value).map(str::to_owned));
        text.transpose()
    }

    fn switch(&self, key: &str) -> Read<Option<bool>> {
        let value = self.table.get(key);
        value.map(|value| self.reader.switch(value)).transpose()
    }

    fn parsed<T, E: std::fmt::Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Read<Option<T>> {
        let value = self.table.get(key);
        let read = value.map(|value| self.reader.parsed(value, parse));
        read.transpose()
    }

    fn address(&self, key: &str) -> Read<SafeUrl> {
        let url = self.parsed(key, |text| {
            SafeUrl::parse(text.strip_prefix("git+").unwrap_or(text))
        })?;
        url.ok_or_else(|| self.reader.error(0, format!("`{key}` is missing")))
    }

    fn reference(&self, at: usize) -> Read<GitReference> {
        let found = [
            self.text("rev")?.map(GitReference::Rev),
            self.text("tag")?.map(GitReference::Tag),
            self.text("branch")?.map(GitReference::Branch),
        ];
        let mut found = found.into_iter().flatten();
        let reference = found.next().unwrap_or_default();
        match found.next() {
            None => Ok(reference),
            Some(_) => {
                let message = "a git source has one of `rev`, `tag` and `branch` at most";
                Err(self.reader.error(at, message))
            }
        }
    }
}
