//! Which paths belong to an installed distribution.

use std::path::PathBuf;

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
    let not_ours = || RemovalError::NotOurs {
        name: dist.name().clone(),
        path: dist.path(),
    };
    let site = roots
        .site(dist.site_dir())
        .filter(|_| dist.is_owned())
        .ok_or_else(not_ours)?;
    let mut owned = Owned::default();
    owned.trees.push(roots.shadow().join(dist.entry()));
    match dist.kind() {
        DistKind::DistInfo => dist_info(dist, roots, &site, unlisted, &mut owned, warnings)?,
        DistKind::EggInfoDirectory => egg_info(dist, roots, &site, &mut owned, warnings)?,
        DistKind::EggInfoFile => {
            return Err(RemovalError::Distutils {
                name: dist.name().clone(),
                path: dist.path(),
            });
        }
        DistKind::EggLink => egg_link(dist, roots, &site, &mut owned)?,
        DistKind::Egg => {
            owned.trees.push(site.join(dist.entry()));
            owned.edits.extend(without_pth_line(roots, &site, |line| {
                line.trim_start_matches("./") == dist.entry()
            }));
        }
    }
    Ok(owned)
}

fn dist_info(
    dist: &InstalledDist,
    roots: &Roots,
    site: &Place,
    unlisted: Unlisted,
    owned: &mut Owned,
    warnings: &mut Vec<ApplyWarning>,
) -> Result<(), RemovalError> {
    let record = dist.path().join("RECORD");
    let bytes = match read_limited(&record) {
        Ok(bytes) if !bytes.is_empty() => bytes,
        Ok(_) | Err(InstalledError::Missing { .. }) => match unlisted {
            Unlisted::RecordOnly => Vec::new(),
            Unlisted::Refuse => {
                return Err(RemovalError::NoRecord {
                    name: dist.name().clone(),
                    path: dist.path(),
                    installer: dist.installer(),
                });
            }
        },
        Err(source) => {
            return Err(RemovalError::Unreadable {
                name: dist.name().clone(),
                source,
            });
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    take_paths(dist, roots, site, recorded::paths(&text), owned, warnings);
    owned.trees.push(site.join(dist.entry()));
    Ok(())
}

/// Takes the paths of a list that is relative to `from`.
fn take_paths<'a>(
    dist: &InstalledDist,
    roots: &Roots,
    from: &Place,
    paths: impl Iterator<Item = std::borrow::Cow<'a, str>>,
    owned: &mut Owned,
    warnings: &mut Vec<ApplyWarning>,
) {
    for path in paths {
        let place = roots.locate_recorded(from, &path);
        let reason = match &place {
            None => Some("it lies outside of the environment"),
            Some(place) => roots.forbidden_file(place, dist.entry()),
        };
        match (place, reason) {
            (Some(place), None) => owned.files.push(place),
            (_, reason) => warnings.push(ApplyWarning::PathLeftAlone {
                name: dist.name().clone(),
                path: path.into_owned(),
                reason: reason.unwrap_or_default(),
            }),
        }
    }
}

/// `installed-files.txt`, relative to the `.egg-info` directory, as pip's legacy route wrote it.
fn egg_info(
    dist: &InstalledDist,
    roots: &Roots,
    site: &Place,
    owned: &mut Owned,
    warnings: &mut Vec<ApplyWarning>,
) -> Result<(), RemovalError> {
    let list = dist.path().join("installed-files.txt");
    let bytes = read_limited(&list).map_err(|source| match source {
        InstalledError::Missing { .. } => RemovalError::NoFileList {
            name: dist.name().clone(),
            path: dist.path(),
        },
        source => RemovalError::Unreadable {
            name: dist.name().clone(),
            source,
        },
    })?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(std::borrow::Cow::Borrowed);
    take_paths(
        dist,
        roots,
        &site.join(dist.entry()),
        lines,
        owned,
        warnings,
    );
    owned.trees.push(site.join(dist.entry()));
    Ok(())
}

/// The link itself and its line in `easy-install.pth`; the source tree stays.
fn egg_link(
    dist: &InstalledDist,
    roots: &Roots,
    site: &Place,
    owned: &mut Owned,
) -> Result<(), RemovalError> {
    let tree = dist.linked_tree().ok_or_else(|| RemovalError::NoFileList {
        name: dist.name().clone(),
        path: dist.path(),
    })?;
    owned.files.push(site.join(dist.entry()));
    owned.edits.extend(without_pth_line(roots, site, |line| {
        tree == std::path::Path::new(line)
    }));
    Ok(())
}

/// Computes `easy-install.pth` without the lines that match.
fn without_pth_line(
    roots: &Roots,
    site: &Place,
    matches: impl Fn(&str) -> bool,
) -> Option<(Place, Vec<u8>)> {
    let place = site.join("easy-install.pth");
    let bytes = read_limited(&roots.path(&place)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let kept: String = text
        .split_inclusive('\n')
        .filter(|line| !matches(line.trim()))
        .collect();
    (kept != text).then(|| (place, kept.into_bytes()))
}
