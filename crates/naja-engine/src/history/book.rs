//! [`Book`]: taking note of a change while it is made.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use naja_env::{
    Applied, ApplyError, Archives, Beside, DistOrigin, EnvLock, EnvPlan, Environment, FileEdit,
    InstalledDist, Kept, Ledger, Manners, Note, Noted, PlannedDist, Returning,
};
use naja_spec::mask_urls;
use naja_store::{ArchiveId, Store};

use super::entry::{Entry, FileChange, Foreign, KeptSize, Kind, Recorded, State, digest};
use super::files;
use super::shelf::{Shelf, name};
use super::source::Source;
use crate::change;
use crate::failure::Failure;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// The most that is kept beside the entries of one environment, in bytes; the oldest entries go
/// first.
const MOST_KEPT: u64 = 1 << 30;

/// What a command is doing, for the history.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Doing<'a> {
    /// What sort of change.
    pub(crate) kind: Kind,
    /// How many steps an undo or redo goes.
    pub(crate) steps: u64,
    /// Files of the project that change.
    pub(crate) edits: &'a [FileEdit],
    /// Distributions that are installed in another manner than the settings say.
    pub(crate) manners: Option<&'a Manners>,
    /// Distributions that come back as they were kept, not from the store.
    pub(crate) returned: &'a [Recorded],
    /// The kept files that come back.
    pub(crate) returning: &'a [Returning],
    /// Files of the packages that shall not be there.
    pub(crate) without: &'a [PathBuf],
    /// What belongs to nobody and goes.
    pub(crate) removing: &'a [PathBuf],
    /// Files of nobody's that came with what is taken back.
    pub(crate) leaving: &'a [PathBuf],
    /// Whether files of the environment itself may come and go.
    pub(crate) own: bool,
    /// Whether what comes is brought into the cache, and nothing else happens yet.
    pub(crate) prepares_only: bool,
}

/// An archive of the store that turns out to be damaged is fetched again, but not for ever.
const ATTEMPTS: usize = 5;

/// Brings what is missing into the store and applies a plan, under a lock that was taken before.
///
/// # Errors
/// Whatever stands in the way; the environment is then as it was.
pub(crate) fn carry(
    session: &mut Session,
    pipeline: &mut Pipeline,
    place: (&Environment, &EnvLock),
    (plan, mut archives): (&EnvPlan, Archives),
    doing: Doing<'_>,
) -> Result<Applied, Failure> {
    let _hold = session
        .store
        .hold()
        .map_err(|error| Failure::environment("could not use the cache").because(&error))?;
    pipeline.build_for(session, place.0.interpreter());
    for _ in 0..ATTEMPTS {
        change::prepare(session, pipeline, plan, &mut archives)?;
        session.cancel.check()?;
        match commit(session, Some(pipeline), place, (plan, &archives), doing) {
            Ok(applied) => return Ok(applied),
            Err(ApplyError::Damaged { name, path, .. }) => {
                session.detail(format!("the cached file {} was changed", path.display()));
                change::discard(session, &mut archives, &name)?;
            }
            Err(error) => return Err(change::not_applied(session, &error)),
        }
    }
    Err(Failure::environment("the cache does not stay as it is")
        .cause("another program changes it again and again"))
}

