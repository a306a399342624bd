//! One task: fetch, look for static metadata, call the hooks, keep the result.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use naja_project::{BuildSystem, ProjectFile};
use naja_python::{Backend, ConfigValue, Hook, HookAnswer, HookError};
use naja_spec::{CoreMetadata, PackageName, Requirement, Sha256, WheelName};
use naja_store::{Archive, BuildLock, TempDir};

use super::additions::Additions;
use super::key::KeyParts;
use super::place::{self, BuildPlace};
use super::source::{Built, Place, Source};
use super::workshop::{Aim, Shop, Wish};
use super::{failure, metadata, tree};
use crate::event::Event;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::{Pipeline, archive_metadata};
use crate::session::{Session, ms_since};

mod fetching;

/// Carries out one task.
///
/// # Errors
/// The source cannot be had, does not build, or is not what it is called.
pub(super) fn run(
    shop: &Shop,
    session: &mut Session,
    pipeline: &mut Pipeline,
    wish: &Wish,
) -> Result<Built, Failure> {
    let additions = Additions::of(shop, &wish.source)?;
    let is_early = additions.is_early;
    let mut task = Task {
        shop,
        session,
        pipeline,
        source: &wish.source,
        settings: config_settings(shop, wish.source.name.as_ref()),
        additions,
        found: Found::default(),
    };
    let mut built = task.run(wish.aim)?;
    if is_early {
        built.archive = None;
    }
    Ok(built)
}

/// What was found out about a source.
#[derive(Default)]
struct Found {
    /// What identifies its contents; `None` where nothing does.
    id: Option<String>,
    sha256: Option<Sha256>,
    commit: Option<String>,
    fingerprint: Option<String>,
    /// Whether it has to be copied before anybody may write into it.
    is_shared: bool,
    subdirectory: Option<String>,
    /// The top of the tree, above a subdirectory.
    top: PathBuf,
}

struct Task<'a> {
    shop: &'a Shop,
    session: &'a mut Session,
    pipeline: &'a mut Pipeline,
    source: &'a Source,
    settings: Vec<(String, ConfigValue)>,
    additions: Additions,
    found: Found,
}

/// What every hook of one build gets.
struct Workbench<'t> {
    dir: &'t Path,
    root: &'t Path,
    system: &'t BuildSystem,
}

