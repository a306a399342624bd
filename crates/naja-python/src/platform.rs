//! What wheels must fit: platform and implementation tags, from the facts of an interpreter.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use naja_spec::{Arch, ImplementationTags, Os, Platform};

use crate::child::{self, ChildLimits};
use crate::elf::{self, ElfFacts};

/// What the platform is derived from.
pub(crate) struct Source<'a> {
    pub(crate) sys_platform: &'a str,
    pub(crate) machine: &'a str,
    pub(crate) is_64bit: bool,
    /// `confstr("CS_GNU_LIBC_VERSION")`: `glibc 2.36`.
    pub(crate) libc: Option<&'a str>,
    /// `platform.mac_ver()[0]`.
    pub(crate) mac_version: Option<&'a str>,
    /// `sysconfig.get_platform()`.
    pub(crate) platform_tag: Option<&'a str>,
    pub(crate) executable: &'a Path,
}

impl Source<'_> {
    /// Derives the platform.
    pub(crate) fn platform(&self) -> Platform {
        let arch = Arch::parse(self.machine);
        match self.sys_platform {
            "linux" => self.linux(if self.is_64bit { arch } else { arch.narrowed() }),
            "darwin" => Platform {
                os: self.macos(),
                arch,
            },
            "win32" => Platform {
                os: Os::Windows,
                arch: self.windows_arch(arch),
            },
            other => {
                let name = self.platform_tag.unwrap_or(other);
                Platform {
                    os: Os::Other(name.to_owned()),
                    arch,
                }
            }
        }
    }

    fn linux(&self, arch: Arch) -> Platform {
        let facts = elf::read(self.executable);
        let needs_hard_float = matches!(arch, Arch::Armv7l | Arch::Armv8l);
        let fits = !needs_hard_float || facts.as_ref().is_some_and(|facts| facts.arm_hard_float);
        let glibc = self
            .libc
            .and_then(|text| text.strip_prefix("glibc "))
            .and_then(two_numbers);
        let os = match glibc {
            Some((major, minor)) if fits => Os::Manylinux { major, minor },
            Some(_) => Os::OtherLinux,
            None => facts.as_ref().and_then(musl).unwrap_or(Os::OtherLinux),
        };
        Platform { os, arch }
    }

    fn macos(&self) -> Os {
        let (major, minor) = self.mac_version.and_then(two_numbers).unwrap_or((11, 0));
        Os::Macos { major, minor }
    }

    /// An x86 build on another machine says so in its platform name only.
    fn windows_arch(&self, machine: Arch) -> Arch {
        match self.platform_tag {
            Some("win32") => Arch::X86,
            Some("win-amd64") => Arch::X86_64,
            Some("win-arm64") => Arch::Aarch64,
            _ => machine,
        }
    }
}

/// Asks the musl loader for its version (PEP 656): it prints it when it is run without arguments.
fn musl(facts: &ElfFacts) -> Option<Os> {
    let loader = facts.loader.as_deref()?;
    if !loader.is_absolute() || !loader.file_name()?.to_str()?.starts_with("ld-musl") {
        return None;
    }
    let limits = ChildLimits {
        time: Duration::from_secs(5),
        output: 16 << 10,
    };
    let output = child::run(&mut Command::new(loader), limits).ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    musl_version(&text).map(|(major, minor)| Os::Musllinux { major, minor })
}

/// Reads what the musl loader prints.
fn musl_version(text: &str) -> Option<(u16, u16)> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next().filter(|line| line.starts_with("musl"))?;
    two_numbers(lines.next()?.strip_prefix("Version ")?)
}

/// Reads `major.minor` at the beginning of a text.
fn two_numbers(text: &str) -> Option<(u16, u16)> {
    let digits = |text: &str| -> Option<u16> {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        text[..end].parse().ok()
    };
    let (major, rest) = text.trim().split_once('.')?;
    Some((digits(major)?, digits(rest)?))
}

/// What the tags of the implementation are derived from.
pub(crate) struct TagSource<'a> {
    pub(crate) implementation: &'a str,
    pub(crate) python: (u64, u64),
    pub(crate) free_threaded: bool,
    pub(crate) debug: bool,
    /// The suffixes of extension modules, most specific first.
    pub(crate) suffixes: &'a [String],
}

/// Derives what Python and ABI tags are made from. `None`: version numbers no Python has.
pub(crate) fn tag_parts(source: &TagSource<'_>) -> Option<ImplementationTags> {
    let major = u8::try_from(source.python.0).ok()?;
    let minor = u8::try_from(source.python.1).ok()?;
    Some(ImplementationTags {
        name: source.implementation.to_owned(),
        free_threaded: source.free_threaded,
        debug: source.debug,
        ext_suffix: source.suffixes.first().cloned(),
        ..ImplementationTags::cpython(major, minor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_musl_loader_is_understood() {
        let text = "musl libc (x86_64)\nVersion 1.2.4\nDynamic Program Loader\nUsage: ...\n";
        assert_eq!(musl_version(text), Some((1, 2)));
        assert_eq!(musl_version("Version 1.2.4"), None);
        assert_eq!(musl_version("musl libc\n1.2"), None);
        assert_eq!(two_numbers("2.36"), Some((2, 36)));
        assert_eq!(two_numbers("2.36-9ubuntu"), Some((2, 36)));
        assert_eq!(two_numbers("2"), None);
    }

    #[test]
    fn a_narrow_python_on_a_wide_kernel_is_told() {
        let source = Source {
            sys_platform: "linux",
            machine: "x86_64",
            is_64bit: false,
            libc: Some("glibc 2.31"),
            mac_version: None,
            platform_tag: None,
            executable: Path::new("/nowhere"),
        };
        let platform = source.platform();
        assert_eq!(
            platform.os,
            Os::Manylinux {
                major: 2,
                minor: 31
            }
        );
        assert_eq!(platform.arch, Arch::X86);
        let arm = Source {
            machine: "aarch64",
            ..source
        };
        assert_eq!(arm.platform().os, Os::OtherLinux);
    }
}
