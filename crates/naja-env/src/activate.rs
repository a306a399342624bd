//! The scripts that activate a virtual environment, one for each shell.
//!
//! The texts lie in `scripts/`; paths and prompts are put into them quoted by the rules of each
//! shell, so that no text of the user is ever run.

mod hook;
mod inline;
mod quote;
mod shell;
#[cfg(test)]
#[cfg(unix)]
mod tests;

pub use hook::{Entered, HookStep, Told, hook_answer, hook_code};
pub use inline::inline_script;
pub use shell::Shell;

/// Says what the scripts are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScriptSpec<'a> {
    /// The root of the environment, absolute.
    pub(crate) root: &'a str,
    /// The name of the directory of programs: `bin` or `Scripts`.
    pub(crate) bin: &'a str,
    /// The text that is shown before the prompt.
    pub(crate) prompt: &'a str,
    /// The scripts find the environment themselves instead of naming it.
    pub(crate) relocatable: bool,
    /// The site-packages directories relative to the root, with `/`.
    pub(crate) site_dirs: &'a [String],
}

/// A file for the directory of programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

/// The names of all scripts that activation needs. No package may overwrite them.
pub const SCRIPT_NAMES: [&str; 10] = [
    "activate",
    "activate.fish",
    "activate.csh",
    "activate.nu",
    "activate.ps1",
    "Activate.ps1",
    "activate.bat",
    "deactivate.bat",
    "activate.xsh",
    "activate_this.py",
];

/// Writes a path as the script of this name has it; `None` for a script that has none.
pub(crate) fn quoted_in(script: &str, path: &str) -> Option<String> {
    Some(match script {
        "activate" => quote::posix(path),
        "activate.fish" => quote::fish(path),
        "activate.csh" => quote::csh(path),
        "activate.nu" => quote::nu(path),
        "activate.ps1" => quote::powershell(path),
        "activate.bat" => quote::batch(path),
        "activate.xsh" => quote::python(path),
        _ => return None,
    })
}

/// Writes all scripts.
pub(crate) fn scripts(spec: &ScriptSpec<'_>) -> Vec<Script> {
    let script = |name, text| Script { name, text };
    vec![
        script("activate", posix(spec)),
        script("activate.fish", fish(spec)),
        script("activate.csh", csh(spec)),
        script("activate.nu", nu(spec)),
        script("activate.ps1", powershell(spec)),
        script("activate.bat", with_crlf(&batch(spec))),
        script(
            "deactivate.bat",
            with_crlf(include_str!("activate/scripts/deactivate.bat")),
        ),
        script("activate.xsh", xonsh(spec)),
        script("activate_this.py", in_process(spec)),
    ]
}

fn posix(spec: &ScriptSpec<'_>) -> String {
    let find_root = if spec.relocatable {
        let own = include_str!("activate/scripts/find_root.sh").trim_end();
        fill(
            own,
            &[("BIN", spec.bin), ("ROOT", &quote::posix(spec.root))],
        )
    } else {
        format!("VIRTUAL_ENV={}", quote::posix(spec.root))
    };
    fill(
        include_str!("activate/scripts/activate"),
        &[
            ("FIND_ROOT", &find_root),
            ("BIN", spec.bin),
            ("PROMPT", &quote::posix(spec.prompt)),
            (
                "PROMPT_BASH",
                &quote::posix(&quote::bash_prompt(spec.prompt)),
            ),
            ("PROMPT_ZSH", &quote::posix(&quote::zsh_prompt(spec.prompt))),
            ("PROMPT_SH", &quote::posix(&quote::sh_prompt(spec.prompt))),
        ],
    )
}

fn fish(spec: &ScriptSpec<'_>) -> String {
    let root = if spec.relocatable {
        "(builtin realpath (status dirname)/.. | string collect)".to_owned()
    } else {
        quote::fish(spec.root)
    };
    let (bin, prompt) = (quote::fish(spec.bin), quote::fish(spec.prompt));
    fill(
        include_str!("activate/scripts/activate.fish"),
        &[("ROOT", &root), ("BIN", &bin), ("PROMPT", &prompt)],
    )
}

