//! Checked out commits of repositories: a working tree, and a seal that says which commit it is
//! and what it looked like when it was complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_spec::Sha256;

use crate::error::StoreError;
use crate::gc::list;
use crate::sdist::tree_look;
use crate::store::{GIT_KINDS, Store};

/// The directory of the working tree in a checkout.
pub const CHECKOUT_TREE: &str = "tree";
/// The file with the seal.
const SEAL: &str = "seal";
/// The first line of a seal.
const FORMAT: &str = "naja checkout 1";

/// Seals the working tree in a directory as that of a commit.
///
/// # Errors
/// The tree cannot be read, or the seal not be written.
pub fn seal_checkout(holder: &Path, commit: &str) -> io::Result<()> {
    let look = tree_look(&holder.join(CHECKOUT_TREE))?;
    fs::write(holder.join(SEAL), text(commit, &look))
}

/// Returns the working tree of a checkout that nobody changed.
#[must_use]
pub fn sound_checkout(place: &Path, commit: &str) -> Option<PathBuf> {
    let seal = fs::read_to_string(place.join(SEAL)).ok()?;
    let tree = place.join(CHECKOUT_TREE);
    let look = tree_look(&tree).ok()?;
    (seal == text(commit, &look)).then_some(tree)
}

fn text(commit: &str, look: &Sha256) -> String {
    format!("{FORMAT}\n{commit}\n{}\n", look.to_hex())
}

/// Whether a checkout is what its own seal and its name say.
fn is_sound(place: &Path) -> bool {
    let seal = fs::read_to_string(place.join(SEAL)).unwrap_or_default();
    let Some(commit) = seal.lines().nth(1) else {
        return false;
    };
    let name = place.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| !commit.is_empty() && name.starts_with(commit))
        && sound_checkout(place, commit).is_some()
}

/// Whether git takes a directory for a bare copy.
#[must_use]
pub fn is_bare_copy(db: &Path) -> bool {
    db.join("HEAD").is_file() && db.join("objects").is_dir()
}

impl Store {
    /// Lists what of git no command can use: checkouts that were changed or whose objects are
    /// gone, and bare copies of which nothing is checked out.
    pub(crate) fn unusable_git(&self) -> Result<Vec<PathBuf>, StoreError> {
        let [dbs, trees] = GIT_KINDS.map(|kind| self.root().join("git").join(kind));
        let mut unusable = Vec::new();
        for repository in list(&trees)? {
            let Some(name) = repository.file_name() else {
                continue;
            };
            let has_objects = is_bare_copy(&dbs.join(name));
            let places = list(&repository)?;
            let broken: Vec<PathBuf> = places
                .iter()
                .filter(|place| !has_objects || !is_sound(place))
                .cloned()
                .collect();
            if broken.len() == places.len() {
                unusable.push(repository);
            } else {
                unusable.extend(broken);
            }
        }
        for db in list(&dbs)? {
            // The lock lies beside.
            let mut stem = db.file_name().unwrap_or_default().to_string_lossy();
            if let Some(plain) = stem.strip_suffix(".lock") {
                stem = plain.to_owned().into();
            }
            let own = trees.join(&*stem);
            if !own.is_dir() || unusable.contains(&own) {
                unusable.push(db);
            }
        }
        Ok(unusable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_checkouts_and_their_objects_stay() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let commit = "0123456789012345678901234567890123456789";
        let git = store.root().join("git");
        let make = |name: &str| {
            let db = git.join("db").join(name);
            fs::create_dir_all(db.join("objects")).unwrap();
            fs::write(db.join("HEAD"), "ref: refs/heads/main\n").unwrap();
            fs::write(git.join("db").join(format!("{name}.lock")), "").unwrap();
            let place = git.join("trees").join(name).join(commit);
            fs::create_dir_all(place.join(CHECKOUT_TREE)).unwrap();
            fs::write(place.join(CHECKOUT_TREE).join("x"), name).unwrap();
            seal_checkout(&place, commit).unwrap();
            place
        };
        let good = make("good");
        assert!(sound_checkout(&good, commit).is_some());
        assert_eq!(store.unusable_git().unwrap(), Vec::<PathBuf>::new());
        let changed = make("changed");
        fs::write(changed.join(CHECKOUT_TREE).join("y"), "more").unwrap();
        let _objects_gone = make("gone");
        fs::remove_dir_all(git.join("db/gone")).unwrap();
        fs::create_dir_all(git.join("db/alone/objects")).unwrap();
        let mut found: Vec<String> = store
            .unusable_git()
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(&git).unwrap().display().to_string())
            .map(|path| path.replace('\\', "/"))
            .collect();
        found.sort();
        assert_eq!(
            found,
            [
                "db/alone",
                "db/changed",
                "db/changed.lock",
                "db/gone.lock",
                "trees/changed",
                "trees/gone"
            ]
        );
    }
}
