//! Files of this machine.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use naja_spec::SafeUrl;

use crate::error::{FetchError, Refusal};
use crate::freshness::Validators;

/// The path a `file:` address names. A device or a pipe would be read without end.
pub(crate) fn path_of(url: &SafeUrl) -> Result<PathBuf, FetchError> {
    let path = url.to_file_path().ok_or_else(|| FetchError::Refused {
        url: url.without_credentials(),
        why: Refusal::Scheme,
    })?;
    match std::fs::metadata(&path) {
        Ok(found) if !found.is_file() && !found.is_dir() => Err(FetchError::Local {
            path,
            source: std::io::Error::other("it is no ordinary file"),
        }),
        _ => Ok(path),
    }
}

/// What tells a file that was not touched since: size, time of change and, where there is one,
/// inode, in the place of a server's validators.
pub(crate) fn identity(path: &Path) -> Option<Validators> {
    let metadata = std::fs::metadata(path).ok()?;
    let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Some(Validators {
        etag: Some(format!("{}-{}-{inode}", metadata.len(), changed.as_nanos())),
        modified: None,
        max_age: u64::MAX / 2000,
    })
}
