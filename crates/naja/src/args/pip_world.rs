//! The rest of pip's commands, and the commands of our own that look at an environment.

use std::path::PathBuf;

use naja_engine::pip::ConfigScope;
use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::{
    BoundArgs, DepsArgs, IndexArgs, OutputArgs, PipBuildArgs, PlatformArgs, RefreshArgs,
    ResolveArgs, TargetArgs,
};
use super::pip_flags::{PipFileFlags, PipFlags, PipTagFlags};
use super::pip_read::ReadArgs;

/// What `download` and `wheel` share.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CollectArgs {
    /// Packages, such as `harry`, `harry>=1`, `harry[hat]`.
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,

    /// Take what this file lists, too (`-` for standard input).
    #[arg(
        long = "requirements",
        short,
        alias = "requirement",
        value_name = "FILE"
    )]
    pub(crate) requirements: Vec<String>,

    #[arg(long, short, value_name = "DIRECTORY", hide = true)]
    pub(crate) editable: Vec<String>,

    #[command(flatten)]
    pub(crate) deps: DepsArgs,

    /// Refuse requirements without a version and a hash.
    #[arg(long)]
    pub(crate) require_hashes: bool,

    /// Use this Python or environment: a version, a name or a path.
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<String>,

    /// Trust the certificates of this file (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) bounds: BoundArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) resolve: ResolveArgs,

    #[command(flatten)]
    pub(crate) build: PipBuildArgs,

    #[command(flatten)]
    pub(crate) refresh: RefreshArgs,

    #[command(flatten)]
    pub(crate) platform: PlatformArgs,

    #[command(flatten)]
    pub(crate) pip: PipFlags,

    #[command(flatten)]
    pub(crate) files: PipFileFlags,

    #[arg(long, hide = true)]
    no_verify: bool,
}

impl CollectArgs {
    fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.deps.settings(to)?;
        let require = self.require_hashes.then_some(true);
        to.switch("require-hashes", "--require-hashes", require)?;
        to.value("python", "--python", self.python.as_ref())?;
        to.value("cert", "--cert", self.cert.as_ref())?;
        self.bounds.settings(to)?;
        self.index.settings(to)?;
        self.resolve.settings(to)?;
        self.files.settings(to)?;
        self.build.settings(to)?;
        self.refresh.settings(to)?;
        self.platform.settings(to)?;
        self.pip.settings(to)
    }

    fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.pip.ineffective(to);
        self.resolve.ineffective(to);
        self.files.ineffective(to);
        if self.no_verify {
            to.push("--no-verify");
        }
    }
}

/// Download packages and everything they need, without installing them.
///
/// Wheels for the Python at hand are written as the index has them; where there is none, the
/// source distribution.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipDownloadArgs {
    /// Where to write the files [default: the working directory].
    #[arg(
        long = "dest",
        short,
        visible_alias = "destination-dir",
        alias = "destination-directory",
        value_name = "DIRECTORY"
    )]
    pub(crate) dest: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) collect: CollectArgs,
}

impl PipDownloadArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.collect.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.collect.ineffective(to);
    }
}

/// Collect the wheels of packages and of everything they need.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipWheelArgs {
    /// Where to write the wheels [default: the working directory].
    #[arg(long, short, value_name = "DIRECTORY")]
    pub(crate) wheel_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) collect: CollectArgs,
}

impl PipWheelArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.collect.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.collect.ineffective(to);
    }
}

/// List the versions of a package that can be installed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct IndexVersionsArgs {
    /// The package.
    #[arg(value_name = "PACKAGE")]
    pub(crate) package: String,

    /// Show pre-releases, too.
    #[arg(long)]
    pub(crate) pre: bool,

    /// Consider only what was published before this.
    #[arg(long, value_name = "DATE", alias = "uploaded-prior-to")]
    pub(crate) exclude_newer: Option<String>,

    /// Use no wheels of these packages (`:all:` for every one).
    #[arg(long, value_name = "PACKAGES")]
    pub(crate) no_binary: Vec<String>,

    /// Use only wheels of these packages (`:all:` for every one).
    #[arg(long, value_name = "PACKAGES")]
    pub(crate) only_binary: Vec<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) refresh: RefreshArgs,

    #[command(flatten)]
    pub(crate) platform: PlatformArgs,

    /// Show versions that say they are for other Pythons, too.
    #[arg(long)]
    pub(crate) ignore_requires_python: bool,

    #[command(flatten)]
    pub(crate) tags: PipTagFlags,

    #[command(flatten)]
    pub(crate) pip: PipFlags,
}

