//! Platforms, interpreters' binary interfaces, and the list of tags they accept
//! (PEP 425, 600, 656, 703, 730, 738, 803).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::tag::Tags;

/// Highest minor version assumed for a glibc major version that is not the newest.
const LAST_GLIBC_MINOR: u16 = 50;

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

/// A processor architecture.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86, `i686` on Linux, `win32` on Windows.
    X86,
    /// 64-bit ARM, `aarch64` or `arm64`.
    Aarch64,
    /// 32-bit ARMv7 with hardware floating point.
    Armv7l,
    /// 32-bit userland on a 64-bit ARMv8 kernel.
    Armv8l,
    /// 32-bit ARMv6.
    Armv6l,
    /// 64-bit POWER, big endian.
    Powerpc64,
    /// 64-bit POWER, little endian.
    Powerpc64Le,
    /// 32-bit PowerPC.
    Powerpc,
    /// IBM Z.
    S390X,
    /// 64-bit RISC-V.
    Riscv64,
    /// 64-bit LoongArch.
    LoongArch64,
    /// 32-bit WebAssembly.
    Wasm32,
    /// Anything else, under its own name.
    Other(String),
}

impl Arch {
    /// Reads the names that `platform.machine()`, `uname -m`, `sysconfig` and target triples
    /// use; case does not matter.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "x86_64" | "amd64" | "x64" => Self::X86_64,
            "x86" | "i386" | "i486" | "i586" | "i686" | "win32" => Self::X86,
            "aarch64" | "arm64" | "arm64_v8a" => Self::Aarch64,
            "armv7l" | "armv7" | "armeabi_v7a" => Self::Armv7l,
            "armv8l" => Self::Armv8l,
            "armv6l" => Self::Armv6l,
            "ppc64" | "powerpc64" => Self::Powerpc64,
            "ppc64le" | "powerpc64le" => Self::Powerpc64Le,
            "ppc" | "powerpc" => Self::Powerpc,
            "s390x" => Self::S390X,
            "riscv64" | "riscv64gc" => Self::Riscv64,
            "loongarch64" => Self::LoongArch64,
            "wasm32" => Self::Wasm32,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns the name Linux uses, which is also the one `Display` shows.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::X86_64 => "x86_64",
            Self::X86 => "i686",
            Self::Aarch64 => "aarch64",
            Self::Armv7l => "armv7l",
            Self::Armv8l => "armv8l",
            Self::Armv6l => "armv6l",
            Self::Powerpc64 => "ppc64",
            Self::Powerpc64Le => "ppc64le",
            Self::Powerpc => "ppc",
            Self::S390X => "s390x",
            Self::Riscv64 => "riscv64",
            Self::LoongArch64 => "loongarch64",
            Self::Wasm32 => "wasm32",
            Self::Other(name) => name,
        }
    }

    /// Returns the architecture of a 32-bit process on a processor of this one.
    #[must_use]
    pub fn narrowed(&self) -> Self {
        match self {
            Self::X86_64 => Self::X86,
            Self::Aarch64 => Self::Armv8l,
            Self::Powerpc64 => Self::Powerpc,
            other => other.clone(),
        }
    }

    fn has_manylinux(&self) -> bool {
        match self {
            Self::X86_64
            | Self::X86
            | Self::Aarch64
            | Self::Armv7l
            | Self::Armv8l
            | Self::Powerpc64
            | Self::Powerpc64Le
            | Self::S390X
            | Self::Riscv64
            | Self::LoongArch64 => true,
            Self::Armv6l | Self::Powerpc | Self::Wasm32 | Self::Other(_) => false,
        }
    }
}

impl From<String> for Arch {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<Arch> for String {
    fn from(arch: Arch) -> Self {
        arch.as_str().to_owned()
    }
}

impl FromStr for Arch {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text))
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
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

/// What decides an interpreter's Python and ABI tags.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImplementationTags {
    /// `sys.implementation.name`, such as `cpython` or `pypy`.
    pub name: String,
    /// Major and minor version of the language.
    pub python: (u8, u8),
    /// Whether it was built without the global lock (PEP 703): no `abi3` then.
    pub free_threaded: bool,
    /// Whether it is a debug build.
    pub debug: bool,
    /// Whether it was built with `pymalloc`; counts before CPython 3.8 only.
    pub pymalloc: bool,
    /// The configuration variable `EXT_SUFFIX`; counts for others than CPython only.
    pub ext_suffix: Option<String>,
    /// The configuration variable `py_version_nodot`, where set.
    pub version_nodot: Option<String>,
}