/// Applies a plan, with an entry in the history.
///
/// # Errors
/// As [`naja_env::apply`]; the environment is then as it was.
pub(crate) fn commit(
    session: &mut Session,
    pipeline: Option<&Pipeline>,
    (env, lock): (&Environment, &EnvLock),
    (plan, archives): (&EnvPlan, &Archives),
    doing: Doing<'_>,
) -> Result<Applied, ApplyError> {
    let is_inside = |edit: &FileEdit| env.may_edit(&edit.path);
    let (inside, outside) = match doing.edits.iter().all(is_inside) {
        true => (Cow::Borrowed(doing.edits), Vec::new()),
        false => {
            let (inside, outside) = doing.edits.iter().cloned().partition(is_inside);
            (Cow::Owned(inside), outside)
        }
    };
    let doing = Doing {
        edits: &inside,
        ..doing
    };
    let book = Book::open(session, env, pipeline, doing).map_err(|failure| ApplyError::Io {
        action: "take note of a change of",
        path: env.root().to_path_buf(),
        source: io::Error::other(failure.title),
    })?;
    let beside = Beside {
        ledger: book.as_ref().map(|book| book as &dyn Ledger),
        returning: doing.returning,
        without: doing.without,
        removing: doing.removing,
        leaving: doing.leaving,
        own: doing.own,
        edits: doing.edits,
        manners: doing.manners,
    };
    // Files that the journal cannot reach are written before, and put back if it comes to nothing.
    write_outside(&outside)?;
    let applied = change::apply_once(session, (env, lock), (plan, archives), beside);
    let applied = applied.inspect_err(|_error| put_back(&outside))?;
    if let Some(book) = book {
        book.tidy();
    }
    Ok(applied)
}

/// Takes note of one change.
pub(super) struct Book<'a> {
    shelf: Shelf,
    state: State,
    /// What the environment says about itself when nothing was noted before.
    is_new: bool,
    store: Store,
    doing: Doing<'a>,
    entry: Entry,
    indexes: BTreeMap<u16, String>,
    compiles: bool,
    bare: bool,
    keep: u64,
}

impl<'a> Book<'a> {
    /// Opens the history of an environment for one change; `None` where none is written: outside
    /// of virtual environments, in the cache's own, and if the settings say so.
    ///
    /// What cannot be read of an earlier history is as good as absent here.
    ///
    /// # Errors
    /// Its directory cannot be listed.
    pub(super) fn open(
        session: &mut Session,
        env: &Environment,
        pipeline: Option<&Pipeline>,
        doing: Doing<'a>,
    ) -> Result<Option<Self>, Failure> {
        let settings = std::sync::Arc::clone(&session.settings);
        let keep = u64::from(settings.history_keep.value);
        if keep == 0 || env.root().starts_with(session.store.dir()) {
            return Ok(None);
        }
        let Some(mut shelf) = Shelf::open(env)? else {
            return Ok(None);
        };
        if shelf.ids().is_empty() {
            files::move_in(session, env, shelf.dir());
            shelf = Shelf::at(shelf.dir().to_path_buf())?;
        }
        let known = match shelf.ids() {
            [] => None,
            _ => shelf.state().unwrap_or_else(|failure| {
                session.detail(format!("{}: {}", failure.title, failure.causes.join(": ")));
                None
            }),
        };
        let last = shelf.ids().last().copied().unwrap_or(0);
        let known = known.filter(|state| state.id == last);
        let mut entry = Entry::new(shelf.next(), doing.kind);
        entry.time = session.process.now_ms;
        entry.command = masked(&session.process.arguments);
        entry.python = env.interpreter().version.to_string();
        entry.steps = doing.steps;
        entry.own = doing.own;
        entry.files = changes_of(env, doing.edits)?;
        let indexes = pipeline.map(|pipeline| pipeline.index_addresses().collect());
        Ok(Some(Self {
            is_new: known.is_none(),
            state: known.unwrap_or_default(),
            shelf,
            store: session.store.clone(),
            doing,
            entry,
            indexes: indexes.unwrap_or_default(),
            compiles: settings.compile_bytecode.value,
            bare: !settings.installer_metadata.value,
            keep,
        }))
    }

