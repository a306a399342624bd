//! naja: the fastest and most trustworthy way to work with Python environments.

mod args;
mod auth;
mod commands;
mod fast;
mod heap;
mod hook_env;
mod launch;
mod prompt;
mod render;
mod surroundings;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use naja_engine::explain::{self, Listener};
use naja_engine::{Cancel, Failure, ProcessEnv, Session, Silence, Sink as _, Start};
use naja_project::Variables;
use naja_project::settings::{Color, Settings};

use args::{Invocation, Stop, Verb};
use commands::Outcome;
use render::{Human, Loudness, Twice};

#[expect(
    clippy::too_many_lines,
    reason = "the order of a whole run, one step after the other"
)]
fn main() -> ExitCode {
    let arguments: Vec<OsString> = surroundings::arguments();
    if let Some(text) = hook_env::answer(&arguments) {
        return written(text.as_bytes());
    }
    let surroundings = surroundings::process(None);
    let asked = fast::Asked::of(&surroundings, &arguments);
    let unknown = match asked.as_ref().map(|asked| asked.answer(&surroundings)) {
        Some(fast::Outcome::Done(status)) => return status,
        Some(fast::Outcome::Unknown(why)) => Some(why),
        None => None,
    };
    let invocation = match args::parse(&arguments) {
        Ok(invocation) => invocation,
        Err(stop) => return answer(&stop),
    };
    if let Verb::Completion(completion) = &invocation.verb {
        return written(&args::completions(completion.shell));
    }
    if let Verb::Hook(hook) = &invocation.verb {
        return print_hook(hook);
    }
    heap::grow();
    let named = ["NAJA_WORKING_DIR", "UV_WORKING_DIR"];
    let directory = invocation.global.directory.clone();
    let directory = directory.or_else(|| variable(&surroundings, named));
    let process = match directory.as_deref() {
        Some(directory) => surroundings::process(Some(directory)),
        None => surroundings,
    };
    let cancel = Cancel::default();
    surroundings::obey_signals(&cancel);
    // What a command tells about itself is told each time.
    let asked = asked.filter(|_| !invocation.explains());
    let mut session = match open(&invocation, (process, asked.is_some()), cancel) {
        Ok(session) => session,
        Err(failure) => {
            early(&invocation).failure(&failure);
            return ExitCode::from(failure.kind.status());
        }
    };
    let loudness = loudness(&session.settings);
    let color = color(&session.settings);
    if let Some(why) = unknown {
        session.detail(format!("the short way: {why}"));
    }
    let heard = Listener::default();
    if invocation.explains() {
        let sink = std::mem::replace(&mut session.sink, Box::new(Silence));
        session.sink = heard.beside(sink);
    }
    let done = commands::perform(&mut session, &invocation);
    if invocation.explains() {
        let story = explain::story(
            &heard.take(),
            &session.process.cwd,
            session.process.home.as_deref(),
        );
        Human::new(loudness, color, false).tell(&render::explain::story(&story));
    }
    if let Some(asked) = asked {
        keep_trace(&mut session, &asked, &done);
    }
    match done {
        Ok(Outcome::Quiet(status)) => ExitCode::from(status),
        Ok(Outcome::Text(text, status)) => match written(text.as_bytes()) {
            ExitCode::SUCCESS => ExitCode::from(status),
            closed => closed,
        },
        Ok(Outcome::Painted(text, status)) => match painted(&text, color) {
            ExitCode::SUCCESS => ExitCode::from(status),
            closed => closed,
        },
        Ok(Outcome::Launch(program)) => {
            let failure = if program.supervised {
                launch::supervise(&program, &session.cancel)
            } else {
                launch::replace(&program)
            };
            tidy(&session, &program.remove);
            drop(session);
            Human::new(loudness, color, false).failure(&failure);
            ExitCode::from(failure.kind.status())
        }
        Err(failure) => {
            if let Some(Ok(mut log)) = log(&session.settings) {
                log.failure(&failure);
            }
            // The bar of the session's sink goes before the words come.
            drop(session);
            Human::new(loudness, color, false).failure(&failure);
            ExitCode::from(failure.kind.status())
        }
    }
}

/// Keeps what the command looked at, if it did nothing, for the next one.
fn keep_trace(session: &mut Session, asked: &fast::Asked, done: &Result<Outcome, Failure>) {
    let (is_kept, text) = match done {
        Ok(Outcome::Quiet(0)) => (!asked.is_start(), None),
        Ok(Outcome::Text(text, 0)) => (!asked.is_start(), Some(text.as_str())),
        Ok(Outcome::Launch(program)) => (asked.is_start() && !program.supervised, None),
        _ => (false, None),
    };
    if is_kept {
        naja_engine::trace::keep(session, &asked.request, text);
    }
}

/// Removes the environments that were made for a program alone.
fn tidy(session: &Session, roots: &[std::path::PathBuf]) {
    for root in roots {
        naja_engine::remove_temporary(session, root);
    }
}

