//! `naja activate`: what a shell runs to activate an environment.

use std::path::{Path, PathBuf};

use naja_env::Shell;
use naja_python::{is_environment, locate_environment};

use crate::failure::Failure;
use crate::hook;
use crate::session::Session;
use crate::target;

/// What a shell runs to activate an environment.
#[derive(Clone, Debug)]
pub struct Activation {
    /// The root of the environment.
    pub root: PathBuf,
    /// The code: one line that names the environment's own script, or the whole script where the
    /// environment has none for this shell.
    pub code: String,
    /// The environment's own script.
    pub script: Option<PathBuf>,
}

/// Finds the environment and says how it is activated in a shell.
///
/// # Errors
/// There is no environment, it has no Python, or the shell needs a script that it does not have.
pub fn activation(
    session: &Session,
    path: Option<&Path>,
    shell: Shell,
) -> Result<Activation, Failure> {
    let root = root(session, path)?;
    if !target::works(&root) {
        return Err(Failure::environment(format!(
            "the environment `{}` has no Python",
            root.display()
        ))
        .cause("its base Python may have been removed or moved")
        .hint("make it again with `naja venv --clear`"));
    }
    of_root(root, shell)
}

fn of_root(root: PathBuf, shell: Shell) -> Result<Activation, Failure> {
    let Some(text) = root.to_str() else {
        return Err(Failure::environment(format!(
            "the path `{}` cannot stand in a script",
            root.display()
        )));
    };
    let script = script(&root, shell);
    let code = match script.as_deref().and_then(Path::to_str) {
        Some(script) => Some(format!("{}\n", shell.source(script))),
        None => naja_env::inline_script(shell, text, &hook::prompt_of(&root)),
    };
    let Some(code) = code else {
        return Err(Failure::environment(format!(
            "the environment `{}` has no script for {}",
            root.display(),
            shell.name()
        ))
        .hint("`naja venv --allow-existing` adds the scripts that are missing"));
    };
    Ok(Activation { root, code, script })
}

/// The environment's own script for a shell.
fn script(root: &Path, shell: Shell) -> Option<PathBuf> {
    let name = shell.script()?;
    // The module `venv` writes the script of PowerShell with a capital letter.
    let names = [
        name,
        if name == "activate.ps1" {
            "Activate.ps1"
        } else {
            name
        },
    ];
    let dirs = ["bin", "Scripts"];
    dirs.iter()
        .flat_map(|dir| names.iter().map(move |name| root.join(dir).join(name)))
        .find(|path| path.is_file())
}

/// The environment that was named, or the nearest one, or the active one.
pub(crate) fn root(session: &Session, path: Option<&Path>) -> Result<PathBuf, Failure> {
    let mut inputs = target::discovery_inputs(session);
    if let Some(path) = path {
        let path = session.process.absolute(path);
        inputs.cwd.clone_from(&path);
        inputs.virtual_env = None;
        inputs.conda_prefix = None;
        let found = if is_environment(&path) {
            Some(path.clone())
        } else if path.join(".venv").exists() {
            locate_environment(&inputs).map(|place| place.root)
        } else {
            None
        };
        return found.ok_or_else(|| {
            Failure::usage(format!("there is no environment in `{}`", path.display()))
                .hint(format!("`naja venv {}` makes one", path.display()))
        });
    }
    let active = inputs.virtual_env.take();
    let conda = inputs.conda_prefix.take();
    let near = locate_environment(&inputs).map(|place| place.root);
    inputs.virtual_env = active;
    inputs.conda_prefix = conda;
    near.or_else(|| locate_environment(&inputs).map(|place| place.root))
        .ok_or_else(|| {
            Failure::usage("there is no environment here, and none is active")
                .hint("`naja venv` makes one")
        })
}