fn csh(spec: &ScriptSpec<'_>) -> String {
    let find_root = if spec.relocatable {
        let own = include_str!("activate/scripts/find_root.csh").trim_end();
        fill(own, &[("BIN", spec.bin), ("ROOT", &quote::csh(spec.root))])
    } else {
        format!("setenv VIRTUAL_ENV {}", quote::csh(spec.root))
    };
    fill(
        include_str!("activate/scripts/activate.csh"),
        &[
            ("FIND_ROOT", &find_root),
            ("BIN", &quote::csh(spec.bin)),
            ("PROMPT", &quote::csh(spec.prompt)),
            ("PROMPT_CSH", &quote::csh(&quote::csh_prompt(spec.prompt))),
        ],
    )
}

fn nu(spec: &ScriptSpec<'_>) -> String {
    let root = if spec.relocatable {
        "(path self | path dirname | path dirname)".to_owned()
    } else {
        quote::nu(spec.root)
    };
    let text = fill(
        include_str!("activate/scripts/activate.nu"),
        &[
            (
                "ROOT",
                if spec.relocatable {
                    "$naja_root"
                } else {
                    &root
                },
            ),
            ("BIN", &quote::nu(spec.bin)),
            ("PROMPT", &quote::nu(spec.prompt)),
        ],
    );
    if !spec.relocatable {
        return text;
    }
    // `path self` is only known where constants are.
    text.replacen(
        "export-env {",
        &format!("const naja_root = {root}\n\nexport-env {{"),
        1,
    )
}

fn powershell(spec: &ScriptSpec<'_>) -> String {
    let root = if spec.relocatable {
        "Split-Path -Parent $PSScriptRoot".to_owned()
    } else {
        quote::powershell(spec.root)
    };
    let (bin, prompt) = (quote::powershell(spec.bin), quote::powershell(spec.prompt));
    fill(
        include_str!("activate/scripts/activate.ps1"),
        &[("ROOT", &root), ("BIN", &bin), ("PROMPT", &prompt)],
    )
}

fn batch(spec: &ScriptSpec<'_>) -> String {
    let root = if spec.relocatable {
        "%~dp0..".to_owned()
    } else {
        quote::batch(spec.root)
    };
    fill(
        include_str!("activate/scripts/activate.bat"),
        &[
            ("ROOT", &root),
            ("BIN", spec.bin),
            ("PROMPT", &quote::batch(spec.prompt)),
            ("PROMPT_CMD", &quote::cmd_prompt(spec.prompt)),
        ],
    )
}

fn xonsh(spec: &ScriptSpec<'_>) -> String {
    let root = if spec.relocatable {
        "os.path.dirname(os.path.dirname(os.path.abspath(__file__)))".to_owned()
    } else {
        quote::python(spec.root)
    };
    let (bin, prompt) = (quote::python(spec.bin), quote::python(spec.prompt));
    fill(
        include_str!("activate/scripts/activate.xsh"),
        &[("ROOT", &root), ("BIN", &bin), ("PROMPT", &prompt)],
    )
}

fn in_process(spec: &ScriptSpec<'_>) -> String {
    let dirs: Vec<String> = spec
        .site_dirs
        .iter()
        .map(|dir| quote::python(dir))
        .collect();
    let (bin, prompt) = (quote::python(spec.bin), quote::python(spec.prompt));
    fill(
        include_str!("activate/scripts/activate_this.py"),
        &[
            ("BIN", &bin),
            ("PROMPT", &prompt),
            ("SITE_DIRS", &format!("[{}]", dirs.join(", "))),
        ],
    )
}

/// Replaces `@NAME@` by values in one pass, so that a value that looks like a name stays as it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 512);
    let mut rest = template;
    while let Some(start) = rest.find('@') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let value = from[1..].find('@').and_then(|end| {
            let name = &from[1..=end];
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, end + 2))
        });
        match value {
            Some((value, length)) => {
                out.push_str(value);
                rest = &from[length..];
            }
            None => {
                out.push('@');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Batch files need the line ends of Windows: labels and `for` misbehave without.
fn with_crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}
