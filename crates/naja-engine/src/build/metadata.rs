//! Metadata that needs no build, and what has to agree.

use std::path::Path;

use naja_project::ProjectFile;
use naja_project::settings::{DependencyMetadata, GivenMetadata};
use naja_spec::{CoreMetadata, ExtraName, MarkerEnvironment, PackageName, Requirement, Version};

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
        && let Some(metadata) = static_metadata(&bytes)
    {
        return Some(metadata);
    }
    project?.metadata.clone()
}

/// Metadata of a source archive that hold for everything built of it (PEP 643).
pub(super) fn static_metadata(bytes: &[u8]) -> Option<CoreMetadata> {
    let metadata = CoreMetadata::parse(bytes).ok()?;
    (!DECIDING.iter().any(|field| metadata.is_dynamic(field))).then_some(metadata)
}

/// What the user says about a source (`dependency-metadata`).
pub(super) fn given(table: &DependencyMetadata, source: &Source) -> Option<CoreMetadata> {
    let name = source.name.as_ref()?;
    let same = |given: &&GivenMetadata| given.name == *name;
    let of = |version: Option<&Version>| {
        let mut all = table.0.iter().filter(same);
        all.find(|given| given.version.as_ref() == version)
    };
    match &source.version {
        Some(version) => {
            let given = of(Some(version)).or_else(|| of(None))?;
            Some(of_given(given, version.clone()))
        }
        // Which version it is has to be known.
        None => table.0.iter().filter(same).find_map(|given| {
            let version = given.version.clone()?;
            Some(of_given(given, version))
        }),
    }
}

/// Metadata that were given by hand, as those of a version.
pub(crate) fn of_given(given: &GivenMetadata, version: Version) -> CoreMetadata {
    CoreMetadata {
        metadata_version: (2, 2),
        name: given.name.clone(),
        version,
        requires_dist: given.requires_dist.clone(),
        requires_python: given.requires_python.clone(),
        provides_extra: given.provides_extra.clone(),
        dynamic: Vec::new(),
    }
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
        for extra in metadata.provides_extra.iter().map(Some).chain([None]) {
            let extras = with_own(metadata, extra, environment);
            let others = |each: &&Requirement| each.name != metadata.name;
            for requirement in metadata.requires_dist.iter().filter(others) {
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

/// An extra, and those of its own that the distribution asks for with it: some backends write
/// `all = ["this[a,b]"]` as it is, others what it means.
fn with_own(
    metadata: &CoreMetadata,
    extra: Option<&ExtraName>,
    environment: &MarkerEnvironment,
) -> Vec<ExtraName> {
    let mut extras: Vec<ExtraName> = extra.cloned().into_iter().collect();
    loop {
        let own = metadata.requires_dist.iter();
        let own = own.filter(|each| each.name == metadata.name);
        let own = own.filter(|each| each.applies(environment, &extras));
        let more = own.flat_map(|each| &each.extras);
        let mut more = more.filter(|each| !extras.contains(each));
        let Some(new) = more.next().cloned() else {
            return extras;
        };
        extras.push(new);
    }
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

    fn environment() -> MarkerEnvironment {
        let text = r#"{"os_name": "posix", "sys_platform": "linux", "platform_machine": "x86_64",
            "platform_python_implementation": "CPython", "platform_release": "", "platform_system": "Linux",
            "platform_version": "", "implementation_name": "cpython", "python_version": "3.12",
            "python_full_version": "3.12.1", "implementation_version": "3.12.1"}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn extras_of_its_own_are_what_they_mean() {
        let short = metadata(
            "Provides-Extra: a\nProvides-Extra: all\n\
             Requires-Dist: ron>1,<3; extra == 'a'\nRequires-Dist: harry[a]; extra == 'all'",
        );
        let long = metadata(
            "Provides-Extra: a\nProvides-Extra: all\n\
             Requires-Dist: ron<3,>1; extra == 'all'\nRequires-Dist: ron (<3,>1); extra == 'a'",
        );
        let other = metadata(
            "Provides-Extra: a\nProvides-Extra: all\nRequires-Dist: ron<3,>1; extra == 'a'",
        );
        let environment = environment();
        assert_eq!(difference(&short, &long, &environment), None);
        assert_eq!(difference(&long, &short, &environment), None);
        let found = difference(&short, &other, &environment).unwrap();
        assert!(found.contains("ron") && found.contains("all"), "{found}");
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
