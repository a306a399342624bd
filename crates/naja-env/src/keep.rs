//! Finding what the store could not give back, and linking it into the note about a change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use memchr::memchr;
use naja_spec::{Digest, Sha256};
use naja_store::Manifest;
use rustc_hash::FxHashSet;

use crate::apply::{ApplyError, Stop};
use crate::beside::{DistOrigin, Kept, Ledger, OWNERLESS};
use crate::environment::Environment;
use crate::installed::{InstalledDist, read_limited};
use crate::recorded;
use crate::removal::{self, Owned, Unlisted};
use crate::roots::{Place, Roots};
use crate::state::EnvState;
use crate::verify::{self, Depth, Fault, VerifyOptions, verify};

/// Collects kept files below a directory of the stage.
pub(crate) struct Keeper<'a> {
    /// The root of the environment: what is outside of it is not kept.
    root: &'a Path,
    roots: &'a Roots,
    into: PathBuf,
    pub(crate) kept: Kept,
}

type Failed = (PathBuf, io::Error);

impl<'a> Keeper<'a> {
    pub(crate) fn new(root: &'a Path, roots: &'a Roots, into: PathBuf) -> Self {
        Self {
            root,
            roots,
            into,
            kept: Kept::default(),
        }
    }

    /// Returns the directory with the kept files, if there are any.
    pub(crate) fn directory(&self) -> Option<&Path> {
        (self.kept.files > 0).then_some(&*self.into)
    }

    /// Keeps of a distribution that goes what its archive could not give back; everything when
    /// the archive is not known or RECORD is another one.
    pub(crate) fn distribution(
        &mut self,
        dist: &InstalledDist,
        owned: &Owned,
        origin: Option<&DistOrigin>,
    ) -> Result<(), ApplyError> {
        let record = read_limited(&dist.path().join("RECORD")).unwrap_or_default();
        let known = origin.filter(|origin| record_digest(&record) == origin.record);
        let done = match known {
            Some(origin) => self.differences(dist, (owned, &record), origin),
            None => self.everything(dist, owned),
        };
        done.map_err(|(path, source)| ApplyError::Io {
            action: "keep",
            path,
            source,
        })
    }

    fn everything(&mut self, dist: &InstalledDist, owned: &Owned) -> Result<(), Failed> {
        self.kept.whole.insert(dist.entry().to_owned());
        for place in owned
            .files
            .iter()
            .chain(owned.edits.iter().map(|(place, _)| place))
        {
            self.link(dist.entry(), &self.roots.path(place))?;
        }
        let shadow = self.roots.shadow().root;
        for tree in owned.trees.iter().filter(|tree| tree.root != shadow) {
            self.tree(dist.entry(), &self.roots.path(tree), &FxHashSet::default())?;
        }
        Ok(())
    }

    /// Compares with RECORD, which is the one that was written with the files.
    fn differences(
        &mut self,
        dist: &InstalledDist,
        (owned, record): (&Owned, &[u8]),
        origin: &DistOrigin,
    ) -> Result<(), Failed> {
        let known = Stamps::of(origin.archive.manifest());
        let text = String::from_utf8_lossy(record);
        let Some(site) = self.roots.site(dist.site_dir()) else {
            return Ok(());
        };
        let own = dist.path().join("RECORD");
        let mut listed: FxHashSet<PathBuf> = FxHashSet::default();
        for (path, behind) in recorded::rows(&text) {
            let Some(place) = self.roots.locate_recorded(&site, &path) else {
                continue;
            };
            let path = self.roots.path(&place);
            if place.path.starts_with(&site.path) && path.starts_with(dist.path()) {
                listed.insert(path.clone());
            }
            if path == own || self.roots.forbidden_file(&place, dist.entry()).is_some() {
                continue;
            }
            self.compare(dist, &place, (&path, behind), (&known, origin))?;
        }
        let shadow = self.roots.shadow().root;
        for tree in owned.trees.iter().filter(|tree| tree.root != shadow) {
            self.tree(dist.entry(), &self.roots.path(tree), &listed)?;
        }
        Ok(())
    }

