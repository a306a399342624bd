//! [`EnvState`]: what is installed, from one listing of each directory.
//!
//! Python is never started and nothing of the environment is executed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_spec::{CoreMetadata, PackageName, Version};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::installed::{DistKind, InstalledDist, egg_info_in, egg_link_target, read_limited};

/// Why an environment could not be scanned.
#[derive(Debug, thiserror::Error)]
#[error("list `{}`", path.display())]
pub struct ScanError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl ScanError {
    /// Returns the directory that could not be listed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Identifies the set of distributions in an environment: two scans of an unchanged environment
/// give equal values.
///
/// Made of the names and inodes of the records, so that a compiled cache file or a module of
/// the user's own does not change it, and a reinstallation of the same version does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EnvFingerprint(u64);

/// An entry that looks like the record of a distribution and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The entry.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Holds what a scan found.
#[derive(Debug, Clone)]
pub struct EnvState {
    dists: Vec<InstalledDist>,
    unreadable: Vec<Unreadable>,
    fingerprint: EnvFingerprint,
}

impl EnvState {
    /// Lists the distributions of an environment, and those of its base installation where it
    /// sees them. Directories that do not exist are empty.
    ///
    /// # Errors
    /// A directory exists and cannot be listed.
    pub fn scan(env: &Environment) -> Result<Self, ScanError> {
        let base = env.base_site_dirs().iter().map(PathBuf::as_path);
        Self::scan_dirs(&env.site_dirs(), base)
    }

    /// Lists the distributions in `owned` directories, then in `base` ones.
    ///
    /// # Errors
    /// As [`scan`](Self::scan).
    pub fn scan_dirs<'a>(
        owned: &[&Path],
        base: impl IntoIterator<Item = &'a Path>,
    ) -> Result<Self, ScanError> {
        let mut state = Self {
            dists: Vec::new(),
            unreadable: Vec::new(),
            fingerprint: EnvFingerprint(0),
        };
        let mut listing = Listing::default();
        for dir in owned {
            listing.read(dir, true, &mut state)?;
        }
        state.fingerprint = EnvFingerprint(listing.hash.finish());
        for dir in base {
            listing.read(dir, false, &mut state)?;
        }
        state.finish();
        Ok(state)
    }

    /// Makes a state from distributions at hand.
    #[must_use]
    pub fn from_dists(dists: Vec<InstalledDist>) -> Self {
        let mut state = Self {
            dists,
            unreadable: Vec::new(),
            fingerprint: EnvFingerprint(0),
        };
        state.finish();
        state
    }

    fn finish(&mut self) {
        self.dists.sort_by(|a, b| {
            (a.name(), !a.is_owned(), a.kind(), a.version(), a.entry()).cmp(&(
                b.name(),
                !b.is_owned(),
                b.kind(),
                b.version(),
                b.entry(),
            ))
        });
    }

    /// Returns every distribution, by name; those of the environment before those of its base.
    #[must_use]
    pub fn dists(&self) -> &[InstalledDist] {
        &self.dists
    }

    /// Returns every distribution of one name: none, one, or several when something is wrong or
    /// the base has it as well. The first is the one Python sees.
    #[must_use]
    pub fn get(&self, name: &PackageName) -> &[InstalledDist] {
        let start = self.dists.partition_point(|dist| dist.name() < name);
        let count = self.dists[start..].partition_point(|dist| dist.name() == name);
        &self.dists[start..start + count]
    }

    /// Returns the distributions that Python sees: one for each name.
    pub fn visible(&self) -> impl Iterator<Item = &InstalledDist> {
        self.dists
            .chunk_by(|a, b| a.name() == b.name())
            .filter_map(|same| same.first())
    }

    /// Returns the entries that look like records and are none.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// Returns what identifies this set of distributions.
    #[must_use]
    pub fn fingerprint(&self) -> EnvFingerprint {
        self.fingerprint
    }
}

impl EnvFingerprint {
    /// Computes the fingerprint without keeping the distributions.
    ///
    /// # Errors
    /// As [`EnvState::scan`].
    pub fn of(env: &Environment) -> Result<Self, ScanError> {
        Ok(EnvState::scan_dirs(&env.site_dirs(), [])?.fingerprint)
    }
}

/// Folds entries into one number, whatever their order.
#[derive(Default)]
struct Mixer(u64);