impl ImplementationTags {
    /// Describes an ordinary build of CPython.
    #[must_use]
    pub fn cpython(major: u8, minor: u8) -> Self {
        Self {
            name: "cpython".to_owned(),
            python: (major, minor),
            free_threaded: false,
            debug: false,
            pymalloc: true,
            ext_suffix: None,
            version_nodot: None,
        }
    }

    /// Returns the prefix of Python tags: `cp`, `pp`, `ip`, `jy`, `py`, or the whole name.
    #[must_use]
    pub fn short_name(&self) -> &str {
        match self.name.as_str() {
            "python" => "py",
            "cpython" => "cp",
            "pypy" => "pp",
            "ironpython" => "ip",
            "jython" => "jy",
            name => name,
        }
    }

    /// Returns the version as it follows the prefix in Python tags, such as `312`.
    #[must_use]
    pub fn interpreter_version(&self) -> String {
        match &self.version_nodot {
            Some(version) if !version.is_empty() => version.clone(),
            _ => format!("{}{}", self.python.0, self.python.1),
        }
    }

    /// ABI tags of CPython, best first, without `abi3` and `none`.
    fn cpython_abis(&self) -> Vec<String> {
        let (major, minor) = self.python;
        let threading = if self.free_threaded && self.python >= (3, 13) {
            "t"
        } else {
            ""
        };
        let debug = if self.debug { "d" } else { "" };
        let old = self.python < (3, 8);
        let pymalloc = if old && self.pymalloc { "m" } else { "" };
        let mut abis = vec![format!("cp{major}{minor}{threading}{debug}{pymalloc}")];
        if self.debug && !old {
            abis.push(format!("cp{major}{minor}{threading}"));
        }
        abis
    }

    /// ABI tags of any other implementation, read off the suffix of its extension modules.
    fn generic_abis(&self) -> Vec<String> {
        let suffix = self.ext_suffix.as_deref().unwrap_or_default();
        let parts: Vec<&str> = suffix.split('.').collect();
        let [_, soabi, _, ..] = parts.as_slice() else {
            return self.cpython_abis();
        };
        let first = |count: usize| {
            let end = soabi
                .match_indices('-')
                .nth(count - 1)
                .map_or(soabi.len(), |(at, _)| at);
            &soabi[..end]
        };
        let abi = if soabi.starts_with("cpython") {
            format!("cp{}", soabi.split('-').nth(1).unwrap_or_default())
        } else if soabi.starts_with("cp") {
            first(1).to_owned()
        } else if soabi.starts_with("pypy") {
            first(2).to_owned()
        } else if soabi.starts_with("graalpy") {
            first(3).to_owned()
        } else {
            (*soabi).to_owned()
        };
        if abi.is_empty() {
            Vec::new()
        } else {
            vec![tag_text(&abi)]
        }
    }
}

