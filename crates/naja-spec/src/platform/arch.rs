//! Processor architectures.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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

    pub(super) fn has_manylinux(&self) -> bool {
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