    fn compare(
        &mut self,
        dist: &InstalledDist,
        place: &Place,
        (path, behind): (&Path, &str),
        (known, origin): (&Stamps, &DistOrigin),
    ) -> Result<(), Failed> {
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) => meta,
            Err(error) if is_absent(&error) => {
                // What another distribution's file took the place of is kept elsewhere already.
                if let Ok(below) = path.strip_prefix(self.root) {
                    let text = below.to_string_lossy().into_owned();
                    let absent = self.kept.absent.entry(dist.entry().to_owned());
                    absent.or_default().push(text);
                }
                return Ok(());
            }
            Err(error) => return Err((path.to_path_buf(), error)),
        };
        let (digest, size) = recorded::digest_and_size(behind);
        let digest = digest.as_ref().and_then(Digest::as_sha256);
        let same = if meta.is_symlink() {
            fs::read_link(path).is_ok_and(|target| target.starts_with(origin.archive.root()))
        } else {
            meta.is_file()
                && digest.is_some_and(|digest| {
                    size == Some(meta.len())
                        && (known.has(&digest, &meta)
                            || fs::read(path).is_ok_and(|bytes| Sha256::of(&bytes) == digest))
                })
        };
        let aside = self.roots.path(&self.roots.shadow_of(dist.entry(), place));
        if same || fs::symlink_metadata(aside).is_ok() {
            return Ok(());
        }
        self.link(dist.entry(), path)
    }

    /// Keeps a tree, apart from what is known.
    fn tree(&mut self, label: &str, path: &Path, known: &FxHashSet<PathBuf>) -> Result<(), Failed> {
        let failed = |error| (path.to_path_buf(), error);
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_type().map_err(failed)?.is_dir() {
                self.tree(label, &path, known)?;
            } else if !known.contains(&path) {
                self.link(label, &path)?;
            }
        }
        Ok(())
    }

    /// Keeps what belongs to nobody and goes: a file, or a directory with everything in it.
    pub(crate) fn ownerless(&mut self, path: &Path) -> Result<(), ApplyError> {
        let is_dir = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
        let done = match is_dir {
            true if is_empty(path) => self.empty(path),
            true => self.tree(OWNERLESS, path, &FxHashSet::default()),
            false => self.link(OWNERLESS, path),
        };
        done.map_err(|(path, source)| ApplyError::Io {
            action: "keep",
            path,
            source,
        })
    }

    /// Keeps a directory with nothing in it.
    fn empty(&mut self, path: &Path) -> Result<(), Failed> {
        let Ok(below) = path.strip_prefix(self.root) else {
            return Ok(());
        };
        let to = self.into.join(OWNERLESS).join(below);
        fs::create_dir_all(&to).map_err(|error| (to, error))?;
        self.kept.files += 1;
        Ok(())
    }

    /// Keeps a file of the environment itself below another directory.
    fn own(&mut self, path: &Path, into: &Path) -> Result<(), ApplyError> {
        let Ok(below) = path.strip_prefix(self.root) else {
            return Ok(());
        };
        let done = self.link_as(path, &into.join(below));
        done.map_err(|(path, source)| ApplyError::Io {
            action: "keep",
            path,
            source,
        })
    }

    /// Takes note of a file that comes where nothing is.
    pub(crate) fn came(&mut self, path: &Path) {
        if let Some(below) = path.strip_prefix(self.root).ok().and_then(Path::to_str) {
            self.kept.came.insert(below.replace('\\', "/"));
        }
    }

    /// Gives a file, or a symbolic link itself, a second name; one that is not there is fine.
    fn link(&mut self, label: &str, path: &Path) -> Result<(), Failed> {
        let Ok(below) = path.strip_prefix(self.root) else {
            return Ok(());
        };
        let to = self.into.join(label).join(below);
        self.link_as(path, &to)
    }

    fn link_as(&mut self, path: &Path, to: &Path) -> Result<(), Failed> {
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) if !meta.is_dir() => meta,
            Ok(_) => return Ok(()),
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err((path.to_path_buf(), error)),
        };
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|error| (parent.to_path_buf(), error))?;
        }
        match fs::hard_link(path, to) {
            // A file may be listed twice.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            Err(_) => copy(path, to).map_err(|error| (path.to_path_buf(), error))?,
            Ok(()) => {}
        }
        self.kept.files += 1;
        self.kept.bytes += meta.len();
        Ok(())
    }
}

