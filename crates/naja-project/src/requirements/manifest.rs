//! Requirements from `pyproject.toml` (PEP 621, PEP 735).

use std::borrow::Cow;

use naja_spec::{ExtraName, GroupName, PackageName, Requirement};
use rustc_hash::{FxHashMap, FxHashSet};
use toml::de::{DeTable, DeValue};

use super::error::RequirementsErrorKind;
use crate::line_starts::LineStarts;
use crate::settings::line_and_column;

/// Which parts of a manifest are wanted beside its dependencies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManifestChoice {
    /// These optional dependencies.
    pub extras: Vec<ExtraName>,
    /// All optional dependencies.
    pub all_extras: bool,
}

/// A requirement of a manifest and its line.
#[derive(Debug)]
pub(super) struct ManifestItem {
    pub(super) text: String,
    pub(super) requirement: Requirement,
    pub(super) line: u32,
    /// The extra it belongs to.
    pub(super) extra: Option<ExtraName>,
}

/// An error and the line and column it is at.
pub(super) type ManifestResult<T> = Result<T, (u32, u32, RequirementsErrorKind)>;

/// A manifest that was parsed.
pub(super) struct Manifest<'t> {
    text: &'t str,
    lines: LineStarts,
    table: DeTable<'t>,
}

/// A key and its value, with their places.
type Entry<'m, 't> = (
    &'m toml::Spanned<Cow<'t, str>>,
    &'m toml::Spanned<DeValue<'t>>,
);

/// The groups of a manifest, and how far one was read.
#[derive(Default)]
struct Groups<'m, 't> {
    known: FxHashMap<GroupName, Vec<Entry<'m, 't>>>,
    /// The groups that are being read, outermost first.
    open: Vec<GroupName>,
    read: FxHashSet<GroupName>,
    items: Vec<ManifestItem>,
}

