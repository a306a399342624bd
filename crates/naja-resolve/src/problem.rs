//! What is asked of the solver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use naja_lock::{IndexTag, Origin, ProjectPart};
use naja_spec::{
    CoreMetadata, Digest, Marker, MarkerEnvironment, MarkerSet, MarkerVariable, PackageName,
    Requirement, Tags, Version, VersionSpecifiers,
};

/// A requirement, constraint or override with the place it was written at.
#[derive(Clone, Debug)]
pub struct RootRequirement {
    /// The requirement.
    pub requirement: Requirement,
    /// Where it was written.
    pub origin: Origin,
    /// The extra or group of a project that the requirement belongs to, where conflicts may be declared for
    /// it ([`UniversalTarget::conflicts`]).
    pub part: Option<ProjectPart>,
}

impl RootRequirement {
    /// Makes one.
    #[must_use]
    pub fn new(requirement: Requirement, origin: Origin) -> Self {
        Self {
            requirement,
            origin,
            part: None,
        }
    }
}

/// What is resolved for.
#[derive(Clone, Debug)]
pub enum Target {
    /// One interpreter on one system.
    Exact(Box<ExactTarget>),
    /// Every system and every Python of a range, in one answer.
    Universal(Box<UniversalTarget>),
}

/// One interpreter on one system.
#[derive(Clone, Debug)]
pub struct ExactTarget {
    /// The values of the markers.
    pub environment: MarkerEnvironment,
    /// The wheels the target takes, best first.
    pub tags: Arc<Tags>,
    /// The full version of the target's Python, for `Requires-Python`.
    pub python_version: Version,
}

/// Every system and every Python of a range.
#[derive(Clone, Debug, Default)]
pub struct UniversalTarget {
    /// The Pythons. Of distributions, and here, only lower bounds are looked at: an upper bound says what
    /// was known when it was written, and splits answers for nothing.
    pub requires_python: VersionSpecifiers,
    /// The environments that count; empty for all. They are resolved one after the other.
    pub environments: Vec<Marker>,
    /// Environments for which a distribution without sources needs a wheel.
    pub required: Vec<Marker>,
    /// Parts of projects that are never asked for together.
    pub conflicts: Vec<ConflictSet>,
    /// Whether more Pythons are a reason to have more versions.
    pub fork_strategy: ForkStrategy,
}

/// How many versions of one package a universal resolution takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForkStrategy {
    /// The best version for every range of Pythons.
    #[default]
    RequiresPython,
    /// One version for all, even if it is an older one.
    Fewest,
}

/// Parts of which at most one is asked for at a time.
pub type ConflictSet = Vec<ProjectPart>;

/// Metadata that the user gives instead of what a distribution says.
#[derive(Clone, Debug)]
pub struct MetadataOverride {
    /// The version it is for; `None` for all.
    pub version: Option<Version>,
    /// The metadata.
    pub metadata: Arc<CoreMetadata>,
}

/// Some, all or no packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PackageSet {
    /// No package.
    #[default]
    None,
    /// Every package.
    All,
    /// The packages with these names.
    Only(BTreeSet<PackageName>),
    /// Every package but these.
    AllExcept(BTreeSet<PackageName>),
}

impl PackageSet {
    /// Returns whether the name belongs to the set.
    #[must_use]
    pub fn contains(&self, name: &PackageName) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.contains(name),
            Self::AllExcept(names) => !names.contains(name),
        }
    }
}

/// Which of several acceptable versions is tried first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resolution {
    /// The highest of every package.
    #[default]
    Highest,
    /// The lowest of every package.
    Lowest,
    /// The lowest of what the user named, the highest of the rest.
    LowestDirect,
}

/// When pre-releases are acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prerelease {
    /// Never.
    Disallow,
    /// Always, and on a par with final versions.
    Allow,
    /// After final versions: where a requirement mentions one, where requirements match no final version,
    /// and where there is no answer without.
    #[default]
    IfNecessary,
    /// After final versions, where a requirement of the user mentions one.
    Explicit,
}

/// What counts among several indexes when more than one page was handed in for a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexOrder {
    /// The best version of all pages; equal versions come from the earlier page.
    #[default]
    BestVersion,
    /// Every version of an earlier page before any of a later one.
    EarlierPageFirst,
}

/// Which distributions may be built and which may be used ready-made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildPolicy {
    /// Packages whose source distributions are ignored (`--no-build`, `--only-binary`).
    pub no_build: PackageSet,
    /// Packages whose wheels are ignored (`--no-binary`).
    pub no_binary: PackageSet,
}

/// The rules of a resolution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which acceptable version is tried first.
    pub resolution: Resolution,
    /// When pre-releases are acceptable.
    pub prerelease: Prerelease,
    /// Exceptions from that, by package.
    pub prerelease_packages: BTreeMap<PackageName, Prerelease>,
    /// Files uploaded at or after this moment do not exist (milliseconds since the Unix epoch);
    /// nor do files whose index gives no upload time.
    pub exclude_newer: Option<i64>,
    /// Exceptions from that, by package; `None` switches the rule off.
    pub exclude_newer_packages: BTreeMap<PackageName, Option<i64>>,
    /// Exceptions from it, by index; those by package come first.
    pub exclude_newer_indexes: BTreeMap<IndexTag, Option<i64>>,
    /// Takes only what the user named (`--no-deps`).
    pub no_deps: bool,
    /// What may be built and what may be used ready-made.
    pub build: BuildPolicy,
    /// Takes distributions that say they do not work with the target's Python.
    pub ignore_requires_python: bool,
    /// Prefers an older version with a wheel to a newer one that has to be built.
    pub prefer_binary: bool,
    /// What counts among several pages of one package.
    pub index_order: IndexOrder,
    /// Fills [`naja_lock::Pin::file_hashes`].
    pub collect_hashes: bool,
    /// Fills [`naja_lock::Pin::files`]: for one interpreter with the files that it can use.
    pub collect_files: bool,
}

