//! The metadata of a script, read.

use std::path::Path;

use naja_project::Files;
use naja_spec::{ScriptMetadata, script_block};

use crate::disk::Disk;
use crate::failure::Failure;
use crate::session::Session;

/// The PEP 723 block of a script, if it has one.
pub(crate) fn metadata(session: &Session, path: &Path) -> Result<Option<ScriptMetadata>, Failure> {
    let path = session.process.absolute(path);
    if path.is_dir() || path.extension().is_some_and(|extension| extension == "pyz") {
        return Ok(None);
    }
    let read = Disk
        .read(&path)
        .map_err(|error| unreadable(&path, &error))?;
    let Some(bytes) = read else {
        return Err(Failure::usage(format!(
            "there is no script `{}`",
            path.display()
        )));
    };
    metadata_of(&bytes, &path)
}

/// The PEP 723 block in the text of a script, if it has one.
pub(super) fn metadata_of(bytes: &[u8], path: &Path) -> Result<Option<ScriptMetadata>, Failure> {
    let unreadable = |error: &dyn std::error::Error| unreadable(path, error);
    // A block must be UTF-8; without one the script's encoding is Python's affair.
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(None);
    };
    let Some(block) = script_block(text).map_err(|error| unreadable(&error))? else {
        return Ok(None);
    };
    ScriptMetadata::parse(&block)
        .map(Some)
        .map_err(|error| unreadable(&error))
}

pub(crate) fn unreadable(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::usage(format!("could not read the script `{}`", path.display())).because(error)
}
