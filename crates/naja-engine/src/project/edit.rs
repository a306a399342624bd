//! `naja add` and `naja remove`: manifest, lock and environment in one change.

use std::path::{Path, PathBuf};

use naja_env::FileEdit;
use naja_lock::project::LockDiff;
use naja_project::manifest::{
    DependencyPlace, EditError, ManifestEditor, NewIndex, NewSource, Placement, SourceKind,
};
use naja_project::settings::{HashedRequirement, Settings};
use naja_spec::{PackageName, Requirement, RequirementSource, VersionSpecifiers};

use super::bounds::Bounds;
use super::given::relative as relative_path;
use super::hold;
use super::import;
use super::load::Project;
use super::locking::{
    Fitting, LockMode, behind_links, fitting, lock_edit, with_inputs, write_files,
};
use super::place;
use super::syncing::{SyncRequest, bring};
use crate::change::ChangeReport;
use crate::failure::Failure;
use crate::session::Session;

/// Which list of the manifest a dependency goes into.
pub use naja_project::manifest::DependencyPlace as NewPlace;

/// What `naja add` shall do.
#[derive(Clone, Debug)]
pub struct AddRequest {
    /// The requirements, and where each comes from.
    pub requirements: Vec<Added>,
    /// The list they go into.
    pub place: DependencyPlace,
    /// Whether requirements without bounds get a lower one from what was locked (all but `--raw`).
    pub bounds: Bounds,
    /// What else is written down, or counts this once.
    pub along: Along,
    /// How the edit goes on.
    pub edit: EditChoice,
}

/// What is written down with requirements, or counts while they are added.
#[derive(Clone, Debug, Default)]
pub struct Along {
    /// Indexes of the command line (`--index`, `--default-index`).
    pub indexes: Vec<NewIndex>,
    /// Bounds that count for this resolution (`-c`).
    pub constraints: Vec<Requirement>,
}

impl Along {
    /// The index that what is added comes from: the only one, if it has a name.
    fn pin(&self) -> Option<SourceKind> {
        let [index] = &self.indexes[..] else {
            return None;
        };
        let name = index.name.clone()?;
        (!index.is_default).then_some(SourceKind::Index(name))
    }
}

/// What an edit of a manifest is about, and what follows from it.
#[derive(Clone, Debug, Default)]
pub struct EditChoice {
    /// The project of the workspace that is changed; absent: the current one.
    pub package: Option<PackageName>,
    /// Whether only the manifest changes and nothing else is looked at (`--frozen`).
    pub frozen: bool,
    /// Whether the environment stays as it is (`--no-sync`).
    pub no_sync: bool,
    /// How the environment is brought into agreement.
    pub sync: SyncRequest,
}

/// A requirement that is added.
#[derive(Clone, Debug)]
pub struct Added {
    /// The requirement.
    pub requirement: Requirement,
    /// Where it comes from, if not from an index.
    pub source: Option<SourceKind>,
    /// The directory that becomes a member of the workspace with it.
    pub member: Option<PathBuf>,
}

/// What `naja remove` shall do.
#[derive(Clone, Debug)]
pub struct RemoveRequest {
    /// The packages.
    pub packages: Vec<PackageName>,
    /// The list they are taken out of.
    pub place: DependencyPlace,
    /// How the edit goes on.
    pub edit: EditChoice,
}

impl RemoveRequest {
    /// The addition of nothing: the edit then goes on in the same way.
    pub(crate) fn as_addition(&self) -> AddRequest {
        AddRequest {
            requirements: Vec::new(),
            place: self.place.clone(),
            bounds: Bounds::Raw,
            along: Along::default(),
            edit: self.edit.clone(),
        }
    }
}

/// What an edit of a project did.
#[derive(Clone, Debug, Default)]
pub struct EditReport {
    /// The manifest before and after.
    pub manifest: Vec<FileEdit>,
    /// What changed in the lock.
    pub lock: LockDiff,
    /// What changed in the environment.
    pub change: ChangeReport,
}

