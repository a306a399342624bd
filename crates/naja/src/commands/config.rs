//! `naja config`: the settings, what they are and where they come from.

use naja_engine::config::{self, SettingChange, SettingsScope};
use naja_engine::{Failure, Session};
use naja_project::settings::{Layer, Origin, Place, options, setting_key};
use serde_json::{Value, json};

use super::{Done, Outcome, text, to_json};
use crate::args::{
    ConfigGetArgs, ConfigListArgs, ConfigScopeArgs, ConfigSetArgs, ConfigShowArgs, ConfigUnsetArgs,
};
use crate::render::{diff, plain};

pub(super) fn show(session: &Session, args: &ConfigShowArgs) -> Done {
    let names = args.names.iter().map(|name| key(name));
    let names: Vec<String> = names.collect::<Result<_, _>>()?;
    let entries = session.settings.entries();
    let is_shown = |key: &str, origin: &Origin| match names.as_slice() {
        [] => args.all || origin.layer > Layer::Default,
        names => names.iter().any(|name| name == key),
    };
    let shown = entries
        .iter()
        .filter(|(key, _, origin)| is_shown(key, origin));
    if args.output.wants_json() {
        let rows: Vec<Value> = shown
            .map(|(key, value, from)| json!({"key": key, "value": value, "origin": origin(from)}))
            .collect();
        return text(to_json(&json!({"schema_version": 1, "settings": rows}))?);
    }
    let lines = shown.map(|(key, value, origin)| {
        let value = plain(value);
        match args.origin {
            true => format!("{key} = {value}  # {}\n", plain(&origin.to_string())),
            false => format!("{key} = {value}\n"),
        }
    });
    text(lines.collect())
}

pub(super) fn get(session: &Session, args: &ConfigGetArgs) -> Done {
    let name = key(&args.name)?;
    let entries = session.settings.entries();
    let found = entries.iter().find(|(key, ..)| *key == name);
    match found {
        Some((_, value, origin)) if origin.layer > Layer::Default || !value.is_empty() => {
            text(format!("{}\n", plain(value)))
        }
        _ => {
            Err(Failure::unsatisfied(format!("`{name}` is not set"))
                .cause("it has no default either"))
        }
    }
}

pub(super) fn set(session: &mut Session, args: &ConfigSetArgs) -> Done {
    change(session, (&args.name, Some(&args.value)), &args.scope)
}

pub(super) fn unset(session: &mut Session, args: &ConfigUnsetArgs) -> Done {
    change(session, (&args.name, None), &args.scope)
}

fn change(
    session: &mut Session,
    (name, value): (&str, Option<&str>),
    args: &ConfigScopeArgs,
) -> Done {
    let change = SettingChange {
        key: name.to_owned(),
        value: value.map(str::to_owned),
        scope: match args.local {
            true => SettingsScope::Project,
            false => SettingsScope::User,
        },
        dry_run: args.dry_run,
    };
    let edit = config::change_setting(session, &change)?;
    Ok(match args.dry_run {
        true => Outcome::Painted(diff::unified(&[edit], &session.process.cwd), 0),
        false => Outcome::Quiet(0),
    })
}

pub(super) fn list(args: &ConfigListArgs) -> Done {
    let word = args.word.as_deref().unwrap_or_default().to_lowercase();
    let rows = options().into_iter();
    let rows: Vec<_> = rows
        .filter(|row| row.key.contains(&word) || row.doc.to_lowercase().contains(&word))
        .collect();
    if args.output.wants_json() {
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| {
                let variables = row.variables.iter().map(|variable| variable.name);
                json!({
                    "key": row.key,
                    "takes": row.expected,
                    "default": row.default,
                    "flag": row.flag,
                    "variables": variables.collect::<Vec<_>>(),
                    "pip_key": row.pip_key,
                    "meaning": row.doc,
                })
            })
            .collect();
        return text(to_json(&json!({"schema_version": 1, "options": rows}))?);
    }
    let mut out = String::new();
    for row in &rows {
        out.push_str(&format!("{}: {}", row.key, row.expected));
        if !row.default.is_empty() {
            out.push_str(&format!(" (default: {})", row.default));
        }
        out.push_str(&format!("\n    {}\n", row.doc));
        let names = row.variables.iter().map(|variable| variable.name);
        let mut ways: Vec<&str> = names.collect();
        if !row.flag.is_empty() {
            ways.insert(0, row.flag);
        }
        if !ways.is_empty() {
            out.push_str(&format!("    {}\n", ways.join(", ")));
        }
    }
    text(out)
}

fn key(text: &str) -> Result<String, Failure> {
    setting_key(text).map_err(|error| {
        Failure::usage("there is no such setting")
            .because(&error)
            .hint("`naja config list` shows every setting")
    })
}

/// Where a value comes from, for programs.
fn origin(origin: &Origin) -> Value {
    let layer = match origin.layer {
        Layer::Default => "default",
        Layer::System => "system",
        Layer::User => "user",
        Layer::Site => "site",
        Layer::Project => "project",
        Layer::Environment => "environment",
        Layer::Arguments => "arguments",
    };
    match &origin.place {
        Place::Default => json!({"layer": layer}),
        Place::File { path, line, key } => {
            json!({"layer": layer, "file": path.to_string_lossy(), "line": line, "key": key.as_ref()})
        }
        Place::Variable(name) => json!({"layer": layer, "variable": name.as_ref()}),
        Place::Flag(flag) => json!({"layer": layer, "flag": flag}),
    }
}
