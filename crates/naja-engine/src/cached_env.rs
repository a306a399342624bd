//! Environments that naja makes for itself, in the cache: for scripts with
//! PEP 723 metadata and for `--with`.

use std::path::{Path, PathBuf};

use naja_env::{EnvState, Environment};
use naja_python::Interpreter;
use naja_spec::{Requirement, SafeUrl};
use naja_store::lock;
use sha2::{Digest, Sha256};

use crate::build;
use crate::change;
use crate::event::waiting_for;
use crate::failure::Failure;
use crate::inputs::{self, InputSources, RequirementSet};
use crate::options;
use crate::pip::{Locked, resolve_for};
use crate::pipeline::Pipeline;
use crate::run::sorted_texts;
use crate::session::Session;
use crate::trace::Look;
use crate::{target, venv};

/// Written last; an environment without it is not finished.
const READY: &str = ".naja-ready";

/// What an environment in the cache shall have.
#[derive(Clone, Debug)]
pub(crate) struct CachedEnv {
    label: String,
    /// What is asked for besides `with`.
    own: RequirementSet,
    with: InputSources,
    /// The Python, where it is known.
    python: Option<Interpreter>,
    /// An environment whose packages are visible as well.
    below: Option<PathBuf>,
}

impl CachedEnv {
    /// For a script with its own metadata.
    pub(crate) fn for_script(
        label: String,
        (own, python): (RequirementSet, Interpreter),
        with: &InputSources,
    ) -> Self {
        Self {
            label,
            own,
            with: with.clone(),
            python: Some(python),
            below: None,
        }
    }

    /// For a command with more than the nearest environment has.
    pub(crate) fn for_with(with: &InputSources, below: Option<&Path>) -> Self {
        Self {
            label: "with".to_owned(),
            own: RequirementSet::default(),
            with: with.clone(),
            python: None,
            below: below.map(Path::to_path_buf),
        }
    }

    /// The Python, and everything that is asked for.
    fn asked(&self, session: &mut Session) -> Result<(Interpreter, RequirementSet), Failure> {
        let python = match &self.python {
            Some(python) => python.clone(),
            None => target::base_for(session, None, self.below.as_deref())?,
        };
        let mut set = inputs::read(session, &self.with)?;
        set.roots.extend(self.own.roots.iter().cloned());
        set.direct.extend(self.own.direct.clone());
        Ok((python, set))
    }
}

/// Provides an environment: the one that was made before for the same wishes,
/// or a new one. Its root is returned.
///
/// # Errors
/// There is no suitable Python, no answer to the requirements, or no room.
pub(crate) fn provide(session: &mut Session, wanted: &CachedEnv) -> Result<PathBuf, Failure> {
    let (base, set) = wanted.asked(session)?;
    let name = named(session, wanted, (&set, &base.real_executable));
    if let Some(root) = ready(session, &name)
        && !is_renewed(session)
    {
        return Ok(root);
    }
    ensure(session, &name, |session, root| {
        make(session, wanted, (&set, &base), root)
    })
}

/// The name of the environment that [`provide`] would give.
///
/// # Errors
/// As [`provide`], before anything is made.
pub(crate) fn name_of(session: &mut Session, wanted: &CachedEnv) -> Result<String, Failure> {
    let (base, set) = wanted.asked(session)?;
    Ok(named(session, wanted, (&set, &base.real_executable)))
}

/// Where the environment of a name is or will be.
pub(crate) fn root(session: &Session, name: &str) -> PathBuf {
    session.store.dir().join("v1/environments").join(name)
}

/// The environment of a name, if it is there and whole.
pub(crate) fn ready(session: &Session, name: &str) -> Option<PathBuf> {
    let root = root(session, name);
    session.trace.cached(&root, READY);
    (root.join(READY).is_file() && target::works(&root)).then_some(root)
}

/// Whether environments are made again though they are there.
fn is_renewed(session: &Session) -> bool {
    session.settings.refresh.value || session.settings.upgrade.value
}

/// Makes the environment of a name, unless another process makes it meanwhile.
///
/// # Errors
/// It cannot be made.
pub(crate) fn ensure(
    session: &mut Session,
    name: &str,
    fill: impl FnOnce(&mut Session, &Path) -> Result<(), Failure>,
) -> Result<PathBuf, Failure> {
    session.trace.spoil("an environment of the cache is made");
    let root = root(session, name);
    let failed = |error: std::io::Error| {
        Failure::environment("could not use the cache for an environment").because(&error)
    };
    std::fs::create_dir_all(root.parent().unwrap_or(&root)).map_err(failed)?;
    let guard = lock::exclusive(
        &root.with_extension("lock"),
        &mut waiting_for(&mut session.sink, "an environment of the cache"),
    );
    let guard = guard.map_err(failed)?;
    // Whoever held the lock may have made it meanwhile.
    if is_renewed(session) || ready(session, name).is_none() {
        fill(session, &root)?;
        std::fs::write(root.join(READY), b"").map_err(failed)?;
    }
    drop(guard);
    Ok(root)
}

