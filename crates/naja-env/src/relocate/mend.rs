//! [`mend`]: an environment that was moved works again.

use std::fs;
use std::path::{Path, PathBuf};

use naja_python::{CONFIG_NAME, VenvConfig};
use naja_spec::SafeUrl;

use super::edit::{Edit, RelocateError, entries, read_bytes, read_text};
use super::paths::{Move, is_plain, replace_paths, replace_prefix};
use super::recorded::LOCATION;
use super::scripts::rewrite_head;
use crate::activate::{self, ScriptSpec};
use crate::apply::Stop;

/// What was put right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// How many programs start the environment's Python by its new path.
    pub scripts: usize,
    /// How many activation scripts have the new path.
    pub activation: usize,
    /// The files that lead to editable projects, and do so again.
    pub editable: Vec<PathBuf>,
    /// Files that have an old path in a form that cannot be rewritten.
    pub left: Vec<PathBuf>,
}

impl Mended {
    /// Whether there was nothing to do but to note the new place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scripts == 0 && self.activation == 0 && self.editable.is_empty()
    }
}

/// Puts an environment right that was made at `from` and is at `root` now: programs, activation
/// scripts, `pyvenv.cfg`, links, and editable installations of what moved along.
///
/// # Errors
/// The lock cannot be had or a file cannot be replaced; the environment is then as it was.
pub fn mend(
    root: &Path,
    from: &Path,
    on_wait: &mut dyn FnMut(),
    stop: Stop<'_>,
) -> Result<Mended, RelocateError> {
    let edit = Edit::begin(root, on_wait, stop)?;
    carry_out(edit, &Move::of_environment(from, root))
}

/// Puts the editable installations right of an environment that stayed at `root` while its
/// project moved.
///
/// # Errors
/// As [`mend`].
pub fn follow_project(
    root: &Path,
    from: &Path,
    to: &Path,
    on_wait: &mut dyn FnMut(),
    stop: Stop<'_>,
) -> Result<Mended, RelocateError> {
    let edit = Edit::begin(root, on_wait, stop)?;
    carry_out(edit, &Move::of_project(root, from, to))
}

fn carry_out(mut edit: Edit, moved: &Move) -> Result<Mended, RelocateError> {
    let root = moved.to();
    let mut mended = Mended::default();
    let text = read_text(&root.join(CONFIG_NAME)).unwrap_or_default();
    let config = VenvConfig::parse(&text);
    // Whoever asked for absolute paths gets them again; all others never have to be mended twice.
    let relocatable = cfg!(unix) && (config.relocatable() || config.creator().is_none());
    let site_dirs = site_dirs(root);
    if moved.from() != moved.to() {
        programs(&mut edit, moved, relocatable, &mut mended)?;
        activation(&mut edit, moved, &config, &mut mended)?;
        let text = moved_config(&text, moved)?;
        edit.write(&root.join(CONFIG_NAME), text.as_bytes())?;
    }
    for site in &site_dirs {
        editables(&mut edit, site, moved, &mut mended)?;
    }
    edit.commit(&site_dirs)?;
    Ok(mended)
}

/// Finds the directories of packages without asking a Python.
pub(super) fn site_dirs(root: &Path) -> Vec<PathBuf> {
    let mut dirs = vec![root.join("Lib/site-packages")];
    for lib in ["lib", "lib64"] {
        let lib = root.join(lib);
        if !lib.is_symlink() {
            dirs.extend(
                entries(&lib)
                    .into_iter()
                    .map(|dir| dir.join("site-packages")),
            );
        }
    }
    dirs.retain(|dir| dir.is_dir());
    dirs
}

/// The directories of programs.
pub(super) fn program_dirs(root: &Path) -> Vec<PathBuf> {
    let dirs = ["bin", "Scripts"].map(|name| root.join(name));
    dirs.into_iter().filter(|dir| dir.is_dir()).collect()
}

fn programs(
    edit: &mut Edit,
    moved: &Move,
    relocatable: bool,
    mended: &mut Mended,
) -> Result<(), RelocateError> {
    for dir in program_dirs(moved.to()) {
        let has = |name: &str| dir.join(name).exists();
        for path in entries(&dir) {
            if let Ok(target) = fs::read_link(&path) {
                if let Some(now) = moved.map(&target) {
                    edit.link(&now, &path)?;
                }
                continue;
            }
            let Some(bytes) = begins_as_script(&path).then(|| read_bytes(&path)).flatten() else {
                continue;
            };
            if let Some(new) = rewrite_head(&bytes, moved, relocatable, &has) {
                edit.write(&path, &new)?;
                mended.scripts += 1;
            }
        }
    }
    Ok(())
}

/// Whether a file begins with `#!`: programs can be large.
fn begins_as_script(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0; 2];
    fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut head))
        .is_ok_and(|()| &head == b"#!")
}

fn activation(
    edit: &mut Edit,
    moved: &Move,
    config: &VenvConfig,
    mended: &mut Mended,
) -> Result<(), RelocateError> {
    let (Some(from), Some(to)) = (moved.from().to_str(), moved.to().to_str()) else {
        return Ok(());
    };
    if config.creator().is_some() {
        return own_scripts(edit, moved, (from, to), config, mended);
    }
    let plain = is_plain(moved.from()) && is_plain(moved.to());
    for dir in program_dirs(moved.to()) {
        let mut quoted = false;
        for path in entries(&dir) {
            let name = path.file_name().and_then(|name| name.to_str());
            if !name.is_some_and(is_activation) {
                continue;
            }
            let Some(text) = read_text(&path) else {
                continue;
            };
            match replace_prefix(&text, from, to) {
                Some(text) if plain => {
                    edit.write(&path, text.as_bytes())?;
                    mended.activation += 1;
                }
                Some(_) => quoted = true,
                // Quotes may hide the old path.
                None => quoted |= !plain && !config.relocatable() && name == Some("activate"),
            }
        }
        if quoted {
            mended.activation += own_activation(edit, moved, config, &dir)?;
        }
    }
    Ok(())
}

