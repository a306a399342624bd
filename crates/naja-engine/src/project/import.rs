//! `naja import`: a project of another tool becomes one of the standards, and keeps what it had locked.

use std::path::{Path, PathBuf};

use naja_env::FileEdit;
use naja_index::{Answer, PageRequest, Request};
use naja_lock::project::LockDiff;
use naja_project::import::{Import, ImportError, ImportKind, Remark, Surroundings};
use naja_project::settings::Settings;
use naja_spec::PackageName;

use super::heritage::{self, Inherited};
use super::hold::{self, Hold};
use super::load::{LOCK, Overlay, Project};
use super::locking::{Fitting, LockMode, fitting, fitting_from, lock_edit, write_files};
use crate::disk::Disk;
use crate::event::Event;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::Pipeline;
use crate::session::Session;
use crate::start;
use crate::target;

/// What `naja import` shall do.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// The file to be read; what the directory has, if none is named.
    pub file: Option<PathBuf>,
    /// Whether nothing is locked (`--no-lock`).
    pub no_lock: bool,
    /// Whether nothing is written (`--dry-run`).
    pub dry_run: bool,
}

/// What `naja import` did.
#[derive(Clone, Debug)]
pub struct ImportReport {
    /// Whose project it was.
    pub kind: ImportKind,
    /// The manifest.
    pub manifest: PathBuf,
    /// The change of the manifest.
    pub edit: FileEdit,
    /// What could not be translated.
    pub remarks: Vec<Remark>,
    /// What was locked.
    pub lock: Option<LockDiff>,
    /// How many packages are locked.
    pub packages: usize,
    /// What became of the versions that were locked before.
    pub inherited: Option<Inherited>,
    /// Whether files were written.
    pub written: bool,
}

/// Tells which tools' projects are in a directory: a file and a name for each.
#[must_use]
pub fn importable(session: &Session, dir: &Path) -> Vec<(PathBuf, ImportKind)> {
    let variables = target::variables(session);
    naja_project::import::detect(&Surroundings {
        files: &Disk,
        variables: &variables,
        dir,
    })
}

/// Makes a project of the standards of that of another tool.
///
/// # Errors
/// There is none, it cannot be read, or there is no answer for its requirements; everything is then as it was.
pub fn import(session: &mut Session, request: &ImportRequest) -> Result<ImportReport, Failure> {
    let _hold = hold::when(!request.dry_run, || held(session, request))?;
    let mut import = read(session, request)?;
    compare_with_index(session, &mut import)?;
    let text = import.text().map_err(|error| unreadable(&error))?;
    let edit = FileEdit {
        path: import.manifest.clone(),
        before: import.before.as_ref().map(|text| text.clone().into_bytes()),
        after: Some(text.clone().into_bytes()),
    };
    let mut report = ImportReport {
        kind: import.kind,
        manifest: import.manifest.clone(),
        remarks: import.remarks(),
        lock: None,
        packages: 0,
        inherited: None,
        written: false,
        edit,
    };
    if report.edit.before == report.edit.after {
        return Err(
            Failure::usage(format!("there is nothing to import from {}", import.kind))
                .cause(format!(
                    "`{}` says all of it already",
                    import.manifest.display()
                ))
                .hint("`naja lock --from FILE` takes over the versions of another lock"),
        );
    }
    session.emit(&Event::Note {
        message: format!("Importing from {}", import.kind),
    });
    let changed = [(report.edit.path.clone(), text)];
    let settings = start::settings_over(
        session,
        &Overlay {
            disk: session.disk(),
            changed: &changed,
        },
    )?;
    let into = |own: &mut Settings| *own = settings;
    session.with_settings(into, |session| {
        carry_out(session, (&import, &changed), request, &mut report)
    })?;
    Ok(report)
}

/// Keeps others from changing the project that is imported.
fn held(session: &mut Session, request: &ImportRequest) -> Result<Hold, Failure> {
    let file = request.file.as_ref();
    let file = file.map(|file| session.process.absolute(file));
    // Another file than a manifest is imported into the project of the directory.
    let dir = file
        .filter(|file| {
            file.file_name()
                .is_some_and(|name| name == "pyproject.toml")
        })
        .and_then(|file| Some(file.parent()?.to_path_buf()));
    let dir = dir.unwrap_or_else(|| session.project.clone());
    hold::at(session, &dir)
}

