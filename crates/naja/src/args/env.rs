//! `naja env`.

use std::path::PathBuf;
use std::time::Duration;

use super::families::OutputArgs;

/// List the environments of this user.
///
/// Every environment that naja made, changed or ran in, that of this directory first: its project,
/// its Python, its size, when it was last used, and whether something of it is missing.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct EnvListArgs {
    /// Show the environments that naja keeps in its cache, too: of scripts, and for `--with`.
    #[arg(long)]
    pub(crate) cached: bool,

    /// Show only those whose project, Python or directory is gone.
    #[arg(long)]
    pub(crate) orphans: bool,

    /// Do not measure the sizes.
    #[arg(long)]
    pub(crate) no_size: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Remove environments.
///
/// An environment of this project may be named, those of others only by their paths. What is no
/// environment is never removed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct EnvRemoveArgs {
    /// The environments: their paths, or names of this project's.
    #[arg(value_name = "PATH|NAME", required = true)]
    pub(crate) environments: Vec<String>,

    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Only say what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Remove environments that nothing needs any more.
///
/// Without a wish these are the environments whose project or Python is gone.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct EnvPruneArgs {
    /// Those that were not used for this long: `90d`, `12w`, `1y`.
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older: Option<Duration>,

    /// Those whose project or Python is gone.
    #[arg(long)]
    pub(crate) orphans: bool,

    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Only say what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Show where the environment is that commands here use.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct EnvPathArgs {
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,
}

/// Show everything about an environment.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct EnvInfoArgs {
    /// The environment [default: the one that commands here use].
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Which of several environments of the project.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct EnvironmentArgs {
    /// The environment of this project with this name.
    #[arg(long = "environment", short = 'e', value_name = "NAME")]
    pub(crate) name: Option<String>,
}

impl EnvironmentArgs {
    pub(super) fn settings(
        &self,
        to: &mut naja_project::settings::ArgumentLayer<'_>,
    ) -> Result<(), naja_project::settings::SettingsError> {
        to.value("environment-name", "--environment", self.name.as_ref())
    }
}

/// Reads an age: a number and a unit.
fn age(text: &str) -> Result<Duration, String> {
    let wrong = || "write it like `90d`, `12w` or `1y`".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_no_number| wrong())?;
    let days = match unit.trim() {
        "d" | "day" | "days" => 1,
        "w" | "week" | "weeks" => 7,
        "m" | "month" | "months" => 30,
        "y" | "year" | "years" => 365,
        _ => return Err(wrong()),
    };
    let seconds = number.checked_mul(days * 24 * 60 * 60).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_a_unit() {
        let days = |text| age(text).map(|age| age.as_secs() / 86_400);
        assert_eq!(days("90d"), Ok(90));
        assert_eq!(days("2 weeks"), Ok(14));
        assert_eq!(days("1y"), Ok(365));
        for bad in [
            "",
            "d",
            "90",
            "-1d",
            "1.5d",
            "9z",
            "99999999999999999999d",
            "9999999999999999999y",
        ] {
            assert!(age(bad).is_err(), "{bad}");
        }
    }
}
