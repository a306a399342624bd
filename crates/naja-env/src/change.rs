//! [`Change`]: one plan on its way into an environment.

mod beside;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naja_store::Archive;
use naja_store::parts::{Sharing, each_part};
use naja_store::txn::{Fault, Hook, Point, Receipt, Transaction, TxnError};
use rustc_hash::FxHashSet;

use crate::apply::{Applied, ApplyError, ApplyOptions, ApplyWarning, Archives};
use crate::bytecode::{self, Compiled};
use crate::clash;
use crate::environment::Environment;
use crate::installed::InstalledDist;
use crate::launcher::shebang_for;
use crate::layout::{Layout, LayoutRules};
use crate::link::Linker;
use crate::merge::{Ground, Merge};
use crate::owners::owners_of;
use crate::plan::{EnvPlan, PlannedDist, Why};
use crate::removal::{self, Owned, Unlisted};
use crate::roots::{Place, Roots};
use crate::stage::{self, Stage};
use crate::starter::Starters;
use crate::state::{EnvFingerprint, EnvState};
use crate::sweep::{Doomed, compiled_of};

/// How many wheels a thread lays out at least.
const LAYOUTS_FOR_A_THREAD: usize = 24;

/// Everything one application of a plan works with.
pub(crate) struct Change<'a> {
    env: &'a Environment,
    plan: &'a EnvPlan,
    options: &'a ApplyOptions<'a>,
    roots: Roots,
    /// The environment's distributions that stay.
    remaining: Vec<&'a InstalledDist>,
}

impl<'a> Change<'a> {
    pub(crate) fn new(
        env: &'a Environment,
        state: &'a EnvState,
        plan: &'a EnvPlan,
        options: &'a ApplyOptions<'a>,
    ) -> Self {
        let outgoing: FxHashSet<PathBuf> = plan.outgoing().map(InstalledDist::path).collect();
        let remaining = state
            .dists()
            .iter()
            .filter(|dist| dist.is_owned() && !outgoing.contains(&dist.path()))
            .collect();
        let roots = Roots::new(env);
        Self {
            env,
            plan,
            options,
            roots,
            remaining,
        }
    }

    /// Checks, stages and commits.
    pub(crate) fn run(
        self,
        archives: &Archives,
        hook: &mut Hook<'_>,
    ) -> Result<Applied, ApplyError> {
        let mut warnings = Vec::new();
        let owned = self.outgoing(&mut warnings)?;
        let mut layouts = self.layouts(archives)?;
        clash::settle(&mut layouts, &self.roots, &mut warnings);
        let compiled = self.compiled(&layouts, &mut warnings)?;

        self.make_roots(&layouts)?;
        let project = self.env.project_dir();
        let mut bounds = self.roots.paths();
        bounds.extend(project.as_deref());
        let mut txn = Transaction::begin_within(self.env.work_dir(), &bounds)?;
        let stage_dir = txn.stage_dir().to_path_buf();
        let mut stage = Stage::new(&stage_dir, &self.roots, &layouts, self.options.stop)?;
        if self.options.beside.ledger.is_some() {
            stage.note_records();
        }
        let returning = self.options.beside.returning.iter();
        stage.leave_out(
            returning
                .filter_map(|file| self.roots.locate(&file.to))
                .collect(),
        );
        let linker = Linker::new(self.options.link_mode);
        let threads = self.options.threads.get();
        let files = stage.build(&layouts, &compiled, &linker, threads)?;
        if let Some(reason) = linker.refused() {
            let (wanted, reason) = (self.options.link_mode, reason.to_owned());
            warnings.push(ApplyWarning::Copied { wanted, reason });
        }

        self.returning(&stage)?;
        self.options.stop.check()?;
        let doomed = self.doomed(&owned, &stage)?;
        self.options.stop.check()?;
        let sweep = doomed.sweep(&self.roots).map_err(look_at)?;
        let left = sweep.behind_links.into_iter();
        warnings.extend(left.map(|path| ApplyWarning::LinkLeftAlone { path }));
        let mut gone: FxHashSet<PathBuf> = sweep.moves.iter().cloned().collect();
        let removing = self.removing(&gone)?;
        gone.extend(removing.iter().cloned());
        self.options.stop.check()?;
        let merge = self.merge(&stage, &layouts, &gone, &mut warnings)?;

        let stale = self.stale(&merge, &gone).map_err(look_at)?;
        for path in sweep.moves.iter().chain(&stale).chain(&removing) {
            txn.remove(path)?;
        }
        for (staged, dest) in &merge.whole {
            txn.remove(dest)?;
            txn.place(staged, dest)?;
        }
        for (staged, dest) in &merge.placed {
            txn.place(staged, dest)?;
        }
        for (staged, place) in &merge.met {
            txn.replace_file(staged, &self.roots.path(place))?;
        }
        self.edit(&mut txn, &stage, &owned)?;
        self.edit_files(&mut txn, &stage)?;
        let others = (&*removing, &*owned, &merge);
        self.note(&mut txn, &stage, others, archives)?;
        self.commit(txn, hook)?;
        let fingerprint = EnvFingerprint::of(self.env)?;
        Ok(Applied {
            warnings,
            files,
            fingerprint,
        })
    }

