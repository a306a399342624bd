//! Which extras are in use: those that requirements ask for, and those that the user must have
//! asked for.

use std::collections::{BTreeMap, BTreeSet};

use naja_spec::{ExtraName, MarkerEnvironment};

use super::environment::Source;
use super::{Dependencies, NodeId};

/// The extras of each node.
pub(super) type Extras = BTreeMap<NodeId, BTreeSet<ExtraName>>;

/// Adds what requirements ask for to the extras that are known. An extra brings requirements that
/// may ask for extras again.
pub(super) fn asked(
    graph: &Dependencies,
    sources: &[Option<Source>],
    markers: &MarkerEnvironment,
    known: Extras,
) -> Extras {
    let mut asked = known;
    let mut open: Vec<NodeId> = (0..sources.len()).collect();
    while let Some(from) = open.pop() {
        let Some(source) = &sources[from] else {
            continue;
        };
        let own: Vec<ExtraName> = asked.get(&from).into_iter().flatten().cloned().collect();
        for requirement in &source.requirements {
            if requirement.extras.is_empty() || !requirement.applies(markers, &own) {
                continue;
            }
            let Some(to) = graph.find(&requirement.name) else {
                continue;
            };
            let before = asked.get(&to).map_or(0, BTreeSet::len);
            let extras = asked.entry(to).or_default();
            extras.extend(requirement.extras.iter().cloned());
            if extras.len() > before {
                open.push(to);
            }
        }
    }
    asked
}

/// Finds extras that explain what nothing else explains.
///
/// An installed package that nobody asked for and nothing needs came with something. If a package
/// that is needed has an extra of which everything is installed, and it leads to such a leftover,
/// that extra was asked for; among several the one that explains most.
pub(super) fn guess(
    graph: &Dependencies,
    sources: &[Option<Source>],
    markers: &MarkerEnvironment,
    known: &Extras,
) -> Extras {
    let whole = Whole {
        graph,
        sources,
        markers,
    };
    let mut guessed = Extras::new();
    let mut current = known.clone();
    loop {
        let reached = whole.reached(&current);
        let left: BTreeSet<NodeId> = (0..graph.nodes.len())
            .filter(|id| !reached[*id] && graph.nodes[*id].version.is_some())
            .collect();
        let candidates = (0..sources.len()).filter(|id| reached[*id]);
        let best = candidates
            .flat_map(|id| whole.explaining(id, &current, &left))
            .max_by_key(|(explained, needs, id, extra)| {
                let order = (std::cmp::Reverse(*id), std::cmp::Reverse(extra.clone()));
                (*explained, std::cmp::Reverse(*needs), order)
            });
        let Some((_, _, id, extra)) = best else {
            return guessed;
        };
        guessed.entry(id).or_default().insert(extra.clone());
        current.entry(id).or_default().insert(extra);
        current = asked(graph, sources, markers, current);
    }
}

struct Whole<'a> {
    graph: &'a Dependencies,
    sources: &'a [Option<Source>],
    markers: &'a MarkerEnvironment,
}

impl Whole<'_> {
    /// What was asked for, and what that needs. Leftovers that need each other stay unreached.
    fn reached(&self, extras: &Extras) -> Vec<bool> {
        let mut reached = vec![false; self.graph.nodes.len()];
        let mut open = self.graph.roots.clone();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut reached[id], true) {
                open.extend(self.needs(id, extras));
            }
        }
        reached
    }

    fn needs(&self, id: NodeId, extras: &Extras) -> Vec<NodeId> {
        let own: Vec<ExtraName> = extras.get(&id).into_iter().flatten().cloned().collect();
        let requirements = self.sources[id]
            .iter()
            .flat_map(|source| &source.requirements);
        requirements
            .filter(|one| one.applies(self.markers, &own))
            .filter_map(|one| self.graph.find(&one.name))
            .collect()
    }

    /// The extras of a node that lead to leftovers: how many they explain, how much they need.
    fn explaining(
        &self,
        id: NodeId,
        extras: &Extras,
        left: &BTreeSet<NodeId>,
    ) -> Vec<(usize, usize, NodeId, ExtraName)> {
        let Some(source) = &self.sources[id] else {
            return Vec::new();
        };
        let known = extras.get(&id);
        let unknown = |extra: &&ExtraName| known.is_none_or(|known| !known.contains(*extra));
        let mut found = Vec::new();
        for extra in source.extras.iter().filter(unknown) {
            let (needs, leads_on) = self.of_extra(id, extra);
            let there = |need: &NodeId| self.graph.nodes[*need].version.is_some();
            let leads = leads_on || needs.iter().any(|need| left.contains(need));
            if !leads || !needs.iter().all(there) {
                continue;
            }
            let mut with = extras.clone();
            with.entry(id).or_default().insert(extra.clone());
            let with = asked(self.graph, self.sources, self.markers, with);
            let reached = self.reached(&with);
            let explained = left.iter().filter(|id| reached[**id]).count();
            if explained > 0 {
                found.push((explained, needs.len(), id, extra.clone()));
            }
        }
        found
    }

    /// What an extra adds, extras that are made of others of the same package included; and whether
    /// it asks for extras of others.
    fn of_extra(&self, id: NodeId, extra: &ExtraName) -> (Vec<NodeId>, bool) {
        let Some(source) = &self.sources[id] else {
            return (Vec::new(), false);
        };
        let mut leads_on = false;
        let mut extras = vec![extra.clone()];
        let mut at = 0;
        let mut needs = Vec::new();
        while at < extras.len() {
            for one in &source.requirements {
                let own = std::slice::from_ref(&extras[at]);
                if one.applies(self.markers, &[]) || !one.applies(self.markers, own) {
                    continue;
                }
                match self.graph.find(&one.name) {
                    Some(to) if to == id => {
                        let more: Vec<_> = one
                            .extras
                            .iter()
                            .filter(|extra| !extras.contains(extra))
                            .cloned()
                            .collect();
                        extras.extend(more);
                    }
                    Some(to) => {
                        leads_on |= !one.extras.is_empty();
                        needs.push(to);
                    }
                    None => {}
                }
            }
            at += 1;
        }
        (needs, leads_on)
    }
}
