//! What a `pyproject.toml` says about building (PEP 518) and about the project itself (PEP 621).

use naja_spec::{
    CoreMetadata, ExtraName, Marker, PackageName, Requirement, Version, VersionSpecifiers,
};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cache_keys::{self, CacheKey};

/// The backend of projects that name none.
const LEGACY_BACKEND: &str = "setuptools.build_meta:__legacy__";

/// What that backend needs.
const LEGACY_REQUIRES: &str = "setuptools>=40.8.0";

/// Says why a `pyproject.toml` cannot be used for a build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectFileError {
    /// It is not TOML.
    #[error("read pyproject.toml: {0}")]
    Toml(String),
    /// A key is not what the standards say.
    #[error("`{key}` in pyproject.toml is not {expected}")]
    Wrong {
        /// The key with its table.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A requirement cannot be read.
    #[error("`{text}` in `{key}` of pyproject.toml is not a requirement")]
    Requirement {
        /// The key with its table.
        key: String,
        /// The text.
        text: String,
    },
}

/// How a project is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildSystem {
    /// What has to be installed for the backend.
    pub requires: Vec<Requirement>,
    /// `module` or `module:object`.
    pub backend: String,
    /// Directories inside of the source that hold the backend.
    pub backend_path: Vec<String>,
}

impl BuildSystem {
    /// How a project is built that says nothing: by setuptools, with its `setup.py`.
    #[must_use]
    pub fn legacy() -> Self {
        Self {
            requires: Requirement::parse(LEGACY_REQUIRES).into_iter().collect(),
            backend: LEGACY_BACKEND.to_owned(),
            backend_path: Vec::new(),
        }
    }
}

/// The parts of a `pyproject.toml` that matter for a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// How it is built.
    pub build_system: BuildSystem,
    /// `[project] name`, if that is a name.
    pub name: Option<PackageName>,
    /// The metadata, if everything that decides what is installed stands in the file itself.
    pub metadata: Option<CoreMetadata>,
    /// What has to change for it to be built again, if it says so (`cache-keys`).
    pub cache_keys: Option<Vec<CacheKey>>,
    /// The files that setuptools takes the requirements from (`tool.setuptools.dynamic`).
    pub requirement_files: Vec<String>,
}

impl ProjectFile {
    /// Reads the text of a `pyproject.toml`.
    ///
    /// # Errors
    /// It is not TOML, or `[build-system]` is not what PEP 518 says. A `[project]` table with
    /// mistakes is left to the backend.
    pub fn parse(text: &str) -> Result<Self, ProjectFileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let table = DeTable::parse(text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or("not TOML");
            ProjectFileError::Toml(message.to_owned())
        })?;
        let table = table.into_inner();
        let build_system = match table.get("build-system") {
            None => BuildSystem::legacy(),
            Some(value) => match value.get_ref().as_table() {
                Some(table) => build_system(table)?,
                None => return Err(wrong("build-system", "a table")),
            },
        };
        let project = table
            .get("project")
            .and_then(|value| value.get_ref().as_table());
        let name = project
            .and_then(|project| text_of(project, "name"))
            .and_then(|name| PackageName::parse(name).ok());
        Ok(Self {
            build_system,
            name,
            metadata: project.and_then(static_metadata),
            cache_keys: cache_keys::read(&table)?,
            requirement_files: requirement_files(&table),
        })
    }
}

/// What setuptools takes `dependencies` and `optional-dependencies` from.
fn requirement_files(table: &DeTable<'_>) -> Vec<String> {
    let mut dynamic = Some(table);
    for key in ["tool", "setuptools", "dynamic"] {
        dynamic = dynamic.and_then(|table| table.get(key)?.get_ref().as_table());
    }
    let get = |key: &str| Some(dynamic?.get(key)?.get_ref());
    let extras = get("optional-dependencies").and_then(DeValue::as_table);
    let extras = extras.into_iter().flat_map(|extras| extras.values());
    let tables = get("dependencies")
        .into_iter()
        .chain(extras.map(Spanned::get_ref));
    let mut files = Vec::new();
    for file in tables.filter_map(|table| table.as_table()?.get("file")) {
        match file.get_ref() {
            DeValue::Array(names) => {
                let names = names.iter().filter_map(|name| name.get_ref().as_str());
                files.extend(names.map(str::to_owned));
            }
            name => files.extend(name.as_str().map(str::to_owned)),
        }
    }
    files
}

fn wrong(key: &str, expected: &'static str) -> ProjectFileError {
    ProjectFileError::Wrong {
        key: key.to_owned(),
        expected,
    }
}

fn build_system(table: &DeTable<'_>) -> Result<BuildSystem, ProjectFileError> {
    let key = "build-system.requires";
    let requires = texts(table, "requires").ok_or_else(|| wrong(key, "a list of requirements"))?;
    let requires = requires.into_iter().map(|text| {
        Requirement::parse(text).map_err(|_| ProjectFileError::Requirement {
            key: key.to_owned(),
            text: text.to_owned(),
        })
    });
    let backend = match table.get("build-backend").map(toml::Spanned::get_ref) {
        None => LEGACY_BACKEND,
        Some(DeValue::String(name)) if is_object(name) => name,
        Some(_) => return Err(wrong("build-system.build-backend", "`MODULE:OBJECT`")),
    };
    let backend_path = match table.get("backend-path") {
        None => Vec::new(),
        Some(_) => texts(table, "backend-path")
            .ok_or_else(|| wrong("build-system.backend-path", "a list of directories"))?,
    };
    Ok(BuildSystem {
        requires: requires.collect::<Result<_, _>>()?,
        backend: backend.to_owned(),
        backend_path: backend_path.into_iter().map(str::to_owned).collect(),
    })
}

