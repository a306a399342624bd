//! `naja venv --pip-shim`: scripts called `pip` that are `naja pip` for one environment.

use std::io::{self, Read as _};
use std::path::Path;

use naja_env::Environment;
use naja_python::{Interpreter, Scheme, VenvConfig};

use crate::failure::Failure;

/// How the scripts of an environment without pip are told from pip's own.
const STUB_MARK: &str =
    "# Not pip: naja made this environment without it, and this script says so.";

/// How the scripts that are `naja pip` are told from pip's own.
const SHIM_MARK: &str =
    "# `pip` of an environment without pip: it is `naja pip` for exactly this environment.";

/// Tells whether a file is one of the scripts that naja puts where pip would be.
pub(crate) fn is_one(path: &Path) -> bool {
    let named = path.file_name().and_then(|name| name.to_str());
    if !named.is_some_and(|name| name.starts_with("pip")) {
        return false;
    }
    let mut head = [0; 200];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut head));
    let text = String::from_utf8_lossy(&head[..read.unwrap_or(0)]).into_owned();
    text.contains(STUB_MARK) || text.contains(SHIM_MARK)
}

/// Variables that would send `naja pip` to another Python than that of `NAJA_PYTHON`.
const MISLEADING: &str = "NAJA_SYSTEM_PYTHON UV_SYSTEM_PYTHON UV_PYTHON";

/// What the scripts are called.
pub(crate) fn names(python: &Interpreter) -> [String; 3] {
    let versioned = format!("pip{}", python.short_version());
    ["pip".to_owned(), "pip3".to_owned(), versioned]
}

/// Writes `pip`, `pip3` and `pipX.Y` beside the environment's Python, each in one step.
///
/// # Errors
/// A script cannot be written, a path cannot stand in one, or the system has no `sh`.
pub(crate) fn put(env: &Environment, program: &Path) -> Result<(), Failure> {
    if cfg!(windows) {
        return Err(Failure::usage("`--pip-shim` is not there on Windows yet")
            .hint("use `naja pip`, or `naja venv --seed` for pip itself"));
    }
    let script = script(env, program)?;
    let bin = &env.scheme().scripts;
    for name in names(env.interpreter()) {
        let path = bin.join(name);
        let written = naja_store::write::atomic_write(&path, script.as_bytes())
            .and_then(|()| executable(&path));
        written.map_err(|error| {
            Failure::environment(format!("could not write `{}`", path.display())).because(&error)
        })?;
    }
    Ok(())
}

/// Writes scripts called `pip` that say what to do, into an environment without pip: without them,
/// `pip` typed in the environment would be another one, which writes elsewhere. pip itself replaces
/// them; where it comes without replacing all of them, they call it.
///
/// # Errors
/// A script cannot be written.
pub(crate) fn put_stub(env: &Environment) -> Result<(), Failure> {
    stub(env.root(), env.scheme(), env.interpreter()).map_err(|error| {
        let bin = env.scheme().scripts.display();
        Failure::environment(format!("could not write `pip` in `{bin}`")).because(&error)
    })
}

/// Does the same in an environment that is being made of a Python, before it goes into its place.
///
/// # Errors
/// A script cannot be written.
pub(crate) fn stage_stub(staged: &Path, base: &Interpreter) -> io::Result<()> {
    let inside = base.in_venv(staged, &VenvConfig::default());
    stub(staged, &inside.scheme, base)
}

fn stub(root: &Path, scheme: &Scheme, python: &Interpreter) -> io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    let bin = &scheme.scripts;
    let site = scheme.purelib.strip_prefix(root).ok();
    let plain = |text: &&str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
    };
    let Some(site) = site.and_then(Path::to_str).filter(plain) else {
        return Ok(());
    };
    let site = format!("../{site}");
    let script = format!(
        "#!/bin/sh\n\
         {STUB_MARK}\n\
         here=$(dirname -- \"$0\")\n\
         if [ -e \"$here/{site}/pip/__main__.py\" ]; then\n\
         \x20   exec \"$here/python\" \"$here/{site}/pip\" \"$@\"\n\
         fi\n\
         echo 'error: there is no pip in this environment' >&2\n\
         echo \"hint: use \\`naja pip${{1:+ $1}}\\`, which needs none\" >&2\n\
         echo 'hint: or install it: `naja pip install pip`' >&2\n\
         exit 1\n"
    );
    for name in names(python) {
        let path = bin.join(name);
        if path.symlink_metadata().is_ok() {
            continue;
        }
        std::fs::write(&path, script.as_bytes())?;
        executable(&path)?;
    }
    Ok(())
}

fn script(env: &Environment, program: &Path) -> Result<String, Failure> {
    let python = env.python();
    let name = python.file_name().map_or(python.as_path(), Path::new);
    let python = if env.is_relocatable() {
        let here = r#""$(dirname -- "$(realpath -- "$0")")"/"#;
        format!("{here}{}", quoted(name)?)
    } else {
        quoted(&python)?
    };
    let program = quoted(program)?;
    Ok(format!(
        "#!/bin/sh\n\
         {SHIM_MARK}\n\
         unset {MISLEADING}\n\
         NAJA_PYTHON={python}\n\
         export NAJA_PYTHON\n\
         naja={program}\n\
         if [ ! -x \"$naja\" ]; then naja=naja; fi\n\
         exec \"$naja\" pip \"$@\"\n"
    ))
}

/// A path as one word for `sh`.
fn quoted(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(['\n', '\r']));
    let text = text.ok_or_else(|| {
        Failure::environment(format!(
            "the path `{}` cannot stand in a script",
            path.display()
        ))
    })?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

fn executable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    }
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word() {
        assert_eq!(quoted(Path::new("/a b/it's")).unwrap(), r"'/a b/it'\''s'");
        assert!(quoted(Path::new("/a\nb")).is_err());
    }
}
