//! Working trees of repositories that are installed as editable projects (`-e git+…`).
//!
//! Before the plan is made, each such pin becomes the directory it will be in: nothing is touched
//! then. The trees are made or moved right before the wheels are built, and trees that were made
//! go again if the change fails.

use std::fs;
use std::path::{Path, PathBuf};

use naja_env::{EnvKind, Environment, InstalledDist, Reinstall};
use naja_index::{Answer, Checkout, GitReference, GitRequest, MoveError, Request, WorkingTrees};
use naja_lock::{DistSource, Pin, Selection};
use naja_spec::{DirectUrlKind, GitUrl, PackageName, SafeUrl};

use crate::change::Wish;
use crate::diagnose;
use crate::event::Event;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::{Pipeline, pinned};
use crate::session::Session;

/// The working trees of one plan.
#[derive(Default)]
pub(crate) struct Trees {
    wanted: Vec<Tree>,
    /// Those that were made and go again if nobody says otherwise.
    made: Vec<PathBuf>,
}

struct Tree {
    name: PackageName,
    git: GitUrl,
    commit: String,
    place: PathBuf,
    task: Task,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Keep,
    Make,
    Move,
}

/// Turns repositories that are to be editable into the directories they will be in. `None` if there
/// are none.
///
/// # Errors
/// Something else is in such a place, or somebody's changes.
pub(crate) fn settle<'a>(
    session: &Session,
    wish: &Wish<'a>,
) -> Result<Option<(Wish<'a>, Trees)>, Failure> {
    let is_ours = |pin: &Pin| matches!(pin.source, DistSource::Git { editable: true, .. });
    if !wish.selection.iter().any(is_ours) {
        return Ok(None);
    }
    let top = source_dir(session, wish.env);
    let mut trees = Trees::default();
    let mut pins = wish.selection.pins().to_vec();
    let mut rules = wish.rules.clone();
    for pin in &mut pins {
        let DistSource::Git {
            git,
            commit,
            editable: true,
            ..
        } = &pin.source
        else {
            continue;
        };
        let place = top.join(pin.name.as_str());
        let task = task(session, git, (&pin.name, commit), &place)?;
        let path = match git.subdirectory() {
            Some(directory) => place.join(directory),
            None => place.clone(),
        };
        let url = SafeUrl::from_file_path(&path).map_err(|error| {
            Failure::usage(format!("`{}` has no address", path.display())).because(&error)
        })?;
        if task != Task::Keep {
            again(&mut rules.reinstall, &pin.name);
        }
        trees.wanted.push(Tree {
            name: pin.name.clone(),
            git: git.clone(),
            commit: commit.clone(),
            place,
            task,
        });
        pin.source = DistSource::Directory {
            path,
            url,
            given: None,
            editable: true,
            fingerprint: None,
        };
    }
    let wish = Wish {
        env: wish.env,
        selection: Selection::new(pins),
        rules,
        preview: wish.preview,
    };
    Ok(Some((wish, trees)))
}

/// Where working trees go: `--src`, else `src` in the environment, else `src` here.
fn source_dir(session: &Session, env: &Environment) -> PathBuf {
    match &session.settings.src.value {
        Some(directory) => session.process.absolute(directory),
        None if env.kind() == EnvKind::Venv => env.root().join("src"),
        None => session.process.cwd.join("src"),
    }
}

fn again(reinstall: &mut Reinstall, name: &PackageName) {
    match reinstall {
        Reinstall::All => {}
        Reinstall::None => *reinstall = Reinstall::Packages([name.clone()].into()),
        Reinstall::Packages(names) => {
            names.insert(name.clone());
        }
    }
}

