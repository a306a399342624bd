//! From the text of a manifest to what it declares.

use naja_spec::{ExtraName, GroupName, PackageName, Requirement, Version, VersionSpecifiers};
use toml::de::DeTable;

use super::error::Read;
use super::source::sources;
use super::toml_reader::{Placed, TomlReader};
use super::{
    Declared, DefaultGroups, GroupEntry, Manifest, ProjectTable, ProjectTool, WorkspaceTable,
};

pub(super) fn manifest(text: &str) -> Read<Manifest> {
    let (reader, table) = TomlReader::parse(text)?;
    let project = table
        .get("project")
        .map(|value| project(reader, value, reader.table(value)?))
        .transpose()?;
    let mut manifest = Manifest {
        project,
        has_build_system: table.contains_key("build-system"),
        groups: groups(reader, table.get("dependency-groups"))?,
        tool: ProjectTool::default(),
    };
    let tool = table.get("tool").map(|value| reader.table(value));
    let of = |name: &str| -> Read<Option<&DeTable<'_>>> {
        let Some(tool) = &tool else { return Ok(None) };
        let tool = tool.as_ref().map_err(Clone::clone)?;
        tool.get(name).map(|value| reader.table(value)).transpose()
    };
    let tables = Tables {
        reader,
        naja: of("naja")?,
        uv: of("uv")?,
    };
    manifest.tool = tables.project_tool()?;
    if let Some(old) = tables.uv.and_then(|table| table.get("dev-dependencies")) {
        let entries = declared(reader, old)?.into_iter();
        let entries = entries.map(GroupEntry::Requirement);
        add_to_dev(&mut manifest.groups, entries);
    }
    manifest.check_groups()?;
    Ok(manifest)
}

/// The metadata of a script as the manifest of a project that has this name.
pub(super) fn script(text: &str, name: PackageName) -> Read<Manifest> {
    let (reader, table) = TomlReader::parse(text)?;
    let tool = table
        .get("tool")
        .map(|value| reader.table(value))
        .transpose()?;
    let of = |name: &str| -> Read<Option<&DeTable<'_>>> {
        let found = tool.and_then(|tool| tool.get(name));
        found.map(|value| reader.table(value)).transpose()
    };
    let tables = Tables {
        reader,
        naja: of("naja")?,
        uv: of("uv")?,
    };
    Ok(Manifest {
        project: Some(ProjectTable {
            name,
            version: None,
            dynamic: Vec::new(),
            requires_python: requires_python(reader, &table)?,
            dependencies: match table.get("dependencies") {
                Some(list) => declared(reader, list)?,
                None => Vec::new(),
            },
            extras: Vec::new(),
            scripts: Vec::new(),
        }),
        tool: ProjectTool {
            sources: tables.sources()?,
            is_uv: tables.uv.is_some() && tables.naja.is_none(),
            ..ProjectTool::default()
        },
        ..Manifest::default()
    })
}

/// `requires-python`; one that says nothing is as good as none.
fn requires_python<'t>(
    reader: TomlReader<'t>,
    table: &DeTable<'t>,
) -> Read<Option<VersionSpecifiers>> {
    let found = table.get("requires-python");
    let parsed = found.map(|value| reader.parsed(value, VersionSpecifiers::parse));
    Ok(parsed.transpose()?.filter(|bounds| !bounds.is_empty()))
}

fn add_to_dev(
    groups: &mut Vec<(GroupName, Vec<GroupEntry>)>,
    entries: impl Iterator<Item = GroupEntry>,
) {
    match groups.iter_mut().find(|(name, _)| name.as_str() == "dev") {
        Some((_, known)) => known.extend(entries),
        None => {
            if let Ok(name) = GroupName::parse("dev") {
                groups.push((name, entries.collect()));
            }
        }
    }
}

fn project<'t>(
    reader: TomlReader<'t>,
    place: &Placed<'t>,
    table: &DeTable<'t>,
) -> Read<ProjectTable> {
    let Some(name) = table.get("name") else {
        let message = "`[project]` has no `name`";
        return Err(reader.error(place.span().start, message));
    };
    let dynamic = table.get("dynamic").map(|value| reader.texts(value));
    let dynamic = dynamic.transpose()?.unwrap_or_default();
    let version = table
        .get("version")
        .map(|value| reader.parsed(value, Version::parse))
        .transpose()?;
    if version.is_none() && !dynamic.iter().any(|field| field == "version") {
        let message = "`[project]` has no `version`, and does not say that it is dynamic";
        return Err(reader.error(place.span().start, message));
    }
    let mut extras = Vec::new();
    if let Some(value) = table.get("optional-dependencies") {
        for (key, list) in reader.table(value)? {
            let name = ExtraName::parse(key.get_ref())
                .map_err(|error| reader.error(key.span().start, error.to_string()))?;
            if extras.iter().any(|(known, _)| *known == name) {
                let message = format!("the extra `{name}` stands here twice");
                return Err(reader.error(key.span().start, message));
            }
            extras.push((name, declared(reader, list)?));
        }
    }
    Ok(ProjectTable {
        name: reader.parsed(name, PackageName::parse)?,
        version,
        dynamic,
        requires_python: requires_python(reader, table)?,
        dependencies: match table.get("dependencies") {
            Some(list) => declared(reader, list)?,
            None => Vec::new(),
        },
        extras,
        scripts: scripts(reader, table)?,
    })
}

fn scripts<'t>(reader: TomlReader<'t>, table: &DeTable<'t>) -> Read<Vec<String>> {
    let mut names = Vec::new();
    for key in ["scripts", "gui-scripts"] {
        if let Some(value) = table.get(key) {
            let keys = reader.table(value)?.keys();
            names.extend(keys.map(|name| name.get_ref().to_string()));
        }
    }
    Ok(names)
}

