//! Which paths belong to an installed distribution.

use std::path::{Path, PathBuf};

use naja_spec::PackageName;

use crate::apply::ApplyWarning;
use crate::installed::{DistKind, InstalledDist, InstalledError, read_limited};
use crate::recorded;
use crate::roots::{Place, Roots};

/// Why a distribution cannot be removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemovalError {
    /// There is no RECORD, so nobody knows which files belong to it (PEP 627).
    #[error("remove {name}: `{}` has no RECORD", path.display())]
    NoRecord {
        /// The distribution.
        name: PackageName,
        /// Its `.dist-info` directory.
        path: PathBuf,
        /// The tool that installed it, where it says so.
        installer: Option<String>,
    },
    /// Its RECORD is not one: nobody knows which files belong to it.
    #[error("remove {name}: `{}` {reason}", path.display())]
    BadRecord {
        /// The distribution.
        name: PackageName,
        /// Its RECORD.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It was installed by distutils, which kept no list of files.
    #[error("remove {name}: distutils installed it and kept no list of its files")]
    Distutils {
        /// The distribution.
        name: PackageName,
        /// Its record.
        path: PathBuf,
    },
    /// It is in one of the older forms and has no list of files.
    #[error("remove {name}: `{}` has no list of its files", path.display())]
    NoFileList {
        /// The distribution.
        name: PackageName,
        /// Its record.
        path: PathBuf,
    },
    /// It lies in the base installation or in a directory that is not the environment's.
    #[error("remove {name}: `{}` does not belong to this environment", path.display())]
    NotOurs {
        /// The distribution.
        name: PackageName,
        /// Its record.
        path: PathBuf,
    },
    /// Its list of files cannot be read.
    #[error("remove {name}")]
    Unreadable {
        /// The distribution.
        name: PackageName,
        /// The file and what is wrong with it.
        #[source]
        source: InstalledError,
    },
}

/// The paths of one distribution.
#[derive(Debug, Default)]
pub(crate) struct Owned {
    /// Single files, wherever they are.
    pub(crate) files: Vec<Place>,
    /// Directories that belong to it with everything in them.
    pub(crate) trees: Vec<Place>,
    /// Files that stay with other contents.
    pub(crate) edits: Vec<(Place, Vec<u8>)>,
}

/// Says what happens to a distribution whose list of files is missing or unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unlisted {
    /// It is refused: removing a part would leave the rest to nobody.
    Refuse,
    /// Only its record goes; a new version is put over its files.
    RecordOnly,
}

/// Finds the paths that go with a distribution. Nothing is read through RECORD: its paths are
/// only compared with the environment's roots.
pub(crate) fn owned_by(
    dist: &InstalledDist,
    roots: &Roots,
    unlisted: Unlisted,
    warnings: &mut Vec<ApplyWarning>,
) -> Result<Owned, RemovalError> {
    let site = roots
        .site(dist.site_dir())
        .filter(|_| dist.is_owned())
        .ok_or_else(|| RemovalError::NotOurs {
            name: dist.name().clone(),
            path: dist.path(),
        })?;
    let mut finder = Finder {
        dist,
        roots,
        site,
        owned: Owned::default(),
        warnings,
    };
    finder.owned.trees.push(roots.shadow().join(dist.entry()));
    match dist.kind() {
        DistKind::DistInfo => finder.dist_info(unlisted)?,
        DistKind::EggInfoDirectory => finder.egg_info()?,
        DistKind::EggInfoFile => {
            return Err(RemovalError::Distutils {
                name: dist.name().clone(),
                path: dist.path(),
            });
        }
        DistKind::EggLink => finder.egg_link()?,
        DistKind::Egg => finder.egg(),
    }
    Ok(finder.owned)
}

/// Collects the paths of one distribution.
struct Finder<'a> {
    dist: &'a InstalledDist,
    roots: &'a Roots,
    site: Place,
    owned: Owned,
    warnings: &'a mut Vec<ApplyWarning>,
}