    /// Removes the oldest entries once a change is made: those beyond the number to keep, and
    /// those whose kept files are too much together. The last one always stays.
    fn tidy(&self) {
        for id in &self.shelf.strays {
            self.shelf.drop_entry(*id);
        }
        let mut ids: Vec<u64> = self.shelf.ids().to_vec();
        let surplus = (ids.len() as u64 + 1).saturating_sub(self.keep);
        let surplus = usize::try_from(surplus).unwrap_or(ids.len()).min(ids.len());
        for id in ids.drain(..surplus) {
            self.shelf.drop_entry(id);
        }
        let of = |id: &u64| self.state.kept.get(id).copied().unwrap_or(0);
        let mut kept: u64 = ids.iter().map(of).sum();
        for id in &ids {
            if kept <= MOST_KEPT {
                break;
            }
            kept -= of(id);
            self.shelf.drop_entry(*id);
        }
    }

    fn incoming(&self, planned: &PlannedDist, noted: &Noted<'_>) -> Option<Recorded> {
        let pin = &planned.pin;
        let archive = noted.archives.get(&pin.name)?;
        let manner = self
            .doing
            .manners
            .and_then(|manners| manners.get(&pin.name));
        Some(Recorded {
            name: pin.name.to_string(),
            version: pin.version.to_string(),
            entry: archive.manifest().dist_info().to_owned(),
            record: noted.records.get(&pin.name).map(naja_spec::Sha256::to_hex),
            archive: Some(archive.id().0.to_hex()),
            source: Source::of(&pin.source, &|tag| self.indexes.get(&tag).cloned()),
            requested: pin.requested,
            compiled: manner.map_or(self.compiles, |manner| manner.compiled),
            bare: manner.map_or(self.bare, |manner| manner.bare),
            kept: false,
            absent: Vec::new(),
        })
    }

    fn known(&self, dist: &InstalledDist) -> Recorded {
        let known = self.state.get(dist).cloned();
        known.unwrap_or_else(|| Recorded::unknown(dist))
    }

    /// The number of the entry to come, and the directory of the history.
    pub(super) fn next(&self) -> (u64, &Path) {
        (self.entry.id, self.shelf.dir())
    }

    /// How many bytes are kept beside each entry.
    pub(super) fn kept_sizes(&self) -> &BTreeMap<u64, u64> {
        &self.state.kept
    }

    pub(super) fn outgoing(&self, dist: &InstalledDist, kept: &Kept) -> Recorded {
        let mut known = self.known(dist);
        known.kept = kept.whole.contains(dist.entry());
        known.absent = kept.absent.get(dist.entry()).cloned().unwrap_or_default();
        known
    }

    /// What other tools changed since the last entry.
    pub(super) fn foreign(&self, now: &[&InstalledDist]) -> Foreign {
        if self.is_new {
            return Foreign::default();
        }
        let there: BTreeSet<&str> = now.iter().map(|dist| dist.entry()).collect();
        let known: BTreeSet<&str> = self.state.dists.iter().map(|dist| &*dist.entry).collect();
        let gone = self.state.dists.iter();
        Foreign {
            removed: gone
                .filter(|dist| !there.contains(&*dist.entry))
                .cloned()
                .collect(),
            installed: now
                .iter()
                .filter(|dist| !known.contains(dist.entry()))
                .map(|dist| Recorded::unknown(dist))
                .collect(),
        }
    }
}

