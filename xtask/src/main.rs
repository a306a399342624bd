//! Chores of this repository: `cargo xtask layers`, `cargo xtask links`,
//! `cargo xtask options [--check]`, `cargo xtask platforms [TARGET…]`.

mod layers;
mod links;
mod options;
mod platforms;

use std::process::ExitCode;

fn main() -> ExitCode {
    if platforms::stands_in() {
        return ExitCode::SUCCESS;
    }
    let task = std::env::args().nth(1);
    let result = match task.as_deref() {
        Some("layers") => layers::check(),
        Some("links") => links::check(&layers::root()),
        Some("options") => {
            let only_check = std::env::args().any(|word| word == "--check");
            options::write(&layers::root(), only_check)
        }
        Some("platforms") => {
            let targets: Vec<String> = std::env::args().skip(2).collect();
            platforms::check(&layers::root(), &targets)
        }
        _ => Err(vec![
            "usage: cargo xtask layers | links | options [--check] | platforms [TARGET…]"
                .to_owned(),
        ]),
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
