//! Removing many files by few moves.
//!
//! A directory in which nothing would remain is moved as one; compiled files go with their
//! sources. Symbolic links are never followed: only what a listing calls a directory is entered.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::roots::{Place, Roots};

/// What is to go, as a tree of names.
#[derive(Debug, Default)]
struct Node {
    /// The entry goes: as a file, or with everything in it.
    file: bool,
    tree: bool,
    children: FxHashMap<Box<str>, Node>,
}

/// Collects what is to go.
#[derive(Debug)]
pub(crate) struct Doomed {
    roots: Vec<Node>,
}

/// Says how to remove what was collected.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// Files and directories to move away, none inside another.
    pub(crate) moves: Vec<PathBuf>,
    /// Directories that RECORD expects and that are symbolic links.
    pub(crate) behind_links: Vec<PathBuf>,
}

impl Doomed {
    pub(crate) fn new(roots: &Roots) -> Self {
        Self {
            roots: (0..roots.count()).map(|_| Node::default()).collect(),
        }
    }

    /// Adds a file.
    pub(crate) fn add_file(&mut self, place: &Place) {
        if let Some(node) = self.node(place) {
            node.file = true;
        }
    }

    /// Adds a directory with everything in it.
    pub(crate) fn add_tree(&mut self, place: &Place) {
        if let Some(node) = self.node(place) {
            node.tree = true;
        }
    }

    fn node(&mut self, place: &Place) -> Option<&mut Node> {
        if place.path.is_empty() {
            return None;
        }
        let mut node = &mut self.roots[usize::from(place.root)];
        for part in place.path.split('/') {
            // Most names are known already: `entry` would allocate for each.
            if !node.children.contains_key(part) {
                node.children.insert(part.into(), Node::default());
            }
            node = node.children.get_mut(part)?;
        }
        Some(node)
    }

    /// Looks at the directories and finds the fewest moves.
    pub(crate) fn sweep(&self, roots: &Roots) -> Result<Sweep, (PathBuf, io::Error)> {
        let mut sweep = Sweep::default();
        for (root, node) in (0_u8..).zip(&self.roots) {
            if !node.children.is_empty() {
                let place = Place {
                    root,
                    path: String::new(),
                };
                sweep.directory(roots, &place, node)?;
            }
        }
        Ok(sweep)
    }
}

impl Sweep {
    /// Returns true when nothing would remain in the directory; its own move is then the
    /// caller's.
    fn directory(
        &mut self,
        roots: &Roots,
        place: &Place,
        node: &Node,
    ) -> Result<bool, (PathBuf, io::Error)> {
        let path = roots.path(place);
        let entries = match list(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err((path, error)),
        };
        let mut gone = Vec::new();
        let mut remains = roots.is_permanent(place);
        for (name, is_dir, is_link) in entries {
            let Some(name) = name.to_str() else {
                remains = true;
                continue;
            };
            let child = node.children.get(name);
            let goes = match child {
                Some(child) if child.tree => true,
                child if is_dir && name == "__pycache__" => {
                    self.compiled(&path.join(name), node, child)?
                }
                Some(child) if is_dir && !child.children.is_empty() => {
                    self.directory(roots, &place.join(name), child)?
                }
                Some(child) if !is_dir && child.file => true,
                Some(child) if is_link && !child.children.is_empty() => {
                    self.behind_links.push(path.join(name));
                    false
                }
                _ => false,
            };
            if goes {
                gone.push(path.join(name));
            } else {
                remains = true;
            }
        }
        if remains {
            self.moves.extend(gone);
        }
        Ok(!remains)
    }

    /// Finds the compiled files that are listed, or whose sources go from the directory above.
    fn compiled(
        &mut self,
        cache: &Path,
        sources: &Node,
        listed: Option<&Node>,
    ) -> Result<bool, (PathBuf, io::Error)> {
        let stems: FxHashSet<&str> = sources
            .children
            .iter()
            .filter(|(_, node)| node.file)
            .filter_map(|(name, _)| name.strip_suffix(".py"))
            .collect();
        if stems.is_empty() && listed.is_none() {
            return Ok(false);
        }
        let entries = list(cache).map_err(|error| (cache.to_path_buf(), error))?;
        let mut gone = Vec::new();
        let mut remains = false;
        for (name, is_dir, _) in entries {
            let text = name.to_str().unwrap_or_default();
            let is_listed = listed
                .and_then(|node| node.children.get(text))
                .is_some_and(|node| node.file);
            let orphan = compiled_stem(text).is_some_and(|stem| stems.contains(stem));
            if !is_dir && (is_listed || orphan) {
                gone.push(cache.join(&name));
            } else {
                remains = true;
            }
        }
        if remains {
            self.moves.extend(gone);
        }
        Ok(!remains)
    }
}

