//! The ordered list of tags.

use std::sync::Arc;

use super::implementation::ImplementationTags;
use super::os::Platform;
use crate::tag::Tags;

/// Lists the tags an interpreter on a platform accepts, best first, in the order of
/// `packaging.tags.sys_tags()`. `abi3` is not accepted by free-threaded builds, which accept
/// `abi3t` (PEP 803, draft) instead.
#[must_use]
pub fn compatible_tags(platform: &Platform, implementation: &ImplementationTags) -> Tags {
    let mut tags = Tags::default();
    let platforms: Vec<_> = platform.tags().iter().map(|text| intern(text)).collect();
    let platforms = tags.number_platforms(&platforms);
    let mut list = TagList {
        tags,
        platforms,
        none: intern("none"),
    };
    let (major, minor) = implementation.python;
    list.tags
        .reserve(list.platforms.len() * (2 * usize::from(minor) + 6) + 32);
    let short = implementation.short_name();
    let own = if short == "cp" {
        list.cpython(implementation);
        Some(format!("cp{}", implementation.interpreter_version()))
    } else {
        list.generic(implementation);
        (short == "pp").then(|| "pp3".to_owned())
    };
    let versions = language_range(major, minor);
    for version in &versions {
        list.on_platforms(version, &Arc::clone(&list.none));
    }
    let any = list.tags.number_platforms(&[intern("any")]);
    for version in own.map(|own| intern(&own)).iter().chain(&versions) {
        list.tags.push(version, &list.none, &any);
    }
    list.tags
}

/// A list of tags under construction.
struct TagList {
    tags: Tags,
    platforms: Vec<u32>,
    none: Arc<str>,
}

impl TagList {
    fn on_platforms(&mut self, python: &Arc<str>, abi: &Arc<str>) {
        self.tags.push(python, abi, &self.platforms);
    }

    fn cpython(&mut self, implementation: &ImplementationTags) {
        let (major, minor) = implementation.python;
        let abis = implementation.cpython_abis();
        let threaded = abis.first().is_some_and(|abi| abi.contains('t'));
        let python = intern(&format!("cp{major}{minor}"));
        for abi in &abis {
            self.on_platforms(&python, &intern(abi));
        }
        let stable = (implementation.python >= (3, 2))
            .then(|| intern(if threaded { "abi3t" } else { "abi3" }));
        if let Some(stable) = &stable {
            self.on_platforms(&python, stable);
        }
        self.on_platforms(&python, &Arc::clone(&self.none));
        let Some(stable) = stable else { return };
        for older in (2..minor).rev() {
            self.on_platforms(&intern(&format!("cp{major}{older}")), &stable);
        }
    }

    fn generic(&mut self, implementation: &ImplementationTags) {
        let short = implementation.short_name();
        let python = intern(&format!("{short}{}", implementation.interpreter_version()));
        let mut abis = implementation.generic_abis();
        if !abis.iter().any(|abi| abi == "none") {
            abis.push("none".to_owned());
        }
        for abi in &abis {
            self.on_platforms(&python, &intern(abi));
        }
    }
}

fn intern(text: &str) -> Arc<str> {
    Arc::from(text.to_ascii_lowercase())
}

/// `py312`, `py3`, `py311` down to `py30`.
fn language_range(major: u8, minor: u8) -> Vec<Arc<str>> {
    let mut range = vec![
        intern(&format!("py{major}{minor}")),
        intern(&format!("py{major}")),
    ];
    range.extend(
        (0..minor)
            .rev()
            .map(|older| intern(&format!("py{major}{older}"))),
    );
    range
}
