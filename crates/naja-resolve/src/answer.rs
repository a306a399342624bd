//! The decisions as a graph.

use naja_lock::{DistSource, Edge, EdgeSource, Graph, Node, NodeId, Note, Pin, RemoteFile};
use naja_spec::{Digest, ExtraName};
use rustc_hash::FxHashMap;

use crate::backend::Key;
use crate::files::FileAt;
use crate::model::{Lookup, Model};
use crate::needs::{Need, Words};
use crate::{DistId, Solver};

/// A package with its version and extras, by number.
#[derive(Clone)]
struct Chosen {
    package: u32,
    number: u32,
    extras: Vec<u32>,
}

/// The packages in the order of the graph.
struct Layout {
    /// Sorted by name.
    packages: Vec<Chosen>,
    /// Where a package stands.
    positions: FxHashMap<u32, usize>,
}

/// A graph under construction.
struct Builder<'a> {
    solver: &'a mut Solver,
    layout: Layout,
    graph: Graph,
}

impl Solver {
    /// Turns the decisions into a graph.
    pub(crate) fn answer(&mut self) -> Graph {
        let layout = self.layout();
        let graph = Graph {
            notes: self.notes().to_vec(),
            ..Graph::default()
        };
        let mut builder = Builder {
            solver: self,
            layout,
            graph,
        };
        builder.add_nodes();
        builder.add_all_edges();
        builder.graph.edges.sort_by_key(|edge| edge.to);
        builder.graph
    }

    fn layout(&self) -> Layout {
        let mut found: FxHashMap<u32, (u32, Vec<u32>)> = FxHashMap::default();
        for (key, number) in self.search().decisions() {
            let entry = found.entry(key.package).or_insert((number, Vec::new()));
            entry.1.extend(key.as_extra());
        }
        let mut packages: Vec<_> = found
            .into_iter()
            .map(|(package, (number, extras))| Chosen {
                package,
                number,
                extras,
            })
            .collect();
        let name = |chosen: &Chosen| &self.model().at(chosen.package).name;
        packages.sort_by(|a, b| name(a).cmp(name(b)));
        let positions = packages
            .iter()
            .enumerate()
            .map(|(at, chosen)| (chosen.package, at))
            .collect();
        Layout {
            packages,
            positions,
        }
    }

    fn pin(&mut self, chosen: &Chosen) -> Pin {
        let (package, number) = (chosen.package, chosen.number);
        let requested = self.roots().iter().any(|need| need.package == package);
        let model = self.model_mut();
        let source = model.source(package, number);
        let version = model.version(package, number);
        let name = model.at(package).name.clone();
        let mut extras: Vec<ExtraName> = chosen
            .extras
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
        Pin {
            name,
            version,
            source,
            requested_hashes,
            file_hashes,
            files: Vec::new(),
            requested,
            extras,
            marker: None,
        }
    }
}

impl Builder<'_> {
    fn add_nodes(&mut self) {
        for chosen in &self.layout.packages {
            let pin = self.solver.pin(chosen);
            if let Some(reason) = pin.source.remote().and_then(|file| file.yanked.clone()) {
                let (name, version) = (pin.name.clone(), pin.version.clone());
                self.graph.notes.push(Note::Yanked {
                    name,
                    version,
                    reason,
                });
            }
            self.graph.nodes.push(Node { pin });
        }
    }

    fn add_all_edges(&mut self) {
        for need in self.solver.roots().iter() {
            self.add_edges(None, need, None);
        }
        for at in 0..self.layout.packages.len() {
            let Chosen {
                package,
                number,
                extras,
            } = self.layout.packages[at].clone();
            let keys = extras.iter().map(|&extra| Key::extra(package, extra));
            for key in std::iter::once(Key::base(package)).chain(keys) {
                self.add_edges_of(NodeId(at), key, number);
            }
            self.add_constraint_edges(NodeId(at), package);
        }
    }

    /// Adds what a version, or an extra of it, asks for.
    fn add_edges_of(&mut self, from: NodeId, key: Key, number: u32) {
        let Some(needs) = self.solver.model().known_needs(key, number) else {
            return;
        };
        let extra = key
            .as_extra()
            .map(|extra| self.solver.model().extras.name(extra).clone());
        for need in needs.iter() {
            self.add_edges(Some(from), need, extra.as_ref());
        }
        if let Some(extra) = extra
            && let Lookup::Known(metadata) = self.solver.model_mut().metadata(key.package, number)
            && !metadata.provides_extra.contains(&extra)
        {
            let pin = self.graph.pin(from);
            let (name, version) = (pin.name.clone(), pin.version.clone());
            self.graph.notes.push(Note::MissingExtra {
                name,
                version,
                extra,
            });
        }
    }

    fn add_edges(&mut self, from: Option<NodeId>, need: &Need, extra: Option<&ExtraName>) {
        let Some(&to) = self.layout.positions.get(&need.package) else {
            return;
        };
        let problem = &self.solver.model().problem;
        let user = match need.words {
            Words::Root(at) => Some(EdgeSource::Root(problem.roots[at].origin.clone())),
            Words::Override(at) => Some(EdgeSource::Override(problem.overrides[at].origin.clone())),
            Words::Metadata(..) => None,
        };
        for from in from.map(EdgeSource::Node).into_iter().chain(user) {
            let requirement = need.words.requirement(problem).clone();
            self.graph.edges.push(Edge {
                from,
                to: NodeId(to),
                requirement,
                extra: extra.cloned(),
            });
        }
    }

    fn add_constraint_edges(&mut self, to: NodeId, package: u32) {
        for at in self.solver.model().constraints_on(package) {
            let constraint = &self.solver.model().problem.constraints[at];
            self.graph.edges.push(Edge {
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
                .unwrap_or(DistSource::SourceArchive {
                    url,
                    given: None,
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
