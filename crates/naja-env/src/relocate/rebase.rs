//! [`rebase`]: an environment gets another Python of the same kind and minor version.

use std::fs;
use std::path::Path;

use naja_python::{CONFIG_NAME, Interpreter, VenvConfig};

use super::edit::{Edit, RelocateError, entries, read_text};
use super::mend::{program_dirs, site_dirs};
use crate::apply::Stop;
use crate::beside::OwnNote;
use crate::create::shared_libraries;

/// Makes an environment use another base installation, and takes note of it. Packages and their
/// bytecode stay; where nothing would be different, nothing is done.
///
/// # Errors
/// The packages are for another version or kind of Python, the lock cannot be had, or a file
/// cannot be replaced; the environment is then as it was.
pub fn rebase(
    root: &Path,
    base: &Interpreter,
    note: OwnNote<'_>,
    on_wait: &mut dyn FnMut(),
    stop: Stop<'_>,
) -> Result<(), RelocateError> {
    let layout = &base.venv_layout;
    let fits = root.join(&layout.purelib).is_dir();
    if !fits {
        return Err(RelocateError::OtherPython {
            python: base.base_executable.clone(),
            version: base.version.to_string(),
        });
    }
    let mut edit = Edit::begin(root, on_wait, stop)?;
    let bin = root.join(&layout.scripts);
    let names = names(root, &bin, base);
    let copies = names
        .first()
        .is_some_and(|first| fs::symlink_metadata(bin.join(first)).is_ok_and(|m| m.is_file()));
    if copies {
        for name in &names {
            edit.copy(&base.real_executable, &bin.join(name))?;
        }
        for library in shared_libraries(base) {
            let name = library.file_name().unwrap_or_default();
            edit.copy(&library, &root.join("lib").join(name))?;
        }
    } else if let Some((first, others)) = names.split_first() {
        edit.link(&base.base_executable, &bin.join(first))?;
        for name in others {
            edit.link(Path::new(first), &bin.join(name))?;
        }
    }
    let path = root.join(CONFIG_NAME);
    let text = read_text(&path).unwrap_or_default();
    edit.write(&path, renewed_config(&text, base)?.as_bytes())?;
    edit.note(note)?;
    edit.commit(&site_dirs(root))
}

/// The names of the Python in an environment: those a new one would have, and those it has that
/// lead out of it.
fn names(root: &Path, bin: &Path, base: &Interpreter) -> Vec<String> {
    let mut names = base.venv_layout.executables.clone();
    for dir in program_dirs(root).iter().filter(|dir| *dir == bin) {
        for path in entries(dir) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            let python = ["python", "pypy", "graalpy"]
                .iter()
                .any(|stem| name.starts_with(stem));
            if python && path.is_symlink() && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// The text of `pyvenv.cfg` for another base. Every tool has its own keys; those that are there
/// are renewed.
fn renewed_config(text: &str, base: &Interpreter) -> Result<String, RelocateError> {
    let release = |at: usize| base.version.release().get(at).copied().unwrap_or(0_u64);
    let version = format!("{}.{}.{}", release(0), release(1), release(2));
    let path = |path: &Path| -> Result<String, RelocateError> {
        let text = path
            .to_str()
            .filter(|text| !text.contains(char::is_control));
        text.map(str::to_owned).ok_or_else(|| RelocateError::Path {
            path: path.to_path_buf(),
        })
    };
    let home = base.base_executable.parent().unwrap_or(Path::new("/"));
    let old = VenvConfig::parse(text);
    let long = old
        .get("version_info")
        .is_some_and(|value| value.split('.').count() > 3);
    let mut out = String::with_capacity(text.len());
    let mut has_home = false;
    for line in text.lines() {
        let key = line.split_once('=').map_or(line, |(key, _)| key);
        let key = key.trim().to_lowercase();
        let value = match key.as_str() {
            "home" => Some(path(home)?),
            "version" => Some(version.clone()),
            "version_info" if long => Some(format!("{version}.final.0")),
            "version_info" => Some(base.version.to_string()),
            "executable" => Some(path(&base.real_executable)?),
            "base-executable" => Some(path(&base.base_executable)?),
            "base-prefix" | "base-exec-prefix" => Some(path(&base.base_prefix)?),
            _ => None,
        };
        has_home |= key == "home";
        match value {
            Some(value) => out.push_str(&format!("{key} = {value}")),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    if !has_home {
        out.insert_str(0, &format!("home = {}\n", path(home)?));
    }
    Ok(out)
}
