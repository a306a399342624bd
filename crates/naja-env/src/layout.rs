//! [`Layout`]: where each file of one wheel goes ("Binary distribution format").

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use naja_lock::{DistSource, Pin};
use naja_spec::{DirectUrl, DirectUrlKind, EntryPoint, EntryPoints, EntryPointsError, PackageName};
use naja_store::{Archive, DataScheme, DirEntry, FileEntry, Manifest};
use rustc_hash::FxHashMap;

use crate::launcher::{self, LauncherError, Shebang};
use crate::plan::PlannedDist;
use crate::roots::{Place, Roots};
use crate::seen::{Kind, Seen, Spots};
use crate::starter::{Starters, Surface};

/// Files of a `.dist-info` directory that an installer writes itself.
const OURS: [&str; 5] = [
    "RECORD",
    "INSTALLER",
    "REQUESTED",
    "direct_url.json",
    SOURCE_NOTE,
];
/// What the directory looked like that a distribution was built from; a file of `.dist-info`.
pub(crate) const SOURCE_NOTE: &str = "naja_source.json";

/// Why the files of a wheel cannot be placed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A file would replace something that is not a distribution's to have.
    #[error("install {name}: the wheel has a file for `{}`: {reason}", path.display())]
    Forbidden {
        /// The distribution.
        name: PackageName,
        /// Where the file would go.
        path: PathBuf,
        /// Why it must not.
        reason: &'static str,
    },
    /// Two files of the wheel, or one and what is written for it, go to one place.
    #[error("install {name}: `{wheel}` has two files for `{}`: {first} and {second}", path.display())]
    Twice {
        /// The distribution.
        name: PackageName,
        /// The wheel's file name.
        wheel: String,
        /// Where both go.
        path: PathBuf,
        /// The one, as its path in the wheel.
        first: String,
        /// The other, as its path in the wheel or in words.
        second: String,
    },
    /// A script is refused.
    #[error("install {name}")]
    Script {
        /// The distribution.
        name: PackageName,
        /// What is wrong with it.
        #[source]
        source: LauncherError,
    },
    /// `entry_points.txt` is invalid.
    #[error("install {name}: read its entry points")]
    EntryPoints {
        /// The distribution.
        name: PackageName,
        /// What is wrong with it.
        #[source]
        source: EntryPointsError,
    },
    /// A script in the store cannot be read.
    #[error("install {name}: read `{}`", path.display())]
    Read {
        /// The distribution.
        name: PackageName,
        /// The file in the store.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
}

/// What becomes of a file of the wheel that is not simply linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// It is not installed: something generated stands in for it.
    Drop,
    /// Another distribution of the same plan installs the very same file.
    Shared,
    /// Another distribution of the same plan has another file there; this one is kept aside.
    Aside,
}

/// A file that is written instead of linked.
#[derive(Debug)]
pub(crate) struct Generated {
    pub(crate) place: Place,
    pub(crate) bytes: Vec<u8>,
    pub(crate) executable: bool,
    /// Another distribution has a file there; this one is kept aside.
    pub(crate) aside: bool,
}

impl Generated {
    pub(crate) fn text(place: Place, bytes: Vec<u8>) -> Self {
        Self {
            place,
            bytes,
            executable: false,
            aside: false,
        }
    }

    pub(crate) fn script(place: Place, bytes: Vec<u8>) -> Self {
        Self {
            executable: true,
            ..Self::text(place, bytes)
        }
    }
}

/// Where everything of one distribution goes.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) planned: &'a PlannedDist,
    pub(crate) archive: &'a Archive,
    /// The directory that holds the `.dist-info`.
    pub(crate) site: Place,
    /// For each directory of the manifest its place; `None` for `.data` itself.
    pub(crate) dirs: Vec<Option<Place>>,
    pub(crate) generated: Vec<Generated>,
    pub(crate) treatments: FxHashMap<u32, Treatment>,
}

/// What a layout depends on beside the wheel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayoutRules<'a> {
    pub(crate) roots: &'a Roots,
    pub(crate) shebang: &'a Shebang,
    /// What starts scripts where the system does not.
    pub(crate) starters: Option<&'a Starters>,
    /// Write INSTALLER, REQUESTED and `direct_url.json`.
    pub(crate) installer_metadata: bool,
}

