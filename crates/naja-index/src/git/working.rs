//! Working trees that people work in: made from a checkout of the cache, looked at, moved to
//! another commit. Nothing that somebody changed or committed there is lost.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use naja_spec::{SafeUrl, is_full_commit};

use super::GitConfig;
use super::checkout::{disk, large_files};
use super::error::GitFault;
use super::run::Git;
use crate::request::{Checkout, GitReference};

/// Marks a working tree as one that was made here.
const MARK: &str = "naja.checkout";

/// Makes, reads and moves working trees of one repository with the user's own git.
pub struct WorkingTrees<'a> {
    git: Git<'a>,
    /// The address without credentials.
    address: String,
    offline: bool,
    is_file: bool,
}

/// What a working tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeState {
    /// The full id of its commit.
    pub commit: String,
    /// The address of `origin`, if it has one.
    pub origin: Option<String>,
    /// Whether files that git knows differ from the commit.
    pub is_changed: bool,
    /// Whether it was made by [`WorkingTrees::make`].
    pub is_ours: bool,
}

/// Why a working tree was not moved to another commit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoveError {
    /// Files were changed.
    #[error("files in it were changed")]
    Changed,
    /// There are commits that no branch or tag of the repository has.
    #[error("commit {0} is on no branch of the repository")]
    OwnCommits(String),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitFault),
}

impl<'a> WorkingTrees<'a> {
    /// Prepares to work on trees of a repository; `stop` is asked whether the command ends.
    #[must_use]
    pub fn new(
        config: &'a GitConfig,
        stop: &'a dyn Fn() -> bool,
        url: &SafeUrl,
        offline: bool,
    ) -> Self {
        let clean = url.without_credentials().without_fragment();
        Self {
            git: Git::new(config, stop, url),
            address: clean.with_secrets().to_owned(),
            offline: offline && !url.is_file(),
            is_file: url.is_file(),
        }
    }

    /// The address of the repository, without credentials.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Looks at a directory; `None` if it is not the top of a working tree with a commit.
    ///
    /// # Errors
    /// Git cannot be started, or does not end in time.
    pub fn look(&self, tree: &Path) -> Result<Option<TreeState>, GitFault> {
        if !tree.join(".git").exists() {
            return Ok(None);
        }
        let head = self.git.attempt(tree, ["rev-parse", "--verify", "HEAD"])?;
        let commit = String::from_utf8_lossy(&head.output).trim().to_owned();
        if !head.status.success() || !is_full_commit(&commit) {
            return Ok(None);
        }
        let status = ["status", "--porcelain", "--untracked-files=no"];
        let status = self.git.run("status", tree, status)?;
        Ok(Some(TreeState {
            commit,
            origin: self.setting(tree, "remote.origin.url")?,
            is_changed: !status.is_empty(),
            is_ours: self.setting(tree, MARK)?.as_deref() == Some("true"),
        }))
    }

    /// Whether an address of `origin` names this repository.
    #[must_use]
    pub fn is_same(&self, origin: &str) -> bool {
        let plain = |text: &str| {
            let text = match SafeUrl::parse(text) {
                Ok(url) => url.without_credentials().with_secrets().to_owned(),
                Err(_) => text.to_owned(),
            };
            let text = text.trim_end_matches('/');
            text.strip_suffix(".git").unwrap_or(text).to_owned()
        };
        plain(origin) == plain(&self.address)
    }

    /// Fills an empty directory with a working tree that stands on its own: with its history, on
    /// the branch that was asked for.
    ///
    /// # Errors
    /// Git fails, or the disk is full.
    pub fn make(&self, checkout: &Checkout, tree: &Path, lfs: bool) -> Result<(), GitFault> {
        let git = &self.git;
        fs::create_dir_all(tree).map_err(|source| disk("create", tree, source))?;
        git.run("init", tree, ["init", "--quiet"])?;
        for (key, value) in [
            ("remote.origin.url", self.address.as_str()),
            ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
            (MARK, "true"),
        ] {
            git.run("config", tree, ["config", "--local", key, value])?;
        }
        self.bring(tree, checkout)?;
        let branch = self.branch(tree, checkout)?;
        match &branch {
            Some(branch) => {
                let arguments = ["checkout", "--quiet", "-B", branch, &checkout.commit];
                git.run("checkout", tree, arguments)?;
                let upstream = format!("--set-upstream-to=origin/{branch}");
                git.run("branch", tree, ["branch", "--quiet", &upstream])?;
            }
            None => {
                let arguments = ["checkout", "--quiet", "--detach", &checkout.commit];
                git.run("checkout", tree, arguments)?;
            }
        }
        self.complete(tree, lfs)
    }

