//! Lock files (`pylock.toml`, PEP 751) that `naja pip` installs from and writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_env::Environment;
use naja_lock::pylock::{
    Choice, FilePlace, LockContext, LockTarget, LockedFile, LockedPackage, LockedSource,
};
use naja_lock::{DistSource, Graph, Origin, Pin, ProjectLock, Pylock, RemoteFile, Selection};
use naja_project::Files;
use naja_resolve::{Preference, RootRequirement};
use naja_spec::{
    CoreMeta, Digest, ExtraName, GroupName, PackageName, Requirement, SafeUrl, SdistName, Sha256,
    Version, VersionSpecifiers, WheelName,
};

use crate::disk::Disk;
use crate::failure::Failure;
use crate::inputs::{InputSources, RequirementSet};
use crate::project::Places;
use crate::session::Session;

/// The position of files that no index of the configuration offers.
const NO_INDEX: u16 = u16::MAX;

/// A lock file, read.
#[derive(Debug)]
pub(crate) struct LockFile {
    lock: Pylock,
    text: String,
    path: PathBuf,
    extras: Vec<ExtraName>,
    groups: Option<Vec<GroupName>>,
}

/// Whether a path is that of a lock file.
pub(crate) fn is_lock(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(Pylock::is_file_name)
}

/// Reads the lock file among the sources, if there is one.
///
/// # Errors
/// It cannot be read, or there are other requirements beside it.
pub(crate) fn open(
    session: &mut Session,
    sources: &InputSources,
) -> Result<Option<LockFile>, Failure> {
    let Some(named) = sources
        .requirements
        .iter()
        .find(|name| is_lock(Path::new(name)))
    else {
        return Ok(None);
    };
    let alone = sources.requirements.len() == 1
        && sources.packages.is_empty()
        && sources.editables.is_empty()
        && sources.constraints.is_empty()
        && sources.overrides.is_empty()
        && sources.excludes.is_empty();
    if !alone {
        return Err(
            Failure::usage(format!("{named} cannot be used with other requirements"))
                .cause("a lock file says everything that is to be installed")
                .hint("install from it alone, then install the others"),
        );
    }
    let path = session.process.absolute(Path::new(named));
    let (lock, text) = read(&path, named)?;
    if !lock.unknown.is_empty() {
        let shown = lock.unknown.iter().take(5).map(String::as_str);
        let shown = shown.collect::<Vec<_>>().join("`, `");
        session.warn(format!("{named} has keys that are not known: `{shown}`"));
    }
    let extras = if sources.all_extras {
        lock.extras.clone()
    } else {
        sources.extras.clone()
    };
    let groups: Result<Vec<GroupName>, _> = sources
        .groups
        .iter()
        .map(|name| GroupName::parse(name))
        .collect();
    let groups = groups
        .map_err(|error| Failure::usage("could not read the name of a group").because(&error))?;
    Ok(Some(LockFile {
        lock,
        text,
        path,
        extras,
        groups: (!groups.is_empty()).then_some(groups),
    }))
}

fn read(path: &Path, shown: &str) -> Result<(Pylock, String), Failure> {
    let bytes = Disk
        .read(path)
        .map_err(|error| Failure::usage(format!("could not read {shown}")).because(&error))?
        .ok_or_else(|| Failure::usage(format!("there is no file `{shown}`")))?;
    let text = std::str::from_utf8(&bytes).map_err(|_not_utf8| {
        Failure::usage(format!("could not read {shown}")).cause("it is not UTF-8")
    })?;
    let lock = Pylock::parse(text)
        .map_err(|error| Failure::usage(format!("could not read {shown}")).because(&error))?;
    Ok((lock, text.to_owned()))
}

/// What of a lock file is for an environment.
#[derive(Debug, Default)]
pub(crate) struct Locked {
    /// What is known in full.
    pub(crate) pins: Vec<Pin>,
    /// What has to be looked at first: archives, directories and repositories.
    pub(crate) direct: RequirementSet,
}

impl LockFile {
    /// Chooses what is for an environment.
    ///
    /// # Errors
    /// The lock file is not for it.
    pub(crate) fn choose(&self, env: &Environment) -> Result<Locked, Failure> {
        let interpreter = env.interpreter();
        let tags = interpreter.tags();
        let target = LockTarget {
            environment: &interpreter.markers,
            tags: &tags,
            extras: &self.extras,
            groups: self.groups.as_deref(),
        };
        let shown = self.path.display();
        let chosen = self.lock.select(&target).map_err(|error| {
            Failure::unsatisfied(format!("{shown} cannot be installed here")).because(&error)
        })?;
        Locked::of_choices(&self.path, chosen)
    }

