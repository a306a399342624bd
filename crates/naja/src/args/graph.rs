//! `naja tree`, `naja why`, `naja graph` and `naja size`.

use std::path::PathBuf;

use naja_project::settings::{ArgumentLayer, LinkMode, SettingsError};

use super::families::{BuildArgs, IndexArgs, OutputArgs, ResolveArgs};
use super::layer::words;
use super::lock_view::LockViewArgs;
use super::pip_read::{PipTreeArgs, ReadArgs};

/// Show what needs what as a tree, with extras and groups.
///
/// In a project that is locked this is the lock, as this machine would install it; elsewhere, and where an
/// environment is named, what is installed. An environment does not say which extras were asked for; those
/// that explain what is there are found out.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TreeArgs {
    #[command(flatten)]
    pub(crate) tree: PipTreeArgs,

    #[command(flatten)]
    pub(crate) lock: LockViewArgs,

    #[command(flatten)]
    resolve: ResolveArgs,

    #[command(flatten)]
    build: BuildArgs,

    /// How files come from the cache into the environments of builds.
    #[arg(long, value_name = "MODE", value_parser = words::<LinkMode>(LinkMode::WORDS))]
    link_mode: Option<LinkMode>,

    /// The form of the tree.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<TreeFormat>,
}

/// The form of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TreeFormat {
    /// Lines.
    Text,
    /// For programs.
    Json,
}

/// Show why packages are there.
///
/// In a project that is locked this is about the lock, elsewhere about what is installed. Shows every way from what was asked for to the package, with what each requirement says, and who
/// limits its version most.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct WhyArgs {
    /// The packages; `NAME[EXTRA]` for the ways that ask for the extra.
    #[arg(value_name = "PACKAGE", required = true)]
    pub(crate) packages: Vec<String>,

    /// Show all ways, and requirements that do not count here.
    #[arg(long)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) lock: LockViewArgs,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Draw what needs what.
///
/// In a project that is locked this is the lock, elsewhere what is installed. The page (`html`) needs nothing outside of itself: it can be mailed, and opened without a network.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct GraphArgs {
    /// Only these packages and what they need.
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,

    /// The form [default: as the name of the file says, else `tree`].
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<GraphFormat>,

    /// Write to this file.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Ask the indexes what an upgrade would change.
    #[arg(long)]
    pub(crate) outdated: bool,

    #[command(flatten)]
    pub(crate) lock: LockViewArgs,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,
}

/// The form of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum GraphFormat {
    /// Lines for a terminal.
    Tree,
    /// A flow chart for Markdown pages.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// An image.
    Svg,
    /// A page to look around in.
    Html,
    /// For programs.
    Json,
}

impl GraphArgs {
    /// Returns the form: as asked for, else as the file is called.
    pub(crate) fn form(&self) -> GraphFormat {
        let named = || {
            let extension = self.output.as_deref()?.extension()?.to_str()?;
            Some(match extension.to_ascii_lowercase().as_str() {
                "mmd" | "mermaid" | "md" => GraphFormat::Mermaid,
                "dot" | "gv" => GraphFormat::Dot,
                "svg" => GraphFormat::Svg,
                "html" | "htm" => GraphFormat::Html,
                "json" => GraphFormat::Json,
                _ => GraphFormat::Tree,
            })
        };
        self.format.or_else(named).unwrap_or(GraphFormat::Tree)
    }

    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.lock.settings(to)?;
        self.read.settings(to)?;
        self.index.settings(to)
    }
}

impl TreeArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.lock.settings(to)?;
        self.resolve.settings(to)?;
        self.build.settings(to)?;
        let link_mode = self.link_mode.map(LinkMode::as_str);
        to.value("link-mode", "--link-mode", link_mode)?;
        self.tree.settings(to)
    }
}

impl WhyArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.lock.settings(to)?;
        self.read.settings(to)
    }
}

/// Show how large what is installed is, largest first.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SizeArgs {
    /// Show exact numbers of bytes.
    #[arg(long)]
    pub(crate) bytes: bool,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
