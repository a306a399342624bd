//! `pdm.lock`

use naja_spec::VersionSpecifiers;
use toml::Table;

use super::reading::{any_of, file, file_tables, git, inner, last_part, tables, text, toml};
use super::{ForeignError, ForeignLock, ForeignSource};

pub(super) fn read(content: &str, lock: &mut ForeignLock) -> Result<(), ForeignError> {
    let table = toml(content)?;
    let none = Table::new();
    let metadata = inner(&table, "metadata").unwrap_or(&none);
    let version = text(metadata, "lock_version").unwrap_or("4");
    let major = version.split('.').next().map(str::parse::<u64>);
    if !matches!(major, Some(Ok(2..=4))) {
        return Err(ForeignError::Version {
            found: super::reading::shortened(version),
            known: "2 to 4",
        });
    }
    let targets = file_tables(metadata, "targets");
    lock.requires_python = targets
        .first()
        .and_then(|target| text(target, "requires_python"))
        .and_then(|bounds| VersionSpecifiers::parse_lenient(bounds).ok());
    // Versions before 4.4 have the digests at the end.
    let apart = inner(metadata, "files");
    for package in tables(&table, "package")? {
        let name = text(package, "name").unwrap_or_default();
        let Some(mut entry) = lock.entry(name, text(package, "version")) else {
            continue;
        };
        if let Some(repository) = text(package, "git") {
            let commit = text(package, "revision").unwrap_or_default();
            entry.source =
                git(repository, text(package, "ref"), commit).unwrap_or(ForeignSource::Direct);
        } else if package.contains_key("url") || package.contains_key("path") {
            entry.source = ForeignSource::Direct;
        }
        entry.marker = any_of(text(package, "marker"));
        let mut files = file_tables(package, "files");
        if let (Some(apart), Some(version)) = (apart, text(package, "version")) {
            files.extend(file_tables(apart, &format!("{name} {version}")));
        }
        for table in files {
            let place = text(table, "file").or(text(table, "url"));
            let digest = text(table, "hash").unwrap_or_default();
            entry.files.extend(file(place.and_then(last_part), digest));
        }
        lock.packages.push(entry);
    }
    Ok(())
}
