//! `naja workspace`: which projects there are, where they are, and what each declares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use naja_lock::project::{Inputs, MemberInputs};
use naja_project::manifest::{Member, Workspace, discover};
use naja_project::{Files, nearest};
use naja_spec::{PackageName, Requirement, SafeUrl, script_block};
use serde::Serialize;

use super::declared;
use super::load::{Project, failure};
use super::locking::staleness;
use super::place;
use super::resolution::{Around, Resolution, id_of_member, resolution};
use crate::failure::Failure;
use crate::options;
use crate::session::Session;

/// The version of what [`WorkspaceMetadata`] looks like.
const SCHEMA: &str = "1";

/// Directories are looked into this far down for scripts.
const MOST_DEPTH: usize = 12;

/// Larger files are no scripts, in bytes.
const LARGEST_SCRIPT: u64 = 4 << 20;

/// A project of a workspace, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkspaceMember {
    /// Its name.
    pub name: PackageName,
    /// Its directory.
    pub path: PathBuf,
}

/// A workspace, for programs. A project by itself is a workspace of one.
#[derive(Clone, Debug, Serialize)]
pub struct WorkspaceMetadata {
    /// What this looks like.
    pub schema: Schema,
    /// The directory of the root's manifest.
    pub workspace_root: PathBuf,
    /// The same, with an identifier.
    pub workspace: WorkspaceId,
    /// The Pythons that every member takes.
    pub requires_python: Option<String>,
    /// The project of the working directory.
    pub current: Option<PackageName>,
    /// The projects, sorted by name.
    pub members: Vec<MemberMetadata>,
    /// The lock of all of them.
    pub lock: LockState,
    /// What is locked, and who needs whom.
    pub resolution: Resolution,
}

/// A workspace among the identifiers.
#[derive(Clone, Debug, Serialize)]
pub struct WorkspaceId {
    /// Its directory.
    pub path: PathBuf,
    /// Its identifier.
    pub id: String,
}

/// The form of an answer.
#[derive(Clone, Debug, Serialize)]
pub struct Schema {
    /// Its version.
    pub version: &'static str,
}

/// What one project declares.
#[derive(Clone, Debug, Serialize)]
pub struct MemberMetadata {
    /// Its name.
    pub name: PackageName,
    /// Its directory.
    pub path: PathBuf,
    /// Its identifier in the resolution.
    pub id: String,
    /// Its version; absent if it is dynamic.
    pub version: Option<String>,
    /// Whether it is built and installed itself.
    pub package: bool,
    /// The Pythons it takes.
    pub requires_python: Option<String>,
    /// What it needs.
    pub dependencies: Vec<String>,
    /// What its extras need.
    pub optional_dependencies: BTreeMap<String, Vec<String>>,
    /// What its dependency groups name, with what they include.
    pub dependency_groups: BTreeMap<String, Vec<String>>,
    /// The groups that count without being asked for.
    pub default_groups: Vec<String>,
    /// The projects of the workspace that it names anywhere.
    pub workspace_dependencies: Vec<PackageName>,
}

/// The lock of a workspace.
#[derive(Clone, Debug, Serialize)]
pub struct LockState {
    /// Its path.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Whether it fits what the projects declare; absent if there is none.
    pub fits: Option<bool>,
    /// Why it does not.
    pub reasons: Vec<String>,
    /// How many packages it has.
    pub packages: usize,
}

fn workspace(session: &Session) -> Result<Workspace, Failure> {
    let found = discover(&session.disk(), &session.project).map_err(|error| failure(&error))?;
    found.ok_or_else(|| {
        Failure::usage("there is no project here")
            .cause(format!(
                "neither `{}` nor a directory above it has a pyproject.toml",
                session.project.display()
            ))
            .hint("`naja init` makes one")
    })
}

/// The projects of the workspace of the working directory, sorted by name.
///
/// # Errors
/// There is no project, or a manifest has a mistake.
pub fn members(session: &Session) -> Result<Vec<WorkspaceMember>, Failure> {
    let workspace = workspace(session)?;
    let members = workspace.projects().map(|member| WorkspaceMember {
        name: member.name.clone(),
        path: member.dir.clone(),
    });
    Ok(members.collect())
}

/// The directory of the workspace's root, or of one of its projects.
///
/// # Errors
/// There is no project, or none of that name.
pub fn directory(session: &Session, package: Option<&PackageName>) -> Result<PathBuf, Failure> {
    let workspace = workspace(session)?;
    let Some(name) = package else {
        return Ok(workspace.root);
    };
    named(&workspace, name).map(|member| member.dir.clone())
}

/// The project of that name in a workspace.
///
/// # Errors
/// There is none.
pub(super) fn named<'w>(
    workspace: &'w Workspace,
    name: &PackageName,
) -> Result<&'w Member, Failure> {
    let names = || workspace.projects().map(|member| member.name.as_str());
    let member = workspace.member(name);
    member.ok_or_else(|| no_project(name, names()))
}

/// Says that a workspace has no project of a name, and which it has.
pub(super) fn no_project<'n>(
    name: &PackageName,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Failure {
    let failure = Failure::usage(format!("the workspace has no project `{name}`"));
    match nearest(name.as_str(), names.clone()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint(format!(
            "its projects: {}",
            names.collect::<Vec<_>>().join(", ")
        )),
    }
}