/// A version to be tried first: what an earlier answer had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// The version.
    pub version: Version,
    /// The digests the earlier answer gave; empty if it gave none.
    pub hashes: Vec<Digest>,
    /// The targets it was for; `None` for all.
    pub marker: Option<Marker>,
}

impl Preference {
    /// What an earlier answer for many environments had where a marker holds. Which extras and groups it was for does
    /// not matter: the same version will do for others.
    #[must_use]
    pub fn earlier(version: Version, marker: Option<&Marker>) -> Self {
        let anyway = |marker: &Marker| {
            let is_of_parts =
                marker.mentions_extra() || marker.mentions(MarkerVariable::DependencyGroups);
            match is_of_parts {
                true => MarkerSet::from_marker(marker).without_extras().to_marker(),
                false => Some(marker.clone()),
            }
        };
        Self {
            version,
            hashes: Vec::new(),
            marker: marker.and_then(anyway),
        }
    }
}

/// A distribution that is installed and that may stay.
///
/// Whoever fills the problem leaves out what must not stay (for example under `--reinstall`).
#[derive(Clone, Debug)]
pub struct InstalledCandidate {
    /// The version.
    pub version: Version,
    /// The metadata, if it was read already; else the solver asks [`Query::Installed`](crate::Query::Installed)
    /// when it needs it.
    pub metadata: Option<Arc<CoreMetadata>>,
    /// The direct reference (PEP 610) it was installed from, as text without secrets. A requirement with
    /// exactly this address is then met by what is installed.
    pub direct_url: Option<String>,
}

/// What is to be replaced by newer versions although it could stay.
pub type Upgrade = PackageSet;

/// What has to have a known digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HashPolicy {
    /// The digests the user gave, by package; any of them will do.
    pub digests: BTreeMap<PackageName, Vec<Digest>>,
    /// Refuses every package for which no digest was given (`--require-hashes`).
    pub required: bool,
}

/// Everything the solver has to know beforehand.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What has to be there.
    pub roots: Vec<RootRequirement>,
    /// What narrows packages that are asked for by others (`-c`).
    pub constraints: Vec<RootRequirement>,
    /// What replaces every requirement on the same name (`--overrides`).
    pub overrides: Vec<RootRequirement>,
    /// Names that are dropped from every list of requirements (`--excludes`).
    pub excludes: BTreeSet<PackageName>,
    /// What is there already and is not installed, with its version: projects that are no packages. Whoever
    /// asks for one needs that version, and nothing else comes of it.
    pub projects: BTreeMap<PackageName, Version>,
    /// What is resolved for.
    pub target: Target,
    /// Metadata that the user gives by hand, by package; nothing is asked for it.
    pub metadata_overrides: BTreeMap<PackageName, Vec<MetadataOverride>>,
    /// The rules.
    pub options: Options,
    /// What an earlier answer had, by package.
    pub preferences: BTreeMap<PackageName, Vec<Preference>>,
    /// What is installed and may stay, by package.
    pub installed: BTreeMap<PackageName, InstalledCandidate>,
    /// What has to have a known digest.
    pub hashes: HashPolicy,
    /// What is to be replaced by newer versions although it could stay.
    pub upgrade: Upgrade,
    /// Packages that come from different indexes in different environments: where the pages of each
    /// index count. Pages of others count everywhere.
    pub index_places: BTreeMap<PackageName, Vec<(IndexTag, MarkerSet)>>,
    /// Names that will probably be needed; used only to ask early.
    pub hints: Vec<PackageName>,
}

impl Problem {
    /// Makes a problem without requirements, for one interpreter.
    #[must_use]
    pub fn new(environment: MarkerEnvironment, tags: Arc<Tags>) -> Self {
        let python_version = environment.python_full_version.clone();
        Self::for_target(Target::Exact(Box::new(ExactTarget {
            environment,
            tags,
            python_version,
        })))
    }

    /// Makes a problem without requirements, for all systems and a range of Pythons.
    #[must_use]
    pub fn universal(target: UniversalTarget) -> Self {
        Self::for_target(Target::Universal(Box::new(target)))
    }

    /// Makes a problem without requirements.
    #[must_use]
    pub fn for_target(target: Target) -> Self {
        Self {
            roots: Vec::new(),
            constraints: Vec::new(),
            overrides: Vec::new(),
            excludes: BTreeSet::new(),
            projects: BTreeMap::new(),
            target,
            metadata_overrides: BTreeMap::new(),
            options: Options::default(),
            preferences: BTreeMap::new(),
            installed: BTreeMap::new(),
            hashes: HashPolicy::default(),
            upgrade: Upgrade::None,
            index_places: BTreeMap::new(),
            hints: Vec::new(),
        }
    }

    /// Returns the one interpreter the problem is for, if it is for one.
    #[must_use]
    pub fn exact(&self) -> Option<&ExactTarget> {
        match &self.target {
            Target::Exact(target) => Some(target),
            Target::Universal(_) => None,
        }
    }
}
