//! The graph of a lock for programs, in the form that uv gives it: what is locked by identifiers, and who needs whom.

use std::collections::BTreeMap;
use std::path::Path;

use naja_lock::project::{MemberChoice, Place, Way};
use naja_lock::pylock::{FilePlace, LockedFile, LockedPackage, LockedSource, SelectError};
use naja_lock::{PartKind, ProjectLock};
use naja_python::without_dots;
use naja_spec::{ExtraName, MarkerSet, SafeUrl};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What something is: a package, with an extra, or a group of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// The package itself.
    Package,
    /// The package with an extra.
    Extra(String),
    /// A dependency group of a project.
    Group(String),
}

/// Something that is locked.
#[derive(Clone, Debug, Serialize)]
pub struct ResolvedNode {
    /// The package.
    pub name: String,
    /// Its version; absent if it is dynamic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where it comes from: one of `registry`, `path`, `url`, `git`, `directory`, `editable`, `virtual`.
    pub source: Value,
    /// What of it this is.
    pub kind: NodeKind,
    /// What it needs.
    pub dependencies: Vec<ResolvedEdge>,
    /// Its extras that are locked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub optional_dependencies: Vec<ResolvedPart>,
    /// Its dependency groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependency_groups: Vec<ResolvedPart>,
    /// The source distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdist: Option<Value>,
    /// The wheels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wheels: Vec<Value>,
}

/// What something needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResolvedEdge {
    /// What is needed.
    pub id: String,
    /// Where; everywhere if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
}

/// A part of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ResolvedPart {
    /// The extra or group.
    pub name: String,
    /// Its identifier.
    pub id: String,
}

/// What is locked, by identifiers.
pub type Resolution = BTreeMap<String, ResolvedNode>;

/// Where a lock is, and the index of packages that name none.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) root: &'a Path,
    pub(super) index: Option<&'a SafeUrl>,
}

/// The graph of everything that a lock has.
///
/// # Errors
/// The lock contradicts itself.
pub(super) fn resolution(
    lock: &ProjectLock,
    around: Around<'_>,
) -> Result<Resolution, SelectError> {
    let mut drawing = Drawing {
        lock,
        around,
        counts: BTreeMap::new(),
        extras: BTreeMap::new(),
    };
    // Parts that exclude each other are never asked for together.
    for choice in parts(lock) {
        let ways = lock.ways(std::slice::from_ref(&choice), &[])?;
        for way in &ways.ways {
            drawing.take(way);
        }
        for (place, extras) in ways.extras {
            drawing.extras.entry(place).or_default().extend(extras);
        }
    }
    Ok(drawing.nodes())
}

/// Every part of every project, each alone.
fn parts(lock: &ProjectLock) -> Vec<MemberChoice> {
    let mut parts = Vec::new();
    for member in &lock.inputs.members {
        let alone = |extras: Vec<ExtraName>, groups, project| MemberChoice {
            name: member.name.clone(),
            project,
            extras,
            groups,
        };
        parts.push(alone(Vec::new(), Vec::new(), true));
        let extras = member.extras.keys();
        parts.extend(extras.map(|name| alone(vec![name.clone()], Vec::new(), true)));
        let groups = member.groups.keys();
        parts.extend(groups.map(|name| alone(Vec::new(), vec![name.clone()], false)));
    }
    parts
}

/// Who asks, as which part, and for whom, with which extra.
type Asked = (Place, PartKind, Place, Option<ExtraName>);

struct Drawing<'a> {
    lock: &'a ProjectLock,
    around: Around<'a>,
    /// The environments that each requirement counts in.
    counts: BTreeMap<Asked, MarkerSet>,
    /// The extras that are asked for, by package.
    extras: BTreeMap<Place, std::collections::BTreeSet<ExtraName>>,
}

