//! `naja pip list`, `freeze`, `show`, `check` and `tree`.

use std::path::PathBuf;

use naja_project::settings::{ArgumentLayer, SettingsError};

use super::families::{IndexArgs, OutputArgs, PlatformArgs, TargetArgs};
use super::layer::either;
use super::pip_flags::PipFlags;

/// What the commands that only read share.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ReadArgs {
    /// Exit with 1 when the environment is inconsistent.
    #[arg(long, overrides_with = "no_strict")]
    pub(crate) strict: bool,

    #[arg(long, overrides_with = "strict", hide = true)]
    pub(crate) no_strict: bool,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) pip: PipFlags,
}

impl ReadArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("strict", "--strict", either(self.strict, self.no_strict))?;
        self.target.settings(to)?;
        self.pip.settings(to)
    }
}

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ListFormat {
    /// A table.
    #[default]
    Columns,
    /// `name==version` lines.
    Freeze,
    /// For programs.
    Json,
}

/// List the packages of an environment.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipListArgs {
    /// List only editable projects.
    #[arg(long, short)]
    pub(crate) editable: bool,

    /// Leave out editable projects.
    #[arg(long, conflicts_with = "editable")]
    pub(crate) exclude_editable: bool,

    /// Leave out this package.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    /// The form of the list.
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub(crate) format: ListFormat,

    /// Write the list as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// List the packages of which there is a newer version, and that version.
    #[arg(long, short, overrides_with = "no_outdated")]
    pub(crate) outdated: bool,

    #[arg(long, overrides_with = "outdated", hide = true)]
    pub(crate) no_outdated: bool,

    /// List the packages of which there is no newer version.
    #[arg(long, short = 'u', alias = "up-to-date", conflicts_with = "outdated")]
    pub(crate) uptodate: bool,

    /// Leave out what belongs to the installation below a virtual environment.
    #[arg(long, short)]
    pub(crate) local: bool,

    /// List only what is in the user's site directory.
    #[arg(long)]
    pub(crate) user: bool,

    /// List only packages that no other one needs.
    #[arg(long)]
    pub(crate) not_required: bool,

    /// Look in this directory instead of an environment.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) path: Vec<PathBuf>,

    /// For `--outdated`: consider pre-releases.
    #[arg(long)]
    pub(crate) pre: bool,

    /// For `--outdated`: consider only what was published before this.
    #[arg(long, value_name = "DATE")]
    pub(crate) exclude_newer: Option<String>,

    /// The same for this package.
    #[arg(long, value_name = "PACKAGE=DATE")]
    pub(crate) exclude_newer_package: Vec<String>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,
}

impl PipListArgs {
    /// Returns the form of the list.
    pub(crate) fn form(&self) -> ListFormat {
        if self.json {
            ListFormat::Json
        } else {
            self.format
        }
    }

    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        if self.pre {
            to.value("prerelease", "--pre", Some("allow"))?;
        }
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
        to.switch("user", "--user", self.user.then_some(true))?;
        self.read.settings(to)?;
        self.index.settings(to)
    }
}

/// List the packages of an environment as requirements.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipFreezeArgs {
    /// Leave out editable projects.
    #[arg(long)]
    pub(crate) exclude_editable: bool,

    /// Leave out this package.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    /// Look in this directory instead of an environment.
    #[arg(long, alias = "paths", value_name = "DIRECTORY")]
    pub(crate) path: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// List pip itself, too, and what comes along with it.
    #[arg(long)]
    pub(crate) all: bool,

    /// List only what is in the user's site directory.
    #[arg(long)]
    pub(crate) user: bool,

    #[arg(long, short, hide = true)]
    local: bool,
}

impl PipFreezeArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("user", "--user", self.user.then_some(true))?;
        self.read.settings(to)
    }
}

/// Show what is known about packages.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipShowArgs {
    /// Packages to show.
    #[arg(value_name = "PACKAGE", required = true)]
    pub(crate) packages: Vec<String>,

    /// List the files, too.
    #[arg(long, short)]
    pub(crate) files: bool,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Check that the packages of an environment fit each other.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipCheckArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) platform: PlatformArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) pip: PipFlags,
}

impl PipCheckArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.target.settings(to)?;
        self.platform.settings(to)?;
        self.pip.settings(to)
    }
}

/// Show the packages of an environment as a tree of what needs what.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PipTreeArgs {
    /// Show which versions are asked for.
    #[arg(long)]
    pub(crate) show_version_specifiers: bool,

    /// Go no deeper than this.
    #[arg(
        long,
        short,
        value_name = "DEPTH",
        default_value_t = 255,
        hide_default_value = true
    )]
    pub(crate) depth: u8,

    /// Leave out this package with everything below it.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) prune: Vec<String>,

    /// Show only this package and everything below it.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) package: Vec<String>,

    /// Show everything below a package each time it appears.
    #[arg(long)]
    pub(crate) no_dedupe: bool,

    /// Show what needs a package below it.
    #[arg(long, alias = "reverse")]
    pub(crate) invert: bool,

    /// Show the newest version of each package.
    #[arg(long)]
    pub(crate) outdated: bool,

    /// Show the size of each package.
    #[arg(long)]
    pub(crate) show_sizes: bool,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl PipTreeArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.read.settings(to)?;
        self.index.settings(to)
    }
}
