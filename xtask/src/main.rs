//! Chores of this repository: `cargo xtask layers`.

mod layers;

use std::process::ExitCode;

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let result = match task.as_deref() {
        Some("layers") => layers::check(),
        _ => Err(vec!["usage: cargo xtask layers".to_owned()]),
    };
    match result {
        Ok(summary) => {
            say(&summary);
            ExitCode::SUCCESS
        }
        Err(problems) => {
            for problem in &problems {
                say(problem);
            }
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str) {
    use std::io::Write;
    // A closed standard output is nobody's loss here.
    let _closed = writeln!(std::io::stdout(), "{line}");
}
