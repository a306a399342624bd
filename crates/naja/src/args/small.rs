//! The small commands: `python`, `cache`, `help`, `version`, `generate-shell-completion`.

use super::families::OutputArgs;
use super::layer::{either, name_given};
use naja_project::settings::{ArgumentLayer, SettingsError};

/// Show the Python that would be used.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PythonFindArgs {
    /// What to look for: a version, a name or a path.
    #[arg(value_name = "REQUEST")]
    pub(crate) request: Option<String>,

    /// Ignore the project that the working directory belongs to.
    #[arg(long, alias = "no-workspace")]
    pub(crate) no_project: bool,

    /// Look past virtual environments.
    #[arg(long, overrides_with = "no_system")]
    pub(crate) system: bool,

    #[arg(long, overrides_with = "system", hide = true)]
    pub(crate) no_system: bool,

    /// Find the Python for this script.
    #[arg(long, value_name = "SCRIPT", conflicts_with = "request")]
    pub(crate) script: Option<std::path::PathBuf>,

    /// Show its version instead of its path.
    #[arg(long)]
    pub(crate) show_version: bool,

    /// Follow links to the file itself.
    #[arg(long)]
    pub(crate) resolve_links: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl PythonFindArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("system", "--system", either(self.system, self.no_system))
    }
}

/// List the Pythons of this machine.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PythonListArgs {
    /// List only those that fit: a version, a name or a path.
    #[arg(value_name = "REQUEST")]
    pub(crate) request: Option<String>,

    /// List every patch version.
    #[arg(long)]
    pub(crate) all_versions: bool,

    /// List those of other platforms, too.
    #[arg(long, hide = true)]
    pub(crate) all_platforms: bool,

    /// List those of other processors, too.
    #[arg(long, hide = true, alias = "all-architectures")]
    pub(crate) all_arches: bool,

    /// List only what is installed.
    #[arg(long, conflicts_with = "only_downloads")]
    pub(crate) only_installed: bool,

    /// List only what can be downloaded.
    #[arg(long, hide = true)]
    pub(crate) only_downloads: bool,

    /// Show the addresses of downloads.
    #[arg(long, hide = true)]
    pub(crate) show_urls: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl PythonListArgs {
    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        let given = [
            (self.all_platforms, "--all-platforms"),
            (self.all_arches, "--all-arches"),
            (self.only_downloads, "--only-downloads"),
            (self.show_urls, "--show-urls"),
        ];
        name_given(to, given);
    }
}

/// Show the directory of the cache.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CacheDirArgs {}

/// Show the size of the cache.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CacheSizeArgs {
    /// Show the size in units that people read.
    #[arg(long, short = 'H', alias = "human-readable")]
    pub(crate) human: bool,

    /// How to write the size.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) output_format: Option<SizeFormat>,

    /// Write the size as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a size is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SizeFormat {
    /// For people on a terminal, else for programs.
    Auto,
    /// With a unit.
    Human,
    /// The number of bytes.
    Machine,
    /// As JSON.
    Json,
    /// The number of bytes.
    #[value(hide = true)]
    Text,
}

impl CacheSizeArgs {
    /// Says how the size is written: uv's `auto` looks at the terminal.
    pub(crate) fn format(&self, is_terminal: bool) -> SizeFormat {
        match self.output_format {
            _ if self.json => SizeFormat::Json,
            _ if self.human => SizeFormat::Human,
            None | Some(SizeFormat::Auto) if is_terminal => SizeFormat::Human,
            None | Some(SizeFormat::Auto) => SizeFormat::Machine,
            Some(format) => format,
        }
    }
}

/// Remove everything, or some packages, from the cache.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CacheCleanArgs {
    /// Packages to remove [default: everything].
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,

    /// Do not wait for other commands that use the cache.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Remove from the cache what nothing needs any more.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CachePruneArgs {
    /// Keep only what is expensive to get again, as build services want it.
    #[arg(long)]
    pub(crate) ci: bool,

    /// Do not wait for other commands that use the cache.
    #[arg(long)]
    pub(crate) force: bool,
}

impl CachePruneArgs {
    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        to.extend(self.force.then_some("--force"));
    }
}

/// Show help about a command.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct HelpArgs {
    /// The command, such as `pip install`.
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,

    /// Do not use a pager (there is none).
    #[arg(long, hide = true)]
    pub(crate) no_pager: bool,
}

/// Show or raise the version of the project.
///
/// Outside of projects, the version of naja is shown.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct VersionArgs {
    /// The version the project shall have.
    #[arg(value_name = "VERSION", conflicts_with = "bump")]
    pub(crate) value: Option<String>,

    /// Raise this part: major, minor, patch, stable, alpha, beta, rc, post or dev.
    #[arg(long, value_name = "PART[=NUMBER]")]
    pub(crate) bump: Vec<String>,

    /// Show what would change; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// The project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) package: Option<String>,

    /// Leave the environment as it is.
    #[arg(long)]
    pub(crate) no_sync: bool,

    #[command(flatten)]
    pub(crate) use_active: super::project::UseActiveArgs,

    #[command(flatten)]
    pub(crate) mode: super::project::LockModeArgs,

    /// Show nothing but the number.
    #[arg(long)]
    pub(crate) short: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) hooks: super::tasks::HookArgs,

    #[command(flatten)]
    pub(crate) work: super::project::WorkArgs,
}

impl VersionArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("no-sync", "--no-sync", self.no_sync.then_some(true))?;
        self.mode.settings(to)?;
        self.work.settings(to)
    }
}

/// Write completions for a shell to standard output.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CompletionArgs {
    /// The shell.
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: CompletionShell,
}

/// A shell with completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CompletionShell {
    /// bash
    Bash,
    /// Elvish
    Elvish,
    /// fish
    Fish,
    /// Nushell
    Nushell,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// zsh
    Zsh,
}