impl<'a> Layout<'a> {
    /// Places everything and checks every path.
    pub(crate) fn new(
        planned: &'a PlannedDist,
        archive: &'a Archive,
        rules: &LayoutRules<'_>,
    ) -> Result<Self, LayoutError> {
        let manifest = archive.manifest();
        let scheme = if manifest.root_is_purelib() {
            DataScheme::Purelib
        } else {
            DataScheme::Platlib
        };
        let site = rules.roots.base(scheme).clone();
        let dirs = place_dirs(manifest, rules.roots, &site, planned.pin.name.as_str());
        let (generated, treatments) = (Vec::new(), FxHashMap::default());
        let mut layout = Self {
            planned,
            archive,
            site,
            dirs,
            generated,
            treatments,
        };
        layout.check(rules.roots)?;
        layout.scripts(rules)?;
        layout.metadata(rules);
        layout.check_twice(rules.roots)?;
        Ok(layout)
    }

    pub(crate) fn name(&self) -> &PackageName {
        &self.planned.pin.name
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        self.archive.manifest()
    }

    /// Returns the name of the `.dist-info` directory.
    pub(crate) fn entry(&self) -> &str {
        self.manifest().dist_info()
    }

    /// Returns the files that are linked into a directory, or kept aside.
    pub(crate) fn linked(
        &self,
        dir: &DirEntry<'_>,
    ) -> impl Iterator<Item = (FileEntry<'_>, Option<Treatment>)> {
        dir.files()
            .filter_map(|index| self.manifest().file(index))
            .map(|file| (file, self.treatments.get(&file.index).copied()))
            .filter(|(_, treatment)| {
                !matches!(treatment, Some(Treatment::Drop | Treatment::Shared))
            })
    }

    fn forbidden(&self, roots: &Roots, place: &Place, reason: &'static str) -> LayoutError {
        LayoutError::Forbidden {
            name: self.name().clone(),
            path: roots.path(place),
            reason,
        }
    }

    /// Checks every path. Below a package of its own nothing can be wrong but the names.
    fn check(&self, roots: &Roots) -> Result<(), LayoutError> {
        let manifest = self.manifest();
        for dir in manifest.dirs() {
            let Some(place) = &self.dirs[dir.index as usize] else {
                if let Some(file) = dir.files().find_map(|index| manifest.file(index)) {
                    let place = self.site.join(file.name);
                    return Err(self.forbidden(roots, &place, "it is in no install scheme"));
                }
                continue;
            };
            let depth = place.below(&self.site).map(|rest| rest.split('/').count());
            if depth.is_none_or(|depth| depth <= 1)
                && let Some(reason) = roots.forbidden_dir(place, self.entry())
            {
                return Err(self.forbidden(roots, place, reason));
            }
            if dir.index != 0 && !is_plain(dir.name) {
                return Err(self.forbidden(roots, place, "the name is not plain"));
            }
            let inside = place.below(&self.site).is_some_and(|rest| !rest.is_empty());
            for file in dir.files().filter_map(|index| manifest.file(index)) {
                let reason = if !is_plain(file.name) {
                    Some("the name is not plain")
                } else if inside {
                    None
                } else {
                    roots.forbidden_file(&place.join(file.name), self.entry())
                };
                if let Some(reason) = reason {
                    return Err(self.forbidden(roots, &place.join(file.name), reason));
                }
            }
        }
        Ok(())
    }

    /// Refuses two files for one place, which the zip rules cannot see: a wheel may spell a place
    /// in its root and again in a directory of `.data`. Letters of either case are the same, as
    /// they are in the archive.
    fn check_twice(&self, roots: &Roots) -> Result<(), LayoutError> {
        let manifest = self.manifest();
        if manifest.data_dir().is_none() || !self.may_meet() {
            return Ok(());
        }
        let mut seen = Seen::default();
        for dir in manifest.dirs() {
            let Some(place) = &self.dirs[dir.index as usize] else {
                continue;
            };
            let words = format!("the directory `{}`", manifest.dir_path(dir.index));
            if let Some(first) = seen.add(place, Kind::Dir, &words) {
                return Err(self.twice(roots, place, (first, words)));
            }
            for (file, _) in self.linked(&dir) {
                let member = format!("`{}`", manifest.file_path(&file));
                let place = place.join(file.name);
                if let Some(first) = seen.add(&place, Kind::Member, &member) {
                    return Err(self.twice(roots, &place, (first, member)));
                }
            }
        }
        let record = self.record_place();
        let written = self.generated.iter().map(|file| &file.place);
        let scripts = format!("{}/scripts", manifest.data_dir().unwrap_or_default());
        for place in written.chain([&record]) {
            let name = place.below(roots.base(DataScheme::Scripts));
            let script = name.map(|name| format!("{scripts}/{name}"));
            let words = match script.filter(|path| manifest.find(path).is_some()) {
                Some(path) => format!("`{path}`"),
                None => "what is written for it".to_owned(),
            };
            if let Some(first) = seen.add(place, Kind::Written, &words) {
                return Err(self.twice(roots, place, (first, words)));
            }
        }
        Ok(())
    }

