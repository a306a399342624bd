//! `[[index]]` tables.

use toml::de::DeValue;

use super::value::{Mismatch, OptionValue, ValueContext};
use crate::settings::index::is_index_name;
use crate::settings::{Authenticate, Cutoff, IndexEntry, IndexFormat, Location};

/// Reads one entry of `index`: a table, or a text as on the command line.
pub(super) fn index_entry(
    value: &DeValue<'_>,
    cx: ValueContext<'_>,
) -> Result<IndexEntry, Mismatch> {
    let table = match value {
        DeValue::Table(table) => table,
        DeValue::String(text) => return IndexEntry::from_text(text, cx),
        other => return Err(Mismatch::new("a table with `url`", other.type_str())),
    };
    let url = table
        .get("url")
        .ok_or_else(|| Mismatch::new("a table with `url`", "none"))?;
    let mut entry = IndexEntry::new(Location::from_toml(url.get_ref(), cx)?, cx.origin.clone());
    for (key, item) in table {
        set(&mut entry, key.get_ref(), item.get_ref(), cx).map_err(|mismatch| {
            Mismatch::new(
                format!("{} for `{}`", mismatch.expected, key.get_ref()),
                mismatch.found,
            )
        })?;
    }
    if entry.explicit && entry.name.is_none() {
        return Err(Mismatch::new("a `name` for an explicit index", "none"));
    }
    Ok(entry)
}

fn set(
    entry: &mut IndexEntry,
    key: &str,
    value: &DeValue<'_>,
    cx: ValueContext<'_>,
) -> Result<(), Mismatch> {
    match key {
        "name" => {
            let name = String::from_toml(value, cx)?;
            if !is_index_name(&name) {
                return Err(Mismatch::new(
                    "letters, digits, `-`, `_` and `.`",
                    "something else",
                ));
            }
            entry.name = Some(name);
        }
        "default" => entry.default = bool::from_toml(value, cx)?,
        "explicit" => entry.explicit = bool::from_toml(value, cx)?,
        "format" => {
            entry.format = one_of(
                value,
                &[("simple", IndexFormat::Simple), ("flat", IndexFormat::Flat)],
            )?;
        }
        "authenticate" => {
            entry.authenticate = one_of(
                value,
                &[
                    ("auto", Authenticate::Auto),
                    ("always", Authenticate::Always),
                    ("never", Authenticate::Never),
                ],
            )?;
        }
        "ignore-error-codes" => entry.ignore_error_codes = status_codes(value, cx)?,
        "mirrors" => {
            let items = value
                .as_array()
                .ok_or_else(|| Mismatch::new("a list of addresses", value.type_str()))?;
            let mirror = |item: &DeValue<'_>| match Location::from_toml(item, cx)? {
                Location::Url(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
                _ => Err(Mismatch::new(
                    "a list of http(s) addresses",
                    "something else",
                )),
            };
            let urls = items.iter().map(|item| mirror(item.get_ref()));
            entry.mirrors = urls.collect::<Result<_, _>>()?;
        }
        "exclude-newer" => {
            entry.exclude_newer = Some(match value.as_bool() {
                Some(false) => None,
                _ => Some(Cutoff::from_toml(value, cx)?),
            });
        }
        // Read later (publishing, caching) or by other tools.
        _ => {}
    }
    Ok(())
}

fn one_of<T: Copy>(value: &DeValue<'_>, words: &[(&str, T)]) -> Result<T, Mismatch> {
    let text = value.as_str().unwrap_or_default();
    let found = words
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Mismatch::new(known.join(" or "), "something else")
    })
}

fn status_codes(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Vec<u16>, Mismatch> {
    let wrong = || Mismatch::new("a list of HTTP status codes", value.type_str());
    let items = value.as_array().ok_or_else(wrong)?;
    let code = |item: &DeValue<'_>| {
        let number = u32::from_toml(item, cx)?;
        u16::try_from(number)
            .ok()
            .filter(|code| (100..600).contains(code))
            .ok_or_else(wrong)
    };
    items.iter().map(|item| code(item.get_ref())).collect()
}
