//! What a shell does when its directory changed: `naja hook-env`, which the code of `naja hook`
//! calls. It is asked at a prompt, so it reads a few files and nothing else: no settings, no cache.

use std::path::{Path, PathBuf};

use naja_env::{Entered, HookStep, Shell, Told};
use naja_python::VenvConfig;

use crate::allow::{self, Identity, Place, Standing};
use crate::places;
use crate::process::ProcessEnv;

/// How many directories above are watched for an environment that appears.
const WATCHED: usize = 8;

/// The code for the start file of a shell; `program` is the path of naja.
#[must_use]
pub fn hook(shell: Shell, program: &Path) -> Option<String> {
    naja_env::hook_code(shell, &program.to_string_lossy())
}

/// The answer to a shell whose directory changed. `hooked` is the environment that the hook has
/// entered before, `muted` the one that the user left by hand; both may be empty.
#[must_use]
pub fn hook_answer(process: &ProcessEnv, shell: Shell, hooked: &str, muted: &str) -> String {
    naja_env::hook_answer(shell, &step(process, hooked, muted))
}

fn step(process: &ProcessEnv, hooked: &str, muted: &str) -> HookStep {
    let mut step = HookStep::default();
    let by_hand = allow::is_by_hand(process, hooked);
    let leave = !hooked.is_empty() && by_hand.is_none();
    let found = allow::nearest(process, &process.cwd).filter(|place| can_be_named(&place.root));
    let Some(place) = found else {
        step.leave = leave;
        step.unmute = !muted.is_empty();
        step.absent = places_to_come(process);
        return step;
    };
    let root = place.root.to_string_lossy().into_owned();
    let is_muted = !muted.is_empty() && allow::is_same(Path::new(muted), &place.root);
    step.unmute = !muted.is_empty() && !is_muted;
    step.present = texts([place.root.join(naja_python::CONFIG_NAME)]);
    let Some(identity) = Identity::of(&place.root) else {
        step.leave = leave;
        step.absent = texts([place.root.join("bin/python")]);
        step.tell = Some(broken(&place));
        return step;
    };
    // Without a place for it nobody has allowed anything.
    let Some(data) = places::find_data_dir(process) else {
        step.leave = leave;
        return step;
    };
    let record = allow::record(&data, &place.directory, &identity);
    let standing = allow::standing(&data, &place, &identity);
    if standing != Standing::Allowed {
        step.leave = leave;
        step.absent = texts([record]);
        if by_hand.is_none() && !is_muted {
            step.tell = not_allowed(&place, standing);
        }
        return step;
    }
    step.present
        .extend(texts([place.root.join("bin/python"), record]));
    match by_hand {
        Some(active) if !allow::is_same(&active, &place.root) => {
            step.tell = Some(stays(&active, &place));
        }
        Some(_) => {}
        None if is_muted => step.leave = leave,
        None if hooked == root => {}
        None => {
            step.leave = leave;
            let name = prompt_of(&place.root);
            step.enter = Some(Entered { root, name });
        }
    }
    step
}

/// Whether an environment can stand in `PATH` and in the words of every shell.
pub(crate) fn can_be_named(root: &Path) -> bool {
    let separator = if cfg!(windows) { ';' } else { ':' };
    root.to_str().is_some_and(|text| {
        !text
            .chars()
            .any(|character| character == separator || character.is_control())
    })
}

/// The text for the prompt of an environment.
pub(crate) fn prompt_of(root: &Path) -> String {
    let configured = VenvConfig::read(root).ok().flatten();
    let text = configured.as_ref().and_then(VenvConfig::prompt);
    let name = |path: Option<&Path>| {
        path.and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned())
    };
    let default = || {
        let own = name(Some(root)).unwrap_or_default();
        if own == ".venv" {
            name(root.parent()).unwrap_or(own)
        } else {
            own
        }
    };
    let text = text.map_or_else(default, str::to_owned);
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Where an environment may appear that would be the nearest one.
fn places_to_come(process: &ProcessEnv) -> Vec<String> {
    let home = process.home.as_deref();
    let below = process
        .cwd
        .ancestors()
        .take(WATCHED)
        .take_while(|dir| Some(*dir) != home && dir.parent().is_some());
    below
        .flat_map(|dir| {
            let path = dir.join(".venv");
            // A directory of this name that is no environment may become one.
            let path = if path.is_dir() {
                path.join(naja_python::CONFIG_NAME)
            } else {
                path
            };
            texts([path])
        })
        .collect()
}

/// Paths as texts; those that are no text, or not one line, cannot be watched.
fn texts<const N: usize>(paths: [PathBuf; N]) -> Vec<String> {
    let text = |path: PathBuf| path.into_os_string().into_string().ok();
    let plain = |text: &String| !text.chars().any(char::is_control);
    paths.into_iter().filter_map(text).filter(plain).collect()
}

fn broken(place: &Place) -> Told {
    let root = shown(&place.root);
    Told {
        about: format!("broken {root}"),
        text: format!(
            "the environment `{root}` has lost its Python and is not activated; \
             `naja venv --clear` makes it again"
        ),
    }
}

fn not_allowed(place: &Place, standing: Standing) -> Option<Told> {
    let directory = shown(&place.directory);
    let text = match standing {
        Standing::Allowed | Standing::Denied => return None,
        Standing::Replaced => format!(
            "`{directory}` has another environment than the one you allowed; \
             if that is right, `naja allow` again"
        ),
        Standing::Unknown => format!(
            "`{directory}` has an environment; `naja allow` activates it whenever you are here, \
             `naja deny` ends this message"
        ),
    };
    Some(Told {
        about: format!("{standing:?} {directory}"),
        text,
    })
}

fn stays(active: &Path, place: &Place) -> Told {
    let directory = shown(&place.directory);
    Told {
        about: format!("other {directory}"),
        text: format!(
            "the environment `{}`, which you activated, stays active in `{directory}`; \
             `deactivate` switches",
            shown(active)
        ),
    }
}

/// A path for a sentence, on one line.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
