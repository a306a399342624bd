//! `Pipfile.lock`

use naja_spec::VersionSpecifiers;
use serde_json::Value;

use super::json::{Object, object, text};
use super::reading::{any_of, file, git};
use super::{ForeignError, ForeignLock, ForeignPackage, ForeignSource, MAX_FILES, MAX_PACKAGES};

pub(super) fn read(content: &str, lock: &mut ForeignLock) -> Result<(), ForeignError> {
    let all = object(content)?;
    let Some(meta) = all.get("_meta").and_then(Value::as_object) else {
        return Err(ForeignError::Shape("_meta"));
    };
    match meta.get("pipfile-spec").and_then(Value::as_u64) {
        Some(1..=6) | None => {}
        Some(other) => {
            return Err(ForeignError::Version {
                found: other.to_string(),
                known: "6",
            });
        }
    }
    let requires = meta.get("requires").and_then(Value::as_object);
    let python = requires.and_then(|requires| {
        text(requires, "python_full_version").or(text(requires, "python_version"))
    });
    lock.requires_python =
        python.and_then(|python| VersionSpecifiers::parse(&format!("=={python}.*")).ok());
    // Every other key is a category: `default`, `develop`, and those of the user.
    for (category, packages) in all.iter().filter(|(key, _)| *key != "_meta") {
        let Some(packages) = packages.as_object() else {
            lock.skip(format!(
                "`{}` is no category",
                super::reading::shortened(category)
            ));
            continue;
        };
        for (name, package) in packages {
            if lock.packages.len() >= MAX_PACKAGES {
                return Err(ForeignError::TooLarge("100,000 packages"));
            }
            if let Some(entry) = package.as_object().and_then(|one| entry(name, one, lock)) {
                lock.packages.push(entry);
            }
        }
    }
    Ok(())
}

fn entry(name: &str, package: &Object, lock: &mut ForeignLock) -> Option<ForeignPackage> {
    let version = text(package, "version").map(|pin| pin.trim_start_matches('=').trim());
    // `*` is no choice.
    let version = version.filter(|pin| *pin != "*");
    let mut entry = lock.entry(name, version)?;
    if let Some(repository) = text(package, "git") {
        let reference = text(package, "ref").unwrap_or_default();
        entry.source = git(repository, None, reference).unwrap_or(ForeignSource::Direct);
    } else if ["path", "file"]
        .iter()
        .any(|key| package.contains_key(*key))
    {
        entry.source = ForeignSource::Direct;
    }
    entry.marker = any_of(text(package, "markers"));
    let hashes = package.get("hashes").and_then(Value::as_array);
    let hashes = hashes.into_iter().flatten().filter_map(Value::as_str);
    let files = hashes.take(MAX_FILES).filter_map(|hash| file(None, hash));
    entry.files.extend(files);
    Some(entry)
}
