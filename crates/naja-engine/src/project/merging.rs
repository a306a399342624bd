//! Locks and merges of git: the driver that merges them, and what is left where none did.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_env::FileEdit;
use naja_lock::ProjectLock;
use naja_lock::project::{Merged, Sides};

use super::comparing::read_text;
use super::git::Git;
use super::load::{LOCK, Project, ReadLock};
use super::locking::{put_all, write_files};
use crate::failure::Failure;
use crate::session::Session;

/// How git's settings call the driver.
const DRIVER: &str = "naja-lock";

/// Three files, as git hands them to a merge driver.
#[derive(Clone, Debug)]
pub struct MergeRequest {
    /// What both come from; empty if they come from nothing.
    pub base: PathBuf,
    /// The side that is merged into; the result is written here.
    pub ours: PathBuf,
    /// The other side.
    pub theirs: PathBuf,
}

/// Merges three locks into the second one. What has to be resolved afterwards is returned: nothing if the result
/// is good.
///
/// # Errors
/// A file is no lock of a project, or the result cannot be written; ours is then as it was.
pub fn merge_files(session: &Session, request: &MergeRequest) -> Result<Vec<String>, Failure> {
    let read = |path: &Path| -> Result<Option<ProjectLock>, Failure> {
        let path = session.process.absolute(path);
        let text = read_text(&path)?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let lock = ProjectLock::parse(&text).map_err(|error| {
            Failure::usage(format!("{} is no lock that can be merged", path.display()))
                .because(&error)
                .hint("take either side, and run `naja lock`")
        })?;
        Ok(Some(lock))
    };
    // An ancestor that cannot be read is as good as none.
    let base = read(&request.base).ok().flatten();
    let (Some(ours), Some(theirs)) = (read(&request.ours)?, read(&request.theirs)?) else {
        return Err(Failure::usage("a side of the merge is empty")
            .hint("take either side, and run `naja lock`"));
    };
    let merged = ProjectLock::merge(base.as_ref(), &ours, &theirs);
    let path = session.process.absolute(&request.ours);
    naja_store::write::atomic_write(&path, merged.lock.to_text().as_bytes()).map_err(|error| {
        Failure::environment(format!("could not write {}", path.display())).because(&error)
    })?;
    Ok(merged.open)
}

/// A lock whose text has the marks of a conflict: both sides together, to be resolved. `None` if the sides
/// cannot be read either.
pub(super) fn conflicted(session: &Session, path: &Path, text: &str) -> Option<ProjectLock> {
    if !Sides::are_in(text) {
        return None;
    }
    ProjectLock::of_conflict(text)
        .or_else(|| unmerged(session, path))
        .map(|merged| merged.lock)
}

/// Adds to a failure to read the project that its manifest is in the middle of a merge, if it is.
pub(super) fn with_conflict(failure: Failure, start: &Path) -> Failure {
    let manifest = start.ancestors().map(|dir| dir.join("pyproject.toml"));
    let text = manifest
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .next();
    match text.is_some_and(|text| Sides::are_in(&text)) {
        true => failure
            .cause("it has the marks of a merge conflict")
            .hint("resolve pyproject.toml by hand; `naja lock` then resolves the lock"),
        false => failure,
    }
}

/// The sides that git's index has of a lock, put together.
fn unmerged(session: &Session, path: &Path) -> Option<Merged> {
    let (dir, name) = (path.parent()?, path.file_name()?.to_str()?);
    let (base, ours, theirs) = Git::new(session, dir).stages(name)?;
    let base = base.and_then(|text| ProjectLock::parse(&text).ok());
    let ours = ProjectLock::parse(&ours).ok()?;
    let theirs = ProjectLock::parse(&theirs).ok()?;
    Some(ProjectLock::merge(base.as_ref(), &ours, &theirs).to_be_resolved())
}

/// Puts what git's index has of both sides in the place of the lock (`--resolve`). A lock that is not in the
/// middle of a merge stays what it is.
pub(super) fn take_sides(session: &Session, project: &mut Project) {
    let is_marked = |read: &Arc<ReadLock>| read.lock.is_to_be_resolved();
    if project.lock.as_ref().is_some_and(is_marked) {
        return;
    }
    let Some(merged) = unmerged(session, &project.lock_path) else {
        return;
    };
    let text = project.lock.take().map(|read| read.text.clone());
    project.lock = Some(Arc::new(ReadLock {
        lock: Arc::new(merged.lock),
        text: text.unwrap_or_default(),
    }));
}