/// A list of requirements.
fn declared<'t>(reader: TomlReader<'t>, value: &Placed<'t>) -> Read<Vec<Declared>> {
    let items = reader.list(value)?.iter();
    items.map(|item| one_declared(reader, item)).collect()
}

fn one_declared<'t>(reader: TomlReader<'t>, item: &Placed<'t>) -> Read<Declared> {
    Ok(Declared {
        requirement: reader.parsed(item, Requirement::parse)?,
        text: reader.text(item)?.to_owned(),
        line: reader.line(item),
    })
}

fn groups<'t>(
    reader: TomlReader<'t>,
    value: Option<&Placed<'t>>,
) -> Read<Vec<(GroupName, Vec<GroupEntry>)>> {
    let mut groups: Vec<(GroupName, Vec<GroupEntry>)> = Vec::new();
    let Some(value) = value else {
        return Ok(groups);
    };
    for (key, list) in reader.table(value)? {
        let name = GroupName::parse(key.get_ref())
            .map_err(|error| reader.error(key.span().start, error.to_string()))?;
        if groups.iter().any(|(known, _)| *known == name) {
            let message = format!("two dependency groups have the name `{name}`");
            return Err(reader.error(key.span().start, message));
        }
        let entries = reader.list(list)?.iter();
        let entries = entries.map(|entry| group_entry(reader, entry));
        groups.push((name, entries.collect::<Read<_>>()?));
    }
    Ok(groups)
}

fn group_entry<'t>(reader: TomlReader<'t>, entry: &Placed<'t>) -> Read<GroupEntry> {
    let what = "a requirement or `{include-group = \"NAME\"}`";
    if entry.get_ref().as_str().is_some() {
        return one_declared(reader, entry).map(GroupEntry::Requirement);
    }
    let table = entry.get_ref().as_table();
    let name = table.filter(|table| table.len() == 1);
    let Some(name) = name.and_then(|table| table.get("include-group")) else {
        return Err(reader.error(entry.span().start, format!("expected {what}")));
    };
    Ok(GroupEntry::Include {
        group: reader.parsed(name, GroupName::parse)?,
        line: reader.line(entry),
    })
}

/// The tables of both tools.
struct Tables<'m, 't> {
    reader: TomlReader<'t>,
    naja: Option<&'m DeTable<'t>>,
    uv: Option<&'m DeTable<'t>>,
}

impl<'m, 't> Tables<'m, 't> {
    /// The value of a key: naja's, else uv's.
    fn get(&self, key: &str) -> Option<&'m Placed<'t>> {
        let naja = self.naja.and_then(|table| table.get(key));
        naja.or_else(|| self.uv.and_then(|table| table.get(key)))
    }

    fn project_tool(&self) -> Read<ProjectTool> {
        let reader = self.reader;
        Ok(ProjectTool {
            sources: self.sources()?,
            workspace: self
                .get("workspace")
                .map(|value| workspace(reader, reader.table(value)?))
                .transpose()?,
            package: self.switch("package")?,
            managed: self.switch("managed")?,
            default_groups: self
                .get("default-groups")
                .map(|value| default_groups(reader, value))
                .transpose()?,
            group_pythons: match self.get("dependency-groups") {
                Some(value) => group_pythons(reader, reader.table(value)?)?,
                None => Vec::new(),
            },
            is_uv: self.uv.is_some() && self.naja.is_none(),
        })
    }

    fn switch(&self, key: &str) -> Read<Option<bool>> {
        let value = self.get(key);
        value.map(|value| self.reader.switch(value)).transpose()
    }

    /// The sources of both tables; for one package those of one table.
    fn sources(&self) -> Read<super::Sources> {
        let mut all = super::Sources::new();
        for table in [self.naja, self.uv].into_iter().flatten() {
            let Some(value) = table.get("sources") else {
                continue;
            };
            for (name, of_package) in sources(self.reader, value)? {
                if !all.iter().any(|(known, _)| *known == name) {
                    all.push((name, of_package));
                }
            }
        }
        Ok(all)
    }
}

fn workspace<'t>(reader: TomlReader<'t>, table: &DeTable<'t>) -> Read<WorkspaceTable> {
    let list = |key: &str| -> Read<Vec<String>> {
        let list = table.get(key).map(|value| reader.texts(value));
        Ok(list.transpose()?.unwrap_or_default())
    };
    Ok(WorkspaceTable {
        members: list("members")?,
        exclude: list("exclude")?,
    })
}

fn default_groups<'t>(reader: TomlReader<'t>, value: &Placed<'t>) -> Read<DefaultGroups> {
    if value.get_ref().as_str() == Some("all") {
        return Ok(DefaultGroups::All);
    }
    let names = reader.list(value)?.iter();
    let names = names.map(|name| reader.parsed(name, GroupName::parse));
    names.collect::<Read<_>>().map(DefaultGroups::Only)
}

fn group_pythons<'t>(
    reader: TomlReader<'t>,
    table: &DeTable<'t>,
) -> Read<Vec<(GroupName, VersionSpecifiers)>> {
    let mut all = Vec::new();
    for (key, value) in table {
        let name = GroupName::parse(key.get_ref())
            .map_err(|error| reader.error(key.span().start, error.to_string()))?;
        if let Some(bounds) = reader.table(value)?.get("requires-python") {
            all.push((name, reader.parsed(bounds, VersionSpecifiers::parse)?));
        }
    }
    Ok(all)
}
