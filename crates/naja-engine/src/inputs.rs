//! From arguments and files to what is asked of the solver.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use naja_lock::Origin;
use naja_project::requirements::{
    LineOrigin, ManifestChoice, RequirementEntry, RequirementItem, RequirementsError,
    RequirementsFile, RequirementsReader,
};
use naja_project::settings::Settings;
use naja_project::{FileError, Files, SourceName, Variables};
use naja_resolve::{HashPolicy, Preference, RootRequirement};
use naja_spec::{Digest, ExtraName, GitUrl, PackageName, Requirement, SafeUrl};

use crate::address;
use crate::disk::Disk;
use crate::failure::Failure;
use crate::project::Lowered;
use crate::session::Session;
use crate::target;

mod declared;
mod naming;

use declared::Declared;
use naming::Naming;

/// Where requirements come from, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputSources {
    /// Requirements: names, addresses, paths.
    pub packages: Vec<String>,
    /// Requirements to be installed as editable projects.
    pub editables: Vec<String>,
    /// Requirements files (`-r`).
    pub requirements: Vec<String>,
    /// Constraints files (`-c`).
    pub constraints: Vec<String>,
    /// Files of overrides.
    pub overrides: Vec<String>,
    /// Files of names to leave out.
    pub excludes: Vec<String>,
    /// Dependency groups (PEP 735), `NAME` or `PATH:NAME`.
    pub groups: Vec<String>,
    /// Extras of the projects named by `-r pyproject.toml`.
    pub extras: Vec<ExtraName>,
    /// All extras of those.
    pub all_extras: bool,
    /// The option that gave the packages, where that is not the command itself.
    pub option: Option<&'static str>,
}

impl InputSources {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
            && self.editables.is_empty()
            && self.requirements.is_empty()
            && self.groups.is_empty()
    }
}

/// How the user named a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DirectReference {
    /// The path as it was written, where it was one.
    pub(crate) given: Option<String>,
    /// Whether it is to be installed as an editable project.
    pub(crate) editable: bool,
    /// The digests one of which the file must have (`--hash`).
    pub(crate) hashes: Vec<Digest>,
}

/// What is asked for, read and understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequirementSet {
    /// What the user said about sources that are named by their addresses.
    pub(crate) direct: BTreeMap<SafeUrl, DirectReference>,
    pub(crate) roots: Vec<RootRequirement>,
    pub(crate) constraints: Vec<RootRequirement>,
    pub(crate) overrides: Vec<RootRequirement>,
    pub(crate) excludes: BTreeSet<PackageName>,
    pub(crate) hashes: HashPolicy,
}

impl RequirementSet {
    /// The names that an index will be asked for, to ask early.
    pub(crate) fn index_names(&self) -> Vec<PackageName> {
        let by_name = |root: &&RootRequirement| root.requirement.url().is_none();
        self.roots
            .iter()
            .filter(by_name)
            .map(|root| root.requirement.name.clone())
            .collect()
    }

    /// Whether there is more to know than names and versions.
    pub(crate) fn has_more_than_names(&self) -> bool {
        !self.constraints.is_empty()
            || !self.overrides.is_empty()
            || !self.excludes.is_empty()
            || self
                .roots
                .iter()
                .any(|root| root.requirement.url().is_some())
    }
}