impl Mixer {
    fn add(&mut self, name: &str, inode: u64) {
        use std::hash::Hasher;
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(name.as_bytes());
        hasher.write_u64(inode);
        // Multiplied, so that sums of related inodes do not cancel each other.
        self.0 = self
            .0
            .wrapping_add(hasher.finish().wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Default)]
struct Listing {
    hash: Mixer,
    seen: Vec<(u64, u64)>,
}

impl Listing {
    fn read(&mut self, dir: &Path, owned: bool, state: &mut EnvState) -> Result<(), ScanError> {
        let failed = |source| ScanError {
            path: dir.to_path_buf(),
            source,
        };
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        // `lib` and `lib64` may be one directory under two names.
        if let Some(identity) = identity(dir) {
            if self.seen.contains(&identity) {
                return Ok(());
            }
            self.seen.push(identity);
        }
        let site: Arc<Path> = Arc::from(dir);
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let Some(form) = Form::of(name) else { continue };
            self.hash.add(name, inode(&entry));
            match form.read(&site, name) {
                Ok((package, version, kind)) => state.dists.push(InstalledDist::new(
                    package,
                    version,
                    kind,
                    (Arc::clone(&site), name),
                    owned,
                )),
                Err(reason) => {
                    state.unreadable.push(Unreadable {
                        path: entry.path(),
                        reason,
                    });
                }
            }
        }
        Ok(())
    }
}

/// The forms of records, by the ending of their names.
#[derive(Clone, Copy)]
enum Form {
    DistInfo,
    EggInfo,
    EggLink,
    Egg,
}

type Identified = Result<(PackageName, Version, DistKind), &'static str>;

impl Form {
    fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending {
            "dist-info" => Some(Self::DistInfo),
            "egg-info" => Some(Self::EggInfo),
            "egg-link" => Some(Self::EggLink),
            "egg" => Some(Self::Egg),
            _ => None,
        }
    }

    fn read(self, site: &Path, entry: &str) -> Identified {
        if entry.starts_with(['~', '.']) {
            return Err("it is what an interrupted command of another tool left");
        }
        let stem = entry.rsplit_once('.').map_or(entry, |(stem, _)| stem);
        let path = || site.join(entry);
        match self {
            Self::DistInfo => {
                let (name, version) = match canonical(stem) {
                    Some(found) => found,
                    None => from_metadata(&path().join("METADATA"))?,
                };
                Ok((name, version, DistKind::DistInfo))
            }
            Self::EggInfo => {
                let path = path();
                let (kind, file) = if path.is_dir() {
                    (DistKind::EggInfoDirectory, path.join("PKG-INFO"))
                } else {
                    (DistKind::EggInfoFile, path)
                };
                let (name, version) = match egg_name(stem) {
                    Some(found) => found,
                    None => from_metadata(&file)?,
                };
                Ok((name, version, kind))
            }
            Self::EggLink => {
                let info = egg_link_target(&path())
                    .and_then(|tree| egg_info_in(&tree))
                    .ok_or("the source tree it names is gone")?;
                let (name, version) = from_metadata(&info.join("PKG-INFO"))?;
                Ok((name, version, DistKind::EggLink))
            }
            Self::Egg => {
                let (name, version) = egg_name(stem).ok_or("its name holds no version")?;
                Ok((name, version, DistKind::Egg))
            }
        }
    }
}

/// Splits `name-version` when there is exactly one way to.
fn canonical(stem: &str) -> Option<(PackageName, Version)> {
    let (name, version) = stem.split_once('-')?;
    if version.contains('-') {
        return None;
    }
    Some((
        PackageName::parse(name).ok()?,
        Version::parse(version).ok()?,
    ))
}

/// Splits `name-version-py3.12` with its optional platform.
fn egg_name(stem: &str) -> Option<(PackageName, Version)> {
    let mut parts = stem.split('-');
    let (name, version) = (parts.next()?, parts.next()?);
    Some((
        PackageName::parse(name).ok()?,
        Version::parse(version).ok()?,
    ))
}

fn from_metadata(path: &Path) -> Result<(PackageName, Version), &'static str> {
    let bytes = read_limited(path).map_err(|_| "its name holds no version and it no metadata")?;
    let metadata = CoreMetadata::parse(&bytes).map_err(|_| "its metadata is invalid")?;
    Ok((metadata.name, metadata.version))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(unix)]
