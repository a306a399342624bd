//! What running a task comes to: commands, and which of them wait for which.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::book::{KnownTask, TaskBook};
use super::command::CommandLine;
use super::parameters::{ArgumentError, Passed};
use super::task::{Action, Call, Shell, Step, Task};

/// More commands than this are a mistake.
const MOST: usize = 10_000;

/// What is to be run, and how.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    /// The name of the task.
    pub name: &'a str,
    /// What it is given.
    pub arguments: &'a [String],
    /// Whether what does not wait for each other runs at once, whatever the tasks say.
    pub parallel: bool,
    /// Whether `pre-NAME` and `post-NAME` run around a task.
    pub hooks: bool,
}

/// What running a task comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The tasks that are run.
    pub runs: Vec<TaskRun>,
    /// Their commands; each comes behind those it waits for.
    pub units: Vec<Unit>,
}

/// A task that is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRun {
    /// The task.
    pub task: Arc<Task>,
    /// The directory its paths are relative to.
    pub dir: PathBuf,
    /// What it is given.
    pub arguments: Vec<String>,
    /// The task it is a part of: a table among its steps has what the task has.
    pub of: Option<usize>,
}

/// Something that is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The position of its task.
    pub run: usize,
    /// The positions of all tasks it is a part of: where one of them is skipped, it is.
    pub within: Vec<usize>,
    /// What is run.
    pub work: Work,
    /// What stands for `{args}`.
    pub rest: Vec<String>,
    /// Whether `rest` is added at the end.
    pub appends: bool,
    /// Variables for declared arguments.
    pub vars: Vec<(String, String)>,
    /// The positions of what has to be done, and to have gone well, before.
    pub after: Vec<usize>,
    /// The positions of what has to be over before, however it went.
    pub behind: Vec<usize>,
}

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Commands.
    Command(CommandLine),
    /// A function.
    Script {
        /// The module.
        module: String,
        /// The function.
        function: String,
    },
    /// Code for a shell.
    Shell {
        /// Which one.
        shell: Shell,
        /// The code.
        code: String,
    },
}

/// Why a task cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There is no such task.
    #[error("there is no task `{name}`{}", by.as_ref().map(|by| format!(", which `{by}` needs")).unwrap_or_default())]
    Unknown {
        /// Its name.
        name: String,
        /// The task that needs it.
        by: Option<String>,
    },
    /// Tasks need each other.
    #[error("tasks need each other: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// What a task is given does not fit.
    #[error("the task `{task}` cannot be run like this: {source}")]
    Arguments {
        /// The task.
        task: String,
        /// Why.
        source: ArgumentError,
    },
    /// A task does nothing on this system.
    #[error("the task `{task}` is only for {}", .platforms.join(", "))]
    Elsewhere {
        /// The task.
        task: String,
        /// The systems it is for.
        platforms: Vec<&'static str>,
    },
    /// There is too much of it.
    #[error("the task comes to more than {MOST} commands")]
    TooMuch,
}

/// Makes the plan of a task.
///
/// # Errors
/// A task is missing, needs itself, or is given what it does not take.
pub fn plan(book: &TaskBook, request: &PlanRequest<'_>) -> Result<Plan, PlanError> {
    let mut planner = Planner {
        book,
        request,
        plan: Plan::default(),
        done: BTreeMap::new(),
        stack: Vec::new(),
    };
    let call = Call {
        task: request.name.to_owned(),
        arguments: request.arguments.to_vec(),
        line: 0,
    };
    planner.call(&call, Waits::default(), &[])?;
    Ok(planner.plan)
}

impl Plan {
    /// Whether a unit is alone: all others run before it, or after it.
    #[must_use]
    pub fn is_alone(&self, at: usize) -> bool {
        let mut before = vec![false; self.units.len()];
        let mut open = vec![at];
        while let Some(unit) = open.pop() {
            for earlier in self.units[unit].waits() {
                if !std::mem::replace(&mut before[earlier], true) {
                    open.push(earlier);
                }
            }
        }
        let mut behind = vec![false; self.units.len()];
        behind[at] = true;
        for unit in at + 1..self.units.len() {
            behind[unit] = self.units[unit].waits().any(|earlier| behind[earlier]);
        }
        (0..self.units.len()).all(|unit| before[unit] || behind[unit])
    }

    /// Whether something goes on after a failure.
    #[must_use]
    pub fn keeps_going(&self) -> bool {
        self.runs.iter().any(|run| run.task.continue_on_error)
    }
}

impl Unit {
    fn waits(&self) -> impl Iterator<Item = usize> {
        self.after.iter().chain(&self.behind).copied()
    }
}

/// What something waits for.
#[derive(Clone, Copy, Default)]
struct Waits<'a> {
    /// To go well.
    after: &'a [usize],
    /// To be over.
    behind: &'a [usize],
}

