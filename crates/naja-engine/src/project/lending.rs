//! Manifests that are changed while the projects they declare are built: what is built has to be of the new one,
//! and the new one is written when all is ready.

use naja_env::{Environment, FileEdit};

use super::load::Project;
use super::locking::put_all;
use crate::change;
use crate::diagnose;
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// Carries out work during which manifests that are about to change are as they will be. Edits that cannot be
/// part of a change of the environment are made before it, and taken back when it fails.
///
/// # Errors
/// What the work or a write fails with; everything is then as it was.
pub(super) fn during<T>(
    session: &mut Session,
    (project, env): (&Project, &Environment),
    edits: Vec<FileEdit>,
    work: impl FnOnce(&mut Session, &[FileEdit]) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (inside, outside): (Vec<FileEdit>, Vec<FileEdit>) =
        edits.into_iter().partition(|edit| env.may_edit(&edit.path));
    put_all(&outside)?;
    let root = env.root().to_owned();
    let lent = lend(session, project, env, &inside);
    let done = match lent {
        Ok(is_lent) => work(session, &inside).inspect_err(|_failure| {
            if is_lent && let Ok(env) = target::open_root(session, &root) {
                // The failure that led here is the one to tell; the next command tries again.
                let _ = change::lock_and_recover(session, &env);
            }
        }),
        Err(failure) => Err(failure),
    };
    done.inspect_err(|_failure| {
        let back: Vec<FileEdit> = outside.iter().map(reversed).collect();
        let _unwritten = put_all(&back);
    })
}

fn reversed(edit: &FileEdit) -> FileEdit {
    FileEdit {
        path: edit.path.clone(),
        before: edit.after.clone(),
        after: edit.before.clone(),
    }
}

/// Gives the manifests of packages their new texts until the change is made; says whether there were any.
fn lend(
    session: &mut Session,
    project: &Project,
    env: &Environment,
    edits: &[FileEdit],
) -> Result<bool, Failure> {
    let members = &project.workspace.members;
    let builds = |edit: &&FileEdit| {
        let mut packages = members.iter().filter(|one| one.manifest.is_package());
        edit.before.is_some()
            && packages.any(|one| one.dir.join("pyproject.toml") == edit.path)
            && std::fs::read(&edit.path).ok() == edit.before
    };
    let lent: Vec<&FileEdit> = edits.iter().filter(builds).collect();
    if lent.is_empty() {
        return Ok(false);
    }
    let lock = change::lock_and_recover(session, env)?;
    env.lend(&lock, &lent)
        .map_err(|error| diagnose::txn(&error))?;
    Ok(true)
}
