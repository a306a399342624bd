//! `naja add` and `naja remove`: manifest, lock and environment in one change.

use std::path::PathBuf;

use naja_env::FileEdit;
use naja_lock::project::LockDiff;
use naja_project::manifest::{
    DependencyPlace, EditError, ManifestEditor, NewSource, Placement, SourceKind,
};
use naja_spec::{
    Operator, PackageName, Requirement, RequirementSource, Version, VersionSpecifier,
    VersionSpecifiers,
};

use super::load::Project;
use super::locking::{Fitting, LockMode, fitting, lock_edit, with_inputs, write_files};
use super::syncing::{SyncRequest, bring};
use crate::change::{ChangeReport, Preview};
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
    /// How the edit goes on.
    pub edit: EditChoice,
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

/// Which bounds a requirement gets that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bounds {
    /// `>=1.2.3`
    #[default]
    Lower,
    /// `>=1.2.3,<2`
    Major,
    /// `>=1.2.3,<1.3`
    Minor,
    /// `==1.2.3`
    Exact,
    /// None.
    Raw,
}

/// A requirement that is added.
#[derive(Clone, Debug)]
pub struct Added {
    /// The requirement.
    pub requirement: Requirement,
    /// Where it comes from, if not from an index.
    pub source: Option<SourceKind>,
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
    let project = Project::load(session)?;
    let path = project.manifest_of(request.edit.package.as_ref())?;
    let before = read(&path)?;
    let mut editor = open(&path, &before)?;
    let mut fresh = Vec::new();
    for added in &request.requirements {
        let requirement = &added.requirement;
        let placement = editor
            .add(&request.place, requirement)
            .map_err(|error| not_edited(&path, &error))?;
        if let Some(kind) = &added.source {
            let source = NewSource {
                kind: kind.clone(),
                marker: None,
            };
            let name = &requirement.name;
            editor
                .set_source(name, &source)
                .map_err(|error| not_edited(&path, &error))?;
        } else if placement == Placement::Inserted && is_bare(requirement) {
            fresh.push(requirement.clone());
        }
    }
    let edited = Edited {
        path,
        before,
        editor,
    };
    let fresh = match request.bounds {
        Bounds::Raw => Vec::new(),
        _ => fresh,
    };
    finish(
        session,
        edited,
        Finish {
            choice: &request.edit,
            fresh: &fresh,
            place: &request.place,
            bounds: request.bounds,
        },
    )
}

/// Takes packages out of the project of the working directory.
///
/// # Errors
/// As [`add`]; or a package is not there.
pub fn remove(session: &mut Session, request: &RemoveRequest) -> Result<EditReport, Failure> {
    let project = Project::load(session)?;
    let path = project.manifest_of(request.edit.package.as_ref())?;
    let before = read(&path)?;
    let mut editor = open(&path, &before)?;
    for name in &request.packages {
        let removed = editor
            .remove(&request.place, name)
            .map_err(|error| not_edited(&path, &error))?;
        if removed.is_empty() {
            return Err(not_there(&editor, name, &request.place));
        }
        if editor.places_of(name).is_empty() {
            editor.remove_source(name);
        }
    }
    let edited = Edited {
        path,
        before,
        editor,
    };
    finish(
        session,
        edited,
        Finish {
            choice: &request.edit,
            fresh: &[],
            place: &request.place,
            bounds: Bounds::Raw,
        },
    )
}

/// A manifest that was changed and not written yet.
struct Edited {
    path: PathBuf,
    before: String,
    editor: ManifestEditor,
}

/// How an edit ends.
struct Finish<'a> {
    choice: &'a EditChoice,
    /// What gets bounds from what was locked.
    fresh: &'a [Requirement],
    place: &'a DependencyPlace,
    bounds: Bounds,
}

fn finish(
    session: &mut Session,
    mut edited: Edited,
    how: Finish<'_>,
) -> Result<EditReport, Failure> {
    if how.choice.frozen {
        return frozen(manifest_edit(&edited), how.choice);
    }
    let mode = match how.choice.sync.mode {
        LockMode::Frozen => LockMode::Update,
        mode => mode,
    };
    let over = |edited: &Edited| [(edited.path.clone(), edited.editor.to_text())];
    let mut project = Project::load_over(session, &over(&edited))?;
    let mut locked = fitting(session, &project, mode)?;
    if bound(&mut edited, &locked, &how)? {
        project = Project::load_over(session, &over(&edited))?;
        // The answer stands: only what it was made of is said with more words.
        locked = with_inputs(session, &project, locked)?;
    }
    let edit = manifest_edit(&edited);
    settle(session, &project, (locked, edit), how.choice)
}

fn manifest_edit(edited: &Edited) -> FileEdit {
    FileEdit {
        path: edited.path.clone(),
        before: Some(edited.before.clone().into_bytes()),
        after: Some(edited.editor.to_text().into_bytes()),
    }
}