/// Lists the compiled files of a module at a path; none if it is no module.
///
/// One of the same size and the same second would keep what was compiled before valid.
pub(crate) fn compiled_of(module: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let name = module.file_name().and_then(|name| name.to_str());
    let Some(stem) = name.and_then(|name| name.strip_suffix(".py")) else {
        return Ok(Vec::new());
    };
    let cache = module.with_file_name("__pycache__");
    // What is behind a link is not the environment's.
    if !fs::symlink_metadata(&cache).is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(Vec::new());
    }
    let entries = list(&cache).map_err(|error| (cache.clone(), error))?;
    let compiled = entries
        .into_iter()
        .filter(|(name, is_dir, _)| !is_dir && name.to_str().and_then(compiled_stem) == Some(stem));
    Ok(compiled.map(|(name, ..)| cache.join(name)).collect())
}

/// Returns the module of `module.cpython-312.opt-1.pyc`.
pub(crate) fn compiled_stem(name: &str) -> Option<&str> {
    let rest = name.strip_suffix(".pyc")?;
    Some(rest.split_once('.').map_or(rest, |(stem, _)| stem))
}

type Entry = (std::ffi::OsString, bool, bool);

/// Lists a directory in a fixed order: name, is a directory, is a symbolic link.
fn list(path: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        entries.push((entry.file_name(), kind.is_dir(), kind.is_symlink()));
    }
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roots::tests::venv_roots;

    const SITE: &str = "lib/python3.12/site-packages";

    struct Tree {
        dir: tempfile::TempDir,
        roots: Roots,
    }

    impl Tree {
        fn new(files: &[&str]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            for file in files {
                let path = dir.path().join(SITE).join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, file).unwrap();
            }
            let roots = venv_roots(dir.path());
            Self { dir, roots }
        }

        fn moves(&self, files: &[&str], trees: &[&str]) -> Vec<String> {
            let mut doomed = Doomed::new(&self.roots);
            let place = |path: &str| Place {
                root: 0,
                path: format!("{SITE}/{path}"),
            };
            files.iter().for_each(|file| doomed.add_file(&place(file)));
            trees.iter().for_each(|tree| doomed.add_tree(&place(tree)));
            let sweep = doomed.sweep(&self.roots).unwrap();
            let base = self.dir.path().join(SITE);
            let mut moves: Vec<String> = sweep
                .moves
                .iter()
                .map(|path| {
                    path.strip_prefix(&base)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .replace('\\', "/")
                })
                .collect();
            moves.sort();
            moves
        }
    }

    #[test]
    fn a_whole_package_is_one_move() {
        let tree = Tree::new(&[
            "a/x.py",
            "a/b/y.py",
            "a/__pycache__/x.cpython-312.pyc",
            "c.py",
        ]);
        assert_eq!(tree.moves(&["a/x.py", "a/b/y.py"], &[]), ["a"]);
    }

    #[test]
    fn what_others_put_there_stays() {
        let tree = Tree::new(&[
            "a/x.py",
            "a/mine.py",
            "a/__pycache__/x.cpython-312.opt-1.pyc",
            "a/__pycache__/mine.cpython-312.pyc",
            "a/b/y.py",
        ]);
        assert_eq!(
            tree.moves(&["a/x.py", "a/b/y.py"], &[]),
            ["a/__pycache__/x.cpython-312.opt-1.pyc", "a/b", "a/x.py"]
        );
    }

    #[test]
    fn the_site_directory_itself_stays() {
        let tree = Tree::new(&[
            "six.py",
            "__pycache__/six.cpython-312.pyc",
            "six-1.dist-info/R",
        ]);
        assert_eq!(
            tree.moves(&["six.py"], &["six-1.dist-info"]),
            ["__pycache__", "six-1.dist-info", "six.py"]
        );
    }

    #[test]
    fn a_file_that_became_a_directory_stays() {
        let tree = Tree::new(&["a/x.py/mine"]);
        assert!(tree.moves(&["a/x.py", "gone.py"], &[]).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let tree = Tree::new(&["other/x.py"]);
        let base = tree.dir.path().join(SITE);
        std::os::unix::fs::symlink(base.join("other"), base.join("a")).unwrap();
        std::os::unix::fs::symlink(base.join("other/x.py"), base.join("l.py")).unwrap();
        assert_eq!(tree.moves(&["a/x.py", "l.py"], &[]), ["l.py"]);
    }
}
