//! Who starts programs in their order, watches them, and ends them.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::child::{Ending, Line, Output, Running};
use super::commands::{Sequence, Start};
use super::fresh::Keeper;
use crate::event::Event;
use crate::failure::{Failure, Kind};
use crate::run::Launch;
use crate::session::{Session, ms_since};

/// How long to wait between two looks at a program that has run for a while.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// Something to run.
pub(super) struct Item {
    /// What is said of it: the name of its task.
    pub(super) label: String,
    /// The variant it is part of.
    pub(super) lane: usize,
    /// The positions of what has to go well before.
    pub(super) after: Vec<usize>,
    /// The positions of what has to be over before.
    pub(super) behind: Vec<usize>,
    /// Whether nothing else runs while it does.
    pub(super) alone: bool,
    /// Whether its commands are not shown.
    pub(super) quiet: bool,
    /// The positions of the keepers of the tasks it is part of.
    pub(super) within: Vec<usize>,
    pub(super) sequence: Sequence,
}

/// Everything to run.
#[derive(Default)]
pub(super) struct Work {
    pub(super) items: Vec<Item>,
    /// Who knows whether a task is fresh.
    pub(super) keepers: Vec<Kept>,
    pub(super) lanes: Vec<Lane>,
    /// Environments that go when everything is over.
    pub(super) remove: Vec<PathBuf>,
}

/// A task that may be fresh.
#[derive(Default)]
pub(super) struct Kept {
    /// The name of the task.
    pub(super) task: String,
    /// `None`: it is never fresh.
    pub(super) keeper: Option<Keeper>,
    /// Whether it is, once that was asked.
    is_fresh: Option<bool>,
}

impl Kept {
    pub(super) fn new(task: &str, keeper: Option<Keeper>) -> Self {
        Self {
            task: task.to_owned(),
            keeper,
            is_fresh: None,
        }
    }
}

/// What is run in one variant.
#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    /// What is said of it in front of lines.
    pub(super) label: Option<String>,
    /// Whether the rest goes on after a failure.
    pub(super) keeps_going: bool,
    /// Variables of everything in it.
    pub(super) vars: Vec<(String, String)>,
    /// The status of what failed first.
    pub(super) status: u8,
    /// Why something of it could not be started.
    pub(super) failure: Option<Failure>,
    /// How long it took, in milliseconds.
    pub(super) ms: u64,
    /// How many items it has that do something.
    pub(super) items: usize,
    pub(super) stopped: bool,
}

enum State {
    Waiting,
    Running(Running),
    /// It went well, or was fresh.
    Good,
    /// It failed, or was not begun because something before it failed.
    Bad,
}

/// How it went.
pub(super) struct Done {
    pub(super) lanes: Vec<Lane>,
    /// The last program, which was not started.
    pub(super) rest: Option<Launch>,
}

/// How programs are started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// How many at once.
    pub(super) jobs: usize,
    /// Whether the very last one is left to the caller, since nothing is to be done after it.
    pub(super) leaves_last: bool,
    /// Whether what they write is no answer of this command.
    pub(super) aside: bool,
}

impl Manner {
    /// So many at once, and this process stays.
    pub(super) fn of(jobs: usize) -> Self {
        Self {
            jobs,
            leaves_last: false,
            aside: false,
        }
    }
}

/// Runs everything; the lanes say how it went.
///
/// # Errors
/// The user stopped it.
pub(super) fn run(session: &mut Session, work: Work, manner: Manner) -> Result<Done, Failure> {
    let (to, lines) = channel();
    let mut crew = Crew {
        states: work.items.iter().map(|_| State::Waiting).collect(),
        lasts: vec![None; work.items.len()],
        work,
        manner,
        to,
        start: Instant::now(),
        rest: None,
        interrupted: None,
    };
    for at in 0..crew.work.items.len() {
        let lane = crew.work.items[at].lane;
        crew.work.lanes[lane].items += 1;
    }
    crew.all(session, &lines)?;
    Ok(Done {
        lanes: crew.work.lanes,
        rest: crew.rest,
    })
}

struct Crew {
    work: Work,
    states: Vec<State>,
    /// How the last command of each item ended.
    lasts: Vec<Option<u8>>,
    manner: Manner,
    to: Sender<Line>,
    start: Instant,
    rest: Option<Launch>,
    interrupted: Option<Failure>,
}

