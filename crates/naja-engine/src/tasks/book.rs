//! Finding the tables of tasks.

use std::path::{Path, PathBuf};

use naja_project::manifest::{ManifestError, discover};
use naja_project::tasks::{TaskBook, TaskPlatform, TaskTable, mentions_tasks};
use naja_project::{FileOwner, Files};
use naja_spec::PackageName;

use crate::failure::Failure;
use crate::session::Session;

/// The system this program is for.
pub(super) const PLATFORM: TaskPlatform = if cfg!(windows) {
    TaskPlatform::Windows
} else if cfg!(target_os = "macos") {
    TaskPlatform::Macos
} else if cfg!(target_os = "linux") {
    TaskPlatform::Linux
} else {
    TaskPlatform::OtherUnix
};

/// The files that may have tables of tasks; the first one counts more.
const FILES: [&str; 2] = ["naja.toml", "pyproject.toml"];

/// Reads the tables that count for the directory of the project: its own, then those of the workspace around it.
///
/// # Errors
/// One of them has a mistake.
pub(crate) fn book(session: &Session) -> Result<TaskBook, Failure> {
    let start = session.project.clone();
    book_of(session, &start)
}

/// The same for a project of the workspace.
///
/// # Errors
/// There is no such project, or a table has a mistake.
pub(super) fn book_for(
    session: &Session,
    package: Option<&PackageName>,
) -> Result<TaskBook, Failure> {
    let Some(name) = package else {
        return book(session);
    };
    let found = discover(&session.disk(), &session.project).ok().flatten();
    // That there is none is told by what makes the environment.
    match found.as_ref().and_then(|found| found.member(name)) {
        Some(member) => book_of(session, &member.dir),
        None => book(session),
    }
}

fn book_of(session: &Session, start: &Path) -> Result<TaskBook, Failure> {
    let mut book = TaskBook::default();
    let Some(near) = nearest(session, start) else {
        return Ok(book);
    };
    add(session, &mut book, &near)?;
    let above = near.parent().and_then(|dir| nearest(session, dir));
    if above.is_some()
        && let Ok(Some(workspace)) = discover(&session.disk(), &near)
        && workspace.root != near
    {
        add(session, &mut book, &workspace.root)?;
    }
    Ok(book)
}

/// The nearest directory with a file that could have a table.
fn nearest(session: &Session, start: &Path) -> Option<PathBuf> {
    let has_one = |dir: &&Path| FILES.iter().any(|name| trusted(session, &dir.join(name)));
    start.ancestors().find(has_one).map(Path::to_path_buf)
}

/// Whether there is a file, and it is not another user's in a directory above the project.
fn trusted(session: &Session, path: &Path) -> bool {
    let disk = session.disk();
    if !disk.exists(path) {
        return false;
    }
    let dir = path.parent().unwrap_or(path);
    let is_above = dir != session.project && session.project.starts_with(dir);
    if !is_above {
        return true;
    }
    let owner = disk.owner(path);
    owner == FileOwner::Trusted || owner == disk.owner(&session.project)
}

fn add(session: &Session, book: &mut TaskBook, dir: &Path) -> Result<(), Failure> {
    for name in FILES {
        let path = dir.join(name);
        if !trusted(session, &path) {
            continue;
        }
        let read = session.disk().read(&path).map_err(|error| {
            Failure::usage(format!("could not read {}", path.display())).because(&error)
        })?;
        let Some(bytes) = read else { continue };
        // Who reads the project says what is wrong with its encoding.
        let Ok(text) = std::str::from_utf8(&bytes) else {
            continue;
        };
        let is_manifest = name == "pyproject.toml";
        let table = match is_manifest {
            true if !mentions_tasks(text) => continue,
            true => TaskTable::of_manifest(text, PLATFORM),
            false => TaskTable::of_config(text, PLATFORM),
        };
        let table = table.map_err(|error| mistake(&path, &error))?;
        book.add(path, table);
    }
    Ok(())
}

fn mistake(path: &Path, error: &ManifestError) -> Failure {
    Failure::usage(format!("the tasks of {} cannot be read", path.display())).because(error)
}
