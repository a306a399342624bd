//! Reading the registry. What cannot be read is as good as absent.

use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE};

use super::{RegisteredPython, RegistryPart};

/// The key of all Pythons (PEP 514).
const PYTHONS: &str = r"Software\Python";

/// Asks for what 64-bit programs see (`KEY_WOW64_64KEY`).
const VIEW_64: u32 = 0x0100;

/// Asks for what 32-bit programs see (`KEY_WOW64_32KEY`).
const VIEW_32: u32 = 0x0200;

/// Returns everything that is registered.
pub(super) fn registered() -> Vec<RegisteredPython> {
    let parts = [
        (RegistryPart::User, CURRENT_USER, 0),
        (RegistryPart::Machine64, LOCAL_MACHINE, VIEW_64),
        (RegistryPart::Machine32, LOCAL_MACHINE, VIEW_32),
    ];
    let read = |(part, root, view)| {
        let pythons = below(root, PYTHONS, view);
        pythons.map(|pythons| companies(part, &pythons, view))
    };
    parts.into_iter().filter_map(read).flatten().collect()
}

fn companies(part: RegistryPart, pythons: &Key, view: u32) -> Vec<RegisteredPython> {
    let mut found = Vec::new();
    for company in names(pythons) {
        let Some(tags) = below(pythons, &company, view) else {
            continue;
        };
        for tag in names(&tags) {
            let Some(key) = below(&tags, &tag, view) else {
                continue;
            };
            let place = below(&key, "InstallPath", view);
            let in_place = |name: &str| place.as_ref().and_then(|place| text(place, name));
            found.push(RegisteredPython {
                part,
                sys_version: text(&key, "SysVersion"),
                version: text(&key, "Version"),
                sys_architecture: text(&key, "SysArchitecture"),
                install_path: in_place(""),
                executable_path: in_place("ExecutablePath"),
                company: company.clone(),
                tag,
            });
        }
    }
    found
}

fn names(key: &Key) -> Vec<String> {
    key.keys().map(Iterator::collect).unwrap_or_default()
}

/// Opens a key; the view has to be named each time.
fn below(key: &Key, name: &str, view: u32) -> Option<Key> {
    key.options().read().access(view).open(name).ok()
}

fn text(key: &Key, name: &str) -> Option<String> {
    key.get_string(name).ok().filter(|text| !text.is_empty())
}
