//! `naja explain`.

/// Explain how Python environments work, with this machine's values.
///
/// Without a topic, lists the topics. Nothing is asked of a network.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ExplainArgs {
    /// What to explain.
    #[arg(value_name = "TOPIC")]
    pub(crate) topic: Option<String>,

    /// The form of the text.
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub(crate) format: ExplainFormat,
}

/// The form of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For a page.
    Markdown,
    /// The picture alone, where there is one.
    Mermaid,
}
