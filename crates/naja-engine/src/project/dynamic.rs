//! The files that the dynamic metadata of a project comes from.
//!
//! What a backend reads cannot be known before it is asked; these are the files that it reads as a rule, and those
//! that the project names: what setuptools takes the requirements from, and `cache-keys`.

use std::path::{Path, PathBuf};

use naja_project::manifest::Workspace;
use naja_project::{CacheKey, ProjectFile};
use naja_spec::{Digest, Sha256};

use crate::session::Session;
use crate::trace::Look;

/// Files that dynamic metadata comes from as a rule.
const USUAL: [&str; 4] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
];

/// Notes for the trace what [`fingerprint`] reads of the members of a workspace.
pub(super) fn note(session: &Session, workspace: &Workspace) {
    let dynamic = workspace.members.iter().filter(|member| {
        let project = member.manifest.project.as_ref();
        project.is_some_and(|project| !project.dynamic.is_empty())
    });
    for member in dynamic {
        for name in files(&member.dir) {
            session.trace.note(Look::Content, &member.dir.join(name));
        }
    }
}

/// A digest of the files that the dynamic metadata of a project comes from.
pub(super) fn fingerprint(dir: &Path) -> String {
    let mut bytes = Vec::new();
    for name in files(dir) {
        if let Ok(text) = std::fs::read(dir.join(&name)) {
            bytes.extend_from_slice(name.as_os_str().as_encoded_bytes());
            bytes.extend_from_slice(&text);
        }
    }
    Digest::from(Sha256::of(&bytes)).to_string()
}

/// The files, relative to the directory of the project: the usual ones first, in their order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = USUAL.iter().map(PathBuf::from).collect();
    let text = std::fs::read_to_string(dir.join("pyproject.toml")).unwrap_or_default();
    let mut named = Vec::new();
    if let Ok(project) = ProjectFile::parse(&text) {
        named.extend(project.requirement_files);
        let keys = project.cache_keys.unwrap_or_default().into_iter();
        named.extend(keys.filter_map(|key| match key {
            CacheKey::Files(name) if !name.contains(['*', '?', '[']) => Some(name),
            _ => None,
        }));
    }
    for name in named.into_iter().map(PathBuf::from) {
        if !files.contains(&name) {
            files.push(name);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_files_count_after_the_usual_ones() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        let plain = fingerprint(dir.path());
        write("deps.in", "harry\n");
        assert_eq!(fingerprint(dir.path()), plain, "nobody names it");
        write(
            "pyproject.toml",
            "[tool.setuptools.dynamic]\ndependencies = { file = [\"deps.in\"] }\n\
             optional-dependencies.x = { file = \"x.in\" }\n\
             [tool.uv]\ncache-keys = [\"version.txt\", { file = \"src/*.c\" }]\n",
        );
        let names = ["deps.in", "x.in", "version.txt"].map(PathBuf::from);
        assert_eq!(files(dir.path())[4..], names);
        let before = fingerprint(dir.path());
        write("deps.in", "ron\n");
        let after = fingerprint(dir.path());
        assert_ne!(before, after);
        write("x.in", "");
        assert_ne!(fingerprint(dir.path()), after);
    }
}
