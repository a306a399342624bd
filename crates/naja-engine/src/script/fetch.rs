//! Scripts behind addresses.

use std::path::PathBuf;

use naja_spec::SafeUrl;

use crate::address;
use crate::failure::Failure;
use crate::session::Session;

/// Fetches a script from an address into the cache.
///
/// # Errors
/// It cannot be fetched.
pub(crate) fn download(session: &mut Session, address: &str) -> Result<PathBuf, Failure> {
    let url = SafeUrl::parse(address).map_err(|error| {
        Failure::usage("the address of the script cannot be read").because(&error)
    })?;
    let (bytes, sha256) = address::fetch(session, &url, "script")?;
    let name = url
        .file_name()
        .map_or_else(|| "script.py".into(), std::borrow::Cow::into_owned);
    let dir = session
        .store
        .dir()
        .join("v1/scripts")
        .join(&sha256.to_string()[..16]);
    let path = dir.join(name);
    let written =
        std::fs::create_dir_all(&dir).and_then(|()| naja_store::write::atomic_write(&path, &bytes));
    written.map_err(|error| {
        Failure::environment(format!("could not write {}", path.display())).because(&error)
    })?;
    Ok(path)
}
