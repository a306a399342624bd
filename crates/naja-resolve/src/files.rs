//! Which file of a version is taken, and why not another.

use std::sync::Arc;

use naja_lock::IndexTag;
use naja_spec::{
    BuildTag, CoreMeta, Digest, FileRef, MarkerSet, Mismatch, PackageName, ProjectStatus, TagRank,
    Tags, VersionSpecifiers, WheelParts, WheelTags,
};

use crate::python::{Bound, PythonGate};
use crate::universe::Universe;
use crate::wheels::{self, Minors};
use crate::{Options, Problem, Reason, Target};

/// How many foreign tags an explanation needs.
const SAMPLES: usize = 3;

/// Where a file stands: page, version in the page, file of the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileAt {
    pub(crate) page: usize,
    pub(crate) version: usize,
    pub(crate) file: usize,
}

/// What became of the files of a version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// The best file.
    pub(crate) clean: Option<FileAt>,
    /// Whether that is a wheel.
    pub(crate) is_wheel: bool,
    /// The best file among those that were yanked.
    pub(crate) yanked: Option<FileAt>,
    /// Where there is a file that was not yanked although there is none for the whole region.
    pub(crate) elsewhere: Option<MarkerSet>,
    /// Whether it is the same in every region.
    pub(crate) settled: bool,
}

/// The wheels that can be taken.
#[derive(Clone, Debug)]
enum Platforms {
    /// Those with these tags, best first.
    Tags(Arc<Tags>),
    /// Those for these Pythons; where there are no sources, some for each of these environments.
    All(Minors, Arc<[MarkerSet]>),
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Miss {
    NoTime,
    TooNew,
    Python,
    Build,
    Binary,
    Tags,
    Digest,
    Name,
}

/// The rules for the files of one package.
#[derive(Clone, Debug)]
pub(crate) struct FileRules {
    platforms: Platforms,
    cutoff: Option<i64>,
    /// Other moments for some indexes; not where there is one for the package.
    cutoffs: Vec<(IndexTag, Option<i64>)>,
    no_build: bool,
    no_binary: bool,
    digests: Vec<Digest>,
    digests_required: bool,
    /// Where the pages of some indexes count.
    places: Vec<(IndexTag, MarkerSet)>,
}

impl FileRules {
    pub(crate) fn new(problem: &Problem, name: &PackageName) -> Self {
        let options: &Options = &problem.options;
        let by_index = options.exclude_newer_indexes.iter();
        let own = options.exclude_newer_packages.contains_key(name);
        Self {
            platforms: platforms(&problem.target),
            cutoffs: match own {
                true => Vec::new(),
                false => by_index.map(|(index, cutoff)| (*index, *cutoff)).collect(),
            },
            cutoff: options
                .exclude_newer_packages
                .get(name)
                .copied()
                .unwrap_or(options.exclude_newer),
            no_build: options.build.no_build.contains(name),
            no_binary: options.build.no_binary.contains(name),
            digests: problem
                .hashes
                .digests
                .get(name)
                .cloned()
                .unwrap_or_default(),
            digests_required: problem.hashes.required,
            places: places(problem, name),
        }
    }

    /// Returns whether the pages of an index count in a region.
    pub(crate) fn counts(&self, index: IndexTag, region: &MarkerSet) -> bool {
        let place = self.places.iter().find(|(known, _)| *known == index);
        place.is_none_or(|(_, place)| !place.is_disjoint(region))
    }

    /// Looks for the best files of a version in a region.
    pub(crate) fn judge(
        &self,
        universe: &Universe,
        number: u32,
        (python, region): (&mut PythonGate, &MarkerSet),
    ) -> Verdict {
        python.was_local();
        let verdict = self.judge_here(universe, number, (python, region));
        let needs_wheels =
            matches!(&self.platforms, Platforms::All(_, required) if !required.is_empty());
        Verdict {
            settled: !python.was_local() && !needs_wheels && self.places.is_empty(),
            ..verdict
        }
    }