impl IndexVersionsArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        if self.pre {
            to.value("prerelease", "--pre", Some("allow"))?;
        }
        let ignore = self.ignore_requires_python.then_some(true);
        to.switch("ignore-requires-python", "--ignore-requires-python", ignore)?;
        self.tags.settings(to)?;
        let newer = self.exclude_newer.as_ref();
        to.value("exclude-newer", "--exclude-newer", newer)?;
        to.values("no-binary", "--no-binary", &self.no_binary)?;
        to.values("only-binary", "--only-binary", &self.only_binary)?;
        self.target.settings(to)?;
        self.index.settings(to)?;
        self.refresh.settings(to)?;
        self.platform.settings(to)?;
        self.pip.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.pip.ineffective(to);
    }
}

/// Hash files, as requirements files want it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipHashArgs {
    /// The files.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The algorithm.
    #[arg(long, short, value_name = "ALGORITHM", default_value = "sha256",
          value_parser = ["sha256", "sha384", "sha512"])]
    pub(crate) algorithm: String,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Describe an environment and all that is installed in it as JSON.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct InspectArgs {
    /// Look in this directory instead of an environment.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) path: Vec<PathBuf>,

    /// Leave out what belongs to the installation below a virtual environment.
    #[arg(long)]
    pub(crate) local: bool,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[arg(long, hide = true)]
    json: bool,
}

/// List the licences of what is installed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct LicensesArgs {
    /// Leave out this package.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// List installed packages of which there is a newer version.
///
/// "Allowed" is the newest version that the other installed packages agree with, "latest" the
/// newest that can be installed at all.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct OutdatedArgs {
    /// Exit with 1 if there is any.
    #[arg(long, alias = "check")]
    pub(crate) exit_code: bool,

    /// Look only at packages that were asked for by name.
    #[arg(long)]
    pub(crate) direct: bool,

    /// Leave out this package.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    /// Consider pre-releases.
    #[arg(long)]
    pub(crate) pre: bool,

    /// Consider only what was published before this.
    #[arg(long, value_name = "DATE")]
    pub(crate) exclude_newer: Option<String>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) refresh: RefreshArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl OutdatedArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        if self.pre {
            to.value("prerelease", "--pre", Some("allow"))?;
        }
        let newer = self.exclude_newer.as_ref();
        to.value("exclude-newer", "--exclude-newer", newer)?;
        self.read.settings(to)?;
        self.index.settings(to)?;
        self.refresh.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.read.pip.ineffective(to);
    }
}

/// List the wheel tags that a Python takes, best first.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PythonTagsArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) platform: PlatformArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl PythonTagsArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.target.settings(to)?;
        self.platform.settings(to)
    }
}

/// Show what pip's users are asked for in bug reports: versions, Python, tags.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipDebugArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) platform: PlatformArgs,

    #[command(flatten)]
    pub(crate) tags: PipTagFlags,

    #[command(flatten)]
    pub(crate) pip: PipFlags,
}

impl PipDebugArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.tags.settings(to)?;
        self.target.settings(to)?;
        self.platform.settings(to)?;
        self.pip.settings(to)
    }
}

/// Search is not there: no index offers it any more.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipSearchArgs {
    /// What to look for.
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,

    #[command(flatten)]
    pub(crate) index: IndexArgs,
}

/// Show help about a command of `naja pip`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipHelpArgs {
    /// The command, such as `install`.
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// Show which program answers for pip, and for which Python.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipVersionArgs {}

/// Show what the cache holds.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipCacheInfoArgs {}

/// Remove everything from the cache.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipCachePurgeArgs {}

/// List the wheels in the cache.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipCacheListArgs {
    /// List only those of packages that fit this pattern, such as `har*`.
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: Option<String>,

    /// How to write the list.
    #[arg(long, value_name = "FORMAT", value_parser = ["human", "abspath"], hide = true)]
    pub(crate) format: Option<String>,
}

/// Remove packages from the cache.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipCacheRemoveArgs {
    /// The names of the packages; `*` stands for any letters.
    #[arg(value_name = "PACKAGE", required = true)]
    pub(crate) packages: Vec<String>,
}

/// List the settings that are not the built-in ones, and where they come from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipConfigListArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Show one setting.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipConfigGetArgs {
    /// The setting, such as `index-url` or pip's `global.index-url`.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

/// List every setting, and where it comes from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipConfigDebugArgs {}

/// Whose file of pip's configuration is changed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ScopeArgs {
    /// That of the user (the default).
    #[arg(long, conflicts_with_all = ["global", "site"])]
    user: bool,

    /// That of all users.
    #[arg(long, conflicts_with = "site")]
    global: bool,

    /// That of the environment.
    #[arg(long)]
    site: bool,
}

impl ScopeArgs {
    pub(crate) fn scope(&self) -> ConfigScope {
        match (self.global, self.site) {
            (true, _) => ConfigScope::System,
            (_, true) => ConfigScope::Site,
            _ => ConfigScope::User,
        }
    }
}

/// Set a value in pip's configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipConfigSetArgs {
    /// The value's name, such as `global.index-url`.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The value.
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) value: String,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}

/// Remove a value from pip's configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipConfigUnsetArgs {
    /// The value's name, such as `global.index-url`.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}
