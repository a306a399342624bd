//! The short way: commands that have nothing to do are answered from the trace of the last run, before the
//! command line is parsed, settings are read or anything is started.
//!
//! What is asked for is told from others by its words as they stand, so that no word has to be understood, with one
//! exception: where the program of `naja run` begins.

use std::ffi::OsString;
use std::process::ExitCode;

use naja_engine::delegate;
use naja_engine::trace::{self, Answer, Request, Verdict};
use naja_engine::{Event, Launch, ProcessEnv, RunRequest, Sink as _};

use crate::args;
use crate::launch;
use crate::render::{Human, Loudness};

/// Flags of `naja run` that take no value and may stand before its program; a test compares them with the definitions.
const SWITCHES: &[&str] = &[
    "--active",
    "--all-extras",
    "--all-groups",
    "--all-packages",
    "--dev",
    "--exact",
    "--frozen",
    "--gui-script",
    "--locked",
    "--no-active",
    "--no-default-groups",
    "--no-dev",
    "--no-editable",
    "--no-env-file",
    "--no-isolated",
    "--no-project",
    "--no-sync",
    "--offline",
    "--only-dev",
    "--quiet",
    "--script",
    "-q",
    "-s",
];

/// Flags of `naja run` that take one value; a test compares them with the definitions.
const WITH_VALUE: &[&str] = &[
    "--env-file",
    "--extra",
    "--group",
    "--no-extra",
    "--no-group",
    "--only-group",
    "--package",
    "--python",
    "--with",
    "--with-editable",
    "--with-requirements",
    "-p",
    "-w",
];

/// The switches among them that make the program a script.
const SCRIPTS: &[&str] = &["--gui-script", "--script", "-s"];

/// Variables that stand for `--directory`.
const DIRECTORY: &[&str] = &["NAJA_WORKING_DIR", "UV_WORKING_DIR"];

/// A command line that may have an answer.
pub(crate) struct Asked {
    /// What tells it from others.
    pub(crate) request: Request,
    /// Whether details are asked for: then the long way is gone all the same.
    details: bool,
    /// What it becomes where nothing has to be done.
    becomes: Becomes,
}

/// What a command ends as.
enum Becomes {
    /// An answer.
    Answer,
    /// The program of `naja run`.
    Program(Box<RunRequest>),
    /// The program of others that its words are handed to.
    Delegate,
}

/// What became of it.
pub(crate) enum Outcome {
    /// It is answered.
    Done(ExitCode),
    /// It is not, for this reason.
    Unknown(String),
}

impl Asked {
    /// Understands as much of a command line as it takes; `None` if the long way is the only one.
    pub(crate) fn of(process: &ProcessEnv, arguments: &[OsString]) -> Option<Self> {
        let (verb, words) = args::verb_of(arguments.get(1..)?)?;
        let is_about_details = |word: &OsString| word == "-v" || word == "--verbose";
        // A program starts in the working directory, and is looked for there.
        let is_elsewhere = || DIRECTORY.iter().any(|name| process.var(name).is_some());
        let (words, rest, becomes) = match verb.as_str() {
            "lock" | "sync" | "pip install" | "pip sync" => (words, Vec::new(), Becomes::Answer),
            "run" | "format" | "check" if is_elsewhere() => return None,
            "run" => {
                let (before, run) = program(words)?;
                let mut rest = vec![if run.module { "-m" } else { "--" }.into()];
                rest.extend(run.command.first().cloned());
                (before, rest, Becomes::Program(run.into()))
            }
            "format" | "check" => {
                let (before, rest) = handed_on(words)?;
                (before, rest, Becomes::Delegate)
            }
            _ => return None,
        };
        let details = words.iter().any(is_about_details);
        let mut key = vec![OsString::from(verb)];
        key.extend(words.into_iter().filter(|word| !is_about_details(word)));
        key.extend(rest);
        Some(Self {
            request: Request::new(process, &key),
            details,
            becomes,
        })
    }

    /// Whether the command becomes another program.
    pub(crate) fn is_start(&self) -> bool {
        !matches!(self.becomes, Becomes::Answer)
    }

    /// Answers it, if nothing has to be done.
    pub(crate) fn answer(&self, process: &ProcessEnv) -> Outcome {
        let unknown = |why: &str| Outcome::Unknown(why.to_owned());
        let answer = match trace::look(process, &self.request) {
            Verdict::UpToDate(answer) => answer,
            Verdict::Unknown(why) => return Outcome::Unknown(why),
        };
        let launch = match (&self.becomes, &answer.said.start) {
            (Becomes::Answer, None) => Ok(None),
            (Becomes::Program(run), Some(start)) => naja_engine::run_again(process, start, run)
                .map(Some)
                .ok_or(()),
            (Becomes::Delegate, Some(start)) => delegate::again(process, start).map(Some).ok_or(()),
            _ => return unknown("its trace is damaged"),
        };
        let Ok(launch) = launch else {
            return unknown("the program is another one");
        };
        if self.details {
            return unknown("nothing changed; details are asked for");
        }
        Outcome::Done(say(&answer, launch.as_ref()))
    }
}