/// Reads everything that is asked for. Options in requirements files become
/// part of the session's settings.
///
/// # Errors
/// A file or a requirement cannot be read; a source would have to be built.
pub(crate) fn read(
    session: &mut Session,
    sources: &InputSources,
) -> Result<RequirementSet, Failure> {
    let variables = target::variables(session);
    let cwd = session.process.cwd.clone();
    let found = written(session, sources, &variables).map_err(|error| unreadable(&error))?;
    let settings = apply_options(session, &found);
    if found.requirements.is_empty() {
        for file in &sources.requirements {
            session.warn(format!("`{file}` has no requirements"));
        }
    }
    let mut set = RequirementSet::default();
    let mut naming = Naming::default();
    let mut declared = Declared::default();
    for entry in &found.requirements {
        let asked = match declared.lowered(session, entry)? {
            Some(lowered) => declared_roots(session, entry, lowered, &mut set.direct),
            None => roots(session, &mut naming, entry, &mut set.direct)?,
        };
        for mut root in asked {
            if let (Origin::CommandLine, Some(option)) = (&root.origin, sources.option) {
                root.origin = Origin::Option(option.to_owned());
            }
            add_hashes(&mut set.hashes, &root.requirement.name, &entry.hashes);
            set.roots.push(root);
        }
    }
    naming.finish();
    for entry in &found.constraints {
        let root = constraint(entry, &cwd)?;
        add_hashes(&mut set.hashes, &root.requirement.name, &entry.hashes);
        set.constraints.push(root);
    }
    read_overrides(session, sources, &variables, &mut set)?;
    read_configured(&settings, &mut set);
    let verify = settings.verify_hashes.value;
    set.hashes.required = settings.require_hashes.value || (found.hash_checking() && verify);
    if set.hashes.required {
        check_pins(&set)?;
    }
    if !verify && !settings.require_hashes.value {
        set.hashes = HashPolicy::default();
        for how in set.direct.values_mut() {
            how.hashes.clear();
        }
    }
    Ok(set)
}

/// What stands in the command line and in the files.
fn written(
    session: &Session,
    sources: &InputSources,
    variables: &Variables,
) -> Result<RequirementsFile, RequirementsError> {
    let choice = ManifestChoice {
        extras: sources.extras.clone(),
        all_extras: sources.all_extras,
    };
    let files = DiskAndNet::new(session);
    let reader = RequirementsReader::new(&files, variables, &session.process.cwd);
    let mut reader = reader.with_choice(choice);
    for package in &sources.packages {
        reader.add_argument(package, false)?;
    }
    for editable in &sources.editables {
        reader.add_argument(editable, true)?;
    }
    for file in &sources.requirements {
        reader.read_requirements(file)?;
    }
    for group in &sources.groups {
        reader.read_group(group)?;
    }
    let configured = &session.settings.constraint.value;
    for file in sources.constraints.iter().chain(configured) {
        reader.read_constraints(file)?;
    }
    Ok(reader.finish())
}

/// The disk, and addresses through the index client.
struct DiskAndNet<'a> {
    session: &'a Session,
}

impl<'a> DiskAndNet<'a> {
    fn new(session: &'a Session) -> Self {
        Self { session }
    }

    fn download(&self, url: &SafeUrl) -> Result<Arc<[u8]>, Failure> {
        address::fetch(self.session, url, "requirements").map(|(bytes, _)| bytes)
    }
}

impl Files for DiskAndNet<'_> {
    fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError> {
        let read = self.session.disk().read(path)?;
        let names_variables = |bytes: &[u8]| bytes.windows(2).any(|two| two == b"${");
        if read.as_deref().is_some_and(names_variables) {
            let trace = &self.session.trace;
            trace.spoil("requirements depend on variables");
        }
        Ok(read)
    }

    fn list(&self, dir: &Path) -> Result<Vec<std::path::PathBuf>, FileError> {
        self.session.disk().list(dir)
    }

    fn exists(&self, path: &Path) -> bool {
        self.session.disk().exists(path)
    }

    fn read_stdin(&self) -> Result<Arc<[u8]>, FileError> {
        self.session.disk().read_stdin()
    }

    fn fetch(&self, url: &SafeUrl) -> Result<Arc<[u8]>, FileError> {
        self.session.trace.spoil("requirements were fetched");
        self.download(url).map_err(|failure| FileError::Fetch {
            url: url.clone(),
            reason: failure.causes.first().cloned().unwrap_or(failure.title),
        })
    }
}

