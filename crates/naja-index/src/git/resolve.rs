//! From the name of a branch, tag or commit to a commit that is in the bare copy.

use std::path::Path;

use naja_spec::is_full_commit;

use super::error::GitFault;
use super::run::Git;
use crate::request::GitReference;

/// Fetches what a reference names and returns the full commit id.
pub(super) fn resolve(
    git: &Git<'_>,
    db: &Path,
    address: &str,
    reference: &GitReference,
) -> Result<String, GitFault> {
    let revision = match reference {
        GitReference::Default => return default_branch(git, db, address),
        GitReference::Rev(revision) => revision.as_str(),
    };
    if is_full_commit(revision) {
        let commit = revision.to_ascii_lowercase();
        fetch_commit(git, db, address, &commit)?;
        return Ok(commit);
    }
    if let Some((reference, _)) = ask(git, db, address, revision)? {
        return fetch_reference(git, db, address, &reference);
    }
    // A short id, or words of git such as `main~2`: only the whole history can tell.
    let short = revision.len() >= 4 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if short || revision.contains(['~', '^']) {
        if short && let Ok(commit) = commit_of(git, db, revision) {
            return Ok(commit);
        }
        fetch_all(git, db, address)?;
        return commit_of(git, db, revision);
    }
    Err(GitFault::NoRevision(revision.to_owned()))
}

/// Fetches every branch and tag with its history.
fn fetch_all(git: &Git<'_>, db: &Path, address: &str) -> Result<(), GitFault> {
    let names = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
    fetch(git, db, address, &names)
}

fn default_branch(git: &Git<'_>, db: &Path, address: &str) -> Result<String, GitFault> {
    match ask(git, db, address, "HEAD")? {
        Some(_) => fetch_reference(git, db, address, "HEAD"),
        None => Err(GitFault::Empty),
    }
}

/// Asks the repository for a branch, else a tag, else a full reference of this name.
fn ask(
    git: &Git<'_>,
    db: &Path,
    address: &str,
    revision: &str,
) -> Result<Option<(String, String)>, GitFault> {
    let names = match revision {
        "HEAD" => vec!["HEAD".to_owned()],
        full if full.starts_with("refs/") => vec![full.to_owned()],
        plain => vec![format!("refs/heads/{plain}"), format!("refs/tags/{plain}")],
    };
    let mut arguments = vec!["ls-remote", "--quiet", "--", address];
    arguments.extend(names.iter().map(String::as_str));
    let output = git.run("ls-remote", db, arguments)?;
    let output = String::from_utf8_lossy(&output);
    let found: Vec<(&str, &str)> = output
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(id, _)| is_full_commit(id))
        .collect();
    let exact = |name: &String| {
        let hit = found.iter().find(|(_, reference)| reference == name)?;
        Some((name.clone(), hit.0.to_owned()))
    };
    Ok(names.iter().find_map(exact))
}

fn fetch_reference(
    git: &Git<'_>,
    db: &Path,
    address: &str,
    reference: &str,
) -> Result<String, GitFault> {
    let kept = match reference.strip_prefix("refs/") {
        Some(rest) => format!("refs/naja/{rest}"),
        None => "refs/naja/head".to_owned(),
    };
    fetch(git, db, address, &[&format!("+{reference}:{kept}")])?;
    // A tag that is an object of its own leads to its commit.
    commit_of(git, db, &kept)
}

fn fetch_commit(git: &Git<'_>, db: &Path, address: &str, commit: &str) -> Result<(), GitFault> {
    if has(git, db, commit)? {
        return Ok(());
    }
    let alone = fetch(
        git,
        db,
        address,
        &[&format!("+{commit}:refs/naja/commits/{commit}")],
    );
    match alone {
        Err(
            fault @ (GitFault::Unauthorized(_)
            | GitFault::NoRepository(_)
            | GitFault::NoGit
            | GitFault::Unreachable(_)
            | GitFault::Stopped
            | GitFault::Transport(_)
            | GitFault::TimedOut(_)),
        ) => return Err(fault),
        Ok(()) if has(git, db, commit)? => return Ok(()),
        _ => {}
    }
    // A server that hands out nothing but what a name leads to.
    fetch_all(git, db, address)?;
    if has(git, db, commit)? {
        return Ok(());
    }
    Err(GitFault::NoRevision(commit.to_owned()))
}

fn fetch(git: &Git<'_>, db: &Path, address: &str, what: &[&str]) -> Result<(), GitFault> {
    let mut arguments = vec![
        "fetch",
        "--quiet",
        "--force",
        "--update-head-ok",
        "--no-write-fetch-head",
        "--",
        address,
    ];
    arguments.extend(what);
    git.run("fetch", db, arguments).map(drop)
}

/// Whether the bare copy has a commit with its whole history.
pub(super) fn has(git: &Git<'_>, db: &Path, commit: &str) -> Result<bool, GitFault> {
    let object = format!("{commit}^{{commit}}");
    let outcome = git.attempt(db, ["cat-file", "-e", object.as_str()])?;
    Ok(outcome.status.success())
}

fn commit_of(git: &Git<'_>, db: &Path, revision: &str) -> Result<String, GitFault> {
    let object = format!("{revision}^{{commit}}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &object,
    ];
    let outcome = git.attempt(db, arguments)?;
    let text = String::from_utf8_lossy(&outcome.output);
    let commit = text.lines().last().unwrap_or_default().trim();
    if outcome.status.success() && is_full_commit(commit) {
        return Ok(commit.to_owned());
    }
    if let GitFault::Failed { message, .. } = git.fault("rev-parse", &outcome)
        && message.contains("ambiguous")
    {
        return Err(GitFault::AmbiguousRevision(revision.to_owned()));
    }
    Err(GitFault::NoRevision(revision.to_owned()))
}
