//! [`Stage`]: building the new files aside, in the shape they will have.
//!
//! The stage has one directory for each root of the environment. Distributions that share a
//! directory meet here already, so that what is new to the environment is placed by one rename.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use naja_spec::{PackageName, Sha256};
use naja_store::{Archive, Bytecode, DataScheme, FileEntry, FileState};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::apply::{ApplyError, Stop};
use crate::bytecode::Compiled;
use crate::keep::record_digest;
use crate::layout::{Generated, Layout, Treatment};
use crate::link::{At, Dir, Linker};
use crate::recorded;
use crate::roots::{Place, Roots};
use crate::ways::Ways;

/// Below this many files a second thread costs more than it saves.
const FILES_FOR_A_THREAD: usize = 150;

/// After this many files it is asked whether to give up; linking them takes about a millisecond,
/// copying them a few.
const FILES_FOR_A_QUESTION: usize = 64;

/// The directory in which new files are built.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    dir: PathBuf,
    roots: &'a Roots,
    bases: Vec<(Place, Dir)>,
    stop: Stop<'a>,
    /// The digests of the RECORDs that were written, if anybody wants them.
    records: Option<Mutex<FxHashMap<PackageName, Sha256>>>,
    /// Places of files that others are put into instead.
    replaced: FxHashSet<Place>,
}

fn io_error(action: &'static str, path: PathBuf) -> impl FnOnce(io::Error) -> ApplyError {
    move |source| ApplyError::Io {
        action,
        path,
        source,
    }
}