impl Crew {
    fn all(&mut self, session: &mut Session, lines: &Receiver<Line>) -> Result<(), Failure> {
        let mut pause = Duration::from_micros(300);
        loop {
            if self.step(session, lines) {
                pause = Duration::from_micros(300);
            }
            if !self
                .states
                .iter()
                .any(|state| matches!(state, State::Running(_)))
            {
                while let Ok(line) = lines.try_recv() {
                    self.tell(session, line);
                }
                if self.is_over() {
                    break;
                }
                continue;
            }
            match lines.recv_timeout(pause) {
                Ok(line) => self.tell(session, line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    pause = (pause * 5 / 4).min(LONGEST_PAUSE);
                }
            }
            self.heed(session);
        }
        let is_good = |state: &State| matches!(state, State::Good);
        match self.interrupted.take() {
            // Whatever was asked to stop had its own idea of it.
            Some(_) if self.states.iter().all(is_good) => Ok(()),
            Some(interrupted) => {
                let statuses = self.work.lanes.iter().map(|lane| lane.status);
                Err(match statuses.max() {
                    // A program that was stopped and says how is believed.
                    Some(status @ 1..) => Failure::new(Kind::Status(status), "ended"),
                    _ => interrupted,
                })
            }
            None => Ok(()),
        }
    }

    fn is_over(&self) -> bool {
        let mut items = self.states.iter().zip(&self.work.items);
        items.all(|(state, item)| {
            !matches!(state, State::Waiting) || self.work.lanes[item.lane].stopped
        })
    }

    /// Takes what ended and starts what can be; says whether there was anything.
    fn step(&mut self, session: &mut Session, lines: &Receiver<Line>) -> bool {
        let mut moved = false;
        for at in 0..self.states.len() {
            if let State::Running(running) = &mut self.states[at]
                && let Some(status) = running.ended()
            {
                moved = true;
                while let Ok(line) = lines.try_recv() {
                    self.tell(session, line);
                }
                self.lasts[at] = Some(status);
                self.states[at] = State::Waiting;
                self.go_on(session, at);
            }
        }
        for at in 0..self.states.len() {
            let running = self
                .states
                .iter()
                .filter(|state| matches!(state, State::Running(_)));
            if running.count() >= self.manner.jobs {
                break;
            }
            if matches!(self.states[at], State::Waiting) && self.is_due(at) {
                moved = true;
                self.begin(session, at);
            }
        }
        moved
    }

    /// Whether an item can begin; one that never will is marked.
    fn is_due(&mut self, at: usize) -> bool {
        let item = &self.work.items[at];
        if self.work.lanes[item.lane].stopped || self.lasts[at].is_some() {
            return false;
        }
        let is_bad = |&before: &usize| matches!(self.states[before], State::Bad);
        if item.after.iter().any(is_bad) {
            self.states[at] = State::Bad;
            return false;
        }
        let is_good = |&before: &usize| matches!(self.states[before], State::Good);
        let is_over = |&before: &usize| is_good(&before) || is_bad(&before);
        item.after.iter().all(is_good) && item.behind.iter().all(is_over)
    }

    fn begin(&mut self, session: &mut Session, at: usize) {
        for keeper in self.work.items[at].within.clone() {
            let kept = &mut self.work.keepers[keeper];
            let Some(inner) = &mut kept.keeper else {
                continue;
            };
            let is_fresh = *kept.is_fresh.get_or_insert_with(|| {
                let is_fresh = inner.is_fresh();
                if is_fresh {
                    session.emit(&Event::Note {
                        message: format!("{} is fresh", kept.task),
                    });
                } else {
                    inner.forget();
                }
                is_fresh
            });
            if is_fresh {
                self.finish(session, at, 0);
                return;
            }
        }
        self.go_on(session, at);
    }

