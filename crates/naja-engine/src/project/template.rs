//! The files of a template, rendered (`naja init --template`).

use std::fs::{self, DirEntry, Metadata};
use std::path::{Path, PathBuf};

use naja_project::manifest::Manifest;
use naja_project::{TemplateError, TemplateValues};

use super::new_files::NewFile;
use super::template_source::TemplateFiles;
use crate::failure::Failure;

/// What belongs to no template: what version control and Python keep beside the files.
const PASSED_OVER: [&str; 5] = [".git", ".hg", ".jj", ".venv", "__pycache__"];

/// A template has no more files than this, and no more bytes.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 256 << 20;

/// A template that is being read.
struct Template<'a> {
    root: &'a Path,
    /// How messages call it.
    called: &'a str,
    /// How many bytes were read.
    bytes: u64,
    values: &'a TemplateValues,
    files: Vec<NewFile>,
}

/// Reads all files of a template and renders their names and contents; nothing is written.
///
/// # Errors
/// Something in it is neither a file nor a directory, a text cannot be rendered, or there is too much of it.
pub(super) fn read(
    source: &TemplateFiles,
    values: &TemplateValues,
) -> Result<Vec<NewFile>, Failure> {
    let (root, called) = (&source.root, &source.called);
    let mut template = Template {
        root,
        called,
        bytes: 0,
        values,
        files: Vec::new(),
    };
    let mut left = vec![(root.clone(), String::new())];
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
            unusable(called).cause(format!("two of its files would both be `{}`", first.path))
        );
    }
    check_manifest(called, &files)?;
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
        if PASSED_OVER
            .iter()
            .any(|passed| name.eq_ignore_ascii_case(passed))
        {
            return Ok(None);
        }
        let shown = self.shown(&path);
        let Some(name) = name.to_str() else {
            let cause = format!("the name of `{shown}` is not UTF-8");
            return Err(unusable(self.called).cause(cause));
        };
        let named = self
            .values
            .render(name)
            .map_err(|error| self.mistake(&format!("the name of `{shown}`"), &error))?;
        if !is_plain(&named) {
            return Err(unusable(self.called)
                .cause(format!("`{shown}` would be called `{named}`"))
                .hint("a name has no `/`, is not empty, and is none of `.`, `..` and `.git`"));
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
            return Err(unusable(self.called)
                .cause(format!("`{shown}` is neither a file nor a directory"))
                .hint("links are not followed: put the file itself there"));
        }
        self.bytes = self.bytes.saturating_add(metadata.len());
        if self.bytes > MOST_BYTES || self.files.len() >= MOST_FILES {
            let (files, size) = (MOST_FILES, MOST_BYTES >> 20);
            let cause = format!("it has more than {files} files, or more than {size} MiB");
            return Err(unusable(self.called).cause(cause));
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
        unusable(self.called)
            .cause(format!("{place}, {error}"))
            .hint(format!(
                "placeholders are `{names}`, each as `{{{{ name }}}}`; `{{{{ '{{{{' }}}}` stands for `{{{{`"
            ))
    }
}

/// A `pyproject.toml` that cannot be read would be of no use: a description with a quote in it makes one.
fn check_manifest(called: &str, files: &[NewFile]) -> Result<(), Failure> {
    let Some(file) = files.iter().find(|file| file.path == "pyproject.toml") else {
        return Ok(());
    };
    let text = String::from_utf8_lossy(&file.content);
    match Manifest::parse(&text) {
        Ok(_) => Ok(()),
        Err(error) => Err(unusable(called)
            .cause("its pyproject.toml, rendered, is none")
            .because(&error)),
    }
}

/// Whether a text is the name of one thing in a directory, on every system, and not of what git keeps to itself.
fn is_plain(name: &str) -> bool {
    let apart = |c: char| matches!(c, '/' | '\\') || c.is_control();
    let drive = cfg!(windows) && name.contains(':');
    let is_none = matches!(name, "" | "." | "..") || name.contains(apart) || drive;
    let of_git = [".git", "git~1"];
    let is_of_git = of_git.iter().any(|own| name.eq_ignore_ascii_case(own));
    !is_none && !is_of_git
}

fn unusable(called: &str) -> Failure {
    Failure::usage(format!("could not use the template `{called}`"))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("could not read `{}`", path.display())).because(error)
}
