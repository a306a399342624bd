//! What belongs to a change beside its packages: files that come back, files of the project, the
//! note about it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_spec::PackageName;
use naja_store::txn::Transaction;
use naja_store::write;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Change, exists, look_at};
use crate::apply::{ApplyError, Archives};
use crate::beside::{FileEdit, HISTORY_DIR, Noted, STATE_FILE};
use crate::installed::InstalledDist;
use crate::keep::{self, Keeper};
use crate::merge::Merge;
use crate::removal::Owned;
use crate::roots::{Place, Roots};
use crate::stage::Stage;

impl Change<'_> {
    /// Puts files that come back over those of the packages, and takes out what shall not be
    /// there.
    pub(super) fn returning(&self, stage: &Stage<'_>) -> Result<(), ApplyError> {
        let beside = &self.options.beside;
        for file in beside.returning {
            let place = self.place(&file.to)?;
            let staged = stage.prepare(&place)?;
            let done = match file.from.is_dir() && !file.from.is_symlink() {
                true => fs::create_dir_all(&staged),
                false => remove(&staged).and_then(|()| keep::copy(&file.from, &staged)),
            };
            done.map_err(|source| ApplyError::Io {
                action: "bring back",
                path: file.to.clone(),
                source,
            })?;
        }
        for path in beside.without {
            let staged = stage.path(&self.place(path)?);
            remove(&staged).map_err(|source| look_at((staged.clone(), source)))?;
            remove_empty_above(&staged, stage);
        }
        Ok(())
    }

    /// Finds the place of a file that comes back; one that belongs to the environment itself is
    /// refused, unless the environment itself is what changes.
    fn place(&self, path: &Path) -> Result<Place, ApplyError> {
        let blocked = |by| ApplyError::Blocked {
            path: path.to_path_buf(),
            by,
        };
        let place = self.roots.locate(path);
        let place = place.ok_or_else(|| blocked("outside of the environment"))?;
        if self.options.beside.own && is_of_environment(&place) {
            return Ok(place);
        }
        let own = record_in(&self.roots, &place);
        match self.roots.forbidden_file(&place, own) {
            Some(_) => Err(blocked("a file of the environment itself")),
            None => Ok(place),
        }
    }

    /// Finds what belongs to nobody and goes, apart from what goes already.
    pub(super) fn removing(&self, gone: &FxHashSet<PathBuf>) -> Result<Vec<PathBuf>, ApplyError> {
        let mut removing: Vec<PathBuf> = Vec::new();
        for path in self.options.beside.removing {
            self.place(path)?;
            let goes = path.ancestors().any(|above| gone.contains(above));
            if !goes && exists(path) {
                removing.push(path.clone());
            }
        }
        Ok(removing)
    }

    /// Finds the files of nobody's, and the empty directories, that came with what is taken back
    /// and are still there.
    pub(super) fn leaving(&self) -> Result<Vec<Place>, ApplyError> {
        let there = self.options.beside.leaving.iter();
        there
            .filter(|path| goes(path))
            .map(|path| self.place(path))
            .collect()
    }

    /// Plans the changes of the project's files: written aside, flushed, renamed.
    pub(super) fn edit_files(
        &self,
        txn: &mut Transaction,
        stage: &Stage<'_>,
    ) -> Result<(), ApplyError> {
        for (number, edit) in self.options.beside.edits.iter().enumerate() {
            check_unchanged(edit)?;
            let Some(after) = &edit.after else {
                if edit.before.is_some() {
                    txn.remove(&edit.path)?;
                }
                continue;
            };
            let staged = stage.extra(&format!("file-{number}"));
            let written = write::write_flushed(&staged, after).and_then(|()| {
                match fs::metadata(&edit.path) {
                    Ok(meta) => fs::set_permissions(&staged, meta.permissions()),
                    Err(_) => Ok(()),
                }
            });
            written.map_err(|source| look_at((edit.path.clone(), source)))?;
            txn.replace_file(&staged, &edit.path)?;
        }
        Ok(())
    }

    /// Takes note of the change, and keeps what could not be brought back otherwise.
    pub(super) fn note(
        &self,
        txn: &mut Transaction,
        stage: &Stage<'_>,
        (removing, owned, merge): (&[PathBuf], &[Owned], &Merge),
        archives: &Archives,
    ) -> Result<(), ApplyError> {
        let Some(ledger) = self.options.beside.ledger else {
            return Ok(());
        };
        let mut keeper = Keeper::new(self.env.root(), &self.roots, stage.extra("kept"));
        for (dist, owned) in self.plan.outgoing().zip(owned) {
            self.options.stop.check()?;
            keeper.distribution(dist, owned, ledger.origin(dist).as_ref())?;
        }
        let leaving = self.options.beside.leaving.iter().filter(|path| goes(path));
        for path in removing.iter().chain(leaving) {
            keeper.ownerless(path)?;
        }
        let came = self.options.beside.returning.iter();
        for file in came.filter(|file| file.ownerless && !exists(&file.to)) {
            keeper.came(&file.to);
        }
        self.keep_ownerless(&mut keeper, stage, merge)?;
        let records: FxHashMap<PackageName, _> = stage.records();
        let noted = Noted {
            plan: self.plan,
            staying: &self.remaining,
            archives,
            records: &records,
            kept: &keeper.kept,
        };
        let history = self.env.work_dir().join(HISTORY_DIR);
        let failed = |source| ApplyError::Io {
            action: "write",
            path: history.clone(),
            source,
        };
        let note = ledger.note(&noted).map_err(failed)?;
        let (text, state) = (stage.extra("note.json"), stage.extra(STATE_FILE));
        fs::write(&text, &note.text).map_err(failed)?;
        fs::write(&state, &note.state).map_err(failed)?;
        txn.make_dir(&history)?;
        if let Some(kept) = keeper.directory() {
            txn.place(kept, &history.join(&note.name))?;
        }
        txn.place(&text, &history.join(format!("{}.json", note.name)))?;
        txn.replace_file(&state, &history.join(STATE_FILE))?;
        Ok(())
    }

    /// Keeps files that are replaced by others without anybody having them aside.
    fn keep_ownerless(
        &self,
        keeper: &mut Keeper<'_>,
        stage: &Stage<'_>,
        merge: &Merge,
    ) -> Result<(), ApplyError> {
        for (staged, place) in &merge.met {
            let path = self.roots.path(place);
            let aside = |dist: &&InstalledDist| {
                exists(&stage.path(&self.roots.shadow_of(dist.entry(), place)))
            };
            if !keep::is_equal(staged, &path) && !self.remaining.iter().any(aside) {
                keeper.ownerless(&path)?;
            }
        }
        Ok(())
    }
}

