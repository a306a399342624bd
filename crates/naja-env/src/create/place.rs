//! From a hidden directory to the final place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use naja_store::write::rename;

use super::check::{Action, Situation};
use super::{CreateError, failed};

/// What the names of our directories inside a place begin with.
pub(super) const INNER: &str = ".naja-new-";

/// What the name of a directory ends with that was moved out of its place to make room.
const ASIDE: &str = ".old";

/// Builds the environment and puts it into its place.
pub(super) fn put(
    situation: &Situation,
    build: &dyn Fn(&Path) -> Result<(), CreateError>,
) -> Result<(), CreateError> {
    let physical = &situation.physical;
    if situation.action == Action::Overlay {
        let staging = Staging::inside(physical)?;
        build(&staging.path)?;
        return overlay(&staging.path, physical);
    }
    let parents = Parents::make(physical)?;
    let staging = match Staging::beside(physical) {
        // The directory around it may be read-only where the place itself is a mount.
        Err(error) if situation.action == Action::Create => return Err(error),
        Err(_) => return put_inside(situation, build),
        Ok(staging) => staging,
    };
    build(&staging.path)?;
    match move_into_place(&staging.path, situation) {
        Ok(()) => {
            parents.keep();
            Ok(())
        }
        Err(error) if is_mount(&error) && situation.action != Action::Create => {
            drop(staging);
            put_inside(situation, build)
        }
        Err(error) if is_occupied(&error) => Err(CreateError::NotEmpty {
            path: physical.clone(),
        }),
        Err(error) => Err(failed("move the environment to", physical)(error)),
    }
}

/// Builds inside the place, for places that cannot be renamed: the mounts of containers.
fn put_inside(
    situation: &Situation,
    build: &dyn Fn(&Path) -> Result<(), CreateError>,
) -> Result<(), CreateError> {
    let physical = &situation.physical;
    let staging = Staging::inside(physical)?;
    build(&staging.path)?;
    if situation.action == Action::Replace {
        for entry in fs::read_dir(physical).map_err(failed("read", physical))? {
            let path = entry.map_err(failed("read", physical))?.path();
            if path != staging.path {
                remove(&path).map_err(failed("remove", &path))?;
            }
        }
    }
    overlay(&staging.path, physical)
}

/// Renames the new directory to its place; what was there is in its stead afterwards and goes with
/// it.
fn move_into_place(staged: &Path, situation: &Situation) -> io::Result<()> {
    let physical = &situation.physical;
    match situation.action {
        Action::Create => system::rename_new(staged, physical),
        Action::Replace => system::exchange(staged, physical),
        // Renaming replaces an empty directory on Unix.
        Action::Fill | Action::Overlay if cfg!(unix) => match fs::rename(staged, physical) {
            // It has only leftovers of killed runs in it.
            Err(error) if is_occupied(&error) => system::exchange(staged, physical),
            other => other,
        },
        Action::Fill | Action::Overlay => system::exchange(staged, physical),
    }
}