    /// The indexes its packages belong to; locks of naja's name them.
    pub(crate) fn places(&self) -> Places {
        Places::of_file(&self.lock, ProjectLock::parse(&self.text).ok().as_ref())
    }
}

impl Locked {
    /// Makes pins of what was chosen of the lock file at a path.
    ///
    /// # Errors
    /// An address of it is none.
    pub(crate) fn of_choices<'a>(
        path: &Path,
        chosen: impl IntoIterator<Item = Choice<'a>>,
    ) -> Result<Self, Failure> {
        let place = LockPlace { path };
        let mut locked = Self::default();
        for choice in chosen {
            match choice {
                Choice::Wheel(package, file) => {
                    let named = WheelName::parse(&file.name).ok().map(|name| name.version);
                    let source = DistSource::Wheel(place.remote(file)?);
                    locked.pins.extend(pin(package, file, named, source));
                }
                Choice::Sdist(package, file) => {
                    let named = SdistName::parse(&file.name, Some(&package.name));
                    let source = DistSource::Sdist(place.remote(file)?);
                    locked.pins.extend(pin(
                        package,
                        file,
                        named.ok().map(|name| name.version),
                        source,
                    ));
                }
                Choice::Direct(package) => {
                    let root = place.direct(package)?;
                    let editable = matches!(
                        package.source,
                        LockedSource::Directory { editable: true, .. }
                    );
                    if let (true, Some(url)) = (editable, root.requirement.url()) {
                        let known = locked.direct.direct.entry(url.clone()).or_default();
                        known.editable = true;
                    }
                    locked.direct.roots.push(root);
                }
            }
        }
        Ok(locked)
    }
}

/// Where a lock file is: paths in it are relative to that.
struct LockPlace<'a> {
    path: &'a Path,
}

impl LockPlace<'_> {
    fn address(&self, place: &FilePlace) -> Result<SafeUrl, Failure> {
        match place {
            FilePlace::Url(url) => Ok(url.clone()),
            FilePlace::Path(path) => SafeUrl::from_file_path(&self.beside(path)).map_err(|error| {
                Failure::usage(format!("`{path}` of the lock file is no path")).because(&error)
            }),
        }
    }

    fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("/")).join(path)
    }

    fn remote(&self, file: &LockedFile) -> Result<RemoteFile, Failure> {
        Ok(RemoteFile {
            file_name: file.name.clone(),
            url: self.address(&file.place)?,
            digests: file.hashes.clone(),
            size: file.size,
            index: NO_INDEX,
            yanked: None,
            core_metadata: CoreMeta::No,
            upload_time: None,
        })
    }

    fn direct(&self, package: &LockedPackage) -> Result<RootRequirement, Failure> {
        let with_fragment = |mut text: String, parts: &[String]| {
            if !parts.is_empty() {
                text.push('#');
                text.push_str(&parts.join("&"));
            }
            text
        };
        let subdirectory = |part: &Option<String>| {
            part.iter()
                .map(|part| format!("subdirectory={part}"))
                .collect::<Vec<_>>()
        };
        let text = match &package.source {
            LockedSource::Archive {
                file,
                subdirectory: part,
            } => {
                let mut parts: Vec<String> = file
                    .hashes
                    .iter()
                    .map(|hash| format!("{}={}", hash.algorithm().as_str(), hash.hex()))
                    .take(1)
                    .collect();
                parts.extend(subdirectory(part));
                let url = self.address(&file.place)?.without_fragment();
                with_fragment(url.with_secrets().to_owned(), &parts)
            }
            LockedSource::Directory {
                path,
                subdirectory: part,
                ..
            } => {
                let place = self.beside(path).join(part.as_deref().unwrap_or_default());
                let url = SafeUrl::from_directory_path(&place).map_err(|error| {
                    Failure::usage(format!("`{path}` of the lock file is no path")).because(&error)
                })?;
                url.with_secrets().to_owned()
            }
            LockedSource::Vcs {
                kind,
                place,
                commit_id,
                subdirectory: part,
                ..
            } => {
                let url = self.address(place)?;
                let text = format!("{kind}+{}@{commit_id}", url.with_secrets());
                with_fragment(text, &subdirectory(part))
            }
            LockedSource::Files { .. } => String::new(),
        };
        let text = format!("{} @ {text}", package.name);
        let requirement = Requirement::parse(&text).map_err(|error| {
            Failure::usage("could not read an address of the lock file").because(&error)
        })?;
        let origin = Origin::Other(self.path.display().to_string());
        Ok(RootRequirement::new(requirement, origin))
    }
}

