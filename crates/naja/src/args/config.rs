//! `naja config`.

use super::families::OutputArgs;

/// Show the settings that count.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigShowArgs {
    /// The settings; all that somebody set if none is named.
    #[arg(value_name = "NAMES")]
    pub(crate) names: Vec<String>,

    /// Say where each value comes from.
    #[arg(long)]
    pub(crate) origin: bool,

    /// Show those with their default, too.
    #[arg(long, conflicts_with = "names")]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Show the value of one setting.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigGetArgs {
    /// The setting.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

/// Whose file is changed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigScopeArgs {
    /// Change the file of the user; so it is unless something else is said.
    #[arg(long, alias = "global", conflicts_with = "local")]
    pub(crate) user: bool,

    /// Change the file of the project: `naja.toml`, else `[tool.naja]` of `pyproject.toml`.
    #[arg(long)]
    pub(crate) local: bool,

    /// Show what would change; change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Set a value in a file of naja's.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigSetArgs {
    /// The setting; `pip.NAME` for the commands below `naja pip` only.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Its value: as TOML, or a text; a list may be separated by commas.
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) value: String,

    #[command(flatten)]
    pub(crate) scope: ConfigScopeArgs,
}

/// Take a value out of a file of naja's.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigUnsetArgs {
    /// The setting.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    #[command(flatten)]
    pub(crate) scope: ConfigScopeArgs,
}

/// List every setting there is, and what it takes.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigListArgs {
    /// Only settings with this in their name or meaning.
    #[arg(value_name = "WORD")]
    pub(crate) word: Option<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
