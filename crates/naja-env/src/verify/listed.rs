//! The files that the distributions of an environment list.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use naja_spec::{Digest, PackageName, Sha256};
use rustc_hash::{FxHashMap, FxHashSet};

use super::finding::{Fault, Finding};
use crate::installed::{DistKind, Health, InstalledDist, read_limited};
use crate::recorded;
use crate::removal::{self, Unlisted};
use crate::roots::{Place, Roots};
use crate::state::EnvState;

/// One recorded file to look at.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) package: &'a PackageName,
    pub(super) path: PathBuf,
    pub(super) sha256: Option<Sha256>,
    pub(super) size: Option<u64>,
}

/// What all distributions together say.
#[derive(Debug, Default)]
pub(super) struct Listed<'a> {
    /// The files of the distributions that were asked about.
    pub(super) rows: Vec<Row<'a>>,
    /// How many distributions list each file.
    pub(super) files: FxHashMap<Place, u32>,
    /// The directories that hold a listed file, however deep.
    pub(super) dirs: FxHashSet<Place>,
    /// Directories that belong to a distribution with everything in them.
    pub(super) trees: FxHashSet<Place>,
    /// What is wrong with the lists themselves.
    pub(super) findings: Vec<Finding>,
    /// Distributions that have no list of files, as those of a system's own packages.
    pub(super) unlisted: Vec<PackageName>,
}

impl<'a> Listed<'a> {
    /// Reads the lists of all distributions; `only` says about which ones files are looked at.
    pub(super) fn read(
        state: &'a EnvState,
        roots: &Roots,
        only: Option<&BTreeSet<PackageName>>,
    ) -> Self {
        let mut listed = Self::default();
        let shadows = roots.path(&roots.shadow()).is_dir();
        for dist in state.dists().iter().filter(|dist| dist.is_owned()) {
            let asked = only.is_none_or(|only| only.contains(dist.name()));
            // What is not asked about matters only for finding what belongs to nobody.
            if !asked && only.is_some() {
                continue;
            }
            let Some(site) = roots.site(dist.site_dir()) else {
                continue;
            };
            match dist.kind() {
                DistKind::DistInfo => listed.dist_info(dist, roots, (&site, shadows)),
                _ => listed.older(dist, roots),
            }
        }
        listed
    }

    fn finding(&mut self, dist: &InstalledDist, file: &str) {
        self.findings.push(Finding {
            package: Some(dist.name().clone()),
            fault: Fault::HalfInstalled,
            path: dist.path().join(file),
        });
    }

    fn dist_info(
        &mut self,
        dist: &'a InstalledDist,
        roots: &Roots,
        (site, shadows): (&Place, bool),
    ) {
        self.tree(site.join(dist.entry()));
        match dist.health() {
            Health::Whole => {}
            Health::NoMetadata => self.finding(dist, "METADATA"),
            Health::NoRecord => self.finding(dist, "RECORD"),
            Health::BadDirectUrl => self.finding(dist, "direct_url.json"),
        }
        let bytes = read_limited(&dist.path().join("RECORD")).unwrap_or_default();
        if bytes.is_empty() {
            if dist.health() == Health::Whole {
                self.unlisted.push(dist.name().clone());
            }
            return;
        }
        let text = String::from_utf8_lossy(&bytes);
        for (path, behind) in recorded::rows(&text) {
            // Some tools list directories.
            if path.ends_with('/') {
                continue;
            }
            let Some(place) = roots.locate_recorded(site, &path) else {
                continue;
            };
            let shadow = roots.shadow_of(dist.entry(), &place);
            let aside = shadows && roots.path(&shadow).exists();
            let (digest, size) = recorded::digest_and_size(behind);
            self.rows.push(Row {
                package: dist.name(),
                path: roots.path(if aside { &shadow } else { &place }),
                sha256: digest.as_ref().and_then(Digest::as_sha256),
                size,
            });
            self.file(place);
        }
    }

    /// The forms without digests: what belongs to them is known, or it is not.
    fn older(&mut self, dist: &'a InstalledDist, roots: &Roots) {
        let Ok(owned) = removal::owned_by(dist, roots, Unlisted::RecordOnly, &mut Vec::new())
        else {
            self.unlisted.push(dist.name().clone());
            return;
        };
        for place in owned.files {
            self.rows.push(Row {
                package: dist.name(),
                path: roots.path(&place),
                sha256: None,
                size: None,
            });
            self.file(place);
        }
        for (place, _) in owned.edits {
            self.file(place);
        }
        for tree in owned.trees {
            self.tree(tree);
        }
    }

    fn file(&mut self, place: Place) {
        self.ancestors(&place);
        *self.files.entry(place).or_default() += 1;
    }

    fn tree(&mut self, place: Place) {
        self.ancestors(&place);
        self.trees.insert(place);
    }

    fn ancestors(&mut self, place: &Place) {
        let mut path = place.path.as_str();
        while let Some((parent, _)) = path.rsplit_once('/') {
            let parent_place = Place {
                root: place.root,
                path: parent.to_owned(),
            };
            if !self.dirs.insert(parent_place) {
                return;
            }
            path = parent;
        }
    }

    /// How many distributions list the file at a path.
    pub(super) fn listings(&self, roots: &Roots, path: &Path) -> u32 {
        let place = roots.locate(path);
        place
            .and_then(|place| self.files.get(&place).copied())
            .unwrap_or(0)
    }
}
