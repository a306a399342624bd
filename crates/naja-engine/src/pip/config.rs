//! `naja pip config set` and `unset`: files of pip's, changed in one step.

use std::path::PathBuf;

use naja_project::settings::{Layer, pip_name, set_pip_value, unset_pip_value};

use crate::event::Event;
use crate::failure::Failure;
use crate::session::Session;
use crate::start;

/// Whose file is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfigScope {
    /// That of the user.
    #[default]
    User,
    /// That of all users.
    System,
    /// That of the environment.
    Site,
}

/// The files of pip's configuration, lowest first, and whether they exist.
#[must_use]
pub fn config_files(session: &Session) -> Vec<(PathBuf, bool)> {
    let files = start::pip_files(session);
    let files = files.into_iter().map(|(_, path)| {
        let exists = path.exists();
        (path, exists)
    });
    files.collect()
}

/// Sets a value, or removes it; what else is in the file stays.
///
/// # Errors
/// There is no such file or value, or it cannot be written.
pub fn change_config(
    session: &mut Session,
    (name, value): (&str, Option<&str>),
    scope: ConfigScope,
) -> Result<PathBuf, Failure> {
    let unusable = |error: &dyn std::error::Error| {
        Failure::usage(format!("`{name}` cannot be set")).because(error)
    };
    let (section, key) = pip_name(name).map_err(|error| unusable(&error))?;
    let path = file(session, scope)?;
    let unreadable = |error: &std::io::Error| {
        Failure::environment(format!("could not read `{}`", path.display())).because(error)
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(unreadable(&error)),
    };
    let changed = match value {
        Some(value) => {
            set_pip_value(&text, (&section, &key), value).map_err(|error| unusable(&error))?
        }
        None => unset_pip_value(&text, (&section, &key)).ok_or_else(|| {
            Failure::unsatisfied(format!("there is no `{name}` in `{}`", path.display()))
                .hint("`naja pip config list` shows what is set, and where")
        })?,
    };
    // A link stays one: the file behind it changes.
    let real = path
        .canonicalize()
        .unwrap_or_else(|_not_there| path.clone());
    if let Some(dir) = real.parent() {
        std::fs::create_dir_all(dir).map_err(|error| unwritable(&path, &error))?;
    }
    naja_store::write::atomic_write(&real, changed.as_bytes())
        .map_err(|error| unwritable(&path, &error))?;
    session.emit(&Event::Note {
        message: format!("Writing to {}", path.display()),
    });
    Ok(path)
}

fn unwritable(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("could not write `{}`", path.display())).because(error)
}

fn file(session: &Session, scope: ConfigScope) -> Result<PathBuf, Failure> {
    let layer = match scope {
        ConfigScope::User => Layer::User,
        ConfigScope::System => Layer::System,
        ConfigScope::Site => Layer::Site,
    };
    // The one that counts most: it hides what the others say.
    let found = start::pip_files(session).into_iter().rev();
    let mut found = found.filter(|(of, _)| *of == layer);
    match (found.next(), scope) {
        (Some((_, path)), _) => Ok(path),
        (None, ConfigScope::Site) => Err(Failure::usage("there is no environment to configure")
            .hint("make one with `naja venv`, or activate one")),
        (None, _) => Err(Failure::usage("pip's configuration has no such file here")
            .hint("PIP_CONFIG_FILE names the file that is read; `--site` changes it")),
    }
}
