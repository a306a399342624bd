//! Wheels into the store.

use std::path::Path;

use naja_spec::{Digest, PackageName, SafeUrl, Sha256, Version};
use naja_store::{Archive, ArchiveId, TempFile, WheelExpectation};

use crate::context::Context;
use crate::error::FetchError;
use crate::metadata;
use crate::pointers::Pointer;
use crate::request::{Origin, WheelRequest};
use crate::unpacked::Unpacked;

impl Unpacked for WheelRequest {
    type Kept = Archive;

    fn url(&self) -> &SafeUrl {
        &self.url
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn digests(&self) -> &[Digest] {
        &self.digests
    }

    fn size(&self) -> Option<u64> {
        self.size
    }

    fn is_fresh(&self, context: &Context, pointer: &Pointer) -> bool {
        pointer.is_fresh(context, &self.wheel.name)
    }

    fn stored(&self, context: &Context, sha256: Sha256) -> Option<Archive> {
        let archive = context.store.get(&ArchiveId(sha256))?;
        fits(&archive, self).then_some(archive)
    }

    fn sha256(kept: &Archive) -> Sha256 {
        kept.id().0
    }

    fn put_local(&self, context: &Context, path: &Path) -> Result<Archive, FetchError> {
        let (store, crew) = (&context.store, &context.workers);
        let put = store.put_wheel_at_with(path, &expectation(self), crew);
        put.map_err(|source| self.refused(source))
    }

    /// Also compares the wheel's metadata with what was served apart.
    fn put_received(&self, context: &Context, file: TempFile) -> Result<Archive, FetchError> {
        let (store, crew) = (&context.store, &context.workers);
        let put = store.put_wheel_with(file, &expectation(self), crew);
        let archive = put.map_err(|source| self.refused(source))?;
        metadata::compare(context, self, &archive)?;
        Ok(archive)
    }
}

/// Whether an archive was unpacked from a wheel of this name: the same bytes under another name
/// have to be refused as they would be the first time.
fn fits(archive: &Archive, wanted: &WheelRequest) -> bool {
    let manifest = archive.manifest();
    PackageName::parse(manifest.name()).is_ok_and(|name| name == wanted.wheel.name)
        && Version::parse(manifest.version()).is_ok_and(|version| version == wanted.wheel.version)
}

fn expectation(wanted: &WheelRequest) -> WheelExpectation<'_> {
    WheelExpectation {
        name: &wanted.wheel,
        digests: &wanted.digests,
        size: wanted.size,
    }
}
