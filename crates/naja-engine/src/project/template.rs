//! The files of a template, rendered (`naja init --template`).

use std::fs::{self, DirEntry, Metadata};
use std::path::{Path, PathBuf};

use naja_project::manifest::Manifest;
use naja_project::{TemplateError, TemplateValues};

use super::new_files::NewFile;
use crate::failure::Failure;

/// What belongs to no template: what version control and Python keep beside the files.
const PASSED_OVER: [&str; 5] = [".git", ".hg", ".jj", ".venv", "__pycache__"];

/// A template that is being read.
struct Template<'a> {
    root: &'a Path,
    values: &'a TemplateValues,
    files: Vec<NewFile>,
}

/// Reads all files of a template and renders their names and contents; nothing is written.
///
/// # Errors
/// There is no such directory, something in it is neither a file nor a directory, or a text cannot be rendered.
pub(super) fn read(root: &Path, values: &TemplateValues) -> Result<Vec<NewFile>, Failure> {
    if !root.is_dir() {
        return Err(
            Failure::usage(format!("there is no template `{}`", root.display()))
                .cause("it is no directory of this machine")
                .hint("clone a template that lies elsewhere first, and name the clone"),
        );
    }
    let mut template = Template {
        root,
        values,
        files: Vec::new(),
    };
    let mut left = vec![(root.to_path_buf(), String::new())];
    while let Some((dir, place)) = left.pop() {
        for entry in fs::read_dir(&dir).map_err(|error| unreadable(&dir, &error))? {
            let entry = entry.map_err(|error| unreadable(&dir, &error))?;
            left.extend(template.enter(&entry, &place)?);
        }
    }
    let mut files = template.files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some([first, _]) = files.array_windows().find(|[a, b]| a.path == b.path) {
        return Err(
            unusable(root).cause(format!("two of its files would both be `{}`", first.path))
        );
    }
    check_manifest(root, &files)?;
    Ok(files)
}

impl Template<'_> {
    /// Takes a file, or gives a directory that is still to be read with what its name becomes.
    fn enter(
        &mut self,
        entry: &DirEntry,
        place: &str,
    ) -> Result<Option<(PathBuf, String)>, Failure> {
        let path = entry.path();
        let name = entry.file_name();
        if PASSED_OVER.iter().any(|passed| name == *passed) {
            return Ok(None);
        }
        let shown = self.shown(&path);
        let Some(name) = name.to_str() else {
            return Err(unusable(self.root).cause(format!("the name of `{shown}` is not UTF-8")));
        };
        let named = self
            .values
            .render(name)
            .map_err(|error| self.mistake(&format!("the name of `{shown}`"), &error))?;
        if !is_plain(&named) {
            return Err(unusable(self.root)
                .cause(format!("`{shown}` would be called `{named}`"))
                .hint("a name has no `/`, is not empty, and is neither `.` nor `..`"));
        }
        let place = match place.is_empty() {
            true => named.into_owned(),
            false => format!("{place}/{named}"),
        };
        let metadata = fs::symlink_metadata(&path).map_err(|error| unreadable(&path, &error))?;
        if metadata.is_dir() {
            return Ok(Some((path, place)));
        }
        if !metadata.is_file() {
            return Err(unusable(self.root)
                .cause(format!("`{shown}` is neither a file nor a directory"))
                .hint("links are not followed: put the file itself there"));
        }
        let file = self.file((&path, &shown), place, &metadata)?;
        self.files.push(file);
        Ok(None)
    }

    fn file(
        &self,
        (path, shown): (&Path, &str),
        place: String,
        metadata: &Metadata,
    ) -> Result<NewFile, Failure> {
        let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
        let content = match std::str::from_utf8(&bytes) {
            Ok(text) if !bytes.contains(&0) => {
                let rendered = self.values.render(text);
                let rendered =
                    rendered.map_err(|error| self.mistake(&format!("`{shown}`"), &error))?;
                rendered.into_owned().into_bytes()
            }
            // What is no text stays as it is.
            _ => bytes,
        };
        Ok(NewFile {
            path: place,
            content,
            permissions: Some(metadata.permissions()),
        })
    }

    /// The path of something in the template, as it is written there.
    fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(self.root).unwrap_or(path);
        inside.display().to_string().replace('\\', "/")
    }

    fn mistake(&self, place: &str, error: &TemplateError) -> Failure {
        let names = TemplateValues::NAMES.join("`, `");
        unusable(self.root)
            .cause(format!("{place}, {error}"))
            .hint(format!(
                "placeholders are `{names}`, each as `{{{{ name }}}}`; `{{{{ '{{{{' }}}}` stands for `{{{{`"
            ))
    }
}

/// A `pyproject.toml` that cannot be read would be of no use: a description with a quote in it makes one.
fn check_manifest(root: &Path, files: &[NewFile]) -> Result<(), Failure> {
    let Some(file) = files.iter().find(|file| file.path == "pyproject.toml") else {
        return Ok(());
    };
    let text = String::from_utf8_lossy(&file.content);
    match Manifest::parse(&text) {
        Ok(_) => Ok(()),
        Err(error) => Err(unusable(root)
            .cause("its pyproject.toml, rendered, is none")
            .because(&error)),
    }
}

/// Whether a text is the name of one thing in a directory, on every system.
fn is_plain(name: &str) -> bool {
    let apart = |c: char| matches!(c, '/' | '\\') || c.is_control();
    let drive = cfg!(windows) && name.contains(':');
    let is_none = matches!(name, "" | "." | "..") || name.contains(apart) || drive;
    !is_none
}

fn unusable(root: &Path) -> Failure {
    Failure::usage(format!("could not use the template `{}`", root.display()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("could not read `{}`", path.display())).because(error)
}
