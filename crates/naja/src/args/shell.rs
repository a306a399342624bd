//! `naja activate`, `shell`, `hook`, `allow`, `deny`.

use std::path::PathBuf;

use naja_engine::Shell;

use super::families::OutputArgs;

/// Print what activates an environment.
///
/// The line activates the environment of this directory in your shell: `eval "$(naja activate)"`.
/// It does not happen by itself: no program can change the shell it is started from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ActivateArgs {
    /// The environment, or the directory it is the environment of [default: the nearest].
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,

    /// The shell [default: the one naja is started from].
    #[arg(long, value_name = "SHELL", value_parser = shell)]
    pub(crate) shell: Option<Shell>,

    /// Print nothing but the path of the script.
    #[arg(long)]
    pub(crate) print_path: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Start a shell in which an environment is active.
///
/// Your start files are read first, then the environment is activated; `exit` leaves it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ShellArgs {
    /// The environment, or the directory it is the environment of [default: the nearest].
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,

    /// Run this in the shell and end with its status.
    #[arg(long, short, value_name = "COMMAND", allow_hyphen_values = true)]
    pub(crate) command: Option<std::ffi::OsString>,

    /// The shell [default: the one naja is started from].
    #[arg(long, value_name = "SHELL", value_parser = shell)]
    pub(crate) shell: Option<Shell>,
}

/// Print what lets a shell switch environments with the directory.
///
/// The output belongs into the start file of the shell; on a terminal naja says how. An
/// environment is activated only in directories that `naja allow` names.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct HookArgs {
    /// bash, zsh, fish, nu, pwsh, xonsh or elvish [default: the one naja is started from].
    #[arg(value_name = "SHELL", value_parser = shell)]
    pub(crate) shell: Option<Shell>,
}

/// Let the hook of your shell activate what is in a directory.
///
/// Holds for the environment that is there now. If another one takes its place (another
/// configuration, another Python, another owner), the hook asks again.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct AllowArgs {
    /// The directory [default: the nearest one with an environment].
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// List what is allowed.
    #[arg(long, conflicts_with = "dir")]
    pub(crate) list: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Take back what `naja allow` gave.
///
/// The hook says no more about the directory.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct DenyArgs {
    /// The directory [default: the nearest one with an environment].
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// Reads the name or the path of a shell.
fn shell(text: &str) -> Result<Shell, String> {
    Shell::from_program(text).ok_or_else(|| {
        let names: Vec<&str> = Shell::all().map(Shell::name).collect();
        format!("naja knows {}", names.join(", "))
    })
}
