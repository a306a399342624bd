//! The shells that activation knows.

use super::quote;

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shell {
    /// sh, dash, ash, busybox
    Sh,
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// ksh, mksh
    Ksh,
    /// fish
    Fish,
    /// csh, tcsh
    Csh,
    /// Nushell
    Nu,
    /// PowerShell
    PowerShell,
    /// xonsh
    Xonsh,
    /// Elvish
    Elvish,
    /// cmd.exe
    Cmd,
}

/// Each shell with the names that programs of it have, the usual one first.
const NAMES: [(Shell, &[&str]); 11] = [
    (
        Shell::Sh,
        &["sh", "dash", "ash", "busybox", "posix", "yash", "posh"],
    ),
    (Shell::Bash, &["bash", "rbash"]),
    (Shell::Zsh, &["zsh", "rzsh"]),
    (
        Shell::Ksh,
        &["ksh", "mksh", "ksh93", "lksh", "oksh", "pdksh"],
    ),
    (Shell::Fish, &["fish"]),
    (Shell::Csh, &["csh", "tcsh", "bsd-csh"]),
    (Shell::Nu, &["nu", "nushell"]),
    (
        Shell::PowerShell,
        &["pwsh", "powershell", "pwsh-preview", "powershell_ise"],
    ),
    (Shell::Xonsh, &["xonsh"]),
    (Shell::Elvish, &["elvish"]),
    (Shell::Cmd, &["cmd"]),
];

impl Shell {
    /// Every shell.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(shell, _)| *shell)
    }

    /// Recognises a shell by the name or the path of its program: `/bin/zsh`, `-bash`, `pwsh.exe`.
    #[must_use]
    pub fn from_program(program: &str) -> Option<Self> {
        let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
        // The first word of a login shell begins with a hyphen.
        let name = name.trim_start_matches('-').to_ascii_lowercase();
        let name = name.strip_suffix(".exe").unwrap_or(&name);
        NAMES
            .iter()
            .find(|(_, names)| names.contains(&name))
            .map(|(shell, _)| *shell)
    }

    /// The usual name of its program.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(shell, _)| *shell == self)
            .map_or("sh", |(_, names)| names[0])
    }

    /// The name of its activation script; Elvish has none.
    #[must_use]
    pub fn script(self) -> Option<&'static str> {
        Some(match self {
            Self::Sh | Self::Bash | Self::Zsh | Self::Ksh => "activate",
            Self::Fish => "activate.fish",
            Self::Csh => "activate.csh",
            Self::Nu => "activate.nu",
            Self::PowerShell => "activate.ps1",
            Self::Xonsh => "activate.xsh",
            Self::Cmd => "activate.bat",
            Self::Elvish => return None,
        })
    }

    /// Whether it reads what is written for `sh`.
    #[must_use]
    pub fn is_posix(self) -> bool {
        matches!(self, Self::Sh | Self::Bash | Self::Zsh | Self::Ksh)
    }

    /// A text as one word of this shell that means exactly this text.
    #[must_use]
    pub fn word(self, text: &str) -> String {
        match self {
            Self::Sh | Self::Bash | Self::Zsh | Self::Ksh => quote::posix(text),
            Self::Fish => quote::fish(text),
            Self::Csh => quote::csh(text),
            Self::Nu => quote::nu(text),
            Self::PowerShell => quote::powershell(text),
            Self::Xonsh => quote::python(text),
            Self::Elvish => quote::elvish(text),
            Self::Cmd => format!("\"{}\"", quote::batch(text)),
        }
    }

    /// The line that runs an activation script in this shell. Plain paths stay as they are.
    #[must_use]
    pub fn source(self, script: &str) -> String {
        let verb = match self {
            Self::Sh | Self::Ksh | Self::PowerShell => ". ",
            Self::Bash | Self::Zsh | Self::Fish | Self::Csh | Self::Xonsh => "source ",
            Self::Nu => "overlay use ",
            Self::Cmd => "call ",
            Self::Elvish => "eval (slurp < ",
        };
        let ordinary = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
        let word = if !script.is_empty() && script.chars().all(ordinary) {
            script.to_owned()
        } else {
            self.word(script)
        };
        let end = if self == Self::Elvish { ")" } else { "" };
        format!("{verb}{word}{end}")
    }

    /// What a person types so that the output of `command` is run.
    #[must_use]
    pub fn evaluate(self, command: &str) -> String {
        match self {
            Self::Sh | Self::Bash | Self::Zsh | Self::Ksh => format!("eval \"$({command})\""),
            Self::Fish => format!("{command} | source"),
            Self::Csh => format!("eval `{command}`"),
            Self::PowerShell => format!("{command} | Out-String | Invoke-Expression"),
            Self::Xonsh => format!("execx($({command}))"),
            Self::Elvish => format!("eval ({command} | slurp)"),
            Self::Cmd => format!("for /f \"delims=\" %i in ('{command}') do %i"),
            // Nushell reads the whole of what it runs before it runs any of it.
            Self::Nu => "run the line that is printed".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_recognised() {
        for (program, shell) in [
            ("/bin/bash", Some(Shell::Bash)),
            ("-zsh", Some(Shell::Zsh)),
            (
                "C:\\Program Files\\PowerShell\\7\\pwsh.EXE",
                Some(Shell::PowerShell),
            ),
            ("/usr/bin/tcsh", Some(Shell::Csh)),
            ("busybox", Some(Shell::Sh)),
            ("nu", Some(Shell::Nu)),
            ("tmux", None),
            ("", None),
        ] {
            assert_eq!(Shell::from_program(program), shell, "{program}");
        }
        for shell in Shell::all() {
            assert_eq!(Shell::from_program(shell.name()), Some(shell));
        }
    }

    #[test]
    fn plain_paths_are_not_quoted() {
        assert_eq!(
            Shell::Bash.source("/v/bin/activate"),
            "source /v/bin/activate"
        );
        assert_eq!(Shell::Sh.source("/a b"), ". '/a b'");
        assert_eq!(Shell::Fish.source("/it's"), "source '/it\\'s'");
        assert_eq!(Shell::Nu.source("~/x"), "overlay use \"~/x\"");
    }
}
