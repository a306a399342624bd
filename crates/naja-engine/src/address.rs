//! Files behind addresses that people name.

use std::sync::Arc;

use naja_index::{Answer, FileRequest, Origin, Request};
use naja_project::Files as _;
use naja_spec::{PackageName, SafeUrl, Sha256};

use crate::diagnose;
use crate::disk::Disk;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// What is behind an address, and its digest.
///
/// # Errors
/// It cannot be fetched.
pub(crate) fn fetch(
    session: &Session,
    url: &SafeUrl,
    what: &str,
) -> Result<(Arc<[u8]>, Sha256), Failure> {
    let package = PackageName::parse(what)
        .map_err(|error| Failure::usage("could not name what is fetched").because(&error))?;
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let request = Request::File(FileRequest {
        package,
        url: url.clone(),
        origin: Origin::Direct,
        digests: Vec::new(),
        size: None,
    });
    let Answer::File(file) = pipeline.one(request)? else {
        return Err(diagnose::unexpected("a file"));
    };
    let read = Disk.read(file.path()).ok().flatten();
    let bytes =
        read.ok_or_else(|| Failure::environment(format!("could not read what {url} gave")))?;
    Ok((bytes, file.sha256()))
}