impl Task<'_> {
    /// Looks for what is known, then for what needs no build, and builds at last.
    fn run(&mut self, aim: Aim) -> Result<Built, Failure> {
        if let Some(digest) = self.source.known_digest() {
            self.found.id = Some(digest.to_string());
            if let Some(built) = self.kept(aim) {
                return Ok(built);
            }
        }
        let given = metadata::given(&self.shop.user.dependency_metadata.value, self.source)
            .filter(|_| aim == Aim::Metadata);
        if aim == Aim::Metadata
            && given.is_none()
            && let Some(built) = self.served()?
        {
            return Ok(built);
        }
        if let (Some(given), true) = (&given, self.source.known_digest().is_some()) {
            return Ok(self.built(given.clone(), None));
        }
        let root = self.fetch()?;
        if let Some(given) = given {
            return Ok(self.built(given, None));
        }
        if let Some(built) = self.kept(aim) {
            return Ok(built);
        }
        let project = project_file(&root, self.source)?;
        if aim == Aim::Metadata
            && let Some(found) =
                metadata::without_build(&root, project.as_ref(), self.found.sha256.is_some())
        {
            metadata::check(self.source, &found)?;
            self.keep_metadata(&metadata::to_text(&found))?;
            return Ok(self.built(found, None));
        }
        self.refuse_if_forbidden()?;
        let system = project.map_or_else(BuildSystem::legacy, |project| project.build_system);
        self.build(aim, &root, &system)
    }

    /// The key of everything that goes into this build.
    fn key(&self) -> Option<String> {
        let constraints: Vec<String> = self.constraint_texts();
        let settings = &self.session.settings;
        let parts = KeyParts {
            name: self.source.name.as_ref(),
            source: self.found.id.as_deref()?,
            subdirectory: match &self.source.place {
                Place::Archive { subdirectory, .. } => subdirectory.as_deref(),
                Place::Git { git, .. } => git.subdirectory(),
                Place::Directory { .. } => None,
            },
            settings: &self.settings,
            python: &self.shop.python,
            shared_environment: is_shared(settings, self.source.name.as_ref()),
            constraints: &constraints,
            variables: &|name| self.shop.process.var(name).map(str::to_owned),
            extra: &self.additions.texts(),
        };
        Some(parts.key())
    }

    fn constraint_texts(&self) -> Vec<String> {
        let settings = &self.session.settings;
        let configured = settings.constraint_dependencies.value.iter();
        let mut texts: Vec<String> = configured.map(ToString::to_string).collect();
        for file in &settings.constraint.value {
            let path = self.shop.process.absolute(Path::new(file));
            texts.push(std::fs::read_to_string(path).unwrap_or_else(|_| file.clone()));
        }
        texts
    }

    /// What an earlier run kept.
    fn kept(&self, aim: Aim) -> Option<Built> {
        let settings = &self.session.settings;
        let again = settings.refresh.value
            || self
                .source
                .name
                .as_ref()
                .is_some_and(|name| settings.refresh_package.value.contains(name));
        if again {
            return None;
        }
        let store = &self.session.store;
        let key = self.key()?;
        if let Some(archive) = store.built_wheel(&key)
            && let Ok(found) = archive_metadata(&archive)
            && metadata::check(self.source, &found).is_ok()
        {
            return Some(self.built(found, Some(archive)));
        }
        if aim == Aim::Wheel {
            return None;
        }
        let found = CoreMetadata::parse(&store.built_metadata(&key)?).ok()?;
        metadata::check(self.source, &found).ok()?;
        Some(self.built(found, None))
    }

    fn built(&self, found: CoreMetadata, archive: Option<Archive>) -> Built {
        Built {
            metadata: Arc::new(found),
            archive,
            sha256: self.found.sha256.or_else(|| self.source.known_digest()),
            commit: self.found.commit.clone(),
            fingerprint: self.found.fingerprint.clone(),
        }
    }

    fn keep_metadata(&self, text: &str) -> Result<(), Failure> {
        let Some(key) = self.key() else {
            return Ok(());
        };
        let kept = self
            .session
            .store
            .keep_built_metadata(&key, text.as_bytes());
        kept.map_err(|error| cache_failure(&error))
    }

    /// Refuses what `--no-build` forbids.
    fn refuse_if_forbidden(&self) -> Result<(), Failure> {
        let policy = options::resolve_options(&self.shop.user).build;
        let forbidden = match &self.source.name {
            Some(name) => policy.no_build.contains(name),
            None => policy.no_build == naja_resolve::PackageSet::All,
        };
        if !forbidden || self.source.is_editable() {
            return Ok(());
        }
        Err(
            Failure::unsatisfied(format!("{} would have to be built", self.source.label()))
                .cause("`--no-build` or `--only-binary` forbids that")
                .hint("allow it, or name a wheel"),
        )
    }

    /// Makes an environment, calls the hooks, and keeps what they give.
    fn build(&mut self, aim: Aim, root: &Path, system: &BuildSystem) -> Result<Built, Failure> {
        let dir = self.session.store.temp_dir();
        let dir: TempDir = dir.map_err(|error| cache_failure(&error))?;
        let root = self.own_tree(dir.path(), root)?;
        for name in ["hook", "out", "metadata", "t"] {
            std::fs::create_dir(dir.path().join(name)).map_err(|error| disk_failure(&error))?;
        }
        let bench = Workbench {
            dir: dir.path(),
            root: &root,
            system,
        };
        let place = self.place(&bench)?;
        // Nothing else is waited for while this is held, so that nobody waits for ever.
        let _alone = self.alone()?;
        if let Some(built) = self.kept(aim) {
            return Ok(built);
        }
        if aim == Aim::Metadata
            && let Some(found) = self.prepared(&bench, &place)?
        {
            return Ok(found);
        }
        self.wheel(&bench, &place)
    }

    /// Waits until no other process builds the same.
    fn alone(&self) -> Result<Option<BuildLock>, Failure> {
        let Some(key) = self.key() else {
            return Ok(None);
        };
        loop {
            let lock = self.session.store.try_lock_build(&key);
            if let Some(lock) = lock.map_err(|error| cache_failure(&error))? {
                return Ok(Some(lock));
            }
            if self.shop.is_closed() {
                return Err(self.shop.interrupted());
            }
            std::thread::sleep(super::workshop::HEARTBEAT);
        }
    }

    /// A tree that the backend may write into.
    fn own_tree(&self, dir: &Path, root: &Path) -> Result<PathBuf, Failure> {
        if !self.found.is_shared {
            return Ok(root.to_path_buf());
        }
        // Some build in a directory of this name.
        let name = self.found.top.file_name().unwrap_or("source".as_ref());
        let own = dir.join("source").join(name);
        tree::copy(&self.found.top, &own).map_err(|error| disk_failure(&error))?;
        Ok(match &self.found.subdirectory {
            Some(subdirectory) => own.join(subdirectory),
            None => own,
        })
    }

    /// The environment with everything the backend asks for.
    fn place(&mut self, bench: &Workbench<'_>) -> Result<Arc<BuildPlace>, Failure> {
        if is_shared(&self.session.settings, self.source.name.as_ref()) {
            return Ok(Arc::new(place::shared(self.shop)));
        }
        let mut requires = bench.system.requires.clone();
        requires.extend(self.additions.requires.iter().cloned());
        let first = self.isolated(&requires)?;
        let hook = match self.source.is_editable() {
            true => Hook::RequiresForEditable,
            false => Hook::RequiresForWheel,
        };
        let HookAnswer::List(more) = self.call(bench, &first, hook, None)? else {
            return Ok(first);
        };
        let known = requires.len();
        for text in more {
            let requirement = Requirement::parse_lenient(&text).map_err(|_| {
                Failure::unsatisfied(format!("could not build {}", self.source.label())).cause(
                    format!(
                        "`{}` asks for `{text}`, which is no requirement",
                        hook.as_str()
                    ),
                )
            })?;
            if !requires.contains(&requirement) {
                requires.push(requirement);
            }
        }
        if requires.len() == known {
            return Ok(first);
        }
        self.isolated(&requires)
    }

    fn isolated(&mut self, requires: &[Requirement]) -> Result<Arc<BuildPlace>, Failure> {
        let what = (self.source, requires);
        place::isolated(self.shop, self.session, self.pipeline, what)
    }

    /// Calls one hook, with one of the few slots.
    fn call(
        &self,
        bench: &Workbench<'_>,
        place: &BuildPlace,
        hook: Hook,
        into: Option<&Path>,
    ) -> Result<HookAnswer, Failure> {
        let mut variables: Vec<(OsString, OsString)> =
            vec![("TMPDIR".into(), bench.dir.join("t").into_os_string())];
        if let Some(root) = &place.root {
            variables.push(("VIRTUAL_ENV".into(), root.clone().into_os_string()));
        }
        let more = self.additions.variables.iter();
        variables.extend(more.map(|(name, value)| (name.into(), value.into())));
        let scratch = bench.dir.join("hook");
        let backend = Backend {
            python: &place.python,
            source: bench.root,
            name: &bench.system.backend,
            paths: &bench.system.backend_path,
            search: &place.search,
            variables: &variables,
            settings: &self.settings,
            scratch: &scratch,
        };
        let slot = self.shop.slot()?;
        let answer = backend.call(hook, into, &|| self.shop.is_closed());
        drop(slot);
        match answer {
            Ok((HookAnswer::Absent, _)) if !hook.is_optional() => {
                let failure =
                    Failure::unsatisfied(format!("could not build {}", self.source.label()));
                let backend = &bench.system.backend;
                let failure = failure.cause(format!(
                    "its backend `{backend}` has no hook `{}`",
                    hook.as_str()
                ));
                Err(match hook {
                    Hook::Editable => failure.hint(
                        "it cannot be installed as editable; leave `-e` out, or use another backend",
                    ),
                    _ => failure.hint("look at `build-backend` in its pyproject.toml"),
                })
            }
            Ok((answer, _)) => Ok(answer),
            Err(HookError::Interrupted) => Err(self.shop.interrupted()),
            Err(error) => Err(failure::hook(self.source, hook, &error)),
        }
    }

    /// The metadata that the backend prepares, if it can.
    fn prepared(
        &mut self,
        bench: &Workbench<'_>,
        place: &BuildPlace,
    ) -> Result<Option<Built>, Failure> {
        let hook = match self.source.is_editable() {
            true => Hook::MetadataForEditable,
            false => Hook::MetadataForWheel,
        };
        let into = bench.dir.join("metadata");
        let HookAnswer::Text(name) = self.call(bench, place, hook, Some(&into))? else {
            return Ok(None);
        };
        let wrong = |why: String| {
            Failure::unsatisfied(format!("could not build {}", self.source.label())).cause(format!(
                "`{}` gave no usable metadata: {why}",
                hook.as_str()
            ))
        };
        if !is_plain(&name) {
            return Err(wrong(format!("`{name}` is not the name of a directory")));
        }
        let bytes = std::fs::read(into.join(&name).join("METADATA"));
        let bytes = bytes.map_err(|error| wrong(error.to_string()))?;
        let found = CoreMetadata::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
        metadata::check(self.source, &found)?;
        if let Some(key) = self.key() {
            let store = &self.session.store;
            store
                .keep_built_metadata(&key, &bytes)
                .and_then(|()| store.keep_built_metadata(&format!("{key}/prepared"), &bytes))
                .map_err(|error| cache_failure(&error))?;
        }
        Ok(Some(self.built(found, None)))
    }

    /// The wheel, checked and unpacked.
    fn wheel(&mut self, bench: &Workbench<'_>, place: &BuildPlace) -> Result<Built, Failure> {
        let start = Instant::now();
        let what = self.source.label();
        self.session.emit(&Event::Building { what: what.clone() });
        let hook = match self.source.is_editable() {
            true => Hook::Editable,
            false => Hook::Wheel,
        };
        let into = bench.dir.join("out");
        let HookAnswer::Text(file) = self.call(bench, place, hook, Some(&into))? else {
            return Err(self.no_wheel("the hook did not say its name"));
        };
        if !is_plain(&file) {
            return Err(self.no_wheel(&format!("`{file}` is not the name of a file")));
        }
        let wheel = WheelName::parse(&file)
            .map_err(|error| self.no_wheel(&format!("`{file}` is no wheel's name: {error}")))?;
        metadata::check_as(
            self.source,
            (&wheel.name, &wheel.version),
            "the built wheel",
        )?;
        if self.shop.python.tags().rank(&wheel).is_none() {
            return Err(self.no_wheel(&format!("`{file}` is not for the Python it was built with")));
        }
        let key = self.key();
        // A wheel of an editable project leads to places that nobody can compare.
        let kept_as = key.as_deref().filter(|_| !self.source.is_editable());
        let workers = options::workers(self.session);
        let store = &self.session.store;
        let archive = store
            .keep_built(kept_as, &into.join(&file), &wheel, workers)
            .map_err(|error| self.no_wheel("it is not sound").because(&error))?;
        let found = archive_metadata(&archive).map_err(|error| self.no_wheel(&error))?;
        metadata::check(self.source, &found)?;
        self.compare(key.as_deref(), &found)?;
        self.session.emit(&Event::Built {
            what,
            ms: ms_since(start),
        });
        Ok(self.built(found, Some(archive)))
    }

    /// The wheel has to say what the backend said before (PEP 517).
    fn compare(&self, key: Option<&str>, found: &CoreMetadata) -> Result<(), Failure> {
        let store = &self.session.store;
        let before = key.and_then(|key| store.built_metadata(&format!("{key}/prepared")));
        let Some(Ok(before)) = before.map(|bytes| CoreMetadata::parse(&bytes)) else {
            return Ok(());
        };
        let environment = &self.shop.python.markers;
        match metadata::difference(&before, found, environment) {
            None => Ok(()),
            Some(requirement) => Err(self
                .no_wheel("it does not require what the backend's metadata said")
                .cause(format!("they differ in `{requirement}`"))
                .hint("this is a mistake of the package or of its backend; tell its authors")),
        }
    }

    fn no_wheel(&self, why: &str) -> Failure {
        Failure::unsatisfied(format!("could not build {}", self.source.label()))
            .cause(format!("the wheel of the backend cannot be used: {why}"))
    }
}