/// What is to be done in a place; refuses where something would be lost.
fn task(
    session: &Session,
    git: &GitUrl,
    (name, commit): (&PackageName, &str),
    place: &Path,
) -> Result<Task, Failure> {
    let is_free = match fs::read_dir(place) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if is_free {
        return Ok(Task::Make);
    }
    let config = options::git(session);
    let stop = || session.cancel.is_set();
    let trees = WorkingTrees::new(&config, &stop, git.repository(), true);
    let in_the_way = |cause: String| {
        Failure::environment(format!(
            "{name} cannot be checked out: `{}` is in the way",
            place.display()
        ))
        .cause(cause)
        .hint("move it away, or name another directory: `--src DIRECTORY`")
    };
    let state = trees.look(place).map_err(|fault| {
        Failure::environment(format!("could not look at `{}`", place.display())).because(&fault)
    })?;
    let Some(state) = state else {
        return Err(in_the_way("it is no working tree of git".to_owned()));
    };
    if !state.origin.as_deref().is_some_and(|at| trees.is_same(at)) {
        let origin = state.origin.as_deref().map(naja_spec::mask_urls);
        let origin = origin.as_deref().unwrap_or("no other repository");
        return Err(in_the_way(format!(
            "it comes from {origin}, and {} is asked for",
            trees.address()
        )));
    }
    if state.commit == commit {
        return Ok(Task::Keep);
    }
    if state.is_changed {
        return Err(has_changes(name, place, &MoveError::Changed));
    }
    Ok(Task::Move)
}

fn has_changes(name: &PackageName, place: &Path, error: &MoveError) -> Failure {
    Failure::environment(format!(
        "{name} stays as it is: your changes in `{}` would be lost",
        place.display()
    ))
    .cause(error.to_string())
    .hint("commit and push them, or put them aside with `git stash`; or name another directory: `--src DIRECTORY`")
}

impl Trees {
    /// Says what would be done.
    pub(crate) fn tell(&self, session: &mut Session) {
        for tree in &self.wanted {
            let verb = match tree.task {
                Task::Keep => continue,
                Task::Make => "Would check out",
                Task::Move => "Would move",
            };
            session.emit(&Event::Note {
                message: format!("{verb} {}", tree.words()),
            });
        }
    }

    /// Makes and moves the trees.
    ///
    /// # Errors
    /// The repository cannot be had, or something would be lost.
    pub(crate) fn carry_out(
        &mut self,
        session: &mut Session,
        pipeline: &mut Pipeline,
    ) -> Result<(), Failure> {
        for tree in &mut self.wanted {
            if tree.task == Task::Keep {
                continue;
            }
            let request = GitRequest::of(
                &pinned(&tree.git, &tree.commit)?,
                Some(tree.name.clone()),
                false,
            );
            let Answer::Checkout(mut checkout) = pipeline.one(Request::Git(request))? else {
                return Err(diagnose::unexpected("a commit"));
            };
            checkout.reference = match tree.git.revision() {
                Some(revision) => GitReference::Rev(revision.to_owned()),
                None => GitReference::Default,
            };
            let verb = match tree.task {
                Task::Make => {
                    tree.make(session, &checkout)?;
                    self.made.push(tree.place.clone());
                    "Checked out"
                }
                _ => {
                    tree.advance(session, &checkout)?;
                    "Moved"
                }
            };
            tree.task = Task::Keep;
            session.emit(&Event::Note {
                message: format!("{verb} {}", tree.words()),
            });
        }
        Ok(())
    }

    /// Keeps what was made.
    pub(crate) fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for Trees {
    fn drop(&mut self) {
        for place in &self.made {
            // Left behind at worst: the next run finds it as it should be.
            let _ = fs::remove_dir_all(place);
            if let Some(parent) = place.parent() {
                let _ = fs::remove_dir(parent);
            }
        }
    }
}

impl Tree {
    fn words(&self) -> String {
        let commit = self.commit.get(..12).unwrap_or(&self.commit);
        format!("{} {commit} in {}", self.name, self.place.display())
    }

