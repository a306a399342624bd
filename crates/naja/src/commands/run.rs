//! `naja run`: from arguments to requests.

use naja_engine::tasks::{self, Ran, TaskRequest, Variants};
use naja_engine::{Failure, InputSources, RunRequest, Session};

use super::{Done, Outcome, project, text, to_json};
use crate::args::RunArgs;
use crate::render::run as words;

pub(super) fn run(session: &mut Session, args: &RunArgs) -> Done {
    let request = RunRequest {
        command: args.command.clone(),
        module: args.module,
        program: false,
        script: args.script || args.gui_script,
        with: InputSources {
            packages: args.with.clone(),
            editables: args.with_editable.clone(),
            requirements: args.with_requirements.clone(),
            option: Some("--with"),
            ..InputSources::default()
        },
        active: args.use_active.active,
        project: match session.settings.no_project.value {
            true => None,
            false => Some(project::for_run(&session.settings, args)?),
        },
        hooks: args.tasks.hooks.choice(),
    };
    if args.tasks.list || args.command.is_empty() && args.with.is_empty() {
        return list(session, args, &request);
    }
    if let Some(done) = variants(session, args, &request)? {
        return Ok(done);
    }
    if !args.tasks.no_tasks && tasks::is_task(session, &request)?.is_some() {
        return task(session, args, request);
    }
    if args.tasks.dry_run {
        return Err(Failure::usage("`--dry-run` shows what a task would run")
            .cause("this is no task")
            .hint("`naja run --list` shows the tasks"));
    }
    naja_engine::run(session, &request).map(Outcome::Launch)
}

/// Lists what can be run; that nothing was named is a mistake, as it is with uv.
fn list(session: &mut Session, args: &RunArgs, request: &RunRequest) -> Done {
    let listing = tasks::list(session, request)?;
    if args.tasks.output.wants_json() {
        return text(to_json(&listing)?);
    }
    if args.tasks.list {
        return Ok(Outcome::Painted(words::listing(&listing), 0));
    }
    Ok(Outcome::Painted(words::nothing_named(&listing), 2))
}

fn asked(args: &RunArgs, run: RunRequest) -> TaskRequest {
    TaskRequest {
        run,
        jobs: args.tasks.jobs,
        force: args.tasks.force,
        naja: crate::surroundings::program(),
        ..TaskRequest::default()
    }
}

fn task(session: &mut Session, args: &RunArgs, request: RunRequest) -> Done {
    if let Some(usage) = tasks::usage(session, &request)? {
        return text(usage);
    }
    let request = asked(args, request);
    if args.tasks.dry_run {
        let commands = tasks::show(session, &request)?;
        return match args.tasks.output.wants_json() {
            true => text(to_json(&commands)?),
            false => Ok(Outcome::Painted(words::commands(&commands), 0)),
        };
    }
    Ok(match tasks::perform(session, &request)? {
        Ran::Launch(launch) => Outcome::Launch(*launch),
        Ran::Ended(status) => Outcome::Quiet(status),
    })
}

/// Runs in several environments or projects, if that is asked for.
fn variants(
    session: &mut Session,
    args: &RunArgs,
    request: &RunRequest,
) -> Result<Option<Outcome>, Failure> {
    let variants = match (args.tasks.each_package, args.tasks.matrix.is_empty()) {
        (true, _) => Variants::Packages,
        (_, false) => Variants::Matrix(axes(&args.tasks.matrix)?),
        _ if args.tasks.no_tasks || args.tasks.dry_run => return Ok(None),
        _ => Variants::OfTask,
    };
    let request = asked(args, request.clone());
    let how = (&variants, args.tasks.parallel);
    let Some(report) = tasks::run_variants(session, &request, how)? else {
        return Ok(None);
    };
    if args.tasks.output.wants_json() {
        return Ok(Some(Outcome::Text(to_json(&report)?, report.status())));
    }
    session.emit(&naja_engine::Event::Table {
        text: words::summary(&report),
    });
    Ok(Some(Outcome::Quiet(report.status())))
}

/// `KEY=A,B`
fn axes(texts: &[String]) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let mut axes: Vec<(String, Vec<String>)> = Vec::new();
    for text in texts {
        let Some((key, values)) = text.split_once('=') else {
            return Err(Failure::usage(format!("`{text}` is no part of a matrix"))
                .hint("write it like `--matrix py=3.10,3.12`"));
        };
        let values = values.split(',').map(str::to_owned);
        match axes.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => known.extend(values),
            None => axes.push((key.to_owned(), values.collect())),
        }
    }
    Ok(axes)
}
