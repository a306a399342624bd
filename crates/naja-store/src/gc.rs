//! Sizes, cleaning and pruning of the cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use naja_spec::{PackageName, Sha256};

use crate::archive::ArchiveId;
use crate::error::{IoContext as _, StoreError};
use crate::manifest::Manifest;
use crate::records::{Bucket, key_of};
use crate::sdist::Seal;
use crate::store::{GIT_KINDS, MANIFEST, Store};

/// Directories of environments made for tools and scripts, and of scripts that were fetched.
const DERIVED: [&str; 2] = ["environments", "scripts"];

/// How the keys of built wheels begin; others are those of their metadata.
const BUILT: &str = "wheel/";

/// A number of files and their sizes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many files.
    pub files: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

/// What the cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Unpacked wheels.
    pub archives: Tally,
    /// Unpacked source archives.
    pub sources: Tally,
    /// What git fetched: repositories and checked out commits.
    pub git: Tally,
    /// Environments made for tools and scripts, and scripts that were fetched.
    pub environments: Tally,
    /// Compiled files.
    pub bytecode: Tally,
    /// Records of all buckets.
    pub records: Tally,
    /// Unfinished work.
    pub temporary: Tally,
    /// Everything else: formats of other versions of naja.
    pub other: Tally,
}

impl Usage {
    /// The sum of all kinds.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for part in [
            self.archives,
            self.sources,
            self.git,
            self.environments,
            self.bytecode,
            self.records,
            self.temporary,
            self.other,
        ] {
            total.add(part);
        }
        total
    }
}

/// Which part of the cache to remove.
#[derive(Debug, Clone, Copy)]
pub enum Clean<'a> {
    /// Everything.
    All,
    /// What belongs to these distributions: their archives, bytecode, pages and metadata.
    Packages(&'a [PackageName]),
    /// What no command can use: unfinished work older than this, damaged entries, bytecode
    /// without its archive, builds without their wheel, and formats of other versions; and the
    /// environments of tools and scripts, which are made again at once.
    Unusable {
        /// How old unfinished work must be; a day is safe.
        older_than: Duration,
        /// The present time.
        now: SystemTime,
        /// Whether what can be fetched goes as well, as build services want it: what stays are
        /// the wheels that were built here.
        only_built: bool,
    },
}

/// An unpacked wheel in the cache.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The normalised name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The size of its files, in bytes.
    pub bytes: u64,
}

impl Store {
    /// Lists the wheels the cache holds, by name and version. Damaged ones are left out.
    ///
    /// # Errors
    ///
    /// When a directory cannot be listed.
    pub fn contents(&self) -> Result<Vec<Kept>, StoreError> {
        let mut kept = Vec::new();
        for place in shards(&self.root().join("archives"))? {
            if let Some(manifest) = Manifest::open(&place.join(MANIFEST)) {
                kept.push(Kept {
                    name: manifest.name().to_owned(),
                    version: manifest.version().to_owned(),
                    bytes: manifest.total_size(),
                });
            }
        }
        kept.sort();
        Ok(kept)
    }

    /// Adds up what the cache holds. Files that vanish meanwhile are left out.
    ///
    /// # Errors
    ///
    /// When a directory cannot be listed.
    pub fn usage(&self) -> Result<Usage, StoreError> {
        let mut usage = Usage::default();
        for entry in list(self.dir())? {
            if entry != self.root() {
                usage.other.add(tally(&entry)?);
            }
        }
        for entry in list(self.root())? {
            let kind = match entry.file_name().and_then(|name| name.to_str()) {
                Some("archives") => &mut usage.archives,
                Some("sources") => &mut usage.sources,
                Some("git") => &mut usage.git,
                Some(name) if DERIVED.contains(&name) => &mut usage.environments,
                Some("bytecode") => &mut usage.bytecode,
                Some("records") => &mut usage.records,
                Some("tmp") => &mut usage.temporary,
                _ => &mut usage.other,
            };
            kind.add(tally(&entry)?);
        }
        Ok(usage)
    }