    fn make(&self, session: &Session, checkout: &Checkout) -> Result<(), Failure> {
        let failed = |error: &dyn std::error::Error| {
            let place = self.place.display();
            Failure::environment(format!("could not check out {} in `{place}`", self.name))
                .because(error)
        };
        let beside =
            self.place
                .with_file_name(format!(".naja-{}-{}", self.name, std::process::id()));
        let tidy = Beside(&beside);
        self.with(session, |trees, lfs| trees.make(checkout, &beside, lfs))
            .map_err(|fault| failed(&fault))?;
        if self.place.is_dir() {
            // Only an empty one goes.
            fs::remove_dir(&self.place).map_err(|error| failed(&error))?;
        }
        fs::rename(&beside, &self.place).map_err(|error| failed(&error))?;
        drop(tidy);
        Ok(())
    }

    fn advance(&self, session: &Session, checkout: &Checkout) -> Result<(), Failure> {
        let moved = self.with(session, |trees, lfs| {
            trees.move_to(checkout, &self.place, lfs)
        });
        moved.map_err(|error| match error {
            MoveError::Git(fault) => {
                let place = self.place.display();
                Failure::environment(format!("could not move {} in `{place}`", self.name))
                    .because(&fault)
                    .hint("look at it with `git status`, or name another directory: `--src DIRECTORY`")
            }
            kept => has_changes(&self.name, &self.place, &kept),
        })
    }

    fn with<T>(&self, session: &Session, work: impl FnOnce(&WorkingTrees<'_>, bool) -> T) -> T {
        let config = options::git(session);
        let stop = || session.cancel.is_set();
        let offline = session.settings.offline.value;
        let trees = WorkingTrees::new(&config, &stop, self.git.repository(), offline);
        work(&trees, self.git.lfs().unwrap_or(config.lfs))
    }
}

/// A directory that goes if it is still there.
struct Beside<'a>(&'a Path);

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        // Renamed by now, or of no use.
        let _ = fs::remove_dir_all(self.0);
    }
}

/// An editable project whose files are a checked out repository.
pub(crate) struct Frozen {
    /// The line of a requirements file that brings the same commit.
    pub(crate) line: String,
    /// Whether files differ from that commit.
    pub(crate) is_changed: bool,
}

/// How a checked out repository is asked for; `None` for all other editable projects.
pub(crate) fn frozen(session: &Session, dist: &InstalledDist) -> Option<Frozen> {
    let direct = dist.direct_url()?;
    if direct.kind != (DirectUrlKind::Dir { editable: true }) {
        return None;
    }
    let path = SafeUrl::parse(&direct.url).ok()?.to_file_path()?;
    let top = path.ancestors().find(|dir| dir.join(".git").exists())?;
    let parent = top.parent()?;
    let in_environment = parent.file_name().is_some_and(|name| name == "src")
        && parent
            .parent()
            .is_some_and(|root| root.join("pyvenv.cfg").is_file());
    let config = fs::read_to_string(top.join(".git/config")).ok()?;
    if !in_environment && !config.contains("[naja]") {
        return None;
    }
    let settings = options::git(session);
    let stop = || session.cancel.is_set();
    let nowhere = SafeUrl::from_file_path(top).ok()?;
    let state = WorkingTrees::new(&settings, &stop, &nowhere, true)
        .look(top)
        .ok()??;
    let origin = state.origin?;
    let address = match origin.split_once("://") {
        Some(_) => SafeUrl::parse(&origin)
            .ok()?
            .without_credentials()
            .with_secrets()
            .to_owned(),
        // The short form of ssh, as `git clone` takes it.
        None => format!("ssh://{}", origin.replacen(':', "/", 1)),
    };
    let mut line = format!(
        "-e git+{address}@{}#egg={}",
        state.commit,
        dist.name().as_dist_info_name()
    );
    let below = path.strip_prefix(top).ok()?;
    if !below.as_os_str().is_empty() {
        line.push_str("&subdirectory=");
        for sign in below.to_string_lossy().replace('\\', "/").chars() {
            match sign {
                ' ' | '#' | '%' | '&' => line.push_str(&format!("%{:02X}", u32::from(sign))),
                plain => line.push(plain),
            }
        }
    }
    Some(Frozen {
        line,
        is_changed: state.is_changed,
    })
}
