//! The answers for parts of the target as one graph.

use std::collections::BTreeMap;

use naja_lock::{DistSource, Edge, EdgeSource, Graph, Node, NodeId, Note, Pin};
use naja_spec::{ExtraName, Marker, MarkerSet, PackageName, Version};
use rustc_hash::FxHashMap;

use crate::Preference;

/// The answer for a part of the target.
#[derive(Debug)]
pub(crate) struct Part {
    /// The environments it is for.
    pub(crate) region: MarkerSet,
    /// The answer.
    pub(crate) graph: Graph,
    /// For each edge where it brings its node in; `None` where another edge stands for it.
    pub(crate) reach: Vec<Option<MarkerSet>>,
}

/// What makes two pins the same distribution.
type Identity = (PackageName, Version, String);

/// What an earlier answer had, by package.
type Earlier = BTreeMap<PackageName, Vec<Preference>>;

/// Makes one graph of the answers for the parts of the target. Markers are worded as in an earlier answer
/// where they say the same.
pub(crate) fn unite(parts: &[Part], earlier: &Earlier) -> Graph {
    let mut united = United::default();
    let mut told = MarkerSet::none();
    for part in parts {
        // Who asks for none of the parts that exclude each other is in several regions: the first one counts.
        united.add(part, &part.region.and(&told.not()), &reached(part));
        told = told.or(&part.region);
    }
    // Parts of projects that are never asked for together need not be told apart.
    let whole = parts
        .iter()
        .fold(MarkerSet::none(), |all, part| all.or(&part.region));
    united.reword(&whole, earlier);
    let mut graph = united.finish(&whole);
    graph.notes = notes(parts);
    graph
}

/// The pins of all parts, with where they are needed.
#[derive(Default)]
struct United {
    positions: FxHashMap<Identity, usize>,
    pins: Vec<(Identity, Pin, MarkerSet)>,
    /// For each pin where it would be needed if it were taken in all parts.
    free: Vec<MarkerSet>,
    edges: Vec<Edge>,
}

impl United {
    fn add(&mut self, part: &Part, region: &MarkerSet, sets: &[MarkerSet]) {
        let places: Vec<usize> = part
            .graph
            .nodes
            .iter()
            .zip(sets)
            .map(|(node, set)| self.place(&node.pin, (set, region)))
            .collect();
        for edge in &part.graph.edges {
            let from = match &edge.from {
                EdgeSource::Node(id) => EdgeSource::Node(NodeId(places[id.0])),
                other => other.clone(),
            };
            self.edges.push(Edge {
                from,
                to: NodeId(places[edge.to.0]),
                ..edge.clone()
            });
        }
    }

    /// Finds or makes the place of a pin, which is needed in these environments.
    fn place(&mut self, pin: &Pin, (free, region): (&MarkerSet, &MarkerSet)) -> usize {
        let set = free.and(region);
        let identity = identity(pin);
        if let Some(&at) = self.positions.get(&identity) {
            let (_, known, all) = &mut self.pins[at];
            *all = all.or(&set);
            self.free[at] = self.free[at].or(free);
            known.requested |= pin.requested;
            known.extras.extend(pin.extras.iter().cloned());
            known.extras.sort();
            known.extras.dedup();
            return at;
        }
        let at = self.pins.len();
        self.positions.insert(identity.clone(), at);
        self.pins.push((identity, pin.clone(), set));
        self.free.push(free.clone());
        at
    }

    /// Gives the sets of the pins the form in which they are told.
    fn reword(&mut self, whole: &MarkerSet, earlier: &Earlier) {
        for ((_, pin, set), free) in self.pins.iter_mut().zip(&self.free) {
            // The same environments without the seams between the parts.
            if free.and(whole).implies(set) {
                set.clone_from(free);
            }
            let known = earlier.get(&pin.name).into_iter().flatten();
            let same = known
                .filter(|preference| preference.version == pin.version)
                .map(|preference| MarkerSet::from(preference.marker.as_ref()))
                .find(|told| {
                    let (told, set) = (told.and(whole), set.and(whole));
                    told.implies(&set) && set.implies(&told)
                });
            *set = same.unwrap_or_else(|| set.simplify(whole));
        }
    }

    /// Sorts everything and writes the markers. What no environment reaches is left out.
    fn finish(self, whole: &MarkerSet) -> Graph {
        let mut order: Vec<usize> = (0..self.pins.len())
            .filter(|&at| !self.pins[at].2.and(whole).is_none())
            .collect();
        order.sort_by(|&a, &b| self.pins[a].0.cmp(&self.pins[b].0));
        let places: FxHashMap<usize, NodeId> = order
            .iter()
            .enumerate()
            .map(|(new, &old)| (old, NodeId(new)))
            .collect();
        let pins: Vec<_> = order.iter().map(|&at| &self.pins[at]).collect();
        let mut graph = Graph {
            forks: forks(&pins, whole),
            ..Graph::default()
        };
        for &at in &order {
            let (_, pin, set) = &self.pins[at];
            let marker = set.to_marker();
            graph.nodes.push(Node {
                pin: Pin {
                    marker,
                    ..pin.clone()
                },
            });
        }
        let mut edges: Vec<Edge> = Vec::new();
        for edge in self.edges {
            let from = match edge.from {
                EdgeSource::Node(id) => places.get(&id.0).map(|id| EdgeSource::Node(*id)),
                other => Some(other),
            };
            if let (Some(from), Some(&to)) = (from, places.get(&edge.to.0)) {
                edges.push(Edge { from, to, ..edge });
            }
        }
        edges.sort_by_key(|edge| edge.to);
        for edge in edges {
            let same = graph
                .edges
                .iter()
                .rev()
                .take_while(|known| known.to == edge.to);
            if !same.clone().any(|known| *known == edge) {
                graph.edges.push(edge);
            }
        }
        graph
    }
}