impl Drawing<'_> {
    fn take(&mut self, way: &Way<'_>) {
        let extras: Vec<Option<ExtraName>> = match way.requirement.extras.as_slice() {
            [] => vec![None],
            extras => extras.iter().cloned().map(Some).collect(),
        };
        for extra in extras {
            let asked = (way.from, way.part.clone(), way.to, extra);
            let known = self.counts.entry(asked).or_insert_with(MarkerSet::none);
            *known = known.or(&way.counts);
        }
    }

    fn nodes(&self) -> Resolution {
        let mut nodes = Resolution::new();
        let entries = (0..self.lock.file.packages.len()).map(Place::Entry);
        let members = (0..self.lock.inputs.members.len()).map(Place::Member);
        for place in entries.chain(members) {
            if self.stands_for_another(place) {
                continue;
            }
            let own = self.parts_of(place);
            for kind in std::iter::once(PartKind::Project).chain(own.iter().cloned()) {
                let id = self.id(place, &kind);
                nodes.insert(id, self.node(place, &kind, &own));
            }
        }
        nodes
    }

    /// A project that is a package is an entry as well.
    fn stands_for_another(&self, place: Place) -> bool {
        let Place::Member(at) = place else {
            return false;
        };
        let name = &self.lock.inputs.members[at].name;
        self.lock.file.packages.iter().any(|one| one.name == *name)
    }

    /// The extras and groups of something: all of a project, of others those that are asked for.
    fn parts_of(&self, place: Place) -> Vec<PartKind> {
        let member = self.lock.inputs.member(self.lock.name_at(place));
        let mut extras = self.extras.get(&place).cloned().unwrap_or_default();
        extras.extend(
            member
                .into_iter()
                .flat_map(|one| one.extras.keys().cloned()),
        );
        let groups = member.into_iter().flat_map(|one| one.groups.keys());
        let groups = groups.cloned().map(PartKind::Group);
        extras
            .into_iter()
            .map(PartKind::Extra)
            .chain(groups)
            .collect()
    }

    fn node(&self, place: Place, kind: &PartKind, own: &[PartKind]) -> ResolvedNode {
        let is_whole = *kind == PartKind::Project;
        let part = |wanted: &PartKind| {
            let name = match wanted {
                PartKind::Project => return None,
                PartKind::Extra(name) => name.to_string(),
                PartKind::Group(name) => name.to_string(),
            };
            let id = self.id(place, wanted);
            Some(ResolvedPart { name, id })
        };
        let of = |is: fn(&PartKind) -> bool| {
            let wanted = own.iter().filter(|one| is_whole && is(one));
            wanted.filter_map(part).collect::<Vec<_>>()
        };
        let (sdist, wheels) = match (is_whole, place) {
            (true, Place::Entry(at)) => files(&self.lock.file.packages[at]),
            _ => (None, Vec::new()),
        };
        ResolvedNode {
            name: self.lock.name_at(place).to_string(),
            version: self.lock.version_at(place).map(ToString::to_string),
            source: self.source(place).to_json(),
            kind: match kind {
                PartKind::Project => NodeKind::Package,
                PartKind::Extra(name) => NodeKind::Extra(name.to_string()),
                PartKind::Group(name) => NodeKind::Group(name.to_string()),
            },
            dependencies: self.edges(place, kind),
            optional_dependencies: of(|one| matches!(one, PartKind::Extra(_))),
            dependency_groups: of(|one| matches!(one, PartKind::Group(_))),
            sdist,
            wheels,
        }
    }

    fn edges(&self, place: Place, kind: &PartKind) -> Vec<ResolvedEdge> {
        let assumed = self.lock.environments();
        let mut edges = Vec::new();
        if matches!(kind, PartKind::Extra(_)) {
            edges.push(ResolvedEdge {
                id: self.id(place, &PartKind::Project),
                marker: None,
            });
        }
        let own = self.counts.iter();
        let own = own.filter(|((from, part, ..), _)| *from == place && part == kind);
        for ((_, _, to, extra), counts) in own {
            let part = extra.clone().map_or(PartKind::Project, PartKind::Extra);
            let marker = counts.simplify(&assumed).to_marker();
            edges.push(ResolvedEdge {
                id: self.id(*to, &part),
                marker: marker.map(|marker| marker.lockstyle().to_string()),
            });
        }
        edges.sort_by(|a, b| a.id.cmp(&b.id));
        edges.dedup();
        edges
    }

    fn id(&self, place: Place, kind: &PartKind) -> String {
        let name = self.lock.name_at(place);
        let part = match kind {
            PartKind::Project => String::new(),
            PartKind::Extra(extra) => format!("[{extra}]"),
            PartKind::Group(group) => format!(":{group}"),
        };
        let version = self.lock.version_at(place).map(ToString::to_string);
        self.source(place)
            .id(&format!("{name}{part}"), version.as_deref())
    }

    fn source(&self, place: Place) -> Source {
        let here = |path: &str| {
            without_dots(&self.around.root.join(path))
                .display()
                .to_string()
        };
        match place {
            Place::Member(at) => Source::new("virtual", here(&self.lock.inputs.members[at].path)),
            Place::Entry(at) => source_of(&self.lock.file.packages[at], self.around, &here),
        }
    }
}

