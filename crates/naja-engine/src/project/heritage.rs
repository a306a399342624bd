//! What another lock chose, taken over: versions are tried first, digests are compared with what the index says,
//! commits of repositories stay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use naja_lock::foreign::{ForeignFile, ForeignKind, ForeignLock, ForeignPackage, ForeignSource};
use naja_lock::{DistSource, EdgeSource, Graph, NodeId, Pin, RemoteFile};
use naja_project::Files;
use naja_resolve::{PackageSet, Preference};
use naja_spec::{Digest, PackageName, Version};

use super::load::Project;
use crate::disk::Disk;
use crate::event::Event;
use crate::failure::Failure;
use crate::inputs;
use crate::pipeline::{KnownCommits, Pipeline};
use crate::problem;
use crate::session::Session;

/// As many lines are told about versions that could not be kept.
const MOST_TOLD: usize = 20;

/// The lock of another tool, and what it chose.
pub(super) struct Heritage {
    /// The file as it is shown.
    shown: String,
    /// Whether the user named it.
    named: bool,
    packages: Vec<ForeignPackage>,
}

/// What became of the choices of another lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inherited {
    /// The file.
    pub file: String,
    /// How many versions and commits were kept.
    pub kept: usize,
    /// What could not be kept.
    pub changed: Vec<NotKept>,
    /// What nobody asks for any more.
    pub gone: Vec<PackageName>,
}

/// A version that could not be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKept {
    /// The package.
    pub name: PackageName,
    /// What was locked before.
    pub before: String,
    /// What is locked now.
    pub after: Vec<String>,
    /// Why.
    pub why: String,
}

