//! Families of flags that several commands share.

use std::path::PathBuf;

use naja_project::settings::{
    ArgumentLayer, ForkStrategy, IndexStrategy, KeyringProvider, LinkMode, Prerelease, Resolution,
    SettingsError,
};

use super::layer::{either, words};

/// Where packages are looked for.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Index options")]
pub(crate) struct IndexArgs {
    /// Look in this index, too, before the default one: URL, NAME, or NAME=URL.
    #[arg(long, value_name = "INDEX")]
    pub(crate) index: Vec<String>,

    /// Use this index instead of the built-in one.
    #[arg(long, value_name = "INDEX")]
    pub(crate) default_index: Option<String>,

    /// The same as `--default-index`, as pip calls it.
    #[arg(long, short, value_name = "URL", alias = "pypi-url")]
    pub(crate) index_url: Option<String>,

    /// Look in this index, too, as pip calls it.
    #[arg(long, value_name = "URL")]
    pub(crate) extra_index_url: Vec<String>,

    /// Look in this directory, or among the links of this page.
    #[arg(long, short, value_name = "PLACE")]
    pub(crate) find_links: Vec<String>,

    /// Ask no index, only `--find-links` and addresses.
    #[arg(long)]
    pub(crate) no_index: bool,

    /// What to do when several indexes have the same package.
    #[arg(long, value_name = "STRATEGY",
          value_parser = words::<IndexStrategy>(IndexStrategy::WORDS))]
    pub(crate) index_strategy: Option<IndexStrategy>,

    /// Whom to ask for the credentials of an index.
    #[arg(long, value_name = "PROVIDER",
          value_parser = words::<KeyringProvider>(KeyringProvider::WORDS))]
    pub(crate) keyring_provider: Option<KeyringProvider>,
}

impl IndexArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.values("index", "--index", &self.index)?;
        to.value(
            "default-index",
            "--default-index",
            self.default_index.as_ref(),
        )?;
        to.value("index-url", "--index-url", self.index_url.as_ref())?;
        to.values(
            "extra-index-url",
            "--extra-index-url",
            &self.extra_index_url,
        )?;
        to.values("find-links", "--find-links", &self.find_links)?;
        to.switch("no-index", "--no-index", self.no_index.then_some(true))?;
        let strategy = self.index_strategy.map(IndexStrategy::as_str);
        to.value("index-strategy", "--index-strategy", strategy)?;
        let provider = self.keyring_provider.map(KeyringProvider::as_str);
        to.value("keyring-provider", "--keyring-provider", provider)
    }
}

/// How versions are chosen.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Resolver options")]
pub(crate) struct ResolveArgs {
    /// Prefer newer versions to those that are there.
    #[arg(long, short = 'U', overrides_with = "no_upgrade")]
    pub(crate) upgrade: bool,

    /// Prefer the versions that are there.
    #[arg(long, overrides_with = "upgrade", hide = true)]
    pub(crate) no_upgrade: bool,

    /// Prefer newer versions of this package.
    #[arg(long, short = 'P', value_name = "PACKAGE")]
    pub(crate) upgrade_package: Vec<String>,

    /// Prefer newer versions of what this group needs.
    #[arg(long, value_name = "GROUP")]
    pub(crate) upgrade_group: Vec<String>,

    /// Which of the versions that fit to take.
    #[arg(long, value_name = "RESOLUTION",
          value_parser = words::<Resolution>(Resolution::WORDS))]
    pub(crate) resolution: Option<Resolution>,

    /// When to consider pre-releases.
    #[arg(long, value_name = "POLICY", value_parser = words::<Prerelease>(Prerelease::WORDS))]
    pub(crate) prerelease: Option<Prerelease>,

    /// Consider pre-releases, as pip calls it.
    #[arg(long, hide = true, conflicts_with = "prerelease")]
    pub(crate) pre: bool,

    /// When to consider pre-releases of this package.
    #[arg(long, value_name = "PACKAGE=POLICY")]
    pub(crate) prerelease_package: Vec<String>,

    /// How many versions of one package to keep when resolving for all platforms.
    #[arg(long, value_name = "STRATEGY",
          value_parser = words::<ForkStrategy>(ForkStrategy::WORDS))]
    pub(crate) fork_strategy: Option<ForkStrategy>,

    /// Consider only what was published before this: a timestamp, a date, or an age (`7 days`).
    #[arg(long, value_name = "DATE", alias = "uploaded-prior-to")]
    pub(crate) exclude_newer: Option<String>,

    /// The same for this package.
    #[arg(long, value_name = "PACKAGE=DATE")]
    pub(crate) exclude_newer_package: Vec<String>,

    /// Ignore `sources` tables of project files.
    #[arg(long)]
    pub(crate) no_sources: bool,

    /// Ignore `sources` tables for this package.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) no_sources_package: Vec<String>,
}

