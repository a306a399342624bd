//! Where a transaction may act.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use rustc_hash::FxHashMap;

use super::error::TxnError;
use super::{DAMAGED_PREFIX, PREFIX};

/// The directories below which paths may change, and the file system they must be on.
#[derive(Debug)]
pub(super) struct Bounds {
    /// The directory that holds the working directory, without symbolic links.
    home: PathBuf,
    work_dir: PathBuf,
    roots: Vec<PathBuf>,
    device: Device,
    /// Directories already looked at: where they really are, or that they may not be changed.
    known: FxHashMap<PathBuf, Real>,
}

#[derive(Debug, Clone)]
struct Real {
    /// The directory without symbolic links; the part that does not exist yet is appended.
    path: PathBuf,
    same_device: bool,
}

impl Bounds {
    /// Bounds for an existing working directory that is not a symbolic link.
    pub(super) fn new(work_dir: &Path, roots: &[&Path]) -> Result<Self, TxnError> {
        let look = TxnError::io("look at", work_dir);
        let metadata = fs::symlink_metadata(work_dir).map_err(look)?;
        if !metadata.is_dir() {
            let source = io::Error::from(io::ErrorKind::NotADirectory);
            return Err(TxnError::io("use", work_dir)(source));
        }
        let real = |path: &Path| fs::canonicalize(path).map_err(TxnError::io("resolve", path));
        let work_dir = real(work_dir)?;
        let home = work_dir.parent().unwrap_or(&work_dir).to_path_buf();
        // A root that does not exist holds nothing to change.
        let others = roots.iter().filter_map(|root| fs::canonicalize(root).ok());
        let roots = std::iter::once(home.clone()).chain(others).collect();
        let device = Device::of(&work_dir).map_err(TxnError::io("look at", &work_dir))?;
        Ok(Self {
            home,
            work_dir,
            roots,
            device,
            known: FxHashMap::default(),
        })
    }

    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    pub(super) fn work_dir(&self) -> &Path {
        &self.work_dir
    }

    /// The path with all symbolic links above its last component resolved, if it may change.
    pub(super) fn admit(&mut self, path: &Path) -> Result<PathBuf, TxnError> {
        let outside = || TxnError::Outside {
            path: path.to_path_buf(),
        };
        let absolute = std::path::absolute(path).map_err(TxnError::io("resolve", path))?;
        if absolute
            .components()
            .any(|part| part == Component::ParentDir)
        {
            return Err(outside());
        }
        let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
            return Err(outside());
        };
        let real = self.real(parent)?;
        let target = real.path.join(name);
        let inside = self.roots.iter().any(|root| real.path.starts_with(root));
        if !inside || self.work_dir.starts_with(&target) || self.is_own(&target) {
            return Err(outside());
        }
        if !real.same_device {
            return Err(TxnError::OtherFileSystem {
                path: path.to_path_buf(),
            });
        }
        Ok(target)
    }

    /// Whether the path is part of a transaction's own files.
    fn is_own(&self, path: &Path) -> bool {
        let Ok(rest) = path.strip_prefix(&self.work_dir) else {
            return false;
        };
        let first = rest
            .components()
            .next()
            .map(|part| part.as_os_str().as_encoded_bytes());
        first.is_some_and(|name| {
            [PREFIX, DAMAGED_PREFIX]
                .iter()
                .any(|prefix| name.starts_with(prefix.as_bytes()))
        })
    }

    fn real(&mut self, dir: &Path) -> Result<Real, TxnError> {
        if let Some(real) = self.known.get(dir) {
            return Ok(real.clone());
        }
        let real = match fs::canonicalize(dir) {
            Ok(path) => {
                let device = Device::of(&path).map_err(TxnError::io("look at", &path))?;
                Real {
                    path,
                    same_device: device == self.device,
                }
            }
            // A directory this transaction is to create first.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(dir).is_ok() {
                    return Err(TxnError::Outside {
                        path: dir.to_path_buf(),
                    });
                }
                let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else {
                    return Err(TxnError::io("resolve", dir)(error));
                };
                let above = self.real(parent)?;
                Real {
                    path: above.path.join(name),
                    same_device: above.same_device,
                }
            }
            Err(error) => return Err(TxnError::io("resolve", dir)(error)),
        };
        self.known.insert(dir.to_path_buf(), real.clone());
        Ok(real)
    }
}

/// Identifies a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Device(#[cfg(unix)] u64, #[cfg(not(unix))] PathBuf);

impl Device {
    #[cfg(unix)]
    fn of(dir: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        Ok(Self(fs::metadata(dir)?.dev()))
    }

    /// The drive; volumes mounted in directories are noticed only when a rename fails.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    fn of(dir: &Path) -> io::Result<Self> {
        Ok(Self(dir.components().take(1).collect()))
    }
}