    /// Tells whether two files of the wheel could go to one place, at little cost: one hash each.
    fn may_meet(&self) -> bool {
        let manifest = self.manifest();
        let mut spots = Spots::default();
        let record = self.record_place();
        let written = self.generated.iter().map(|file| &file.place);
        let written = written.chain([&record]).all(|place| spots.file(place, ""));
        let meets = |dir: DirEntry<'_>| {
            let Some(place) = &self.dirs[dir.index as usize] else {
                return false;
            };
            let mut files = self.linked(&dir);
            !spots.dir(place) || !files.all(|(file, _)| spots.file(place, file.name))
        };
        !written || manifest.dirs().any(meets)
    }

    fn record_place(&self) -> Place {
        self.site.join(self.entry()).join("RECORD")
    }

    fn twice(
        &self,
        roots: &Roots,
        place: &Place,
        (first, second): (String, String),
    ) -> LayoutError {
        LayoutError::Twice {
            name: self.name().clone(),
            wheel: self.manifest().file_name().to_owned(),
            path: roots.path(place),
            first,
            second,
        }
    }

    /// Writes launchers for entry points and rewrites the scripts of the wheel that need it.
    fn scripts(&mut self, rules: &LayoutRules<'_>) -> Result<(), LayoutError> {
        let base = rules.roots.base(DataScheme::Scripts);
        let text = self.manifest().entry_points();
        if !text.is_empty() {
            let points = EntryPoints::parse(text).map_err(|source| LayoutError::EntryPoints {
                name: self.name().clone(),
                source,
            })?;
            for point in &points.console {
                self.launcher((point, Surface::Console), base, rules)?;
            }
            for point in &points.gui {
                self.launcher((point, Surface::Windows), base, rules)?;
            }
        }
        let data = self
            .manifest()
            .data_schemes()
            .find(|(scheme, _)| *scheme == DataScheme::Scripts);
        if let Some(dir) = data.and_then(|(_, dir)| self.archive.manifest().dir(dir)) {
            let manifest = self.archive.manifest();
            for file in dir.files().filter_map(|index| manifest.file(index)) {
                self.script(&file, base, rules)?;
            }
        }
        Ok(())
    }

    fn launcher(
        &mut self,
        (point, surface): (&EntryPoint, Surface),
        base: &Place,
        rules: &LayoutRules<'_>,
    ) -> Result<(), LayoutError> {
        let failed = |source| LayoutError::Script {
            name: self.planned.pin.name.clone(),
            source,
        };
        launcher::check_script_name(&point.name).map_err(failed)?;
        let place = base.join(&match rules.starters {
            Some(_) => format!("{}.exe", point.name),
            None => launcher_file(&point.name),
        });
        if let Some(reason) = rules.roots.forbidden_file(&place, self.entry()) {
            return Err(self.forbidden(rules.roots, &place, reason));
        }
        // The same name may be a console and a gui script; the first one counts.
        if self.generated.iter().any(|file| file.place == place) {
            return Ok(());
        }
        let (name, module, attr) = (&point.name, &point.module, &point.attr);
        let bytes = match rules.starters {
            Some(starters) => launcher::body(name, module, attr)
                .map(|body| starters.program(surface, body.as_bytes())),
            None => launcher::launcher(rules.shebang, name, module, attr).map(String::into_bytes),
        };
        let bytes = bytes.map_err(failed)?;
        self.generated.push(Generated::script(place, bytes));
        Ok(())
    }

    /// Treats a file of `.data/scripts`: linked when it is ready to run, else written anew.
    fn script(
        &mut self,
        file: &FileEntry<'_>,
        base: &Place,
        rules: &LayoutRules<'_>,
    ) -> Result<(), LayoutError> {
        launcher::check_script_name(file.name).map_err(|source| LayoutError::Script {
            name: self.planned.pin.name.clone(),
            source,
        })?;
        let place = base.join(file.name);
        if self.generated.iter().any(|other| other.place == place) {
            // An entry point of the same name is the newer way to say the same.
            self.treatments.insert(file.index, Treatment::Drop);
            return Ok(());
        }
        let path = self.archive.path_of(file);
        let failed = |source| LayoutError::Read {
            name: self.planned.pin.name.clone(),
            path: path.clone(),
            source,
        };
        let rewritten = starts_with_python(&path).map_err(failed)?;
        if !rewritten && file.executable {
            return Ok(());
        }
        let relative = self.manifest().file_path(file);
        let bytes = self
            .archive
            .read(&relative)
            .map_err(failed)?
            .unwrap_or_default();
        let bytes = launcher::rewrite(&bytes, rules.shebang)
            .map_err(|source| LayoutError::Script {
                name: self.planned.pin.name.clone(),
                source,
            })?
            .unwrap_or(bytes);
        self.treatments.insert(file.index, Treatment::Drop);
        self.generated.push(Generated::script(place, bytes));
        Ok(())
    }

    /// Writes what an installer records (recording installed projects), and drops what a wheel
    /// has of it.
    fn metadata(&mut self, rules: &LayoutRules<'_>) {
        let manifest = self.archive.manifest();
        let dist_info = manifest
            .dirs()
            .find(|dir| dir.parent == Some(0) && dir.name == manifest.dist_info());
        let indices = dist_info.iter().flat_map(DirEntry::files);
        for file in indices.filter_map(|index| manifest.file(index)) {
            if OURS.contains(&file.name) {
                self.treatments.insert(file.index, Treatment::Drop);
            }
        }
        if !rules.installer_metadata {
            return;
        }
        let dir = self.site.join(self.entry());
        let mut write = |name: &str, bytes: Vec<u8>| {
            self.generated.push(Generated::text(dir.join(name), bytes));
        };
        write("INSTALLER", b"naja\n".to_vec());
        if self.planned.pin.requested {
            write("REQUESTED", Vec::new());
        }
        if let Some(direct) = direct_url(&self.planned.pin, self.archive) {
            write("direct_url.json", direct.to_json().into_bytes());
        }
        if let DistSource::Directory {
            fingerprint: Some(fingerprint),
            ..
        } = &self.planned.pin.source
        {
            let note = serde_json::json!({ "fingerprint": fingerprint });
            write(SOURCE_NOTE, note.to_string().into_bytes());
        }
    }
}