impl<'t> Manifest<'t> {
    pub(super) fn parse(text: &'t str) -> ManifestResult<Self> {
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let (line, column) = line_and_column(text, at);
            let message = error
                .message()
                .lines()
                .next()
                .unwrap_or("not TOML")
                .to_owned();
            (line, column, RequirementsErrorKind::Manifest(message))
        })?;
        Ok(Self {
            text,
            lines: LineStarts::new(text),
            table: table.into_inner(),
        })
    }

    fn table_at(&self, keys: &[&str]) -> Option<&DeTable<'t>> {
        let mut table = &self.table;
        for key in keys {
            table = table.get(*key)?.get_ref().as_table()?;
        }
        Some(table)
    }

    /// The name of the project.
    pub(super) fn name(&self) -> Option<PackageName> {
        let name = self.table_at(&["project"])?.get("name")?;
        PackageName::parse(name.get_ref().as_str()?).ok()
    }

    fn wrong<T>(&self, at: usize, message: &str) -> ManifestResult<T> {
        let (line, column) = line_and_column(self.text, at);
        Err((
            line,
            column,
            RequirementsErrorKind::Manifest(message.to_owned()),
        ))
    }

    /// Says whether only a build tells what the project needs.
    pub(super) fn needs_build(&self, choice: &ManifestChoice) -> bool {
        let Some(project) = self.table_at(&["project"]) else {
            return self.table_at(&["build-system"]).is_some()
                || self.table_at(&["tool", "poetry"]).is_some();
        };
        let dynamic = project
            .get("dynamic")
            .and_then(|value| value.get_ref().as_array());
        let is_dynamic = |field: &str| {
            dynamic.is_some_and(|fields| {
                fields
                    .iter()
                    .any(|item| item.get_ref().as_str() == Some(field))
            })
        };
        let wants_extras = choice.all_extras || !choice.extras.is_empty();
        is_dynamic("dependencies") || (wants_extras && is_dynamic("optional-dependencies"))
    }

    /// Reads `[project] dependencies` and the chosen `optional-dependencies`.
    pub(super) fn dependencies(
        &self,
        choice: &ManifestChoice,
    ) -> ManifestResult<Vec<ManifestItem>> {
        let Some(project) = self.table_at(&["project"]) else {
            return Err((
                0,
                0,
                RequirementsErrorKind::Unsupported {
                    what: "a pyproject.toml without a [project] table",
                    hint: "",
                },
            ));
        };
        let own_name = self.name();
        let mut items = match project.get("dependencies") {
            Some(list) => self.list(list)?,
            None => Vec::new(),
        };
        self.add_extras(project, choice, own_name.as_ref(), &mut items)?;
        Ok(items)
    }

    fn add_extras(
        &self,
        project: &DeTable<'t>,
        choice: &ManifestChoice,
        own_name: Option<&PackageName>,
        items: &mut Vec<ManifestItem>,
    ) -> ManifestResult<()> {
        let optional = project.get("optional-dependencies");
        let table = optional.and_then(|value| value.get_ref().as_table());
        let known: Vec<(ExtraName, _)> = table
            .into_iter()
            .flatten()
            .filter_map(|(name, list)| Some((ExtraName::parse(name.get_ref()).ok()?, list)))
            .collect();
        let mut wanted: Vec<ExtraName> = if choice.all_extras {
            known.iter().map(|(name, _)| name.clone()).collect()
        } else {
            choice.extras.clone()
        };
        let mut next = 0;
        while let Some(extra) = wanted.get(next).cloned() {
            next += 1;
            let Some((_, list)) = known.iter().find(|(name, _)| *name == extra) else {
                return Err((0, 0, RequirementsErrorKind::NoExtra(extra.to_string())));
            };
            items.extend(self.list(list)?.into_iter().map(|item| ManifestItem {
                extra: Some(extra.clone()),
                ..item
            }));
            // `name[extra]` of the project itself means its own other extras.
            items.retain(|item| {
                let own = Some(&item.requirement.name) == own_name
                    && item.requirement.marker.is_none()
                    && !item.requirement.extras.is_empty();
                if own {
                    for extra in &item.requirement.extras {
                        if !wanted.contains(extra) {
                            wanted.push(extra.clone());
                        }
                    }
                }
                !own
            });
        }
        Ok(())
    }

    /// Reads a dependency group with all it includes (PEP 735).
    pub(super) fn group(&self, group: &GroupName) -> ManifestResult<Vec<ManifestItem>> {
        let mut groups = Groups::default();
        for (key, list) in self.table_at(&["dependency-groups"]).into_iter().flatten() {
            if let Ok(name) = GroupName::parse(key.get_ref()) {
                groups.known.entry(name).or_default().push((key, list));
            }
        }
        self.group_into(group, &mut groups)?;
        Ok(groups.items)
    }

    fn group_into(&self, group: &GroupName, groups: &mut Groups<'_, 't>) -> ManifestResult<()> {
        let (key, list) = match groups.known.get(group).map(Vec::as_slice) {
            None | Some([]) => {
                return Err((0, 0, RequirementsErrorKind::NoGroup(group.to_string())));
            }
            Some([one]) => *one,
            Some([_, (again, _), ..]) => {
                return self.wrong(
                    again.span().start,
                    "two dependency groups have the same name",
                );
            }
        };
        if groups.open.contains(group) || groups.open.len() > 64 {
            let (line, column) = line_and_column(self.text, key.span().start);
            return Err((
                line,
                column,
                RequirementsErrorKind::GroupCycle(group.to_string()),
            ));
        }
        // What is included twice says nothing new, and a diamond of diamonds has no end.
        if !groups.read.insert(group.clone()) {
            return Ok(());
        }
        let Some(entries) = list.get_ref().as_array() else {
            return self.wrong(list.span().start, "a dependency group is a list");
        };
        groups.open.push(group.clone());
        for entry in entries {
            match entry.get_ref() {
                DeValue::String(text) => {
                    let item = self.item(text, entry.span().start)?;
                    groups.items.push(item);
                }
                DeValue::Table(table) => {
                    let name = match (table.len(), table.get("include-group")) {
                        (1, Some(name)) => name.get_ref().as_str(),
                        _ => None,
                    };
                    match name.map(GroupName::parse) {
                        Some(Ok(name)) => self.group_into(&name, groups)?,
                        _ => {
                            return self.wrong(
                                entry.span().start,
                                "expected a requirement or `{include-group = \"NAME\"}`",
                            );
                        }
                    }
                }
                _ => return self.wrong(entry.span().start, "expected a requirement"),
            }
        }
        groups.open.pop();
        Ok(())
    }

    fn list(&self, list: &toml::Spanned<DeValue<'t>>) -> ManifestResult<Vec<ManifestItem>> {
        let Some(entries) = list.get_ref().as_array() else {
            return self.wrong(list.span().start, "expected a list of requirements");
        };
        entries
            .iter()
            .map(|entry| match entry.get_ref().as_str() {
                Some(text) => self.item(text, entry.span().start),
                None => self.wrong(entry.span().start, "expected a requirement"),
            })
            .collect()
    }

    fn item(&self, text: &str, at: usize) -> ManifestResult<ManifestItem> {
        let requirement = Requirement::parse(text).map_err(|error| {
            let (line, column) = line_and_column(self.text, at);
            (line, column, RequirementsErrorKind::Requirement(error))
        })?;
        Ok(ManifestItem {
            text: text.to_owned(),
            requirement,
            line: self.lines.line(at),
            extra: None,
        })
    }
}