impl Heritage {
    /// Reads the lock that the user named.
    ///
    /// # Errors
    /// There is no such file, or nobody knows what it is.
    pub(super) fn named(session: &mut Session, path: &Path) -> Result<Self, Failure> {
        let shown = path.strip_prefix(&session.process.cwd).unwrap_or(path);
        let shown = shown.display().to_string();
        let path = session.process.absolute(path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = text_of(&path, &shown)?;
        let kind = ForeignKind::of_name(&name).or_else(|| ForeignKind::of_text(&text));
        let packages = match kind {
            Some(kind) => read(session, kind, (&text, &shown))?,
            None if is_requirements(&name) => of_requirements(session, &path)?,
            None => {
                return Err(
                    Failure::usage(format!("`{shown}` is no lock that naja can read")).hint(
                        "it reads uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml and pinned \
                         requirements.txt files",
                    ),
                );
            }
        };
        Ok(Self {
            shown,
            named: true,
            packages,
        })
    }

    /// Looks for the lock of another tool beside a project that has none of its own. One that cannot be read
    /// is told and left alone.
    pub(super) fn found(session: &mut Session, project: &Project) -> Option<Self> {
        if project.lock.is_some()
            || project.script.is_some()
            || problem::upgrade(&session.settings) == PackageSet::All
        {
            return None;
        }
        if project.script.is_some() {
            // Locks around a script are those of projects.
            return None;
        }
        for (path, kind) in beside(&project.workspace.root) {
            let shown = kind.file_name().to_owned();
            let read = text_of(&path, &shown).and_then(|text| read(session, kind, (&text, &shown)));
            match read {
                Ok(packages) => {
                    return Some(Self {
                        shown,
                        named: false,
                        packages,
                    });
                }
                Err(failure) => {
                    let why = failure.causes.first().cloned().unwrap_or_default();
                    session.warn(format!("{shown} is not taken over: {why}"));
                }
            }
        }
        None
    }

    /// The versions to be tried first.
    pub(super) fn preferences(&self) -> BTreeMap<PackageName, Vec<Preference>> {
        let mut found: BTreeMap<PackageName, Vec<Preference>> = BTreeMap::new();
        for package in self.of_indexes() {
            if let Some(version) = &package.version {
                let known = found.entry(package.name.clone()).or_default();
                known.push(Preference::earlier(
                    version.clone(),
                    package.marker.as_ref(),
                ));
            }
        }
        // Where nothing tells several apart, the newest is the one most of the environments had.
        for known in found.values_mut() {
            if known.iter().any(|one| one.marker.is_none()) {
                known.sort_by(|a, b| b.version.cmp(&a.version));
            }
        }
        found
    }

    /// The commits that stay.
    pub(super) fn commits(&self, upgrade: &PackageSet, known: &mut KnownCommits) {
        for package in &self.packages {
            if let ForeignSource::Git {
                repository,
                reference,
                commit,
            } = &package.source
                && !upgrade.contains(&package.name)
            {
                known.keep(repository, reference.as_deref(), commit);
            }
        }
    }

    fn of_indexes(&self) -> impl Iterator<Item = &ForeignPackage> {
        let packages = self.packages.iter();
        packages.filter(|package| package.source == ForeignSource::Index)
    }

    /// Compares the digests of what was chosen again with what the indexes say, but for what is to be replaced.
    ///
    /// # Errors
    /// A file is not the one that was locked.
    pub(super) fn check(&self, graph: &Graph, upgrade: &PackageSet) -> Result<(), Failure> {
        let kept = |package: &&ForeignPackage| !upgrade.contains(&package.name);
        for package in self.of_indexes().filter(kept) {
            let pins = graph.nodes.iter().map(|node| &node.pin);
            let same = pins.filter(|pin| {
                pin.name == package.name && package.version.as_ref() == Some(&pin.version)
            });
            for pin in same {
                if let Some(why) = mismatch(pin, &package.files) {
                    return Err(self.not_the_same(pin, why));
                }
            }
        }
        Ok(())
    }

    fn not_the_same(&self, pin: &Pin, why: String) -> Failure {
        Failure::unsatisfied(format!(
            "{} {} is not the one of {}",
            pin.name, pin.version, self.shown
        ))
        .cause(why)
        .hint(format!(
            "somebody replaced the file, or the index is another one: find out before you go on; `naja lock \
             -P {}` takes what the index has now",
            pin.name
        ))
    }

    /// Compares what was chosen with what had been, and says so.
    pub(super) fn tell(
        &self,
        session: &mut Session,
        graph: &Graph,
        pipeline: &mut Pipeline,
    ) -> Inherited {
        let mut inherited = Inherited {
            file: self.shown.clone(),
            ..Inherited::default()
        };
        for package in &self.packages {
            let nodes = (0..graph.nodes.len()).map(NodeId);
            let of_package = |id: &NodeId| graph.pin(*id).name == package.name;
            let now: Vec<NodeId> = nodes.filter(of_package).collect();
            if now.is_empty() {
                inherited.gone.push(package.name.clone());
                continue;
            }
            match self.lost(package, (graph, &now), pipeline) {
                None => inherited.kept += 1,
                Some(lost) => inherited.changed.push(lost),
            }
        }
        self.tell_lines(session, &inherited);
        inherited
    }

    fn tell_lines(&self, session: &mut Session, inherited: &Inherited) {
        let note = |session: &mut Session, message: String| session.emit(&Event::Note { message });
        let all = inherited.kept + inherited.changed.len();
        let (file, kept) = (&self.shown, inherited.kept);
        note(
            session,
            match self.named {
                _ if self.packages.is_empty() => format!("{file} has no exact versions to keep"),
                true => format!("Kept {kept} of {all} versions of {file}"),
                false => {
                    format!("There is no lock of naja yet: kept {kept} of {all} versions of {file}")
                }
            },
        );
        for lost in inherited.changed.iter().take(MOST_TOLD) {
            let after = lost.after.join(", ");
            note(
                session,
                format!("{} {} became {after}: {}", lost.name, lost.before, lost.why),
            );
        }
        if inherited.changed.len() > MOST_TOLD {
            let more = inherited.changed.len() - MOST_TOLD;
            note(session, format!("and {more} more could not be kept"));
        }
        if !inherited.gone.is_empty() {
            let names: Vec<&str> = inherited.gone.iter().map(PackageName::as_str).collect();
            session.detail(format!("not needed any more: {}", names.join(", ")));
        }
    }

    /// Why a choice was not kept; nothing if it was.
    fn lost(
        &self,
        package: &ForeignPackage,
        (graph, now): (&Graph, &[NodeId]),
        pipeline: &mut Pipeline,
    ) -> Option<NotKept> {
        let pins: Vec<&Pin> = now.iter().map(|id| graph.pin(*id)).collect();
        let lost = |before: String, why: String| {
            Some(NotKept {
                name: package.name.clone(),
                before,
                after: pins.iter().map(|pin| words(pin)).collect(),
                why,
            })
        };
        match (&package.source, &package.version) {
            (ForeignSource::Direct, _) | (ForeignSource::Index, None) => None,
            (ForeignSource::Git { commit, .. }, _) => {
                let same = pins.iter().any(|pin| match &pin.source {
                    DistSource::Git { commit: now, .. } => now == commit,
                    _ => false,
                });
                if same {
                    return None;
                }
                let why = "the project asks for another repository or revision";
                lost(short(commit), why.to_owned())
            }
            (ForeignSource::Index, Some(version)) => {
                if pins.iter().any(|pin| pin.version == *version) {
                    return None;
                }
                let why = who_objects(graph, now, version).unwrap_or_else(|| {
                    match pipeline.has_version(&package.name, version) {
                        Some(false) => "no index has that version".to_owned(),
                        _ => "it does not fit together with the rest, or has no files for these Pythons"
                            .to_owned(),
                    }
                });
                lost(version.to_string(), why)
            }
        }
    }
}

/// The first requirement that does not take a version.
fn who_objects(graph: &Graph, now: &[NodeId], version: &Version) -> Option<String> {
    let edges = now.iter().flat_map(|id| graph.incoming(*id));
    for edge in edges {
        let requirement = &edge.requirement;
        let who = match &edge.from {
            EdgeSource::Node(id) => {
                let pin = graph.pin(*id);
                format!("{} {}", pin.name, pin.version)
            }
            EdgeSource::Root(_) => "the project".to_owned(),
            EdgeSource::Constraint(origin) | EdgeSource::Override(origin) => origin.to_string(),
        };
        match requirement.specifiers() {
            Some(bounds) if bounds.contains(version) => {}
            Some(_) => return Some(format!("{who} asks for `{requirement}`")),
            None => return Some(format!("{who} asks for it from another place")),
        }
    }
    None
}

/// What was chosen, in a word.
fn words(pin: &Pin) -> String {
    match &pin.source {
        DistSource::Git { commit, .. } => format!("{} ({})", pin.version, short(commit)),
        _ => pin.version.to_string(),
    }
}

fn short(commit: &str) -> String {
    commit.chars().take(8).collect()
}

/// Why the files of a pin are not those that were locked.
fn mismatch(pin: &Pin, locked: &[ForeignFile]) -> Option<String> {
    let files: Vec<&RemoteFile> = match pin.files.is_empty() {
        true => pin.source.remote().into_iter().collect(),
        false => pin.files.iter().collect(),
    };
    let mut any_alike = false;
    let mut compared = false;
    for file in &files {
        let same_name =
            |one: &&ForeignFile| one.name.as_ref().is_none_or(|name| *name == file.file_name);
        let known: Vec<&ForeignFile> = locked.iter().filter(same_name).collect();
        for digest in file.digests.iter().filter(|digest| digest.is_secure()) {
            let comparable: Vec<&&ForeignFile> = known
                .iter()
                .filter(|one| one.digest.algorithm() == digest.algorithm())
                .collect();
            if comparable.is_empty() {
                continue;
            }
            compared = true;
            let alike = comparable.iter().any(|one| one.digest == *digest);
            any_alike |= alike;
            // Digests without names say that a file is among them, and files may come later.
            if let (false, Some(other)) = (alike, comparable.iter().find(|one| one.name.is_some()))
            {
                return Some(differ(&file.file_name, &other.digest, digest));
            }
        }
    }
    (compared && !any_alike).then(|| {
        let offered = files.first().map_or("the file", |file| file.file_name.as_str());
        format!("none of the digests that were locked is that of {offered} or of another file of the version")
    })
}

fn differ(file: &str, locked: &Digest, offered: &Digest) -> String {
    format!("{file} was locked with {locked}, and the index has {offered}")
}

/// The locks of other tools in a directory, the one that counts first.
pub(super) fn beside(dir: &Path) -> impl Iterator<Item = (PathBuf, ForeignKind)> + use<> {
    let dir = dir.to_owned();
    let places = ForeignKind::ALL.into_iter();
    let places = places.map(move |kind| (dir.join(kind.file_name()), kind));
    places.filter(|(path, _)| path.is_file())
}

fn read(
    session: &mut Session,
    kind: ForeignKind,
    (text, shown): (&str, &str),
) -> Result<Vec<ForeignPackage>, Failure> {
    let lock = ForeignLock::parse(kind, text)
        .map_err(|error| Failure::usage(format!("could not read {shown}")).because(&error))?;
    for skipped in &lock.skipped {
        session.detail(format!("{shown}: {skipped}"));
    }
    Ok(lock.packages)
}

fn text_of(path: &Path, shown: &str) -> Result<String, Failure> {
    let unreadable = || Failure::usage(format!("could not read {shown}"));
    let bytes = Disk
        .read(path)
        .map_err(|error| unreadable().because(&error))?
        .ok_or_else(|| Failure::usage(format!("there is no file `{shown}`")))?;
    String::from_utf8(bytes.to_vec()).map_err(|_not_utf8| unreadable().cause("it is not UTF-8"))
}

fn is_requirements(name: &str) -> bool {
    let ending = Path::new(name).extension();
    ending.is_some_and(|ending| ending == "txt" || ending == "in")
}

/// What a pinned requirements file says.
fn of_requirements(session: &Session, path: &Path) -> Result<Vec<ForeignPackage>, Failure> {
    let pinned = inputs::preferences(session, path)?;
    let packages = pinned.into_iter().flat_map(|(name, versions)| {
        let several = versions.len() > 1;
        versions.into_iter().map(move |one| ForeignPackage {
            name: name.clone(),
            version: Some(one.version),
            marker: one.marker.filter(|_| several),
            source: ForeignSource::Index,
            files: one
                .hashes
                .into_iter()
                .map(|digest| ForeignFile { name: None, digest })
                .collect(),
        })
    });
    Ok(packages.collect())
}
