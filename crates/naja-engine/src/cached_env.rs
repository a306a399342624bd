//! Environments that naja makes for itself, in the cache: for scripts with
//! PEP 723 metadata and for `--with`.

use std::path::{Path, PathBuf};

use naja_env::{EnvState, Environment, PlanRules};
use naja_lock::Origin;
use naja_resolve::RootRequirement;
use naja_spec::{Requirement, ScriptMetadata, VersionSpecifiers};
use naja_store::lock;
use sha2::{Digest, Sha256};

use crate::change::{self, Preview, Wish};
use crate::event::Event;
use crate::failure::Failure;
use crate::inputs::{self, InputSources, RequirementSet};
use crate::options;
use crate::pip::resolve_for;
use crate::pipeline::Pipeline;
use crate::run::sorted_texts;
use crate::session::Session;
use crate::{target, venv};

/// Written last; an environment without it is not finished.
const READY: &str = ".naja-ready";

/// What an environment in the cache shall have.
#[derive(Clone, Debug)]
pub(crate) struct CachedEnv {
    label: String,
    requirements: Vec<Requirement>,
    origin: Origin,
    with: InputSources,
    requires_python: Option<VersionSpecifiers>,
    /// An environment whose packages are visible as well.
    below: Option<PathBuf>,
}

impl CachedEnv {
    /// For a script with its own metadata.
    pub(crate) fn for_script(path: &Path, metadata: &ScriptMetadata, with: &InputSources) -> Self {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        Self {
            label: stem.unwrap_or_else(|| "script".to_owned()),
            requirements: metadata.dependencies.clone(),
            origin: Origin::Script {
                path: path.display().to_string(),
            },
            with: with.clone(),
            requires_python: metadata.requires_python.clone(),
            below: None,
        }
    }

    /// For a command with more than the nearest environment has.
    pub(crate) fn for_with(with: &InputSources, below: Option<&Path>) -> Self {
        Self {
            label: "with".to_owned(),
            requirements: Vec::new(),
            origin: Origin::Option("--with".to_owned()),
            with: with.clone(),
            requires_python: None,
            below: below.map(Path::to_path_buf),
        }
    }
}

/// Provides an environment: the one that was made before for the same wishes,
/// or a new one. Its root is returned.
///
/// # Errors
/// There is no suitable Python, no answer to the requirements, or no room.
pub(crate) fn provide(session: &mut Session, wanted: &CachedEnv) -> Result<PathBuf, Failure> {
    let base = target::base_for(
        session,
        wanted.requires_python.as_ref(),
        wanted.below.as_deref(),
    )?;
    let mut set = inputs::read(session, &wanted.with)?;
    for requirement in &wanted.requirements {
        set.roots.push(RootRequirement::new(
            requirement.clone(),
            wanted.origin.clone(),
        ));
    }
    let key = key(session, wanted, &set, &base.real_executable);
    let root = session.store.dir().join("v1/environments").join(&key);
    let ready = root.join(READY);
    let fresh = !session.settings.refresh.value && !session.settings.upgrade.value;
    if fresh && ready.is_file() && target::works(&root) {
        return Ok(root);
    }
    let failed = |error: std::io::Error| {
        Failure::environment("could not use the cache for an environment").because(&error)
    };
    std::fs::create_dir_all(root.parent().unwrap_or(&root)).map_err(failed)?;
    let sink = &mut session.sink;
    let mut waiting = || {
        sink.event(&Event::Waiting {
            what: "an environment of the cache".into(),
        });
    };
    let guard = lock::exclusive(&root.with_extension("lock"), &mut waiting).map_err(failed)?;
    // Whoever held the lock may have made it meanwhile.
    if !(fresh && ready.is_file() && target::works(&root)) {
        make(session, wanted, &set, &base, &root)?;
        std::fs::write(&ready, b"").map_err(failed)?;
    }
    drop(guard);
    Ok(root)
}

fn make(
    session: &mut Session,
    wanted: &CachedEnv,
    set: &RequirementSet,
    base: &naja_python::Interpreter,
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
    let rules = PlanRules::default();
    let wish = Wish {
        env: &env,
        selection,
        rules,
        preview: Preview::Apply,
    };
    change::carry_out(session, &mut pipeline, &state, &wish)?;
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

/// Everything that decides what is in the environment, as a directory's name.
fn key(session: &Session, wanted: &CachedEnv, set: &RequirementSet, python: &Path) -> String {
    let settings = &session.settings;
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    add(&python.display().to_string());
    add(&wanted
        .below
        .as_ref()
        .map(|below| below.display().to_string())
        .unwrap_or_default());
    for part in [&set.roots, &set.constraints, &set.overrides] {
        let requirements: Vec<Requirement> =
            part.iter().map(|root| root.requirement.clone()).collect();
        add(&sorted_texts(&requirements).join("\n"));
    }
    add(&format!("{:?}", options::resolve_options(settings)));
    add(&format!("{:?}", settings.index_order(&session.process.cwd)));
    let digest: String = hash
        .finalize()
        .iter()
        .take(10)
        .map(|b| format!("{b:02x}"))
        .collect();
    let label = wanted
        .label
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(24);
    format!("{}-{digest}", label.collect::<String>())
}
