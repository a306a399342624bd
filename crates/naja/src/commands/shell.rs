//! `naja activate`, `shell`, `hook`, `allow`, `deny`.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use naja_engine::{Event, Failure, Session, Shell, ShellRequest};

use super::{Done, Outcome, text, to_json};
use crate::args::{ActivateArgs, AllowArgs, DenyArgs, HookArgs, ShellArgs};
use crate::render::plain;
use crate::surroundings;

pub(super) fn activate(session: &mut Session, args: &ActivateArgs) -> Done {
    let shell = args.shell.unwrap_or_else(|| users_shell(session));
    let found = naja_engine::activation(session, args.path.as_deref(), shell)?;
    if args.output.wants_json() {
        return text(to_json(&serde_json::json!({
            "root": found.root,
            "shell": shell.name(),
            "script": found.script,
            "code": found.code,
        }))?);
    }
    if args.print_path {
        let Some(script) = found.script else {
            return Err(Failure::unsatisfied(format!(
                "the environment `{}` has no script for {}",
                found.root.display(),
                shell.name()
            ))
            .hint("without `--print-path` naja prints one"));
        };
        return text(format!("{}\n", script.display()));
    }
    if std::io::stdout().is_terminal() {
        let how = match shell {
            Shell::Nu => "run this line to activate the environment".to_owned(),
            _ => format!(
                "this only prints; to activate: {}",
                shell.evaluate("naja activate")
            ),
        };
        session.emit(&Event::Note { message: how });
    }
    text(found.code)
}

pub(super) fn shell(session: &mut Session, args: &ShellArgs) -> Done {
    let (shell, program) = match args.shell {
        Some(shell) => (shell, PathBuf::from(shell.name())),
        None => {
            let program = surroundings::parent_shell()
                .or_else(|| session.process.var("SHELL").map(PathBuf::from))
                .unwrap_or_else(|| PathBuf::from(if cfg!(windows) { "cmd" } else { "/bin/sh" }));
            let shell = Shell::from_program(&program.to_string_lossy()).ok_or_else(|| {
                Failure::usage(format!("`{}` is no shell naja knows", program.display()))
                    .hint("name one: `naja shell --shell bash`")
            })?;
            (shell, program)
        }
    };
    let request = ShellRequest {
        path: args.path.clone(),
        shell,
        program,
        command: args.command.clone(),
        interactive: std::io::stdin().is_terminal(),
    };
    naja_engine::shell(session, &request).map(Outcome::Launch)
}

/// The shell that a hook is for, and its code: needs no settings, so that a mistake in them breaks no start of a shell.
pub(crate) fn hook(args: &HookArgs, users: Option<&str>) -> Result<(Shell, String), Failure> {
    let shell = args.shell.or_else(|| {
        surroundings::parent_shell()
            .and_then(|program| Shell::from_program(&program.to_string_lossy()))
            .or_else(|| users.and_then(Shell::from_program))
    });
    let named = shell.map_or("this shell", Shell::name);
    let program = surroundings::lasting_program()
        .ok_or_else(|| Failure::environment("the system does not say where naja is"))?;
    let code = shell.and_then(|shell| Some((shell, naja_engine::hook(shell, &program)?)));
    code.ok_or_else(|| {
        Failure::usage(format!("there is no hook for {named}"))
            .hint("there are: bash, zsh, fish, nu, pwsh, xonsh, elvish")
            .hint("without one: `eval \"$(naja activate)\"`, `naja shell`, `naja run`")
    })
}

/// Where the code of the hook belongs, for a person who looks at it.
pub(crate) fn hook_place(shell: Shell) -> Option<&'static str> {
    Some(match shell {
        Shell::Bash => "add this to ~/.bashrc: eval \"$(naja hook bash)\"",
        Shell::Zsh => "add this to ~/.zshrc: eval \"$(naja hook zsh)\"",
        Shell::Fish => "add this to ~/.config/fish/config.fish: naja hook fish | source",
        Shell::Nu => {
            "run this once: naja hook nu | save -f ($nu.user-autoload-dirs.0 | path join naja-hook.nu)"
        }
        Shell::PowerShell => {
            "add this to $PROFILE: naja hook pwsh | Out-String | Invoke-Expression"
        }
        Shell::Xonsh => "add this to ~/.xonshrc: execx($(naja hook xonsh))",
        Shell::Elvish => "add this to ~/.config/elvish/rc.elv: eval (naja hook elvish | slurp)",
        _ => return None,
    })
}

pub(super) fn allow(session: &mut Session, args: &AllowArgs) -> Done {
    if args.list {
        let allowed = naja_engine::allowed(session)?;
        if args.output.wants_json() {
            return text(to_json(&allowed)?);
        }
        let lines = allowed
            .iter()
            .map(|one| format!("{}\n", plain(&one.directory.to_string_lossy())));
        return text(lines.collect());
    }
    let allowed = naja_engine::allow(session, args.dir.as_deref())?;
    if args.output.wants_json() {
        return text(to_json(&allowed)?);
    }
    session.emit(&Event::Note {
        message: format!(
            "The hook activates `{}` in `{}` from now on",
            allowed.root.display(),
            allowed.directory.display()
        ),
    });
    Ok(Outcome::Quiet(0))
}

pub(super) fn deny(session: &mut Session, args: &DenyArgs) -> Done {
    let (directory, was_allowed) = naja_engine::deny(session, args.dir.as_deref())?;
    let shown = directory.display();
    let message = if was_allowed {
        format!("The hook does not activate anything in `{shown}` any more")
    } else {
        format!("`{shown}` was not allowed; the hook will not mention it")
    };
    session.emit(&Event::Note { message });
    Ok(Outcome::Quiet(0))
}

/// The shell that naja is started from, else the user's usual one.
fn users_shell(session: &Session) -> Shell {
    let usual = || session.process.var("SHELL").and_then(Shell::from_program);
    surroundings::parent_shell()
        .and_then(|program| Shell::from_program(&program.to_string_lossy()))
        .or_else(usual)
        .unwrap_or(if cfg!(windows) { Shell::Cmd } else { Shell::Sh })
}
