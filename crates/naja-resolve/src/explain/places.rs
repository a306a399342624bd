//! The environments a story is about.

use naja_spec::{Marker, MarkerSet, Version, VersionSpecifiers};

/// Systems as people call them.
const SYSTEMS: [(&str, &str); 6] = [
    ("on Windows", "sys_platform == 'win32'"),
    ("on macOS", "sys_platform == 'darwin'"),
    ("on Linux", "sys_platform == 'linux'"),
    ("on other systems than Windows", "sys_platform != 'win32'"),
    ("on other systems than macOS", "sys_platform != 'darwin'"),
    ("on other systems than Linux", "sys_platform != 'linux'"),
];

/// Names environments, as the heading of a story: "For Python <3.9 on Windows:".
pub(super) fn heading(marker: &Marker) -> String {
    let whole = MarkerSet::from_marker(marker);
    let (words, pythons) = pythons(&whole);
    if whole == pythons && !words.is_empty() {
        return format!("For {words}:");
    }
    for (name, text) in SYSTEMS {
        let system = Marker::parse(text).ok();
        if MarkerSet::from(system.as_ref()).and(&pythons) == whole {
            return match words.is_empty() {
                true => format!("For installations {name}:"),
                false => format!("For {words} {name}:"),
            };
        }
    }
    format!("Where {marker}:")
}

/// Returns the Pythons of a set in words, and as a set; nothing and all, where there are no words.
fn pythons(whole: &MarkerSet) -> (String, MarkerSet) {
    let (low, high) = whole.python_bounds();
    let part = |operator: &str, version: &Option<Version>| {
        version
            .as_ref()
            .map(|version| format!("{operator}{version}"))
    };
    let parts: Vec<String> = part(">=", &low)
        .into_iter()
        .chain(part("<", &high))
        .collect();
    let text = parts.join(",");
    match VersionSpecifiers::parse(&text) {
        Ok(specifiers) if !parts.is_empty() => (
            format!("Python {text}"),
            MarkerSet::from_requires_python(&specifiers),
        ),
        _ => (String::new(), MarkerSet::all()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_have_names() {
        let heading = |text: &str| super::heading(&Marker::parse(text).unwrap());
        assert_eq!(
            heading("python_version < '3.9' and sys_platform == 'win32'"),
            "For Python <3.9 on Windows:"
        );
        assert_eq!(heading("python_version < '3.9'"), "For Python <3.9:");
        assert_eq!(
            heading("python_version == '3.9' and sys_platform != 'darwin'"),
            "For Python >=3.9,<3.10 on other systems than macOS:"
        );
        assert_eq!(
            heading("platform_system == 'Linux'"),
            "For installations on Linux:"
        );
        assert_eq!(
            heading("platform_machine == 's390x'"),
            "Where platform_machine == \"s390x\":"
        );
    }
}
