//! `naja outdated` and `naja upgrade`: from arguments to requests.

use naja_engine::project::{
    self, LockOutdatedRequest, NewPlace, SyncRequest, UpgradeReport, UpgradeRequest,
};
use naja_engine::{Event, Failure, Preview, Session};
use naja_project::tasks::CommandLine;
use naja_spec::{ExtraName, GroupName, PackageName, Requirement, VersionSpecifiers};

use super::hooks::{Hooks, around};
use super::project::{lock_mode, parsed};
use super::{Done, Outcome, names, pip_world, text, to_json};
use crate::args::{LockOutdatedArgs, UpgradeArgs};
use crate::prompt;
use crate::render::{diff, picker, upgrade as words};

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
    let test = args.test.as_deref().map(command).transpose()?;
    let hooks = Hooks {
        choice: args.hooks.choice(),
        preview: match request.no_sync {
            // What is not synced has no hooks.
            true => Preview::DryRun,
            false => request.sync.preview,
        },
        active: args.active,
    };
    let report = around(
        session,
        hooks,
        |session| match &test {
            None => project::upgrade(session, &request),
            Some(test) => project::upgrade_tested(session, &request, test),
        },
        |report| &report.change,
    )?;
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
    let asked = asked(&args.packages)?;
    let bounds = asked.iter().filter(|(_, bounds)| !bounds.is_empty());
    Ok(UpgradeRequest {
        bounds: bounds.cloned().collect(),
        names: asked.into_iter().map(|(name, _)| name).collect(),
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

/// What `--test` runs: a command as tasks have them, or the name of a task.
fn command(text: &str) -> Result<CommandLine, Failure> {
    CommandLine::parse(text).map_err(|error| {
        Failure::usage(format!("`{text}` is not a command"))
            .because(&error)
            .hint("name a program and its arguments, or a task: `--test 'pytest -q'`")
            .hint("what only a shell can do is a task with `shell = true`, or `sh -c '...'`")
    })
}

/// Packages, each with the versions it shall have, if they are said: `NAME`, `NAME@VERSION`, `NAME>=1,<3`.
fn asked(texts: &[String]) -> Result<Vec<(PackageName, VersionSpecifiers)>, Failure> {
    texts.iter().map(|text| one(text.trim())).collect()
}

fn one(text: &str) -> Result<(PackageName, VersionSpecifiers), Failure> {
    let refused = |why: &dyn std::error::Error| {
        Failure::usage(format!("`{text}` is no package that can be upgraded"))
            .because(why)
            .hint("name it, or the version it shall have: `NAME`, `NAME@1.2`, `'NAME>=1,<3'`")
    };
    let (name, version) = text.split_once('@').unwrap_or((text, ""));
    if let (Ok(name), true) = (PackageName::parse(name.trim()), text.contains('@'))
        && !version.contains(['/', ':'])
    {
        let bounds = match version.trim() {
            "latest" => String::new(),
            version => format!("=={version}"),
        };
        let bounds = VersionSpecifiers::parse(&bounds).map_err(|error| refused(&error))?;
        return Ok((name, bounds));
    }
    let requirement = Requirement::parse(text).map_err(|error| refused(&error))?;
    let plain = requirement.extras.is_empty() && requirement.marker.is_none();
    match requirement.specifiers() {
        Some(bounds) if plain => Ok((requirement.name.clone(), bounds.clone())),
        _ => Err(
            Failure::usage(format!("`{text}` is no package that can be upgraded"))
                .cause("it says more than a name and versions")
                .hint("`naja add` changes extras, markers, and where a package comes from"),
        ),
    }
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
    fn packages_are_named_with_versions() {
        let read = |text: &str| {
            let (name, bounds) = one(text).ok()?;
            Some(format!("{name} {bounds}").trim().to_owned())
        };
        for (text, wanted) in [
            ("Harry", Some("harry")),
            ("harry@2.0", Some("harry ==2.0")),
            ("harry @ 2.*", Some("harry ==2.*")),
            ("harry@latest", Some("harry")),
            ("harry>=1, <3", Some("harry >=1,<3")),
            ("harry==2", Some("harry ==2")),
            ("harry@", None),
            ("harry@main/x", None),
            ("harry[wand]>1", None),
            ("harry @ https://index.example/harry.whl", None),
            ("harry; python_version < '4'", None),
            ("./harry", None),
        ] {
            assert_eq!(read(text).as_deref(), wanted, "{text}");
        }
    }
}
