//! What has to change: pure functions from facts to an [`EnvPlan`].

use std::collections::BTreeSet;

use naja_lock::{DistSource, Pin, Selection};
use naja_spec::{Digest, DirectUrl, DirectUrlKind, GitUrl, PackageName, SafeUrl};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::installed::{Health, InstalledDist};
use crate::state::{EnvFingerprint, EnvState};

/// Tells whether an installed distribution is what a pin asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Satisfied,
    /// It has another version.
    OtherVersion,
    /// It came from somewhere else: an index instead of an address, another address, commit or
    /// subdirectory, editable or not.
    OtherSource,
    /// It came from the same address with other contents.
    OtherContents,
    /// Its record is not whole.
    Broken(Health),
}

impl Verdict {
    /// Returns true for [`Verdict::Satisfied`].
    #[must_use]
    pub fn is_satisfied(self) -> bool {
        self == Self::Satisfied
    }
}

/// Decides whether an installed distribution is good enough for a pin of the same name.
///
/// Not checked: whether the files are those that were installed.
#[must_use]
pub fn satisfies(installed: &InstalledDist, pin: &Pin) -> Verdict {
    match installed.health() {
        Health::Whole => {}
        broken => return Verdict::Broken(broken),
    }
    if *installed.version() != pin.version {
        return Verdict::OtherVersion;
    }
    match &pin.source {
        DistSource::Installed => Verdict::Satisfied,
        DistSource::Wheel(_) | DistSource::Sdist(_) => {
            if installed.direct_url().is_none() && !installed.is_editable() {
                Verdict::Satisfied
            } else {
                Verdict::OtherSource
            }
        }
        DistSource::LocalWheel { url, digests, .. } | DistSource::UrlWheel { url, digests } => {
            let Some(found) = installed.direct_url() else {
                return Verdict::OtherSource;
            };
            archive_verdict(found, url, digests)
        }
        DistSource::SourceArchive { url, digests, .. } => {
            let Some(found) = installed.direct_url() else {
                return Verdict::OtherSource;
            };
            archive_verdict(found, url, digests)
        }
        DistSource::Directory {
            url,
            editable,
            fingerprint,
            ..
        } => match installed.direct_url() {
            Some(found)
                if found.is_editable() == *editable
                    && matches!(found.kind, DirectUrlKind::Dir { .. }) =>
            {
                let same = fingerprint.is_none() || *fingerprint == installed.source_fingerprint();
                match address_verdict(found, url) {
                    Verdict::Satisfied if !same => Verdict::OtherContents,
                    verdict => verdict,
                }
            }
            _ => Verdict::OtherSource,
        },
        DistSource::Git {
            git,
            commit,
            editable,
            ..
        } => match installed.direct_url() {
            Some(found) if installed.is_editable() == *editable => git_verdict(found, git, commit),
            _ => Verdict::OtherSource,
        },
    }
}

fn address_verdict(found: &DirectUrl, wanted: &SafeUrl) -> Verdict {
    if same_address(found, wanted) {
        Verdict::Satisfied
    } else {
        Verdict::OtherSource
    }
}

fn archive_verdict(found: &DirectUrl, wanted: &SafeUrl, digests: &[Digest]) -> Verdict {
    let DirectUrlKind::Archive { hashes } = &found.kind else {
        return Verdict::OtherSource;
    };
    if !same_address(found, wanted) {
        return Verdict::OtherSource;
    }
    let contradicts = |digest: &Digest| {
        let known = hashes.get(digest.algorithm().as_str());
        known.is_some_and(|hex| !hex.eq_ignore_ascii_case(&digest.hex()))
    };
    if digests.iter().any(contradicts) {
        Verdict::OtherContents
    } else {
        Verdict::Satisfied
    }
}

/// Compares a repository and the commit that is installed with what was asked for.
fn git_verdict(found: &DirectUrl, wanted: &GitUrl, commit: &str) -> Verdict {
    let DirectUrlKind::Vcs { vcs, commit_id, .. } = &found.kind else {
        return Verdict::OtherSource;
    };
    let clean = wanted.repository().without_credentials();
    if vcs != "git"
        || plain_address(&found.url) != plain_address(clean.with_secrets())
        || found.subdirectory.as_deref() != wanted.subdirectory()
    {
        return Verdict::OtherSource;
    }
    if commit_id.eq_ignore_ascii_case(commit) {
        Verdict::Satisfied
    } else {
        Verdict::OtherContents
    }
}

/// Says what happens to distributions that nothing asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extraneous {
    /// They stay (`pip install`).
    #[default]
    Keep,
    /// They go, apart from pip, setuptools, wheel and uv (`pip sync` in an environment that was
    /// made with them; see [`Environment::keeps_seeds`](crate::Environment::keeps_seeds)).
    RemoveButSeeds,
    /// They go.
    Remove,
}

/// Says which distributions are installed again although they are good enough.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reinstall {
    /// None.
    #[default]
    None,
    /// All of the selection.
    All,
    /// Those with these names.
    Packages(BTreeSet<PackageName>),
}

impl Reinstall {
    fn covers(&self, name: &PackageName) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Packages(names) => names.contains(name),
        }
    }
}

/// Holds the choices a plan depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanRules {
    /// What happens to distributions that nothing asks for.
    pub extraneous: Extraneous,
    /// What is installed again.
    pub reinstall: Reinstall,
}

/// Says why a distribution is to be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// There is none of this name.
    Missing,
    /// There is another version.
    OtherVersion,
    /// It came from somewhere else.
    OtherSource,
    /// It came from the same address with other contents.
    OtherContents,
    /// What is there is not whole.
    Broken,
    /// There are several of this name.
    Duplicate,
    /// The user asked for it to be installed again.
    Reinstall,
}

