//! Indexes as PDM and Pipenv name them: tables with `name`, `url` and `verify_ssl`.

use toml_edit::{InlineTable, TableLike};

use super::draft::{Draft, inline};
use super::sheet::{Sheet, switch_of, text_of};

/// An index that another tool names.
pub(super) struct Source<'a> {
    /// Where it stands among the others.
    pub(super) at: usize,
    pub(super) name: &'a str,
    pub(super) table: &'a dyn TableLike,
    /// The index, with its name and its address.
    pub(super) index: InlineTable,
}

/// Reads the tables at a path. What cannot be taken over is told.
pub(super) fn sources<'s>(sheet: &'s Sheet, path: &[&str], draft: &mut Draft) -> Vec<Source<'s>> {
    let Some(toml_edit::Item::ArrayOfTables(tables)) = sheet.at(path) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let table: &dyn TableLike = table;
        let name = text_of(table, "name").unwrap_or_default();
        let Some(url) = text_of(table, "url") else {
            continue;
        };
        let line = sheet.layout.line_of_nth(path, at);
        if url.contains("${") || url.contains("$(") {
            let message = format!(
                "the address of `{name}` has variables: give credentials with `naja auth login` or variables"
            );
            draft.remark(&sheet.file, line, message);
            continue;
        }
        if switch_of(table, "verify_ssl") == Some(false) {
            let message = format!(
                "the certificate of `{name}` is checked: `allow-insecure-host` says otherwise"
            );
            draft.remark(&sheet.file, line, message);
        }
        let url = draft.address((&sheet.file, line), url);
        found.push(Source {
            at,
            name,
            table,
            index: inline([("name", name), ("url", url.as_str())]),
        });
    }
    found
}
