//! Named target platforms, to resolve and install for another machine than this one.

use std::str::FromStr;

use crate::marker::MarkerEnvironment;
use crate::platform::{Arch, Os, Platform};

/// The glibc versions that have names of their own, for both common architectures.
const MANYLINUX: [u16; 12] = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

/// A platform by name, such as `linux`, `aarch64-apple-darwin` or `x86_64-manylinux_2_28`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TargetPlatform {
    name: String,
    platform: Platform,
}

/// A text that names no target platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no target platform `{0}`")]
pub struct UnknownTarget(String);

/// A text that is no lowest release of a target's system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no release of the system of `{target}`")]
pub struct UnknownRelease {
    text: String,
    target: String,
}

impl TargetPlatform {
    /// Finds a target by its name.
    ///
    /// # Errors
    /// There is no target of this name.
    pub fn parse(text: &str) -> Result<Self, UnknownTarget> {
        let platform = named(text).ok_or_else(|| UnknownTarget(text.to_owned()))?;
        Ok(Self {
            name: text.to_owned(),
            platform,
        })
    }

    /// Returns the names of all targets, aliases first.
    #[must_use]
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        for arch in ["x86_64", "aarch64"] {
            names.push(format!("{arch}-manylinux2014"));
            names.extend(MANYLINUX.map(|minor| format!("{arch}-manylinux_2_{minor}")));
        }
        names
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Returns the platform that wheels have to fit.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Returns the environment variable by which users name the lowest release that counts, where
    /// the system has such.
    #[must_use]
    pub fn release_variable(&self) -> Option<&'static str> {
        match self.platform.os {
            Os::Macos { .. } => Some("MACOSX_DEPLOYMENT_TARGET"),
            Os::Ios { .. } => Some("IPHONEOS_DEPLOYMENT_TARGET"),
            Os::Android { .. } => Some("ANDROID_API_LEVEL"),
            _ => None,
        }
    }

    /// Returns the target with another lowest release of its system, such as `14.0`.
    ///
    /// # Errors
    /// The text is no release, or the system has none.
    pub fn with_release(mut self, text: &str) -> Result<Self, UnknownRelease> {
        let (first, second) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        let numbers = first.parse::<u16>().ok().zip(second.parse::<u16>().ok());
        match (&mut self.platform.os, numbers) {
            (Os::Macos { major, minor } | Os::Ios { major, minor, .. }, Some(numbers)) => {
                (*major, *minor) = numbers;
            }
            (Os::Android { api_level }, Some((level, 0))) => *api_level = level,
            _ => {
                return Err(UnknownRelease {
                    text: text.to_owned(),
                    target: self.name,
                });
            }
        }
        Ok(self)
    }

    /// Returns the environment as a Python of the same version sees it on the target. What only
    /// the machine itself knows (`platform_release`, `platform_version`) is empty.
    #[must_use]
    pub fn apply(&self, environment: &MarkerEnvironment) -> MarkerEnvironment {
        let (os_name, sys_platform, system) = match self.platform.os {
            Os::Windows => ("nt", "win32", "Windows"),
            Os::Macos { .. } => ("posix", "darwin", "Darwin"),
            Os::Ios { .. } => ("posix", "ios", "iOS"),
            Os::Android { .. } => ("posix", "android", "Android"),
            Os::Emscripten { .. } => ("posix", "emscripten", "Emscripten"),
            _ => ("posix", "linux", "Linux"),
        };
        let machine = match (&self.platform.os, &self.platform.arch) {
            (Os::Windows, Arch::X86_64) => "AMD64",
            (Os::Windows, Arch::Aarch64) => "ARM64",
            (Os::Windows, Arch::X86) => "x86",
            (Os::Macos { .. } | Os::Ios { .. }, Arch::Aarch64) => "arm64",
            (_, arch) => arch.as_str(),
        };
        MarkerEnvironment {
            os_name: os_name.to_owned(),
            sys_platform: sys_platform.to_owned(),
            platform_machine: machine.to_owned(),
            platform_system: system.to_owned(),
            platform_release: String::new(),
            platform_version: String::new(),
            ..environment.clone()
        }
    }
}