impl Finder<'_> {
    fn record(&self) -> Place {
        self.site.join(self.dist.entry())
    }

    fn no_list(&self) -> RemovalError {
        RemovalError::NoFileList {
            name: self.dist.name().clone(),
            path: self.dist.path(),
        }
    }

    fn unreadable(&self, source: InstalledError) -> RemovalError {
        RemovalError::Unreadable {
            name: self.dist.name().clone(),
            source,
        }
    }

    /// RECORD, and everything in the `.dist-info` directory.
    fn dist_info(&mut self, unlisted: Unlisted) -> Result<(), RemovalError> {
        let bytes = match read_limited(&self.dist.path().join("RECORD")) {
            Ok(bytes) if !bytes.is_empty() => bytes,
            Ok(_) | Err(InstalledError::Missing { .. }) => match unlisted {
                Unlisted::RecordOnly => Vec::new(),
                Unlisted::Refuse => {
                    return Err(RemovalError::NoRecord {
                        name: self.dist.name().clone(),
                        path: self.dist.path(),
                        installer: self.dist.installer(),
                    });
                }
            },
            Err(source) => return Err(self.unreadable(source)),
        };
        let text = String::from_utf8_lossy(&bytes);
        let site = self.site.clone();
        let paths = match (self.record_fault(&text), unlisted) {
            (None, _) => recorded::paths(&text),
            (Some(_), Unlisted::RecordOnly) => recorded::paths(""),
            (Some(reason), Unlisted::Refuse) => {
                return Err(RemovalError::BadRecord {
                    name: self.dist.name().clone(),
                    path: self.dist.path().join("RECORD"),
                    reason,
                });
            }
        };
        for path in paths {
            self.take(&site, &path);
        }
        self.owned.trees.push(self.record());
        Ok(())
    }

    /// Says why a text is not the RECORD of this distribution. What other tools write is read
    /// leniently, but to remove by a text that lists nothing of the distribution would leave its
    /// files to nobody.
    fn record_fault(&self, text: &str) -> Option<&'static str> {
        if text.contains('\0') {
            return Some("is not a list of files");
        }
        let own = self.record();
        let lists_itself = recorded::paths(text)
            .filter_map(|path| self.roots.locate_recorded(&self.site, &path))
            .any(|place| place.below(&own).is_some_and(|rest| !rest.is_empty()));
        (!text.is_empty() && !lists_itself).then_some("lists no file of its own directory")
    }

    /// Takes one path of a list that is relative to `from`.
    fn take(&mut self, from: &Place, path: &str) {
        let place = self.roots.locate_recorded(from, path);
        let reason = match &place {
            None => Some("it lies outside of the environment"),
            Some(place) => self.roots.forbidden_file(place, self.dist.entry()),
        };
        match (place, reason) {
            (Some(place), None) => self.owned.files.push(place),
            (_, reason) => self.warnings.push(ApplyWarning::PathLeftAlone {
                name: self.dist.name().clone(),
                path: path.to_owned(),
                reason: reason.unwrap_or_default(),
            }),
        }
    }

    /// `installed-files.txt`, relative to the `.egg-info` directory, as pip's old route wrote it.
    fn egg_info(&mut self) -> Result<(), RemovalError> {
        let list = self.dist.path().join("installed-files.txt");
        let bytes = read_limited(&list).map_err(|source| match source {
            InstalledError::Missing { .. } => self.no_list(),
            source => self.unreadable(source),
        })?;
        let text = String::from_utf8_lossy(&bytes);
        let record = self.record();
        for line in text.lines().filter(|line| !line.is_empty()) {
            self.take(&record, line);
        }
        self.owned.trees.push(record);
        Ok(())
    }

    /// The link itself and its line in `easy-install.pth`; the source tree stays.
    fn egg_link(&mut self) -> Result<(), RemovalError> {
        let tree = self.dist.linked_tree().ok_or_else(|| self.no_list())?;
        self.owned.files.push(self.record());
        self.without_pth_line(|line| tree == Path::new(line));
        Ok(())
    }

    /// The whole egg and its line in `easy-install.pth`.
    fn egg(&mut self) {
        self.owned.trees.push(self.record());
        let entry = self.dist.entry();
        self.without_pth_line(|line| line.trim_start_matches("./") == entry);
    }

    /// Edits `easy-install.pth` so that the lines that match are gone.
    fn without_pth_line(&mut self, matches: impl Fn(&str) -> bool) {
        let place = self.site.join("easy-install.pth");
        let text = read_limited(&self.roots.path(&place))
            .ok()
            .map(String::from_utf8);
        let Some(Ok(text)) = text else { return };
        let lines = text.split_inclusive('\n');
        let kept: String = lines.filter(|line| !matches(line.trim())).collect();
        if kept != text {
            self.owned.edits.push((place, kept.into_bytes()));
        }
    }
}
