//! `naja add --script` and `naja remove --script`: script and lock in one change.

use std::path::Path;

use naja_env::FileEdit;
use naja_project::script::{ScriptEditError, ScriptEditor};
use naja_spec::Requirement;

use super::init::content;
use super::lock;
use super::read::Script;
use crate::event::Event;
use crate::failure::Failure;
use crate::history::{hold_scripts, write_script};
use crate::project::hold;
use crate::project::{
    AddRequest, Added, Base, EditReport, Given, LockMode, Project, RemoveRequest, bound,
    constrained, lock_edit, put, take, understood_at, with_inputs,
};
use crate::session::Session;
use crate::start;
use crate::target;

/// Understands what is added to a script.
///
/// # Errors
/// As [`crate::project::understood`].
pub fn understood(
    session: &mut Session,
    given: &Path,
    added: &Given,
) -> Result<Vec<Added>, Failure> {
    let script = Script::named(session, given)?;
    start::use_settings_of(session, &script)?;
    let base = Base {
        dir: script.dir,
        workspace: None,
    };
    understood_at(session, &base, added)
}

/// Adds requirements to the metadata of a script, which it gets if it has none.
///
/// # Errors
/// The script cannot be read or changed, or there is no answer with them; everything is then as it was.
pub fn add(
    session: &mut Session,
    given: &Path,
    request: &AddRequest,
) -> Result<EditReport, Failure> {
    let changes = request.edit.sync.preview.applies();
    let _hold = hold::when(changes, || hold_scripts(session, given))?;
    let script = Script::named(session, given)?;
    let wrong = |error: ScriptEditError| not_edited(&script.shown, &error);
    let editor = match ScriptEditor::open(&script.text).map_err(wrong)? {
        Some(editor) => editor,
        None => {
            let python = target::base(session, &target::request(session)?)?;
            let minor = python.markers.python_version.to_string();
            ScriptEditor::with_block(&script.text, &content(&minor)).map_err(wrong)?
        }
    };
    let mut edited = Edited { script, editor };
    let path = edited.script.path();
    let fresh = put((edited.editor.manifest_mut(), &path), request)?;
    finish(session, edited, (request, &fresh))
}

/// Takes packages out of the metadata of a script.
///
/// # Errors
/// As [`add`]; or a package is not there.
pub fn remove(
    session: &mut Session,
    given: &Path,
    request: &RemoveRequest,
) -> Result<EditReport, Failure> {
    let changes = request.edit.sync.preview.applies();
    let _hold = hold::when(changes, || hold_scripts(session, given))?;
    let script = Script::named(session, given)?;
    script.demand_block()?;
    let wrong = |error: ScriptEditError| not_edited(&script.shown, &error);
    let Some(editor) = ScriptEditor::open(&script.text).map_err(wrong)? else {
        return Err(Failure::usage(format!(
            "the script `{}` has no metadata",
            script.shown
        )));
    };
    let mut edited = Edited { script, editor };
    let path = edited.script.path();
    take((edited.editor.manifest_mut(), &path), request)?;
    finish(session, edited, (&request.as_addition(), &[]))
}

/// A script that was changed and not written yet.
struct Edited {
    script: Script,
    editor: ScriptEditor,
}

impl Edited {
    /// The script as it would be.
    fn after(&self) -> Result<Script, Failure> {
        let text = self.editor.to_text();
        let text = text.map_err(|error| not_edited(&self.script.shown, &error))?;
        self.script.with_text(text)
    }

    fn edit(&self) -> Result<FileEdit, Failure> {
        Ok(FileEdit {
            path: self.script.path(),
            before: Some(self.script.text.clone().into_bytes()),
            after: Some(self.after()?.text.into_bytes()),
        })
    }
}

fn finish(
    session: &mut Session,
    mut edited: Edited,
    (request, fresh): (&AddRequest, &[Requirement]),
) -> Result<EditReport, Failure> {
    let choice = &request.edit;
    let applies = choice.sync.preview.applies();
    if choice.frozen {
        let edit = edited.edit()?;
        if applies {
            write_script(session, &edit.path, changed(edit.clone()).as_slice())?;
        }
        tell(session, &edited.script, applies);
        return Ok(EditReport {
            manifest: changed(edit),
            ..EditReport::default()
        });
    }
    let after = edited.after()?;
    start::use_settings_of(session, &after)?;
    let mut project = lock::project(session, &after)?;
    let mode = match (choice.sync.mode, project.lock.is_some()) {
        (LockMode::Locked, true) => LockMode::Locked,
        _ => LockMode::Update,
    };
    let foreign = project.has_foreign_lock();
    let constraints = &request.along.constraints;
    let mut locked = constrained(session, (&project, mode), constraints)?;
    let path = edited.script.path();
    let bounded = bound(
        (edited.editor.manifest_mut(), &path),
        &locked,
        (fresh, request),
    )?;
    if bounded {
        project = lock::project(session, &edited.after()?)?;
        // The answer stands: only what it was made of is said with more words.
        locked = with_inputs(session, &project, locked)?;
    }
    let manifest = changed(edited.edit()?);
    let mut edits = manifest.clone();
    // A script without a lock stays without one.
    if project.lock.is_some() {
        edits.extend(lock_edit(&project, &locked));
    }
    if applies {
        write_script(session, &path, &edits)?;
        tell(session, &edited.script, !manifest.is_empty());
    }
    if foreign {
        warn_of_foreign(session, &project);
    }
    let diff = match project.lock {
        Some(_) => locked.diff,
        None => Default::default(),
    };
    Ok(EditReport {
        manifest,
        lock: diff,
        ..EditReport::default()
    })
}

fn warn_of_foreign(session: &mut Session, project: &Project) {
    session.warn(format!(
        "`{}` is the lock of another tool: it stays as it is, and does not know of this change",
        project.lock_path.display()
    ));
}

fn changed(edit: FileEdit) -> Vec<FileEdit> {
    match edit.before == edit.after {
        true => Vec::new(),
        false => vec![edit],
    }
}

fn tell(session: &mut Session, script: &Script, written: bool) {
    if written {
        session.emit(&Event::Note {
            message: format!("Updated `{}`", script.shown),
        });
    }
}

/// A script that cannot be changed.
pub(super) fn not_edited(shown: &str, error: &ScriptEditError) -> Failure {
    Failure::usage(format!(
        "could not change the metadata of the script `{shown}`"
    ))
    .because(error)
}