    /// Removes part of the cache, alone: writers of other processes wait meanwhile, and this
    /// waits for them first, after one call of `on_wait`.
    ///
    /// No other thread of this process may write or hold this store meanwhile. The cache's own
    /// directory, its marks and its lock file stay.
    ///
    /// # Errors
    ///
    /// When something cannot be removed; what came before it is gone. [`StoreError::Held`] when
    /// this process itself holds the store.
    pub fn clean(&self, what: Clean<'_>, on_wait: &mut dyn FnMut()) -> Result<Tally, StoreError> {
        if !fs::exists(self.root()).at("look for", self.root())? {
            return Ok(Tally::default());
        }
        let _alone = self.lock_alone(on_wait)?;
        let path = self.lock_path();
        let mut gone = Sweep::default();
        match what {
            Clean::All => {
                for part in list(self.root())? {
                    if part != path {
                        gone.remove(&part)?;
                    }
                }
                self.remove_other_formats(&mut gone)?;
            }
            Clean::Packages(names) => self.clean_packages(names, &mut gone)?,
            Clean::Unusable {
                older_than,
                now,
                only_built,
            } => {
                gone.0.add(self.sweep_temporary(older_than, now)?);
                for name in DERIVED {
                    gone.remove(&self.root().join(name))?;
                }
                if only_built {
                    self.sweep_fetched(&mut gone)?;
                }
                self.sweep_trees(&mut gone)?;
                for place in self.unusable_git()? {
                    gone.remove(&place)?;
                }
                self.sweep_records(&mut gone)?;
                self.remove_other_formats(&mut gone)?;
            }
        }
        Ok(gone.0)
    }