/// Gives each directory of the manifest its place. Parents come first.
fn place_dirs(manifest: &Manifest, roots: &Roots, site: &Place, name: &str) -> Vec<Option<Place>> {
    let mut dirs: Vec<Option<Place>> = Vec::with_capacity(manifest.dir_count() as usize);
    let mut data = None;
    for dir in manifest.dirs() {
        let place = match dir.parent {
            None => Some(site.clone()),
            Some(0) if manifest.data_dir() == Some(dir.name) => {
                data = Some(dir.index);
                None
            }
            Some(parent) if Some(parent) == data => {
                DataScheme::from_name(dir.name).map(|scheme| match scheme {
                    DataScheme::Headers => roots.base(scheme).join(name),
                    _ => roots.base(scheme).clone(),
                })
            }
            Some(parent) => dirs
                .get(parent as usize)
                .and_then(Option::as_ref)
                .map(|at| at.join(dir.name)),
        };
        dirs.push(place);
    }
    dirs
}

/// Describes where a distribution came from when that was not an index (PEP 610).
fn direct_url(pin: &Pin, archive: &Archive) -> Option<DirectUrl> {
    let url = pin.source.direct_url()?;
    match &pin.source {
        DistSource::LocalWheel { digests, .. } | DistSource::UrlWheel { digests, .. } => {
            let own = naja_spec::Digest::from(archive.id().0);
            let known: Vec<_> = digests
                .iter()
                .filter(|digest| digest.algorithm() != own.algorithm())
                .cloned()
                .chain([own.clone()])
                .collect();
            Some(DirectUrl::archive(url, &known))
        }
        DistSource::SourceArchive { digests, .. } => Some(DirectUrl::archive(url, digests)),
        DistSource::Directory { editable, .. } => Some(DirectUrl::directory(url, *editable)),
        DistSource::Git { git, commit, .. } => {
            let kind = DirectUrlKind::Vcs {
                vcs: "git".to_owned(),
                requested_revision: git.revision().map(str::to_owned),
                commit_id: commit.clone(),
            };
            let mut direct = DirectUrl::new(git.repository(), kind);
            direct.subdirectory = git.subdirectory().map(str::to_owned);
            Some(direct)
        }
        DistSource::Wheel(_) | DistSource::Sdist(_) | DistSource::Installed => None,
    }
}

fn launcher_file(name: &str) -> String {
    if cfg!(windows) {
        format!("{name}-script.py")
    } else {
        name.to_owned()
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0'])
}

fn starts_with_python(path: &std::path::Path) -> io::Result<bool> {
    let mut head = [0; 8];
    let mut file = File::open(path)?;
    match file.read_exact(&mut head) {
        Ok(()) => Ok(&head == b"#!python"),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
