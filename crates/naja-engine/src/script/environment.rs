//! The environment of a script.

use std::path::{Path, PathBuf};

use super::read;
use crate::cached_env::{self, CachedEnv};
use crate::failure::Failure;
use crate::run::RunRequest;
use crate::session::Session;

/// Where the text of a script is.
#[derive(Clone, Copy)]
pub(crate) enum ScriptPlace<'a> {
    /// A file.
    File(&'a Path),
    /// Standard input, which was read.
    Stdin(&'a [u8]),
}

/// The environment a script is run in; `None` if it has no metadata of its own.
///
/// # Errors
/// The metadata cannot be read, or there is no environment for it.
pub(crate) fn for_run(
    session: &mut Session,
    place: ScriptPlace<'_>,
    request: &RunRequest,
) -> Result<Option<PathBuf>, Failure> {
    let (path, metadata) = match place {
        ScriptPlace::File(path) => (path, read::metadata(session, path)?),
        ScriptPlace::Stdin(text) => {
            let path = Path::new("-");
            (path, read::metadata_of(text, path)?)
        }
    };
    let Some(metadata) = metadata else {
        return Ok(None);
    };
    let wanted = CachedEnv::for_script(path, &metadata, &request.with);
    cached_env::provide(session, &wanted).map(Some)
}