impl ResolveArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch(
            "upgrade",
            "--upgrade",
            either(self.upgrade, self.no_upgrade),
        )?;
        to.values(
            "upgrade-package",
            "--upgrade-package",
            &self.upgrade_package,
        )?;
        to.values("upgrade-group", "--upgrade-group", &self.upgrade_group)?;
        to.value(
            "resolution",
            "--resolution",
            self.resolution.map(Resolution::as_str),
        )?;
        if self.pre {
            to.value("prerelease", "--pre", Some("allow"))?;
        }
        to.value(
            "prerelease",
            "--prerelease",
            self.prerelease.map(Prerelease::as_str),
        )?;
        to.values(
            "prerelease-package",
            "--prerelease-package",
            &self.prerelease_package,
        )?;
        let fork_strategy = self.fork_strategy.map(ForkStrategy::as_str);
        to.value("fork-strategy", "--fork-strategy", fork_strategy)?;
        to.value(
            "exclude-newer",
            "--exclude-newer",
            self.exclude_newer.as_ref(),
        )?;
        to.values(
            "exclude-newer-package",
            "--exclude-newer-package",
            &self.exclude_newer_package,
        )?;
        to.switch(
            "no-sources",
            "--no-sources",
            self.no_sources.then_some(true),
        )?;
        to.values(
            "no-sources-package",
            "--no-sources-package",
            &self.no_sources_package,
        )
    }
}

impl ResolveArgs {
    /// Names the flags that were given and change nothing.
    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        if !self.upgrade_group.is_empty() {
            to.push("--upgrade-group");
        }
    }
}

/// How packages are put into an environment.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Installer options")]
pub(crate) struct InstallArgs {
    /// Install again what is installed already.
    #[arg(
        long,
        aliases = ["force-reinstall", "ignore-installed"],
        short_alias = 'I',
        overrides_with = "no_reinstall"
    )]
    pub(crate) reinstall: bool,

    /// Leave alone what is installed already.
    #[arg(long, overrides_with = "reinstall", hide = true)]
    pub(crate) no_reinstall: bool,

    /// Install this package again.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) reinstall_package: Vec<String>,

    /// How files come from the cache into the environment.
    #[arg(long, value_name = "MODE", value_parser = words::<LinkMode>(LinkMode::WORDS))]
    pub(crate) link_mode: Option<LinkMode>,

    /// Compile Python files to bytecode.
    #[arg(long, alias = "compile", overrides_with = "no_compile_bytecode")]
    pub(crate) compile_bytecode: bool,

    /// Leave compiling to Python.
    #[arg(
        long,
        alias = "no-compile",
        overrides_with = "compile_bytecode",
        hide = true
    )]
    pub(crate) no_compile_bytecode: bool,
}

impl InstallArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch(
            "reinstall",
            "--reinstall",
            either(self.reinstall, self.no_reinstall),
        )?;
        to.values(
            "reinstall-package",
            "--reinstall-package",
            &self.reinstall_package,
        )?;
        to.value(
            "link-mode",
            "--link-mode",
            self.link_mode.map(LinkMode::as_str),
        )?;
        let compile = either(self.compile_bytecode, self.no_compile_bytecode);
        to.switch("compile-bytecode", "--compile-bytecode", compile)
    }
}

/// How source distributions are treated, as uv's project commands write it.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Build options")]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) knobs: BuildKnobs,

    /// Build nothing: use wheels only.
    #[arg(long, overrides_with = "build")]
    pub(crate) no_build: bool,

    /// Build what has no wheel.
    #[arg(long, overrides_with = "no_build", hide = true)]
    pub(crate) build: bool,

    /// Do not build this package.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) no_build_package: Vec<String>,

    /// Use no wheels.
    #[arg(long, overrides_with = "binary")]
    pub(crate) no_binary: bool,

    /// Use wheels.
    #[arg(long, overrides_with = "no_binary", hide = true)]
    pub(crate) binary: bool,

    /// Use no wheels of this package.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) no_binary_package: Vec<String>,
}

