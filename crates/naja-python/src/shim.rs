//! Shims of version managers: recognised and resolved by reading, never run.
//!
//! A shim is a small script (pyenv, asdf) or a link to the manager (mise) with the name of a
//! program. Which program it stands for is decided by files and variables that we can read
//! ourselves, a hundred times faster and without running a shell script of unknown content.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::discover::DiscoveryInputs;

/// Shims are not longer than this, in bytes.
const SIZE_LIMIT: u64 = 4096;

/// Says which version manager a shim belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    Pyenv,
    Asdf,
    Mise,
}

/// Says whether a path leads to a shim: which program it stands for is decided by files elsewhere.
#[must_use]
pub fn stands_for_another(path: &Path) -> bool {
    let real = fs::canonicalize(path).and_then(|real| Ok((fs::metadata(&real)?, real)));
    real.is_ok_and(|(meta, real)| is_shim(path, &real, &meta))
}

/// Says whether a program is a shim; `real` is its path with links resolved.
pub(crate) fn is_shim(path: &Path, real: &Path, meta: &Metadata) -> bool {
    manager(path, real, meta).is_some()
}

/// Says which manager a program is a shim of, if any.
pub(crate) fn manager(path: &Path, real: &Path, meta: &Metadata) -> Option<Manager> {
    let name = real.file_name()?.to_str()?;
    if matches!(name, "mise" | "rtx" | "mise.exe") && path.file_name() != real.file_name() {
        return Some(Manager::Mise);
    }
    if meta.len() > SIZE_LIMIT {
        return None;
    }
    let text = head(real)?;
    if !text.starts_with("#!") {
        return None;
    }
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["pyenv\" exec", "pyenv exec", "pyenv-exec", "PYENV_ROOT"]) {
        Some(Manager::Pyenv)
    } else if says(&["asdf exec", "asdf\" exec", "asdf-plugin:"]) {
        Some(Manager::Asdf)
    } else if says(&["mise x ", "mise exec", "rtx exec"]) {
        Some(Manager::Mise)
    } else if real.parent().is_some_and(|dir| dir.ends_with("shims")) {
        // A script in a directory of this name belongs to some manager of this kind.
        Some(Manager::Pyenv)
    } else {
        None
    }
}

/// Reads a small file as text, in one call as a rule.
fn head(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let mut buffer = [0_u8; SIZE_LIMIT as usize];
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(String::from_utf8_lossy(&buffer[..filled]).into_owned())
}

/// Resolves a shim to the programs it may stand for, best first. Only existing files are returned.
pub(crate) fn resolve(manager: Manager, name: &str, inputs: &DiscoveryInputs) -> Vec<PathBuf> {
    let roots = match manager {
        Manager::Pyenv => pyenv_selected(inputs),
        Manager::Asdf => tool_selected(inputs, inputs.asdf_installs()),
        Manager::Mise => tool_selected(inputs, inputs.mise_installs()),
    };
    roots
        .iter()
        .map(|root| root.join("bin").join(name))
        .filter(|path| path.is_file())
        .collect()
}

/// Returns the roots of the versions that pyenv would choose in this directory.
fn pyenv_selected(inputs: &DiscoveryInputs) -> Vec<PathBuf> {
    let Some(versions) = inputs.pyenv_versions() else {
        return Vec::new();
    };
    let names = inputs
        .pyenv_version
        .as_ref()
        .map(|text| text.split(':').map(str::to_owned).collect::<Vec<_>>())
        .or_else(|| local_file(&inputs.cwd, ".python-version").map(|text| words_of_lines(&text)))
        .or_else(|| head(versions.parent()?.join("version").as_path()).map(|t| words_of_lines(&t)))
        .unwrap_or_default();
    names
        .iter()
        .filter_map(|name| version_dir(&versions, name))
        .collect()
}

/// Returns the roots of the versions that `.tool-versions` files (or variables) select.
fn tool_selected(inputs: &DiscoveryInputs, installs: Option<PathBuf>) -> Vec<PathBuf> {
    let Some(installs) = installs else {
        return Vec::new();
    };
    let from_variable = inputs
        .asdf_version
        .as_ref()
        .map(|text| text.split_whitespace().map(str::to_owned).collect());
    let names = from_variable
        .or_else(|| {
            inputs
                .cwd
                .ancestors()
                .chain(inputs.home.as_deref())
                .find_map(|dir| tool_versions(&head(&dir.join(".tool-versions"))?))
        })
        .unwrap_or_default();
    names
        .iter()
        .filter_map(|name| version_dir(&installs, name))
        .collect()
}

/// Finds the line of Python in a `.tool-versions` file.
fn tool_versions(text: &str) -> Option<Vec<String>> {
    text.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        (words.next()? == "python").then(|| words.map(str::to_owned).collect())
    })
}

/// Reads the nearest file of this name with content, from a directory upwards.
fn local_file(cwd: &Path, name: &str) -> Option<String> {
    cwd.ancestors()
        .filter_map(|dir| head(&dir.join(name)))
        .find(|text| !words_of_lines(text).is_empty())
}

/// Takes the words of a version file, without comments.
fn words_of_lines(text: &str) -> Vec<String> {
    text.lines()
        .flat_map(|line| {
            line.split('#')
                .next()
                .unwrap_or_default()
                .split_whitespace()
        })
        .map(str::to_owned)
        .collect()
}