/// Writes nothing but the manifest.
fn frozen(edit: FileEdit, choice: &EditChoice) -> Result<EditReport, Failure> {
    if choice.sync.preview == Preview::Apply {
        write(&edit.path, edit.after.as_deref().unwrap_or_default())?;
    }
    Ok(EditReport {
        manifest: vec![edit],
        ..EditReport::default()
    })
}

/// Writes a manifest that was changed otherwise, and what follows from it.
///
/// # Errors
/// As [`add`].
pub(super) fn finish_edits(
    session: &mut Session,
    edit: FileEdit,
    choice: &EditChoice,
) -> Result<EditReport, Failure> {
    let text = String::from_utf8_lossy(edit.after.as_deref().unwrap_or_default()).into_owned();
    if choice.frozen {
        return frozen(edit, choice);
    }
    let project = Project::load_over(session, &[(edit.path.clone(), text)])?;
    let locked = fitting(session, &project, choice.sync.mode)?;
    settle(session, &project, (locked, edit), choice)
}

/// Writes manifest and lock, and brings the environment along.
fn settle(
    session: &mut Session,
    project: &Project,
    (locked, edit): (Fitting, FileEdit),
    choice: &EditChoice,
) -> Result<EditReport, Failure> {
    let mut manifest = vec![edit];
    manifest.retain(|edit| edit.before != edit.after);
    if choice.no_sync {
        if choice.sync.preview == Preview::Apply {
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
    let report = bring(session, project, locked, (&choice.sync, &manifest))?;
    Ok(EditReport {
        manifest,
        lock: report.lock,
        change: report.change,
    })
}

/// Gives fresh requirements bounds from what was locked, and says whether there were any.
fn bound(edited: &mut Edited, locked: &Fitting, how: &Finish<'_>) -> Result<bool, Failure> {
    let mut any = false;
    for requirement in how.fresh {
        let versions = locked.lock.file.packages.iter();
        let versions = versions.filter(|package| package.name == requirement.name);
        let Some(lowest) = versions
            .filter_map(|package| package.version.as_ref())
            .min()
        else {
            continue;
        };
        let Some(bounds) = bounds(lowest, how.bounds) else {
            continue;
        };
        let bounded = Requirement {
            source: RequirementSource::Specifiers(bounds),
            ..requirement.clone()
        };
        any |= edited
            .editor
            .rewrite(how.place, &requirement.to_string(), &bounded.to_string())
            .map_err(|error| not_edited(&edited.path, &error))?;
    }
    Ok(any)
}

/// The bounds a version gives.
fn bounds(lowest: &Version, bounds: Bounds) -> Option<VersionSpecifiers> {
    let lowest = lowest.without_local();
    let below = |parts: &[u64]| VersionSpecifier::new(Operator::Less, Version::from_release(parts));
    let release: Vec<u64> = lowest.release().to_vec();
    let first = |at: usize| release.get(at).copied().unwrap_or(0);
    let lower = VersionSpecifier::new(Operator::GreaterEqual, lowest.clone());
    let upper = match bounds {
        Bounds::Lower => None,
        // Before 1.0 the first number that is not zero is the one that tells of breaks.
        Bounds::Major if first(0) > 0 => Some(below(&[first(0) + 1])),
        Bounds::Major | Bounds::Minor => Some(below(&[first(0), first(1) + 1])),
        Bounds::Exact => {
            return Some(
                VersionSpecifier::new(Operator::Equal, lowest)
                    .into_iter()
                    .collect(),
            );
        }
        Bounds::Raw => return None,
    };
    Some(lower.into_iter().chain(upper.flatten()).collect())
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
    Failure::usage(format!("could not change {}", path.display())).because(error)
}

fn write(path: &std::path::Path, content: &[u8]) -> Result<(), Failure> {
    naja_store::write::atomic_write(path, content).map_err(|error| {
        Failure::environment(format!("could not write {}", path.display())).because(&error)
    })
}

fn not_there(editor: &ManifestEditor, name: &PackageName, place: &DependencyPlace) -> Failure {
    let failure = Failure::usage(format!("{name} is not in {place}"));
    let elsewhere = editor.places_of(name);
    let Some(first) = elsewhere.first() else {
        return failure.cause("the project does not name it anywhere; something else may need it");
    };
    let places: Vec<String> = elsewhere.iter().map(ToString::to_string).collect();
    let flag = match first {
        DependencyPlace::Main => "without `--group` and `--optional`".to_owned(),
        DependencyPlace::Extra(extra) => format!("with `--optional {extra}`"),
        DependencyPlace::Group(group) => format!("with `--group {group}`"),
    };
    failure
        .cause(format!("it is in {}", places.join(" and ")))
        .hint(format!("take it out {flag}"))
}
