//! Serves a recorded index on loopback: `bench-server DATA PORT [--tls CERT] [--delay MS]`.
//!
//! The data directory holds `pages/NAME.json` (pages as PyPI gives them, with
//! `{BASE}` for the address of its files) and `files/FILE` (wheels and
//! `.metadata`). Pages are served compressed and with the `Cache-Control` that
//! PyPI sets. With `--tls` the server makes a certificate for `localhost`,
//! writes it to CERT and speaks HTTP/2 over TLS; with `--delay` every byte
//! travels for half of MS in each direction, and a connection costs one
//! round trip to open. `/metadata-count` tells how many metadata files were
//! served since it was asked last.

mod content;
mod delay;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What the command line says.
struct Options {
    data: PathBuf,
    port: u16,
    certificate: Option<PathBuf>,
    delay: Option<Duration>,
}

fn main() -> ExitCode {
    let Some(options) = parse(std::env::args().skip(1)) else {
        say("usage: bench-server DATA PORT [--tls CERT] [--delay MS]");
        return ExitCode::from(2);
    };
    match serve::run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench-server: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Options> {
    let data = PathBuf::from(words.next()?);
    let port = words.next()?.parse().ok()?;
    let mut options = Options {
        data,
        port,
        certificate: None,
        delay: None,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--tls" => options.certificate = Some(PathBuf::from(words.next()?)),
            "--delay" => {
                options.delay = Some(Duration::from_millis(words.next()?.parse().ok()?));
            }
            _ => return None,
        }
    }
    Some(options)
}

fn say(line: &str) {
    use std::io::Write;
    // Nobody is left to tell when standard error is gone.
    let _gone = writeln!(std::io::stderr(), "{line}");
}