/// Keeps, of everything in an environment that is about to go as a whole, what its archives could
/// not give back: files below `into`, by the records they belong to, and the files of the
/// environment itself below `own`.
///
/// # Errors
/// Something cannot be read or linked.
pub fn keep_all(
    env: &Environment,
    state: &EnvState,
    ledger: &dyn Ledger,
    (into, own): (&Path, &Path),
) -> Result<Kept, ApplyError> {
    let roots = Roots::new(env);
    let mut keeper = Keeper::new(env.root(), &roots, into.to_path_buf());
    let mut listed: FxHashSet<PathBuf> = FxHashSet::default();
    for dist in state.dists().iter().filter(|dist| dist.is_owned()) {
        // What cannot be removed either is left out.
        if let Ok(owned) = removal::owned_by(dist, &roots, Unlisted::RecordOnly, &mut Vec::new()) {
            keeper.distribution(dist, &owned, ledger.origin(dist).as_ref())?;
            listed.extend(owned.files.iter().map(|place| roots.path(place)));
        }
    }
    let frame = Frame {
        root: env.root(),
        sites: env.site_dirs(),
        listed: &listed,
    };
    let unread = |(path, source)| ApplyError::Io {
        action: "read",
        path,
        source,
    };
    let found = frame.walk().map_err(unread)?;
    for dir in &found.dirs {
        let below = dir.strip_prefix(env.root()).unwrap_or(dir);
        let to = own.join(below);
        fs::create_dir_all(&to).map_err(|error| unread((to, error)))?;
    }
    for path in &found.files {
        keeper.own(path, own)?;
    }
    let options = VerifyOptions {
        depth: Depth::Quick,
        threads: std::num::NonZeroUsize::MIN,
        only: None,
        stop: Stop::default(),
    };
    let strays = verify(env, state, &options).map(|found| found.findings);
    for stray in strays.unwrap_or_default() {
        if matches!(stray.fault, Fault::Unowned | Fault::Leftover) {
            keeper.ownerless(&stray.path)?;
        }
    }
    Ok(keeper.kept)
}

/// The files of an environment that belong to no distribution and do not lie among the packages,
/// and its empty directories: what it was made with, and what was put there since.
///
/// # Errors
/// A directory cannot be listed.
pub fn own_files(root: &Path, sites: &[&Path]) -> io::Result<Vec<PathBuf>> {
    let frame = Frame {
        root,
        sites: sites.to_vec(),
        listed: &FxHashSet::default(),
    };
    let found = frame.walk().map_err(|(_, error)| error)?;
    let empty = found.dirs.into_iter().filter(|dir| is_empty(dir));
    Ok(found.files.into_iter().chain(empty).collect())
}

/// What an environment is without its packages.
struct Frame<'a> {
    root: &'a Path,
    sites: Vec<&'a Path>,
    listed: &'a FxHashSet<PathBuf>,
}

/// What was found of it.
#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    dirs: Vec<PathBuf>,
}

