//! What a lock was made of: the meaning of the manifests, in a form that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use naja_spec::{
    ExtraName, GroupName, Marker, MarkerSet, PackageName, Requirement, RequirementSource, Version,
    VersionSpecifiers,
};
use toml::{Table, Value};

use super::LockReadError;
use super::table::{Place, requirements, texts};
use crate::PartKind;

/// Everything that decides what a lock says, besides the indexes and the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The Pythons all members take.
    pub requires_python: Option<VersionSpecifiers>,
    /// The environments that are locked; empty for all.
    pub environments: Vec<Marker>,
    /// The projects, sorted by name.
    pub members: Vec<MemberInputs>,
    /// Every rule that changes the answer, by its key, as text; those that have their default are left out.
    pub rules: BTreeMap<String, Vec<String>>,
}

/// What one project declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberInputs {
    /// Its name; [`PackageName::unnamed_root`] for a root that has dependency groups only.
    pub name: PackageName,
    /// Its directory, relative to that of the lock, with `/`; `.` for the root.
    pub path: String,
    /// Its version, unless that is dynamic.
    pub version: Option<Version>,
    /// Whether it is built and installed itself.
    pub is_package: bool,
    /// `dependencies`
    pub dependencies: Vec<Requirement>,
    /// `optional-dependencies`
    pub extras: BTreeMap<ExtraName, Vec<Requirement>>,
    /// `dependency-groups`, with what they include.
    pub groups: BTreeMap<GroupName, Vec<Requirement>>,
    /// The groups that count without being asked for.
    pub default_groups: Vec<GroupName>,
    /// Where packages come from: `NAME` and a text for each source.
    pub sources: BTreeMap<PackageName, Vec<String>>,
    /// What stands for metadata that only a build tells: a digest of the files it depends on.
    pub fingerprint: Option<String>,
}

/// One reason why a lock does not fit any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stale {
    /// `requires-python` differs.
    Python,
    /// The environments that are locked differ.
    Environments,
    /// A project is new.
    NewMember(PackageName),
    /// A project is gone.
    GoneMember(PackageName),
    /// A project declares something else; the text names what.
    Member(PackageName, String),
    /// A rule of the configuration differs.
    Rule(String),
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python => f.write_str("`requires-python` changed"),
            Self::Environments => f.write_str("`environments` changed"),
            Self::NewMember(name) if name.is_unnamed_root() => {
                f.write_str("the workspace's root has dependency groups")
            }
            Self::GoneMember(name) if name.is_unnamed_root() => {
                f.write_str("the workspace's root has no dependency groups of its own any more")
            }
            Self::NewMember(name) => write!(f, "{name} is new in the workspace"),
            Self::GoneMember(name) => write!(f, "{name} is no longer in the workspace"),
            Self::Member(name, what) => write!(f, "{what} of {name} changed"),
            Self::Rule(key) if key == super::MERGED => f.write_str(
                "two locks were merged into it, and not all of it is sure to fit together",
            ),
            Self::Rule(key) => write!(f, "the setting `{key}` changed"),
        }
    }
}

impl Inputs {
    /// Says in which ways other inputs differ; nothing if a lock made of these still fits.
    #[must_use]
    pub fn compare(&self, now: &Self) -> Vec<Stale> {
        let mut why = Vec::new();
        if self.requires_python != now.requires_python {
            why.push(Stale::Python);
        }
        if self.environments != now.environments {
            why.push(Stale::Environments);
        }
        for member in &now.members {
            match self.member(&member.name) {
                None => why.push(Stale::NewMember(member.name.clone())),
                Some(before) => why.extend(before.compare(member)),
            }
        }
        for before in &self.members {
            if now.member(&before.name).is_none() {
                why.push(Stale::GoneMember(before.name.clone()));
            }
        }
        let keys: BTreeSet<&String> = self.rules.keys().chain(now.rules.keys()).collect();
        let differs = |key: &&String| self.rules.get(*key) != now.rules.get(*key);
        why.extend(keys.into_iter().filter(differs).cloned().map(Stale::Rule));
        why
    }

