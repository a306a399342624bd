//! Scripts behind addresses.

use std::path::PathBuf;

use naja_index::{Answer, FileRequest, Origin as FileOrigin, Request};
use naja_spec::{PackageName, SafeUrl};

use crate::disk::Disk;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// Fetches a script from an address into the cache.
///
/// # Errors
/// It cannot be fetched.
pub(crate) fn download(session: &mut Session, address: &str) -> Result<PathBuf, Failure> {
    let url = SafeUrl::parse(address).map_err(|error| {
        Failure::usage("the address of the script cannot be read").because(&error)
    })?;
    let package = PackageName::parse("script")
        .map_err(|error| Failure::usage("the script has no name").because(&error))?;
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let request = Request::File(FileRequest {
        package,
        url: url.clone(),
        origin: FileOrigin::Direct,
        digests: Vec::new(),
        size: None,
    });
    let Answer::File(file) = pipeline.one(request)? else {
        return Err(crate::diagnose::unexpected("a file"));
    };
    let bytes = naja_project::Files::read(&Disk, file.path())
        .ok()
        .flatten()
        .ok_or_else(|| Failure::environment(format!("could not read what {url} gave")))?;
    let name = url
        .file_name()
        .map_or_else(|| "script.py".into(), std::borrow::Cow::into_owned);
    let dir = session
        .store
        .dir()
        .join("v1/scripts")
        .join(&file.sha256().to_string()[..16]);
    let path = dir.join(name);
    let written =
        std::fs::create_dir_all(&dir).and_then(|()| naja_store::write::atomic_write(&path, &bytes));
    written.map_err(|error| {
        Failure::environment(format!("could not write {}", path.display())).because(&error)
    })?;
    Ok(path)
}