/// Adds requirements to the project of the working directory.
///
/// # Errors
/// There is no project, no answer with them, or something stands in the way; everything is then as it was.
pub fn add(session: &mut Session, request: &AddRequest) -> Result<EditReport, Failure> {
    let changes = request.edit.sync.preview.applies();
    let _hold = hold::when(changes, || hold::here(session))?;
    let project = Project::load(session)?;
    let path = project.manifest_of(request.edit.package.as_ref())?;
    let before = read(&path)?;
    let mut editor = open(&path, &before)?;
    let fresh = put((&mut editor, &path), request)
        .map_err(|failure| with_way_in(session, (&project, &path), failure))?;
    let root = project.workspace.root.join("pyproject.toml");
    let mut others = Vec::new();
    let members: Vec<String> = members(&project, request);
    if root == path {
        enrol((&mut editor, &path), &members)?;
    } else if !members.is_empty() {
        let before = read(&root)?;
        let mut editor = open(&root, &before)?;
        enrol((&mut editor, &root), &members)?;
        others.push(file_edit(&root, &before, &editor));
    }
    let edited = Edited {
        path,
        before,
        editor,
        others,
    };
    finish(session, (&project, edited), (request, &fresh))
}

/// Puts requirements and their sources into a manifest; those that are new and have no bounds are returned, if they
/// are to get some.
///
/// # Errors
/// The manifest has something else in the place of a list.
pub(crate) fn put(
    (editor, path): (&mut ManifestEditor, &Path),
    request: &AddRequest,
) -> Result<Vec<Requirement>, Failure> {
    let mut fresh = Vec::new();
    let pin = request.along.pin();
    let pin = pin.filter(|_| request.bounds != Bounds::Raw);
    for added in &request.requirements {
        let requirement = &added.requirement;
        if added.source.is_some() {
            // Bounds were about what came from elsewhere.
            editor
                .unbind(&request.place, requirement)
                .map_err(|error| not_edited(path, &error))?;
        }
        let placement = editor
            .add(&request.place, requirement)
            .map_err(|error| not_edited(path, &error))?;
        let is_fresh = placement == Placement::Inserted && is_bare(requirement);
        if let Some(kind) = added.source.as_ref().or(pin.as_ref()) {
            let source = NewSource {
                kind: kind.clone(),
                marker: None,
            };
            let name = &requirement.name;
            editor
                .set_source(name, &source)
                .map_err(|error| not_edited(path, &error))?;
        }
        if added.source.is_none() && is_fresh {
            fresh.push(requirement.clone());
        }
    }
    // The first one is to stand in front.
    for index in request.along.indexes.iter().rev() {
        editor
            .add_index(index)
            .map_err(|error| not_edited(path, &error))?;
    }
    Ok(match request.bounds {
        Bounds::Raw => Vec::new(),
        _ => fresh,
    })
}

/// Takes packages out of the project of the working directory.
///
/// # Errors
/// As [`add`]; or a package is not there.
pub fn remove(session: &mut Session, request: &RemoveRequest) -> Result<EditReport, Failure> {
    let changes = request.edit.sync.preview.applies();
    let _hold = hold::when(changes, || hold::here(session))?;
    let project = Project::load(session)?;
    let path = project.manifest_of(request.edit.package.as_ref())?;
    let before = read(&path)?;
    let mut editor = open(&path, &before)?;
    take((&mut editor, &path), request)?;
    let edited = Edited {
        path,
        before,
        editor,
        others: Vec::new(),
    };
    finish(session, (&project, edited), (&request.as_addition(), &[]))
}

/// Takes packages, and sources that nothing needs any more, out of a manifest.
///
/// # Errors
/// A package is not there.
pub(crate) fn take(
    (editor, path): (&mut ManifestEditor, &Path),
    request: &RemoveRequest,
) -> Result<(), Failure> {
    for name in &request.packages {
        let removed = editor
            .remove(&request.place, name)
            .map_err(|error| not_edited(path, &error))?;
        if removed.is_empty() {
            return Err(not_there(editor, name, &request.place));
        }
        if editor.places_of(name).is_empty() {
            editor.remove_source(name);
        }
    }
    Ok(())
}

/// A manifest that was changed and not written yet.
struct Edited {
    path: PathBuf,
    before: String,
    editor: ManifestEditor,
    /// Manifests that change besides.
    others: Vec<FileEdit>,
}