/// Whether a text is `module.path` or `module.path:object.path`.
fn is_object(text: &str) -> bool {
    let word =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let path = |path: &str| path.split('.').all(word);
    match text.split_once(':') {
        Some((module, object)) => path(module) && path(object),
        None => path(text),
    }
}

fn text_of<'m>(table: &'m DeTable<'_>, key: &str) -> Option<&'m str> {
    table.get(key)?.get_ref().as_str()
}

/// A list of texts; `None` where it is absent or holds something else.
fn texts<'m>(table: &'m DeTable<'_>, key: &str) -> Option<Vec<&'m str>> {
    let list = table.get(key)?.get_ref().as_array()?;
    list.iter().map(|item| item.get_ref().as_str()).collect()
}

/// The metadata of a project table without anything dynamic in it.
fn static_metadata(project: &DeTable<'_>) -> Option<CoreMetadata> {
    let dynamic = match project.get("dynamic") {
        None => Vec::new(),
        Some(_) => texts(project, "dynamic")?,
    };
    let decides = [
        "version",
        "dependencies",
        "optional-dependencies",
        "requires-python",
    ];
    if dynamic.iter().any(|field| decides.contains(field)) {
        return None;
    }
    let name = PackageName::parse(text_of(project, "name")?).ok()?;
    let version = Version::parse(text_of(project, "version")?).ok()?;
    let requires_python = match project.get("requires-python") {
        None => None,
        Some(value) => Some(VersionSpecifiers::parse(value.get_ref().as_str()?).ok()?),
    };
    let mut requires_dist = Vec::new();
    if project.get("dependencies").is_some() {
        for text in texts(project, "dependencies")? {
            requires_dist.push(Requirement::parse(text).ok()?);
        }
    }
    let mut provides_extra = Vec::new();
    if let Some(extras) = project.get("optional-dependencies") {
        let extras = extras.get_ref().as_table()?;
        for key in extras.keys() {
            let extra = ExtraName::parse(key.get_ref()).ok()?;
            for text in texts(extras, key.get_ref())? {
                requires_dist.push(of_extra(Requirement::parse(text).ok()?, &extra)?);
            }
            provides_extra.push(extra);
        }
    }
    Some(CoreMetadata {
        metadata_version: (2, 2),
        name,
        version,
        requires_dist,
        requires_python: requires_python.filter(|specifiers| !specifiers.is_empty()),
        provides_extra,
        dynamic: Vec::new(),
    })
}

/// A requirement that counts only where the extra is asked for.
fn of_extra(mut requirement: Requirement, extra: &ExtraName) -> Option<Requirement> {
    let marker = match &requirement.marker {
        Some(marker) => format!("({marker}) and extra == '{extra}'"),
        None => format!("extra == '{extra}'"),
    };
    requirement.marker = Some(Marker::parse(&marker).ok()?);
    Some(requirement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_table_it_is_setuptools() {
        let file = ProjectFile::parse("[tool.x]\n").unwrap();
        assert_eq!(file.build_system, BuildSystem::legacy());
        assert_eq!(
            file.build_system.requires[0].to_string(),
            "setuptools>=40.8.0"
        );
        let file = ProjectFile::parse("[build-system]\nrequires = ['wheel']\n").unwrap();
        assert_eq!(file.build_system.backend, LEGACY_BACKEND);
        assert_eq!(file.build_system.requires.len(), 1);
    }

    #[test]
    fn a_build_system_is_read_strictly() {
        for text in [
            "x",
            "build-system = 1",
            "[build-system]\n",
            "[build-system]\nrequires = 'a'",
            "[build-system]\nrequires = ['-r x']",
            "[build-system]\nrequires = []\nbuild-backend = 'a; import os'",
            "[build-system]\nrequires = []\nbuild-backend = 'a:'",
            "[build-system]\nrequires = []\nbackend-path = '.'",
        ] {
            assert!(ProjectFile::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn static_metadata_is_complete_or_absent() {
        let text = "[project]\nname = 'Harry.P'\nversion = '1.0'\nrequires-python = '>=3.8'\n\
            dependencies = ['ron>1; os_name == \"posix\"']\n[project.optional-dependencies]\n\
            magic = ['wand; os_name == \"nt\" or os_name == \"posix\"', 'owl']\n";
        let metadata = ProjectFile::parse(text).unwrap().metadata.unwrap();
        assert_eq!(metadata.name.as_str(), "harry-p");
        let words: Vec<String> = metadata
            .requires_dist
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(words.len(), 3);
        assert!(
            words[1].contains("or") && words[1].contains("extra"),
            "{}",
            words[1]
        );
        assert_eq!(metadata.provides_extra[0].as_str(), "magic");
        for field in ["version", "dependencies", "optional-dependencies"] {
            let text = format!("[project]\nname='a'\nversion='1'\ndynamic=['{field}']\n");
            assert_eq!(ProjectFile::parse(&text).unwrap().metadata, None);
        }
        let text = "[project]\nname='a'\nversion='1'\ndynamic=['readme']\n";
        assert!(ProjectFile::parse(text).unwrap().metadata.is_some());
        assert!(
            ProjectFile::parse("[project]\nname='a'\n")
                .unwrap()
                .metadata
                .is_none()
        );
    }
}
