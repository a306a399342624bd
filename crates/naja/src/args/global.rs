//! Flags that every command has.

use std::path::PathBuf;

use naja_project::settings::{ArgumentLayer, Color, PythonPreference, SettingsError};

use super::layer::{either, words};

/// Flags that every command has; they may stand before the command, too.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Say less; twice: say nothing.
    #[arg(long, short, action = clap::ArgAction::Count, conflicts_with = "verbose")]
    pub(crate) quiet: u8,

    /// Say more; twice: say everything.
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// When to use colours.
    #[arg(long, value_name = "WHEN", value_parser = words::<Color>(Color::WORDS))]
    pub(crate) color: Option<Color>,

    /// Use no colours.
    #[arg(long, hide = true, conflicts_with = "color")]
    pub(crate) no_color: bool,

    /// Trust the certificates of the operating system.
    #[arg(long, alias = "native-tls", overrides_with = "no_system_certs")]
    pub(crate) system_certs: bool,

    /// Trust the built-in certificates.
    #[arg(
        long,
        alias = "no-native-tls",
        overrides_with = "system_certs",
        hide = true
    )]
    pub(crate) no_system_certs: bool,

    /// Use no network, only what is cached or local.
    #[arg(long, overrides_with = "no_offline")]
    pub(crate) offline: bool,

    /// Use the network.
    #[arg(long, overrides_with = "offline", hide = true)]
    pub(crate) no_offline: bool,

    /// Do not check the certificate of this host (HOST or HOST:PORT).
    #[arg(long, alias = "trusted-host", value_name = "HOST")]
    pub(crate) allow_insecure_host: Vec<String>,

    /// Show no progress bars.
    #[arg(long, overrides_with = "progress")]
    pub(crate) no_progress: bool,

    /// Show progress bars.
    #[arg(long, overrides_with = "no_progress", hide = true)]
    pub(crate) progress: bool,

    /// Change to this directory first.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) directory: Option<PathBuf>,

    /// Look for the project's files in this directory.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) project: Option<PathBuf>,

    /// Read the settings from this file only.
    #[arg(long, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,

    /// Read no configuration files.
    #[arg(long, alias = "no-configuration")]
    pub(crate) no_config: bool,

    /// Use a cache for this command only.
    #[arg(long, short, alias = "no-cache-dir", overrides_with = "cache")]
    pub(crate) no_cache: bool,

    /// Use the cache.
    #[arg(long, overrides_with = "no_cache", hide = true)]
    pub(crate) cache: bool,

    /// Use this directory for the cache.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) cache_dir: Option<PathBuf>,

    /// Use only Pythons that naja installed.
    #[arg(long, overrides_with = "no_managed_python")]
    pub(crate) managed_python: bool,

    /// Use no Pythons that naja installed.
    #[arg(long, overrides_with = "managed_python")]
    pub(crate) no_managed_python: bool,

    /// Download no Pythons.
    #[arg(long, overrides_with = "allow_python_downloads")]
    pub(crate) no_python_downloads: bool,

    /// Download a Python when one is needed.
    #[arg(long, overrides_with = "no_python_downloads", hide = true)]
    pub(crate) allow_python_downloads: bool,

    /// Which Pythons to prefer.
    #[arg(long, hide = true, value_name = "PREFERENCE",
          value_parser = words::<PythonPreference>(PythonPreference::WORDS))]
    pub(crate) python_preference: Option<PythonPreference>,

    /// Use features that may still change.
    #[arg(long, alias = "no-preview", hide = true)]
    pub(crate) preview: bool,

    /// Use these features that may still change.
    #[arg(long, hide = true, value_name = "FEATURES")]
    pub(crate) preview_features: Vec<String>,

    /// Print the settings and stop.
    #[arg(long, hide = true)]
    pub(crate) show_settings: bool,

    /// Write no `INSTALLER`, `REQUESTED` and `direct_url.json`.
    #[arg(long, hide = true)]
    pub(crate) no_installer_metadata: bool,

    /// Write events to this file.
    #[arg(long, hide = true, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

impl GlobalArgs {
    /// Adds these flags to the layer of the command line.
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let count = |count: u8| (count > 0).then(|| count.to_string());
        to.value("quiet", "--quiet", count(self.quiet))?;
        to.value("verbose", "--verbose", count(self.verbose))?;
        let color = if self.no_color {
            Some(Color::Never)
        } else {
            self.color
        };
        to.value("color", "--color", color.map(Color::as_str))?;
        let system_certs = either(self.system_certs, self.no_system_certs);
        to.switch("system-certs", "--system-certs", system_certs)?;
        to.switch(
            "offline",
            "--offline",
            either(self.offline, self.no_offline),
        )?;
        to.values(
            "allow-insecure-host",
            "--allow-insecure-host",
            &self.allow_insecure_host,
        )?;
        to.switch(
            "no-progress",
            "--no-progress",
            either(self.no_progress, self.progress),
        )?;
        to.switch("no-cache", "--no-cache", either(self.no_cache, self.cache))?;
        to.value("cache-dir", "--cache-dir", self.cache_dir.as_ref())?;
        let managed = either(self.managed_python, self.no_managed_python);
        to.switch("managed-python", "--managed-python", managed)?;
        let downloads = either(self.allow_python_downloads, self.no_python_downloads)
            .map(|allowed| if allowed { "automatic" } else { "never" });
        to.value("python-downloads", "--no-python-downloads", downloads)?;
        let preference = self.python_preference.map(PythonPreference::as_str);
        to.value("python-preference", "--python-preference", preference)?;
        let metadata = self.no_installer_metadata.then_some(false);
        to.switch("installer-metadata", "--no-installer-metadata", metadata)
    }
}
