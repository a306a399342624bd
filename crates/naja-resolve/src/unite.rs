//! The answers for parts of the target as one graph.

use naja_lock::{DistSource, Edge, EdgeSource, Graph, Node, NodeId, Note, Pin};
use naja_spec::{ExtraName, Marker, MarkerSet, PackageName, Version};
use rustc_hash::{FxHashMap, FxHashSet};

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

/// Makes one graph of the answers for the parts of `whole`.
pub(crate) fn unite(parts: Vec<Part>, whole: &MarkerSet) -> Graph {
    let mut united = United::default();
    let mut needed = Vec::with_capacity(parts.len());
    for part in &parts {
        let mut sets = reached(part);
        for set in &mut sets {
            *set = set.and(&part.region);
        }
        united.add(part, &sets);
        let pins = part.graph.nodes.iter().zip(sets);
        let pins = pins.filter(|(_, set)| !set.is_none());
        needed.push(pins.map(|(node, _)| identity(&node.pin)).collect());
    }
    let mut graph = united.finish(whole);
    graph.notes = notes(&parts);
    graph.forks = forks(&parts, needed, whole);
    graph
}

/// The pins of all parts, with where they are needed.
#[derive(Default)]
struct United {
    positions: FxHashMap<Identity, usize>,
    pins: Vec<(Identity, Pin, MarkerSet)>,
    edges: Vec<Edge>,
}

impl United {
    fn add(&mut self, part: &Part, sets: &[MarkerSet]) {
        let places: Vec<usize> = part
            .graph
            .nodes
            .iter()
            .zip(sets)
            .map(|(node, set)| self.place(&node.pin, set))
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
    fn place(&mut self, pin: &Pin, set: &MarkerSet) -> usize {
        let identity = identity(pin);
        if let Some(&at) = self.positions.get(&identity) {
            let (_, known, all) = &mut self.pins[at];
            *all = all.or(set);
            known.requested |= pin.requested;
            known.extras.extend(pin.extras.iter().cloned());
            known.extras.sort();
            known.extras.dedup();
            return at;
        }
        let at = self.pins.len();
        self.positions.insert(identity.clone(), at);
        self.pins.push((identity, pin.clone(), set.clone()));
        at
    }

    /// Sorts everything and writes the markers. What no environment reaches is left out.
    fn finish(self, whole: &MarkerSet) -> Graph {
        let mut order: Vec<usize> = (0..self.pins.len())
            .filter(|&at| !self.pins[at].2.is_none())
            .collect();
        order.sort_by(|&a, &b| self.pins[a].0.cmp(&self.pins[b].0));
        let places: FxHashMap<usize, NodeId> = order
            .iter()
            .enumerate()
            .map(|(new, &old)| (old, NodeId(new)))
            .collect();
        let mut graph = Graph::default();
        for &at in &order {
            let (_, pin, set) = &self.pins[at];
            let marker = set.simplify(whole).to_marker();
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

/// Returns the fewest regions whose answers agree in themselves; none if there is only one.
fn forks(parts: &[Part], needed: Vec<Vec<Identity>>, whole: &MarkerSet) -> Vec<Marker> {
    let mut groups: Vec<(MarkerSet, FxHashMap<PackageName, FxHashSet<Identity>>)> = Vec::new();
    for (part, pins) in parts.iter().zip(needed) {
        let agrees = |known: &FxHashMap<PackageName, FxHashSet<Identity>>| {
            pins.iter()
                .all(|pin| known.get(&pin.0).is_none_or(|same| same.contains(pin)))
        };
        let at = groups.iter().position(|(_, known)| agrees(known));
        let at = at.unwrap_or_else(|| {
            groups.push((MarkerSet::none(), FxHashMap::default()));
            groups.len() - 1
        });
        let (region, known) = &mut groups[at];
        *region = region.or(&part.region);
        for pin in pins {
            known.entry(pin.0.clone()).or_default().insert(pin);
        }
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    groups
        .iter()
        .filter_map(|(region, _)| region.simplify(whole).to_marker())
        .collect()
}
