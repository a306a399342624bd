//! `naja shell`: the user's shell, with an environment active in it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use naja_env::Shell;

use crate::activate;
use crate::event::Event;
use crate::failure::Failure;
use crate::hook;
use crate::run::Launch;
use crate::session::Session;
use crate::start::temporary_dir;
use crate::target;

/// The variable that tells a shell of `naja shell` from others.
const MARK: &str = "NAJA_SHELL";

/// Which shell, where, and what for.
#[derive(Clone, Debug)]
pub struct ShellRequest {
    /// The environment; the nearest one if none is named.
    pub path: Option<PathBuf>,
    /// The kind of shell.
    pub shell: Shell,
    /// Its program.
    pub program: PathBuf,
    /// Runs this instead of asking for commands.
    pub command: Option<OsString>,
    /// Whether a person will type.
    pub interactive: bool,
}

/// Prepares the shell that takes the place of this process.
///
/// # Errors
/// There is no environment, or this is a shell of the same environment already.
pub fn shell(session: &mut Session, request: &ShellRequest) -> Result<Launch, Failure> {
    let root = activate::root(session, request.path.as_deref())?;
    let activation = activate::activation(session, Some(&root), request.shell)?;
    let typing = request.command.is_none() && request.interactive;
    if typing {
        tell(session, request, &root)?;
    }
    let mut launch = Launch {
        program: request.program.clone(),
        arguments: vec![request.program.clone().into_os_string()],
        vars: variables(session, &root, typing && activates_itself(request.shell)),
        cwd: session.process.cwd.clone(),
        supervised: false,
        remove: Vec::new(),
    };
    match &request.command {
        Some(command) => run_one(&mut launch, request, &activation.script, command),
        None if typing => read_commands(session, &mut launch, request.shell, &activation.code)?,
        None => {}
    }
    Ok(launch)
}

fn tell(session: &mut Session, request: &ShellRequest, root: &Path) -> Result<(), Failure> {
    let shown = root.display();
    let outer = session.process.var(MARK).map(PathBuf::from);
    let message = match outer {
        Some(outer) if target::same_place(&outer, root) => {
            return Err(Failure::usage(format!(
                "this is a shell of the environment `{shown}` already"
            ))
            .hint("`exit` leaves it"));
        }
        Some(outer) => format!(
            "This is {} in the environment `{shown}`; `exit` goes back to `{}`",
            request.shell.name(),
            outer.display()
        ),
        None => format!(
            "This is {} in the environment `{shown}`; `exit` leaves it",
            request.shell.name()
        ),
    };
    session.emit(&Event::Note { message });
    Ok(())
}

/// Whether code of ours activates the environment after the user's own start files.
fn activates_itself(shell: Shell) -> bool {
    !matches!(shell, Shell::Csh | Shell::Xonsh | Shell::Elvish)
}

/// The variables of the shell. Where it activates the environment by itself it begins as if none
/// was active, so that `deactivate` has a state to go back to.
fn variables(session: &Session, root: &Path, bare: bool) -> Vec<(OsString, Option<OsString>)> {
    let bin = if cfg!(windows) { "Scripts" } else { "bin" };
    let process = &session.process;
    let mut path = process.var_os("PATH").map(OsString::from);
    if let Some(active) = process.var("VIRTUAL_ENV") {
        path = path.map(|path| without_first(path, &Path::new(active).join(bin)));
    }
    let mut vars: Vec<(OsString, Option<OsString>)> = vec![
        (MARK.into(), Some(root.into())),
        ("NAJA_HOOK_ENV".into(), None),
    ];
    if bare {
        vars.push(("VIRTUAL_ENV".into(), None));
        vars.push(("VIRTUAL_ENV_PROMPT".into(), None));
        vars.push(("PATH".into(), path));
        return vars;
    }
    let mut whole = root.join(bin).into_os_string();
    if let Some(path) = path.filter(|path| !path.is_empty()) {
        whole.push(if cfg!(windows) { ";" } else { ":" });
        whole.push(path);
    }
    vars.push(("PATH".into(), Some(whole)));
    vars.push(("VIRTUAL_ENV".into(), Some(root.into())));
    let prompt = hook::prompt_of(root);
    vars.push(("VIRTUAL_ENV_PROMPT".into(), Some(prompt.into())));
    vars.push(("PYTHONHOME".into(), None));
    vars
}

/// A search path without the directory that it begins with.
fn without_first(path: OsString, dir: &Path) -> OsString {
    let mut parts = std::env::split_paths(&path);
    if parts.next().as_deref() != Some(dir) {
        return path;
    }
    std::env::join_paths(parts).unwrap_or(path)
}

/// One command. Start files that are read even then may change the search path, so the script of
/// the environment runs after them where the shell can be told so.
fn run_one(
    launch: &mut Launch,
    request: &ShellRequest,
    script: &Option<PathBuf>,
    command: &OsString,
) {
    let words = &mut launch.arguments;
    match (request.shell, script) {
        (shell, Some(script)) if shell.is_posix() => {
            words.push("-c".into());
            words.push(". \"$1\"; shift; eval \"$1\"".into());
            words.push(request.shell.name().into());
            words.push(script.into());
        }
        (Shell::Fish, Some(script)) => {
            let source = Shell::Fish.source(&script.to_string_lossy());
            words.extend(["-C".into(), source.into(), "-c".into()]);
        }
        (Shell::PowerShell, _) => words.push("-Command".into()),
        (Shell::Cmd, _) => words.push("/c".into()),
        _ => words.push("-c".into()),
    }
    words.push(command.clone());
}