impl Frame<'_> {
    fn walk(&self) -> Result<Found, Failed> {
        let mut found = Found::default();
        self.directory(self.root, &mut found)?;
        found.files.sort();
        Ok(found)
    }

    fn directory(&self, dir: &Path, found: &mut Found) -> Result<(), Failed> {
        let failed = |error| (dir.to_path_buf(), error);
        let among_packages = self.sites.contains(&dir);
        for entry in fs::read_dir(dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, name) = (entry.path(), entry.file_name());
            let is_dir = entry.file_type().map_err(failed)?.is_dir();
            let notes = dir == self.root && (name == ".naja" || name == ".lock");
            if notes || (is_dir && (among_packages || name == "__pycache__")) {
                continue;
            }
            if is_dir {
                self.directory(&path, found)?;
                found.dirs.push(path);
            } else if !self.listed.contains(&path)
                && (!among_packages || name.to_str().is_some_and(verify::is_seeded))
            {
                found.files.push(path);
            }
        }
        Ok(())
    }
}

/// The digest of a RECORD, without the rows of files that hold the path of the environment or of a
/// project: scripts, `.pth` files and `direct_url.json`. They change when that moves.
#[must_use]
pub fn record_digest(record: &[u8]) -> Sha256 {
    let moves = |line: &[u8]| {
        let line = line.strip_prefix(b"\"").unwrap_or(line);
        let path = line.get(..memchr(b',', line).unwrap_or(line.len()));
        path.is_some_and(|path| {
            path.starts_with(b"../")
                || path.ends_with(b".pth")
                || path.ends_with(b"/direct_url.json")
        })
    };
    let mut stays = Vec::with_capacity(record.len());
    let mut rest = record;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        if !moves(line) {
            stays.extend_from_slice(line);
        }
        rest = after;
    }
    Sha256::of(&stays)
}

/// Which contents lie in the store with which size and time.
struct Stamps(FxHashSet<(Sha256, u64, i64)>);

impl Stamps {
    fn of(manifest: &Manifest) -> Self {
        let files = manifest.files();
        Self(
            files
                .map(|file| (file.sha256, file.size, file.mtime_ns))
                .collect(),
        )
    }

    fn has(&self, digest: &Sha256, meta: &fs::Metadata) -> bool {
        mtime_ns(meta).is_some_and(|time| self.0.contains(&(*digest, meta.len(), time)))
    }
}

fn mtime_ns(meta: &fs::Metadata) -> Option<i64> {
    let since = meta
        .modified()
        .ok()?
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    i64::try_from(since.as_nanos()).ok()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Whether there is nothing in a directory.
pub(crate) fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

/// Whether two entries are the same: links with one target, or files with one content and the same
/// permissions.
pub(crate) fn is_equal(a: &Path, b: &Path) -> bool {
    let metas = (fs::symlink_metadata(a), fs::symlink_metadata(b));
    let (Ok(meta_a), Ok(meta_b)) = metas else {
        return false;
    };
    if meta_a.is_symlink() || meta_b.is_symlink() {
        return matches!((fs::read_link(a), fs::read_link(b)), (Ok(a), Ok(b)) if a == b);
    }
    meta_a.len() == meta_b.len()
        && meta_a.permissions() == meta_b.permissions()
        && matches!((fs::read(a), fs::read(b)), (Ok(a), Ok(b)) if a == b)
}

/// Copies a file with its time and permissions, or a symbolic link as such.
///
/// # Errors
/// It cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(from)?;
    if meta.is_symlink() {
        return copy_link(&fs::read_link(from)?, to);
    }
    fs::copy(from, to)?;
    let times = fs::FileTimes::new().set_modified(meta.modified()?);
    let file = fs::File::open(to)?;
    // A file that may not be written keeps the time of the copy.
    let _ = file.set_times(times);
    Ok(())
}

#[cfg(unix)]
fn copy_link(target: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, to)
}

#[cfg(not(unix))]
fn copy_link(target: &Path, to: &Path) -> io::Result<()> {
    fs::copy(target, to).map(drop)
}
