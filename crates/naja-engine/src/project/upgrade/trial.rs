//! `naja upgrade --test`: which upgrades a command passes with.

use std::collections::{BTreeMap, BTreeSet};

use naja_env::Environment;
use naja_lock::project::LockDiff;
use naja_project::tasks::CommandLine;
use naja_spec::PackageName;
use serde::Serialize;

use super::UpgradeRequest;
use super::plan::{Planned, plan};
use super::scope::{Scope, Who};
use crate::event::Event;
use crate::failure::{Failure, Kind};
use crate::project::load::Project;
use crate::project::locking::{Fitting, LockMode, fitting};
use crate::project::stand_in::StandIn;
use crate::project::upgraded::unheard;
use crate::project::{place, syncing};
use crate::session::Session;
use crate::target;
use crate::tasks;

/// What was tried, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// How often the command ran.
    pub runs: usize,
    /// The packages whose upgrades are kept.
    pub kept: Vec<PackageName>,
    /// The packages with whose upgrades the command fails, or for which there is no answer.
    pub broken: Vec<PackageName>,
}

/// Finds the upgrades that the command passes with: all, else those of the halves, down to single packages. The
/// same upgrades are tried in the same order each time, and what is kept was tried together.
///
/// # Errors
/// The command fails without any upgrade, it cannot be run, or somebody interrupts.
pub(super) fn try_out(
    session: &mut Session,
    (scope, request): (&Scope, &UpgradeRequest),
    (all, names): (&Planned, &[PackageName]),
    command: &CommandLine,
) -> Result<Tried, Failure> {
    let project = Project::load(session)?;
    let base = place::interpreter(session, &project)?;
    let (env, _stand_in) = StandIn::make(session, &base)?;
    let mut trials = Trials {
        scope,
        request,
        env,
        command,
        seen: BTreeMap::new(),
        waiting: Vec::new(),
        tried: Tried::default(),
    };
    let now = unheard(session, |session| {
        fitting(session, &project, LockMode::Update)
    })?;
    session.emit(&Event::Note {
        message: "Running the command as everything is now".to_owned(),
    });
    if !trials.passes(session, &project, &now)? {
        return Err(
            Failure::unsatisfied("the command fails without any upgrade")
                .cause("what upgrades break cannot be told from what is broken already")
                .hint("mend it first, or leave `--test` out"),
        );
    }
    tell(session, "all", &all.fitting.diff);
    if trials.passes(session, &all.project, &all.fitting)? {
        trials.tried.kept = names.to_vec();
        return Ok(trials.tried);
    }
    trials.halves(session, names)?;
    // What could not move before may do so with what is kept by now.
    loop {
        let waiting = std::mem::take(&mut trials.waiting);
        let known = trials.tried.kept.len();
        if waiting.is_empty() {
            break;
        }
        trials.keep(session, &waiting)?;
        if trials.tried.kept.len() == known {
            break;
        }
    }
    trials.tried.kept.sort();
    trials.tried.broken.sort();
    Ok(trials.tried)
}

struct Trials<'a> {
    scope: &'a Scope,
    request: &'a UpgradeRequest,
    env: Environment,
    command: &'a CommandLine,
    /// What came of each lock.
    seen: BTreeMap<String, bool>,
    /// Packages that stay where they are with what is kept so far.
    waiting: Vec<PackageName>,
    tried: Tried,
}

/// What came of trying some upgrades with those that are kept.
enum Came {
    /// The command passes; these of them move.
    Passed(Vec<PackageName>),
    /// None of them moves.
    Nothing,
    /// The command fails, or there is no answer.
    Failed,
}

impl Trials<'_> {
    /// Keeps as many of these upgrades as go with those that are kept already.
    fn keep(&mut self, session: &mut Session, names: &[PackageName]) -> Result<(), Failure> {
        match self.together(session, names)? {
            Came::Passed(moved) => {
                let still = names.iter().filter(|name| !moved.contains(name));
                self.waiting.extend(still.cloned());
                self.tried.kept.extend(moved);
            }
            Came::Nothing => self.waiting.extend_from_slice(names),
            Came::Failed if names.len() < 2 => self.tried.broken.extend_from_slice(names),
            Came::Failed => self.halves(session, names)?,
        }
        Ok(())
    }

    fn halves(&mut self, session: &mut Session, names: &[PackageName]) -> Result<(), Failure> {
        if names.len() < 2 {
            self.tried.broken.extend_from_slice(names);
            return Ok(());
        }
        let (left, right) = names.split_at(names.len() / 2);
        self.keep(session, left)?;
        self.keep(session, right)
    }

    fn together(&mut self, session: &mut Session, names: &[PackageName]) -> Result<Came, Failure> {
        let together = self.tried.kept.iter().chain(names).cloned();
        let who = Who::Only(together.collect::<BTreeSet<_>>());
        let (scope, locked_only) = (self.scope, self.request.locked_only);
        let planned = unheard(session, |session| plan(session, scope, (&who, locked_only)));
        let planned = match planned {
            Ok(planned) => planned,
            Err(failure) if failure.kind == Kind::Unsatisfied => return Ok(Came::Failed),
            Err(failure) => return Err(failure),
        };
        let moves = |name: &&PackageName| {
            let changes = planned.fitting.diff.changes.iter();
            let mut names = changes
                .map(|change| &change.name)
                .chain(planned.bounds.iter().map(|bound| &bound.name));
            names.any(|known| known == *name)
        };
        let moved: Vec<PackageName> = names.iter().filter(moves).cloned().collect();
        if moved.is_empty() {
            return Ok(Came::Nothing);
        }
        let shown: Vec<&str> = moved.iter().map(PackageName::as_str).collect();
        tell(session, &shown.join(", "), &planned.fitting.diff);
        Ok(
            match self.passes(session, &planned.project, &planned.fitting)? {
                true => Came::Passed(moved),
                false => Came::Failed,
            },
        )
    }

    /// Whether the command passes with a lock.
    fn passes(
        &mut self,
        session: &mut Session,
        project: &Project,
        fitting: &Fitting,
    ) -> Result<bool, Failure> {
        session.cancel.check()?;
        let text = fitting.lock.to_text();
        if let Some(known) = self.seen.get(&text) {
            return Ok(*known);
        }
        let env = target::open_root(session, self.env.root())?;
        let root = env.root().to_path_buf();
        let sync = &self.request.sync;
        unheard(session, |session| {
            syncing::bring_there(session, (project, fitting), env, sync)
        })?;
        self.tried.runs += 1;
        let passed = tasks::passes(session, self.command, &root)?;
        let message = match passed {
            true => "The command passes",
            false => "The command fails",
        };
        session.emit(&Event::Note {
            message: message.to_owned(),
        });
        self.seen.insert(text, passed);
        Ok(passed)
    }
}

fn tell(session: &mut Session, names: &str, diff: &LockDiff) {
    let moves = diff.changes.iter().map(|change| {
        format!(
            "{} {} -> {}",
            change.name,
            change.before.join(", "),
            change.after.join(", ")
        )
    });
    let moves: Vec<String> = moves.collect();
    session.detail(format!("with: {}", moves.join("; ")));
    session.emit(&Event::Note {
        message: format!("Trying {names}"),
    });
}