/// Whether a text names something directly inside of a directory.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!(parts.next(), Some(std::path::Component::Normal(_)))
        && parts.next().is_none()
        && !name.contains(['/', '\\'])
}

/// Reads pyproject.toml; `None` where there is only a setup.py.
fn project_file(root: &Path, source: &Source) -> Result<Option<ProjectFile>, Failure> {
    let path = root.join("pyproject.toml");
    let failed = || Failure::unsatisfied(format!("could not build {}", source.label()));
    match std::fs::read_to_string(&path) {
        Ok(text) => match ProjectFile::parse(&text) {
            Ok(project) => Ok(Some(project)),
            Err(error) => Err(failed().because(&error)),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let is_legacy = root.join("setup.py").is_file() || root.join("setup.cfg").is_file();
            if is_legacy {
                return Ok(None);
            }
            Err(failed().cause(format!(
                "there is neither a pyproject.toml nor a setup.py in `{}`",
                root.display()
            )))
        }
        Err(error) => Err(failed().because(&error)),
    }
}

/// Whether a package is built in the environment itself.
fn is_shared(settings: &naja_project::settings::Settings, name: Option<&PackageName>) -> bool {
    settings.no_build_isolation.value
        || name.is_some_and(|name| settings.no_build_isolation_package.value.contains(name))
}

