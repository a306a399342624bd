//! A script and its metadata, read.

use std::path::{Component, Path, PathBuf};

use naja_project::Files;
use naja_project::manifest::{Manifest, Member, Workspace};
use naja_project::settings::ScriptTables;
use naja_spec::{PackageName, ScriptBlock, script_block, script_trouble};

use crate::disk::Disk;
use crate::failure::Failure;
use crate::process::ProcessEnv;
use crate::session::Session;
use crate::trace::Recorder;

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// The file, links followed; `None` for standard input and what came from an address.
    pub(crate) file: Option<PathBuf>,
    /// What it is called in words.
    pub(crate) shown: String,
    /// Where relative paths of its metadata start.
    pub(crate) dir: PathBuf,
    /// Its text.
    pub(crate) text: String,
    /// Its metadata.
    pub(crate) block: Option<ScriptBlock>,
}

impl Script {
    /// Reads a script; `None` if it is not UTF-8, and has no metadata therefore.
    ///
    /// # Errors
    /// There is no such file, or it has two blocks of metadata.
    pub(crate) fn open(process: &ProcessEnv, given: &Path) -> Result<Option<Self>, Failure> {
        let path = Self::real_path(process, given);
        let shown = given.display().to_string();
        let read = Disk.read(&path);
        let read = read.map_err(|error| unreadable(&shown, &error))?;
        let Some(bytes) = read else {
            return Err(Failure::usage(format!("there is no script `{shown}`"))
                .hint(format!("`naja init --script {shown}` makes one")));
        };
        let dir = path.parent().unwrap_or(Path::new("/")).to_path_buf();
        let script = Self::of_text(&bytes, shown, dir)?;
        Ok(script.map(|script| Self {
            file: Some(path),
            ..script
        }))
    }

    /// The path of a script: a link to it is followed, and no `..` is in it.
    pub(crate) fn real_path(process: &ProcessEnv, given: &Path) -> PathBuf {
        let path = process.absolute(given);
        straight(match std::fs::read_link(&path) {
            Ok(_link) => naja_python::real_path(&path).unwrap_or(path),
            Err(_no_link) => path,
        })
    }

    /// Notes a script for the trace, before it is read.
    pub(crate) fn note(trace: &Recorder, process: &ProcessEnv, given: &Path) {
        if trace.is_on() {
            trace.script(&process.absolute(given), &Self::real_path(process, given));
        }
    }

