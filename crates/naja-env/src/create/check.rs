//! What must be true before anything is made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_python::{is_environment, real_path, without_dots};

use super::{CreateError, Existing, PathReason, VenvSpec, failed};

/// Checks that a path can be put into PATH and into every script.
pub(super) fn path(path: &Path) -> Result<(), CreateError> {
    let refuse = |reason| {
        Err(CreateError::Path {
            path: path.to_path_buf(),
            reason,
        })
    };
    let Some(text) = path.to_str() else {
        return refuse(PathReason::NotUnicode);
    };
    if !path.is_absolute() {
        return refuse(PathReason::Relative);
    }
    if without_dots(path).file_name().is_none() {
        return refuse(PathReason::Root);
    }
    if has_control(text) {
        return refuse(PathReason::Control);
    }
    let separator = if cfg!(windows) { ';' } else { ':' };
    if text.contains(separator) {
        return refuse(PathReason::Separator(separator));
    }
    if cfg!(windows) && text.contains('"') {
        return refuse(PathReason::Character('"'));
    }
    Ok(())
}

/// Says whether a text could break out of a line of some file.
pub(super) fn has_control(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// Says what is in the place and what is to happen with it.
#[derive(Debug)]
pub(super) struct Situation {
    /// The directory that is made or changed: the path, or where a link at the path leads.
    pub(super) physical: PathBuf,
    pub(super) action: Action,
}

/// Says how the new environment gets to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing is there.
    Create,
    /// An empty directory is there.
    Fill,
    /// A directory is there that goes.
    Replace,
    /// A directory is there that stays.
    Overlay,
}

/// Returns where a link at the place leads, or the place.
pub(super) fn physical(root: &Path) -> PathBuf {
    if root.is_symlink() {
        return real_path(root).unwrap_or_else(|_| root.to_path_buf());
    }
    root.to_path_buf()
}

/// Looks at the place and decides, refusing what must not be.
pub(super) fn situation(spec: &VenvSpec<'_>, root: &Path) -> Result<Situation, CreateError> {
    let in_the_way = |what| CreateError::InTheWay {
        path: root.to_path_buf(),
        what,
    };
    let meta = match fs::symlink_metadata(root) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Situation {
                physical: root.to_path_buf(),
                action: Action::Create,
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(in_the_way(
                "a file instead of one of its parent directories",
            ));
        }
        Err(error) => return Err(failed("look at", root)(error)),
    };
    if !meta.is_dir() && !meta.file_type().is_symlink() {
        return Err(in_the_way("a file"));
    }
    let physical = if meta.file_type().is_symlink() {
        match real_path(root) {
            Ok(target) if target.is_dir() => target,
            Ok(_) => return Err(in_the_way("a link to a file")),
            Err(_) => return Err(in_the_way("a link that leads nowhere")),
        }
    } else {
        root.to_path_buf()
    };
    let mut entries = fs::read_dir(&physical).map_err(failed("read", &physical))?;
    let empty = !entries.any(|entry| entry.map_or(true, |e| !is_leftover(&e.file_name())));
    let action = match spec.existing {
        _ if empty => Action::Fill,
        Existing::Allow => Action::Overlay,
        Existing::ForceClear => Action::Replace,
        Existing::Clear if is_environment(&physical) => Action::Replace,
        Existing::Refuse if is_environment(&physical) => {
            return Err(CreateError::Exists {
                path: root.to_path_buf(),
            });
        }
        Existing::Clear | Existing::Refuse => {
            return Err(CreateError::NotEmpty {
                path: root.to_path_buf(),
            });
        }
    };
    if action == Action::Replace {
        refuse_protected(spec.protected, &physical)?;
    }
    Ok(Situation { physical, action })
}

/// Our own directories of killed runs do not make a directory occupied.
fn is_leftover(name: &std::ffi::OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| name.starts_with(super::place::INNER))
}

/// Refuses to replace a directory that the user stands in or lives in.
fn refuse_protected(protected: &[PathBuf], physical: &Path) -> Result<(), CreateError> {
    let real = fs::canonicalize(physical).map_err(failed("look at", physical))?;
    let hit = protected.iter().find(|dir| {
        fs::canonicalize(dir)
            .unwrap_or_else(|_| (*dir).clone())
            .starts_with(&real)
    });
    if real.parent().is_none() || hit.is_some() {
        let protected = hit.cloned().unwrap_or_else(|| real.clone());
        return Err(CreateError::Protected {
            path: real,
            protected,
        });
    }
    Ok(())
}
