//! Where an earlier answer for many environments had cut.
//!
//! What it had of several packages tells more regions apart than it was made of, because the markers of one are silent
//! about where another one is not needed. Put together they are few again.

use naja_spec::MarkerSet;

use crate::Target;
use crate::model::Model;
use crate::region::{Holds, Region};

/// Where more environments than this would have to be told apart, nothing is done.
const MOST: usize = 256;

/// Which version each package had, by its position; `None` where it was not there.
type Had = Vec<Option<usize>>;

/// Environments in which the same was taken.
struct Shard {
    set: MarkerSet,
    had: Had,
}

impl Model {
    /// Returns the parts of the region in which every package had one version at most, best first, and where they are
    /// alike as [`Region::cut`] would by the condition that came up. None if that is the region itself, or not known.
    pub(crate) fn parts_of_earlier_answer(&mut self, condition: &MarkerSet) -> Option<Vec<Region>> {
        let Target::Universal(target) = &self.problem.target else {
            return None;
        };
        let strategy = target.fork_strategy;
        if self.problem.preferences.is_empty() {
            return None;
        }
        let mut shards = vec![Shard {
            set: self.region.set.clone(),
            had: Vec::new(),
        }];
        for places in self.places_of_earlier_answer() {
            shards = refined(shards, &places);
            if shards.len() > MOST {
                return None;
            }
        }
        let mut parts: Vec<Region> = joined(shards)
            .into_iter()
            .map(|shard| self.region.part(shard.set))
            .collect();
        if parts.len() < 2 {
            return None;
        }
        parts.sort_by(|a, b| {
            let outside = |part: &Region| part.set.is_disjoint(condition);
            a.before(b, strategy).then(outside(a).cmp(&outside(b)))
        });
        Some(parts)
    }

    /// Returns for each package with several versions where in the region they were.
    fn places_of_earlier_answer(&mut self) -> Vec<Vec<MarkerSet>> {
        let preferences = self.problem.preferences.iter();
        let several = preferences
            .filter(|(name, known)| known.len() > 1 && !self.problem.upgrade.contains(name));
        let several: Vec<Vec<_>> = several
            .map(|(_, known)| known.iter().map(|one| one.marker.clone()).collect())
            .collect();
        let mut found = Vec::new();
        for markers in several {
            let mut places = Vec::new();
            let mut everywhere = false;
            for marker in &markers {
                match self.holds(marker.as_ref(), None) {
                    Holds::Always => everywhere = true,
                    Holds::Partly(set) => places.push(set),
                    Holds::Never => {}
                }
            }
            if !everywhere && places.len() > 1 {
                found.push(places);
            }
        }
        found
    }
}

/// Cuts environments by the places of the versions of one package.
fn refined(shards: Vec<Shard>, places: &[MarkerSet]) -> Vec<Shard> {
    let mut parts: Vec<Shard> = Vec::new();
    let mut add = |set: MarkerSet, before: &Had, had: Option<usize>| {
        if !set.is_none() {
            let had = before.iter().copied().chain([had]).collect();
            parts.push(Shard { set, had });
        }
    };
    for shard in shards {
        let mut left = shard.set;
        for (at, place) in places.iter().enumerate() {
            add(left.and(place), &shard.had, Some(at));
            left = left.and(&place.not());
        }
        add(left, &shard.had, None);
    }
    parts
}

/// Puts together what agrees, those first that say most; with others of the same Pythons, if there are some.
fn joined(mut shards: Vec<Shard>) -> Vec<Shard> {
    shards.sort_by_key(|shard| shard.had.iter().filter(|had| had.is_none()).count());
    let mut parts: Vec<Shard> = Vec::new();
    for shard in shards {
        let agrees = |part: &Shard| {
            let mut pairs = part.had.iter().zip(&shard.had);
            pairs.all(|(a, b)| a == b || a.is_none() || b.is_none())
        };
        let bounds = shard.set.python_bounds();
        let alike = |part: &Shard| part.set.python_bounds() == bounds && agrees(part);
        let place = parts.iter().position(alike);
        match place.or_else(|| parts.iter().position(agrees)) {
            Some(at) => {
                let part = &mut parts[at];
                part.set = part.set.or(&shard.set);
                for (known, new) in part.had.iter_mut().zip(shard.had) {
                    *known = known.or(new);
                }
            }
            None => parts.push(shard),
        }
    }
    parts
}