    /// Returns the project with a name.
    #[must_use]
    pub fn member(&self, name: &PackageName) -> Option<&MemberInputs> {
        self.members.iter().find(|member| member.name == *name)
    }

    /// Returns the root project, if the root has one.
    #[must_use]
    pub fn root(&self) -> Option<&MemberInputs> {
        self.members.iter().find(|member| member.path == ".")
    }

    pub(super) fn to_table(&self) -> Table {
        let mut table = Table::new();
        table.insert("version".to_owned(), Value::Integer(super::FORMAT));
        if !self.rules.is_empty() {
            let rules = self.rules.iter();
            let rules = rules.map(|(key, values)| (key.clone(), texts(values)));
            table.insert("rules".to_owned(), Value::Table(rules.collect()));
        }
        let members = self.members.iter();
        let members = members.map(|member| Value::Table(member.to_table()));
        table.insert("members".to_owned(), Value::Array(members.collect()));
        table
    }

    /// Reads `[tool.naja]`; what the standard has a place for is the caller's.
    pub(super) fn from_table(table: &Table) -> Result<Self, LockReadError> {
        let place = Place("tool.naja");
        let members = place.tables(table, "members")?.into_iter();
        Ok(Self {
            requires_python: None,
            environments: Vec::new(),
            members: members
                .map(MemberInputs::from_table)
                .collect::<Result<_, _>>()?,
            rules: place.lists(table, "rules")?,
        })
    }
}

impl MemberInputs {
    /// Returns the requirements of a part; none for a part that does not exist.
    #[must_use]
    pub fn part(&self, kind: &PartKind) -> &[Requirement] {
        match kind {
            PartKind::Project => &self.dependencies,
            PartKind::Extra(name) => self.extras.get(name).map_or(&[], Vec::as_slice),
            PartKind::Group(name) => self.groups.get(name).map_or(&[], Vec::as_slice),
        }
    }

    /// Every part with what it asks for.
    pub(super) fn all_parts(&self) -> Vec<(PartKind, &[Requirement])> {
        let mut parts = vec![(PartKind::Project, self.dependencies.as_slice())];
        let extras = self.extras.iter();
        parts.extend(extras.map(|(name, list)| (PartKind::Extra(name.clone()), list.as_slice())));
        let groups = self.groups.iter();
        parts.extend(groups.map(|(name, list)| (PartKind::Group(name.clone()), list.as_slice())));
        parts
    }

    fn compare(&self, now: &Self) -> Vec<Stale> {
        let checks = [
            (self.path != now.path, "the directory"),
            (self.version != now.version, "the version"),
            (self.is_package != now.is_package, "`package`"),
            (
                !same(&self.dependencies, &now.dependencies),
                "`dependencies`",
            ),
            (
                self.default_groups != now.default_groups,
                "`default-groups`",
            ),
            (self.sources != now.sources, "`sources`"),
            (
                self.fingerprint != now.fingerprint,
                "what the build depends on",
            ),
        ];
        let checks = checks.into_iter().filter(|(differs, _)| *differs);
        let mut what: Vec<String> = checks.map(|(_, what)| what.to_owned()).collect();
        what.extend(differing(&self.extras, &now.extras).map(|name| format!("the extra `{name}`")));
        what.extend(differing(&self.groups, &now.groups).map(|name| format!("the group `{name}`")));
        let name = &self.name;
        what.into_iter()
            .map(|what| Stale::Member(name.clone(), what))
            .collect()
    }

