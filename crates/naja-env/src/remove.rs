//! [`remove`]: an environment goes, all of it at once.

use std::fs;
use std::path::Path;

use crate::env_lock::EnvLock;
use crate::relocate::RelocateError;

/// Removes a virtual environment that is locked ([`EnvLock::of_root`]): it gets a hidden name beside its place
/// first, and only then its files go. What a killed removal leaves is swept when an environment is made in the place
/// again.
///
/// # Errors
/// It is no environment, or a file cannot be removed; in the last case the environment is no longer in its place.
pub fn remove(root: &Path, lock: EnvLock) -> Result<(), RelocateError> {
    let failed = |action, path: &Path| {
        let path = path.to_path_buf();
        move |source| RelocateError::Io {
            action,
            path,
            source,
        }
    };
    let refused = || std::io::Error::from(std::io::ErrorKind::InvalidInput);
    let (Some(parent), Some(name)) = (root.parent(), root.file_name()) else {
        return Err(failed("remove", root)(refused()));
    };
    let is_directory = fs::symlink_metadata(root).is_ok_and(|meta| meta.is_dir());
    if !is_directory || !naja_python::is_environment(root) {
        return Err(failed("remove", root)(refused()));
    }
    let aside = tempfile::Builder::new()
        .prefix(&format!(".{}.naja-new-", name.to_string_lossy()))
        .tempdir_in(parent)
        .map_err(failed("make a directory in", parent))?
        .keep();
    // On Unix an empty directory is replaced; elsewhere its name must be free, and no file in what moves may be open.
    let lock = cfg!(unix).then_some(lock);
    if !cfg!(unix) {
        fs::remove_dir(&aside).map_err(failed("remove", &aside))?;
    }
    if let Err(error) = naja_store::write::rename(root, &aside) {
        let _unimportant = fs::remove_dir(&aside);
        return Err(failed("rename", root)(error));
    }
    drop(lock);
    fs::remove_dir_all(&aside).map_err(failed("remove", &aside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::Stop;

    fn lock(dir: &Path) -> EnvLock {
        EnvLock::of_root(dir, &mut || (), Stop::default()).unwrap()
    }

    #[test]
    fn only_environments_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("other");
        let root = dir.path().join("env");
        for dir in [&other, &root] {
            fs::create_dir(dir).unwrap();
        }
        fs::write(other.join("pyvenv.cfg"), "home = /x\n").unwrap();
        fs::write(root.join("file"), "x").unwrap();
        assert!(remove(&root, lock(&other)).is_err());
        assert!(remove(&dir.path().join("absent"), lock(&other)).is_err());
        assert!(root.join("file").exists());
        fs::write(root.join("pyvenv.cfg"), "home = /x\n").unwrap();
        #[cfg(unix)]
        {
            let link = dir.path().join("link");
            std::os::unix::fs::symlink(&root, &link).unwrap();
            assert!(remove(&link, lock(&root)).is_err());
            fs::remove_file(link).unwrap();
        }
        for dir in [&other, &root] {
            remove(dir, lock(dir)).unwrap();
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
