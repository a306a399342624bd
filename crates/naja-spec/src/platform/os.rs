//! Operating systems and platforms.

use serde::{Deserialize, Serialize};

use super::arch::Arch;
use super::platform_tags::{
    android_tags, ios_tags, linux_tags, macos_arch, macos_tags, manylinux_tags, musllinux_tags,
    tag_text, windows_tag,
};

/// An operating system as far as compatibility tags tell it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    /// Linux with glibc of this version (PEP 600).
    Manylinux {
        /// First number of the glibc version.
        major: u16,
        /// Second number of the glibc version.
        minor: u16,
    },
    /// Linux with musl of this version (PEP 656).
    Musllinux {
        /// First number of the musl version.
        major: u16,
        /// Second number of the musl version.
        minor: u16,
    },
    /// macOS of this release; 10.16 must have been asked again with the compatibility
    /// numbering off.
    Macos {
        /// First number of the release.
        major: u16,
        /// Second number of the release.
        minor: u16,
    },
    /// Windows.
    Windows,
    /// Linux with another C library, or one whose binary interface fits no manylinux wheel.
    OtherLinux,
    /// Android of this API level (PEP 738).
    Android {
        /// The API level.
        api_level: u16,
    },
    /// iOS of this release (PEP 730).
    Ios {
        /// First number of the release.
        major: u16,
        /// Second number of the release.
        minor: u16,
        /// Whether it is the simulator's binary interface.
        simulator: bool,
    },
    /// Emscripten; the value of `PYEMSCRIPTEN_PLATFORM_VERSION`, such as `2024_0`, and
    /// `sysconfig.get_platform()`.
    Emscripten {
        /// Version of the platform's binary interface, when it follows one.
        platform_version: Option<String>,
        /// What `sysconfig.get_platform()` answers.
        sysconfig: String,
    },
    /// Anything else, as `sysconfig.get_platform()` names it, such as `freebsd-14.1-amd64`.
    Other(String),
}

/// What an interpreter runs on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// Operating system and C library.
    pub os: Os,
    /// Architecture of the interpreter's process, not of the kernel.
    pub arch: Arch,
}

impl Platform {
    /// Returns the platform tags it accepts, best first, without `any`.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let arch = self.arch.as_str();
        match &self.os {
            Os::Manylinux { major, minor } => {
                linux_tags(&self.arch, |archs| manylinux_tags(archs, *major, *minor))
            }
            Os::Musllinux { major, minor } => {
                linux_tags(&self.arch, |archs| musllinux_tags(archs, *major, *minor))
            }
            Os::OtherLinux => linux_tags(&self.arch, |_| Vec::new()),
            Os::Macos { major, minor } => macos_tags((*major, *minor), macos_arch(&self.arch)),
            Os::Windows => vec![windows_tag(&self.arch)],
            Os::Android { api_level } => android_tags(*api_level, &self.arch),
            Os::Ios {
                major,
                minor,
                simulator,
            } => {
                let sdk = if *simulator {
                    "iphonesimulator"
                } else {
                    "iphoneos"
                };
                let arch = if self.arch == Arch::Aarch64 {
                    "arm64"
                } else {
                    arch
                };
                ios_tags(*major, *minor, &format!("{arch}_{sdk}"))
            }
            Os::Emscripten {
                platform_version,
                sysconfig,
            } => {
                let own = platform_version
                    .iter()
                    .map(|v| format!("pyemscripten_{v}_wasm32"));
                own.chain([tag_text(sysconfig)]).collect()
            }
            Os::Other(sysconfig) => vec![tag_text(sysconfig)],
        }
    }
}
