//! pip's `--platform`, `--abi` and `--implementation`: a target named by parts of wheels' tags.

use naja_python::Interpreter;
use naja_spec::{Arch, Os, Platform, Tags, TargetPlatform};

use crate::failure::Failure;
use crate::session::Session;

/// The wheels of no implementation in particular.
const GENERIC: &str = "py";

/// The tags of the wheels that are taken: those of the interpreter, or of any implementation only.
pub(crate) fn tags(session: &Session, interpreter: &Interpreter) -> Tags {
    let tags = interpreter.tags();
    if session.settings.implementation.value.as_deref() != Some(GENERIC) {
        return tags;
    }
    let generic = tags.iter().filter(|tag| tag.python().starts_with(GENERIC));
    Tags::new(generic.collect())
}

/// Makes an interpreter look like the one whose tags are asked for.
///
/// # Errors
/// The tags are those of no platform or implementation that is known, or contradict each other, or
/// something would have to be built for the target.
pub(crate) fn apply(session: &Session, interpreter: &mut Interpreter) -> Result<(), Failure> {
    let settings = &session.settings;
    if let Some(word) = &settings.implementation.value {
        implementation(interpreter, word)?;
    }
    for tag in &settings.abi.value {
        abi(interpreter, tag)?;
    }
    let mut wanted: Option<Platform> = None;
    for tag in &settings.platform.value {
        let next = platform(tag)?;
        wanted = Some(match wanted {
            None => next,
            Some(before) => wider(before, next)?,
        });
    }
    let Some(platform) = wanted else {
        return Ok(());
    };
    only_wheels(session)?;
    let machine = platform.arch.as_str().to_owned();
    let like = match (&platform.os, &platform.arch) {
        (Os::Windows, Arch::X86) => "i686-pc-windows-msvc",
        (Os::Windows, Arch::Aarch64) => "aarch64-pc-windows-msvc",
        (Os::Windows, _) => "windows",
        (Os::Macos { .. }, Arch::X86_64) => "x86_64-apple-darwin",
        (Os::Macos { .. }, _) => "macos",
        _ => "linux",
    };
    let target = TargetPlatform::parse(like).map_err(|error| unknown(like).because(&error))?;
    interpreter.markers = target.apply(&interpreter.markers);
    if like == "linux" {
        interpreter.markers.platform_machine = machine;
    }
    interpreter.platform = platform;
    Ok(())
}

/// Reads the version that `--python-version` names as pip does: `311` is 3.11, `3` is 3.0.
pub(crate) fn dotted(text: &str) -> String {
    match (text.get(..1), text.get(1..)) {
        (Some(major), Some(""))
            if text.bytes().all(|byte| byte.is_ascii_digit()) && major != "0" =>
        {
            format!("{major}.0")
        }
        (Some(major), Some(minor)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{major}.{minor}")
        }
        _ => text.to_owned(),
    }
}

fn implementation(interpreter: &Interpreter, word: &str) -> Result<(), Failure> {
    let own = interpreter.tag_parts.short_name();
    // `py` is no other Python, but fewer wheels: see `tags`.
    if word == own || word == GENERIC {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`--implementation {word}` is not that of the Python at hand, which is `{own}`"
    ))
    .hint(format!(
        "name another Python with `--python`, or write `--implementation {own}`"
    )))
}

fn abi(interpreter: &mut Interpreter, tag: &str) -> Result<(), Failure> {
    let parts = &mut interpreter.tag_parts;
    let plain = format!("{}{}", parts.short_name(), parts.interpreter_version());
    match tag.strip_prefix(&plain) {
        Some("t") => parts.free_threaded = true,
        Some("") => parts.free_threaded = false,
        // Those are taken in any case.
        None if matches!(tag, "none" | "abi3") => {}
        _ => {
            return Err(Failure::usage(format!(
                "`--abi {tag}` is not one of Python {}: that has `{plain}`, `abi3` and `none`",
                interpreter.version
            ))
            .hint("name the version with `--python-version`, too"));
        }
    }
    Ok(())
}

/// What is built here is not for another system.
fn only_wheels(session: &Session) -> Result<(), Failure> {
    let settings = &session.settings;
    let wheels = settings.no_build.value || settings.only_binary.value.all;
    if wheels || settings.no_deps.value {
        return Ok(());
    }
    Err(
        Failure::usage("`--platform` asks for wheels of another system, and nothing built here is")
            .hint("add `--only-binary :all:`, or `--no-deps`"),
    )
}