/// Where hashes are checked, every requirement has to say which version it is.
fn check_pins(set: &RequirementSet) -> Result<(), Failure> {
    let first =
        |is_wrong: &dyn Fn(&RootRequirement) -> bool| set.roots.iter().find(|root| is_wrong(root));
    if let Some(root) = first(&|root| has_no_file(&root.requirement)) {
        return Err(unchecked(root, "is no file that has one")
            .hint("name an archive with `#sha256=...`, or leave `--require-hashes` out"));
    }
    if let Some(root) = first(&|root| has_no_hash(&root.requirement, &set.hashes)) {
        return Err(unchecked(root, "has none")
            .hint("add `#sha256=...` to the address, or `--hash=sha256:...` to the line"));
    }
    if let Some(root) = first(&|root| is_loose(&root.requirement, &set.constraints)) {
        return Err(unchecked(root, "does not say which version it is").hint(
            "pin it: `NAME==VERSION --hash=sha256:...`; `naja pip compile --generate-hashes` writes such lines",
        ));
    }
    Ok(())
}

fn unchecked(root: &RootRequirement, what: &str) -> Failure {
    Failure::usage(format!(
        "hashes are to be checked, and `{}` {what}",
        root.requirement
    ))
    .cause(format!("it is asked for by {}", root.origin))
}

/// A repository or a directory.
fn has_no_file(requirement: &Requirement) -> bool {
    let is_directory = |url: &SafeUrl| url.to_file_path().is_some_and(|path| path.is_dir());
    let url = requirement.url();
    url.is_some_and(|url| GitUrl::is_vcs(url) || is_directory(url))
}

/// An address without a hash in it or beside it.
fn has_no_hash(requirement: &Requirement, policy: &HashPolicy) -> bool {
    let known = |hashes: &Vec<Digest>| !hashes.is_empty();
    let beside = policy.digests.get(&requirement.name).is_some_and(known);
    let url = requirement.url();
    url.is_some_and(|url| url.fragment_digests().is_empty() && !beside)
}

/// A requirement from an index of which neither itself nor a constraint says which version it is.
fn is_loose(requirement: &Requirement, constraints: &[RootRequirement]) -> bool {
    let is_pinned = |requirement: &Requirement| {
        let specifiers = requirement.specifiers();
        specifiers.map(|specifiers| specifiers.exact_pin().is_some())
    };
    let mut same = constraints
        .iter()
        .map(|other| &other.requirement)
        .filter(|other| other.name == requirement.name);
    is_pinned(requirement) == Some(false) && !same.any(|other| is_pinned(other) == Some(true))
}

/// Puts the options of the files into the settings.
fn apply_options(session: &mut Session, found: &RequirementsFile) -> Arc<Settings> {
    if found.options != naja_project::requirements::FileOptions::default() {
        let mut settings = (*session.settings).clone();
        found.options.apply(&mut settings);
        session.settings = Arc::new(settings);
    }
    Arc::clone(&session.settings)
}

/// What an existing compiled file pins, to be tried first.
///
/// # Errors
/// The file exists and cannot be read.
pub(crate) fn preferences(
    session: &Session,
    path: &Path,
) -> Result<BTreeMap<PackageName, Vec<Preference>>, Failure> {
    let mut found: BTreeMap<PackageName, Vec<Preference>> = BTreeMap::new();
    if !path.is_file() {
        return Ok(found);
    }
    let variables = target::variables(session);
    let mut reader = RequirementsReader::new(&Disk, &variables, &session.process.cwd);
    let argument = path.to_string_lossy();
    reader.read_requirements(&argument).map_err(|error| {
        unreadable(&error).hint("the file that is to be written is read for its versions first")
    })?;
    for entry in reader.finish().requirements {
        let Some(requirement) = entry.item.named() else {
            continue;
        };
        let pin = requirement
            .specifiers()
            .and_then(|specifiers| specifiers.exact_pin());
        if let Some(version) = pin {
            let preference = Preference {
                version: version.clone(),
                hashes: entry.hashes.clone(),
                marker: requirement.marker.clone(),
            };
            found
                .entry(requirement.name.clone())
                .or_default()
                .push(preference);
        }
    }
    Ok(found)
}

