//! The cache directory: where everything lies, and how trees are published.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use naja_spec::Sha256;

use crate::archive::{Archive, ArchiveId};
use crate::error::{IoContext as _, StoreError};
use crate::lock::{self, FileLock};
use crate::manifest::Manifest;
use crate::temp::{TempDir, TempFile};
use crate::unpack::Buffers;
use crate::write;

const FORMAT: &str = "v1";
const TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55\n\
    # This directory is a cache of naja; it can be removed at any time.\n";
/// Unfinished work that nobody touched for so long is removed by the next writer.
const ABANDONED: Duration = Duration::from_secs(2 * 86_400);
/// Name of the list beside a tree.
pub(crate) const MANIFEST: &str = "manifest";
/// The kinds of directories that git fills: bare repositories and checked out commits.
pub(crate) const GIT_KINDS: [&str; 2] = ["db", "trees"];
/// Name of the directory with the files themselves.
pub(crate) const TREE: &str = "tree";

/// The cache on disk. Cheap to clone; clones share one state. Nothing is created before the
/// first write, and reading takes no lock.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    cache: PathBuf,
    root: PathBuf,
    ready: AtomicBool,
    hold: Mutex<Option<Arc<FileLock>>>,
    buffers: Buffers,
}

/// Keeps other processes from cleaning the cache while it lives.
#[derive(Debug, Clone)]
pub struct Hold {
    /// `None` on a file system without locks.
    _lock: Option<Arc<FileLock>>,
}

