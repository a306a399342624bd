//! `naja status`, `naja doctor`, `naja kernel`.

use naja_project::settings::{ArgumentLayer, SettingsError, WrongEnvironment};

use super::families::OutputArgs;

/// Whether the active environment may be changed if it belongs to another project.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ActiveArgs {
    /// Change the active environment even if it belongs to another project.
    #[arg(long)]
    pub(crate) active: bool,
}

impl ActiveArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let word = self.active.then_some(WrongEnvironment::Allow.as_str());
        to.value("wrong-environment", "--active", word)
    }
}

/// Say where you are, and what this shell really runs.
///
/// Which project, environment and Python this is, and which `python` and `pip` are found.
///
/// Nothing is changed, and no Python is started.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct StatusArgs {
    /// Tell about this environment.
    #[arg(long, short, value_name = "ENVIRONMENT")]
    pub(crate) python: Option<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl StatusArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("python", "--python", self.python.as_ref())
    }
}

/// Find what is wrong with shell, environment and packages.
///
/// Exits with 1 if something is wrong. Nothing is changed without `--fix`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Mend what can be mended.
    #[arg(long)]
    pub(crate) fix: bool,

    /// Tell this editor of the environment, too.
    #[arg(long, value_name = "EDITOR", value_enum)]
    pub(crate) editor: Option<EditorName>,

    /// Look at the presence and size of files only, not at their contents.
    #[arg(long)]
    pub(crate) quick: bool,

    /// Look at this environment.
    #[arg(long, short, value_name = "ENVIRONMENT")]
    pub(crate) python: Option<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// An editor whose settings can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum EditorName {
    /// Visual Studio Code and what is made from it
    Vscode,
}

impl DoctorArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("python", "--python", self.python.as_ref())
    }
}

/// Offer an environment to Jupyter.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct KernelInstallArgs {
    /// The name of the kernel [default: that of the project].
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// The name that people see.
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: Option<String>,

    /// Install ipykernel if it is missing.
    #[arg(long)]
    pub(crate) install: bool,

    /// Offer this environment.
    #[arg(long, short, value_name = "ENVIRONMENT")]
    pub(crate) python: Option<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl KernelInstallArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("python", "--python", self.python.as_ref())
    }
}

/// List the kernels of Jupyter.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct KernelListArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Remove a kernel of Jupyter.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct KernelRemoveArgs {
    /// Its name.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}
