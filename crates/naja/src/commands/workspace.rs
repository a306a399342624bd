//! `naja workspace`.

use std::path::{Path, PathBuf};

use naja_engine::project;
use naja_engine::{Failure, Session};

use super::{Done, name, text, to_json};
use crate::args::{WorkspaceDirArgs, WorkspaceListArgs, WorkspaceMetadataArgs};
use crate::render::plain;

pub(super) fn list(session: &Session, args: &WorkspaceListArgs) -> Done {
    if args.scripts {
        let scripts = project::scripts(session)?;
        if args.output.wants_json() {
            return text(to_json(&scripts)?);
        }
        let shown = |path: &PathBuf| match args.paths {
            true => path.clone(),
            false => from_here(session, path),
        };
        return text(lines(scripts.iter().map(shown)));
    }
    let members = project::members(session)?;
    if args.output.wants_json() {
        return text(to_json(&members)?);
    }
    if args.paths {
        return text(lines(members.into_iter().map(|member| member.path)));
    }
    let names = members.iter().map(|member| format!("{}\n", member.name));
    text(names.collect())
}

pub(super) fn dir(session: &Session, args: &WorkspaceDirArgs) -> Done {
    let package = args.package.as_deref().map(name).transpose()?;
    let dir = project::directory(session, package.as_ref())?;
    text(lines([dir]))
}

pub(super) fn metadata(session: &mut Session, args: &WorkspaceMetadataArgs) -> Done {
    // There is one form, and JSON is the only way to write it.
    let _one = (&args.output_version, &args.output);
    let found = project::metadata(session)?;
    let settings = &session.settings;
    if settings.locked.value && found.lock.fits != Some(true) {
        let failure = match found.lock.exists {
            true => Failure::unsatisfied("the lock does not fit the project"),
            false => Failure::unsatisfied("the project has no lock"),
        };
        let reasons = found.lock.reasons.into_iter().take(5);
        return Err(reasons
            .fold(failure, Failure::cause)
            .hint("`naja lock` brings it up to date"));
    }
    if settings.frozen.value && !found.lock.exists {
        return Err(Failure::usage("the project has no lock").hint("`naja lock` makes it"));
    }
    let mut json = serde_json::to_string_pretty(&found).map_err(|error| {
        Failure::environment("could not write the answer as JSON").because(&error)
    })?;
    json.push('\n');
    text(json)
}

fn from_here(session: &Session, path: &Path) -> PathBuf {
    let inside = path.strip_prefix(&session.process.cwd);
    inside.unwrap_or(path).to_path_buf()
}

fn lines(paths: impl IntoIterator<Item = PathBuf>) -> String {
    let paths = paths.into_iter();
    paths
        .map(|path| format!("{}\n", plain(&path.display().to_string())))
        .collect()
}
