//! From the words of a task to programs that can be started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use naja_project::tasks::{CommandLine, Expanded, Expansion, Join, Unit, Work};

use super::scene::Scene;
use super::walk;
use crate::failure::Failure;
use crate::process::ProcessEnv;
use crate::run::Launch;
use crate::system::program_at;

/// Commands that follow each other in one place.
#[derive(Clone, Debug)]
pub(super) enum Sequence {
    /// A program that is ready.
    Program(Option<Box<Launch>>),
    /// What a task does.
    Unit(Box<UnitSequence>),
}

/// What a unit of a plan does, and how far it is.
#[derive(Clone, Debug)]
pub(super) struct UnitSequence {
    pub(super) task: String,
    pub(super) unit: Unit,
    pub(super) scene: Scene,
    pub(super) cwd: PathBuf,
    /// This program, for commands that are about it.
    pub(super) naja: Option<PathBuf>,
    pub(super) at: usize,
}

/// A program to start.
pub(super) struct Start {
    pub(super) launch: Launch,
    /// As the task has it, with everything replaced.
    pub(super) text: String,
}

impl Sequence {
    /// The next program to start, after the last one ended like this; nothing if it is over.
    ///
    /// # Errors
    /// There is no such program.
    pub(super) fn next(
        &mut self,
        process: &ProcessEnv,
        last: Option<u8>,
    ) -> Result<Option<Start>, Failure> {
        match self {
            Self::Program(launch) => Ok(launch.take().map(|launch| Start {
                text: shown(&launch.arguments),
                launch: *launch,
            })),
            Self::Unit(unit) => unit.next(process, last),
        }
    }

    /// Whether nothing comes after the program that was started last.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Program(launch) => launch.is_none(),
            Self::Unit(unit) => match &unit.unit.work {
                Work::Command(line) => unit.at >= line.parts().len(),
                Work::Script { .. } | Work::Shell { .. } => unit.at > 0,
            },
        }
    }
}

impl UnitSequence {
    fn next(&mut self, process: &ProcessEnv, last: Option<u8>) -> Result<Option<Start>, Failure> {
        let mut last = last.unwrap_or(0);
        loop {
            let at = self.at;
            self.at += 1;
            let mut vars = Vec::new();
            let rest = || {
                self.unit
                    .rest
                    .iter()
                    .map(|word| format!(" {}", quoted(word)))
            };
            let mut text = None;
            let words = match &self.unit.work {
                Work::Command(line) => {
                    let Some(part) = line.parts().get(at) else {
                        return Ok(None);
                    };
                    let is_due = match part.join {
                        Join::And => last == 0,
                        Join::Or => last != 0,
                    };
                    if !is_due {
                        continue;
                    }
                    let is_last = at + 1 == line.parts().len();
                    let expanded = self.expanded(line, at, is_last);
                    if expanded.words.is_empty() {
                        last = 0;
                        continue;
                    }
                    vars = expanded.vars;
                    expanded.words
                }
                _ if at > 0 => return Ok(None),
                Work::Script { module, function } => {
                    text = Some(format!("{module}:{function}{}", rest().collect::<String>()));
                    self.script(module, function)
                }
                Work::Shell { shell, code } => {
                    let code_shown = first_line(code);
                    text = Some(format!("{code_shown}{}", rest().collect::<String>()));
                    let mut words = vec![shell.program.to_owned()];
                    words.extend(shell.flags.iter().map(|&flag| flag.to_owned()));
                    words.push(code.clone());
                    if shell.has_positional() {
                        words.push(self.task.clone());
                    }
                    words.extend(self.unit.rest.iter().cloned());
                    words
                }
            };
            let text = text.unwrap_or_else(|| {
                let words: Vec<OsString> = words.iter().map(OsString::from).collect();
                shown(&words)
            });
            let launch = self.launch(process, words, &vars)?;
            return Ok(Some(Start { launch, text }));
        }
    }