/// Says what the long way would have said, and becomes the program.
fn say(answer: &Answer, launch: Option<&Launch>) -> ExitCode {
    let loudness = match answer.quiet {
        0 => Loudness::Normal,
        1 => Loudness::Quiet,
        _ => Loudness::Silent,
    };
    let color = crate::choice(answer.color);
    if let Some(packages) = answer.said.fitted {
        Human::new(loudness, color, false).event(&Event::Fitted { packages, ms: 0 });
    }
    if let Some(packages) = answer.said.audited {
        Human::new(loudness, color, false).event(&Event::Audited { packages, ms: 0 });
    }
    for message in &answer.said.notes {
        let message = message.clone();
        Human::new(loudness, color, false).event(&Event::Note { message });
    }
    if let Some(text) = &answer.said.text {
        return crate::written(text.as_bytes());
    }
    let Some(launch) = launch else {
        return ExitCode::SUCCESS;
    };
    let failure = launch::replace(launch);
    Human::new(loudness, color, false).failure(&failure);
    ExitCode::from(failure.kind.status())
}

/// Divides the words of `naja run` into those before its program, and the program.
fn program(words: Vec<OsString>) -> Option<(Vec<OsString>, RunRequest)> {
    let mut before = Vec::new();
    let mut request = RunRequest::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_str()?;
        if text == "-v" || text == "--verbose" || SWITCHES.contains(&text) {
            request.script |= SCRIPTS.contains(&text);
            before.push(word);
        } else if WITH_VALUE.contains(&text) {
            before.push(word);
            before.push(words.next()?);
        } else if text == "-m" || text == "--module" {
            request.module = true;
        } else if text == "--" {
            break;
        } else if text.starts_with("--directory") {
            return None;
        } else if text.starts_with("--") && text.contains('=') {
            before.push(word);
        } else if text.starts_with('-') {
            return None;
        } else {
            request.command.push(word);
            break;
        }
    }
    request.command.extend(words);
    (!request.command.is_empty()).then_some((before, request))
}

/// Divides the words of `naja format` and `naja check` into those that are naja's, and those that are handed on.
fn handed_on(mut words: Vec<OsString>) -> Option<(Vec<OsString>, Vec<OsString>)> {
    let end = words.iter().position(|word| word == "--");
    let rest = words.split_off(end.unwrap_or(words.len()));
    let is_elsewhere = |word: &OsString| {
        word.to_str()
            .is_none_or(|text| text.starts_with("--directory"))
    };
    (!words.iter().any(is_elsewhere)).then_some((words, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ArgAction;

    fn divided(words: &[&str]) -> Option<(Vec<String>, bool, Vec<String>)> {
        let words = words.iter().map(OsString::from).collect();
        let text = |words: Vec<OsString>| {
            let words = words.into_iter();
            words.map(|word| word.into_string().unwrap()).collect()
        };
        let (before, request) = program(words)?;
        Some((text(before), request.module, text(request.command)))
    }

    #[test]
    fn the_program_begins_where_the_flags_end() {
        let owned = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        let found = divided(&["--extra", "x", "-q", "python", "-q", "x.py"]);
        let expected = (
            owned(&["--extra", "x", "-q"]),
            false,
            owned(&["python", "-q", "x.py"]),
        );
        assert_eq!(found, Some(expected));
        let found = divided(&["-m", "--group=a", "pytest", "-m", "slow"]);
        let expected = (
            owned(&["--group=a"]),
            true,
            owned(&["pytest", "-m", "slow"]),
        );
        assert_eq!(found, Some(expected));
        let found = divided(&["--", "-odd"]);
        assert_eq!(found, Some((Vec::new(), false, owned(&["-odd"]))));
        for words in [
            &[][..],
            &["-"],
            &["--extra"],
            &["--matrix", "x", "y"],
            &["-qm", "x"],
        ] {
            assert_eq!(divided(words), None, "{words:?}");
        }
    }

    #[test]
    fn the_flags_are_those_of_the_command() {
        let command = args::command_of(&["run"]);
        let takes_value = |flag: &str| {
            let arg = command.get_arguments().find(|arg| {
                let long = flag.strip_prefix("--");
                let letter = flag.strip_prefix('-').and_then(|rest| rest.chars().next());
                let longs = arg.get_long_and_visible_aliases().unwrap_or_default();
                match long {
                    Some(long) => longs.contains(&long),
                    None => arg.get_short() == letter,
                }
            });
            let action = arg
                .unwrap_or_else(|| panic!("there is no {flag}"))
                .get_action();
            matches!(action, ArgAction::Set | ArgAction::Append)
        };
        for flag in SWITCHES
            .iter()
            .chain(&["-v", "--verbose", "-m", "--module"])
        {
            assert!(!takes_value(flag), "{flag}");
        }
        for flag in WITH_VALUE {
            assert!(takes_value(flag), "{flag}");
        }
    }
}