    fn judge_here(
        &self,
        universe: &Universe,
        number: u32,
        (python, region): (&mut PythonGate, &MarkerSet),
    ) -> Verdict {
        let mut verdict = Verdict::default();
        if self.digests_required && self.digests.is_empty() {
            return verdict;
        }
        for (page, version) in universe.places(number) {
            let (mut clean, mut yanked) = (None, None);
            let mut later: Option<Bound> = None;
            let index = universe.pages()[page].index;
            if !self.counts(index, region) {
                continue;
            }
            let page_of = &universe.pages()[page].page;
            if page_of.status() == ProjectStatus::Quarantined {
                continue;
            }
            for (file, entry) in page_of.files(version).enumerate() {
                let rank = self.rank(&entry, index, python);
                if rank == Err(Miss::Python) && entry.yanked().is_none() {
                    let bound = bound_of(&entry);
                    later = bound
                        .filter(|bound| later.as_ref().is_none_or(|old| bound < old))
                        .or(later);
                }
                if let Ok(rank) = rank {
                    let best = if entry.yanked().is_none() {
                        &mut clean
                    } else {
                        &mut yanked
                    };
                    if best
                        .as_ref()
                        .is_none_or(|(old, other, _)| is_better(rank, &entry, *old, other))
                    {
                        *best = Some((
                            rank,
                            entry,
                            FileAt {
                                page,
                                version,
                                file,
                            },
                        ));
                    }
                }
            }
            if clean.is_some() && !self.serves_some((universe, page, version), python) {
                clean = None;
            } else if let (Some((_, _, _)), Some(lacking)) = (
                &clean,
                self.lacking((universe, page, version), (python, region)),
            ) {
                verdict.elsewhere.get_or_insert(lacking.not());
                clean = None;
            } else if let (None, Some(bound)) = (&clean, later) {
                verdict.elsewhere.get_or_insert(bound.set());
            }
            verdict.is_wheel = clean.is_some_and(|(rank, ..)| rank != Rank::Sdist);
            verdict.clean = clean.map(|(_, _, at)| at);
            verdict.yanked = verdict.yanked.or(yanked.map(|(_, _, at)| at));
            if verdict.clean.is_some() {
                break;
            }
        }
        verdict
    }

    /// Returns whether there is a source, or a wheel that is not for newer Pythons than those of the region:
    /// else the version works with newer ones only, whatever its `Requires-Python` says.
    fn serves_some(
        &self,
        (universe, page, version): (&Universe, usize, usize),
        python: &mut PythonGate,
    ) -> bool {
        if matches!(self.platforms, Platforms::Tags(_)) {
            return true;
        }
        let page = &universe.pages()[page];
        let is_for_all = |tags: WheelTags<'_>| tags.python.split('.').any(|python| python == "py3");
        let mut some = false;
        for file in page.page.files(version) {
            if file.yanked().is_some() || self.rank(&file, page.index, python).is_err() {
                continue;
            }
            match file.wheel_tags() {
                Some(tags) if !is_for_all(tags) => some = some || python.is_served_by(tags),
                _ => return true,
            }
        }
        some
    }

    /// Returns the first of the environments that need a wheel for which there is none, and no source.
    fn lacking(
        &self,
        (universe, page, version): (&Universe, usize, usize),
        (python, region): (&mut PythonGate, &MarkerSet),
    ) -> Option<MarkerSet> {
        let Platforms::All(_, required) = &self.platforms else {
            return None;
        };
        let mut open: Vec<MarkerSet> = required
            .iter()
            .map(|needed| needed.and(region))
            .filter(|needed| !needed.is_none())
            .collect();
        let page = &universe.pages()[page];
        for file in page.page.files(version) {
            if open.is_empty() {
                return None;
            }
            if file.yanked().is_some() || self.rank(&file, page.index, python).is_err() {
                continue;
            }
            let covered = file
                .wheel_tags()
                .map_or_else(MarkerSet::all, wheels::environments);
            open.retain(|needed| needed.is_disjoint(&covered));
        }
        open.into_iter().next()
    }

    /// Returns whether the metadata of a wheel may be read, whatever the wheel is for.
    pub(crate) fn tells(&self, file: &FileRef<'_>, index: IndexTag) -> bool {
        matches!(self.rank_of(file, index), Ok(_) | Err(Miss::Tags))
    }

