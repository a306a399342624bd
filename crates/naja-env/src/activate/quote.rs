//! The quoting of every shell: any text becomes one word that means exactly that text.
//!
//! Control characters do not occur: paths and prompts with them are refused before.

/// Quotes for sh, dash, bash, zsh and ksh.
pub(super) fn posix(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Quotes for fish: only `\` and `'` are special between single quotes.
pub(super) fn fish(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Quotes for csh and tcsh, where `!` recalls history even between single quotes.
pub(super) fn csh(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('!', r"\!"))
}

/// Quotes for Elvish, where a quote between single quotes is doubled.
pub(super) fn elvish(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Quotes for nushell: double quotes without `$` before them know only backslash escapes.
pub(super) fn nu(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// Quotes for PowerShell, for which typographic quotes are single quotes as well.
pub(super) fn powershell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for character in text.chars() {
        out.push(character);
        if matches!(
            character,
            '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}'
        ) {
            out.push(character);
        }
    }
    out.push('\'');
    out
}

/// Escapes for the inside of `set "NAME=..."` in a batch file: `%` expands everywhere; a quote
/// would end the text and cannot be escaped, so it becomes an apostrophe (no path contains it).
pub(super) fn batch(text: &str) -> String {
    text.replace('%', "%%").replace('"', "'")
}

/// Writes a literal of Python and xonsh, in ASCII.
pub(super) fn python(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for character in text.chars() {
        match character {
            '\'' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            ' '..='~' => out.push(character),
            other => out.push_str(&format!("\\U{:08x}", u32::from(other))),
        }
    }
    out.push('\'');
    out
}

/// Writes text so that bash shows it in its prompt as it is. Bash first reads backslash escapes,
/// then expands as between double quotes.
pub(super) fn bash_prompt(text: &str) -> String {
    let escaped = escape_each(text, |character| match character {
        '\\' => Some(r"\\\\"),
        '$' => Some(r"\\$"),
        '`' => Some(r"\\`"),
        _ => None,
    });
    format!("({escaped}) ")
}

/// Writes text so that dash, ash and ksh show it in their prompt as it is: they expand it as
/// between double quotes.
pub(super) fn sh_prompt(text: &str) -> String {
    let escaped = escape_each(text, |character| match character {
        '\\' => Some(r"\\"),
        '$' => Some(r"\$"),
        '`' => Some(r"\`"),
        _ => None,
    });
    format!("({escaped}) ")
}

/// Writes text for the prompt of zsh. Whether zsh expands `$`, `` ` `` and `\` is an option that
/// may change at any time, so there is no escape that is always right: they become `_`. The
/// variable `VIRTUAL_ENV_PROMPT` has the true text.
pub(super) fn zsh_prompt(text: &str) -> String {
    let escaped = escape_each(text, |character| match character {
        '%' => Some("%%"),
        '\\' | '$' | '`' => Some("_"),
        _ => None,
    });
    format!("({escaped}) ")
}

/// Writes text for the prompt of tcsh, where `%` begins an escape and `!` is the event number.
pub(super) fn csh_prompt(text: &str) -> String {
    let escaped = escape_each(text, |character| match character {
        '%' => Some("%%"),
        '\\' => Some(r"\\"),
        '^' => Some(r"\^"),
        '!' => Some(r"\!"),
        _ => None,
    });
    format!("({escaped}) ")
}

/// Writes text for the prompt of cmd.exe, where `$` begins an escape and operators have one.
pub(super) fn cmd_prompt(text: &str) -> String {
    let escaped = escape_each(text, |character| match character {
        '$' => Some("$$"),
        '&' => Some("$A"),
        '|' => Some("$B"),
        '<' => Some("$L"),
        '>' => Some("$G"),
        '(' => Some("$C"),
        ')' => Some("$F"),
        _ => None,
    });
    batch(&escaped)
}

fn escape_each(text: &str, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match escape(character) {
            Some(escaped) => out.push_str(escaped),
            None => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "a'b\"c$d`e\\f!g%h;i&j|k<l>m(n)o*p?q[r]s{t}u~v#w x=y^zü‘’";

    #[test]
    fn each_shell_has_its_own_quotes() {
        assert_eq!(posix("it's"), r"'it'\''s'");
        assert_eq!(fish(r"it's \"), r"'it\'s \\'");
        assert_eq!(csh("it's!"), r"'it'\''s\!'");
        assert_eq!(elvish("it's"), "'it''s'");
        assert_eq!(nu("a\"b\\$c"), "\"a\\\"b\\\\$c\"");
        assert_eq!(powershell("it's ‘x’"), "'it''s ‘‘x’’'");
        assert_eq!(batch("50%"), "50%%");
        assert_eq!(python("é'\\"), r"'\U000000e9\'\\'");
        assert_eq!(cmd_prompt("a$b&c%"), "a$$b$Ac%%");
        assert_eq!(zsh_prompt("a%b$c"), "(a%%b_c) ");
    }

    #[test]
    fn posix_quoting_survives_the_shell() {
        let script = format!("printf %s {}", posix(NASTY));
        for shell in ["/bin/sh", "/bin/bash", "/usr/bin/zsh"] {
            let Ok(output) = std::process::Command::new(shell)
                .args(["-c", &script])
                .output()
            else {
                println!("skipped: no {shell}");
                continue;
            };
            assert_eq!(String::from_utf8_lossy(&output.stdout), NASTY, "{shell}");
        }
    }

    #[test]
    fn python_quoting_survives_python() {
        let script = format!(
            "import sys; sys.stdout.buffer.write({}.encode())",
            python(NASTY)
        );
        match std::process::Command::new("python3")
            .args(["-c", &script])
            .output()
        {
            Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout), NASTY),
            Err(_) => println!("skipped: no python3"),
        }
    }
}
