//! [`Ways`]: reaching the directories of a tree, here and there, from the nearest that is open.
//!
//! For a call on a path the system looks up every component, and a file is looked at, linked from
//! and linked to by its path. So a directory with many files is opened on both sides, once, and
//! the others are reached from the nearest open one above.

use std::io;

use naja_store::{DirEntry, Manifest};

use crate::link::{At, Dir};

/// From this many components that its files need not have looked up it pays to open a directory.
/// Measured: a component takes 0.12 µs, three times for each file; to open and close a directory
/// on both sides takes 4 µs.
const WORTH_OPENING: usize = 12;

/// The open directories on the way to the one that is visited, of a tree that is brought over.
///
/// Directories are visited in the order of the manifest, parents first.
#[derive(Debug)]
pub(crate) struct Ways<'m> {
    manifest: &'m Manifest,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    dir: u32,
    source: Dir,
    dest: Dir,
}

/// The way to a directory on both sides: an open directory, and a path from it.
#[derive(Debug)]
pub(crate) struct Way<'a> {
    source: Side<'a>,
    dest: Side<'a>,
}

/// One side of a way. The path ends in `/` unless it is empty.
#[derive(Debug)]
struct Side<'a> {
    dir: &'a Dir,
    path: String,
    stem: usize,
}

impl<'a> Side<'a> {
    fn new(dir: &'a Dir, path: &str) -> Self {
        let mut path = path.to_owned();
        if !path.is_empty() {
            path.push('/');
        }
        let stem = path.len();
        Self { dir, path, stem }
    }

    fn file(&mut self, name: &str) -> At<'_> {
        self.path.truncate(self.stem);
        self.path.push_str(name);
        At {
            dir: self.dir,
            path: &self.path,
        }
    }
}

impl<'a> Way<'a> {
    fn new(source: (&'a Dir, &str), dest: (&'a Dir, &str)) -> Self {
        Self {
            source: Side::new(source.0, source.1),
            dest: Side::new(dest.0, dest.1),
        }
    }

    /// Returns where a file of the directory is, and where it goes.
    pub(crate) fn file(&mut self, name: &str) -> (At<'_>, At<'_>) {
        (self.source.file(name), self.dest.file(name))
    }
}

impl<'m> Ways<'m> {
    pub(crate) fn new(manifest: &'m Manifest) -> Self {
        let open = Vec::new();
        Self { manifest, open }
    }

    /// Makes a directory of the tree unless it exists, and returns the way to it. `source` is the
    /// root of the tree; `dest` is how the new directory is reached from one that is open anyway.
    pub(crate) fn enter<'a>(
        &'a mut self,
        dir: &DirEntry<'_>,
        source: &'a Dir,
        dest: At<'a>,
    ) -> io::Result<Way<'a>> {
        let rest = self.leave_for(dir);
        if let Some((source, dest)) = self.make(dir, (source, &rest), dest)? {
            let dir = dir.index;
            self.open.push(Open { dir, source, dest });
            let open = &self.open[self.open.len() - 1];
            return Ok(Way::new((&open.source, ""), (&open.dest, "")));
        }
        Ok(match self.open.last() {
            Some(open) => Way::new((&open.source, &rest), (&open.dest, &rest)),
            None => Way::new((source, &rest), (dest.dir, dest.path)),
        })
    }

    /// Makes a directory, and opens it on both sides where that pays.
    fn make(
        &self,
        dir: &DirEntry<'_>,
        (source, rest): (&Dir, &str),
        dest: At<'_>,
    ) -> io::Result<Option<(Dir, Dir)>> {
        let (source, dest) = match self.open.last() {
            Some(open) => {
                let (dir, path) = (&open.dest, rest);
                (&open.source, At { dir, path })
            }
            None => (source, dest),
        };
        if !dest.path.is_empty() {
            dest.dir.make_dir(dest.path)?;
        }
        // One that cannot be opened is reached from above, or found to be damaged.
        Ok(match is_worth_opening(dir, rest) {
            true => {
                let path = if dest.path.is_empty() { "." } else { dest.path };
                source.sub(rest).ok().zip(dest.dir.sub(path).ok())
            }
            false => None,
        })
    }

    /// Closes the directories that are not above `dir`, and returns the way from the nearest
    /// that stays open, or from the root.
    fn leave_for(&mut self, dir: &DirEntry<'_>) -> String {
        let mut names = Vec::new();
        let mut at = Some(*dir);
        let mut above = None;
        while let Some(next) = at {
            above = self.open.iter().position(|open| open.dir == next.index);
            if above.is_some() {
                break;
            }
            names.push(next.name);
            at = next.parent.and_then(|parent| self.manifest.dir(parent));
        }
        self.open.truncate(above.map_or(0, |above| above + 1));
        if above.is_none() {
            // The root has no name.
            names.pop();
        }
        names.reverse();
        names.join("/")
    }
}

fn is_worth_opening(dir: &DirEntry<'_>, path: &str) -> bool {
    let components = match path.is_empty() {
        true => 0,
        false => 1 + path.matches('/').count(),
    };
    dir.files().len() * components >= WORTH_OPENING
}
