//! The settings that change what a lock says, as text, for [`Inputs::rules`](naja_lock::project::Inputs).

use std::collections::BTreeMap;

use naja_project::settings::Settings;

/// The keys of settings that decide what is chosen.
const KEYS: &[&str] = &[
    "conflicts",
    "constraint-dependencies",
    "dependency-metadata",
    "exclude-dependencies",
    "exclude-newer",
    "exclude-newer-package",
    "fork-strategy",
    "no-binary",
    "no-binary-package",
    "no-build",
    "no-build-package",
    "no-sources",
    "no-sources-package",
    "override-dependencies",
    "prerelease",
    "prerelease-package",
    "required-environments",
    "resolution",
];

/// What counts, by key; what has its default is left out.
pub(super) fn rules(settings: &Settings) -> BTreeMap<String, Vec<String>> {
    let defaults: BTreeMap<&str, String> = naja_project::settings::options()
        .into_iter()
        .map(|row| (row.key, row.default))
        .collect();
    let mut rules = BTreeMap::new();
    for (key, value, _) in settings.entries() {
        let counts = KEYS.contains(&key) && defaults.get(key).is_none_or(|known| *known != value);
        if counts && !value.is_empty() {
            rules.insert(key.to_owned(), vec![value]);
        }
    }
    rules
}
