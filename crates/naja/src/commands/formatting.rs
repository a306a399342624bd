//! `naja format` and `naja check`: from arguments to requests.

use naja_engine::delegate::{self, DelegateRequest, Tool};
use naja_engine::{RunRequest, Session};

use super::{Done, Outcome, project};
use crate::args::{CheckArgs, FormatArgs};

pub(super) fn format(session: &mut Session, args: &FormatArgs) -> Done {
    let flags = [("--check", args.check), ("--diff", args.diff)];
    let given = flags.iter().filter(|(_, given)| *given);
    let mut arguments: Vec<_> = given.map(|(flag, _)| (*flag).into()).collect();
    arguments.extend(args.arguments.iter().cloned());
    let request = DelegateRequest {
        tool: Tool::Formatter,
        version: args.version.clone(),
        arguments,
        looks_at: None,
        script: None,
    };
    delegate::delegate(session, &request).map(Outcome::Launch)
}

pub(super) fn check(session: &mut Session, args: &CheckArgs) -> Done {
    if args.script.is_some() && args.no_sync {
        session.warn("`--no-sync` changes nothing here: the environment of a script is none that somebody changes");
    }
    let project = match session.settings.no_project.value {
        true => None,
        false => {
            let mut wish = project::for_run(&session.settings, &args.run())?;
            wish.sync.skip.project |= args.no_install_project;
            Some(wish)
        }
    };
    let mut arguments = Vec::new();
    if args.fix {
        arguments.push("--fix".into());
    }
    arguments.extend(args.arguments.iter().cloned());
    let request = DelegateRequest {
        tool: Tool::TypeChecker,
        version: args.ty_version.clone(),
        arguments,
        looks_at: Some(RunRequest {
            project,
            hooks: args.hooks.choice(),
            ..RunRequest::default()
        }),
        script: args.script.clone(),
    };
    delegate::delegate(session, &request).map(Outcome::Launch)
}
