//! Two files of one wheel for one place.

use std::collections::hash_map::Entry;
use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::roots::Place;

/// What a place is taken by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A directory of the wheel.
    Dir,
    /// A file of the wheel.
    Member,
    /// A file that naja writes for the wheel.
    Written,
}

/// The places that one wheel has taken so far, letters of either case being the same.
#[derive(Debug, Default)]
pub(crate) struct Seen(FxHashMap<Place, Taken>);

#[derive(Debug)]
struct Taken {
    kind: Kind,
    exactly: Place,
    words: String,
}

impl Seen {
    /// Takes a place, or tells what has it already in words; several directories may share one.
    pub(crate) fn add(&mut self, place: &Place, kind: Kind, words: &str) -> Option<String> {
        let folded = Place {
            root: place.root,
            path: place.path.to_ascii_lowercase(),
        };
        match self.0.entry(folded) {
            Entry::Vacant(free) => {
                free.insert(Taken {
                    kind,
                    exactly: place.clone(),
                    words: words.to_owned(),
                });
                None
            }
            Entry::Occupied(taken) => {
                let taken = taken.get();
                let both_dirs = (taken.kind, kind) == (Kind::Dir, Kind::Dir);
                // Two commands may differ in case only, where the file system allows that.
                let both_written = (taken.kind, kind) == (Kind::Written, Kind::Written);
                let two_commands = both_written && taken.exactly != *place;
                (!both_dirs && !two_commands).then(|| taken.words.clone())
            }
        }
    }
}

/// The hashes of places, letters of either case being the same: what none of them tells apart may
/// be one place.
#[derive(Debug, Default)]
pub(crate) struct Spots {
    /// Whether each is a directory.
    known: FxHashMap<u64, bool>,
    folded: String,
}

impl Spots {
    /// Takes a place for a directory; false when a file may have it. Directories share places.
    pub(crate) fn dir(&mut self, place: &Place) -> bool {
        let spot = self.spot(place, "");
        *self.known.entry(spot).or_insert(true)
    }

    /// Takes a place for a file, `name` being one in a directory or nothing; false when something
    /// may have it already.
    pub(crate) fn file(&mut self, place: &Place, name: &str) -> bool {
        let spot = self.spot(place, name);
        self.known.insert(spot, false).is_none()
    }

    fn spot(&mut self, place: &Place, name: &str) -> u64 {
        let folded = &mut self.folded;
        folded.clear();
        folded.push_str(&place.path);
        if !folded.is_empty() && !name.is_empty() {
            folded.push('/');
        }
        folded.push_str(name);
        folded.make_ascii_lowercase();
        FxBuildHasher.hash_one((place.root, &**folded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_one_place_is_found() {
        let place = |root, path: &str| Place {
            root,
            path: path.to_owned(),
        };
        let mut spots = Spots::default();
        assert!(spots.dir(&place(0, "lib/owl")));
        assert!(spots.dir(&place(0, "LIB/owl")), "directories are shared");
        assert!(spots.file(&place(0, "lib/owl"), "wing.py"));
        assert!(spots.file(&place(1, "lib/owl"), "wing.py"), "another root");
        assert!(spots.file(&place(0, ""), "top.py"));
        assert!(!spots.file(&place(0, "lib/Owl/Wing.py"), ""));
        assert!(!spots.file(&place(0, "lib"), "OWL"), "a directory has it");
        assert!(!spots.dir(&place(0, "TOP.py")), "a file has it");
    }
}