/// The directories that become members of a workspace, as its manifest names them.
fn members(project: &Project, request: &AddRequest) -> Vec<String> {
    let members = request.requirements.iter();
    let members = members.filter_map(|added| added.member.as_deref());
    let root = &project.workspace.root;
    members.map(|dir| relative_path(root, dir)).collect()
}

/// Makes directories members of the workspace of a manifest.
fn enrol((editor, path): (&mut ManifestEditor, &Path), members: &[String]) -> Result<(), Failure> {
    for member in members {
        let done = editor.add_member(member);
        done.map_err(|error| not_edited(path, &error))?;
    }
    Ok(())
}

fn finish(
    session: &mut Session,
    (before, mut edited): (&Project, Edited),
    (request, fresh): (&AddRequest, &[Requirement]),
) -> Result<EditReport, Failure> {
    let choice = &request.edit;
    if choice.frozen {
        return frozen(session, before, (manifest_edits(&edited), choice));
    }
    let mode = match choice.sync.mode {
        LockMode::Frozen => LockMode::Update,
        mode => mode,
    };
    let over = |edited: &Edited| -> Vec<(PathBuf, String)> {
        let edits = manifest_edits(edited).into_iter();
        edits
            .filter_map(|edit| Some((edit.path, String::from_utf8(edit.after?).ok()?)))
            .collect()
    };
    let mut project = before.edited(session, &over(&edited))?;
    let constraints = &request.along.constraints;
    let mut locked = constrained(session, (&project, mode), constraints)?;
    let into = (&mut edited.editor, edited.path.as_path());
    if bound(into, &locked, (fresh, request))? {
        project = project.edited(session, &over(&edited))?;
        // The answer stands: only what it was made of is said with more words.
        locked = with_inputs(session, &project, locked)?;
    }
    let edits = manifest_edits(&edited);
    settle(session, &project, (locked, edits), choice)
}

/// A lock with more bounds than the project has; they leave no trace but the versions.
pub(crate) fn constrained(
    session: &mut Session,
    (project, mode): (&Project, LockMode),
    constraints: &[Requirement],
) -> Result<Fitting, Failure> {
    if constraints.is_empty() {
        return fitting(session, project, mode);
    }
    let more = |settings: &mut Settings| {
        let own = &mut settings.constraint_dependencies.value;
        own.extend(constraints.iter().cloned().map(HashedRequirement::from));
    };
    let locked = session.with_settings(more, |session| fitting(session, project, mode))?;
    with_inputs(session, project, locked)
}

fn manifest_edits(edited: &Edited) -> Vec<FileEdit> {
    let own = file_edit(&edited.path, &edited.before, &edited.editor);
    std::iter::once(own).chain(edited.others.clone()).collect()
}

fn file_edit(path: &Path, before: &str, editor: &ManifestEditor) -> FileEdit {
    FileEdit {
        path: path.to_owned(),
        before: Some(before.to_owned().into_bytes()),
        after: Some(editor.to_text().into_bytes()),
    }
}

/// The edits of the files that the manifests are, should links lead to them.
fn written(edits: Vec<FileEdit>) -> Vec<FileEdit> {
    let behind = |edit: FileEdit| FileEdit {
        path: behind_links(&edit.path),
        ..edit
    };
    edits.into_iter().map(behind).collect()
}

/// Writes nothing but the manifest.
fn frozen(
    session: &mut Session,
    project: &Project,
    (manifest, choice): (Vec<FileEdit>, &EditChoice),
) -> Result<EditReport, Failure> {
    let manifest = written(manifest);
    if choice.sync.preview.applies() {
        write_files(session, project, &manifest)?;
    }
    Ok(EditReport {
        manifest,
        ..EditReport::default()
    })
}

/// Writes a manifest that was changed otherwise, and what follows from it.
///
/// # Errors
/// As [`add`].
pub(super) fn finish_edits(
    session: &mut Session,
    (before, edit): (&Project, FileEdit),
    choice: &EditChoice,
) -> Result<EditReport, Failure> {
    let text = String::from_utf8_lossy(edit.after.as_deref().unwrap_or_default()).into_owned();
    if choice.frozen {
        return frozen(session, before, (vec![edit], choice));
    }
    let project = Project::load_over(session, &[(edit.path.clone(), text)])?;
    let locked = fitting(session, &project, choice.sync.mode)?;
    settle(session, &project, (locked, vec![edit]), choice)
}