impl<'a> Stage<'a> {
    /// Makes the directories that the layouts need.
    pub(crate) fn new(
        dir: &Path,
        roots: &'a Roots,
        layouts: &[Layout<'_>],
        stop: Stop<'a>,
    ) -> Result<Self, ApplyError> {
        let mut stage = Self {
            dir: dir.to_path_buf(),
            roots,
            bases: Vec::new(),
            stop,
            records: None,
            replaced: FxHashSet::default(),
        };
        for place in needed_bases(roots, layouts) {
            let path = stage.path(&place);
            fs::create_dir_all(&path).map_err(io_error("create", path.clone()))?;
            let handle = Dir::open(&path).map_err(io_error("open", path))?;
            stage.bases.push((place, handle));
        }
        // The longest first, so that the first match is the nearest.
        stage
            .bases
            .sort_by_key(|(place, _)| std::cmp::Reverse(place.path.len()));
        Ok(stage)
    }

    /// Leaves files of wheels out, for others that come into their places.
    pub(crate) fn leave_out(&mut self, places: FxHashSet<Place>) {
        self.replaced = places;
    }

    /// Computes the digest of each RECORD, to be asked for afterwards.
    pub(crate) fn note_records(&mut self) {
        self.records = Some(Mutex::default());
    }

    /// Returns the digests of the RECORDs that were written.
    pub(crate) fn records(&self) -> FxHashMap<PackageName, Sha256> {
        let records = self.records.as_ref().map(Mutex::lock);
        records.map_or_else(FxHashMap::default, |found| {
            found.unwrap_or_else(PoisonError::into_inner).clone()
        })
    }

    /// Returns the path at which a place is built.
    pub(crate) fn path(&self, place: &Place) -> PathBuf {
        let root = self.dir.join(place.root.to_string());
        if place.path.is_empty() {
            root
        } else {
            root.join(&place.path)
        }
    }

    /// Returns the directory for a root.
    pub(crate) fn root(&self, root: u8) -> PathBuf {
        self.dir.join(root.to_string())
    }

    /// Returns a path in the stage that is no root's.
    pub(crate) fn extra(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Makes the directory a place lies in, and returns its path.
    pub(crate) fn prepare(&self, place: &Place) -> Result<PathBuf, ApplyError> {
        let path = self.path(place);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(io_error("create", parent.to_path_buf()))?;
        }
        Ok(path)
    }

    /// Finds the open directory nearest to a place, and the way from it.
    fn base<'p>(&'p self, place: &'p Place) -> Result<At<'p>, ApplyError> {
        let found = self.bases.iter().find_map(|(base, dir)| {
            let path = place.below(base)?;
            Some(At { dir, path })
        });
        found.ok_or_else(|| unplaced(self.path(place)))
    }

    /// Builds all layouts, the largest first. Returns how many files there are.
    pub(crate) fn build(
        &self,
        layouts: &[Layout<'_>],
        compiled: &Compiled,
        linker: &Linker,
        threads: usize,
    ) -> Result<usize, ApplyError> {
        let mut order: Vec<_> = layouts.iter().collect();
        order.sort_by_key(|layout| std::cmp::Reverse(layout.manifest().file_count()));
        let files: usize = order
            .iter()
            .map(|layout| layout.manifest().file_count() as usize)
            .sum();
        let threads = threads
            .min(order.len())
            .min(files / FILES_FOR_A_THREAD + 1)
            .max(1);
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let failure = Mutex::new(None);
        let work = || {
            while let Some(layout) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                match self.one(layout, compiled.get(layout.name()), linker) {
                    Ok(files) => {
                        done.fetch_add(files, Ordering::Relaxed);
                    }
                    Err(error) => {
                        next.store(order.len(), Ordering::Relaxed);
                        let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        first.get_or_insert(error);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(done.into_inner()),
        }
    }

    /// Asks from time to time whether to give up; `files` is how many are done.
    fn question(&self, files: usize) -> Result<(), ApplyError> {
        if files.is_multiple_of(FILES_FOR_A_QUESTION) {
            self.stop.check()?;
        }
        Ok(())
    }

    /// Builds one distribution; RECORD is written last.
    fn one(
        &self,
        layout: &Layout<'_>,
        bytecode: Option<&Bytecode>,
        linker: &Linker,
    ) -> Result<usize, ApplyError> {
        let mut record = RecordText::new(layout);
        let mut files = self.link_wheel(layout, linker, &mut record)?;
        if let Some(bytecode) = bytecode {
            files += self.link_bytecode(layout, bytecode, linker, &mut record)?;
        }
        for file in &layout.generated {
            self.write(layout, file)?;
            record.row(
                self.roots,
                &file.place,
                &Sha256::of(&file.bytes),
                file.bytes.len() as u64,
            );
        }
        files += layout.generated.len() + 1;
        let place = layout.site.join(layout.entry()).join("RECORD");
        let text = record.finish(self.roots, &place);
        if let Some(records) = &self.records {
            let digest = record_digest(text.as_bytes());
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            records.insert(layout.name().clone(), digest);
        }
        self.write(layout, &Generated::text(place, text.into()))?;
        Ok(files)
    }

    fn link_wheel(
        &self,
        layout: &Layout<'_>,
        linker: &Linker,
        record: &mut RecordText,
    ) -> Result<usize, ApplyError> {
        let (archive, manifest) = (layout.archive, layout.manifest());
        let source = open_tree(archive.root())?;
        let mut ways = Ways::new(manifest);
        let mut files = 0;
        for dir in manifest.dirs() {
            let Some(place) = &layout.dirs[dir.index as usize] else {
                continue;
            };
            let mut way = ways
                .enter(&dir, &source, self.base(place)?)
                .map_err(|error| io_error("create", self.path(place))(error))?;
            let prefix = record.prefix(self.roots, place);
            for file in dir.files().filter_map(|index| manifest.file(index)) {
                let treatment = layout.treatments.get(&file.index).copied();
                if treatment == Some(Treatment::Drop) {
                    continue;
                }
                self.question(files)?;
                files += 1;
                record.prefixed_row(&prefix, file.name, &file.sha256, file.size);
                if !self.replaced.is_empty() && self.replaced.contains(&place.join(file.name)) {
                    continue;
                }
                let (from, to) = way.file(file.name);
                verify(layout, from, &file)?;
                match treatment {
                    None => linker
                        .bring(from, &|| archive.path_of(&file), to, file.executable)
                        .map_err(|error| {
                            io_error("link", self.path(place).join(file.name))(error)
                        })?,
                    Some(Treatment::Aside) => {
                        let kept = self.roots.shadow_of(layout.entry(), &place.join(file.name));
                        let path = self.prepare(&kept)?;
                        fs::copy(archive.path_of(&file), &path)
                            .map_err(io_error("copy to", path))?;
                    }
                    Some(Treatment::Shared | Treatment::Drop) => {}
                }
            }
        }
        Ok(files)
    }

    /// Links the compiled files of the modules that are really installed by this distribution.
    fn link_bytecode(
        &self,
        layout: &Layout<'_>,
        bytecode: &Bytecode,
        linker: &Linker,
        record: &mut RecordText,
    ) -> Result<usize, ApplyError> {
        let manifest = bytecode.manifest();
        let source = open_tree(bytecode.root())?;
        let paths = dir_paths(manifest);
        let by_path: FxHashMap<String, usize> =
            dir_paths(layout.manifest()).into_iter().zip(0..).collect();
        let absent = absent_modules(layout);
        let mut ways = Ways::new(manifest);
        let mut files = 0;
        for dir in manifest.dirs().filter(|dir| dir.name == "__pycache__") {
            let parent = dir
                .parent
                .and_then(|parent| by_path.get(&paths[parent as usize]));
            let Some(&at) = parent else { continue };
            let Some(package) = &layout.dirs[at] else {
                continue;
            };
            let place = package.join("__pycache__");
            let mut way = ways
                .enter(&dir, &source, self.base(&place)?)
                .map_err(|error| io_error("create", self.path(&place))(error))?;
            let prefix = record.prefix(self.roots, &place);
            for file in dir.files().filter_map(|index| manifest.file(index)) {
                self.question(files)?;
                let stem = file.name.split('.').next().unwrap_or_default();
                let (from, to) = way.file(file.name);
                let intact = is_as_recorded(from, &file)
                    || matches!(bytecode.check_file(file.index), Ok(FileState::Intact));
                // A damaged compiled file is left out: Python makes its own.
                if !intact || absent.contains(&(at, stem)) {
                    continue;
                }
                let full = || bytecode.root().join(manifest.file_path(&file));
                match linker.bring(from, &full, to, false) {
                    // The wheel has a compiled file of its own.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    other => other.map_err(|error| {
                        io_error("link", self.path(&place).join(file.name))(error)
                    })?,
                }
                record.prefixed_row(&prefix, file.name, &file.sha256, file.size);
                files += 1;
            }
        }
        Ok(files)
    }

    fn write(&self, layout: &Layout<'_>, file: &Generated) -> Result<(), ApplyError> {
        let kept;
        let mut place = &file.place;
        if file.aside {
            kept = self.roots.shadow_of(layout.entry(), place);
            self.prepare(&kept)?;
            place = &kept;
        }
        let At { dir, path } = self.base(place)?;
        dir.write(path, &file.bytes, file.executable)
            .map_err(|error| io_error("write", self.path(place))(error))
    }
}

/// Finds the directories of the scheme that something goes into, and the one for files that
/// are kept aside.
pub(crate) fn needed_bases(roots: &Roots, layouts: &[Layout<'_>]) -> FxHashSet<Place> {
    let mut needed = FxHashSet::default();
    let scripts = roots.base(DataScheme::Scripts);
    for layout in layouts {
        needed.insert(layout.site.clone());
        needed.extend(
            layout
                .manifest()
                .data_schemes()
                .map(|(scheme, _)| roots.base(scheme).clone()),
        );
        let aside = layout
            .treatments
            .values()
            .any(|treatment| *treatment == Treatment::Aside)
            || layout.generated.iter().any(|file| file.aside);
        if aside {
            needed.insert(roots.shadow());
        }
        if layout
            .generated
            .iter()
            .any(|file| file.place.below(scripts).is_some())
        {
            needed.insert(scripts.clone());
        }
    }
    needed
}

/// The modules of a layout that are not installed, by directory and stem: their compiled files
/// must not be either.
fn absent_modules<'l>(layout: &'l Layout<'_>) -> FxHashSet<(usize, &'l str)> {
    let files = layout
        .treatments
        .keys()
        .filter_map(|index| layout.manifest().file(*index));
    files
        .filter_map(|file| Some((file.dir as usize, file.name.strip_suffix(".py")?)))
        .collect()
}

fn unplaced(path: PathBuf) -> ApplyError {
    let source = io::Error::from(io::ErrorKind::NotFound);
    ApplyError::Io {
        action: "place",
        path,
        source,
    }
}

fn open_tree(path: &Path) -> Result<Dir, ApplyError> {
    Dir::open(path).map_err(io_error("open", path.to_path_buf()))
}

fn dir_paths(manifest: &naja_store::Manifest) -> Vec<String> {
    let mut paths: Vec<String> = Vec::with_capacity(manifest.dir_count() as usize);
    for dir in manifest.dirs() {
        let parent = dir.parent.and_then(|parent| paths.get(parent as usize));
        let mut path = String::new();
        join_into(&mut path, parent.map_or("", String::as_str), dir.name);
        paths.push(path);
    }
    paths
}

fn join_into(out: &mut String, dir: &str, name: &str) {
    out.clear();
    out.push_str(dir);
    if !dir.is_empty() {
        out.push('/');
    }
    out.push_str(name);
}

/// Compares a file of the store with its manifest before it spreads.
fn verify(layout: &Layout<'_>, from: At<'_>, file: &FileEntry<'_>) -> Result<(), ApplyError> {
    if is_as_recorded(from, file) {
        return Ok(());
    }
    let archive: &Archive = layout.archive;
    let full = archive.path_of(file);
    match archive.check_file(file.index) {
        Ok(FileState::Intact) => Ok(()),
        Ok(FileState::Changed) => Err(ApplyError::Damaged {
            name: layout.name().clone(),
            archive: archive.id(),
            path: full,
        }),
        Err(source) => Err(ApplyError::Io {
            action: "look at",
            path: full,
            source,
        }),
    }
}

fn is_as_recorded(from: At<'_>, file: &FileEntry<'_>) -> bool {
    from.dir
        .stamp(from.path)
        .ok()
        .flatten()
        .is_some_and(|stamp| {
            stamp.size == file.size
                && stamp.mtime_ns == file.mtime_ns
                && stamp.inode == file.inode
                && stamp
                    .executable
                    .is_none_or(|executable| executable == file.executable)
        })
}

/// The text of a RECORD while it grows.
struct RecordText {
    text: String,
    site: Place,
    path: String,
}

impl RecordText {
    fn new(layout: &Layout<'_>) -> Self {
        let capacity = 110 * (layout.manifest().file_count() as usize + 8);
        Self {
            text: String::with_capacity(capacity),
            site: layout.site.clone(),
            path: String::new(),
        }
    }

    /// Returns how RECORD spells a directory.
    fn prefix(&self, roots: &Roots, dir: &Place) -> String {
        match dir.below(&self.site) {
            Some(below) => below.to_owned(),
            None => roots.recorded(&self.site, dir),
        }
    }

    fn prefixed_row(&mut self, prefix: &str, name: &str, sha256: &Sha256, size: u64) {
        join_into(&mut self.path, prefix, name);
        recorded::push_row(&mut self.text, &self.path, sha256, size);
    }

    fn row(&mut self, roots: &Roots, place: &Place, sha256: &Sha256, size: u64) {
        let path = self.prefix(roots, place);
        recorded::push_row(&mut self.text, &path, sha256, size);
    }

    fn finish(mut self, roots: &Roots, own: &Place) -> String {
        let path = self.prefix(roots, own);
        recorded::push_bare_row(&mut self.text, &path);
        self.text
    }
}
