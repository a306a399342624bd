//! `uv.lock`

use naja_spec::VersionSpecifiers;
use toml::Value;

use super::reading::{any_of, file, file_tables, git, inner, last_part, tables, text, toml};
use super::{ForeignError, ForeignLock, ForeignSource};

pub(super) fn read(content: &str, lock: &mut ForeignLock) -> Result<(), ForeignError> {
    let table = toml(content)?;
    let version = table.get("version").and_then(Value::as_integer);
    match version {
        Some(1) => {}
        Some(other) => {
            return Err(ForeignError::Version {
                found: other.to_string(),
                known: "1",
            });
        }
        None => return Err(ForeignError::Shape("version")),
    }
    lock.requires_python = text(&table, "requires-python")
        .and_then(|bounds| VersionSpecifiers::parse_lenient(bounds).ok());
    for package in tables(&table, "package")? {
        let name = text(package, "name").unwrap_or_default();
        let Some(mut entry) = lock.entry(name, text(package, "version")) else {
            continue;
        };
        entry.source = match inner(package, "source") {
            Some(source) => match text(source, "git") {
                Some(address) => commit_of(address).unwrap_or(ForeignSource::Direct),
                None if source.contains_key("registry") => ForeignSource::Index,
                None => ForeignSource::Direct,
            },
            None => ForeignSource::Index,
        };
        let markers = package.get("resolution-markers").and_then(Value::as_array);
        let markers = markers.into_iter().flatten().filter_map(Value::as_str);
        entry.marker = any_of(markers);
        let sdist = inner(package, "sdist").into_iter();
        for table in sdist.chain(file_tables(package, "wheels")) {
            let place = text(table, "url").or(text(table, "path"));
            let name = text(table, "filename").map(str::to_owned);
            let name = name.or_else(|| place.and_then(last_part));
            let digest = text(table, "hash").unwrap_or_default();
            entry.files.extend(file(name, digest));
        }
        lock.packages.push(entry);
    }
    Ok(())
}

/// `REPOSITORY?branch=NAME&subdirectory=PART#COMMIT`
fn commit_of(address: &str) -> Option<ForeignSource> {
    let (front, commit) = address.rsplit_once('#')?;
    let (repository, query) = front.split_once('?').unwrap_or((front, ""));
    let reference = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        matches!(key, "rev" | "tag" | "branch").then_some(value)
    });
    let reference = reference.map(|name| name.replace("%2F", "/"));
    git(repository, reference.as_deref(), commit)
}
