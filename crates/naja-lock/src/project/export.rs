//! What other tools install: the lock of a project in forms that say nothing of projects and their parts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use naja_spec::{Marker, MarkerSet, PackageName};

use super::{MemberChoice, Place, ProjectLock, Ways};
use crate::pylock::{FilePlace, LockedFile, LockedPackage, LockedSource, SelectError};
use crate::text::{IndexLines, head};
use crate::{PartKind, Pylock};

/// What is taken out of a lock.
pub struct Export<'a> {
    /// The lock.
    pub lock: &'a ProjectLock,
    /// What is wanted, and who asks for it; more than what is shown.
    pub ways: Ways<'a>,
    /// The entries that are shown, in the order of the file, with the environments they are for.
    pub entries: Vec<(usize, Option<Marker>)>,
}

/// How an export as requirements looks.
#[derive(Clone, Debug, Default)]
pub struct RequirementsForm {
    /// The command line for the header; `None` leaves the header out.
    pub header: Option<String>,
    /// Tells who asks for each package.
    pub annotate: bool,
    /// Writes a `--hash` for each file.
    pub hashes: bool,
    /// What the project is called where it asks, if not by its name: a script by its file.
    pub called: Option<String>,
    /// The option lines at the top.
    pub index_lines: IndexLines,
}

impl ProjectLock {
    /// Takes out what these parts want: everything but what is below `pruned` alone, and of that what `shown`
    /// lets pass.
    ///
    /// # Errors
    /// There is no such part, or the parts are in conflict with each other.
    pub fn export<'a>(
        &'a self,
        choices: &[MemberChoice],
        pruned: &'a [PackageName],
        shown: &dyn Fn(&LockedPackage) -> bool,
    ) -> Result<Export<'a>, SelectError> {
        let ways = self.ways(choices, pruned)?;
        let assumed = self.environments();
        let mut by_name: BTreeMap<&PackageName, MarkerSet> = BTreeMap::new();
        let mut entries = Vec::new();
        for (place, set) in &ways.wanted {
            let Place::Entry(at) = place else { continue };
            let package = &self.file.packages[*at];
            if pruned.contains(&package.name) {
                continue;
            }
            let known = by_name.entry(&package.name).or_insert_with(MarkerSet::none);
            if !known.is_disjoint(set) {
                return Err(SelectError::Ambiguous(package.name.clone()));
            }
            *known = known.or(set);
            if shown(package) {
                entries.push((*at, set.simplify(&assumed).to_marker()));
            }
        }
        Ok(Export {
            lock: self,
            ways,
            entries,
        })
    }
}

impl Export<'_> {
    /// Makes a lock file that holds nothing but what is shown: the standard's keys only.
    ///
    /// Paths are written for a file that is in the directory from which `to_root` leads to that of the lock;
    /// an empty text if it is the same.
    #[must_use]
    pub fn pylock(&self, to_root: &str, is_editable: &dyn Fn(&PackageName) -> bool) -> Pylock {
        let file = &self.lock.file;
        let packages = self.entries.iter().map(|(at, marker)| {
            let mut package = file.packages[*at].clone();
            package.marker.clone_from(marker);
            package.tool = None;
            match &mut package.source {
                LockedSource::Directory { path, editable, .. } => {
                    *path = rebased(path, to_root);
                    *editable &= is_editable(&package.name);
                }
                LockedSource::Archive { file, .. } => rebase_file(file, to_root),
                LockedSource::Files { sdist, wheels } => {
                    for file in sdist.iter_mut().chain(wheels) {
                        rebase_file(file, to_root);
                    }
                }
                LockedSource::Vcs { place, .. } => {
                    if let FilePlace::Path(path) = place {
                        *path = rebased(path, to_root);
                    }
                }
            }
            package
        });
        Pylock {
            lock_version: file.lock_version.clone(),
            environments: file.environments.clone(),
            requires_python: file.requires_python.clone(),
            created_by: "naja".to_owned(),
            packages: packages.collect(),
            ..Pylock::default()
        }
    }

    /// Writes a requirements file of exact pins. Paths are relative to the directory of the lock.
    #[must_use]
    pub fn requirements(
        &self,
        form: &RequirementsForm,
        is_editable: &dyn Fn(&PackageName) -> bool,
    ) -> String {
        let mut out = head(form.header.as_deref(), &form.index_lines);
        let askers = match form.annotate {
            true => self.askers(form.called.as_deref()),
            false => BTreeMap::new(),
        };
        let mut entries: Vec<_> = self.entries.iter().collect();
        // What is a directory comes first, as where others stand who write such files.
        entries.sort_by_key(|(at, _)| {
            let is_directory = matches!(
                self.lock.file.packages[*at].source,
                LockedSource::Directory { .. }
            );
            !is_directory
        });
        for (at, marker) in entries {
            let package = &self.lock.file.packages[*at];
            out.push_str(&line(package, is_editable(&package.name)));
            if let Some(marker) = marker {
                let _ = write!(out, " ; {}", marker.lockstyle());
            }
            for hash in hashes(package).iter().filter(|_| form.hashes) {
                let _ = write!(out, " \\\n    --hash={hash}");
            }
            out.push('\n');
            if let Some(askers) = askers.get(&Place::Entry(*at)) {
                annotate(&mut out, askers);
            }
        }
        out
    }

    /// The entries that are shown and have no files whose hashes could be checked.
    pub fn without_hashes(&self) -> impl Iterator<Item = &PackageName> {
        let packages = self
            .entries
            .iter()
            .map(|(at, _)| &self.lock.file.packages[*at]);
        packages
            .filter(|package| hashes(package).is_empty())
            .map(|package| &package.name)
    }

    /// Who asks for each place, in words.
    fn askers(&self, called: Option<&str>) -> BTreeMap<Place, BTreeSet<String>> {
        let mut askers: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
        for way in &self.ways.ways {
            let from = self.lock.name_at(way.from);
            if way.from == way.to {
                continue;
            }
            let is_project = self.lock.inputs.member(from).is_some();
            let words = match &way.part {
                PartKind::Extra(name) if is_project => format!("{from} (extra: {name})"),
                PartKind::Group(name) => format!("{from} (group: {name})"),
                _ if is_project => called.unwrap_or(from.as_str()).to_owned(),
                _ => from.to_string(),
            };
            askers.entry(way.to).or_default().insert(words);
        }
        askers
    }
}

