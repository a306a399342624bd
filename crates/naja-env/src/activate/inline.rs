//! The text that activates an environment in a shell for which it has no script of its own:
//! Elvish, or a shell that the tool which made the environment does not know.

use super::{ScriptSpec, Shell, fill, quote};

/// The text that activates the environment at `root` when a shell runs it, with `prompt` in front
/// of the shell's own; `None` for cmd, which runs only files.
#[must_use]
pub fn inline_script(shell: Shell, root: &str, prompt: &str) -> Option<String> {
    let spec = ScriptSpec {
        root,
        bin: if cfg!(windows) { "Scripts" } else { "bin" },
        prompt,
        relocatable: false,
        site_dirs: &[],
    };
    Some(match shell {
        Shell::Sh | Shell::Bash | Shell::Zsh | Shell::Ksh => super::posix(&spec),
        Shell::Fish => super::fish(&spec),
        Shell::Csh => super::csh(&spec),
        Shell::Nu => super::nu(&spec),
        Shell::PowerShell => super::powershell(&spec),
        Shell::Xonsh => super::xonsh(&spec),
        Shell::Elvish => elvish(&spec),
        Shell::Cmd => return None,
    })
}

fn elvish(spec: &ScriptSpec<'_>) -> String {
    fill(
        include_str!("scripts/activate.elv"),
        &[
            ("ROOT", &quote::elvish(spec.root)),
            ("BIN", &quote::elvish(spec.bin)),
            ("PROMPT", &quote::elvish(spec.prompt)),
        ],
    )
}
