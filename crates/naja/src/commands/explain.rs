//! `naja explain`.

use naja_engine::{Failure, Session, explain as engine};

use super::{Done, Outcome, text};
use crate::args::{ExplainArgs, ExplainFormat};
use crate::render::explain as shown;

/// `naja explain`.
pub(super) fn explain(session: &mut Session, args: &ExplainArgs) -> Done {
    let Some(topic) = &args.topic else {
        return match args.format {
            ExplainFormat::Text => Ok(Outcome::Painted(shown::topics(&engine::TOPICS), 0)),
            ExplainFormat::Markdown => text(shown::topics_markdown(&engine::TOPICS)),
            ExplainFormat::Mermaid => Err(no_picture("the list of topics")),
        };
    };
    let page = engine::explain(session, topic)?;
    match args.format {
        ExplainFormat::Text => Ok(Outcome::Painted(shown::page(&page), 0)),
        ExplainFormat::Markdown => text(shown::markdown(&page)),
        ExplainFormat::Mermaid => match page.mermaid {
            Some(chart) => text(chart),
            None => Err(no_picture(&format!("`{topic}`"))),
        },
    }
}

fn no_picture(what: &str) -> Failure {
    Failure::usage(format!("there is no flow chart of {what}"))
        .hint("`venv` and `harry` have one: `naja explain harry --format mermaid`")
}