fn annotate(out: &mut String, askers: &BTreeSet<String>) {
    if askers.len() == 1 {
        for asker in askers {
            let _ = writeln!(out, "    # via {asker}");
        }
        return;
    }
    out.push_str("    # via\n");
    for asker in askers {
        let _ = writeln!(out, "    #   {asker}");
    }
}

/// The requirement that asks for exactly this entry.
fn line(package: &LockedPackage, is_editable: bool) -> String {
    let name = &package.name;
    let with_subdirectory = |address: String, subdirectory: &Option<String>| match subdirectory {
        None => address,
        Some(part) => format!("{address}#subdirectory={part}"),
    };
    match &package.source {
        LockedSource::Files { .. } => match &package.version {
            Some(version) => format!("{name}=={version}"),
            None => name.to_string(),
        },
        LockedSource::Archive { file, subdirectory } => match &file.place {
            FilePlace::Url(url) => {
                let url = url.without_credentials().with_secrets().to_owned();
                format!("{name} @ {}", with_subdirectory(url, subdirectory))
            }
            FilePlace::Path(path) => with_subdirectory(as_path(path), subdirectory),
        },
        LockedSource::Directory {
            path,
            editable,
            subdirectory,
        } => {
            let path = with_subdirectory(as_path(path), subdirectory);
            match *editable && is_editable {
                true => format!("-e {path}"),
                false => path,
            }
        }
        LockedSource::Vcs {
            kind,
            place,
            commit_id,
            subdirectory,
            ..
        } => {
            let place = match place {
                FilePlace::Url(url) => url.without_credentials().with_secrets().to_owned(),
                FilePlace::Path(path) => as_path(path),
            };
            let address = format!("{kind}+{place}@{commit_id}");
            format!("{name} @ {}", with_subdirectory(address, subdirectory))
        }
    }
}

/// A path as requirements have it: one that cannot be taken for a name.
fn as_path(path: &str) -> String {
    let is_clear = path.starts_with(['.', '/', '\\']) || path.contains(':');
    match is_clear {
        true => path.to_owned(),
        false => format!("./{path}"),
    }
}

/// The hashes of all files of an entry.
fn hashes(package: &LockedPackage) -> BTreeSet<String> {
    let files: Vec<&LockedFile> = match &package.source {
        LockedSource::Files { sdist, wheels } => sdist.iter().chain(wheels).collect(),
        LockedSource::Archive { file, .. } => vec![file],
        LockedSource::Directory { .. } | LockedSource::Vcs { .. } => Vec::new(),
    };
    let hashes = files.into_iter().flat_map(|file| &file.hashes);
    hashes.map(ToString::to_string).collect()
}

fn rebase_file(file: &mut LockedFile, to_root: &str) {
    if let FilePlace::Path(path) = &mut file.place {
        *path = rebased(path, to_root);
    }
}

/// A path of the lock, as seen from elsewhere.
fn rebased(path: &str, to_root: &str) -> String {
    let is_absolute = path.starts_with(['/', '\\']) || path.contains(':');
    match (to_root, path) {
        ("", _) => path.to_owned(),
        _ if is_absolute => path.to_owned(),
        (_, ".") => to_root.to_owned(),
        _ => format!("{to_root}/{path}"),
    }
}
