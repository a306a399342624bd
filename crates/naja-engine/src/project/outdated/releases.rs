//! What an index has of a package, for a project that is for more than one Python.

use std::collections::BTreeMap;

use naja_index::Pages;
use naja_project::settings::{ForkStrategy, Layer, Settings};
use naja_project::{AllowedFormats, FormatControl};
use naja_spec::{MarkerSet, PackageName, Version, VersionSpecifiers};
use serde::Serialize;

use super::blockers::Blocker;

/// The rules by which versions count.
pub(super) struct Rules<'a> {
    settings: &'a Settings,
    formats: FormatControl,
    /// The Pythons of the project.
    pub(super) pythons: &'a VersionSpecifiers,
}

/// A version that could be taken.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) version: Version,
    /// When its first file was published, in Unix milliseconds.
    pub(super) published: Option<i64>,
    /// What its files say about Pythons, each text once.
    pub(super) pythons: Vec<String>,
}

/// A version that is newer than the newest that counts, and why it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// The version.
    pub version: String,
    /// `yanked` or `pre-release`.
    pub why: &'static str,
}

/// Pythons of the project that a version is not for.
pub(super) struct OtherPythons {
    /// Whether it is for none of them, or may not be locked for some only.
    pub(super) is_for_none: bool,
    pub(super) blocker: Blocker,
}

/// What there is of a package, newest first.
pub(super) struct Releases {
    /// The newest that counts.
    pub(super) latest: Option<Release>,
    pub(super) passed_over: Vec<PassedOver>,
    /// Why versions were yanked.
    pub(super) yanked: BTreeMap<Version, String>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(settings: &'a Settings, pythons: &'a VersionSpecifiers) -> Self {
        Self {
            settings,
            formats: settings.format_control(),
            pythons,
        }
    }

    /// Sorts what the pages of a package list.
    pub(super) fn releases(&self, pages: &Pages) -> Releases {
        let mut found: BTreeMap<Version, (Release, bool)> = BTreeMap::new();
        let mut yanked: BTreeMap<Version, String> = BTreeMap::new();
        let formats = self.formats.allowed(&pages.name);
        let late = self.cutoff(&pages.name, true);
        for (_, page) in &pages.hits {
            for at in 0..page.versions() {
                let version = page.version(at);
                for file in page.files(at) {
                    let counts = match formats {
                        AllowedFormats::Both => true,
                        AllowedFormats::Wheels => file.is_wheel(),
                        AllowedFormats::Sdists => !file.is_wheel(),
                    };
                    let time = file.upload_time();
                    if !counts || late.is_some_and(|cutoff| time.is_none_or(|time| time >= cutoff))
                    {
                        continue;
                    }
                    let (release, is_whole) = found.entry(version.clone()).or_insert_with(|| {
                        let release = Release {
                            version: version.clone(),
                            published: time,
                            pythons: Vec::new(),
                        };
                        (release, false)
                    });
                    release.published = release.published.min(time);
                    let python = file.requires_python().unwrap_or_default().to_owned();
                    if !release.pythons.contains(&python) {
                        release.pythons.push(python);
                    }
                    match file.yanked() {
                        None => *is_whole = true,
                        Some(why) => {
                            yanked.insert(version.clone(), why.to_owned());
                        }
                    }
                }
            }
        }
        yanked.retain(|version, _| found.get(version).is_some_and(|(_, whole)| !whole));
        self.sorted(&pages.name, found, yanked)
    }

    fn sorted(
        &self,
        name: &PackageName,
        found: BTreeMap<Version, (Release, bool)>,
        yanked: BTreeMap<Version, String>,
    ) -> Releases {
        let whole = || found.values().filter(|(_, whole)| *whole);
        let finals = whole().any(|(release, _)| !release.version.is_prerelease());
        let mut passed_over = Vec::new();
        for (release, is_whole) in found.values().rev() {
            let why = if !is_whole {
                "yanked"
            } else if !self.settings.takes_version(name, &release.version, finals) {
                "pre-release"
            } else {
                return Releases {
                    latest: Some(release.clone()),
                    passed_over,
                    yanked,
                };
            };
            passed_over.push(PassedOver {
                version: release.version.to_string(),
                why,
            });
        }
        Releases {
            latest: None,
            passed_over,
            yanked,
        }
    }

    /// From when on what is published does not count: as the command line says, else as the configuration does.
    fn cutoff(&self, name: &PackageName, of_arguments: bool) -> Option<i64> {
        let given = |layer: Layer| (layer == Layer::Arguments) == of_arguments;
        let of_packages = &self.settings.exclude_newer_package;
        let own = of_packages
            .value
            .0
            .iter()
            .find(|(package, _)| package == name);
        let (cutoff, layer) = match own {
            Some((_, cutoff)) => (cutoff.as_ref(), of_packages.origin.layer),
            None => {
                let general = &self.settings.exclude_newer;
                (general.value.as_ref(), general.origin.layer)
            }
        };
        cutoff.filter(|_| given(layer)).map(|cutoff| cutoff.unix_ms)
    }

    /// The setting that leaves a version out because it is too new, in words.
    pub(super) fn too_new(&self, name: &PackageName, release: &Release) -> Option<String> {
        let cutoff = self.cutoff(name, false)?;
        let is_late = release.published.is_none_or(|time| time >= cutoff);
        let general = &self.settings.exclude_newer;
        let text = general.value.as_ref().map(|cutoff| cutoff.text.clone());
        is_late.then(|| text.unwrap_or_default())
    }

    /// What a version says about Pythons, if it is not for all of the project's.
    pub(super) fn other_pythons(&self, release: &Release) -> Option<OtherPythons> {
        let wanted = MarkerSet::from_requires_python(self.pythons);
        let taken = |text: &String| {
            let specifiers = VersionSpecifiers::parse_lenient(text).ok()?;
            Some(MarkerSet::from_requires_python(&specifiers))
        };
        // What nobody can read keeps nobody away.
        let sets: Option<Vec<MarkerSet>> = release.pythons.iter().map(taken).collect();
        let all = sets?.iter().fold(MarkerSet::none(), |all, set| all.or(set));
        let fits = wanted.implies(&all);
        let fewest = self.settings.fork_strategy.value == ForkStrategy::Fewest;
        (!fits).then(|| OtherPythons {
            is_for_none: fewest || wanted.is_disjoint(&all),
            blocker: Blocker::RequiresPython {
                needs: release.pythons.join(" or "),
                project: self.pythons.to_string(),
            },
        })
    }
}