fn read_overrides(
    session: &Session,
    sources: &InputSources,
    variables: &Variables,
    set: &mut RequirementSet,
) -> Result<(), Failure> {
    let cwd = &session.process.cwd;
    let files = sources
        .overrides
        .iter()
        .chain(&session.settings.overrides.value);
    let disk = session.disk();
    let mut reader = RequirementsReader::new(&disk, variables, cwd);
    for file in files {
        reader
            .read_requirements(file)
            .map_err(|error| unreadable(&error))?;
    }
    for entry in reader.finish().requirements {
        let mut root = constraint(&entry, cwd)?;
        if let Origin::ConstraintsFile { path, line } = root.origin {
            root.origin = Origin::OverridesFile { path, line };
        }
        set.overrides.push(root);
    }
    let mut reader = RequirementsReader::new(&disk, variables, cwd);
    for file in sources
        .excludes
        .iter()
        .chain(&session.settings.excludes.value)
    {
        reader
            .read_requirements(file)
            .map_err(|error| unreadable(&error))?;
    }
    for entry in reader.finish().requirements {
        if let Some(requirement) = entry.item.named() {
            set.excludes.insert(requirement.name.clone());
        }
    }
    Ok(())
}

/// Constraints, overrides and exclusions of the configuration.
pub(crate) fn read_configured(settings: &Settings, set: &mut RequirementSet) {
    let roots = |requirements: &[Requirement], place: &naja_project::settings::Origin| {
        let origin = Origin::Other(place.to_string());
        requirements
            .iter()
            .map(|requirement| RootRequirement::new(requirement.clone(), origin.clone()))
            .collect::<Vec<_>>()
    };
    let constraints = &settings.constraint_dependencies;
    for constraint in &constraints.value {
        let requirement = std::slice::from_ref(&constraint.requirement);
        set.constraints
            .extend(roots(requirement, &constraints.origin));
        let name = &constraint.requirement.name;
        add_hashes(&mut set.hashes, name, &constraint.hashes);
    }
    let overrides = &settings.override_dependencies;
    set.overrides
        .extend(roots(&overrides.value, &overrides.origin));
    set.excludes
        .extend(settings.exclude_dependencies.value.iter().cloned());
}

/// What one entry asks for; several things only where it stands for a whole project.
fn roots(
    session: &Session,
    naming: &mut Naming,
    entry: &RequirementEntry,
    direct: &mut BTreeMap<SafeUrl, DirectReference>,
) -> Result<Vec<RootRequirement>, Failure> {
    let origin = origin(&entry.origin, &session.process.cwd, false);
    let (requirement, given) = match &entry.item {
        RequirementItem::Named(requirement) => {
            if let Some(url) = requirement.url() {
                naming::check_source(url, &requirement.to_string(), &origin)?;
            }
            (requirement.clone(), None)
        }
        RequirementItem::Unnamed(unnamed) => {
            let named = naming.name(session, unnamed, &entry.hashes, &origin)?;
            let is_path = unnamed.url.is_file() && !unnamed.text.contains("://");
            (named, is_path.then(|| unnamed.text.clone()))
        }
        RequirementItem::Dependencies(project) => {
            let (name, requirements) = naming.dependencies(session, project, &origin)?;
            let cwd = &session.process.cwd;
            let file = project.file.strip_prefix(cwd).unwrap_or(&project.file);
            let origin = Origin::Project {
                name: Some(name.to_string()),
                path: file.display().to_string(),
                section: None,
            };
            let root = |requirement| RootRequirement::new(requirement, origin.clone());
            return Ok(requirements.into_iter().map(root).collect());
        }
        RequirementItem::Lock(lock) => {
            return Err(Failure::usage(format!(
                "the lock file {} cannot be read among requirements",
                lock.source
            ))
            .hint("install it alone: `naja pip sync pylock.toml`"));
        }
    };
    if entry.editable {
        check_editable(&requirement, &origin)?;
    }
    if let Some(url) = requirement.url() {
        let known = direct.entry(url.clone()).or_default();
        known.editable |= entry.editable;
        known.given = known.given.take().or(given);
        known.hashes.extend(entry.hashes.iter().cloned());
    }
    Ok(vec![RootRequirement::new(requirement, origin)])
}