/// The config settings of a package; what was given several times becomes a list.
fn config_settings(shop: &Shop, name: Option<&PackageName>) -> Vec<(String, ConfigValue)> {
    let of_package = name.and_then(|name| shop.user.config_settings_package.value.of(name));
    let of_package = of_package.map_or(&[][..], |settings| &settings.0);
    let is_replaced = |key: &str| of_package.iter().any(|(known, _)| known == key);
    let of_all = shop.user.config_settings.value.0.iter();
    let of_all = of_all.filter(|(key, _)| !is_replaced(key));
    let mut settings: Vec<(String, ConfigValue)> = Vec::new();
    for (key, value) in of_package.iter().chain(of_all) {
        match settings.iter_mut().find(|(known, _)| known == key) {
            None => settings.push((key.clone(), ConfigValue::One(value.clone()))),
            Some((_, ConfigValue::Many(values))) => values.push(value.clone()),
            Some((_, one)) => {
                if let ConfigValue::One(first) = one {
                    *one = ConfigValue::Many(vec![std::mem::take(first), value.clone()]);
                }
            }
        }
    }
    settings.sort_by(|a, b| a.0.cmp(&b.0));
    settings
}

fn cache_failure(error: &naja_store::StoreError) -> Failure {
    Failure::environment("could not use the cache").because(error)
}

fn disk_failure(error: &std::io::Error) -> Failure {
    Failure::environment("could not prepare a build").because(error)
}