impl BuildArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.knobs.settings(to)?;
        to.switch("no-build", "--no-build", either(self.no_build, self.build))?;
        to.values(
            "no-build-package",
            "--no-build-package",
            &self.no_build_package,
        )?;
        let no_binary =
            either(self.no_binary, self.binary).map(|none| if none { ":all:" } else { ":none:" });
        to.value("no-binary", "--no-binary", no_binary)?;
        to.values(
            "no-binary-package",
            "--no-binary-package",
            &self.no_binary_package,
        )
    }
}

/// How source distributions are treated, as pip writes it.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Build options")]
pub(crate) struct PipBuildArgs {
    #[command(flatten)]
    pub(crate) knobs: BuildKnobs,

    /// Build nothing: use wheels only.
    #[arg(long, overrides_with = "build", conflicts_with_all = ["no_binary", "only_binary"])]
    pub(crate) no_build: bool,

    /// Build what has no wheel.
    #[arg(long, overrides_with = "no_build", hide = true)]
    pub(crate) build: bool,

    /// Use no wheels of these packages (`:all:` for every one).
    #[arg(long, value_name = "PACKAGES")]
    pub(crate) no_binary: Vec<String>,

    /// Use only wheels of these packages (`:all:` for every one).
    #[arg(long, value_name = "PACKAGES")]
    pub(crate) only_binary: Vec<String>,
}

impl PipBuildArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.knobs.settings(to)?;
        to.switch("no-build", "--no-build", either(self.no_build, self.build))?;
        to.values("no-binary", "--no-binary", &self.no_binary)?;
        to.values("only-binary", "--only-binary", &self.only_binary)
    }
}

/// What both spellings of the build flags share.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct BuildKnobs {
    /// Hand this to the build backend.
    #[arg(long, short = 'C', alias = "config-settings", value_name = "KEY=VALUE")]
    pub(crate) config_setting: Vec<String>,

    /// Hand this to the build backend of this package.
    #[arg(
        long,
        alias = "config-setting-package",
        value_name = "PACKAGE:KEY=VALUE"
    )]
    pub(crate) config_settings_package: Vec<String>,

    /// Build in the environment itself.
    #[arg(long, overrides_with = "build_isolation")]
    pub(crate) no_build_isolation: bool,

    /// Build in an environment of its own.
    #[arg(long, overrides_with = "no_build_isolation", hide = true)]
    pub(crate) build_isolation: bool,

    /// Build this package in the environment itself.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) no_build_isolation_package: Vec<String>,

    /// Refuse what builds need without a pin and a hash in the build constraints.
    #[arg(long, overrides_with = "no_require_build_hashes")]
    pub(crate) require_build_hashes: bool,

    /// Let builds take what they need without hashes.
    #[arg(long, overrides_with = "require_build_hashes")]
    no_require_build_hashes: bool,
}

impl BuildKnobs {
    fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.values("config-settings", "--config-setting", &self.config_setting)?;
        to.values(
            "config-settings-package",
            "--config-settings-package",
            &self.config_settings_package,
        )?;
        let hashes = either(self.require_build_hashes, self.no_require_build_hashes);
        to.switch("require-build-hashes", "--require-build-hashes", hashes)?;
        let isolation = either(self.no_build_isolation, self.build_isolation);
        to.switch("no-build-isolation", "--no-build-isolation", isolation)?;
        to.values(
            "no-build-isolation-package",
            "--no-build-isolation-package",
            &self.no_build_isolation_package,
        )
    }
}

/// What is asked again although it is cached.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Cache options")]
pub(crate) struct RefreshArgs {
    /// Ask again about everything that is cached.
    #[arg(long, overrides_with = "no_refresh")]
    pub(crate) refresh: bool,

    /// Believe the cache.
    #[arg(long, overrides_with = "refresh", hide = true)]
    pub(crate) no_refresh: bool,

    /// Ask again about this package.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) refresh_package: Vec<String>,
}

impl RefreshArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch(
            "refresh",
            "--refresh",
            either(self.refresh, self.no_refresh),
        )?;
        to.values(
            "refresh-package",
            "--refresh-package",
            &self.refresh_package,
        )
    }
}

/// Which environment is changed or read.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Environment options")]
pub(crate) struct TargetArgs {
    /// Use this Python or environment: a version, a name or a path.
    #[arg(long, short, value_name = "PYTHON")]
    pub(crate) python: Option<String>,

    /// Use the environment of this project with this name.
    #[arg(long, value_name = "NAME", conflicts_with = "python")]
    pub(crate) environment: Option<String>,

    /// Use the Python of the system instead of a virtual environment.
    #[arg(long, overrides_with = "no_system")]
    pub(crate) system: bool,

    /// Use a virtual environment.
    #[arg(long, overrides_with = "system", hide = true)]
    pub(crate) no_system: bool,