/// Of two platforms the one that takes more.
fn wider(one: Platform, other: Platform) -> Result<Platform, Failure> {
    let newer = |a: (u16, u16), b: (u16, u16)| b > a;
    let takes = match (&one.os, &other.os) {
        _ if one.arch != other.arch => None,
        (Os::Windows, Os::Windows) => Some(false),
        (
            Os::Manylinux { major, minor },
            Os::Manylinux {
                major: major2,
                minor: minor2,
            },
        )
        | (
            Os::Musllinux { major, minor },
            Os::Musllinux {
                major: major2,
                minor: minor2,
            },
        )
        | (
            Os::Macos { major, minor },
            Os::Macos {
                major: major2,
                minor: minor2,
            },
        ) => Some(newer((*major, *minor), (*major2, *minor2))),
        _ => None,
    };
    match takes {
        Some(true) => Ok(other),
        Some(false) => Ok(one),
        None => Err(Failure::usage(
            "`--platform` was given for systems that have nothing in common",
        )
        .hint("run the command once for each")),
    }
}

/// Reads the platform part of a tag.
fn platform(tag: &str) -> Result<Platform, Failure> {
    let tag = tag.replace(['-', '.'], "_").to_ascii_lowercase();
    let windows = |arch| Platform {
        os: Os::Windows,
        arch,
    };
    match tag.as_str() {
        "win32" => return Ok(windows(Arch::X86)),
        "win_amd64" => return Ok(windows(Arch::X86_64)),
        "win_arm64" => return Ok(windows(Arch::Aarch64)),
        _ => {}
    }
    for (name, minor) in [
        ("manylinux1_", 5),
        ("manylinux2010_", 12),
        ("manylinux2014_", 17),
    ] {
        if let Some(arch) = tag.strip_prefix(name) {
            return Ok(Platform {
                os: Os::Manylinux { major: 2, minor },
                arch: Arch::parse(arch),
            });
        }
    }
    let (family, rest) = tag.split_once('_').ok_or_else(|| unknown(&tag))?;
    let mut parts = rest.splitn(3, '_');
    let mut number = || parts.next().and_then(|part| part.parse().ok());
    let (Some(major), Some(minor)) = (number(), number()) else {
        return Err(unknown(&tag));
    };
    let arch = parts.next().ok_or_else(|| unknown(&tag))?;
    let os = match family {
        "manylinux" => Os::Manylinux { major, minor },
        "musllinux" => Os::Musllinux { major, minor },
        "macosx" => Os::Macos { major, minor },
        _ => return Err(unknown(&tag)),
    };
    let arch = match arch {
        "arm64" | "universal2" => Arch::Aarch64,
        "intel" | "universal" | "fat64" => Arch::X86_64,
        arch => Arch::parse(arch),
    };
    Ok(Platform { os, arch })
}

fn unknown(tag: &str) -> Failure {
    Failure::usage(format!("`{tag}` is no platform tag that is known")).hint(
        "write one such as `manylinux2014_x86_64`, `musllinux_1_2_aarch64`, `macosx_11_0_arm64`, \
         `win_amd64`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_platforms() {
        // What no index has, `linux_ARCH`, is left aside.
        for (tag, best) in [
            ("manylinux2014_x86_64", "manylinux_2_17_x86_64"),
            ("manylinux_2_28_aarch64", "manylinux_2_28_aarch64"),
            ("musllinux_1_2_x86_64", "musllinux_1_2_x86_64"),
            ("macosx_11_0_arm64", "macosx_11_0_arm64"),
            ("win_amd64", "win_amd64"),
            ("win32", "win32"),
        ] {
            let mut tags = platform(tag).unwrap().tags();
            tags.retain(|tag| !tag.starts_with("linux"));
            assert_eq!(tags[0], best);
        }
        for wrong in [
            "",
            "linux",
            "manylinux",
            "amiga_1_2_m68k",
            "manylinux_2_x86_64",
        ] {
            assert!(platform(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn versions_without_dots() {
        for (text, version) in [
            ("311", "3.11"),
            ("3", "3.0"),
            ("3.12.1", "3.12.1"),
            ("", ""),
        ] {
            assert_eq!(dotted(text), version);
        }
    }
}
