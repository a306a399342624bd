//! `cargo xtask platforms [TARGET…]`: whether everything compiles for other systems.
//!
//! It uses the standard library of a target where that is installed, else it checks the sources of the standard
//! library with it. Without either the target is skipped with what to install; one that was named by the user is then
//! a problem. Nothing is linked or run: where no C compiler for a target is found, this program stands in for one and
//! writes empty objects, which is enough for a check.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is checked unless targets are named.
const TARGETS: [&str; 5] = [
    "x86_64-pc-windows-gnu",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];

/// Set for the program that stands in for a C compiler or an archiver.
const STANDS_IN: &str = "NAJA_XTASK_STANDS_IN";

/// Checks the targets one by one.
pub(crate) fn check(root: &Path, named: &[String]) -> Result<String, Vec<String>> {
    let targets: Vec<&str> = match named {
        [] => TARGETS.to_vec(),
        named => named.iter().map(String::as_str).collect(),
    };
    let (mut good, mut skipped, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for target in targets {
        let library = match Library::of(target) {
            Ok(library) => library,
            Err(why) if named.is_empty() => {
                skipped.push(format!("{target}: {why}"));
                continue;
            }
            Err(why) => {
                problems.push(format!("{target}: {why}"));
                continue;
            }
        };
        crate::say(&format!("{target}: {}", library.words()));
        match run(root, target, &library) {
            Ok(()) => good.push(target),
            Err(problem) => problems.push(format!("{target}: {problem}")),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut summary = format!("compiles for: {}", listed(&good));
    if !skipped.is_empty() {
        summary += &format!("\nskipped:\n  {}", skipped.join("\n  "));
    }
    Ok(summary)
}

fn listed(targets: &[&str]) -> String {
    match targets {
        [] => "nothing that was asked for".to_owned(),
        targets => targets.join(", "),
    }
}

/// Where the standard library of a target comes from.
enum Library {
    Installed,
    Sources,
}

impl Library {
    /// Looks for it; an error says what is missing and what brings it.
    fn of(target: &str) -> Result<Self, String> {
        let compiler = rustc();
        let answer = |arguments: &[&str]| {
            let asked = Command::new(&compiler).args(arguments).output().ok()?;
            let text = String::from_utf8(asked.stdout).ok()?;
            asked.status.success().then(|| PathBuf::from(text.trim()))
        };
        let shown = compiler.to_string_lossy();
        let Some(installed) = answer(&["--print", "target-libdir", "--target", target]) else {
            return Err(format!("`{shown}` does not know this target"));
        };
        let is_std = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
        };
        if std::fs::read_dir(installed).is_ok_and(|mut entries| entries.any(is_std)) {
            return Ok(Self::Installed);
        }
        let root = answer(&["--print", "sysroot"]).unwrap_or_default();
        let sources = root.join("lib/rustlib/src/rust/library/Cargo.lock");
        match sources.is_file() {
            true => Ok(Self::Sources),
            false => Err(format!(
                "`{shown}` has no standard library for it and no sources of one: `rustup target add {target}` or \
                 `rustup component add rust-src`"
            )),
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::Installed => "with its standard library",
            Self::Sources => "with the sources of the standard library",
        }
    }
}

fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

fn run(root: &Path, target: &str, library: &Library) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root)
        .args(["check", "--locked", "--workspace", "--all-targets"])
        .args(["--target", target]);
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        command.env("CARGO_TARGET_DIR", root.join("target/platforms"));
    }
    if matches!(library, Library::Sources) {
        command
            .arg("-Zbuild-std=std,panic_unwind,panic_abort,test")
            .env("RUSTC_BOOTSTRAP", "1");
    }
    stand_in_for_compilers(&mut command, target);
    let status = command.status().map_err(|error| error.to_string())?;
    match status.success() {
        true => Ok(()),
        false => Err("does not compile".to_owned()),
    }
}

/// Names C compilers for build scripts: the usual one of a target if it is there, else this program.
fn stand_in_for_compilers(command: &mut Command, target: &str) {
    let prefix = match target {
        "x86_64-pc-windows-gnu" => "x86_64-w64-mingw32-",
        "aarch64-unknown-linux-gnu" => "aarch64-linux-gnu-",
        "x86_64-unknown-linux-musl" => "musl-",
        _ => "",
    };
    let name = target.replace('-', "_");
    let is_named = std::env::var_os(format!("CC_{name}")).is_some();
    let compiler = format!("{prefix}gcc");
    let is_there = !prefix.is_empty() && Command::new(&compiler).arg("--version").output().is_ok();
    let is_own = target.contains("apple") && cfg!(target_os = "macos");
    if is_named || is_own {
        return;
    }
    if is_there {
        command.env(format!("CC_{name}"), compiler);
        return;
    }
    let Ok(own) = std::env::current_exe() else {
        return;
    };
    command
        .env(format!("CC_{name}"), &own)
        .env(format!("AR_{name}"), &own)
        .env("SDKROOT", "/")
        .env(STANDS_IN, "1");
}

/// Acts as a C compiler or an archiver that makes empty files, if this program was started as one.
pub(crate) fn stands_in() -> bool {
    if std::env::var_os(STANDS_IN).is_none() {
        return false;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after_o = arguments.iter().position(|word| word == "-o");
    let object = after_o.and_then(|at| arguments.get(at + 1));
    let archive = arguments.iter().find(|word| word.ends_with(".a"));
    if let Some(made) = object.or(archive) {
        // Who wants what is in it notices that it is missing.
        let _made = std::fs::write(made, "");
    }
    true
}
