//! `poetry.lock`, of Poetry 1 and 2.

use naja_spec::VersionSpecifiers;
use toml::{Table, Value};

use super::reading::{any_of, file, file_tables, git, inner, tables, text, toml};
use super::{ForeignError, ForeignLock, ForeignSource};

pub(super) fn read(content: &str, lock: &mut ForeignLock) -> Result<(), ForeignError> {
    let table = toml(content)?;
    let none = Table::new();
    let metadata = inner(&table, "metadata").unwrap_or(&none);
    check_version(metadata, lock)?;
    lock.requires_python = text(metadata, "python-versions")
        .and_then(|bounds| VersionSpecifiers::parse_lenient(bounds).ok());
    // Poetry 1.0 to 1.2 have the digests at the end.
    let apart = inner(metadata, "files").or(inner(metadata, "hashes"));
    for package in tables(&table, "package")? {
        let name = text(package, "name").unwrap_or_default();
        let Some(mut entry) = lock.entry(name, text(package, "version")) else {
            continue;
        };
        if let Some(source) = inner(package, "source") {
            entry.source = source_of(source);
        }
        entry.marker = match package.get("markers") {
            Some(Value::String(marker)) => any_of([marker.as_str()]),
            // One for each group.
            Some(Value::Table(groups)) => any_of(groups.values().filter_map(Value::as_str)),
            _ => None,
        };
        let mut files = file_tables(package, "files");
        files.extend(apart.map(|all| file_tables(all, name)).unwrap_or_default());
        for table in files {
            let name = text(table, "file").map(str::to_owned);
            let digest = text(table, "hash").unwrap_or_default();
            entry.files.extend(file(name, digest));
        }
        lock.packages.push(entry);
    }
    Ok(())
}

fn check_version(metadata: &Table, lock: &mut ForeignLock) -> Result<(), ForeignError> {
    let Some(version) = text(metadata, "lock-version") else {
        // The first ones had none.
        return Ok(());
    };
    let mut parts = version.split('.').map(str::parse::<u64>);
    match (parts.next(), parts.next()) {
        (Some(Ok(1)), _) | (Some(Ok(2)), None | Some(Ok(0..=1))) => Ok(()),
        (Some(Ok(2)), _) => {
            lock.skip(format!(
                "its format has version {version}, which is later than 2.1"
            ));
            Ok(())
        }
        _ => Err(ForeignError::Version {
            found: super::reading::shortened(version),
            known: "1 and 2",
        }),
    }
}

fn source_of(source: &Table) -> ForeignSource {
    match text(source, "type") {
        Some("git") => {
            let repository = text(source, "url").unwrap_or_default();
            let commit = text(source, "resolved_reference").unwrap_or_default();
            git(repository, text(source, "reference"), commit).unwrap_or(ForeignSource::Direct)
        }
        Some("legacy" | "pypi") | None => ForeignSource::Index,
        Some(_) => ForeignSource::Direct,
    }
}
