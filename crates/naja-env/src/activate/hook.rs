//! The code that a shell runs at its prompts, and the answers it gets when the directory changed.

use serde::Serialize;

use super::{Shell, fill, quote};

/// What a shell has to do now that its directory is another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HookStep {
    /// Leaves the environment that the hook entered before.
    pub leave: bool,
    /// Enters this one.
    pub enter: Option<Entered>,
    /// Forgets which environment the user left by hand.
    pub unmute: bool,
    /// Looks again when one of these files is gone.
    pub present: Vec<String>,
    /// Looks again when one of these files is there.
    pub absent: Vec<String>,
    /// Says this, once.
    pub tell: Option<Told>,
}

/// The environment that a shell enters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entered {
    /// Its root, absolute.
    pub root: String,
    /// The text for the prompt.
    pub name: String,
}

/// A sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What it is about: a second sentence about the same is not shown.
    pub about: String,
    /// The sentence.
    pub text: String,
}

/// The code for the start file of a shell, or `None` where there is none for it. `program` is the
/// path of naja, which is asked when the directory changed.
#[must_use]
pub fn hook_code(shell: Shell, program: &str) -> Option<String> {
    let code = match shell {
        Shell::Bash => include_str!("scripts/hook/hook.bash"),
        Shell::Zsh => include_str!("scripts/hook/hook.zsh"),
        Shell::Fish => include_str!("scripts/hook/hook.fish"),
        Shell::Nu => include_str!("scripts/hook/hook.nu"),
        Shell::PowerShell => include_str!("scripts/hook/hook.ps1"),
        Shell::Xonsh => include_str!("scripts/hook/hook.xsh"),
        Shell::Elvish => include_str!("scripts/hook/hook.elv"),
        Shell::Sh | Shell::Ksh | Shell::Csh | Shell::Cmd => return None,
    };
    let bin = if cfg!(windows) { "'Scripts'" } else { "'bin'" };
    let program = shell.word(program);
    Some(fill(code, &[("PROGRAM", &program), ("BIN", bin)]))
}

/// A step in the words of a shell: code for bash, zsh and fish, JSON for the others.
#[must_use]
pub fn hook_answer(shell: Shell, step: &HookStep) -> String {
    match shell {
        Shell::Bash | Shell::Zsh => posix(shell, step),
        Shell::Fish => fish(step),
        _ => serde_json::to_string(step).unwrap_or_default(),
    }
}

fn posix(shell: Shell, step: &HookStep) -> String {
    let word = quote::posix;
    let mut code = String::new();
    if step.unmute {
        code.push_str("_naja_muted=\n");
    }
    if step.leave {
        code.push_str("_naja_leave\n");
    }
    if let Some(Entered { root, name }) = &step.enter {
        let text = match shell {
            Shell::Zsh => quote::zsh_prompt(name),
            _ => quote::bash_prompt(name),
        };
        let words = [word(root), word(name), word(&text)].join(" ");
        code.push_str(&format!("_naja_enter {words}\n"));
    }
    if let Some(Told { about, text }) = &step.tell {
        code.push_str(&format!("_naja_tell {} {}\n", word(about), word(text)));
    }
    code.push_str("_naja_same() { [[ \"$PWD\" == \"$_naja_pwd\"");
    for path in &step.present {
        code.push_str(&format!(" && -e {}", word(path)));
    }
    for path in &step.absent {
        code.push_str(&format!(" && ! -e {}", word(path)));
    }
    code.push_str(" ]]; }\n");
    code
}

fn fish(step: &HookStep) -> String {
    let word = quote::fish;
    let mut code = String::new();
    if step.unmute {
        code.push_str("set -g _naja_muted ''\n");
    }
    if step.leave {
        code.push_str("_naja_leave\n");
    }
    if let Some(Entered { root, name }) = &step.enter {
        code.push_str(&format!("_naja_enter {} {}\n", word(root), word(name)));
    }
    if let Some(Told { about, text }) = &step.tell {
        code.push_str(&format!("_naja_tell {} {}\n", word(about), word(text)));
    }
    code.push_str("function _naja_same\n    test \"$PWD\" = \"$_naja_pwd\"\n");
    for path in &step.present {
        code.push_str(&format!("    and test -e {}\n", word(path)));
    }
    for path in &step.absent {
        code.push_str(&format!("    and not test -e {}\n", word(path)));
    }
    code.push_str("end\n");
    code
}
