//! Flags of pip that are accepted so that commands written for pip work.

use naja_project::settings::{ArgumentLayer, SettingsError};

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

    #[arg(long, hide = true, value_name = "WHEN")]
    progress_bar: Option<String>,

    #[arg(long, hide = true, value_name = "ACTION")]
    root_user_action: Option<String>,

    #[arg(long, hide = true, value_name = "FEATURE")]
    use_feature: Vec<String>,

    #[arg(long, hide = true, value_name = "FEATURE")]
    use_deprecated: Vec<String>,

    #[arg(long, hide = true, value_name = "ACTION")]
    exists_action: Option<String>,

    #[arg(long, hide = true, value_name = "FILE")]
    log: Option<String>,

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
            (self.progress_bar.is_some(), "--progress-bar"),
            (self.root_user_action.is_some(), "--root-user-action"),
            (!self.use_feature.is_empty(), "--use-feature"),
            (!self.use_deprecated.is_empty(), "--use-deprecated"),
            (self.exists_action.is_some(), "--exists-action"),
            (self.log.is_some(), "--log"),
            (self.isolated, "--isolated"),
            (self.debug, "--debug"),
        ];
        to.extend(
            given
                .into_iter()
                .filter(|(given, _)| *given)
                .map(|(_, flag)| flag),
        );
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

    #[arg(long, hide = true)]
    prefer_binary: bool,

    #[arg(long, hide = true)]
    no_warn_script_location: bool,

    #[arg(long, hide = true)]
    no_warn_conflicts: bool,

    #[arg(long, hide = true)]
    use_pep517: bool,

    #[arg(long, hide = true)]
    check_build_dependencies: bool,

    #[arg(long, hide = true)]
    no_clean: bool,

    #[arg(long, hide = true, value_name = "OPTIONS")]
    global_option: Vec<String>,

    #[arg(long, hide = true, value_name = "DIRECTORY")]
    src: Option<String>,
}

impl PipInstallFlags {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("user", "--user", self.user.then_some(true))?;
        to.value("root", "--root", self.root.as_ref())
    }

    /// Names the flags that were given and change nothing.
    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        let given = [
            (self.prefer_binary, "--prefer-binary"),
            (self.no_warn_script_location, "--no-warn-script-location"),
            (self.no_warn_conflicts, "--no-warn-conflicts"),
            (self.use_pep517, "--use-pep517"),
            (self.check_build_dependencies, "--check-build-dependencies"),
            (self.no_clean, "--no-clean"),
            (!self.global_option.is_empty(), "--global-option"),
            (self.src.is_some(), "--src"),
        ];
        to.extend(
            given
                .into_iter()
                .filter(|(given, _)| *given)
                .map(|(_, flag)| flag),
        );
    }
}
