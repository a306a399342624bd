//! The tasks that count in a directory: those of the project, then those of the workspace around it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::command::CommandLine;
use super::read::{EnvEntry, TaskTable};
use super::task::{Action, Step, Task};
use crate::nearest::nearest;

/// A task and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTask {
    /// The task.
    pub task: Arc<Task>,
    /// The file that declares it.
    pub file: Arc<PathBuf>,
}

impl KnownTask {
    /// The directory its paths are relative to.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        let parent = self.file.parent();
        parent.map_or_else(PathBuf::new, std::path::Path::to_path_buf)
    }
}

/// Every task that counts, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskBook {
    tasks: Vec<KnownTask>,
    env: Vec<EnvEntry>,
}

impl TaskBook {
    /// Adds what a file declares; what was added before counts more.
    pub fn add(&mut self, file: PathBuf, table: TaskTable) {
        let file = Arc::new(file);
        for task in table.tasks {
            if self.find(&task.name).is_none() {
                self.tasks.push(KnownTask {
                    task: Arc::new(task),
                    file: Arc::clone(&file),
                });
            }
        }
        let known = std::mem::take(&mut self.env);
        let is_new = |entry: &EnvEntry| !known.iter().any(|old| old.name == entry.name);
        // Those further away come first, so that nearer ones can build on them.
        self.env = table.env.into_iter().filter(is_new).collect();
        self.env.extend(known);
    }

    /// Adds a command that somebody typed, as a task with one step: the name of a task with arguments, else commands
    /// that run in a directory.
    pub fn add_line(&mut self, (name, dir): (&str, &Path), line: CommandLine) {
        self.tasks.retain(|known| known.task.name != name);
        let task = Task {
            name: name.to_owned(),
            hidden: true,
            action: Action::Steps(vec![Step::Line(line)]),
            ..Task::default()
        };
        self.tasks.push(KnownTask {
            task: Arc::new(task),
            file: Arc::new(dir.join("pyproject.toml")),
        });
    }

    /// Returns the task with a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&KnownTask> {
        self.tasks.iter().find(|known| known.task.name == name)
    }

    /// Returns all tasks.
    #[must_use]
    pub fn tasks(&self) -> &[KnownTask] {
        &self.tasks
    }

    /// Returns the variables of everything that runs.
    #[must_use]
    pub fn env(&self) -> &[EnvEntry] {
        &self.env
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.env.is_empty()
    }

    /// Returns the name that may be meant by another one.
    #[must_use]
    pub fn near(&self, name: &str) -> Option<&str> {
        let shown = self.tasks.iter().filter(|known| !known.task.hidden);
        nearest(name, shown.map(|known| known.task.name.as_str()))
    }
}