/// Prints the code of a hook; on a terminal also where it belongs.
fn print_hook(hook: &args::HookArgs) -> ExitCode {
    let process = surroundings::process(None);
    let mut human = Human::new(Loudness::Normal, anstream::ColorChoice::Auto, false);
    match commands::hook(hook, process.var("SHELL")) {
        Ok((shell, code)) => {
            let status = written(code.as_bytes());
            let place = commands::hook_place(shell);
            if let (Some(place), true) = (place, std::io::stdout().is_terminal()) {
                human.event(&naja_engine::Event::Note {
                    message: place.to_owned(),
                });
            }
            status
        }
        Err(failure) => {
            human.failure(&failure);
            ExitCode::from(failure.kind.status())
        }
    }
}

fn open(
    invocation: &Invocation,
    (process, traced): (ProcessEnv, bool),
    cancel: Cancel,
) -> Result<Session, Failure> {
    let unusable = |error: &dyn std::error::Error| {
        Failure::usage("could not understand the command line").because(error)
    };
    let arguments = invocation
        .settings(&process.cwd, process.now_ms)
        .map_err(|error| unusable(&error))?;
    let variables: Variables = process
        .vars
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let begin = Start {
        arguments,
        config: invocation.config_files(&process.cwd, &variables),
        interface: invocation.interface(),
        project: invocation
            .global
            .project
            .clone()
            .or_else(|| variable(&process, ["NAJA_PROJECT", "UV_PROJECT"]))
            .map(|project| process.absolute(&project)),
        traced,
        script: invocation.script().map(std::path::Path::to_owned),
    };
    let terminal = process.stderr_is_terminal;
    let sink = |settings: &Settings| -> Box<dyn naja_engine::Sink> {
        let progress = terminal && !settings.no_progress.value;
        let screen = Human::new(loudness(settings), color(settings), progress);
        match log(settings) {
            Some(Ok(log)) => Box::new(Twice(screen, log)),
            _ => Box::new(screen),
        }
    };
    let mut session = naja_engine::start(process, begin, sink, cancel)?;
    if let (Some(Err(error)), Some(path)) = (log(&session.settings), &session.settings.log.value) {
        return Err(
            Failure::usage(format!("could not write the log `{}`", path.display())).because(&error),
        );
    }
    let ineffective = invocation.ineffective();
    if !ineffective.is_empty() {
        session.warn(format!(
            "these options have no effect here: {}",
            ineffective.join(", ")
        ));
    }
    Ok(session)
}

/// The path that the first of some variables names.
fn variable(process: &ProcessEnv, names: [&str; 2]) -> Option<PathBuf> {
    let values = names.iter().filter_map(|name| process.var(name));
    values.map(PathBuf::from).next()
}

/// The writer of the log, if there is to be one.
fn log(settings: &Settings) -> Option<std::io::Result<Human>> {
    settings.log.value.as_deref().map(Human::log)
}

/// The writer for failures before there are settings.
fn early(invocation: &Invocation) -> Human {
    let loudness = match invocation.global.quiet {
        0 => Loudness::Normal,
        1 => Loudness::Quiet,
        _ => Loudness::Silent,
    };
    Human::new(loudness, anstream::ColorChoice::Auto, false)
}

fn loudness(settings: &Settings) -> Loudness {
    match (settings.quiet.value, settings.verbose.value) {
        (0, 0) => Loudness::Normal,
        (0, _) => Loudness::Verbose,
        (1, _) => Loudness::Quiet,
        _ => Loudness::Silent,
    }
}

fn color(settings: &Settings) -> anstream::ColorChoice {
    choice(settings.color.value)
}

fn choice(color: Color) -> anstream::ColorChoice {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
}

/// Prints a text that is the whole answer.
fn answer(stop: &Stop) -> ExitCode {
    let text = stop.text.ansi().to_string();
    let printed = if stop.to_stderr {
        anstream::AutoStream::auto(std::io::stderr()).write_all(text.as_bytes())
    } else {
        anstream::AutoStream::auto(std::io::stdout()).write_all(text.as_bytes())
    };
    match printed {
        Ok(()) => ExitCode::from(stop.status),
        Err(error) => unwritten(&error),
    }
}

/// Writes a result to standard output.
fn written(bytes: &[u8]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => unwritten(&error),
    }
}

/// Writes a result with colours to standard output.
fn painted(text: &str, color: anstream::ColorChoice) -> ExitCode {
    let mut out = anstream::AutoStream::new(std::io::stdout(), color);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => unwritten(&error),
    }
}

/// A reader that went away is content; a full disk is not.
fn unwritten(error: &std::io::Error) -> ExitCode {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return ExitCode::SUCCESS;
    }
    let failure = Failure::environment("could not write to standard output").because(error);
    Human::new(Loudness::Normal, anstream::ColorChoice::Auto, false).failure(&failure);
    ExitCode::from(failure.kind.status())
}