    /// Understands the text of a script that is no file.
    ///
    /// # Errors
    /// It has two blocks of metadata.
    pub(crate) fn of_text(
        bytes: &[u8],
        shown: String,
        dir: PathBuf,
    ) -> Result<Option<Self>, Failure> {
        // A block must be UTF-8; without one the script's encoding is Python's affair.
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Ok(None);
        };
        let block = script_block(text).map_err(|error| unreadable(&shown, &error))?;
        Ok(Some(Self {
            file: None,
            dir,
            text: text.to_owned(),
            block,
            shown,
        }))
    }

    /// Reads the script that a command is about.
    ///
    /// # Errors
    /// As [`Self::open`]; or it is not UTF-8.
    pub(crate) fn named(session: &Session, given: &Path) -> Result<Self, Failure> {
        Self::open(&session.process, given)?.ok_or_else(|| {
            let shown = given.display();
            Failure::usage(format!("the script `{shown}` is not UTF-8"))
                .cause("its metadata has to be (PEP 723)")
                .hint("save it as UTF-8")
        })
    }

    /// The script with another text.
    ///
    /// # Errors
    /// As [`Self::of_text`].
    pub(crate) fn with_text(&self, text: String) -> Result<Self, Failure> {
        let block = script_block(&text).map_err(|error| unreadable(&self.shown, &error))?;
        Ok(Self {
            text,
            block,
            ..self.clone()
        })
    }

    /// Demands that there is metadata.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn demand_block(&self) -> Result<(), Failure> {
        if self.block.is_some() {
            return Ok(());
        }
        let shown = &self.shown;
        let failure = Failure::usage(format!("the script `{shown}` has no metadata"));
        Err(match script_trouble(&self.text) {
            Some(trouble) => failure.because(&trouble),
            None => failure
                .cause("it has no `# /// script` block (PEP 723)")
                .hint(format!("`naja init --script {shown}` gives it one")),
        })
    }

    /// The content of the block as TOML, each line where it stands in the script.
    pub(crate) fn toml(&self) -> Option<String> {
        let block = self.block.as_ref()?;
        let mut toml = "\n".repeat(block.line);
        toml.push_str(&block.content);
        Some(toml)
    }

    /// The metadata as the manifest of a project.
    ///
    /// # Errors
    /// It has a mistake; the failure names the line of the script.
    pub(crate) fn manifest(&self) -> Result<Option<Manifest>, Failure> {
        let Some(toml) = self.toml() else {
            return Ok(None);
        };
        let manifest = Manifest::of_script(&toml, self.name()?);
        let manifest = manifest.map_err(|error| {
            Failure::usage(format!(
                "could not read the metadata of the script `{}`",
                self.shown
            ))
            .because(&error)
        })?;
        Ok(Some(manifest))
    }

    /// The script as the only project of a workspace.
    ///
    /// # Errors
    /// As [`Self::manifest`].
    pub(crate) fn workspace(&self) -> Result<Option<Workspace>, Failure> {
        let Some(manifest) = self.manifest()? else {
            return Ok(None);
        };
        let manifest = std::sync::Arc::new(manifest);
        Ok(Some(Workspace {
            root: self.dir.clone(),
            manifest: manifest.clone(),
            members: vec![Member {
                name: self.name()?,
                dir: self.dir.clone(),
                manifest,
            }],
            current: Some(0),
        }))
    }

    /// The name under which a lock knows the script; no package is called so.
    fn name(&self) -> Result<PackageName, Failure> {
        let file = self.file.as_deref().and_then(Path::file_name);
        let file = file.unwrap_or_default().to_string_lossy();
        let tidy = |c: char| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_lowercase(),
            false => '-',
        };
        let tidy: String = file.chars().map(tidy).collect();
        let name = match tidy.trim_matches('-') {
            "" => "script".to_owned(),
            tidy => format!("script-{tidy}"),
        };
        PackageName::parse(&name)
            .map_err(|error| Failure::usage("the script has no name").because(&error))
    }

    /// What its environments are called.
    pub(crate) fn label(&self) -> String {
        let stem = self.file.as_deref().and_then(Path::file_stem);
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
        stem.unwrap_or_else(|| "script".to_owned())
    }

    /// The path of the file; `-` for standard input.
    pub(crate) fn path(&self) -> PathBuf {
        self.file.clone().unwrap_or_else(|| PathBuf::from("-"))
    }

    /// The path of its lock; what is no file has none.
    pub(crate) fn lock_path(&self) -> Option<PathBuf> {
        let mut path = self.file.clone()?.into_os_string();
        path.push(".lock");
        Some(path.into())
    }

    /// Its settings, with the tables' places.
    pub(crate) fn tables<'a>(&'a self, toml: &'a str) -> ScriptTables<'a> {
        ScriptTables {
            path: self.file.as_deref().unwrap_or(Path::new("-")),
            toml,
        }
    }
}

/// A path without `..`, which may lead through links; relative paths are counted from it.
fn straight(path: PathBuf) -> PathBuf {
    if !path.components().any(|part| part == Component::ParentDir) {
        return path;
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return path;
    };
    naja_python::real_path(parent).map_or_else(|_gone| path.clone(), |dir| dir.join(name))
}

/// A script that cannot be read.
pub(crate) fn unreadable(shown: &str, error: &dyn std::error::Error) -> Failure {
    Failure::usage(format!("could not read the script `{shown}`")).because(error)
}