fn identity(dir: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(dir).ok()?;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(_dir: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(unix)]
fn inode(entry: &fs::DirEntry) -> u64 {
    use std::os::unix::fs::DirEntryExt;
    entry.ino()
}

#[cfg(not(unix))]
fn inode(_entry: &fs::DirEntry) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installed::Health;

    struct Site(tempfile::TempDir);

    impl Site {
        fn new(files: &[(&str, &str)]) -> Self {
            let site = Self(tempfile::tempdir().unwrap());
            for (path, text) in files {
                site.write(path, text);
            }
            site
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn scan(&self) -> EnvState {
            EnvState::scan_dirs(&[self.0.path()], []).unwrap()
        }
    }

    fn shown(state: &EnvState) -> Vec<String> {
        state
            .dists()
            .iter()
            .map(|dist| format!("{} {}", dist.name(), dist.version()))
            .collect()
    }

    #[test]
    fn every_form_is_found() {
        let tree = Site::new(&[(
            "e.egg-info/PKG-INFO",
            "Metadata-Version: 1.0\nName: E\nVersion: 5\n",
        )]);
        let site = Site::new(&[
            (
                "A_b-1.0.dist-info/METADATA",
                "Metadata-Version: 2.1\nName: a-b\nVersion: 1.0\n",
            ),
            ("a_b/__init__.py", ""),
            ("c-2.0-py3.12.egg-info/PKG-INFO", ""),
            (
                "d-3.0.egg-info",
                "Metadata-Version: 1.0\nName: d\nVersion: 3.0\n",
            ),
            ("e.egg-link", tree.0.path().to_str().unwrap()),
            ("f-4.0-py3.8.egg/EGG-INFO/PKG-INFO", ""),
            ("~oo-1.0.dist-info/METADATA", ""),
            ("odd.dist-info/x", ""),
            (
                "old-name-6.dist-info/METADATA",
                "Metadata-Version: 2.1\nName: old-name\nVersion: 6\n",
            ),
        ]);
        let state = site.scan();
        assert_eq!(
            shown(&state),
            ["a-b 1.0", "c 2.0", "d 3.0", "e 5", "f 4.0", "old-name 6"]
        );
        assert_eq!(state.unreadable().len(), 2);
        let name = PackageName::parse("E").unwrap();
        let [linked] = state.get(&name) else {
            panic!("one")
        };
        assert!(linked.is_editable() && linked.read_metadata().is_ok());
    }

    #[test]
    fn unfinished_installations_are_not_whole() {
        let health = |files: &[(&str, &str)]| Site::new(files).scan().dists()[0].health();
        let metadata = ("a-1.dist-info/METADATA", "Metadata-Version: 2.1\n");
        assert_eq!(
            health(&[metadata, ("a-1.dist-info/RECORD", "x")]),
            Health::Whole
        );
        assert_eq!(health(&[metadata]), Health::NoRecord);
        assert_eq!(
            health(&[metadata, ("a-1.dist-info/RECORD", "")]),
            Health::NoRecord
        );
        assert_eq!(
            health(&[metadata, ("a-1.dist-info/INSTALLER", "pip\n")]),
            Health::NoRecord
        );
        assert_eq!(
            health(&[metadata, ("a-1.dist-info/INSTALLER", "debian\n")]),
            Health::Whole
        );
        assert_eq!(health(&[("a-1.dist-info/RECORD", "x")]), Health::NoMetadata);
        let broken = ("a-1.dist-info/direct_url.json", "{");
        assert_eq!(
            health(&[metadata, ("a-1.dist-info/RECORD", "x"), broken]),
            Health::BadDirectUrl
        );
    }

    #[test]
    fn the_fingerprint_sees_distributions_and_nothing_else() {
        let site = Site::new(&[
            ("a-1.dist-info/METADATA", ""),
            ("b-1.dist-info/METADATA", ""),
        ]);
        let before = site.scan().fingerprint();
        site.write("__pycache__/x.pyc", "");
        site.write("mine.py", "");
        assert_eq!(site.scan().fingerprint(), before);
        fs::remove_dir_all(site.0.path().join("a-1.dist-info")).unwrap();
        let without = site.scan().fingerprint();
        assert_ne!(without, before);
        site.write("a-2.dist-info/METADATA", "");
        assert_ne!(site.scan().fingerprint(), before);
    }

    #[test]
    fn the_base_is_behind_the_environment() {
        let (own, base) = (
            Site::new(&[("a-1.dist-info/METADATA", "")]),
            Site::new(&[
                ("a-2.dist-info/METADATA", ""),
                ("b-1.dist-info/METADATA", ""),
            ]),
        );
        let state = EnvState::scan_dirs(&[own.0.path()], [base.0.path()]).unwrap();
        assert_eq!(shown(&state), ["a 1", "a 2", "b 1"]);
        let visible: Vec<_> = state
            .visible()
            .map(|dist| dist.version().to_string())
            .collect();
        assert_eq!(visible, ["1", "1"]);
        assert!(!state.dists()[2].is_owned());
    }

    #[test]
    fn absent_directories_are_empty() {
        let site = Site::new(&[]);
        let absent = site.0.path().join("nothing");
        assert!(
            EnvState::scan_dirs(&[&absent], [])
                .unwrap()
                .dists()
                .is_empty()
        );
    }

    #[cfg(unix)]
    #[test]
    fn one_directory_under_two_names_is_read_once() {
        let site = Site::new(&[("a-1.dist-info/METADATA", "")]);
        let parent = tempfile::tempdir().unwrap();
        let link = parent.path().join("lib64");
        std::os::unix::fs::symlink(site.0.path(), &link).unwrap();
        let state = EnvState::scan_dirs(&[site.0.path(), &link], []).unwrap();
        assert_eq!(state.dists().len(), 1);
    }
}
