//! `naja deps check`: what is declared and not imported, and what is imported and not declared.
//!
//! Files are read, and what is installed is looked at; no Python is started, and no index is asked.

mod files;
mod judge;
mod modules;

use std::path::PathBuf;

use naja_project::manifest::{Declared, Manifest, Member};
use naja_spec::PackageName;
use serde::Serialize;

use super::load::Project;
use super::{members, place};
use crate::failure::Failure;
use crate::session::Session;

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct DepsRequest {
    /// The project of the workspace, if not that of the working directory.
    pub package: Option<PackageName>,
    /// Whether unused dependencies of extras and groups are told, too.
    pub all: bool,
    /// Packages nothing is said about.
    pub ignore: Vec<PackageName>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct DepsReport {
    /// The project.
    pub project: PackageName,
    /// Its directory.
    pub path: PathBuf,
    /// The environment whose packages tell which modules they have; without it names are guessed.
    pub environment: Option<PathBuf>,
    /// How many files of Python and notebooks were read.
    pub files: usize,
    /// What is to be done, imports first.
    pub findings: Vec<DepsFinding>,
}

/// A dependency too many, or one too few.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DepsFinding {
    /// What is wrong.
    pub kind: DepsFault,
    /// The package.
    pub package: String,
    /// Whether the package is installed, so that its modules are known; otherwise they are guessed from its name.
    pub installed: bool,
    /// The module that is imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The file of the first import, or the manifest; from the project's directory, with `/`.
    pub file: String,
    /// The cell, from 1 and over cells of all kinds, if the file is a notebook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<u32>,
    /// The line of the file, or of the cell, from 1.
    pub line: u32,
    /// The declared packages it comes by way of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Where it is declared: `dependencies`, `extra NAME`, `group NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// The commands it brings, which may be what it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// What mends it.
    pub command: String,
}

/// What is wrong with a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DepsFault {
    /// Imported and not declared.
    Undeclared,
    /// Imported by the project itself, and declared in a dependency group only, which is not installed with it.
    Misplaced,
    /// Declared and not imported.
    Unused,
}

/// Compares what a project imports with what it declares.
///
/// # Errors
/// There is no project, its dependencies are not in the manifest, or a directory cannot be read.
pub fn check_deps(session: &mut Session, request: &DepsRequest) -> Result<DepsReport, Failure> {
    let project = Project::load(session)?;
    let member = chosen(&project, request)?;
    let declared = declared(member)?;
    let others: Vec<&Member> = project
        .workspace
        .members
        .iter()
        .filter(|other| other.name != member.name)
        .collect();
    let dirs: Vec<PathBuf> = others.iter().map(|other| other.dir.clone()).collect();
    let files = files::read(session, &member.dir, &dirs)?;
    for (path, why) in &files.unread {
        session.warn(format!("`{path}` was not looked at: {why}"));
    }
    let mut modules = modules::Modules::default();
    let root = place::root(session, &project, false);
    let environment = modules.read_environment(&root)?.then_some(root);
    for other in others {
        let around = project.workspace.members.iter();
        let around = around.filter(|one| one.name != other.name);
        let around: Vec<PathBuf> = around.map(|one| one.dir.clone()).collect();
        modules.add_tree(session, &other.name, (&other.dir, &around))?;
    }
    let judge = judge::Judge {
        own: &member.name,
        is_project: member.manifest.project.is_some(),
        elsewhere: is_elsewhere(&project, member),
        declared: &declared,
        modules: &modules,
        request,
    };
    Ok(DepsReport {
        findings: judge.findings(&files),
        project: member.name.clone(),
        path: member.dir.clone(),
        environment,
        files: files.sources.len(),
    })
}

fn chosen<'p>(project: &'p Project, request: &DepsRequest) -> Result<&'p Member, Failure> {
    let Some(name) = &request.package else {
        return project.workspace.current().ok_or_else(|| {
            Failure::usage("the workspace's root is no project, and imports nothing")
                .hint("name a project: `naja deps check --package NAME`")
        });
    };
    members::named(&project.workspace, name)
}

/// Whether commands have to name the project.
fn is_elsewhere(project: &Project, member: &Member) -> bool {
    let current = project.workspace.current();
    current.is_none_or(|current| current.name != member.name)
}

/// Where a dependency is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Section {
    Main,
    Extra(String),
    Group(String),
}

/// A declared dependency.
#[derive(Clone, Debug)]
struct Dependency {
    name: PackageName,
    has_marker: bool,
    line: u32,
    section: Section,
}

fn declared(member: &Member) -> Result<Vec<Dependency>, Failure> {
    let manifest: &Manifest = &member.manifest;
    let mut all = Vec::new();
    let mut add = |list: &[&Declared], section: &Section| {
        all.extend(list.iter().map(|one| Dependency {
            name: one.requirement.name.clone(),
            has_marker: one.requirement.marker.is_some(),
            line: one.line,
            section: section.clone(),
        }));
    };
    if let Some(table) = &manifest.project {
        if table.dynamic.iter().any(|field| field == "dependencies") {
            return Err(Failure::usage(format!(
                "the dependencies of {} are not in its pyproject.toml",
                member.name
            ))
            .cause("they are dynamic: its build backend decides them")
            .hint("write them in `[project]`, as `dependencies`"));
        }
        add(
            &table.dependencies.iter().collect::<Vec<_>>(),
            &Section::Main,
        );
        for (name, list) in &table.extras {
            let section = Section::Extra(name.to_string());
            add(&list.iter().collect::<Vec<_>>(), &section);
        }
    }
    for (name, _) in &manifest.groups {
        let list = manifest.group(name).map_err(|error| {
            Failure::usage(format!("could not read {}", member.dir.display())).because(&error)
        })?;
        add(&list, &Section::Group(name.to_string()));
    }
    all.retain(|one: &Dependency| one.name != member.name);
    Ok(all)
}
