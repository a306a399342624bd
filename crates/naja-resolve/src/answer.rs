//! The decisions as a graph.

use naja_lock::{DistSource, Edge, EdgeSource, Graph, Node, NodeId, Note, Pin, RemoteFile};
use naja_spec::{Digest, ExtraName};
use rustc_hash::FxHashMap;

use crate::backend::Key;
use crate::files::FileAt;
use crate::model::{Lookup, Model};
use crate::needs::{Need, Words};
use crate::{DistId, Solver};

/// The packages in the order of the graph.
struct Layout {
    /// Package, version, extras; sorted by name.
    packages: Vec<(u32, u32, Vec<u32>)>,
    /// Where a package stands.
    positions: FxHashMap<u32, usize>,
}

impl Solver {
    /// Turns the decisions into a graph.
    pub(crate) fn answer(&mut self) -> Graph {
        let layout = self.layout();
        let mut graph = Graph {
            notes: self.notes().to_vec(),
            ..Graph::default()
        };
        for (package, number, extras) in &layout.packages {
            let pin = self.pin(*package, *number, extras);
            if let Some(reason) = pin.source.remote().and_then(|file| file.yanked.clone()) {
                let (name, version) = (pin.name.clone(), pin.version.clone());
                graph.notes.push(Note::Yanked {
                    name,
                    version,
                    reason,
                });
            }
            graph.nodes.push(Node { pin });
        }
        for need in self.roots().iter() {
            self.add_edges(None, need, None, &layout, &mut graph);
        }
        for (at, (package, number, extras)) in layout.packages.iter().enumerate() {
            let keys = extras.iter().map(|&extra| Key::extra(*package, extra));
            for key in std::iter::once(Key::base(*package)).chain(keys) {
                self.add_edges_of(NodeId(at), key, *number, &layout, &mut graph);
            }
            self.add_constraint_edges(NodeId(at), *package, &mut graph);
        }
        graph.edges.sort_by_key(|edge| edge.to);
        graph
    }

    fn layout(&self) -> Layout {
        let mut found: FxHashMap<u32, (u32, Vec<u32>)> = FxHashMap::default();
        for (key, number) in self.search().decisions() {
            let entry = found.entry(key.package).or_insert((number, Vec::new()));
            entry.1.extend(key.as_extra());
        }
        let mut packages: Vec<_> = found
            .into_iter()
            .map(|(package, (number, extras))| (package, number, extras))
            .collect();
        packages.sort_by(|a, b| self.model().at(a.0).name.cmp(&self.model().at(b.0).name));
        let positions = packages
            .iter()
            .enumerate()
            .map(|(at, (package, ..))| (*package, at))
            .collect();
        Layout {
            packages,
            positions,
        }
    }

    fn pin(&mut self, package: u32, number: u32, extras: &[u32]) -> Pin {
        let model = self.model_mut();
        let source = model.source(package, number);
        let version = model.version(package, number);
        let name = model.at(package).name.clone();
        let mut extras: Vec<ExtraName> = extras
            .iter()
            .map(|&extra| model.extras.name(extra).clone())
            .collect();
        extras.sort();
        let requested_hashes = model
            .problem
            .hashes
            .digests
            .get(&name)
            .cloned()
            .unwrap_or_default();
        let file_hashes = if model.problem.options.collect_hashes {
            model.file_hashes(package, number)
        } else {
            Vec::new()
        };
        let requested = self.roots().iter().any(|need| need.package == package);
        Pin {
            name,
            version,
            source,
            requested_hashes,
            file_hashes,
            requested,
            extras,
            marker: None,
        }
    }