    /// Starts the next command of an item, or ends it.
    fn go_on(&mut self, session: &mut Session, at: usize) {
        let item = &mut self.work.items[at];
        let last = self.lasts[at];
        if self.work.lanes[item.lane].stopped {
            self.finish(session, at, last.unwrap_or(1));
            return;
        }
        let started = match item.sequence.next(&session.process, last) {
            Ok(None) => {
                self.finish(session, at, last.unwrap_or(0));
                return;
            }
            Ok(Some(Start { mut launch, text })) => {
                for (name, value) in &self.work.lanes[item.lane].vars {
                    if !launch.vars.iter().any(|(known, _)| known == name.as_str()) {
                        launch.vars.push((name.into(), Some(value.into())));
                    }
                }
                let is_last = item.sequence.is_over();
                if !item.quiet {
                    let label = (self.manner.jobs > 1 && !item.alone).then(|| item.label.clone());
                    session.emit(&Event::Running {
                        label,
                        command: text,
                    });
                }
                if is_last && self.may_leave(at) {
                    self.rest = Some(launch);
                    self.finish(session, at, 0);
                    return;
                }
                let item = &self.work.items[at];
                let output = match item.alone || self.manner.jobs == 1 {
                    true if self.manner.aside => Output::Aside,
                    true => Output::Shared,
                    false => Output::Lines(at, &self.to),
                };
                Running::start(&launch, &output)
            }
            Err(failure) => Err(failure),
        };
        match started {
            Ok(running) => {
                self.lasts[at] = Some(0);
                self.states[at] = State::Running(running);
            }
            Err(failure) => {
                let status = failure.kind.status();
                let lane = self.work.items[at].lane;
                self.work.lanes[lane].failure.get_or_insert(failure);
                self.finish(session, at, status);
            }
        }
    }

    /// Whether the last program of an item is the very last one, and nothing has to be noted after it.
    fn may_leave(&self, at: usize) -> bool {
        let mut others = self.states.iter().enumerate();
        let within = &self.work.items[at].within;
        let is_kept = |&keeper: &usize| self.work.keepers[keeper].keeper.is_some();
        self.manner.leaves_last
            && !within.iter().any(is_kept)
            && others.all(|(other, state)| other == at || matches!(state, State::Good))
    }

    fn finish(&mut self, session: &mut Session, at: usize, status: u8) {
        let item = &self.work.items[at];
        let lane = &mut self.work.lanes[item.lane];
        lane.ms = ms_since(self.start);
        if status == 0 {
            self.states[at] = State::Good;
            self.note_fresh(at);
            return;
        }
        self.states[at] = State::Bad;
        if lane.stopped {
            return;
        }
        let is_known = lane.items == 1 || lane.failure.is_some();
        if lane.status == 0 {
            lane.status = status;
        }
        if !is_known {
            let label = match &lane.label {
                Some(lane) => format!("{lane} {}", item.label),
                None => item.label.clone(),
            };
            session.emit(&Event::Failed { label, status });
        }
        if lane.keeps_going {
            return;
        }
        lane.stopped = true;
        let stopped = item.lane;
        for (state, item) in self.states.iter_mut().zip(&self.work.items) {
            if let State::Running(running) = state
                && item.lane == stopped
            {
                running.end(Ending::Terminate);
            }
        }
    }

    /// Notes the tasks of which everything went well.
    fn note_fresh(&self, at: usize) {
        for &keeper in &self.work.items[at].within {
            let kept = &self.work.keepers[keeper];
            let Some(inner) = kept
                .keeper
                .as_ref()
                .filter(|_| kept.is_fresh == Some(false))
            else {
                continue;
            };
            let mut parts = self.work.items.iter().zip(&self.states);
            let all_good = parts.all(|(item, state)| {
                !item.within.contains(&keeper) || matches!(state, State::Good)
            });
            if all_good {
                inner.note(&kept.task);
            }
        }
    }

    /// Looks whether the user wants to stop.
    fn heed(&mut self, session: &Session) {
        if self.interrupted.is_none()
            && let Err(interrupted) = session.cancel.check()
        {
            let Kind::Interrupted(signal) = interrupted.kind else {
                return;
            };
            for lane in &mut self.work.lanes {
                lane.stopped = true;
            }
            for state in &mut self.states {
                if let State::Running(running) = state {
                    running.end(Ending::Signal(signal));
                }
            }
            self.interrupted = Some(interrupted);
        }
        for (state, item) in self.states.iter_mut().zip(&self.work.items) {
            if let State::Running(running) = state
                && self.work.lanes[item.lane].stopped
            {
                running.insist();
            }
        }
    }

    fn tell(&self, session: &mut Session, line: Line) {
        let item = &self.work.items[line.item];
        let lane = self.work.lanes[item.lane].label.as_ref();
        let label = match lane {
            Some(lane) if self.work.lanes[item.lane].items == 1 => lane.clone(),
            Some(lane) => format!("{lane} {}", item.label),
            None => item.label.clone(),
        };
        session.emit(&Event::Output {
            label,
            line: line.text,
            is_error: line.is_error || self.manner.aside,
        });
    }
}