fn identity(pin: &Pin) -> Identity {
    let place = match &pin.source {
        DistSource::Wheel(file) | DistSource::Sdist(file) => format!("{}", file.index),
        other => other
            .direct_url()
            .map_or_else(String::new, ToString::to_string),
    };
    (pin.name.clone(), pin.version.clone(), place)
}

/// Finds out in which environments each node of a part is needed, whatever its region is: those in which
/// a requirement of the user, or of something that is needed, asks for it.
fn reached(part: &Part) -> Vec<MarkerSet> {
    let mut keys = Keys::default();
    // What an asker asks for: where, and of which keys.
    let mut asks: Vec<Vec<(MarkerSet, Vec<usize>)>> = Vec::new();
    let mut first = Vec::new();
    for (edge, reach) in part.graph.edges.iter().zip(&part.reach) {
        let Some(when) = reach else { continue };
        let extras = edge.requirement.extras.iter().cloned().map(Some);
        let to: Vec<usize> = std::iter::once(None)
            .chain(extras)
            .map(|extra| keys.number(edge.to, extra))
            .collect();
        match &edge.from {
            EdgeSource::Node(from) => {
                let from = keys.number(*from, edge.extra.clone());
                if asks.len() <= from {
                    asks.resize_with(from + 1, Vec::new);
                }
                asks[from].push((when.clone(), to));
            }
            _ => first.push((when.clone(), to)),
        }
    }
    let mut sets = vec![MarkerSet::none(); keys.numbers.len()];
    let mut open: Vec<usize> = Vec::new();
    let grow =
        |sets: &mut Vec<MarkerSet>, open: &mut Vec<usize>, (set, to): (&MarkerSet, &[usize])| {
            for &key in to {
                let more = sets[key].or(set);
                if more != sets[key] {
                    sets[key] = more;
                    open.push(key);
                }
            }
        };
    for (when, to) in &first {
        grow(&mut sets, &mut open, (when, to));
    }
    while let Some(key) = open.pop() {
        let set = sets[key].clone();
        for (when, to) in asks.get(key).into_iter().flatten() {
            grow(&mut sets, &mut open, (&set.and(when), to));
        }
    }
    (0..part.graph.nodes.len())
        .map(|at| {
            let key = keys.numbers.get(&(NodeId(at), None));
            key.map_or_else(MarkerSet::none, |&key| sets[key].clone())
        })
        .collect()
}

/// Nodes and their extras, numbered.
#[derive(Default)]
struct Keys {
    numbers: FxHashMap<(NodeId, Option<ExtraName>), usize>,
}

impl Keys {
    fn number(&mut self, node: NodeId, extra: Option<ExtraName>) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry((node, extra)).or_insert(next)
    }
}

/// What is worth telling: what was left out everywhere, and what was noted anywhere.
fn notes(parts: &[Part]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for note in parts.iter().flat_map(|part| &part.graph.notes) {
        let everywhere = || parts.iter().all(|part| part.graph.notes.contains(note));
        if !notes.contains(note) && (!matches!(note, Note::Skipped { .. }) || everywhere()) {
            notes.push(note.clone());
        }
    }
    notes
}

/// Returns regions in which every package has one version at most, few of them; none if there would be
/// only one. They follow from the pins alone, so that they are the same when an answer is found again.
fn forks(pins: &[&(Identity, Pin, MarkerSet)], whole: &MarkerSet) -> Vec<Marker> {
    let mut regions = vec![Fork {
        set: whole.clone(),
        pins: Vec::new(),
    }];
    for same_name in pins.chunk_by(|a, b| a.0.0 == b.0.0) {
        if same_name.len() > 1 && regions.len() < FORKS {
            regions = refined(regions, same_name);
        }
    }
    if regions.len() < 2 {
        return Vec::new();
    }
    let mut told: Vec<_> = regions
        .iter()
        .filter_map(|region| {
            let (low, high) = region.set.python_bounds();
            let marker = region.set.simplify(whole).to_marker()?;
            Some(((low, high.is_some()), marker.to_string(), marker))
        })
        .collect();
    told.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    told.into_iter().map(|(.., marker)| marker).collect()
}

/// How many regions are told apart at most.
const FORKS: usize = 64;

/// Environments with the positions of the pins of packages that have several.
struct Fork {
    set: MarkerSet,
    pins: Vec<Option<usize>>,
}

/// Cuts regions by the pins of one package, and joins those that agree.
fn refined(regions: Vec<Fork>, same_name: &[&(Identity, Pin, MarkerSet)]) -> Vec<Fork> {
    let mut parts: Vec<Fork> = Vec::new();
    let mut add = |set: MarkerSet, pins: &[Option<usize>], pin: Option<usize>| {
        if set.is_none() {
            return;
        }
        let mut pins = pins.to_vec();
        pins.push(pin);
        let agrees = |part: &&mut Fork| {
            let mut pairs = part.pins.iter().zip(&pins);
            pairs.all(|(a, b)| a == b || a.is_none() || b.is_none())
        };
        match parts.iter_mut().find(agrees) {
            Some(part) => {
                part.set = part.set.or(&set);
                for (known, new) in part.pins.iter_mut().zip(pins) {
                    *known = known.or(new);
                }
            }
            None => parts.push(Fork { set, pins }),
        }
    };
    for region in regions {
        let mut left = region.set.clone();
        for (at, pin) in same_name.iter().enumerate() {
            add(left.and(&pin.2), &region.pins, Some(at));
            left = left.and(&pin.2.not());
        }
        add(left, &region.pins, None);
    }
    parts
}
