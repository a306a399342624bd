//! Which file of a version is taken, and why not another.

use std::sync::Arc;

use naja_spec::{
    BuildTag, Digest, FileRef, Mismatch, PackageName, ProjectStatus, TagRank, Tags, Version,
    VersionSpecifiers, WheelParts,
};
use rustc_hash::FxHashMap;

use crate::universe::Universe;
use crate::{Options, Problem, Reason};

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
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Verdict {
    /// The best file.
    pub(crate) clean: Option<FileAt>,
    /// The best file among those that were yanked.
    pub(crate) yanked: Option<FileAt>,
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

/// Compares the target's Python with `Requires-Python` texts, each once.
pub(crate) struct PythonGate {
    version: Version,
    open: bool,
    seen: FxHashMap<Box<str>, bool>,
}

impl PythonGate {
    pub(crate) fn new(problem: &Problem) -> Self {
        Self {
            // Like pip: a pre-release of Python counts as the release it leads to.
            version: problem.python_version.base(),
            open: problem.options.ignore_requires_python,
            seen: FxHashMap::default(),
        }
    }

    /// Returns whether the target's Python will do; a text nobody can read forbids nothing.
    pub(crate) fn admits_text(&mut self, text: &str) -> bool {
        if self.open {
            return true;
        }
        if let Some(answer) = self.seen.get(text) {
            return *answer;
        }
        let answer = VersionSpecifiers::parse_lenient(text)
            .map_or(true, |specifiers| specifiers.contains(&self.version));
        self.seen.insert(text.into(), answer);
        answer
    }

    /// Returns whether the target's Python will do.
    pub(crate) fn admits(&self, specifiers: &VersionSpecifiers) -> bool {
        self.open || specifiers.contains(&self.version)
    }
}

/// The rules for the files of one package.
#[derive(Clone, Debug)]
pub(crate) struct FileRules {
    tags: Arc<Tags>,
    cutoff: Option<i64>,
    no_build: bool,
    no_binary: bool,
    digests: Vec<Digest>,
    digests_required: bool,
}

impl FileRules {
    pub(crate) fn new(problem: &Problem, name: &PackageName) -> Self {
        let options: &Options = &problem.options;
        Self {
            tags: Arc::clone(&problem.tags),
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
        }
    }

    /// Looks for the best files of a version.
    pub(crate) fn judge(
        &self,
        universe: &Universe,
        number: u32,
        python: &mut PythonGate,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        if self.digests_required && self.digests.is_empty() {
            return verdict;
        }
        for (page, version) in universe.places(number) {
            let (mut clean, mut yanked) = (None, None);
            let page_of = &universe.pages()[page].page;
            if page_of.status() == ProjectStatus::Quarantined {
                continue;
            }
            for (file, entry) in page_of.files(version).enumerate() {
                if let Ok(rank) = self.rank(&entry, python) {
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
            verdict.clean = clean.map(|(_, _, at)| at);
            verdict.yanked = verdict.yanked.or(yanked.map(|(_, _, at)| at));
            if verdict.clean.is_some() {
                break;
            }
        }
        verdict
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
            let page = &universe.pages()[page].page;
            if page.status() == ProjectStatus::Quarantined {
                add(&mut reasons, Reason::Quarantined);
                continue;
            }
            for file in page.files(version) {
                match (self.rank(&file, python), file.yanked()) {
                    (Err(miss), _) => add(&mut reasons, self.word(miss, &file)),
                    (Ok(_), Some(why)) => add(&mut reasons, Reason::Yanked(why.to_owned())),
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
                Some(tags) if self.tags.mismatch(tags) == Some(Mismatch::Platform) => {
                    Reason::OtherPlatform(vec![tags.platform.to_owned()])
                }
                Some(tags) => Reason::OtherPython(vec![format!("{}-{}", tags.python, tags.abi)]),
            },
        }
    }

    /// Returns whether wheels of the package are not to be taken.
    pub(crate) fn forbids_wheels(&self) -> bool {
        self.no_binary
    }

    /// Ranks a file (wheels by tag and build number before sdists), or tells why it is not taken.
    fn rank(&self, file: &FileRef<'_>, python: &mut PythonGate) -> Result<Rank, Miss> {
        if let Some(cutoff) = self.cutoff {
            match file.upload_time() {
                None => return Err(Miss::NoTime),
                Some(time) if time >= cutoff => return Err(Miss::TooNew),
                Some(_) => {}
            }
        }
        let rank = match (file.is_wheel(), self.no_binary, self.no_build) {
            (true, true, _) => return Err(Miss::Binary),
            (true, false, _) => {
                let tags = file.wheel_tags().ok_or(Miss::Name)?;
                Some(self.tags.rank_tags(tags).ok_or(Miss::Tags)?)
            }
            (false, _, true) => return Err(Miss::Build),
            (false, _, false) => None,
        };
        if file
            .requires_python()
            .is_some_and(|text| !python.admits_text(text))
        {
            return Err(Miss::Python);
        }
        if !self.digests.is_empty() && !self.has_digest(file) {
            return Err(Miss::Digest);
        }
        Ok(rank)
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

/// How good a file is; sdists are worst.
type Rank = Option<TagRank>;

/// Compares two files; of wheels with equal tags the higher build number is better (PEP 427).
fn is_better(rank: Rank, file: &FileRef<'_>, old_rank: Rank, old: &FileRef<'_>) -> bool {
    let build = |file: &FileRef<'_>| {
        WheelParts::split(file.file_name())
            .ok()
            .and_then(|parts| parts.build)
            .and_then(BuildTag::parse)
    };
    rank > old_rank || (rank == old_rank && rank.is_some() && build(file) > build(old))
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
