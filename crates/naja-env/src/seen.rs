//! Two files of one wheel for one place.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

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