impl FromStr for TargetPlatform {
    type Err = UnknownTarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// The systems of targets, without what the name tells otherwise.
#[derive(Clone, Copy)]
enum System {
    Windows,
    Macos,
    Manylinux(u16),
    Musllinux,
    Android,
    Pyodide(u16),
    Ios { simulator: bool },
}

const TARGETS: [(&str, (System, Arch)); 20] = [
    ("windows", (System::Windows, Arch::X86_64)),
    ("linux", (System::Manylinux(28), Arch::X86_64)),
    ("macos", (System::Macos, Arch::Aarch64)),
    ("x86_64-pc-windows-msvc", (System::Windows, Arch::X86_64)),
    ("aarch64-pc-windows-msvc", (System::Windows, Arch::Aarch64)),
    ("i686-pc-windows-msvc", (System::Windows, Arch::X86)),
    (
        "x86_64-unknown-linux-gnu",
        (System::Manylinux(28), Arch::X86_64),
    ),
    ("aarch64-apple-darwin", (System::Macos, Arch::Aarch64)),
    ("x86_64-apple-darwin", (System::Macos, Arch::X86_64)),
    (
        "aarch64-unknown-linux-gnu",
        (System::Manylinux(28), Arch::Aarch64),
    ),
    (
        "aarch64-unknown-linux-musl",
        (System::Musllinux, Arch::Aarch64),
    ),
    (
        "x86_64-unknown-linux-musl",
        (System::Musllinux, Arch::X86_64),
    ),
    (
        "riscv64-unknown-linux",
        (System::Manylinux(39), Arch::Riscv64),
    ),
    ("aarch64-linux-android", (System::Android, Arch::Aarch64)),
    ("x86_64-linux-android", (System::Android, Arch::X86_64)),
    ("wasm32-pyodide2024", (System::Pyodide(2024), Arch::Wasm32)),
    ("wasm32-pyodide2025", (System::Pyodide(2025), Arch::Wasm32)),
    (
        "arm64-apple-ios",
        (System::Ios { simulator: false }, Arch::Aarch64),
    ),
    (
        "arm64-apple-ios-simulator",
        (System::Ios { simulator: true }, Arch::Aarch64),
    ),
    (
        "x86_64-apple-ios-simulator",
        (System::Ios { simulator: true }, Arch::X86_64),
    ),
];

fn named(text: &str) -> Option<Platform> {
    let (system, arch) = match TARGETS.iter().find(|(name, _)| *name == text) {
        Some((_, target)) => target.clone(),
        None => manylinux(text)?,
    };
    let os = match system {
        System::Windows => Os::Windows,
        System::Macos => Os::Macos {
            major: 13,
            minor: 0,
        },
        System::Manylinux(minor) => Os::Manylinux { major: 2, minor },
        System::Musllinux => Os::Musllinux { major: 1, minor: 2 },
        System::Android => Os::Android { api_level: 24 },
        System::Pyodide(year) => Os::Emscripten {
            platform_version: Some(format!("{year}_0")),
            sysconfig: format!("pyodide_{year}_0_wasm32"),
        },
        System::Ios { simulator } => Os::Ios {
            major: 13,
            minor: 0,
            simulator,
        },
    };
    Some(Platform { os, arch })
}

fn manylinux(text: &str) -> Option<(System, Arch)> {
    let (arch, rest) = text.split_once("-manylinux")?;
    let arch = match arch {
        "x86_64" => Arch::X86_64,
        "aarch64" => Arch::Aarch64,
        _ => return None,
    };
    if rest == "2014" {
        return Some((System::Manylinux(17), arch));
    }
    let minor = MANYLINUX
        .iter()
        .find(|minor| rest == format!("_2_{minor}"))?;
    Some((System::Manylinux(*minor), arch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_target() {
        for name in TargetPlatform::names() {
            let target = TargetPlatform::parse(&name).unwrap();
            assert!(!target.platform().tags().is_empty(), "{name}");
        }
        for wrong in [
            "",
            "Windows",
            "x86_64-manylinux_2_16",
            "riscv64-manylinux2014",
        ] {
            assert!(TargetPlatform::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn releases() {
        let macos = TargetPlatform::parse("macos").unwrap();
        assert_eq!(macos.platform().tags()[0], "macosx_13_0_arm64");
        let macos = macos.with_release("14.2").unwrap();
        assert_eq!(
            macos.platform().os,
            Os::Macos {
                major: 14,
                minor: 2
            }
        );
        assert!(
            TargetPlatform::parse("windows")
                .unwrap()
                .with_release("10")
                .is_err()
        );
        let android = TargetPlatform::parse("aarch64-linux-android").unwrap();
        assert_eq!(android.release_variable(), Some("ANDROID_API_LEVEL"));
        assert!(android.with_release("26").is_ok());
    }
}