/// The scripts of naja: how they write a path is known. Those of an environment that may be moved
/// have it only for shells that do not tell where a script is, so nothing is said about them.
fn own_scripts(
    edit: &mut Edit,
    moved: &Move,
    (from, to): (&str, &str),
    config: &VenvConfig,
    mended: &mut Mended,
) -> Result<(), RelocateError> {
    for dir in program_dirs(moved.to()) {
        for name in activate::SCRIPT_NAMES {
            let path = dir.join(name);
            let quoted = activate::quoted_in(name, from).zip(activate::quoted_in(name, to));
            let (Some((old, new)), Some(text)) = (quoted, read_text(&path)) else {
                continue;
            };
            if text.contains(&old) {
                edit.write(&path, text.replace(&old, &new).as_bytes())?;
                mended.activation += usize::from(!config.relocatable());
            }
        }
    }
    Ok(())
}

fn is_activation(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("activate") || name == "deactivate.bat"
}

/// Writes naja's own activation scripts where a path has to be quoted: they know how in every
/// language.
fn own_activation(
    edit: &mut Edit,
    moved: &Move,
    config: &VenvConfig,
    dir: &Path,
) -> Result<usize, RelocateError> {
    let root = moved.to();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let name = |path: &Path| path.file_name().map(|name| text(Path::new(name)));
    let own = name(root).unwrap_or_default();
    let fallback = match root.parent() {
        Some(parent) if own == ".venv" => name(parent).unwrap_or(own),
        _ => own,
    };
    let prompt = config.prompt().map_or(fallback, str::to_owned);
    let site_dirs: Vec<String> = site_dirs(root)
        .iter()
        .filter_map(|dir| dir.strip_prefix(root).ok())
        .map(text)
        .collect();
    let scripts = activate::scripts(&ScriptSpec {
        root: &text(root),
        bin: &name(dir).unwrap_or_default(),
        prompt: &prompt,
        relocatable: false,
        site_dirs: &site_dirs,
    });
    for script in &scripts {
        edit.write(&dir.join(script.name), script.text.as_bytes())?;
    }
    Ok(scripts.len())
}

/// The text of `pyvenv.cfg` with the new paths; every other line stays as it is.
fn moved_config(text: &str, moved: &Move) -> Result<String, RelocateError> {
    let unwritable = |path: &Path| RelocateError::Path {
        path: path.to_path_buf(),
    };
    let to = moved.to().to_str().ok_or_else(|| unwritable(moved.to()))?;
    if to.contains(char::is_control) {
        return Err(unwritable(moved.to()));
    }
    let mut out = String::with_capacity(text.len() + to.len());
    for line in text.lines() {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let key = key.trim().to_lowercase();
        if key == LOCATION {
            continue;
        }
        let now = match key.as_str() {
            "command" => {
                let from = moved.from().to_str().unwrap_or_default();
                replace_prefix(value.trim(), from, to)
            }
            _ => {
                let now = moved.map(Path::new(value.trim()));
                now.and_then(|now| now.to_str().map(str::to_owned))
            }
        };
        match now {
            Some(now) => out.push_str(&format!("{key} = {now}")),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out.push_str(&format!("{LOCATION} = {to}\n"));
    Ok(out)
}

/// Editable installations: `.pth` files, `.egg-link`, modules that find others, and what
/// `direct_url.json` says.
fn editables(
    edit: &mut Edit,
    site: &Path,
    moved: &Move,
    mended: &mut Mended,
) -> Result<(), RelocateError> {
    for path in entries(site) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.ends_with(".dist-info") {
            direct_url(edit, &path.join("direct_url.json"), moved)?;
            continue;
        }
        let finder = name.ends_with(".py") && name.contains("_editable_");
        let lines = [".pth", ".egg-link"].iter().any(|end| name.ends_with(end));
        if !finder && !lines {
            continue;
        }
        let Some(text) = read_text(&path) else {
            continue;
        };
        if let Some(new) = replace_paths(&text, moved) {
            edit.write(&path, new.as_bytes())?;
            mended.editable.push(path);
        } else if text.contains('\\') && mentions(&text, moved) {
            mended.left.push(path);
        }
    }
    Ok(())
}

fn mentions(text: &str, moved: &Move) -> bool {
    moved
        .from()
        .to_str()
        .is_some_and(|from| text.contains(from))
}

/// The address of a local project; the rest of the file stays byte for byte.
fn direct_url(edit: &mut Edit, path: &Path, moved: &Move) -> Result<(), RelocateError> {
    let new = (|| {
        let text = read_text(path)?;
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        let old = value.get("url")?.as_str()?;
        let now = moved.map(&SafeUrl::parse(old).ok()?.to_file_path()?)?;
        let new = SafeUrl::from_file_path(&now).ok()?.to_string();
        let quoted = |text: &str| serde_json::to_string(text).ok();
        Some(text.replacen(&quoted(old)?, &quoted(&new)?, 1))
    })();
    match new {
        Some(text) => edit.write(path, text.as_bytes()),
        None => Ok(()),
    }
}