    fn to_table(&self) -> Table {
        let mut table = Table::new();
        let mut put = |key: &str, value: Value| {
            table.insert(key.to_owned(), value);
        };
        if !self.name.is_unnamed_root() {
            put("name", Value::String(self.name.to_string()));
        }
        put("path", Value::String(self.path.clone()));
        if let Some(version) = &self.version {
            put("version", Value::String(version.to_string()));
        }
        if self.is_package {
            put("package", Value::Boolean(true));
        }
        if !self.dependencies.is_empty() {
            put("dependencies", requirements(&self.dependencies));
        }
        if !self.default_groups.is_empty() {
            put("default-groups", texts(&self.default_groups));
        }
        if let Some(fingerprint) = &self.fingerprint {
            put("fingerprint", Value::String(fingerprint.clone()));
        }
        for (key, lists) in [
            ("extras", lists(&self.extras, requirements)),
            ("groups", lists(&self.groups, requirements)),
            ("sources", lists(&self.sources, texts)),
        ] {
            if !lists.is_empty() {
                put(key, Value::Table(lists));
            }
        }
        table
    }

    fn from_table(table: &Table) -> Result<Self, LockReadError> {
        let place = Place("tool.naja.members");
        let missing = |key: &str| LockReadError::Missing(format!("tool.naja.members.{key}"));
        let path = place.text(table, "path")?.ok_or_else(|| missing("path"))?;
        let unnamed = (path == ".").then(PackageName::unnamed_root);
        Ok(Self {
            name: place
                .parsed(table, "name")?
                .or(unnamed)
                .ok_or_else(|| missing("name"))?,
            path,
            version: place.parsed(table, "version")?,
            is_package: place.switch(table, "package")?,
            dependencies: place.parsed_list(table, "dependencies")?,
            extras: place.lists(table, "extras")?,
            groups: place.lists(table, "groups")?,
            default_groups: place.parsed_list(table, "default-groups")?,
            sources: place.lists(table, "sources")?,
            fingerprint: place.text(table, "fingerprint")?,
        })
    }
}

fn lists<K: fmt::Display, T>(all: &BTreeMap<K, Vec<T>>, text: impl Fn(&[T]) -> Value) -> Table {
    let lists = all.iter();
    lists
        .map(|(key, items)| (key.to_string(), text(items)))
        .collect()
}

/// The keys under which two tables differ.
fn differing<'a, K: Ord>(
    a: &'a BTreeMap<K, Vec<Requirement>>,
    b: &'a BTreeMap<K, Vec<Requirement>>,
) -> impl Iterator<Item = &'a K> {
    let keys: BTreeSet<&K> = a.keys().chain(b.keys()).collect();
    keys.into_iter()
        .filter(|key| match (a.get(key), b.get(key)) {
            (Some(a), Some(b)) => !same(a, b),
            _ => true,
        })
}

/// Whether two lists ask for the same, in whatever order and words.
fn same(a: &[Requirement], b: &[Requirement]) -> bool {
    a == b || (a.len() == b.len() && meaning(a) == meaning(b))
}

fn meaning(list: &[Requirement]) -> Vec<(&PackageName, String)> {
    let mut found: Vec<(&PackageName, String)> = list
        .iter()
        .map(|requirement| (&requirement.name, plain(requirement)))
        .collect();
    found.sort();
    found
}

/// A requirement with its extras and bounds in order, and its marker as short as can be.
fn plain(requirement: &Requirement) -> String {
    let mut extras: Vec<&str> = requirement.extras.iter().map(ExtraName::as_str).collect();
    extras.sort_unstable();
    let source = match &requirement.source {
        RequirementSource::Specifiers(bounds) => {
            let mut bounds: Vec<String> = bounds.iter().map(ToString::to_string).collect();
            bounds.sort();
            bounds.join(",")
        }
        RequirementSource::Url(url) => url.with_secrets().to_owned(),
    };
    let marker = MarkerSet::from(requirement.marker.as_ref()).to_marker();
    let marker = marker.map(|marker| marker.to_string()).unwrap_or_default();
    format!("[{}] {source} ; {marker}", extras.join(","))
}
