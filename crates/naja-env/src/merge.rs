//! Finding the moves that put a staged tree into place.
//!
//! What the environment does not have is one move, whatever it contains; where a directory
//! exists, its entries are looked at one by one. Symbolic links are not entered, but for
//! the environment itself, which may be one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use crate::apply::ApplyError;
use crate::roots::{Place, Roots};

/// The moves of one staged tree.
#[derive(Debug, Default)]
pub(crate) struct Merge {
    /// Entries for free places.
    pub(crate) placed: Vec<(PathBuf, PathBuf)>,
    /// Directories that come as a whole in the place of empty ones.
    pub(crate) whole: Vec<(PathBuf, PathBuf)>,
    /// Files whose place holds another file.
    pub(crate) met: Vec<(PathBuf, Place)>,
}

/// What a merge compares with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) roots: &'a Roots,
    /// The paths that are removed by the same transaction.
    pub(crate) gone: &'a FxHashSet<PathBuf>,
}

impl Merge {
    /// Adds the moves for a staged entry; one that does not exist adds nothing.
    pub(crate) fn add(
        &mut self,
        staged: &Path,
        place: &Place,
        ground: &Ground<'_>,
    ) -> Result<(), ApplyError> {
        match fs::symlink_metadata(staged) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => {
                let is_dir = other.map_err(failed(staged))?.is_dir();
                self.entry((staged, is_dir), place, ground)
            }
        }
    }

    fn entry(
        &mut self,
        (staged, is_dir): (&Path, bool),
        place: &Place,
        ground: &Ground<'_>,
    ) -> Result<(), ApplyError> {
        let dest = ground.roots.path(place);
        let looked = match ground.roots.is_prefix(place) {
            true => fs::metadata(&dest),
            false => fs::symlink_metadata(&dest),
        };
        let there = match looked {
            Ok(_) if ground.gone.contains(&dest) => None,
            Ok(meta) => Some(meta.file_type()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&dest)(error)),
        };
        match there {
            None => {
                self.placed.push((staged.to_path_buf(), dest));
                Ok(())
            }
            Some(there) if is_dir && there.is_dir() => {
                if ground.roots.is_site(place) && stands_in(staged, &dest).unwrap_or(false) {
                    self.whole.push((staged.to_path_buf(), dest));
                    return Ok(());
                }
                let mut names = Vec::new();
                for entry in fs::read_dir(staged).map_err(failed(staged))? {
                    let entry = entry.map_err(failed(staged))?;
                    let kind = entry.file_type().map_err(failed(staged))?;
                    names.push((entry.file_name(), kind.is_dir()));
                }
                names.sort();
                for (name, is_dir) in names {
                    // Staged names come from manifests, which are UTF-8.
                    let Some(text) = name.to_str() else { continue };
                    self.entry((&staged.join(text), is_dir), &place.join(text), ground)?;
                }
                Ok(())
            }
            Some(there) if !is_dir && !there.is_dir() => {
                self.met.push((staged.to_path_buf(), place.clone()));
                Ok(())
            }
            Some(there) => Err(ApplyError::Blocked {
                path: dest,
                by: if there.is_symlink() {
                    "a symbolic link"
                } else if there.is_dir() {
                    "a directory"
                } else {
                    "a file"
                },
            }),
        }
    }
}

/// Tells whether a staged directory can take the place of one that is empty, as that of a new
/// environment is, and nobody sees the difference.
fn stands_in(staged: &Path, dest: &Path) -> io::Result<bool> {
    if fs::read_dir(dest)?.next().is_some() {
        return Ok(false);
    }
    let above = dest.parent().map(fs::symlink_metadata).transpose()?;
    let (new, old) = (fs::symlink_metadata(staged)?, fs::symlink_metadata(dest)?);
    Ok(above.is_some_and(|above| is_like(&new, &old, &above)))
}

#[cfg(unix)]
fn is_like(new: &fs::Metadata, old: &fs::Metadata, above: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let facts = |meta: &fs::Metadata| (meta.dev(), meta.mode(), meta.uid(), meta.gid());
    // Where a file system is mounted nothing can be moved.
    facts(new) == facts(old) && old.dev() == above.dev()
}

#[cfg(not(unix))]
fn is_like(_: &fs::Metadata, _: &fs::Metadata, _: &fs::Metadata) -> bool {
    false
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ApplyError + use<> {
    let path = path.to_path_buf();
    move |source| ApplyError::Io {
        action: "look at",
        path,
        source,
    }
}
