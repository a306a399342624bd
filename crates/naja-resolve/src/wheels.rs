//! Wheels where more than one environment is resolved for.

use naja_spec::{Marker, MarkerSet, Version, WheelTags};

/// The minor versions of Python 3 from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Minors {
    low: u64,
    high: u64,
}

impl Minors {
    /// All from one on.
    pub(crate) fn from(low: u64) -> Self {
        let high = u64::MAX;
        Self { low, high }
    }

    /// All to the last one of which some environment is in the set.
    pub(crate) fn to_last_of(pythons: &MarkerSet) -> Self {
        let (_, high) = pythons.python_bounds();
        let minor = |bound: &Version| (bound.major() == 3).then(|| bound.minor());
        let high = high.and_then(|bound| {
            let minor = minor(&bound)?;
            let is_first = bound.release().iter().skip(2).all(|number| *number == 0);
            let ends_before = || {
                let text = format!("python_full_version >= '{bound}'");
                let from = Marker::parse(&text).map(|marker| MarkerSet::from_marker(&marker));
                from.is_ok_and(|from| from.is_disjoint(pythons))
            };
            match is_first && ends_before() {
                true => minor.checked_sub(1),
                false => Some(minor),
            }
        });
        Self {
            low: 0,
            high: high.unwrap_or(u64::MAX),
        }
    }

    /// Returns whether a wheel is for one of them.
    pub(crate) fn served_by(self, tags: WheelTags<'_>) -> bool {
        let abi3 = tags.abi.split('.').any(|abi| abi == "abi3");
        tags.python.split('.').any(|python| {
            let digits = python.trim_start_matches(|c: char| !c.is_ascii_digit());
            let kind = &python[..python.len() - digits.len()];
            let Some(rest) = digits.strip_prefix('3') else {
                return false;
            };
            let rest = rest.split('_').next().unwrap_or(rest);
            match rest.parse::<u64>() {
                Err(_) => rest.is_empty(),
                Ok(own) => own <= self.high && (own >= self.low || kind == "py" || abi3),
            }
        })
    }
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

/// Returns the place of the wheel, by file names, whose metadata are asked for where a version is resolved for all
/// environments, as far as the names tell.
pub fn plainest<'a>(files: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let ranks = files
        .into_iter()
        .map(|file| WheelTags::of_file_name(file).map_or(0, plainness));
    let best = |best: Option<(usize, u8)>, (at, rank): (usize, u8)| match best {
        Some((_, old)) if old >= rank => best,
        _ => Some((at, rank)),
    };
    ranks.enumerate().fold(None, best).map(|(at, _)| at)
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
    fn the_plainest_wheel_is_the_first_of_the_best() {
        let mac = "a-1-cp312-cp312-macosx_11_0_arm64.whl";
        let linux = "a-1-cp312-cp312-manylinux_2_17_x86_64.whl";
        let other = "a-1-cp313-cp313-manylinux_2_17_x86_64.whl";
        assert_eq!(plainest([mac, linux, other]), Some(1));
        assert_eq!(plainest([linux, "a-1-py3-none-any.whl"]), Some(1));
        assert_eq!(plainest(["no wheel", mac]), Some(1));
        assert_eq!(plainest([]), None);
    }

    #[test]
    fn wheels_for_older_pythons_are_none() {
        let fits = |file: &str| Minors::from(9).served_by(WheelTags::of_file_name(file).unwrap());
        assert!(fits("a-1-py3-none-any.whl") && fits("a-1-py2.py3-none-any.whl"));
        assert!(fits("a-1-cp39-cp39-win32.whl") && fits("a-1-cp37-abi3-win32.whl"));
        assert!(fits("a-1-cp313-cp313t-win32.whl") && fits("a-1-pp310-pypy310_pp73-win32.whl"));
        assert!(!fits("a-1-cp38-cp38-win32.whl") && !fits("a-1-py2-none-any.whl"));
        assert!(!fits("a-1-cp27-cp27mu-manylinux1_x86_64.whl"));
    }

    #[test]
    fn wheels_for_newer_pythons_are_none() {
        let minors = Minors { low: 8, high: 10 };
        let fits = |file: &str| minors.served_by(WheelTags::of_file_name(file).unwrap());
        assert!(fits("a-1-py38-none-any.whl") && fits("a-1-py36-none-any.whl"));
        assert!(fits("a-1-cp310-cp310-win32.whl") && fits("a-1-cp310-abi3-win32.whl"));
        assert!(!fits("a-1-cp311-cp311-win32.whl") && !fits("a-1-cp311-abi3-win32.whl"));
        assert!(!fits("a-1-py311-none-any.whl") && !fits("a-1-cp37-none-win32.whl"));
    }

    #[test]
    fn the_last_minor_is_one_with_an_environment() {
        let last = |text: &str| {
            let set = MarkerSet::from_marker(&Marker::parse(text).unwrap());
            Minors::to_last_of(&set.python_versions()).high
        };
        assert_eq!(last("python_version < '3.11'"), 10);
        assert_eq!(last("python_version <= '3.11'"), 11);
        assert_eq!(last("python_full_version < '3.11.0'"), 10);
        assert_eq!(last("python_full_version <= '3.11'"), 11);
        assert_eq!(
            last("python_full_version < '3.11.5' and os_name == 'nt'"),
            11
        );
        assert_eq!(last("python_version == '3.12' and os_name == 'nt'"), 12);
        for open in [
            "python_version >= '3.9'",
            "python_version < '4'",
            "os_name == 'nt'",
        ] {
            assert_eq!(last(open), u64::MAX);
        }
    }
}
