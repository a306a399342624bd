//! Commits of repositories that were locked before, and stay.

use std::collections::BTreeMap;

use naja_lock::ProjectLock;
use naja_lock::pylock::{FilePlace, LockedSource};
use naja_resolve::PackageSet;
use naja_spec::{GitUrl, SafeUrl, is_full_commit};

use super::Pipeline;

/// By repository and revision: which commit was meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownCommits(BTreeMap<(String, Option<String>), String>);

impl KnownCommits {
    /// Keeps what a lock has, without what is to be replaced.
    pub(crate) fn keep_all(&mut self, lock: &ProjectLock, upgrade: &PackageSet) {
        for package in &lock.file.packages {
            if let LockedSource::Vcs {
                kind,
                place: FilePlace::Url(url),
                requested_revision,
                commit_id,
                ..
            } = &package.source
                && kind == "git"
                && !upgrade.contains(&package.name)
            {
                self.keep(url, requested_revision.as_deref(), commit_id);
            }
        }
    }

    /// Keeps one. What is kept already stays.
    pub(crate) fn keep(&mut self, repository: &SafeUrl, reference: Option<&str>, commit: &str) {
        if is_full_commit(commit) {
            let key = (same(repository), reference.map(str::to_owned));
            self.0.entry(key).or_insert_with(|| commit.to_owned());
        }
    }

    /// The commit that was meant by an address.
    pub(super) fn of(&self, git: &GitUrl) -> Option<&str> {
        if self.0.is_empty() || git.revision().is_some_and(is_full_commit) {
            return None;
        }
        let key = (same(git.repository()), git.revision().map(str::to_owned));
        self.0.get(&key).map(String::as_str)
    }
}

impl Pipeline {
    /// Takes over which commits are known: branches and tags then lead there.
    pub(crate) fn keeps_commits(&mut self, commits: KnownCommits) {
        self.commits = commits;
    }
}

/// A repository whatever its address ends with.
fn same(repository: &SafeUrl) -> String {
    let bare = repository.without_credentials().without_fragment();
    let text = bare.with_secrets().trim_end_matches('/');
    text.strip_suffix(".git").unwrap_or(text).to_owned()
}
