//! `naja outdated` and `naja upgrade`: from arguments to requests.

use std::ffi::OsString;

use naja_engine::project::{
    self, LockOutdatedRequest, NewPlace, Runner, SyncRequest, UpgradeReport, UpgradeRequest,
};
use naja_engine::{Event, Failure, Launch, Preview, Session};
use naja_spec::{ExtraName, GroupName};

use super::project::{lock_mode, parsed};
use super::{Done, Outcome, names, pip_world, text, to_json};
use crate::args::{LockOutdatedArgs, UpgradeArgs};
use crate::render::{diff, picker, upgrade as words};
use crate::{launch, prompt};

pub(super) fn outdated(session: &mut Session, args: &LockOutdatedArgs) -> Done {
    let settings = &session.settings;
    let elsewhere = settings.system.value || settings.target.is_set() || settings.prefix.is_set();
    if elsewhere || !project::is_project(session) {
        if args.all || !args.packages.is_empty() {
            return Err(Failure::usage("there is no project here")
                .cause("packages and `--all` are about the lock of a project")
                .hint("leave them out to look at the environment"));
        }
        return pip_world::outdated(session, &args.common);
    }
    let request = LockOutdatedRequest {
        names: names(&args.packages)?,
        all: args.all,
        exclude: names(&args.common.exclude)?,
        mode: lock_mode(&session.settings),
    };
    let report = project::lock_outdated(session, &request)?;
    let status = u8::from(args.common.exit_code && !report.packages.is_empty());
    let shown = match args.common.output.wants_json() {
        true => to_json(&report)?,
        false => words::outdated(&report),
    };
    if report.packages.is_empty() && !args.common.output.wants_json() {
        let message = match request.names.is_empty() && !request.all {
            true => "Everything the project asks for is at its newest version",
            false => "Everything is at its newest version",
        };
        note(session, message);
    }
    Ok(Outcome::Text(shown, status))
}

pub(super) fn upgrade(session: &mut Session, args: &UpgradeArgs) -> Done {
    let mut request = request(session, args)?;
    if args.interactive {
        if !prompt::can_ask() {
            return Err(Failure::usage("there is no terminal to choose at")
                .hint("name the packages: `naja upgrade NAME ...`"));
        }
        let found = project::upgradable(session, &request)?;
        if found.is_empty() {
            note(session, "Nothing to upgrade");
            return Ok(Outcome::Quiet(0));
        }
        let rows: Vec<String> = words::rows(&found);
        let chosen = picker::choose("Upgrade:", &rows);
        session_goes_on(session)?;
        let Some(chosen) = chosen? else {
            note(session, "Nothing was changed");
            return Ok(Outcome::Quiet(0));
        };
        if chosen.is_empty() {
            note(session, "Nothing was chosen");
            return Ok(Outcome::Quiet(0));
        }
        request.names = chosen.iter().map(|at| found[*at].name.clone()).collect();
    }
    let report = match &args.test {
        None => project::upgrade(session, &request)?,
        Some(test) => tested(session, &request, test)?,
    };
    if args.output.wants_json() {
        return text(to_json(&words::json(&report, args.dry_run))?);
    }
    Ok(told(session, (&request, args), &report))
}

/// Ctrl-C at the picker ends the command as anywhere.
fn session_goes_on(session: &Session) -> Result<(), Failure> {
    session.cancel.check()
}

fn request(session: &Session, args: &UpgradeArgs) -> Result<UpgradeRequest, Failure> {
    let mut groups = args.group.clone();
    groups.extend(args.dev.then(|| "dev".to_owned()));
    let groups = parsed(&groups, "a dependency group", GroupName::parse)?;
    let extras = parsed(&args.optional, "an extra", ExtraName::parse)?;
    let groups = groups.into_iter().map(NewPlace::Group);
    let extras = extras.into_iter().map(NewPlace::Extra);
    Ok(UpgradeRequest {
        names: names(&args.packages)?,
        exclude: names(&args.exclude)?,
        places: groups.chain(extras).collect(),
        packages: names(&args.package)?,
        all_packages: args.all_packages,
        locked_only: args.locked_only,
        no_sync: session.settings.no_sync.value,
        sync: SyncRequest {
            inexact: true,
            active: args.active,
            preview: match args.dry_run {
                true => Preview::DryRun,
                false => Preview::Apply,
            },
            ..SyncRequest::default()
        },
    })
}

/// Upgrades as far as a command passes.
fn tested(
    session: &mut Session,
    request: &UpgradeRequest,
    test: &str,
) -> Result<UpgradeReport, Failure> {
    let mut run = |session: &Session, program: &Launch| launch::passes(program, &session.cancel);
    let mut runner = Runner {
        command: split(test)?,
        run: &mut run,
    };
    project::upgrade_tested(session, request, &mut runner)
}

/// The words of a command, with quotes as in a shell; nothing else of shells.
fn split(text: &str) -> Result<Vec<OsString>, Failure> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            // Windows has it in paths.
            (None | Some('"'), '\\') if !cfg!(windows) => {
                word.get_or_insert_default().extend(chars.next());
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() || words.is_empty() {
        return Err(Failure::usage(format!("`{text}` is not a command"))
            .hint("name a program and its arguments: `--test 'pytest -q'`"));
    }
    Ok(words.into_iter().map(OsString::from).collect())
}

/// Says what was done, or would be.
fn told(
    session: &mut Session,
    (request, args): (&UpgradeRequest, &UpgradeArgs),
    report: &UpgradeReport,
) -> Outcome {
    for line in words::lines(report, &request.names) {
        note(session, &line);
    }
    if !args.dry_run {
        return Outcome::Quiet(0);
    }
    let from = &session.process.cwd;
    Outcome::Painted(diff::unified(&report.manifests, from), 0)
}

fn note(session: &mut Session, message: &str) {
    session.emit(&Event::Note {
        message: message.to_owned(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split() {
        let words = |text: &str| split(text).ok();
        let given = |words: &[&str]| Some(words.iter().map(OsString::from).collect());
        assert_eq!(words("pytest -q"), given(&["pytest", "-q"]));
        assert_eq!(
            words("python -c 'import x; x.y(\"z\")' \"\""),
            given(&["python", "-c", "import x; x.y(\"z\")", ""])
        );
        assert_eq!(words("a 'b"), None);
        assert_eq!(words(" "), None);
    }
}
