//! What a task is.

use naja_spec::{ExtraName, GroupName};

use super::command::CommandLine;
use super::parameters::Parameters;
use super::read::EnvEntry;

/// The system that a task is read for: tables such as `windows` and `unix` count on theirs only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskPlatform {
    /// Windows.
    Windows,
    /// Linux.
    Linux,
    /// macOS.
    Macos,
    /// Another Unix.
    OtherUnix,
}

impl TaskPlatform {
    /// The names of tables, the one that counts most last.
    pub const TABLES: [&'static str; 4] = ["unix", "linux", "macos", "windows"];

    /// The tables that count here, the more special one last.
    #[must_use]
    pub fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Windows => &["windows"],
            Self::Linux => &["unix", "linux"],
            Self::Macos => &["unix", "macos"],
            Self::OtherUnix => &["unix"],
        }
    }
}

/// A task, as it is on one platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// The line it stands at, from 1.
    pub line: u32,
    /// What it is good for, in a line.
    pub help: Option<String>,
    /// Whether it is left out of lists: as said, or because its name begins with `_`.
    pub hidden: bool,
    /// What it does itself.
    pub action: Action,
    /// The tasks that are done before.
    pub depends: Vec<Call>,
    /// Which arguments it takes.
    pub parameters: Parameters,
    /// Variables of its commands.
    pub env: Vec<EnvEntry>,
    /// Files with variables of its commands, as written.
    pub env_file: Vec<String>,
    /// Where its commands run, as written; the directory of the file that declares it if nowhere.
    pub cwd: Option<String>,
    /// What the environment must have.
    pub needs: Needs,
    /// When it can be skipped.
    pub freshness: Freshness,
    /// Whether what does not wait for each other runs at once.
    pub parallel: bool,
    /// Whether its commands are not shown.
    pub quiet: bool,
    /// Whether the rest of it goes on after a failure.
    pub continue_on_error: bool,
    /// The variants it runs in, one after the other.
    pub matrix: Vec<(String, Vec<String>)>,
}

/// What a task does itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Action {
    /// Nothing: it stands for what it depends on.
    #[default]
    Nothing,
    /// Commands, without a shell.
    Command(CommandLine),
    /// A function of a module, called without arguments; what it returns is the status.
    Script {
        /// The module.
        module: String,
        /// The function; a path with dots goes through attributes.
        function: String,
    },
    /// Code for a shell, or another interpreter of code.
    Shell {
        /// Which one.
        shell: Shell,
        /// Its code.
        code: String,
    },
    /// One after the other.
    Steps(Vec<Step>),
    /// Nothing on this platform, but something on these.
    Elsewhere(Vec<&'static str>),
}

/// A program that takes code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shell {
    /// The name of the program.
    pub program: &'static str,
    /// The words between it and the code.
    pub flags: &'static [&'static str],
}

impl Shell {
    const ALL: [Self; 10] = [
        Self::of("sh", &["-e", "-c"]),
        Self::of("bash", &["-e", "-o", "pipefail", "-c"]),
        Self::of("zsh", &["-e", "-o", "pipefail", "-c"]),
        Self::of("dash", &["-e", "-c"]),
        Self::of("ksh", &["-e", "-c"]),
        Self::of("fish", &["-c"]),
        Self::of("nu", &["-c"]),
        Self::of("pwsh", &["-NoProfile", "-NonInteractive", "-Command"]),
        Self::of("cmd", &["/d", "/s", "/c"]),
        Self::of("python", &["-c"]),
    ];

    const fn of(program: &'static str, flags: &'static [&'static str]) -> Self {
        Self { program, flags }
    }

    /// Returns the one with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shell| shell.program == name)
    }

    /// Returns the one that every system of a kind has.
    #[must_use]
    pub fn usual(platform: TaskPlatform) -> Self {
        match platform {
            TaskPlatform::Windows => Self::ALL[8],
            _ => Self::ALL[0],
        }
    }

    /// Returns the names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(|shell| shell.program)
    }

    /// Whether words behind the code become `$1` and so on, the first one `$0`.
    #[must_use]
    pub fn has_positional(self) -> bool {
        matches!(self.program, "sh" | "bash" | "zsh" | "dash" | "ksh")
    }
}

/// One of several things a task does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A task, if its first word is the name of one; else commands.
    Line(CommandLine),
    /// A task.
    Call(Call),
    /// A task without a name of its own.
    Inline(Box<Task>),
}

/// A task with arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub task: String,
    /// What it is given.
    pub arguments: Vec<String>,
    /// The line it stands at, from 1.
    pub line: u32,
}

/// What the environment of a task must have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Extras of the project.
    pub extras: Vec<ExtraName>,
    /// Dependency groups.
    pub groups: Vec<GroupName>,
    /// Requirements for this task alone, in an environment on top of the project's.
    pub with: Vec<String>,
    /// Another Python than the project's environment has.
    pub python: Option<String>,
    /// Another environment of the project, by its name.
    pub environment: Option<String>,
}

/// When a task can be skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Patterns of the files it reads.
    pub inputs: Vec<String>,
    /// Patterns of the files it makes.
    pub outputs: Vec<String>,
}

impl Freshness {
    /// Whether it can be skipped at all.
    #[must_use]
    pub fn is_told(&self) -> bool {
        !self.inputs.is_empty()
    }
}

impl Task {
    /// What it does, for a list: its help, else its command.
    #[must_use]
    pub fn summary(&self) -> String {
        if let Some(help) = &self.help {
            return help.clone();
        }
        let before: Vec<&str> = self.depends.iter().map(|call| call.task.as_str()).collect();
        match &self.action {
            Action::Nothing => before.join(", "),
            Action::Elsewhere(platforms) => format!("only on {}", platforms.join(", ")),
            action => action.text(),
        }
    }
}

impl Action {
    /// What is done, in a line.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Nothing | Self::Elsewhere(_) => String::new(),
            Self::Command(line) => line.text().trim().replace('\n', " && "),
            Self::Script { module, function } => format!("{module}:{function}"),
            Self::Shell { shell, code } => {
                let first = code.trim().lines().next().unwrap_or_default();
                let more = if code.trim().contains('\n') {
                    " …"
                } else {
                    ""
                };
                format!("{} -c {first}{more}", shell.program)
            }
            Self::Steps(steps) => {
                let texts: Vec<String> = steps.iter().map(Step::text).collect();
                texts.join(", ")
            }
        }
    }
}

impl Step {
    fn text(&self) -> String {
        match self {
            Self::Line(line) => line.text().trim().replace('\n', " && "),
            Self::Call(call) => {
                let mut text = call.task.clone();
                for word in &call.arguments {
                    text.push(' ');
                    text.push_str(word);
                }
                text
            }
            Self::Inline(task) => task.action.text(),
        }
    }
}