fn pin(
    package: &LockedPackage,
    file: &LockedFile,
    named: Option<Version>,
    source: DistSource,
) -> Option<Pin> {
    Some(Pin {
        name: package.name.clone(),
        version: package.version.clone().or(named)?,
        source,
        requested_hashes: file.hashes.clone(),
        file_hashes: Vec::new(),
        files: Arc::default(),
        requested: true,
        extras: Vec::new(),
        marker: None,
    })
}

impl Locked {
    /// Everything together, with the direct references as they were found out.
    pub(crate) fn with(self, direct: Option<Selection>) -> Selection {
        let mut pins = self.pins;
        pins.extend(direct.into_iter().flatten());
        Selection::new(pins)
    }
}

/// What an earlier lock file chose, to be tried first.
///
/// # Errors
/// The file exists and cannot be read.
pub(crate) fn preferences(
    path: &Path,
) -> Result<std::collections::BTreeMap<PackageName, Vec<Preference>>, Failure> {
    let mut found = std::collections::BTreeMap::<_, Vec<Preference>>::new();
    if !path.is_file() {
        return Ok(found);
    }
    let (lock, _) = read(path, &path.display().to_string()).map_err(|failure| {
        failure.hint("the file that is to be written is read for its versions first")
    })?;
    for package in lock.packages {
        if let Some(version) = package.version {
            found.entry(package.name).or_default().push(Preference {
                version,
                hashes: Vec::new(),
                marker: package.marker,
            });
        }
    }
    Ok(found)
}

/// The text of a lock file for a resolution.
///
/// # Errors
/// Something of it cannot be written down.
pub(crate) fn text(
    session: &Session,
    graph: &Graph,
    requires_python: VersionSpecifiers,
    (output, header): (Option<&Path>, Option<&str>),
) -> Result<String, Failure> {
    let directory = output
        .and_then(Path::parent)
        .unwrap_or(&session.process.cwd);
    let context = LockContext {
        requires_python: Some(requires_python),
        environments: Vec::new(),
        directory: Some(directory),
        created_by: "naja".to_owned(),
        omit: session.settings.no_emit_package.value.clone(),
    };
    let mut graph = graph.clone();
    hash_local_files(&mut graph)?;
    let lock = Pylock::from_graph(&graph, &context).map_err(|error| {
        Failure::unsatisfied("the result cannot be written as a lock file")
            .because(&error)
            .hint("leave `--format pylock.toml` out: requirements.txt can name it")
    })?;
    Ok(lock.to_text(header))
}

/// Adds the hashes of files on this machine, which a directory of links does not tell.
pub(crate) fn hash_local_files(graph: &mut Graph) -> Result<(), Failure> {
    for pin in graph.nodes.iter_mut().map(|node| &mut node.pin) {
        let own = match &mut pin.source {
            DistSource::Wheel(file) | DistSource::Sdist(file) => Some(file),
            _ => None,
        };
        // Mostly there is nothing to do, and the list belongs to others as well.
        let all = match pin.files.iter().any(lacks_hash) {
            true => Arc::make_mut(&mut pin.files).as_mut_slice(),
            false => &mut [],
        };
        for file in own.into_iter().chain(all).filter(|file| lacks_hash(file)) {
            let Some(path) = file.url.to_file_path() else {
                continue;
            };
            let bytes = std::fs::read(&path).map_err(|error| {
                Failure::environment(format!("could not read {}", path.display())).because(&error)
            })?;
            file.digests.push(Sha256::of(&bytes).into());
        }
    }
    Ok(())
}

/// Whether a file on this machine has no hash yet that counts.
fn lacks_hash(file: &RemoteFile) -> bool {
    file.url.is_file() && !file.digests.iter().any(Digest::is_secure)
}