/// What a dependency of a project asks for, with the sources that the project has for it.
fn declared_roots(
    session: &Session,
    entry: &RequirementEntry,
    lowered: Vec<Lowered>,
    direct: &mut BTreeMap<SafeUrl, DirectReference>,
) -> Vec<RootRequirement> {
    let origin = origin(&entry.origin, &session.process.cwd, false);
    let mut roots = Vec::with_capacity(lowered.len());
    for Lowered {
        requirement,
        editable,
    } in lowered
    {
        if let Some(url) = requirement.url() {
            direct.entry(url.clone()).or_default().editable |= editable;
        }
        roots.push(RootRequirement::new(requirement, origin.clone()));
    }
    roots
}

/// Only a directory, or a repository that is checked out, can be installed as it stands.
fn check_editable(requirement: &Requirement, origin: &Origin) -> Result<(), Failure> {
    let is_directory = |url: &SafeUrl| url.to_file_path().is_some_and(|path| path.is_dir());
    let can_be = |url: &SafeUrl| GitUrl::is_vcs(url) || is_directory(url);
    if requirement.url().is_some_and(can_be) {
        return Ok(());
    }
    Err(
        Failure::usage(format!("`{requirement}` cannot be editable"))
            .cause(format!(
                "it is asked for by {origin}, and is neither a directory nor a repository"
            ))
            .hint("leave `-e` out"),
    )
}

fn constraint(entry: &RequirementEntry, cwd: &Path) -> Result<RootRequirement, Failure> {
    let origin = origin(&entry.origin, cwd, true);
    match entry.item.named() {
        Some(requirement) => Ok(RootRequirement::new(requirement.clone(), origin)),
        None => Err(
            Failure::usage(format!("the constraint `{}` has no name", entry.item))
                .cause(format!("it stands in {origin}"))
                .hint("write `NAME @ URL`"),
        ),
    }
}

fn add_hashes(policy: &mut HashPolicy, name: &PackageName, hashes: &[Digest]) {
    if !hashes.is_empty() {
        policy
            .digests
            .entry(name.clone())
            .or_default()
            .extend(hashes.iter().cloned());
    }
}

fn origin(line: &LineOrigin, cwd: &Path, constraint: bool) -> Origin {
    let number = (line.line > 0).then_some(line.line);
    let path = match &line.source {
        SourceName::Arguments => return Origin::CommandLine,
        SourceName::Stdin => "-".to_owned(),
        SourceName::Variable(name) => return Origin::Other(format!("the variable {name}")),
        SourceName::Url(url) => url.to_string(),
        SourceName::Path(path) => {
            let shown = path.strip_prefix(cwd).unwrap_or(path);
            if shown.extension().is_some_and(|extension| extension == "py") {
                return Origin::Script {
                    path: shown.display().to_string(),
                };
            }
            shown.display().to_string()
        }
    };
    if let Some(project) = &line.project {
        return Origin::Project {
            name: project.name.as_ref().map(ToString::to_string),
            path,
            section: project.group.as_ref().map(ToString::to_string),
        };
    }
    if constraint {
        Origin::ConstraintsFile { path, line: number }
    } else {
        Origin::RequirementsFile { path, line: number }
    }
}

fn unreadable(error: &RequirementsError) -> Failure {
    let mut failure = Failure::usage("could not read the requirements").cause(error.to_string());
    for place in &error.included_from {
        failure = failure.cause(format!("included from {place}"));
    }
    if let Some(name) = &error.unset_variable {
        failure = failure.hint(format!("the variable {name} is not set"));
    }
    failure
}
