//! Questions at a terminal, and secrets from pipes.

use std::io::{IsTerminal as _, Read as _};

use naja_engine::Failure;

/// No secret is longer than this (bytes).
const LONGEST: u64 = 64 << 10;

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Reads a secret from standard input, without the line end behind it.
///
/// # Errors
/// It cannot be read, or is no text.
pub(crate) fn secret_from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|error| {
            Failure::environment("could not read the secret from standard input").because(&error)
        })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks for a line at the terminal.
///
/// # Errors
/// The terminal fails.
pub(crate) fn line(question: &str) -> Result<String, Failure> {
    ask(question, false)
}

/// Asks for a secret at the terminal, without showing what is typed.
///
/// # Errors
/// The terminal fails.
pub(crate) fn secret(question: &str) -> Result<String, Failure> {
    ask(question, true)
}

fn ask(question: &str, hidden: bool) -> Result<String, Failure> {
    let terminal = console::Term::stderr();
    let failed = |error: std::io::Error| {
        Failure::environment("could not ask at the terminal").because(&error)
    };
    terminal
        .write_str(&format!("{question}: "))
        .map_err(failed)?;
    let answer = if hidden {
        terminal.read_secure_line()
    } else {
        terminal.read_line()
    };
    answer.map_err(failed)
}