/// Moves every file to the same place in another tree, replacing files, keeping directories.
fn overlay(from: &Path, to: &Path) -> Result<(), CreateError> {
    for entry in fs::read_dir(from).map_err(failed("read", from))? {
        let entry = entry.map_err(failed("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let is_dir = entry
            .file_type()
            .map_err(failed("look at", &source))?
            .is_dir();
        let there = fs::symlink_metadata(&target).ok();
        match (is_dir, there) {
            (true, Some(meta)) if meta.is_dir() => overlay(&source, &target)?,
            (true, Some(_)) => {
                return Err(CreateError::InTheWay {
                    path: target,
                    what: "a file",
                });
            }
            (false, Some(meta)) if meta.is_dir() => {
                return Err(CreateError::InTheWay {
                    path: target,
                    what: "a directory",
                });
            }
            _ => rename(&source, &target).map_err(failed("write", &target))?,
        }
    }
    Ok(())
}

/// Directories above the place that did not exist; those still empty go again on failure.
#[derive(Debug)]
struct Parents(Vec<PathBuf>);

impl Parents {
    fn make(physical: &Path) -> Result<Self, CreateError> {
        let mut made = Self(Vec::new());
        let Some(parent) = physical.parent() else {
            return Ok(made);
        };
        if parent.is_dir() {
            return Ok(made);
        }
        let missing: Vec<&Path> = parent
            .ancestors()
            .take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists())
            .collect();
        for dir in missing.into_iter().rev() {
            match fs::create_dir(dir) {
                Ok(()) => made.0.push(dir.to_path_buf()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed("make the directory", dir)(error)),
            }
        }
        Ok(made)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        for dir in self.0.iter().rev() {
            // Somebody else may use it by now; then it is not empty.
            let _ = fs::remove_dir(dir);
        }
    }
}

/// A directory of ours with a lock that tells the living from the dead; removed when dropped.
#[derive(Debug)]
struct Staging {
    path: PathBuf,
    lock: Option<File>,
}

impl Staging {
    /// Makes one beside the place, on the same file system.
    fn beside(physical: &Path) -> Result<Self, CreateError> {
        let (Some(parent), Some(name)) = (physical.parent(), physical.file_name()) else {
            return Err(CreateError::InTheWay {
                path: physical.to_path_buf(),
                what: "a root directory",
            });
        };
        Self::new(parent, &prefix(&name.to_string_lossy()))
    }

    /// Makes one inside of the place.
    fn inside(physical: &Path) -> Result<Self, CreateError> {
        Self::new(physical, INNER)
    }

    fn new(parent: &Path, prefix: &str) -> Result<Self, CreateError> {
        let path = tempfile::Builder::new()
            .prefix(prefix)
            .rand_bytes(8)
            .permissions_of_new_directories()
            .tempdir_in(parent)
            .map_err(failed("make a directory in", parent))?
            .keep();
        let lock = system::lock_directory(&path);
        Ok(Self { path, lock })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = remove(&self.path);
        self.lock = None;
    }
}

/// What the names of our directories beside a place begin with.
fn prefix(name: &str) -> String {
    format!(".{name}.naja-new-")
}

/// Removes what killed runs left beside a place and in it. What one moved out of the place goes
/// back if nothing came into it.
pub(super) fn sweep(physical: &Path) {
    let beside = physical.parent().zip(physical.file_name());
    if let Some((parent, name)) = beside {
        sweep_directory(parent, &prefix(&name.to_string_lossy()), physical);
    }
    sweep_directory(physical, INNER, physical);
}

fn sweep_directory(directory: &Path, prefix: &str, physical: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(prefix));
        let is_dir = ours && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir && let Some(_lock) = system::lock_directory(&entry.path()) {
            let aside = entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.ends_with(ASIDE));
            // Failing is harmless: it is tried again next time.
            let _ = if aside && fs::symlink_metadata(physical).is_err() {
                fs::rename(entry.path(), physical)
            } else {
                remove(&entry.path())
            };
        }
    }
}

/// Removes a file or a tree; links are not followed.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_occupied(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty
    )
}

fn is_mount(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices
    )
}

/// Gives new directories the permissions that `mkdir` gives, not those of private temporary files.
trait NewDirectories {
    fn permissions_of_new_directories(&mut self) -> &mut Self;
}

impl NewDirectories for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_of_new_directories(&mut self) -> &mut Self {
        use std::os::unix::fs::PermissionsExt;
        self.permissions(fs::Permissions::from_mode(0o777))
    }

    #[cfg(not(unix))]
    fn permissions_of_new_directories(&mut self) -> &mut Self {
        self
    }
}

#[cfg(unix)]
mod system {
    use std::fs::{self, File};
    use std::io;
    use std::path::Path;

    use rustix::fs::{CWD, RenameFlags, renameat_with};

    /// Renames to a place where nothing may be.
    pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Err(error) if is_unsupported(error) => fs::rename(from, to),
            other => Ok(other?),
        }
    }

    /// Exchanges two directories in one step where the file system can do that.
    pub(super) fn exchange(from: &Path, to: &Path) -> io::Result<()> {
        match renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE) {
            Err(error) if is_unsupported(error) => super::exchange_in_steps(from, to),
            other => Ok(other?),
        }
    }

    fn is_unsupported(error: rustix::io::Errno) -> bool {
        use rustix::io::Errno;
        [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error)
    }

    /// Takes a lock on a directory; `None`: somebody holds it, or the file system has no locks.
    pub(super) fn lock_directory(path: &Path) -> Option<File> {
        let handle = File::open(path).ok()?;
        handle.try_lock().ok()?;
        Some(handle)
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
        super::rename(from, to)
    }

    pub(super) fn exchange(from: &Path, to: &Path) -> io::Result<()> {
        super::exchange_in_steps(from, to)
    }

    /// Directories cannot be locked here, so leftovers are not swept.
    pub(super) fn lock_directory(_path: &Path) -> Option<File> {
        None
    }
}

/// The name of what was in the place while the steps are made.
fn aside(staged: &Path) -> PathBuf {
    let mut name = staged.as_os_str().to_owned();
    name.push(ASIDE);
    PathBuf::from(name)
}

/// Exchanges two directories by way of a third name; goes back if the second step fails.
fn exchange_in_steps(from: &Path, to: &Path) -> io::Result<()> {
    let aside = aside(from);
    rename(to, &aside)?;
    if let Err(error) = rename(from, to) {
        // Both names were free a moment ago; should this fail as well, the first error tells more.
        let _ = rename(&aside, to);
        return Err(error);
    }
    rename(&aside, from)
}