    fn add_edges_of(
        &mut self,
        from: NodeId,
        key: Key,
        number: u32,
        layout: &Layout,
        graph: &mut Graph,
    ) {
        let Some(needs) = self.model().known_needs(key, number) else {
            return;
        };
        let extra = key
            .as_extra()
            .map(|extra| self.model().extras.name(extra).clone());
        for need in needs.iter() {
            self.add_edges(Some(from), need, extra.as_ref(), layout, graph);
        }
        if let Some(extra) = extra
            && let Lookup::Known(metadata) = self.model_mut().metadata(key.package, number)
            && !metadata.provides_extra.contains(&extra)
        {
            let pin = graph.pin(from);
            let (name, version) = (pin.name.clone(), pin.version.clone());
            graph.notes.push(Note::MissingExtra {
                name,
                version,
                extra,
            });
        }
    }

    fn add_edges(
        &self,
        from: Option<NodeId>,
        need: &Need,
        extra: Option<&ExtraName>,
        layout: &Layout,
        graph: &mut Graph,
    ) {
        let Some(&to) = layout.positions.get(&need.package) else {
            return;
        };
        let problem = &self.model().problem;
        let requirement = need.words.requirement(problem).clone();
        let mut add = |from| {
            graph.edges.push(Edge {
                from,
                to: NodeId(to),
                requirement: requirement.clone(),
                extra: extra.cloned(),
            });
        };
        if let Some(from) = from {
            add(EdgeSource::Node(from));
        }
        match need.words {
            Words::Root(at) => add(EdgeSource::Root(problem.roots[at].origin.clone())),
            Words::Override(at) => {
                add(EdgeSource::Override(problem.overrides[at].origin.clone()));
            }
            Words::Metadata(..) => {}
        }
    }

    fn add_constraint_edges(&self, to: NodeId, package: u32, graph: &mut Graph) {
        for at in self.model().constraints_on(package) {
            let constraint = &self.model().problem.constraints[at];
            graph.edges.push(Edge {
                from: EdgeSource::Constraint(constraint.origin.clone()),
                to,
                requirement: constraint.requirement.clone(),
                extra: None,
            });
        }
    }
}

impl Model {
    /// Returns where the files of a version come from.
    fn source(&mut self, package: u32, number: u32) -> DistSource {
        if self.at(package).installed == Some(number) {
            return DistSource::Installed;
        }
        if let Some(id) = &self.at(package).direct {
            let url = id.url.clone();
            return self
                .url_source(id)
                .cloned()
                .unwrap_or(DistSource::UrlSource {
                    url,
                    editable: false,
                    digests: Vec::new(),
                });
        }
        let verdict = self.verdict(package, number);
        let file = verdict
            .clean
            .or(verdict.yanked)
            .zip(self.dist(package, number));
        let file = file.and_then(|(at, id)| self.remote_file(package, at, &id));
        match file {
            Some((true, file)) => DistSource::Wheel(file),
            Some((false, file)) => DistSource::Sdist(file),
            // Versions are only chosen if they are installed or have a file.
            None => DistSource::Installed,
        }
    }

    fn remote_file(&self, package: u32, at: FileAt, id: &DistId) -> Option<(bool, RemoteFile)> {
        let universe = self.at(package).universe.as_ref()?;
        let file = universe.pages()[at.page]
            .page
            .files(at.version)
            .nth(at.file)?;
        let remote = RemoteFile {
            file_name: id.file_name.clone(),
            url: id.url.clone(),
            digests: file.digests(),
            size: id.size,
            index: id.index,
            yanked: file.yanked().map(str::to_owned),
            core_metadata: id.core_metadata,
            upload_time: file.upload_time(),
        };
        Some((id.is_wheel, remote))
    }

    /// Returns the digests of all files of a version, from the index its file comes from.
    fn file_hashes(&mut self, package: u32, number: u32) -> Vec<Digest> {
        let verdict = self.verdict(package, number);
        let Some(at) = verdict.clean.or(verdict.yanked) else {
            return Vec::new();
        };
        let Some(universe) = &self.at(package).universe else {
            return Vec::new();
        };
        let files = universe.pages()[at.page].page.files(at.version);
        let mut digests: Vec<Digest> = files.flat_map(|file| file.digests()).collect();
        digests.sort_by_cached_key(ToString::to_string);
        digests.dedup();
        digests
    }
}