impl Store {
    /// Names the cache directory, an absolute path; touches nothing.
    ///
    /// # Errors
    ///
    /// When the path exists and is not a directory.
    pub fn open(cache: &Path) -> Result<Self, StoreError> {
        if fs::metadata(cache).is_ok_and(|metadata| !metadata.is_dir()) {
            let source = io::Error::from(io::ErrorKind::NotADirectory);
            return Err(StoreError::Io {
                action: "open the cache",
                path: cache.into(),
                source,
            });
        }
        let inner = Inner {
            cache: cache.to_path_buf(),
            root: cache.join(FORMAT),
            ready: AtomicBool::new(false),
            hold: Mutex::new(None),
            buffers: Buffers::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The cache directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.inner.cache
    }

    /// The directory of this format's version.
    pub(crate) fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Keeps `naja cache clean` of other processes waiting until the answer is dropped.
    ///
    /// Every write does so by itself for as long as this store lives; a caller that only reads
    /// archives and links out of them should hold this meanwhile.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn hold(&self) -> Result<Hold, StoreError> {
        let mut slot = self.share();
        if let Some(lock) = &*slot {
            return Ok(Hold {
                _lock: Some(Arc::clone(lock)),
            });
        }
        fs::create_dir_all(self.root()).at("create", self.root())?;
        let path = self.lock_path();
        *slot = match lock::shared(&path, &mut || {}) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => None,
            answer => Some(Arc::new(answer.at("lock", &path)?)),
        };
        // Only now: cleaning, which this may have waited for, takes them away.
        self.make_dirs()?;
        Ok(Hold {
            _lock: slot.clone(),
        })
    }

    /// This store's own share of the lock, if it has one.
    fn share(&self) -> MutexGuard<'_, Option<Arc<FileLock>>> {
        let share = self.inner.hold.lock();
        share.unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up this store's own share and takes the lock alone.
    pub(crate) fn lock_alone(&self, on_wait: &mut dyn FnMut()) -> Result<Hold, StoreError> {
        let mut slot = self.share();
        if slot
            .as_ref()
            .is_some_and(|lock| Arc::strong_count(lock) > 1)
        {
            return Err(StoreError::Held);
        }
        *slot = None;
        self.inner.ready.store(false, Ordering::Release);
        let path = self.lock_path();
        let lock = match lock::exclusive(&path, on_wait) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => None,
            answer => Some(Arc::new(answer.at("lock", &path)?)),
        };
        Ok(Hold { _lock: lock })
    }

    /// Memory for unpacking, used again from wheel to wheel.
    pub(crate) fn buffers(&self) -> &Buffers {
        &self.inner.buffers
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.root().join(".lock")
    }

    pub(crate) fn temp_root(&self) -> PathBuf {
        self.root().join("tmp")
    }

    /// Makes the cache ready for writing, once.
    pub(crate) fn prepare(&self) -> Result<(), StoreError> {
        if self.inner.ready.load(Ordering::Acquire) {
            return Ok(());
        }
        self.hold()?;
        // What killed processes left; clocks that jump make this at most too early for work
        // that has rested for as long.
        let _ = self.sweep_temporary(ABANDONED, SystemTime::now());
        self.inner.ready.store(true, Ordering::Release);
        Ok(())
    }

    fn make_dirs(&self) -> Result<(), StoreError> {
        let temp = self.temp_root();
        fs::create_dir_all(&temp).at("create", &temp)?;
        for (name, contents) in [("CACHEDIR.TAG", TAG), (".gitignore", b"*\n")] {
            let path = self.dir().join(name);
            if !fs::exists(&path).at("look for", &path)? {
                write::publish(&path, &[contents]).at("write", &path)?;
            }
        }
        Ok(())
    }

    /// Whether the directory was made by this program and is not shared with another one's.
    pub(crate) fn is_marked_as_own(&self) -> bool {
        fs::read(self.dir().join("CACHEDIR.TAG")).is_ok_and(|tag| tag == TAG)
    }

    /// A new file in the cache's file system, to receive a download.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn temp_file(&self) -> Result<TempFile, StoreError> {
        self.prepare()?;
        let temp = self.temp_root();
        let file = tempfile::Builder::new().prefix("file-").tempfile_in(&temp);
        Ok(TempFile::new(file.at("create a file in", &temp)?))
    }

    /// A new directory in the cache's file system, to build a tree in.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn temp_dir(&self) -> Result<TempDir, StoreError> {
        self.prepare()?;
        let temp = self.temp_root();
        let mut builder = tempfile::Builder::new();
        builder.prefix("dir-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        Ok(TempDir::new(
            builder
                .tempdir_in(&temp)
                .at("create a directory in", &temp)?,
        ))
    }

    /// The archive with this digest; `None` when it is absent or its manifest is damaged.
    ///
    /// The files themselves are not checked: see [`Archive::check_file`].
    #[must_use]
    pub fn get(&self, id: &ArchiveId) -> Option<Archive> {
        let place = self.archive_dir(id);
        let manifest = Manifest::open(&place.join(MANIFEST))?;
        if manifest.archive() != id.0 {
            return None;
        }
        Some(Archive::new(*id, place.join(TREE), manifest))
    }

    /// Removes an archive, such as one with changed files, and what was compiled from it.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn discard(&self, id: &ArchiveId) -> Result<(), StoreError> {
        self.prepare()?;
        self.move_away(&self.archive_dir(id))?;
        self.move_away(&self.bytecode_dir(id))
    }

    /// Where a repository's bare copy and its checked out commits lie, by a name for people and
    /// the digest of its address. Nothing is made.
    #[must_use]
    pub fn git_dirs(&self, stem: &str, address: &Sha256) -> [PathBuf; 2] {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let stem: String = stem.chars().filter(|c| plain(*c)).take(80).collect();
        let hex = address.to_hex();
        let name = format!("{stem}-{}", hex.get(..32).unwrap_or_default());
        GIT_KINDS.map(|kind| self.root().join("git").join(kind).join(&name))
    }

    /// Renames a finished directory into a place below the cache. `is_good` says whether what
    /// lies there already may stay, as when another process was faster.
    ///
    /// # Errors
    ///
    /// When the cache cannot be written.
    pub fn publish(
        &self,
        finished: TempDir,
        place: &Path,
        is_good: &dyn Fn() -> bool,
    ) -> Result<(), StoreError> {
        self.publish_dir(finished, place, is_good)
    }

    pub(crate) fn archive_dir(&self, id: &ArchiveId) -> PathBuf {
        sharded(&self.root().join("archives"), &id.0)
    }

    pub(crate) fn bytecode_dir(&self, id: &ArchiveId) -> PathBuf {
        sharded(&self.root().join("bytecode"), &id.0)
    }

    /// Renames a finished tree into its place. `is_good` says whether what lies there already
    /// may stay, as when another process was faster.
    pub(crate) fn publish_dir(
        &self,
        finished: TempDir,
        place: &Path,
        is_good: &dyn Fn() -> bool,
    ) -> Result<(), StoreError> {
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).at("create", parent)?;
        }
        // Three attempts: another process may put, discard and put again meanwhile.
        for _ in 0..3 {
            // What is there already is no reason to wait.
            let moved = match fs::symlink_metadata(place) {
                Ok(_) => fs::rename(finished.path(), place),
                Err(_) => write::rename(finished.path(), place),
            };
            match moved {
                Ok(()) => {
                    finished.forget();
                    return Ok(());
                }
                Err(_) if is_good() => return Ok(()),
                Err(error) if is_occupied(&error) => self.move_away(place)?,
                Err(error) => return Err(error).at("rename into", place),
            }
        }
        write::rename(finished.path(), place).at("rename into", place)?;
        finished.forget();
        Ok(())
    }

    /// Takes a directory out of its place in one step, then removes it.
    pub(crate) fn move_away(&self, place: &Path) -> Result<(), StoreError> {
        let trash = self.temp_dir()?;
        match write::rename(place, &trash.path().join("old")) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).at("remove", place),
        }
    }
}

fn is_occupied(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory, PermissionDenied};
    let kind = error.kind();
    matches!(kind, AlreadyExists | DirectoryNotEmpty | NotADirectory)
        || cfg!(windows) && kind == PermissionDenied
}

pub(crate) fn sharded(root: &Path, digest: &Sha256) -> PathBuf {
    let hex = digest.to_hex();
    let shard = hex.get(..2).unwrap_or_default();
    root.join(shard).join(&hex)
}