struct Planner<'a> {
    book: &'a TaskBook,
    request: &'a PlanRequest<'a>,
    plan: Plan,
    /// What was done for others already, with what has to be waited for.
    done: BTreeMap<(String, Vec<String>), Vec<usize>>,
    stack: Vec<String>,
}

impl Planner<'_> {
    /// Adds a task that is a part of others; returns what has to be waited for to have it done.
    fn call(
        &mut self,
        call: &Call,
        waits: Waits<'_>,
        within: &[usize],
    ) -> Result<Vec<usize>, PlanError> {
        let name = &call.task;
        let Some(known) = self.book.find(name) else {
            return Err(PlanError::Unknown {
                name: name.clone(),
                by: self.stack.last().cloned(),
            });
        };
        if let Some(start) = self.stack.iter().position(|open| open == name) {
            let mut cycle = self.stack[start..].to_vec();
            cycle.push(name.clone());
            return Err(PlanError::Cycle(cycle));
        }
        self.stack.push(name.clone());
        let known = known.clone();
        let mut last = self.depends(&known.task, waits)?;
        let run = self.plan.runs.len();
        self.plan.runs.push(TaskRun {
            dir: known.dir(),
            task: Arc::clone(&known.task),
            arguments: call.arguments.clone(),
            of: None,
        });
        let mut within = within.to_vec();
        within.push(run);
        if let Some(pre) = self.hook("pre", name) {
            let done = last.clone();
            let waits = Waits {
                after: &done,
                ..waits
            };
            last = self.call(&pre, waits, &within)?;
        }
        let done = last.clone();
        let body = Waits {
            after: &done,
            ..waits
        };
        last = self.body((run, &known.task), &call.arguments, body, &within)?;
        if let Some(post) = self.hook("post", name) {
            let done = last.clone();
            let waits = Waits {
                after: &done,
                ..waits
            };
            last = self.call(&post, waits, &within)?;
        }
        self.stack.pop();
        Ok(last)
    }

    /// The task that runs before or after another one.
    fn hook(&self, place: &str, name: &str) -> Option<Call> {
        let is_hook = name.starts_with("pre-") || name.starts_with("post-");
        // Those of `sync` are about `naja sync`.
        if !self.request.hooks || is_hook || name == "sync" {
            return None;
        }
        self.book.find(&format!("{place}-{name}")).map(Call::from)
    }

    /// Adds what a task depends on, each once.
    fn depends(&mut self, task: &Task, waits: Waits<'_>) -> Result<Vec<usize>, PlanError> {
        let parallel = task.parallel || self.request.parallel;
        let mut all: Vec<usize> = waits.after.to_vec();
        for call in &task.depends {
            let key = (call.task.clone(), call.arguments.clone());
            let done = match self.done.get(&key) {
                Some(done) => done.clone(),
                None => {
                    let earlier = all.clone();
                    let waits = match (parallel, task.continue_on_error) {
                        (true, _) => waits,
                        (false, true) => Waits {
                            behind: &earlier,
                            ..waits
                        },
                        (false, false) => Waits {
                            after: &earlier,
                            ..waits
                        },
                    };
                    let done = self.call(call, waits, &[])?;
                    self.done.insert(key, done.clone());
                    done
                }
            };
            all.extend(done);
            all.sort_unstable();
            all.dedup();
        }
        Ok(all)
    }

    /// Adds what a task does itself.
    fn body(
        &mut self,
        (run, task): (usize, &Task),
        given: &[String],
        waits: Waits<'_>,
        within: &[usize],
    ) -> Result<Vec<usize>, PlanError> {
        let passed = passed(task, given)?;
        let work = match &task.action {
            Action::Steps(steps) => {
                return self.steps((run, task), (steps, &passed), waits, within);
            }
            Action::Elsewhere(platforms) => {
                return Err(PlanError::Elsewhere {
                    task: task.name.clone(),
                    platforms: platforms.clone(),
                });
            }
            Action::Nothing => return Ok(waits.after.to_vec()),
            Action::Command(line) => Work::Command(line.clone()),
            Action::Script { module, function } => Work::Script {
                module: module.clone(),
                function: function.clone(),
            },
            Action::Shell { shell, code } => Work::Shell {
                shell: *shell,
                code: code.clone(),
            },
        };
        let appends = !task.action.has_placeholder();
        self.unit((run, work), (&passed, appends), waits, within)
    }

    fn steps(
        &mut self,
        (run, task): (usize, &Task),
        (steps, passed): (&[Step], &Passed),
        waits: Waits<'_>,
        within: &[usize],
    ) -> Result<Vec<usize>, PlanError> {
        let has_placeholder = task.action.has_placeholder();
        let mut last: Vec<usize> = waits.after.to_vec();
        let mut all: Vec<usize> = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let earlier = std::mem::take(&mut last);
            let waits = match (task.parallel, task.continue_on_error) {
                (true, _) => waits,
                (false, true) if at > 0 => Waits {
                    behind: &earlier,
                    ..waits
                },
                (false, _) => Waits {
                    after: &earlier,
                    ..waits
                },
            };
            let appends = at + 1 == steps.len() && !has_placeholder;
            let rest = if appends { passed.rest.as_slice() } else { &[] };
            let call = match step {
                Step::Line(line) => self.as_call(line),
                Step::Call(call) => Some(call.clone()),
                Step::Inline(_) => None,
            };
            last = match (call, step) {
                (Some(mut call), _) => {
                    call.arguments.extend_from_slice(rest);
                    self.call(&call, waits, within)?
                }
                (None, Step::Line(line)) => {
                    let work = Work::Command(line.clone());
                    self.unit((run, work), (passed, appends), waits, within)?
                }
                (None, Step::Inline(inner)) => {
                    let rest = match inner.action.has_placeholder() {
                        true => passed.rest.as_slice(),
                        false => rest,
                    };
                    self.inline((run, inner), (rest, &passed.vars), waits, within)?
                }
                (None, Step::Call(_)) => last,
            };
            all.extend(&last);
        }
        all.sort_unstable();
        all.dedup();
        Ok(if task.parallel || task.continue_on_error {
            all
        } else {
            last
        })
    }

    /// A step that is the name of a task; in a task of that name it is the program.
    fn as_call(&self, line: &CommandLine) -> Option<Call> {
        let mut words = line.plain_words()?;
        let name = words.first()?;
        if self.stack.last() == Some(name) {
            return None;
        }
        self.book.find(name)?;
        Some(Call {
            task: words.remove(0),
            arguments: words,
            line: 0,
        })
    }

    /// A table among the steps of a task.
    fn inline(
        &mut self,
        (of, task): (usize, &Task),
        (arguments, vars): (&[String], &[(String, String)]),
        waits: Waits<'_>,
        within: &[usize],
    ) -> Result<Vec<usize>, PlanError> {
        let before = self.depends(task, waits)?;
        let run = self.plan.runs.len();
        let first = self.plan.units.len();
        self.plan.runs.push(TaskRun {
            task: Arc::new(task.clone()),
            dir: self.plan.runs[of].dir.clone(),
            arguments: arguments.to_vec(),
            of: Some(of),
        });
        let mut within = within.to_vec();
        within.push(run);
        let waits = Waits {
            after: &before,
            ..waits
        };
        let done = self.body((run, task), arguments, waits, &within)?;
        for unit in &mut self.plan.units[first..] {
            if unit.run == run {
                unit.vars.splice(0..0, vars.iter().cloned());
            }
        }
        Ok(done)
    }

    fn unit(
        &mut self,
        (run, work): (usize, Work),
        (passed, appends): (&Passed, bool),
        waits: Waits<'_>,
        within: &[usize],
    ) -> Result<Vec<usize>, PlanError> {
        let at = self.plan.units.len();
        if at >= MOST {
            return Err(PlanError::TooMuch);
        }
        self.plan.units.push(Unit {
            run,
            within: within.to_vec(),
            work,
            rest: passed.rest.clone(),
            appends,
            vars: passed.vars.clone(),
            after: waits.after.to_vec(),
            behind: waits.behind.to_vec(),
        });
        Ok(vec![at])
    }
}

