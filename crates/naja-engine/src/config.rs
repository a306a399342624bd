//! `naja config set` and `unset`: naja's own files, changed in one step.

use std::path::PathBuf;

use naja_env::FileEdit;
use naja_project::manifest::Manifest;
use naja_project::settings::{KeyEditError, SettingsFile, set_setting, setting_key, unset_setting};

use crate::event::Event;
use crate::failure::Failure;
use crate::project;
use crate::session::Session;
use crate::start;

/// Whose file is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettingsScope {
    /// That of the user.
    #[default]
    User,
    /// That of the project: its `naja.toml`, else `[tool.naja]` of its `pyproject.toml`.
    Project,
}

/// What is changed.
#[derive(Clone, Debug)]
pub struct SettingChange {
    /// The key of the setting.
    pub key: String,
    /// Its new value as text; none to take it out.
    pub value: Option<String>,
    /// Whose file is changed.
    pub scope: SettingsScope,
    /// Whether nothing is written (`--dry-run`).
    pub dry_run: bool,
}

/// Sets a value in a file of naja's, or takes it out; what else is in the file stays.
///
/// # Errors
/// There is no such setting or file, the value is not what it takes, or the file cannot be written.
pub fn change_setting(session: &mut Session, change: &SettingChange) -> Result<FileEdit, Failure> {
    let (path, file) = match change.scope {
        SettingsScope::User => (user_file(session)?, SettingsFile::Own),
        SettingsScope::Project => project_file(session)?,
    };
    let unusable = |error: &KeyEditError| {
        let title = match error {
            KeyEditError::Toml(_) | KeyEditError::NoTable(_) => {
                format!("could not change {}", path.display())
            }
            _ => format!("`{}` cannot be set", change.key),
        };
        Failure::usage(title)
            .because(error)
            .hint("`naja config list` shows every setting and what it takes")
    };
    let key = setting_key(&change.key).map_err(|error| unusable(&error))?;
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(
                Failure::environment(format!("could not read {}", path.display())).because(&error),
            );
        }
    };
    let text = before.as_deref().unwrap_or_default();
    let after = match &change.value {
        Some(value) => set_setting(text, file, (&key, value)).map_err(|error| unusable(&error))?,
        None => match unset_setting(text, file, &key).map_err(|error| unusable(&error))? {
            Some(text) => text,
            None => {
                return Err(Failure::unsatisfied(format!(
                    "`{key}` is not set in {}",
                    path.display()
                ))
                .hint("`naja config show --origin` shows what is set, and where"));
            }
        },
    };
    let edit = FileEdit {
        path: path.clone(),
        before: before.map(String::into_bytes),
        after: Some(after.into_bytes()),
    };
    if change.dry_run || edit.before == edit.after {
        return Ok(edit);
    }
    write(session, change.scope, &edit)?;
    session.emit(&Event::Note {
        message: match &change.value {
            Some(_) => format!("Set `{key}` in {}", path.display()),
            None => format!("Took `{key}` out of {}", path.display()),
        },
    });
    Ok(edit)
}

fn write(session: &mut Session, scope: SettingsScope, edit: &FileEdit) -> Result<(), Failure> {
    // A change of a project's file can be undone like any other of the project.
    if scope == SettingsScope::Project && project::is_project(session) {
        return project::write_settings(session, edit);
    }
    let unwritable = |error: &std::io::Error| {
        Failure::environment(format!("could not write {}", edit.path.display())).because(error)
    };
    // A link stays one: the file behind it changes.
    let real = naja_python::real_path(&edit.path);
    let real = real.unwrap_or_else(|_not_there| edit.path.clone());
    if let Some(dir) = real.parent() {
        std::fs::create_dir_all(dir).map_err(|error| unwritable(&error))?;
    }
    let content = edit.after.as_deref().unwrap_or_default();
    naja_store::write::atomic_write(&real, content).map_err(|error| unwritable(&error))
}

fn user_file(session: &Session) -> Result<PathBuf, Failure> {
    start::user_file(session).ok_or_else(|| {
        Failure::environment("there is no place for the settings of the user")
            .cause("neither HOME nor XDG_CONFIG_HOME is set")
    })
}

/// The file of the project: the nearest one with settings of naja, else a place beside uv's, which uv would not
/// understand, else the nearest manifest.
fn project_file(session: &Session) -> Result<(PathBuf, SettingsFile), Failure> {
    for dir in session.project.ancestors() {
        let own = dir.join("naja.toml");
        if own.is_file() {
            return Ok((own, SettingsFile::Own));
        }
        let manifest = dir.join("pyproject.toml");
        let text = match std::fs::read_to_string(&manifest) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(
                    Failure::usage(format!("could not read {}", manifest.display()))
                        .because(&error),
                );
            }
        };
        let read = Manifest::parse(&text).map_err(|error| {
            Failure::usage(format!("could not read {}", manifest.display())).because(&error)
        })?;
        return Ok(match read.tool.is_uv {
            true => (own, SettingsFile::Own),
            false => (manifest, SettingsFile::Manifest),
        });
    }
    Ok((session.project.join("naja.toml"), SettingsFile::Own))
}