    /// The words of one command, and the variables that are set for it alone.
    fn expanded(&self, line: &CommandLine, at: usize, is_last: bool) -> Expanded {
        let vars = &self.unit.vars;
        let with = Expansion {
            variable: &|name| {
                let own = vars.iter().find(|(known, _)| known == name);
                own.map(|(_, value)| value.clone())
                    .or_else(|| self.scene.var(name))
            },
            files: &|pattern| walk::files(&self.cwd, pattern),
            arguments: &self.unit.rest,
        };
        let mut expanded = line.parts()[at].expand(&with);
        if is_last && self.unit.appends && !expanded.words.is_empty() {
            expanded.words.extend(self.unit.rest.iter().cloned());
        }
        expanded
    }

    fn script(&self, module: &str, function: &str) -> Vec<String> {
        // The names were checked to be names.
        let code = format!(
            "import importlib, operator, sys; sys.argv[0] = '{}'; \
             sys.exit(operator.attrgetter('{function}')(importlib.import_module('{module}'))())",
            self.task
        );
        let mut words = vec!["python".to_owned(), "-c".to_owned(), code];
        words.extend(self.unit.rest.iter().cloned());
        words
    }

    fn launch(
        &self,
        process: &ProcessEnv,
        words: Vec<String>,
        vars: &[(String, String)],
    ) -> Result<Launch, Failure> {
        let mut scene = self.scene.clone();
        for (name, value) in self.unit.vars.iter().chain(vars) {
            scene.set(name, value);
        }
        let name = words.first().cloned().unwrap_or_default();
        let mut arguments: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        let is_file = [".py", ".pyw", ".pyz"]
            .iter()
            .any(|end| name.ends_with(end))
            && self.cwd.join(&name).is_file();
        let program = if is_file {
            arguments.insert(0, scene.python.clone().into_os_string());
            scene.python.clone()
        } else if matches!(name.as_str(), "python" | "python3") && scene.root.is_some() {
            arguments[0] = scene.python.clone().into_os_string();
            scene.python.clone()
        } else {
            let found = find(&scene, &self.cwd, &name);
            let naja = self.naja.clone().filter(|_| name == "naja");
            found.or(naja).ok_or_else(|| self.missing(&name))?
        };
        if !self.cwd.is_dir() {
            return Err(Failure::usage(format!(
                "the task `{}` cannot run in `{}`",
                self.task,
                self.cwd.display()
            ))
            .cause("there is no such directory"));
        }
        Ok(Launch {
            program,
            arguments,
            vars: scene.changes(process),
            cwd: self.cwd.clone(),
            supervised: false,
            remove: Vec::new(),
        })
    }

    fn missing(&self, name: &str) -> Failure {
        let failure = Failure::usage(format!(
            "the task `{}` needs the program `{name}`, which is not there",
            self.task
        ));
        match &self.scene.root {
            Some(root) => failure
                .cause(format!("it is neither in `{}` nor on PATH", root.display()))
                .hint(format!(
                    "`naja add --dev {name}` may bring it; what only a shell knows needs `shell = true`"
                )),
            None => failure.cause("it is not on PATH"),
        }
    }
}

/// Finds a program by the variables a command sees.
fn find(scene: &Scene, cwd: &Path, name: &str) -> Option<PathBuf> {
    let places: Vec<PathBuf> = if Path::new(name).components().count() > 1 {
        vec![cwd.join(name)]
    } else {
        let path = scene.vars.get(std::ffi::OsStr::new("PATH"));
        let path = path.cloned().unwrap_or_default();
        let dirs = std::env::split_paths(&path);
        dirs.map(|dir| dir.join(name)).collect()
    };
    places.iter().find_map(|place| program_at(place))
}

/// A command as a person would type it; code for an interpreter is cut to its first line.
pub(super) fn shown(words: &[OsString]) -> String {
    let words = words.iter().enumerate().map(|(at, word)| {
        let word = word.to_string_lossy();
        match Path::new(&*word).file_name().filter(|_| at == 0) {
            Some(name) => quoted(&name.to_string_lossy()),
            None => quoted(&word),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%\\~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let word = first_line(word);
    if word.contains('\'') && !word.contains(['"', '$', '`', '\\']) {
        return format!("\"{word}\"");
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The first line of code, and a sign that there is more.
fn first_line(code: &str) -> String {
    let mut lines = code.trim().lines();
    let first = lines.next().unwrap_or_default();
    let more = if lines.next().is_some() { " …" } else { "" };
    format!("{first}{more}")
}