/// Finds the directory of a version: its exact name, or the newest that begins with it.
fn version_dir(versions: &Path, name: &str) -> Option<PathBuf> {
    let plain = name.strip_prefix("python-").unwrap_or(name);
    let harmless =
        !plain.is_empty() && plain != "." && plain != ".." && !plain.contains(['/', '\\']);
    if !harmless || plain == "system" {
        return None;
    }
    let exact = versions.join(plain);
    if exact.is_dir() {
        return Some(exact);
    }
    let prefix = format!("{plain}.");
    let continues = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        let rest = name.and_then(|name| name.strip_prefix(&prefix));
        rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    };
    sorted_versions(versions).into_iter().find(continues)
}

/// Lists the directories of a versions directory, newest first.
pub(crate) fn sorted_versions(versions: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(versions) else {
        return Vec::new();
    };
    let mut found: Vec<(Vec<u64>, PathBuf)> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            (numbers(&name), path)
        })
        .collect();
    found.sort_by(|(a, a_path), (b, b_path)| b.cmp(a).then_with(|| a_path.cmp(b_path)));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Takes the numbers out of a name; a pre-release sorts before its release.
fn numbers(name: &str) -> Vec<u64> {
    let start = name
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(name.len());
    let version = &name[start..];
    let end = version
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(version.len());
    let mut numbers: Vec<u64> = version[..end]
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    numbers.push(u64::from(end == version.len()));
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(root: &Path) -> DiscoveryInputs {
        DiscoveryInputs {
            cwd: root.join("work/deep"),
            pyenv_root: Some(root.join("pyenv")),
            asdf_data_dir: Some(root.join("asdf")),
            ..DiscoveryInputs::default()
        }
    }

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for version in ["3.9.18", "3.11.2", "3.11.10", "3.11-dev", "pypy3.10-7.3.17"] {
            let bin = dir.path().join("pyenv/versions").join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            fs::write(bin.join("python"), "").unwrap();
        }
        let bin = dir.path().join("asdf/installs/python/3.12.1/bin");
        fs::create_dir_all(&bin).unwrap();
        fs::write(bin.join("python"), "").unwrap();
        fs::create_dir_all(dir.path().join("work/deep")).unwrap();
        dir
    }

    fn chosen(inputs: &DiscoveryInputs, manager: Manager) -> Vec<String> {
        let name = |path: &PathBuf| {
            let root = path.parent().unwrap().parent().unwrap();
            root.file_name().unwrap().to_string_lossy().into_owned()
        };
        resolve(manager, "python", inputs)
            .iter()
            .map(name)
            .collect()
    }

    #[test]
    fn pyenv_files_and_variables_decide() {
        let dir = tree();
        let mut inputs = inputs(dir.path());
        assert_eq!(chosen(&inputs, Manager::Pyenv), [""; 0]);
        fs::write(dir.path().join("pyenv/version"), "3.9.18\n").unwrap();
        assert_eq!(chosen(&inputs, Manager::Pyenv), ["3.9.18"]);
        let local = dir.path().join("work/.python-version");
        fs::write(&local, "# mine\n3.11\nsystem pypy3.10-7.3.17\n../../evil\n").unwrap();
        assert_eq!(
            chosen(&inputs, Manager::Pyenv),
            ["3.11.10", "pypy3.10-7.3.17"]
        );
        fs::write(dir.path().join("work/deep/.python-version"), "\n").unwrap();
        assert_eq!(chosen(&inputs, Manager::Pyenv).len(), 2);
        inputs.pyenv_version = Some("python-3.9:3.11.2".to_owned());
        assert_eq!(chosen(&inputs, Manager::Pyenv), ["3.9.18", "3.11.2"]);
    }

    #[test]
    fn asdf_files_decide() {
        let dir = tree();
        let inputs = inputs(dir.path());
        assert_eq!(chosen(&inputs, Manager::Asdf), [""; 0]);
        fs::write(
            dir.path().join("work/.tool-versions"),
            "nodejs 1\npython 3.12.1 # x\n",
        )
        .unwrap();
        assert_eq!(chosen(&inputs, Manager::Asdf), ["3.12.1"]);
    }

    #[test]
    fn versions_are_sorted_by_number() {
        let dir = tree();
        let names: Vec<_> = sorted_versions(&dir.path().join("pyenv/versions"))
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            names,
            ["3.11.10", "3.11.2", "3.11-dev", "pypy3.10-7.3.17", "3.9.18"]
        );
    }

    #[test]
    fn shims_are_recognised() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("python");
        let kind = |text: &str| {
            fs::write(&path, text).unwrap();
            manager(&path, &path, &fs::metadata(&path).unwrap())
        };
        let pyenv = "#!/usr/bin/env bash\nexec \"/x/libexec/pyenv\" exec \"$program\" \"$@\"\n";
        assert_eq!(kind(pyenv), Some(Manager::Pyenv));
        let asdf = "#!/usr/bin/env bash\n# asdf-plugin: python 3.12.1\nexec asdf exec \"python\"";
        assert_eq!(kind(asdf), Some(Manager::Asdf));
        assert_eq!(
            kind("#!/bin/sh\nexec /opt/python/bin/python3 \"$@\"\n"),
            None
        );
        assert_eq!(kind("\u{7f}ELF pyenv exec"), None);
    }
}
