//! Platform tags of the operating systems.

use super::arch::Arch;

/// Highest minor version assumed for a glibc major version that is not the newest.
const LAST_GLIBC_MINOR: u16 = 50;

pub(super) fn tag_text(text: &str) -> String {
    text.replace(['.', '-', ' '], "_")
}

pub(super) fn linux_tags(arch: &Arch, rest: impl Fn(&[&Arch]) -> Vec<String>) -> Vec<String> {
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
pub(super) fn manylinux_tags(archs: &[&Arch], major: u16, minor: u16) -> Vec<String> {
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

pub(super) fn musllinux_tags(archs: &[&Arch], major: u16, minor: u16) -> Vec<String> {
    let of_arch = |arch: &&Arch| {
        let arch = arch.as_str().to_owned();
        (0..=minor)
            .rev()
            .map(move |minor| format!("musllinux_{major}_{minor}_{arch}"))
    };
    archs.iter().flat_map(of_arch).collect()
}

pub(super) fn windows_tag(arch: &Arch) -> String {
    match arch {
        Arch::X86_64 => "win_amd64".to_owned(),
        Arch::X86 => "win32".to_owned(),
        Arch::Aarch64 => "win_arm64".to_owned(),
        Arch::Armv7l => "win_arm32".to_owned(),
        other => format!("win_{other}"),
    }
}

pub(super) fn android_tags(api_level: u16, arch: &Arch) -> Vec<String> {
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

pub(super) fn ios_tags(major: u16, minor: u16, multiarch: &str) -> Vec<String> {
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

pub(super) fn macos_arch(arch: &Arch) -> &str {
    match arch {
        Arch::Aarch64 => "arm64",
        Arch::X86 => "i386",
        other => other.as_str(),
    }
}

/// Up to macOS 10 the second number counts releases; from 11 on the first one does, and wheels
/// for 10.x still run (on Apple silicon those of two architectures only).
pub(super) fn macos_tags(version: (u16, u16), arch: &str) -> Vec<String> {
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
fn macos_formats(version: (u16, u16), arch: &str) -> Vec<&str> {
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