    /// Returns whether a file is one that some environment may choose, whatever its Python.
    pub(crate) fn offers(&self, file: &FileRef<'_>, index: IndexTag) -> bool {
        self.rank_of(file, index).is_ok()
    }

    /// Collects why the files of a version are not taken; each reason once.
    pub(crate) fn reasons(
        &self,
        universe: &Universe,
        number: u32,
        python: &mut PythonGate,
    ) -> Vec<Reason> {
        if self.digests_required && self.digests.is_empty() {
            return vec![Reason::NoDigest];
        }
        let mut reasons = Vec::new();
        for (page, version) in universe.places(number) {
            let index = universe.pages()[page].index;
            let page = &universe.pages()[page].page;
            if page.status() == ProjectStatus::Quarantined {
                add(&mut reasons, Reason::Quarantined);
                continue;
            }
            for file in page.files(version) {
                match (self.rank(&file, index, python), file.yanked()) {
                    (Err(miss), _) => add(&mut reasons, self.word(miss, &file)),
                    (Ok(_), Some(why)) => add(&mut reasons, Reason::Yanked(why.to_owned())),
                    (Ok(Rank::Any(..)), None) => {
                        let tags = file.wheel_tags().filter(|tags| !python.is_served_by(*tags));
                        if let Some(tags) = tags {
                            add(&mut reasons, other_python(tags));
                        }
                    }
                    (Ok(_), None) => {}
                }
            }
        }
        if reasons.is_empty() {
            reasons.push(Reason::NoFiles);
        }
        reasons
    }

    /// Words why a file is not taken.
    fn word(&self, miss: Miss, file: &FileRef<'_>) -> Reason {
        match miss {
            Miss::NoTime => Reason::NoUploadTime,
            Miss::TooNew => Reason::TooNew,
            Miss::Python => {
                Reason::RequiresPython(file.requires_python().unwrap_or_default().to_owned())
            }
            Miss::Build => Reason::BuildForbidden,
            Miss::Binary => Reason::WheelsForbidden,
            Miss::Digest => Reason::OtherDigest,
            Miss::Name => Reason::NoFiles,
            Miss::Tags => match file.wheel_tags() {
                None => Reason::NoFiles,
                Some(tags) if self.is_other_platform(tags) => {
                    Reason::OtherPlatform(vec![tags.platform.to_owned()])
                }
                Some(tags) => other_python(tags),
            },
        }
    }

    /// Returns whether wheels of the package are not to be taken.
    pub(crate) fn forbids_wheels(&self) -> bool {
        self.no_binary
    }

    fn is_other_platform(&self, tags: WheelTags<'_>) -> bool {
        match &self.platforms {
            Platforms::Tags(own) => own.mismatch(tags) == Some(Mismatch::Platform),
            Platforms::All(..) => false,
        }
    }

    /// Ranks a file (wheels by tag and build number before sdists), or tells why it is not taken.
    fn rank(
        &self,
        file: &FileRef<'_>,
        index: IndexTag,
        python: &mut PythonGate,
    ) -> Result<Rank, Miss> {
        let rank = self.rank_of(file, index)?;
        match file.requires_python() {
            Some(text) if !python.admits_text(text) => Err(Miss::Python),
            _ => Ok(rank),
        }
    }

    /// Ranks a file as if every Python would do.
    fn rank_of(&self, file: &FileRef<'_>, index: IndexTag) -> Result<Rank, Miss> {
        let exception = self.cutoffs.iter().find(|(tag, _)| *tag == index);
        if let Some(cutoff) = exception.map_or(self.cutoff, |(_, cutoff)| *cutoff) {
            match file.upload_time() {
                None => return Err(Miss::NoTime),
                Some(time) if time >= cutoff => return Err(Miss::TooNew),
                Some(_) => {}
            }
        }
        let rank = match (file.is_wheel(), self.no_binary, self.no_build) {
            (true, true, _) => return Err(Miss::Binary),
            (true, false, _) => self.rank_wheel(file)?,
            (false, _, true) => return Err(Miss::Build),
            (false, _, false) => Rank::Sdist,
        };
        if !self.digests.is_empty() && !self.has_digest(file) {
            return Err(Miss::Digest);
        }
        Ok(rank)
    }

