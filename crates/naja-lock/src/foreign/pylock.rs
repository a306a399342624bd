//! `pylock.toml` of any tool.

use super::reading::git;
use super::{ForeignError, ForeignFile, ForeignLock, ForeignPackage, ForeignSource};
use crate::pylock::{FilePlace, LockedSource};
use crate::{Pylock, pylock::LockedFile};

pub(super) fn read(content: &str, lock: &mut ForeignLock) -> Result<(), ForeignError> {
    let file = Pylock::parse(content)?;
    lock.requires_python = file.requires_python;
    for package in file.packages {
        let (source, files): (_, Vec<LockedFile>) = match package.source {
            LockedSource::Files { sdist, wheels } => (
                ForeignSource::Index,
                sdist.into_iter().chain(wheels).collect(),
            ),
            LockedSource::Vcs {
                kind,
                place: FilePlace::Url(url),
                requested_revision,
                commit_id,
                ..
            } if kind == "git" => {
                let address = url.without_credentials();
                let found = git(
                    address.with_secrets(),
                    requested_revision.as_deref(),
                    &commit_id,
                );
                (found.unwrap_or(ForeignSource::Direct), Vec::new())
            }
            _ => (ForeignSource::Direct, Vec::new()),
        };
        let files = files.into_iter().flat_map(|file| {
            let name = file.name;
            let secure = file.hashes.into_iter().filter(naja_spec::Digest::is_secure);
            secure.map(move |digest| ForeignFile {
                name: Some(name.clone()),
                digest,
            })
        });
        lock.packages.push(ForeignPackage {
            name: package.name,
            version: package.version,
            marker: package.marker,
            source,
            files: files.collect(),
        });
    }
    Ok(())
}