/// Everything about the workspace of the working directory; nothing is resolved or written for it.
///
/// # Errors
/// There is no project, or a manifest or the lock has a mistake.
pub fn metadata(session: &mut Session) -> Result<WorkspaceMetadata, Failure> {
    let project = Project::load(session)?;
    let required = place::requires_python(&project);
    let locked = project.lock.as_ref();
    let before = locked.and_then(|read| read.lock.inputs.requires_python.clone());
    let requires_python = required.as_ref().map(ToString::to_string);
    let inputs = declared::inputs(&project.workspace, &session.settings, required.or(before))?;
    let reasons = match locked {
        Some(_) => staleness(&project, &inputs),
        None => Vec::new(),
    };
    let workspace = &project.workspace;
    let index = default_index(session);
    let around = Around {
        root: &workspace.root,
        index: index.as_ref(),
    };
    let resolution = locked.map_or(Ok(Resolution::new()), |read| resolution(&read.lock, around));
    let resolution = resolution.map_err(|error| {
        Failure::unsatisfied("the lock cannot be shown as a graph").because(&error)
    })?;
    Ok(WorkspaceMetadata {
        schema: Schema { version: SCHEMA },
        workspace: WorkspaceId {
            path: workspace.root.clone(),
            id: format!("workspace+{}", workspace.root.display()),
        },
        workspace_root: workspace.root.clone(),
        resolution,
        requires_python,
        current: workspace
            .current()
            .map(|member| member.name.clone())
            .filter(|name| !name.is_unnamed_root()),
        members: inputs
            .members
            .iter()
            .filter(|member| !member.name.is_unnamed_root())
            .map(|member| described(workspace, &inputs, member))
            .collect(),
        lock: LockState {
            exists: locked.is_some(),
            fits: locked.map(|_| reasons.is_empty()),
            packages: locked.map_or(0, |read| read.lock.file.packages.len()),
            reasons,
            path: project.lock_path.clone(),
        },
    })
}

/// The address of the index that packages come from which name none.
fn default_index(session: &Session) -> Option<SafeUrl> {
    let order = session.settings.index_order(&session.process.cwd);
    let config = options::index_config(session).ok()?;
    let default = config.indexes.get(order.indexes.len())?;
    Some(default.url.clone())
}

fn described(workspace: &Workspace, inputs: &Inputs, member: &MemberInputs) -> MemberMetadata {
    let texts = |list: &[Requirement]| list.iter().map(ToString::to_string).collect();
    let found = workspace.member(&member.name);
    let table = found.and_then(|found| found.manifest.project.as_ref());
    let all = member.dependencies.iter();
    let all = all.chain(member.extras.values().flatten());
    let all = all.chain(member.groups.values().flatten());
    let mut inside: Vec<PackageName> = all
        .map(|requirement| requirement.name.clone())
        .filter(|name| *name != member.name && inputs.member(name).is_some())
        .collect();
    inside.sort();
    inside.dedup();
    let path = found.map_or_else(|| workspace.root.clone(), |found| found.dir.clone());
    let version = member.version.as_ref().map(ToString::to_string);
    let name = member.name.as_str();
    MemberMetadata {
        id: id_of_member(name, version.as_deref(), (member.is_package, &path)),
        name: member.name.clone(),
        path,
        version,
        package: member.is_package,
        requires_python: table
            .and_then(|table| table.requires_python.as_ref())
            .map(ToString::to_string),
        dependencies: texts(&member.dependencies),
        optional_dependencies: member
            .extras
            .iter()
            .map(|(name, list)| (name.to_string(), texts(list)))
            .collect(),
        dependency_groups: member
            .groups
            .iter()
            .map(|(name, list)| (name.to_string(), texts(list)))
            .collect(),
        default_groups: member
            .default_groups
            .iter()
            .map(ToString::to_string)
            .collect(),
        workspace_dependencies: inside,
    }
}

/// The scripts with metadata of their own (PEP 723) in the workspace of the working directory, sorted; hidden
/// directories and environments are not looked into.
///
/// # Errors
/// There is no project, or a manifest has a mistake.
pub fn scripts(session: &Session) -> Result<Vec<PathBuf>, Failure> {
    let workspace = workspace(session)?;
    let mut found = Vec::new();
    look_for_scripts(session, &workspace.root, 0, &mut found);
    found.sort();
    Ok(found)
}

fn look_for_scripts(session: &Session, dir: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let disk = session.disk();
    if depth > MOST_DEPTH || (depth > 0 && disk.exists(&dir.join("pyvenv.cfg"))) {
        return;
    }
    // What cannot be read has no scripts for us.
    for path in disk.list(dir).unwrap_or_default() {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let Ok(kind) = path.symlink_metadata() else {
            continue;
        };
        if kind.is_dir() && !matches!(name, "node_modules" | "__pycache__") {
            look_for_scripts(session, &path, depth + 1, found);
        } else if kind.is_file() && name.ends_with(".py") && kind.len() <= LARGEST_SCRIPT {
            let bytes = disk.read(&path).ok().flatten();
            let has_block = bytes.is_some_and(|bytes| {
                let text = std::str::from_utf8(&bytes).unwrap_or_default();
                text.contains("# /// script") && matches!(script_block(text), Ok(Some(_)))
            });
            if has_block {
                found.push(path);
            }
        }
    }
}