/// Lists the tags an interpreter on a platform accepts, best first, in the order of
/// `packaging.tags.sys_tags()`. `abi3` is not accepted by free-threaded builds, which accept
/// `abi3t` (PEP 803, draft) instead.
#[must_use]
pub fn compatible_tags(platform: &Platform, implementation: &ImplementationTags) -> Tags {
    let mut list = TagList {
        tags: Tags::default(),
        platforms: platform.tags().iter().map(|text| intern(text)).collect(),
        none: intern("none"),
        any: intern("any"),
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
    for version in own.map(|own| intern(&own)).iter().chain(&versions) {
        list.tags.push(version, &list.none, &list.any);
    }
    list.tags
}

/// A list of tags under construction.
struct TagList {
    tags: Tags,
    platforms: Vec<Arc<str>>,
    none: Arc<str>,
    any: Arc<str>,
}

impl TagList {
    fn on_platforms(&mut self, python: &Arc<str>, abi: &Arc<str>) {
        for platform in &self.platforms {
            self.tags.push(python, abi, platform);
        }
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

fn tag_text(text: &str) -> String {
    text.replace(['.', '-', ' '], "_")
}

fn linux_tags(arch: &Arch, rest: impl Fn(&[&Arch]) -> Vec<String>) -> Vec<String> {
    let archs: &[&Arch] = if *arch == Arch::Armv8l {
        &[&Arch::Armv8l, &Arch::Armv7l]
    } else {
        &[arch]
    };
    let mut tags: Vec<String> = archs.iter().map(|arch| format!("linux_{arch}")).collect();
    tags.extend(rest(archs));
    tags
}

/// PEP 600 tags down to the oldest glibc of the architecture, with the names of PEP 513, 571
/// and 599 behind their equals.
fn manylinux_tags(archs: &[&Arch], major: u16, minor: u16) -> Vec<String> {
    let mut tags = Vec::new();
    let intel = archs
        .iter()
        .any(|arch| matches!(arch, Arch::X86_64 | Arch::X86));
    let oldest = if intel { 5 } else { 17 };
    for arch in archs.iter().filter(|arch| arch.has_manylinux()) {
        for current in (2..=major).rev() {
            let newest = if current == major {
                minor
            } else {
                LAST_GLIBC_MINOR
            };
            let first = if current == 2 { oldest } else { 0 };
            for minor in (first..=newest).rev() {
                tags.push(format!("manylinux_{current}_{minor}_{arch}"));
                let legacy = match (current, minor) {
                    (2, 17) => "manylinux2014",
                    (2, 12) => "manylinux2010",
                    (2, 5) => "manylinux1",
                    _ => continue,
                };
                tags.push(format!("{legacy}_{arch}"));
            }
        }
    }
    tags
}

fn musllinux_tags(archs: &[&Arch], major: u16, minor: u16) -> Vec<String> {
    let of_arch = |arch: &&Arch| {
        let arch = arch.as_str().to_owned();
        (0..=minor)
            .rev()
            .map(move |minor| format!("musllinux_{major}_{minor}_{arch}"))
    };
    archs.iter().flat_map(of_arch).collect()
}

fn windows_tag(arch: &Arch) -> String {
    match arch {
        Arch::X86_64 => "win_amd64".to_owned(),
        Arch::X86 => "win32".to_owned(),
        Arch::Aarch64 => "win_arm64".to_owned(),
        Arch::Armv7l => "win_arm32".to_owned(),
        other => format!("win_{other}"),
    }
}

fn android_tags(api_level: u16, arch: &Arch) -> Vec<String> {
    let abi = match arch {
        Arch::Aarch64 => "arm64_v8a",
        Arch::Armv7l => "armeabi_v7a",
        Arch::X86 => "x86",
        other => other.as_str(),
    };
    (16..=api_level)
        .rev()
        .map(|level| format!("android_{level}_{abi}"))
        .collect()
}

fn ios_tags(major: u16, minor: u16, multiarch: &str) -> Vec<String> {
    if major < 12 {
        return Vec::new();
    }
    let own = (0..=minor).rev().map(|minor| (major, minor));
    let older = (12..major)
        .rev()
        .flat_map(|major| (0..10).rev().map(move |m| (major, m)));
    own.chain(older)
        .map(|(major, minor)| format!("ios_{major}_{minor}_{multiarch}"))
        .collect()
}

fn macos_arch(arch: &Arch) -> &str {
    match arch {
        Arch::Aarch64 => "arm64",
        Arch::X86 => "i386",
        other => other.as_str(),
    }
}

/// Up to macOS 10 the second number counts releases; from 11 on the first one does, and wheels
/// for 10.x still run (on Apple silicon those of two architectures only).
fn macos_tags(version: (u16, u16), arch: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut all_formats = |major: u16, minor: u16| {
        for format in macos_formats((major, minor), arch) {
            tags.push(format!("macosx_{major}_{minor}_{format}"));
        }
    };
    if version.0 == 10 {
        (0..=version.1)
            .rev()
            .for_each(|minor| all_formats(10, minor));
    }
    if version.0 >= 11 {
        (11..=version.0)
            .rev()
            .for_each(|major| all_formats(major, 0));
        if arch == "x86_64" {
            (4..=16).rev().for_each(|minor| all_formats(10, minor));
        } else {
            tags.extend(
                (4..=16)
                    .rev()
                    .map(|minor| format!("macosx_10_{minor}_universal2")),
            );
        }
    }
    tags
}

/// The single architecture and the fat formats that contain it.
fn macos_formats<'a>(version: (u16, u16), arch: &'a str) -> Vec<&'a str> {
    let fat: &[&str] = match arch {
        "x86_64" | "i386" | "ppc64" if version < (10, 4) => return Vec::new(),
        "x86_64" => &["intel", "fat64", "fat3", "universal2", "universal"],
        "i386" => &["intel", "fat3", "fat", "universal"],
        "ppc64" if version > (10, 5) => return Vec::new(),
        "ppc64" => &["fat64", "universal"],
        "ppc" if version > (10, 6) => return Vec::new(),
        "ppc" => &["fat3", "fat", "universal"],
        "arm64" => &["universal2"],
        "intel" => &["universal"],
        _ => &[],
    };
    [arch].into_iter().chain(fat.iter().copied()).collect()
}
