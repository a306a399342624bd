//! Directories that are made for a file, and go again if it is not written.

use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The directories that were missing around a file, the outermost first.
pub(crate) struct MadeDirectory(Vec<PathBuf>);

impl MadeDirectory {
    /// Makes what is missing around a file, if there is to be one.
    ///
    /// # Errors
    /// A directory cannot be made; none is left then.
    pub(crate) fn around<P: AsRef<Path>>(file: Option<P>) -> Result<Self, Failure> {
        let mut made = Self(Vec::new());
        let Some(dir) = file.as_ref().and_then(|file| file.as_ref().parent()) else {
            return Ok(made);
        };
        make_missing(dir, &mut made.0).map_err(|error| {
            Failure::environment(format!("could not make the directory {}", dir.display()))
                .because(&error)
        })?;
        Ok(made)
    }

    /// Leaves them: the file is there.
    pub(crate) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for MadeDirectory {
    fn drop(&mut self) {
        for dir in self.0.iter().rev() {
            // One that somebody put something into stays.
            let _in_use = std::fs::remove_dir(dir);
        }
    }
}

/// Makes a directory and those around it, as far as they are missing, and adds each that it made to `made`: the
/// outermost first, and also where a later one cannot be made.
///
/// # Errors
/// A directory cannot be made.
pub(crate) fn make_missing(dir: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let is_missing = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
    let missing: Vec<&Path> = dir.ancestors().take_while(is_missing).collect();
    for dir in missing.into_iter().rev() {
        std::fs::create_dir(dir)?;
        made.push(dir.to_path_buf());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_for_nothing_goes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a/b/c.txt");
        drop(MadeDirectory::around(Some(&file)).unwrap());
        assert!(!dir.path().join("a").exists());
        MadeDirectory::around(Some(&file)).unwrap().keep();
        assert!(dir.path().join("a/b").is_dir());
        drop(MadeDirectory::around(Some(&file)).unwrap());
        assert!(dir.path().join("a/b").is_dir());
        std::fs::write(&file, "x").unwrap();
        assert!(MadeDirectory::around(Some(file.join("below/x"))).is_err());
    }
}
