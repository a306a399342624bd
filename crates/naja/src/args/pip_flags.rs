//! Flags of pip that are accepted so that commands written for pip work.

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::layer::name_given;

/// Flags of pip that mean something here, and some that mean nothing.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Options for compatibility with pip")]
pub(crate) struct PipFlags {
    /// How many seconds to wait for a server.
    #[arg(long, value_name = "SECONDS", alias = "default-timeout", hide = true)]
    pub(crate) timeout: Option<String>,

    /// How often to try a failed request again.
    #[arg(long, value_name = "COUNT", hide = true)]
    pub(crate) retries: Option<String>,

    /// The proxy for all requests.
    #[arg(long, value_name = "URL", hide = true)]
    pub(crate) proxy: Option<String>,

    /// A certificate and key of the client (PEM).
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) client_cert: Option<std::path::PathBuf>,

    #[arg(long, short, hide = true)]
    yes: bool,

    #[arg(long, hide = true)]
    disable_pip_version_check: bool,

    #[arg(long, hide = true)]
    no_input: bool,

    #[arg(long, hide = true)]
    no_python_version_warning: bool,

    #[arg(long, hide = true, value_name = "WHEN", value_parser = ["auto", "on", "off", "raw"])]
    progress_bar: Option<String>,

    #[arg(long, hide = true, value_name = "ACTION", value_parser = ["warn", "ignore"])]
    root_user_action: Option<String>,

    #[arg(long, hide = true, value_name = "FEATURE")]
    use_feature: Vec<String>,

    #[arg(long, hide = true, value_name = "FEATURE")]
    use_deprecated: Vec<String>,

    #[arg(long, hide = true, value_name = "ACTION")]
    exists_action: Option<String>,

    /// Write everything that happens into this file, too; it grows.
    #[arg(long, value_name = "FILE", aliases = ["log-file", "local-log"])]
    log: Option<std::path::PathBuf>,

    /// Leave pip's configuration alone: its files and its variables.
    #[arg(long, hide = true)]
    isolated: bool,

    #[arg(long, hide = true)]
    debug: bool,

    #[arg(long, hide = true)]
    require_virtualenv: bool,
}

impl PipFlags {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("http-timeout", "--timeout", self.timeout.as_ref())?;
        to.value("http-retries", "--retries", self.retries.as_ref())?;
        to.value("http-proxy", "--proxy", self.proxy.as_ref())?;
        to.value("https-proxy", "--proxy", self.proxy.as_ref())?;
        to.value("client-cert", "--client-cert", self.client_cert.as_ref())?;
        to.value("log", "--log", self.log.as_ref())?;
        to.switch("pip-config", "--isolated", self.isolated.then_some(false))?;
        if self.progress_bar.as_deref() == Some("off") {
            to.switch("no-progress", "--progress-bar", Some(true))?;
        }
        let require = self.require_virtualenv.then_some(true);
        to.switch("require-virtualenv", "--require-virtualenv", require)
    }

    /// Names the flags that were given and change nothing.
    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        let given = [
            (
                self.disable_pip_version_check,
                "--disable-pip-version-check",
            ),
            (
                self.no_python_version_warning,
                "--no-python-version-warning",
            ),
            (
                self.progress_bar.as_deref() == Some("raw"),
                "--progress-bar raw",
            ),
            (
                self.root_user_action.as_deref() == Some("warn"),
                "--root-user-action warn",
            ),
            (!self.use_feature.is_empty(), "--use-feature"),
            (!self.use_deprecated.is_empty(), "--use-deprecated"),
            (self.exists_action.is_some(), "--exists-action"),
            (self.debug, "--debug"),
        ];
        name_given(to, given);
    }
}

/// Flags of `pip install` that are accepted, too.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Options for compatibility with pip")]
pub(crate) struct PipInstallFlags {
    /// Whether `--upgrade` is about what was named, or about everything it needs, too.
    #[arg(long, hide = true, value_name = "STRATEGY", value_parser = ["only-if-needed", "eager"])]
    pub(crate) upgrade_strategy: Option<String>,

    /// Install into the user's site directory.
    #[arg(long, conflicts_with_all = ["target", "prefix", "root"])]
    pub(crate) user: bool,

    /// Install below this directory, as if it were the root of the file system.
    #[arg(long, value_name = "DIRECTORY", conflicts_with_all = ["target", "prefix"])]
    pub(crate) root: Option<std::path::PathBuf>,

    #[command(flatten)]
    pub(crate) files: PipFileFlags,

    #[arg(long, hide = true)]
    no_warn_script_location: bool,

    #[arg(long, hide = true)]
    no_warn_conflicts: bool,
}

impl PipInstallFlags {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.files.settings(to)?;
        let strategy = self.upgrade_strategy.as_ref();
        to.value("upgrade-strategy", "--upgrade-strategy", strategy)?;
        to.switch("user", "--user", self.user.then_some(true))?;
        to.value("root", "--root", self.root.as_ref())
    }

    /// Names the flags that were given and change nothing.
    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.files.ineffective(to);
        let given = [
            (self.no_warn_script_location, "--no-warn-script-location"),
            (self.no_warn_conflicts, "--no-warn-conflicts"),
        ];
        name_given(to, given);
    }
}

/// Flags of pip about which files are taken, and how they are built.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Options for compatibility with pip")]
pub(crate) struct PipFileFlags {
    /// Prefer an older version with a wheel to a newer one that has to be built.
    #[arg(long)]
    prefer_binary: bool,

    /// Take distributions that say they are for other Pythons.
    #[arg(long)]
    ignore_requires_python: bool,

    #[command(flatten)]
    pub(crate) tags: PipTagFlags,

    // Nothing is built in any other way.
    #[arg(long, hide = true)]
    use_pep517: bool,

    #[arg(long, hide = true)]
    check_build_dependencies: bool,

    #[arg(long, hide = true)]
    no_clean: bool,

    #[arg(long, hide = true, value_name = "OPTIONS", aliases = ["install-option", "build-option"],
          allow_hyphen_values = true)]
    pub(crate) global_option: Vec<String>,

    /// Check out repositories of `-e git+…` in this directory.
    #[arg(long, value_name = "DIRECTORY", alias = "source")]
    src: Option<std::path::PathBuf>,
}

impl PipFileFlags {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let given = self.prefer_binary.then_some(true);
        to.switch("prefer-binary", "--prefer-binary", given)?;
        let given = self.ignore_requires_python.then_some(true);
        to.switch("ignore-requires-python", "--ignore-requires-python", given)?;
        to.value("src", "--src", self.src.as_ref())?;
        self.tags.settings(to)
    }

    /// Names the flags that were given and change nothing.
    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        let given = [
            (self.check_build_dependencies, "--check-build-dependencies"),
            (self.no_clean, "--no-clean"),
        ];
        name_given(to, given);
    }
}

/// pip's way to name a target: by parts of the tags of wheels.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Platform options")]
pub(crate) struct PipTagFlags {
    /// Take wheels with this platform tag, such as `manylinux2014_x86_64`.
    #[arg(long, value_name = "TAG")]
    platform: Vec<String>,

    /// Take wheels with this ABI tag, such as `cp312`.
    #[arg(long, value_name = "TAG")]
    abi: Vec<String>,

    /// Take wheels for this implementation: `cp`, `pp`, `py`.
    #[arg(long, value_name = "TAG")]
    implementation: Option<String>,
}

impl PipTagFlags {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.values("platform", "--platform", &self.platform)?;
        to.values("abi", "--abi", &self.abi)?;
        to.value(
            "implementation",
            "--implementation",
            self.implementation.as_ref(),
        )
    }
}