/// One distribution that a plan installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedDist {
    /// What is installed.
    pub pin: Pin,
    /// Why.
    pub why: Why,
}

/// One distribution that takes the place of others of its name.
#[derive(Debug, Clone, Serialize)]
pub struct Replacement {
    /// What goes; one, unless the environment had several.
    pub old: Vec<InstalledDist>,
    /// What comes.
    pub new: PlannedDist,
}

/// Says what has to change in an environment. Every list is sorted by name.
#[derive(Debug, Clone, Serialize)]
pub struct EnvPlan {
    /// The environment this was computed for.
    pub base: EnvFingerprint,
    /// What is new.
    pub install: Vec<PlannedDist>,
    /// What takes the place of something else.
    pub replace: Vec<Replacement>,
    /// What goes.
    pub remove: Vec<InstalledDist>,
    /// What is good enough, those of the base installation included.
    #[serde(skip)]
    pub keep: Vec<InstalledDist>,
}

impl EnvPlan {
    /// Makes a plan that only removes.
    #[must_use]
    pub fn removal(base: EnvFingerprint, remove: Vec<InstalledDist>) -> Self {
        Self {
            base,
            install: Vec::new(),
            replace: Vec::new(),
            remove,
            keep: Vec::new(),
        }
    }

    /// Returns true when there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.install.is_empty() && self.replace.is_empty() && self.remove.is_empty()
    }

    /// Returns every distribution that has to be in the store before the plan is applied, by
    /// name.
    #[must_use]
    pub fn incoming(&self) -> Vec<&PlannedDist> {
        let replacing = self.replace.iter().map(|replacement| &replacement.new);
        let mut all: Vec<_> = self.install.iter().chain(replacing).collect();
        all.sort_by(|a, b| a.pin.name.cmp(&b.pin.name));
        all
    }

    /// Returns every distribution whose files go.
    pub fn outgoing(&self) -> impl Iterator<Item = &InstalledDist> {
        self.remove
            .iter()
            .chain(self.replace.iter().flat_map(|replacement| &replacement.old))
    }
}

/// Compares what is installed with what is wanted.
#[must_use]
pub fn plan(state: &EnvState, want: &Selection, rules: &PlanRules) -> EnvPlan {
    let mut plan = EnvPlan::removal(state.fingerprint(), Vec::new());
    for pin in want {
        decide(&mut plan, state.get(&pin.name), pin, rules);
    }
    let (remove, seeds) = match rules.extraneous {
        Extraneous::Keep => (false, false),
        Extraneous::RemoveButSeeds => (true, true),
        Extraneous::Remove => (true, false),
    };
    if remove {
        let unwanted = state.dists().iter().filter(|dist| {
            dist.is_owned() && want.get(dist.name()).is_none() && !(seeds && is_seed(dist.name()))
        });
        plan.remove.extend(unwanted.cloned());
    }
    plan
}

fn decide(plan: &mut EnvPlan, found: &[InstalledDist], pin: &Pin, rules: &PlanRules) {
    let owned = found.iter().take_while(|dist| dist.is_owned()).count();
    let ours = &found[..owned];
    let stays = pin.source == DistSource::Installed;
    let again = !stays && rules.reinstall.covers(&pin.name);
    let visible = found.first();
    let verdict = visible.map(|dist| satisfies(dist, pin));
    let duplicate = ours.len() > 1 && !stays;
    if let (Some(dist), Some(Verdict::Satisfied), false, false) =
        (visible, verdict, again, duplicate)
    {
        plan.keep.push(dist.clone());
        return;
    }
    let why = match verdict {
        None => Why::Missing,
        Some(Verdict::OtherVersion) => Why::OtherVersion,
        Some(Verdict::OtherSource) => Why::OtherSource,
        Some(Verdict::OtherContents) => Why::OtherContents,
        Some(Verdict::Broken(_)) => Why::Broken,
        Some(Verdict::Satisfied) if duplicate => Why::Duplicate,
        Some(Verdict::Satisfied) => Why::Reinstall,
    };
    let new = PlannedDist {
        pin: pin.clone(),
        why,
    };
    if ours.is_empty() {
        // What the base has is hidden by the new one, never changed.
        plan.install.push(new);
    } else {
        plan.replace.push(Replacement {
            old: ours.to_vec(),
            new,
        });
    }
}

fn is_seed(name: &PackageName) -> bool {
    matches!(name.as_str(), "pip" | "setuptools" | "wheel" | "uv")
}

/// Compares addresses without credentials, fragments and slashes at the end.
fn same_address(found: &DirectUrl, wanted: &SafeUrl) -> bool {
    let clean = wanted.without_credentials().without_fragment();
    let wanted_subdirectory = wanted.subdirectory();
    let found_subdirectory = found.subdirectory.as_deref();
    plain_address(&found.url) == plain_address(clean.with_secrets())
        && found_subdirectory == wanted_subdirectory.as_deref()
}

fn plain_address(text: &str) -> &str {
    let text = text.split('#').next().unwrap_or(text);
    text.trim_end_matches('/')
}

impl Serialize for PlannedDist {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("PlannedDist", 4)?;
        fields.serialize_field("name", self.pin.name.as_str())?;
        fields.serialize_field("version", &self.pin.version.to_string())?;
        let url = self.pin.source.direct_url().map(SafeUrl::masked);
        fields.serialize_field("url", &url)?;
        fields.serialize_field("why", &self.why)?;
        fields.end()
    }
}
