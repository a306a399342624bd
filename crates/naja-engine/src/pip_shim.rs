//! `naja venv --pip-shim`: scripts called `pip` that are `naja pip` for one environment.

use std::path::Path;

use naja_env::Environment;

use crate::failure::Failure;

/// Variables that would send `naja pip` to another Python than that of `NAJA_PYTHON`.
const MISLEADING: &str = "NAJA_SYSTEM_PYTHON UV_SYSTEM_PYTHON UV_PYTHON";

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
    let versioned = format!("pip{}", env.interpreter().short_version());
    for name in ["pip", "pip3", &versioned] {
        let path = bin.join(name);
        let written = naja_store::write::atomic_write(&path, script.as_bytes())
            .and_then(|()| executable(&path));
        written.map_err(|error| {
            Failure::environment(format!("could not write `{}`", path.display())).because(&error)
        })?;
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
         # `pip` of an environment without pip: it is `naja pip` for exactly this environment.\n\
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
