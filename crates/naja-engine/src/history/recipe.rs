//! What has to be done to bring an earlier state of an environment back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use naja_env::{
    Archives, EnvPlan, EnvState, Environment, InstalledDist, Manner, Manners, PlannedDist,
    Replacement, Returning, Why, record_digest,
};
use naja_lock::{DistSource, Pin};
use naja_spec::{PackageName, Version};
use naja_store::ArchiveId;

use super::entry::{Recorded, digest};
use super::goal::{Goal, Wanted};
use super::source::pin_of;
use crate::change;
use crate::event::{Action, Change};
use crate::failure::Failure;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// Everything that has to be done.
pub(super) struct Recipe {
    pub(super) plan: EnvPlan,
    pub(super) archives: Archives,
    pub(super) manners: Manners,
    pub(super) returning: Vec<Returning>,
    pub(super) without: Vec<PathBuf>,
    pub(super) leaving: Vec<PathBuf>,
    /// Distributions that come back as they were kept.
    pub(super) returned: Vec<Recorded>,
    /// What has to be fetched or built.
    pub(super) needs: Vec<String>,
    /// Whether that can be done without the network.
    is_at_hand: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            plan: EnvPlan::removal(EnvState::from_dists(Vec::new()).fingerprint(), Vec::new()),
            archives: Archives::default(),
            manners: BTreeMap::new(),
            returning: Vec::new(),
            without: Vec::new(),
            leaving: Vec::new(),
            returned: Vec::new(),
            needs: Vec::new(),
            is_at_hand: true,
        }
    }
}

impl Recipe {
    /// Finds out what leads from the packages that are there to the goal.
    ///
    /// # Errors
    /// Nobody knows where something came from that has to come back.
    pub(super) fn new(
        session: &Session,
        pipeline: &Pipeline,
        (env, state): (&Environment, &EnvState),
        goal: &Goal,
    ) -> Result<Self, Failure> {
        let indexes: BTreeMap<String, u16> = pipeline
            .index_addresses()
            .map(|(tag, url)| (url, tag))
            .collect();
        let tag_of = |url: &str| indexes.get(url).copied();
        let mut recipe = Self {
            plan: EnvPlan::removal(state.fingerprint(), Vec::new()),
            ..Self::default()
        };
        let mut records = BTreeSet::new();
        for (name, wanted) in &goal.wanted {
            let ours = owned(state, name);
            match wanted {
                Wanted::Gone => recipe.plan.remove.extend(ours),
                Wanted::Back(dist) => {
                    let unchanged = ours.len() == 1
                        && dist.record.is_some()
                        && ours[0].entry() == dist.entry
                        && is_same(&ours[0], dist)
                        && !goal.has_files(&dist.entry);
                    if unchanged {
                        continue;
                    }
                    records.insert(&*dist.entry);
                    if dist.kept {
                        recipe.as_kept(dist, ours);
                    } else {
                        recipe.bring_back(session, dist, ours, &tag_of)?;
                    }
                }
            }
        }
        recipe.returning = goal.returning(env.root(), &records);
        recipe.without = goal.without(env.root(), &records);
        recipe.leaving = goal.leaving(env.root());
        Ok(recipe)
    }

    fn as_kept(&mut self, dist: &Recorded, ours: Vec<InstalledDist>) {
        self.plan.remove.extend(ours);
        let mut dist = dist.clone();
        dist.kept = false;
        self.returned.push(dist);
    }

    fn bring_back(
        &mut self,
        session: &Session,
        dist: &Recorded,
        ours: Vec<InstalledDist>,
        tag_of: &dyn Fn(&str) -> Option<u16>,
    ) -> Result<(), Failure> {
        let id = dist.archive.as_deref().and_then(digest).map(ArchiveId);
        let archive = id.and_then(|id| session.store.get(&id));
        let pin = pin_of(dist, tag_of);
        if archive.is_none() {
            let (Some(source), Some(_)) = (&dist.source, &pin) else {
                return Err(Failure::unsatisfied(format!(
                    "{} {} cannot be brought back: nobody knows where it came from",
                    dist.name, dist.version
                )));
            };
            let how = if source.is_built() {
                "built again from"
            } else {
                "fetched from"
            };
            self.needs.push(format!(
                "{} {}, {how} {}",
                dist.name,
                dist.version,
                source.shown()
            ));
            self.is_at_hand &= source.is_local();
        }
        let Some(pin) = pin.or_else(|| bare_pin(dist)) else {
            return Ok(());
        };
        let manner = Manner {
            compiled: dist.compiled,
            bare: dist.bare,
        };
        self.manners.insert(pin.name.clone(), manner);
        self.archives
            .extend(archive.map(|archive| (pin.name.clone(), archive)));
        let why = match ours.first() {
            None => Why::Missing,
            Some(there) if *there.version() != pin.version => Why::OtherVersion,
            Some(_) => Why::Reinstall,
        };
        let new = PlannedDist { pin, why };
        if ours.is_empty() {
            self.plan.install.push(new);
        } else {
            self.plan.replace.push(Replacement { old: ours, new });
        }
        Ok(())
    }

    /// Refuses what cannot be done without the network.
    pub(super) fn refuse_network(&self) -> Result<(), Failure> {
        if self.is_at_hand {
            return Ok(());
        }
        Err(Failure::environment(
            "the way back needs files that are not in the cache, and the network may not be used",
        )
        .cause(self.needs.join(", "))
        .hint("run the command without `--offline`"))
    }

    /// What becomes of the packages, as lines.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes = change::changes_of(&self.plan);
        changes.extend(self.returned.iter().map(|dist| Change {
            action: Action::Added,
            name: dist.name.clone(),
            version: dist.version.clone(),
            source: None,
        }));
        changes.sort_by(|a, b| (&a.name, a.action).cmp(&(&b.name, b.action)));
        changes
    }
}

/// The pin of a distribution whose files are at hand and whose source is not known.
fn bare_pin(dist: &Recorded) -> Option<Pin> {
    Some(Pin {
        name: PackageName::parse(&dist.name).ok()?,
        version: Version::parse(&dist.version).ok()?,
        source: DistSource::Installed,
        requested_hashes: Vec::new(),
        file_hashes: Vec::new(),
        files: Arc::default(),
        requested: dist.requested,
        extras: Vec::new(),
        marker: None,
    })
}

/// Whether an installed distribution is the very one that was recorded, as far as that is known.
pub(super) fn is_same(dist: &InstalledDist, recorded: &Recorded) -> bool {
    let Some(expected) = recorded.record.as_deref().and_then(digest) else {
        return true;
    };
    std::fs::read(dist.path().join("RECORD")).is_ok_and(|bytes| record_digest(&bytes) == expected)
}

/// The distributions of a name that the environment itself has, not a base below it.
pub(crate) fn owned(state: &EnvState, name: &PackageName) -> Vec<InstalledDist> {
    let ours = state.get(name).iter().filter(|dist| dist.is_owned());
    ours.cloned().collect()
}