    /// Moves a working tree to another commit: its branch where that is a step ahead, else it
    /// leaves the branch alone.
    ///
    /// # Errors
    /// Something in it would be lost, or git fails.
    pub fn move_to(&self, checkout: &Checkout, tree: &Path, lfs: bool) -> Result<(), MoveError> {
        let git = &self.git;
        let Some(state) = self.look(tree)? else {
            return Err(MoveError::Changed);
        };
        if state.is_changed {
            return Err(MoveError::Changed);
        }
        self.bring(tree, checkout)?;
        let ancestry = ["merge-base", "--is-ancestor", "HEAD", &checkout.commit];
        let is_ahead = git.attempt(tree, ancestry)?.status.success();
        if !is_ahead && !self.is_public(tree, &state.commit)? {
            return Err(MoveError::OwnCommits(state.commit));
        }
        let branch = git.attempt(tree, ["symbolic-ref", "--quiet", "--short", "HEAD"])?;
        let branch = String::from_utf8_lossy(&branch.output).trim().to_owned();
        let follows = match &checkout.reference {
            GitReference::Default => true,
            GitReference::Rev(revision) => *revision == branch,
        };
        if is_ahead && follows && !branch.is_empty() {
            let arguments = ["merge", "--quiet", "--ff-only", &checkout.commit];
            git.run("merge", tree, arguments)?;
        } else {
            let arguments = ["checkout", "--quiet", "--detach", &checkout.commit];
            git.run("checkout", tree, arguments)?;
        }
        Ok(self.complete(tree, lfs)?)
    }

    /// Brings the commit from the cache, and everything else from the repository if it can be
    /// reached.
    fn bring(&self, tree: &Path, checkout: &Checkout) -> Result<(), GitFault> {
        let git = &self.git;
        let from = checkout.path.as_os_str();
        let fetch = |what: &str| {
            let words = ["fetch", "--quiet", "--no-write-fetch-head", "--"].map(OsStr::new);
            git.attempt(tree, words.into_iter().chain([from, OsStr::new(what)]))
        };
        let near = fetch("HEAD")?;
        if near.status.success() {
            // Those that somebody moved stay where they are.
            let _tags = fetch("refs/tags/*:refs/tags/*")?;
        }
        if self.offline {
            return match near.status.success() {
                true => Ok(()),
                false => Err(git.fault("fetch", &near)),
            };
        }
        let far = git.attempt(tree, ["fetch", "--quiet", "origin"])?;
        match near.status.success() || far.status.success() {
            true => Ok(()),
            false => Err(git.fault("fetch", &far)),
        }
    }

    /// The branch that was asked for, if it is one and holds the commit.
    fn branch(&self, tree: &Path, checkout: &Checkout) -> Result<Option<String>, GitFault> {
        let git = &self.git;
        let name = match &checkout.reference {
            GitReference::Rev(revision) => {
                let plain = revision.strip_prefix("refs/heads/").unwrap_or(revision);
                plain.to_owned()
            }
            GitReference::Default if self.offline => return Ok(None),
            GitReference::Default => {
                let arguments = ["ls-remote", "--quiet", "--symref", "origin", "HEAD"];
                let said = git.attempt(tree, arguments)?;
                let said = String::from_utf8_lossy(&said.output).into_owned();
                let line = said
                    .lines()
                    .find_map(|line| line.strip_prefix("ref: refs/heads/"));
                match line.and_then(|line| line.split('\t').next()) {
                    Some(name) => name.to_owned(),
                    None => return Ok(None),
                }
            }
        };
        let full = format!("refs/remotes/origin/{name}");
        let found = git.attempt(tree, ["rev-parse", "--verify", "--quiet", &full])?;
        let is_there = found.status.success()
            && String::from_utf8_lossy(&found.output).trim() == checkout.commit;
        Ok(is_there.then_some(name))
    }

    /// Whether a branch or a tag of the repository leads to a commit.
    fn is_public(&self, tree: &Path, commit: &str) -> Result<bool, GitFault> {
        let contains = format!("--contains={commit}");
        let arguments = [
            "for-each-ref",
            "--count=1",
            &contains,
            "refs/remotes/origin",
            "refs/tags",
        ];
        Ok(!self.git.run("for-each-ref", tree, arguments)?.is_empty())
    }

    fn complete(&self, tree: &Path, lfs: bool) -> Result<(), GitFault> {
        if lfs {
            large_files(&self.git, tree)?;
        }
        if tree.join(".gitmodules").is_file() {
            self.git.submodules(tree, self.is_file)?;
        }
        Ok(())
    }

    fn setting(&self, tree: &Path, key: &str) -> Result<Option<String>, GitFault> {
        let found = self
            .git
            .attempt(tree, ["config", "--local", "--get", key])?;
        let value = String::from_utf8_lossy(&found.output).trim().to_owned();
        Ok((found.status.success() && !value.is_empty()).then_some(value))
    }
}