    fn remove_other_formats(&self, gone: &mut Sweep) -> Result<(), StoreError> {
        // Only where the directory says that it is this program's: others have directories
        // with such names as well.
        if !self.is_marked_as_own() {
            return Ok(());
        }
        for entry in list(self.dir())? {
            let name = entry
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let is_format = name
                .strip_prefix('v')
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|digit| digit.is_ascii_digit()));
            if is_format && entry != self.root() && entry.is_dir() {
                gone.remove(&entry)?;
            }
        }
        Ok(())
    }

    fn clean_packages(&self, names: &[PackageName], gone: &mut Sweep) -> Result<(), StoreError> {
        for place in shards(&self.root().join("archives"))? {
            let manifest = Manifest::open(&place.join(MANIFEST));
            let named = manifest
                .is_some_and(|found| names.iter().any(|name| name.as_str() == found.name()));
            if named {
                gone.remove(&place)?;
                if let Some(id) = id_of(&place) {
                    gone.remove(&self.bytecode_dir(&id))?;
                }
            }
        }
        for place in shards(&self.root().join("sources"))? {
            let seal = Seal::read(&place.join(MANIFEST));
            if seal.is_some_and(|seal| names.iter().any(|name| mentions(&seal.file_name, name))) {
                gone.remove(&place)?;
            }
        }
        for kind in GIT_KINDS {
            for place in list(&self.root().join("git").join(kind))? {
                let stem = place.file_name().and_then(|name| name.to_str());
                // Named after the last part of their address: see `Store::git_dirs`.
                let stem = stem.and_then(|name| Some(name.rsplit_once('-')?.0));
                let stem = stem.and_then(|name| PackageName::parse(name).ok());
                if stem.is_some_and(|stem| names.contains(&stem)) {
                    gone.remove(&place)?;
                }
            }
        }
        for bucket in [
            Bucket::Pages,
            Bucket::Metadata,
            Bucket::Http,
            Bucket::Aliases,
            Bucket::Builds,
            Bucket::Commits,
        ] {
            for path in shards(&self.records_dir(bucket))? {
                let key = key_of(&path).unwrap_or_default();
                if names.iter().any(|name| mentions(&key, name)) {
                    gone.remove(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Removes unfinished work that is at least this old.
    pub(crate) fn sweep_temporary(
        &self,
        older_than: Duration,
        now: SystemTime,
    ) -> Result<Tally, StoreError> {
        let mut gone = Sweep::default();
        for path in list(&self.temp_root())? {
            let modified = fs::symlink_metadata(&path).and_then(|metadata| metadata.modified());
            let Ok(modified) = modified else { continue };
            if now
                .duration_since(modified)
                .is_ok_and(|age| age >= older_than)
            {
                gone.remove(&path)?;
            }
        }
        Ok(gone.0)
    }

    /// Removes archives without a sound manifest, and bytecode that fits no archive.
    fn sweep_trees(&self, gone: &mut Sweep) -> Result<(), StoreError> {
        for place in shards(&self.root().join("archives"))? {
            if id_of(&place).and_then(|id| self.get(&id)).is_none() {
                gone.remove(&place)?;
            }
        }
        for place in shards(&self.root().join("sources"))? {
            if id_of(&place).and_then(|id| self.source(&id.0)).is_none() {
                gone.remove(&place)?;
            }
        }
        for place in shards(&self.root().join("bytecode"))? {
            let Some(archive) = id_of(&place).and_then(|id| self.get(&id)) else {
                gone.remove(&place)?;
                continue;
            };
            for tagged in list(&place)? {
                let manifest = Manifest::open(&tagged.join(MANIFEST));
                let checksum = archive.manifest().checksum();
                if manifest.is_none_or(|found| found.depends_on() != checksum) {
                    gone.remove(&tagged)?;
                }
            }
        }
        Ok(())
    }

    fn sweep_records(&self, gone: &mut Sweep) -> Result<(), StoreError> {
        for bucket in Bucket::ALL {
            for path in shards(&self.records_dir(bucket))? {
                let is_used = match key_of(&path) {
                    Some(key) if bucket == Bucket::Builds && key.starts_with(BUILT) => {
                        self.built_id(&key).and_then(|id| self.get(&id)).is_some()
                    }
                    key => key.is_some(),
                };
                if !is_used {
                    gone.remove(&path)?;
                }
            }
        }
        Ok(())
    }

    /// The wheel that a record of builds names.
    fn built_id(&self, key: &str) -> Option<ArchiveId> {
        let record = self.read_record(Bucket::Builds, key)?;
        let text = std::str::from_utf8(record.as_ref()).ok()?;
        text.trim().parse().ok().map(ArchiveId)
    }

    /// Removes unpacked wheels that were not built here, sources and what git fetched.
    fn sweep_fetched(&self, gone: &mut Sweep) -> Result<(), StoreError> {
        let mut built = Vec::new();
        for path in shards(&self.records_dir(Bucket::Builds))? {
            let key = key_of(&path).filter(|key| key.starts_with(BUILT));
            built.extend(key.and_then(|key| self.built_id(&key)));
        }
        for place in shards(&self.root().join("archives"))? {
            if id_of(&place).is_none_or(|id| !built.contains(&id)) {
                gone.remove(&place)?;
            }
        }
        for name in ["sources", "git"] {
            gone.remove(&self.root().join(name))?;
        }
        Ok(())
    }
}

/// What was removed so far.
#[derive(Default)]
struct Sweep(Tally);

impl Sweep {
    /// Removes a file or a directory with its contents, following no link.
    fn remove(&mut self, path: &Path) -> Result<(), StoreError> {
        let Ok(metadata) = fs::symlink_metadata(path) else {
            return Ok(());
        };
        let held = tally(path)?;
        let removed = if metadata.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).at("remove", path);
            }
            _ => self.0.add(held),
        }
        Ok(())
    }
}

/// Whether a record's key names the distribution, or a file of it.
fn mentions(key: &str, name: &PackageName) -> bool {
    let file_prefix = format!("{}-", name.as_dist_info_name());
    key.split(['/', ' ', '?', '#', '|'])
        .map(|part| part.strip_suffix(".git").unwrap_or(part))
        .any(|part| part == name.as_str() || part.to_ascii_lowercase().starts_with(&file_prefix))
}

fn id_of(place: &Path) -> Option<ArchiveId> {
    let hex = place.file_name()?.to_str()?;
    Sha256::from_hex(hex.as_bytes()).map(ArchiveId)
}

/// The entries of a directory; none when it does not exist.
pub(crate) fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if is_gone(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error).at("list", dir),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.at("list", dir)?.path());
    }
    Ok(paths)
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The entries of all entries of a directory.
fn shards(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut paths = Vec::new();
    for shard in list(dir)? {
        paths.extend(list(&shard)?);
    }
    Ok(paths)
}