/// What `naja lock merge --install` shall do.
#[derive(Clone, Debug, Default)]
pub struct DriverRequest {
    /// How git shall start naja.
    pub program: String,
    /// Takes the settings away instead.
    pub uninstall: bool,
    /// Writes nothing.
    pub dry_run: bool,
}

/// One file that is changed for the driver.
#[derive(Clone, Debug)]
pub struct DriverEdit {
    /// The file.
    pub path: PathBuf,
    /// The lines that are new.
    pub added: Vec<String>,
    /// The lines that are gone.
    pub removed: Vec<String>,
}

/// Has git merge the locks of this repository with naja, or no longer.
///
/// # Errors
/// There is no repository, or a file cannot be written; all are then as they were.
pub fn install_driver(
    session: &mut Session,
    request: &DriverRequest,
) -> Result<Vec<DriverEdit>, Failure> {
    let project = Project::find(session)?;
    let dir = match &project {
        Some(project) => project.workspace.root.clone(),
        None => session.project.clone(),
    };
    let config = Git::new(session, &dir).config_file()?;
    let mut edits = Vec::new();
    let mut told = Vec::new();
    for (path, lines, section) in [
        (dir.join(".gitattributes"), attributes(), false),
        (config, settings(&request.program), true),
    ] {
        let before = std::fs::read(&path).ok();
        let text = String::from_utf8_lossy(before.as_deref().unwrap_or_default()).into_owned();
        let without = match section {
            true => without_section(&text),
            false => without_line(&text),
        };
        let after = match request.uninstall {
            true => without,
            false => with_lines(&without, &lines),
        };
        if after == text || (before.is_none() && after.is_empty()) {
            continue;
        }
        told.push(DriverEdit {
            path: path.clone(),
            added: only_in(&after, &text),
            removed: only_in(&text, &after),
        });
        edits.push(FileEdit {
            path,
            before,
            after: (!after.is_empty()).then(|| after.into_bytes()),
        });
    }
    if !request.dry_run {
        match &project {
            Some(project) => write_files(session, project, &edits)?,
            None => put_all(&edits)?,
        }
    }
    Ok(told)
}

fn attributes() -> Vec<String> {
    vec![format!("{LOCK} merge={DRIVER}")]
}

fn settings(program: &str) -> Vec<String> {
    vec![
        format!("[merge \"{DRIVER}\"]"),
        "\tname = locks of naja".to_owned(),
        // In settings of git a backslash and a quote are written with a backslash.
        format!(
            "\tdriver = \"{} lock merge %O %A %B\"",
            program.replace('\\', "\\\\").replace('"', "\\\"")
        ),
    ]
}

/// A text without our line of attributes.
fn without_line(text: &str) -> String {
    let driver = format!("merge={DRIVER}");
    let lines = text.split_inclusive('\n');
    lines
        .filter(|line| {
            let mut words = line.split_whitespace();
            words.next() != Some(LOCK) || !words.any(|word| word == driver)
        })
        .collect()
}

/// A text without our section.
fn without_section(text: &str) -> String {
    let mut inside = false;
    let lines = text.split_inclusive('\n');
    lines
        .filter(|line| {
            if line.trim_start().starts_with('[') {
                inside = line.trim() == format!("[merge \"{DRIVER}\"]");
            }
            !inside
        })
        .collect()
}

fn with_lines(text: &str, lines: &[String]) -> String {
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn only_in(text: &str, other: &str) -> Vec<String> {
    let others: Vec<&str> = other.lines().collect();
    let lines = text.lines().filter(|line| !others.contains(line));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_and_go() {
        let before =
            "[core]\n\tbare = false\n[merge \"naja-lock\"]\n\tdriver = old\n[user]\n\tname = H\n";
        let without = without_section(before);
        assert_eq!(without, "[core]\n\tbare = false\n[user]\n\tname = H\n");
        let after = with_lines(&without, &settings("C:\\naja \"1\""));
        assert!(
            after.ends_with("\tdriver = \"C:\\\\naja \\\"1\\\" lock merge %O %A %B\"\n"),
            "{after}"
        );
        assert_eq!(without_section(&after), without);
        assert_eq!(
            without_line("*.png binary\npylock.toml merge=naja-lock\n"),
            "*.png binary\n"
        );
        assert_eq!(without_line("pylock.toml text"), "pylock.toml text");
        assert_eq!(
            with_lines("a", &attributes()),
            "a\npylock.toml merge=naja-lock\n"
        );
    }
}
