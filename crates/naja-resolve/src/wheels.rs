//! Wheels where more than one environment is resolved for.

use naja_spec::{Marker, MarkerSet, WheelTags};

/// Returns whether a wheel is for some Python from this minor version of Python 3 on.
pub(crate) fn is_for_python(tags: WheelTags<'_>, minor: u64) -> bool {
    let abi3 = tags
        .abi
        .split('.')
        .any(|abi| abi == "abi3" || abi == "none");
    tags.python.split('.').any(|python| {
        let digits = python.trim_start_matches(|c: char| !c.is_ascii_digit());
        let kind = &python[..python.len() - digits.len()];
        let Some(rest) = digits.strip_prefix('3') else {
            return false;
        };
        let rest = rest.split('_').next().unwrap_or(rest);
        match (kind, rest.parse::<u64>()) {
            (_, Err(_)) => rest.is_empty(),
            ("py", Ok(_)) => true,
            (_, Ok(own)) => own >= minor || (kind == "cp" && abi3),
        }
    })
}

/// Returns how good a wheel is as the one whose metadata stands for its version: one for every
/// environment, or else one for the most usual.
pub(crate) fn plainness(tags: WheelTags<'_>) -> u8 {
    if tags.platform == "any" {
        return 3;
    }
    let usual = tags.platform.contains("linux") && tags.platform.contains("x86_64");
    1 + u8::from(usual)
}

/// Returns the environments that the platforms of a wheel stand for.
pub(crate) fn environments(tags: WheelTags<'_>) -> MarkerSet {
    let mut all = MarkerSet::none();
    for platform in tags.platform.split('.') {
        let Some(text) = marker_of(platform) else {
            return MarkerSet::all();
        };
        if let Ok(marker) = Marker::parse(&text) {
            all = all.or(&MarkerSet::from_marker(&marker));
        }
    }
    all
}

fn marker_of(platform: &str) -> Option<String> {
    let machine = |name: &str| format!(" and platform_machine == '{name}'");
    if platform == "any" {
        return None;
    }
    if let Some(rest) = platform.strip_prefix("win") {
        let machine = match rest {
            "_amd64" => machine("AMD64"),
            "_arm64" => machine("ARM64"),
            "32" => machine("x86"),
            _ => String::new(),
        };
        return Some(format!("sys_platform == 'win32'{machine}"));
    }
    if platform.starts_with("macosx") {
        let machine = if platform.ends_with("arm64") {
            machine("arm64")
        } else if platform.ends_with("x86_64") {
            machine("x86_64")
        } else {
            String::new()
        };
        return Some(format!("sys_platform == 'darwin'{machine}"));
    }
    if platform.contains("linux") {
        let known = [
            "x86_64",
            "aarch64",
            "i686",
            "armv7l",
            "armv6l",
            "ppc64le",
            "ppc64",
            "s390x",
            "riscv64",
            "loongarch64",
        ];
        let machine = known
            .iter()
            .find(|name| platform.ends_with(*name))
            .map(|name| machine(name));
        return Some(format!(
            "sys_platform == 'linux'{}",
            machine.unwrap_or_default()
        ));
    }
    Some(format!(
        "sys_platform == '{}'",
        platform.split('_').next().unwrap_or(platform)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_for_older_pythons_are_none() {
        let fits = |file: &str| is_for_python(WheelTags::of_file_name(file).unwrap(), 9);
        assert!(fits("a-1-py3-none-any.whl") && fits("a-1-py2.py3-none-any.whl"));
        assert!(fits("a-1-cp39-cp39-win32.whl") && fits("a-1-cp37-abi3-win32.whl"));
        assert!(fits("a-1-cp313-cp313t-win32.whl") && fits("a-1-pp310-pypy310_pp73-win32.whl"));
        assert!(!fits("a-1-cp38-cp38-win32.whl") && !fits("a-1-py2-none-any.whl"));
        assert!(!fits("a-1-cp27-cp27mu-manylinux1_x86_64.whl"));
    }
}
