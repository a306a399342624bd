//! The table of options in the guide, from the option table of the code.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use naja_project::settings::{OptionRow, VariableRule, options};

const PAGE: &str = "docs/guide/configuration.md";
const BEGIN: &str = "<!-- options: made by `cargo xtask options`; do not edit below -->\n";
const END: &str = "<!-- options: end -->\n";

/// Writes the table into the guide, or only says whether it is true.
///
/// # Errors
/// The page cannot be read or written, has no place for the table, or has an old one.
pub(crate) fn write(root: &Path, only_check: bool) -> Result<String, Vec<String>> {
    let path = root.join(PAGE);
    let failed = |what: &str| vec![format!("{PAGE}: {what}")];
    let old = fs::read_to_string(&path).map_err(|error| failed(&error.to_string()))?;
    let parts = old.split_once(BEGIN);
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| failed("there is no place for the table"))?;
    let rows = options();
    let new = format!("{before}{BEGIN}{}{END}{after}", table(&rows));
    let summary = format!("options: {} rows in {PAGE}", rows.len());
    if new == old {
        return Ok(summary);
    }
    if only_check {
        return Err(failed("the table is old; run `cargo xtask options`"));
    }
    fs::write(&path, new).map_err(|error| failed(&error.to_string()))?;
    Ok(summary)
}

fn table(rows: &[OptionRow]) -> String {
    let mut text = String::from(
        "| key | flag | variables | pip's key | takes | default | meaning |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let variables: Vec<String> = row
            .variables
            .iter()
            .map(|variable| match variable.rule {
                VariableRule::Value | VariableRule::Pip => code(variable.name),
                VariableRule::Not => format!("{} (contrary)", code(variable.name)),
                VariableRule::Means(value) => format!("{} (means {value})", code(variable.name)),
            })
            .collect();
        let line = [
            code(row.key),
            code(row.flag),
            variables.join(", "),
            code(row.pip_key.unwrap_or_default()),
            row.expected.to_owned(),
            code(&row.default),
            row.doc.clone(),
        ];
        let line = line.map(|cell| cell.replace('|', "\\|"));
        // Writing to a text does not fail.
        let _written = writeln!(text, "| {} |", line.join(" | "));
    }
    text
}

fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}