/// A shell for a person: it reads the user's start files, then activates.
fn read_commands(
    session: &Session,
    launch: &mut Launch,
    shell: Shell,
    code: &str,
) -> Result<(), Failure> {
    let line = code.trim_end().to_owned();
    match shell {
        Shell::Bash => {
            let own = "if [ -f ~/.bashrc ]; then . ~/.bashrc; fi\n";
            let start = StartFiles::make(session)?;
            let file = start.write("bashrc", &format!("{}{own}{code}", start.vanish("bashrc")))?;
            launch.arguments.extend(["--rcfile".into(), file.into()]);
        }
        Shell::Zsh => {
            let start = StartFiles::make(session)?;
            let old = session.process.var_os("ZDOTDIR");
            let (env, rc) = zsh_files(
                &start,
                old.map(|dir| dir.to_string_lossy()).as_deref(),
                code,
            );
            start.write(".zshenv", &env)?;
            start.write(".zshrc", &rc)?;
            let dir = start.dir.clone().into_os_string();
            launch.vars.push(("ZDOTDIR".into(), Some(dir)));
        }
        Shell::Sh | Shell::Ksh => {
            let start = StartFiles::make(session)?;
            let old = session.process.var("ENV");
            let own = posix_start(shell, old);
            let file = start.write("rc", &format!("{}{own}{code}", start.vanish("rc")))?;
            launch.vars.push(("ENV".into(), Some(file.into())));
        }
        Shell::Fish => launch.arguments.extend(["-C".into(), line.into()]),
        Shell::Nu => launch.arguments.extend(["--execute".into(), line.into()]),
        Shell::PowerShell => {
            let words = ["-NoExit".into(), "-Command".into(), line.into()];
            launch.arguments.extend(words);
        }
        Shell::Cmd => launch.arguments.extend(["/k".into(), line.into()]),
        Shell::Csh | Shell::Xonsh | Shell::Elvish => {}
    }
    Ok(())
}

/// What reads the user's own start file in shells that take theirs from `ENV`.
fn posix_start(shell: Shell, old: Option<&str>) -> String {
    match (old, shell) {
        (Some(old), _) => {
            let word = Shell::Sh.word(old);
            format!("ENV={word}\nexport ENV\neval \". \\\"$ENV\\\"\"\n")
        }
        (None, Shell::Ksh) => "unset ENV\n\
            case ${KSH_VERSION-} in\n\
            *MIRBSD*|*LEGACY*) if [ -r ~/.mkshrc ]; then . ~/.mkshrc; fi ;;\n\
            *) if [ -r ~/.kshrc ]; then . ~/.kshrc; fi ;;\n\
            esac\n"
            .to_owned(),
        (None, _) => "unset ENV\n".to_owned(),
    }
}

/// The start files of zsh: they put `ZDOTDIR` back, and read the user's own.
fn zsh_files(start: &StartFiles, old: Option<&str>, code: &str) -> (String, String) {
    let ours = Shell::Zsh.word(&start.dir.to_string_lossy());
    let back = match old {
        Some(old) => format!("export ZDOTDIR={}\n", Shell::Zsh.word(old)),
        None => "unset ZDOTDIR\n".to_owned(),
    };
    let env = format!(
        "{back}if [[ -f ${{ZDOTDIR:-$HOME}}/.zshenv ]]; then . ${{ZDOTDIR:-$HOME}}/.zshenv; fi\n\
         if [[ -n ${{ZDOTDIR+set}} ]]; then _naja_zdotdir=$ZDOTDIR; fi\n\
         ZDOTDIR={ours}\n"
    );
    let rc = format!(
        "{}if [[ -n ${{_naja_zdotdir+set}} ]]; then\n\
         \x20   export ZDOTDIR=$_naja_zdotdir\n\
         else\n\
         \x20   unset ZDOTDIR\n\
         fi\n\
         unset _naja_zdotdir\n\
         if [[ ${{HISTFILE-}} == {ours}/* ]]; then HISTFILE=${{ZDOTDIR:-$HOME}}/${{HISTFILE##*/}}; fi\n\
         if [[ -f ${{ZDOTDIR:-$HOME}}/.zshrc ]]; then . ${{ZDOTDIR:-$HOME}}/.zshrc; fi\n\
         {code}",
        start.vanish(".zshenv .zshrc")
    );
    (env, rc)
}

/// A directory of start files for one shell, which removes them when it has read them.
struct StartFiles {
    dir: PathBuf,
}

impl StartFiles {
    fn make(session: &Session) -> Result<Self, Failure> {
        let process = &session.process;
        let name = format!("naja-shell-{}-{}", std::process::id(), process.now_ms);
        let dir = temporary_dir(process).join(name);
        // It must be a new one: others may write there, too.
        let made = crate::system::private_dirs().create(&dir);
        made.map_err(|error| {
            Failure::environment(format!("could not make `{}`", dir.display())).because(&error)
        })?;
        Ok(Self { dir })
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.dir.join(name);
        std::fs::write(&path, text).map_err(|error| {
            Failure::environment(format!("could not write `{}`", path.display())).because(&error)
        })?;
        Ok(path)
    }

    /// The line that removes the files, by their plain names, and the directory.
    fn vanish(&self, names: &str) -> String {
        let dir = Shell::Sh.word(&self.dir.to_string_lossy());
        let files: Vec<String> = names
            .split(' ')
            .map(|name| format!("{dir}/{name}"))
            .collect();
        let files = files.join(" ");
        format!("command rm -f -- {files}; command rmdir -- {dir}\n")
    }
}