/// Files below a path and their sizes, following no link.
fn tally(path: &Path) -> Result<Tally, StoreError> {
    let mut total = Tally::default();
    let mut waiting = vec![path.to_path_buf()];
    while let Some(path) = waiting.pop() {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => waiting.extend(list(&path)?),
            Ok(metadata) => total.add(Tally {
                files: 1,
                bytes: metadata.len(),
            }),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error).at("look at", &path),
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_mention_a_name() {
        let name = PackageName::parse("foo-bar").unwrap();
        for key in [
            "https://index.example/simple/foo-bar/",
            "foo-bar",
            "abc/foo_bar-1.0-py3-none-any.whl",
            "https://files.example/Foo_Bar-1.0.tar.gz#sha256",
            "wheel/foo-bar/0123abcd",
            "git https://git.example/foo-bar.git main",
        ] {
            assert!(mentions(key, &name), "{key}");
        }
        for key in [
            "https://index.example/simple/foo/",
            "foo-bar-baz",
            "foo_bar_baz-1.0.whl",
            "",
        ] {
            assert!(!mentions(key, &name), "{key}");
        }
    }

    #[test]
    fn cleaning_nothing_creates_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("cache")).unwrap();
        assert_eq!(
            store.clean(Clean::All, &mut || {}).unwrap(),
            Tally::default()
        );
        assert_eq!(store.usage().unwrap(), Usage::default());
        assert!(!store.dir().exists());
    }

    #[test]
    fn own_share_of_the_lock_does_not_block_cleaning() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("cache")).unwrap();
        store
            .write_record(Bucket::Pages, "index/foo/", b"page")
            .unwrap();
        store
            .write_record(Bucket::Pages, "index/bar/", b"page")
            .unwrap();
        let names = [PackageName::parse("foo").unwrap()];
        let gone = store.clean(Clean::Packages(&names), &mut || panic!("waits for itself"));
        assert_eq!(gone.unwrap().files, 1);
        assert!(store.read_record(Bucket::Pages, "index/foo/").is_none());
        assert!(store.read_record(Bucket::Pages, "index/bar/").is_some());
        store
            .write_record(Bucket::Pages, "index/foo/", b"page")
            .unwrap();
        assert_eq!(store.usage().unwrap().records.files, 2);
        store
            .clean(Clean::All, &mut || panic!("waits for itself"))
            .unwrap();
        assert_eq!(store.usage().unwrap().records.files, 0);
    }

    #[test]
    fn every_kind_has_its_name_and_what_was_built_can_be_all_that_stays() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let digest = Sha256::of(b"wheel").to_string();
        store
            .write_record(Bucket::Builds, "wheel/harry/1", digest.as_bytes())
            .unwrap();
        store
            .write_record(Bucket::Builds, "metadata/harry/1", b"Name: harry\n")
            .unwrap();
        for (path, size) in [
            ("environments/0123/pyvenv.cfg", 1),
            ("scripts/0123/script.py", 2),
            ("git/db/harry-0123/HEAD", 4),
            ("sources/01/23/tree/setup.py", 8),
            ("archives/01/23/tree/harry.py", 16),
            ("records/strange", 32),
            ("unknown/file", 64),
        ] {
            let path = store.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, vec![b'x'; size]).unwrap();
        }
        let usage = store.usage().unwrap();
        let sizes = [usage.environments, usage.git, usage.sources, usage.archives];
        assert_eq!(sizes.map(|tally| tally.bytes), [3, 4, 8, 16]);
        assert!(usage.other.bytes >= 64);

        let prune = |only_built| Clean::Unusable {
            older_than: Duration::ZERO,
            now: SystemTime::now(),
            only_built,
        };
        store.clean(prune(false), &mut || {}).unwrap();
        let usage = store.usage().unwrap();
        assert_eq!(usage.environments, Tally::default());
        assert_eq!(usage.git, Tally::default(), "nothing of it is checked out");
        // The wheel of the record is not there; its metadata may serve.
        assert!(store.read_record(Bucket::Builds, "wheel/harry/1").is_none());
        assert!(store.built_metadata("harry/1").is_some());
        let commit = "0123456789012345678901234567890123456789";
        let place = store.root().join("git/trees/harry-0123").join(commit);
        fs::create_dir_all(place.join(crate::CHECKOUT_TREE)).unwrap();
        crate::seal_checkout(&place, commit).unwrap();
        let db = store.root().join("git/db/harry-0123");
        fs::create_dir_all(db.join("objects")).unwrap();
        fs::write(db.join("HEAD"), "x").unwrap();
        store.clean(prune(false), &mut || {}).unwrap();
        assert_ne!(store.usage().unwrap().git, Tally::default());
        store.clean(prune(true), &mut || {}).unwrap();
        assert_eq!(store.usage().unwrap().git, Tally::default());
        let names = [PackageName::parse("harry").unwrap()];
        store.clean(Clean::Packages(&names), &mut || {}).unwrap();
        assert!(store.built_metadata("harry/1").is_none());
    }
}