/// Writes manifest and lock, and brings the environment along.
fn settle(
    session: &mut Session,
    project: &Project,
    (locked, manifest): (Fitting, Vec<FileEdit>),
    choice: &EditChoice,
) -> Result<EditReport, Failure> {
    let mut manifest = written(manifest);
    manifest.retain(|edit| edit.before != edit.after);
    if choice.no_sync {
        if choice.sync.preview.applies() {
            let mut edits = manifest.clone();
            edits.extend(lock_edit(project, &locked));
            write_files(session, project, &edits)?;
        }
        return Ok(EditReport {
            manifest,
            lock: locked.diff,
            change: ChangeReport::default(),
        });
    }
    place::mention_active(session, project, &choice.sync);
    let report = bring(session, project, locked, (&choice.sync, &manifest))?;
    Ok(EditReport {
        manifest,
        lock: report.lock,
        change: report.change,
    })
}

/// Gives fresh requirements bounds from what was locked, and says whether there were any.
pub(crate) fn bound(
    (editor, path): (&mut ManifestEditor, &Path),
    locked: &Fitting,
    (fresh, how): (&[Requirement], &AddRequest),
) -> Result<bool, Failure> {
    let mut any = false;
    for requirement in fresh {
        let versions = locked.lock.file.packages.iter();
        let versions = versions.filter(|package| package.name == requirement.name);
        let Some(lowest) = versions
            .filter_map(|package| package.version.as_ref())
            .min()
        else {
            continue;
        };
        let Some(bounds) = how.bounds.of(lowest) else {
            continue;
        };
        let bounded = Requirement {
            source: RequirementSource::Specifiers(bounds),
            ..requirement.clone()
        };
        any |= editor
            .rewrite(&how.place, &requirement.to_string(), &bounded.to_string())
            .map_err(|error| not_edited(path, &error))?;
    }
    Ok(any)
}

fn is_bare(requirement: &Requirement) -> bool {
    requirement
        .specifiers()
        .is_some_and(VersionSpecifiers::is_empty)
}

fn read(path: &std::path::Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("could not read {}", path.display())).because(&error)
    })
}

fn open(path: &std::path::Path, text: &str) -> Result<ManifestEditor, Failure> {
    ManifestEditor::parse(text).map_err(|error| not_edited(path, &error))
}

fn not_edited(path: &std::path::Path, error: &EditError) -> Failure {
    let failure = Failure::usage(format!("could not change {}", path.display())).because(error);
    match error {
        EditError::NoProject => failure
            .hint("`naja add --dev` and `naja add --group NAME` need none")
            .hint("a `[project]` with `name` and `version` makes it a project"),
        _ => failure,
    }
}

/// A failure at a manifest that is no project yet, with how what another tool left there becomes one.
fn with_way_in(
    session: &Session,
    (project, manifest): (&Project, &Path),
    failure: Failure,
) -> Failure {
    let current = project.workspace.projects();
    let mut at = current.filter(|member| manifest == member.dir.join("pyproject.toml"));
    let dir = manifest.parent().filter(|_| at.next().is_none());
    failure.hint_if(dir.and_then(|dir| import::way_in(session, dir)))
}

fn not_there(editor: &ManifestEditor, name: &PackageName, place: &DependencyPlace) -> Failure {
    let failure = Failure::usage(format!("{name} is not in {place}"));
    let elsewhere = editor.places_of(name);
    let Some(first) = elsewhere.first() else {
        return failure.cause("nothing names it there; another package may need it");
    };
    let places: Vec<String> = elsewhere.iter().map(ToString::to_string).collect();
    let flag = match first {
        DependencyPlace::Main => String::new(),
        DependencyPlace::Extra(extra) => format!(" --optional {extra}"),
        DependencyPlace::Group(group) => format!(" --group {group}"),
    };
    failure
        .cause(format!("it is in {}", places.join(" and ")))
        .hint(format!("take it out with `naja remove {name}{flag}`"))
}