fn make(
    session: &mut Session,
    wanted: &CachedEnv,
    (set, base): (&RequirementSet, &Interpreter),
    root: &Path,
) -> Result<(), Failure> {
    let env = venv::make_cached(root, base)?;
    if let Some(below) = &wanted.below {
        let below = target::open_root(session, below)?;
        show_below(&env, &below)?;
    }
    let state = EnvState::scan(&env).map_err(|error| crate::diagnose::scan(&error))?;
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let selection = resolve_for(session, &mut pipeline, (&env, &state), set)?;
    change::fill(session, &mut pipeline, (&env, &state), selection)?;
    pipeline.finish();
    Ok(())
}

/// Makes the packages of another environment visible behind the own ones.
fn show_below(env: &Environment, below: &Environment) -> Result<(), Failure> {
    let mut text = String::new();
    for dir in below.site_dirs() {
        text.push_str(&format!(
            "import site; site.addsitedir({:?})\n",
            dir.display().to_string()
        ));
    }
    let path = env.scheme().purelib.join("_naja_below.pth");
    std::fs::write(&path, text).map_err(|error| {
        Failure::environment(format!("could not write {}", path.display())).because(&error)
    })
}

/// A name made of everything that decides what is in an environment.
struct Key(Sha256);

impl Key {
    fn new(python: &Path) -> Self {
        let mut key = Self(Sha256::new());
        key.add(&python.display().to_string());
        key
    }

    fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// A directory or file is another one when what its build depends on has changed.
    fn add_local(&mut self, session: &Session, (url, editable): (&SafeUrl, bool)) {
        let Some(path) = url.to_file_path() else {
            return;
        };
        let variable = |name: &str| session.process.var(name).map(str::to_owned);
        match path.is_dir() {
            true => session.trace.source(&session.process, &path, editable),
            false => session.trace.note(Look::Content, &path),
        }
        let print = match (path.is_dir(), editable) {
            (true, true) => build::editable_fingerprint(&path, &variable),
            (true, false) => build::fingerprint(&path, &variable),
            (false, _) => std::fs::metadata(&path)
                .map(|file| format!("{} {:?}", file.len(), build::times(&file)))
                .ok(),
        };
        self.add(&print.unwrap_or_default());
    }

    fn name(self, label: &str) -> String {
        let digest = self.0.finalize();
        let digest: String = digest.iter().take(10).map(|b| format!("{b:02x}")).collect();
        let label = label.chars().filter(char::is_ascii_alphanumeric).take(24);
        format!("{}-{digest}", label.collect::<String>())
    }
}

/// The name of an environment by what is asked for.
fn named(session: &Session, wanted: &CachedEnv, (set, python): (&RequirementSet, &Path)) -> String {
    let settings = &session.settings;
    let mut key = Key::new(python);
    let below = wanted.below.as_ref();
    key.add(
        &below
            .map(|below| below.display().to_string())
            .unwrap_or_default(),
    );
    for part in [&set.roots, &set.constraints, &set.overrides] {
        let requirements: Vec<Requirement> =
            part.iter().map(|root| root.requirement.clone()).collect();
        key.add(&sorted_texts(&requirements).join("\n"));
    }
    for root in &set.roots {
        if let Some(url) = root.requirement.url() {
            let editable = set.direct.get(url).is_some_and(|how| how.editable);
            key.add(&format!("{url} {editable}"));
            key.add_local(session, (url, editable));
        }
    }
    let excludes = set.excludes.iter().map(ToString::to_string);
    key.add(&excludes.collect::<Vec<_>>().join(" "));
    key.add(&format!("{:?}", options::resolve_options(settings)));
    key.add(&format!("{:?}", settings.index_order(&session.process.cwd)));
    key.name(&wanted.label)
}

/// The name of an environment by what a lock names.
pub(crate) fn name_of_locked(
    session: &Session,
    (label, python): (&str, &Interpreter),
    locked: &Locked,
) -> String {
    let mut key = Key::new(&python.real_executable);
    key.add("locked");
    for pin in &locked.pins {
        let file = pin.source.remote();
        let name = file.map_or("", |file| file.file_name.as_str());
        key.add(&format!("{}=={} {name}", pin.name, pin.version));
        for digest in &pin.requested_hashes {
            key.add(&digest.to_string());
        }
    }
    for root in &locked.direct.roots {
        key.add(&root.requirement.to_string());
        if let Some(url) = root.requirement.url() {
            let editable = locked
                .direct
                .direct
                .get(url)
                .is_some_and(|how| how.editable);
            key.add(&editable.to_string());
            key.add_local(session, (url, editable));
        }
    }
    key.name(label)
}
