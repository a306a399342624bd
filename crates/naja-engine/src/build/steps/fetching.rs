//! How a source, or what is served beside it, comes to this machine.

use std::path::{Path, PathBuf};

use naja_index::{Answer, FileRequest, GitRequest, Request, SdistRequest};
use naja_spec::{CoreMeta, Digest, GitUrl};

use super::Task;
use crate::build::source::{Built, Place};
use crate::build::{cache_keys, metadata};
use crate::diagnose;
use crate::failure::Failure;
use crate::options;

impl Task<'_> {
    /// What the index serves beside an archive (PEP 658), where nothing that matters is dynamic
    /// (PEP 643). Whatever is wrong with it, the archive itself tells.
    pub(super) fn served(&mut self) -> Result<Option<Built>, Failure> {
        let Some(request) = self.beside() else {
            return Ok(None);
        };
        let file = match self.pipeline.one(Request::File(request)) {
            Ok(Answer::File(file)) => file,
            Ok(_) => return Err(diagnose::unexpected("a file")),
            Err(failure) => {
                self.session.cancel.check()?;
                self.session
                    .detail(format!("{}: {}", self.source.label(), failure.title));
                return Ok(None);
            }
        };
        let found = std::fs::read(file.path()).ok();
        let found = found.and_then(|bytes| metadata::static_metadata(&bytes));
        let Some(found) = found.filter(|found| metadata::check(self.source, found).is_ok()) else {
            return Ok(None);
        };
        self.keep_metadata(&metadata::to_text(&found))?;
        Ok(Some(self.built(found, None)))
    }

    /// The request for such metadata.
    fn beside(&self) -> Option<FileRequest> {
        let Place::Archive {
            url,
            origin,
            core_metadata,
            ..
        } = &self.source.place
        else {
            return None;
        };
        let digest = match core_metadata {
            CoreMeta::No => return None,
            CoreMeta::Yes => None,
            CoreMeta::Hash(digest) => Some(Digest::from(*digest)),
        };
        Some(FileRequest {
            package: self.source.name.clone()?,
            url: naja_index::metadata_url(url)?,
            origin: *origin,
            digests: digest.into_iter().collect(),
            size: None,
        })
    }

    /// Brings the source to this machine; returns the directory of the project.
    pub(super) fn fetch(&mut self) -> Result<PathBuf, Failure> {
        let source = self.source;
        let top = match &source.place {
            Place::Archive {
                file_name,
                url,
                origin,
                digests,
                size,
                subdirectory,
                ..
            } => {
                let request = SdistRequest {
                    name: source.name.clone(),
                    file_name: file_name.clone(),
                    url: url.clone(),
                    origin: *origin,
                    digests: digests.clone(),
                    size: *size,
                };
                self.found.subdirectory.clone_from(subdirectory);
                self.archive(request)?
            }
            Place::Git { git, .. } => {
                self.found.subdirectory = git.subdirectory().map(str::to_owned);
                self.checkout(git)?
            }
            Place::Directory { path, editable } => {
                self.directory(path, *editable);
                path.clone()
            }
        };
        self.found.top.clone_from(&top);
        let root = match &self.found.subdirectory {
            Some(directory) => top.join(directory),
            None => top,
        };
        if !root.is_dir() {
            return Err(
                Failure::unsatisfied(format!("could not build {}", source.label()))
                    .cause(format!("there is no directory `{}`", root.display())),
            );
        }
        Ok(root)
    }

    fn archive(&mut self, request: SdistRequest) -> Result<PathBuf, Failure> {
        let Answer::Source(tree) = self.pipeline.one(Request::Sdist(request))? else {
            return Err(diagnose::unexpected("a source archive"));
        };
        self.found.id = Some(tree.id().to_string());
        self.found.sha256 = Some(tree.id());
        self.found.is_shared = true;
        Ok(tree.root().to_path_buf())
    }

    fn checkout(&mut self, git: &GitUrl) -> Result<PathBuf, Failure> {
        let request = GitRequest::of(git, self.source.name.clone(), false);
        let Answer::Checkout(checkout) = self.pipeline.one(Request::Git(request))? else {
            return Err(diagnose::unexpected("a commit"));
        };
        let large = git.lfs().unwrap_or_else(|| options::git(self.session).lfs);
        let kind = if large { " with large files" } else { "" };
        self.found.id = Some(format!("git {}{kind}", checkout.commit));
        self.found.commit = Some(checkout.commit);
        self.found.is_shared = true;
        Ok(checkout.path)
    }

    fn directory(&mut self, path: &Path, editable: bool) {
        let variable = |name: &str| self.shop.process.var(name).map(str::to_owned);
        let contents = cache_keys::fingerprint(path, &variable);
        let kind = if editable { "editable " } else { "" };
        let print = contents.as_ref();
        self.found.id = print.map(|print| format!("{kind}{} {print}", path.display()));
        self.found.fingerprint = match editable {
            true => cache_keys::editable_fingerprint(path, &variable),
            false => contents,
        };
    }
}
