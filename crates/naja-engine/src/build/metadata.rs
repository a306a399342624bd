//! Metadata that needs no build, and what has to agree.

use std::path::Path;

use naja_project::ProjectFile;
use naja_spec::{CoreMetadata, MarkerEnvironment, PackageName, Version};

use super::source::Source;
use crate::failure::Failure;

/// Fields that decide what is installed.
const DECIDING: [&str; 4] = [
    "version",
    "requires-dist",
    "requires-python",
    "provides-extra",
];

/// What a source says about itself without a build: PKG-INFO of a source archive where nothing
/// that matters is dynamic (PEP 643), else a complete `[project]` table.
pub(super) fn without_build(
    root: &Path,
    project: Option<&ProjectFile>,
    is_archive: bool,
) -> Option<CoreMetadata> {
    if is_archive
        && let Ok(bytes) = std::fs::read(root.join("PKG-INFO"))
        && let Ok(metadata) = CoreMetadata::parse(&bytes)
        && !DECIDING.iter().any(|field| metadata.is_dynamic(field))
    {
        return Some(metadata);
    }
    project?.metadata.clone()
}

/// Writes metadata in the form it is kept in.
pub(super) fn to_text(metadata: &CoreMetadata) -> String {
    let mut text = format!(
        "Metadata-Version: 2.2\nName: {}\nVersion: {}\n",
        metadata.name, metadata.version
    );
    if let Some(python) = &metadata.requires_python {
        text.push_str(&format!("Requires-Python: {python}\n"));
    }
    for extra in &metadata.provides_extra {
        text.push_str(&format!("Provides-Extra: {extra}\n"));
    }
    for requirement in &metadata.requires_dist {
        text.push_str(&format!("Requires-Dist: {requirement}\n"));
    }
    text
}

/// Compares what was found with what was asked for.
pub(super) fn check(source: &Source, found: &CoreMetadata) -> Result<(), Failure> {
    check_as(source, (&found.name, &found.version), "its metadata")
}

/// Compares a name and a version with what was asked for.
pub(super) fn check_as(
    source: &Source,
    (name, version): (&PackageName, &Version),
    what: &str,
) -> Result<(), Failure> {
    let other = |wanted: String, found: String| {
        Failure::unsatisfied(format!("{} is not what it is called", source.label()))
            .cause(format!("{what} says {found}, and {wanted} was asked for"))
            .hint("tell its authors; another version may be right")
    };
    if let Some(wanted) = &source.name
        && wanted != name
    {
        return Err(other(wanted.to_string(), name.to_string()));
    }
    if let Some(wanted) = &source.version
        && wanted != version
        && *wanted != version.without_local()
    {
        return Err(other(wanted.to_string(), version.to_string()));
    }
    Ok(())
}

/// The first requirement of one of two that the other does not have in this environment.
pub(super) fn difference(
    one: &CoreMetadata,
    other: &CoreMetadata,
    environment: &MarkerEnvironment,
) -> Option<String> {
    let applied = |metadata: &CoreMetadata| {
        let mut found: Vec<String> = Vec::new();
        for requirement in &metadata.requires_dist {
            for extra in metadata.provides_extra.iter().map(Some).chain([None]) {
                let extras: Vec<_> = extra.cloned().into_iter().collect();
                if requirement.applies(environment, &extras) {
                    let mut plain = requirement.clone();
                    plain.marker = None;
                    plain.extras.sort();
                    let words = plain.to_string().replace(' ', "");
                    let extra = extra.map_or("", |extra| extra.as_str());
                    found.push(sorted(&format!("{words};{extra}")));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    };
    let (one, other) = (applied(one), applied(other));
    let missing = one.iter().find(|text| !other.contains(text));
    let added = other.iter().find(|text| !one.contains(text));
    missing
        .or(added)
        .map(|text| text.trim_end_matches(';').replace(';', " of the extra "))
}

/// A requirement's text with its specifiers in order.
fn sorted(text: &str) -> String {
    let at = text.find(['<', '>', '=', '!', '~']).unwrap_or(text.len());
    let (name, rest) = text.split_at(at);
    let (specifiers, extra) = rest.split_once(';').unwrap_or((rest, ""));
    let mut specifiers: Vec<&str> = specifiers.split(',').collect();
    specifiers.sort_unstable();
    match rest.contains(';') {
        true => format!("{name}{};{extra}", specifiers.join(",")),
        false => format!("{name}{}", specifiers.join(",")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(lines: &str) -> CoreMetadata {
        let text = format!("Metadata-Version: 2.2\nName: harry\nVersion: 1\n{lines}\n");
        CoreMetadata::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let whole = metadata(
            "Requires-Python: >=3.8\nProvides-Extra: magic\nRequires-Dist: ron>1; extra == 'magic'\nRequires-Dist: owl",
        );
        assert_eq!(
            CoreMetadata::parse(to_text(&whole).as_bytes()).unwrap(),
            whole
        );
    }
}