    /// Commits, unless the user wants to stop before the journal has its name.
    fn commit(&self, txn: Transaction, hook: &mut Hook<'_>) -> Result<Receipt, ApplyError> {
        let mut stopped = false;
        let done = txn.commit_with(&mut |point| {
            let early = matches!(point, Point::Backup | Point::Write | Point::Journal);
            if early && self.options.stop.is_asked() {
                stopped = true;
                return Fault::Fail(io::ErrorKind::Interrupted.into());
            }
            hook(point)
        });
        done.map_err(|error: TxnError| match stopped {
            true => ApplyError::Interrupted,
            false => error.into(),
        })
    }

    /// Makes the roots that something goes into, such as a prefix that is new.
    fn make_roots(&self, layouts: &[Layout<'_>]) -> Result<(), ApplyError> {
        for base in stage::needed_bases(&self.roots, layouts) {
            let root = self.roots.root_path(base.root);
            if base.root != self.roots.shadow().root && !root.exists() {
                fs::create_dir_all(root).map_err(|source| look_at((root.to_path_buf(), source)))?;
            }
        }
        Ok(())
    }

    /// Finds the files of everything that goes.
    fn outgoing(&self, warnings: &mut Vec<ApplyWarning>) -> Result<Vec<Owned>, ApplyError> {
        let removed = self.plan.remove.iter().map(|dist| (dist, Unlisted::Refuse));
        let replaced = self.plan.replace.iter().flat_map(|replacement| {
            replacement
                .old
                .iter()
                .map(|dist| (dist, Unlisted::RecordOnly))
        });
        let mut all = Vec::new();
        for (dist, unlisted) in removed.chain(replaced) {
            self.options.stop.check()?;
            all.push(removal::owned_by(dist, &self.roots, unlisted, warnings)?);
        }
        Ok(all)
    }

    /// Places the files of everything that comes, by name.
    fn layouts<'p>(&self, archives: &'p Archives) -> Result<Vec<Layout<'p>>, ApplyError>
    where
        'a: 'p,
    {
        let shebang = shebang_for(&self.env.python(), self.env.is_relocatable());
        let starters = cfg!(windows).then(|| Starters::of(self.env)).flatten();
        let rules = LayoutRules {
            roots: &self.roots,
            shebang: &shebang,
            starters: starters.as_ref(),
            installer_metadata: self.options.installer_metadata,
        };
        let mut planned = Vec::new();
        for one in self.plan.incoming() {
            let name = &one.pin.name;
            let archive = archives
                .get(name)
                .ok_or_else(|| ApplyError::NoArchive { name: name.clone() })?;
            let mut rules = rules;
            if let Some(manner) = self.options.beside.manner(name) {
                rules.installer_metadata = !manner.bare;
            }
            planned.push((one, archive, rules));
        }
        let sharing = Sharing {
            threads: self.options.threads.get(),
            least: LAYOUTS_FOR_A_THREAD,
        };
        let stop = self.options.stop;
        let all = |part: &[(&'p PlannedDist, &'p Archive, LayoutRules<'_>)]| {
            let layouts = part.iter().map(|(planned, archive, rules)| {
                stop.check()?;
                Ok(Layout::new(planned, archive, rules)?)
            });
            layouts.collect::<Result<Vec<_>, ApplyError>>()
        };
        let parts: Result<Vec<_>, _> = each_part(&planned, sharing, all).into_iter().collect();
        Ok(parts?.into_iter().flatten().collect())
    }

    fn compiled(
        &self,
        layouts: &[Layout<'_>],
        warnings: &mut Vec<ApplyWarning>,
    ) -> Result<Compiled, ApplyError> {
        let Some(store) = self.options.bytecode else {
            return Ok(Compiled::default());
        };
        let beside = &self.options.beside;
        let archives = layouts
            .iter()
            .map(|layout| (layout.name(), layout.archive))
            .filter(|(name, _)| beside.manner(name).is_none_or(|manner| manner.compiled));
        let workers = self.options.threads.get();
        let interpreter = self.env.interpreter();
        let work = bytecode::Work {
            store,
            interpreter,
            workers,
            stop: self.options.stop,
        };
        work.ensure(archives, warnings)
    }

    /// Decides which of the outgoing files really go.
    ///
    /// A file that a remaining distribution lists as well stays, or gives way to the one that
    /// was kept aside for that distribution.
    fn doomed(&self, owned: &[Owned], stage: &Stage<'_>) -> Result<Doomed, ApplyError> {
        let mut doomed = Doomed::new(&self.roots);
        let files: FxHashSet<Place> = owned
            .iter()
            .flat_map(|owned| owned.files.iter().cloned())
            .collect();
        let owners = owners_of(&files, &self.remaining, &self.roots, self.options.threads);
        for place in &files {
            let Some(listed) = owners.get(place) else {
                doomed.add_file(place);
                continue;
            };
            // The last by name, as if it had been installed last.
            let kept = listed.iter().rev().find_map(|dist| {
                let shadow = self.roots.shadow_of(dist.entry(), place);
                exists(&self.roots.path(&shadow)).then_some(shadow)
            });
            let Some(shadow) = kept else { continue };
            doomed.add_file(place);
            let staged = stage.path(place);
            if !exists(&staged) {
                stage.prepare(place)?;
                let from = self.roots.path(&shadow);
                link_or_copy(&from, &staged)
                    .map_err(|source| (from, source))
                    .map_err(look_at)?;
                doomed.add_file(&shadow);
            }
        }
        for tree in owned.iter().flat_map(|owned| &owned.trees) {
            doomed.add_tree(tree);
        }
        for place in &self.leaving()? {
            match self.roots.path(place).is_dir() {
                true => doomed.add_tree(place),
                false => doomed.add_file(place),
            }
        }
        Ok(doomed)
    }

    /// Finds the moves for everything staged, and keeps files aside that would be lost.
    fn merge(
        &self,
        stage: &Stage<'_>,
        layouts: &[Layout<'_>],
        gone: &FxHashSet<PathBuf>,
        warnings: &mut Vec<ApplyWarning>,
    ) -> Result<Merge, ApplyError> {
        let mut merge = Merge::default();
        let shadow = self.roots.shadow();
        let place = |root| Place {
            root,
            path: String::new(),
        };
        {
            let ground = Ground {
                roots: &self.roots,
                gone,
            };
            for root in 0..shadow.root {
                merge.add(&stage.root(root), &place(root), &ground)?;
            }
        }
        let met: FxHashSet<Place> = merge.met.iter().map(|(_, place)| place.clone()).collect();
        let owners = owners_of(&met, &self.remaining, &self.roots, self.options.threads);
        for (staged, place) in &merge.met {
            let listed = owners.get(place).map_or(&[][..], Vec::as_slice);
            let incoming = layouts.iter().find(|layout| has_file(layout, place));
            let Some(winner) = incoming else { continue };
            warnings.extend(self.met(stage, winner, (staged, place), listed)?);
        }
        let ground = Ground {
            roots: &self.roots,
            gone,
        };
        merge.add(&stage.root(shadow.root), &shadow, &ground)?;
        Ok(merge)
    }

    /// Finds the compiled files of modules that are replaced, unless they go or are replaced
    /// themselves.
    fn stale(
        &self,
        merge: &Merge,
        gone: &FxHashSet<PathBuf>,
    ) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
        let met = merge.met.iter().map(|(_, place)| self.roots.path(place));
        let met: FxHashSet<PathBuf> = met.collect();
        let mut stale = Vec::new();
        for module in &met {
            let compiled = compiled_of(module)?.into_iter().filter(|path| {
                let goes = path.ancestors().take(2).any(|path| gone.contains(path));
                !goes && !met.contains(path)
            });
            stale.extend(compiled);
        }
        stale.sort();
        Ok(stale)
    }

    /// Decides about a file whose place holds another one that nothing in the plan removes: the
    /// file of another distribution is kept aside.
    fn met(
        &self,
        stage: &Stage<'_>,
        winner: &Layout<'_>,
        (staged, place): (&Path, &Place),
        listed: &[&InstalledDist],
    ) -> Result<Option<ApplyWarning>, ApplyError> {
        let path = self.roots.path(place);
        // A link is a file of the `symlink` mode; its target is what counts.
        if matches!((fs::read(staged), fs::read(&path)), (Ok(new), Ok(old)) if new == old) {
            return Ok(None);
        }
        let holder = listed
            .iter()
            .rev()
            .find(|dist| !exists(&self.roots.path(&self.roots.shadow_of(dist.entry(), place))));
        let Some(holder) = holder else {
            let owner = winner.name().clone();
            let expected = winner.planned.why == Why::Broken;
            return Ok((!expected).then_some(ApplyWarning::ReplacedForeignFile { path, owner }));
        };
        let shadow = self.roots.shadow_of(holder.entry(), place);
        let kept = stage.prepare(&shadow)?;
        link_or_copy(&path, &kept).map_err(|source| look_at((path.clone(), source)))?;
        let (winner, loser) = (winner.name().clone(), holder.name().clone());
        Ok(Some(ApplyWarning::Clash {
            path,
            winner,
            loser,
        }))
    }

    /// Replaces the files that stay with other contents.
    fn edit(
        &self,
        txn: &mut Transaction,
        stage: &Stage<'_>,
        owned: &[Owned],
    ) -> Result<(), ApplyError> {
        let edits = owned.iter().flat_map(|owned| &owned.edits);
        for (number, (place, bytes)) in edits.enumerate() {
            let staged = stage.extra(&format!("edit-{number}"));
            fs::write(&staged, bytes).map_err(|source| look_at((staged.clone(), source)))?;
            txn.replace_file(&staged, &self.roots.path(place))?;
        }
        Ok(())
    }
}

/// Tells whether a layout installs a file at this place.
fn has_file(layout: &Layout<'_>, place: &Place) -> bool {
    if layout
        .generated
        .iter()
        .any(|file| file.place == *place && !file.aside)
    {
        return true;
    }
    let (parent, name) = place.path.rsplit_once('/').unwrap_or(("", &place.path));
    layout.manifest().dirs().any(|dir| {
        let there = layout.dirs[dir.index as usize].as_ref();
        there.is_some_and(|there| there.root == place.root && there.path == parent)
            && layout.linked(&dir).any(|(file, _)| file.name == name)
    })
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ()))
}

fn look_at((path, source): (PathBuf, io::Error)) -> ApplyError {
    ApplyError::Io {
        action: "look at",
        path,
        source,
    }
}