/// Where something comes from.
struct Source {
    kind: &'static str,
    place: String,
}

impl Source {
    fn new(kind: &'static str, place: String) -> Self {
        Self { kind, place }
    }

    /// The identifier of what comes from there.
    fn id(&self, what: &str, version: Option<&str>) -> String {
        let version = version.map(|version| format!("=={version}"));
        let version = version.unwrap_or_default();
        format!("{what}{version}@{}+{}", self.kind, self.place)
    }

    fn to_json(&self) -> Value {
        let place = match self.kind {
            "registry" => json!({ "url": self.place }),
            _ => Value::String(self.place.clone()),
        };
        let mut source = Map::new();
        source.insert(self.kind.to_owned(), place);
        Value::Object(source)
    }
}

fn source_of(package: &LockedPackage, around: Around<'_>, here: &dyn Fn(&str) -> String) -> Source {
    let of_place = |place: &FilePlace, kind| match place {
        FilePlace::Url(url) => Source::new(kind, bare(url)),
        FilePlace::Path(path) => Source::new("path", here(path)),
    };
    match &package.source {
        LockedSource::Files { .. } => {
            let index = package.index.as_ref().or(around.index);
            Source::new("registry", index.map(bare).unwrap_or_default())
        }
        LockedSource::Archive { file, .. } => of_place(&file.place, "url"),
        LockedSource::Directory { path, editable, .. } => {
            let kind = if *editable { "editable" } else { "directory" };
            Source::new(kind, here(path))
        }
        LockedSource::Vcs {
            place, commit_id, ..
        } => {
            let mut source = of_place(place, "git");
            source.kind = "git";
            source.place = format!("{}#{commit_id}", source.place);
            source
        }
    }
}

fn bare(url: &SafeUrl) -> String {
    let bare = url.without_credentials();
    bare.with_secrets().trim_end_matches('/').to_owned()
}

/// The files of a package.
fn files(package: &LockedPackage) -> (Option<Value>, Vec<Value>) {
    match &package.source {
        LockedSource::Files { sdist, wheels } => (
            sdist.as_ref().map(|one| file(one, false)),
            wheels.iter().map(|one| file(one, true)).collect(),
        ),
        LockedSource::Archive { file: one, .. } if one.name.ends_with(".whl") => {
            (None, vec![file(one, true)])
        }
        LockedSource::Archive { file: one, .. } => (Some(file(one, false)), Vec::new()),
        LockedSource::Directory { .. } | LockedSource::Vcs { .. } => (None, Vec::new()),
    }
}

fn file(file: &LockedFile, is_wheel: bool) -> Value {
    let mut said = Map::new();
    if let FilePlace::Url(url) = &file.place {
        said.insert("url".to_owned(), bare(url).into());
    }
    let hashes = file.hashes.iter();
    let hashes: Map<String, Value> = hashes
        .map(|hash| (hash.algorithm().as_str().to_owned(), hash.hex().into()))
        .collect();
    said.insert("hashes".to_owned(), hashes.into());
    said.extend(file.size.map(|size| ("size".to_owned(), size.into())));
    let time = file.upload_time.as_ref();
    said.extend(time.map(|time| ("upload_time".to_owned(), time.to_string().into())));
    if is_wheel {
        said.insert("filename".to_owned(), file.name.clone().into());
    }
    Value::Object(said)
}

/// The identifier of a project of a workspace that is not locked yet, as it will be.
pub(super) fn id_of_member(
    name: &str,
    version: Option<&str>,
    (is_package, dir): (bool, &Path),
) -> String {
    let kind = if is_package { "editable" } else { "virtual" };
    Source::new(kind, dir.display().to_string()).id(name, version)
}