/// Refuses an edit of a file that is not what the edit was made for.
fn check_unchanged(edit: &FileEdit) -> Result<(), ApplyError> {
    let same = match (fs::File::open(&edit.path), &edit.before) {
        (Ok(file), Some(before)) => has_content(file, before),
        (Ok(_), None) => Ok(false),
        (Err(error), before) if error.kind() == io::ErrorKind::NotFound => Ok(before.is_none()),
        (Err(error), _) => Err(error),
    };
    if same.map_err(|error| look_at((edit.path.clone(), error)))? {
        Ok(())
    } else {
        Err(ApplyError::FileChanged {
            path: edit.path.clone(),
        })
    }
}

/// Whether a file has this content and nothing more.
fn has_content(mut file: impl io::Read, mut content: &[u8]) -> io::Result<bool> {
    let mut room = vec![0; 64 << 10];
    loop {
        let count = match file.read(&mut room) {
            Ok(0) => return Ok(content.is_empty()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        match content.strip_prefix(&room[..count]) {
            Some(rest) => content = rest,
            None => return Ok(false),
        }
    }
}

/// Whether something that came is still there as it came: a directory must have nothing in it.
fn goes(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => keep::is_empty(path),
        found => found.is_ok(),
    }
}

/// Whether a place can be that of a file of the environment itself. What naja notes for itself and
/// the lock are nothing that comes or goes.
fn is_of_environment(place: &Place) -> bool {
    let first = place.path.split('/').next().unwrap_or_default();
    place.root == 0 && !matches!(first, "" | ".naja" | ".lock")
}

/// The record directory that a place among the packages lies in.
fn record_in<'p>(roots: &Roots, place: &'p Place) -> &'p str {
    use naja_store::DataScheme::{Platlib, Purelib};
    let below = [Purelib, Platlib]
        .iter()
        .find_map(|scheme| place.below(roots.base(*scheme)));
    below.and_then(|rest| rest.split('/').next()).unwrap_or("")
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn remove_empty_above(staged: &Path, stage: &Stage<'_>) {
    let bottom = stage.root(0);
    for dir in staged.ancestors().skip(1) {
        if !dir.starts_with(&bottom) || fs::remove_dir(dir).is_err() {
            return;
        }
    }
}