    /// Change a Python that belongs to the operating system.
    #[arg(long, overrides_with = "no_break_system_packages")]
    pub(crate) break_system_packages: bool,

    /// Leave a Python that belongs to the operating system alone.
    #[arg(long, overrides_with = "break_system_packages", hide = true)]
    pub(crate) no_break_system_packages: bool,

    /// Work on this directory instead of an environment.
    #[arg(long, short, value_name = "DIRECTORY", conflicts_with = "prefix")]
    pub(crate) target: Option<PathBuf>,

    /// Work on the environment below this directory.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) prefix: Option<PathBuf>,

    /// Trust the certificates of this file (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
}

impl TargetArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("python", "--python", self.python.as_ref())?;
        to.switch("system", "--system", either(self.system, self.no_system))?;
        let environment = self.environment.as_ref();
        to.value("environment-name", "--environment", environment)?;
        let break_system = either(self.break_system_packages, self.no_break_system_packages);
        to.switch(
            "break-system-packages",
            "--break-system-packages",
            break_system,
        )?;
        to.value("target", "--target", self.target.as_ref())?;
        to.value("prefix", "--prefix", self.prefix.as_ref())?;
        to.value("cert", "--cert", self.cert.as_ref())
    }
}

/// What is resolved for, where it is not the Python that was found.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Platform options")]
pub(crate) struct PlatformArgs {
    /// Resolve for this version of Python.
    #[arg(long, value_name = "VERSION")]
    pub(crate) python_version: Option<String>,

    /// Resolve for this platform: `linux`, `windows`, `macos`, or a target triple.
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) python_platform: Option<String>,
}

impl PlatformArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value(
            "python-version",
            "--python-version",
            self.python_version.as_ref(),
        )?;
        to.value(
            "python-platform",
            "--python-platform",
            self.python_platform.as_ref(),
        )
    }
}

/// What bounds the requirements.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct BoundArgs {
    /// Bound versions by the constraints of this file.
    #[arg(long, short, alias = "constraints", value_name = "FILE")]
    pub(crate) constraint: Vec<String>,

    /// Replace requirements by those of this file.
    #[arg(long = "overrides", alias = "override", value_name = "FILE")]
    pub(crate) overrides: Vec<String>,

    /// Leave out the packages of this file wherever something needs them.
    #[arg(long = "excludes", alias = "exclude", value_name = "FILE")]
    pub(crate) excludes: Vec<String>,

    /// Bound the versions that builds need by the constraints of this file.
    #[arg(long, short, alias = "build-constraints", value_name = "FILE")]
    pub(crate) build_constraint: Vec<String>,
}

impl BoundArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.values("constraint", "--constraint", &self.constraint)?;
        to.values("override", "--override", &self.overrides)?;
        to.values("exclude", "--exclude", &self.excludes)?;
        to.values(
            "build-constraint",
            "--build-constraint",
            &self.build_constraint,
        )
    }
}

/// Which parts of a project file count.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ExtraArgs {
    /// Add these optional dependencies of the project files.
    #[arg(long, value_name = "EXTRA", value_delimiter = ',')]
    pub(crate) extra: Vec<String>,

    /// Add all optional dependencies of the project files.
    #[arg(long, conflicts_with = "extra")]
    pub(crate) all_extras: bool,

    /// Add this dependency group: NAME, or FILE:NAME.
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Vec<String>,
}

/// Whether what packages need comes along.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct DepsArgs {
    /// Leave out what the packages need.
    #[arg(long, alias = "no-dependencies", overrides_with = "deps")]
    no_deps: bool,

    #[arg(long, overrides_with = "no_deps", hide = true)]
    deps: bool,
}

impl DepsArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("no-deps", "--no-deps", either(self.no_deps, self.deps))
    }
}

/// Which builds of PyTorch are taken.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TorchArgs {
    /// Which builds of PyTorch to take: `auto`, `cpu`, `cu128`, `rocm6.3`, `xpu`.
    #[arg(long, value_name = "BACKEND")]
    torch_backend: Option<String>,
}

impl TorchArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let backend = self.torch_backend.as_ref();
        to.value("torch-backend", "--torch-backend", backend)
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// How the result is written.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct OutputArgs {
    /// How to write the result.
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub(crate) output_format: OutputFormat,

    /// Write the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

impl OutputArgs {
    /// Says whether the result is written as JSON.
    pub(crate) fn wants_json(&self) -> bool {
        self.json || self.output_format == OutputFormat::Json
    }
}