/// What a task is given, divided.
fn passed(task: &Task, given: &[String]) -> Result<Passed, PlanError> {
    let takes_rest = match &task.action {
        Action::Nothing => false,
        Action::Steps(_) | Action::Command(_) => task.action.has_placeholder(),
        _ => true,
    };
    let passed = task.parameters.pass(given, takes_rest);
    let passed = passed.and_then(|passed| match passed.rest.first() {
        Some(word) if task.action == Action::Nothing => Err(ArgumentError::TooMany(word.clone())),
        _ => Ok(passed),
    });
    passed.map_err(|source| PlanError::Arguments {
        task: task.name.clone(),
        source,
    })
}

impl Action {
    /// Whether it says where arguments belong.
    pub(super) fn has_placeholder(&self) -> bool {
        match self {
            Self::Command(line) => line.has_placeholder(),
            Self::Steps(steps) => steps.iter().any(|step| match step {
                Step::Line(line) => line.has_placeholder(),
                Step::Inline(task) => task.action.has_placeholder(),
                Step::Call(_) => false,
            }),
            _ => false,
        }
    }
}

/// What a call of a known task is, for those who only have its name.
impl From<&KnownTask> for Call {
    fn from(known: &KnownTask) -> Self {
        Self {
            task: known.task.name.clone(),
            arguments: Vec::new(),
            line: known.task.line,
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