/// Locks what was imported, and writes.
fn carry_out(
    session: &mut Session,
    (import, changed): (&Import, &[(PathBuf, String)]),
    request: &ImportRequest,
    report: &mut ImportReport,
) -> Result<(), Failure> {
    let project = Project::load_over(session, changed)?;
    let mut edits = vec![report.edit.clone()];
    if !(request.no_lock || request.dry_run) {
        let fitting = locked(session, &project, import)?;
        edits.extend(lock_edit(&project, &fitting));
        report.packages = fitting.lock.file.packages.len();
        report.lock = Some(fitting.diff);
        report.inherited = fitting.inherited;
    }
    if !request.dry_run {
        write_files(session, &project, &edits)?;
        report.written = true;
    }
    Ok(())
}

/// The lock of the new project: with the versions of the old one, if it had a lock.
fn locked(session: &mut Session, project: &Project, import: &Import) -> Result<Fitting, Failure> {
    let has_lock = heritage::beside(&project.workspace.root).next().is_some();
    let locked = match &import.pinned {
        Some(pinned) if !has_lock => fitting_from(session, project, pinned),
        _ => fitting(session, project, LockMode::Update),
    };
    locked.map_err(|failure| {
        failure
            .hint("`naja import --no-lock` writes the manifest all the same, to be mended by hand")
    })
}

fn read(session: &Session, request: &ImportRequest) -> Result<Import, Failure> {
    let variables = target::variables(session);
    let file = request
        .file
        .as_ref()
        .map(|file| session.process.absolute(file));
    let surroundings = Surroundings {
        files: &Disk,
        variables: &variables,
        dir: &session.project,
    };
    naja_project::import::import(&surroundings, file.as_deref()).map_err(|error| {
        let failure = unreadable(&error);
        match file {
            None if error.line == 0 => {
                failure.hint("name the file: `naja import FILE`; `naja init` makes a new project")
            }
            _ => failure,
        }
    })
}

fn unreadable(error: &ImportError) -> Failure {
    let place = match error.line {
        0 => error.file.clone(),
        line => format!("{}:{line}", error.file),
    };
    Failure::usage(format!("could not import {place}")).cause(error.message.clone())
}

/// Leaves out what the indexes do not have: names of conda's packages may be those of something else.
fn compare_with_index(session: &mut Session, import: &mut Import) -> Result<(), Failure> {
    let unsure = std::mem::take(&mut import.unsure);
    if unsure.is_empty() || session.settings.offline.value {
        return Ok(());
    }
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let page = |name: &PackageName| {
        Request::Page(PageRequest {
            name: name.clone(),
            index: None,
        })
    };
    let answers = pipeline.many(unsure.iter().map(page))?;
    for (name, answer) in unsure.iter().zip(answers) {
        if let Ok(Answer::Page(pages)) = answer
            && pages.is_not_found()
        {
            import.leave_out(name, "is not on the index: it is left out");
        }
    }
    pipeline.finish();
    Ok(())
}

/// What is said where there is something to import, and no lock yet.
pub(super) fn hint(session: &Session, dir: &Path) -> Option<String> {
    match dir.join(LOCK).exists() {
        true => None,
        false => way_in(session, dir),
    }
}

/// How what another tool left in a directory becomes a project.
pub(super) fn way_in(session: &Session, dir: &Path) -> Option<String> {
    let (path, kind) = importable(session, dir).into_iter().next()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Some(match kind {
        ImportKind::Poetry | ImportKind::Pdm => {
            format!("this is a project of {kind}: `naja import` takes it over")
        }
        ImportKind::Tasks => {
            "it has tasks of other tools: `naja import` takes them over".to_owned()
        }
        _ => {
            format!("there is `{name}`: `naja import` makes a project of it, with its dependencies")
        }
    })
}
