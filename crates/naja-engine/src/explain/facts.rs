//! The values of this machine that explanations tell. Python is not started for them unless it was
//! never seen before, and no network is asked.

use std::path::{Path, PathBuf};

use naja_env::EnvState;
use naja_project::settings::IndexStrategy;
use naja_python::{EnvironmentOrigin, VenvConfig, locate_environment};
use naja_spec::mask_urls;

use crate::options;
use crate::places;
use crate::session::Session;
use crate::status::{Mark, NAMES, Role, Search, SearchDir, walk};
use crate::target;

/// Files in which projects say what they need.
const FILES: [&str; 10] = [
    "pyproject.toml",
    "requirements.txt",
    "requirements.in",
    "requirements-dev.txt",
    "pylock.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "setup.py",
];

/// Variables that decide about Pythons and packages.
const VARIABLES: [&str; 8] = [
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "CONDA_PREFIX",
    "PYTHONHOME",
    "PYTHONPATH",
    "PIP_INDEX_URL",
    "NAJA_DEFAULT_INDEX",
    "NAJA_CACHE_DIR",
];

/// What explanations know about the machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) cwd: PathBuf,
    pub(super) home: Option<PathBuf>,
    /// The environment that naja's commands would work on.
    pub(super) env: Option<EnvFacts>,
    /// How that was found.
    pub(super) origin: Option<EnvironmentOrigin>,
    /// `VIRTUAL_ENV`.
    pub(super) active: Option<PathBuf>,
    /// The environment that belongs to the directory, active or not.
    pub(super) nearby: Option<PathBuf>,
    /// The directories of `PATH`, and which of them has programs.
    pub(super) path: Vec<PathFact>,
    /// What runs for `python` and `pip`.
    pub(super) python: Option<PathBuf>,
    pub(super) pip: Option<PathBuf>,
    pub(super) variables: Vec<(String, Option<String>)>,
    pub(super) cache: PathBuf,
    pub(super) data: Option<PathBuf>,
    /// Those of the files above that are here.
    pub(super) files: Vec<&'static str>,
    /// The addresses of the indexes, in their order, without secrets.
    pub(super) indexes: Vec<String>,
    /// Whether the first index that has a name decides about it.
    pub(super) first_index: bool,
    /// The shell's name.
    pub(super) shell: Option<String>,
    pub(super) windows: bool,
}

/// One entry of `PATH`.
#[derive(Clone, Debug, Default)]
pub(super) struct PathFact {
    pub(super) dir: PathBuf,
    /// Whose programs it has, where that is known.
    pub(super) whose: Option<&'static str>,
    /// Which of `python` and `pip` run from here.
    pub(super) runs: Vec<&'static str>,
    /// Which of them it has behind an earlier one.
    pub(super) hidden: Vec<&'static str>,
}

/// What is known about an environment.
#[derive(Clone, Debug, Default)]
pub(super) struct EnvFacts {
    pub(super) root: PathBuf,
    pub(super) python: PathBuf,
    pub(super) version: String,
    pub(super) base: PathBuf,
    pub(super) packages_dir: PathBuf,
    pub(super) programs_dir: PathBuf,
    pub(super) packages: usize,
    pub(super) asked: usize,
    pub(super) sees_base: bool,
}

/// Collects the values; what cannot be found out is left out.
pub(super) fn gather(session: &mut Session) -> Facts {
    let inputs = target::discovery_inputs(session);
    let place = locate_environment(&inputs);
    let mut without = inputs.clone();
    without.virtual_env = None;
    without.conda_prefix = None;
    let nearby = locate_environment(&without).map(|place| place.root);
    let env = place.as_ref().and_then(|place| env(session, &place.root));
    let bin = env.as_ref().map(|env| env.programs_dir.clone());
    let process = &session.process;
    let walked = walk(session, bin.as_deref());
    let program = |name: &str| {
        let running = walked.programs.iter().find(|one| one.name == name)?;
        running.path.clone()
    };
    let value = |name: &&str| {
        let value = process.var_os(name).map(|value| value.to_string_lossy());
        (
            (*name).to_owned(),
            value.map(|value| mask_urls(&value).into_owned()),
        )
    };
    Facts {
        cwd: process.cwd.clone(),
        home: process.home.clone(),
        active: inputs
            .virtual_env
            .as_ref()
            .map(|root| inputs.absolute(root)),
        origin: place.map(|place| place.origin),
        nearby,
        python: program("python").or_else(|| program("python3")),
        pip: program("pip"),
        path: path(&walked),
        variables: VARIABLES.iter().map(value).collect(),
        cache: session.store.dir().to_path_buf(),
        data: places::find_data_dir(process),
        files: FILES
            .into_iter()
            .filter(|name| process.cwd.join(name).is_file())
            .collect(),
        indexes: indexes(session),
        first_index: session.settings.index_strategy.value == IndexStrategy::FirstIndex,
        shell: process.var("SHELL").and_then(|shell| {
            let name = Path::new(shell).file_name()?;
            Some(name.to_string_lossy().into_owned())
        }),
        windows: cfg!(windows),
        env,
    }
}

fn env(session: &Session, root: &Path) -> Option<EnvFacts> {
    let env = target::open_root(session, root).ok()?;
    let interpreter = env.interpreter();
    let state = EnvState::scan(&env).ok();
    let owned = || {
        let visible = state.iter().flat_map(EnvState::visible);
        visible.filter(|dist| dist.is_owned())
    };
    let home = VenvConfig::read(root).ok().flatten();
    let home = home.and_then(|config| config.get("home").map(PathBuf::from));
    Some(EnvFacts {
        root: env.root().to_path_buf(),
        python: env.python(),
        version: interpreter.version.to_string(),
        base: home.map_or_else(
            || interpreter.base_prefix.clone(),
            |home| match interpreter.base_executable.file_name() {
                Some(name) => home.join(name),
                None => home,
            },
        ),
        packages_dir: env.scheme().purelib.clone(),
        programs_dir: env.scheme().scripts.clone(),
        packages: owned().count(),
        asked: owned().filter(|dist| dist.is_requested()).count(),
        sees_base: interpreter.system_site_packages,
    })
}

/// The entries of `PATH`, as a shell goes along them.
fn path(walked: &Search) -> Vec<PathFact> {
    let fact = |dir: &SearchDir| {
        let marked = |wanted: Mark| {
            let marks = NAMES.iter().zip(dir.marks);
            let named = marks.filter(|(_, mark)| *mark == wanted);
            named.map(|(name, _)| *name).collect()
        };
        PathFact {
            dir: dir.path.clone(),
            whose: match &dir.role {
                Role::Environment => Some("this environment"),
                Role::OtherEnvironment { .. } => Some("another environment"),
                Role::Shims => Some("a version manager"),
                _ => None,
            },
            runs: marked(Mark::Runs),
            hidden: marked(Mark::Hidden),
        }
    };
    walked.directories.iter().map(fact).collect()
}

fn indexes(session: &Session) -> Vec<String> {
    let Ok(config) = options::index_config(session) else {
        return Vec::new();
    };
    let indexes = config.indexes.iter().filter(|_| !config.no_index);
    let links = config.find_links.iter();
    let addresses = indexes.map(|index| index.url.masked());
    addresses
        .chain(links.map(|place| place.url.masked()))
        .collect()
}
