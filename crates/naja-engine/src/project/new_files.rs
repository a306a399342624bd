//! Files that are written together, or not at all.

use std::fs::{self, Permissions};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::made_directory::make_missing;

/// A file that is to be.
#[derive(Clone, Debug)]
pub(super) struct NewFile {
    /// Its path below the directory of the project, with `/`.
    pub(super) path: String,
    /// What is in it.
    pub(super) content: Vec<u8>,
    /// Who may do what with it; what is usual, if nothing is said.
    pub(super) permissions: Option<Permissions>,
}

impl NewFile {
    /// A text with the usual permissions.
    pub(super) fn text((path, text): (String, String)) -> Self {
        Self {
            path,
            content: text.into_bytes(),
            permissions: None,
        }
    }
}

/// What was written, as long as it may have to go again.
#[derive(Debug, Default)]
pub(super) struct Written {
    files: Vec<PathBuf>,
    dirs: Vec<PathBuf>,
}

impl Written {
    /// Removes it again.
    pub(super) fn take_back(&self) {
        for path in &self.files {
            // The failure that led here is the one to tell.
            let _left = fs::remove_file(path);
        }
        for path in self.dirs.iter().rev() {
            let _left = fs::remove_dir(path);
        }
    }

    fn write(&mut self, dir: &Path, file: &NewFile) -> std::io::Result<()> {
        let path = dir.join(&file.path);
        make_missing(path.parent().unwrap_or(dir), &mut self.dirs)?;
        self.files.push(path.clone());
        naja_store::write::atomic_write(&path, &file.content)?;
        match &file.permissions {
            Some(permissions) => fs::set_permissions(&path, permissions.clone()),
            None => Ok(()),
        }
    }
}

/// Says what stands in the way of files that must be new: one that is there, or a link among the directories, which
/// might lead elsewhere.
pub(super) fn in_the_way(dir: &Path, files: &[NewFile]) -> Option<PathBuf> {
    files.iter().find_map(|file| {
        let path = dir.join(&file.path);
        let below = path.ancestors().skip(1).take_while(|parent| *parent != dir);
        let is_link = |parent: &&Path| parent.is_symlink();
        let link = below.filter(is_link).last().map(Path::to_path_buf);
        link.or_else(|| path.symlink_metadata().is_ok().then_some(path))
    })
}

/// Writes new files; those that were written go again if one cannot be.
pub(super) fn write_all(dir: &Path, files: &[NewFile]) -> Result<Written, Failure> {
    let mut written = Written::default();
    for file in files {
        if let Err(error) = written.write(dir, file) {
            written.take_back();
            let path = dir.join(&file.path);
            return Err(
                Failure::environment(format!("could not write {}", path.display())).because(&error),
            );
        }
    }
    Ok(written)
}
