//! Source archives into the store.

use std::path::Path;

use naja_spec::{Digest, PackageName, SafeUrl, SdistName, Sha256};
use naja_store::{SourceTree, TempFile};

use crate::config::Refresh;
use crate::context::Context;
use crate::error::{FetchError, FileFault};
use crate::pointers::Pointer;
use crate::request::{Origin, SdistRequest};
use crate::unpacked::Unpacked;

impl Unpacked for SdistRequest {
    type Kept = SourceTree;

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
        match package_of(self) {
            Some(name) => pointer.is_fresh(context, &name),
            None => {
                let refreshed = matches!(context.config.refresh, Refresh::All)
                    && pointer.stamp.confirmed_ms < context.born_ms;
                !refreshed && pointer.stamp.is_fresh(context.now_ms())
            }
        }
    }

    fn stored(&self, context: &Context, sha256: Sha256) -> Option<SourceTree> {
        context.store.source(&sha256)
    }

    fn sha256(kept: &SourceTree) -> Sha256 {
        kept.id()
    }

    fn put_local(&self, context: &Context, path: &Path) -> Result<SourceTree, FetchError> {
        let put = context
            .store
            .put_sdist(path, &self.file_name, &self.digests);
        put.map_err(|source| self.refused(source))
    }

    fn put_received(&self, context: &Context, file: TempFile) -> Result<SourceTree, FetchError> {
        let found = file.len();
        if let Some(expected) = self.size.filter(|size| *size != found) {
            return Err(FetchError::File {
                url: self.url.without_credentials(),
                fault: FileFault::Size { expected, found },
            });
        }
        let put = context
            .store
            .put_sdist_file(&file, &self.file_name, &self.digests);
        put.map_err(|source| self.refused(source))
    }
}

fn package_of(wanted: &SdistRequest) -> Option<PackageName> {
    let named = || SdistName::parse(&wanted.file_name, None).ok();
    wanted.name.clone().or_else(|| Some(named()?.name))
}