impl Ledger for Book<'_> {
    fn origin(&self, dist: &InstalledDist) -> Option<DistOrigin> {
        let known = self.state.get(dist)?;
        let archive = ArchiveId(digest(known.archive.as_deref()?)?);
        Some(DistOrigin {
            archive: self.store.get(&archive)?,
            record: digest(known.record.as_deref()?)?,
        })
    }

    fn note(&self, noted: &Noted<'_>) -> io::Result<Note> {
        let mut entry = self.entry.clone();
        let plan = noted.plan;
        entry.removed = plan
            .outgoing()
            .map(|dist| self.outgoing(dist, noted.kept))
            .collect();
        let incoming = plan.incoming();
        entry.installed = incoming
            .iter()
            .filter_map(|planned| self.incoming(planned, noted))
            .chain(self.doing.returned.iter().cloned())
            .collect();
        let staying = noted.staying.iter().copied();
        let now: Vec<&InstalledDist> = staying.chain(plan.outgoing()).collect();
        entry.foreign = self.foreign(&now);
        entry.came.clone_from(&noted.kept.came);
        entry.kept = KeptSize {
            files: noted.kept.files,
            bytes: noted.kept.bytes,
        };
        let mut state = State::new(entry.id);
        let staying = noted.staying.iter().map(|dist| self.known(dist));
        state.dists = staying.chain(entry.installed.iter().cloned()).collect();
        state.dists.sort_by(|a, b| a.name.cmp(&b.name));
        state.kept = self.state.kept.clone();
        if entry.kept.bytes > 0 {
            state.kept.insert(entry.id, entry.kept.bytes);
        }
        state
            .kept
            .retain(|id, _| *id == entry.id || self.shelf.ids().contains(id));
        let written = |error: serde_json::Error| io::Error::other(error);
        Ok(Note {
            name: name(entry.id),
            text: entry.to_json().map_err(written)?,
            state: state.to_json().map_err(written)?,
        })
    }
}

/// Writes files, all or none.
fn write_outside(edits: &[FileEdit]) -> Result<(), ApplyError> {
    for (done, edit) in edits.iter().enumerate() {
        let now = std::fs::read(&edit.path).ok();
        let written = if now == edit.before {
            put(&edit.path, edit.after.as_deref())
        } else {
            put_back(&edits[..done]);
            return Err(ApplyError::FileChanged {
                path: edit.path.clone(),
            });
        };
        written.map_err(|source| {
            put_back(&edits[..done]);
            ApplyError::Io {
                action: "write",
                path: edit.path.clone(),
                source,
            }
        })?;
    }
    Ok(())
}

fn put(path: &Path, bytes: Option<&[u8]>) -> io::Result<()> {
    match bytes {
        Some(bytes) => naja_store::write::atomic_write(path, bytes),
        None => std::fs::remove_file(path),
    }
}

fn put_back(edits: &[FileEdit]) {
    for edit in edits {
        // The failure that led here is the one to tell.
        let _ = put(&edit.path, edit.before.as_deref());
    }
}

/// The command line without secrets in addresses.
pub(super) fn masked(arguments: &[String]) -> Vec<String> {
    let mut hidden = false;
    let mask = |argument: &String| {
        let secret = std::mem::replace(
            &mut hidden,
            matches!(argument.as_str(), "--token" | "--password"),
        );
        match argument.split_once('=') {
            _ if secret => "****".to_owned(),
            Some((name @ ("--token" | "--password"), _)) => format!("{name}=****"),
            _ => mask_urls(argument).into_owned(),
        }
    };
    let mut words: Vec<String> = arguments.iter().map(mask).collect();
    if let Some(program) = words.first_mut()
        && let Some(name) = Path::new(program.as_str()).file_name()
    {
        // Where the program lies is nobody's business later.
        *program = name.to_string_lossy().into_owned();
    }
    words
}

/// Edits as they are written down: relative to the directory that holds the environment.
fn changes_of(env: &Environment, edits: &[FileEdit]) -> Result<Vec<FileChange>, Failure> {
    let project = env
        .project_dir()
        .unwrap_or_else(|| env.root().to_path_buf());
    let changes = edits.iter().map(|edit| {
        let below = edit.path.strip_prefix(&project).ok().and_then(Path::to_str);
        let path = below.ok_or_else(|| {
            Failure::usage(format!(
                "`{}` cannot be changed together with the environment `{}`",
                edit.path.display(),
                env.root().display()
            ))
            .cause("it is not in the directory that holds the environment")
        })?;
        FileChange::of(path, edit).ok_or_else(|| {
            Failure::usage(format!(
                "`{}` is not UTF-8, and cannot be changed together with the environment",
                edit.path.display()
            ))
        })
    });
    changes.collect()
}
