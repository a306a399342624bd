//! The decisions as a graph.

use std::sync::Arc;

use naja_lock::{
    DistSource, Edge, EdgeSource, Graph, IndexTag, Node, NodeId, Note, PartKind, Pin, ProjectPart,
    RemoteFile,
};
use naja_spec::{Digest, ExtraName, FileRef, MarkerSet, SafeUrl, WheelName};
use rustc_hash::FxHashMap;

use crate::backend::Key;
use crate::files::FileAt;
use crate::model::{Lookup, Model};
use crate::needs::{Need, Words};
use crate::region::asked_for;
use crate::unite::Part;
use crate::{DistId, Solver, Target};

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
    /// Where each edge brings its node in; nowhere, if another edge stands for it.
    reach: Vec<Option<MarkerSet>>,
}

impl Solver {
    /// Turns the decisions into a graph.
    pub(crate) fn answer(&mut self) -> Graph {
        self.part().graph
    }

    /// Turns the decisions into a graph, with where its edges apply.
    pub(crate) fn part(&mut self) -> Part {
        let layout = self.layout();
        let graph = Graph {
            notes: self.notes().to_vec(),
            ..Graph::default()
        };
        let mut builder = Builder {
            solver: self,
            layout,
            graph,
            reach: Vec::new(),
        };
        builder.add_nodes();
        builder.add_all_edges();
        let Builder {
            mut graph, reach, ..
        } = builder;
        let mut edges: Vec<_> = std::mem::take(&mut graph.edges)
            .into_iter()
            .zip(reach)
            .collect();
        edges.sort_by_key(|(edge, _)| edge.to);
        let (edges, reach) = edges.into_iter().unzip();
        graph.edges = edges;
        let region = &self.model().region;
        Part {
            region: region.set.and(&region.without_parts()),
            graph,
            reach,
        }
    }

    fn layout(&self) -> Layout {
        let mut found: FxHashMap<u32, (u32, Vec<u32>)> = FxHashMap::default();
        for (key, number) in self.search().decisions() {
            if self.model().is_project(key.package) {
                continue;
            }
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

    /// Returns whether no region before this one took a version, so that its files are to be listed.
    fn is_listed_first(&mut self, package: u32, number: u32) -> bool {
        let verdict = self.model_mut().verdict(package, number);
        let page = verdict.clean.or(verdict.yanked).map(|at| at.page);
        match self.listed_mut() {
            Some(listed) => listed.insert((package, number, page)),
            None => true,
        }
    }

    fn pin(&mut self, chosen: &Chosen) -> Pin {
        let (package, number) = (chosen.package, chosen.number);
        let requested = self.roots().iter().any(|need| need.package == package);
        let first = self.is_listed_first(package, number);
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
        let mut files = match first && model.problem.options.collect_files {
            true => model.files(package, number),
            false => Vec::new(),
        };
        if let Target::Exact(target) = &model.problem.target {
            files.retain(|file| match WheelName::parse(&file.file_name) {
                Ok(wheel) => target.tags.rank(&wheel).is_some(),
                Err(_) => true,
            });
        }
        let file_hashes = if first && model.problem.options.collect_hashes {
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
            files: Arc::new(files),
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
            let known = metadata.provides_extra.clone();
            self.graph.notes.push(Note::MissingExtra {
                name,
                version,
                extra,
                known,
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
        let own = match (&need.words, &from) {
            (Words::Root(at), None) => problem.roots[*at].part.as_ref().map(asked_for),
            (_, Some(from)) => extra
                .and_then(|extra| {
                    self.solver
                        .model()
                        .part_in_conflict(self.graph.pin(*from), extra)
                })
                .map(|part| asked_for(&part)),
            _ => None,
        };
        let when = need.when.clone().or_else(|| Some(MarkerSet::all()));
        let mut when = match own {
            Some(own) => when.map(|when| when.and(&own)),
            None => when,
        };
        for from in from.map(EdgeSource::Node).into_iter().chain(user) {
            self.reach.push(when.take());
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
        for at in self.solver.model_mut().constraints_on(package) {
            let constraint = &self.solver.model().problem.constraints[at];
            self.reach.push(None);
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
    /// Returns an extra as a part of a project if it is declared not to go together with others.
    fn part_in_conflict(&self, pin: &Pin, extra: &ExtraName) -> Option<ProjectPart> {
        let Target::Universal(target) = &self.problem.target else {
            return None;
        };
        let part = ProjectPart {
            package: pin.name.clone(),
            kind: PartKind::Extra(extra.clone()),
        };
        let mut parts = target.conflicts.iter().flatten();
        parts.any(|known| *known == part).then_some(part)
    }

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
        let mut files = universe.pages()[at.page].page.files(at.version);
        let file = files.nth(at.file)?;
        Some((id.is_wheel, remote(&file, id.index, id.url.clone())))
    }

    /// Returns all files of a version that some environment may choose, from the index its file comes from:
    /// the wheels, then the sources.
    fn files(&mut self, package: u32, number: u32) -> Vec<RemoteFile> {
        let verdict = self.verdict(package, number);
        let Some(at) = verdict.clean.or(verdict.yanked) else {
            return Vec::new();
        };
        let Some(universe) = &self.at(package).universe else {
            return Vec::new();
        };
        let page = &universe.pages()[at.page];
        let rules = &self.at(package).rules;
        let offered: Vec<_> = page
            .page
            .files(at.version)
            .filter(|file| rules.offers(file, page.index))
            .collect();
        let (wheels, sources): (Vec<_>, Vec<_>) =
            offered.into_iter().partition(naja_spec::FileRef::is_wheel);
        let all = wheels.iter().chain(&sources);
        all.filter_map(|file| Some(remote(file, page.index, file.safe_url().ok()?)))
            .collect()
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

fn remote(file: &FileRef<'_>, index: IndexTag, url: SafeUrl) -> RemoteFile {
    RemoteFile {
        file_name: file.file_name().to_owned(),
        url,
        digests: file.digests(),
        size: file.size(),
        index,
        yanked: file.yanked().map(str::to_owned),
        core_metadata: file.core_metadata(),
        upload_time: file.upload_time(),
    }
}
