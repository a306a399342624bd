//! `naja init --script`.

use std::path::PathBuf;

use naja_env::FileEdit;
use naja_project::script::ScriptEditor;

use super::edit::not_edited;
use super::read::Script;
use crate::event::Event;
use crate::failure::Failure;
use crate::history::write_script;
use crate::project::InitRequest;
use crate::session::Session;

/// Makes a script with metadata, or gives one metadata.
///
/// # Errors
/// It has metadata already, or cannot be read or written.
pub(crate) fn init(
    session: &mut Session,
    request: &InitRequest,
    minor: &str,
) -> Result<PathBuf, Failure> {
    let Some(given) = &request.path else {
        return Err(
            Failure::usage("a script needs a name").hint("name it: `naja init --script hello.py`")
        );
    };
    let shown = given.display().to_string();
    let path = session.process.absolute(given);
    let is_there = path.exists();
    let before = if path.is_dir() {
        return Err(Failure::usage(format!("`{shown}` is a directory"))
            .hint("name a file: `naja init --script hello.py`"));
    } else if path.exists() {
        let script = Script::named(session, given)?;
        if script.block.is_some() {
            return Err(
                Failure::usage(format!("`{shown}` has script metadata already")).hint(format!(
                    "`naja add --script {shown}` adds dependencies to it"
                )),
            );
        }
        if script.text.contains("# /// script") {
            script.demand_block()?;
        }
        script.text
    } else if request.bare {
        String::new()
    } else {
        let name = given.file_name().unwrap_or_default().to_string_lossy();
        format!(
            "\n\ndef main() -> None:\n    print(\"Hello from {name}!\")\n\n\n\
             if __name__ == \"__main__\":\n    main()\n"
        )
    };
    let path = Script::real_path(&session.process, given);
    let editor = ScriptEditor::with_block(&before, &content(minor))
        .map_err(|error| not_edited(&shown, &error))?;
    let text = editor
        .to_text()
        .map_err(|error| not_edited(&shown, &error))?;
    let parent = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    parent.map_err(|error| {
        Failure::environment(format!("could not write {shown}")).because(&error)
    })?;
    let edit = FileEdit {
        path: path.clone(),
        before: is_there.then(|| before.into_bytes()),
        after: Some(text.into_bytes()),
    };
    write_script(session, &path, std::slice::from_ref(&edit))?;
    session.emit(&Event::Note {
        message: format!("Initialized script at `{shown}`"),
    });
    Ok(path)
}

/// The metadata of a script that needs nothing yet.
pub(super) fn content(minor: &str) -> String {
    format!("requires-python = \">={minor}\"\ndependencies = []\n")
}
