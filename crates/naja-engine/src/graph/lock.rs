//! The graph of what a lock holds.

use std::collections::{BTreeMap, BTreeSet};

use naja_lock::project::{MemberChoice, Place, ProjectTarget, Way, Ways};
use naja_lock::pylock::{FilePlace, LockedSource, SelectError};
use naja_lock::{PartKind, ProjectLock};
use naja_spec::{ExtraName, GroupName, MarkerSet, SafeUrl, Tags};

use super::environment::{met, remaining};
use super::{Applies, Dependencies, Edge, Node, NodeId, Size};

/// Reads what a lock has for parts of projects: for one environment, else for all of them.
///
/// In the graph of one environment, what only others need is absent, and its requirements apply elsewhere.
///
/// # Errors
/// There is no such part.
pub fn of_lock(
    lock: &ProjectLock,
    choices: &[MemberChoice],
    target: Option<&ProjectTarget<'_>>,
) -> Result<Dependencies, SelectError> {
    let ways = lock.ways(choices, &[])?;
    let here = |set: &MarkerSet| target.is_none_or(|target| set.evaluate(target.environment, &[]));
    let drawn = Drawn::new(lock, &ways, &here);
    let mut graph = Dependencies {
        roots: Vec::new(),
        nodes: drawn.nodes(),
        edges: Vec::new(),
    };
    graph.roots = ways.roots.iter().map(|root| drawn.ids[root]).collect();
    for way in &ways.ways {
        graph.edges.extend(drawn.edge(&graph, way));
    }
    Ok(graph)
}

/// The places of a graph that is drawn, and their numbers.
struct Drawn<'a> {
    lock: &'a ProjectLock,
    ways: &'a Ways<'a>,
    here: &'a dyn Fn(&MarkerSet) -> bool,
    /// Those that are there, and those that are elsewhere only.
    places: Vec<(Place, bool)>,
    ids: BTreeMap<Place, NodeId>,
}

impl<'a> Drawn<'a> {
    fn new(
        lock: &'a ProjectLock,
        ways: &'a Ways<'a>,
        here: &'a dyn Fn(&MarkerSet) -> bool,
    ) -> Self {
        let mut places: Vec<(Place, bool)> = Vec::new();
        for root in &ways.roots {
            if !ways.wanted.contains_key(root) {
                places.push((*root, true));
            }
        }
        places.extend(ways.wanted.iter().map(|(place, set)| (*place, here(set))));
        let there: BTreeSet<_> = places
            .iter()
            .filter(|(_, is_here)| *is_here)
            .map(|(place, _)| lock.name_at(*place))
            .collect();
        // What another entry of the same package stands in for is left out; so are second absent ones.
        let mut absent = BTreeSet::new();
        places.retain(|(place, is_here)| {
            let name = lock.name_at(*place);
            *is_here || (!there.contains(name) && absent.insert(name.clone()))
        });
        places.sort_by_cached_key(|(place, _)| {
            let name = lock.name_at(*place).clone();
            (name, lock.version_at(*place).cloned(), *place)
        });
        let ids = places
            .iter()
            .enumerate()
            .map(|(id, (place, _))| (*place, id));
        Self {
            lock,
            ways,
            here,
            ids: ids.collect(),
            places,
        }
    }

    fn nodes(&self) -> Vec<Node> {
        let asked: BTreeSet<Place> = self
            .ways
            .ways
            .iter()
            .filter(|way| self.ways.roots.contains(&way.from))
            .map(|way| way.to)
            .chain(self.ways.roots.iter().copied())
            .collect();
        let node = |(place, is_here): &(Place, bool)| {
            let mut node = Node::absent(self.lock.name_at(*place).clone());
            if *is_here {
                node.version = self.lock.version_at(*place).cloned();
                node.source = source(self.lock, *place);
                node.requested = asked.contains(place);
                node.owned = true;
                let extras = self.ways.extras.get(place).into_iter().flatten();
                node.extras = extras
                    .filter(|name| self.is_in_use(*place, name))
                    .cloned()
                    .collect();
            }
            node
        };
        self.places.iter().map(node).collect()
    }

    /// Whether somebody here asks for an extra, other than the choice of what is wanted.
    fn is_in_use(&self, place: Place, extra: &ExtraName) -> bool {
        let mut ways = self.ways.ways.iter();
        ways.any(|way| {
            way.to == place
                && way.from != place
                && way.requirement.extras.contains(extra)
                && (self.here)(&way.counts)
        })
    }

    fn edge(&self, graph: &Dependencies, way: &Way<'_>) -> Option<Edge> {
        let (from, to) = (*self.ids.get(&way.from)?, *self.ids.get(&way.to)?);
        if !self.places[from].1 {
            return None;
        }
        let requirement = way.requirement;
        let (extra, group): (Option<ExtraName>, Option<GroupName>) = match &way.part {
            PartKind::Project => (None, None),
            PartKind::Extra(name) => (Some(name.clone()), None),
            PartKind::Group(name) => (None, Some(name.clone())),
        };
        let applies = match (self.here)(&way.counts) && self.places[to].1 {
            true => Applies::Yes,
            false => Applies::Elsewhere,
        };
        let version = graph.nodes[to].version.as_ref();
        Some(Edge {
            from,
            to,
            specifier: requirement.specifiers().cloned().unwrap_or_default(),
            url: requirement.url().map(SafeUrl::masked),
            marker: remaining(requirement, extra.as_ref()),
            extra,
            group,
            extras: requirement.extras.clone(),
            applies,
            met: version.is_none() || met(requirement, version),
        })
    }
}

/// Where an entry comes from, if not from an index.
fn source(lock: &ProjectLock, place: Place) -> Option<String> {
    let Place::Entry(at) = place else {
        let Place::Member(at) = place else {
            return None;
        };
        return Some(directory(&lock.inputs.members[at].path));
    };
    match &lock.file.packages[at].source {
        LockedSource::Files { .. } => None,
        LockedSource::Archive { file, .. } => Some(shown_place(&file.place)),
        LockedSource::Directory { path, .. } => Some(directory(path)),
        LockedSource::Vcs {
            kind,
            place,
            commit_id,
            ..
        } => {
            let commit: String = commit_id.chars().take(8).collect();
            Some(format!("{kind}+{}@{commit}", shown_place(place)))
        }
    }
}

fn directory(path: &str) -> String {
    let is_plain = path.starts_with(['.', '/']) || path.contains(':');
    if is_plain {
        path.to_owned()
    } else {
        format!("./{path}")
    }
}

fn shown_place(place: &FilePlace) -> String {
    match place {
        FilePlace::Url(url) => url.masked(),
        FilePlace::Path(path) => path.clone(),
    }
}

/// Adds how large the files are that are fetched: compressed, as the lock has it.
pub(super) fn add_sizes(graph: &mut Dependencies, lock: &ProjectLock, tags: &Tags) {
    for package in &lock.file.packages {
        let bytes = package.file_for(tags).and_then(|file| file.size);
        for id in graph.find_all(&package.name) {
            let node = &mut graph.nodes[id];
            if node.version == package.version {
                node.size = bytes.map(|bytes| Size {
                    bytes,
                    shared_bytes: 0,
                    files: 1,
                });
            }
        }
    }
}