    fn rank_wheel(&self, file: &FileRef<'_>) -> Result<Rank, Miss> {
        let tags = file.wheel_tags().ok_or(Miss::Name)?;
        match &self.platforms {
            Platforms::Tags(own) => own.rank_tags(tags).map(Rank::Wheel).ok_or(Miss::Tags),
            Platforms::All(minors, _) if minors.served_by(tags) => {
                let told = !matches!(file.core_metadata(), CoreMeta::No);
                Ok(Rank::Any(told, wheels::plainness(tags)))
            }
            Platforms::All(..) => Err(Miss::Tags),
        }
    }

    /// Returns whether the file may be the one the user gave a digest of. A file without any digest
    /// of these kinds may be; it is compared when it has been fetched.
    fn has_digest(&self, file: &FileRef<'_>) -> bool {
        let mut comparable = false;
        for digest in file.digests() {
            if self.digests.contains(&digest) {
                return true;
            }
            comparable |= self
                .digests
                .iter()
                .any(|own| own.algorithm() == digest.algorithm());
        }
        !comparable
    }
}

/// How good a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It has to be built.
    Sdist,
    /// A wheel of which only the metadata counts: whether that is served apart, and how plain the wheel is.
    Any(bool, u8),
    /// A wheel for the target.
    Wheel(TagRank),
}

/// Where the pages of some indexes count for a package; for one environment everywhere or nowhere.
fn places(problem: &Problem, name: &PackageName) -> Vec<(IndexTag, MarkerSet)> {
    let places = problem.index_places.get(name).map(Vec::as_slice);
    let places = places.unwrap_or_default().iter().cloned();
    match &problem.target {
        Target::Universal(_) => places.collect(),
        Target::Exact(target) => places
            .map(
                |(index, place)| match place.evaluate(&target.environment, &[]) {
                    true => (index, MarkerSet::all()),
                    false => (index, MarkerSet::none()),
                },
            )
            .collect(),
    }
}

fn platforms(target: &Target) -> Platforms {
    match target {
        Target::Exact(target) => Platforms::Tags(Arc::clone(&target.tags)),
        Target::Universal(target) => {
            let floor = Bound::of(&target.requires_python);
            let minor = floor.map_or(0, |floor| match floor.version().major() {
                3 => floor.version().minor(),
                _ => 0,
            });
            let required = target.required.iter().map(MarkerSet::from_marker).collect();
            Platforms::All(Minors::from(minor), required)
        }
    }
}

fn other_python(tags: WheelTags<'_>) -> Reason {
    Reason::OtherPython(vec![format!("{}-{}", tags.python, tags.abi)])
}

fn bound_of(file: &FileRef<'_>) -> Option<Bound> {
    let specifiers = VersionSpecifiers::parse_lenient(file.requires_python()?).ok()?;
    Bound::of(&specifiers)
}

/// Compares two files; of wheels with equal tags the higher build number is better (PEP 427).
fn is_better(rank: Rank, file: &FileRef<'_>, old_rank: Rank, old: &FileRef<'_>) -> bool {
    let build = |file: &FileRef<'_>| {
        WheelParts::split(file.file_name())
            .ok()
            .and_then(|parts| parts.build)
            .and_then(BuildTag::parse)
    };
    rank > old_rank || (rank == old_rank && rank != Rank::Sdist && build(file) > build(old))
}

/// Adds a reason once; reasons about foreign tags are collected.
fn add(reasons: &mut Vec<Reason>, reason: Reason) {
    for known in reasons.iter_mut() {
        match (known, &reason) {
            (Reason::OtherPlatform(known), Reason::OtherPlatform(new))
            | (Reason::OtherPython(known), Reason::OtherPython(new)) => {
                for tag in new {
                    if known.len() < SAMPLES && !known.contains(tag) {
                        known.push(tag.clone());
                    }
                }
                return;
            }
            (known, new) if known == new => return,
            _ => {}
        }
    }
    reasons.push(reason);
}
