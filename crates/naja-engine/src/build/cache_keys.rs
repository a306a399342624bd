//! What a directory's build depends on where its project says so (`cache-keys`).

use std::fs;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use naja_project::{CacheKey, ProjectFile};
use sha2::{Digest, Sha256};

use super::tree;

/// More files than this are not looked at: the project is built each time.
const MOST_FILES: usize = 50_000;
/// Begins fingerprints of this kind.
const MARK: &str = "keys ";
/// Begins fingerprints of projects that are used where they lie.
const EDITABLE_MARK: &str = "editable ";

/// What a directory's build depends on, in short: what its `cache-keys` name, else everything in
/// it. `None` where that is too much to look at.
pub(crate) fn fingerprint(
    root: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    match chosen(root, variable) {
        Some(chosen) => chosen,
        None => tree::fingerprint(root),
    }
}

/// What decides about installing an editable project again: what its `cache-keys` name, else the
/// files that declare it, and whether its code is in `src`. Its code is used where it lies.
pub(crate) fn editable_fingerprint(
    root: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    if let Some(chosen) = chosen(root, variable) {
        return chosen;
    }
    let mut hash = Sha256::new();
    for name in ["pyproject.toml", "setup.py", "setup.cfg"] {
        let content = fs::read(root.join(name)).ok();
        hash.update([u8::from(content.is_some())]);
        let content = content.unwrap_or_default();
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    hash.update([u8::from(root.join("src").is_dir())]);
    Some(format!("{EDITABLE_MARK}{}", short(hash)))
}

/// The fingerprint of what a project names; `None` if it names nothing.
#[expect(
    clippy::option_option,
    reason = "it may name more than can be looked at"
)]
fn chosen(root: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Option<Option<String>> {
    let text = fs::read_to_string(root.join("pyproject.toml")).unwrap_or_default();
    let project = match text.contains("cache-keys") {
        true => ProjectFile::parse(&text).ok(),
        false => None,
    };
    let keys = project.and_then(|project| project.cache_keys)?;
    Some(of_keys(root, (&text, &keys), variable))
}

fn of_keys(
    root: &Path,
    (text, keys): (&str, &[CacheKey]),
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut hash = Sha256::new();
    add(&mut hash, "project", text);
    let mut left = MOST_FILES;
    for key in keys {
        match key {
            CacheKey::Files(pattern) => files(root, pattern, &mut hash, &mut left)?,
            CacheKey::Directory(path) => {
                let is_there = root.join(path).is_dir();
                add(&mut hash, "dir", &format!("{path} {is_there}"));
            }
            CacheKey::Variable(name) => {
                add(&mut hash, "env", &format!("{name}={:?}", variable(name)));
            }
            CacheKey::Git { commit, tags } => {
                let repository = Repository::around(root);
                let commit = repository.as_ref().filter(|_| *commit);
                add(
                    &mut hash,
                    "commit",
                    &format!("{:?}", commit.map(Repository::commit)),
                );
                let tags = repository.as_ref().filter(|_| *tags);
                add(
                    &mut hash,
                    "tags",
                    &format!("{:?}", tags.map(Repository::tags)),
                );
            }
        }
    }
    Some(format!("{MARK}{}", short(hash)))
}

fn short(hash: Sha256) -> String {
    let digest = hash.finalize();
    digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

fn add(hash: &mut Sha256, kind: &str, text: &str) {
    for part in [kind, text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
}

/// Names, sizes and times of the files of a pattern.
fn files(root: &Path, pattern: &str, hash: &mut Sha256, left: &mut usize) -> Option<()> {
    add(hash, "file", pattern);
    if !pattern.contains(['*', '?', '[']) {
        let path = root.join(pattern);
        tree::stamp(&path, pattern, hash);
        return Some(());
    }
    let whole = format!("{}/{pattern}", Pattern::escape(&root.to_string_lossy()));
    let Ok(found) = glob::glob_with(&whole, MatchOptions::new()) else {
        return Some(());
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in found.flatten().filter(|path| path.is_file()) {
        *left = left.checked_sub(1)?;
        paths.push(path);
    }
    paths.sort();
    for path in &paths {
        let shown = path.strip_prefix(root).unwrap_or(path);
        tree::stamp(path, &shown.to_string_lossy(), hash);
    }
    Some(())
}

/// The directories of a repository's own files.
struct Repository {
    /// That of the working tree.
    own: PathBuf,
    /// That with what all its working trees share.
    shared: PathBuf,
}

impl Repository {
    fn around(root: &Path) -> Option<Self> {
        let git = root
            .ancestors()
            .map(|dir| dir.join(".git"))
            .find(|git| git.exists())?;
        let own = match fs::read_to_string(&git) {
            // Another working tree of a repository, or a submodule.
            Ok(text) => {
                let path = text.trim().strip_prefix("gitdir:")?.trim();
                git.parent()?.join(path)
            }
            Err(_) => git,
        };
        let shared = fs::read_to_string(own.join("commondir"));
        let shared = shared.map_or_else(|_| own.clone(), |path| own.join(path.trim()));
        Some(Self { own, shared })
    }

    fn commit(&self) -> Option<String> {
        let head = fs::read_to_string(self.own.join("HEAD")).ok()?;
        let Some(name) = head.trim().strip_prefix("ref:") else {
            return Some(head.trim().to_owned());
        };
        let name = name.trim();
        if let Ok(id) = fs::read_to_string(self.shared.join(name)) {
            return Some(id.trim().to_owned());
        }
        let mut packed = self.packed();
        packed.find_map(|(id, at)| (at == name).then_some(id))
    }

    /// The tags with what they lead to, in order.
    fn tags(&self) -> Vec<(String, String)> {
        let mut tags: Vec<(String, String)> = self
            .packed()
            .filter(|(_, name)| name.starts_with("refs/tags/"))
            .map(|(id, name)| (name, id))
            .collect();
        let mut open = vec![(self.shared.join("refs/tags"), "refs/tags".to_owned())];
        while let Some((dir, name)) = open.pop() {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                let name = format!("{name}/{}", entry.file_name().to_string_lossy());
                if path.is_dir() {
                    open.push((path, name));
                } else if let Ok(id) = fs::read_to_string(&path) {
                    tags.retain(|(known, _)| *known != name);
                    tags.push((name, id.trim().to_owned()));
                }
            }
        }
        tags.sort();
        tags
    }

    fn packed(&self) -> impl Iterator<Item = (String, String)> + use<> {
        let text = fs::read_to_string(self.shared.join("packed-refs")).unwrap_or_default();
        let lines: Vec<_> = text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, name)| (id.to_owned(), name.trim().to_owned()))
            .collect();
        lines.into_iter()
    }
}
