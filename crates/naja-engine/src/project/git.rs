//! What git knows about a lock: earlier revisions, the sides of a merge, and where its configuration is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::session::Session;

/// The user's git, asked in one directory.
pub(super) struct Git<'a> {
    session: &'a Session,
    dir: &'a Path,
}

impl<'a> Git<'a> {
    pub(super) fn new(session: &'a Session, dir: &'a Path) -> Self {
        Self { session, dir }
    }

    /// The lock as it is in a revision; an empty text if the revision has none.
    ///
    /// # Errors
    /// There is no git, no repository, or no such revision.
    pub(super) fn file_at(&self, revision: &str, name: &str) -> Result<String, Failure> {
        if revision.starts_with('-') {
            return Err(Failure::usage(format!("`{revision}` is no revision")));
        }
        let (place, name) = match revision.split_once(':') {
            Some((revision, path)) => (revision, path.to_owned()),
            None => (revision, format!("./{name}")),
        };
        let commit = format!("{place}^{{commit}}");
        if let Err(said) = self.asked(&["rev-parse", "--verify", "--quiet", &commit])? {
            let inside = self.asked(&["rev-parse", "--git-dir"])?;
            return Err(match inside {
                Err(_) => {
                    Failure::usage(format!("`{}` is in no git repository", self.dir.display()))
                        .hint("name two files: `naja lock diff OLD NEW`")
                }
                Ok(_) if place == "HEAD" => {
                    Failure::usage("nothing is committed yet in this repository")
                        .hint("name two files: `naja lock diff OLD NEW`")
                }
                Ok(_) => Failure::usage(format!("git knows no revision `{place}`"))
                    .cause_if(&said)
                    .hint("name a commit, a branch or a tag, or a file that is there"),
            });
        }
        let object = format!("{place}:{name}");
        let there = self.asked(&["cat-file", "-e", &object])?;
        if there.is_err() {
            return Ok(String::new());
        }
        self.asked(&["show", &object])?.map_err(|said| {
            Failure::environment(format!("git could not show {object}")).cause_if(&said)
        })
    }

    /// What a merge left of a file in the index: the ancestor and the two sides; `None` if it is not unmerged.
    pub(super) fn stages(&self, name: &str) -> Option<(Option<String>, String, String)> {
        let stage = |number: u8| {
            let object = format!(":{number}:./{name}");
            self.asked(&["show", &object]).ok()?.ok()
        };
        Some((stage(1), stage(2)?, stage(3)?))
    }

    /// The file of settings of this repository.
    ///
    /// # Errors
    /// There is no git, or no repository.
    pub(super) fn config_file(&self) -> Result<PathBuf, Failure> {
        let path = self.asked(&["rev-parse", "--git-path", "config"])?;
        let path = path.map_err(|said| {
            Failure::usage(format!("`{}` is in no git repository", self.dir.display()))
                .cause_if(&said)
                .hint("`git init` makes one")
        })?;
        Ok(self.dir.join(path.trim_end_matches(['\n', '\r'])))
    }

    /// What git answers; inside, what it says where it refuses.
    fn asked(&self, arguments: &[&str]) -> Result<Result<String, String>, Failure> {
        let mut command = Command::new("git");
        command
            .env_clear()
            .envs(&self.session.process.vars)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .current_dir(self.dir)
            .stdin(Stdio::null())
            .args(arguments);
        let output = command.output().map_err(|error| {
            Failure::environment("could not start git")
                .because(&error)
                .hint("install git, or name two files: `naja lock diff OLD NEW`")
        })?;
        if output.status.success() {
            return Ok(Ok(String::from_utf8_lossy(&output.stdout).into_owned()));
        }
        Ok(Err(String::from_utf8_lossy(&output.stderr)
            .trim()
            .to_owned()))
    }
}

impl Failure {
    /// Adds what another program said, if it said anything.
    fn cause_if(self, said: &str) -> Self {
        match said.lines().next() {
            Some(line) if !line.is_empty() => self.cause(line.to_owned()),
            _ => self,
        }
    }
}
