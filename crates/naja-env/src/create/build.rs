//! The files of a new environment.

use std::fs;
use std::path::{Path, PathBuf};

use naja_python::{CONFIG_NAME, VenvConfig};

use super::{CreateError, VenvSpec, check, failed, link};
use crate::activate::{self, Script, ScriptSpec};
use crate::relocate::LOCATION;

/// Tells backup programs that the directory can be made again (bford.info/cachedir).
const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
# A virtual environment made by naja: it can be made again and needs no backup.\n";

/// Everything that is known before the first directory is made.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    spec: &'a VenvSpec<'a>,
    config: VenvConfig,
    scripts: Vec<Script>,
}

impl<'a> Plan<'a> {
    /// Decides the contents of all files.
    pub(super) fn new(spec: &'a VenvSpec<'a>, root: &Path) -> Result<Self, CreateError> {
        let interpreter = spec.interpreter;
        let refuse = |reason| CreateError::Base {
            executable: interpreter.base_executable.clone(),
            reason,
        };
        if !interpreter.base_executable.is_file() {
            return Err(refuse("the file does not exist"));
        }
        let prompt = match &spec.prompt {
            Some(prompt) if check::has_control(prompt) => return Err(CreateError::Prompt),
            Some(prompt) => prompt.clone(),
            None => default_prompt(root),
        };
        let home = interpreter.base_executable.parent().and_then(Path::to_str);
        let home = home.ok_or_else(|| refuse("its path is not valid Unicode"))?;
        let config = config(spec, home, &prompt, root)?;
        let layout = &interpreter.venv_layout;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut site_dirs = vec![text(&layout.purelib)];
        if layout.platlib != layout.purelib {
            site_dirs.push(text(&layout.platlib));
        }
        let scripts = activate::scripts(&ScriptSpec {
            root: &text(root),
            bin: &text(&layout.scripts),
            prompt: &prompt,
            relocatable: spec.relocatable,
            site_dirs: &site_dirs,
        });
        Ok(Self {
            spec,
            config,
            scripts,
        })
    }

    /// Returns the content of `pyvenv.cfg`.
    pub(super) fn config(&self) -> &VenvConfig {
        &self.config
    }

    /// Makes all files in an existing, empty directory.
    pub(super) fn build(&self, directory: &Path) -> Result<(), CreateError> {
        let layout = &self.spec.interpreter.venv_layout;
        let bin = make_dirs(directory, &layout.scripts)?;
        make_dirs(directory, &layout.purelib)?;
        if layout.lib64_link {
            link::lib64(directory)?;
        }
        if layout.platlib != layout.purelib {
            make_dirs(directory, &layout.platlib)?;
        }
        link::python(self.spec, directory, &bin)?;
        for script in &self.scripts {
            write(&bin.join(script.name), &script.text)?;
        }
        link::second_name(&bin, "activate.ps1", "Activate.ps1")?;
        write(&directory.join(".gitignore"), "*\n")?;
        write(&directory.join("CACHEDIR.TAG"), CACHEDIR_TAG)?;
        write(&directory.join(CONFIG_NAME), &self.config.to_text())
    }
}

/// Makes the directories of a relative path one by one; returns the last.
fn make_dirs(root: &Path, relative: &Path) -> Result<PathBuf, CreateError> {
    let mut path = root.to_path_buf();
    for part in relative.components() {
        path.push(part);
        match fs::create_dir(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(failed("make the directory", &path)(error));
            }
            _ => {}
        }
    }
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<(), CreateError> {
    fs::write(path, text).map_err(failed("write", path))
}

/// The name of the directory; `.venv` says nothing, so there it is the one around it.
fn default_prompt(root: &Path) -> String {
    let name = |path: Option<&Path>| {
        path.and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned())
    };
    let own = name(Some(root)).unwrap_or_default();
    if own == ".venv" {
        name(root.parent()).unwrap_or(own)
    } else {
        own
    }
}

/// The content of `pyvenv.cfg`.
fn config(
    spec: &VenvSpec<'_>,
    home: &str,
    prompt: &str,
    root: &Path,
) -> Result<VenvConfig, CreateError> {
    let interpreter = spec.interpreter;
    let yes_no = |value: bool| if value { "true" } else { "false" };
    let mut config = VenvConfig::new();
    config.set("home", home)?;
    config.set(
        "include-system-site-packages",
        yes_no(spec.system_site_packages),
    )?;
    let release = |index| {
        interpreter
            .version
            .release()
            .get(index)
            .copied()
            .unwrap_or(0_u64)
    };
    let version = format!("{}.{}.{}", release(0), release(1), release(2));
    config.set("version", &version)?;
    config.set("version_info", &interpreter.version.to_string())?;
    if let Some(executable) = interpreter.real_executable.to_str() {
        config.set("executable", executable)?;
    }
    let implementation = &interpreter.markers.platform_python_implementation;
    config.set("implementation", implementation)?;
    config.set("naja", env!("CARGO_PKG_VERSION"))?;
    if let Some(root) = root.to_str() {
        config.set(LOCATION, root)?;
    }
    if root
        .file_name()
        .is_none_or(|name| name.to_string_lossy() != prompt)
    {
        config.set("prompt", prompt)?;
    }
    if spec.relocatable {
        config.set("relocatable", "true")?;
    }
    if spec.seeded {
        config.set("seed", "true")?;
    }
    Ok(config)
}
